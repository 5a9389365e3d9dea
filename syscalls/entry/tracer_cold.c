/*
 * The tracer of ptrace mode: makes each call of the guest arrive in the engine as the SIGSYS of syscall user dispatch.
 *
 * A thread runs in one of two ways:
 *
 *   in the engine      PTRACE_SYSCALL: it stops at each call. Those from the engine's image pass; when one of them is
 *                      a sigreturn that enters the guest, the thread goes on in the other way.
 *   in the guest       PTRACE_SYSEMU: the next call stops and is not made. The thread gets rax back and a SIGSYS,
 *                      whose siginfo is completed when it is delivered.
 *
 * Which of the two a thread is in is a guess that a signal may upset; a call that stops in the wrong way is put right
 * by the address it comes from: redo_in_engine() and cancel().
 *
 * Until a thread has armed itself (TRACER_CALL_ARM), all its calls pass: new threads, fork children and images after
 * exec run engine code only until then. At exec of anything but this dragoman, the tracer lets go: host programs run
 * natively. Everything else about a tracee is as without a tracer: signals pass unchanged, stops are kept with
 * PTRACE_LISTEN so that job control works, and the kernel tells the real parent how it ended once we have seen it
 * (ptrace(2)).
 *
 * Calls on a tracee fail with ESRCH when it was killed meanwhile; its end is reported by wait, so that is ignored.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/image.h"
#include "process/handover.h"
#include "syscalls/entry/tracer.h"

#define TID_LIMIT 4194304 /* PID_MAX_LIMIT of 64-bit kernels, include/linux/threads.h */

#define CALL_SIZE              2 /* syscall and int $0x80 alike */
#define SYS_USER_DISPATCH_TRAP 2 /* si_code; <asm/siginfo.h> has no glibc twin */
#define I386_GETPID            20

#define STOP_SYSCALL (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* What is known of a thread, by its id. A thread not heard of yet is all zero. */
struct tracee {
    uint64_t rax; /* the number of a cancelled call */
    uint32_t flags;
};

enum {
    ARMED = 1,        /* calls from outside the engine are the guest's */
    EMULATING = 2,    /* last resumed by PTRACE_SYSEMU */
    CANCELLED = 4,    /* a guest's call was replaced by a harmless one; its end is awaited */
    TRAP_PENDING = 8, /* a SIGSYS was sent; its delivery is awaited */
    CALL_I386 = 16,   /* the cancelled call, or the one trapped, was by int $0x80 */
};

static struct tracee *tracees; /* TID_LIMIT of them; only the pages in use cost memory */

static void resume(pid_t tid, long how, int signo)
{
    struct tracee *t = &tracees[tid];
    t->flags = how == PTRACE_SYSEMU ? t->flags | EMULATING : t->flags & ~(uint32_t)EMULATING;
    ptrace((enum __ptrace_request)how, tid, 0, (void *)(long)signo);
}

/* The address after the call's instruction tells whose it is; intercept.c's filter has the same bounds. */
static bool from_engine(uint64_t rip)
{
    return rip >= ENGINE_BASE && rip <= ENGINE_CALLS_END;
}

/* A guest's call, stopped by SYSEMU: it will not be made. Registers as at the call, then SIGSYS. */
static void trap(pid_t tid, struct user_regs_struct *regs)
{
    regs->rax = regs->orig_rax;
    regs->orig_rax = ~0ULL; /* no call to restart */
    tracees[tid].flags |= TRAP_PENDING;
    ptrace(PTRACE_SETREGS, tid, 0, regs);
    resume(tid, PTRACE_CONT, SIGSYS);
}

/* An engine's call, stopped by SYSEMU: back to its instruction, which then runs the other way. */
static void redo_in_engine(pid_t tid, struct user_regs_struct *regs)
{
    regs->rax = regs->orig_rax;
    regs->orig_rax = ~0ULL;
    regs->rip -= CALL_SIZE;
    ptrace(PTRACE_SETREGS, tid, 0, regs);
    resume(tid, PTRACE_SYSCALL, 0);
}

/*
 * A guest's call that would be made: getpid takes its place, which no filter of a container refuses (-1, the usual
 * way to cancel, passes through such filters too, and some kill).
 */
static void cancel(pid_t tid, struct user_regs_struct *regs)
{
    tracees[tid].rax = regs->orig_rax;
    tracees[tid].flags |= CANCELLED;
    regs->orig_rax = (tracees[tid].flags & CALL_I386) != 0 ? I386_GETPID : SYS_getpid;
    ptrace(PTRACE_SETREGS, tid, 0, regs);
    resume(tid, PTRACE_SYSCALL, 0);
}

static void forget(pid_t tid)
{
    memset(&tracees[tid], 0, sizeof tracees[tid]);
}

