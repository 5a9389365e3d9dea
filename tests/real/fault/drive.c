/*
 * Runs a program of the host under ptrace until a fault is about to kill it, makes the facts that the engine
 * would hand over, and starts the report tool on them: the tool is tested so without the engine.
 *
 *     drive TOOL PROGRAM [ARG...]
 *
 * The first signal of a fault ends the program, handler or not; --signal N before TOOL lets others pass and
 * takes N. Status: the tool's; 99 where the program did not fault.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/fault_facts.h"

static int wanted;

static int is_fault(int signo)
{
    if (wanted) {
        return signo == wanted;
    }
    return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE || signo == SIGABRT;
}

static pid_t start(char **argv)
{
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    return pid;
}

/* Lets the program run until a thread of it gets the signal of a fault. Returns the thread, or -1 at the end. */
static pid_t run_to_fault(pid_t pid, int *signo)
{
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0 || (tid == pid && !WIFSTOPPED(status))) {
            return -1;
        }
        if (!WIFSTOPPED(status)) {
            continue;
        }
        *signo = WSTOPSIG(status);
        if (is_fault(*signo)) {
            return tid;
        }
        int pass = *signo == SIGTRAP || *signo == SIGSTOP ? 0 : *signo;
        ptrace(PTRACE_CONT, tid, NULL, (void *)(long)pass);
    }
}

static void fill(struct fault_facts *f, pid_t pid, pid_t tid, int signo, const char *program)
{
    struct user_regs_struct r;
    siginfo_t si;
    ptrace(PTRACE_GETREGS, tid, NULL, &r);
    ptrace(PTRACE_GETSIGINFO, tid, NULL, &si);
    memset(f, 0, sizeof(*f));
    f->magic = FAULT_FACTS_MAGIC;
    f->version = FAULT_FACTS_VERSION;
    f->size = sizeof(*f);
    f->pid = pid;
    f->tid = f->guest_tid = tid;
    f->flags = FAULT_TO_STDERR;
    f->signo = signo;
    f->code = si.si_code;
    if (signo != SIGABRT) {
        f->address = (uint64_t)si.si_addr;
        f->flags |= FAULT_HAS_ADDRESS;
    }
    const uint64_t registers[FAULT_REGISTERS] = {r.r8,  r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rdi,
                                                 r.rsi, r.rbp, r.rbx, r.rdx, r.rax, r.rcx, r.rsp, r.rip, r.eflags};
    memcpy(f->registers, registers, sizeof(registers));
    f->fs_base = r.fs_base;
    f->call_count = 2;
    f->calls[0] = (struct fault_fact_call){{1, 0x1000, 5}, 5, 4, FAULT_CALL_RETURNED, 3, "write"};
    f->calls[1] = (struct fault_fact_call){{0x2000}, -2, 5, FAULT_CALL_RETURNED, 1, "open"};
    snprintf(f->personality, sizeof(f->personality), "linux");
    snprintf(f->program, sizeof(f->program), "%s", program);
    const char *dir = getenv("FAULT_REPORT_DIR");
    snprintf(f->report_dir, sizeof(f->report_dir), "%s", dir ? dir : "");
}

int main(int argc, char **argv)
{
    static struct fault_facts facts;
    int signo = 0;
    if (argc > 2 && strcmp(argv[1], "--signal") == 0) {
        wanted = atoi(argv[2]);
        argv += 2;
        argc -= 2;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: drive [--signal N] TOOL PROGRAM [ARG...]\n");
        return 2;
    }
    pid_t pid = start(argv + 2);
    pid_t tid = run_to_fault(pid, &signo);
    if (tid < 0) {
        fprintf(stderr, "drive: %s did not fault\n", argv[2]);
        return 99;
    }
    fill(&facts, pid, tid, signo, argv[2]);
    int fd = memfd_create("facts", 0);
    if (fd < 0 || write(fd, &facts, sizeof(facts)) != (ssize_t)sizeof(facts)) {
        return 2;
    }
    char fd_text[16], pid_text[16];
    snprintf(fd_text, sizeof(fd_text), "%d", fd);
    snprintf(pid_text, sizeof(pid_text), "%d", pid);
    pid_t tool = fork();
    if (tool == 0) {
        execl(argv[1], argv[1], "--fd", fd_text, "--pid", pid_text, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    waitpid(tool, &status, 0);
    kill(pid, SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
