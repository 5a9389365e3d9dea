/* Ends of threads and processes, their ids, execution of programs. Semantics: kernel/exit.c, fs/exec.c. */
#include "process/process.h"

#include <linux/fcntl.h>
#include <linux/resource.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/descriptors.h"
#include "process/thread.h"
#include "syscalls/common/exec.h"
#include "syscalls/common/linux/files/paths.h"
#include "syscalls/common/linux/threads/robust.h"
#include "vfs/path.h"

int64_t linux_any_getpid(struct thread *t)
{
    return t->proc->pid;
}

int64_t linux_any_gettid(struct thread *t)
{
    return t->tid;
}

int64_t linux_any_exit(struct thread *t, int32_t error_code)
{
    linux_thread_ends(t);
    thread_exit(t, error_code);
}

int64_t linux_any_exit_group(struct thread *t, int32_t error_code)
{
    if (t->proc->shares_memory) {
        linux_thread_ends(t); /* others may wait for its word */
    }
    process_exit(t, error_code);
}

/* restart_syscall(2): the host makes its own calls again, and others there is nothing to go on with. */
int64_t linux_any_restart_syscall(struct thread *t)
{
    (void)t;
    return -EINTR;
}

/* A quarter of the stack's limit, within bounds: bprm_stack_limits(), fs/exec.c. */
static size_t strings_max(void)
{
    enum { LEAST = 128 << 10, MOST = 6 << 20 };
    struct rlimit64 stack = {0};
    host_call4(__NR_prlimit64, 0, RLIMIT_STACK, 0, &stack);
    uint64_t quarter = stack.rlim_cur / 4;
    return quarter < LEAST ? LEAST : quarter > MOST ? MOST : (size_t)quarter;
}

/* What is wrong with the file goes before what is wrong with the vectors (do_execveat_common(), fs/exec.c). */
static int64_t refused(struct thread *t, const char *path, int64_t otherwise)
{
    struct linux_path file;
    int64_t r = linux_path_here(t, AT_FDCWD, path, PATH_FOLLOW, &file);
    r = r < 0 ? r : host_call3(__NR_faccessat, file.dirfd, file.name, 0);
    return r < 0 ? r : otherwise;
}

static int64_t execute(struct thread *t, const char *path, guest_ptr argv, guest_ptr envp, int32_t descriptor)
{
    enum { STRING_MAX = 128 << 10 }; /* MAX_ARG_STRLEN */
    char own[VFS_HOST_PATH_MAX];
    struct path_room room;
    struct linux_proc_file file = linux_proc_find(t, path);
    if (file.kind == LINUX_PROC_EXE && linux_proc_executable(t, file.pid, own, sizeof own) > 0) {
        path = is_rooted(&t->proc->settings) ? linux_path_view(t, own, &room) : own; /* the host's would be dragoman */
    }
    struct exec_request rq = {.path = path,
                              .argv = argv,
                              .envp = envp,
                              .strings_max = strings_max(),
                              .string_max = STRING_MAX,
                              .argv_optional = true,
                              .descriptor = descriptor};
    int64_t r = do_execve(t, &rq);
    return r == -EFAULT ? refused(t, path, r) : r;
}

int64_t linux_any_execve(struct thread *t, guest_ptr filename, guest_ptr argv, guest_ptr envp)
{
    char name[VFS_HOST_PATH_MAX];
    int64_t length = copyin_str(name, filename, sizeof name);
    if (length <= 0) {
        return length == 0 ? -ENOENT : length;
    }
    return execute(t, name, argv, envp, -1);
}

/* The file of a descriptor, or a name below it, by its host's name. */
int64_t linux_any_execveat(struct thread *t, int32_t dfd, guest_ptr filename, guest_ptr argv, guest_ptr envp,
                           int32_t flags)
{
    char name[VFS_HOST_PATH_MAX], full[VFS_HOST_PATH_MAX];
    struct text x = TEXT_ON(full);
    int64_t length = copyin_str(name, filename, sizeof name);
    if (length < 0 || (length == 0 && (flags & AT_EMPTY_PATH) == 0)) {
        return length == 0 ? -ENOENT : length;
    }
    if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) {
        return -EINVAL;
    }
    if (dfd != AT_FDCWD && (is_hidden(dfd) || host_call2(__NR_fcntl, dfd, F_GETFD) < 0) && name[0] != '/') {
        return -EBADF;
    }
    if (name[0] == '/' || dfd == AT_FDCWD) {
        text_format(&x, "%s", name);
    } else {
        text_format(&x, length == 0 ? "/proc/self/fd/%d" : "/proc/self/fd/%d/%s", dfd, name);
    }
    text_cstr(&x);
    if ((flags & AT_SYMLINK_NOFOLLOW) != 0 && length > 0 && host_call3(__NR_readlink, full, name, sizeof name) >= 0) {
        return -ELOOP;
    }
    return execute(t, full, argv, envp, length == 0 ? dfd : -1);
}
