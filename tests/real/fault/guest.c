/* A FreeBSD program without libraries that dies of a null pointer, three calls deep. */
static long host(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r8", "r9", "r10", "r11", "memory");
    return result;
}

enum { SYS_EXIT = 1, SYS_WRITE = 4, SYS_CLOSE = 6, NOT_OPEN = 77 };

static volatile int sink;

__attribute__((noinline)) void crash_null(volatile int *p)
{
    *p = 1;
    sink++;
}

__attribute__((noinline)) void outer_function(volatile int *p)
{
    crash_null(p);
    sink++;
}

void start_c(const long *stack)
{
    host(SYS_WRITE, 1, (long)"alive\n", 6);
    host(SYS_CLOSE, NOT_OPEN, 0, 0);
    outer_function((int *)(stack[0] * 16)); /* argc is 1 */
    host(SYS_EXIT, 0, 0, 0);
}

__asm__(".globl _start\n"
        "_start: .cfi_startproc\n"
        ".cfi_undefined rip\n"
        "and $-16, %rsp\n"
        "call start_c\n"
        "hlt\n"
        ".cfi_endproc\n");
