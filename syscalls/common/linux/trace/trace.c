#include "syscalls/common/linux/trace/trace.h"

#include <stddef.h>

#include "base/thread.h"

static const struct trace_table *const tables[] = {NULL};
static const struct trace_struct *const structs[] = {NULL};
static const struct trace_special specials[] = {{.call = NULL}};
static const char *const leaving[] = {"execve", "execveat", NULL};

static const char *const signals[] = {
    [1] = "SIGHUP",     [2] = "SIGINT",   [3] = "SIGQUIT",   [4] = "SIGILL",   [5] = "SIGTRAP",  [6] = "SIGABRT",
    [7] = "SIGBUS",     [8] = "SIGFPE",   [9] = "SIGKILL",   [10] = "SIGUSR1", [11] = "SIGSEGV", [12] = "SIGUSR2",
    [13] = "SIGPIPE",   [14] = "SIGALRM", [15] = "SIGTERM",  [17] = "SIGCHLD", [18] = "SIGCONT", [19] = "SIGSTOP",
    [20] = "SIGTSTP",   [21] = "SIGTTIN", [22] = "SIGTTOU",  [23] = "SIGURG",  [24] = "SIGXCPU", [25] = "SIGXFSZ",
    [26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH", [29] = "SIGIO",   [30] = "SIGPWR",  [31] = "SIGSYS",
};

static const char *const process_calls[] = {"clone", "clone3",     "fork",  "vfork",  "execve", "execveat",
                                            "exit",  "exit_group", "wait4", "waitid", NULL};
static const char *const signal_calls[] = {"rt_sigaction",
                                           "rt_sigprocmask",
                                           "rt_sigreturn",
                                           "rt_sigpending",
                                           "rt_sigtimedwait",
                                           "rt_sigsuspend",
                                           "sigaltstack",
                                           "kill",
                                           "tkill",
                                           "tgkill",
                                           "rt_sigqueueinfo",
                                           "rt_tgsigqueueinfo",
                                           "signalfd",
                                           "signalfd4",
                                           "pause",
                                           "pidfd_send_signal",
                                           NULL};
static const char *const memory_calls[] = {"mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "brk", NULL};
static const char *const network_calls[] = {"socket",     "socketpair", "bind",        "connect",     "listen",
                                            "accept",     "accept4",    "getsockname", "getpeername", "sendto",
                                            "recvfrom",   "sendmsg",    "recvmsg",     "sendmmsg",    "recvmmsg",
                                            "setsockopt", "getsockopt", "shutdown",    NULL};
static const struct trace_class classes[] = {{"process", process_calls},
                                             {"signal", signal_calls},
                                             {"memory", memory_calls},
                                             {"network", network_calls},
                                             {NULL, NULL}};

static int64_t thread_id(const struct thread *t)
{
    return t->tid;
}

const struct trace_names linux_trace_names = {
    .tables = tables,
    .structs = structs,
    .specials = specials,
    .errnos = linux_trace_errnos,
    .errno_count = LINUX_TRACE_ERRNOS,
    .signals = signals,
    .signal_count = sizeof signals / sizeof signals[0],
    .at_fdcwd = -100,
    .leaving = leaving,
    .classes = classes,
    .thread_id = thread_id,
};
