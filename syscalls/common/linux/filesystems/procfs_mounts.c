/*
 * /proc/PID/mounts, mountinfo and mountstats in a root of the guest's own (vfs/rooted.h): the root, what the guest's
 * system makes, and the mounts, each with the file system of the host's that it is on. Sources: proc(5),
 * fs/proc_namespace.c.
 */
#include "syscalls/common/linux/filesystems/procfs.h"

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/text_file.h"
#include "vfs/filesystem.h"
#include "vfs/mounts.h"
#include "vfs/path.h"
#include "vfs/rooted.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define FIRST_ID  20u
#define TEXT_MOST (64u << 10)

struct lines {
    struct thread *t;
    struct text *x;
    enum linux_proc_kind kind;
    uint32_t id;
    struct mount_table table;
    struct mount_entry entry;
};

/* As mangle() of fs/proc_namespace.c. */
static void put_name(struct text *x, const char *name)
{
    for (; *name; name++) {
        if (hot_strchr(" \t\n\\#", *name)) {
            text_char(x, '\\');
            text_char(x, (char)('0' + (*name >> 6 & 3)));
            text_char(x, (char)('0' + (*name >> 3 & 7)));
            text_char(x, (char)('0' + (*name & 7)));
        } else {
            text_char(x, *name);
        }
    }
}

/* The host's mount of that number into l->entry. */
static bool find_mount(struct lines *l, uint64_t id)
{
    bool found = false;

    if (mounts_open(&l->table) < 0) {
        return false;
    }
    while (!found && mounts_next(&l->table, &l->entry)) {
        found = l->entry.id == id;
    }
    mounts_close(&l->table);
    return found;
}

static void put_line(struct lines *l, const struct statx *x, const char *on, bool read_only)
{
    const char *how = read_only ? "ro,relatime" : "rw,relatime", *type = l->entry.type;
    /* Where the host keeps it is no matter of the guest's; a device is shown as it is. */
    const char *from = rooted_behind(l->entry.from, "/dev") ? l->entry.from : type;
    uint32_t id = l->id++;

    if (l->kind == LINUX_PROC_MOUNTINFO) {
        text_format(l->x, "%u %u %u:%u / ", id, id == FIRST_ID ? 1 : FIRST_ID, x->stx_dev_major, x->stx_dev_minor);
        put_name(l->x, on);
        text_format(l->x, " %s - %s ", how, type);
        put_name(l->x, from);
        text_format(l->x, " %s\n", read_only ? "ro" : "rw");
    } else if (l->kind == LINUX_PROC_MOUNTSTATS) {
        text_str(l->x, "device ");
        put_name(l->x, from);
        text_str(l->x, " mounted on ");
        put_name(l->x, on);
        text_format(l->x, " with fstype %s\n", type);
    } else {
        put_name(l->x, from);
        text_char(l->x, ' ');
        put_name(l->x, on);
        text_format(l->x, " %s %s 0 0\n", type, how);
    }
}

/* One mount, which is the host's file `host`. `fs`: the guest's system's own, NULL: none. */
static void put_mount(struct lines *l, const char *host, const char *on, bool read_only,
                      const struct vfs_filesystem *fs)
{
    struct statx x;

    if (host_call5(__NR_statx, AT_FDCWD, host, 0, STATX_TYPE | STATX_MNT_ID, &x) < 0) {
        return;
    }
    if (fs) {
        hot_strlcpy(l->entry.type, fs->type, sizeof(l->entry.type));
        hot_strlcpy(l->entry.from, fs->from, sizeof(l->entry.from));
    } else if (!find_mount(l, x.stx_mnt_id)) {
        hot_strlcpy(l->entry.type, "none", sizeof(l->entry.type));
        hot_strlcpy(l->entry.from, "none", sizeof(l->entry.from));
    }
    put_line(l, &x, on, read_only);
}

static void put_all(struct lines *l)
{
    const struct settings *s = &l->t->proc->settings;
    const struct vfs_filesystem *const *fs = vfs_filesystems(l->t);
    struct rooted_mount m;
    uint32_t at = 0;

    put_mount(l, s->sysroot, "/", s->root_read_only != 0, NULL);
    for (; fs && *fs; fs++) {
        if (!rooted_is_mounted(s, (*fs)->on)) {
            put_mount(l, (*fs)->host, (*fs)->on, false, *fs);
        }
    }
    while (rooted_next(s, &at, &m)) {
        put_mount(l, m.source, m.target, m.read_only, NULL);
    }
}

int64_t linux_proc_mounts_open(struct thread *t, enum linux_proc_kind kind, const char *host, uint32_t flags)
{
    struct lines *l = heap_alloc_unset(sizeof(*l));
    struct text x = {heap_alloc_unset(TEXT_MOST), TEXT_MOST, 0};
    int64_t r = -ENOMEM;

    if (l && x.at) {
        l->t = t;
        l->x = &x;
        l->kind = kind;
        l->id = FIRST_ID;
        put_all(l);
        r = text_file_open(host, &x, flags);
    }
    heap_free(x.at);
    heap_free(l);
    return r;
}
