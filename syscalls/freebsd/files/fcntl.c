/* fcntl(2). Sources: fcntl(2), kern_fcntl() and kern_fcntl_freebsd() in sys/kern/kern_descrip.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/sysctl/kinfo_file.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

static int64_t get_status_flags(int fd)
{
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFL, 0);

    return r < 0 ? r : freebsd_open_flags_from_host((uint32_t)r);
}

/* What F_SETFL sets there includes O_SYNC and O_DSYNC, which the host fixes at open: those asked for must be had. */
static int64_t set_status_flags(int fd, uint32_t guest)
{
    const uint32_t settable = FREEBSD_O_APPEND | FREEBSD_O_ASYNC | FREEBSD_O_NONBLOCK | FREEBSD_O_DIRECT;
    int64_t now = get_status_flags(fd), r;
    uint32_t host = (uint32_t)freebsd_open_flags_to_host(guest & settable);

    if (now < 0) {
        return now;
    }
    if (((guest & FREEBSD_O_SYNC) && !(now & FREEBSD_O_SYNC)) ||
        ((guest & FREEBSD_O_DSYNC) && !(now & (FREEBSD_O_SYNC | FREEBSD_O_DSYNC)))) {
        return -EOPNOTSUPP;
    }
    r = host_call3(__NR_fcntl, fd, F_SETFL, host);
    if (r == -EINVAL && (host & O_DIRECT)) {
        r = host_call3(__NR_fcntl, fd, F_SETFL, host & ~(uint32_t)O_DIRECT); /* a hint there (open(2)) */
    }
    return r;
}

/* Whether a signal can be asked for when something happens to fd: of pipes, sockets and terminals. */
static int64_t has_owner(struct thread *t, int fd)
{
    struct termios2 attributes;
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);

    if (class < 0 || class == FILE_PIPE || class == FILE_FIFO || class == FILE_SOCKET || class == FILE_PTS) {
        return class < 0 ? class : 0;
    }
    return (mode & S_IFMT) == S_IFCHR && host_call3(__NR_ioctl, fd, TCGETS2, &attributes) == 0 ? 0 : -ENOTTY;
}

int64_t freebsd_get_owner(struct thread *t, int fd)
{
    int64_t r = has_owner(t, fd);

    return r < 0 ? r : host_call3(__NR_fcntl, fd, F_GETOWN, 0);
}

int64_t freebsd_set_owner(struct thread *t, int fd, int32_t owner)
{
    int64_t r = has_owner(t, fd), session;

    if (r < 0) {
        return r;
    }
    if (owner != 0 && owner != INT32_MIN) {
        /* Of another session: fsetown() */
        session = host_call1(__NR_getsid, owner < 0 ? -owner : owner);
        if (session >= 0 && session != host_call1(__NR_getsid, 0)) {
            return -EPERM;
        }
    }
    return host_call3(__NR_fcntl, fd, F_SETOWN, owner);
}

/* Copies the lock in. Returns 0 or -errno; for a file of a file system only (and a fifo in it). */
static int64_t get_lock(struct thread *t, int fd, guest_ptr arg, size_t size, struct freebsd_flock *guest)
{
    uint32_t mode;
    int64_t r = copyin(guest, arg, size);

    if (r < 0) {
        return r;
    }
    r = freebsd_file_class(t, fd, &mode);
    return r == FILE_VNODE || r == FILE_FIFO ? 0 : -EBADF;
}

/* F_GETLK, F_SETLK and F_SETLKW; `size` is that of the structure's generation. */
static int64_t record_lock(struct thread *t, int fd, int host_command, guest_ptr arg, size_t size)
{
    struct freebsd_flock guest = {0};
    struct flock host = {0};
    int64_t r = get_lock(t, fd, arg, size, &guest);

    if (r < 0) {
        return r;
    }
    r = freebsd_flock_to_host(&guest, &host);
    if (r < 0) {
        return r;
    }
    if (host_command == F_GETLK && host.l_type == F_UNLCK) {
        host.l_type = F_RDLCK; /* asks for writers' locks; the host knows no such question */
    }
    if (host_command == F_SETLKW) {
        return restartable(host_call_intr(t, __NR_fcntl, (uint64_t)fd, F_SETLKW, (uint64_t)&host, 0, 0, 0));
    }
    r = host_call3(__NR_fcntl, fd, host_command, &host);
    if (r < 0) {
        return r == -EACCES ? -EAGAIN : r;
    }
    if (host_command == F_GETLK) {
        freebsd_flock_from_host(&host, &guest);
        return copyout(arg, &guest, size);
    }
    return r;
}

/* A hint; only regular files can be read ahead. */
static int64_t read_ahead(struct thread *t, int fd, int64_t amount)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);

    if (class != FILE_VNODE) {
        return -EBADF;
    }
    if ((mode & S_IFMT) != S_IFREG) {
        return -ENOTTY;
    }
    return host_call4(__NR_fadvise64, fd, 0, 0, amount > 0 ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_NORMAL);
}

