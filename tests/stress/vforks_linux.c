/*
 * Children in their parent's memory that come by call sites nobody has come by before: made by vfork, by clone with a stack
 * of its own, and by posix_spawn, one within another; some are killed at any instant. Whatever an engine does to a site then,
 * it does while the parent sleeps, and may not finish. Afterwards the sites serve the parent, its threads and what it forks,
 * and its descriptors are what they were. An ordinary C program.
 *
 * Each round is a process of its own, which has one thread when it begins.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    SITES = 24,
    APART = 64,
    STACK = 1 << 16,
    DEPTH = 3,   /* of children within children */
    OFTEN = 200, /* calls of a site after which it has been rewritten, if ever */
    THREADS = 3,
    HANGS = 40, /* seconds after which a round does */
    EVERY = 10, /* seconds between two lines of progress */
};

extern char **environ;

static uint64_t state;

static unsigned pick(unsigned bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 32) * bound >> 32);
}

static long seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static long setting(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? atol(value) : otherwise;
}

/* Says what is wrong, of whichever process; no buffers are touched, as they may be the parent's. */
static void fail(const char *what, long got, long wanted)
{
    char text[160];
    int length = snprintf(text, sizeof text, "# %d: %s: %ld, not %ld\n", (int)getpid(), what, got, wanted);
    if (write(1, text, (size_t)length) < 0) {
        _exit(3);
    }
    _exit(1);
}

static void expect(const char *what, long got, long wanted)
{
    if (got != wanted) {
        fail(what, got, wanted);
    }
}

/* ---- call sites ---- */

typedef long site_function(long number);

static uint8_t *code;
static struct site {
    int number;
    site_function *call;
} sites[SITES];

/* The shapes: number in eax, in rax, with a move behind it, and from a register, for which the jump has to be a short one. */
static void write_site(uint8_t *at, unsigned shape, int number)
{
    static const uint8_t end[] = {0x0f, 0x05, 0xc3}, move[] = {0x49, 0x89, 0xca}, from_edi[] = {0x89, 0xf8};
    static const uint8_t wide[] = {0x48, 0xc7, 0xc0};
    if (shape == 1) {
        at = memcpy(at, wide, sizeof wide);
        at += sizeof wide;
    } else if (shape != 3) {
        *at++ = 0xb8;
    }
    if (shape != 3) {
        memcpy(at, &number, sizeof number);
        at += sizeof number;
    } else {
        memcpy(at, from_edi, sizeof from_edi);
        at += sizeof from_edi;
    }
    if (shape == 2) {
        memcpy(at, move, sizeof move);
        at += sizeof move;
    }
    memcpy(at, end, sizeof end);
}

static void make_sites(void)
{
    static const int numbers[] = {SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid};
    code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        fail("mmap", errno, 0);
    }
    memset(code, pick(2) ? 0x90 : 0xcc, PAGE);
    for (unsigned i = 0; i < SITES; i++) {
        uint8_t *at = code + (size_t)APART * (i + 1);
        sites[i].number = numbers[pick(sizeof numbers / sizeof numbers[0])];
        write_site(at, pick(4), sites[i].number);
        memcpy(&sites[i].call, &at, sizeof at);
    }
    expect("mprotect", mprotect(code, PAGE, PROT_READ | PROT_EXEC), 0);
}

static long answer(int number)
{
    return number == SYS_getpid ? getpid() : number == SYS_getppid ? getppid() : syscall(number);
}

static void use(const struct site *s, unsigned times)
{
    long wanted = answer(s->number);
    for (unsigned i = 0; i < times; i++) {
        expect("a site's answer", s->call(s->number), wanted); /* one shape takes the number from the register */
    }
}

static void use_all(unsigned times)
{
    for (unsigned i = 0; i < SITES; i++) {
        use(&sites[i], times);
    }
}

static void use_some(void)
{
    unsigned count = 1 + pick(SITES);
    while (count-- > 0) {
        use(&sites[pick(SITES)], pick(40));
    }
}

/* ---- children ---- */

/* What the killer of a round looks at. */
static volatile int *victim;

static int descend(unsigned depth);

static void expect_end(int pid, int wanted, bool may_be_killed)
{
    int status = 0;
    while (waitpid(pid, &status, 0) != pid) {
        expect("waitpid", errno, EINTR);
    }
    if (!may_be_killed || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        expect("a child's status", status, wanted << 8);
    }
}

static void spawn(unsigned code_wanted)
{
    char letter[2] = {(char)('a' + code_wanted), 0}, name[] = "vforks", option[] = "--end";
    char *arguments[] = {name, option, letter, NULL};
    pid_t pid;
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
    expect("posix_spawn", posix_spawn(&pid, "/proc/self/exe", NULL, &how, arguments, environ), 0);
    posix_spawnattr_destroy(&how);
    expect_end(pid, (int)code_wanted, false);
}

