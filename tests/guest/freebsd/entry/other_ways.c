/*
 * The processor's other ways into a kernel: int $0x80, sysenter, 32-bit code, the host's vsyscall page. FreeBSD's
 * answers are its own (int $0x80 takes the program's own numbers: sys/amd64/ia32/ia32_syscall.c) or a signal. What may
 * never be seen is the host's answer, which for all but the last takes 32-bit numbers: number 4 writes ecx to ebx.
 */
#include "answer.h"

#define VSYSCALL 0xffffffffff600000UL

enum { HOST_ANSWERED = 42, PATIENCE = 5 };

static int file;
static const char text[] = "written by the host";
static uint64_t low_stack[512] __attribute__((aligned(16)));

/* A child that hangs dies of SIGALRM, which is no outcome that is allowed. */
static void limit_time(void)
{
    struct freebsd_itimerval set = {{0, 0}, {PATIENCE, 0}};

    SYS(setitimer, 0, &set, 0);
}

/* How a child may end: by itself, or by one of the signals for what a program may not do. */
static bool allowed(int status)
{
    int signo = status & 0x7f;

    return EXITED(status, 0) || signo == FREEBSD_SIGSEGV || signo == FREEBSD_SIGBUS || signo == FREEBSD_SIGILL ||
           signo == FREEBSD_SIGSYS || signo == FREEBSD_SIGTRAP;
}

static void host_did_not_write(void (*function)(void *))
{
    struct freebsd_stat st;

    file = guest_file("host.answer", "");
    REQUIRE(file >= 0);
    int status = guest_in_child(function, NULL);

    if (!allowed(status))
        guest_fail(__FILE__, __LINE__, "the child's status is 0x%x", status);
    CHECK_OK(SYS(fstat, file, &st));
    CHECK_EQ(st.size, 0);
    SYS(close, file);
}

/* 4 is write in both; the 32-bit arguments are a write that would succeed, the 64-bit ones are none (EBADF). */
static void int80_writes(void *unused)
{
    int64_t result;

    (void)unused;
    limit_time();
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(4UL), "b"((uint64_t)file), "c"(text), "d"(sizeof(text)), "D"(-1L), "S"(text)
                     : "r8", "r9", "r10", "r11", "memory", "cc");
    CHECK(result == FREEBSD_EBADF || result == -FREEBSD_EBADF);
}

/* 64 is getppid for the host's 32-bit programs, and nothing here. */
static void int80_asks(void *unused)
{
    int64_t result;
    int64_t parent = SYS(getppid);

    (void)unused;
    limit_time();
    for (int i = 0; i < ANSWER_HOT; i++) {
        __asm__ volatile("movl $64, %%eax\n\tint $0x80"
                         : "=&a"(result)
                         :
                         : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
        CHECK(result != parent);
    }
}

TEST(int_0x80)
{
    host_did_not_write(int80_writes);
    host_did_not_write(int80_asks);
}

/* rbp is where the host's 32-bit entry reads the sixth argument. */
static void sysenter_writes(void *unused)
{
    register void *stack __asm__("r14") = &low_stack[400];

    (void)unused;
    limit_time();
    __asm__ volatile("movq %[stack], %%rbp\n\tmovq %[stack], %%rsp\n\tmovq $-1, %%rdi\n\tsysenter\n\tud2"
                     :
                     : "a"(4UL), "b"((uint64_t)file), "c"(text), "d"(sizeof(text)), [stack] "r"(stack), "S"(text)
                     : "memory", "cc");
}

TEST(sysenter)
{
    host_did_not_write(sysenter_writes);
}

/* The host's selector for 32-bit code is one that any program may load. */
static void run_32_bit(const uint8_t *code, size_t size)
{
    int64_t at = SYS(mmap, 0, CODE_PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
                     FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON | FREEBSD_MAP_32BIT, -1, 0);

    limit_time();
    REQUIRE(at > 0);
    memcpy((void *)at, code, size);
    REQUIRE(code_seal((uint8_t *)at, CODE_PAGE));
    register void *stack __asm__("r14") = &low_stack[400];
    register int64_t target __asm__("r15") = at;

    __asm__ volatile("movq %[stack], %%rbp\n\tmovq %[stack], %%rsp\n\tpushq $0x23\n\tpushq %[target]\n\t"
                     "movq $-1, %%rdi\n\tlretq"
                     :
                     : "a"(4UL), "b"((uint64_t)file), "c"(text),
                       "d"(sizeof(text)), [stack] "r"(stack), [target] "r"(target), "S"(text)
                     : "memory", "cc");
}

static void int80_in_32_bit_code(void *unused)
{
    static const uint8_t code[] = {0xcd, 0x80, 0x0f, 0x0b};

    (void)unused;
    run_32_bit(code, sizeof(code));
}

static void sysenter_in_32_bit_code(void *unused)
{
    static const uint8_t code[] = {0x89, 0xe5, 0x0f, 0x34, 0x0f, 0x0b};

    (void)unused;
    run_32_bit(code, sizeof(code));
}

static void syscall_in_32_bit_code(void *unused)
{
    static const uint8_t code[] = {0x89, 0xcd, 0x0f, 0x05, 0x0f, 0x0b};

    (void)unused;
    run_32_bit(code, sizeof(code));
}

TEST(code_of_32_bits)
{
    host_did_not_write(int80_in_32_bit_code);
    host_did_not_write(sysenter_in_32_bit_code);
    host_did_not_write(syscall_in_32_bit_code);
}

/* ---- vsyscall ---- */

static void vsyscall_time_of_day(void *unused)
{
    struct freebsd_timeval tv = {0, 0};

    (void)unused;
    limit_time();
    answer_jump((const uint8_t *)VSYSCALL, 20, (uint64_t)&tv, 0, 0, 0);
    if (tv.sec != 0)
        guest_exit(HOST_ANSWERED);
}

static void vsyscall_time(void *unused)
{
    (void)unused;
    limit_time();
    if (answer_jump((const uint8_t *)VSYSCALL + 0x400, 20, 0, 0, 0, 0) > 1000000000)
        guest_exit(HOST_ANSWERED);
}

static void vsyscall_cpu(void *unused)
{
    uint32_t cpu = 0xffffffff;

    (void)unused;
    limit_time();
    answer_jump((const uint8_t *)VSYSCALL + 0x800, 20, (uint64_t)&cpu, 0, 0, 0);
    if (cpu != 0xffffffff)
        guest_exit(HOST_ANSWERED);
}

/*
 * The host emulates three calls when the program jumps to the page, on its way out of the page fault: no system call
 * is made that could be dispatched. Of the ways of interception only a seccomp filter is asked there.
 */
TEST(vsyscall_page)
{
    static void (*const tries[])(void *) = {vsyscall_time_of_day, vsyscall_time, vsyscall_cpu};
    bool answered = false;

    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        int status = guest_in_child(tries[i], NULL);

        if (EXITED(status, HOST_ANSWERED))
            answered = true;
        else if (!allowed(status))
            guest_fail(__FILE__, __LINE__, "vsyscall %u: the child's status is 0x%x", (unsigned)i, status);
    }
    if (answered && guest_intercepted_by("seccomp"))
        guest_fail(__FILE__, __LINE__, "the host answers although a filter is asked");
    else if (answered)
        SKIP("the host's kernel answers jumps to its vsyscall page, and dispatches no call that could be caught");
}
