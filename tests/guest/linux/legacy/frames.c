/*
 * Signals of i386 programs: both generations of frames and what they hold, calls of old, and signals that come while a
 * call enters or leaves by the vDSO. Sources: sigreturn(2), signal(7); arch/x86/kernel/signal_32.c, fpu/signal.c.
 */
#include "conf.h"

#if defined(__i386__)
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* What the kernel's calls take (asm/signal.h); libc has its own. */
struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint32_t mask[2];
};

struct old_action {
    void *handler;
    uint32_t mask;
    unsigned long flags;
    void *restorer;
};

/* asm/sigcontext.h; libc has names of its own. */
struct kernel_context {
    uint16_t gs, gsh, fs, fsh, es, esh, ds, dsh;
    uint32_t di, si, bp, sp, bx, dx, cx, ax, trapno, err, ip;
    uint16_t cs, csh;
    uint32_t flags, sp_at_signal;
    uint16_t ss, ssh;
    uint32_t fpstate, oldmask, cr2;
};

struct kernel_fpstate {
    uint32_t cw, sw, tag, ipoff, cssel, dataoff, datasel;
    uint8_t st[8][10];
    uint16_t status, magic;
    uint8_t fxsr[24];
    uint32_t mxcsr, reserved;
    uint8_t fxsr_st[128];
    uint32_t xmm[8][4];
    uint32_t padding[44];
    uint32_t magic1, extended_size;
    uint64_t features __attribute__((packed));
    uint32_t xstate_size, rest[7];
};
_Static_assert(sizeof(struct kernel_fpstate) == 624, "asm/sigcontext.h");

static volatile uint32_t frame_words[12];
static volatile int count;
static struct kernel_context context_seen;

/* sigframe: the return address, the number, then struct sigcontext. */
static void plain_handler(int signal, struct kernel_context sc)
{
    const uint32_t *frame = (const uint32_t *)&signal - 1;
    const uint8_t *back = (const uint8_t *)(uintptr_t)frame[0];
    context_seen = sc;
    memcpy((void *)frame_words, back, 8);
    frame_words[2] = (uint32_t)(uintptr_t)frame % 16;
    __asm__ volatile("mov %%ds, %0" : "=r"(frame_words[3]));
    count = signal;
}

static void set_plain(int signal, void *handler, unsigned long flags)
{
    struct kernel_action action = {.handler = handler, .flags = flags};
    CALL(syscall(SYS_rt_sigaction, signal, &action, NULL, 8));
}

TEST(plain_frame)
{
    set_plain(SIGUSR1, plain_handler, 0);
    raise(SIGUSR1);
    DEC(count);
    say("returns by %08x %08x, at %u of 16, ds %#x", frame_words[0], frame_words[1], frame_words[2],
        frame_words[3] & 0xffff);
    say("cs %#x ss %#x ds %#x es %#x fs %#x", context_seen.cs, context_seen.ss, context_seen.ds, context_seen.es,
        context_seen.fs);
    unsigned gs;
    __asm__ volatile("mov %%gs, %0" : "=r"(gs));
    say("gs %d, oldmask %#lx, sp %d, fpstate %s", context_seen.gs == (gs & 0xffff), (unsigned long)context_seen.oldmask,
        context_seen.sp == context_seen.sp_at_signal, context_seen.fpstate != 0 ? "there" : "missing");
}

/* The arguments are in registers as well (-mregparm=3). */
static volatile uint32_t registers_seen[3];
void register_handler(void);
uint32_t registers_at[3];
__asm__(".text\nregister_handler:\n"
        "mov %eax, registers_at\n mov %edx, registers_at + 4\n mov %ecx, registers_at + 8\n"
        "mov 8(%esp), %eax\n sub %eax, registers_at + 4\n"
        "mov 12(%esp), %eax\n sub %eax, registers_at + 8\n"
        "ret\n");

TEST(arguments_in_registers)
{
    set_plain(SIGUSR1, register_handler, SA_SIGINFO);
    raise(SIGUSR1);
    say("eax %u, edx and ecx as on the stack: %d %d", registers_at[0], registers_at[1] == 0, registers_at[2] == 0);
    (void)registers_seen;
}

/* The floating-point state: FSAVE's head counts for what it has, FXSAVE's image for the rest. */
static struct kernel_fpstate state_seen;
static uint32_t magic2;

