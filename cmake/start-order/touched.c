/*
 * touched PROGRAM ARGUMENT...: runs a program and what it starts step by step, and prints which addresses of the engine's
 * image are executed ("x ADDRESS") and which are read or written ("d ADDRESS"), each the first time since an exec ("exec").
 *
 * Exit status 1 if PROGRAM's is not 0. For write-order, which lays the image out by it. A step takes tens of microseconds: a guest's start, a minute.
 */
#include <capstone/capstone.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* The engine's range: image_base and image_end of cmake/Engine.cmake. */
enum { LOW = 0x7c000000, HIGH = 0x7f000000, CODE_64 = 0x33, LONGEST_INSTRUCTION = 15 };

static unsigned char executed[HIGH - LOW], accessed[HIGH - LOW];
static unsigned char without_memory[HIGH - LOW]; /* instructions known to access none */
static csh decoder;
static cs_insn *instruction;

static bool in_image(uint64_t address)
{
    return address >= LOW && address < HIGH;
}

static void tell(char kind, unsigned char *seen, uint64_t address)
{
    if (in_image(address) && !seen[address - LOW]) {
        seen[address - LOW] = 1;
        printf("%c %llx\n", kind, (unsigned long long)address);
    }
}

#define REGISTER(name, member)                                                                                         \
    {                                                                                                                  \
        X86_REG_##name, offsetof(struct user_regs_struct, member)                                                      \
    }

static uint64_t value_of(const struct user_regs_struct *r, x86_reg reg, uint64_t next)
{
    static const struct {
        x86_reg reg;
        size_t at;
    } known[] = {REGISTER(RAX, rax), REGISTER(RBX, rbx), REGISTER(RCX, rcx), REGISTER(RDX, rdx),
                 REGISTER(RSI, rsi), REGISTER(RDI, rdi), REGISTER(RBP, rbp), REGISTER(RSP, rsp),
                 REGISTER(R8, r8),   REGISTER(R9, r9),   REGISTER(R10, r10), REGISTER(R11, r11),
                 REGISTER(R12, r12), REGISTER(R13, r13), REGISTER(R14, r14), REGISTER(R15, r15)};
    uint64_t value = reg == X86_REG_RIP ? next : 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].reg == reg) {
            memcpy(&value, (const char *)r + known[i].at, sizeof value);
        }
    }
    return value;
}

/* One operand in memory; of a string instruction what it will go over, too. */
static void tell_operand(const struct user_regs_struct *r, const cs_x86 *x, const cs_x86_op *op, uint64_t next)
{
    if (op->mem.segment == X86_REG_FS || op->mem.segment == X86_REG_GS) {
        return;
    }
    uint64_t from = value_of(r, op->mem.base, next) + value_of(r, op->mem.index, next) * (uint64_t)op->mem.scale +
                    (uint64_t)op->mem.disp;
    uint64_t bytes = 1;
    if ((x->prefix[0] == X86_PREFIX_REP || x->prefix[0] == X86_PREFIX_REPNE) && r->rcx < HIGH - LOW) {
        bytes = r->rcx * op->size;
    }
    enum { LINE = 64 };
    for (uint64_t at = from; at < from + bytes; at += LINE) {
        tell('d', accessed, at);
    }
}

/* What the instruction that is next will execute and access. */
static void look(pid_t pid)
{
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, pid, 0, &r) != 0 || !in_image(r.rip) || r.cs != CODE_64) {
        return;
    }
    tell('x', executed, r.rip);
    if (without_memory[r.rip - LOW]) {
        return;
    }
    uint8_t code[LONGEST_INSTRUCTION];
    struct iovec here = {code, sizeof code}, there = {(void *)r.rip, sizeof code};
    ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
    const uint8_t *at = code;
    size_t left = n > 0 ? (size_t)n : 0;
    uint64_t next = r.rip;
    bool memory = false;
    if (cs_disasm_iter(decoder, &at, &left, &next, instruction)) {
        const cs_x86 *x = &instruction->detail->x86;
        for (int i = 0; i < x->op_count; i++) {
            if (x->operands[i].type == X86_OP_MEM && instruction->id != X86_INS_LEA && instruction->id != X86_INS_NOP) {
                memory = true;
                tell_operand(&r, x, &x->operands[i], next);
            }
        }
    }
    without_memory[r.rip - LOW] = !memory;
}

static void forget_all(void)
{
    memset(executed, 0, sizeof executed);
    memset(accessed, 0, sizeof accessed);
    printf("exec\n");
}

static void start(char **argv)
{
    dup2(STDERR_FILENO, STDOUT_FILENO);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: touched PROGRAM ARGUMENT...\n");
        return 2;
    }
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &decoder) != CS_ERR_OK ||
        cs_option(decoder, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK || (instruction = cs_malloc(decoder)) == NULL) {
        fprintf(stderr, "touched: capstone does not start\n");
        return 1;
    }
    pid_t first = fork();
    if (first == 0) {
        start(argv + 1);
    }
    int status;
    if (first < 0 || waitpid(first, &status, 0) != first ||
        ptrace(PTRACE_SETOPTIONS, first, 0,
               PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                   PTRACE_O_EXITKILL) != 0) {
        perror("touched");
        return 1;
    }
    bool failed = false;
    ptrace(PTRACE_SINGLESTEP, first, 0, 0);
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status)) {
            failed |= pid == first && status != 0;
            continue;
        }
        int event = status >> 16, signo = WSTOPSIG(status);
        if (event == PTRACE_EVENT_EXEC) {
            forget_all();
        }
        bool its_own = event == 0 && signo != SIGTRAP && signo != SIGSTOP;
        look(pid);
        ptrace(PTRACE_SINGLESTEP, pid, 0, its_own ? signo : 0);
    }
    return fflush(stdout) == 0 && !failed ? 0 : 1;
}
