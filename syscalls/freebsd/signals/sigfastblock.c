/* sigfastblock: sigfastblock(2), sys_sigfastblock() of sys/kern/kern_sig.c, sys/sys/signalvar.h. */
#include "base/guest.h"
#include "base/host.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "signals/signals.h"

enum { SIGFASTBLOCK_SETPTR = 1, SIGFASTBLOCK_UNBLOCK = 2, SIGFASTBLOCK_UNSETPTR = 3 };

#define SIGFASTBLOCK_PEND 1u

static int64_t set_word(struct thread *t, guest_ptr word)
{
    if (t->fast_block.va != 0) {
        return -EBUSY;
    }
    if (word.va % sizeof(uint32_t) != 0) {
        return -EINVAL;
    }
    t->fast_block = word;
    return 0;
}

/* The program has opened signals, and seen that some are pending. */
static int64_t unblock(struct thread *t)
{
    uint32_t word = SIGFASTBLOCK_PEND;
    if (t->fast_block.va == 0) {
        return -EINVAL;
    }
    int r = guest_cas32(t->fast_block, &word, 0);
    if (r < 0 || word != SIGFASTBLOCK_PEND) {
        return r < 0 ? r : -EBUSY;
    }
    signals_look_again(t);
    return 0;
}

static int64_t unset_word(struct thread *t)
{
    uint32_t word;
    if (t->fast_block.va == 0) {
        return -EINVAL;
    }
    int r = guest_load32(t->fast_block, &word);
    if (r < 0 || (word & ~SIGFASTBLOCK_PEND) != 0) {
        return r < 0 ? r : -EBUSY;
    }
    t->fast_block = guest_addr(0);
    signals_look_again(t);
    return 0;
}

int64_t freebsd_sigfastblock(struct thread *t, int32_t cmd, guest_ptr ptr)
{
    switch (cmd) {
    case SIGFASTBLOCK_SETPTR:
        return set_word(t, ptr);
    case SIGFASTBLOCK_UNBLOCK:
        return unblock(t);
    case SIGFASTBLOCK_UNSETPTR:
        return unset_word(t);
    default:
        return -EINVAL;
    }
}
