/* Linux paths in a root of the guest's own; see rooted_paths.h. Sources: fs/namei.c, fs/namespace.c, proc(5). */
#include "syscalls/common/linux/files/rooted_paths.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/world.h"
#include "vfs/metadata.h"
#include "vfs/rooted_path.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

/* Whether the host's name is of a process's directory in /proc; what else is there is the whole host's. */
static bool is_of_process(const char *host)
{
    const char *s = rooted_behind(host, "/proc");

    s = s && s[0] == '/' ? s + 1 : "";
    return (*s >= '1' && *s <= '9') || rooted_behind(s, "self") || rooted_behind(s, "thread-self");
}

/* Whether the name is one of the process's own descriptors, which it has been given if it has not opened it. */
static bool is_own_descriptor(struct thread *t, const struct linux_proc_file *file, const char *host)
{
    const char *last = hot_strrchr(host, '/');

    return file->kind == LINUX_PROC_LINK && file->pid == t->proc->pid && last - host > 3 &&
           hot_strncmp(last - 3, "/fd/", 4) == 0;
}

/* The host follows a link of its /proc to what it stands for: 0, or -EACCES where that is not in the guest's tree. */
static int64_t check_link(struct thread *t, const struct linux_path *p)
{
    char target[VFS_HOST_PATH_MAX], guest[VFS_HOST_PATH_MAX];
    int64_t n = host_call4(__NR_readlinkat, p->dirfd, p->name, target, sizeof(target) - 1);

    if (n <= 0 || target[0] != '/' || is_own_descriptor(t, &p->proc, p->where.name)) {
        return 0;
    }
    target[n] = 0;
    return rooted_guest_name(&t->proc->settings, target, guest, sizeof(guest)) ? 0 : -EACCES;
}

/* Whether the host's name in /proc is of a process that the guest is to see, or of none. */
static bool shows_process(struct thread *t, const char *host)
{
    const char *s = rooted_behind(host, "/proc");
    char name[16];
    size_t n = 0;

    for (s = s && s[0] == '/' ? s + 1 : ""; s[n] != 0 && s[n] != '/' && n < sizeof(name) - 1; n++) {
        name[n] = s[n];
    }
    name[n] = 0;
    return world_shows(t, name);
}

int64_t linux_rooted_path(struct thread *t, int dirfd, const char *path, uint32_t flags, struct linux_path *out)
{
    char text[VFS_HOST_PATH_MAX];
    int64_t r = rooted_translate(t, dirfd, path, flags, &out->where, NULL);

    out->dirfd = out->where.dirfd;
    if (r < 0 || !rooted_behind(out->where.name, "/proc")) {
        return r;
    }
    if ((flags & (PATH_CHANGES | PATH_WRITES | PATH_MAKES | PATH_REMOVES)) && !is_of_process(out->where.name)) {
        return -EROFS;
    }
    if (!shows_process(t, out->where.name)) {
        return -ENOENT;
    }
    out->near_proc = true;
    hot_strlcpy(text, out->where.name, sizeof(text));
    r = linux_path_in_proc(t, text, flags, out);
    return r == 0 && (flags & PATH_FOLLOW) && out->proc.kind != LINUX_PROC_EXE ? check_link(t, out) : r;
}

uint32_t linux_rooted_purpose(struct thread *t, long nr, uint64_t argument)
{
    if (!is_rooted(&t->proc->settings)) {
        return 0;
    }
    switch (nr) {
    case __NR_mkdir:
    case __NR_mkdirat:
    case __NR_mknod:
    case __NR_mknodat:
        return PATH_MAKES;
    case __NR_rmdir:
    case __NR_unlink:
    case __NR_unlinkat:
        return PATH_REMOVES;
    case __NR_access:
    case __NR_faccessat:
    case __NR_faccessat2:
        return argument & 2 ? PATH_WRITES : 0; /* W_OK */
    case __NR_chmod:
    case __NR_fchmodat:
    case 452: /* fchmodat2 */
    case __NR_chown:
    case __NR_lchown:
    case __NR_fchownat:
    case __NR_truncate:
    case __NR_utime:
    case __NR_utimes:
    case __NR_futimesat:
    case __NR_utimensat:
    case __NR_setxattr:
    case __NR_lsetxattr:
    case __NR_removexattr:
    case __NR_lremovexattr:
        return PATH_CHANGES;
    default:
        return 0;
    }
}

uint32_t linux_rooted_open_purpose(uint64_t flags)
{
    uint32_t purpose = 0;

    if (flags & O_PATH) {
        return 0;
    }
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        return PATH_MAKES; /* what is there is not opened */
    }
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC)) {
        purpose |= PATH_WRITES;
    }
    return purpose | (flags & O_CREAT ? PATH_MAKES : 0);
}

static bool is_translated(const struct linux_path *p)
{
    return p->name == (uint64_t)p->where.name && p->where.name[0] != 0;
}

/* What judges a name comes after the mounts are compared (do_renameat2()); what does not find it comes before. */
static bool is_judged(int64_t found)
{
    return found == 0 || found == -EROFS;
}

int64_t linux_rooted_pair(struct thread *t, const struct linux_path *a, int64_t found_a, const struct linux_path *b,
                          int64_t found_b)
{
    /* Of what is not translated the host finds what is wrong with it, or which file a descriptor is. */
    if (is_judged(found_a) && is_judged(found_b) && is_translated(a) && is_translated(b) &&
        !path_same_mount(&t->proc->settings, &a->where, &b->where)) {
        return -EXDEV;
    }
    return found_a < 0 && (is_judged(found_b) || found_b == -EBUSY) ? found_a : found_b;
}

int64_t linux_rooted_how(struct thread *t, int dirfd, const struct linux_path *p, struct open_how *how)
{
    const struct settings *s = &t->proc->settings;
    char host[VFS_HOST_PATH_MAX], guest[VFS_HOST_PATH_MAX];
    struct rooted_where from = {0, false};

    if (p->where.name[0] != '/') {
        how->resolve |= RESOLVE_NO_SYMLINKS;
        return 0;
    }
    if (!rooted_behind(p->where.name, "/proc")) {
        how->resolve |= RESOLVE_NO_SYMLINKS; /* all that there were are followed */
    }
    if (!(how->resolve & RESOLVE_NO_XDEV)) {
        return 0;
    }
    how->resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
    if (path_of_descriptor(dirfd, host, sizeof(host)) > 0 && rooted_guest_name(s, host, guest, sizeof(guest))) {
        rooted_host_name(s, guest, host, sizeof(host), &from);
    }
    return from.mount == p->where.where.mount ? 0 : -EXDEV;
}

int64_t linux_rooted_refuse(struct thread *t)
{
    return is_rooted(&t->proc->settings) ? -EPERM : 0;
}

static bool may_change_root(struct thread *t)
{
    enum { CAPABILITY_SYS_CHROOT = 18 };

    return t->proc->credentials ? credentials_capable(credentials_of(t), CAPABILITY_SYS_CHROOT)
                                : host_call0(__NR_geteuid) == 0;
}

int64_t linux_rooted_chroot(struct thread *t, guest_ptr path)
{
    char name[VFS_HOST_PATH_MAX];
    int64_t r = copyin_str(name, path, sizeof(name));

    return r <= 0 ? (r == 0 ? -ENOENT : r) : rooted_chroot(t, name, may_change_root(t));
}
