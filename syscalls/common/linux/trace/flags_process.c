/* Names of Linux's constants: processes, signals, time, limits. */
#include "syscalls/common/linux/trace/names.h"

#include <asm/prctl.h>
#include <asm/signal.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time.h>
#include <linux/wait.h>

static const struct value_name clockid_values[] = {VALUE(CLOCK_REALTIME),
                                                   VALUE(CLOCK_MONOTONIC),
                                                   VALUE(CLOCK_PROCESS_CPUTIME_ID),
                                                   VALUE(CLOCK_THREAD_CPUTIME_ID),
                                                   VALUE(CLOCK_MONOTONIC_RAW),
                                                   VALUE(CLOCK_REALTIME_COARSE),
                                                   VALUE(CLOCK_MONOTONIC_COARSE),
                                                   VALUE(CLOCK_BOOTTIME),
                                                   VALUE(CLOCK_REALTIME_ALARM),
                                                   VALUE(CLOCK_BOOTTIME_ALARM),
                                                   VALUE(CLOCK_TAI)};
static const struct flag_name timer_flags[] = {BIT(TIMER_ABSTIME)};
static const struct value_name itimer_values[] = {VALUE(ITIMER_REAL), VALUE(ITIMER_VIRTUAL), VALUE(ITIMER_PROF)};
static const struct value_name sighow_values[] = {VALUE(SIG_BLOCK), VALUE(SIG_UNBLOCK), VALUE(SIG_SETMASK)};
static const struct flag_name sa_flags[] = {FLAG_BIT(0x04000000, "SA_RESTORER"),  FLAG_BIT(0x08000000, "SA_ONSTACK"),
                                            FLAG_BIT(0x10000000, "SA_RESTART"),   FLAG_BIT(0x40000000, "SA_NODEFER"),
                                            FLAG_BIT(0x80000000, "SA_RESETHAND"), FLAG_BIT(0x4, "SA_SIGINFO"),
                                            FLAG_BIT(0x1, "SA_NOCLDSTOP"),        FLAG_BIT(0x2, "SA_NOCLDWAIT")};
static const struct value_name handler_values[] = {{0, "SIG_DFL"}, {1, "SIG_IGN"}};
static const struct flag_name stack_flags[] = {FLAG_BIT(1, "SS_ONSTACK"), FLAG_BIT(2, "SS_DISABLE"),
                                               FLAG_BIT(1U << 31, "SS_AUTODISARM")};
static const struct value_name code_values[] = {{0, "SI_USER"},   {0x80, "SI_KERNEL"}, {-1, "SI_QUEUE"},
                                                {-2, "SI_TIMER"}, {-3, "SI_MESGQ"},    {-4, "SI_ASYNCIO"},
                                                {-5, "SI_SIGIO"}, {-6, "SI_TKILL"}};
static const struct value_name child_code_values[] = {{1, "CLD_EXITED"},  {2, "CLD_KILLED"},  {3, "CLD_DUMPED"},
                                                      {4, "CLD_TRAPPED"}, {5, "CLD_STOPPED"}, {6, "CLD_CONTINUED"}};
static const struct flag_name wait_flags[] = {BIT(WNOHANG),
                                              BIT(WSTOPPED),
                                              BIT(WEXITED),
                                              BIT(WCONTINUED),
                                              BIT(WNOWAIT),
                                              FLAG_BIT(0x20000000, "__WNOTHREAD"),
                                              FLAG_BIT(0x40000000, "__WALL"),
                                              FLAG_BIT(0x80000000, "__WCLONE")};
static const struct value_name idtype_values[] = {VALUE(P_ALL), VALUE(P_PID), VALUE(P_PGID), VALUE(P_PIDFD)};
static const struct value_name limit_values[] = {
    VALUE(RLIMIT_CPU),      VALUE(RLIMIT_FSIZE), VALUE(RLIMIT_DATA),   VALUE(RLIMIT_STACK),
    VALUE(RLIMIT_CORE),     VALUE(RLIMIT_RSS),   VALUE(RLIMIT_NPROC),  VALUE(RLIMIT_NOFILE),
    VALUE(RLIMIT_MEMLOCK),  VALUE(RLIMIT_AS),    VALUE(RLIMIT_LOCKS),  VALUE(RLIMIT_SIGPENDING),
    VALUE(RLIMIT_MSGQUEUE), VALUE(RLIMIT_NICE),  VALUE(RLIMIT_RTPRIO), VALUE(RLIMIT_RTTIME)};
