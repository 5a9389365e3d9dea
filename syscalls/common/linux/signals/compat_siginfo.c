/* See compat_siginfo.h. */
#include "syscalls/common/linux/signals/compat_siginfo.h"

#include "base/host_signal.h"
#include "base/mem.h"

/* include/linux/signal.h: enum siginfo_layout */
enum layout { KILL, TIMER, POLL, FAULT, FAULT_MCEERR, FAULT_BNDERR, FAULT_PKUERR, PERF_EVENT, CHILD, RT, CALL };

/* The host's codes of its own, by signal: how many there are. kernel/signal.c, sig_sicodes[]. */
static const struct {
    uint8_t limit, layout;
} own_codes[] = {
    [SIGILL] = {NSIGILL, FAULT}, [SIGFPE] = {NSIGFPE, FAULT},   [SIGSEGV] = {NSIGSEGV, FAULT},
    [SIGBUS] = {NSIGBUS, FAULT}, [SIGTRAP] = {NSIGTRAP, FAULT}, [SIGCHLD] = {NSIGCHLD, CHILD},
    [SIGIO] = {NSIGPOLL, POLL},  [SIGSYS] = {NSIGSYS, CALL},
};

static enum layout layout_of_fault(int signo, int code)
{
    if (signo == SIGBUS && (code == BUS_MCEERR_AR || code == BUS_MCEERR_AO)) {
        return FAULT_MCEERR;
    }
    if (signo == SIGSEGV && code == SEGV_BNDERR) {
        return FAULT_BNDERR;
    }
    if (signo == SIGSEGV && code == SEGV_PKUERR) {
        return FAULT_PKUERR;
    }
    return signo == SIGTRAP && code == TRAP_PERF ? PERF_EVENT : FAULT;
}

/* siginfo_layout() */
static enum layout layout_of(int signo, int code)
{
    const int count = sizeof own_codes / sizeof own_codes[0];
    if (code > SI_USER && code < SI_KERNEL) {
        if (signo >= 0 && signo < count && code <= own_codes[signo].limit) {
            return own_codes[signo].layout == FAULT ? layout_of_fault(signo, code)
                                                    : (enum layout)own_codes[signo].layout;
        }
        return code <= NSIGPOLL ? POLL : KILL;
    }
    if (code == SI_TIMER) {
        return TIMER;
    }
    if (code == SI_SIGIO) {
        return POLL;
    }
    return code < 0 ? RT : KILL;
}

static void fault_from_host(const siginfo_t *h, enum layout layout, struct linux_compat_siginfo *out)
{
    out->fault.address = (uint32_t)(uint64_t)h->si_addr;
    switch (layout) {
    case FAULT_MCEERR:
        out->fault.lsb = (uint16_t)h->si_addr_lsb;
        break;
    case FAULT_BNDERR:
        out->fault.lower = (uint32_t)(uint64_t)h->si_lower;
        out->fault.upper = (uint32_t)(uint64_t)h->si_upper;
        break;
    case FAULT_PKUERR:
        out->fault.key = h->si_pkey;
        break;
    case PERF_EVENT:
        out->fault.perf.data = (uint32_t)h->si_perf_data;
        out->fault.perf.type = h->si_perf_type;
        out->fault.perf.flags = h->si_perf_flags;
        break;
    default:
        break;
    }
}

static void child_from_host(const siginfo_t *h, bool x32, struct linux_compat_siginfo *out)
{
    out->child.pid = h->si_pid;
    out->child.uid = h->si_uid;
    out->child.status = h->si_status;
    if (x32) {
        out->child_x32.utime = (uint64_t)h->si_utime;
        out->child_x32.stime = (uint64_t)h->si_stime;
    } else {
        out->child.utime = (uint32_t)h->si_utime;
        out->child.stime = (uint32_t)h->si_stime;
    }
}

void linux_compat_siginfo_from_host(const void *host_siginfo, bool x32, struct linux_compat_siginfo *out)
{
    const siginfo_t *h = host_siginfo;
    enum layout layout = layout_of(h->si_signo, h->si_code);
    memset(out, 0, sizeof *out);
    out->signo = h->si_signo;
    out->error = h->si_errno;
    out->code = h->si_code;
    switch (layout) {
    case CHILD:
        child_from_host(h, x32, out);
        break;
    case TIMER:
        out->timer.timer = h->si_tid;
        out->timer.overrun = h->si_overrun;
        out->timer.value = (uint32_t)h->si_int;
        break;
    case POLL:
        out->poll.band = (int32_t)h->si_band;
        out->poll.fd = h->si_fd;
        break;
    case CALL:
        out->call.address = (uint32_t)(uint64_t)h->si_call_addr;
        out->call.number = h->si_syscall;
        out->call.arch = h->si_arch;
        break;
    case RT:
        out->rt.value = (uint32_t)h->si_int;
        __attribute__((fallthrough));
    case KILL:
        out->rt.pid = h->si_pid;
        out->rt.uid = h->si_uid;
        break;
    default:
        fault_from_host(h, layout, out);
        break;
    }
}

static void fault_to_host(const struct linux_compat_siginfo *in, enum layout layout, siginfo_t *h)
{
    h->si_addr = (void *)(uint64_t)in->fault.address;
    switch (layout) {
    case FAULT_MCEERR:
        h->si_addr_lsb = (int16_t)in->fault.lsb;
        break;
    case FAULT_BNDERR:
        h->si_lower = (void *)(uint64_t)in->fault.lower;
        h->si_upper = (void *)(uint64_t)in->fault.upper;
        break;
    case FAULT_PKUERR:
        h->si_pkey = in->fault.key;
        break;
    case PERF_EVENT:
        h->si_perf_data = in->fault.perf.data;
        h->si_perf_type = in->fault.perf.type;
        h->si_perf_flags = in->fault.perf.flags;
        break;
    default:
        break;
    }
}

static void child_to_host(const struct linux_compat_siginfo *in, bool x32, siginfo_t *h)
{
    h->si_pid = in->child.pid;
    h->si_uid = in->child.uid;
    h->si_status = in->child.status;
    h->si_utime = x32 ? (int64_t)in->child_x32.utime : (int32_t)in->child.utime;
    h->si_stime = x32 ? (int64_t)in->child_x32.stime : (int32_t)in->child.stime;
}

void linux_compat_siginfo_to_host(const struct linux_compat_siginfo *in, bool x32, void *host_siginfo)
{
    siginfo_t *h = host_siginfo;
    enum layout layout = layout_of(in->signo, in->code);
    memset(h, 0, sizeof *h);
    h->si_signo = in->signo;
    h->si_errno = in->error;
    h->si_code = in->code;
    switch (layout) {
    case CHILD:
        child_to_host(in, x32, h);
        break;
    case TIMER:
        h->si_tid = in->timer.timer;
        h->si_overrun = in->timer.overrun;
        h->si_int = (int32_t)in->timer.value;
        break;
    case POLL:
        h->si_band = in->poll.band;
        h->si_fd = in->poll.fd;
        break;
    case CALL:
        h->si_call_addr = (void *)(uint64_t)in->call.address;
        h->si_syscall = in->call.number;
        h->si_arch = in->call.arch;
        break;
    case RT:
        h->si_int = (int32_t)in->rt.value;
        __attribute__((fallthrough));
    case KILL:
        h->si_pid = in->rt.pid;
        h->si_uid = in->rt.uid;
        break;
    default:
        fault_to_host(in, layout, h);
        break;
    }
}
