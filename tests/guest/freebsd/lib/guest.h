/*
 * The library of the guest tests: raw system calls, checks, a few helpers. There is no libc underneath:
 * what a test sees is what the kernel's interface gives.
 *
 * A program is a handful of TEST()s; each prints "ok NAME", "not ok NAME # detail" or "skip NAME # why"
 * and runs in the program's own process, in a scratch directory that the runner gives it. Arguments name
 * the tests to run. A first argument that begins with "--" goes to guest_child() instead: a program that
 * executes itself says so what the new image is to do.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "errno.h"
#include "numbers.h"

/* ---- system calls ---- */

/* Where calls are made, and traps of one site after which it has been rewritten (syscalls/entry/rewrite.h: 12). */
extern const uint8_t guest_site[];
#define GUEST_SITE_TRAPS 12

/* What a call leaves: both result registers and the carry flag, which is set for a failure. */
struct guest_result {
    uint64_t rax;
    uint64_t rdx;
    uint8_t carry;
};

/*
 * All calls are made at one place, guest_site in start.S, so that under `rewrite` they come in by the fast entry: the
 * place has been rewritten when the tests begin. The way back is in rbx, because a vfork child shares the stack. The
 * kernel clears r8 to r10 on the way back (sys/amd64/amd64/exception.S), so they are no one's.
 */
static inline struct guest_result guest_call_raw(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                                 uint64_t e, uint64_t f)
{
    struct guest_result r;
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;

    __asm__ volatile("leaq 1f(%%rip), %%rbx\n\tjmp guest_site\n1:\tsetc %[carry]"
                     : "=a"(r.rax), "=d"(r.rdx), [carry] "=q"(r.carry), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "0"(number), "D"(a), "S"(b), "1"(c)
                     : "rcx", "r11", "rbx", "r12", "memory", "cc");
    return r;
}

/* A call with eight arguments: the last two go over the stack. */
struct guest_result *guest_call8(struct guest_result *result, uint64_t number, const uint64_t arguments[8]);

/* The result, or the negative error number. */
static inline int64_t guest_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                 uint64_t f)
{
    struct guest_result r = guest_call_raw(number, a, b, c, d, e, f);

    return r.carry ? -(int64_t)r.rax : (int64_t)r.rax;
}

#define GUEST_PAD(number, a, b, c, d, e, f, ...)                                                                       \
    guest_call((uint64_t)(number), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),          \
               (uint64_t)(f))
/* SYS(open, path, flags): the result, or the negative FreeBSD error number. */
#define SYS(...)        SYS_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYS_(name, ...) GUEST_PAD(FREEBSD_SYS_##name, __VA_ARGS__)
#define SYS_NUMBER(...) GUEST_PAD(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)

/* ---- checks ---- */

struct guest_test {
    const char *name;
    void (*run)(void);
};

#define TEST(id)                                                                                                       \
    static void test_##id(void);                                                                                       \
    static const struct guest_test entry_##id __attribute__((used, section("guest_tests"))) = {#id, test_##id};        \
    static void test_##id(void)

/* Marks the running test as failed; only the first detail of a test is printed. */
void guest_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void guest_skip(const char *why);
/* Whether the running test (or the child process) has failed so far. */
bool guest_failed(void);

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            guest_fail(__FILE__, __LINE__, "%s", #condition);                                                          \
    } while (0)