static const struct value_name usage_values[] = {VALUE(RUSAGE_SELF), VALUE(RUSAGE_CHILDREN), VALUE(RUSAGE_THREAD)};
static const struct value_name priority_values[] = {{0, "PRIO_PROCESS"}, {1, "PRIO_PGRP"}, {2, "PRIO_USER"}};
static const struct value_name scheduler_values[] = {{0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
                                                     {3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}};
static const struct flag_name clone_flags[] = {BIT(CLONE_VM),
                                               BIT(CLONE_FS),
                                               BIT(CLONE_FILES),
                                               BIT(CLONE_SIGHAND),
                                               BIT(CLONE_PIDFD),
                                               BIT(CLONE_PTRACE),
                                               BIT(CLONE_VFORK),
                                               BIT(CLONE_PARENT),
                                               BIT(CLONE_THREAD),
                                               BIT(CLONE_NEWNS),
                                               BIT(CLONE_SYSVSEM),
                                               BIT(CLONE_SETTLS),
                                               BIT(CLONE_PARENT_SETTID),
                                               BIT(CLONE_CHILD_CLEARTID),
                                               BIT(CLONE_UNTRACED),
                                               BIT(CLONE_CHILD_SETTID),
                                               BIT(CLONE_NEWCGROUP),
                                               BIT(CLONE_NEWUTS),
                                               BIT(CLONE_NEWIPC),
                                               BIT(CLONE_NEWUSER),
                                               BIT(CLONE_NEWPID),
                                               BIT(CLONE_NEWNET),
                                               BIT(CLONE_IO),
                                               BIT(CLONE_CLEAR_SIGHAND),
                                               BIT(CLONE_INTO_CGROUP)};
#define FUTEX(name)                                                                                                    \
    {(name), #name}, {(name) | FUTEX_PRIVATE_FLAG, #name "_PRIVATE"},                                                  \
        {(name) | FUTEX_CLOCK_REALTIME, #name "|FUTEX_CLOCK_REALTIME"},                                                \
    {                                                                                                                  \
        (name) | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, #name "_PRIVATE|FUTEX_CLOCK_REALTIME"                      \
    }
static const struct value_name futex_values[] = {
    FUTEX(FUTEX_WAIT),        FUTEX(FUTEX_WAKE),        FUTEX(FUTEX_REQUEUE),         FUTEX(FUTEX_CMP_REQUEUE),
    FUTEX(FUTEX_WAKE_OP),     FUTEX(FUTEX_LOCK_PI),     FUTEX(FUTEX_UNLOCK_PI),       FUTEX(FUTEX_TRYLOCK_PI),
    FUTEX(FUTEX_WAIT_BITSET), FUTEX(FUTEX_WAKE_BITSET), FUTEX(FUTEX_WAIT_REQUEUE_PI), FUTEX(FUTEX_CMP_REQUEUE_PI),
    FUTEX(FUTEX_LOCK_PI2)};
static const struct value_name prctl_values[] = {VALUE(PR_SET_PDEATHSIG),
                                                 VALUE(PR_GET_PDEATHSIG),
                                                 VALUE(PR_GET_DUMPABLE),
                                                 VALUE(PR_SET_DUMPABLE),
                                                 VALUE(PR_GET_KEEPCAPS),
                                                 VALUE(PR_SET_KEEPCAPS),
                                                 VALUE(PR_SET_NAME),
                                                 VALUE(PR_GET_NAME),
                                                 VALUE(PR_GET_SECCOMP),
                                                 VALUE(PR_SET_SECCOMP),
                                                 VALUE(PR_CAPBSET_READ),
                                                 VALUE(PR_CAPBSET_DROP),
                                                 VALUE(PR_GET_SECUREBITS),
                                                 VALUE(PR_SET_SECUREBITS),
                                                 VALUE(PR_SET_TIMERSLACK),
                                                 VALUE(PR_GET_TIMERSLACK),
                                                 VALUE(PR_SET_MM),
                                                 VALUE(PR_SET_CHILD_SUBREAPER),
                                                 VALUE(PR_GET_CHILD_SUBREAPER),
                                                 VALUE(PR_SET_NO_NEW_PRIVS),
                                                 VALUE(PR_GET_NO_NEW_PRIVS),
                                                 VALUE(PR_GET_TID_ADDRESS),
                                                 VALUE(PR_SET_THP_DISABLE),
                                                 VALUE(PR_GET_THP_DISABLE),
                                                 VALUE(PR_SET_VMA),
                                                 VALUE(PR_SET_PTRACER),
                                                 VALUE(PR_CAP_AMBIENT)};
static const struct value_name arch_prctl_values[] = {
    VALUE(ARCH_SET_GS),    VALUE(ARCH_SET_FS),    VALUE(ARCH_GET_FS),         VALUE(ARCH_GET_GS),
    VALUE(ARCH_GET_CPUID), VALUE(ARCH_SET_CPUID), {0x3001, "ARCH_CET_STATUS"}};
static const struct value_name membarrier_values[] = {VALUE(MEMBARRIER_CMD_QUERY),
                                                      VALUE(MEMBARRIER_CMD_GLOBAL),
                                                      VALUE(MEMBARRIER_CMD_GLOBAL_EXPEDITED),
                                                      VALUE(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
                                                      VALUE(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
                                                      VALUE(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
                                                      VALUE(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
                                                      VALUE(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)};
static const struct value_name notify_values[] = {
    {0, "SIGEV_SIGNAL"}, {1, "SIGEV_NONE"}, {2, "SIGEV_THREAD"}, {4, "SIGEV_THREAD_ID"}};

const struct trace_table linux_trace_process_tables[] = {
    VALUE_TABLE("clockid", clockid_values),
    FLAG_TABLE("timer", timer_flags),
    VALUE_TABLE("itimer", itimer_values),
    VALUE_TABLE("sighow", sighow_values),
    FLAG_TABLE("sa", sa_flags),
    VALUE_TABLE("handler", handler_values),
    FLAG_TABLE("ss", stack_flags),
    VALUE_TABLE("si_code", code_values),
    VALUE_TABLE("cld", child_code_values),
    FLAG_TABLE("wait", wait_flags),
    VALUE_TABLE("idtype", idtype_values),
    VALUE_TABLE("rlimit", limit_values),
    VALUE_TABLE("rusage", usage_values),
    VALUE_TABLE("priority", priority_values),
    VALUE_TABLE("scheduler", scheduler_values),
    FLAG_TABLE("clone", clone_flags),
    VALUE_TABLE("futex", futex_values),
    VALUE_TABLE("prctl", prctl_values),
    VALUE_TABLE("arch_prctl", arch_prctl_values),
    VALUE_TABLE("membarrier", membarrier_values),
    VALUE_TABLE("sigev", notify_values),
    {NULL, NULL, NULL, 0},
};
