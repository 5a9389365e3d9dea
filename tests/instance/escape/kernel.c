/* Mounts, code, keys, namespaces: the kernel itself. Numbers: arch/x86/entry/syscalls/syscall_64.tbl. */
#include "hostile.h"

enum {
    CLONE = 56,
    UNSHARE = 272,
    SETNS = 308,
    CLONE3 = 435,
    PIVOT_ROOT = 155,
    FSOPEN = 430,
    OPEN_TREE = 428,
    MOVE_MOUNT = 429,
    MOUNT_SETATTR = 442,
    UMOUNT2 = 166,
    INIT_MODULE = 175,
    KEXEC = 246,
    KEXEC_FILE = 320,
    BPF = 321,
    PERF = 298,
    USERFAULT = 323,
    URING = 425,
    IOPL = 172,
    IOPERM = 173,
    ADD_KEY = 248,
    REQUEST_KEY = 249,
    KEYCTL = 250,
    BY_HANDLE = 304,
    TO_HANDLE = 303,
    PERSONALITY = 135,
    SWAPON = 167,
    SYSLOG = 103,
    SETHOSTNAME = 170,
    CAPSET = 126,
    SETRESUID = 117,
    PRCTL = 157,
    FANOTIFY = 300,
    SCHED_SETSCHEDULER = 144,
    SCHED_SETATTR = 314,
    IOPRIO_SET = 251,
    QUOTACTL = 179,
    X32 = 0x40000000
};

static long six(long n, long a, long b, long c, long d, long e)
{
    return call(n, a, b, c, d, e, 0);
}

static void namespaces(void)
{
    static const long kinds[] = {0x10000000, 0x20000, 0x40000000, 0x20000000, 0x4000000, 0x8000000, 0x2000000, 0x80};
    long args3[11] = {0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0};
    bool made = false;
    bool cloned = false;
    for (int i = 0; i < 8; i++) {
        made = made || six(UNSHARE, kinds[i], 0, 0, 0, 0) == 0;
        long r = i < 7 ? six(CLONE, kinds[i] | 17, 0, 0, 0, 0) : -1;
        if (r == 0) {
            op(EXIT, 0, 0, 0);
        }
        cloned = cloned || r > 0;
    }
    long r = six(CLONE3, P(args3), 88, 0, 0, 0);
    if (r == 0) {
        op(EXIT, 0, 0, 0);
    }
    tell("unshare", made);
    tell("clone", cloned);
    tell("clone3", r > 0);
    tell("setns", six(SETNS, op(OPEN, P("/proc/1/ns/mnt"), 0, 0), 0, 0, 0, 0) == 0 ||
                      six(SETNS, op(OPEN, P("/proc/1/ns/user"), 0, 0), 0, 0, 0, 0) == 0);
}

static void mounts(void)
{
    tell("mount", op6(MOUNT, P("none"), P("/tmp"), P("tmpfs"), 0, 0, 0) == 0);
    tell("mount-bind", op6(MOUNT, P("/proc"), P("/tmp"), 0, 4096, 0, 0) == 0);
    tell("mount-remount", op6(MOUNT, 0, P("/proc/sys"), 0, 4096 | 32, 0, 0) == 0);
    tell("unmount", op6(UNMOUNT, P("/proc/sys"), 2, 0, 0, 0, 0) == 0 || op6(UNMOUNT, P("/"), 2, 0, 0, 0, 0) == 0);
    if (is_linux()) {
        tell("pivot-root", six(PIVOT_ROOT, P("/tmp"), P("/tmp"), 0, 0, 0) == 0);
        tell("new-mounts", six(FSOPEN, P("tmpfs"), 0, 0, 0, 0) >= 0 || six(OPEN_TREE, -100, P("/"), 1, 0, 0) >= 0 ||
                               six(MOVE_MOUNT, -100, P("/tmp"), -100, P("/dev"), 0) == 0 ||
                               six(MOUNT_SETATTR, -100, P("/"), 0, 0, 0) == 0);
        tell("swap", six(SWAPON, P("/tmp/a"), 0, 0, 0, 0) == 0);
    }
}

