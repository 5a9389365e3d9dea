#include "instance/filter/table.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/fs.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* clang-format off */
#define ALLOW(name)  {name, 0, CALL_ALLOW}
#define NEW(name, n) {name, n, CALL_ALLOW} /* newer than the libseccomp that may build this */
#define EPERM_(name) {name, 0, CALL_EPERM}

const struct filter_call filter_calls[] = {
    /* Files, by descriptor and by name. The instance's root and Landlock tell which. */
    ALLOW("read"), ALLOW("write"), ALLOW("open"), ALLOW("close"), ALLOW("stat"), ALLOW("fstat"), ALLOW("lstat"),
    ALLOW("lseek"), ALLOW("pread64"), ALLOW("pwrite64"), ALLOW("readv"), ALLOW("writev"), ALLOW("access"),
    ALLOW("pipe"), ALLOW("pipe2"), ALLOW("dup"), ALLOW("dup2"), ALLOW("dup3"), ALLOW("sendfile"), ALLOW("fcntl"),
    ALLOW("flock"), ALLOW("fsync"), ALLOW("fdatasync"), ALLOW("truncate"), ALLOW("ftruncate"), ALLOW("getdents"),
    ALLOW("getdents64"), ALLOW("getcwd"), ALLOW("chdir"), ALLOW("fchdir"), ALLOW("rename"), ALLOW("renameat"),
    ALLOW("renameat2"), ALLOW("mkdir"), ALLOW("mkdirat"), ALLOW("rmdir"), ALLOW("creat"), ALLOW("link"),
    ALLOW("linkat"), ALLOW("unlink"), ALLOW("unlinkat"), ALLOW("symlink"), ALLOW("symlinkat"), ALLOW("readlink"),
    ALLOW("readlinkat"), ALLOW("chmod"), ALLOW("fchmod"), ALLOW("fchmodat"), NEW("fchmodat2", 452), ALLOW("chown"),
    ALLOW("fchown"), ALLOW("lchown"), ALLOW("fchownat"), ALLOW("umask"), ALLOW("utime"), ALLOW("utimes"),
    ALLOW("futimesat"), ALLOW("utimensat"), ALLOW("mknod"), ALLOW("mknodat"), ALLOW("statfs"), ALLOW("fstatfs"),
    ALLOW("setxattr"), ALLOW("lsetxattr"), ALLOW("fsetxattr"), ALLOW("getxattr"), ALLOW("lgetxattr"),
    ALLOW("fgetxattr"), ALLOW("listxattr"), ALLOW("llistxattr"), ALLOW("flistxattr"), ALLOW("removexattr"),
    ALLOW("lremovexattr"), ALLOW("fremovexattr"), NEW("setxattrat", 463), NEW("getxattrat", 464),
    NEW("listxattrat", 465), NEW("removexattrat", 466), ALLOW("openat"), ALLOW("openat2"), ALLOW("newfstatat"),
    ALLOW("statx"), ALLOW("faccessat"), ALLOW("faccessat2"), ALLOW("splice"), ALLOW("tee"), ALLOW("sync"),
    ALLOW("syncfs"), ALLOW("sync_file_range"), ALLOW("fallocate"), ALLOW("fadvise64"), ALLOW("readahead"),
    ALLOW("copy_file_range"), ALLOW("preadv"), ALLOW("pwritev"), ALLOW("preadv2"), ALLOW("pwritev2"),
    ALLOW("close_range"), ALLOW("name_to_handle_at"), NEW("cachestat", 451), ALLOW("chroot"), ALLOW("memfd_create"),
    ALLOW("inotify_init"), ALLOW("inotify_init1"), ALLOW("inotify_add_watch"), ALLOW("inotify_rm_watch"),
    ALLOW("fanotify_mark"), ALLOW("io_setup"), ALLOW("io_destroy"), ALLOW("io_getevents"), ALLOW("io_submit"),
    ALLOW("io_cancel"), ALLOW("io_pgetevents"), ALLOW("ioctl"),

    /* Waiting for descriptors. */
    ALLOW("poll"), ALLOW("ppoll"), ALLOW("select"), ALLOW("pselect6"), ALLOW("epoll_create"), ALLOW("epoll_create1"),
    ALLOW("epoll_ctl"), ALLOW("epoll_wait"), ALLOW("epoll_pwait"), ALLOW("epoll_pwait2"), ALLOW("eventfd"),
    ALLOW("eventfd2"), ALLOW("signalfd"), ALLOW("signalfd4"), ALLOW("timerfd_create"), ALLOW("timerfd_settime"),
    ALLOW("timerfd_gettime"),

    /* Memory. modify_ldt is 32-bit guests' where the host has no IA32 emulation, membarrier is for rewriting. */
    ALLOW("mmap"), ALLOW("mprotect"), ALLOW("munmap"), ALLOW("brk"), ALLOW("mremap"), ALLOW("msync"),
    ALLOW("mincore"), ALLOW("madvise"), ALLOW("mlock"), ALLOW("mlock2"), ALLOW("munlock"), ALLOW("mlockall"),
    ALLOW("munlockall"), ALLOW("remap_file_pages"), ALLOW("pkey_mprotect"), ALLOW("pkey_alloc"), ALLOW("pkey_free"),
    ALLOW("memfd_secret"), NEW("mseal", 462), NEW("map_shadow_stack", 453), ALLOW("membarrier"), ALLOW("modify_ldt"),
    ALLOW("arch_prctl"), ALLOW("shmget"), ALLOW("shmat"), ALLOW("shmctl"), ALLOW("shmdt"),

    /* Processes and threads: the PID namespace tells which there are. The kernel asks for the rights of a tracer in
     * ptrace, process_vm_*, kcmp and pidfd_getfd, and no process outside can be named at all. */
    ALLOW("fork"), ALLOW("vfork"), ALLOW("clone"), ALLOW("execve"), ALLOW("execveat"), ALLOW("exit"),
    ALLOW("exit_group"), ALLOW("wait4"), ALLOW("waitid"), ALLOW("kill"), ALLOW("tkill"), ALLOW("tgkill"),
    ALLOW("getpid"), ALLOW("getppid"), ALLOW("gettid"), ALLOW("getpgrp"), ALLOW("getpgid"), ALLOW("setpgid"),
    ALLOW("getsid"), ALLOW("setsid"), ALLOW("set_tid_address"), ALLOW("set_robust_list"), ALLOW("get_robust_list"),
    ALLOW("rseq"), ALLOW("futex"), ALLOW("futex_waitv"), NEW("futex_wake", 454), NEW("futex_wait", 455),
    NEW("futex_requeue", 456), ALLOW("restart_syscall"), ALLOW("prctl"), ALLOW("unshare"), ALLOW("personality"),
    ALLOW("ptrace"), ALLOW("process_vm_readv"), ALLOW("process_vm_writev"), ALLOW("kcmp"), ALLOW("pidfd_open"),
    ALLOW("pidfd_send_signal"), ALLOW("pidfd_getfd"), ALLOW("process_mrelease"), ALLOW("seccomp"),
    ALLOW("landlock_create_ruleset"), ALLOW("landlock_add_rule"), ALLOW("landlock_restrict_self"),
    ALLOW("sched_yield"), ALLOW("sched_setparam"), ALLOW("sched_getparam"), ALLOW("sched_setscheduler"),
    ALLOW("sched_getscheduler"), ALLOW("sched_get_priority_max"), ALLOW("sched_get_priority_min"),
    ALLOW("sched_rr_get_interval"), ALLOW("sched_setaffinity"), ALLOW("sched_getaffinity"), ALLOW("sched_setattr"),
    ALLOW("sched_getattr"), ALLOW("getcpu"), ALLOW("getpriority"), ALLOW("setpriority"), ALLOW("ioprio_get"),
    ALLOW("ioprio_set"), ALLOW("getrlimit"), ALLOW("setrlimit"), ALLOW("prlimit64"), ALLOW("getrusage"),

    /* Signals. */
    ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"), ALLOW("rt_sigpending"),
    ALLOW("rt_sigtimedwait"), ALLOW("rt_sigqueueinfo"), ALLOW("rt_tgsigqueueinfo"), ALLOW("rt_sigsuspend"),
    ALLOW("sigaltstack"), ALLOW("pause"),

    /* Whose a process is. The ids are those of the instance's user namespace. */
    ALLOW("getuid"), ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"), ALLOW("getresuid"), ALLOW("getresgid"),
    ALLOW("getgroups"), ALLOW("setuid"), ALLOW("setgid"), ALLOW("setreuid"), ALLOW("setregid"), ALLOW("setresuid"),
    ALLOW("setresgid"), ALLOW("setgroups"), ALLOW("setfsuid"), ALLOW("setfsgid"), ALLOW("capget"), ALLOW("capset"),

    /* Time: adjtimex and clock_adjtime ask, too, and setting needs a capability of the host's. */
    ALLOW("gettimeofday"), ALLOW("time"), ALLOW("times"), ALLOW("nanosleep"), ALLOW("clock_gettime"),
    ALLOW("clock_getres"), ALLOW("clock_nanosleep"), ALLOW("adjtimex"), ALLOW("clock_adjtime"), ALLOW("alarm"),
    ALLOW("getitimer"), ALLOW("setitimer"), ALLOW("timer_create"), ALLOW("timer_settime"), ALLOW("timer_gettime"),
    ALLOW("timer_getoverrun"), ALLOW("timer_delete"),

    /* Sockets, and System V's and POSIX's queues (of the IPC namespace). */
    ALLOW("socket"), ALLOW("socketpair"), ALLOW("connect"), ALLOW("accept"), ALLOW("accept4"), ALLOW("bind"),
    ALLOW("listen"), ALLOW("sendto"), ALLOW("recvfrom"), ALLOW("sendmsg"), ALLOW("recvmsg"), ALLOW("sendmmsg"),
    ALLOW("recvmmsg"), ALLOW("shutdown"), ALLOW("getsockname"), ALLOW("getpeername"), ALLOW("setsockopt"),
    ALLOW("getsockopt"), ALLOW("semget"), ALLOW("semop"), ALLOW("semctl"), ALLOW("semtimedop"), ALLOW("msgget"),
    ALLOW("msgsnd"), ALLOW("msgrcv"), ALLOW("msgctl"), ALLOW("mq_open"), ALLOW("mq_unlink"), ALLOW("mq_timedsend"),
    ALLOW("mq_timedreceive"), ALLOW("mq_notify"), ALLOW("mq_getsetattr"),

    /* The system, as far as it may be asked. */
    ALLOW("uname"), ALLOW("sysinfo"), ALLOW("getrandom"),

    /* Mounts: the world is as it was set up. A container's root misses the capability, and so do guests here; refused as
     * well, because these calls are where user namespaces have let most errors of the kernel be reached. */
    EPERM_("mount"), EPERM_("umount2"), EPERM_("pivot_root"), EPERM_("move_mount"), EPERM_("open_tree"),
    EPERM_("fsopen"), EPERM_("fsconfig"), EPERM_("fsmount"), EPERM_("fspick"), EPERM_("mount_setattr"),
    {"open_tree_attr", 467, CALL_EPERM}, EPERM_("swapon"), EPERM_("swapoff"), EPERM_("quotactl"),
    EPERM_("quotactl_fd"), EPERM_("acct"), EPERM_("setns"),
    /* A file by its handle passes by every directory above it, and with that the root. */
    EPERM_("open_by_handle_at"),
    /* The kernel's own: modules, other kernels, ports, clocks, the console, its log. */
    EPERM_("init_module"), EPERM_("finit_module"), EPERM_("delete_module"), EPERM_("kexec_load"),
    EPERM_("kexec_file_load"), EPERM_("reboot"), EPERM_("iopl"), EPERM_("ioperm"), EPERM_("settimeofday"),
    EPERM_("clock_settime"), EPERM_("sethostname"), EPERM_("setdomainname"), EPERM_("vhangup"), EPERM_("syslog"),
    /* Programs inside the kernel, and views of it. */
    EPERM_("bpf"), EPERM_("perf_event_open"), EPERM_("lookup_dcookie"), EPERM_("fanotify_init"),
    /* The user's keys are not divided by namespaces as a guest would need it. */
    EPERM_("keyctl"), EPERM_("add_key"), EPERM_("request_key"),
    /* Holding the kernel at a page fault is the usual aid of exploits; so is a pipe that has pages of the guest's. */
    EPERM_("userfaultfd"), EPERM_("vmsplice"),
    /* Where memory lies: containers refuse it without CAP_SYS_NICE, as it reaches beyond the instance's limits. */
    EPERM_("get_mempolicy"), EPERM_("set_mempolicy"), EPERM_("mbind"), EPERM_("migrate_pages"), EPERM_("move_pages"),
    EPERM_("process_madvise"), {"set_mempolicy_home_node", 450, CALL_EPERM},
    /* Old calls that a container refuses. */
    EPERM_("sysfs"), EPERM_("ustat"), EPERM_("uselib"),

    /* Its flags lie in memory: the C libraries then take clone, whose flags can be seen. */
    {"clone3", 0, CALL_ENOSYS},
    /* Its operations pass by this filter. Programs do without. */
    {"io_uring_setup", 0, CALL_ENOSYS}, {"io_uring_enter", 0, CALL_ENOSYS}, {"io_uring_register", 0, CALL_ENOSYS},
    {NULL, 0, CALL_ALLOW},
};

