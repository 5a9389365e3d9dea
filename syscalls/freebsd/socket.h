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

#define SOCKET_STREAM 1 /* both systems' */
#define SOCKET_DGRAM  2

#define FREEBSD_SOCK_CLOEXEC  0x10000000u
#define FREEBSD_SOCK_NONBLOCK 0x20000000u
#define HOST_SOCK_CLOEXEC     02000000u
#define HOST_SOCK_NONBLOCK    04000u

#define FREEBSD_SOL_SOCKET 0xffff
#define HOST_SOL_SOCKET    1

#define FREEBSD_MSG_EOF       0x100u
#define FREEBSD_MSG_NOSIGNAL  0x20000u
#define HOST_MSG_CTRUNC       0x8
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

/* In place; `length` is the host's. An unnamed local address becomes FreeBSD's 16 bytes of nothing. */
void freebsd_sockaddr_from_host(struct sockaddr_buffer *a);

/*
 * Copies an address in, translates it and, for a local one, its path. `create`: the path is to be made (bind).
 * Returns 0 or -errno: EINVAL (too short), ENAMETOOLONG, EFAULT, EAFNOSUPPORT, ENOENT.
 */
int freebsd_sockaddr_copyin(struct thread *t, guest_ptr name, uint32_t namelen, bool create,
                            struct sockaddr_buffer *out);

/*
 * Copies an address (host form) out: as much as *namelen allows; *namelen becomes what was there or fit,
 * whichever is less (kern_accept()). Nothing happens when `name` is null. Returns 0 or -errno.
 */
int freebsd_sockaddr_copyout(struct thread *t, struct sockaddr_buffer *a, guest_ptr name, guest_ptr namelen);

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

/* A SOL_SOCKET option of the host's that is an int; -errno when there is none. */
int64_t socket_int_option(int fd, int host_name);
#define HOST_SO_TYPE   3
#define HOST_SO_ERROR  4
#define HOST_SO_DOMAIN 39

#endif
