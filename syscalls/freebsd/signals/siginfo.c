/*
 * What the host tells of a signal, in FreeBSD's terms. Sources: sys/sys/signal.h, trap() and trap_pfault() of
 * sys/amd64/amd64/trap.c, vm_fault_trap() of sys/vm/vm_fault.c, sys/x86/include/trap.h.
 */
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/table.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"

/* The processor's exception numbers, which the host hands on (Intel SDM 3A, 6.15). */
enum { VECTOR_PAGE_FAULT = 14, VECTOR_COUNT = 20 };

enum { PAGE_FAULT_TRAP = 12, WCONTINUED_STATUS = 0x13, HOST_WCONTINUED_STATUS = 0xffff };

enum {
    FREEBSD_BUS_ADRALN = 1,
    FREEBSD_BUS_ADRERR = 2,
    FREEBSD_BUS_OBJERR = 3,
    FREEBSD_SEGV_MAPERR = 1,
    FREEBSD_SEGV_PKUERR = 100,
    FREEBSD_FPE_INTOVF = 1,
    FREEBSD_FPE_INTDIV = 2,
    FREEBSD_FPE_FLTINV = 7,
    FREEBSD_FPE_FLTSUB = 8,
    FREEBSD_ILL_PRVOPC = 5,
    FREEBSD_ILL_COPROC = 7,
    FREEBSD_TRAP_BRKPT = 1,
    FREEBSD_TRAP_TRACE = 2,
};

/* FreeBSD's trap number, signal and code for each exception; code 0: the host's own code says more. */
static const struct trap_row {
    uint8_t trapno, signo, code;
} traps[VECTOR_COUNT] = {
    [0] = {18, FREEBSD_SIGFPE, FREEBSD_FPE_INTDIV},  [1] = {10, FREEBSD_SIGTRAP, FREEBSD_TRAP_TRACE},
    [3] = {3, FREEBSD_SIGTRAP, FREEBSD_TRAP_BRKPT},  [4] = {20, FREEBSD_SIGFPE, FREEBSD_FPE_INTOVF},
    [5] = {21, FREEBSD_SIGFPE, FREEBSD_FPE_FLTSUB},  [6] = {1, FREEBSD_SIGILL, FREEBSD_ILL_PRVOPC},
    [8] = {23, FREEBSD_SIGBUS, FREEBSD_BUS_OBJERR},  [9] = {24, FREEBSD_SIGILL, FREEBSD_ILL_COPROC},
    [10] = {25, FREEBSD_SIGBUS, FREEBSD_BUS_OBJERR}, [11] = {26, FREEBSD_SIGBUS, FREEBSD_BUS_ADRERR},
    [12] = {27, FREEBSD_SIGBUS, FREEBSD_BUS_ADRERR}, [13] = {9, FREEBSD_SIGBUS, FREEBSD_BUS_OBJERR},
    [VECTOR_PAGE_FAULT] = {PAGE_FAULT_TRAP, 0, 0},   [16] = {6, FREEBSD_SIGFPE, 0},
    [17] = {14, FREEBSD_SIGBUS, FREEBSD_BUS_ADRALN}, [19] = {29, FREEBSD_SIGFPE, 0},
};

/* The two integer codes are exchanged; an unknown cause (FPE_FLTUNK) is an invalid operation. */
static int32_t fpe_code(int host)
{
    if (host == FPE_INTDIV) {
        return FREEBSD_FPE_INTDIV;
    }
    if (host == FPE_INTOVF) {
        return FREEBSD_FPE_INTOVF;
    }
    return host <= FREEBSD_FPE_FLTSUB ? host : FREEBSD_FPE_FLTINV;
}

/* A page beyond the end of a mapped file is BUS_OBJERR there (KERN_OUT_OF_BOUNDS), BUS_ADRERR here. */
static void describe_page_fault(const siginfo_t *si, struct guest_signal *out)
{
    out->address = (uint64_t)si->si_addr;
    if (si->si_signo == SIGBUS) {
        out->signo = FREEBSD_SIGBUS;
        out->code = FREEBSD_BUS_OBJERR;
        return;
    }
    out->signo = FREEBSD_SIGSEGV;
    out->code = si->si_code;
    if (si->si_code == SEGV_PKUERR) {
        out->code = FREEBSD_SEGV_PKUERR;
    } else if (si->si_code != SEGV_MAPERR && si->si_code != SEGV_ACCERR) {
        out->code = FREEBSD_SEGV_MAPERR;
    }
}

static void describe_fault(const siginfo_t *si, const struct cpu_context *regs, uint64_t vector,
                           struct guest_signal *out)
{
    const struct trap_row *row = &traps[vector];
    out->trapno = row->trapno;
    if (vector == VECTOR_PAGE_FAULT) {
        describe_page_fault(si, out);
        return;
    }
    out->signo = row->signo;
    out->code = row->code != 0 ? row->code : fpe_code(si->si_code);
    out->address = regs->rip;
}

static void describe_child(struct thread *t, const siginfo_t *si, struct guest_signal *out)
{
    int death = si->si_code == CLD_EXITED ? process_table_death_of(t, si->si_pid, si->si_status & 0xff) : 0;
    out->code = si->si_code; /* CLD_EXITED to CLD_CONTINUED are the same numbers */
    out->pid = si->si_pid;
    out->uid = si->si_uid;
    out->status = si->si_status;
    if (si->si_code != CLD_EXITED && si->si_status > 0 && si->si_status < FREEBSD_HOST_SIGNALS) {
        out->status = freebsd_signal_from_host[si->si_status];
    }
    if (death != 0) {
        out->code = CLD_KILLED;
        out->status = death;
    }
}

