/* A station's system on FreeBSD/amd64, without a library: numbers and layouts of sys/syscall.h, sys/signal.h, sys/ttycom.h. */
#include <stdint.h>

#include "system.h"

enum {
    SYS_EXIT = 1,
    SYS_FORK = 2,
    SYS_READ = 3,
    SYS_WRITE = 4,
    SYS_CLOSE = 6,
    SYS_WAIT4 = 7,
    SYS_GETPID = 20,
    SYS_KILL = 37,
    SYS_GETPPID = 39,
    SYS_IOCTL = 54,
    SYS_EXECVE = 59,
    SYS_SETPGID = 82,
    SYS_DUP2 = 90,
    SYS_SIGPROCMASK = 340,
    SYS_SIGSUSPEND = 341,
    SYS_SIGACTION = 416,
    SYS_PIPE2 = 542
};
enum {
    SIG_BLOCK = 1,
    SIG_UNBLOCK = 2,
    SA_RESTART = 2,
    WUNTRACED = 2,
    WCONTINUED = 4,
    STOPPED_BITS = 0x7f,
    SIGCONT = 19
};
#define TIOCSPGRP  0x80047476
#define TIOCGWINSZ 0x40087468

struct sigset {
    uint32_t bits[4];
};

struct sigaction {
    void (*handler)(int);
    int32_t flags;
    struct sigset mask;
};

const char system_name[] = KIND;

static const unsigned char numbers[SIGNALS] = {0, 1, 2, 9, 30, 31, 15, SIGCONT, 17, 18, 22, 20};
static void (*handlers[SIGNALS])(int);

static long call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long r = number;
    unsigned char carry;
    __asm__ volatile("syscall\n\tsetc %1"
                     : "+a"(r), "=q"(carry), "+d"(c), "+r"(r10)
                     : "D"(a), "S"(b)
                     : "rcx", "r8", "r9", "r11", "memory", "cc");
    return carry ? -r : r;
}

static int name_from(int number)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (numbers[i] == number) {
            return i;
        }
    }
    return -1;
}

static void arrived(int number)
{
    handlers[name_from(number)](name_from(number));
}

void system_exit(int status)
{
    for (;;) {
        call(SYS_EXIT, status, 0, 0, 0);
    }
}

long system_write(int fd, const void *data, unsigned long size)
{
    return call(SYS_WRITE, fd, (long)data, (long)size, 0);
}

long system_read(int fd, void *data, unsigned long size)
{
    return call(SYS_READ, fd, (long)data, (long)size, 0);
}

long system_close(int fd)
{
    return call(SYS_CLOSE, fd, 0, 0, 0);
}

long system_dup2(int from, int to)
{
    return call(SYS_DUP2, from, to, 0, 0);
}

long system_pipe(int ends[2])
{
    return call(SYS_PIPE2, (long)ends, 0, 0, 0);
}

long system_fork(void)
{
    return call(SYS_FORK, 0, 0, 0, 0);
}

long system_exec(char **arguments, char **variables)
{
    return call(SYS_EXECVE, (long)arguments[0], (long)arguments, (long)variables, 0);
}

long system_wait(long pid, bool stops, struct event *event)
{
    int status = 0;
    long result = call(SYS_WAIT4, pid, (long)&status, stops ? WUNTRACED | WCONTINUED : 0, 0);
    if (result < 0) {
        return result;
    }
    int low = status & 0x7f;
    if (status == SIGCONT) {
        *event = (struct event){CONTINUED, NONE};
    } else if (low == STOPPED_BITS) {
        *event = (struct event){STOPPED, name_from(status >> 8)};
    } else if (low != 0) {
        *event = (struct event){KILLED, name_from(low)};
    } else {
        *event = (struct event){ENDED, status >> 8 & 0xff};
    }
    return result;
}

long system_kill(long pid, enum signal_name signal)
{
    return call(SYS_KILL, pid, numbers[signal], 0, 0);
}

long system_catch(enum signal_name signal, void (*handler)(int))
{
    struct sigaction action = {.handler = handler ? arrived : (void (*)(int))1, .flags = SA_RESTART};
    handlers[signal] = handler;
    return call(SYS_SIGACTION, numbers[signal], (long)&action, 0, 0);
}

bool system_ignores(enum signal_name signal)
{
    struct sigaction action;
    return call(SYS_SIGACTION, numbers[signal], 0, (long)&action, 0) == 0 && action.handler == (void (*)(int))1;
}

static struct sigset with(enum signal_name signal)
{
    struct sigset set = {{0}};
    set.bits[0] = 1u << (numbers[signal] - 1);
    return set;
}

long system_block(enum signal_name signal, bool block)
{
    struct sigset set = with(signal);
    return call(SYS_SIGPROCMASK, block ? SIG_BLOCK : SIG_UNBLOCK, (long)&set, 0, 0);
}

bool system_blocks(enum signal_name signal)
{
    struct sigset set = {{0}};
    return call(SYS_SIGPROCMASK, SIG_BLOCK, 0, (long)&set, 0) == 0 && (set.bits[0] & with(signal).bits[0]) != 0;
}

void system_await(enum signal_name signal)
{
    struct sigset set = {{0}};
    call(SYS_SIGPROCMASK, SIG_BLOCK, 0, (long)&set, 0);
    set.bits[0] &= ~with(signal).bits[0];
    call(SYS_SIGSUSPEND, (long)&set, 0, 0, 0);
}

long system_pid(void)
{
    return call(SYS_GETPID, 0, 0, 0, 0);
}

long system_parent(void)
{
    return call(SYS_GETPPID, 0, 0, 0, 0);
}

long system_own_group(long pid)
{
    return call(SYS_SETPGID, pid, pid, 0, 0);
}

long system_foreground(int fd, long group)
{
    int of = (int)group;
    return call(SYS_IOCTL, fd, TIOCSPGRP, (long)&of, 0);
}

long system_window(int fd, unsigned short *rows, unsigned short *columns)
{
    unsigned short size[4] = {0};
    long result = call(SYS_IOCTL, fd, TIOCGWINSZ, (long)size, 0);
    *rows = size[0];
    *columns = size[1];
    return result;
}

int station(char **arguments, char **variables);

/* rdi points at argc (sys/amd64/amd64/exec_machdep.c, exec_setregs). */
__attribute__((used)) static _Noreturn void begin(const uint64_t *start)
{
    char **arguments = (char **)(start + 1);
    system_exit(station(arguments, arguments + start[0] + 1));
}

__asm__(".globl _start\n_start: call begin\n");

/* The compiler makes calls of these by itself. */
void *memcpy(void *to, const void *from, unsigned long size)
{
    for (unsigned long i = 0; i < size; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int byte, unsigned long size)
{
    for (unsigned long i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)byte;
    }
    return to;
}
