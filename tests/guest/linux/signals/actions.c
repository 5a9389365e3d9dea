/*
 * sigaction(2) with each flag, masks, alternate stacks, siginfo of each source, queues: signal(7), sigqueue(3).
 */
#include "conf.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static volatile sig_atomic_t calls;
static volatile sig_atomic_t nested;
static siginfo_t last;

static void count(int signal)
{
    (void)signal;
    calls++;
}

static void record(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)signal;
    last = *info;
    calls++;
    (void)uc;
}

static void print_info(const char *what)
{
    say("%s: signo %d errno %d code %d", what, last.si_signo, last.si_errno, last.si_code);
}

static void install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

TEST(bad_arguments)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t set;

    CALL(sigaction(0, &action, NULL));
    CALL(sigaction(65, &action, NULL));
    CALL(sigaction(-1, &action, NULL));
    CALL(sigaction(SIGKILL, &action, NULL));
    CALL(sigaction(SIGSTOP, &action, NULL));
    CALL(sigaction(SIGKILL, NULL, &action));
    CALL(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4));
    CALL(syscall(SYS_rt_sigaction, SIGUSR1, WILD, NULL, 8));
    CALL(syscall(SYS_rt_sigaction, SIGUSR1, NULL, WILD, 8));
    CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NULL, 4));
    CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, WILD, NULL, 8));
    CALL(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, WILD, 8));
    sigemptyset(&set);
    CALL(syscall(SYS_rt_sigprocmask, 9, &set, NULL, 8));
    CALL(syscall(SYS_rt_sigprocmask, 9, NULL, &set, 8));
    CALL(syscall(SYS_rt_sigpending, &set, 9));
    CALL(syscall(SYS_rt_sigpending, WILD, 8));
    CALL(syscall(SYS_rt_sigsuspend, &set, 4));
    CALL(syscall(SYS_rt_sigsuspend, WILD, 8));
    CALL(kill(getpid(), 65));
    CALL(kill(getpid(), -1));
    CALL(kill(0x7fffffff, 0));
    CALL(kill(getpid(), 0));
    CALL(syscall(SYS_tkill, 0, SIGUSR1));
    CALL(syscall(SYS_tkill, -1, SIGUSR1));
    CALL(syscall(SYS_tgkill, getpid(), 0x7ffffff, SIGUSR1));
    CALL(syscall(SYS_tgkill, getpid(), getpid(), 65));
    CALL(syscall(SYS_tgkill, 1, getpid(), 0));
}

TEST(old_action_is_returned)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART | SA_NODEFER};
    struct sigaction old;

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaddset(&action.sa_mask, SIGRTMAX);
    CALL(sigaction(SIGUSR1, &action, &old));
    DEC(old.sa_handler == SIG_DFL);
    CALL(sigaction(SIGUSR1, NULL, &old));
    DEC(old.sa_handler == count);
    HEX(old.sa_flags & ~0x04000000);
    say("in the mask: USR2 %d, RTMAX %d, TERM %d", sigismember(&old.sa_mask, SIGUSR2),
        sigismember(&old.sa_mask, SIGRTMAX), sigismember(&old.sa_mask, SIGTERM));
}

static void in_handler(int signal)
{
    sigset_t now;

    sigprocmask(SIG_SETMASK, NULL, &now);
    say("in the handler of %d: itself %d, USR2 %d, RTMIN %d", signal, sigismember(&now, signal),
        sigismember(&now, SIGUSR2), sigismember(&now, SIGRTMIN));
}

TEST(mask_in_handlers)
{
    struct sigaction action = {.sa_handler = in_handler};

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaddset(&action.sa_mask, SIGRTMIN);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    action.sa_flags = SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigset_t now;

    sigprocmask(SIG_SETMASK, NULL, &now);
    DEC(sigismember(&now, SIGUSR1) + sigismember(&now, SIGUSR2));
}

static void nest(int signal)
{
    int depth = ++nested;

    say("depth %d begins", depth);
    if (depth < 3)
        raise(signal);
    say("depth %d ends", depth);
    nested--;
}

