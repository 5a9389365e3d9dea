/*
 * gate32 BEGIN LEAVE PROGRAM...: sends PROGRAM a signal at each instruction of its way into the engine and out of it.
 *
 * Passages are led on by single steps, to see which instructions there are: one from BEGIN to LEAVE, one from LEAVE until it
 * is back in the program, and one from end to end. The last takes another way out, as the way in keeps the flag of a step
 * with the others. Each address that was met is then given a passage of its own, that runs as it would but for a breakpoint,
 * and a step over the place where flags are kept if it is to take that other way: there comes SIGUSR1. Addresses come round
 * again until the program ends. Ends with the program's status; with 3 if it has ended before each address had its signal;
 * with 77 where this machine lets nobody set breakpoints so.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CANNOT = 77,
    MISSED = 3,
    ADDRESSES_MAX = 1000,
    STEPS_MAX = 5000,
    AFTERWARDS = 4,
    LED = 16, /* instructions, the way in's `pushfq` among them */
    ENGINE = 0x7c000000,
    FLAG_TRAP = 0x100,
    TRIES = 5 /* where a signal has left something to be seen to, the next passage may have another way out */
};

static pid_t program;
static int status;

struct list {
    unsigned long addresses[ADDRESSES_MAX];
    int count;
};

static long set_debug(int which, unsigned long value)
{
    return ptrace(PTRACE_POKEUSER, program, offsetof(struct user, u_debugreg[which]), value);
}

static _Noreturn void give_up(int with)
{
    kill(program, SIGKILL);
    _exit(with);
}

static void break_at(unsigned long one, unsigned long other)
{
    set_debug(7, 0);
    if (set_debug(0, one) != 0 || set_debug(1, other) != 0 || set_debug(7, 1 | 4) != 0) {
        give_up(CANNOT);
    }
}

static unsigned long stopped_at(void)
{
    struct user_regs_struct regs;
    return ptrace(PTRACE_GETREGS, program, 0, &regs) == 0 ? regs.rip : 0;
}

/* The way in keeps the flag of a step that was ours, and the program goes on with it: it is not to be stepped for ever. */
static void stop_stepping(void)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, program, 0, &regs) == 0) {
        regs.eflags &= ~(unsigned long)FLAG_TRAP;
        ptrace(PTRACE_SETREGS, program, 0, &regs);
    }
}

/* Lets the program run, with a signal, until it comes by one of two addresses. Returns which; 0: it has ended. */
static unsigned long run_to_either(unsigned long one, unsigned long other, int send)
{
    break_at(one, other);
    while (ptrace(PTRACE_CONT, program, 0, send) == 0 && waitpid(program, &status, 0) == program &&
           WIFSTOPPED(status)) {
        unsigned long at = stopped_at();
        send = WSTOPSIG(status);
        if (send == SIGTRAP && (at == one || at == other)) {
            return at;
        }
        if (send == SIGTRAP) {
            stop_stepping();
            send = 0;
        }
    }
    return 0;
}

static int run_to(unsigned long address, int send)
{
    return run_to_either(address, address, send) != 0;
}

static void note(struct list *l, unsigned long address)
{
    for (int i = 0; i < l->count; i++) {
        if (l->addresses[i] == address) {
            return;
        }
    }
    if (l->count == ADDRESSES_MAX) {
        give_up(MISSED);
    }
    l->addresses[l->count++] = address;
}

static void step(void)
{
    set_debug(7, 0);
    if (ptrace(PTRACE_SINGLESTEP, program, 0, 0) != 0 || waitpid(program, &status, 0) != program ||
        !WIFSTOPPED(status)) {
        give_up(MISSED);
    }
}

/* Notes what comes from here to `end`, and `more` instructions from there on. `end` 0: the first outside the engine. */
static void follow(struct list *l, unsigned long end, int more)
{
    int there = 0;
    for (int i = 0; i < STEPS_MAX && more >= 0; i++) {
        unsigned long at = stopped_at();
        there |= at == end || (end == 0 && at < ENGINE);
        more -= there;
        note(l, at);
        step();
    }
}

static void expect(int there)
{
    if (!there) {
        give_up(MISSED);
    }
}

/* From `begin` on, where it stands, to the address; a passage that went another way is none. False: it has ended. */
static int lead_to(unsigned long address, unsigned long begin, int led)
{
    for (int tries = 0; tries < TRIES; tries++) {
        for (int n = 0; n < led; n++) {
            step();
        }
        unsigned long at = address == stopped_at() ? address : run_to_either(address, begin, 0);
        if (at == 0 || at == address) {
            return at != 0;
        }
    }
    give_up(MISSED);
}

/* A signal at each address. False: the program has ended. */
static int send_at_each(const struct list *l, unsigned long begin, int led)
{
    for (int i = led; i < l->count; i++) {
        if (!run_to(begin, i > led ? SIGUSR1 : 0) || !lead_to(l->addresses[i], begin, led)) {
            return 0;
        }
    }
    return run_to(begin, SIGUSR1);
}

int main(int argc, char **argv)
{
    static struct list usual, stepped;
    int rounds = 0;
    if (argc < 4) {
        return 2;
    }
    unsigned long begin = strtoul(argv[1], NULL, 16), leave = strtoul(argv[2], NULL, 16);
    program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[3], argv + 3);
        _exit(CANNOT);
    }
    if (waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) {
        return CANNOT;
    }
    expect(run_to(begin, 0));
    follow(&usual, leave, 0);
    expect(run_to(begin, 0) && run_to(leave, 0));
    follow(&usual, 0, AFTERWARDS);
    expect(run_to(begin, 0));
    follow(&stepped, 0, AFTERWARDS);
    while (send_at_each(&usual, begin, 0) && send_at_each(&stepped, begin, LED)) {
        rounds++;
    }
    printf("%d and %d addresses, %d rounds\n", usual.count, stepped.count, rounds);
    return rounds == 0 ? MISSED : WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