const char *const filter_calls32[] = {"set_thread_area", "get_thread_area", NULL};

#define LOW 0xffffffffu

enum { RLIMIT_LOCKS_ = RLIMIT_LOCKS }; /* a number, where glibc has a name of its own */

const struct filter_refusal filter_refusals[] = {
    /* Typing into the terminal that a command has been started from, by its line discipline or its console. */
    {"ioctl", EPERM, {{1, LOW, TIOCSTI}}},
    {"ioctl", EPERM, {{1, LOW, TIOCLINUX}}},
    {"ioctl", EPERM, {{1, LOW, TIOCCONS}}},
    {"ioctl", EPERM, {{1, LOW, TIOCSETD}}}, /* and loads modules that are line disciplines */
    /* As containers: auditing is the host's. */
    {"socket", EINVAL, {{0, LOW, AF_NETLINK}, {2, LOW, NETLINK_AUDIT}}},
    {NULL, 0, {{0, 0, 0}}},
};

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NAMESPACES                                                                                                     \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* What a guest may make of itself: containers' two, and layouts without chance, which are its own affair. */
#define PERSONALITIES ((uint32_t)(PER_LINUX32 | UNAME26 | ADDR_NO_RANDOMIZE))
/* 0xffffffff asks only. A value with this bit and without another sets, and is none that there is. */
#define ASKS 0x80000000u

