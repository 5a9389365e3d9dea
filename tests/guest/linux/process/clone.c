/*
 * Threads and processes by clone(2) and clone3(2) themselves: what they share, and which words are set when.
 *
 * Rows: clone clone3 exit rseq restart_syscall set_tid_address: clone(2), set_tid_address(2), rseq(2)
 */
#include "conf.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

static char stack[65536] __attribute__((aligned(64)));
static volatile int shared;

static int ends_with(void *code)
{
    shared = 42;
    syscall(SYS_exit, *(int *)code);
    return 0;
}

static void reaped(const char *what, pid_t child)
{
    int status = -1;

    if (child < 0) {
        conf_value(what, -1, true);
        return;
    }
    DEC(waitpid(child, &status, __WALL) == child);
    conf_status(what, status);
}

TEST(a_copy_with_a_stack_of_its_own)
{
    int code = 7;

    shared = 0;
    reaped("copy", clone(ends_with, stack + sizeof stack, SIGCHLD, &code));
    DEC(shared);
}

TEST(a_child_in_the_same_memory)
{
    int code = 9;

    shared = 0;
    reaped("sharer", clone(ends_with, stack + sizeof stack, CLONE_VM | SIGCHLD, &code));
    DEC(shared);
    shared = 0;
    reaped("vfork", clone(ends_with, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &code));
    DEC(shared);
    for (int i = 0; i < 20; i++) {
        code = i;
        pid_t child = clone(ends_with, stack + sizeof stack, CLONE_VM | SIGCHLD, &code);
        int status = 0;
        if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i) {
            say("child %d: %#x", i, status);
        }
    }
}

static int opens(void *unused)
{
    (void)unused;
    shared = dup2(0, 77);
    chdir("/");
    syscall(SYS_exit, 0);
    return 0;
}

/* As the threads of old were made. */
TEST(a_child_that_shares_all)
{
    char where[4096];

    open("/dev/null", O_RDONLY);
    reaped("sharer",
           clone(opens, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGUSR2, NULL));
    DEC(shared);
    CALL(close(77));
    TEXT(getcwd(where, sizeof where));
}

static void await_zero(int *word)
{
    int seen;

    while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != 0) {
        syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
    }
}

#define AS_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define WORDS     (CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)

static int own, others;

static int looks(void *unused)
{
    (void)unused;
    shared = own == others && own > 0;
    syscall(SYS_exit, 0);
    return 0;
}

TEST(words_of_threads)
{
    for (int i = 0; i < 50; i++) {
        shared = -1;
        own = 1;
        int tid = clone(looks, stack + sizeof stack, AS_THREAD | WORDS, NULL, &others, NULL, &own);
        if (tid != others) {
            say("thread %d: result and word differ", i);
        }
        await_zero(&own);
        if (shared != 1) {
            say("thread %d: %d", i, shared);
        }
    }
    DEC(shared);
}

TEST(words_of_processes)
{
    int parents = 0, childs = 0;
    pid_t child = (pid_t)syscall(SYS_clone, WORDS | SIGCHLD, NULL, &parents, &childs, &childs);

    if (child == 0) {
        _exit(childs == getpid() && parents == 0 ? 3 : 4);
    }
    DEC(parents == child);
    DEC(childs);
    reaped("words", child);
}

TEST(what_is_refused)
{
    CALL(syscall(SYS_clone, CLONE_THREAD, NULL, NULL, NULL, NULL));
    CALL(syscall(SYS_clone, CLONE_SIGHAND, NULL, NULL, NULL, NULL));
    CALL(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, NULL, NULL, NULL, NULL));
    CALL(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, WILD, NULL, NULL));
}

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup,
        more;
};

static long clone3_of(const struct arguments *a, size_t size)
{
    long r = syscall(SYS_clone3, a, size);

    if (r == 0) {
        _exit(5);
    }
    return r;
}

TEST(clone3)
{
    int fd = -1;
    struct arguments a = {.exit_signal = SIGCHLD};

    reaped("plain", (pid_t)clone3_of(&a, 64));
    reaped("longer, of zeros", (pid_t)clone3_of(&a, sizeof a));
    CALL(clone3_of(&a, 63));
    CALL(clone3_of(&a, 4097));
    a.more = 1;
    CALL(clone3_of(&a, sizeof a));
    a = (struct arguments){.exit_signal = 65};
    CALL(clone3_of(&a, 64));
    a = (struct arguments){.flags = 1ULL << 40, .exit_signal = SIGCHLD};
    CALL(clone3_of(&a, 64));
    a = (struct arguments){.exit_signal = SIGCHLD, .stack = 4096};
    CALL(clone3_of(&a, 64));
    a = (struct arguments){.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD};
    CALL(clone3_of(&a, 64));
    CALL(clone3_of(WILD, 64));
    a = (struct arguments){.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uintptr_t)&fd};
    pid_t child = (pid_t)clone3_of(&a, 64);
    siginfo_t info = {0};
    OK(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOWAIT));
    DEC(info.si_status);
    reaped("by descriptor", child);
}

static void nothing(int signal)
{
    (void)signal;
}

TEST(handlers_of_the_child)
{
    struct arguments a = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    struct sigaction found;

    conf_handle(SIGUSR1, nothing, 0);
    signal(SIGUSR2, SIG_IGN);
    long child = syscall(SYS_clone3, &a, 64);
    if (child == 0) {
        sigaction(SIGUSR1, NULL, &found);
        int code = found.sa_handler == SIG_DFL;
        sigaction(SIGUSR2, NULL, &found);
        _exit(code + 2 * (found.sa_handler == SIG_IGN));
    }
    reaped("cleared", (pid_t)child);
}

TEST(restartable_sequences)
{
    static uint32_t area[8] __attribute__((aligned(32)));

    CALL(syscall(SYS_rseq, area, sizeof area, 2, 0x53053053));
    CALL(syscall(SYS_rseq, area, sizeof area, 1, 0x12345678));
    CALL(syscall(SYS_rseq, area, 7, 0, 0x53053053));
    CALL(syscall(SYS_restart_syscall));
}
