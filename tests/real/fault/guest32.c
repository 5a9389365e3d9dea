/* A Linux/i386 program without libraries that dies of a null pointer in a handler, which a signal to itself has begun. */
static long host(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

enum { SYS_EXIT = 1, SYS_GETPID = 20, SYS_KILL = 37, SYS_LSEEK = 19, SYS_SIGNAL = 48, SIGNAL = 10, NOT_OPEN = 77 };

static volatile int sink;

__attribute__((noinline)) void crash_null(volatile int *p)
{
    *p = 1;
    sink++;
}

__attribute__((noinline)) void handler(int signal)
{
    crash_null((int *)(signal * 2));
    sink++;
}

__attribute__((noinline)) void send(void)
{
    host(SYS_KILL, host(SYS_GETPID, 0, 0, 0), SIGNAL, 0);
    sink++;
}

void _start(void)
{
    host(SYS_LSEEK, NOT_OPEN, 0, 0);
    host(SYS_SIGNAL, SIGNAL, (long)handler, 0);
    send();
    host(SYS_EXIT, 0, 0, 0);
}
