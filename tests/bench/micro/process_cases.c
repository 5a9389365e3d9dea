/*
 * Cases of several processes.
 */
#include "micro.h"

static void wait_for(int64_t pid, const char *what)
{
    int status = -1;

    expect("wait4", sys_wait4((int)pid, &status, 0, NULL), pid);
    expect(what, status, 0);
}

static void fork_loop(uint64_t n)
{
    while (n-- > 0) {
        int64_t pid = must("fork", sys_fork());

        if (pid == 0)
            sys_exit(0);
        wait_for(pid, "the child's status");
    }
}

/* ---- vfork, and exec of a program that says hello: into a pipe, so that it can be seen to have run ---- */

enum { SAVED_OUTPUT = 20 };

static int said[2];

static void exec_prepare(void)
{
    if (hello_path == NULL)
        fail("no HELLO given; arguments", 2);
    must("pipe2", sys_pipe2(said, ABI_O_CLOEXEC));
    must("dup2", sys_dup2(1, SAVED_OUTPUT));
    must("dup2", sys_dup2(said[1], 1));
}

static void exec_loop(uint64_t n)
{
    char *const arguments[] = {(char *)hello_path, NULL};
    char *const environment[] = {NULL};
    char text[8];

    while (n-- > 0) {
        int64_t pid = must("vfork", sys_vfork());

        if (pid == 0) {
            sys_execve(hello_path, arguments, environment);
            sys_exit(127);
        }
        wait_for(pid, "hello's status");
        expect("read", sys_read(said[0], text, sizeof(text)), 6);
        expect("the first byte of hello's text", text[0], 'h');
    }
}

static void exec_finish(void)
{
    must("dup2", sys_dup2(SAVED_OUTPUT, 1));
}

const struct bench_case process_cases[] = {
    {"fork", 50, NULL, fork_loop, NULL},
    {"vfork_exec", 10, exec_prepare, exec_loop, exec_finish},
    {NULL, 0, NULL, NULL, NULL},
};
