/* Making threads: thr_new, thr_create. Semantics: thr_new(2), sys/kern/kern_thr.c (thread_create). */
#include "base/host.h"
#include "base/host_frame.h"
#include "base/mem.h"
#include "base/process.h"
#include "freebsd_syscalls.h"
#include "process/enter.h"
#include "process/thread.h"
#include "syscalls/freebsd/signals/context.h"
#include "syscalls/freebsd/threads/schedule.h"
#include "syscalls/freebsd/threads/thread.h"

#define EPROCLIM GUEST_ERRNO(67)

/* sys/sys/thr.h. The kernel takes any flags and looks at this one alone, since release 15; not at THR_SUSPENDED. */
#define THR_C_RUNTIME 0x0004
struct freebsd_thr_param {
    uint64_t start_func, arg;
    uint64_t stack_base, stack_size;
    uint64_t tls_base, tls_size;
    uint64_t child_tid, parent_tid;
    int32_t flags, pad;
    uint64_t rtp;
    uint64_t spare[3];
};
_Static_assert(sizeof(struct freebsd_thr_param) == 104, "sys/thr.h");

static int store_tid(uint64_t at, int64_t tid)
{
    return at == 0 ? 0 : COPYOUT(guest_addr(at), &tid);
}

/*
 * The creator opens the gate when the thread's id stands where it was asked for: its first instruction may look. A
 * thread that could not be made whole ends here, before it has run.
 */
void freebsd_thread_started(struct thread *t)
{
    lock_acquire(&t->start_gate);
    lock_release(&t->start_gate);
    if (t->start_cancelled) {
        thread_exit(t, 0);
    }
}

/* What cpu_set_upcall() of sys/amd64/amd64/vm_machdep.c leaves in the registers. */
static void start_registers(const struct freebsd_thr_param *p, struct cpu_context *regs)
{
    memset(regs, 0, sizeof *regs);
    regs->rip = p->start_func;
    regs->rdi = p->arg;
    regs->rsp = ((p->stack_base + p->stack_size) & ~15ULL) - 8;
    regs->rflags = RFLAGS_INITIAL;
}

static struct thread *new_thread(struct thread *t)
{
    struct thread *child = thread_new(t->proc);
    if (child != NULL) {
        child->mask = t->mask;
        child->host_mask = t->host_mask;
        child->domain_policy = t->domain_policy;
    }
    return child;
}

/* What is left to do for a thread that waits at its gate. */
struct finish {
    uint64_t tid_at[2];
    const struct freebsd_rtprio *rtp; /* NULL: as its creator */
};

static int64_t finish(int64_t tid, const struct finish *f)
{
    int64_t r = f->rtp == NULL ? 0 : freebsd_rtprio_apply((int32_t)tid, f->rtp);
    for (int i = 0; i < 2 && r == 0; i++) {
        r = store_tid(f->tid_at[i], tid + FREEBSD_TID_OFFSET);
    }
    return r;
}

/* Starts the host's thread, and lets it go when it is whole. Returns 0 or -errno; the child is gone then. */
static int64_t start(struct thread *t, struct thread *child, uint64_t fs_base, const struct finish *f)
{
    lock_acquire(&child->start_gate);
    int64_t r = thread_start(t, child, fs_base);
    if (is_error(r)) {
        return r == -EAGAIN ? -EPROCLIM : r;
    }
    /* Not a moment later: both may be the word that the thread's end sets to 1, and others wait on it. */
    r = finish(r, f);
    child->start_cancelled = r != 0;
    lock_release(&child->start_gate);
    return r;
}

/* Priorities that a thread may begin with: not the idle ones, which rtprio_thread gives. */
static int64_t check_rtprio(const struct freebsd_rtprio *rtp)
{
    bool realtime = rtp->type == FREEBSD_RTP_REALTIME || rtp->type == FREEBSD_RTP_FIFO;
    return realtime ? freebsd_rtprio_check(rtp) : rtp->type == FREEBSD_RTP_NORMAL ? 0 : -EINVAL;
}

