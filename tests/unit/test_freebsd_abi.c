/*
 * FreeBSD's numbers and layouts against the host's: errnos, signals, siginfo, wait statuses, signal frames, mmap
 * requests. Expected values stand in FreeBSD's headers (sys/errno.h, sys/signal.h, sys/wait.h, sys/mman.h) and in
 * sys/amd64/amd64/trap.c and exec_machdep.c.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"
#include "syscalls/entry/dispatch.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/memory/memory.h"
#include "syscalls/freebsd/signals/context.h"
#include "syscalls/freebsd/signals/frame.h"
#include "syscalls/freebsd/signals/signal.h"

enum { XSTATE_BYTES = 832, SOFTWARE = 464 };

/* asm/sigcontext.h, which cannot stand beside the C library's headers. */
struct software_bytes {
    uint32_t magic1, extended_size;
    uint64_t xfeatures;
    uint32_t xstate_size;
    uint32_t padding[7];
};
#define XSTATE_MAGIC 0x46505853u

/* A host frame as the kernel leaves it: legacy area with software bytes, header, 256 bytes of upper halves. */
static ucontext_t host;
static uint8_t image[XSTATE_BYTES + 4] __attribute__((aligned(64)));
static uint8_t guest_stack[8192] __attribute__((aligned(64)));
static struct process process;
static struct thread thread;

/* The engine's own handler stands on more than a test has; this is the part that copyin() needs. */
static void fault(int signo, siginfo_t *info, void *context)
{
    (void)info;
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uint64_t resume = guest_fault_resume((uint64_t)*rip);
    if (resume == 0) {
        signal(signo, SIG_DFL);
        return;
    }
    *rip = (greg_t)resume;
}

static void setup(void)
{
    struct sigaction catch = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &catch, NULL);
    memset(&host, 0, sizeof host);
    memset(&thread, 0, sizeof thread);
    memset(&process, 0, sizeof process);
    for (unsigned i = 0; i < sizeof image; i++) {
        image[i] = (uint8_t)i;
    }
    const uint32_t mxcsr = 0x1f80, mxcsr_mask = 0xffff;
    memcpy(image + 24, &mxcsr, sizeof mxcsr);
    memcpy(image + 28, &mxcsr_mask, sizeof mxcsr_mask);
    struct software_bytes *sw = (void *)(image + SOFTWARE);
    memset(sw, 0, sizeof *sw);
    sw->magic1 = XSTATE_MAGIC;
    sw->extended_size = XSTATE_BYTES + 4;
    sw->xfeatures = 7;
    sw->xstate_size = XSTATE_BYTES;
    memset(image + 512, 0, 64);
    image[512] = 7;
    host.uc_mcontext.fpregs = (void *)image;
    process.personality = &freebsd_personality;
    process.sigcode.va = 0x1234000;
    thread.self = &thread;
    thread.proc = &process;
    thread.uc = &host;
    thread.regs = (struct cpu_context *)&host.uc_mcontext;
    thread.regs->rsp = (uint64_t)guest_stack + 8000;
    thread.regs->rflags = 0x246;
}

START_TEST(errno_numbers)
{
    const uint8_t *map = freebsd_errno_from_host;
    ck_assert_int_eq(map[EAGAIN], 35);
    ck_assert_int_eq(map[EDEADLK], 11);
    ck_assert_int_eq(map[ENOSYS], 78);
    ck_assert_int_eq(map[ENOTEMPTY], 66);
    ck_assert_int_eq(map[ECONNREFUSED], 61);
    ck_assert_int_eq(map[ENOTRECOVERABLE], 95);
    for (int e = 1; e <= 34; e++) {
        ck_assert(e == EAGAIN || map[e] == 0);
    }
    for (unsigned e = 35; e < FREEBSD_ERRNO_COUNT; e++) {
        ck_assert_msg(map[e] >= 1 && map[e] <= 97, "host errno %u has no FreeBSD number", e);
    }
}
END_TEST

