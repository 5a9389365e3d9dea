/*
 * A FreeBSD program that calls ktrace(2) five times. With one argument it then kills itself (SIGKILL); with two it
 * forks first, both calling, and waits for the child.
 */
static long host(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result, second;
    char failed;
    __asm__ volatile("syscall"
                     : "=a"(result), "=d"(second), "=@ccc"(failed), "+r"(r10)
                     : "0"(number), "D"(a), "S"(b), "1"(c)
                     : "rcx", "r8", "r9", "r11", "memory");
    return failed ? -result : result;
}

enum { SYS_EXIT = 1, SYS_FORK = 2, SYS_WAIT4 = 7, SYS_GETPID = 20, SYS_KILL = 37, SYS_KTRACE = 45, KILL = 9 };

void start_c(const long *stack)
{
    long argc = stack[0];
    long child = argc > 2 ? host(SYS_FORK, 0, 0, 0, 0) : 0;
    for (int i = 0; i < 5; i++) {
        host(SYS_KTRACE, 0, 0, 0, 0);
    }
    if (argc > 2 && child != 0) {
        host(SYS_WAIT4, child, 0, 0, 0);
    }
    if (argc == 2) {
        host(SYS_KILL, host(SYS_GETPID, 0, 0, 0, 0), KILL, 0, 0);
    }
    host(SYS_EXIT, 0, 0, 0, 0);
}

__asm__(".globl _start\n"
        "_start: and $-16, %rsp\n"
        "call start_c\n"
        "hlt\n");
