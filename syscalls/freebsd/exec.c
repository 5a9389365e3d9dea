/* execve and fexecve (execve(2); sys/kern/kern_exec.c). */
#include <linux/limits.h>

#include "base/format.h"
#include "base/host.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "syscalls/common/exec.h"
#include "syscalls/freebsd/program.h"

#define FREEBSD_PATH_MAX 1024

int64_t freebsd_execve(struct thread *t, guest_ptr path, guest_ptr argv, guest_ptr envp)
{
    char name[FREEBSD_PATH_MAX];
    int64_t length = copyin_str(name, path, sizeof name);
    if (length < 0) {
        return length;
    }
    return length == 0 ? -ENOENT : do_execve(t, name, argv, envp, FREEBSD_ARG_MAX);
}

int64_t freebsd_fexecve(struct thread *t, int fd, guest_ptr argv, guest_ptr envp)
{
    if (is_error(host_call2(__NR_fcntl, fd, 1 /* F_GETFD */))) {
        return -EBADF;
    }
    char name[32];
    struct text x = TEXT_ON(name);
    text_format(&x, "/proc/self/fd/%d", fd);
    return do_execve(t, text_cstr(&x), argv, envp, FREEBSD_ARG_MAX);
}
