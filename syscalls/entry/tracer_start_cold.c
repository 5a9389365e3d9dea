/* Starting the tracer of ptrace mode, from the process that is about to become the guest. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscalls/entry/tracer.h"

/*
 * The tracer is a grandchild: the guest must not find a child it never made. The go-between has no exit signal, so
 * that no SIGCHLD is left pending for the guest either.
 */
static int fork_tracer(int report)
{
    pid_t self = getpid();
    pid_t between = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (between < 0) {
        return -errno;
    }
    if (between == 0) {
        pid_t tracer = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (tracer == 0) {
            tracer_main(self, report);
        }
        _exit(tracer < 0 ? errno : 0);
    }
    int status = 0;
    while (waitpid(between, &status, __WALL) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int tracer_start(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -errno;
    }
    /* Yama lets only ancestors trace (Documentation/admin-guide/LSM/Yama.rst); elsewhere this fails and may. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    int r = fork_tracer(ends[1]);
    close(ends[1]);
    if (r == 0) {
        int error = 0;
        ssize_t n;
        while ((n = read(ends[0], &error, sizeof error)) < 0 && errno == EINTR) {}
        r = n == (ssize_t)sizeof error ? -error : -ESRCH; /* it died without a word */
    }
    prctl(PR_SET_PTRACER, 0, 0, 0, 0);
    close(ends[0]);
    return r;
}
