/*
 * devfs(5): the devices of the host that FreeBSD has too, under its names, as a jail shows them (devfs_rules_jail in
 * FreeBSD's /etc/defaults/devfs.rules), and the controlling terminal, the console and full(4) beside.
 *
 * Names of the host that FreeBSD does not know are not there. Two kinds are reached, and not shown: terminals that are
 * not pseudo-terminals, because ttyname(3) says their names; and /dev/shm, a directory of files and no device, which
 * may be where the user works.
 */
#include "syscalls/freebsd/filesystems/filesystems.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/listing.h"
#include "vfs/rooted.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define DT_CHR 2 /* sys/dirent.h */
#define DT_DIR 4
#define DT_LNK 10

enum { ROOT, PTS, LINK };

static const struct {
    const char *name, *host;
    uint8_t major, minor;
    bool shown;
} devices[] = {
    {"console", "/dev/console", 5, 1, true}, {"ctty", "/dev/tty", 5, 0, false},
    {"full", "/dev/full", 1, 7, true},       {"null", "/dev/null", 1, 3, true},
    {"ptmx", "/dev/ptmx", 5, 2, true},       {"random", "/dev/random", 1, 8, true},
    {"tty", "/dev/tty", 5, 0, true},         {"urandom", "/dev/urandom", 1, 9, true},
    {"zero", "/dev/zero", 1, 5, true},
};

