/*
 * Signals: from the host kernel's delivery to the guest's handler.
 *
 * Host handlers of asynchronous signals run with everything blocked and do one of two things. Where they
 * interrupted guest code, the guest's frame is built at once. Where they interrupted the engine, they record the
 * signal in the thread (one slot) and block everything else in the interrupted context, so the kernel keeps the
 * queue; delivery happens when the engine is about to return to the guest. A blocking host call is made through
 * host_call_intr(), whose "anything recorded? else enter the kernel" is a restartable range of instructions: a
 * signal that arrives between the check and the call makes the call return -EINTR without being made.
 *
 * What the host has no number for, or would merge, travels by a carrier and waits in a queue of the engine's (queue.h).
 *
 * The host's mask of a thread is the guest's mask, translated, less the signals the engine itself needs (SIGSYS
 * and the synchronous faults). The host's dispositions mirror the guest's: ignored and default stay so, and only
 * a caught signal, or one the engine needs, has a handler.
 */
#ifndef SIGNALS_SIGNALS_H
#define SIGNALS_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/host.h"
#include "base/signal_types.h"

struct __kernel_timespec;
struct personality;
struct process;
struct thread;

/*
 * Installs the engine's handlers, and makes the host's dispositions follow t->proc->actions, none of which is caught.
 * Once per exec. `ignored`: the host signals that are ignored now (bit n-1: signal n); all others are at their default
 * without flags, as execve leaves them (flush_signal_handlers in the host's kernel/signal.c), so that most need no call.
 */
void signals_init(struct thread *t, uint64_t ignored);

/* The same whatever the host's dispositions are: after an exec that failed. */
void signals_restore(struct thread *t);

/*
 * In a vfork's child, which has a copy of its parent's actions, and of the host's dispositions as they were a moment later:
 * makes these follow those if another thread of the parent's may have changed some between. from: the parent's process;
 * NULL: it is not known.
 */
void signals_settle_copy(struct thread *t, const struct process *from);

/* Gives the calling thread its alternate stack (the top of its region). Signals must be blocked. */
void signals_arm_thread(struct thread *t);

/*
 * Reads and changes the disposition of a guest signal; either pointer may be NULL. The host's disposition
 * follows. Returns 0 or -EINVAL (no such signal; or a change to one that cannot be caught).
 */
int signal_action_change(struct thread *t, int signo, const struct signal_action *act, struct signal_action *old);

/*
 * Gives a signal its default action, and leaves its mask and flags; but SIGNAL_SIGINFO goes in FreeBSD (sigdflt(),
 * kern_sig.c), and stays in Linux (get_signal(), kernel/signal.c).
 */
void signal_action_reset(struct thread *t, int signo);

/* Gives every caught signal its default action, as exec does. */
void signals_drop_caught(struct thread *t);

/*
 * From now on the process's hook `signalled` hears of the signal whenever it arrives, also while it is ignored; while it
 * is blocked only what the engine keeps. Returns 0 or -EINVAL (no such signal).
 */
int signal_watch(struct thread *t, int signo);

/* Sets the thread's guest mask; unblockable signals are left out. The host's mask follows on return to the guest. */
void signal_mask_set(struct thread *t, const struct signal_set *mask);

/* The host mask for a guest mask: translated, less what the engine needs. */
uint64_t signal_mask_to_host(const struct thread *t, const struct signal_set *mask);

/* Translates a host set (its pending set, for instance) into guest numbers. */
struct signal_set signal_set_from_host(const struct thread *t, uint64_t host);

/* What the engine keeps pending for the thread, beside the host. */
struct signal_set signals_held(const struct thread *t);

/*
 * Leaves to a host program, about to be executed, the dispositions that it would find natively: ignored ones ignored,
 * all others default. `alone`: no other thread of the process runs, so that the faults may be among them. Should the
 * exec fail, signals_restore() brings the engine's back.
 */
void signals_leave_to_host(struct thread *t, bool alone);

/*
 * Waits with another mask until a signal is recorded (sigsuspend). Returns -EINTR. The old mask is what the
 * handler's frame will restore.
 */
int64_t signal_suspend(struct thread *t, const struct signal_set *mask);

/*
 * Takes a signal of the set from what is pending, or waits for one (sigwait and its kin), whether it is blocked or not.
 * timeout: relative; NULL: none. Returns 0, and the signal in *out, -EAGAIN (timeout) or -EINTR (another one came).
 */
int64_t signal_wait(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                    struct guest_signal *out);

