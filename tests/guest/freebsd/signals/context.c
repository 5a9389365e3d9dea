/*
 * The ucontext a handler gets and gives back: registers, flags, mask, vector state. Source:
 * sys/amd64/amd64/exec_machdep.c sendsig, sys_sigreturn.
 */
#include "guest.h"

static struct freebsd_ucontext kept;
static struct freebsd_siginfo kept_info;
static volatile int count;
static volatile uint64_t handler_rsp;

static void keep(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    count++;
    kept = *context;
    kept_info = *info;
    handler_rsp = (uint64_t)__builtin_frame_address(0) + 8;
    /* What the handler leaves in the vector registers must not reach the program. */
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\tpcmpeqd %%xmm15, %%xmm15"
                     :
                     :
                     : "xmm0", "xmm7", "xmm15");
}

/* Sends a signal to the process with known registers and looks at them afterwards. */
static void send_with_registers(uint64_t *r12_after, uint64_t *r13_after, uint64_t *rbx_after)
{
    uint64_t rbx = 0xb0b0b0b0b0;
    uint64_t result;

    __asm__ volatile("movq $0x12121212, %%r12\n\tmovq $0x13131313, %%r13\n\tsyscall\n\t"
                     "movq %%r12, %0\n\tmovq %%r13, %1"
                     : "=&r"(*r12_after), "=&r"(*r13_after), "+b"(rbx), "=a"(result)
                     : "3"((uint64_t)FREEBSD_SYS_kill), "D"(SYS(getpid)), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "memory", "cc");
    *rbx_after = rbx;
}

TEST(registers)
{
    uint64_t r12;
    uint64_t r13;
    uint64_t rbx;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    send_with_registers(&r12, &r13, &rbx);
    CHECK_EQ(r12, 0x12121212);
    CHECK_EQ(r13, 0x13131313);
    CHECK_EQ(rbx, 0xb0b0b0b0b0);
    CHECK_EQ(kept.mc.r12, 0x12121212);
    CHECK_EQ(kept.mc.r13, 0x13131313);
    CHECK_EQ(kept.mc.rbx, 0xb0b0b0b0b0);
    CHECK_EQ(kept.mc.rsi, FREEBSD_SIGUSR1);
    CHECK_EQ(kept.mc.rax, 0); /* the result of kill */
    CHECK_EQ(kept.mc.rflags & 1, 0);
    CHECK_EQ(kept.mc.len, sizeof(struct freebsd_mcontext));
    CHECK_EQ(kept.mc.fpformat, 0x10002);
    CHECK(kept.mc.ownedfp >= 0x20001 && kept.mc.ownedfp <= 0x20002);
    CHECK_EQ(kept.mc.rsp & 7, 0);
    CHECK_EQ(handler_rsp & 15, 8); /* as at any function's entry: sigcode calls the handler */
}

TEST(mask_in_context)
{
    struct freebsd_sigset none = {{0}};

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    CHECK_OK(guest_block(100));
    CHECK_OK(guest_block(FREEBSD_SIGTERM));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK(guest_set_has(&kept.sigmask, 100));
    CHECK(guest_set_has(&kept.sigmask, FREEBSD_SIGTERM));
    CHECK(!guest_set_has(&kept.sigmask, FREEBSD_SIGUSR1));
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &none, 0));
}

static void change_mask(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    guest_set_add(&context->sigmask, 99);
    guest_set_add(&context->sigmask, FREEBSD_SIGKILL);
}

/* sigreturn installs the mask the handler left; SIGKILL and SIGSTOP drop out of it */
TEST(changed_mask)
{
    struct freebsd_sigset mask;
    struct freebsd_sigset none = {{0}};

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, change_mask, 0));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &none, &mask));
    CHECK(guest_set_has(&mask, 99));
    CHECK(!guest_set_has(&mask, FREEBSD_SIGKILL));
}

static void skip_two_bytes(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    count++;
    kept = *context;
    kept_info = *info;
    context->mc.rip += 2;
    context->mc.rax = 0xabcdef;
}

/* SIGILL of ud2: the address is the instruction's, and the handler's changes take effect */
TEST(changed_registers)
{
    uint64_t rax;
    uint64_t at;

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGILL, skip_two_bytes, 0));
    __asm__ volatile("leaq 1f(%%rip), %1\n1:\tud2" : "=&a"(rax), "=&r"(at));
    CHECK_EQ(count, 1);
    CHECK_EQ(rax, 0xabcdef);
    CHECK_EQ(kept.mc.rip, at);
    CHECK_EQ((uint64_t)kept_info.addr, at);
    CHECK_EQ(kept_info.code, FREEBSD_ILL_PRVOPC);
    CHECK_EQ(kept.mc.trapno, FREEBSD_T_PRIVINFLT);
    CHECK_EQ(kept_info.trapno, FREEBSD_T_PRIVINFLT);
    CHECK_OK(guest_default(FREEBSD_SIGILL));
}

static void change_xmm(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    /* fxsave's layout: xmm0 stands at byte 160. */
    ((uint64_t *)context->mc.fpstate)[20] = 0x1122334455667788;
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0" : : : "xmm0");
}

