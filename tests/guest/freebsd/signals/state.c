/*
 * What a thread and a process hold of signals: actions, masks, stacks, contexts. Sources: sigaction(2), sigprocmask(2),
 * sigaltstack(2), sigreturn(2), getcontext(3), sys/kern/kern_sig.c, sys/kern/kern_context.c,
 * sys/amd64/amd64/exec_machdep.c, sys/x86/include/ucontext.h.
 */
#include "guest.h"

enum { ALL_FLAGS = 0x7f, CHILD_FLAGS = FREEBSD_SA_NOCLDSTOP | FREEBSD_SA_NOCLDWAIT };
enum { HASSEGS = 1, HASBASES = 2, HASFPXSTATE = 4, FPFMT_NODEV = 0x10000, FPFMT_XMM = 0x10002 };
enum { FPOWNED_NONE = 0x20000, FPOWNED_FPU = 0x20001 };

#define BAD ((void *)8)

static volatile uint32_t count;
static volatile int32_t last, last_code;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)context;
    last = signo;
    last_code = info->code;
    count++;
}

static int64_t action_by(bool old_number, int signo, const void *act, void *oact)
{
    return old_number ? SYS(freebsd4_sigaction, signo, act, oact) : SYS(sigaction, signo, act, oact);
}

/* Every flag comes back; those of SIGCHLD with SIGCHLD only, SA_SIGINFO with a handler only */
static void flags_come_back(bool old_number)
{
    static const struct {
        freebsd_handler *handler;
        int signo;
        uint32_t flags, kept;
    } cases[] = {
        {note, FREEBSD_SIGUSR1, ALL_FLAGS, ALL_FLAGS & ~CHILD_FLAGS},
        {note, FREEBSD_SIGCHLD, ALL_FLAGS, ALL_FLAGS},
        {note, 128, FREEBSD_SA_ONSTACK, FREEBSD_SA_ONSTACK},
        {FREEBSD_SIG_IGN, FREEBSD_SIGUSR1, ALL_FLAGS, ALL_FLAGS & ~CHILD_FLAGS & ~FREEBSD_SA_SIGINFO},
        {FREEBSD_SIG_DFL, 40, FREEBSD_SA_SIGINFO | FREEBSD_SA_NODEFER, FREEBSD_SA_NODEFER},
        {FREEBSD_SIG_DFL, FREEBSD_SIGUSR1, 0xffffff00 | FREEBSD_SA_RESTART, FREEBSD_SA_RESTART},
        {note, FREEBSD_SIGUSR1, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct freebsd_sigaction set = {cases[i].handler, (int32_t)cases[i].flags, {{~0U, ~0U, ~0U, ~0U}}}, old;

        CHECK_OK(action_by(old_number, cases[i].signo, &set, 0));
        memset(&old, 0x55, sizeof(old));
        CHECK_OK(action_by(old_number, cases[i].signo, 0, &old));
        if ((uint32_t)old.flags != cases[i].kept || old.handler != cases[i].handler)
            guest_fail(__FILE__, __LINE__, "case %d: flags 0x%x", (int)i, (unsigned)old.flags);
        CHECK(!guest_set_has(&old.mask, FREEBSD_SIGKILL) && !guest_set_has(&old.mask, FREEBSD_SIGSTOP));
        CHECK(guest_set_has(&old.mask, 1) && guest_set_has(&old.mask, 64) && guest_set_has(&old.mask, 128));
        guest_default(cases[i].signo);
    }
}

static void action_errors(bool old_number)
{
    struct freebsd_sigaction set = {note, 0x80, {{0}}}, old;

    CHECK_ERR(action_by(old_number, FREEBSD_SIGUSR1, &set, 0), FREEBSD_EINVAL);
    set.flags = 0;
    CHECK_ERR(action_by(old_number, 0, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(action_by(old_number, -1, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(action_by(old_number, 129, 0, &old), FREEBSD_EINVAL);
    CHECK_ERR(action_by(old_number, FREEBSD_SIGKILL, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(action_by(old_number, FREEBSD_SIGSTOP, &set, 0), FREEBSD_EINVAL);
    set.handler = FREEBSD_SIG_IGN;
    CHECK_ERR(action_by(old_number, FREEBSD_SIGKILL, &set, 0), FREEBSD_EINVAL);
    set.handler = FREEBSD_SIG_DFL;
    CHECK_OK(action_by(old_number, FREEBSD_SIGKILL, &set, &old));
    CHECK_ERR(action_by(old_number, 0, BAD, 0), FREEBSD_EFAULT);
    CHECK_ERR(action_by(old_number, FREEBSD_SIGUSR1, BAD, 0), FREEBSD_EFAULT);
    CHECK_ERR(action_by(old_number, FREEBSD_SIGUSR1, 0, BAD), FREEBSD_EFAULT);
    set.handler = note;
    CHECK_ERR(action_by(old_number, FREEBSD_SIGUSR1, &set, BAD), FREEBSD_EFAULT);
    CHECK_OK(action_by(old_number, FREEBSD_SIGUSR1, 0, &old)); /* it was set all the same */
    CHECK(old.handler == note);
    guest_default(FREEBSD_SIGUSR1);
}

/* Rows: sigaction freebsd4_sigaction: sigaction(2), sys/kern/kern_sig.c kern_sigaction(), freebsd4_sigaction() */
TEST(actions)
{
    flags_come_back(false);
    action_errors(false);
}

TEST(actions_of_release_4)
{
    flags_come_back(true);
    action_errors(true);
    count = 0;
    CHECK_OK(action_by(true, 40, &(struct freebsd_sigaction){note, FREEBSD_SA_SIGINFO, {{0}}}, 0));
    CHECK_OK(SYS(kill, SYS(getpid), 40));
    CHECK_EQ(count, 1);
    guest_default(40);
}

/* SA_RESETHAND leaves mask and flags, and takes SA_SIGINFO away (sigdflt()) */
TEST(a_reset_action)
{
    struct freebsd_sigaction set = {note, FREEBSD_SA_RESETHAND | FREEBSD_SA_SIGINFO | FREEBSD_SA_NODEFER, {{0}}}, old;

    count = 0;
    guest_set_add(&set.mask, 77);
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, &set, 0));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, 0, &old));
    CHECK(old.handler == FREEBSD_SIG_DFL && guest_set_has(&old.mask, 77));
    CHECK_EQ(old.flags, FREEBSD_SA_RESETHAND | FREEBSD_SA_NODEFER);
    guest_default(FREEBSD_SIGUSR1);
}

/* An image that has changed nothing: actions as siginit() and execsigs() leave them */
int guest_child(int argc, char **argv)
{
    struct freebsd_sigset mask;
    struct freebsd_stack stack;

    (void)argc;
    (void)argv;
    for (int signo = 1; signo <= 128; signo++) {
        struct freebsd_sigaction old = {note, 0, {{0}}};
        bool ignored = signo == FREEBSD_SIGUSR1 || signo == 100;

        if (SYS(sigaction, signo, 0, &old) != 0)
            return 1;
        if (old.handler != (ignored ? FREEBSD_SIG_IGN : FREEBSD_SIG_DFL))
            return 2;
        if (!ignored && signo != FREEBSD_SIGCHLD && signo != FREEBSD_SIGUSR2 && old.flags != FREEBSD_SA_RESTART)
            return 3;
    }
    if (SYS(sigprocmask, 3, 0, &mask) != 0 || !guest_set_has(&mask, 101) || !guest_set_has(&mask, FREEBSD_SIGTERM))
        return 4;
    if (SYS(sigaltstack, 0, &stack) != 0 || stack.flags != FREEBSD_SS_DISABLE || stack.sp != NULL || stack.size != 0)
        return 5;
    return 0;
}

TEST(what_exec_leaves)
{
    static char alternate[8192];
    struct freebsd_stack stack = {alternate, sizeof(alternate), 0};
    char name[] = "state", option[] = "--fresh";
    char *argv[] = {name, option, NULL};
    int child = guest_fork();

    if (child == 0) {
        guest_ignore(FREEBSD_SIGUSR1);
        guest_ignore(100);
        guest_ignore(FREEBSD_SIGCHLD);
        guest_handle(FREEBSD_SIGUSR2, note, 0);
        guest_block(101);
        guest_block(FREEBSD_SIGTERM);
        SYS(sigaltstack, &stack, 0);
        SYS(execve, guest_self, argv, guest_envp);
        guest_exit(20);
    }
    CHECK_EQ(guest_wait(child), 0);
}

/* Rows: sigprocmask: sigprocmask(2), sys/kern/kern_sig.c kern_sigprocmask() */
TEST(masks)
{
    struct freebsd_sigset all = {{~0U, ~0U, ~0U, ~0U}}, some = {{0}}, old;

    guest_set_add(&some, 33);
    guest_set_add(&some, 100);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &some, 0));
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, &all, &old));
    CHECK(memcmp(&old, &some, sizeof(old)) == 0);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &some, &old));
    for (int signo = 1; signo <= 128; signo++)
        CHECK_EQ(guest_set_has(&old, signo), signo != FREEBSD_SIGKILL && signo != FREEBSD_SIGSTOP);
    CHECK_OK(SYS(sigprocmask, 77, 0, &old)); /* how is not looked at where there is no set */
    CHECK(!guest_set_has(&old, 33) && !guest_set_has(&old, 100) && guest_set_has(&old, 99));
    CHECK_ERR(SYS(sigprocmask, 0, &some, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigprocmask, 4, &some, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigprocmask, 4, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigprocmask, FREEBSD_SIG_SETMASK, 8, 0), FREEBSD_EFAULT);
    memset(&some, 0, sizeof(some));
    CHECK_ERR(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &some, 8), FREEBSD_EFAULT);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &old)); /* it was set all the same */
    CHECK(memcmp(&old, &some, sizeof(old)) == 0);
}

