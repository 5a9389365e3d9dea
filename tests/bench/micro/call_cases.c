/*
 * Cases of single calls, and the loop without any.
 */
#include "micro.h"

enum { PAGE = 4096, FILE_PAGES = 16, MAPPED_PAGES = 16 };

static const char file_name[] = "bench.dat"; /* in the working directory */

static int64_t known; /* what a call must answer each time */
static int fd;
static char buffer[PAGE] __attribute__((aligned(64))); /* alike for both systems: copying depends on it */

/* ---- who am I ---- */

static void getppid_prepare(void)
{
    known = sys_getppid();
}

static void getppid_loop(uint64_t n)
{
    while (n-- > 0)
        expect("getppid", sys_getppid(), known);
}

static void getpid_prepare(void)
{
    known = sys_getpid();
}

static void getpid_loop(uint64_t n)
{
    while (n-- > 0)
        expect("getpid", sys_getpid(), known);
}

static void getuid_prepare(void)
{
    known = sys_getuid();
}

static void getuid_loop(uint64_t n)
{
    while (n-- > 0)
        expect("getuid", sys_getuid(), known);
}

/* ---- time ---- */

static void clock_loop(uint64_t n)
{
    struct abi_timespec last = {0, 0}, ts;

    while (n-- > 0) {
        expect("clock_gettime", abi_clock(&ts), 0);
        if (ts.sec < last.sec || (ts.sec == last.sec && ts.nsec < last.nsec))
            fail("clock_gettime goes back; seconds", ts.sec);
        last = ts;
    }
}

/* ---- files ---- */

/* Sixteen pages, the first byte of each its number. */
static void file_prepare(void)
{
    int made = (int)must("open", sys_openat(ABI_AT_FDCWD, file_name, ABI_O_RDWR | ABI_O_CREAT | ABI_O_TRUNC, 0644));

    for (int i = 0; i < FILE_PAGES; i++) {
        buffer[0] = (char)i;
        expect("write", sys_write(made, buffer, PAGE), PAGE);
    }
    must("close", sys_close(made));
    fd = (int)must("open", sys_openat(ABI_AT_FDCWD, file_name, ABI_O_RDONLY, 0));
}

static void zero_prepare(void)
{
    fd = (int)must("open", sys_openat(ABI_AT_FDCWD, "/dev/zero", ABI_O_RDONLY, 0));
}

static void read_loop(uint64_t n)
{
    while (n-- > 0) {
        buffer[0] = 1;
        expect("read", sys_read(fd, buffer, 1), 1);
        expect("the byte read", buffer[0], 0);
    }
}

static void pread_loop(uint64_t n)
{
    while (n-- > 0) {
        int64_t page = (int64_t)(n % FILE_PAGES);

        expect("pread", sys_pread(fd, buffer, PAGE, page * PAGE), PAGE);
        expect("the page read", buffer[0], page);
    }
}

static void open_loop(uint64_t n)
{
    while (n-- > 0) {
        int64_t opened = must("open", sys_openat(ABI_AT_FDCWD, file_name, ABI_O_RDONLY | ABI_O_CLOEXEC, 0));

        expect("close", sys_close((int)opened), 0);
    }
}

static void stat_loop(uint64_t n)
{
    struct abi_stat st;

    while (n-- > 0) {
        expect("fstatat", sys_fstatat(ABI_AT_FDCWD, file_name, &st, 0), 0);
        expect("the size", st.size, (int64_t)FILE_PAGES * PAGE);
    }
}

/* ---- memory ---- */

static void mmap_loop(uint64_t n)
{
    const uint64_t size = (uint64_t)MAPPED_PAGES * PAGE;

    while (n-- > 0) {
        volatile char *at = (volatile char *)must(
            "mmap", sys_mmap(NULL, size, ABI_PROT_READ | ABI_PROT_WRITE, ABI_MAP_PRIVATE | ABI_MAP_ANON, -1, 0));

        for (uint64_t i = 0; i < size; i += PAGE) {
            expect("a fresh page's byte", at[i], 0);
            at[i] = 1;
        }
        expect("munmap", sys_munmap((void *)at, size), 0);
    }
}

/* ---- signals ---- */

static volatile uint64_t handled;
static uint64_t sent;

static void on_signal(int signo)
{
    if (signo == ABI_SIGUSR1)
        handled++;
}

static void signal_prepare(void)
{
    known = sys_getpid();
    expect("sigaction", abi_handle(ABI_SIGUSR1, on_signal), 0);
}

/* With one thread and the signal open, the handler has run when kill returns (kill(2) of both). */
static void signal_loop(uint64_t n)
{
    while (n-- > 0) {
        expect("kill", sys_kill((int)known, ABI_SIGUSR1), 0);
        expect("the number of signals handled", (int64_t)handled, (int64_t)++sent);
    }
}

/* ---- a kernel queue with nothing ready ---- */

static int queue, ends[2];

static void queue_prepare(void)
{
    must("pipe2", sys_pipe2(ends, 0));
    queue = (int)must("the queue", abi_queue_watch(ends[0]));
}

static void queue_loop(uint64_t n)
{
    while (n-- > 0)
        expect("the number of events", abi_queue_poll(queue), 0);
}

/* It did watch. */
static void queue_finish(void)
{
    expect("write", sys_write(ends[1], "x", 1), 1);
    expect("the number of events after a write", abi_queue_poll(queue), 1);
}

/* ---- no call at all ---- */

static const uint64_t factor = 6364136223846793005, addend = 1442695040888963407;
static uint64_t state, steps;

static void cpu_loop(uint64_t n)
{
    uint64_t x = state;

    steps += n;
    while (n-- > 0) {
        x = x * factor + addend;
        __asm__ volatile("" : "+r"(x));
    }
    state = x;
}

/* The same number of steps at once: the step's square is again such a step. */
static void cpu_finish(void)
{
    uint64_t a = factor, b = addend, x = 0;

    for (uint64_t n = steps; n != 0; n >>= 1) {
        if (n & 1)
            x = x * a + b;
        b = b * (a + 1);
        a = a * a;
    }
    expect("the last number minus the right one", (int64_t)(state - x), 0);
}

const struct bench_case call_cases[] = {
    {"getppid", 200, getppid_prepare, getppid_loop, NULL},
    {"getpid", 200, getpid_prepare, getpid_loop, NULL},
    {"getuid", 200, getuid_prepare, getuid_loop, NULL},
    {"clock_gettime", 200, NULL, clock_loop, NULL},
    {"read_1", 200, zero_prepare, read_loop, NULL},
    {"pread_4k", 200, file_prepare, pread_loop, NULL},
    {"open_close", 200, file_prepare, open_loop, NULL},
    {"stat", 200, file_prepare, stat_loop, NULL},
    {"mmap", 200, NULL, mmap_loop, NULL},
    {"signal", 200, signal_prepare, signal_loop, NULL},
    {"queue_empty", 200, queue_prepare, queue_loop, queue_finish},
    {"cpu_loop", 1000000, NULL, cpu_loop, cpu_finish},
    {NULL, 0, NULL, NULL, NULL},
};
