/* open(2) and its relatives, readlink(2), and the working directory. Sources: section 2 of the manual, fs/open.c. */
#include "linux_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/files/emulated.h"
#include "syscalls/common/linux/files/open.h"
#include "syscalls/common/linux/files/rooted_paths.h"
#include "syscalls/common/metadata_open.h"
#include "vfs/rooted_path.h"

#include <linux/openat2.h>

/* A link at the end is followed unless the flags say otherwise, or say that nothing may be there. */
static uint32_t follow_of(uint64_t flags)
{
    return (flags & O_NOFOLLOW) || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) ? 0 : PATH_FOLLOW;
}

/* Whether a file of /proc that is being opened has a text of ours. A directory, or what cannot be read, has none. */
static bool has_text(const struct linux_path *p, uint64_t flags)
{
    bool text = p->proc.kind == LINUX_PROC_MAPS || p->proc.kind == LINUX_PROC_SMAPS ||
                p->proc.kind == LINUX_PROC_CPUINFO || p->proc.kind == LINUX_PROC_STATUS ||
                p->proc.kind == LINUX_PROC_MOUNTS || p->proc.kind == LINUX_PROC_MOUNTINFO ||
                p->proc.kind == LINUX_PROC_MOUNTSTATS;

    return text && !(flags & (O_PATH | O_DIRECTORY | O_ACCMODE)) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

/* In a root of the guest's own, where no link is followed that was not there when the name was translated. */
static int64_t open_host(struct thread *t, const struct linux_path *p, uint32_t flags, uint32_t mode)
{
    struct open_how how;

    if (p->name == (uint64_t)p->where.name && rooted_how(t->proc, p->where.name, flags, mode, &how)) {
        return host_call_intr(t, __NR_openat2, (uint64_t)p->dirfd, p->name, (uint64_t)&how, sizeof(how), 0, 0);
    }
    return host_call_intr(t, __NR_openat, (uint64_t)p->dirfd, p->name, flags, mode, 0, 0);
}

static int64_t open_once(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode)
{
    struct linux_path p;
    int64_t r = linux_path(t, dirfd, path, follow_of(flags) | linux_rooted_open_purpose(flags), &p);

    if (r < 0) {
        return r;
    }
    if (has_text(&p, flags)) {
        return linux_proc_open(t, &p.proc, p.where.name, flags);
    }
    r = metadata_is_kept(t) ? linux_emulated_open_at(t, &p, flags, mode)
                            : host_restartable(t, open_host(t, &p, flags, mode));
    if (r >= 0 && p.near_proc) {
        linux_path_opened(t, (int)r, &p);
    }
    return r;
}

__attribute__((noinline)) int64_t linux_open_translated(struct thread *t, int dirfd, guest_ptr path, uint32_t flags,
                                                        uint32_t mode)
{
    enum { TRIES = 16 }; /* somebody is at the directories on the way; a loop of links stays one */
    int64_t r = open_once(t, dirfd, path, flags, mode);

    for (int i = 1; r == -ELOOP && is_rooted(&t->proc->settings) && !(flags & O_NOFOLLOW) && i < TRIES; i++) {
        r = open_once(t, dirfd, path, flags, mode);
    }
    return r;
}

int64_t linux_open(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, uint32_t mode)
{
    return linux_path_plain(t, dirfd, path)
               ? host_restartable(t, host_call_intr(t, __NR_openat, (uint64_t)dirfd, path.va, flags, mode, 0, 0))
               : linux_open_translated(t, dirfd, path, flags, mode);
}

/* Where metadata is kept, no path goes to the host unseen. */
int64_t linux_emulated_open(struct thread *t, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return linux_open_translated(t, VFS_AT_FDCWD, filename, (uint32_t)flags, mode);
}

int64_t linux_emulated_openat(struct thread *t, int32_t dfd, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return linux_open_translated(t, dfd, filename, (uint32_t)flags, mode);
}

int64_t linux_emulated_creat(struct thread *t, guest_ptr pathname, uint32_t mode)
{
    return linux_open_translated(t, VFS_AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int64_t linux_any_open(struct thread *t, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return linux_open(t, VFS_AT_FDCWD, filename, (uint32_t)flags, mode);
}

int64_t linux_any_openat(struct thread *t, int32_t dfd, guest_ptr filename, int32_t flags, uint32_t mode)
{
    return linux_open(t, dfd, filename, (uint32_t)flags, mode);
}

int64_t linux_any_creat(struct thread *t, guest_ptr pathname, uint32_t mode)
{
    return linux_open(t, VFS_AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* A border at a directory that is not in the guest's tree is none of its. */
static int64_t linux_openat2_border(struct thread *t, int dirfd, const struct open_how *asked)
{
    char host[VFS_HOST_PATH_MAX], guest[VFS_HOST_PATH_MAX];
    const struct settings *s = &t->proc->settings;

    if (!is_rooted(s) || !(asked->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) ||
        path_of_descriptor(dirfd, host, sizeof(host)) <= 0 || rooted_guest_name(s, host, guest, sizeof(guest))) {
        return 0;
    }
    return -ENOENT;
}

/*
 * With a border at the starting directory the names are that directory's own, whatever tree it is in; else they are
 * translated. What the structure may hold beyond what is known here the host judges.
 */
int64_t linux_any_openat2(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr how, uint64_t size)
{
    struct linux_path p;
    struct open_how asked;
    uint64_t how_address, resolve;
    int64_t r;

    p.dirfd = dfd;
    p.name = filename.va;
    p.near_proc = false;
    if (size < sizeof(asked)) {
        return -EINVAL;
    }
    if (size > 4096) { /* a page (copy_struct_from_user() is asked for no more, fs/open.c) */
        return -E2BIG;
    }
    if (copyin(&asked, how, sizeof(asked)) < 0) {
        return -EFAULT;
    }
    r = linux_openat2_border(t, dfd, &asked);
    if (r < 0) {
        return r;
    }
    if (!(asked.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT))) {
        uint32_t links = asked.resolve & RESOLVE_NO_SYMLINKS ? PATH_NO_LINKS : 0;

        r = linux_path(t, dfd, filename, follow_of(asked.flags) | linux_rooted_open_purpose(asked.flags) | links, &p);
        if (r < 0) {
            return r;
        }
        if (has_text(&p, asked.flags)) {
            return linux_proc_open(t, &p.proc, p.where.name, (uint32_t)asked.flags);
        }
    }
    how_address = linux_memory(how, size);
    resolve = asked.resolve;
    if (is_rooted(&t->proc->settings) && size == sizeof(asked) && p.name == (uint64_t)p.where.name) {
        r = linux_rooted_how(t, dfd, &p, &asked);
        if (r < 0) {
            return r;
        }
        how_address = (uint64_t)&asked;
    }
    if (metadata_is_kept(t) && resolve != 0 && size == sizeof(asked)) {
        r = p.name != (uint64_t)p.where.name ? copyin_str(p.where.name, guest_addr(p.name), sizeof(p.where.name)) : 0;
        return r < 0 ? r : host_restartable(t, metadata_open_how(t, p.dirfd, p.where.name, &asked));
    }
    if (metadata_is_kept(t) && resolve == 0 && asked.flags <= UINT32_MAX && asked.mode <= 07777) {
        return linux_emulated_open_at(t, &p, (uint32_t)asked.flags, (uint32_t)asked.mode);
    }
    r = host_restartable(t, host_call_intr(t, __NR_openat2, (uint64_t)p.dirfd, p.name, how_address, size, 0, 0));
    if (r >= 0 && p.near_proc) {
        linux_path_opened(t, (int)r, &p);
    }
    return r;
}

int64_t linux_any_truncate(struct thread *t, guest_ptr path, int64_t length)
{
    return linux_call_path(t, __NR_truncate, path, PATH_FOLLOW, (uint64_t)length, 0, 0, 0);
}

/* What a link of the host's leads to, in the guest's names. */
static int64_t read_link_in_view(struct thread *t, const struct linux_path *p, guest_ptr buf, uint64_t size)
{
    static const char gone[] = " (deleted)"; /* d_path() */
    char target[VFS_HOST_PATH_MAX];
    struct path_room room;
    const char *view;
    int64_t n;

    if (p->proc.kind == LINUX_PROC_EXE) {
        n = linux_proc_executable(t, p->proc.pid, target, sizeof(target) - sizeof(gone));
        if (n > 0 && host_call4(__NR_faccessat2, AT_FDCWD, target, 0, 0) == -ENOENT) {
            memcpy(target + n, gone, sizeof(gone));
        }
    } else {
        n = host_call4(__NR_readlinkat, p->dirfd, p->name, target, sizeof(target) - 1);
        if (n >= 0) {
            target[n] = 0;
        }
    }
    if (n < 0) {
        return n;
    }
    view = linux_path_view(t, target, &room);
    n = (int64_t)hot_strlen(view);
    n = (uint64_t)n > size ? (int64_t)size : n;
    return copyout(buf, view, (size_t)n) < 0 ? -EFAULT : n;
}

int64_t linux_any_readlinkat(struct thread *t, int32_t dfd, guest_ptr path, guest_ptr buf, int32_t bufsiz)
{
    struct linux_path p;
    struct guest_span s;
    int64_t r;

    if (bufsiz <= 0) {
        return -EINVAL;
    }
    r = linux_path(t, dfd, path, 0, &p);
    if (r < 0) {
        return r;
    }
    if (p.proc.kind == LINUX_PROC_EXE || (is_rooted(&t->proc->settings) && rooted_behind(p.where.name, "/proc")) ||
        (p.proc.kind == LINUX_PROC_LINK && t->proc->settings.sysroot[0])) {
        return read_link_in_view(t, &p, buf, (uint64_t)bufsiz);
    }
    s = guest_span(buf.va, (uint64_t)bufsiz);
    return host_call4(__NR_readlinkat, p.dirfd, p.name, s.va, s.len);
}

int64_t linux_any_readlink(struct thread *t, guest_ptr path, guest_ptr buf, int32_t bufsiz)
{
    return linux_any_readlinkat(t, VFS_AT_FDCWD, path, buf, bufsiz);
}

int64_t linux_any_chdir(struct thread *t, guest_ptr filename)
{
    int64_t r = linux_call_path(t, __NR_chdir, filename, PATH_FOLLOW, 0, 0, 0, 0);

    path_directory_changed(t->proc);
    return r;
}

int64_t linux_any_fchdir(struct thread *t, int32_t fd)
{
    int64_t r = host_call1(__NR_fchdir, fd);

    path_directory_changed(t->proc);
    return r;
}

int64_t linux_any_chroot(struct thread *t, guest_ptr filename)
{
    int64_t r = is_rooted(&t->proc->settings) ? linux_rooted_chroot(t, filename)
                                              : linux_call_path(t, __NR_chroot, filename, PATH_FOLLOW, 0, 0, 0, 0);

    path_directory_changed(t->proc); /* it has another name now */
    return r;
}

int64_t linux_any_getcwd(struct thread *t, guest_ptr buf, uint64_t size)
{
    char path[VFS_HOST_PATH_MAX];
    struct guest_span s;
    struct path_room room;
    const char *view;
    int64_t n;

    if (t->proc->settings.sysroot[0] == 0) {
        s = guest_span(buf.va, size);
        return host_call2(__NR_getcwd, s.va, s.len);
    }
    n = host_call2(__NR_getcwd, path, sizeof(path));
    if (n < 0) {
        return n;
    }
    view = linux_path_view(t, path, &room);
    if (is_rooted(&t->proc->settings) && view == path) {
        return -ENOENT; /* it is not in the guest's tree, after a chroot(2) */
    }
    n = (int64_t)hot_strlen(view) + 1;
    if ((uint64_t)n > size) {
        return -ERANGE;
    }
    return copyout(buf, view, (size_t)n) < 0 ? -EFAULT : n;
}
