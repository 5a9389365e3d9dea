/* Names of FreeBSD constants: processes, threads, signals, time, limits (section 2 of the manual and its
 * headers). */
#include "syscalls/freebsd/trace/trace.h"

static const struct flag_name wait_flags[] = {
    FLAG_BIT(0x1, "WNOHANG"),
    FLAG_BIT(0x2, "WUNTRACED"),
    FLAG_BIT(0x4, "WCONTINUED"),
    FLAG_BIT(0x8, "WNOWAIT"),
    FLAG_BIT(0x10, "WEXITED"),
    FLAG_BIT(0x20, "WTRAPPED"),
    FLAG_BIT(0x80000000, "WLINUXCLONE"),
};

static const struct flag_name rfork_flags[] = {
    FLAG_BIT(0x4, "RFFDG"),          FLAG_BIT(0x10, "RFPROC"),         FLAG_BIT(0x20, "RFMEM"),
    FLAG_BIT(0x40, "RFNOWAIT"),      FLAG_BIT(0x1000, "RFCFDG"),       FLAG_BIT(0x2000, "RFTHREAD"),
    FLAG_BIT(0x4000, "RFSIGSHARE"),  FLAG_BIT(0x10000, "RFLINUXTHPN"), FLAG_BIT(0x80000, "RFTSIGZMB"),
    FLAG_BIT(0x80000000, "RFSPAWN"),
};

static const struct flag_name pdfork_flags[] = {
    FLAG_BIT(0x1, "PD_DAEMON"),
    FLAG_BIT(0x2, "PD_CLOEXEC"),
};

static const struct value_name idtype_values[] = {
    {0, "P_PID"}, {1, "P_PPID"},  {2, "P_PGID"},   {3, "P_SID"},     {4, "P_CID"},     {5, "P_UID"},     {6, "P_GID"},
    {7, "P_ALL"}, {8, "P_LWPID"}, {9, "P_TASKID"}, {10, "P_PROJID"}, {11, "P_POOLID"}, {12, "P_JAILID"},
};

static const struct value_name procctl_values[] = {
    {1, "PROC_SPROTECT"},          {2, "PROC_REAP_ACQUIRE"},         {3, "PROC_REAP_RELEASE"},
    {4, "PROC_REAP_STATUS"},       {5, "PROC_REAP_GETPIDS"},         {6, "PROC_REAP_KILL"},
    {7, "PROC_TRACE_CTL"},         {8, "PROC_TRACE_STATUS"},         {9, "PROC_TRAPCAP_CTL"},
    {10, "PROC_TRAPCAP_STATUS"},   {11, "PROC_PDEATHSIG_CTL"},       {12, "PROC_PDEATHSIG_STATUS"},
    {13, "PROC_ASLR_CTL"},         {14, "PROC_ASLR_STATUS"},         {15, "PROC_PROTMAX_CTL"},
    {16, "PROC_PROTMAX_STATUS"},   {17, "PROC_STACKGAP_CTL"},        {18, "PROC_STACKGAP_STATUS"},
    {19, "PROC_NO_NEW_PRIVS_CTL"}, {20, "PROC_NO_NEW_PRIVS_STATUS"}, {21, "PROC_WXMAP_CTL"},
    {22, "PROC_WXMAP_STATUS"},     {268435456, "PROC_KPTI_CTL"},     {268435457, "PROC_KPTI_STATUS"},
    {268435458, "PROC_LA_CTL"},    {268435459, "PROC_LA_STATUS"},
};

static const struct value_name ptrace_values[] = {
    {0, "PT_TRACE_ME"},        {1, "PT_READ_I"},       {2, "PT_READ_D"},        {4, "PT_WRITE_I"},
    {5, "PT_WRITE_D"},         {7, "PT_CONTINUE"},     {8, "PT_KILL"},          {9, "PT_STEP"},
    {10, "PT_ATTACH"},         {11, "PT_DETACH"},      {12, "PT_IO"},           {13, "PT_LWPINFO"},
    {14, "PT_GETNUMLWPS"},     {15, "PT_GETLWPLIST"},  {16, "PT_CLEARSTEP"},    {17, "PT_SETSTEP"},
    {18, "PT_SUSPEND"},        {19, "PT_RESUME"},      {20, "PT_TO_SCE"},       {21, "PT_TO_SCX"},
    {22, "PT_SYSCALL"},        {23, "PT_FOLLOW_FORK"}, {24, "PT_LWP_EVENTS"},   {25, "PT_GET_EVENT_MASK"},
    {26, "PT_SET_EVENT_MASK"}, {27, "PT_GET_SC_ARGS"}, {28, "PT_GET_SC_RET"},   {29, "PT_COREDUMP"},
    {33, "PT_GETREGS"},        {34, "PT_SETREGS"},     {35, "PT_GETFPREGS"},    {36, "PT_SETFPREGS"},
    {37, "PT_GETDBREGS"},      {38, "PT_SETDBREGS"},   {40, "PT_VM_TIMESTAMP"}, {41, "PT_VM_ENTRY"},
    {42, "PT_GETREGSET"},      {43, "PT_SETREGSET"},   {44, "PT_SC_REMOTE"},    {68, "PT_GETXSTATE_INFO"},
    {69, "PT_GETXSTATE"},      {70, "PT_SETXSTATE"},   {71, "PT_GETFSBASE"},    {72, "PT_SETFSBASE"},
    {73, "PT_GETGSBASE"},      {74, "PT_SETGSBASE"},
};