/* The guest's timer whose host timer it is, and its signal; the host's id where the guest has none such. */
static void describe_timer(struct thread *t, const siginfo_t *si, struct guest_signal *out)
{
    struct freebsd_process *p = t->proc->personality_data;
    out->code = FREEBSD_SI_TIMER;
    out->timer_id = si->si_tid;
    out->overrun = si->si_overrun;
    out->value = (uint64_t)si->si_ptr;
    for (int32_t id = FREEBSD_TIMER_MIN; p != NULL && id < FREEBSD_TIMER_MAX; id++) {
        if (p->timers[id].used != 0 && p->timers[id].host_id == si->si_tid) {
            out->timer_id = id;
            out->signo = p->timers[id].signo;
            p->timers[id].overrun = si->si_overrun;
            return;
        }
    }
}

static void describe_sent(struct thread *t, const siginfo_t *si, struct guest_signal *out)
{
    switch (si->si_code) {
    case SI_TIMER:
        describe_timer(t, si, out);
        return;
    case SI_USER:
        out->code = FREEBSD_SI_USER;
        break;
    case SI_TKILL:
        out->code = FREEBSD_SI_LWP;
        break;
    case SI_QUEUE:
        out->code = FREEBSD_SI_QUEUE;
        out->value = (uint64_t)si->si_ptr;
        break;
    case SI_MESGQ:
        out->code = FREEBSD_SI_MESGQ;
        out->value = (uint64_t)si->si_ptr;
        break;
    case SI_ASYNCIO:
        out->code = FREEBSD_SI_ASYNCIO;
        out->value = (uint64_t)si->si_ptr;
        break;
    default:
        out->code = FREEBSD_SI_KERNEL; /* the host's SIGIO tells of a descriptor, FreeBSD's of nothing */
        return;
    }
    out->pid = si->si_pid;
    out->uid = si->si_uid;
}

void freebsd_signal_describe(struct thread *t, const void *host_siginfo, const struct cpu_context *regs,
                             uint64_t trapno, uint64_t error_code, struct guest_signal *out)
{
    const siginfo_t *si = host_siginfo;
    memset(out, 0, sizeof *out);
    if (si->si_signo < 1 || si->si_signo >= FREEBSD_HOST_SIGNALS) {
        return;
    }
    out->signo = freebsd_signal_from_host[si->si_signo];
    if (regs != NULL && si->si_code > 0 && trapno < VECTOR_COUNT && traps[trapno].trapno != 0) {
        bool caused_here = si->si_signo == SIGSEGV || si->si_signo == SIGBUS || si->si_signo == SIGFPE ||
                           si->si_signo == SIGILL || si->si_signo == SIGTRAP;
        if (caused_here) {
            out->error_code = error_code;
            describe_fault(si, regs, trapno, out);
            return;
        }
    }
    if (si->si_signo == SIGCHLD && si->si_code > 0) {
        describe_child(t, si, out);
        return;
    }
    describe_sent(t, si, out);
}

void freebsd_siginfo_fill(const struct guest_signal *sig, struct freebsd_siginfo *out)
{
    memset(out, 0, sizeof *out);
    out->signo = sig->signo;
    out->error = sig->error;
    out->code = sig->code;
    out->pid = sig->pid;
    out->uid = sig->uid;
    out->status = sig->status;
    out->address = sig->address;
    out->value = sig->value;
    if (sig->code == FREEBSD_SI_TIMER) {
        out->reason.timer.timerid = sig->timer_id;
        out->reason.timer.overrun = sig->overrun;
    } else if (sig->trapno != 0) {
        out->reason.trapno = sig->trapno;
    } else {
        out->reason.band = sig->band;
    }
}

/* sys/sys/wait.h: exit and stop codes lie where the host has them. */
int32_t freebsd_wait_status(int32_t host)
{
    if (host == HOST_WCONTINUED_STATUS) {
        return WCONTINUED_STATUS;
    }
    int32_t low = host & 0x7f;
    if (low == 0) {
        return host;
    }
    if (low == 0x7f) {
        int32_t signo = host >> 8 & 0xff;
        return (signo < FREEBSD_HOST_SIGNALS ? freebsd_signal_from_host[signo] : 0) << 8 | low;
    }
    /* A death by a signal without a FreeBSD number still is a death: the host's number is the best there is. */
    int32_t signo =
        low < FREEBSD_HOST_SIGNALS && freebsd_signal_from_host[low] != 0 ? freebsd_signal_from_host[low] : low;
    return (host & ~0x7f) | signo;
}

/* Of a child by pdfork(2) nobody hears; but the host keeps one SIGCHLD, which may have been for several children. */
void freebsd_signal_arrived(struct thread *t, const void *host_siginfo, const struct cpu_context *regs, uint64_t trapno,
                            uint64_t error_code, struct guest_signal *out)
{
    const siginfo_t *si = host_siginfo;
    siginfo_t other;
    bool ended = si->si_signo == SIGCHLD &&
                 (si->si_code == CLD_EXITED || si->si_code == CLD_KILLED || si->si_code == CLD_DUMPED);
    if (ended && freebsd_has_described(t) && freebsd_is_described(t, si->si_pid)) {
        freebsd_described_reap(t);
        if (!freebsd_child_to_tell(t, &other)) {
            out->signo = 0;
            return;
        }
        si = &other;
    }
    freebsd_signal_describe(t, si, regs, trapno, error_code, out);
}