/* Links, with what they lead to: devfs_rules and sys/kern/kern_descrip.c (fildesc_drvinit()). */
static const struct {
    const char *name, *target, *host;
} links[] = {
    {"stdin", "fd/0", "/dev/stdin"},
    {"stdout", "fd/1", "/dev/stdout"},
    {"stderr", "fd/2", "/dev/stderr"},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool is_there(const char *host)
{
    return host_call4(__NR_faccessat2, AT_FDCWD, host, 0, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Names that are reached as the host has them. A root of the guest's own has its own shm, mounted, or none. */
static bool is_passed(const struct thread *t, const char *name)
{
    return (hot_strcmp(name, "shm") == 0 && !is_rooted(&t->proc->settings)) || hot_strncmp(name, "tty", 3) == 0 ||
           hot_strncmp(name, "hvc", 3) == 0;
}

static int look_up_slave(const char *name, char *host, size_t size)
{
    struct text x = {host, size, 0};

    if (freebsd_name_number(name) < 0) {
        return -ENOENT;
    }
    text_format(&x, "/dev/pts/%s", name);
    return is_there(text_cstr(&x)) ? 0 : -ENOENT;
}

static int look_up(struct thread *t, const struct vfs_node *dir, const char *name, struct vfs_node *out, char *host,
                   size_t size)
{
    struct text x = {host, size, 0};

    out->fs = NULL;
    if (dir->kind == PTS) {
        return look_up_slave(name, host, size);
    }
    for (size_t i = 0; i < COUNT(devices); i++) {
        if (hot_strcmp(devices[i].name, name) == 0) {
            hot_strlcpy(host, devices[i].host, size);
            return is_there(host) ? 0 : -ENOENT;
        }
    }
    for (int32_t i = 0; i < (int32_t)COUNT(links); i++) {
        if (hot_strcmp(links[i].name, name) == 0) {
            *out = (struct vfs_node){.fs = &freebsd_devfs, .kind = LINK, .type = S_IFLNK, .number = i};
            hot_strlcpy(host, links[i].host, size);
            return 0;
        }
    }
    if (hot_strcmp(name, "fd") == 0) {
        *out = (struct vfs_node){.fs = &freebsd_fdescfs, .type = S_IFDIR};
        hot_strlcpy(host, freebsd_fdescfs.host, size);
        return 0;
    }
    if (hot_strcmp(name, "pts") == 0 && is_there("/dev/pts")) {
        *out = (struct vfs_node){.fs = &freebsd_devfs, .kind = PTS, .type = S_IFDIR};
        hot_strlcpy(host, "/dev/pts", size);
        return 0;
    }
    text_format(&x, "/dev/%s", name);
    return is_passed(t, name) && is_there(text_cstr(&x)) ? 0 : -ENOENT;
}

static bool directory_of(struct thread *t, const char *host, struct vfs_node *out)
{
    bool pts = hot_strcmp(host, "/dev/pts") == 0;

    (void)t;
    if (!pts && hot_strcmp(host, "/dev") != 0) {
        return false;
    }
    *out = (struct vfs_node){.fs = &freebsd_devfs, .kind = pts ? PTS : ROOT, .type = S_IFDIR};
    return true;
}

static int64_t read_link(struct thread *t, const struct vfs_node *node, char *to, size_t size)
{
    (void)t;
    return (int64_t)hot_strlcpy(to, links[node->number].target, size);
}

static bool is_slave(const void *unused, const char *name)
{
    (void)unused;
    return freebsd_name_number(name) >= 0;
}

static int64_t list(struct thread *t, const struct vfs_node *dir, struct listing *l)
{
    struct statx x;

    (void)t;
    if (dir->kind == PTS) {
        l->shows = is_slave;
        return listing_add_directory(l, "/dev/pts");
    }
    for (size_t i = 0; i < COUNT(devices); i++) {
        if (devices[i].shown &&
            host_call5(__NR_statx, AT_FDCWD, devices[i].host, AT_SYMLINK_NOFOLLOW, STATX_INO, &x) == 0) {
            listing_add(l, devices[i].name, x.stx_ino, DT_CHR);
        }
    }
    for (size_t i = 0; i < COUNT(links); i++) {
        listing_add(l, links[i].name, UINT32_MAX - i, DT_LNK);
    }
    listing_add(l, "fd", 1, DT_DIR);
    if (is_there("/dev/pts")) {
        listing_add(l, "pts", 1, DT_DIR);
    }
    return 0;
}

static int64_t stat(struct thread *t, const struct vfs_node *node, struct statx *x)
{
    (void)t;
    if (node->kind != LINK) {
        return -ENOSYS;
    }
    return freebsd_node_stat(&freebsd_devfs, UINT32_MAX - (uint32_t)node->number, S_IFLNK | 0755,
                             hot_strlen(links[node->number].target), x);
}

const struct vfs_filesystem freebsd_devfs = {
    .type = "devfs",
    .from = "devfs",
    .on = "/dev",
    .host = "/dev",
    .look_up = look_up,
    .directory_of = directory_of,
    .read_link = read_link,
    .list = list,
    .stat = stat,
};

#define PTS_MAJOR_FIRST 136 /* Documentation/admin-guide/devices.txt: 256 pseudo-terminals to a major */
#define PTS_MAJOR_LAST  143
#define TTY_MAJOR       4
#define TTY_SERIAL      64 /* minors from here on are serial lines */

bool freebsd_device_name(uint32_t major, uint32_t minor, bool character, char *out, size_t size)
{
    struct text x = {out, size, 0};

    if (!character) {
        return false; /* FreeBSD has no block devices */
    }
    if (major >= PTS_MAJOR_FIRST && major <= PTS_MAJOR_LAST) {
        text_format(&x, "pts/%u", (major - PTS_MAJOR_FIRST) * 256 + minor);
    } else if (major == TTY_MAJOR) {
        bool serial = minor >= TTY_SERIAL;

        text_format(&x, serial ? "ttyS%u" : "tty%u", serial ? minor - TTY_SERIAL : minor);
    } else {
        for (size_t i = COUNT(devices); i-- > 0;) { /* "tty" before "ctty" */
            if (devices[i].major == major && devices[i].minor == minor) {
                text_str(&x, devices[i].name);
                break;
            }
        }
    }
    text_cstr(&x);
    return x.length > 0;
}