TEST(nesting)
{
    conf_handle(SIGUSR1, nest, SA_NODEFER);
    raise(SIGUSR1);
    nested = 0;
    conf_handle(SIGUSR1, count, 0);
    sigset_t set;
    sigset_t pending;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    raise(SIGUSR1);
    DEC(calls);
    CALL(sigpending(&pending));
    say("pending: USR1 %d, RT %d", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN + 1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    DEC(calls);
}

TEST(one_shot)
{
    conf_handle(SIGUSR1, count, SA_RESETHAND);
    raise(SIGUSR1);
    DEC(calls);
    struct sigaction old;

    sigaction(SIGUSR1, NULL, &old);
    DEC(old.sa_handler == SIG_DFL);
    pid_t child = fork();

    if (child == 0) {
        raise(SIGUSR1);
        _exit(0);
    }
    ended("the second", child);
}

TEST(sources)
{
    union sigval value = {.sival_int = 0x12345678};
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};

    install(SIGUSR1, record, 0);
    install(SIGRTMIN, record, 0);
    kill(getpid(), SIGUSR1);
    print_info("kill");
    DEC(last.si_pid == getpid() && last.si_uid == getuid());
    raise(SIGUSR1);
    print_info("tgkill");
    DEC(last.si_pid == getpid() && last.si_uid == getuid());
    CALL(sigqueue(getpid(), SIGRTMIN, value));
    print_info("sigqueue");
    HEX(last.si_value.sival_int);
    DEC(last.si_pid == getpid());
    CALL(timer_create(CLOCK_MONOTONIC, &event, &timer));
    CALL(timer_settime(timer, 0, &soon, NULL));
    while (last.si_code != SI_TIMER)
        conf_sleep(2);
    print_info("timer");
    say("value %d overrun %d", last.si_value.sival_int, last.si_overrun);
    timer_delete(timer);
    install(SIGCHLD, record, 0);
    pid_t child = fork();

    if (child == 0)
        _exit(33);
    while (last.si_signo != SIGCHLD)
        conf_sleep(2);
    print_info("a child's exit");
    say("pid %d status %d uid %d", last.si_pid == child, last.si_status, last.si_uid == getuid());
    waitpid(child, NULL, 0);
    last.si_signo = 0;
    child = fork();
    if (child == 0) {
        raise(SIGTERM);
        pause();
    }
    while (last.si_signo != SIGCHLD)
        conf_sleep(2);
    print_info("a child's death");
    say("pid %d status %d", last.si_pid == child, last.si_status);
    waitpid(child, NULL, 0);
    siginfo_t given;

    memset(&given, 0, sizeof(given));
    given.si_code = -60;
    given.si_errno = 5;
    given.si_value.sival_int = 99;
    CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &given));
    print_info("one of its own making");
    DEC(last.si_value.sival_int);
    given.si_code = 5;
    CALL(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &given));
    CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, WILD));
    given.si_code = -60;
    CALL(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN, &given));
    print_info("to a thread");
}

static char *fault_page;
static sigjmp_buf fault_jump;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    last = *info;
    siglongjmp(fault_jump, 1);
}

TEST(faults)
{
    fault_page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install(SIGSEGV, on_fault, 0);
    install(SIGFPE, on_fault, 0);
    install(SIGILL, on_fault, 0);
    install(SIGTRAP, on_fault, 0);
    install(SIGBUS, on_fault, 0);
    if (sigsetjmp(fault_jump, 1) == 0)
        *(volatile char *)fault_page = 1;
    print_info("a write to what is for reading");
    DEC(last.si_addr == fault_page);
    munmap(fault_page, 4096);
    if (sigsetjmp(fault_jump, 1) == 0)
        *(volatile char *)(fault_page + 5) = 1;
    print_info("a write to nowhere");
    DEC((char *)last.si_addr == fault_page + 5);
    if (sigsetjmp(fault_jump, 1) == 0)
        ((void (*)(void))fault_page)();
    print_info("a jump to nowhere");
    DEC(last.si_addr == fault_page);
    if (sigsetjmp(fault_jump, 1) == 0) {
        volatile int zero = 0;

        __asm__ volatile("idivl %0" : : "r"(zero), "a"(1), "d"(0));
    }
    print_info("a division by 0");
    if (sigsetjmp(fault_jump, 1) == 0)
        __asm__ volatile("ud2");
    print_info("ud2");
    if (sigsetjmp(fault_jump, 1) == 0)
        __asm__ volatile("int3");
    print_info("int3");
    if (sigsetjmp(fault_jump, 1) == 0)
        __asm__ volatile("hlt");
    print_info("hlt");
    if (sigsetjmp(fault_jump, 1) == 0)
        __asm__ volatile("int $0x99");
    print_info("an interrupt of nobody's");
}