static const struct value_name rlimit_values[] = {
    {0, "RLIMIT_CPU"},    {1, "RLIMIT_FSIZE"},    {2, "RLIMIT_DATA"},    {3, "RLIMIT_STACK"},
    {4, "RLIMIT_CORE"},   {5, "RLIMIT_RSS"},      {6, "RLIMIT_MEMLOCK"}, {7, "RLIMIT_NPROC"},
    {8, "RLIMIT_NOFILE"}, {9, "RLIMIT_SBSIZE"},   {10, "RLIMIT_VMEM"},   {11, "RLIMIT_NPTS"},
    {12, "RLIMIT_SWAP"},  {13, "RLIMIT_KQUEUES"}, {14, "RLIMIT_UMTXP"},  {15, "RLIMIT_PIPEBUF"},
};

static const struct value_name rusage_values[] = {
    {0, "RUSAGE_SELF"},
    {1, "RUSAGE_THREAD"},
    {-1, "RUSAGE_CHILDREN"},
};

static const struct value_name itimer_values[] = {
    {0, "ITIMER_REAL"},
    {1, "ITIMER_VIRTUAL"},
    {2, "ITIMER_PROF"},
};

static const struct value_name prio_which_values[] = {
    {0, "PRIO_PROCESS"},
    {1, "PRIO_PGRP"},
    {2, "PRIO_USER"},
};

static const struct value_name sched_values[] = {
    {1, "SCHED_FIFO"},
    {2, "SCHED_OTHER"},
    {3, "SCHED_RR"},
};

static const struct value_name rtprio_values[] = {
    {0, "RTP_LOOKUP"},
    {1, "RTP_SET"},
};

static const struct value_name rtprio_type_values[] = {
    {1, "RTP_PRIO_ITHD"}, {2, "RTP_PRIO_REALTIME"}, {3, "RTP_PRIO_NORMAL"}, {4, "RTP_PRIO_IDLE"}, {10, "RTP_PRIO_FIFO"},
};

static const struct value_name sig_how_values[] = {
    {1, "SIG_BLOCK"},
    {2, "SIG_UNBLOCK"},
    {3, "SIG_SETMASK"},
};

static const struct flag_name sigaction_flags[] = {
    FLAG_BIT(0x1, "SA_ONSTACK"),   FLAG_BIT(0x2, "SA_RESTART"),  FLAG_BIT(0x4, "SA_RESETHAND"),
    FLAG_BIT(0x8, "SA_NOCLDSTOP"), FLAG_BIT(0x10, "SA_NODEFER"), FLAG_BIT(0x20, "SA_NOCLDWAIT"),
    FLAG_BIT(0x40, "SA_SIGINFO"),
};

static const struct flag_name sigaltstack_flags[] = {
    FLAG_BIT(0x1, "SS_ONSTACK"),
    FLAG_BIT(0x4, "SS_DISABLE"),
};

static const struct value_name sigev_values[] = {
    {0, "SIGEV_NONE"}, {1, "SIGEV_SIGNAL"}, {2, "SIGEV_THREAD"}, {3, "SIGEV_KEVENT"}, {4, "SIGEV_THREAD_ID"},
};

static const struct value_name sigfastblock_values[] = {
    {1, "SIGFASTBLOCK_SETPTR"},
    {2, "SIGFASTBLOCK_UNBLOCK"},
    {3, "SIGFASTBLOCK_UNSETPTR"},
};

static const struct value_name clockid_values[] = {
    {0, "CLOCK_REALTIME"},
    {1, "CLOCK_VIRTUAL"},
    {2, "CLOCK_PROF"},
    {4, "CLOCK_MONOTONIC"},
    {5, "CLOCK_UPTIME"},
    {7, "CLOCK_UPTIME_PRECISE"},
    {8, "CLOCK_UPTIME_FAST"},
    {9, "CLOCK_REALTIME_PRECISE"},
    {10, "CLOCK_REALTIME_FAST"},
    {11, "CLOCK_MONOTONIC_PRECISE"},
    {12, "CLOCK_MONOTONIC_FAST"},
    {13, "CLOCK_SECOND"},
    {14, "CLOCK_THREAD_CPUTIME_ID"},
    {15, "CLOCK_PROCESS_CPUTIME_ID"},
    {16, "CLOCK_TAI"},
};

