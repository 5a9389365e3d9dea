/*
 * Every call with arguments that nobody may give: what matters is which error comes first, and that nothing dies of it.
 * A case is a call; a letter is a way of being wrong:
 *
 *   m  all bits set                               w  pointers to where nothing can be
 *   f  a file's descriptor, then wild pointers                         p  a missing file's name, then wild pointers
 *   s  a descriptor, memory that is there, and sizes that wrap around
 */
#include "conf.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The call in a child, as it may change what the child is. Returns 0 for a result, an errno, or 1000 + a signal. */
static int outcome(long number, const long arguments[6])
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        alarm(5);
        errno = 0;
        long result =
            syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);

        /* An errno of 255 is none of Linux's. */
        syscall(SYS_exit_group, result == -1 && errno > 0 && errno < 255 ? errno : 0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void line(const char *name, char way, int result)
{
    /* Where the address space ends, and what wraps around, depends on the word. */
    if (result >= 1000)
        say("~%s %c: signal %d", name, way, result - 1000);
    else
        say("~%s %c: %s", name, way, result == 0 ? "ok" : conf_errno(result));
}

static void try_call(const char *name, long number)
{
    static char memory[4096];
    const long wild = (long)(intptr_t)WILD;
    const long path = (long)(intptr_t) "missing";
    const long fd = conf_file("file", "some text");
    const struct {
        char way;
        long arguments[6];
    } ways[] = {
        {'m', {-1, -1, -1, -1, -1, -1}},
        {'w', {wild, wild, wild, wild, wild, wild}},
        {'f', {fd, wild, wild, wild, wild, wild}},
        {'p', {path, wild, wild, wild, wild, wild}},
        {'s', {fd, (long)(intptr_t)memory, -1, (long)(intptr_t)memory, -1, -1}},
    };

    /* What a call may leave behind is the case's own folder's, and goes with it. */
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        unlink("missing");
        rmdir("missing");
        int result = outcome(number, ways[i].arguments);

        line(name, ways[i].way, result);
    }
}

#define BAD(name)                                                                                                      \
    TEST(name##_)                                                                                                      \
    {                                                                                                                  \
        try_call(#name, SYS_##name);                                                                                   \
    }
#include "calls.inc"