static void state_handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct kernel_fpstate *fp = (void *)uc->uc_mcontext.fpregs;
    (void)info;
    count = signal;
    state_seen = *fp;
    if (fp->magic1 == 0x46505853) {
        memcpy(&magic2, (char *)fp + 112 + fp->xstate_size, sizeof magic2);
    }
    long double three = 3;
    memcpy(fp->st[0], &three, 10);
    fp->cw = (fp->cw & ~0xfffffu) | 0x27f;
    fp->xmm[4][0] = 0x12345678;
    fp->mxcsr = 0x9f80;
}

TEST(floating_point)
{
    struct sigaction action = {.sa_sigaction = state_handler, .sa_flags = SA_SIGINFO};
    uint32_t xmm[4] = {5, 6, 7, 8}, mxcsr = 0x3f80, usual = 0x1f80;
    uint16_t word = 0xf7f;
    double two = 2, back = 0;
    sigaction(SIGUSR1, &action, NULL);
    pid_t self = getpid();
    __asm__ volatile("fninit\n fldcw %2\n fldl %3\n movups %4, %%xmm4\n ldmxcsr %5\n"
                     "mov %6, %%eax\n mov %7, %%ebx\n mov %8, %%ecx\n int $0x80\n"
                     "fnstcw %0\n fstpl %1\n movups %%xmm4, %4\n stmxcsr %5\n fninit\n ldmxcsr %9"
                     : "+m"(word), "+m"(back)
                     : "m"(word), "m"(two), "m"(xmm), "m"(mxcsr), "i"(SYS_kill), "m"(self), "i"(SIGUSR1), "m"(usual)
                     : "eax", "ebx", "ecx", "memory");
    say("head: cw %#x sw %#x tag %#x status %#x magic %#x", state_seen.cw, state_seen.sw, state_seen.tag,
        state_seen.status, state_seen.magic);
    say("cssel %#x datasel %#x", state_seen.cssel & 0xffff, state_seen.datasel & 0xffff);
    long double st0;
    memcpy(&st0, state_seen.st[0], 10);
    say("st0 %d, xmm4 %u, mxcsr %#x", (int)st0, state_seen.xmm[4][1], state_seen.mxcsr);
    say("extended %#x %#x, size more by %u", state_seen.magic1, magic2,
        state_seen.extended_size - state_seen.xstate_size);
    say("afterwards: cw %#x st0 %d xmm4 %#x %u mxcsr %#x", word, (int)back, xmm[0], xmm[1], mxcsr);
}

/* A handler begins with the processor's initial state. */
static volatile uint16_t handler_word;
static volatile uint32_t handler_mxcsr;

static void word_handler(int signal)
{
    uint16_t word;
    uint32_t mxcsr;
    __asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(word), "=m"(mxcsr));
    handler_word = word;
    handler_mxcsr = mxcsr;
    count = signal;
}

TEST(handler_state)
{
    uint32_t mxcsr = 0x5f80, usual = 0x1f80;
    uint16_t word = 0xb7f;
    signal(SIGUSR1, word_handler);
    __asm__ volatile("fldcw %0\n ldmxcsr %1" ::"m"(word), "m"(mxcsr));
    raise(SIGUSR1);
    __asm__ volatile("fnstcw %0\n stmxcsr %1" : "=m"(word), "=m"(mxcsr));
    __asm__ volatile("fninit\n ldmxcsr %0" ::"m"(usual));
    say("handler: %#x %#x, program: %#x %#x", handler_word, handler_mxcsr, word, mxcsr);
}

/* Registers that the handler changes in the frame are the program's afterwards, of both generations. */
static void change_plain(int signal, struct kernel_context sc)
{
    count = signal;
    volatile struct kernel_context *v = &sc;
    v->ax = 0x1234;
    v->dx = 0x5678;
    v->flags |= 0x801;
    v->oldmask = 1u << (SIGUSR2 - 1);
}

TEST(changed_frame)
{
    uint32_t eax, edx, flags;
    sigset_t mask;
    set_plain(SIGUSR1, change_plain, 0);
    __asm__ volatile("int $0x80\n pushf\n pop %2"
                     : "=a"(eax), "=d"(edx), "=r"(flags)
                     : "0"(SYS_kill), "b"(getpid()), "c"(SIGUSR1), "1"(9)
                     : "memory");
    sigprocmask(SIG_BLOCK, NULL, &mask);
    say("eax %#x edx %#x flags %#x, USR2 blocked %d", eax, edx, flags & 0x801, sigismember(&mask, SIGUSR2));
}

