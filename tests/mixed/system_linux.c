/* A station's system where it has libc: Linux, of any kind of word. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "system.h"

const char system_name[] = KIND;

static const int numbers[SIGNALS] = {0,       SIGHUP,  SIGINT,  SIGKILL, SIGUSR1, SIGUSR2,
                                     SIGTERM, SIGCONT, SIGSTOP, SIGTSTP, SIGTTOU, SIGCHLD};
static void (*handlers[SIGNALS])(int);

static int name_from(int number)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (numbers[i] == number) {
            return i;
        }
    }
    return -1;
}

static void arrived(int number)
{
    int saved = errno;
    handlers[name_from(number)](name_from(number));
    errno = saved;
}

static long checked(long result)
{
    return result < 0 ? -errno : result;
}

void system_exit(int status)
{
    _exit(status);
}

long system_write(int fd, const void *data, unsigned long size)
{
    return checked(write(fd, data, size));
}

long system_read(int fd, void *data, unsigned long size)
{
    return checked(read(fd, data, size));
}

long system_close(int fd)
{
    return checked(close(fd));
}

long system_dup2(int from, int to)
{
    return checked(dup2(from, to));
}

long system_pipe(int ends[2])
{
    return checked(pipe(ends));
}

long system_fork(void)
{
    return checked(fork());
}

long system_exec(char **arguments, char **variables)
{
    return checked(execve(arguments[0], arguments, variables));
}

long system_wait(long pid, bool stops, struct event *event)
{
    int status;
    long result = checked(waitpid((pid_t)pid, &status, stops ? WUNTRACED | WCONTINUED : 0));
    if (result < 0) {
        return result;
    }
    if (WIFEXITED(status)) {
        *event = (struct event){ENDED, WEXITSTATUS(status)};
    } else if (WIFSIGNALED(status)) {
        *event = (struct event){KILLED, name_from(WTERMSIG(status))};
    } else if (WIFSTOPPED(status)) {
        *event = (struct event){STOPPED, name_from(WSTOPSIG(status))};
    } else {
        *event = (struct event){WIFCONTINUED(status) ? CONTINUED : OTHER, NONE};
    }
    return result;
}

long system_kill(long pid, enum signal_name signal)
{
    return checked(kill((pid_t)pid, numbers[signal]));
}

long system_catch(enum signal_name signal, void (*handler)(int))
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    action.sa_handler = handler ? arrived : SIG_IGN;
    handlers[signal] = handler;
    return checked(sigaction(numbers[signal], &action, NULL));
}

bool system_ignores(enum signal_name signal)
{
    struct sigaction action;
    return sigaction(numbers[signal], NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

long system_block(enum signal_name signal, bool block)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, numbers[signal]);
    return checked(sigprocmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL));
}

bool system_blocks(enum signal_name signal)
{
    sigset_t set;
    return sigprocmask(SIG_BLOCK, NULL, &set) == 0 && sigismember(&set, numbers[signal]);
}

void system_await(enum signal_name signal)
{
    sigset_t set;
    sigprocmask(SIG_BLOCK, NULL, &set);
    sigdelset(&set, numbers[signal]);
    sigsuspend(&set);
}

long system_pid(void)
{
    return getpid();
}

long system_parent(void)
{
    return getppid();
}

long system_own_group(long pid)
{
    return checked(setpgid((pid_t)pid, (pid_t)pid));
}

long system_foreground(int fd, long group)
{
    return checked(tcsetpgrp(fd, (pid_t)group));
}

long system_window(int fd, unsigned short *rows, unsigned short *columns)
{
    struct winsize size;
    long result = checked(ioctl(fd, TIOCGWINSZ, &size));
    *rows = size.ws_row;
    *columns = size.ws_col;
    return result;
}

int station(char **arguments, char **variables);

int main(int argc, char **argv, char **variables)
{
    (void)argc;
    return station(argv, variables);
}
