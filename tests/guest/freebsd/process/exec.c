/*
 * execve(2): of this program itself, of scripts, of what is none. Sources: execve(2), sys/kern/kern_exec.c,
 * imgact_shell.c.
 */
#include "guest.h"
#include "sysctl.h"

static const char *environment(const char *name)
{
    size_t n = guest_strlen(name);

    for (char **e = guest_envp; *e != NULL; e++)
        if (guest_starts(*e, name) && (*e)[n] == '=')
            return *e + n + 1;
    return NULL;
}

static bool mask_has(int signo)
{
    struct freebsd_sigset mask;

    SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &mask);
    return guest_set_has(&mask, signo);
}

static freebsd_handler *handler_of(int signo)
{
    struct freebsd_sigaction old;

    return SYS(sigaction, signo, 0, &old) == 0 ? old.handler : NULL;
}

static int number(const char *s)
{
    int n = 0;

    while (*s >= '0' && *s <= '9')
        n = n * 10 + (*s++ - '0');
    return n;
}

/* What the new image finds; a bit of the exit status for each thing that is wrong. */
int guest_child(int argc, char **argv)
{
    const char *what = argv[1];

    if (guest_strcmp(what, "--arguments") == 0) {
        bool good = argc == 4 && guest_strcmp(argv[2], "two words") == 0 && argv[3][0] == 0;

        good = good && guest_strcmp(argv[0], "name") == 0;
        good = good && environment("A") != NULL && guest_strcmp(environment("A"), "1=2") == 0;
        return good && guest_envp[1] == NULL ? 0 : 1;
    }
    if (guest_strcmp(what, "--signals") == 0)
        return (mask_has(100) ? 0 : 1) | (mask_has(FREEBSD_SIGUSR2) ? 0 : 2) |
               (handler_of(FREEBSD_SIGUSR1) == FREEBSD_SIG_DFL ? 0 : 4) |
               (handler_of(FREEBSD_SIGTERM) == FREEBSD_SIG_IGN ? 0 : 8) | (handler_of(80) == FREEBSD_SIG_IGN ? 0 : 16);
    if (guest_strcmp(what, "--children") == 0) {
        int pid = guest_fork();

        if (pid == 0)
            guest_exit(7);
        return handler_of(FREEBSD_SIGCHLD) == FREEBSD_SIG_DFL && guest_wait(pid) == 7 << 8 ? 0 : 1;
    }
    if (guest_strcmp(what, "--descriptors") == 0)
        return (SYS(fcntl, 40, FREEBSD_F_GETFD) >= 0 ? 0 : 1) | (SYS(fcntl, 41, FREEBSD_F_GETFD) >= 0 ? 2 : 0) |
               (SYS(fcntl, 3, FREEBSD_F_GETFD) >= 0 ? 4 : 0);
    if (guest_strcmp(what, "--same") == 0)
        return number(argv[2]) == (int)SYS(getpid) ? 0 : 1;
    if (guest_strcmp(what, "--no-environment") == 0)
        return guest_envp[0] == NULL ? 0 : 1;
    if (guest_strcmp(what, "--count") == 0)
        return argc == number(argv[2]) ? 0 : 1;
    if (guest_strcmp(what, "--script") == 0)
        return argc == 4 && guest_strcmp(argv[2], "./script") == 0 && guest_strcmp(argv[3], "last") == 0 ? 0 : 1;
    if (guest_strcmp(what, "--umask") == 0)
        return SYS(umask, 0) == 037 ? 0 : 1;
    return 50;
}

static char *no_strings[] = {NULL};

/* The status of a child that executes this program with those arguments. */
static int run(char **argv, char **envp)
{
    int pid = guest_fork();

    if (pid == 0) {
        SYS(execve, guest_self, argv, envp);
        guest_exit(60);
    }
    return guest_wait(pid);
}

TEST(arguments_and_environment)
{
    char *argv[] = {"name", "--arguments", "two words", "", NULL};
    char *envp[] = {"A=1=2", NULL};

    CHECK_EQ(run(argv, envp), 0);
}

/* Not even the engine's own settings show */
TEST(empty_environment)
{
    char *argv[] = {"name", "--no-environment", NULL};

    CHECK_EQ(run(argv, no_strings), 0);
}