START_TEST(results)
{
    const struct personality *p = &freebsd_personality;
    struct cpu_context regs = {.rdx = 77, .rflags = 0x247};
    p->set_result(&thread, &regs, 5);
    ck_assert_uint_eq(regs.rax, 5);
    ck_assert_uint_eq(regs.rflags, 0x246);
    p->set_result(&thread, &regs, -EAGAIN);
    ck_assert_uint_eq(regs.rax, 35);
    ck_assert_uint_eq(regs.rflags, 0x247);
    ck_assert_uint_eq(regs.rdx, 77);
    p->set_result(&thread, &regs, -(1024 + 93));
    ck_assert_uint_eq(regs.rax, 93);
    thread.call_flags = CALL_RAW_RESULT | CALL_RESULT2;
    thread.call_result2 = 9;
    p->set_result(&thread, &regs, -3);
    ck_assert_int_eq((int64_t)regs.rax, -3);
    ck_assert_uint_eq(regs.rdx, 9);
    ck_assert_uint_eq(regs.rflags, 0x246);
    thread.call_flags = CALL_REGS_SET;
    regs.rax = 1;
    p->set_result(&thread, &regs, 0);
    ck_assert_uint_eq(regs.rax, 1);
}
END_TEST

START_TEST(arguments)
{
    struct syscall_request rq;
    uint64_t stack[4] = {0xdead, 11, 12, 13};
    struct cpu_context regs = {.rax = 477, .rdi = 1, .rsi = 2, .rdx = 3, .r10 = 4, .r8 = 5, .r9 = 6};
    regs.rsp = (uint64_t)stack;
    ck_assert_int_eq(syscall_fetch(&thread, &freebsd_personality, &regs, &rq), 0);
    ck_assert_uint_eq(rq.number, 477);
    ck_assert_uint_eq(rq.args[5], 6);
    regs.rax = 198; /* __syscall(197, …): freebsd6_mmap takes seven */
    regs.rdi = 197;
    ck_assert_int_eq(syscall_fetch(&thread, &freebsd_personality, &regs, &rq), 0);
    ck_assert_uint_eq(rq.number, 197);
    ck_assert_uint_eq(rq.args[0], 2);
    ck_assert_uint_eq(rq.args[4], 6);
    ck_assert_uint_eq(rq.args[5], 11);
    ck_assert_uint_eq(rq.args[6], 12);
    regs.rsp = 8;
    ck_assert_int_eq(syscall_fetch(&thread, &freebsd_personality, &regs, &rq), -EFAULT);
    regs.rax = 100000;
    ck_assert_int_eq(syscall_fetch(&thread, &freebsd_personality, &regs, &rq), 0);
    ck_assert_ptr_null(rq.entry);
}
END_TEST

START_TEST(signal_numbers)
{
    static const int pairs[][2] = {{10, SIGBUS},  {12, SIGSYS},  {16, SIGURG},  {17, SIGSTOP},
                                   {18, SIGTSTP}, {19, SIGCONT}, {20, SIGCHLD}, {23, SIGIO},
                                   {30, SIGUSR1}, {31, SIGUSR2}, {7, 34},       {29, 35},
                                   {32, 36},      {33, 37},      {65, 38},      {91, 64}};
    for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ck_assert_int_eq(freebsd_signal_to_host[pairs[i][0]], pairs[i][1]);
    }
    int carried = 0;
    for (int signo = 1; signo <= FREEBSD_SIG_MAXSIG; signo++) {
        int h = freebsd_signal_to_host[signo];
        carried += h != 0;
        ck_assert(h == 0 || freebsd_signal_from_host[h] == signo);
        ck_assert(signo > 33 || h != 0);
    }
    ck_assert_int_eq(carried, 60);
    ck_assert_int_eq(freebsd_signal_from_host[16] + freebsd_signal_from_host[30] + freebsd_signal_from_host[32], 0);
    ck_assert_int_eq(freebsd_signal_default(FREEBSD_SIGIO), SIGNAL_ACT_IGNORE);
    ck_assert_int_eq(freebsd_signal_default(FREEBSD_SIGTSTP), SIGNAL_ACT_STOP);
    ck_assert_int_eq(freebsd_signal_default(70), SIGNAL_ACT_TERMINATE);
}
END_TEST

