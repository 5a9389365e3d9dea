/* FreeBSD's processes: fork, rfork, exit (fork(2), rfork(2), abort2(2); sys/kern/kern_fork.c, kern_exit.c). */
#include "process/process.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/remark.h"
#include "process/report.h"
#include "signals/signals.h"
#include "syscalls/entry/gate.h"
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
