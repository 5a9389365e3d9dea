/*
 * SO_NOSIGPIPE: writing to a broken connection gives EPIPE without a signal, whatever call writes.
 *
 * The host only has MSG_NOSIGNAL, call by call, so the option has to be remembered with the socket: in the host's
 * SO_SELECT_ERR_QUEUE, which dup, fork, exec, accept and passing carry along as the guest's kernel would, and which
 * has no other effect on sockets that collect no error queue (none of FreeBSD's options makes one do so). Writing
 * asks for it only in a process that has set the option once, or has come by such a socket from another one or from the
 * image before.
 */
#ifndef SYSCALLS_FREEBSD_NOSIGPIPE_H
#define SYSCALLS_FREEBSD_NOSIGPIPE_H

#include <stdbool.h>

struct thread;

#define HOST_SO_SELECT_ERR_QUEUE 45

/* Notes that this process uses the option. */
void nosigpipe_used(struct thread *t);

/* A descriptor has come from elsewhere: the process uses the option if that is a socket which has it. */
void nosigpipe_received(struct thread *t, int fd);

/* Whether writing to fd must not raise SIGPIPE. False for what is no socket. */
bool nosigpipe_is_set(struct thread *t, int fd);

#endif
