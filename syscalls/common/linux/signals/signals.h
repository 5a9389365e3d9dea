/* Dispositions, masks and alternate stacks as Linux has them, whatever the size of the structures they come in. */
#ifndef SYSCALLS_COMMON_LINUX_SIGNALS_H
#define SYSCALLS_COMMON_LINUX_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "base/signal_types.h"

struct thread;

/* sigset_t of the kernel: bit n-1 is signal n. */
struct linux_sigset {
    uint64_t bits;
};

/* What no mask holds: SIGKILL and SIGSTOP. */
#define LINUX_UNBLOCKABLE (1ULL << (9 - 1) | 1ULL << (19 - 1))

static inline struct signal_set linux_set_in(uint64_t bits)
{
    return (struct signal_set){{bits, 0}};
}

/* Copies in the set of a call that has its size as an argument. Returns 0, -EINVAL (the size is not 8) or -EFAULT. */
int64_t linux_set_copyin(guest_ptr from, uint64_t size, struct signal_set *to);

/* asm/signal.h: sa_flags. What the kernel does not know is dropped, so that programs can ask (SA_UNSUPPORTED). */
uint32_t linux_action_flags_in(uint64_t flags);
uint64_t linux_action_flags_out(uint32_t flags);

/*
 * rt_sigaction(2), the rest of it: act may be NULL, old not. Returns 0 or -EINVAL (no such signal, or none that can be
 * changed).
 */
int64_t linux_action_change(struct thread *t, int signo, const struct signal_action *act, struct signal_action *old);

/* rt_sigprocmask(2) with the set in hand. Returns 0 or -EINVAL. */
int64_t linux_mask_change(struct thread *t, int how, const struct signal_set *set);

/* What is pending and blocked. */
uint64_t linux_pending(struct thread *t);

/* An alternate stack as sigaltstack(2) has it. */
struct linux_altstack {
    uint64_t sp, size;
    uint32_t flags; /* SS_* */
};

/*
 * sigaltstack(2) with the structures in hand; next may be NULL. Returns 0, -EPERM (rsp is on it), -EINVAL, -ENOMEM (too
 * small).
 */
int64_t linux_altstack_change(struct thread *t, uint64_t rsp, const struct linux_altstack *next,
                              struct linux_altstack *old);

/*
 * Where a handler's frame begins, going down: the alternate stack's end if the handler is to run there, else below the
 * stack pointer and `red_zone` bytes.
 */
uint64_t linux_frame_top(const struct thread *t, uint64_t rsp, const struct signal_action *a, uint64_t red_zone);

/* Whether a frame at `sp` has run over the alternate stack's low end, which it was to lie on. */
bool linux_frame_overruns(const struct thread *t, uint64_t rsp, const struct signal_action *a, uint64_t sp);

/* A frame that is none has been given to sigreturn (badframe in the kernel): a signal as of a fault. Returns 0. */
int64_t linux_bad_frame(struct thread *t);

/* A handler begins: with SS_AUTODISARM there is no alternate stack until its end. */
void linux_altstack_entered(struct thread *t);

#endif