int64_t freebsd_thr_new(struct thread *t, guest_ptr param, int param_size)
{
    struct freebsd_thr_param p;
    struct freebsd_rtprio rtp = {0};
    memset(&p, 0, sizeof p);
    if (param_size < 0 || (size_t)param_size > sizeof p) {
        return -EINVAL;
    }
    if (copyin(&p, param, (size_t)param_size) != 0 || (p.rtp != 0 && COPYIN(&rtp, guest_addr(p.rtp)) != 0)) {
        return -EFAULT;
    }
    int64_t r = p.rtp == 0 ? 0 : check_rtprio(&rtp);
    if (r != 0 || !guest_range_ok(guest_addr(p.tls_base), 0)) {
        return r != 0 ? r : -EINVAL;
    }
    rtp.prio = rtp.type == FREEBSD_RTP_NORMAL ? 0 : rtp.prio;
    struct thread *child = new_thread(t);
    if (child == NULL) {
        return -EPROCLIM;
    }
    thread_inherit_state(child, t);
    start_registers(&p, &child->start_regs);
    child->tls_base = p.tls_base;
    child->tls_base_set = (p.flags & THR_C_RUNTIME) != 0;
    struct finish f = {{p.child_tid, p.parent_tid}, p.rtp == 0 ? NULL : &rtp};
    return start(t, child, p.tls_base, &f);
}

/* The thread's extended state: its creator's, changed as the context says (set_mcontext()). */
static int load_xstate(struct thread *t, struct thread *child, const struct freebsd_mcontext *mc)
{
    const void *from = host_frame_xstate(t, t->uc);
    uint32_t size = host_xstate_size(from);
    if (from == NULL || size > XSTATE_ROOM) {
        return 0;
    }
    child->start_xstate = host_frame_xstate_room(child);
    child->start_cloned = false;
    memcpy(child->start_xstate, from, size);
    return freebsd_mcontext_to_fpstate(mc, child->start_xstate);
}

/* Returns 0 or -errno. *fs_base is the creator's before, and the thread's after. */
static int load_context(struct thread *t, struct thread *child, const struct freebsd_mcontext *mc, uint64_t *fs_base)
{
    if (mc->mc_len != (int64_t)sizeof *mc || (mc->mc_flags & ~FREEBSD_MC_FLAG_MASK) != 0) {
        return -EINVAL;
    }
    thread_inherit_state(child, t);
    int r = load_xstate(t, child, mc);
    if (r == 0 && (mc->mc_flags & FREEBSD_MC_HASBASES) != 0) {
        if (!guest_range_ok(guest_addr(mc->mc_fsbase), 0) || !guest_range_ok(guest_addr(mc->mc_gsbase), 0)) {
            return -EINVAL;
        }
        *fs_base = mc->mc_fsbase;
        child->guest_gs = mc->mc_gsbase;
    }
    child->start_regs = *t->regs;
    freebsd_mcontext_to_regs(mc, &child->start_regs);
    child->start_regs.rflags = (mc->mc_rflags & FREEBSD_PSL_USERCHANGE) | (t->regs->rflags & ~FREEBSD_PSL_USERCHANGE);
    return r;
}

/* The call before thr_new. The context's mask, stack and link are not looked at, nor are the flags. */
int64_t freebsd_thr_create(struct thread *t, guest_ptr ctx, guest_ptr id, uint64_t flags)
{
    struct freebsd_ucontext uc;
    uint64_t fs_base;
    (void)flags;
    if (copyin(&uc, ctx, sizeof uc) != 0) {
        return -EFAULT;
    }
    struct thread *child = new_thread(t);
    if (child == NULL) {
        return -EPROCLIM;
    }
    __asm__ volatile("rdfsbase %0" : "=r"(fs_base));
    int r = load_context(t, child, &uc.uc_mcontext, &fs_base);
    if (r != 0) {
        thread_free(child);
        return r;
    }
    struct finish f = {{id.va, 0}, NULL};
    return start(t, child, fs_base, &f);
}
