/* FreeBSD's processes: fork, rfork, exit (fork(2), rfork(2), abort2(2); sys/kern/kern_fork.c, kern_exit.c). */
#include "process/process.h"

#include "base/format.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/remark.h"
#include "process/report.h"
#include "signals/signals.h"
#include "syscalls/common/aio.h"
#include "syscalls/entry/gate.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"

/* sys/sys/unistd.h. The kernel's own RFSTOPPED, RFHIGHPID and RFPROCDESC are no flags for programs. */
enum {
    RFFDG = 0x4,
    RFPROC = 0x10,
    RFMEM = 0x20,
    RFNOWAIT = 0x40,
    RFCFDG = 0x1000,
    RFTHREAD = 0x2000,
    RFSIGSHARE = 0x4000,
    RFLINUXTHPN = 0x10000,
    RFTSIGZMB = 0x80000,
    RFTSIG_SHIFT = 20,
    RFTSIG_MASK = 0xff00000,
    RFFLAGS =
        RFFDG | RFPROC | RFMEM | RFNOWAIT | RFCFDG | RFTHREAD | RFSIGSHARE | RFLINUXTHPN | RFTSIGZMB | RFTSIG_MASK,
};
#define RFSPAWN 0x80000000u

/* The second result register tells parent (0) from child (1): sys/amd64/amd64/vm_machdep.c, cpu_fork(). */
static int64_t fork_result(struct thread *t, int64_t pid)
{
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = pid == 0;
    return pid;
}

/* The child's copies of libc and of this personality's state must be whole: nobody may be at them at that moment. */
int64_t freebsd_fork_whole(struct thread *t, const struct fork_how *how, int32_t *described)
{
    struct freebsd_process *fp = freebsd_process(t);
    if (fp == NULL) {
        return -ENOMEM;
    }
    lock_acquire(&fp->lock);
    lock_acquire(&fp->described_lock);
    struct aio_state *aio = aio_hold_for_fork(t);
    gate_hold_for_fork(t);
    int64_t pid = process_fork(t, how);
    gate_release_after_fork(t);
    aio_release_after_fork(t, aio, pid == 0);
    if (pid > 0 && described != NULL) {
        *described = (int32_t)pid;
    }
    lock_release(&fp->described_lock);
    lock_release(&fp->lock);
    if (pid == 0) {
        freebsd_described_forget(t);
    }
    return pid;
}

int64_t freebsd_fork(struct thread *t)
{
    return fork_result(t, freebsd_fork_whole(t, &(struct fork_how){.exit_signal = SIGCHLD}, NULL));
}

static int64_t vfork_with(struct thread *t, bool drop_caught)
{
    fork_result(t, 0); /* what the child starts with */
    return fork_result(t, process_vfork(t, &(struct vfork_how){.drop_caught = drop_caught}));
}

int64_t freebsd_vfork(struct thread *t)
{
    return vfork_with(t, false);
}

/* What rfork() finds wrong with its flags: sys_rfork() and fork1(). */
static bool flags_ok(uint32_t f)
{
    uint32_t signo = (f & RFTSIG_MASK) >> RFTSIG_SHIFT;
    return (f & ~(uint32_t)RFFLAGS) == 0 && (signo == 0 || (f & RFTSIGZMB) != 0) &&
           (f & (RFFDG | RFCFDG)) != (RFFDG | RFCFDG) && ((f & RFTSIGZMB) == 0 || signo <= FREEBSD_SIG_MAXSIG);
}

/* What the parent hears at the child's end, in the host's numbers; -1: what the host cannot tell. */
static int exit_signal(uint32_t f)
{
    enum { SIGUSR1_GUEST = 30 };
    uint32_t signo = (f & RFTSIG_MASK) >> RFTSIG_SHIFT;
    if ((f & RFLINUXTHPN) != 0) {
        signo = SIGUSR1_GUEST;
    } else if ((f & RFTSIGZMB) == 0) {
        return SIGCHLD;
    }
    int host = signo == 0 ? 0 : freebsd_signal_to_host[signo];
    return signo != 0 && host == 0 ? -1 : host;
}

/* Without RFPROC the process itself changes: its descriptors, which nobody shares with it, stay or go. */
static int64_t change_self(struct thread *t, uint32_t f)
{
    if ((f & RFCFDG) != 0) {
        freebsd12_closefrom(t, 0);
    }
    t->call_flags |= CALL_RESULT2;
    t->call_result2 = 0;
    return 0;
}

int64_t freebsd_rfork(struct thread *t, int flags)
{
    uint32_t f = (uint32_t)flags;
    if (f == RFSPAWN) {
        return vfork_with(t, true);
    }
    if (!flags_ok(f)) {
        return -EINVAL;
    }
    if ((f & RFPROC) == 0) {
        return change_self(t, f);
    }
    struct fork_how how = {.exit_signal = exit_signal(f), .orphan = (f & RFNOWAIT) != 0};
    if ((f & (RFMEM | RFTHREAD | RFSIGSHARE)) != 0 || (f & (RFFDG | RFCFDG)) == 0 || how.exit_signal < 0) {
        report_unsupported(t, "rfork", (int)t->call_number, "a child that shares memory, descriptors or handlers");
        return -ENOSYS;
    }
    int64_t pid = freebsd_fork_whole(t, &how, NULL);
    if (pid == 0 && (f & RFCFDG) != 0) {
        freebsd12_closefrom(t, 0);
    }
    return fork_result(t, pid);
}

int64_t freebsd_exit(struct thread *t, int status)
{
    process_exit(t, status);
}

/*
 * abort2(2): ends the process with SIGABRT, past any handler, and with SIGKILL where its own arguments are at fault.
 * FreeBSD's kernel logs reason and arguments; here they go where remarks do.
 */
int64_t freebsd_abort2(struct thread *t, guest_ptr why, int32_t nargs, guest_ptr args)
{
    enum { ARGUMENTS_MAX = 16, REASON_MAX = 128, SIGABRT_GUEST = 6, SIGKILL_GUEST = 9 };
    char reason[REASON_MAX] = "(null)", line[1024];
    uint64_t values[ARGUMENTS_MAX];
    struct text x = TEXT_ON(line);
    int signo = SIGABRT_GUEST;
    bool bad = nargs < 0 || nargs > ARGUMENTS_MAX || (nargs > 0 && guest_is_null(args));
    if (bad || copyin(values, args, (size_t)nargs * sizeof values[0]) != 0 ||
        (!guest_is_null(why) && copyin_str(reason, why, sizeof reason) == -EFAULT)) {
        signo = SIGKILL_GUEST;
        nargs = 0;
        hot_strlcpy(reason, "(Reason text inaccessible)", sizeof reason);
    }
    reason[REASON_MAX - 1] = '\0';
    text_format(&x, "dragoman: pid %d (%s) aborted: %s", t->proc->pid, t->proc->command, reason);
    for (int32_t i = 0; i < nargs; i++) {
        text_format(&x, "%s%x", i == 0 ? " " : ", ", (unsigned)values[i]);
    }
    text_char(&x, '\n');
    if (remark_allowed(&t->proc->settings)) {
        text_write(&x, 2);
    }
    signal_die(t, signo);
}
