/* FreeBSD's sys/socket.h: families, types, flags, addresses; and their translation. */
#ifndef SYSCALLS_FREEBSD_SOCKET_H
#define SYSCALLS_FREEBSD_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

#define FREEBSD_AF_UNIX  1
#define FREEBSD_AF_INET  2
#define FREEBSD_AF_INET6 28

#define HOST_AF_UNSPEC 0 /* the host's numbers: linux/socket.h does not have them for user programs */
#define HOST_AF_UNIX   1
#define HOST_AF_INET   2
#define HOST_AF_INET6  10

#define SOCKET_STREAM    1 /* both systems' */
#define SOCKET_DGRAM     2
#define SOCKET_RAW       3
#define SOCKET_SEQPACKET 5

#define FREEBSD_SOCK_CLOEXEC  0x10000000u
#define FREEBSD_SOCK_NONBLOCK 0x20000000u
#define HOST_SOCK_CLOEXEC     02000000u
#define HOST_SOCK_NONBLOCK    04000u

#define FREEBSD_SOL_SOCKET 0xffff
#define HOST_SOL_SOCKET    1

#define FREEBSD_MSG_OOB       0x1u
#define FREEBSD_MSG_PEEK      0x2u
#define FREEBSD_MSG_TRUNC     0x10u
#define FREEBSD_MSG_CTRUNC    0x20u
#define FREEBSD_MSG_EOF       0x100u
#define FREEBSD_MSG_NOSIGNAL  0x20000u
#define FREEBSD_MSG_SENT      0x408du  /* what sending looks at: OOB, DONTROUTE, EOR, DONTWAIT, NBIO */
#define FREEBSD_MSG_RECEIVED  0x440d3u /* and receiving: OOB, PEEK, TRUNC, WAITALL, DONTWAIT, NBIO, CMSG_CLOEXEC */
#define HOST_MSG_NOSIGNAL     0x4000u
#define HOST_MSG_CTRUNC       0x8
#define HOST_SIGPIPE          13
#define HOST_MSG_CMSG_CLOEXEC 0x40000000

#define FREEBSD_SA_MAX        255 /* SOCK_MAXADDRLEN */
#define FREEBSD_UNIX_PATH_MAX 104
#define HOST_UNIX_PATH_MAX    108
#define FREEBSD_NONAME_LENGTH 16 /* what an unbound local socket's address is (uipc_usrreq.c, sun_noname) */

/* A socket address in either system's form; the first two bytes are where they differ. */
struct sockaddr_buffer {
    union {
        struct {
            uint8_t len, family;
        } guest;
        uint16_t host_family;
        uint8_t bytes[256];
    };
    uint32_t length; /* bytes in use */
};

_Static_assert(__builtin_offsetof(struct sockaddr_buffer, length) == 256, "room for SOCK_MAXADDRLEN");

/* Address families; -1: the other system has none. */
int freebsd_family_to_host(int guest);
int freebsd_family_from_host(int host);

/* In place. To the host: 0 or -errno (EINVAL, EAFNOSUPPORT). Local paths are left as they are. */
int freebsd_sockaddr_to_host(struct sockaddr_buffer *a);

/* A local socket has been made under the address: it gets its owner, where owners are emulated. */
void freebsd_socket_made(struct thread *t, const struct sockaddr_buffer *a);

/* In place; `length` is the host's. An unnamed local address becomes FreeBSD's 16 bytes of nothing. */
void freebsd_sockaddr_from_host(struct sockaddr_buffer *a);

/* What an address is for. */
enum sockaddr_use { SOCKADDR_BIND, SOCKADDR_CONNECT, SOCKADDR_SEND };

/*
 * Copies an address in, translates it and, for a local one, its path (which SOCKADDR_BIND is to make), relative to the
 * directory dirfd. The errors come in the kernel's order: what getsockaddr() finds, what is wrong with the descriptor s,
 * what the protocol finds. Returns 0 or -errno: ENAMETOOLONG, EINVAL (length), EFAULT; EBADF, ENOTSOCK; EAFNOSUPPORT,
 * EINVAL, ENOENT and others of a path.
 */
int64_t freebsd_sockaddr_copyin(struct thread *t, int s, int dirfd, guest_ptr name, uint32_t namelen,
                                enum sockaddr_use use, struct sockaddr_buffer *out);

/*
 * What s is: SO_DOMAIN and SO_TYPE of the host's, or what is wrong with the descriptor. Returns 0 or -errno.
 */
struct socket_kind {
    int32_t domain, type;
};
int64_t socket_kind(int s, struct socket_kind *out);

/* Whether the socket has a peer. */
bool socket_is_connected(int s);

/*
 * Whether a stream that sending has found broken (EPIPE) was never connected: it has no peer, and nobody has closed its
 * receiving side. FreeBSD has ENOTCONN for it.
 */
bool socket_never_connected(int s);

/* Whether a family of FreeBSD's has such sockets: 0, EPROTOTYPE or EPROTONOSUPPORT (socreate()). */
int freebsd_protocol_check(int domain, int type, int protocol);

/*
 * Copies an address (guest form) out: as much as `room` allows; *namelen becomes what was there or fit, whichever is
 * less (kern_accept()). Returns 0 or -EFAULT.
 */
int freebsd_sockaddr_copyout(const struct sockaddr_buffer *a, guest_ptr name, uint32_t room, guest_ptr namelen);

/* MSG_* both ways. To the host: -EINVAL is never given; unknown bits are dropped (sys/kern/uipc_syscalls.c). */
uint32_t freebsd_msg_to_host(uint32_t guest);
uint32_t freebsd_msg_from_host(uint32_t host);

/* The host's struct msghdr, as the calls take it. */
struct host_msghdr {
    void *name;
    int32_t namelen, pad0;
    uint64_t iov, iovlen; /* the guest's own vector: its layout is the host's */
    void *control;
    uint64_t controllen;
    uint32_t flags, pad1;
};

_Static_assert(sizeof(struct host_msghdr) == 56, "struct user_msghdr of linux/socket.h");

/* Whether the lengths of a guest's vector add up to more than SSIZE_MAX. */
bool vector_is_too_long(guest_ptr vector, uint32_t count);

/* A SOL_SOCKET option of the host's that is an int; -errno when there is none. */
int64_t socket_int_option(int fd, int host_name);
#define HOST_SO_TYPE       3
#define HOST_SO_ERROR      4
#define HOST_SO_ACCEPTCONN 30
#define HOST_SO_DOMAIN     39

#endif
