/*
 * fork(2), vfork(2), execve(2), wait(2), waitid(2), posix_spawn(3), pidfd_open(2), orphans.
 */
#include "conf.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

TEST(statuses)
{
    static const int signals[] = {SIGTERM, SIGKILL, SIGUSR1, SIGALRM, 37, SIGPIPE};

    for (int i = 0; i < 4; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(i * 85);
        ended("exit", child);
    }
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();

        if (child == 0) {
            kill(getpid(), signals[i]);
            _exit(0);
        }
        ended("signal", child);
    }
    int status, hold[2];

    OK(pipe(hold));
    pid_t child = fork();
    if (child == 0) {
        char end;

        close(hold[1]);
        raise(SIGSTOP);
        read(hold[0], &end, 1); /* until it was seen to go on */
        _exit(3);
    }
    DEC(waitpid(child, &status, WUNTRACED) == child);
    conf_status("first", status);
    kill(child, SIGCONT);
    DEC(waitpid(child, &status, WCONTINUED) == child);
    conf_status("second", status);
    close(hold[1]);
    ended("third", child);
    close(hold[0]);
    CALL(waitpid(-1, &status, 0));
    CALL(waitpid(-1, &status, WNOHANG));
    CALL(waitpid(-1, &status, 0x100));
    child = fork();
    if (child == 0)
        _exit(0);
    CALL(syscall(SYS_wait4, child, WILD, 0, NULL));
    CALL(syscall(SYS_wait4, child, NULL, 0, NULL));
    child = fork();
    if (child == 0)
        _exit(0);
    CALL(syscall(SYS_wait4, child, NULL, 0, WILD));
}

TEST(ids_of_waits)
{
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        _exit(77);
    memset(&info, 0, sizeof(info));
    CALL(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
    say("signo %d code %d status %d pid %d uid %d", info.si_signo, info.si_code, info.si_status, info.si_pid == child,
        info.si_uid == getuid());
    CALL(waitid(P_ALL, 0, &info, WEXITED));
    CALL(waitid(P_ALL, 0, &info, WEXITED));
    CALL(waitid(P_ALL, 0, &info, 0));
    CALL(waitid(P_ALL, 0, &info, WEXITED | 0x100));
    CALL(waitid(9, 0, &info, WEXITED));
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    memset(&info, 0x55, sizeof(info));
    CALL(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG));
    say("pid %d signo %d", info.si_pid, info.si_signo);
    kill(child, SIGKILL);
    struct rusage usage;

    memset(&usage, 0, sizeof(usage));
    CALL(syscall(SYS_waitid, P_PID, child, &info, WEXITED, &usage));
    say("code %d status %d", info.si_code, info.si_status);
    DEC(usage.ru_maxrss >= 0);
    CALL(syscall(SYS_waitid, P_PID, child, WILD, WEXITED, NULL));
    child = fork();
    if (child == 0)
        _exit(1);
    CALL(syscall(SYS_waitid, P_PID, child, WILD, WEXITED, NULL));
    CALL(syscall(SYS_waitid, P_PID, child, NULL, WEXITED, NULL));
}

TEST(groups)
{
    pid_t child = fork();

    if (child == 0) {
        CALL(setpgid(0, 0));
        DEC(getpgrp() == getpid());
        DEC(getpgid(getppid()) != getpgrp());
        CALL(setsid());
        pid_t other = fork();

        if (other == 0) {
            DEC(setsid() == getpid());
            DEC(getsid(0) == getpid());
            CALL(setsid());
            CALL(setpgid(0, 0));
            CALL(setpgid(0, -1));
            CALL(setpgid(-1, 0));
            CALL(getpgid(0x7fffffff));
            CALL(getsid(-1));
            _exit(0);
        }
        ended("grandchild", other);
        _exit(9);
    }
    ended("child", child);
    CALL(setpgid(1, 0));
}