/* Rows: sigaltstack: sigaltstack(2), sys/kern/kern_sig.c kern_sigaltstack() */
TEST(stacks)
{
    static char low[8192] __attribute__((aligned(16)));
    struct freebsd_stack set = {low, sizeof(low), 0}, old, off = {0, 0, FREEBSD_SS_DISABLE};

    CHECK_OK(SYS(sigaltstack, 0, 0));
    CHECK_OK(SYS(sigaltstack, &set, &old));
    CHECK_EQ(old.flags, FREEBSD_SS_DISABLE);
    CHECK_OK(SYS(sigaltstack, 0, &old));
    CHECK(old.sp == low && old.size == sizeof(low) && old.flags == 0);
    set.size = FREEBSD_MINSIGSTKSZ - 1;
    CHECK_ERR(SYS(sigaltstack, &set, 0), FREEBSD_ENOMEM);
    set.size = FREEBSD_MINSIGSTKSZ;
    CHECK_OK(SYS(sigaltstack, &set, 0));
    set.flags = FREEBSD_SS_ONSTACK;
    CHECK_ERR(SYS(sigaltstack, &set, 0), FREEBSD_EINVAL);
    set.flags = 0x100 | FREEBSD_SS_DISABLE;
    CHECK_ERR(SYS(sigaltstack, &set, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigaltstack, 8, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigaltstack, 0, 8), FREEBSD_EFAULT);
    off.size = 1; /* not looked at */
    CHECK_OK(SYS(sigaltstack, &off, &old));
    CHECK(old.size == FREEBSD_MINSIGSTKSZ && old.flags == 0);
    CHECK_OK(SYS(sigaltstack, 0, &old));
    CHECK_EQ(old.flags, FREEBSD_SS_DISABLE);
}