TEST(alternate_stack)
{
    stack_t stack = {.ss_sp = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                     .ss_size = 1 << 16};
    stack_t old;

    CALL(sigaltstack(NULL, &old));
    say("flags %d", old.ss_flags);
    CALL(sigaltstack(&stack, NULL));
    CALL(sigaltstack(NULL, &old));
    DEC(old.ss_sp == stack.ss_sp && old.ss_size == stack.ss_size);
    stack.ss_flags = 0x40;
    CALL(sigaltstack(&stack, NULL));
    stack.ss_flags = 0;
    stack.ss_size = 100;
    CALL(sigaltstack(&stack, NULL));
    CALL(sigaltstack(WILD, NULL));
    CALL(sigaltstack(NULL, WILD));
    stack.ss_flags = SS_DISABLE;
    CALL(sigaltstack(&stack, NULL));
    CALL(sigaltstack(NULL, &old));
    say("flags %d", old.ss_flags);
}

static stack_t handlers_stack;

static void on_stack(int signal)
{
    char local;
    stack_t now;

    (void)signal;
    say("on it: %d",
        &local >= (char *)handlers_stack.ss_sp && &local < (char *)handlers_stack.ss_sp + handlers_stack.ss_size);
    sigaltstack(NULL, &now);
    say("flags in the handler %#x", now.ss_flags);
    CALL(sigaltstack(&handlers_stack, NULL));
}

TEST(handlers_on_stacks)
{
    handlers_stack = (stack_t){.ss_sp = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                               .ss_size = 1 << 16};
    sigaltstack(&handlers_stack, NULL);
    conf_handle(SIGUSR1, on_stack, SA_ONSTACK);
    raise(SIGUSR1);
    conf_handle(SIGUSR1, on_stack, 0);
    raise(SIGUSR1);
    handlers_stack.ss_flags = (int)SS_AUTODISARM;
    CALL(sigaltstack(&handlers_stack, NULL));
    conf_handle(SIGUSR1, on_stack, SA_ONSTACK);
    raise(SIGUSR1);
    stack_t now;

    sigaltstack(NULL, &now);
    say("flags after it %#x", now.ss_flags);
}

static int order[16];
static int values[16];
static volatile sig_atomic_t arrived;

static void in_order(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (arrived < 16) {
        order[arrived] = signal;
        values[arrived] = info->si_value.sival_int;
    }
    arrived++;
}

TEST(queues)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < 3; i++) {
        struct sigaction action = {.sa_sigaction = in_order, .sa_flags = SA_SIGINFO};

        sigfillset(&action.sa_mask);
        sigaction(SIGRTMIN + i, &action, NULL);
        sigaddset(&set, SIGRTMIN + i);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 9; i++)
        sigqueue(getpid(), SIGRTMIN + 2 - i % 3, (union sigval){.sival_int = i});
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    for (int i = 0; i < arrived && i < 16; i++)
        say("RTMIN+%d value %d", order[i] - SIGRTMIN, values[i]);
    sigset_t all;
    siginfo_t info;

    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_ptr = (void *)(uintptr_t)(0xf0000000u + (unsigned)i)});
    struct timespec none = {0, 0};
    int taken;

    sigfillset(&all);
    while ((taken = sigtimedwait(&all, &info, &none)) > 0)
        say("taken RTMIN+%d code %d value %lx", taken - SIGRTMIN, info.si_code, (unsigned long)info.si_value.sival_ptr);
    say("then %s", conf_errno(errno));
}