static void code(void)
{
    char attributes[128] = {0};
    tell("load-a-file", op6(LOADFILE, is_linux() ? 0 : P("/boot/kernel/null.ko"), P(""), 0, 0, 0, 0) >= 0);
    tell("restart-the-host", op6(REBOOT, is_linux() ? (long)0xfee1dead : 0, 672274793, 0x89abcdef, 0, 0, 0) == 0);
    tell("set-the-clock", op(SETTIME, P(attributes), 0, 0) == 0);
    tell("accounting", op(ACCT, P("/tmp/acct"), 0, 0) == 0);
    if (!is_linux()) {
        return;
    }
    tell("modules", six(INIT_MODULE, P(attributes), 1, P(""), 0, 0) == 0);
    tell("kexec", six(KEXEC, 0, 0, 0, 0, 0) == 0 || six(KEXEC_FILE, 0, -1, 0, 0, 0) == 0);
    tell("bpf", six(BPF, 0, P(attributes), sizeof attributes, 0, 0) >= 0);
    attributes[4] = 112;
    tell("perf", six(PERF, P(attributes), 0, -1, -1, 0) >= 0);
    tell("userfaultfd", six(USERFAULT, 0, 0, 0, 0, 0) >= 0 || six(USERFAULT, 1, 0, 0, 0, 0) >= 0);
    tell("io-uring", six(URING, 1, P(attributes), 0, 0, 0) >= 0);
    tell("ports", six(IOPL, 3, 0, 0, 0, 0) == 0 || six(IOPERM, 0x70, 1, 1, 0, 0) == 0);
    tell("kernel-log", six(SYSLOG, 3, P(attributes), 100, 0, 0) >= 0);
    tell("hostname", six(SETHOSTNAME, P("x"), 1, 0, 0, 0) == 0);
    tell("file-events", six(FANOTIFY, 0, 0, 0, 0, 0) >= 0);
    tell("quotas", six(QUOTACTL, (long)0x80000100, 0, 0, 0, 0) == 0);
    tell("keys", six(ADD_KEY, P("user"), P("k"), P("v"), 1, -3) >= 0 || six(KEYCTL, 0, -3, 1, 0, 0) >= 0 ||
                     six(REQUEST_KEY, P("user"), P("k"), 0, -3, 0) >= 0);
    tell("x32-calls", six(X32 + 39, 0, 0, 0, 0, 0) > 0 || six(X32 + 2, P("/"), 0, 0, 0, 0) >= 0);
}

/* A device node made by its numbers, where one can be made at all; and opened by handle, past every root. */
static void around_names(void)
{
    struct {
        unsigned size;
        int type;
        unsigned long inode[4];
    } handle = {8, 1, {2, 0, 0, 0}};
    long device = is_linux() ? 8 << 8 : 0x800;
    op(MKNOD, P("/tmp/disk"), 060600, device);
    op(MKNOD, P("/tmp/memory"), 020600, 1 << 8 | 1);
    op(MKNOD, P("/tmp/log"), 020600, 1 << 8 | 11);
    tell("device-nodes", (op(OPEN, P("/tmp/disk"), 0, 0) >= 0 && is_linux() && raw) ||
                             (op(OPEN, P("/tmp/memory"), 0, 0) >= 0 && is_linux() && raw) ||
                             (op(OPEN, P("/tmp/log"), 0, 0) >= 0 && is_linux() && raw));
    if (raw) { /* the host's own nodes; a guest may be told that its own changed */
        long times[4] = {1, 0, 1, 0};
        tell("chmod-a-device", op(CHMOD, P("/dev/null"), 0600, 0) == 0 || op(CHMOD, P("/dev/tty"), 0600, 0) == 0);
        tell("times-of-a-device",
             op(UTIMES, P("/dev/null"), 0, 0) == 0 || op(UTIMES, P("/dev/zero"), P(times), 0) == 0);
    }
    if (is_linux()) {
        bool out = six(BY_HANDLE, op(OPEN, P("/"), 0, 0), P(&handle), 0, 0, 0) >= 0;
        int mount = 0;
        handle.size = 24;
        six(TO_HANDLE, -100, P("/"), P(&handle), P(&mount), 0);
        out = out || six(BY_HANDLE, op(OPEN, P("/"), 0, 0), P(&handle), 0, 0, 0) >= 0;
        tell("handles", out);
    }
}

/* What stands before all that the host runs. */
static void real_time(void)
{
    int priority = 1;
    struct {
        unsigned size, policy;
        unsigned long flags;
        int nice;
        unsigned priority;
        unsigned long runtime, deadline, period;
    } deadline = {48, 6, 0, 0, 0, 1000000, 10000000, 10000000};
    tell("real-time", six(SCHED_SETSCHEDULER, 0, 1, P(&priority), 0, 0) == 0 ||
                          six(SCHED_SETSCHEDULER, 0, 2, P(&priority), 0, 0) == 0);
    tell("deadline", six(SCHED_SETATTR, 0, P(&deadline), 0, 0, 0) == 0);
    tell("real-time-disk", six(IOPRIO_SET, 1, 0, 1 << 13, 0, 0) == 0 && raw);
}

/* Where owners are emulated, the engine shows its guests ids and capabilities that the host does not give. */
static void privileges(void)
{
    unsigned head[2] = {0x20080522, 0};
    unsigned sets[6] = {~0U, ~0U, ~0U, ~0U, ~0U, ~0U};
    tell("capabilities", six(CAPSET, P(head), P(sets), 0, 0, 0) == 0 && raw);
    tell("ids-of-nobody", six(SETRESUID, 3000000, 3000000, 3000000, 0, 0) == 0 && raw);
    tell("namespace-limit", op(WRITE, op(OPEN, P("/proc/sys/user/max_user_namespaces"), 1, 0), P("9"), 1) == 1);
    tell("no-new-privs", six(PRCTL, 38, 0, 0, 0, 0) == 0);
    tell("filter-off", six(PRCTL, 22, 0, 0, 0, 0) == 0);
    tell("personality",
         six(PERSONALITY, 0x0400000, 0, 0, 0, 0) >= 0 && raw); /* READ_IMPLIES_EXEC; the engine's is its own */
}

void try_kernel(void)
{
    around_names();
    mounts();
    code();
    if (is_linux()) {
        namespaces();
        privileges();
        real_time();
    }
}