static struct guest_signal described(int signo, int code, uint64_t trapno, bool fault)
{
    siginfo_t si;
    struct guest_signal out;
    memset(&si, 0, sizeof si);
    si.si_signo = signo;
    si.si_code = code;
    si.si_addr = (void *)0x5000;
    struct cpu_context regs = {.rip = 0x4000};
    freebsd_signal_describe(&thread, &si, fault ? &regs : NULL, trapno, 6, &out);
    return out;
}

START_TEST(faults)
{
    static const struct {
        int host_signo, host_code, vector, signo, code, trapno;
        uint64_t address;
    } rows[] = {
        {SIGSEGV, SEGV_MAPERR, 14, 11, 1, 12, 0x5000}, {SIGSEGV, SEGV_ACCERR, 14, 11, 2, 12, 0x5000},
        {SIGBUS, BUS_ADRERR, 14, 10, 3, 12, 0x5000},   {SIGSEGV, SI_KERNEL, 13, 10, 3, 9, 0x4000},
        {SIGFPE, FPE_INTDIV, 0, 8, 2, 18, 0x4000},     {SIGFPE, FPE_FLTDIV, 19, 8, 3, 29, 0x4000},
        {SIGILL, ILL_ILLOPN, 6, 4, 5, 1, 0x4000},      {SIGTRAP, SI_KERNEL, 3, 5, 1, 3, 0x4000},
        {SIGTRAP, TRAP_TRACE, 1, 5, 2, 10, 0x4000},    {SIGBUS, BUS_ADRALN, 17, 10, 1, 14, 0x4000},
        {SIGSEGV, SI_KERNEL, 4, 8, 1, 20, 0x4000},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct guest_signal g = described(rows[i].host_signo, rows[i].host_code, (uint64_t)rows[i].vector, true);
        ck_assert_msg(g.signo == rows[i].signo && g.code == rows[i].code && g.trapno == rows[i].trapno &&
                          g.address == rows[i].address,
                      "row %u: signal %d code %d trap %d", i, g.signo, g.code, g.trapno);
    }
}
END_TEST

START_TEST(sent_signals)
{
    ck_assert_int_eq(described(SIGUSR1, SI_USER, 0, false).code, 0x10001);
    ck_assert_int_eq(described(SIGUSR1, SI_QUEUE, 0, false).code, 0x10002);
    ck_assert_int_eq(described(SIGUSR1, SI_TKILL, 0, false).code, 0x10007);
    ck_assert_int_eq(described(SIGALRM, SI_KERNEL, 0, false).code, 0x10006);
    ck_assert_int_eq(described(SIGSEGV, SI_USER, 14, true).code, 0x10001);
    ck_assert_int_eq(described(16, SI_USER, 0, false).signo, 0);
    siginfo_t si;
    struct guest_signal g;
    memset(&si, 0, sizeof si);
    si.si_signo = SIGCHLD;
    si.si_code = CLD_KILLED;
    si.si_status = SIGUSR1;
    si.si_pid = 99;
    freebsd_signal_describe(&thread, &si, NULL, 0, 0, &g);
    struct freebsd_siginfo out;
    freebsd_siginfo_fill(&g, &out);
    ck_assert_int_eq(out.signo, 20);
    ck_assert_int_eq(out.code, 2);
    ck_assert_int_eq(out.status, 30);
    ck_assert_int_eq(out.pid, 99);
    si.si_code = CLD_EXITED;
    freebsd_signal_describe(&thread, &si, NULL, 0, 0, &g);
    ck_assert_int_eq(g.status, SIGUSR1);
}
END_TEST

START_TEST(wait_statuses)
{
    ck_assert_int_eq(freebsd_wait_status(42 << 8), 42 << 8);
    ck_assert_int_eq(freebsd_wait_status(SIGUSR1), 30);
    ck_assert_int_eq(freebsd_wait_status(SIGBUS | 0x80), 10 | 0x80);
    ck_assert_int_eq(freebsd_wait_status(SIGTSTP << 8 | 0x7f), 18 << 8 | 0x7f);
    ck_assert_int_eq(freebsd_wait_status(0xffff), 0x13);
}
END_TEST