/* Is the directory part of a union stack? No file system of the host is one (unionfs, mount -o union). */
static int64_t is_union(struct thread *t, int fd)
{
    uint32_t mode;

    return freebsd_file_class(t, fd, &mode) == FILE_VNODE ? 0 : -EBADF;
}

/* Seals are of shared memory objects only, where the host has them for its tmpfs too. */
static int64_t seals(struct thread *t, int fd, int cmd, int64_t arg)
{
    const int64_t known = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE; /* the same numbers */
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode), now;

    if (class < 0) {
        return class;
    }
    now = class == FILE_SHM || freebsd_is_named_shm(fd) ? host_call3(__NR_fcntl, fd, F_GET_SEALS, 0) : -EINVAL;
    if (now < 0 || cmd == FREEBSD_F_GET_SEALS) {
        return now < 0 ? -EINVAL : now & known;
    }
    if ((arg & known & ~now) == 0) {
        return 0; /* what is there already may be added to a sealed set (shm_add_seals()) */
    }
    return host_call3(__NR_fcntl, fd, F_ADD_SEALS, arg & known);
}

static int64_t duplicate(struct thread *t, int fd, int64_t arg, bool cloexec)
{
    if (fd < 0) {
        return -EBADF;
    }
    return (int32_t)arg < 0 ? -EINVAL : descriptor_dup(t, fd, (int32_t)arg, cloexec);
}

static int64_t duplicate_to(struct thread *t, int fd, int64_t arg, bool cloexec)
{
    int64_t r = descriptor_dup2(t, fd, (int32_t)arg, cloexec);

    if (r >= 0 && r == fd && cloexec) {
        host_call3(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC); /* no new descriptor, but a new flag */
    }
    return r;
}

/* Locks on behalf of another machine are rpc.lockd's: PRIV_NFS_LOCKD, which no jail has. */
static int64_t remote_lock(guest_ptr arg)
{
    struct freebsd_flock guest;

    return COPYIN(&guest, arg) < 0 ? -EFAULT : -EPERM;
}

static int64_t locks(struct thread *t, int fd, int cmd, guest_ptr arg)
{
    switch (cmd) {
    case FREEBSD_F_GETLK:
        return record_lock(t, fd, F_GETLK, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_SETLK:
        return record_lock(t, fd, F_SETLK, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_SETLKW:
        return record_lock(t, fd, F_SETLKW, arg, sizeof(struct freebsd_flock));
    case FREEBSD_F_OGETLK:
        return record_lock(t, fd, F_GETLK, arg, FREEBSD_OFLOCK_SIZE);
    case FREEBSD_F_OSETLK:
        return record_lock(t, fd, F_SETLK, arg, FREEBSD_OFLOCK_SIZE);
    case FREEBSD_F_OSETLKW:
        return record_lock(t, fd, F_SETLKW, arg, FREEBSD_OFLOCK_SIZE);
    default:
        return -EINVAL;
    }
}

/* Commands on what is open behind the descriptor. */
static int64_t of_open_file(struct thread *t, int fd, int cmd, int64_t arg)
{
    switch (cmd) {
    case FREEBSD_F_GETOWN:
        t->call_flags |= CALL_RAW_RESULT; /* a process group is a negative number */
        return freebsd_get_owner(t, fd);
    case FREEBSD_F_SETOWN:
        return freebsd_set_owner(t, fd, (int32_t)arg);
    case FREEBSD_F_ADD_SEALS:
    case FREEBSD_F_GET_SEALS:
        return seals(t, fd, cmd, arg);
    case FREEBSD_F_READAHEAD:
        return read_ahead(t, fd, arg);
    case FREEBSD_F_RDAHEAD:
        return read_ahead(t, fd, arg != 0);
    case FREEBSD_F_ISUNIONSTACK:
        return is_union(t, fd);
    case FREEBSD_F_KINFO:
        return freebsd_kinfo_file(t, fd, guest_addr((uint64_t)arg));
    case FREEBSD_F_SETLK_REMOTE:
        return remote_lock(guest_addr((uint64_t)arg));
    default:
        return locks(t, fd, cmd, guest_addr((uint64_t)arg));
    }
}

int64_t freebsd_fcntl(struct thread *t, int32_t fd, int32_t cmd, int64_t arg)
{
    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    switch (cmd) {
    case FREEBSD_F_DUPFD:
        return duplicate(t, fd, arg, false);
    case FREEBSD_F_DUPFD_CLOEXEC:
        return duplicate(t, fd, arg, true);
    case FREEBSD_F_DUP2FD:
        return duplicate_to(t, fd, arg, false);
    case FREEBSD_F_DUP2FD_CLOEXEC:
        return duplicate_to(t, fd, arg, true);
    case FREEBSD_F_GETFD:
        return host_call3(__NR_fcntl, fd, F_GETFD, 0);
    case FREEBSD_F_SETFD:
        return host_call3(__NR_fcntl, fd, F_SETFD, arg & FREEBSD_FD_CLOEXEC);
    case FREEBSD_F_GETFL:
        return get_status_flags(fd);
    case FREEBSD_F_SETFL:
        return set_status_flags(fd, (uint32_t)arg);
    default:
        return of_open_file(t, fd, cmd, arg);
    }
}
