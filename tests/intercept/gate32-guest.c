/*
 * gate32-guest [read]: a Linux/i386 program that makes the vDSO's call over and over, with patterns in all registers, and
 * counts the signals it gets. It ends with status 0 when there have been enough for its tracer (gate32.c), and no call was
 * anything but right. The call is getppid; with an argument read, which might wait, of a descriptor that there is not.
 */
enum {
    SYS_EXIT = 1,
    SYS_READ = 3,
    SYS_GETPPID = 64,
    SYS_RT_SIGACTION = 174,
    SIGNAL = 10,
    SIGNALS = 600,
    NO_DESCRIPTOR = -1,
    BAD_DESCRIPTOR = -9, /* -EBADF */
    PATTERN = 0x11223344,
    CALLS_MAX = 400000,
    AT_SYSINFO = 32
};

static int host(int number, int a, int b, int c, int d)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}

volatile unsigned handled;
unsigned vsyscall;
int number = SYS_GETPPID, first = PATTERN, expected;
void handler(void);
int one_call(void);

__asm__("handler:\n"
        "incl handled\n"
        "ret\n"
        "one_call:\n"
        "push %ebp\n push %ebx\n push %esi\n push %edi\n"
        "mov first, %ebx\n mov $0x22334455, %ecx\n mov $0x33445566, %edx\n"
        "mov $0x44556677, %esi\n mov $0x55667788, %edi\n mov $0x66778899, %ebp\n"
        "mov number, %eax\n"
        "stc\n"
        "call *vsyscall\n"
        "jnc 1f\n"
        "cmp expected, %eax\n jne 1f\n"
        "cmp first, %ebx\n jne 1f\n cmp $0x22334455, %ecx\n jne 1f\n cmp $0x33445566, %edx\n jne 1f\n"
        "cmp $0x44556677, %esi\n jne 1f\n cmp $0x55667788, %edi\n jne 1f\n cmp $0x66778899, %ebp\n jne 1f\n"
        "xor %eax, %eax\n"
        "2: pop %edi\n pop %esi\n pop %ebx\n pop %ebp\n ret\n"
        "1: mov $1, %eax\n jmp 2b\n");

/* AT_SYSINFO, behind arguments and environment. */
static unsigned find_vsyscall(const unsigned *stack)
{
    const unsigned *at = stack + 1 + stack[0] + 1;
    while (*at++ != 0) {}
    for (; at[0] != 0; at += 2) {
        if (at[0] == AT_SYSINFO) {
            return at[1];
        }
    }
    return 0;
}

__attribute__((used)) static void begin(const unsigned *stack)
{
    unsigned action[5] = {(unsigned)handler, 0, 0, 0, 0}, calls = 0, bad = 0;
    vsyscall = find_vsyscall(stack);
    expected = host(SYS_GETPPID, 0, 0, 0, 0);
    if (stack[0] > 1) {
        number = SYS_READ;
        first = NO_DESCRIPTOR;
        expected = BAD_DESCRIPTOR;
    }
    host(SYS_RT_SIGACTION, SIGNAL, (int)action, 0, 8);
    while (vsyscall != 0 && handled < SIGNALS && calls++ < CALLS_MAX) {
        bad += (unsigned)one_call();
    }
    host(SYS_EXIT, handled >= SIGNALS && bad == 0 ? 0 : 1, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call begin\n hlt\n");
