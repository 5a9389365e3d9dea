/*
 * What a handler finds of the interrupted program, and what it changes there: sigreturn(2), the frames of
 * arch/x86/kernel/signal*.c. Registers, flags, vector registers, the mask; leaving by siglongjmp.
 */
#include "conf.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <xmmintrin.h>

#if defined(__i386__)
#define IP    REG_EIP
#define SP    REG_ESP
#define AX    REG_EAX
#define BX    REG_EBX
#define CX    REG_ECX
#define DX    REG_EDX
#define FLAGS REG_EFL
#else
#define IP    REG_RIP
#define SP    REG_RSP
#define AX    REG_RAX
#define BX    REG_RBX
#define CX    REG_RCX
#define DX    REG_RDX
#define FLAGS REG_EFL
#endif

static volatile unsigned long seen[5];
static volatile int seen_trap;
static volatile int seen_error;

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

static void change(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *r = uc->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    seen[0] = (unsigned long)r[AX];
    seen[1] = (unsigned long)r[BX];
    seen[2] = (unsigned long)r[CX];
    seen[3] = (unsigned long)r[DX];
    seen[4] = (unsigned long)r[FLAGS] & 0xcd5;
    seen_trap = (int)r[REG_TRAPNO];
    seen_error = (int)r[REG_ERR];
    r[AX] = 0x11;
    r[BX] = 0x22;
    r[CX] = 0x33;
    r[DX] = 0x44;
    r[FLAGS] = (r[FLAGS] & ~0xcd5) | 0x81;
    /* Over the ud2. */
    r[IP] += 2;
}

TEST(registers)
{
    unsigned long a;
    unsigned long b;
    unsigned long c;
    unsigned long d;
#if defined(__i386__)
    unsigned long flags;
#else
    unsigned long long flags;
#endif

    install(SIGILL, change, 0);
    __asm__ volatile("xorl %%eax, %%eax\n\tmovl $0x1234, %%eax\n\tmovl $0x5678, %%ebx\n\tmovl $0x9abc, %%ecx\n\t"
                     "movl $0xdef0, %%edx\n\tstc\n\tud2\n\t"
                     "pushf\n\tpop %4\n\t"
                     : "=a"(a), "=b"(b), "=c"(c), "=d"(d), "=S"(flags)
                     :
                     : "cc", "memory");
    say("seen %lx %lx %lx %lx, flags %lx, trap %d error %d", seen[0], seen[1], seen[2], seen[3], seen[4], seen_trap,
        seen_error);
    say("after %lx %lx %lx %lx, flags %lx", a, b, c, d, (unsigned long)flags & 0xcd5);
}

static void look(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    (void)info;
    seen_trap = (int)uc->uc_mcontext.gregs[REG_TRAPNO];
    seen_error = (int)uc->uc_mcontext.gregs[REG_ERR];
    say("trap %d error %#x, stack of the frame below the program's: %d", seen_trap, seen_error,
        (char *)uc < (char *)(uintptr_t)uc->uc_mcontext.gregs[SP]);
    say("mask of before: USR1 %d, USR2 %d", sigismember(&uc->uc_sigmask, SIGUSR1),
        sigismember(&uc->uc_sigmask, SIGUSR2));
    sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static char *page;

static void open_page(int signal, siginfo_t *info, void *context)
{
    look(signal, info, context);
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

TEST(faults_are_tried_again)
{
    sigset_t set;

    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install(SIGSEGV, open_page, 0);
    page[7] = 5;
    DEC(page[7]);
    mprotect(page, 4096, PROT_READ);
    page[8] = 6;
    DEC(page[8]);
    mprotect(page, 4096, PROT_NONE);
    DEC(page[7]);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say("mask of after: USR1 %d, USR2 %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
}

TEST(mask_is_put_back)
{
    sigset_t set;

    install(SIGUSR1, look, 0);
    raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say("mask of after: USR1 %d, USR2 %d", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2));
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGUSR1);
}

static void spoil(int signal)
{
    (void)signal;
    __m128 other = _mm_set1_ps(99.0f);

    __asm__ volatile("movaps %0, %%xmm0\n\tmovaps %0, %%xmm1\n\tmovaps %0, %%xmm7"
                     :
                     : "x"(other)
                     : "xmm0", "xmm1", "xmm7");
    __asm__ volatile("fninit\n\tfldpi\n\tfldpi");
    _mm_setcsr(0x9fc0);
}

TEST(vector_registers)
{
    float out[4];
    double top;
    unsigned short control = 0x27f;
    unsigned short control_after;
    pid_t pid = getpid();

    conf_handle(SIGUSR1, spoil, 0);
    __asm__ volatile("fldcw %0" : : "m"(control));
    __m128 mine = _mm_set_ps(4, 3, 2, 1);

#if defined(__i386__)
    __asm__ volatile("movaps %3, %%xmm7\n\tfld1\n\tint $0x80\n\tmovups %%xmm7, %0\n\tfstpl %1\n\tfnstcw %2"
                     : "=m"(out), "=m"(top), "=m"(control_after)
                     : "x"(mine), "a"(SYS_kill), "b"(pid), "c"(SIGUSR1)
                     : "xmm7", "memory");
#else
    __asm__ volatile("movaps %3, %%xmm7\n\tfld1\n\tsyscall\n\tmovups %%xmm7, %0\n\tfstpl %1\n\tfnstcw %2"
                     : "=m"(out), "=m"(top), "=m"(control_after)
                     : "x"(mine), "a"((long long)SYS_kill), "D"((long long)pid), "S"((long long)SIGUSR1)
                     : "xmm7", "rcx", "r11", "memory");
#endif
    say("%g %g %g %g", out[0], out[1], out[2], out[3]);
    say("st(0) %g, control %#x, mxcsr %#x", top, control_after, _mm_getcsr());
}

static sigjmp_buf jump;

static void leave(int signal)
{
    siglongjmp(jump, signal);
}

TEST(leaving)
{
    volatile int rounds = 0;

    conf_handle(SIGUSR1, leave, 0);
    while (rounds < 3) {
        int from = sigsetjmp(jump, 1);

        if (from == 0)
            raise(SIGUSR1);
        rounds++;
        say("round %d from %d", rounds, from);
    }
    sigset_t set;

    if (sigsetjmp(jump, 0) == 0)
        raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, NULL, &set);
    DEC(sigismember(&set, SIGUSR1));
}

