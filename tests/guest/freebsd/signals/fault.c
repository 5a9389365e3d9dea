/*
 * Signals of the processor: number, code, address, trap number. Source: sys/amd64/amd64/trap.c.
 */
#include "guest.h"

static struct freebsd_siginfo seen;
static struct freebsd_ucontext context_seen;
static volatile int count;
static volatile uint64_t resume_at;

static void record(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    count++;
    seen = *info;
    context_seen = *context;
    if (resume_at != 0)
        context->mc.rip = resume_at;
}

/* Runs the instruction; the handler resumes after it. */
#define FAULT(instruction, ...)                                                                                        \
    do {                                                                                                               \
        count = 0;                                                                                                     \
        __asm__ volatile("leaq 9f(%%rip), %%rax\n\tmovq %%rax, %0\n\t" instruction "\n9:"                              \
                         : "=m"(resume_at)                                                                             \
                         : __VA_ARGS__                                                                                 \
                         : "rax", "rcx", "rdx", "memory", "cc");                                                       \
    } while (0)

TEST(unmapped_address)
{
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, record, 0));
    FAULT("movl $1, (%1)", "r"(0x12345678UL));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGSEGV);
    CHECK_EQ(seen.code, FREEBSD_SEGV_MAPERR);
    CHECK_EQ((uint64_t)seen.addr, 0x12345678);
    CHECK_EQ(seen.trapno, FREEBSD_T_PAGEFLT);
    CHECK_EQ(context_seen.mc.trapno, FREEBSD_T_PAGEFLT);
    CHECK_EQ(context_seen.mc.addr, 0x12345678);
    CHECK_EQ(context_seen.mc.err & 6, 6); /* user, write */
}

TEST(null_address)
{
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, record, 0));
    FAULT("movl (%1), %%ecx", "r"(0UL));
    CHECK_EQ(count, 1);
    CHECK_EQ((uint64_t)seen.addr, 0);
    CHECK_EQ(seen.code, FREEBSD_SEGV_MAPERR);
    CHECK_EQ(context_seen.mc.err & 2, 0);
}

/* A protection the mapping does not allow is SEGV_ACCERR */
TEST(read_only_page)
{
    char *p = (char *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, -1, 0);

    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, record, 0));
    FAULT("movb $1, 5(%1)", "r"(p));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGSEGV);
    CHECK_EQ(seen.code, FREEBSD_SEGV_ACCERR);
    CHECK_EQ((uint64_t)seen.addr, (uint64_t)p + 5);
}

/* A non-canonical address is a protection fault: SIGBUS with BUS_OBJERR and no address */
TEST(noncanonical_address)
{
    CHECK_OK(guest_handle(FREEBSD_SIGBUS, record, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, record, 0));
    FAULT("movb $1, (%1)", "r"(0x8000000000000000UL));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGBUS);
    CHECK_EQ(seen.code, FREEBSD_BUS_OBJERR);
    CHECK_EQ(seen.trapno, FREEBSD_T_PROTFLT);
    CHECK_OK(guest_default(FREEBSD_SIGBUS));
}

TEST(privileged_instruction)
{
    CHECK_OK(guest_handle(FREEBSD_SIGBUS, record, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, record, 0));
    FAULT("hlt", "r"(0UL));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGBUS);
    CHECK_OK(guest_default(FREEBSD_SIGBUS));
}

TEST(division_by_zero)
{
    CHECK_OK(guest_handle(FREEBSD_SIGFPE, record, 0));
    FAULT("xorl %%edx, %%edx\n\tmovl $1, %%eax\n\tdivl %k1", "b"(0));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.code, FREEBSD_FPE_INTDIV);
    CHECK_EQ(seen.trapno, FREEBSD_T_DIVIDE);
    CHECK_EQ((uint64_t)seen.addr, context_seen.mc.rip);
}