static struct freebsd_ucontext inside;

static void keep(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    inside = *context;
    count++;
}

static int64_t return_by(bool old_number, const void *context)
{
    return old_number ? SYS(freebsd4_sigreturn, context) : SYS(sigreturn, context);
}

static void refused_contexts(bool old_number)
{
    struct freebsd_ucontext good, bad;

    count = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    REQUIRE(count == 1);
    good = inside;
    CHECK_EQ(good.mc.len, sizeof(good.mc));
    CHECK_EQ(good.mc.flags & HASSEGS, HASSEGS);
    CHECK(good.mc.fpformat == FPFMT_XMM && good.mc.ownedfp == FPOWNED_FPU);
    CHECK_ERR(return_by(old_number, BAD), FREEBSD_EFAULT);
    CHECK_ERR(return_by(old_number, 0), FREEBSD_EFAULT);
    bad = good;
    bad.mc.flags = 0x100;
    CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
    bad = good;
    bad.mc.rflags ^= 0x3000; /* the privilege level for input and output */
    CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
    bad = good;
    bad.mc.fpformat = 5;
    CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
    bad = good;
    bad.mc.ownedfp = 5;
    CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
    if ((good.mc.flags & HASFPXSTATE) != 0) {
        bad = good;
        bad.mc.xfpustate_len = 1 << 20;
        CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
        bad = good;
        bad.mc.xfpustate = 8;
        CHECK_ERR(return_by(old_number, &bad), FREEBSD_EFAULT);
    }
    CHECK_OK(guest_handle(FREEBSD_SIGBUS, note, 0));
    bad = good;
    bad.mc.cs = 8; /* the kernel's */
    count = 0;
    CHECK_ERR(return_by(old_number, &bad), FREEBSD_EINVAL);
    CHECK(count == 1 && last == FREEBSD_SIGBUS && last_code == FREEBSD_BUS_OBJERR);
    guest_default(FREEBSD_SIGBUS);
    guest_default(FREEBSD_SIGUSR1);
}