/* The engine's words to us. */
static void obey(pid_t tid, struct user_regs_struct *regs)
{
    bool leave = regs->orig_rax == TRACER_CALL_LEAVE;
    regs->orig_rax = SYS_getpid; /* answers more than 0 */
    ptrace(PTRACE_SETREGS, tid, 0, regs);
    if (leave) {
        forget(tid);
        ptrace(PTRACE_DETACH, tid, 0, 0);
    } else {
        tracees[tid].flags |= ARMED;
        resume(tid, PTRACE_SYSCALL, 0);
    }
}

static bool is_word(const struct user_regs_struct *regs)
{
    return (regs->orig_rax == TRACER_CALL_ARM || regs->orig_rax == TRACER_CALL_LEAVE) && regs->rdi == TRACER_CALL_KEY;
}

static void call_entered(pid_t tid, uint32_t arch)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, tid, 0, &regs) != 0) {
        return;
    }
    struct tracee *t = &tracees[tid];
    t->flags = arch == AUDIT_ARCH_I386 ? t->flags | CALL_I386 : t->flags & ~(uint32_t)CALL_I386;
    uint32_t flags = t->flags;
    bool engine = from_engine(regs.rip);
    if ((flags & EMULATING) != 0) {
        engine ? redo_in_engine(tid, &regs) : trap(tid, &regs);
    } else if (engine && is_word(&regs)) {
        obey(tid, &regs);
    } else if (!engine && (flags & ARMED) != 0) {
        cancel(tid, &regs);
    } else {
        resume(tid, PTRACE_SYSCALL, 0);
    }
}

static void cancelled_call_done(pid_t tid)
{
    struct user_regs_struct regs;
    struct tracee *t = &tracees[tid];
    t->flags &= ~(uint32_t)CANCELLED;
    if (ptrace(PTRACE_GETREGS, tid, 0, &regs) != 0) {
        return;
    }
    regs.rax = t->rax;
    regs.orig_rax = ~0ULL;
    t->flags |= TRAP_PENDING;
    ptrace(PTRACE_SETREGS, tid, 0, &regs);
    resume(tid, PTRACE_CONT, SIGSYS);
}

/*
 * Whether a sigreturn leads into the guest: then its end needs no stop. At the call the stack pointer is at the
 * kernel's struct ucontext, and rip is in it (signals/entry.S and process/clone.S make these calls).
 */
static bool enters_guest(pid_t tid, const struct __ptrace_syscall_info *info)
{
    if (info->entry.nr != SYS_rt_sigreturn || (tracees[tid].flags & ARMED) == 0) {
        return false;
    }
    errno = 0;
    uint64_t at = info->stack_pointer + offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]);
    long rip = ptrace(PTRACE_PEEKDATA, tid, (void *)at, 0); // NOLINT(performance-no-int-to-ptr): as above
    return errno == 0 && !from_engine((uint64_t)rip);
}

static void engine_call_stopped(pid_t tid, const struct __ptrace_syscall_info *info)
{
    resume(tid, enters_guest(tid, info) ? PTRACE_SYSEMU : PTRACE_SYSCALL, 0);
}

static void call_stopped(pid_t tid)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info) < 0) {
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        bool pass = from_engine(info.instruction_pointer) && (tracees[tid].flags & EMULATING) == 0 &&
                    info.entry.args[0] != TRACER_CALL_KEY;
        pass ? engine_call_stopped(tid, &info) : call_entered(tid, info.arch);
    } else if ((tracees[tid].flags & CANCELLED) != 0) {
        cancelled_call_done(tid);
    } else {
        bool guest = (tracees[tid].flags & ARMED) != 0 && !from_engine(info.instruction_pointer);
        resume(tid, guest ? PTRACE_SYSEMU : PTRACE_SYSCALL, 0);
    }
}

/* The signal we sent arrives: now it gets the siginfo that user dispatch would have given (signal(7), sigaction(2)). */
static void complete_trap(pid_t tid)
{
    struct user_regs_struct regs;
    siginfo_t info;
    memset(&info, 0, sizeof info);
    tracees[tid].flags &= ~(uint32_t)TRAP_PENDING;
    if (ptrace(PTRACE_GETREGS, tid, 0, &regs) != 0) {
        return;
    }
    info.si_signo = SIGSYS;
    info.si_code = SYS_USER_DISPATCH_TRAP;
    info.si_call_addr = (void *)regs.rip; // NOLINT(performance-no-int-to-ptr): an address of another process
    info.si_syscall = (int)regs.rax;
    info.si_arch = (tracees[tid].flags & CALL_I386) != 0 ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
    ptrace(PTRACE_SETSIGINFO, tid, 0, &info);
}

