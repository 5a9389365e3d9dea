/*
 * ioctl of guests with words of 4 bytes.
 *
 * Three kinds of requests reach the host: those whose argument is the same in either width go as they are; those with
 * longs or pointers in a structure have a layout (compat_layout.h) by which it is made anew, or a function; and those
 * whose number alone differs, because it holds the size of a long. Nothing else does, as in a kernel whose driver has no
 * compat_ioctl: ENOTTY.
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_IOCTL_H
#define SYSCALLS_COMMON_LINUX_COMPAT_IOCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

enum compat_ioctl_way {
    COMPAT_IOCTL_SAME, /* the argument goes to the host as it is */
    COMPAT_IOCTL_IN,   /* a structure that the call reads, */
    COMPAT_IOCTL_OUT,  /* writes, */
    COMPAT_IOCTL_BOTH, /* or does both with */
    COMPAT_IOCTL_CALL,
};

struct compat_ioctl {
    uint32_t guest, host; /* the request's number; 0: that of the guest's */
    uint8_t way;          /* enum compat_ioctl_way */
    const char *layout;   /* of IN, OUT, BOTH */
    int64_t (*call)(struct thread *t, int fd, guest_ptr arg);
};

/* ioctl(2) of x32, and of i386 less what is its own. */
int64_t linux_compat_ioctl(struct thread *t, int32_t fd, uint32_t cmd, guest_ptr arg);

/* How a request is made; NULL: not known. Those of the first kind are not in here. */
const struct compat_ioctl *compat_ioctl_find(uint32_t request);

/* Whether a request is of the first kind. */
bool compat_ioctl_is_same(uint32_t request);

/* The host's call. Returns its result or -errno; interruptible and restartable. */
int64_t compat_ioctl_host(struct thread *t, int fd, uint32_t request, uint64_t arg);

/* A request whose argument has a layout; its structure has at most COMPAT_IOCTL_MAX bytes on the host. */
#define COMPAT_IOCTL_MAX 256
int64_t compat_ioctl_convert(struct thread *t, int fd, const struct compat_ioctl *how, uint32_t request, guest_ptr arg);

/* Functions of requests that no layout describes. */
int64_t compat_ioctl_ifconf(struct thread *t, int fd, guest_ptr arg);
int64_t compat_ioctl_add_route(struct thread *t, int fd, guest_ptr arg);
int64_t compat_ioctl_delete_route(struct thread *t, int fd, guest_ptr arg);
int64_t compat_ioctl_sg_io(struct thread *t, int fd, guest_ptr arg);
int64_t compat_ioctl_block_size(struct thread *t, int fd, guest_ptr arg);

#endif
