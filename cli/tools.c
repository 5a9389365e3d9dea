#include "cli/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/tool.h"

enum { RUNNING_MAX = 4 };

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t running[RUNNING_MAX];

static void end_running(void)
{
    for (int i = 0; i < RUNNING_MAX; i++) {
        if (running[i] > 0) {
            kill(running[i], SIGTERM);
        }
    }
}

static void pass_on(int sig)
{
    interrupted = sig;
    end_running();
}

void tools_listen(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = pass_on};
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(signals[i], &action, NULL);
        }
    }
}

int tools_interrupted(void)
{
    return interrupted;
}

int tools_end_interrupted(void)
{
    signal(interrupted, SIG_DFL);
    raise(interrupted);
    return 128 + interrupted;
}

void tool_argument(struct tool *tool, const char *text)
{
    const char **grown = realloc((void *)tool->argv, (tool->argc + 2) * sizeof *grown);
    if (grown == NULL) {
        tool->failed = true;
        return;
    }
    tool->argv = grown;
    tool->argv[tool->argc++] = text;
    tool->argv[tool->argc] = NULL;
}

static void give(int fd, int as)
{
    if (fd >= 0 && fd != as) {
        dup2(fd, as);
    }
}

/* In the child. `program`: opened before, as the namespace's root may find no way to it. */
static _Noreturn void become(const struct tool *tool, int program, pid_t parent)
{
    extern char **environ;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction old;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == pass_on) {
            signal(signals[i], SIG_DFL);
        }
    }
    give(tool->input, STDIN_FILENO);
    give(tool->output, STDOUT_FILENO);
    give(tool->errors > 0 ? tool->errors : -1, STDERR_FILENO);
    if (tool->ids != NULL) {
        int status = userns_enter(tool->ids, 0);
        if (status != 0) {
            _exit(status);
        }
    }
    /* Whatever becomes of this command, nobody goes on writing. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(EXIT_DRAGOMAN);
    }
    syscall(SYS_execveat, program, "", tool->argv, environ, AT_EMPTY_PATH);
    _exit(fail(EXIT_DRAGOMAN, "%s: %s (install dragoman whole)", tool->name, strerror(errno)));
}

int tool_start(struct tool *tool)
{
    char path[PATH_MAX];
    int status = tool->failed ? fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", tool->name, strerror(ENOMEM))
                              : tool_path(tool->name, path, sizeof path);
    if (status != 0) {
        return status;
    }
    int program = open(path, O_PATH | O_CLOEXEC);
    if (program < 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (install dragoman whole)", path, strerror(errno));
    }
    pid_t parent = getpid();
    tool->pid = fork();
    if (tool->pid == 0) {
        become(tool, program, parent);
    }
    close(program);
    if (tool->pid < 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (end some processes)", tool->name, strerror(errno));
    }
    for (int i = 0; i < RUNNING_MAX; i++) {
        if (running[i] == 0) {
            running[i] = tool->pid;
            break;
        }
    }
    if (interrupted != 0) {
        kill(tool->pid, SIGTERM); /* it came before there was a tool to pass it on to */
    }
    return 0;
}

int tool_wait(struct tool *tool)
{
    int ended = 0;
    free((void *)tool->argv);
    tool->argv = NULL;
    while (waitpid(tool->pid, &ended, 0) < 0 && errno == EINTR) {}
    for (int i = 0; i < RUNNING_MAX; i++) {
        if (running[i] == tool->pid) {
            running[i] = 0;
        }
    }
    tool->unread = WIFSIGNALED(ended) && WTERMSIG(ended) == SIGPIPE;
    if (WIFSIGNALED(ended) && !tool->unread && interrupted == 0) {
        return fail(EXIT_DRAGOMAN, "%s: ended by signal %d%s", tool->name, WTERMSIG(ended),
                    WTERMSIG(ended) == SIGKILL ? " (is there memory enough?)" : " (try again)");
    }
    return ended == 0 ? 0 : EXIT_DRAGOMAN;
}
