/*
 * kcmp: whether two descriptors or processes share something. Semantics: kcmp(2) of release 14.1, kern_kcmp() in
 * sys/kern/sys_generic.c.
 */
#include <linux/fcntl.h>
#include <linux/kcmp.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"

/* sys/sys/unistd.h */
enum {
    FREEBSD_KCMP_FILE = 100,
    FREEBSD_KCMP_FILEOBJ = 101,
    FREEBSD_KCMP_FILES = 102,
    FREEBSD_KCMP_SIGHAND = 103,
    FREEBSD_KCMP_VM = 104,
};
enum { EQUAL, LESS, GREATER, NO_ORDER };

static int64_t exists(int32_t pid)
{
    return pid > 0 ? host_call2(__NR_kill, pid, 0) : -ESRCH;
}

/* A descriptor of a process: its place in /proc, and what file it is. Returns 0 or -EBADF, -EPERM. */
static int64_t identify(const struct thread *t, int32_t pid, uint64_t fd, struct statx *st, bool *anonymous)
{
    static const char anonymous_prefix[] = "anon_inode:";
    char path[64], link[64];
    struct text x = TEXT_ON(path);
    if (fd > INT32_MAX || (pid == t->proc->pid && engine_descriptor((int)fd))) {
        return -EBADF;
    }
    text_format(&x, "/proc/%d/fd/%d", pid, (int)fd);
    int64_t r = host_call5(__NR_statx, AT_FDCWD, text_cstr(&x), 0, STATX_TYPE | STATX_INO, st);
    int64_t n = host_call3(__NR_readlink, path, link, sizeof link);
    *anonymous = n >= (int64_t)sizeof anonymous_prefix - 1 &&
                 hot_strncmp(link, anonymous_prefix, sizeof anonymous_prefix - 1) == 0;
    return r == -ENOENT ? -EBADF : r == -EACCES ? -EPERM : r;
}

/* Descriptors of one object; the host gives all anonymous ones the same inode, so those are the same file or none. */
static int64_t compare_objects(const struct statx *a, const struct statx *b)
{
    if (((a->stx_mode ^ b->stx_mode) & S_IFMT) != 0) {
        return NO_ORDER;
    }
    uint64_t device_a = (uint64_t)a->stx_dev_major << 32 | a->stx_dev_minor;
    uint64_t device_b = (uint64_t)b->stx_dev_major << 32 | b->stx_dev_minor;
    if (device_a != device_b) {
        return device_a < device_b ? LESS : GREATER;
    }
    return a->stx_ino == b->stx_ino ? EQUAL : a->stx_ino < b->stx_ino ? LESS : GREATER;
}

static int64_t compare_files(const struct thread *t, int32_t pid1, int32_t pid2, bool objects, uint64_t fd1,
                             uint64_t fd2)
{
    struct statx a, b;
    bool anonymous1, anonymous2;
    int64_t r = identify(t, pid1, fd1, &a, &anonymous1);
    if (r == 0) {
        r = identify(t, pid2, fd2, &b, &anonymous2);
    }
    if (r < 0) {
        return r;
    }
    if (objects && !(anonymous1 && anonymous2)) {
        return compare_objects(&a, &b);
    }
    return host_call5(__NR_kcmp, pid1, pid2, KCMP_FILE, fd1, fd2);
}

int64_t freebsd_kcmp(struct thread *t, int32_t pid1, int32_t pid2, int32_t type, uint64_t idx1, uint64_t idx2)
{
    int64_t r = exists(pid1);
    if (r == 0) {
        r = exists(pid2);
    }
    if (r < 0) {
        return r;
    }
    switch (type) {
    case FREEBSD_KCMP_FILE:
    case FREEBSD_KCMP_FILEOBJ:
        return compare_files(t, pid1, pid2, type == FREEBSD_KCMP_FILEOBJ, idx1, idx2);
    case FREEBSD_KCMP_FILES:
        return host_call5(__NR_kcmp, pid1, pid2, KCMP_FILES, 0, 0);
    case FREEBSD_KCMP_SIGHAND:
        return host_call5(__NR_kcmp, pid1, pid2, KCMP_SIGHAND, 0, 0);
    case FREEBSD_KCMP_VM:
        return host_call5(__NR_kcmp, pid1, pid2, KCMP_VM, 0, 0);
    default:
        return -EINVAL;
    }
}
