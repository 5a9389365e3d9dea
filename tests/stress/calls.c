/*
 * Every call with arguments of every sort: the right kind, boundary values, nonsense. Whatever is passed, the engine
 * answers and lives (its own death is status 125), and every error it gives stands in the row's `errors`
 * (compat-db/syscalls/freebsd.tbl, whose sources are the manual pages and sys/kern).
 *
 * Calls are made by children, some thousand each, which note every call in memory shared with this process before they
 * make it. A child that a call holds up is killed; one that spins there is a fault. Nothing outside the scratch
 * directory is named, no process but the child's own, and root becomes nobody first.
 */
#include "stress.h"

enum {
    CALLS_PER_CHILD = 3000,
    AREA_PAGES = 16,
    PAGE = 4096,
    NOBODY = 65534,
    ERRORS_MAX = 128,
    ROWS_MAX = 640,
    ENGINE_DIED = 125,
    GUEST_FAULT = 77,
    RING = 12,
};

#define STALL  300000000ULL   /* ns in one call after which a child is looked at */
#define ENOUGH 40000000000ULL /* ns after which a child has made calls enough */
#define SPIN   8000000000ULL  /* ns of computing in one call that no call may take */

struct fuzz_row {
    int number;
    const char *name;
    const char *kinds; /* a letter for each argument: compat-db/tablegen/emit_c.py */
    const char *level;
    const uint8_t *errors; /* ends with 0 */
};

#include "freebsd_rows.h"

enum { ROWS = sizeof(fuzz_rows) / sizeof(fuzz_rows[0]) };
_Static_assert(ROWS <= ROWS_MAX, "more rows than the shared page has room for");

/* What parent and child share. */
struct shared {
    volatile uint64_t calls;   /* made so far, over all children */
    volatile uint32_t row;     /* of the last call */
    volatile uint32_t wrecked; /* a call may have taken away what the child stands on */
    volatile uint64_t arguments[6];
    volatile uint16_t done[RING]; /* the last calls that succeeded */
    volatile uint32_t done_count;
    volatile uint64_t fault[4]; /* signal, code, address, instruction */
    volatile uint8_t made[ROWS_MAX];
    volatile uint8_t unlisted[ROWS_MAX][ERRORS_MAX];
};
static struct shared *shared;

/* Their purpose is to end or to replace the process, or they reach beyond it (sync: every disk of the host). */
static const char *const left_out[] = {
    "exit",     "abort2",  "reboot",     "sync",   "sigreturn", "freebsd4_sigreturn", "setcontext", "swapcontext",
    "thr_exit", "thr_new", "thr_create", "execve", "fexecve",   "__mac_execve"};
/* Having succeeded, they may have left nothing to run on; or a signal's handler that is nowhere. */
static const char *const wreckers[] = {"munmap",
                                       "mprotect",
                                       "mmap",
                                       "freebsd6_mmap",
                                       "minherit",
                                       "madvise",
                                       "break",
                                       "shmat",
                                       "shmsys",
                                       "sigaction",
                                       "freebsd4_sigaction",
                                       "sigaltstack",
                                       "sysarch",
                                       "rfork",
                                       "vfork",
                                       "sigfastblock",
                                       "_umtx_op",
                                       "aio_read",
                                       "freebsd6_aio_read",
                                       "aio_readv",
                                       "lio_listio",
                                       "freebsd6_lio_listio"};

static bool among(const char *name, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (guest_strcmp(name, names[i]) == 0)
            return true;
    return false;
}
#define AMONG(name, names) among(name, names, sizeof(names) / sizeof((names)[0]))

static char *area; /* AREA_PAGES between two that cannot be touched */
static int own_pid;

#define PICK(w, table) ((table)[stress_random(w, sizeof(table) / sizeof((table)[0]))])

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
/* Nowhere, the holes, the host's half, the engine. */
static const uint64_t wild[] = {0,
                                1,
                                8,
                                0xfff,
                                0x7c000000,
                                0x7c001000,
                                0x7fff0000,
                                0x7ffffffff000,
                                0x7fffffffffff,
                                0x800000000000,
                                0x7c0000000000,
                                0x7c00000c0000,
                                0xffff800000000000,
                                0xffffffff81000000,
                                ~0ULL,
                                ~7ULL};
static const char *const paths[] = {"file", "dir", "link",   "fifo", "dir/inner", "absent",    "absent/x", "file/x",
                                    "",     ".",   "dir/..", "loop", "socket",    "/dev/null", "dir/"};

