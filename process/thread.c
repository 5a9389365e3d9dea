/* Thread regions, thread start and end. */
#include "process/thread.h"

#include <linux/mman.h>
#include <linux/sched.h>

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "process/enter.h"
#include "signals/signals.h"

#define THREAD_MAX  (1 + (ARENA_THREADS_SIZE - ARENA_FIRST_SIZE) / THREAD_REGION)
#define TID_CLAIMED (-1)

int64_t clone_on_stack(uint64_t flags, uint64_t stack_top, int32_t *parent_tid, int32_t *child_tid, uint64_t tls,
                       void *arg);
_Noreturn void thread_begin(struct thread *t);

/* How many regions have been opened; they are never closed, only reused. Belongs to the address space. */
static uint32_t regions_open;

/* The first stands alone in the arena's first part, the others behind that. */
static struct thread *region(uint32_t index)
{
    uint64_t base = index == 0 ? ARENA_BASE : ARENA_BASE + ARENA_FIRST_SIZE + (index - 1) * THREAD_REGION;
    return (struct thread *)base;
}

int threads_init(void)
{
    int64_t r = host_call6(__NR_mmap, ARENA_BASE, ARENA_END - ARENA_BASE, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (!is_error(r) && r != (int64_t)ARENA_BASE) {
        host_call2(__NR_munmap, r, ARENA_END - ARENA_BASE);
        r = -EEXIST; /* kernels before 4.17 take the address for a hint */
    }
    return is_error(r) ? (int)r : 0;
}

/* Makes the usable parts of a region accessible; the gaps between them stay guards. */
static bool region_open(uint64_t base)
{
    static const struct {
        uint64_t low, high;
    } parts[] = {{0, THREAD_STRUCT_MAX}, {THREAD_STACK_LOW, THREAD_STACK_HIGH}, {THREAD_ALTSTACK_LOW, THREAD_REGION}};
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int64_t r =
            host_call3(__NR_mprotect, base + parts[i].low, parts[i].high - parts[i].low, PROT_READ | PROT_WRITE);
        if (is_error(r)) {
            return false;
        }
    }
    return true;
}

/* A region whose thread is gone, claimed; NULL when all are in use. */
static struct thread *region_reuse(void)
{
    uint32_t open = __atomic_load_n(&regions_open, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < open && i < THREAD_MAX; i++) {
        int32_t none = 0;
        if (__atomic_compare_exchange_n(&region(i)->tid, &none, TID_CLAIMED, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            return region(i);
        }
    }
    return NULL;
}

static struct lock opening;

/*
 * A region never used. A number is drawn first and opened afterwards, so region_reuse could look at one that is
 * not open yet; it is opened in order, and counted only then.
 */
static struct thread *region_fresh(void)
{
    lock_acquire(&opening);
    uint32_t i = regions_open;
    struct thread *t = NULL;
    if (i < THREAD_MAX && region_open((uint64_t)region(i))) {
        t = region(i);
        t->tid = TID_CLAIMED;
        __atomic_store_n(&regions_open, i + 1, __ATOMIC_RELEASE);
    }
    lock_release(&opening);
    return t;
}

struct thread *thread_new(struct process *p)
{
    struct thread *t = region_reuse();
    if (t == NULL) {
        t = region_fresh();
    }
    if (t == NULL) {
        return NULL;
    }
    memset(t, 0, __builtin_offsetof(struct thread, tid));
    size_t rest = __builtin_offsetof(struct thread, tid) + sizeof t->tid;
    memset((char *)t + rest, 0, sizeof *t - rest);
    t->self = t;
    t->proc = p;
    host_frame_init(t);
    return t;
}

void thread_free(struct thread *t)
{
    __atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

void threads_forget_others(struct thread *self)
{
    lock_reset(&opening);
    for (uint32_t i = 0; i < regions_open; i++) {
        if (region(i) != self) {
            region(i)->tid = 0;
        }
    }
}

int threads_each(int (*fn)(struct thread *t, void *arg), void *arg)
{
    uint32_t open = __atomic_load_n(&regions_open, __ATOMIC_ACQUIRE);
    int r = 0;
    for (uint32_t i = 0; i < open && r == 0; i++) {
        if (__atomic_load_n(&region(i)->tid, __ATOMIC_RELAXED) > 0) {
            r = fn(region(i), arg);
        }
    }
    return r;
}

/* The first code of a new host thread: on its engine stack, all signals blocked, not yet armed. */
__attribute__((used)) _Noreturn void thread_begin(struct thread *t)
{
    signals_arm_thread(t);
    if (t->proc->hooks->arm(t) != 0) {
        /* A foreign call would reach the host untranslated. */
        process_abort(t, "this host refuses to intercept system calls in a new thread");
    }
    if (t->forked) {
        t->proc->pid = (int32_t)host_call0(__NR_getpid);
        t->proc->hooks->forked(t);
        if (t->drop_caught) {
            signals_drop_caught(t);
        }
    } else if (t->proc->personality->thread_started != NULL) {
        t->proc->personality->thread_started(t);
    }
    thread_enter_guest(t, &t->start_regs, t->start_xstate);
}

void thread_inherit_state(struct thread *t, struct thread *creator)
{
    const void *from = host_frame_xstate(creator, creator->uc);
    uint32_t size = host_xstate_size(from);
    t->start_xstate = NULL;
    if (from != NULL && size <= XSTATE_ROOM) {
        memcpy(host_frame_xstate_room(t), from, size);
        t->start_xstate = host_frame_xstate_room(t);
    }
    t->guest_gs = thread_gs(creator);
}

uint64_t thread_gs(const struct thread *t)
{
    if (t->uc == &t->frame) {
        return t->leave_gs ? t->guest_gs : 0; /* came in by the fast entry: GS is ours */
    }
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base != (uint64_t)t ? base : 0;
}

void thread_gs_set(struct thread *t, uint64_t base)
{
    if (t->uc != &t->frame) {
        __asm__ volatile("wrgsbase %0" ::"r"(base != 0 ? base : (uint64_t)t));
        return;
    }
    t->guest_gs = base; /* the way back needs ours to the last */
    t->leave_gs = base != 0;
}

int64_t thread_clone(struct thread *t, uint64_t flags, uint64_t fs_base)
{
    uint64_t all = ~0UL, old;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof old);
    int64_t r = clone_on_stack(flags | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, (uint64_t)t + THREAD_STACK_HIGH,
                               &t->tid, &t->tid, fs_base, t);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, sizeof old);
    return r;
}

int64_t thread_start(struct thread *creator, struct thread *t, uint64_t fs_base)
{
    thread_inherit_state(t, creator);
    int64_t r = thread_clone(
        t, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS, fs_base);
    if (is_error(r)) {
        thread_free(t);
    }
    return r;
}

_Noreturn void thread_exit(struct thread *t, int status)
{
    (void)t; /* the kernel clears its tid, which frees the region */
    uint64_t all = ~0UL;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
    for (;;) {
        host_call1(__NR_exit, status);
    }
}
