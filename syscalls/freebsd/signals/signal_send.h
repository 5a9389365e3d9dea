/* Sending a signal of FreeBSD's to a process or a thread, by the host's own signal or by the engine's carrier. */
#ifndef SYSCALLS_FREEBSD_SIGNAL_SEND_H
#define SYSCALLS_FREEBSD_SIGNAL_SEND_H

#include <stdint.h>

#include "base/signal_types.h"

struct thread;

/* Who is meant: a process, or one of its threads; a process may be named by a host's pidfd besides. */
struct signal_target {
    int32_t pid;
    int32_t tid;   /* the host's; 0: the process */
    int32_t pidfd; /* -1: none */
};

/*
 * Sends signal `signo`, 0 (only to ask) to 128, with si_code `code` and, for SI_QUEUE, a value. Returns 0 or -errno:
 * -ESRCH, -EPERM, -EAGAIN (of SI_QUEUE: too many are pending), -EINVAL (a program of the host, which has no such signal).
 */
int64_t freebsd_signal_send(struct thread *t, const struct signal_target *to, int32_t signo, int32_t code,
                            uint64_t value);

/*
 * The host's signal by which each of several signals of one number arrives, or which only the host can bring; 0: those
 * of this number take the carrier (signals/queue.h).
 */
int freebsd_signal_queued_by_host(int32_t signo);

/*
 * Sends a signal to the processes of a group one by one, or to every process that may be sent one: group -1. For those
 * that the host has no number for, or whose number there would do something else. Returns 0, -ESRCH or -EPERM.
 */
int64_t freebsd_signal_send_group(struct thread *t, int32_t group, int32_t signo, int32_t code);

#endif
