/*
 * The sockets of the host, as far as the caller's network goes. Sources: proc(5) (/proc/net/tcp and its kin),
 * sock_diag(7) for local sockets.
 */
#ifndef PROCESS_HOST_SOCKETS_H
#define PROCESS_HOST_SOCKETS_H

#include <stdint.h>

/* What is read; the numbers are bits. */
#define HOST_SOCKETS_TCP   1u
#define HOST_SOCKETS_UDP   2u
#define HOST_SOCKETS_RAW   4u
#define HOST_SOCKETS_LOCAL 8u
#define HOST_SOCKETS_ALL   15u

struct host_socket {
    uint64_t inode; /* 0: it belongs to no descriptor (a connection that is timing out) */
    uint8_t family; /* the host's: 1, 2, 10 */
    uint8_t type;   /* SOCK_* */
    uint8_t protocol;
    uint8_t state; /* the host's: TCP_ESTABLISHED 1 ... */
    uint32_t user;
    uint32_t received, unsent; /* bytes that wait on either side; of a listening one connections, and how many may */
    union {
        struct {
            uint8_t local[16], peer[16]; /* of family 2 the first four bytes; network order */
            uint16_t local_port, peer_port;
        };
        struct {
            uint64_t peer_inode; /* 0: none */
            uint8_t name_length;
            char name[108]; /* with a NUL first: an abstract one */
        };
    };
};

struct host_sockets {
    struct host_socket *list; /* from the heap */
    uint32_t count, room;
};

/* Reads those kinds. Returns 0 or -ENOMEM; of a kind that the host does not show there are none. */
int host_sockets_read(struct host_sockets *s, uint32_t kinds);
void host_sockets_free(struct host_sockets *s);

/* The socket with that inode (not 0), or NULL. */
const struct host_socket *host_sockets_find(const struct host_sockets *s, uint64_t inode);

/* Reads a line of /proc/net/tcp or one of its kin into *out. Returns 0, or -EINVAL: it is none (the heading). */
int host_socket_parse(const char *line, struct host_socket *out);

#endif
