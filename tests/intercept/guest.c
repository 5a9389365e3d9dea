/*
 * A FreeBSD program without a library, for tests/intercept/run: does what its first argument says. Its exit status
 * tells what came of it; a call that fails ends it with 100 + errno.
 */
#include <stdint.h>

enum {
    SYS_exit = 1,
    SYS_fork = 2,
    SYS_write = 4,
    SYS_wait4 = 7,
    SYS_getppid = 39,
    SYS_execve = 59,
    SYS_vfork = 66,
    SYS_nanosleep = 240
};
enum { FREEBSD_ECHILD = 10, FAILED = 100 };

/* Inline: a vfork child runs on its parent's stack and must not return. */
static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d)
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

static _Noreturn void end(long status)
{
    for (;;) {
        call(SYS_exit, status, 0, 0, 0);
    }
}

/*
 * Asks for the parent, from one site that can be rewritten: it is clear where the five bytes of the mov begin, and nothing
 * around looks like a jump into them.
 */
long ask(void);
__asm__(".fill 512, 1, 0x90\n"
        "ask: mov $39, %eax\n"
        "     syscall\n"
        "     ret\n"
        ".fill 512, 1, 0x90\n");

/*
 * The same from six sites, and between them what is no site though it has a site's bytes: in movabs's constant, behind a
 * prefix, behind a jump, and one that begins where nothing does. rdi says which.
 */
long ask_one(long which);
__asm__(".fill 512, 1, 0x90\n"
        "ask_one: lea 1f(%rip), %rax\n"
        "     movslq (%rax, %rdi, 4), %rcx\n"
        "     add %rcx, %rax\n"
        "     jmp *%rax\n"
        "1:   .long 2f - 1b, 3f - 1b, 4f - 1b, 5f - 1b, 6f - 1b, 7f - 1b\n"
        "2:   mov $39, %eax\n syscall\n ret\n"
        "3:   mov $39, %eax\n mov %rcx, %r10\n syscall\n ret\n"
        "     movabs $0xc3050f00000027b8, %rax\n ret\n"
        "4:   mov $39, %rax\n syscall\n ret\n"
        "5:   mov $39, %eax\n xor %esi, %esi\n syscall\n ret\n"
        "     mov $39, %r8d\n jmp 6f\n syscall\n ret\n"
        "6:   mov $39, %eax\n lea 8(%rsp), %rdx\n syscall\n ret\n"
        "7:   mov $39, %eax\n mov $1, %edi\n syscall\n ret\n"
        ".fill 512, 1, 0x90\n");

static int same(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; a++, b++) {}
    return *a == *b;
}

/* The exit status of the one child; 100 + its signal if it died of one. */
static long wait_status(void)
{
    int status = 0;
    long r = call(SYS_wait4, -1, (long)&status, 0, 0);
    if (r < 0) {
        return FAILED - r;
    }
    return (status & 0x7f) != 0 ? FAILED + (status & 0x7f) : status >> 8 & 0xff;
}

static _Noreturn void execute(char **argv, char **envp)
{
    long r = call(SYS_execve, (long)argv[0], (long)argv, (long)envp, 0);
    end(FAILED - r);
}

static _Noreturn void run(char **argv, char **envp, long how)
{
    long child = call(how, 0, 0, 0, 0);
    if (child == 0) {
        long r = call(SYS_execve, (long)argv[0], (long)argv, (long)envp, 0);
        call(SYS_exit, FAILED - r, 0, 0, 0);
    }
    end(wait_status());
}

__attribute__((used)) static _Noreturn void begin(const uint64_t *start)
{
    char **argv = (char **)(start + 1), **envp = argv + start[0] + 1;
    const char *what = start[0] > 1 ? argv[1] : "";
    if (same(what, "sleep")) {
        const int64_t minute[2] = {60, 0};
        call(SYS_write, 1, (long)"up\n", 3, 0);
        while (call(SYS_nanosleep, (long)minute, 0, 0, 0) < 0) {}
    } else if (same(what, "exec")) {
        execute(argv + 2, envp);
    } else if (same(what, "fork")) {
        run(argv + 2, envp, SYS_fork);
    } else if (same(what, "vfork")) {
        run(argv + 2, envp, SYS_vfork);
    } else if (same(what, "childless")) {
        end(wait_status() == FAILED + FREEBSD_ECHILD ? 0 : 1);
    } else if (same(what, "exit")) {
        end(argv[2][0] - '0');
    } else if (same(what, "ask")) {
        long parent = call(SYS_getppid, 0, 0, 0, 0);
        for (int i = 0; i < 400; i++) {
            if (ask() != parent) {
                end(1);
            }
        }
        end(0);
    } else if (same(what, "ask-around")) {
        long parent = call(SYS_getppid, 0, 0, 0, 0);
        for (int i = 0; i < 600; i++) {
            if (ask_one(i % 6) != parent) {
                end(1);
            }
        }
        end(0);
    } else if (same(what, "crash")) {
        *(volatile int *)8 = 0;
    }
    end(FAILED);
}

/* rdi points at argc (sys/amd64/amd64/exec_machdep.c, exec_setregs). */
__asm__(".globl _start\n_start: call begin\n");
