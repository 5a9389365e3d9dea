/*
 * How a call answers: carry flag and error number, the second result, indirect calls, numbers nobody has.
 */
#include "guest.h"

/* sys/amd64/amd64/vm_machdep.c cpu_set_syscall_retval: failure is the carry flag and a positive number */
TEST(failure_sets_carry)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_close, 999, 0, 0, 0, 0, 0);

    CHECK_EQ(r.carry, 1);
    CHECK_EQ(r.rax, FREEBSD_EBADF);
}

TEST(success_clears_carry)
{
    struct guest_result r;

    __asm__ volatile("stc\n\tsyscall\n\tsetc %[c]"
                     : "=a"(r.rax), [c] "=q"(r.carry)
                     : "0"((uint64_t)FREEBSD_SYS_getpid)
                     : "rcx", "r11", "r8", "r9", "r10", "rdx", "memory", "cc");
    CHECK_EQ(r.carry, 0);
    CHECK(r.rax > 0);
}

/* sys/kern/subr_syscall.c syscallenter: td_retval[1] begins as the caller's rdx, so it comes back untouched */
TEST(rdx_is_preserved)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_getpid, 1, 2, 0x1234567890, 4, 5, 6);

    CHECK_EQ(r.rdx, 0x1234567890);
}

TEST(rdx_is_preserved_by_failure)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_close, 999, 0, 0x1234567890, 0, 0, 0);

    CHECK_EQ(r.rdx, 0x1234567890);
}

/* sys/amd64/amd64/exception.S: what the convention of the language lets a caller keep is kept */
TEST(registers_are_preserved)
{
    uint64_t rbx;
    uint64_t rbp_ok;
    uint64_t r12;
    uint64_t r15;
    uint64_t rdi;
    uint64_t rsi;

    __asm__ volatile("pushq %%rbp\n\t"
                     "movq $0x1111, %%rbx\n\tmovq $0x2222, %%rbp\n\tmovq $0x3333, %%r12\n\tmovq $0x4444, %%r15\n\t"
                     "movq $0x5555, %%rdi\n\tmovq $0x6666, %%rsi\n\t"
                     "movl $20, %%eax\n\tsyscall\n\t"
                     "movq %%rbp, %%rax\n\tpopq %%rbp"
                     : "=&a"(rbp_ok), "=&b"(rbx), "=D"(rdi), "=S"(rsi)
                     :
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r15", "memory", "cc");
    __asm__ volatile("movq $0x3333, %%r12\n\tmovq $0x4444, %%r15\n\tmovl $20, %%eax\n\tsyscall\n\t"
                     "movq %%r12, %0\n\tmovq %%r15, %1"
                     : "=r"(r12), "=r"(r15)
                     :
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r15", "memory", "cc");
    CHECK_EQ(rbx, 0x1111);
    CHECK_EQ(rbp_ok, 0x2222);
    CHECK_EQ(rdi, 0x5555);
    CHECK_EQ(rsi, 0x6666);
    CHECK_EQ(r12, 0x3333);
    CHECK_EQ(r15, 0x4444);
}

/* Vector registers belong to the program: a system call leaves them alone */
TEST(vector_registers_are_preserved)
{
    uint64_t in[2] = {0x0123456789abcdef, 0xfedcba9876543210};
    uint64_t out[2] = {0, 0};

    __asm__ volatile("movdqu %1, %%xmm15\n\tmovdqu %1, %%xmm0\n\tmovl $20, %%eax\n\tsyscall\n\t"
                     "pxor %%xmm0, %%xmm15\n\tmovdqu %%xmm15, %0"
                     : "=m"(out)
                     : "m"(in)
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm15", "memory", "cc");
    CHECK_EQ(out[0], 0);
    CHECK_EQ(out[1], 0);
}

/* syscall(2): number 0 takes the real number as its first argument */
TEST(indirect_syscall)
{
    CHECK_EQ(SYS_NUMBER(FREEBSD_SYS_syscall, FREEBSD_SYS_getpid), SYS(getpid));
    CHECK_ERR(SYS_NUMBER(FREEBSD_SYS_syscall, FREEBSD_SYS_close, 999), FREEBSD_EBADF);
}

TEST(indirect_quad_syscall)
{
    CHECK_EQ(SYS_NUMBER(FREEBSD_SYS___syscall, FREEBSD_SYS_getpid), SYS(getpid));
    CHECK_ERR(SYS_NUMBER(FREEBSD_SYS___syscall, FREEBSD_SYS_lseek, 999, 0, 0), FREEBSD_EBADF);
}

/* cpu_fetch_syscall_args: shifted by the indirection, the sixth argument comes from the stack */
TEST(indirect_with_six_arguments)
{
    struct guest_result r;
    const uint64_t arguments[8] = {FREEBSD_SYS_mmap, 0, 4096, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON,
                                   (uint64_t)-1,     0, 0};

    guest_call8(&r, FREEBSD_SYS___syscall, arguments);
    CHECK_EQ(r.carry, 0);
    CHECK_EQ(r.rax & 4095, 0);
    CHECK_OK(SYS(munmap, r.rax, 4096));
}

static volatile int sigsys_seen;

static void on_sigsys(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    sigsys_seen = signo;
}

/* sys/kern/kern_sig.c nosys: SIGSYS for the caller, then ENOSYS */
TEST(unknown_number_with_handler)
{
    CHECK_OK(guest_handle(FREEBSD_SIGSYS, on_sigsys, 0));
    sigsys_seen = 0;
    CHECK_ERR(SYS_NUMBER(1999), FREEBSD_ENOSYS);
    CHECK_EQ(sigsys_seen, FREEBSD_SIGSYS);
    CHECK_OK(guest_default(FREEBSD_SIGSYS));
}

TEST(unknown_number_ignored)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGSYS));
    CHECK_ERR(SYS_NUMBER(1999), FREEBSD_ENOSYS);
    CHECK_ERR(SYS_NUMBER(67), FREEBSD_ENOSYS);
    CHECK_OK(guest_default(FREEBSD_SIGSYS));
}

static void call_nothing(void *unused)
{
    (void)unused;
    SYS_NUMBER(1999);
}

TEST(unknown_number_kills_by_default)
{
    CHECK(KILLED(guest_in_child(call_nothing, NULL), FREEBSD_SIGSYS));
}

/* errno(2): the numbers the two systems do not share */
TEST(error_numbers_are_the_guests)
{
    int32_t fds[2];
    char byte;

    CHECK_OK(SYS(pipe2, fds, FREEBSD_O_NONBLOCK));
    CHECK_ERR(SYS(read, fds[0], &byte, 1), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(listen, fds[0], 1), FREEBSD_ENOTSOCK);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
    CHECK_OK(SYS(symlink, "loop", "loop"));
    CHECK_ERR(SYS(open, "loop", 0, 0), FREEBSD_ELOOP);
    CHECK_OK(SYS(mkdir, "full", 0755));
    SYS(close, guest_file("full/file", "x"));
    CHECK_ERR(SYS(rmdir, "full"), FREEBSD_ENOTEMPTY);
}
