/* Sending and receiving with struct msghdr of four-byte words. */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_MESSAGE_H
#define SYSCALLS_COMMON_LINUX_COMPAT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct __kernel_timespec;
struct thread;

/* struct compat_msghdr (include/net/compat.h) */
struct compat_msghdr {
    uint32_t name;
    int32_t namelen;
    uint32_t iov, iovlen;
    uint32_t control, controllen;
    uint32_t flags;
};

/* struct compat_mmsghdr */
struct compat_mmsghdr {
    struct compat_msghdr header;
    uint32_t length;
};

_Static_assert(sizeof(struct compat_msghdr) == 28 && sizeof(struct compat_mmsghdr) == 32, "struct msghdr");

/* recvmsg(2). short_times: times in control messages are of 32 bits (i386). Returns as the call does. */
int64_t compat_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, bool short_times);

/* recvmmsg(2); `limit` is changed to what is left of it, NULL: none. */
int64_t compat_recvmmsg(struct thread *t, int32_t fd, guest_ptr messages, uint32_t count, uint32_t flags,
                        struct __kernel_timespec *limit, bool short_times);

/* The same with the limit in the guest's memory, where its rest is written when something has been received. */
int64_t compat_recvmmsg_time64(struct thread *t, int32_t fd, guest_ptr messages, uint32_t count, uint32_t flags,
                               guest_ptr timeout, bool short_times);

#endif