/* As CHECK, and leaves the test. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            guest_fail(__FILE__, __LINE__, "%s", #condition);                                                          \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

#define CHECK_VALUE(text, expression, expected)                                                                        \
    do {                                                                                                               \
        int64_t got_ = (int64_t)(expression);                                                                          \
        int64_t want_ = (int64_t)(expected);                                                                           \
        if (got_ != want_)                                                                                             \
            guest_fail(__FILE__, __LINE__, "%s is %ld (0x%lx), not %ld (0x%lx)", text, (long)got_,                     \
                       (unsigned long)got_, (long)want_, (unsigned long)want_);                                        \
    } while (0)

#define CHECK_EQ(expression, expected) CHECK_VALUE(#expression, expression, expected)
#define CHECK_ERR(call, errno_)        CHECK_VALUE(#call, call, -(errno_))
#define CHECK_OK(call)                 CHECK_VALUE(#call, call, 0)

/* Evaluates to the result; marks a failure when it is an error. */
#define MUST(call)                                                                                                     \
    __extension__({                                                                                                    \
        int64_t must_ = (call);                                                                                        \
        if (must_ < 0 && must_ > -200)                                                                                 \
            guest_fail(__FILE__, __LINE__, "%s gives error %ld", #call, (long)-must_);                                 \
        must_;                                                                                                         \
    })

#define SKIP(why)                                                                                                      \
    do {                                                                                                               \
        guest_skip(why);                                                                                               \
        return;                                                                                                        \
    } while (0)

/* ---- the process ---- */

/* The registers at _start, in the order start.S keeps them. */
struct guest_entry {
    uint64_t rsp, rdi, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rflags;
    uint32_t mxcsr;
    uint16_t fpu_control;
};
extern struct guest_entry guest_entry;

extern int guest_argc;
extern char **guest_argv;
extern char **guest_envp;
extern struct freebsd_auxv *guest_auxv;
extern const char *guest_self; /* the path of this program */

/* Defined by a program that executes itself: what the new image does; its result is the exit status. */
int guest_child(int argc, char **argv) __attribute__((weak));

/* The auxiliary vector's value of that type; *found tells whether it is there. */
uint64_t guest_aux(uint64_t type, bool *found);

/* Whether this is the way of interception that tests/guest/run has asked for. */
bool guest_intercepted_by(const char *mode);

void guest_exit(int status) __attribute__((noreturn));
/* Runs the function in a forked child, which exits with 1 if the function failed a check; the raw wait status. */
int guest_in_child(void (*function)(void *), void *argument);
/* The process that fork returned in the child sees 0 (rdx says which one it is). */
int guest_fork(void);
int guest_wait(int pid);

/* ---- small things ---- */

void guest_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int guest_format(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t guest_strlen(const char *s);
int guest_strcmp(const char *a, const char *b);
bool guest_starts(const char *s, const char *prefix);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* The current value of that clock in nanoseconds. */
uint64_t guest_clock(int clock);
static inline uint64_t guest_now(void)
{
    return guest_clock(FREEBSD_CLOCK_MONOTONIC);
}
void guest_sleep_ms(unsigned milliseconds);
/* A fresh private anonymous mapping, or NULL. */
void *guest_pages(size_t size);
/* The same, shared with children. */
void *guest_shared_pages(size_t size);
/* Creates (or empties) a file with that content; its descriptor, open for reading and writing at offset 0. */
int guest_file(const char *path, const char *content);

/* ---- threads ---- */

struct guest_thread {
    int64_t state; /* thr_exit stores 1 here and wakes */
    int64_t tid;
    void (*function)(void *);
    void *argument;
    char *stack;
    uint64_t tls[8];
};

/* Starts a thread with a stack and a thread pointer of its own; 0 or the negative error. */
int guest_thread_start(struct guest_thread *thread, void (*function)(void *), void *argument);
void guest_thread_join(struct guest_thread *thread);
/* Waits up to ten seconds until the word has that value; false when it never does. */
bool guest_await(const volatile uint32_t *word, uint32_t value);
/*
 * Waits up to ten seconds until a thread (tid 0: any) of process pid sleeps, and has not run for a while: it has come to
 * the call that it was about to make, and waits there. Time alone does not tell on a busy machine.
 */
void guest_await_asleep(int pid, int64_t tid);

/* ---- signals ---- */

/* Sets an SA_SIGINFO handler with those flags and an empty mask. */
int64_t guest_handle(int signo, freebsd_handler *handler, int flags);
int64_t guest_default(int signo);
int64_t guest_ignore(int signo);
/* Blocks or unblocks one signal. */
int64_t guest_block(int signo);
int64_t guest_unblock(int signo);
static inline void guest_set_add(struct freebsd_sigset *set, int signo)
{
    set->bits[(signo - 1) / 32] |= 1U << ((signo - 1) % 32);
}
static inline bool guest_set_has(const struct freebsd_sigset *set, int signo)
{
    return (set->bits[(signo - 1) / 32] >> ((signo - 1) % 32)) & 1;
}

/* Wait statuses (wait(2)). */
#define EXITED(status, code)  ((status) == (code) << 8)
#define KILLED(status, signo) (((status)&0x7f) == (signo))

#endif
