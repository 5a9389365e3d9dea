/* The host's side of signals, for the files of this folder. */
#ifndef SIGNALS_HOST_H
#define SIGNALS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/host_signal.h"
#include "base/signal_types.h"

struct thread;

#define HOST_SIGNAL_COUNT 64

#define HOST_BIT(n) (1ULL << ((n)-1))

/* Signals the engine itself needs: never blocked, never without a handler. */
#define HOST_FAULTS (HOST_BIT(SIGSEGV) | HOST_BIT(SIGBUS) | HOST_BIT(SIGFPE) | HOST_BIT(SIGILL) | HOST_BIT(SIGTRAP))
#define HOST_NEEDED (HOST_FAULTS | HOST_BIT(SIGSYS))

/* Carries errands between threads of a process (process/everywhere.h). glibc's NPTL, which the engine has not, uses it so. */
#define HOST_ERRAND 33

/* What the engine blocks while it must not be disturbed. */
#define HOST_ALL_BUT_NEEDED (~(HOST_NEEDED | HOST_BIT(HOST_ERRAND)))

/* In a handler that interrupted the guest: from here on a fault of ours in guest memory is recovered from. */
void signal_open_faults(void);

/* asm/siginfo.h's siginfo_t, kept by value. */
_Static_assert(sizeof(siginfo_t) == sizeof(struct host_siginfo), "one fits the other");

/*
 * Makes the host's disposition of a signal follow: the engine's handler, SIG_DFL or SIG_IGN. flags: of SIGNAL_NOCLDSTOP,
 * SIGNAL_NOCLDWAIT, and SIGNAL_RESTART.
 */
void host_disposition(int host_signo, uint64_t disposition, uint32_t flags);
#define HOST_HANDLER 2ULL /* besides SIGNAL_DEFAULT and SIGNAL_IGNORE */

/* Gives a recorded signal back to the kernel, which keeps it until it is unblocked. */
void host_put_back(const struct thread *t, const struct host_siginfo *info);

/*
 * Delivers a signal into the interrupted guest context: frame, mask, registers. A default or ignored one is
 * dropped or left to the kernel.
 */
void signal_deliver(struct thread *t, struct ucontext *uc, const struct guest_signal *sig);

/*
 * Whether the guest blocks all signals by its word, in which the bits of `pending` are set then. The word is guest
 * memory: faults must be open.
 */
bool signal_fast_blocked(struct thread *t, uint32_t pending);
#define SIGNAL_FAST_PENDING 1u

/* If so, keeps a signal that is due. */
bool signal_fast_kept(struct thread *t, const siginfo_t *info);

/* A fault of the guest's own instruction. */
void signal_deliver_fault(struct thread *t, struct ucontext *uc, const struct guest_signal *sig);

#endif
