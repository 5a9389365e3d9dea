/* Classes of FreeBSD calls for trace filters; names without underscores and release in front. */
#include <stddef.h>

#include "syscalls/freebsd/trace/trace.h"

static const char *const network_calls[] = {"socket",
                                            "socketpair",
                                            "bind",
                                            "bindat",
                                            "connect",
                                            "connectat",
                                            "listen",
                                            "accept",
                                            "accept4",
                                            "getsockname",
                                            "getpeername",
                                            "shutdown",

                                            "sendto",
                                            "recvfrom",
                                            "sendmsg",
                                            "recvmsg",
                                            "setsockopt",
                                            "getsockopt",
                                            "sendfile",
                                            "setfib",
                                            "sctp_peeloff",
                                            "sctp_generic_sendmsg",
                                            "sctp_generic_sendmsg_iov",
                                            "sctp_generic_recvmsg",
                                            NULL};

static const char *const process_calls[] = {"fork",       "vfork",  "rfork",   "pdfork",  "execve",  "fexecve",
                                            "mac_execve", "exit",   "wait4",   "wait6",   "pdkill",  "pdgetpid",
                                            "procctl",    "getpid", "getppid", "getpgrp", "getpgid", "setpgid",
                                            "getsid",     "setsid", "ptrace",  NULL};

static const char *const memory_calls[] = {"mmap",       "munmap",     "mprotect",   "madvise", "mincore",
                                           "minherit",   "msync",      "mlock",      "munlock", "mlockall",
                                           "munlockall", "break",      "shmat",      "shmdt",   "shm_open",
                                           "shm_open2",  "shm_unlink", "shm_rename", "vadvise", NULL};

static const char *const signal_calls[] = {
    "kill",     "sigaction", "sigprocmask", "sigpending",   "sigsuspend",   "sigreturn", "sigaltstack",
    "sigqueue", "sigwait",   "sigwaitinfo", "sigtimedwait", "sigfastblock", "thr_kill",  "thr_kill2",
    "pdkill",   "abort2",    NULL};

static const char *const thread_calls[] = {
    "thr_new",          "thr_create",       "thr_exit",     "thr_self",     "thr_kill",           "thr_kill2",
    "thr_suspend",      "thr_wake",         "thr_set_name", "umtx_op",      "umtx_lock",          "umtx_unlock",
    "rtprio_thread",    "cpuset",           "cpuset_setid", "cpuset_getid", "cpuset_getaffinity", "cpuset_setaffinity",
    "cpuset_getdomain", "cpuset_setdomain", "sched_yield",  "yield",        "membarrier",         NULL};

static const char *const time_calls[] = {"clock_gettime",
                                         "clock_settime",
                                         "clock_getres",
                                         "clock_nanosleep",
                                         "clock_getcpuclockid2",
                                         "nanosleep",
                                         "gettimeofday",
                                         "settimeofday",
                                         "adjtime",
                                         "ntp_adjtime",
                                         "ntp_gettime",
                                         "getitimer",
                                         "setitimer",
                                         "ktimer_create",
                                         "ktimer_delete",
                                         "ktimer_settime",
                                         "ktimer_gettime",
                                         "ktimer_getoverrun",
                                         "timerfd_create",
                                         "timerfd_gettime",
                                         "timerfd_settime",
                                         "ffclock_getcounter",
                                         "ffclock_setestimate",
                                         "ffclock_getestimate",
                                         NULL};

static const char *const event_calls[] = {
    "kqueue",           "kqueuex", "kevent", "poll", "ppoll", "select", "pselect", "specialfd", "inotify_add_watch_at",
    "inotify_rm_watch", NULL};

const struct trace_class freebsd_trace_classes[] = {
    {"network", network_calls}, {"process", process_calls}, {"memory", memory_calls}, {"signal", signal_calls},
    {"thread", thread_calls},   {"time", time_calls},       {"event", event_calls},   {NULL, NULL},
};
