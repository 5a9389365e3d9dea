/*
 * procfs(5), mounted on /proc. A file's text is made when it is opened (in FreeBSD when it is read from the beginning)
 * and does not change under the reader. The registers' files and note are not there: they are shown to who may debug the
 * process only, and nobody may (there is no ptrace). Sources: sys/fs/procfs/procfs.c, sys/fs/pseudofs/pseudofs_vnops.c.
 *
 * The host's /proc and /proc/PID stand for the directories of that name.
 */
#include "syscalls/freebsd/filesystems/procfs.h"

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/filesystems/filesystems.h"
#include "vfs/listing.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define DT_DIR   4 /* sys/dirent.h */
#define DT_REG   8
#define DT_LNK   10
#define TEXT_MAX 262144

enum { ROOT, CURPROC, PROCESS, FILES }; /* from FILES on, the places in `files` */

static const struct {
    const char *name;
    uint32_t mode;
    procfs_writer *write; /* NULL: a link, or the host's file of that name */
} files[] = {
    {"cmdline", S_IFREG | 0444, procfs_cmdline},
    {"etype", S_IFREG | 0444, procfs_etype},
    {"file", S_IFLNK | 0444, NULL},
    {"map", S_IFREG | 0444, procfs_map},
    {"mem", S_IFREG | 0600, NULL},
    {"osrel", S_IFREG | 0600, procfs_osrel},
    {"rlimit", S_IFREG | 0444, procfs_rlimit},
    {"status", S_IFREG | 0444, procfs_status},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void host_name(int32_t pid, const char *file, char *host, size_t size)
{
    struct text x = {host, size, 0};

    text_format(&x, "/proc/%d%s%s", pid, file ? "/" : "", file ? file : "");
    text_cstr(&x);
}

static bool is_there(const char *host)
{
    return host_call4(__NR_faccessat2, AT_FDCWD, host, 0, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A file in a process's directory. Its stand-in is one of the host's that nobody can change. */
static int look_up_file(int32_t pid, const char *name, struct vfs_node *out, char *host, size_t size)
{
    for (uint32_t i = 0; i < COUNT(files); i++) {
        if (hot_strcmp(files[i].name, name) == 0) {
            bool link = (files[i].mode & S_IFMT) == S_IFLNK;

            host_name(pid, link ? "exe" : files[i].write ? "stat" : "mem", host, size);
            *out = (struct vfs_node){&freebsd_procfs, FILES + i, files[i].mode & S_IFMT, pid};
            return is_there(host) ? 0 : -ENOENT;
        }
    }
    return -ENOENT;
}

static int look_up(struct thread *t, const struct vfs_node *dir, const char *name, struct vfs_node *out, char *host,
                   size_t size)
{
    int32_t pid;

    out->fs = NULL;
    if (dir->kind == PROCESS) {
        return look_up_file(dir->number, name, out, host, size);
    }
    if (hot_strcmp(name, "curproc") == 0) {
        *out = (struct vfs_node){&freebsd_procfs, CURPROC, S_IFLNK, t->proc->pid};
        hot_strlcpy(host, "/proc/self", size);
        return 0;
    }
    pid = freebsd_name_number(name);
    if (pid <= 0) {
        return -ENOENT;
    }
    *out = (struct vfs_node){&freebsd_procfs, PROCESS, S_IFDIR, pid};
    host_name(pid, NULL, host, size);
    return is_there(host) ? 0 : -ENOENT;
}

static bool directory_of(struct thread *t, const char *host, struct vfs_node *out)
{
    int32_t pid = 0;

    (void)t;
    if (hot_strncmp(host, "/proc", 5) != 0) {
        return false;
    }
    if (host[5] != 0) {
        pid = host[5] == '/' ? freebsd_name_number(host + 6) : -1;
        if (pid < 0) {
            return false;
        }
    }
    *out = (struct vfs_node){&freebsd_procfs, pid > 0 ? PROCESS : ROOT, S_IFDIR, pid};
    return true;
}

/* Makes a host's name the guest's. Returns its length. */
static int64_t view_length(struct thread *t, char *name)
{
    struct path_room room;
    const char *view = path_guest_view(t, name, &room);
    size_t n = hot_strlen(view);

    memmove(name, view, n + 1);
    return (int64_t)n;
}

static int64_t read_link(struct thread *t, const struct vfs_node *node, char *to, size_t size)
{
    struct text x = {to, size, 0};
    int64_t r;

    if (node->kind == CURPROC) {
        text_dec(&x, t->proc->pid);
        return (int64_t)hot_strlen(text_cstr(&x));
    }
    r = procfs_ask(t, PROCFS_PATHNAME, node->number, to, size - 1);
    if (r <= 0) {
        return r < 0 ? r : -ENOENT;
    }
    to[r] = 0;
    return view_length(t, to);
}

static bool is_process(const void *unused, const char *name)
{
    (void)unused;
    return freebsd_name_number(name) > 0;
}

static int64_t list(struct thread *t, const struct vfs_node *dir, struct listing *l)
{
    (void)t;
    if (dir->kind == PROCESS) {
        for (uint32_t i = 0; i < COUNT(files); i++) {
            listing_add(l, files[i].name, ((uint64_t)dir->number << 8) + FILES + i,
                        (files[i].mode & S_IFMT) == S_IFLNK ? DT_LNK : DT_REG);
        }
        return 0;
    }
    listing_add(l, "curproc", CURPROC, DT_LNK);
    l->shows = is_process;
    return listing_add_directory(l, freebsd_procfs.host);
}

static int64_t stat(struct thread *t, const struct vfs_node *node, struct statx *x)
{
    char host[32];
    struct statx owner;
    uint32_t mode = node->kind >= FILES ? files[node->kind - FILES].mode : S_IFLNK | 0444;
    int64_t r;

    (void)t;
    if (node->kind == ROOT || node->kind == PROCESS) {
        return -ENOSYS;
    }
    r = freebsd_node_stat(&freebsd_procfs, node->kind == CURPROC ? CURPROC : ((uint64_t)node->number << 8) + node->kind,
                          mode, 0, x);
    if (r < 0 || node->kind == CURPROC) {
        return r;
    }
    host_name(node->number, NULL, host, sizeof(host));
    r = host_call5(__NR_statx, AT_FDCWD, host, 0, STATX_BASIC_STATS, &owner);
    if (r < 0) {
        return r;
    }
    x->stx_uid = owner.stx_uid;
    x->stx_gid = owner.stx_gid;
    x->stx_atime = owner.stx_atime;
    x->stx_mtime = owner.stx_mtime;
    x->stx_ctime = owner.stx_ctime;
    return 0;
}

/* The text, as a file under the name that it has in the guest's tree. */
static int64_t open_text(struct thread *t, const struct vfs_node *node, uint32_t flags)
{
    char name[64];
    struct text x = {heap_alloc_unset(TEXT_MAX), TEXT_MAX, 0};
    int64_t r;

    if (!x.at) {
        return -ENOMEM;
    }
    host_name(node->number, files[node->kind - FILES].name, name, sizeof(name));
    r = files[node->kind - FILES].write(t, node->number, &x);
    r = r < 0 ? r : freebsd_node_open(name, &x, flags);
    heap_free(x.at);
    return r == -ESRCH ? -ENOENT : r;
}

static int64_t open(struct thread *t, const struct vfs_node *node, uint32_t flags)
{
    struct statx x;
    uint32_t want = (flags & O_ACCMODE) == O_RDONLY ? 4 : (flags & O_ACCMODE) == O_WRONLY ? 2 : 6;
    int64_t r;

    if (node->kind < FILES || !files[node->kind - FILES].write) {
        return -ENOSYS;
    }
    r = stat(t, node, &x);
    if (r < 0) {
        return r;
    }
    if (!freebsd_node_allows(t, &x, want, true)) {
        return -EACCES;
    }
    return want != 4 ? -EPERM : open_text(t, node, flags); /* pfs_open() */
}

const struct vfs_filesystem freebsd_procfs = {
    .type = "procfs",
    .from = "procfs",
    .on = "/proc",
    .host = "/proc",
    .look_up = look_up,
    .directory_of = directory_of,
    .read_link = read_link,
    .list = list,
    .stat = stat,
    .open = open,
};
