/* Processes outside, by their numbers and by /proc. */
#include "hostile.h"

enum {
    ATTACH_LINUX = 16,
    ATTACH_BSD = 10,
    SEIZE = 0x4206,
    VM_READ = 310,
    PIDFD_OPEN = 434,
    PIDFD_GETFD = 438,
    SETPRIORITY = 141,
    PRLIMIT = 302,
    SETAFFINITY = 203,
    SIGQUEUEINFO = 129,
    SOCKETPAIR = 53,
    SET_OWNER = 8,
    SET_FLAGS = 4,
    ASYNC = 0x2000,
    NUMBERS = 40
};

static bool proc_of(long pid, const char *rest, int flags)
{
    char path[512] = "/proc/";
    if (pid == 0) {
        append(path, "self");
    } else {
        append_number(path, pid);
    }
    append(path, rest);
    if (flags != 0) {
        long fd = op(OPEN, P(path), flags, 0);
        if (fd >= 0) {
            op(CLOSE, fd, 0, 0);
        }
        return fd >= 0;
    }
    return opens_secret(path);
}

/* Roots and directories of all processes that there are, and what the first one has open. */
void try_proc(void)
{
    char rest[512];
    bool root = false;
    bool cwd = false;
    bool descriptor = false;
    for (long pid = 0; pid < NUMBERS; pid++) {
        copy(rest, "/root");
        append(rest, given("secret"));
        root = root || proc_of(pid, rest, 0);
        copy(rest, "/cwd/../../../../../../..");
        append(rest, given("secret"));
        cwd = cwd || proc_of(pid, rest, 0);
    }
    for (long fd = 0; fd < NUMBERS; fd++) {
        copy(rest, "/fd/");
        append_number(rest, fd);
        descriptor = descriptor || proc_of(1, rest, 1);
        append(rest, given("secret"));
        descriptor = descriptor || proc_of(1, rest, 0);
    }
    tell("proc-root", root);
    tell("proc-cwd", cwd);
    tell("proc-fd-of-the-first", descriptor);
    tell("proc-mem-of-the-first", proc_of(1, "/mem", 2));
    tell("proc-environ-of-the-first", opens_secret("/proc/1/environ"));
    copy(rest, "");
    if (raw) { /* to a guest it is its own program, which may be its to change */
        tell("write-the-engine", proc_of(0, "/exe", 1));
        tell("chmod-the-engine", op(CHMOD, P("/proc/self/exe"), 04777, 0) == 0);
    }
    tell("sysrq", op(OPEN, P("/proc/sysrq-trigger"), 1, 0) >= 0);
    tell("core-pattern", op(OPEN, P("/proc/sys/kernel/core_pattern"), 1, 0) >= 0);
    tell("modprobe-path", op(OPEN, P("/proc/sys/kernel/modprobe"), 1, 0) >= 0);
    tell("kernel-memory", op(OPEN, P("/proc/kcore"), 0, 0) >= 0 && op(OPEN, P("/dev/mem"), 0, 0) >= 0);
    tell("sysfs", op(OPEN, P("/sys/kernel/uevent_helper"), 1, 0) >= 0);
    if (is_linux()) {
        tell("uid-map", op(WRITE, op(OPEN, P("/proc/self/uid_map"), 1, 0), P("0 0 1"), 5) > 0);
        tell("oom-score", op(WRITE, op(OPEN, P("/proc/self/oom_score_adj"), 1, 0), P("-1000"), 5) > 0);
    }
}

/* By other ways than kill: what changes how a process runs, and signals that descriptors and queues send. */
static void around_signals(long victim)
{
    long limit[2] = {0, 0};
    long processors = 1;
    int information[32] = {15, 0, -1};
    int pair[2] = {-1, -1};
    tell("slow-a-process", call(SETPRIORITY, 0, victim, 19, 0, 0, 0) == 0 ||
                               call(SETAFFINITY, victim, 8, P(&processors), 0, 0, 0) == 0 ||
                               call(PRLIMIT, victim, 7, P(limit), 0, 0, 0) == 0);
    call(SOCKETPAIR, 1, 1, 0, P(pair), 0, 0);
    tell("signal-by-owner", op(FCNTL, pair[0], SET_OWNER, victim) == 0);
    op(FCNTL, pair[0], SET_FLAGS, ASYNC); /* it would end the victim */
    op(WRITE, pair[1], P(pair), 1);
    tell("signal-by-queue", call(SIGQUEUEINFO, victim, 15, P(information), 0, 0, 0) == 0);
}

void try_processes(void)
{
    long victim = number(given("victim"));
    bool traced = false;
    bool signalled = false;
    bool read = false;
    char byte;
    long to[2] = {P(&byte), 1};
    long from[2] = {0x400000, 1};
    const long others[] = {victim, 1, number(given("launcher"))};
    for (int i = 0; i < 3; i++) {
        long pid = others[i];
        traced = traced || op6(PTRACE, is_linux() ? ATTACH_LINUX : ATTACH_BSD, pid, 0, 0, 0, 0) == 0;
        signalled = signalled || (pid != 1 && op(KILL, pid, 9, 0) == 0);
        if (is_linux()) {
            traced = traced || op6(PTRACE, SEIZE, pid, 0, 0, 0, 0) == 0;
            read = read || call(VM_READ, pid, P(to), 1, P(from), 1, 0) == 1;
            long process = call(PIDFD_OPEN, pid, 0, 0, 0, 0, 0);
            for (long fd = 0; process >= 0 && fd < NUMBERS; fd++) {
                read = read || call(PIDFD_GETFD, process, fd, 0, 0, 0, 0) >= 0;
            }
        }
    }
    op(KILL, 1, 9, 0); /* it shows whether there is a world afterwards */
    op(KILL, 1, 15, 0);
    if (is_linux()) {
        around_signals(victim);
    }
    tell("trace-a-process", traced);
    tell("kill-a-process", signalled);
    tell("read-a-process", read);
}
