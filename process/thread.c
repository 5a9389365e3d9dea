/* Thread regions, thread start and end. */
#include "process/thread.h"

#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "process/enter.h"
#include "process/process.h"
#include "process/watch.h"
#include "signals/signals.h"

#define THREAD_MAX  (1 + (ARENA_THREADS_SIZE - ARENA_FIRST_SIZE) / THREAD_REGION)
#define TID_CLAIMED (-1)
#define PAGE        4096ULL

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* linux/mman.h since 6.13 */
#endif

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

static bool make_accessible(uint64_t low, uint64_t high)
{
    return !is_error(host_call3(__NR_mprotect, low, high - low, PROT_READ | PROT_WRITE));
}

/*
 * Makes a page a guard. Since Linux 6.13 that takes no mapping of its own, which every fork would copy; not in memory that is
 * locked, though.
 */
static bool guard(uint64_t page)
{
    static bool refused;
    refused = refused || is_error(host_call3(__NR_madvise, page, PAGE, MADV_GUARD_INSTALL));
    return !refused || !is_error(host_call3(__NR_mprotect, page, PAGE, PROT_NONE));
}

/* Up to where regions have been made accessible: several at once, in order, behind the first. */
static uint64_t accessible;

static bool make_regions_accessible(uint64_t base)
{
    enum { AT_ONCE = 4 };
    if (base == ARENA_BASE) {
        return make_accessible(base, base + THREAD_REGION);
    }
    if (base < accessible) {
        return true;
    }
    uint64_t end = base + AT_ONCE * THREAD_REGION;
    end = end < ARENA_BASE + ARENA_THREADS_SIZE ? end : ARENA_BASE + ARENA_THREADS_SIZE;
    if (!make_accessible(base, end)) {
        end = base + THREAD_REGION; /* close to a limit */
        if (!make_accessible(base, end)) {
            return false;
        }
    }
    accessible = end;
    return true;
}

/* Makes a region's parts accessible; the gaps between them are guards. */
static bool region_open(uint32_t index)
{
    uint64_t base = (uint64_t)region(index);
    return make_regions_accessible(base) && guard(base + THREAD_STACK_LOW - PAGE) &&
           guard(base + THREAD_ALTSTACK_LOW - PAGE);
}

/*
 * Where a free region may be, so that nobody looks through all of them in vain: how many threads have left since a
 * region was last reused, and the regions of the latest. Only hints: what is free is told by tid alone, and that the
 * kernel clears a moment after the thread has said that it leaves.
 */
#define RECENT 16
static uint32_t left;
static uint32_t recent[RECENT]; /* index + 1 of a region; 0: none */

static uint32_t index_of(const struct thread *t)
{
    uint64_t from_base = (uint64_t)t - ARENA_BASE;
    return from_base == 0 ? 0 : (uint32_t)(1 + (from_base - ARENA_FIRST_SIZE) / THREAD_REGION);
}

void thread_leaving(const struct thread *t)
{
    uint32_t index = index_of(t);
    __atomic_store_n(&recent[index % RECENT], index + 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&left, 1, __ATOMIC_RELEASE);
}