TEST(shared_by_vfork)
{
    volatile int value = 1;
    pid_t child = vfork();

    if (child == 0) {
        value = 2;
        _exit(4);
    }
    ended("child", child);
    DEC(value);
    child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", NULL);
        _exit(5);
    }
    ended("one that executes", child);
    child = vfork();
    if (child == 0) {
        execl("/no/such/file", "true", NULL);
        _exit(errno == ENOENT ? 6 : 7);
    }
    ended("one that cannot", child);
}

/* What the new image finds. */
static void executed(void)
{
    struct sigaction action;
    sigset_t set;
    char name[17] = "";

    for (int i = 0; i < conf_argc; i++)
        say("word %d: %s", i, conf_argv[i]);
    for (char **e = environ; *e; e++)
        say("variable: %s", *e);
    CALL(fcntl(20, F_GETFD));
    CALL(fcntl(21, F_GETFD));
    sigaction(SIGUSR1, NULL, &action);
    DEC(action.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, NULL, &action);
    DEC(action.sa_handler == SIG_IGN);
    sigprocmask(SIG_SETMASK, NULL, &set);
    say("mask: TERM %d, 36 %d, INT %d", sigismember(&set, SIGTERM), sigismember(&set, 36), sigismember(&set, SIGINT));
    sigpending(&set);
    say("pending: TERM %d, 36 %d", sigismember(&set, SIGTERM), sigismember(&set, 36));
    prctl(PR_GET_NAME, name);
    TEXT(name);
    DEC(getppid() > 1);
    stack_t stack;

    sigaltstack(NULL, &stack);
    DEC(stack.ss_flags);
    DEC(alarm(0) > 0);
}

TEST(execution)
{
    if (conf_argv) {
        executed();
        return;
    }
    char *words[] = {conf_program, "--", "process/life.execution", "one", "", "three words in it", NULL};
    char *variables[] = {"A=1", "EMPTY=", "NOT A VARIABLE", NULL};
    pid_t child = fork();

    if (child == 0) {
        sigset_t set;
        static char stack[65536];
        stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};

        sigaltstack(&alternate, NULL);
        conf_handle(SIGUSR1, (void (*)(int))conf_sleep, 0);
        signal(SIGUSR2, SIG_IGN);
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, 36);
        sigprocmask(SIG_SETMASK, &set, NULL);
        raise(SIGTERM);
        sigqueue(getpid(), 36, (union sigval){.sival_int = 4});
        dup2(1, 20);
        dup3(1, 21, O_CLOEXEC);
        alarm(50);
        symlink(conf_program, "a-name-of-its-own");
        execve("a-name-of-its-own", words, variables);
        say("execve: %s", conf_errno(errno));
        _exit(1);
    }
    ended("executed", child);
}

TEST(execution_fails)
{
    char *words[] = {"x", NULL};
    char *none[] = {NULL};

    close(conf_file("text", "just text\n"));
    chmod("text", 0755);
    close(conf_file("script", "#!/no/such/interpreter\n"));
    chmod("script", 0755);
    close(conf_file("plain", "#!/bin/sh\n"));
    CALL(execve("missing", words, none));
    CALL(execve("text", words, none));
    CALL(execve("script", words, none));
    chmod("plain", 0644);
    CALL(execve("plain", words, none));
    CALL(execve(".", words, none));
    CALL(execve("text/x", words, none));
    CALL(execve("", words, none));
    CALL(execve(WILD, words, none));
    CALL(execve("/bin/true", WILD, none));
    CALL(execve("/bin/true", words, WILD));
    char *bad[] = {"x", WILD, NULL};

    CALL(execve("/bin/true", bad, none));
    close(conf_file("short", "\177ELF"));
    chmod("short", 0755);
    CALL(execve("short", words, none));
    static char huge[300000];

    memset(huge, 'x', sizeof(huge) - 1);
    char *long_words[] = {"x", huge, NULL};

    CALL(execve("/bin/true", long_words, none));
    CALL(syscall(SYS_execveat, AT_FDCWD, "missing", words, none, 0));
    CALL(syscall(SYS_execveat, AT_FDCWD, "text", words, none, 0x10));
    CALL(syscall(SYS_execveat, -1, "", words, none, AT_EMPTY_PATH));
}