static const struct flag_name timer_flags[] = {
    FLAG_BIT(0x1, "TIMER_ABSTIME"),
};

static const struct flag_name timerfd_flags[] = {
    {0x4, 0x4, "TFD_NONBLOCK"},
    {0x100000, 0x100000, "TFD_CLOEXEC"},
};

static const struct flag_name timerfd_settime_flags[] = {
    {1, 1, "TFD_TIMER_ABSTIME"},
    {2, 2, "TFD_TIMER_CANCEL_ON_SET"},
};

static const struct value_name umtx_op_values[] = {
    {0, "UMTX_OP_LOCK"},
    {1, "UMTX_OP_UNLOCK"},
    {2, "UMTX_OP_WAIT"},
    {3, "UMTX_OP_WAKE"},
    {4, "UMTX_OP_MUTEX_TRYLOCK"},
    {5, "UMTX_OP_MUTEX_LOCK"},
    {6, "UMTX_OP_MUTEX_UNLOCK"},
    {7, "UMTX_OP_SET_CEILING"},
    {8, "UMTX_OP_CV_WAIT"},
    {9, "UMTX_OP_CV_SIGNAL"},
    {10, "UMTX_OP_CV_BROADCAST"},
    {11, "UMTX_OP_WAIT_UINT"},
    {12, "UMTX_OP_RW_RDLOCK"},
    {13, "UMTX_OP_RW_WRLOCK"},
    {14, "UMTX_OP_RW_UNLOCK"},
    {15, "UMTX_OP_WAIT_UINT_PRIVATE"},
    {16, "UMTX_OP_WAKE_PRIVATE"},
    {17, "UMTX_OP_MUTEX_WAIT"},
    {18, "UMTX_OP_MUTEX_WAKE"},
    {19, "UMTX_OP_SEM_WAIT"},
    {20, "UMTX_OP_SEM_WAKE"},
    {21, "UMTX_OP_NWAKE_PRIVATE"},
    {22, "UMTX_OP_MUTEX_WAKE2"},
    {23, "UMTX_OP_SEM2_WAIT"},
    {24, "UMTX_OP_SEM2_WAKE"},
    {25, "UMTX_OP_SHM"},
    {26, "UMTX_OP_ROBUST_LISTS"},
    {27, "UMTX_OP_GET_MIN_TIMEOUT"},
    {28, "UMTX_OP_SET_MIN_TIMEOUT"},
};

static const struct flag_name umtx_abstime_flags[] = {
    {1, 1, "UMTX_ABSTIME"},
};

static const struct flag_name thr_flags_flags[] = {
    {1, 1, "THR_SUSPENDED"},
    {2, 2, "THR_SYSTEM_SCOPE"},
};

static const struct value_name kenv_values[] = {
    {0, "KENV_GET"},  {1, "KENV_SET"},         {2, "KENV_UNSET"},
    {3, "KENV_DUMP"}, {4, "KENV_DUMP_LOADER"}, {5, "KENV_DUMP_STATIC"},
};

static const struct flag_name getrandom_flags[] = {
    FLAG_BIT(0x1, "GRND_NONBLOCK"),
    FLAG_BIT(0x2, "GRND_RANDOM"),
    FLAG_BIT(0x4, "GRND_INSECURE"),
};

static const struct flag_name jail_flags[] = {
    FLAG_BIT(0x1, "JAIL_CREATE"),
    FLAG_BIT(0x2, "JAIL_UPDATE"),
    FLAG_BIT(0x4, "JAIL_ATTACH"),
    FLAG_BIT(0x8, "JAIL_DYING"),
};

static const struct value_name ipcctl_values[] = {
    {0, "IPC_RMID"},
    {1, "IPC_SET"},
    {2, "IPC_STAT"},
    {3, "IPC_INFO"},
};

static const struct value_name semctl_values[] = {
    {0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "GETNCNT"}, {4, "GETPID"},    {5, "GETVAL"},
    {6, "GETALL"},   {7, "GETZCNT"}, {8, "SETVAL"},   {9, "SETALL"},  {10, "SEM_STAT"}, {11, "SEM_INFO"},
};

static const struct value_name cpulevel_values[] = {
    {1, "CPU_LEVEL_ROOT"},
    {2, "CPU_LEVEL_CPUSET"},
    {3, "CPU_LEVEL_WHICH"},
};