static void signal_stopped(pid_t tid, int signo)
{
    if (signo == SIGSYS && (tracees[tid].flags & TRAP_PENDING) != 0) {
        complete_trap(tid);
    }
    /* A handler is the engine's code. Where there is none, the guest's next call goes through cancel(). */
    resume(tid, PTRACE_SYSCALL, signo);
}

/* Whether the program that `tid` executes is a dragoman that takes over from its earlier image. */
static bool hands_over(pid_t tid)
{
    static const char prefix[] = HANDOVER_VARIABLE "=";
    char path[64], start[sizeof prefix];
    struct stat ours, theirs;
    snprintf(path, sizeof path, "/proc/%d/exe", tid);
    if (stat("/proc/self/exe", &ours) != 0 || stat(path, &theirs) != 0 || ours.st_dev != theirs.st_dev ||
        ours.st_ino != theirs.st_ino) {
        return false;
    }
    snprintf(path, sizeof path, "/proc/%d/environ", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, start, sizeof prefix - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    return n == (ssize_t)sizeof prefix - 1 && memcmp(start, prefix, sizeof prefix - 1) == 0;
}

/* `tid` is the leader by now, whichever thread made the call; that one's id is gone without a notice. */
static void executed(pid_t tid)
{
    unsigned long former = 0;
    if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &former) == 0 && former > 0 && former < TID_LIMIT) {
        forget((pid_t)former);
    }
    forget(tid);
    if (hands_over(tid)) {
        resume(tid, PTRACE_SYSCALL, 0);
    } else {
        ptrace(PTRACE_DETACH, tid, 0, 0);
    }
}

static bool stops_the_group(int signo)
{
    return signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN || signo == SIGTTOU;
}

static void stopped(pid_t tid, int status)
{
    int signo = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) {
        executed(tid);
    } else if (event == PTRACE_EVENT_STOP && stops_the_group(signo)) {
        ptrace(PTRACE_LISTEN, tid, 0, 0); /* stays stopped, and tells us when SIGCONT ends that */
    } else if (event != 0) {
        resume(tid, PTRACE_SYSCALL, 0); /* a new thread's first stop, its maker's event, the end of a stop */
    } else if (signo == STOP_SYSCALL) {
        call_stopped(tid);
    } else {
        signal_stopped(tid, signo);
    }
}

static _Noreturn void serve(void)
{
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0 && errno != EINTR) {
            _exit(0); /* ECHILD: the last is gone */
        }
        if (tid <= 0 || tid >= TID_LIMIT) {
            continue;
        }
        if (WIFSTOPPED(status)) {
            stopped(tid, status);
        } else {
            forget(tid);
        }
    }
}

/* All but the engine's image and the stack. In a test's process, which is not laid out so, nothing. */
static void drop_guest_memory(void)
{
    const uintptr_t stack_below = 256 << 10;
    uintptr_t high = ((uintptr_t)__builtin_frame_address(0) - stack_below) & ~(uintptr_t)4095;
    if (from_engine((uintptr_t)tracer_main)) {
        munmap(NULL, ENGINE_BASE);
        munmap((void *)ENGINE_END, high - ENGINE_END); // NOLINT(performance-no-int-to-ptr): base/image.h
    }
}

/*
 * Nothing of the guest's is held: its descriptors (a pipe would never end), its directory, its terminal (^C), its
 * memory, which the kernel would otherwise copy page by page as the guest writes.
 */
static int let_go_of_guest(int report)
{
    setsid();
    if (dup2(report, 0) != 0 || chdir("/") != 0) {
        return -errno;
    }
    closefrom(1);
    drop_guest_memory();
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_NAME, "dragoman-tracer", 0, 0, 0);
    return 0;
}

/* Brings a thread that runs (it waits for our report) under PTRACE_SYSCALL. */
static int seize(pid_t pid)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int status;
    if (ptrace(PTRACE_SEIZE, pid, 0, (void *)options) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0) {
        return -errno;
    }
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
        return -ESRCH;
    }
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) < 0) {
        int error = errno == EIO ? ENOSYS : errno; /* EIO: a request that this kernel does not know */
        ptrace(PTRACE_DETACH, pid, 0, 0);
        return -error;
    }
    resume(pid, PTRACE_SYSCALL, 0);
    return 0;
}

_Noreturn void tracer_main(int32_t pid, int report)
{
    int r = let_go_of_guest(report);
    report = r == 0 ? 0 : report;
    if (r == 0) {
        tracees = mmap(NULL, TID_LIMIT * sizeof *tracees, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        r = tracees == MAP_FAILED ? -errno : seize(pid);
    }
    int error = -r;
    ssize_t n = write(report, &error, sizeof error);
    if (r != 0 || n != (ssize_t)sizeof error) {
        _exit(1); /* EXITKILL: a guest that never heard of us does not go on */
    }
    close(report);
    serve();
}
