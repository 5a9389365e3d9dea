/*
 * fork, vfork, rfork, pdfork, wait4, wait6, process groups. Sources: fork(2), vfork(2), rfork(2), wait(2), setpgid(2),
 * sys/kern/kern_fork.c, kern_exit.c, kern_prot.c.
 */
#include "guest.h"

/* sys/amd64/amd64/vm_machdep.c cpu_fork: the child gets 0 and 1, the parent the child's number and 0 */
TEST(second_result_tells_them_apart)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_fork, 0, 0, 0, 0, 0, 0);
    int status = 0;

    if (r.rdx == 1)
        guest_exit(r.carry == 0 && r.rax == 0 ? 0 : 1);
    CHECK_EQ(r.carry, 0);
    CHECK(r.rax > 0);
    CHECK_EQ(r.rdx, 0);
    CHECK_EQ(SYS(wait4, r.rax, &status, 0, 0), (int64_t)r.rax);
    CHECK_EQ(status, 0);
}

static volatile int shared_nothing;

static void change_own_copy(void *parent)
{
    CHECK_EQ(SYS(getppid), *(int *)parent);
    CHECK(SYS(getpid) != *(int *)parent);
    shared_nothing = 1;
}

TEST(memory_is_copied)
{
    int me = (int)SYS(getpid);

    shared_nothing = 0;
    CHECK_EQ(guest_in_child(change_own_copy, &me), 0);
    CHECK_EQ(shared_nothing, 0);
}

/* vfork: the child runs in the parent's memory, and the parent waits for its exit */
TEST(vfork_shares_memory)
{
    static volatile uint64_t word;
    uint64_t pid;
    int status = 0;

    word = 0;
    /* In assembler: the child must not disturb the frame that the parent goes on with. */
    __asm__ volatile("movl $66, %%eax\n\tsyscall\n\ttestl %%edx, %%edx\n\tjz 1f\n\t"
                     "movq $77, %1\n\tmovl $5, %%edi\n\tmovl $1, %%eax\n\tsyscall\n\tud2\n"
                     "1:"
                     : "=a"(pid), "=m"(word)
                     :
                     : "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    CHECK_EQ(word, 77);
    CHECK((int64_t)pid > 0);
    CHECK_EQ(SYS(wait4, pid, &status, 0, 0), (int64_t)pid);
    CHECK_EQ(status, 5 << 8);
}

static volatile uint32_t killed_child, killer_stops;
static const char nowhere[] = "/nonexistent/program";

static void kill_children(void *argument)
{
    (void)argument;
    for (uint32_t i = 0; !killer_stops; i++) {
        int64_t pid = killed_child;

        if (pid == 0)
            continue;
        for (volatile uint32_t delay = i * 997 % 60000; delay > 0; delay--)
            continue;
        killed_child = 0;
        SYS(kill, pid, FREEBSD_SIGKILL);
    }
}

/* Starts a child that fails to execute something, for ever. */
static int64_t vfork_to_be_killed(void)
{
    static const char *no_strings[] = {NULL};
    register const char *path __asm__("rbx") = nowhere;
    register const char **none __asm__("r12") = no_strings;
    int64_t pid;

    __asm__ volatile("movl $66, %%eax\n\tsyscall\n\ttestl %%edx, %%edx\n\tjz 1f\n\t"
                     "movl $20, %%eax\n\tsyscall\n\tmovl %%eax, killed_child(%%rip)\n"
                     "2:\tmovq %1, %%rdi\n\tmovq %2, %%rsi\n\tmovq %2, %%rdx\n\tmovl $59, %%eax\n\tsyscall\n\tjmp 2b\n"
                     "1:"
                     : "=a"(pid)
                     : "r"(path), "r"(none)
                     : "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return pid;
}

/* Whatever a vfork's child is at when it is killed, its parent goes on: before it waits for it, as the memory is free. */
TEST(vfork_child_killed_at_any_instant)
{
    struct guest_thread killer;
    uint64_t end = guest_now() + 1500000000;

    killer_stops = killed_child = 0;
    REQUIRE(guest_thread_start(&killer, kill_children, NULL) == 0);
    for (unsigned i = 0; !guest_failed() && (i < 20 || guest_now() < end); i++) {
        int64_t pid = MUST(vfork_to_be_killed());

        CHECK_ERR(SYS(execve, nowhere, NULL, NULL), FREEBSD_EFAULT);
        CHECK_ERR(SYS(execve, nowhere, guest_argv, guest_envp), FREEBSD_ENOENT);
        CHECK(KILLED(guest_wait((int)pid), FREEBSD_SIGKILL));
    }
    killer_stops = 1;
    guest_thread_join(&killer);
}

/* rfork(2): RFPROC | RFFDG is fork; without RFPROC the caller itself changes; RFMEM needs no stack but is dangerous */
TEST(rfork_as_fork)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_rfork, FREEBSD_RFPROC | FREEBSD_RFFDG, 0, 0, 0, 0, 0);

    if (r.rdx == 1)
        guest_exit(6);
    CHECK_EQ(r.carry, 0);
    CHECK_EQ(guest_wait((int)r.rax), 6 << 8);
}

