/*
 * libc CASE ITERATIONS: calls as a program makes them, through the C library of its system and word size; the line it
 * prints is the micro program's (main.c), and so is what it does with a call that fails or gives something else.
 *
 * One source for every ABI of Linux: on i386 the library makes its calls through the gate that the kernel names in the
 * auxiliary vector, which no stub of ours could stand for.
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS        64
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__i386__)
#define ABI_NAME "linux-i386"
#elif defined(__ILP32__)
#define ABI_NAME "linux-x32"
#else
#define ABI_NAME "linux"
#endif

enum { PAGE = 4096, FILE_PAGES = 16, WARM_UP = 200 };

static const char file_name[] = "bench-libc.dat"; /* in the working directory */
static const char *current = "?";
static int fd;
static char buffer[PAGE] __attribute__((aligned(64)));

static void fail(const char *what)
{
    fprintf(stderr, "libc: %s: ", current);
    perror(what);
    exit(1);
}

/* As many pages as FILE_PAGES, the first byte of each its number. */
static void prepare(void)
{
    fd = open(file_name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        fail("open");
    for (int i = 0; i < FILE_PAGES; i++) {
        buffer[0] = (char)i;
        if (write(fd, buffer, PAGE) != PAGE)
            fail("write");
    }
}

static void getpid_loop(unsigned long n)
{
    pid_t known = getpid();

    while (n-- > 0)
        if (getpid() != known)
            fail("getpid");
}

static void getppid_loop(unsigned long n)
{
    pid_t known = getppid();

    while (n-- > 0)
        if (getppid() != known)
            fail("getppid");
}

static void stat_loop(unsigned long n)
{
    struct stat st;

    while (n-- > 0)
        if (stat(file_name, &st) != 0 || st.st_size != FILE_PAGES * PAGE)
            fail("stat");
}

static void open_close_loop(unsigned long n)
{
    while (n-- > 0) {
        int opened = open(file_name, O_RDONLY);

        if (opened < 0 || close(opened) != 0)
            fail("open and close");
    }
}

static void pread_loop(unsigned long n)
{
    while (n-- > 0) {
        unsigned page = (unsigned)n % FILE_PAGES;

        if (pread(fd, buffer, PAGE, (off_t)page * PAGE) != PAGE || buffer[0] != (char)page)
            fail("pread");
    }
}

static void clock_loop(unsigned long n)
{
    struct timespec last = {0, 0}, ts;

    while (n-- > 0) {
        if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0 || ts.tv_sec < last.tv_sec)
            fail("clock_gettime");
        last = ts;
    }
}

static const struct {
    const char *name;
    void (*loop)(unsigned long n);
} cases[] = {
    {"getpid", getpid_loop},         {"getppid", getppid_loop}, {"stat", stat_loop},
    {"open_close", open_close_loop}, {"pread_4k", pread_loop},  {"clock_gettime", clock_loop},
};

static double wall(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        fail("clock_gettime");
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double cpu(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        fail("getrusage");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

int main(int argc, char **argv)
{
    unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    for (size_t i = 0; n > 0 && i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(argv[1], cases[i].name) == 0) {
            double began, began_cpu;

            current = argv[1];
            prepare();
            cases[i].loop(WARM_UP);
            began_cpu = cpu();
            began = wall();
            cases[i].loop(n);
            began = wall() - began;
            began_cpu = cpu() - began_cpu;
            printf("case=%s abi=" ABI_NAME " iterations=%lu ns=%.3f cpu=%.3f\n", argv[1], n, began / (double)n,
                   began_cpu / (double)n);
            return 0;
        }
    }
    fprintf(stderr, "usage: libc CASE ITERATIONS\n");
    return 1;
}
