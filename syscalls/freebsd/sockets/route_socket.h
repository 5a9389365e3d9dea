/*
 * Sockets of PF_ROUTE, through which route(8) asks for routes. Semantics: route(4), sys/net/rtsock.c.
 *
 * The host has no such sockets. One is a local datagram socket of the host's that is connected to itself: what is written to
 * it is taken here, and answers are sent to it, so that reading, waiting, copies and passing on by fork are the host's.
 */
#ifndef SYSCALLS_FREEBSD_ROUTE_SOCKET_H
#define SYSCALLS_FREEBSD_ROUTE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

#define FREEBSD_AF_ROUTE 17

/* Makes one; `flags` are the host's SOCK_*. Returns the descriptor or -errno. */
int64_t route_socket_open(struct thread *t, uint32_t flags);

/* Whether fd is one. A single test where the process has made none. */
bool route_socket_is(struct thread *t, int fd);

/*
 * Takes one message: RTM_GET is answered, everything else is for who may change routes. Returns its size or -errno:
 * EINVAL, EFAULT, EMSGSIZE, EPROTONOSUPPORT (the version), EPERM, ESRCH (no route), EAFNOSUPPORT.
 */
int64_t route_socket_write(struct thread *t, int fd, guest_ptr buf, uint64_t size);

/* The same for a message in parts. */
int64_t route_socket_writev(struct thread *t, int fd, guest_ptr vector, uint32_t count);

#endif
