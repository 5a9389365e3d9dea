/*
 * fcntl and fcntl64, which are one and the same where a 64-bit kernel answers them (arch/x86/entry/syscalls/syscall_32.tbl).
 * Sources: fcntl(2), do_compat_fcntl64() in fs/fcntl.c.
 */
#include "syscalls/linux-i386/files/fcntl.h"

#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/linux/signals/signal_map.h"

#include <linux/fcntl.h>

void i386_flock_to_host(const struct i386_flock *in, struct flock *host)
{
    *host = (struct flock){in->l_type, in->l_whence, in->l_start, in->l_len, in->l_pid};
}

void i386_flock64_to_host(const struct i386_flock64 *in, struct flock *host)
{
    *host = (struct flock){in->l_type, in->l_whence, in->l_start, in->l_len, in->l_pid};
}

void i386_flock64_from_host(const struct flock *host, struct i386_flock64 *out)
{
    *out = (struct i386_flock64){host->l_type, host->l_whence, host->l_start, host->l_len, host->l_pid};
}

int i386_flock_from_host(const struct flock *host, struct i386_flock *out)
{
    if (host->l_start > INT32_MAX) {
        return -EOVERFLOW;
    }
    *out = (struct i386_flock){host->l_type, host->l_whence, (int32_t)host->l_start,
                               host->l_len > INT32_MAX ? INT32_MAX : (int32_t)host->l_len, host->l_pid};
    return 0;
}

/* Sets, waits for or asks about a lock; `cmd` is the host's. */
static int64_t lock(struct thread *t, int fd, int cmd, struct flock *host)
{
    if (cmd == F_SETLKW || cmd == F_OFD_SETLKW) {
        return host_restartable(t, host_call_intr(t, __NR_fcntl, (uint64_t)fd, (uint64_t)cmd, (uint64_t)host, 0, 0, 0));
    }
    return host_call3(__NR_fcntl, fd, cmd, host);
}

static int64_t lock_old(struct thread *t, int fd, int cmd, guest_ptr arg)
{
    struct i386_flock guest;
    struct flock host;
    int64_t r;

    if (COPYIN(&guest, arg) < 0) {
        return -EFAULT;
    }
    i386_flock_to_host(&guest, &host);
    r = lock(t, fd, cmd, &host);
    if (r < 0 || cmd != F_GETLK) {
        return r;
    }
    r = i386_flock_from_host(&host, &guest);
    return r < 0 ? r : COPYOUT(arg, &guest);
}

static int64_t lock_new(struct thread *t, int fd, int cmd, guest_ptr arg)
{
    struct i386_flock64 guest;
    struct flock host;
    int64_t r;

    if (COPYIN(&guest, arg) < 0) {
        return -EFAULT;
    }
    i386_flock64_to_host(&guest, &host);
    r = lock(t, fd, cmd, &host);
    if (r < 0 || (cmd != F_GETLK && cmd != F_OFD_GETLK)) {
        return r;
    }
    i386_flock64_from_host(&host, &guest);
    return COPYOUT(arg, &guest);
}

static int64_t duplicate(struct thread *t, int fd, uint64_t arg, bool cloexec)
{
    if (fd < 0 || engine_descriptor(fd)) {
        return -EBADF;
    }
    return arg > INT32_MAX ? -EINVAL : descriptor_dup(t, fd, (int)arg, cloexec);
}

/* Whether the descriptor may have a lock at all: that is looked at before the structure. */
static int64_t is_open(int fd)
{
    return engine_descriptor(fd) ? -EBADF : host_call3(__NR_fcntl, fd, F_GETFD, 0);
}

int64_t linux_i386_fcntl64(struct thread *t, int32_t fd, uint32_t cmd, uint64_t arg)
{
    int64_t r = is_open(fd);

    if (r < 0) {
        return r;
    }
    switch (cmd) {
    case F_DUPFD:
        return duplicate(t, fd, arg, false);
    case F_DUPFD_CLOEXEC:
        return duplicate(t, fd, arg, true);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        return lock_old(t, fd, (int)cmd, guest_addr(arg));
    case I386_F_GETLK64:
    case I386_F_SETLK64:
    case I386_F_SETLKW64:
        return lock_new(t, fd, (int)(cmd - I386_F_GETLK64) + F_GETLK, guest_addr(arg));
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_new(t, fd, (int)cmd, guest_addr(arg));
    case F_SETSIG:
        return linux_signal_refused(t, (int32_t)arg, "fcntl") ? -EINVAL : host_call3(__NR_fcntl, fd, cmd, arg);
    case F_GETOWN:
        t->call_flags |= CALL_RAW_RESULT; /* a process group is a negative number */
        return host_call3(__NR_fcntl, fd, cmd, arg);
    default:
        return host_call3(__NR_fcntl, fd, cmd, arg); /* what they point to has the same form in either width */
    }
}
