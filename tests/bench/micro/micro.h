/*
 * The micro program: what its files share.
 */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "abi.h"

/* A case. loop(n) does the thing n times and checks each result; it is called once to warm up and once for the time. */
struct bench_case {
    const char *name;
    uint64_t warmup;       /* iterations before the timed ones */
    void (*prepare)(void); /* before both; may be NULL */
    void (*loop)(uint64_t n);
    void (*finish)(void); /* after both: checks what shows only then; may be NULL */
};

extern const struct bench_case call_cases[], thread_cases[], process_cases[];

/* What vfork+exec executes: the program's third argument, or NULL. */
extern const char *hello_path;

/* Says what went wrong, with the number that shows it, and ends the program with status 1. */
void fail(const char *what, int64_t got) __attribute__((noreturn, cold));

/* The result, or the end of the program if it is an error. */
static inline int64_t must(const char *what, int64_t result)
{
    if (__builtin_expect(result < 0 && result > -4096, 0))
        fail(what, result);
    return result;
}

/* The end of the program if a result is not the expected one. */
static inline void expect(const char *what, int64_t result, int64_t expected)
{
    if (__builtin_expect(result != expected, 0))
        fail(what, result);
}

#endif