static const struct value_name cpuwhich_values[] = {
    {1, "CPU_WHICH_TID"},         {2, "CPU_WHICH_PID"},     {3, "CPU_WHICH_CPUSET"},
    {4, "CPU_WHICH_IRQ"},         {5, "CPU_WHICH_JAIL"},    {6, "CPU_WHICH_DOMAIN"},
    {7, "CPU_WHICH_INTRHANDLER"}, {8, "CPU_WHICH_ITHREAD"}, {9, "CPU_WHICH_TIDPID"},
};

static const struct value_name specialfd_values[] = {
    {1, "SPECIALFD_EVENTFD"},
    {2, "SPECIALFD_INOTIFY"},
};

static const struct value_name membarrier_values[] = {
    {0, "MEMBARRIER_CMD_QUERY"},
    {1, "MEMBARRIER_CMD_GLOBAL"},
    {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
    {4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
    {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
    {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
    {32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"},
    {64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
};

static const struct value_name lio_values[] = {
    {0, "LIO_NOWAIT"},
    {1, "LIO_WAIT"},
};

static const struct value_name kcmp_values[] = {
    {100, "KCMP_FILE"}, {101, "KCMP_FILEOBJ"}, {102, "KCMP_FILES"}, {103, "KCMP_SIGHAND"}, {104, "KCMP_VM"},
};

static const struct value_name sysarch_values[] = {
    {0, "I386_GET_LDT"},        {1, "I386_SET_LDT"},          {3, "I386_GET_IOPERM"},    {4, "I386_SET_IOPERM"},
    {7, "I386_GET_FSBASE"},     {8, "I386_SET_FSBASE"},       {9, "I386_GET_GSBASE"},    {10, "I386_SET_GSBASE"},
    {11, "I386_GET_XFPUSTATE"}, {128, "AMD64_GET_FSBASE"},    {129, "AMD64_SET_FSBASE"}, {130, "AMD64_GET_GSBASE"},
    {131, "AMD64_SET_GSBASE"},  {132, "AMD64_GET_XFPUSTATE"}, {133, "AMD64_SET_PKRU"},   {134, "AMD64_CLEAR_PKRU"},
    {135, "AMD64_GET_TLSBASE"}, {136, "AMD64_SET_TLSBASE"},
};

const struct trace_table freebsd_trace_process_tables[] = {
    FLAG_TABLE("wait", wait_flags),
    FLAG_TABLE("rfork", rfork_flags),
    FLAG_TABLE("pdfork", pdfork_flags),
    VALUE_TABLE("idtype", idtype_values),
    VALUE_TABLE("procctl", procctl_values),
    VALUE_TABLE("ptrace", ptrace_values),
    VALUE_TABLE("rlimit", rlimit_values),
    VALUE_TABLE("rusage", rusage_values),
    VALUE_TABLE("itimer", itimer_values),
    VALUE_TABLE("prio_which", prio_which_values),
    VALUE_TABLE("sched", sched_values),
    VALUE_TABLE("rtprio", rtprio_values),
    VALUE_TABLE("rtprio_type", rtprio_type_values),
    VALUE_TABLE("sig_how", sig_how_values),
    FLAG_TABLE("sigaction", sigaction_flags),
    FLAG_TABLE("sigaltstack", sigaltstack_flags),
    VALUE_TABLE("sigev", sigev_values),
    VALUE_TABLE("sigfastblock", sigfastblock_values),
    VALUE_TABLE("clockid", clockid_values),
    FLAG_TABLE("timer", timer_flags),
    FLAG_TABLE("timerfd", timerfd_flags),
    FLAG_TABLE("timerfd_settime", timerfd_settime_flags),
    VALUE_TABLE("umtx_op", umtx_op_values),
    FLAG_TABLE("umtx_abstime", umtx_abstime_flags),
    FLAG_TABLE("thr_flags", thr_flags_flags),
    VALUE_TABLE("kenv", kenv_values),
    FLAG_TABLE("getrandom", getrandom_flags),
    FLAG_TABLE("jail", jail_flags),
    VALUE_TABLE("ipcctl", ipcctl_values),
    VALUE_TABLE("semctl", semctl_values),
    VALUE_TABLE("cpulevel", cpulevel_values),
    VALUE_TABLE("cpuwhich", cpuwhich_values),
    VALUE_TABLE("specialfd", specialfd_values),
    VALUE_TABLE("membarrier", membarrier_values),
    VALUE_TABLE("lio", lio_values),
    VALUE_TABLE("kcmp", kcmp_values),
    VALUE_TABLE("sysarch", sysarch_values),
    {0},
};
