/*
 * Probes for the ways of interception. Each is tried as the engine would use it, not looked up by kernel version: a
 * container's filter may refuse what the kernel has.
 */
#include "cli/host_intercept.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/settings.h"
#include "syscalls/entry/tracer.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif

int probe_in_child(int (*attempt)(void))
{
    int fds[2];
    int error = 0;
    if (pipe(fds) != 0) {
        return errno;
    }
    pid_t child = fork();
    if (child < 0) {
        error = errno;
        close(fds[0]);
        close(fds[1]);
        return error;
    }
    if (child == 0) {
        close(fds[0]);
        error = attempt();
        ssize_t written = write(fds[1], &error, sizeof error);
        _exit(written == (ssize_t)sizeof error ? 0 : 1);
    }
    close(fds[1]);
    ssize_t n = read(fds[0], &error, sizeof error);
    close(fds[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return n == (ssize_t)sizeof error ? error : EIO; /* EIO: the attempt killed the child */
}

/* The whole address space is allowed, so that the child can go on. */
static int try_sud(void)
{
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 1, ~0ul - 2, 0) != 0) {
        return errno;
    }
    return 0;
}

static int try_seccomp(void)
{
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = 1, .filter = allow};
    unsigned action = SECCOMP_RET_TRAP;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        return errno;
    }
    return 0;
}

static int try_ptrace(void)
{
    pid_t child = fork();
    if (child < 0) {
        return errno;
    }
    if (child == 0) {
        int error = ptrace(PTRACE_TRACEME, 0, 0, 0) != 0 ? errno : 0;
        if (error == 0) {
            raise(SIGSTOP);
        }
        _exit(error);
    }
    int status = 0;
    if (waitpid(child, &status, WUNTRACED) != child) {
        return errno;
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EIO;
    }
    int error = ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD) != 0 ? errno : 0;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return error;
}

/* The engine's own tracer: Yama may allow to trace a child and forbid a tracer from the side. */
static int try_tracer(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return -tracer_start();
}

/* How sites are rewritten: by a write to memory that is not writable. */
static int try_self_mem(void)
{
    static const char page[4096] = "x";
    int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = pwrite(fd, page, 1, (off_t)(uintptr_t)page) == 1 ? 0 : errno;
    close(fd);
    return error;
}

static void judge(struct probe_result *r, int error, const char *good, const char *without)
{
    if (error == 0) {
        r->state = PROBE_GOOD;
        snprintf(r->found, sizeof r->found, "%s", good);
        return;
    }
    r->state = PROBE_NOTE;
    snprintf(r->found, sizeof r->found, "%s", strerror(error));
    snprintf(r->step, sizeof r->step, "%s", without);
}

void look_sud(struct probe_result *r)
{
    judge(r, probe_in_child(try_sud), "can be had",
          "a kernel of 5.11 or later has it (CONFIG_GENERIC_ENTRY); in a container, allow "
          "prctl(PR_SET_SYSCALL_USER_DISPATCH); until then seccomp takes its place");
}

void look_seccomp(struct probe_result *r)
{
    judge(r, probe_in_child(try_seccomp), "filters that trap can be had",
          "a kernel with CONFIG_SECCOMP_FILTER has it; it is needed only where user dispatch is missing");
}

void look_ptrace(struct probe_result *r)
{
    judge(r, probe_in_child(try_ptrace), "a child can be traced",
          "allow ptrace (kernel.yama.ptrace_scope below 3; in a container --cap-add SYS_PTRACE): fault reports and "
          "--intercept ptrace need it");
}

void look_self_mem(struct probe_result *r)
{
    judge(r, try_self_mem(), "can be written",
          "mount /proc, and boot without proc_mem.force_override=never: until then call sites are not rewritten, and "
          "every call traps");
}

void probe_intercept(struct intercept_ways *ways)
{
    ways->sud = probe_in_child(try_sud) == 0;
    ways->seccomp = probe_in_child(try_seccomp) == 0;
    ways->ptrace = probe_in_child(try_tracer) == 0;
    ways->rewrite = (ways->sud || ways->seccomp) && try_self_mem() == 0;
}

int intercept_choice(const struct intercept_ways *ways)
{
    if (ways->rewrite) {
        return INTERCEPT_REWRITE;
    }
    if (ways->sud) {
        return INTERCEPT_SUD;
    }
    if (ways->seccomp) {
        return INTERCEPT_SECCOMP;
    }
    return ways->ptrace ? INTERCEPT_PTRACE : INTERCEPT_AUTO;
}
