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
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__i386__)
#define ABI_NAME "linux-i386"
#elif defined(__ILP32__)
#define ABI_NAME "linux-x32"
#else
#define ABI_NAME "linux"
#endif

enum { PAGE = 4096, FILE_PAGES = 16, WARM_UP = 200, TREE_FILES = 5000, WALK_DEPTH = 16 };

/* In the working directory; the tree for the cases that walk it, a repository with nothing to commit. */
static const char file_name[] = "bench-libc.dat";
static const char tree_name[] = "tree";
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

static int walked; /* files of the tree that a walk has seen, git's own left out */

static int look(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)path;
    if (type == FTW_D && where->level == 1 && strcmp(path + where->base, ".git") == 0)
        return FTW_SKIP_SUBTREE;
    walked += type == FTW_F && S_ISREG(st->st_mode);
    return FTW_CONTINUE;
}

static void walk_loop(unsigned long n)
{
    while (n-- > 0) {
        walked = 0;
        if (nftw(tree_name, look, WALK_DEPTH, FTW_PHYS | FTW_ACTIONRETVAL) != 0 || walked != TREE_FILES)
            fail("a walk through tree");
    }
}

/* One run of `git status`; whether it says that there is nothing to commit. */
static int git_says_clean(void)
{
    static char *const argv[] = {"git", "-C", (char *)tree_name, "status", NULL};
    char said[512];
    ssize_t got;
    size_t size = 0;
    int ends[2], status;
    posix_spawn_file_actions_t actions;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
        posix_spawnp(&pid, "git", &actions, NULL, argv, environ) != 0)
        fail("the start of git");
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while ((got = read(ends[0], said + size, sizeof said - 1 - size)) > 0)
        size += (size_t)got;
    close(ends[0]);
    said[size] = '\0';
    return waitpid(pid, &status, 0) == pid && status == 0 && strstr(said, "working tree clean") != NULL;
}

static void git_status_loop(unsigned long n)
{
    while (n-- > 0)
        if (!git_says_clean())
            fail("git status");
}

static const struct {
    const char *name;
    void (*loop)(unsigned long n);
} cases[] = {
    {"getpid", getpid_loop},  {"getppid", getppid_loop},     {"stat", stat_loop}, {"open_close", open_close_loop},
    {"pread_4k", pread_loop}, {"clock_gettime", clock_loop}, {"walk", walk_loop}, {"git_status", git_status_loop},
};

static double wall(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        fail("clock_gettime");
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Of the program and of those that it has started and waited for. */
static double cpu(void)
{
    double sum = 0;

    for (int i = 0; i < 2; i++) {
        struct rusage usage;

        if (getrusage(i == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &usage) != 0)
            fail("getrusage");
        sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
    }
    return sum;
}

int main(int argc, char **argv)
{
    unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    for (size_t i = 0; n > 0 && i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(argv[1], cases[i].name) == 0) {
            double began, began_cpu;

            current = argv[1];
            prepare();
            cases[i].loop(n < WARM_UP ? n : WARM_UP);
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