static uint64_t some_address(struct stress_worker *w)
{
    switch (stress_random(w, 8)) {
    case 0:
        return PICK(w, wild);
    case 1: /* at the end: what is longer than a few bytes reaches into the hole */
        return (uint64_t)area + AREA_PAGES * PAGE - stress_random(w, 64);
    case 2:
        return (uint64_t)area - stress_random(w, 64);
    case 3:
        return (uint64_t)area + stress_random(w, AREA_PAGES) * PAGE;
    default:
        return (uint64_t)area + stress_random(w, AREA_PAGES * PAGE / 8) * 8;
    }
}

static uint64_t some_path(struct stress_worker *w)
{
    static char copies[16][32];
    static unsigned next;

    if (stress_random(w, 6) == 0)
        return some_address(w);
    char *copy = copies[next++ % 16];
    guest_format(copy, sizeof(copies[0]), "%s", PICK(w, paths));
    return (uint64_t)copy;
}

/* A number that is mostly one bit or few, as flags are. */
static uint64_t some_flags(struct stress_worker *w)
{
    uint64_t flags = 0;

    if (stress_random(w, 4) == 0)
        return PICK(w, edges);
    for (unsigned n = stress_random(w, 4); n > 0; n--)
        flags |= 1ULL << stress_random(w, stress_random(w, 8) == 0 ? 64 : 24);
    return flags;
}

static uint64_t some_pid(struct stress_worker *w)
{
    static const int64_t others[] = {0x7ffffff, 99999, 0x7fffffff, INT32_MIN, (1LL << 40) + 99999};

    return stress_random(w, 2) == 0 ? (uint64_t)own_pid : (uint64_t)PICK(w, others);
}

/* Not 0 to 2: they lead out of here. */
static uint64_t some_odd_descriptor(struct stress_worker *w)
{
    static const int64_t odd[] = {FREEBSD_AT_FDCWD, -1, -2, INT32_MIN, INT32_MAX, 1023, 1216, 1217, 1226, 65536};

    return (uint64_t)PICK(w, odd);
}

static uint64_t some_argument(struct stress_worker *w, char kind)
{
    if (stress_random(w, 16) == 0 && kind != 'i' && kind != 'd')
        return PICK(w, edges);
    switch (kind) {
    case 'd':
        return stress_random(w, 8) == 0 ? some_odd_descriptor(w) : 3 + stress_random(w, 24);
    case 'p':
        return some_path(w);
    case 'a':
    case 'v':
        return some_address(w);
    case 'z':
        return stress_random(w, 2) == 0 ? stress_random(w, 256) : PICK(w, edges);
    case 'i':
        return some_pid(w);
    case 'u':
        return stress_random(w, 2) == 0 ? NOBODY : PICK(w, edges);
    case 'm':
        return stress_random(w, 010000);
    case 'c':
        return stress_random(w, 20);
    case 'g':
        return stress_random(w, 130);
    case 'o':
        return stress_random(w, 2) == 0 ? stress_random(w, 65536) : PICK(w, edges);
    case 'f':
        return some_flags(w);
    default:
        return stress_random(w, 3) == 0 ? some_address(w) : stress_random(w, 40);
    }
}

/* Small numbers, addresses, nothing: what structures are made of. */
static void fill_area(struct stress_worker *w)
{
    uint64_t *words = (uint64_t *)area;

    for (unsigned n = 0; n < 64; n++) {
        uint64_t *at = &words[stress_random(w, AREA_PAGES * PAGE / 8)];
        switch (stress_random(w, 6)) {
        case 0:
            *at = some_address(w);
            break;
        case 1:
            *at = PICK(w, edges);
            break;
        case 2:
            *at = 0x0100007f00000210; /* a socket address of 16 bytes: inet, port 0, 127.0.0.1 */
            break;
        case 3:
            *at = stress_random(w, 24) | (uint64_t)stress_random(w, 24) << 32;
            break;
        default:
            *at = 0;
        }
    }
}

/* System V's objects would outlive the child, and the test. */
static void take_away(const char *name, int64_t id)
{
    if (guest_strcmp(name, "semget") == 0)
        SYS(__semctl, id, 0, 0 /* IPC_RMID */, 0);
    else if (guest_strcmp(name, "msgget") == 0)
        SYS(msgctl, id, 0, 0);
    else if (guest_strcmp(name, "shmget") == 0)
        SYS(shmctl, id, 0, 0);
}

