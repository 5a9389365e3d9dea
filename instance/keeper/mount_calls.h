/* The host's newer calls for mounts, which C libraries came to know late (fsopen(2) and others; all are of Linux 5.12). */
#ifndef INSTANCE_KEEPER_MOUNT_CALLS_H
#define INSTANCE_KEEPER_MOUNT_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static inline int call_open_tree(int dir, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, dir, path, flags);
}

static inline int call_move_mount(int from, int to_dir, const char *to)
{
    return (int)syscall(SYS_move_mount, from, "", to_dir, to, MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int call_mount_setattr(int fd, unsigned flags, struct mount_attr *attr)
{
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, attr, sizeof *attr);
}

/* A new file system of a kind that wants no options, mounted nowhere yet. Returns a descriptor, or -1. */
static inline int call_new_mount(const char *kind, unsigned attributes)
{
    int fs = (int)syscall(SYS_fsopen, kind, FSOPEN_CLOEXEC);
    int fd = -1;
    if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
        fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
    }
    if (fs >= 0) {
        int error = errno;
        close(fs);
        errno = error;
    }
    return fd;
}

static inline int call_pivot_root(const char *to, const char *old)
{
    return (int)syscall(SYS_pivot_root, to, old);
}

#endif