/* Frames that are none end the program, or come to its handler. */
static sigjmp_buf out;

static void on_segv(int signal, siginfo_t *info, void *context)
{
    (void)context;
    say("signal %d code %d", signal, info->si_code);
    siglongjmp(out, 1);
}

static void bad_state(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct kernel_fpstate *fp = (void *)uc->uc_mcontext.fpregs;
    (void)info;
    count = signal;
    fp->mxcsr = 0xffffffff;
}

static char alternate[65536];

/* A sigreturn by int $0x80 where no frame can be, with a handler on a stack of its own, or none. */
static void without_frame(const char *what, int number, bool handled)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate};
    pid_t child = fork();
    if (child == 0) {
        sigaltstack(&ss, NULL);
        if (handled) {
            sigaction(SIGSEGV, &action, NULL);
        }
        if (sigsetjmp(out, 1) == 0) {
            __asm__ volatile("mov $0x20, %%esp\n int $0x80" ::"a"(number) : "memory");
        }
        _exit(0);
    }
    ended(what, child);
}

TEST(bad_frames)
{
    without_frame("sigreturn", SYS_sigreturn, false);
    without_frame("sigreturn, handled", SYS_sigreturn, true);
    without_frame("rt_sigreturn", SYS_rt_sigreturn, false);
    without_frame("rt_sigreturn, handled", SYS_rt_sigreturn, true);
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_sigaction = bad_state, .sa_flags = SA_SIGINFO};
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    ended("mxcsr with reserved bits", child);
}

TEST(old_calls)
{
    struct old_action action = {.handler = plain_handler, .mask = 1u << (SIGUSR2 - 1), .flags = SA_NODEFER}, old;
    uint32_t set = 1u << (SIGHUP - 1), before = 0;
    CALL(syscall(SYS_sigaction, SIGUSR1, &action, NULL));
    CALL(syscall(SYS_sigaction, SIGUSR1, NULL, &old));
    say("handler %d mask %#x flags %#lx", old.handler == (void *)plain_handler, old.mask, old.flags);
    CALL(syscall(SYS_sigaction, 0, &action, NULL));
    CALL(syscall(SYS_sigaction, SIGKILL, &action, NULL));
    CALL(syscall(SYS_sigaction, SIGUSR1, LOW, NULL));
    CALL(syscall(SYS_sigprocmask, SIG_BLOCK, &set, &before));
    HEX(before);
    CALL(syscall(SYS_sigprocmask, SIG_BLOCK, NULL, &before));
    HEX(before);
    raise(SIGHUP);
    uint32_t pending = 0;
    CALL(syscall(SYS_sigpending, &pending));
    HEX(pending);
    CALL(syscall(SYS_sigprocmask, 9, &set, NULL));
    signal(SIGHUP, SIG_IGN);
    HEX(syscall(SYS_ssetmask, 1u << (SIGUSR2 - 1)));
    HEX(syscall(SYS_sgetmask));
    HEX(syscall(SYS_ssetmask, 0));
    say("signal: %d", syscall(SYS_signal, SIGUSR2, plain_handler) == 0);
    raise(SIGUSR2);
    DEC(count);
    CALL(syscall(SYS_rt_sigaction, SIGUSR2, NULL, &(struct kernel_action){0}, 8));
    CALL(syscall(SYS_signal, SIGUSR2, SIG_IGN));
    CALL(syscall(SYS_rt_sigaction, SIGUSR2, NULL, NULL, 4));
}

static void count_signal(int signal)
{
    (void)signal;
    count++;
}

TEST(old_sigsuspend)
{
    sigset_t set;
    signal(SIGUSR1, count_signal);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    count = 0;
    CALL(syscall(SYS_sigsuspend, 0, 0, 0));
    DEC(count);
}

/* A call that is made again stands at its int $0x80, whatever way it came in. */
static volatile uint8_t code_seen[2];
static int pipe_ends[2];

static void restart_handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)signal;
    (void)info;
    memcpy((void *)code_seen, (void *)(uintptr_t)uc->uc_mcontext.gregs[REG_EIP], 2);
    count = uc->uc_mcontext.gregs[REG_EAX];
    if (write(pipe_ends[1], "x", 1) != 1) {
        say("write failed");
    }
}

static void *interrupter(void *argument)
{
    pthread_t *who = argument;
    conf_sleep(100);
    pthread_kill(*who, SIGUSR1);
    return NULL;
}

