/*
 * Control messages of sendmsg(2) and recvmsg(2). The headers differ (12 bytes with a 32-bit length there, 16 with
 * a 64-bit one here), but both systems' data starts at byte 16 and both align to 8, so most messages keep size.
 */
#ifndef SYSCALLS_FREEBSD_CONTROL_H
#define SYSCALLS_FREEBSD_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_HEADER 16u /* CMSG_LEN(0), both systems */
#define CONTROL_MAX    4096u

struct freebsd_cmsghdr {
    uint32_t cmsg_len;
    int32_t cmsg_level, cmsg_type;
};

struct host_cmsghdr {
    uint64_t cmsg_len;
    int32_t cmsg_level, cmsg_type;
};

_Static_assert(sizeof(struct freebsd_cmsghdr) == 12 && sizeof(struct host_cmsghdr) == CONTROL_HEADER, "cmsghdr");

#define FREEBSD_SCM_RIGHTS    1
#define FREEBSD_SCM_TIMESTAMP 2
#define FREEBSD_SCM_CREDS     3
#define HOST_SCM_RIGHTS       1
#define HOST_SCM_CREDENTIALS  2
#define HOST_SCM_TIMESTAMP    29

/* Who sends, for SCM_CREDS: the kernel fills it in whatever the sender wrote. */
struct control_sender {
    int32_t pid;
    uint32_t uid, gid;
};

/*
 * Guest messages to host messages. Returns the host's length, or -EINVAL (malformed, or a type FreeBSD does not
 * take). `host` has room for CONTROL_MAX bytes, as has `guest` at most.
 */
int64_t freebsd_control_to_host(const uint8_t *guest, uint32_t length, uint8_t *host,
                                const struct control_sender *sender);

/*
 * Host messages to guest messages, as many as fit into `room` bytes; *truncated is set when one did not. Messages
 * without a guest form are left out. Returns the guest's length.
 */
uint32_t freebsd_control_from_host(const uint8_t *host, uint64_t length, uint8_t *guest, uint32_t room,
                                   bool *truncated);

/* Calls fn for each descriptor in SCM_RIGHTS messages of host form; stops at a result other than 0. */
int64_t host_control_each_fd(const uint8_t *host, uint64_t length, int64_t (*fn)(void *arg, int fd), void *arg);

#endif
