/*
 * Processes and threads made as fast as they end, from several threads at once and under signals: every child's status
 * comes back, once, and neither descriptors nor children are left.
 */
#include "stress.h"

enum { SIGUSR1 = 30, SIGUSR2 = 31, RFSPAWN_FLAGS = (int)0x80000000 };

static volatile uint32_t counted;

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo, (void)info, (void)context;
    __atomic_fetch_add(&stress_workers[0].signals, 1, __ATOMIC_RELAXED); /* whichever thread this is */
}

/* What a new image does: it ends as its argument says. */
int guest_child(int argc, char **argv)
{
    return argc > 2 && SYS(getpid) > 0 ? argv[2][0] - 'a' : 99;
}

static void add_one(void *argument)
{
    (void)argument;
    __atomic_fetch_add(&counted, 1, __ATOMIC_RELAXED);
}

/* In a child made by fork: its own thread, its own kqueue, a signal to its parent. */
static void child(int parent, unsigned code)
{
    struct guest_thread thread;

    if (SYS(getppid) != parent)
        guest_exit(98);
    if (code % 3 == 0)
        SYS(close, SYS(kqueue));
    if (code % 5 == 0) {
        if (guest_thread_start(&thread, add_one, NULL) != 0)
            guest_exit(97);
        guest_thread_join(&thread);
    }
    if (code % 7 == 0)
        SYS(kill, parent, SIGUSR1);
    guest_exit((int)code);
}

static int execute(int64_t (*make)(void), unsigned code)
{
    char letter[2] = {(char)('a' + code % 26), 0};
    char *arguments[] = {(char *)guest_self, "--end", letter, NULL};
    int64_t pid = make();

    if (pid == 0) {
        SYS(execve, guest_self, arguments, guest_envp);
        SYS(exit, 96);
    }
    return (int)pid;
}

static int64_t by_fork(void)
{
    return guest_fork();
}

static void expect(int pid, unsigned code)
{
    int status = 0;
    int64_t r;

    while ((r = SYS(wait4, pid, &status, 0, 0)) == -FREEBSD_EINTR)
        ;
    if (r != pid || !EXITED(status, (int)code))
        guest_fail(__FILE__, __LINE__, "child %d: wait4 gives %ld, status 0x%x, not %u", pid, (long)r, (unsigned)status,
                   code);
}

static void one_fork(struct stress_worker *w, int self)
{
    unsigned code = stress_random(w, 90);
    int pid = guest_fork();

    if (pid == 0)
        child(self, code);
    expect(pid, code);
}

static void one_exec(struct stress_worker *w)
{
    unsigned code = stress_random(w, 26);

    expect(execute(by_fork, code), code);
}

static void one_descriptor(struct stress_worker *w)
{
    int32_t fd = -1, seen = 0;
    unsigned code = stress_random(w, 90);
    struct guest_result r = guest_call_raw(FREEBSD_SYS_pdfork, (uint64_t)&fd, 0, 0, 0, 0, 0);

    if (r.carry == 0 && r.rax == 0)
        guest_exit((int)code);
    if (r.carry != 0 || SYS(pdgetpid, fd, &seen) != 0 || seen != (int32_t)r.rax)
        guest_fail(__FILE__, __LINE__, "pdfork gives %ld, its descriptor %d", (long)r.rax, seen);
    expect((int)r.rax, code);
    SYS(close, fd);
}

static void some_threads(void)
{
    struct guest_thread threads[3];
    unsigned made = 0;

    for (; made < 3; made++)
        if (guest_thread_start(&threads[made], add_one, NULL) != 0)
            guest_fail(__FILE__, __LINE__, "no thread");
    for (unsigned i = 0; i < made; i++)
        guest_thread_join(&threads[i]);
}

static void work(struct stress_worker *w)
{
    int self = (int)SYS(getpid);

    while (!stress_over()) {
        uint32_t before = counted;

        switch (stress_random(w, 8)) {
        case 0:
            one_exec(w);
            break;
        case 1:
            one_descriptor(w);
            break;
        case 2:
        case 3:
            one_fork(w, self);
            break;
        default:
            some_threads();
            if (counted - before < 3)
                guest_fail(__FILE__, __LINE__, "three threads count %u", counted - before);
        }
        w->done++;
    }
}

/* Signals to threads that make processes. */
static void disturb(void)
{
    static unsigned turn;

    SYS(thr_kill, stress_workers[turn++ % STRESS_WORKERS].thread.tid, SIGUSR2);
}

TEST(forks)
{
    int64_t next = SYS(dup, 1);

    SYS(close, next);
    guest_handle(SIGUSR1, on_signal, FREEBSD_SA_RESTART);
    guest_handle(SIGUSR2, on_signal, 0);
    stress_meanwhile = disturb;
    stress_run(work, "processes and threads");
    CHECK_ERR(SYS(wait4, -1, 0, FREEBSD_WNOHANG, 0), FREEBSD_ECHILD);
    CHECK_EQ(SYS(dup, 1), next);
}