TEST(same_process)
{
    int pid = guest_fork();

    if (pid == 0) {
        char own[16];
        char *argv[] = {"name", "--same", own, NULL};

        guest_format(own, sizeof(own), "%d", (int)SYS(getpid));
        SYS(execve, guest_self, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

static void some_handler(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

/* Masks and ignored signals stay, handlers fall back to the default; the guest's numbers, not the host's */
TEST(signals_across)
{
    int pid = guest_fork();

    if (pid == 0) {
        char *argv[] = {"name", "--signals", NULL};

        guest_block(100);
        guest_block(FREEBSD_SIGUSR2);
        guest_handle(FREEBSD_SIGUSR1, some_handler, 0);
        guest_ignore(FREEBSD_SIGTERM);
        guest_ignore(80);
        SYS(execve, guest_self, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

/* execsigs(), sys/kern/kern_sig.c: an ignored SIGCHLD is not ignored by the next program, whose children can be waited for. */
TEST(ignored_children_across)
{
    char *argv[] = {"x", "--children", NULL};
    int pid = guest_fork();

    if (pid == 0) {
        guest_handle(FREEBSD_SIGCHLD, FREEBSD_SIG_IGN, 0);
        SYS(execve, guest_self, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

TEST(descriptors_across)
{
    int pid = guest_fork();

    if (pid == 0) {
        char *argv[] = {"name", "--descriptors", NULL};

        SYS(dup2, 1, 40);
        SYS(dup2, 1, 41);
        SYS(fcntl, 41, FREEBSD_F_SETFD, FREEBSD_FD_CLOEXEC);
        SYS(freebsd12_closefrom, 42);
        SYS(close_range, 3, 39, 0);
        SYS(execve, guest_self, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

TEST(umask_across)
{
    int pid = guest_fork();

    if (pid == 0) {
        char *argv[] = {"name", "--umask", NULL};

        SYS(umask, 037);
        SYS(execve, guest_self, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

TEST(descriptor_of_a_program)
{
    char *argv[] = {"name", "--no-environment", NULL};
    int fd = (int)MUST(SYS(open, guest_self, FREEBSD_O_RDONLY));
    int pid = guest_fork();

    if (pid == 0) {
        SYS(fexecve, fd, argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

static void write_program(const char *path, const char *text, int mode)
{
    SYS(close, guest_file(path, text));
    CHECK_OK(SYS(chmod, path, mode));
}

static void exec_must_fail(const char *path, int errno_)
{
    char *argv[] = {"name", NULL};
    int64_t got = SYS(execve, path, argv, no_strings);

    if (got != -errno_)
        guest_fail(__FILE__, __LINE__, "%s gives %ld, not %d", path, (long)-got, errno_);
}

TEST(errors)
{
    exec_must_fail("absent", FREEBSD_ENOENT);
    exec_must_fail(".", FREEBSD_EACCES);
    write_program("text", "just text\n", 0755);
    exec_must_fail("text", FREEBSD_ENOEXEC);
    write_program("empty", "", 0755);
    exec_must_fail("empty", FREEBSD_ENOEXEC);
    write_program("forbidden", "#!/bin/sh\n", 0644);
    exec_must_fail("forbidden", FREEBSD_EACCES);
    exec_must_fail("text/below", FREEBSD_ENOTDIR);
    write_program("nointerpreter", "#!/absent/interpreter\n", 0755);
    exec_must_fail("nointerpreter", FREEBSD_ENOENT);
    write_program("truncated",
                  "\x7f"
                  "ELF",
                  0755);
    exec_must_fail("truncated", FREEBSD_ENOEXEC);
}

TEST(script)
{
    char text[1100];
    char *argv[] = {"ignored", "last", NULL};
    int pid;

    guest_format(text, sizeof(text), "#! %s --script\n", guest_self);
    write_program("script", text, 0755);
    pid = guest_fork();
    if (pid == 0) {
        SYS(execve, "./script", argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

/* sys/sys/syslimits.h ARG_MAX 512 kB: near it works, beyond it is E2BIG */
TEST(large_arguments)
{
    static char block[100000];
    char *argv[10] = {"name", "--count", "6", block, block, block, NULL};

    memset(block, 'x', sizeof(block) - 1);
    CHECK_EQ(run(argv, no_strings), 0);
    argv[6] = argv[7] = argv[8] = block;
    argv[9] = NULL;
    CHECK_ERR(SYS(execve, guest_self, argv, no_strings), FREEBSD_E2BIG);
}

/* Pages this process has in memory (sys/user.h: ki_rssize). */
static int64_t resident(void)
{
    int32_t name[4] = {FREEBSD_CTL_KERN, FREEBSD_KERN_PROC, FREEBSD_KERN_PROC_PID, (int32_t)SYS(getpid)};
    static char block[2048];
    uint64_t length = sizeof(block);

    CHECK_OK(SYS(__sysctl, name, 4, block, &length, 0, 0));
    return *(int64_t *)(block + 264);
}

/* In assembler: the child must not disturb the frame that the parent goes on with. */
static int64_t vfork_and_exec(const char *path, char **argv, char **envp)
{
    register const char *a __asm__("rbx") = path;
    register char **b __asm__("r12") = argv;
    register char **c __asm__("r13") = envp;
    int64_t pid;

    __asm__ volatile("movl $66, %%eax\n\tsyscall\n\ttestl %%edx, %%edx\n\tjz 1f\n\t"
                     "movq %1, %%rdi\n\tmovq %2, %%rsi\n\tmovq %3, %%rdx\n\tmovl $59, %%eax\n\tsyscall\n\t"
                     "movl $60, %%edi\n\tmovl $1, %%eax\n\tsyscall\n\tud2\n"
                     "1:"
                     : "=a"(pid)
                     : "r"(a), "r"(b), "r"(c)
                     : "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return pid;
}

/* vfork(2): the child's memory is the parent's until it executes; what the exec itself needs must not stay there */
TEST(vfork_leaves_nothing_behind)
{
    enum { WARM = 5, ROUNDS = 60, PAGES = 10 * ROUNDS }; /* the host counts pages in bundles of 32 per processor */
    char *argv[] = {"name", "--no-environment", NULL};
    int64_t before = 0;

    for (int i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            before = resident();
        CHECK_EQ(guest_wait((int)MUST(vfork_and_exec(guest_self, argv, no_strings))), 0);
    }
    CHECK(resident() < before + PAGES);
}

TEST(host_program)
{
    char *argv[] = {"sh", "-c", "exit 7", NULL};
    int pid = guest_fork();

    if (pid == 0) {
        SYS(execve, "/bin/sh", argv, no_strings);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 7 << 8);
}
