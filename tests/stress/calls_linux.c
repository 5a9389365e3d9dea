/*
 * Every call of Linux with arguments of every sort: the right kind, boundary values, nonsense. An ordinary C program, of each
 * ABI: whatever is passed, the engine answers and lives (its own death is status 125), and nothing of the program's own is
 * touched. Its counterpart for FreeBSD, which looks at errors as well, is calls.c.
 *
 * Calls are made by children, some thousand each, which note every call in memory shared with this process before they make
 * it. A child that a call holds up is killed; one that spins there is a fault. Nothing outside the scratch directory is named,
 * no process but the child's own, and root becomes nobody first.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CALLS_PER_CHILD = 3000,
    AREA_PAGES = 16,
    PAGE = 4096,
    NOBODY = 65534,
    ENGINE_DIED = 125,
    GUEST_FAULT = 77,
    MEMORY_FAULTS = 16,
    RING = 12,
};

#define SECOND 1000000000LL
#define STALL  (SECOND * 3 / 10) /* in one call, after which a child is looked at */
#define ENOUGH (SECOND * 40)     /* after which a child has made calls enough */
#define SPIN   (SECOND * 8)      /* of computing in one call that no call may take */

struct fuzz_row {
    int number;
    const char *name;
    const char *kinds; /* a letter for each argument: compat-db/tablegen/emit_c.py */
    const char *level;
    const uint8_t *errors;
};

#include ROWS_HEADER

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ROWS     COUNT(fuzz_rows)

/* What parent and child share. */
struct shared {
    volatile uint64_t calls;   /* made so far, over all children */
    volatile uint32_t row;     /* of the last call */
    volatile uint32_t wrecked; /* a call may have taken away what the child stands on */
    volatile uint64_t arguments[6];
    volatile uint16_t done[RING]; /* the last calls that succeeded */
    volatile uint32_t done_count;
    volatile uint64_t fault[3]; /* signal, code, address */
    volatile uint8_t made[1024];
};
static struct shared *shared;
_Static_assert(ROWS <= 1024, "more rows than the shared pages have room for");

/*
 * Their purpose is to end or to replace the process, to make one that stands on memory of chance, or they reach beyond it: the
 * disks of the host, its namespaces, where a new one gives privileges.
 */
static const char *const left_out[] = {
    "exit",  "exit_group", "sigreturn", "rt_sigreturn", "execve", "execveat", "clone",       "clone3", "vfork",
    "sync",  "syncfs",     "unshare",   "setns",        "reboot", "ptrace",   "vhangup",     "acct",   "kexec_load",
    "mount", "umount",     "umount2",   "pivot_root",   "swapon", "swapoff",  "settimeofday"};
/* Having succeeded, they may have left nothing to run on; or a signal's handler that is nowhere. */
static const char *const wreckers[] = {"munmap",          "mprotect",   "pkey_mprotect", "mmap",
                                       "mmap2",           "mremap",     "madvise",       "brk",
                                       "shmat",           "shmdt",      "ipc",           "remap_file_pages",
                                       "mseal",           "sigaction",  "rt_sigaction",  "signal",
                                       "sigaltstack",     "modify_ldt", "prctl",         "rseq",
                                       "set_thread_area", "arch_prctl", "personality",   "process_madvise",
                                       "io_submit",       "io_setup",   "io_destroy",    "set_robust_list",
                                       "set_tid_address", "futex"};

static bool among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}
#define AMONG(name, names) among(name, names, COUNT(names))

static char *area; /* AREA_PAGES between two that cannot be touched */
static int own_pid;
static uint64_t state;

static uint64_t chance(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}
#define PICK(table) ((table)[chance(COUNT(table))])

static const uint64_t edges[] = {0,           1,
                                 2,           3,
                                 7,           8,
                                 15,          16,
                                 31,          64,
                                 100,         127,
                                 128,         255,
                                 256,         512,
                                 1023,        1024,
                                 4095,        4096,
                                 4097,        0x7fff,
                                 0xffff,      0x10000,
                                 0x7fffffff,  0x80000000,
                                 0xfffffffe,  0xffffffff,
                                 0x100000000, ~0ULL,
                                 ~1ULL,       1ULL << 62,
                                 1ULL << 63,  (1ULL << 63) - 1};
/* Nowhere, the engine, just before it, the host's half. */
static const uint64_t wild[] = {0,
                                1,
                                8,
                                0xfff,
                                0x7bffffff,
                                0x7bfffff0,
                                0x7c000000,
                                0x7c001000,
                                0x7f000000,
                                0x7fff0000,
                                0xffffe000,
                                0xfffff000,
                                0x17c001000,
                                0x7ffffffff000,
                                0x7fffffffffff,
                                0x800000000000,
                                0x7bfffffffff0,
                                0x7c0000000000,
                                0x7c00000c0000,
                                0xffff800000000000,
                                0xffffffff81000000,
                                ~0ULL,
                                ~7ULL};
