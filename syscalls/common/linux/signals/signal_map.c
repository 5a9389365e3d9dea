/* What the host tells of a signal, for guests whose signals these are. Sources: signal(7), kernel/signal.c. */
#include "syscalls/common/linux/signals/signal_map.h"

#include "base/mem.h"
#include "base/personality.h"
#include "base/thread.h"
#include "process/report.h"
#include "syscalls/common/linux/time/timers.h"

#define TRAP_PAGE 14 /* Intel SDM 3, 6.15 */

/* clang-format off */
#define TO_32(X)                                                                                                       \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20)     \
    X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define FROM_34(X)                                                                                                     \
    X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) X(48) X(49) X(50) X(51) X(52)  \
    X(53) X(54) X(55) X(56) X(57) X(58) X(59) X(60) X(61) X(62) X(63) X(64)
/* clang-format on */
#define SAME(n) [n] = (n),

const uint8_t linux_signal_to_host[LINUX_SIGNALS + 1] = {TO_32(SAME) FROM_34(SAME)};
const uint8_t linux_signal_from_host[LINUX_SIGNALS + 1] = {TO_32(SAME) FROM_34(SAME)};

uint8_t linux_signal_default(int signo)
{
    switch (signo) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
        return SIGNAL_ACT_IGNORE;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return SIGNAL_ACT_STOP;
    case SIGCONT:
        return SIGNAL_ACT_CONTINUE;
    default:
        return SIGNAL_ACT_TERMINATE;
    }
}

bool linux_signal_refused(struct thread *t, int signo, const char *call)
{
    if (linux_signal_carried(signo)) {
        report_unsupported(t, call, (int)t->call_number, "signals 32 and 33");
        return true;
    }
    return false;
}

/*
 * Every frame tells of the last fault of its thread that was a signal, whatever signal it is for (thread.trap_nr, error_code
 * and cr2, arch/x86/kernel/traps.c and mm/fault.c). The host's frames tell of the engine's own faults as well.
 */
static void remember_fault(struct thread *t, const siginfo_t *si, uint64_t trapno, uint64_t error_code)
{
    t->last_fault.trapno = trapno;
    t->last_fault.error = error_code;
    if (trapno == TRAP_PAGE) {
        t->last_fault.address = (uint64_t)si->si_addr;
    }
}

static bool is_fault(const siginfo_t *si)
{
    uint64_t faults = 1ULL << SIGSEGV | 1ULL << SIGBUS | 1ULL << SIGFPE | 1ULL << SIGILL | 1ULL << SIGTRAP;
    return si->si_code > 0 && (faults >> si->si_signo & 1) != 0;
}

void linux_signal_describe(struct thread *t, const void *host_siginfo, const struct cpu_context *regs, uint64_t trapno,
                           uint64_t error_code, struct guest_signal *out)
{
    const siginfo_t *si = host_siginfo;
    memset(out, 0, sizeof *out);
    out->signo = si->si_signo;
    if (linux_signal_carried(si->si_signo)) {
        out->signo = si->si_code == SI_TIMER ? linux_timer_signal(t, si->si_tid) : 0;
    }
    out->code = si->si_code;
    memcpy(out->host, si, sizeof out->host);
    if (regs != NULL) { /* for the report of a fault, and for frames */
        out->address = (uint64_t)si->si_addr;
        out->trapno = (int32_t)trapno;
        out->error_code = error_code;
        if (is_fault(si)) {
            remember_fault(t, si, trapno, error_code);
        }
    }
}

void linux_siginfo(const struct guest_signal *sig, siginfo_t *out)
{
    memset(out, 0, sizeof *out);
    if ((uint32_t)sig->host[0] != 0) {
        memcpy(out, sig->host, sizeof sig->host);
        out->si_signo = sig->signo;
        return;
    }
    out->si_signo = sig->signo;
    out->si_code = sig->code;
    if (sig->code > 0) {
        return; /* the engine's own, of the kernel: it says no more */
    }
    out->si_pid = sig->pid;
    out->si_uid = sig->uid;
    out->si_ptr = (void *)sig->value;
}