static void with_registers(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    (void)info;
    DEC(uc->uc_link == NULL);
    DEC(uc->uc_mcontext.fpregs != NULL);
#if defined(__i386__)
    say("~cs %#x ss %#x ds %#x es %#x fs %#x", uc->uc_mcontext.gregs[REG_CS] & 0xffff,
        uc->uc_mcontext.gregs[REG_SS] & 0xffff, uc->uc_mcontext.gregs[REG_DS] & 0xffff,
        uc->uc_mcontext.gregs[REG_ES] & 0xffff, uc->uc_mcontext.gregs[REG_FS] & 0xffff);
    say("~the same stack: %d, cw %#lx", uc->uc_mcontext.gregs[REG_UESP] == uc->uc_mcontext.gregs[REG_ESP],
        uc->uc_mcontext.fpregs->cw & 0xffff);
#else
    say("~cs %#x", (unsigned)uc->uc_mcontext.gregs[REG_CSGSFS] & 0xffff);
    say("~cwd %#x mxcsr %#x", uc->uc_mcontext.fpregs->cwd, uc->uc_mcontext.fpregs->mxcsr);
#endif
    say("ss_size %d", (int)uc->uc_stack.ss_size);
}

TEST(frame)
{
    stack_t stack = {.ss_sp = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                     .ss_size = 65536};

    sigaltstack(&stack, NULL);
    install(SIGUSR1, with_registers, SA_ONSTACK);
    raise(SIGUSR1);
}

TEST(stack_overflow)
{
    pid_t child = fork();

    if (child == 0) {
        conf_handle(SIGSEGV, leave, 0);
        /* There is no room for the frame: the kernel kills by SIGSEGV. */
        char *small = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        munmap(small, 4096);
#if defined(__i386__)
        __asm__ volatile("movl %0, %%esp\n\tpushl $0" : : "r"(small + 64) : "memory");
#else
        __asm__ volatile("mov %0, %%rsp\n\tpush $0" : : "r"((unsigned long long)(uintptr_t)(small + 64)) : "memory");
#endif
        _exit(0);
    }
    ended("without a stack", child);
}

TEST(context_functions)
{
    static ucontext_t main_context;
    static ucontext_t other;
    static char stack[65536];
    volatile int turns = 0;

    getcontext(&other);
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = sizeof(stack);
    other.uc_link = &main_context;
    makecontext(&other, (void (*)(void))conf_sleep, 1, 1);
    CALL(swapcontext(&main_context, &other));
    turns++;
    DEC(turns);
}

#if defined(__i386__)
#define CR2(uc) ((unsigned long)(uc)->uc_mcontext.cr2)
#else
#define CR2(uc) ((unsigned long)(uc)->uc_mcontext.gregs[REG_CR2])
#endif

static volatile sig_atomic_t looked;

static void last_fault(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)info;
    say("signal %d: trap %d, error %#x, address ...%03lx", signal, (int)uc->uc_mcontext.gregs[REG_TRAPNO],
        (unsigned)uc->uc_mcontext.gregs[REG_ERR], CR2(uc) & 0xfff);
    if (signal == SIGSEGV)
        mprotect(page, 4096, PROT_READ | PROT_WRITE);
    if (signal == SIGILL)
        uc->uc_mcontext.gregs[IP] += 2;
    looked = 1;
}

/* By kill to itself, and out of a loop that makes no call. */
static void look_twice(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};

    raise(SIGUSR1);
    looked = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    for (unsigned long long n = 0; !looked && n >> 34 == 0; n++) {}
    DEC(looked);
}

/* Addresses that the kernel reads and writes in vain: no faults of the program's. */
static void wild_calls(void)
{
    CALL(access(LOW, F_OK));
    CALL(read(conf_file("file", "text"), page, 4));
    CALL(stat(page + 0x123, (struct stat *)page));
    CALL(sigaltstack(NULL, (stack_t *)(page + 0x234)));
}

/* Every frame tells of its thread's last fault that was a signal; of the calls' own faults none does. */
TEST(last_fault)
{
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install(SIGUSR1, last_fault, 0);
    install(SIGALRM, last_fault, 0);
    install(SIGSEGV, last_fault, 0);
    install(SIGILL, last_fault, 0);
    wild_calls();
    look_twice();
    page[7] = 5;
    mprotect(page, 4096, PROT_NONE);
    wild_calls();
    look_twice();
    __asm__ volatile("ud2");
    wild_calls();
    look_twice();
}