const struct filter_bits filter_bits[] = {
    /* New namespaces give a guest capabilities over what only they can reach. clone's lowest byte is a signal. */
    {"clone", EPERM, 0, NAMESPACES, 0, 0},
    {"unshare", EPERM, 0, NAMESPACES | CLONE_NEWTIME, 0, 0},
    {"personality", EPERM, 0, ~PERSONALITIES & ~ASKS, ASKS, 0},
    {"personality", EPERM, 0, ~ASKS, ASKS, 1},
    {NULL, 0, 0, 0, 0, 0},
};

/* Any other has a piece of kernel of its own, which containers' users do not need: AF_VSOCK reaches the hypervisor. */
const uint64_t filter_families = 1u << AF_UNIX | 1u << AF_INET | 1u << AF_INET6 | 1u << AF_NETLINK;

#define NEVER(name, error) {name, error, 0, {0, 0, 0}}
#define ARG(n)             (1u << (n))

const struct filter_fence filter_fence[] = {
    /* Changes of what is known of a file, by its path: the engine makes them by descriptors, which Landlock guards. A
     * utimensat without a path is futimens. */
    NEVER("chmod", EPERM), NEVER("fchmodat", EPERM), NEVER("fchmodat2", EPERM), NEVER("chown", EPERM),
    NEVER("lchown", EPERM), NEVER("fchownat", EPERM), NEVER("utime", EPERM), NEVER("utimes", EPERM),
    {"utimensat", EPERM, ARG(1), {0, 0, 0}}, {"futimesat", EPERM, ARG(1), {0, 0, 0}}, NEVER("setxattr", EPERM),
    NEVER("lsetxattr", EPERM), NEVER("setxattrat", EPERM), NEVER("removexattr", EPERM), NEVER("lremovexattr", EPERM),
    NEVER("removexattrat", EPERM),
    /* A file's flags, likewise, which a descriptor for reading does for. */
    {"ioctl", EPERM, 0, {1, LOW, FS_IOC_SETFLAGS}}, {"ioctl", EPERM, 0, {1, LOW, FS_IOC_FSSETXATTR}},
    NEVER("chroot", EPERM),
    /* Queues, semaphores and memory that have numbers or names for all of a user's processes. */
    NEVER("shmget", ENOSYS), NEVER("shmat", ENOSYS), NEVER("shmctl", ENOSYS), NEVER("shmdt", ENOSYS),
    NEVER("semget", ENOSYS), NEVER("semop", ENOSYS), NEVER("semctl", ENOSYS), NEVER("semtimedop", ENOSYS),
    NEVER("msgget", ENOSYS), NEVER("msgsnd", ENOSYS), NEVER("msgrcv", ENOSYS), NEVER("msgctl", ENOSYS),
    NEVER("mq_open", ENOSYS), NEVER("mq_unlink", ENOSYS),
    /* Other processes' limits and turns: Landlock keeps signals and tracing from them only. */
    {"prlimit64", EPERM, ARG(0) | ARG(2), {0, 0, 0}},
    {"sched_setaffinity", EPERM, ARG(0), {0, 0, 0}}, {"sched_setscheduler", EPERM, ARG(0), {0, 0, 0}},
    {"sched_setparam", EPERM, ARG(0), {0, 0, 0}}, {"sched_setattr", EPERM, ARG(0), {0, 0, 0}},
    {"setpriority", EPERM, ARG(0), {0, 0, 0}}, {"setpriority", EPERM, ARG(1), {0, 0, 0}},
    {"ioprio_set", EPERM, ARG(1), {0, 0, 0}},
    /* The mark by which the world's processes are known (instance/mark.h). */
    {"prlimit64", EPERM, ARG(2), {1, LOW, RLIMIT_LOCKS_}}, {"setrlimit", EPERM, 0, {0, LOW, RLIMIT_LOCKS_}},
    /* A path leads to any of the user's services, such as the one that starts programs. Pairs need none. */
    {"socket", EAFNOSUPPORT, 0, {0, LOW, AF_UNIX}},
    {NULL, 0, 0, {0, 0, 0}},
};

const struct filter_fence filter_fence_network[] = {
    {"socket", EAFNOSUPPORT, 0, {0, LOW, AF_INET}},
    {"socket", EAFNOSUPPORT, 0, {0, LOW, AF_INET6}},
    {"socket", EAFNOSUPPORT, 0, {0, LOW, AF_NETLINK}},
    {NULL, 0, 0, {0, 0, 0}},
};
/* clang-format on */