static void interrupted_read(int flags)
{
    struct sigaction action = {.sa_sigaction = restart_handler, .sa_flags = SA_SIGINFO | flags};
    pthread_t self = pthread_self(), thread;
    char c;
    sigaction(SIGUSR1, &action, NULL);
    if (pipe(pipe_ends) != 0 || pthread_create(&thread, NULL, interrupter, &self) != 0) {
        return;
    }
    errno = 0;
    long r = syscall(SYS_read, pipe_ends[0], &c, 1);
    say("read %ld errno %d, eax in the frame %d, code %02x %02x", r, errno, count, flags != 0 ? code_seen[0] : 0,
        flags != 0 ? code_seen[1] : 0);
    pthread_join(thread, NULL);
}

TEST(restart)
{
    interrupted_read(SA_RESTART);
    interrupted_read(0);
}

/* Nested handlers on the alternate stack. */
static volatile int depth, deepest, on_alternate;

static void nest(int signal)
{
    char here;
    on_alternate += &here >= alternate && &here < alternate + sizeof alternate;
    deepest = ++depth > deepest ? depth : deepest;
    if (depth < 4) {
        raise(signal);
    }
    depth--;
}

TEST(nested_on_alternate_stack)
{
    stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
    struct sigaction action = {.sa_handler = nest, .sa_flags = SA_ONSTACK | SA_NODEFER};
    CALL(sigaltstack(&ss, NULL));
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    say("deepest %d, on the alternate stack %d", deepest, on_alternate);
    CALL(sigaltstack(NULL, &old));
    say("size %d flags %d", (int)old.ss_size, old.ss_flags);
    ss.ss_size = 100;
    CALL(sigaltstack(&ss, NULL));
    ss.ss_flags = 77;
    CALL(sigaltstack(&ss, NULL));
    CALL(sigaltstack(LOW, NULL));
}

TEST(queued_information)
{
    sigset_t set;
    siginfo_t info;
    union sigval value = {.sival_int = 0x7654321};
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CALL(sigqueue(getpid(), SIGRTMIN + 1, value));
    memset(&info, 0x55, sizeof info);
    DEC(sigwaitinfo(&set, &info) == SIGRTMIN + 1);
    say("code %d value %#x pid %d uid %d", info.si_code, info.si_value.sival_int, info.si_pid == getpid(),
        info.si_uid == getuid());
    pid_t child = fork();
    if (child == 0) {
        _exit(3);
    }
    DEC(sigwaitinfo(&set, &info) == SIGCHLD);
    say("code %d status %d pid %d", info.si_code, info.si_status, info.si_pid == child);
    ended("child", child);
    struct timespec none = {0, 1000000};
    CALL(sigtimedwait(&set, &info, &none));
    memset(&info, 0, sizeof info);
    info.si_code = SI_QUEUE;
    info.si_signo = SIGRTMIN + 1;
    info.si_value.sival_int = 99;
    CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN + 1, &info));
    sigtimedwait(&set, &info, &none);
    DEC(info.si_value.sival_int);
    info.si_code = SI_USER;
    CALL(syscall(SYS_rt_sigqueueinfo, getppid(), SIGRTMIN + 1, &info));
    CALL(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN + 1, LOW));
}

/*
 * Signals that come while calls enter and leave by the vDSO: no call is lost, none is made twice, and no register is
 * changed but by its result.
 */
struct storm {
    uint32_t calls, wrong;
};

int storm_calls(uint32_t n, int fd, struct storm *s);
__asm__(".text\nstorm_calls:\n"
        "push %ebp\n push %ebx\n push %esi\n push %edi\n"
        "mov 20(%esp), %ebp\n" /* n */
        "1: mov $19, %eax\n"   /* lseek(fd, 1, SEEK_CUR): each counts once */
        "mov 24(%esp), %ebx\n"
        "mov $1, %ecx\n mov $1, %edx\n mov $0x1234567, %esi\n mov $0x89abcde, %edi\n"
        "stc\n"
        "call *%gs:0x10\n"
        "jnc 2f\n"
        "cmp 24(%esp), %ebx\n jne 2f\n"
        "cmp $1, %ecx\n jne 2f\n cmp $1, %edx\n jne 2f\n"
        "cmp $0x1234567, %esi\n jne 2f\n cmp $0x89abcde, %edi\n jne 2f\n"
        "test %eax, %eax\n js 2f\n"
        "3: dec %ebp\n jnz 1b\n"
        "mov 28(%esp), %ecx\n mov 20(%esp), %eax\n add %eax, (%ecx)\n xor %eax, %eax\n"
        "4: pop %edi\n pop %esi\n pop %ebx\n pop %ebp\n ret\n"
        "2: mov 28(%esp), %esi\n incl 4(%esi)\n mov 24(%esp), %ebx\n jmp 3b\n");

