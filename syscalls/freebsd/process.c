/* FreeBSD's processes: fork, rfork, exit, wait (fork(2), rfork(2), wait(2); sys/kern/kern_fork.c, kern_exit.c). */
#include "process/process.h"

#include <linux/resource.h>

#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/report.h"
#include "signals/signals.h"
#include "syscalls/entry/gate.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"

/* sys/sys/unistd.h */
#define FREEBSD_RFFDG    0x4u
#define FREEBSD_RFPROC   0x10u
#define FREEBSD_RFMEM    0x20u
#define FREEBSD_RFNOWAIT 0x40u
#define FREEBSD_RFCFDG   0x1000u
#define FREEBSD_RFTHREAD 0x2000u
#define FREEBSD_RFSPAWN  0x80000000u
#define FREEBSD_RFFLAGS                                                                                                \
    (FREEBSD_RFFDG | FREEBSD_RFPROC | FREEBSD_RFMEM | FREEBSD_RFNOWAIT | FREEBSD_RFCFDG | FREEBSD_RFTHREAD |           \
     0x4000u /* RFSIGSHARE */ | 0x10000u /* RFLINUXTHPN */ | 0x80000u /* RFTSIGZMB */ | 0xff00000u)

/* The second result register tells parent (0) from child (1): sys/amd64/amd64/vm_machdep.c, cpu_fork(). */
static int64_t fork_result(struct thread *t, int64_t pid)
{
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = pid == 0;
    return pid;
}

/* The child's copies of libc and of this personality's state must be whole: nobody may be at them at that moment. */
int64_t freebsd_fork_whole(struct thread *t)
{
    struct freebsd_process *fp = freebsd_process(t);
    if (fp == NULL) {
        return -ENOMEM;
    }
    lock_acquire(&fp->lock);
    gate_hold_for_fork(t);
    int64_t pid = process_fork(t);
    gate_release_after_fork(t);
    lock_release(&fp->lock);
    return pid;
}

int64_t freebsd_fork(struct thread *t)
{
    return fork_result(t, freebsd_fork_whole(t));
}

static int64_t vfork_with(struct thread *t, bool drop_caught)
{
    fork_result(t, 0); /* what the child starts with */
    int64_t pid = process_vfork(t, drop_caught);
    if (!is_error(pid)) {
        gate_after_vfork(t, (int32_t)pid);
    }
    return fork_result(t, pid);
}

int64_t freebsd_vfork(struct thread *t)
{
    return vfork_with(t, false);
}

int64_t freebsd_rfork(struct thread *t, int flags)
{
    uint32_t f = (uint32_t)flags;
    if (f == FREEBSD_RFSPAWN) {
        return vfork_with(t, true);
    }
    if ((f & ~FREEBSD_RFFLAGS) != 0 || (f & FREEBSD_RFSPAWN) != 0 ||
        (f & (FREEBSD_RFFDG | FREEBSD_RFCFDG)) == (FREEBSD_RFFDG | FREEBSD_RFCFDG)) {
        return -EINVAL;
    }
    if (f == (FREEBSD_RFPROC | FREEBSD_RFFDG)) {
        return freebsd_fork(t);
    }
    report_unsupported(t, "rfork", (int)t->call_number, "flags other than RFPROC|RFFDG and RFSPAWN");
    return -ENOSYS;
}

int64_t freebsd_exit(struct thread *t, int status)
{
    process_exit(t, status);
}

/* sys/sys/wait.h against linux/wait.h */
static const struct {
    uint32_t guest, host;
} wait_options[] = {
    {1, 1},          /* WNOHANG */
    {2, 2},          /* WUNTRACED, WSTOPPED */
    {4, 8},          /* WCONTINUED */
    {8, 0x01000000}, /* WNOWAIT */
    {16, 4},         /* WEXITED */
    {32, 0},         /* WTRAPPED: only a tracer's children trap */
};
#define FREEBSD_WEXITED     16u
#define FREEBSD_WAIT_EVENTS (2u | 4u | 16u | 32u)
#define FREEBSD_WLINUXCLONE 0x80000000u

static int64_t host_wait_options(uint32_t guest)
{
    uint32_t host = 0, left = guest & ~FREEBSD_WLINUXCLONE;
    for (unsigned i = 0; i < sizeof wait_options / sizeof wait_options[0]; i++) {
        if (left & wait_options[i].guest) {
            host |= wait_options[i].host;
            left &= ~wait_options[i].guest;
        }
    }
    return left != 0 || (guest & FREEBSD_WAIT_EVENTS) == 0 ? -EINVAL : (int64_t)host;
}