START_TEST(actions)
{
    struct freebsd_sigaction in = {.handler = 0x1000, .flags = 0x7f, .mask = {~0u, ~0u, ~0u, ~0u}}, back;
    struct signal_action a;
    ck_assert_int_eq(freebsd_sigaction_in(FREEBSD_SIGCHLD, &in, &a), 0);
    ck_assert_uint_eq(a.flags, 0x7f);
    ck_assert(!signal_set_has(&a.mask, FREEBSD_SIGKILL) && !signal_set_has(&a.mask, FREEBSD_SIGSTOP));
    freebsd_sigaction_out(&a, &back);
    ck_assert_uint_eq(back.flags, 0x7f);
    ck_assert_uint_eq(back.mask[3], ~0u);
    in.flags = 0x80;
    ck_assert_int_eq(freebsd_sigaction_in(15, &in, &a), -EINVAL);
    in.handler = SIGNAL_IGNORE;
    in.flags = 0xc0;
    ck_assert_int_eq(freebsd_sigaction_in(15, &in, &a), 0);
    ck_assert_uint_eq(a.flags, 0);
}
END_TEST

static const struct signal_action handler = {.handler = 0xabcd, .flags = SIGNAL_SIGINFO};
static const struct guest_signal user_signal = {.signo = 30, .code = FREEBSD_SI_USER, .pid = 7};

/* Builds a frame for registers that are all different; returns where it stands. */
static struct freebsd_sigframe *frame_built(struct cpu_context *before)
{
    uint64_t *r = (uint64_t *)thread.regs;
    for (unsigned i = 0; i < sizeof *thread.regs / sizeof *r; i++) {
        r[i] = i * 0x0101010101ULL;
    }
    thread.regs->rsp = (uint64_t)guest_stack + 8000;
    thread.regs->rflags = 0x246 | RFLAGS_DIRECTION;
    *before = *thread.regs;
    thread.frame_mask.bits[1] = 0x55;
    ck_assert_int_eq(freebsd_build_frame(&thread, thread.regs, &host, &user_signal, &handler), 0);
    return (struct freebsd_sigframe *)thread.regs->rsp;
}

START_TEST(frame_layout)
{
    struct cpu_context before;
    const struct freebsd_sigframe *f = frame_built(&before);
    ck_assert_uint_eq((uint64_t)f & 15, 0);
    ck_assert_uint_eq(f->sf_handler, 0xabcd);
    ck_assert_uint_eq(thread.regs->rip, process.sigcode.va);
    ck_assert_uint_eq(thread.regs->rdi, 30);
    ck_assert_ptr_eq((void *)thread.regs->rsi, &f->sf_si);
    ck_assert_ptr_eq((void *)thread.regs->rdx, &f->sf_uc);
    ck_assert_uint_eq(thread.regs->rflags & RFLAGS_DIRECTION, 0);
    ck_assert_int_eq(f->sf_si.pid, 7);
    const struct freebsd_mcontext *mc = &f->sf_uc.uc_mcontext;
    ck_assert_uint_eq(mc->mc_rip, before.rip);
    ck_assert_uint_eq(mc->mc_r15, before.r15);
    ck_assert_uint_eq(mc->mc_cs, 0x43);
    ck_assert_int_eq(mc->mc_len, 800);
    ck_assert_uint_eq(mc->mc_flags, 5);
    ck_assert_int_eq(mc->mc_fpformat, 0x10002);
    ck_assert_uint_eq(mc->mc_xfpustate & 63, 0);
    ck_assert_uint_eq(mc->mc_xfpustate_len, XSTATE_BYTES - 512);
    ck_assert(mc->mc_xfpustate + mc->mc_xfpustate_len <= before.rsp - 128);
    ck_assert_mem_eq((void *)mc->mc_xfpustate, image + 512, XSTATE_BYTES - 512);
    ck_assert_mem_eq(mc->mc_fpstate, image, SOFTWARE);
    ck_assert_int_eq(f->sf_uc.uc_stack.ss_flags, FREEBSD_SS_DISABLE);
    ck_assert_uint_eq(f->sf_uc.uc_sigmask.bits[1], 0x55);
}
END_TEST

