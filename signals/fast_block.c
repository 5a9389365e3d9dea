/*
 * A word of the guest's by which it blocks all signals without a call (FreeBSD's sigfastblock). Semantics: ast_sig(),
 * trapsignal() and sigfastblock_*() of sys/kern/kern_sig.c. What is due while the word says so waits in the queue. The
 * word then says that something is pending, and a program that opens signals and sees that asks for it
 * (signals_look_again()); the real kernel also looks at the end of other calls.
 */
#include "base/mem.h"
#include "base/thread.h"
#include "signals/host.h"
#include "signals/queue.h"
#include "signals/signals.h"

#define FLAGS 0xfu /* of the word; above them it counts */

/* The word is gone: signals are open from here on, and the program has a fault to answer for. */
static void forget_word(struct thread *t)
{
    struct guest_signal sig;
    siginfo_t like;
    memset(&like, 0, sizeof like);
    like.si_signo = SIGSEGV;
    like.si_code = SEGV_MAPERR;
    like.si_addr = (void *)t->fast_block.va;
    signal_described(t, &like, NULL, 0, 0, &sig);
    sig.code = SEGV_MAPERR;
    sig.address = t->fast_block.va;
    t->fast_block = guest_addr(0);
    signal_raise(t, &sig);
}

bool signal_fast_blocked(struct thread *t, uint32_t pending)
{
    uint32_t word;
    if (t->fast_block.va == 0) {
        return false;
    }
    int r = guest_load32(t->fast_block, &word);
    while (r == 0 && (word & ~FLAGS) != 0 && (word & pending) != pending) {
        uint32_t seen = word;
        r = guest_cas32(t->fast_block, &seen, word | pending);
        word = r == 0 && seen == word ? word | pending : seen;
    }
    if (r != 0) {
        forget_word(t);
        return false;
    }
    return (word & ~FLAGS) != 0;
}

bool signal_fast_kept(struct thread *t, const siginfo_t *info)
{
    if (!signal_fast_blocked(t, SIGNAL_FAST_PENDING)) {
        return false;
    }
    signal_keep(t, info);
    t->held_due = false;
    return true;
}

void signals_look_again(struct thread *t)
{
    t->held_due = signal_due(t);
}
