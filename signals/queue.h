/*
 * What the engine keeps pending beside the host: signals that the host has no number for, several of one number that
 * the host would merge, and those that it cannot block. Semantics: sigqueue_add() and sigqueue_get() of FreeBSD's
 * sys/kern/kern_sig.c.
 *
 * They travel between threads and processes by one host signal, the carrier, whose siginfo says which is meant
 * (carrier.c); so the host queues them, counts them against RLIMIT_SIGPENDING and checks the sender's permission. The
 * carrier is never blocked by the guest's mask, as the guest may block one number and not another: what arrives and is
 * blocked comes to the queue, and a thread that lets it through, or waits for it, is told by a carrier of number 0.
 *
 * The queue's lock is taken with every host signal blocked, as handlers take it too.
 */
#ifndef SIGNALS_QUEUE_H
#define SIGNALS_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/signal_types.h"
#include "signals/host.h"

struct cpu_context;
struct guest_signal;
struct personality;
struct process;
struct thread;

/* The carrier: glibc's SIGCANCEL, which programs of the host cannot use for themselves. */
#define HOST_CARRIER 32

#define SIGNAL_QUEUE_LIMIT 128 /* kern.sigqueue.max_pending_per_proc */

/* The guest's number of what the host tells of; 0: none, or a carrier that only asks to look at the queue. */
int signal_number(struct thread *t, const siginfo_t *info);

/* The same, whole (struct personality, signal_describe). */
void signal_described(struct thread *t, const siginfo_t *info, const struct cpu_context *regs, uint64_t trapno,
                      uint64_t error_code, struct guest_signal *out);

/* Whether it was sent to the one thread, not to the process. */
bool signal_is_threads(const struct thread *t, const siginfo_t *info);

/* Whether the engine keeps it if the guest has it blocked: the host does not. */
static inline bool signal_kept_here(int host_signo)
{
    return host_signo == HOST_CARRIER || (HOST_BIT(host_signo) & HOST_NEEDED) != 0;
}

/*
 * Puts a signal into the queue of the calling thread, or of the process. Where there is no room only the number stays,
 * as for the kernel's kill(2). Another thread of the process that lets it through is told.
 */
void signal_keep(struct thread *t, const siginfo_t *info);

/*
 * Takes the lowest number of the set that waits for the thread or for its process, the oldest of that number. False:
 * none.
 */
bool signal_take(struct thread *t, const struct signal_set *set, siginfo_t *info);

/* The same for what the thread's mask lets through. */
bool signal_take_due(struct thread *t, siginfo_t *info);

/* The lowest number of the set that waits; 0: none. */
int signal_lowest(const struct thread *t, const struct signal_set *set);

/* Whether something waits that the thread's mask lets through. */
bool signal_due(const struct thread *t);

/* Drops what is pending of a number, as when it becomes ignored. */
void signal_queue_discard(struct process *p, int signo);

/* Drops what was sent to the thread, which ends. */
void signal_queue_leave(struct thread *t);

/* Tells the other threads of the process of what waits for the process and is not for the calling one. */
void signal_queue_offer(struct thread *t);

/* The host's signals that stand for those of a set, whoever else may stand for the same. */
uint64_t signal_set_to_host(const struct personality *p, const struct signal_set *set);

/* Writes a carrier's siginfo for a signal to the thread, or to the process. */
void carrier_fill(const struct personality *p, siginfo_t *info, const struct guest_signal *sig, bool to_thread);

/* Whether it was sent to be queued, with a value, rather than merged where there are many. */
bool carrier_is_queued(const struct personality *p, const siginfo_t *info);

/* Has another thread of the process look at the queue. */
void carrier_kick(struct thread *t, int32_t tid);

/*
 * In the engine, with every host signal but those that it needs to be blocked from here on: what the guest's mask lets
 * through is recorded, or kept where one is recorded already.
 */
void signal_record_now(struct thread *t, const siginfo_t *info);

#endif