/*
 * Sends a guest signal by the carrier (signals/queue.h) to process pid, or to its thread tid if that is not 0. The
 * receiver must be a guest of this engine: others die of it. sig: signo, code, pid, uid, value. Returns 0 or -errno:
 * -EAGAIN (the host's queue is full), -ESRCH, -EPERM.
 */
int64_t signal_carry(struct thread *t, int32_t pid, int32_t tid, const struct guest_signal *sig);

/* The same for a process that the host knows by a descriptor. */
int64_t signal_carry_to_pidfd(struct thread *t, int pidfd, const struct guest_signal *sig);

/* Whether as much is pending in the process as the guest's kernel allows. */
bool signals_queue_full(const struct process *p);

/* The bit, in the host's sets, of the signal that carries others. */
uint64_t signal_carrier_bit(void);

/* The way back to the guest looks whether something is due: the guest may have opened its word (sigfastblock). */
void signals_look_again(struct thread *t);

/*
 * Before an exec, with every host signal blocked: what the engine keeps pending goes to the host, for the next image.
 * to_host: that is a host program, which knows no carriers; what the host has no number for is dropped.
 */
void signals_queue_to_host(struct thread *t, bool to_host);

/* In a fork's child: nothing is pending. Before the process's first signal: where `room` entries are. */
void signals_queue_reset(struct thread *t);
void signals_queue_init(struct process *p, struct signal_entry *entries, uint32_t room);

/*
 * For calls that wait with a mask of their own (ppoll, pselect): installs it until the call's end; a signal
 * delivered at the end sees the temporary mask, and its frame restores the old one. Returns the host mask to
 * hand to the host's own p-call, so that host and guest switch at the same instant.
 */
uint64_t signal_mask_temporary(struct thread *t, const struct signal_set *mask);

/*
 * A system call that may block. Returns its result, or -EINTR without entering the kernel when a signal is
 * already recorded for this thread.
 */
int64_t host_call_intr(struct thread *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                       uint64_t f);

/* For calls that the guest's kernel restarts under SA_RESTART: -EINTR becomes -ERESTART. */
static inline int64_t restartable(int64_t result)
{
    return result == -EINTR ? -ERESTART : result;
}

/* What becomes of a call that a signal has interrupted, where signals are the host's own: -ERESTART or -EINTR. */
int64_t signals_interrupted(const struct thread *t);

/*
 * For one host_call_intr() where signals are the host's own (base/personality.h): -EINTR becomes -ERESTART if the host
 * would make the call again under SA_RESTART, or has not begun it.
 */
static inline int64_t host_restartable(const struct thread *t, int64_t result)
{
    return result == -EINTR ? signals_interrupted(t) : result;
}

/*
 * Whether a call that ended with -ERESTART is made again: no signal is due, or none whose handler asks otherwise.
 */
bool signals_restart(struct thread *t);

/*
 * Whether a call was ended only by a SIGCHLD that the guest does not hear of (a child's by pdfork(2)): it is forgotten
 * then, and the call is to be made again.
 */
bool signals_unheard(struct thread *t);

/*
 * Delivers what was recorded or raised, on the way back to the guest: builds the guest's frame into `uc` (host
 * ucontext) and sets the mask it returns with.
 */
void signals_leave(struct thread *t, void *uc);

/*
 * The same for a call that came in by the fast entry (syscalls/entry/fast.S), with the thread's own frame. Returns
 * whether the registers can be loaded and the guest jumped to; false: the host's sigreturn has to do it, because GS
 * changes (and is not ours any more then), because the guest single-steps, or because the processor does not take the
 * extended state that the guest wants loaded. Something may have been recorded meanwhile.
 */
bool signals_leave_fast(struct thread *t);

/*
 * Before the calling thread ends, with all signals blocked: what has been taken for it and not been delivered goes back
 * to the host, so that what was sent to the process comes to another thread.
 */
void signals_give_back(struct thread *t);

/* Ends the process by a guest signal, as the guest's kernel would: default action terminate. Does not return. */
_Noreturn void signal_die(struct thread *t, int guest_signo);

/* Puts the handler of errands in place; it stays. Before the first is sent. */
void signals_take_errands(void);

/* In a thread of the engine's own, which has all signals blocked: from here on errands reach it. */
void signals_open_errands(void);

/* Tells a thread of this process that t->errand is there. */
void signals_send_errand(const struct thread *t);

/* Queues a signal on the calling thread, as the kernel would for a trap: delivered when it returns to the guest. */
void signal_raise(struct thread *t, const struct guest_signal *sig);

/* The same as of a fault: the process dies of it if it is blocked or ignored. */
void signal_force(struct thread *t, const struct guest_signal *sig);

#endif