TEST(scripts)
{
    char *words[] = {"name", "one", "two", NULL};

    close(conf_file("script", "#!/bin/sh -e\nread name </proc/$$/comm; echo $name $# \"$1\" \"$2\"; exit 23\n"));
    chmod("script", 0755);
    pid_t child = fork();

    if (child == 0) {
        execv("./script", words);
        _exit(1);
    }
    ended("a script", child);
    child = fork();
    if (child == 0) {
        int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
        char *command[] = {"sh", "-c", "exit 31", NULL};

        syscall(SYS_execveat, fd, "", command, environ, AT_EMPTY_PATH);
        _exit(1);
    }
    ended("by descriptor", child);
    child = fork();
    if (child == 0) {
        char *two[] = {conf_program, "--list", NULL};

        /* The program itself, by a script's first line. */
        char text[5000];

        snprintf(text, sizeof(text), "#!%s --list\n", conf_program);
        close(conf_file("of-itself", text));
        chmod("of-itself", 0755);
        close(1);
        open("list", O_CREAT | O_WRONLY, 0600);
        execv("./of-itself", two);
        _exit(1);
    }
    ended("a script of this program", child);
    struct stat st;

    stat("list", &st);
    DEC(st.st_size > 1000);
    DEC(WEXITSTATUS(system("exit 7")));
    FILE *pipe = popen("echo from a pipe", "r");
    char line[64] = "";

    fgets(line, sizeof(line), pipe);
    line[strcspn(line, "\n")] = 0;
    TEXT(line);
    DEC(pclose(pipe));
    char *arguments[] = {"sh", "-c", "exit 8", NULL};
    pid_t spawned;

    RET(posix_spawn(&spawned, "/bin/sh", NULL, NULL, arguments, environ));
    ended("spawned", spawned);
    RET(posix_spawn(&spawned, "/no/such/file", NULL, NULL, arguments, environ));
}

TEST(descriptors_of_processes)
{
    pid_t child = fork();
    siginfo_t info;

    if (child == 0) {
        pause();
        _exit(0);
    }
    int fd = (int)syscall(SYS_pidfd_open, child, 0);

    DEC(fcntl(fd, F_GETFD));
    struct pollfd waiting = {fd, POLLIN, 0};

    CALL(poll(&waiting, 1, 0));
    int its = (int)syscall(SYS_pidfd_getfd, fd, STDOUT_FILENO, 0);

    DEC(its >= 0);
    CALL(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
    CALL(poll(&waiting, 1, 5000));
    CALL(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
    say("code %d status %d", info.si_code, info.si_status);
    CALL(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
    CALL(syscall(SYS_pidfd_open, 0x7ffffff, 0));
    CALL(syscall(SYS_pidfd_open, -1, 0));
    CALL(syscall(SYS_pidfd_open, getpid(), 0x100));
    CALL(syscall(SYS_pidfd_send_signal, 0, SIGTERM, NULL, 0));
    CALL(syscall(SYS_process_madvise, -1, NULL, 0, 0, 0));
    CALL(syscall(SYS_process_mrelease, -1, 0));
}

TEST(orphans)
{
    int pipes[2];

    pipe(pipes);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0) {
            char byte;

            read(pipes[0], &byte, 1);
            _exit(19);
        }
        _exit(0);
    }
    ended("child", child);
    write(pipes[1], "x", 1);
    int status = 0;

    DEC(wait(&status) > 0);
    conf_status("its orphan", status);
    CALL(unshare(0));
    CALL(unshare(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM));
    CALL(unshare(0x1));
    CALL(setns(-1, 0));
}

TEST(many)
{
    int sum = 0;

    for (int i = 0; i < 30; i++) {
        if (fork() == 0)
            _exit(i);
    }
    for (int i = 0; i < 30; i++) {
        int status;

        wait(&status);
        sum += WEXITSTATUS(status);
    }
    DEC(sum);
    CALL(wait(NULL));
}