START_TEST(frame_round_trip)
{
    struct cpu_context before;
    uint8_t saved[sizeof image];
    struct freebsd_sigframe *f = frame_built(&before);
    memcpy(saved, image, sizeof image);
    memset(image, 0, 160);
    memset(image + 576, 0, 256);
    memcpy(image + 28, saved + 28, 4);
    memset(thread.regs, 0, sizeof *thread.regs);
    thread.regs->rflags = 0x202;
    ck_assert_int_eq(freebsd_frame_restore(&thread, guest_addr((uint64_t)&f->sf_uc)), 0);
    ck_assert_mem_eq(thread.regs, &before, sizeof before);
    ck_assert_mem_eq(image, saved, sizeof image);
    ck_assert_uint_eq(thread.mask.bits[1], 0x55);
    ck_assert_uint_eq(thread.call_flags, CALL_REGS_SET | CALL_XSTATE_SET);
}
END_TEST

START_TEST(bad_contexts)
{
    struct cpu_context before;
    const struct freebsd_sigframe *f = frame_built(&before);
    struct freebsd_ucontext uc;
#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        memcpy(&uc, &f->sf_uc, sizeof uc);                                                                             \
        change;                                                                                                        \
        ck_assert_int_eq(freebsd_frame_restore(&thread, guest_addr((uint64_t)&uc)), -EINVAL);                          \
    } while (0)
    REFUSED(uc.uc_mcontext.mc_flags = 8);
    REFUSED(uc.uc_mcontext.mc_rflags ^= 0x3000); /* the I/O privilege level */
    REFUSED(uc.uc_mcontext.mc_cs = 0x20);
    REFUSED(uc.uc_mcontext.mc_fpformat = 3);
    REFUSED(uc.uc_mcontext.mc_ownedfp = 3);
    REFUSED(uc.uc_mcontext.mc_xfpustate_len = 63);
    REFUSED(uc.uc_mcontext.mc_xfpustate_len = XSTATE_BYTES - 511);
    REFUSED(((uint8_t *)uc.uc_mcontext.mc_xfpustate)[0] = 0xff);
    ck_assert_int_eq(freebsd_frame_restore(&thread, guest_addr(8)), -EFAULT);
    ck_assert_int_eq(thread.raised_set, true);
}
END_TEST

START_TEST(alternate_stack)
{
    struct signal_action a = handler;
    a.flags = SIGNAL_ONSTACK;
    thread.altstack = (struct signal_stack){.base = (uint64_t)guest_stack, .size = 4096, .enabled = true};
    ck_assert_int_eq(freebsd_build_frame(&thread, thread.regs, &host, &user_signal, &a), 0);
    const struct freebsd_sigframe *f = (const void *)thread.regs->rsp;
    ck_assert((uint8_t *)f >= guest_stack && (uint8_t *)(f + 1) <= guest_stack + 4096);
    ck_assert_int_eq(f->sf_uc.uc_stack.ss_flags, 0);
    ck_assert_int_eq((int)thread.regs->rsi, FREEBSD_SI_USER);
    uint64_t outer = thread.regs->rsp;
    ck_assert_int_eq(freebsd_build_frame(&thread, thread.regs, &host, &user_signal, &a), 0);
    f = (const void *)thread.regs->rsp;
    ck_assert_uint_lt(thread.regs->rsp, outer);
    ck_assert_int_eq(f->sf_uc.uc_stack.ss_flags, FREEBSD_SS_ONSTACK);
    thread.regs->rsp = 256;
    thread.altstack.enabled = false;
    ck_assert_int_eq(freebsd_build_frame(&thread, thread.regs, &host, &user_signal, &a), -EFAULT);
}
END_TEST