static const char *const paths[] = {
    "file", "dir", "link",   "fifo", "dir/inner", "absent",    "absent/x",        "file/x",
    "",     ".",   "dir/..", "loop", "socket",    "/dev/null", "/proc/self/maps", "dir/"};

static uint64_t some_address(void)
{
    uint64_t start = (uint64_t)(uintptr_t)area;

    switch (chance(8)) {
    case 0:
        return PICK(wild);
    case 1: /* at the end: what is longer than a few bytes reaches into the hole */
        return start + AREA_PAGES * PAGE - chance(64);
    case 2:
        return start - chance(64);
    case 3:
        return start + chance(AREA_PAGES) * PAGE;
    default:
        return start + chance(AREA_PAGES * PAGE / 8) * 8;
    }
}

static uint64_t some_path(void)
{
    static char copies[16][32];
    static unsigned next;

    if (chance(6) == 0)
        return some_address();
    char *copy = copies[next++ % 16];
    snprintf(copy, sizeof(copies[0]), "%s", PICK(paths));
    return (uint64_t)(uintptr_t)copy;
}

/* A number that is mostly one bit or few, as flags are. */
static uint64_t some_flags(void)
{
    uint64_t flags = 0;

    if (chance(4) == 0)
        return PICK(edges);
    for (uint64_t n = chance(4); n > 0; n--)
        flags |= 1ULL << chance(chance(8) == 0 ? 64 : 24);
    return flags;
}

static uint64_t some_pid(void)
{
    static const int64_t others[] = {0x7ffffff, 9999999, 0x7fffffff, INT32_MIN};

    return chance(2) == 0 ? (uint64_t)own_pid : (uint64_t)PICK(others);
}

/* Not 0 to 2: they lead out of here. */
static uint64_t some_descriptor(void)
{
    static const int64_t odd[] = {AT_FDCWD, -1, -2, INT32_MIN, INT32_MAX, 1023, 1216, 1217, 1226, 65536};

    return chance(8) == 0 ? (uint64_t)PICK(odd) : 3 + chance(24);
}

static uint64_t some_argument(char kind)
{
    if (chance(16) == 0 && kind != 'i' && kind != 'd')
        return PICK(edges);
    switch (kind) {
    case 'd':
        return some_descriptor();
    case 'p':
        return some_path();
    case 'a':
    case 'v':
        return some_address();
    case 'z':
        return chance(2) == 0 ? chance(256) : PICK(edges);
    case 'i':
        return some_pid();
    case 'u':
        return chance(2) == 0 ? NOBODY : PICK(edges);
    case 'm':
        return chance(010000);
    case 'c':
        return chance(20);
    case 'g':
        return chance(70);
    case 'o':
        return chance(2) == 0 ? chance(65536) : PICK(edges);
    default: /* many tables say no more than that it is a number: flags, counts, commands */
        return chance(4) == 0 ? some_address() : chance(2) == 0 ? chance(40) : some_flags();
    }
}

/* Small numbers, addresses, nothing: what structures are made of. */
static void fill_area(void)
{
    uint64_t *words = (uint64_t *)area;
    uint32_t *halves = (uint32_t *)area;

    for (unsigned n = 0; n < 64; n++) {
        uint64_t *at = &words[chance(AREA_PAGES * PAGE / 8)];
        switch (chance(7)) {
        case 0:
            *at = some_address();
            break;
        case 1:
            halves[chance(AREA_PAGES * PAGE / 4)] = (uint32_t)some_address();
            break;
        case 2:
            *at = PICK(edges);
            break;
        case 3:
            *at = 0x0100007f00000002; /* a socket address: inet, port 0, 127.0.0.1 */
            break;
        case 4:
            *at = chance(24) | chance(24) << 32;
            break;
        default:
            *at = 0;
        }
    }
}

/* Objects that would outlive the child, and the test. */
static void take_away(const char *name, uint64_t first, long id)
{
    static const char *const by_number[24] = {[2] = "semget", [13] = "msgget", [23] = "shmget"};

    if (strcmp(name, "ipc") == 0 && (first & 0xffff) < COUNT(by_number) && by_number[first & 0xffff] != NULL)
        name = by_number[first & 0xffff]; /* ipc(2) */
    if (strcmp(name, "semget") == 0)
        semctl((int)id, 0, IPC_RMID);
    else if (strcmp(name, "msgget") == 0)
        msgctl((int)id, IPC_RMID, NULL);
    else if (strcmp(name, "shmget") == 0)
        shmctl((int)id, IPC_RMID, NULL);
    else if (strcmp(name, "mq_open") == 0)
        for (unsigned i = 0; i < COUNT(paths); i++)
            syscall(SYS_mq_unlink, paths[i]);
}