/* An unmasked floating-point exception: SIGFPE, FPE_FLTDIV */
TEST(floating_division_by_zero)
{
    uint32_t unmasked = 0x1f80 & ~0x200U;
    uint32_t normal = 0x1f80;

    CHECK_OK(guest_handle(FREEBSD_SIGFPE, record, 0));
    count = 0;
    __asm__ volatile("leaq 9f(%%rip), %%rax\n\tmovq %%rax, %0\n\tldmxcsr %1\n\t"
                     "movl $0x3f800000, %%eax\n\tmovd %%eax, %%xmm1\n\txorps %%xmm2, %%xmm2\n\tdivss %%xmm2, %%xmm1\n"
                     "9:\tldmxcsr %2"
                     : "=m"(resume_at)
                     : "m"(unmasked), "m"(normal)
                     : "rax", "xmm1", "xmm2", "memory");
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.code, FREEBSD_FPE_FLTDIV);
}

/* int3: SIGTRAP with TRAP_BRKPT; the context stands after the instruction */
TEST(breakpoint)
{
    uint64_t after;

    CHECK_OK(guest_handle(FREEBSD_SIGTRAP, record, 0));
    count = 0;
    resume_at = 0;
    __asm__ volatile("leaq 9f(%%rip), %0\n\tint3\n9:" : "=r"(after) : : "memory");
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGTRAP);
    CHECK_EQ(seen.code, FREEBSD_TRAP_BRKPT);
    CHECK_EQ(context_seen.mc.rip, after);
    CHECK_EQ(context_seen.mc.trapno, FREEBSD_T_BPTFLT);
}

/* A file's page beyond its end: SIGBUS (trap_pfault: BUS_OBJERR; BUS_ADRERR is what vm_fault maps ENOSPC and others to) */
TEST(beyond_the_end_of_a_file)
{
    int fd = guest_file("short", "x");
    char *p = (char *)MUST(SYS(mmap, 0, 8192, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED, fd, 0));

    CHECK_OK(guest_handle(FREEBSD_SIGBUS, record, 0));
    FAULT("movb 4096(%1), %%cl", "r"(p));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen.signo, FREEBSD_SIGBUS);
    CHECK_EQ((uint64_t)seen.addr, (uint64_t)p + 4096);
    CHECK_OK(guest_default(FREEBSD_SIGBUS));
}

static void fault_while_blocked(void *unused)
{
    (void)unused;
    guest_handle(FREEBSD_SIGSEGV, record, 0);
    guest_block(FREEBSD_SIGSEGV);
    *(volatile int *)8 = 1;
}

/* kern_sig.c trapsignal: blocked, it cannot wait: the process dies of it */
TEST(blocked_fault_kills)
{
    CHECK(KILLED(guest_in_child(fault_while_blocked, NULL), FREEBSD_SIGSEGV));
}

static void fault_while_ignored(void *unused)
{
    (void)unused;
    guest_ignore(FREEBSD_SIGSEGV);
    *(volatile int *)8 = 1;
}

TEST(ignored_fault_kills)
{
    CHECK(KILLED(guest_in_child(fault_while_ignored, NULL), FREEBSD_SIGSEGV));
}

static void fault_again(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    *(volatile int *)16 = 1;
}

static void fault_in_handler(void *unused)
{
    (void)unused;
    guest_handle(FREEBSD_SIGSEGV, fault_again, 0);
    *(volatile int *)8 = 1;
}

TEST(fault_inside_the_handler_kills)
{
    CHECK(KILLED(guest_in_child(fault_in_handler, NULL), FREEBSD_SIGSEGV));
}

static void overflow_stack(void *unused)
{
    struct freebsd_stack none = {0, 0, FREEBSD_SS_DISABLE};

    (void)unused;
    SYS(sigaltstack, &none, 0);
    guest_handle(FREEBSD_SIGSEGV, record, 0);
    __asm__ volatile("movq $64, %%rsp\n\tpushq %%rax" : : : "memory");
}

/* No room for the frame: sigexit with SIGILL (sendsig: "process has trashed its stack") */
TEST(no_room_for_the_frame)
{
    CHECK(KILLED(guest_in_child(overflow_stack, NULL), FREEBSD_SIGILL));
}
