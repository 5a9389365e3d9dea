/*
 * Messages (sendmsg(2), recvmsg(2)) and calls on many of them. What a message points to is looked at before the host is
 * handed it: a copy of the guest's struct msghdr, in which names are translated, and what is the engine's is cut off.
 */
#ifndef SYSCALLS_COMMON_LINUX_MESSAGES_H
#define SYSCALLS_COMMON_LINUX_MESSAGES_H

#include <stdint.h>

#include "base/guest.h"

struct __kernel_timespec;
struct thread;

/* linux/socket.h */
#define MSG_OOB         0x1u
#define MSG_CTRUNC      0x8u
#define MSG_DONTWAIT    0x40u
#define MSG_ERRQUEUE    0x2000u
#define MSG_WAITFORONE  0x10000u
#define MSG_CMSG_COMPAT 0x80000000u /* says within the kernel that a guest has words of four bytes */

#define LINUX_MESSAGES_MAX 1024 /* UIO_MAXIOV */

/* struct user_msghdr of the host and of 64-bit guests. */
struct linux_msghdr {
    uint64_t name;
    int32_t namelen, pad0;
    uint64_t iov, iovlen;
    uint64_t control, controllen;
    uint32_t flags, pad1;
};

/* struct mmsghdr likewise. */
struct linux_mmsghdr {
    struct linux_msghdr header;
    uint32_t length, pad;
};

_Static_assert(sizeof(struct linux_msghdr) == 56 && sizeof(struct linux_mmsghdr) == 64, "struct msghdr");

/* How a guest's messages are laid out, and what one of them becomes. */
struct linux_message_kind {
    uint32_t header; /* bytes of struct msghdr; in a struct mmsghdr the length follows */
    uint32_t whole;  /* bytes of struct mmsghdr */
    int64_t (*send)(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags);
    /* *told: the message's flags afterwards */
    int64_t (*receive)(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, uint32_t *told);
};

/* sendmmsg(2). Returns as the call does. */
int64_t linux_messages_send(struct thread *t, const struct linux_message_kind *kind, int32_t fd, guest_ptr messages,
                            uint32_t count, uint32_t flags);

/* recvmmsg(2); `limit` is changed to what is left of it, NULL: none. Returns as the call does. */
int64_t linux_messages_receive(struct thread *t, const struct linux_message_kind *kind, int32_t fd, guest_ptr messages,
                               uint32_t count, uint32_t flags, struct __kernel_timespec *limit);

/* For linux_control_descriptors(): the engine's own descriptors are not open for the guest. */
int64_t linux_refuse_hidden(void *argument, int fd);

#endif
