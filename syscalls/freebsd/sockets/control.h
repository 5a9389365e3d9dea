/*
 * Control messages of sendmsg(2) and recvmsg(2). The headers differ (12 bytes with a 32-bit length there, 16 with
 * a 64-bit one here), but both systems' data starts at byte 16 and both align to 8, so most messages keep size.
 */
#ifndef SYSCALLS_FREEBSD_CONTROL_H
#define SYSCALLS_FREEBSD_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls/freebsd/sockets/control_note.h"
#include "syscalls/freebsd/sockets/socket.h"

#define CONTROL_HEADER        16u /* CMSG_LEN(0), both systems */
#define CONTROL_MAX           4096u
#define FREEBSD_CONTROL_MAX   2048u /* MCLBYTES: what sockargs() takes */
#define CONTROL_ALIGNED(size) (((size) + 7u) & ~(uint64_t)7)

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
#define FREEBSD_SCM_BINTIME   4
#define FREEBSD_SCM_REALTIME  5
#define FREEBSD_SCM_MONOTONIC 6
#define FREEBSD_SCM_CREDS2    8
#define HOST_SCM_RIGHTS       1
#define HOST_SCM_CREDENTIALS  2
#define HOST_SCM_TIMESTAMPNS  35

/* IPPROTO_IP's, FreeBSD's numbers */
#define FREEBSD_IP_TOS         3
#define FREEBSD_IP_RECVOPTS    5
#define FREEBSD_IP_RECVRETOPTS 6
#define FREEBSD_IP_RECVDSTADDR 7 /* also IP_SENDSRCADDR: an address alone */
#define FREEBSD_IP_RECVIF      20
#define FREEBSD_IP_RECVTTL     65
#define FREEBSD_IP_RECVTOS     68

/* Messages that differ in their numbers only, both ways; host_type 0 ends the list. */
struct control_pair {
    int32_t guest_type, host_type;
};
extern const struct control_pair control_pairs6[]; /* IPPROTO_IPV6's */

/* Who sends, for SCM_CREDS: the kernel fills it in whatever the sender wrote. */
struct control_sender {
    int32_t pid;
    uint32_t uid, gid;
};

/*
 * Guest messages to host messages, for a socket of that kind. Returns the host's length or -errno: EINVAL (malformed,
 * or a type that the protocol does not take), ENOPROTOOPT. `host` has room for CONTROL_MAX bytes, `guest` for
 * FREEBSD_CONTROL_MAX at most; note->kinds receives what is to go in a note.
 */
int64_t freebsd_control_to_host(const struct socket_kind *kind, const uint8_t *guest, uint32_t length, uint8_t *host,
                                const struct control_sender *sender, struct control_note *note);

/* Adds a descriptor to a host message's control data of that length (as an SCM_RIGHTS message). Returns the length. */
int64_t host_control_add_fd(uint8_t *host, int64_t length, int fd);

/* What the receiver is, and has asked for. */
struct control_reader {
    int s;                    /* for the names of interfaces; -1: none are looked up */
    uint32_t marks;           /* socket_marks.h: which timestamps */
    uint32_t creds;           /* CREDS_* */
    struct control_note note; /* of the sender; kinds 0: there is none */
    bool told_creds;          /* out: the sender's credentials have been handed on */
};

/*
 * Host messages to guest messages, as many as fit into `room` bytes; *truncated is set when one did not. Messages
 * without a guest form are left out. Descriptors that did not fit go to drop_fd. Returns the guest's length.
 */
uint32_t freebsd_control_from_host(struct control_reader *rd, const uint8_t *host, uint64_t length, uint8_t *guest,
                                   uint32_t room, bool *truncated, void (*drop_fd)(void *arg, int fd), void *arg);

/* Calls fn for each descriptor in SCM_RIGHTS messages of host form; stops at a result other than 0. */
int64_t host_control_each_fd(const uint8_t *host, uint64_t length, int64_t (*fn)(void *arg, int fd), void *arg);

/*
 * Takes the sender's note out of a received message, if there is one: *length may become less. Returns whether.
 */
bool host_control_take_note(uint8_t *host, uint64_t *length, struct control_note *note);

#endif
