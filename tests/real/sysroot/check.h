/*
 * Cases of programs that are built for a FreeBSD tree (tests/real/sysroot/run), in C or C++. A program is a list of
 * TEST(name) { ... }. Each runs in a forked process of its own, and prints a line by the contract in tests/run: what a
 * case breaks, and the threads it leaves, are no other's. A case that takes longer than a minute has failed. Arguments
 * name the cases to run.
 */
#ifndef CHECK_H
#define CHECK_H

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK_SECONDS 60

struct check_case {
    const char *name;
    void (*run)(void);
};
static struct check_case check_cases[200];
static int check_count;
static int check_pipe[2]; /* the reason of a failure, or of "skip" */
static volatile int check_failed;

static inline void check_add(const char *name, void (*run)(void))
{
    check_cases[check_count].name = name;
    check_cases[check_count++].run = run;
}

/* Marks the case as failed, and as that of its children too; only the first reason is printed. */
__attribute__((format(printf, 3, 4))) static inline void check_fail(const char *file, int line, const char *format, ...)
{
    char text[400];
    const char *base = strrchr(file, '/');
    int n = snprintf(text, sizeof text, "%s:%d: ", base != NULL ? base + 1 : file, line);
    va_list args;

    va_start(args, format);
    n += vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    text[sizeof text - 1] = '\0';
    (void)!write(check_pipe[1], text, strlen(text) + 1);
    check_failed = 1;
}

#define TEST(id)                                                                                                       \
    static void test_##id(void);                                                                                       \
    __attribute__((constructor)) static void add_##id(void)                                                            \
    {                                                                                                                  \
        check_add(#id, test_##id);                                                                                     \
    }                                                                                                                  \
    static void test_##id(void)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            check_fail(__FILE__, __LINE__, "%s (errno %d)", #condition, errno);                                        \
    } while (0)
/* As CHECK, and leaves the function. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            check_fail(__FILE__, __LINE__, "%s (errno %d)", #condition, errno);                                        \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)
#define CHECK_EQ(expression, expected)                                                                                 \
    do {                                                                                                               \
        long long got_ = (long long)(expression), want_ = (long long)(expected);                                       \
        if (got_ != want_)                                                                                             \
            check_fail(__FILE__, __LINE__, "%s is %lld, not %lld", #expression, got_, want_);                          \
    } while (0)
#define CHECK_STR(expression, expected)                                                                                \
    do {                                                                                                               \
        const char *got_ = (expression), *want_ = (expected);                                                          \
        if (got_ == NULL || strcmp(got_, want_) != 0)                                                                  \
            check_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #expression, got_ ? got_ : "(null)", want_);    \
    } while (0)
/* A call that returns -1 and leaves this in errno. */
#define CHECK_ERRNO(call, expected)                                                                                    \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        long long got_ = (long long)(call);                                                                            \
        if (got_ != -1 || errno != (expected))                                                                         \
            check_fail(__FILE__, __LINE__, "%s gives %lld, errno %d, not %d", #call, got_, errno, expected);           \
    } while (0)
#define SKIP(why)                                                                                                      \
    do {                                                                                                               \
        (void)!write(check_pipe[1], "skip " why, sizeof("skip " why));                                                 \
        return;                                                                                                        \
    } while (0)

static inline void check_sleep(unsigned milliseconds)
{
    struct timespec t = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0)
        ;
}

/* Whether *word becomes `value` within ten seconds. */
static inline int check_await(volatile int *word, int value)
{
    for (int i = 0; i < 5000; i++) {
        if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value)
            return 1;
        check_sleep(2);
    }
    return 0;
}

/* The wait status of a forked process that runs the function; it exits with 1 after a failed check, else 0. */
static inline int check_child(void (*function)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        check_failed = 0;
        function();
        _exit(check_failed);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void check_run(const struct check_case *c)
{
    char why[400] = "";
    int status = 0, late = 1;
    pid_t pid;

    if (pipe(check_pipe) != 0 || fcntl(check_pipe[0], F_SETFL, O_NONBLOCK) != 0)
        exit(2);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        c->run();
        fflush(stdout);
        _exit(check_failed);
    }
    for (int i = 0; i < CHECK_SECONDS * 100 && late; i++) {
        late = waitpid(pid, &status, WNOHANG) != pid;
        if (late)
            check_sleep(10);
    }
    kill(-pid, SIGKILL);
    if (late)
        waitpid(pid, &status, 0);
    (void)!read(check_pipe[0], why, sizeof why - 1);
    close(check_pipe[0]);
    close(check_pipe[1]);
    if (late)
        printf("not ok %s # not done after %d s; %s\n", c->name, CHECK_SECONDS, why);
    else if (WIFSIGNALED(status))
        printf("not ok %s # died of signal %d; %s\n", c->name, WTERMSIG(status), why);
    else if (status != 0 || (why[0] != '\0' && strncmp(why, "skip ", 5) != 0))
        printf("not ok %s # %s (status 0x%x)\n", c->name, why, status);
    else if (why[0] != '\0')
        printf("skip %s # %s\n", c->name, why + 5);
    else
        printf("ok %s\n", c->name);
    fflush(stdout);
}

int main(int argc, char **argv)
{
#ifdef CHECK_CHILD /* a program that executes itself: what the new image does, when its first argument begins with -- */
    if (argc > 1 && strncmp(argv[1], "--", 2) == 0)
        return CHECK_CHILD(argc, argv);
#endif
    for (int i = 0; i < check_count; i++) {
        int wanted = argc == 1;
        for (int j = 1; j < argc; j++)
            wanted |= strcmp(argv[j], check_cases[i].name) == 0;
        if (wanted)
            check_run(&check_cases[i]);
    }
    return 0;
}

#endif