TEST(changed_vector_register)
{
    uint64_t out[2];
    uint64_t r;
    uint64_t pid = (uint64_t)SYS(getpid);

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, change_xmm, 0));
    __asm__ volatile("pxor %%xmm0, %%xmm0\n\tsyscall\n\tmovdqu %%xmm0, %1"
                     : "=a"(r), "=m"(out)
                     : "0"((uint64_t)FREEBSD_SYS_kill), "D"(pid), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "memory", "cc");
    CHECK_EQ(out[0], 0x1122334455667788);
    CHECK_EQ(out[1], 0);
}

TEST(vector_registers_survive)
{
    uint64_t in[2] = {0x0123456789abcdef, 0x0f1e2d3c4b5a6978};
    uint64_t out[3][2];
    uint64_t r;
    uint64_t pid = (uint64_t)SYS(getpid);

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    __asm__ volatile("movdqu %2, %%xmm0\n\tmovdqu %2, %%xmm7\n\tmovdqu %2, %%xmm15\n\tsyscall\n\t"
                     "movdqu %%xmm0, %1\n\tmovdqu %%xmm7, 16+%1\n\tmovdqu %%xmm15, 32+%1"
                     : "=a"(r), "=m"(out)
                     : "m"(in), "0"((uint64_t)FREEBSD_SYS_kill), "D"(pid), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm7", "xmm15", "memory", "cc");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(out[i][0], in[0]);
        CHECK_EQ(out[i][1], in[1]);
    }
    /* ... and the handler could see them. */
    CHECK_EQ(((uint64_t *)kept.mc.fpstate)[20], in[0]);
}

static bool have_avx(void)
{
    uint32_t eax = 1;
    uint32_t ebx;
    uint32_t ecx = 0;
    uint32_t edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return (ecx >> 27 & 1) && (ecx >> 28 & 1);
}

static void clear_ymm(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    kept = *context;
    __asm__ volatile("vzeroall" : : : "memory");
}

/* The upper halves travel in the extended state behind mc_xfpustate */
TEST(upper_vector_halves_survive)
{
    uint64_t in[4] = {1, 2, 0x3333333333333333, 0x4444444444444444};
    uint64_t out[4];
    uint64_t r;
    uint64_t pid = (uint64_t)SYS(getpid);

    if (!have_avx())
        SKIP("the processor has no AVX");
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, clear_ymm, 0));
    __asm__ volatile("vmovdqu %2, %%ymm3\n\tsyscall\n\tvmovdqu %%ymm3, %1\n\tvzeroupper"
                     : "=a"(r), "=m"(out)
                     : "m"(in), "0"((uint64_t)FREEBSD_SYS_kill), "D"(pid), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm3", "memory", "cc");
    for (int i = 0; i < 4; i++)
        CHECK_EQ(out[i], in[i]);
    CHECK_EQ(kept.mc.flags & 4, 4); /* _MC_HASFPXSTATE */
    CHECK(kept.mc.xfpustate != 0 && kept.mc.xfpustate_len >= 64 + 256);
}

/* 128 bytes below the stack pointer belong to the running function: a frame goes below them */
TEST(red_zone_is_intact)
{
    uint64_t r;
    uint64_t seen;
    uint64_t far_seen;
    uint64_t pid = (uint64_t)SYS(getpid);

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    __asm__ volatile("subq $256, %%rsp\n\tmovq %5, -8(%%rsp)\n\tmovq %5, -128(%%rsp)\n\tsyscall\n\t"
                     "movq -8(%%rsp), %1\n\tmovq -128(%%rsp), %2\n\taddq $256, %%rsp"
                     : "=a"(r), "=&b"(seen), "=&r"(far_seen)
                     : "0"((uint64_t)FREEBSD_SYS_kill), "D"(pid), "r"(0x5a5a5a5a5a5aUL), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    CHECK_EQ(seen, 0x5a5a5a5a5a5a);
    CHECK_EQ(far_seen, 0x5a5a5a5a5a5a);
}

static volatile uint64_t flags_inside;

static void look_at_flags(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    __asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags_inside));
}

/* A handler starts with the direction flag clear (sendsig: tf_rflags &= ~(PSL_T | PSL_D)) and the program's comes back */
TEST(direction_flag)
{
    uint64_t after;
    uint64_t r;
    uint64_t pid = (uint64_t)SYS(getpid);

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, look_at_flags, 0));
    __asm__ volatile("std\n\tsyscall\n\tpushfq\n\tpopq %1\n\tcld"
                     : "=a"(r), "=&b"(after)
                     : "0"((uint64_t)FREEBSD_SYS_kill), "D"(pid), "S"((uint64_t)FREEBSD_SIGUSR1)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    CHECK_EQ(flags_inside & 0x400, 0);
    CHECK_EQ(after & 0x400, 0x400);
}

/* getcontext(2), setcontext(2): back to where the context was taken, once */
TEST(get_and_set_context)
{
    static struct freebsd_ucontext context __attribute__((aligned(16)));
    volatile int times = 0;

    CHECK_OK(SYS(getcontext, &context));
    times = times + 1;
    if (times < 3)
        SYS(setcontext, &context);
    CHECK_EQ(times, 3);
}

/* sigreturn(2): flags a program may not set are EINVAL, and it goes on */
TEST(bad_context)
{
    static struct freebsd_ucontext context __attribute__((aligned(16)));

    CHECK_OK(SYS(getcontext, &context));
    context.mc.rflags |= 0x3000; /* the privilege level for input and output */
    CHECK_ERR(SYS(sigreturn, &context), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigreturn, 0x10), FREEBSD_EFAULT);
}