static bool region_claim(uint32_t index)
{
    int32_t none = 0;
    if (!__atomic_compare_exchange_n(&region(index)->tid, &none, TID_CLAIMED, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return false;
    }
    uint32_t n = __atomic_load_n(&left, __ATOMIC_RELAXED);
    while (n > 0 && !__atomic_compare_exchange_n(&left, &n, n - 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return true;
}

/* A region whose thread is gone, claimed; NULL where none is known to be. */
static struct thread *region_reuse(void)
{
    if (__atomic_load_n(&left, __ATOMIC_ACQUIRE) == 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < RECENT; i++) {
        uint32_t one = __atomic_load_n(&recent[i], __ATOMIC_RELAXED), seen = one;
        if (one != 0 && region_claim(one - 1)) {
            __atomic_compare_exchange_n(&recent[i], &seen, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
            return region(one - 1);
        }
    }
    uint32_t open = __atomic_load_n(&regions_open, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < open; i++) {
        if (region_claim(i)) {
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
    if (i < THREAD_MAX && region_open(i)) {
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
    t->alternatives = p->alternatives;
    host_frame_init(t, p->personality->code32);
    return t;
}

void thread_free(struct thread *t)
{
    thread_leaving(t);
    __atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

/* Frees the regions from index `first` up to `end`, which are `self`'s or of threads that are not there. */
static void regions_clear(uint32_t first, uint32_t end, const struct thread *self)
{
    for (uint32_t i = first; i < end; i++) {
        if (region(i) != self && region(i)->tid != 0) {
            region(i)->tid = 0;
        }
    }
}

/*
 * Dropping the pages makes tids 0 as well, and copies none: to write to each region would copy a page per thread that
 * the parent ever had.
 */
static void regions_drop(uint32_t first, uint32_t end)
{
    if (first < end &&
        is_error(host_call3(__NR_madvise, region(first), (end - first) * THREAD_REGION, MADV_DONTNEED))) {
        regions_clear(first, end, NULL); /* locked in memory */
    }
}

static struct lock leaving;

void threads_forget_others(struct thread *self)
{
    if (opening.state != 0) { /* a page that is not written to need not be copied */
        lock_reset(&opening);
    }
    if (leaving.state != 0) {
        lock_reset(&leaving);
    }
    if (regions_open == 1) {
        return;
    }
    uint32_t own = index_of(self);
    regions_clear(0, 1, self); /* it does not lie beside the others */
    regions_drop(1, own);
    regions_drop(own + 1, regions_open);
    left = regions_open - 1;
}

/* Calls fn for every live thread, the engine's own too if `all`. */
static int each(bool all, int (*fn)(struct thread *t, void *arg), void *arg)
{
    uint32_t open = __atomic_load_n(&regions_open, __ATOMIC_ACQUIRE);
    int r = 0;
    for (uint32_t i = 0; i < open && r == 0; i++) {
        if (__atomic_load_n(&region(i)->tid, __ATOMIC_RELAXED) > 0 && (all || region(i)->engine_work == NULL)) {
            r = fn(region(i), arg);
        }
    }
    return r;
}

int threads_each(int (*fn)(struct thread *t, void *arg), void *arg)
{
    return each(false, fn, arg);
}

int threads_each_of_all(int (*fn)(struct thread *t, void *arg), void *arg)
{
    return each(true, fn, arg);
}

/* The first code of a new host thread: on its engine stack, all signals blocked, not yet armed. */
__attribute__((used)) _Noreturn void thread_begin(struct thread *t)
{
    if (t->engine_work != NULL) {
        host_call2(__NR_prctl, PR_SET_NAME, ENGINE_THREAD_NAME);
        signals_arm_thread(t);
        signals_open_errands();
        t->engine_work(t);
        process_abort(t, "a thread of the engine's own has come to an end");
    }
    signals_arm_thread(t);
    if (t->proc->hooks->arm(t) != 0) {
        /* A foreign call would reach the host untranslated. */
        process_abort(t, "this host refuses to intercept system calls in a new thread");
    }
    if (t->forked) {
        int32_t parent = t->proc->pid;
        t->proc->pid = (int32_t)host_call0(__NR_getpid);
        process_ids_read(t->proc); /* another thread of the parent's may have been changing them */
        signals_settle_copy(t, t->forked_from);
        t->proc->hooks->forked(t);
        process_watch_inherit(t, parent);
        if (t->drop_caught) {
            signals_drop_caught(t);
        }
    }
    if (t->proc->personality->thread_started != NULL) {
        t->proc->personality->thread_started(t);
    }
    if (t->start_cloned) {
        t->frame.regs = t->start_regs;
        t->leave_gs = t->guest_gs != 0;
        t->leave_whole = t->mask_stale = true;
        t->proc->hooks->enter(t);
    }
    thread_enter_guest(t, &t->start_regs, t->start_xstate);
}

void thread_inherit_state(struct thread *t, struct thread *creator)
{
    if (creator->proc->personality->code32) {
        memcpy(t->segments, creator->segments, sizeof t->segments);
        for (int i = 0; i < THREAD_SEGMENTS; i++) {
            t->segments[i].ldt_own = false;
        }
    } else {
        t->guest_gs = thread_gs(creator); /* what selects segments is the host's to copy */
    }
    t->start_xstate = NULL;
    t->start_cloned = host_frame_xstate_untouched(creator);
    if (t->start_cloned) {
        return;
    }
    const void *from = host_frame_xstate(creator, creator->uc);
    uint32_t size = host_xstate_size(from);
    if (from != NULL && size <= XSTATE_ROOM) {
        memcpy(host_frame_xstate_room(t), from, size);
        t->start_xstate = host_frame_xstate_room(t);
    }
}

uint64_t thread_gs(const struct thread *t)
{
    if (t->leave_gs) {
        return t->guest_gs; /* it is yet to be loaded */
    }
    uint64_t base; /* asked of the processor: also a thread that has made no call may have one */
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

int64_t thread_clone(struct thread *t, const struct clone_how *how)
{
    bool takes_word = (how->flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) != 0;
    uint64_t flags = how->flags | CLONE_CHILD_CLEARTID | (takes_word ? CLONE_CHILD_SETTID : CLONE_PARENT_SETTID);
    uint64_t all = ~0UL, old;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof old);
    int64_t r = clone_on_stack(flags, (uint64_t)t + THREAD_STACK_HIGH, takes_word ? how->word : &t->tid, &t->tid,
                               how->fs_base, t);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, sizeof old);
    return r;
}

int64_t thread_start_as(struct thread *creator, struct thread *t, const struct clone_how *how)
{
    creator->proc->hooks->threading(creator);
    /* A thread has its creator's credentials: they must not change between the host's copying and our knowing it. */
    lock_acquire(&creator->proc->everywhere);
    int64_t r = thread_clone(t, how);
    lock_release(&creator->proc->everywhere);
    if (is_error(r)) {
        thread_free(t);
    }
    return r;
}

int64_t thread_start(struct thread *creator, struct thread *t, uint64_t fs_base)
{
    struct clone_how how = {.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                     CLONE_SETTLS,
                            .fs_base = fs_base};
    return thread_start_as(creator, t, &how);
}

struct thread *thread_start_engine(struct thread *creator, void (*work)(struct thread *t), uint64_t argument,
                                   bool share_descriptors)
{
    struct thread *t = thread_new(creator->proc);
    if (t == NULL) {
        return NULL;
    }
    t->engine_work = work;
    t->engine_argument = argument;
    uint64_t flags = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    lock_acquire(&creator->proc->everywhere); /* as for every thread */
    int64_t r = thread_clone(t, &(struct clone_how){.flags = flags | (share_descriptors ? CLONE_FILES : 0)});
    lock_release(&creator->proc->everywhere);
    if (is_error(r)) {
        thread_free(t);
        return NULL;
    }
    return t;
}

/* Whether some region is a thread's of p, one that has not begun to run yet counted, for which `fn` says yes. */
static bool any_of(const struct process *p, bool (*fn)(const struct thread *t))
{
    uint32_t open = __atomic_load_n(&regions_open, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < open; i++) {
        const struct thread *t = region(i);
        if (__atomic_load_n(&t->tid, __ATOMIC_RELAXED) != 0 && t->proc == p && t->engine_work == NULL && fn(t)) {
            return true;
        }
    }
    return false;
}

static bool is_any(const struct thread *t)
{
    (void)t;
    return true;
}

bool threads_any_of(const struct process *p)
{
    return any_of(p, is_any);
}

static bool is_staying(const struct thread *t)
{
    return !t->leaving;
}

/*
 * Whether no other thread of the guest's is left; threads of the engine's would keep the process alive, and its end is to
 * be told. Of several that leave at once, the last one's answer is yes.
 */
static bool leaves_last(struct thread *t)
{
    lock_acquire(&leaving);
    t->leaving = true;
    bool last = !any_of(t->proc, is_staying);
    lock_release(&leaving);
    return last;
}

/* Its counts go to the process. First out of one, then into the other: who adds up meanwhile finds none twice. */
static void leave_count(uint64_t *from, uint64_t *to)
{
    __atomic_fetch_add(to, __atomic_exchange_n(from, 0, __ATOMIC_ACQ_REL), __ATOMIC_ACQ_REL);
}

_Noreturn void thread_exit(struct thread *t, int status)
{
    uint64_t all = ~0UL;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
    signals_give_back(t);
    leave_count(&t->calls_fast, &t->proc->calls_ended.fast);
    leave_count(&t->calls_trapped, &t->proc->calls_ended.trapped);
    if (!t->proc->shares_memory && leaves_last(t)) {
        process_exit(t, status);
    }
    thread_leaving(t); /* the kernel clears its tid, which frees the region */
    for (;;) {
        host_call1(__NR_exit, status);
    }
}