static int translated(uint64_t address, uint64_t length, int prot, uint32_t flags, int fd, int64_t offset,
                      struct space_request *rq)
{
    uint64_t within;
    struct freebsd_mmap m = {address, length, prot, (int32_t)flags, fd, offset, false};
    return freebsd_mmap_translate(&m, rq, &within);
}

START_TEST(mmap_requests)
{
    struct space_request rq;
    const uint32_t anon = FREEBSD_MAP_ANON | FREEBSD_MAP_PRIVATE;
    ck_assert_int_eq(translated(0, 5000, 3, anon, -1, 0, &rq), 0);
    ck_assert_uint_eq(rq.length, 8192);
    ck_assert_uint_eq(rq.flags, SPACE_ANONYMOUS | SPACE_PRIVATE | SPACE_NORESERVE);
    ck_assert_int_eq(translated(0, 1, 3, FREEBSD_MAP_ANON | FREEBSD_MAP_SHARED, -1, 0, &rq), 0);
    ck_assert_uint_eq(rq.flags, SPACE_ANONYMOUS | SPACE_SHARED);
    ck_assert_int_eq(translated(0, 10, 1, FREEBSD_MAP_PRIVATE, 3, 4097, &rq), 0);
    ck_assert_uint_eq(rq.offset, 4096);
    ck_assert_int_eq(translated(0, 4096, 0, FREEBSD_MAP_GUARD, -1, 0, &rq), 0);
    ck_assert_uint_ne(rq.flags & SPACE_GUARD, 0);
    ck_assert_int_eq(translated(0, 4096, 3, anon | 21u << 24, -1, 0, &rq), 0);
    ck_assert_uint_eq(rq.align_log2, 21);
    ck_assert_int_eq(translated(0x10000, 4096, 3, anon | FREEBSD_MAP_FIXED, -1, 0, &rq), 0);
    ck_assert_uint_eq(rq.address, 0x10000);
    ck_assert_int_eq(translated(0, 4096, 3, anon | 0x60, -1, 0, &rq), 0); /* flags that were defined once */
    struct freebsd_mmap m = {0, 4096, 3, 0, 3, 0, true};
    uint64_t within;
    ck_assert_int_eq(freebsd_mmap_translate(&m, &rq, &within), 0);
    ck_assert_uint_eq(rq.flags, SPACE_PRIVATE);
}
END_TEST

START_TEST(mmap_refusals)
{
    struct space_request rq;
    const uint32_t anon = FREEBSD_MAP_ANON | FREEBSD_MAP_PRIVATE;
    ck_assert_int_eq(translated(0, 0, 3, anon, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, anon, 3, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, anon, -1, 4096, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 8, anon, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3 | 1 << 16, anon, -1, 0, &rq), -EOPNOTSUPP);
    ck_assert_int_eq(translated(0, 1, 3, anon | 0x80, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, anon | FREEBSD_MAP_EXCL, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, anon | FREEBSD_MAP_SHARED, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, FREEBSD_MAP_GUARD, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 1, FREEBSD_MAP_STACK, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 1, 0, 3, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(1, 1, 3, anon | FREEBSD_MAP_FIXED, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0x7ffffffff000, 1, 3, anon | FREEBSD_MAP_FIXED, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, 1, 3, anon | 11u << 24, -1, 0, &rq), -EINVAL);
    ck_assert_int_eq(translated(0, ~0UL - 10, 3, anon, -1, 0, &rq), -ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("FreeBSD/amd64 ABI");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, errno_numbers);
    tcase_add_test(tcase, results);
    tcase_add_test(tcase, arguments);
    tcase_add_test(tcase, signal_numbers);
    tcase_add_test(tcase, faults);
    tcase_add_test(tcase, sent_signals);
    tcase_add_test(tcase, wait_statuses);
    tcase_add_test(tcase, actions);
    tcase_add_test(tcase, frame_layout);
    tcase_add_test(tcase, frame_round_trip);
    tcase_add_test(tcase, bad_contexts);
    tcase_add_test(tcase, alternate_stack);
    tcase_add_test(tcase, mmap_requests);
    tcase_add_test(tcase, mmap_refusals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