/* In a child: its parent sleeps. */
static int in_child(void *depth)
{
    unsigned left = (unsigned)(uintptr_t)depth;
    bool parent = left > 0 && pick(2) != 0;
    if (!parent && pick(2) == 0) {
        *victim = getpid(); /* killed as a parent, it would leave a child beside its own parent, on the same stack */
    }
    use_some();
    if (parent) {
        descend(left - 1);
        use_some();
    }
    if (pick(6) == 0) {
        char name[] = "vforks", option[] = "--end", letter[] = "h";
        char *arguments[] = {name, option, letter, NULL};
        execve("/proc/self/exe", arguments, environ);
        _exit(96);
    }
    _exit(7);
}

static __attribute__((noinline)) int by_vfork(unsigned depth)
{
    int pid = vfork();
    if (pid == 0) {
        in_child((void *)(uintptr_t)depth);
    }
    return pid;
}

static __attribute__((noinline)) int by_clone(unsigned depth)
{
    static _Alignas(16) char stacks[DEPTH + 1][STACK];
    return clone(in_child, stacks[depth] + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)(uintptr_t)depth);
}

static int descend(unsigned depth)
{
    int pid = pick(2) != 0 ? by_vfork(depth) : by_clone(depth);
    if (pid < 0) {
        fail("vfork", errno, 0);
    }
    expect_end(pid, 7, true);
    return pid;
}

/* Kills who has said who it is, at some instant. Until it has ended, the round reaps nobody that it may kill. */
static int start_killer(unsigned patience)
{
    int round = getpid(), pid = fork();
    if (pid == 0) {
        for (unsigned i = 0; *victim == 0 && i < 20000; i++) {
            if (getppid() != round) {
                _exit(0);
            }
        }
        for (volatile unsigned i = 0; i < patience; i++) {}
        if (*victim != 0) {
            kill(*victim, SIGKILL);
        }
        _exit(0);
    }
    return pid;
}

static void make_children(void)
{
    *victim = 0;
    int killer = pick(2) != 0 ? start_killer(pick(300000)) : 0;
    descend(pick(DEPTH + 1));
    if (killer > 0) {
        expect_end(killer, 0, false);
    }
}

/* ---- a round ---- */

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static void *in_thread(void *times)
{
    use_all(*(const unsigned *)times);
    return NULL;
}

static void use_with_threads(unsigned times)
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        expect("pthread_create", pthread_create(&threads[i], NULL, in_thread, &times), 0);
    }
    if (pick(2) != 0) {
        spawn(pick(26));
    }
    make_children();
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void do_round(void)
{
    unsigned before = count_descriptors();
    alarm(HANGS);
    make_sites();
    if (pick(4) == 0) {
        use_some(); /* else nothing has been opened for the rewriting yet */
    }
    for (unsigned turns = 1 + pick(3); turns > 0; turns--) {
        make_children();
        if (pick(3) == 0) {
            spawn(pick(26));
        }
        if (pick(3) == 0) {
            use_some();
        }
    }
    if (pick(2) != 0) {
        use_with_threads(OFTEN);
    }
    use_all(OFTEN);
    expect("munmap", munmap(code, PAGE), 0);
    expect("descriptors", count_descriptors(), before);
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--end") == 0) {
        return argv[2][0] - 'a';
    }
    long begin = seconds(), end = begin + setting("STRESS_SECONDS", 3), next = begin + 1;
    long seed = setting("STRESS_SEED", (long)getpid());
    printf("# seed %ld\n", seed);
    state = (uint64_t)(seed + 1) * 0x9e3779b97f4a7c15U | 1;
    victim = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned rounds = 0;
    bool good = victim != MAP_FAILED;
    for (; good && seconds() < end; rounds++) {
        fflush(stdout);
        int status = 0, pid = fork();
        state += 2 * (uint64_t)rounds + 2;
        if (pid == 0) {
            do_round();
        }
        good = waitpid(pid, &status, 0) == pid && status == 0;
        if (!good) {
            printf("# round %u ends with status 0x%x\n", rounds, (unsigned)status);
        }
        if (seconds() >= next) {
            printf("# %ld s: %u rounds\n", seconds() - begin, rounds);
            next = seconds() + EVERY;
        }
    }
    printf("%s vforks-linux%s\n", good && rounds > 0 ? "ok" : "not ok", good ? "" : " # a round failed");
    return good && rounds > 0 ? 0 : 1;
}
