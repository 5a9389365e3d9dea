/* execve and fexecve (execve(2); sys/kern/kern_exec.c). */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "syscalls/common/exec.h"
#include "syscalls/freebsd/start/program.h"
#include "vfs/path.h"

#define FREEBSD_PATH_MAX 1024

static int64_t execute(struct thread *t, const char *name, guest_ptr argv, guest_ptr envp)
{
    struct exec_request rq = {
        .path = name, .argv = argv, .envp = envp, .strings_max = FREEBSD_ARG_MAX, .descriptor = -1};
    return do_execve(t, &rq);
}

int64_t freebsd_execve(struct thread *t, guest_ptr path, guest_ptr argv, guest_ptr envp)
{
    char name[VFS_HOST_PATH_MAX];
    int64_t length = copyin_str(name, path, FREEBSD_PATH_MAX);
    if (length < 0) {
        return length;
    }
    if (hot_strncmp(name, "/proc/", 6) == 0) {
        int r = path_canonical(t, VFS_AT_FDCWD, path,
                               name); /* /proc/curproc/file: what it leads to, of which the host knows nothing */
        if (r < 0) {
            return r;
        }
    }
    return length == 0 ? -ENOENT : execute(t, name, argv, envp);
}

/* The name under which the guest could execute the file that is open as fd, if it still has one there. */
static bool name_of(struct thread *t, int fd, char name[VFS_HOST_PATH_MAX])
{
    struct statx opened, named;
    struct vfs_path where;
    struct path_room room;
    if (path_of_descriptor(fd, name, VFS_HOST_PATH_MAX) < 0) {
        return false;
    }
    const char *view = path_guest_view(t, name, &room);
    memmove(name, view, hot_strlen(view) + 1);
    return path_translate(t, VFS_AT_FDCWD, name, PATH_FOLLOW, &where) == 0 &&
           host_call5(__NR_statx, where.dirfd, where.name, 0, STATX_INO, &named) == 0 &&
           host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_INO, &opened) == 0 && named.stx_ino == opened.stx_ino &&
           named.stx_dev_major == opened.stx_dev_major && named.stx_dev_minor == opened.stx_dev_minor;
}

/*
 * The program has the file's own name, as the kernel finds it (vn_fullpath() in do_execve()); a file that has none any
 * more goes by the host's name of the descriptor.
 */
int64_t freebsd_fexecve(struct thread *t, int fd, guest_ptr argv, guest_ptr envp)
{
    char name[VFS_HOST_PATH_MAX];
    int64_t flags = engine_descriptor(fd) ? -EBADF : host_call2(__NR_fcntl, fd, F_GETFL);
    if (is_error(flags) || (flags & O_ACCMODE) == O_WRONLY) {
        return -EBADF; /* fget_exec() wants FREAD or FEXEC */
    }
    if (!name_of(t, fd, name)) {
        struct text x = {name, sizeof name, 0};
        text_format(&x, "/proc/self/fd/%d", fd);
        text_cstr(&x);
    }
    return execute(t, name, argv, envp);
}
