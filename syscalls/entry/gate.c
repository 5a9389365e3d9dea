/* The gate into the cold half. */
#include "syscalls/entry/gate.h"

#include <linux/futex.h>
#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"

#define COLD_STACK_SIZE (512UL << 10)

int64_t gate_switch(int64_t (*fn)(void *), void *arg, uint64_t cold_fs, uint64_t cold_stack);

/* Belong to the address space, like the libc they stand for. */
static uint64_t cold_fs, cold_stack;

int gate_init(void)
{
    char *stack = heap_alloc(COLD_STACK_SIZE - 64);
    if (stack == NULL) {
        return -ENOMEM;
    }
    cold_stack = ((uint64_t)stack + COLD_STACK_SIZE - 64) & ~63UL;
    __asm__ volatile("rdfsbase %0" : "=r"(cold_fs));
    return 0;
}

/*
 * A vfork child may be killed inside. Then its tid stays in `gate_owner` and no one wakes us, until its parent has come
 * out of vfork (gate_after_vfork); if the parent was killed as well, until the child is reaped: so a waiter looks every
 * now and then whether there is still an owner.
 */
static void gate_acquire(struct thread *t)
{
    uint32_t *owner = &t->proc->space->gate_owner, self = (uint32_t)host_call0(__NR_gettid);
    for (;;) {
        uint32_t seen = 0;
        if (__atomic_compare_exchange_n(owner, &seen, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return;
        }
        struct __kernel_timespec patience = {0, 50 * 1000 * 1000};
        host_call4(__NR_futex, owner, FUTEX_WAIT, seen, &patience);
        if (host_call2(__NR_tkill, seen, 0) == -ESRCH) {
            __atomic_compare_exchange_n(owner, &seen, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
        }
    }
}

static void gate_release(struct thread *t)
{
    uint32_t *owner = &t->proc->space->gate_owner;
    __atomic_store_n(owner, 0, __ATOMIC_RELEASE);
    host_call3(__NR_futex, owner, FUTEX_WAKE, 1);
}

void gate_hold(struct thread *t, uint64_t *mask)
{
    uint64_t all = ~0UL;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, mask, sizeof *mask);
    gate_acquire(t);
}

void gate_drop(struct thread *t, uint64_t mask)
{
    gate_release(t);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

int64_t gate_call_held(struct thread *t, int64_t (*fn)(void *arg), void *arg)
{
    if (t->uc == &t->frame) {
        /* Came in by the fast entry: the guest's vector registers are still the processor's. */
        host_frame_xstate(t, t->uc);
        t->leave_xstate = true;
    }
    return gate_switch(fn, arg, cold_fs, cold_stack);
}

int64_t gate_call(struct thread *t, int64_t (*fn)(void *arg), void *arg)
{
    uint64_t mask;
    gate_hold(t, &mask);
    int64_t r = gate_call_held(t, fn, arg);
    gate_drop(t, mask);
    return r;
}

void gate_hold_for_fork(struct thread *t)
{
    gate_acquire(t);
}

void gate_release_after_fork(struct thread *t)
{
    gate_release(t);
}

void gate_after_fork(struct thread *t)
{
    t->proc->space->gate_owner = 0;
}

void gate_after_vfork(struct thread *t, int32_t child)
{
    uint32_t *owner = &t->proc->space->gate_owner, dead = (uint32_t)child;
    if (__atomic_compare_exchange_n(owner, &dead, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        host_call3(__NR_futex, owner, FUTEX_WAKE, 1);
    }
}