/* Rows: sigreturn freebsd4_sigreturn: sigreturn(2), sys/amd64/amd64/exec_machdep.c sys_sigreturn(), freebsd4_sigreturn() */
TEST(contexts_that_are_refused)
{
    refused_contexts(false);
    refused_contexts(true);
}

/* A context of the program's own, given back: registers, mask, flags */
static void come_back(bool old_number)
{
    struct freebsd_ucontext context;
    volatile uint32_t times = 0;
    struct freebsd_sigset now;

    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, keep, 0));
    count = 0;
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    context = inside; /* the end of that call */
    times = times + 1;
    if (count == 1) {
        count = 2;
        guest_set_add(&context.sigmask, 100);
        context.mc.rax = 0;
        return_by(old_number, &context);
        guest_fail(__FILE__, __LINE__, "it went on behind sigreturn");
    }
    CHECK_EQ(count, 2);
    CHECK_OK(SYS(sigprocmask, 3, 0, &now));
    CHECK(guest_set_has(&now, 100));
    CHECK_OK(guest_unblock(100));
    guest_default(FREEBSD_SIGUSR1);
}

TEST(contexts_that_are_taken)
{
    come_back(false);
    come_back(true);
}

static struct freebsd_ucontext first, second;
static char other_stack[16384] __attribute__((aligned(16)));
static volatile uint32_t visits;

static void on_the_other_stack(void)
{
    struct freebsd_sigset now;
    char here;

    if (&here >= other_stack && &here < other_stack + sizeof(other_stack))
        visits++;
    SYS(sigprocmask, 3, 0, &now);
    if (guest_set_has(&now, 90))
        visits += 10;
    SYS(swapcontext, &second, &first);
    guest_exit(9);
}

/* Rows: getcontext setcontext swapcontext: getcontext(3), sys/kern/kern_context.c, set_mcontext() in exec_machdep.c */
TEST(user_contexts)
{
    struct freebsd_ucontext bad;
    struct freebsd_sigset now;

    CHECK_OK(SYS(getcontext, &second));
    CHECK_EQ(second.mc.len, sizeof(second.mc));
    second.mc.rsp = (uint64_t)(other_stack + sizeof(other_stack)) - 8;
    second.mc.rip = (uint64_t)on_the_other_stack;
    guest_set_add(&second.sigmask, 90);
    visits = 0;
    CHECK_OK(SYS(swapcontext, &first, &second));
    CHECK_EQ(visits, 11);
    CHECK_OK(SYS(sigprocmask, 3, 0, &now));
    CHECK(!guest_set_has(&now, 90));

    CHECK_ERR(SYS(getcontext, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getcontext, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setcontext, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setcontext, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(swapcontext, 0, &second), FREEBSD_EINVAL);
    CHECK_ERR(SYS(swapcontext, &first, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(swapcontext, 8, &second), FREEBSD_EFAULT);
    CHECK_ERR(SYS(swapcontext, &first, 8), FREEBSD_EFAULT);
    CHECK_OK(SYS(getcontext, &bad));
    bad.mc.len = 8;
    CHECK_ERR(SYS(setcontext, &bad), FREEBSD_EINVAL);
    CHECK_OK(SYS(getcontext, &bad));
    bad.mc.flags |= 0x1000;
    CHECK_ERR(SYS(setcontext, &bad), FREEBSD_EINVAL);
    CHECK_OK(SYS(getcontext, &bad));
    bad.mc.fpformat = 1;
    CHECK_ERR(SYS(setcontext, &bad), FREEBSD_EINVAL);
    CHECK_OK(SYS(getcontext, &bad));
    bad.mc.flags |= HASBASES;
    bad.mc.fsbase = 0x8000000000000000;
    CHECK_ERR(SYS(setcontext, &bad), FREEBSD_EINVAL);
}