/* By id: the child of a call that makes processes comes back here as well, and ends. */
static void make_call(struct stress_worker *w, uint32_t index)
{
    const struct fuzz_row *row = &fuzz_rows[index];
    uint64_t a[8] = {0};
    struct guest_result r;

    for (unsigned i = 0; row->kinds[i] != 0; i++)
        a[i] = some_argument(w, row->kinds[i]);
    for (unsigned i = 0; i < 6; i++)
        shared->arguments[i] = a[i];
    shared->row = index;
    shared->calls++;
    shared->made[index] = 1;
    bool wrecked = shared->wrecked != 0;
    if (AMONG(row->name, wreckers))
        shared->wrecked = 1;
    if (guest_strlen(row->kinds) > 6)
        guest_call8(&r, (uint64_t)row->number, a);
    else
        r = guest_call_raw((uint64_t)row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (SYS(getpid) != own_pid)
        guest_exit(0);
    if (r.carry == 0) {
        take_away(row->name, (int64_t)r.rax);
        return;
    }
    /* A range that is longer than the area may have been dealt with in part. */
    if (a[1] <= AREA_PAGES * PAGE)
        shared->wrecked = wrecked;
    for (const uint8_t *e = row->errors; *e != 0; e++)
        if (*e == r.rax)
            return;
    /* That it is not there is the level's to say. */
    if (r.rax < ERRORS_MAX && (r.rax != FREEBSD_ENOSYS || guest_strcmp(row->level, "full") == 0))
        shared->unlisted[index][r.rax] = 1;
}

static void on_alarm(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo, (void)info, (void)context;
}

/* A fault of the guest's own, if no call has sent the signal (those have codes above 0x10000: sys/sys/signal.h). */
static void on_fault(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    if (info->code <= 0 || info->code >= 0x10000)
        return;
    shared->fault[0] = (uint64_t)signo;
    shared->fault[1] = (uint64_t)info->code;
    shared->fault[2] = (uint64_t)info->addr;
    shared->fault[3] = context->mc.rip;
    guest_exit(GUEST_FAULT);
}

/* Descriptors 3 to 12 or so, of most sorts. */
static void make_world(void)
{
    int64_t pair[2];
    int32_t ends[2];

    SYS(mkdir, "dir", 0777);
    guest_file("file", "some content of a file");
    SYS(close, guest_file("dir/inner", "x"));
    SYS(symlink, "file", "link");
    SYS(symlink, "loop", "loop");
    SYS(mkfifo, "fifo", 0666);
    SYS(open, "dir", 0x20000 /* O_DIRECTORY */, 0);
    SYS(pipe2, ends, 4 /* O_NONBLOCK */);
    SYS(socketpair, 1, 1, 0, pair);
    SYS(socket, 2, 2, 0);
    SYS(socket, 2, 1, 0);
    SYS(kqueue);
    SYS(open, "/dev/null", 2, 0);
    SYS(shm_open2, 1 /* SHM_ANON */, 2, 0600, 0, 0);
}

static void limit(int resource, uint64_t value)
{
    struct freebsd_rlimit l = {(int64_t)value, (int64_t)value};

    SYS(setrlimit, resource, &l);
}

static void child_main(void *argument)
{
    struct stress_worker *w = argument;
    struct freebsd_itimerval every = {{0, 20000}, {0, 20000}};
    char name[32];

    own_pid = (int)SYS(getpid);
    guest_format(name, sizeof(name), "w%d", own_pid);
    SYS(mkdir, name, 0777);
    SYS(chdir, name);
    make_world();
    limit(1 /* FSIZE */, 1 << 20);
    limit(0 /* CPU */, 60);
    limit(4 /* CORE */, 0);
    guest_ignore(FREEBSD_SIGPIPE);
    guest_ignore(25 /* SIGXFSZ */);
    guest_handle(FREEBSD_SIGALRM, on_alarm, 0);
    guest_handle(FREEBSD_SIGSEGV, on_fault, 0);
    guest_handle(FREEBSD_SIGBUS, on_fault, 0);
    guest_handle(FREEBSD_SIGILL, on_fault, 0);
    for (unsigned n = 0; n < CALLS_PER_CHILD; n++) {
        uint32_t index = stress_random(w, ROWS);

        if (AMONG(fuzz_rows[index].name, left_out))
            continue;
        if (n % 16 == 0) {
            fill_area(w);
            SYS(setitimer, 0, &every, 0);
        }
        make_call(w, index);
    }
    guest_exit(0);
}

/* What a child's end says; false: a fault. */
static bool judge(int status, bool spinning)
{
    const struct fuzz_row *row = &fuzz_rows[shared->row];
    volatile const uint64_t *a = shared->arguments;
    const char *what = NULL;

    if (status == ENGINE_DIED << 8)
        what = "ends the engine";
    else if (spinning)
        what = "spins";
    else if (!shared->wrecked && status == GUEST_FAULT << 8)
        what = "kills the guest";
    if (what == NULL)
        return true;
    guest_printf("# signal %lu, code %lu, address 0x%lx, instruction 0x%lx; calls that succeeded before:",
                 (unsigned long)shared->fault[0], (unsigned long)shared->fault[1], (unsigned long)shared->fault[2],
                 (unsigned long)shared->fault[3]);
    for (uint32_t i = shared->done_count > RING ? shared->done_count - RING : 0; i < shared->done_count; i++)
        guest_printf(" %s", fuzz_rows[shared->done[i % RING]].name);
    guest_printf("\n");
    guest_fail(__FILE__, __LINE__, "%s %s (status 0x%x): 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx", row->name, what,
               (unsigned)status, (unsigned long)a[0], (unsigned long)a[1], (unsigned long)a[2], (unsigned long)a[3],
               (unsigned long)a[4], (unsigned long)a[5]);
    return false;
}

/* The nanoseconds that process has computed. */
static uint64_t busy_time(int pid)
{
    int32_t clock = 0;

    return SYS(clock_getcpuclockid2, pid, 1 /* CPUCLOCK_WHICH_PID */, &clock) < 0 ? 0 : guest_clock(clock);
}

/* Waits for a child; one that stands in a call is killed. Returns the status, and whether it was computing there. */
static int await_child(int pid, bool *spinning)
{
    uint64_t begin = guest_now(), seen = 0, since = begin, busy = 0;
    int status = 0;

    while (SYS(wait4, pid, &status, FREEBSD_WNOHANG, 0) == 0) {
        uint64_t now = guest_now();

        if (now - begin > ENOUGH)
            SYS(kill, pid, FREEBSD_SIGKILL);
        if (shared->calls != seen) {
            seen = shared->calls;
            since = now;
            busy = 0;
        } else if (now - since > STALL && busy == 0) {
            SYS(kill, pid, FREEBSD_SIGCONT); /* what it has sent itself */
            busy = busy_time(pid) + 1;
        } else if (now - since > 2 * STALL) {
            /* Waiting is a call's right, computing on and on is not. */
            uint64_t computed = busy_time(pid) + 1 - busy;
            *spinning = computed > SPIN;
            if (computed < STALL / 2 || computed > SPIN || now - since > 4 * SPIN)
                SYS(kill, pid, FREEBSD_SIGKILL);
        }
        guest_sleep_ms(1);
    }
    return status;
}

/* Runs one child; false when it shows a fault. */
static bool run_child(struct stress_worker *w)
{
    bool spinning = false;

    shared->wrecked = 0;
    w->random ^= shared->calls * 0x9e3779b97f4a7c15U | 1;
    int pid = guest_fork();
    if (pid == 0)
        child_main(w);
    return pid > 0 && judge(await_child(pid, &spinning), spinning);
}

static void drop_root(void)
{
    if (SYS(getuid) != 0)
        return;
    SYS(chmod, ".", 0777);
    REQUIRE(SYS(setgroups, 0, 0) == 0 && SYS(setgid, NOBODY) == 0 && SYS(setuid, NOBODY) == 0);
}

/* Far below the area: what takes or empties all memory from there on leaves this. */
static void *shared_pages(size_t size)
{
    int64_t at = SYS(mmap, 0x10000000, size, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
                     FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON | FREEBSD_MAP_FIXED, -1, 0);

    return at < 0 ? NULL : (void *)at;
}

static bool set_up(void)
{
    shared = shared_pages(sizeof(*shared));
    char *pages = guest_pages((AREA_PAGES + 2) * PAGE);
    if (shared == NULL || pages == NULL)
        return false;
    SYS(mprotect, pages, PAGE, FREEBSD_PROT_NONE);
    SYS(mprotect, pages + (AREA_PAGES + 1) * PAGE, PAGE, FREEBSD_PROT_NONE);
    area = pages + PAGE;
    drop_root();
    return !guest_failed();
}

static void print_unlisted(void)
{
    unsigned found = 0, made = 0;

    for (unsigned i = 0; i < ROWS; i++) {
        made += shared->made[i];
        for (unsigned e = 0; e < ERRORS_MAX; e++)
            if (shared->unlisted[i][e] != 0) {
                guest_printf("# %s gives error %u, which is not among the row's\n", fuzz_rows[i].name, e);
                found++;
            }
    }
    guest_printf("# %u of %u calls made, %u errors unlisted\n", made, (unsigned)ROWS, found);
    /* A short run is there for what dies or spins: it would find the rare ones by chance, now and then. */
    if (found != 0 && stress_setting("STRESS_LONG", 0) != 0)
        guest_fail(__FILE__, __LINE__, "%u errors that their rows do not list", found);
}

TEST(calls)
{
    struct stress_worker *w = &stress_workers[0];

    REQUIRE(set_up());
    stress_alone(w, run_child, &shared->calls, "calls");
    print_unlisted();
}