/* The wait status that a host siginfo of SIGCHLD stands for, in the host's numbers. */
static int32_t status_of(const siginfo_t *si)
{
    switch (si->si_code) {
    case CLD_EXITED:
        return (si->si_status & 0xff) << 8;
    case CLD_KILLED:
        return si->si_status;
    case CLD_DUMPED:
        return si->si_status | 0x80;
    case CLD_CONTINUED:
        return 0xffff;
    default:
        return si->si_status << 8 | 0x7f;
    }
}

enum host_idtype { HOST_P_ALL, HOST_P_PID, HOST_P_PGID };

struct waited {
    siginfo_t info;
    struct rusage usage; /* the layout is the same in both systems */
};

/* Waits; returns the pid, 0 when WNOHANG finds nothing, or -errno. */
static int64_t wait_for(struct thread *t, enum host_idtype type, int64_t id, uint32_t options, struct waited *w)
{
    int64_t host = host_wait_options(options);
    if (is_error(host)) {
        return host;
    }
    memset(w, 0, sizeof *w);
    int64_t r =
        host_call_intr(t, __NR_waitid, type, (uint64_t)id, (uint64_t)&w->info, (uint64_t)host, (uint64_t)&w->usage, 0);
    return is_error(r) ? restartable(r) : w->info.si_pid;
}

int64_t freebsd_wait4(struct thread *t, int pid, guest_ptr status, int options, guest_ptr rusage)
{
    struct waited w;
    enum host_idtype type = pid == -1 ? HOST_P_ALL : pid > 0 ? HOST_P_PID : HOST_P_PGID;
    int64_t id = pid > 0 ? pid : pid == 0 ? host_call1(__NR_getpgid, 0) : -(int64_t)pid;
    int64_t r = wait_for(t, type, id, (uint32_t)options | FREEBSD_WEXITED, &w);
    if (r <= 0) {
        return r;
    }
    int32_t guest_status = freebsd_wait_status(status_of(&w.info));
    if (!guest_is_null(status) && COPYOUT(status, &guest_status) != 0) {
        return -EFAULT;
    }
    return !guest_is_null(rusage) && COPYOUT(rusage, &w.usage) != 0 ? -EFAULT : r;
}

/* sys/sys/wait.h: idtype_t */
enum { FREEBSD_P_PID = 0, FREEBSD_P_PGID = 2, FREEBSD_P_ALL = 7, FREEBSD_P_LAST = 14 };

static int wait6_target(struct thread *t, int idtype, int64_t *id, enum host_idtype *type)
{
    switch (idtype) {
    case FREEBSD_P_PID:
        *type = HOST_P_PID;
        return 0;
    case FREEBSD_P_PGID:
        *type = HOST_P_PGID;
        *id = *id == 0 ? host_call1(__NR_getpgid, 0) : *id;
        return 0;
    case FREEBSD_P_ALL:
        *type = HOST_P_ALL;
        return 0;
    default:
        if (idtype > 0 && idtype <= FREEBSD_P_LAST) {
            report_unsupported(t, "wait6", (int)t->call_number, "idtype other than P_PID, P_PGID and P_ALL");
        }
        return -EINVAL;
    }
}

static int wait6_results(struct thread *t, const struct waited *w, guest_ptr status, guest_ptr wrusage, guest_ptr info)
{
    int32_t guest_status = freebsd_wait_status(status_of(&w->info));
    if (!guest_is_null(status) && COPYOUT(status, &guest_status) != 0) {
        return -EFAULT;
    }
    /* struct __wrusage: the child's own, then its children's. The host adds both up: they are all in the first. */
    if (!guest_is_null(wrusage) &&
        (COPYOUT(wrusage, &w->usage) != 0 || guest_zero(guest_at(wrusage, sizeof w->usage), sizeof w->usage) != 0)) {
        return -EFAULT;
    }
    if (guest_is_null(info)) {
        return 0;
    }
    struct guest_signal sig;
    struct freebsd_siginfo out;
    memset(&sig, 0, sizeof sig);
    freebsd_signal_describe(t, &w->info, NULL, 0, 0, &sig);
    freebsd_siginfo_fill(&sig, &out);
    return COPYOUT(info, &out);
}

int64_t freebsd_wait6(struct thread *t, int idtype, long id, guest_ptr status, int options, guest_ptr wrusage,
                      guest_ptr info)
{
    struct waited w;
    enum host_idtype type;
    int64_t host_id = id;
    int64_t r = wait6_target(t, idtype, &host_id, &type);
    if (r == 0) {
        r = wait_for(t, type, host_id, (uint32_t)options, &w);
    }
    if (r <= 0) {
        if (r == 0 && !guest_is_null(info)) {
            return guest_zero(info, sizeof(struct freebsd_siginfo));
        }
        return r;
    }
    int done = wait6_results(t, &w, status, wrusage, info);
    return done != 0 ? done : r;
}