static long call_number(const struct fuzz_row *row)
{
#if defined(__x86_64__) && defined(__ILP32__)
    return 0x40000000 + row->number;
#else
    return row->number;
#endif
}

/* By id: the child of a call that makes processes comes back here as well, and ends. */
static void make_call(uint32_t index)
{
    const struct fuzz_row *row = &fuzz_rows[index];
    uint64_t a[8] = {0};

    for (unsigned i = 0; row->kinds[i] != 0; i++)
        a[i] = some_argument(row->kinds[i]);
    for (unsigned i = 0; i < 6; i++)
        shared->arguments[i] = a[i];
    shared->row = index;
    shared->calls++;
    shared->made[index] = 1;
    bool wrecked = shared->wrecked != 0;
    if (AMONG(row->name, wreckers))
        shared->wrecked = 1;
    long r = syscall(call_number(row), a[0], a[1], a[2], a[3], a[4], a[5]);
    if (syscall(SYS_getpid) != own_pid)
        syscall(SYS_exit_group, 0);
    if (r != -1) {
        take_away(row->name, a[0], r);
        shared->done[shared->done_count++ % RING] = (uint16_t)index;
    } else if (a[1] <= AREA_PAGES * PAGE) {
        shared->wrecked = wrecked; /* a range that is longer than the area may have been dealt with in part */
    }
}

static void on_alarm(int signo)
{
    (void)signo;
}

/* A fault of the program's own, if no call has sent the signal. */
static void on_fault(int signo, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code <= 0 || info->si_code >= MEMORY_FAULTS)
        return;
    shared->fault[0] = (uint64_t)signo;
    shared->fault[1] = (uint64_t)info->si_code;
    shared->fault[2] = (uint64_t)(uintptr_t)info->si_addr;
    syscall(SYS_exit_group, GUEST_FAULT);
}

static void make_file(const char *name, const char *content)
{
    int fd = open(name, O_CREAT | O_RDWR, 0666);

    if (fd < 0 || write(fd, content, strlen(content)) < 0)
        _exit(1);
}

/* Descriptors from 3 on, of most sorts. */
static void make_world(void)
{
    int pair[2];

    mkdir("dir", 0777);
    make_file("file", "some content of a file");
    make_file("dir/inner", "x");
    if (symlink("file", "link") != 0 || symlink("loop", "loop") != 0 || mkfifo("fifo", 0666) != 0)
        _exit(1);
    open("dir", O_RDONLY | O_DIRECTORY);
    if (pipe2(pair, O_NONBLOCK) != 0)
        _exit(1);
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
    socket(AF_INET, SOCK_DGRAM, 0);
    socket(AF_INET, SOCK_STREAM, 0);
    epoll_create1(0);
    eventfd(1, EFD_NONBLOCK);
    open("/dev/null", O_RDWR);
    open("/proc/self/maps", O_RDONLY);
    memfd_create("memory", 0);
}

static void limit(int resource, rlim_t value)
{
    struct rlimit l = {value, value};

    setrlimit(resource, &l);
}

static void handle(int signo, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

    sigaction(signo, &act, NULL);
}

static void child_main(void)
{
    const struct itimerval every = {{0, 20000}, {0, 20000}};
    char name[32];

    own_pid = getpid();
    snprintf(name, sizeof(name), "w%d", own_pid);
    if (mkdir(name, 0777) != 0 || chdir(name) != 0)
        _exit(1);
    make_world();
    limit(RLIMIT_FSIZE, 1 << 20);
    limit(RLIMIT_CPU, 60);
    limit(RLIMIT_CORE, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGALRM, on_alarm);
    handle(SIGSEGV, on_fault);
    handle(SIGBUS, on_fault);
    handle(SIGILL, on_fault);
    for (unsigned n = 0; n < CALLS_PER_CHILD; n++) {
        uint32_t index = (uint32_t)chance(ROWS);

        if (AMONG(fuzz_rows[index].name, left_out))
            continue;
        if (n % 16 == 0) {
            fill_area();
            setitimer(ITIMER_REAL, &every, NULL);
        }
        make_call(index);
    }
    syscall(SYS_exit_group, 0);
}