TEST(rfork_errors)
{
    CHECK_ERR(SYS(rfork, 1 << 30), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rfork, FREEBSD_RFPROC | FREEBSD_RFFDG | FREEBSD_RFCFDG), FREEBSD_EINVAL);
}

static int spawn_exit(int status)
{
    int pid = guest_fork();

    if (pid == 0)
        guest_exit(status);
    return pid;
}

/* In a child: waits for the parent's word. */
static void wait_for_word(const int fds[2])
{
    char byte;

    SYS(read, fds[0], &byte, 1);
}

TEST(wait_statuses)
{
    int fds[2], pid;
    int status = 0;

    CHECK_OK(SYS(pipe2, fds, 0));
    pid = guest_fork();
    if (pid == 0) {
        SYS(kill, SYS(getpid), FREEBSD_SIGSTOP);
        wait_for_word(fds); /* an exit would be reported before the continuation */
        guest_exit(9);
    }
    CHECK_EQ(SYS(wait4, pid, &status, FREEBSD_WUNTRACED, 0), pid);
    CHECK_EQ(status, FREEBSD_SIGSTOP << 8 | 0x7f);
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGCONT));
    CHECK_EQ(SYS(wait4, pid, &status, FREEBSD_WCONTINUED, 0), pid);
    CHECK_EQ(status, FREEBSD_SIGCONT);
    CHECK_EQ(SYS(write, fds[1], "", 1), 1);
    CHECK_EQ(guest_wait(pid), 9 << 8);
    pid = guest_fork();
    if (pid == 0) {
        SYS(kill, SYS(getpid), FREEBSD_SIGUSR1);
        guest_exit(9);
    }
    CHECK_EQ(guest_wait(pid) & 0x7f, FREEBSD_SIGUSR1);
}

TEST(wait_options)
{
    int fds[2], pid;
    struct freebsd_rusage usage;

    CHECK_OK(SYS(pipe2, fds, 0));
    pid = guest_fork();
    if (pid == 0) {
        wait_for_word(fds);
        guest_exit(1);
    }
    CHECK_EQ(SYS(wait4, pid, 0, FREEBSD_WNOHANG, 0), 0);
    CHECK_ERR(SYS(wait4, pid, 0, 0x1000, 0), FREEBSD_EINVAL);
    CHECK_EQ(SYS(write, fds[1], "", 1), 1);
    memset(&usage, 0x55, sizeof(usage));
    CHECK_EQ(SYS(wait4, -1, 0, 0, &usage), pid);
    CHECK(usage.utime.sec < 10 && usage.utime.usec < 1000000);
    CHECK(usage.maxrss > 0);
    CHECK_ERR(SYS(wait4, -1, 0, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, 999999, 0, 0, 0), FREEBSD_ECHILD);
}

/* wait6(2): WNOWAIT leaves the child, the siginfo says what happened, WEXITED must be asked for */
TEST(wait6_fields)
{
    struct freebsd_siginfo info;
    int status = 0;
    int pid = spawn_exit(3);

    memset(&info, 0x55, sizeof(info));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED | FREEBSD_WNOWAIT, 0, &info), pid);
    CHECK_EQ(status, 3 << 8);
    CHECK_EQ(info.signo, FREEBSD_SIGCHLD);
    CHECK_EQ(info.code, FREEBSD_CLD_EXITED);
    CHECK_EQ(info.status, 3);
    CHECK_EQ(info.pid, pid);
    CHECK_EQ(SYS(wait6, FREEBSD_P_ALL, 0, &status, FREEBSD_WEXITED, 0, 0), pid);
    CHECK_ERR(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait6, FREEBSD_P_ALL, 0, &status, 0, 0, 0), FREEBSD_EINVAL);
}

