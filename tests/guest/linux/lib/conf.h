/*
 * The library of the conformance programs for Linux: ordinary C programs that state facts, a line each, about what the
 * system answers them. They assert nothing: the same program runs natively and under dragoman, and tests/guest/linux/run
 * compares what the two print. So a fact must come out the same in every run: no addresses, no process ids, no times.
 *
 * All subjects of one ABI are one program; its arguments are subjects or subject.case. Every case runs in a child and in
 * a directory of its own. A line that begins with "~" depends on the word's size (a size, an overflow): it is not
 * compared between ABIs.
 */
#ifndef CONF_H
#define CONF_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct conf_test {
    const char *subject;
    const char *name;
    void (*run)(void);
};

#define TEST(name)                                                                                                     \
    static void test_##name(void);                                                                                     \
    static const struct conf_test conf_of_##name = {SUBJECT, #name, test_##name};                                      \
    static const struct conf_test *const conf_entry_##name __attribute__((used, section("conf_tests"))) =              \
        &conf_of_##name;                                                                                               \
    static void test_##name(void)

/* A line of text. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "what = value", or the errno where value is -1 and failed is true. */
void conf_value(const char *what, long long value, bool failed);
/* "what: ok", or the errno. */
void conf_ok(const char *what, bool ok);
void conf_text(const char *what, const char *text);
void conf_bytes(const char *what, const void *bytes, size_t length);

/* The result of a call, or its errno. */
#define CALL(...)                                                                                                      \
    ({                                                                                                                 \
        errno = 0;                                                                                                     \
        long long conf_r = (long long)(__VA_ARGS__);                                                                   \
        conf_value(#__VA_ARGS__, conf_r, conf_r == -1);                                                                \
        conf_r;                                                                                                        \
    })
/* Whether a call works, or its errno, where the result may differ from run to run. */
#define OK(...)                                                                                                        \
    ({                                                                                                                 \
        errno = 0;                                                                                                     \
        long long conf_r = (long long)(__VA_ARGS__);                                                                   \
        conf_ok(#__VA_ARGS__, conf_r != -1);                                                                           \
        conf_r;                                                                                                        \
    })
/* Likewise of a call that returns MAP_FAILED or another pointer of -1. */
#define MAPPED(...)                                                                                                    \
    ({                                                                                                                 \
        errno = 0;                                                                                                     \
        void *conf_r = (void *)(__VA_ARGS__);                                                                          \
        conf_ok(#__VA_ARGS__, conf_r != (void *)-1);                                                                   \
        conf_r;                                                                                                        \
    })
/* The error that a function of pthread's kind returns. */
#define RET(...)                                                                                                       \
    ({                                                                                                                 \
        int conf_r = (__VA_ARGS__);                                                                                    \
        errno = conf_r;                                                                                                \
        conf_ok(#__VA_ARGS__, conf_r == 0);                                                                            \
        conf_r;                                                                                                        \
    })
#define DEC(...)         conf_value(#__VA_ARGS__, (long long)(__VA_ARGS__), false)
#define HEX(...)         say("%s = %#llx", #__VA_ARGS__, (unsigned long long)(__VA_ARGS__))
#define TEXT(...)        conf_text(#__VA_ARGS__, (__VA_ARGS__))
#define BYTES(p, length) conf_bytes(#p, (p), (length))
/* A result or an errno that depends on the word's size. */
#define WORD(...)                                                                                                      \
    ({                                                                                                                 \
        errno = 0;                                                                                                     \
        long long conf_r = (long long)(__VA_ARGS__);                                                                   \
        conf_value("~" #__VA_ARGS__, conf_r, conf_r == -1);                                                            \
        conf_r;                                                                                                        \
    })

/* Waits for a child and says how it ended. */
void ended(const char *what, pid_t child);
/* "exit N", "signal N", "stopped N" or "continued" of a wait status. */
void conf_status(const char *what, int status);
/* The errno's name. */
const char *conf_errno(int error);

/* A file with this content; returns its descriptor (read and write, offset 0). */
int conf_file(const char *name, const char *content);
/* Sleeps, whatever signals come. */
void conf_sleep(int milliseconds);
/* Milliseconds of the monotonic clock. */
long long conf_now(void);
/* Waits until a task of this process, or a child, is asleep in a call (its state in /proc is S). */
void conf_await_sleep(pid_t task);
/* A handler for a signal, with flags and an empty mask. */
void conf_handle(int signal, void (*handler)(int), int flags);

/* A pointer to where nothing can be: the last page of the address space that the ABI has, above what a process has. */
#define WILD ((void *)(uintptr_t)-4096)
/* A pointer to the first page, which nobody can map. */
#define LOW ((void *)(uintptr_t)16)

/* A long of the kernel's: of x32's calls without structures of their own, too. */
#if defined(__x86_64__)
typedef long long conf_long;
#else
typedef long conf_long;
#endif

/* The program itself, for cases that execute it: words that it was started with after "--". */
extern int conf_argc;
extern char **conf_argv;
extern char conf_program[];

#endif
