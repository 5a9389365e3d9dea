/*
 * gate32 ENTRY START STEPS PROGRAM...: sends PROGRAM a signal at each instruction of its way into the engine or out of it.
 *
 * Whenever the program comes by ENTRY and then by START (which may be the same), it is led on by one instruction more than
 * the time before, up to STEPS, and sent SIGUSR1 there. Ends with the program's status, or with 77 where this machine lets
 * nobody set breakpoints so.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 77 };

static pid_t program;
static int status;

static long set_debug(int which, unsigned long value)
{
    return ptrace(PTRACE_POKEUSER, program, offsetof(struct user, u_debugreg[which]), value);
}

/* 0: none. */
static void break_at(unsigned long address)
{
    set_debug(7, 0);
    if (address != 0 && (set_debug(0, address) != 0 || set_debug(7, 1) != 0)) {
        kill(program, SIGKILL);
        _exit(CANNOT);
    }
}

/* Whether the program still is there, and stopped. */
static int wait_stop(void)
{
    return waitpid(program, &status, 0) == program && WIFSTOPPED(status);
}

static unsigned long stopped_at(void)
{
    struct user_regs_struct regs;
    return ptrace(PTRACE_GETREGS, program, 0, &regs) == 0 ? regs.rip : 0;
}

static int lead_on(int steps)
{
    break_at(0);
    for (int i = 0; i < steps; i++) {
        ptrace(PTRACE_SINGLESTEP, program, 0, 0);
        if (!wait_stop()) {
            return 0;
        }
        if (WSTOPSIG(status) != SIGTRAP) {
            return 1;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        return 2;
    }
    unsigned long entry = strtoul(argv[1], NULL, 16), start = strtoul(argv[2], NULL, 16);
    int steps_max = atoi(argv[3]), steps = 0;
    program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[4], argv + 4);
        _exit(CANNOT);
    }
    if (!wait_stop()) {
        return CANNOT;
    }
    break_at(entry);
    for (long send = 0; ptrace(PTRACE_CONT, program, 0, send) == 0 && wait_stop();) {
        int signal = WSTOPSIG(status);
        unsigned long at = stopped_at();
        send = signal == SIGTRAP ? 0 : signal;
        if (signal == SIGTRAP && at == entry && start != entry) {
            break_at(start);
        } else if (signal == SIGTRAP && at == start) {
            if (!lead_on(steps)) {
                break;
            }
            steps = steps < steps_max ? steps + 1 : 0;
            break_at(entry);
            send = SIGUSR1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