TEST(killed_child)
{
    struct freebsd_siginfo info;
    int status = 0;
    int pid = guest_fork();

    if (pid == 0) {
        guest_sleep_ms(10000);
        guest_exit(0);
    }
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGKILL));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED, 0, &info), pid);
    CHECK_EQ(status & 0x7f, FREEBSD_SIGKILL);
    CHECK_EQ(info.code, FREEBSD_CLD_KILLED);
    CHECK_EQ(info.status, FREEBSD_SIGKILL);
}

TEST(process_groups)
{
    int pid = guest_fork();
    int status = 0;

    if (pid == 0) {
        guest_sleep_ms(300);
        guest_exit(0);
    }
    CHECK_OK(SYS(setpgid, pid, pid));
    CHECK_EQ(SYS(getpgid, pid), pid);
    CHECK_EQ(SYS(getpgid, 0), SYS(getpgrp));
    CHECK_ERR(SYS(wait4, 0, &status, FREEBSD_WNOHANG, 0), FREEBSD_ECHILD); /* nobody in the caller's group */
    CHECK_EQ(SYS(wait4, -pid, &status, 0, 0), pid);
    CHECK_ERR(SYS(getpgid, 999999), FREEBSD_ESRCH);
    CHECK_ERR(SYS(setpgid, 0, -1), FREEBSD_EINVAL);
}

static void new_session(void *unused)
{
    int64_t me = SYS(getpid);

    (void)unused;
    CHECK_EQ(SYS(setsid), me);
    CHECK_EQ(SYS(getsid, 0), me);
    CHECK_EQ(SYS(getpgrp), me);
    CHECK_ERR(SYS(setsid), FREEBSD_EPERM);
    CHECK_ERR(SYS(setpgid, 0, 0), FREEBSD_EPERM); /* a session leader */
}

TEST(sessions)
{
    CHECK_EQ(guest_in_child(new_session, NULL), 0);
}

TEST(orphan_gets_a_parent)
{
    int32_t fds[2];
    int64_t parent = 0;
    int pid;

    CHECK_OK(SYS(pipe2, fds, 0));
    pid = guest_fork();
    if (pid == 0) {
        int middle = (int)SYS(getpid);

        if (guest_fork() == 0) {
            while (SYS(getppid) == middle)
                guest_sleep_ms(1);
            parent = SYS(getppid);
            SYS(write, fds[1], &parent, 8);
            guest_exit(0);
        }
        guest_exit(0);
    }
    CHECK_EQ(guest_wait(pid), 0);
    CHECK_EQ(SYS(read, fds[0], &parent, 8), 8);
    CHECK(parent > 0 && parent != pid);
}

/* pdfork(2): the process is known by a descriptor, which closes by killing it */
TEST(process_descriptor)
{
    int32_t fd = -1;
    int32_t pid_of = 0;
    struct guest_result r = guest_call_raw(FREEBSD_SYS_pdfork, (uint64_t)&fd, 0, 0, 0, 0, 0);

    if (!r.carry && r.rdx == 1) {
        guest_sleep_ms(10000);
        guest_exit(1);
    }
    CHECK_EQ(r.carry, 0);
    CHECK(fd >= 0);
    CHECK_OK(SYS(pdgetpid, fd, &pid_of));
    CHECK_EQ(pid_of, (int64_t)r.rax);
    CHECK_OK(SYS(pdkill, fd, FREEBSD_SIGKILL));
    CHECK_OK(SYS(close, fd));
}

TEST(many_children)
{
    int pids[30];

    for (int i = 0; i < 30; i++)
        pids[i] = spawn_exit(i);
    for (int i = 29; i >= 0; i--)
        CHECK_EQ(guest_wait(pids[i]), i << 8);
}

/* getrusage(2): who 0, -1 and 1 (a thread); anything else EINVAL */
TEST(resource_usage)
{
    struct freebsd_rusage usage;

    memset(&usage, 0x55, sizeof(usage));
    CHECK_OK(SYS(getrusage, 0, &usage));
    CHECK(usage.maxrss > 0 && usage.utime.usec < 1000000);
    CHECK_OK(SYS(getrusage, -1, &usage));
    CHECK_OK(SYS(getrusage, 1, &usage));
    CHECK_ERR(SYS(getrusage, 5, &usage), FREEBSD_EINVAL);
}