static bool storm(int timer, int signal, int wanted)
{
    struct itimerval often = {{0, 150}, {0, 150}}, never = {{0, 0}, {0, 0}};
    struct storm s = {0, 0};
    int fd = conf_file("counted", "");
    conf_handle(signal, count_signal, SA_RESTART);
    count = 0;
    setitimer(timer, &often, NULL);
    while (count < wanted) {
        storm_calls(500, fd, &s);
    }
    setitimer(timer, &never, NULL);
    off_t at = lseek(fd, 0, SEEK_CUR);
    say("calls %s, registers and flags %s", (uint32_t)at == s.calls ? "counted" : "lost or doubled",
        s.wrong == 0 ? "kept" : "changed");
    return (uint32_t)at == s.calls && s.wrong == 0;
}

TEST(storm_of_alarms)
{
    storm(ITIMER_REAL, SIGALRM, 1500);
}

TEST(storm_of_profiling)
{
    storm(ITIMER_PROF, SIGPROF, 200);
}

/* The same in threads, which signal each other and come and go; each has its own segment and says who it is by it. */
static __thread uint32_t mine;
static volatile int stop;

static void *storm_thread(void *argument)
{
    uint32_t id = (uint32_t)(uintptr_t)argument, bad = 0;
    mine = id;
    for (int i = 0; i < 300; i++) {
        bad += mine != id;
        bad += syscall(SYS_gettid) == getpid();
        bad += mine != id;
    }
    return (void *)(uintptr_t)bad;
}

static void *sender(void *argument)
{
    pthread_t *to = argument;
    while (!stop) {
        pthread_kill(*to, SIGUSR1);
        sched_yield();
    }
    return NULL;
}

TEST(storm_of_threads)
{
    pthread_t threads[8], to = pthread_self(), signaller;
    uintptr_t bad = 0;
    void *result;
    conf_handle(SIGUSR1, count_signal, SA_RESTART);
    pthread_create(&signaller, NULL, sender, &to);
    for (int round = 0; round < 25; round++) {
        for (uintptr_t i = 0; i < 8; i++) {
            bad += pthread_create(&threads[i], NULL, storm_thread, (void *)(i + 1)) != 0;
        }
        for (int i = 0; i < 8; i++) {
            bad += pthread_join(threads[i], &result) != 0;
            bad += (uintptr_t)result;
        }
    }
    stop = 1;
    pthread_join(signaller, NULL);
    say("threads: %s, signals: %s", bad == 0 ? "all right" : "wrong", count > 0 ? "came" : "none");
}

/* Steps over calls, one instruction each. */
static volatile uint32_t steps[64];
static volatile unsigned step_count;

static void on_step(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)signal;
    (void)info;
    if (step_count < 64) {
        steps[step_count] = (uint32_t)uc->uc_mcontext.gregs[REG_EIP];
    }
    step_count++;
}

extern const char step_first[], step_after[], step_last[];

TEST(single_steps)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    uint32_t result;
    sigaction(SIGTRAP, &action, NULL);
    __asm__ volatile("pushf\n orl $0x100, (%%esp)\n popf\n"
                     "step_first: mov $64, %%eax\n"
                     "int $0x80\n"
                     "step_after: nop\n nop\n"
                     "pushf\n andl $~0x100, (%%esp)\n popf\n"
                     "step_last: nop\n"
                     : "=a"(result)::"memory");
    bool first = false, after = false, strange = false;
    for (unsigned i = 0; i < step_count && i < 64; i++) {
        first |= steps[i] == (uint32_t)(uintptr_t)step_first + 5;
        after |= steps[i] == (uint32_t)(uintptr_t)step_after || steps[i] == (uint32_t)(uintptr_t)step_after + 1;
        strange |= steps[i] < (uint32_t)(uintptr_t)step_first || steps[i] > (uint32_t)(uintptr_t)step_last;
    }
    say("result %d, before the call %d, after it %d, elsewhere %d", result == (uint32_t)getppid(), first, after,
        strange);
}
#endif