/* What a child's end says; false: a fault. */
static bool judge(int status, bool spinning)
{
    const struct fuzz_row *row = &fuzz_rows[shared->row];
    volatile const uint64_t *a = shared->arguments;
    const char *what = NULL;

    if (WIFEXITED(status) && WEXITSTATUS(status) == ENGINE_DIED)
        what = "ends the engine";
    else if (spinning)
        what = "spins";
    else if (!shared->wrecked && WIFEXITED(status) && WEXITSTATUS(status) == GUEST_FAULT)
        what = "kills the guest";
    if (what == NULL)
        return true;
    printf(
        "# signal %llu, code %llu, address 0x%llx; calls that succeeded before:", (unsigned long long)shared->fault[0],
        (unsigned long long)shared->fault[1], (unsigned long long)shared->fault[2]);
    for (uint32_t i = shared->done_count > RING ? shared->done_count - RING : 0; i < shared->done_count; i++)
        printf(" %s", fuzz_rows[shared->done[i % RING]].name);
    printf("\nnot ok " KIND " # %s %s (status 0x%x):", row->name, what, (unsigned)status);
    for (unsigned i = 0; i < 6; i++)
        printf(" 0x%llx", (unsigned long long)a[i]);
    printf("\n");
    return false;
}

static long long now(clockid_t clock)
{
    struct timespec t = {0, 0};

    clock_gettime(clock, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

/* The nanoseconds that a child has computed. */
static long long busy_time(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? now(clock) : 0;
}

/* Waits for a child; one that stands in a call is killed. Returns the status, and whether it was computing there. */
static int await_child(pid_t pid, bool *spinning)
{
    long long begin = now(CLOCK_MONOTONIC), since = begin, busy = 0;
    uint64_t seen = 0;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        long long at = now(CLOCK_MONOTONIC);

        if (at - begin > ENOUGH)
            kill(pid, SIGKILL);
        if (shared->calls != seen) {
            seen = shared->calls;
            since = at;
            busy = 0;
        } else if (at - since > STALL && busy == 0) {
            kill(pid, SIGCONT); /* what it has sent itself */
            busy = busy_time(pid) + 1;
        } else if (at - since > 2 * STALL) {
            /* Waiting is a call's right, computing on and on is not. */
            long long computed = busy_time(pid) + 1 - busy;
            *spinning = computed > SPIN;
            if (computed < STALL / 2 || computed > SPIN || at - since > 4 * SPIN)
                kill(pid, SIGKILL);
        }
        usleep(1000);
    }
    return status;
}

/* Runs one child; false when it shows a fault. */
static bool run_child(void)
{
    bool spinning = false;

    shared->wrecked = 0;
    shared->done_count = 0;
    state ^= shared->calls * 0x9e3779b97f4a7c15U | 1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        child_main();
    return pid > 0 && judge(await_child(pid, &spinning), spinning);
}

static bool drop_root(void)
{
    if (getuid() != 0)
        return true;
    return chmod(".", 0777) == 0 && setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

/* The shared pages lie far below the area: what takes or empties all memory from there on leaves them. */
static bool set_up(void)
{
    const int both = PROT_READ | PROT_WRITE;

    shared = mmap((void *)0x10000000, sizeof(*shared), both, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    char *pages = mmap(NULL, (AREA_PAGES + 2) * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pages == MAP_FAILED)
        return false;
    mprotect(pages, PAGE, PROT_NONE);
    mprotect(pages + (AREA_PAGES + 1) * PAGE, PAGE, PROT_NONE);
    area = pages + PAGE;
    return drop_root();
}

static unsigned long setting(const char *name, unsigned long usual)
{
    const char *text = getenv(name);

    return text ? strtoul(text, NULL, 0) : usual;
}

int main(void)
{
    long long begin = now(CLOCK_MONOTONIC), said = begin;
    long long end = begin + (long long)setting("STRESS_SECONDS", 3) * SECOND;
    unsigned made = 0;

    state = setting("STRESS_SEED", (unsigned long)begin | 1);
    printf("# seed %llu\n", (unsigned long long)state);
    if (!set_up()) {
        printf("not ok " KIND " # cannot begin: %s\n", strerror(errno));
        return 1;
    }
    while (now(CLOCK_MONOTONIC) < end) {
        if (!run_child())
            return 1;
        if (now(CLOCK_MONOTONIC) - said > 10 * SECOND) {
            said = now(CLOCK_MONOTONIC);
            printf("# %llu calls\n", (unsigned long long)shared->calls);
        }
    }
    for (unsigned i = 0; i < ROWS; i++)
        made += shared->made[i];
    printf("# %llu calls, %u of %u rows\nok " KIND "\n", (unsigned long long)shared->calls, made, (unsigned)ROWS);
    return 0;
}
