#include "syscalls/common/linux/trace/trace.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/thread.h"
#include "syscalls/common/linux/sockets/socketcall.h"
#include "syscalls/common/linux/trace/names.h"

static const struct trace_table *const tables[] = {linux_trace_file_tables, linux_trace_process_tables,
                                                   linux_trace_network_tables, NULL};

static const struct trace_struct *const structs_64[] = {linux_trace_structs_64, linux_trace_structs,
                                                        linux_trace_socket_structs, NULL};
static const struct trace_struct *const structs_32[] = {linux_trace_structs_32, linux_trace_structs,
                                                        linux_trace_socket_structs, NULL};
static const struct trace_struct *const structs_i386[] = {linux_trace_structs_32, linux_trace_structs_i386,
                                                          linux_trace_structs, linux_trace_socket_structs, NULL};
static const struct trace_layout *const layouts_long[] = {linux_trace_long_layouts, linux_trace_layouts,
                                                          linux_trace_socket_layouts, NULL};
static const struct trace_layout *const layouts_i386[] = {linux_trace_layouts_i386, linux_trace_layouts,
                                                          linux_trace_socket_layouts, NULL};

static const char *const leaving[] = {"execve", "execveat", NULL};

const char *const linux_trace_signals[LINUX_TRACE_SIGNALS] = {
    [1] = "SIGHUP",   [2] = "SIGINT",     [3] = "SIGQUIT",  [4] = "SIGILL",     [5] = "SIGTRAP",  [6] = "SIGABRT",
    [7] = "SIGBUS",   [8] = "SIGFPE",     [9] = "SIGKILL",  [10] = "SIGUSR1",   [11] = "SIGSEGV", [12] = "SIGUSR2",
    [13] = "SIGPIPE", [14] = "SIGALRM",   [15] = "SIGTERM", [16] = "SIGSTKFLT", [17] = "SIGCHLD", [18] = "SIGCONT",
    [19] = "SIGSTOP", [20] = "SIGTSTP",   [21] = "SIGTTIN", [22] = "SIGTTOU",   [23] = "SIGURG",  [24] = "SIGXCPU",
    [25] = "SIGXFSZ", [26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH",  [29] = "SIGIO",   [30] = "SIGPWR",
    [31] = "SIGSYS",
};

static const char *const process_calls[] = {"clone", "clone3",     "fork",  "vfork",  "execve",  "execveat",
                                            "exit",  "exit_group", "wait4", "waitid", "waitpid", NULL};
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
                                           "sigaction",
                                           "sigprocmask",
                                           "sigpending",
                                           "sigsuspend",
                                           "sigreturn",
                                           "signal",
                                           "rt_sigtimedwait_time64",
                                           "rt_tgsigqueueinfo",
                                           "signalfd",
                                           "signalfd4",
                                           "pause",
                                           "pidfd_send_signal",
                                           NULL};
static const char *const memory_calls[] = {"mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "brk", NULL};
static const char *const network_calls[] = {
    "socket",      "socketpair",  "bind",       "connect",  "listen",     "accept",          "accept4",
    "getsockname", "getpeername", "sendto",     "recvfrom", "sendmsg",    "recvmsg",         "sendmmsg",
    "recvmmsg",    "setsockopt",  "getsockopt", "shutdown", "socketcall", "recvmmsg_time64", NULL};
static const struct trace_class classes[] = {{"process", process_calls},
                                             {"signal", signal_calls},
                                             {"memory", memory_calls},
                                             {"network", network_calls},
                                             {NULL, NULL}};

static int64_t thread_id(const struct thread *t)
{
    return t->tid;
}

static const struct syscall_request *meant(const struct syscall_request *rq, struct syscall_request *room)
{
    bool sockets = rq->entry != NULL && rq->entry->name != NULL && hot_strcmp(rq->entry->name, "socketcall") == 0;

    return sockets && linux_socketcall_get((int32_t)rq->args[0], guest_addr((uint32_t)rq->args[1]), room) == 0 ? room
                                                                                                               : rq;
}

#define TRACE_NAMES(structures, laid_out)                                                                              \
    {                                                                                                                  \
        .tables = tables, .structs = (structures), .layouts = (laid_out), .specials = linux_trace_specials,            \
        .given = linux_trace_given, .meant = meant, .errnos = linux_trace_errnos, .errno_count = LINUX_TRACE_ERRNOS,   \
        .signals = linux_trace_signals, .signal_count = LINUX_TRACE_SIGNALS, .at_fdcwd = -100, .leaving = leaving,     \
        .classes = classes, .thread_id = thread_id                                                                     \
    }

const struct trace_names linux_trace_names = TRACE_NAMES(structs_64, layouts_long);
const struct trace_names linux_i386_trace_names = TRACE_NAMES(structs_i386, layouts_i386);
const struct trace_names linux_x32_trace_names = TRACE_NAMES(structs_32, layouts_long);
