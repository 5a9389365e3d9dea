/*
 * ioctl(2). The request number holds direction and size of the argument (sys/ioccom.h); what is not known here
 * is ENOTTY, as from a driver that does not know it. Sources: sys/ttycom.h, sys/filio.h, tty(4).
 */
#include "freebsd_syscalls.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/terminal/ioctl.h"
#include "syscalls/freebsd/terminal/terminal.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#define FREEBSD_D_DISK 2 /* FIODTYPE's answers (sys/conf.h) */
#define FREEBSD_D_TTY  4

#define FREEBSD_IOC_IN          0x80000000u /* sys/ioccom.h */
#define FREEBSD_IOCPARM_LEN(rq) ((rq) >> 16 & 0x1fff)

/* Requests that differ in their number only. */
static const struct {
    uint32_t guest, host;
    enum ioctl_argument argument;
} renumbered[] = {
    {BSD_IOW('f', 126, 4), FIONBIO, READS_INT},
    {BSD_IO('f', 1), FIOCLEX, NONE},
    {BSD_IO('f', 2), FIONCLEX, NONE},
    {BSD_IOR('t', 15, 4), TIOCGPTN, WRITES_INT},
    {BSD_IOR('t', 99, 4), TIOCGSID, WRITES_INT},
    {BSD_IOR('t', 104, 8), TIOCGWINSZ, WRITES_WINSIZE},
    {BSD_IOR('t', 106, 4), TIOCMGET, WRITES_INT},
    {BSD_IOW('t', 107, 4), TIOCMBIC, READS_INT},
    {BSD_IOW('t', 108, 4), TIOCMBIS, READS_INT},
    {BSD_IOW('t', 109, 4), TIOCMSET, READS_INT},
    {BSD_IOW('t', 112, 4), TIOCPKT, READS_INT},
    {BSD_IOR('t', 115, 4), TIOCOUTQ, WRITES_INT},
    {BSD_IOR('f', 119, 4), TIOCOUTQ, WRITES_INT}, /* FIONWRITE: the same question of a socket */
    {BSD_IO('t', 122), TIOCCBRK, NONE},
    {BSD_IO('t', 123), TIOCSBRK, NONE},
};

static const uint8_t argument_size[] = {
    [NONE] = 0, [READS_INT] = 4, [WRITES_INT] = 4, [READS_WINSIZE] = 8, [WRITES_WINSIZE] = 8, [READS_CHAR] = 1,
};

int64_t freebsd_host_ioctl(struct thread *t, int fd, uint64_t request, uint64_t argument)
{
    return restartable(host_call_intr(t, __NR_ioctl, (uint64_t)fd, request, argument, 0, 0, 0));
}

int64_t freebsd_ioctl_pass_on(struct thread *t, int fd, uint32_t host, enum ioctl_argument kind, guest_ptr data)
{
    uint8_t buffer[8] __attribute__((aligned(8))) = {0};
    bool writes = kind == WRITES_INT || kind == WRITES_WINSIZE;
    size_t size = argument_size[kind];
    int64_t r;

    if (!writes && copyin(buffer, data, size) < 0) {
        return -EFAULT;
    }
    r = freebsd_host_ioctl(t, fd, host, (uint64_t)buffer);
    if (r < 0) {
        return r;
    }
    return writes ? copyout(data, buffer, size) : 0;
}

/* FIODTYPE: the kind of a device; libc asks whether a file is a terminal or a disk. */
static int64_t device_type(struct thread *t, int fd, guest_ptr data)
{
    struct freebsd_stat st;
    int32_t type = 0;
    int64_t r = freebsd_stat_descriptor(t, fd, &st);

    if (r < 0) {
        return r;
    }
    if ((st.st_mode & S_IFMT) == S_IFCHR) {
        struct termios2 host;

        type = host_call3(__NR_ioctl, fd, TCGETS2, &host) == 0 ? FREEBSD_D_TTY : 0;
    } else if ((st.st_mode & S_IFMT) == S_IFBLK) {
        type = FREEBSD_D_DISK;
    } else {
        return -ENOTTY;
    }
    return COPYOUT(data, &type);
}

#define PTS_MAJOR_FIRST 136 /* Documentation/admin-guide/devices.txt: Unix98 slaves, 256 to a major */
#define PTS_MAJOR_LAST  143

/* The number of the pseudo-terminal behind a master, a slave or /dev/tty; -1: it is none. */
static int64_t pseudo_terminal(int fd)
{
    uint32_t number, device;

    if (host_call3(__NR_ioctl, fd, TIOCGPTN, &number) == 0) {
        return number;
    }
    if (host_call3(__NR_ioctl, fd, TIOCGDEV, &device) < 0) {
        return -1;
    }
    uint32_t major = device >> 8 & 0xfff, minor = (device & 0xff) | (device >> 12 & 0xfff00); /* new_encode_dev() */
    return major >= PTS_MAJOR_FIRST && major <= PTS_MAJOR_LAST ? (int64_t)(major - PTS_MAJOR_FIRST) * 256 + minor : -1;
}

/*
 * FIODGNAME: the device's name below /dev (fdevname(3), ptsname(3), ttyname(3)). A master answers with its slave's, and
 * what /dev/tty has opened is the terminal itself (ctty_clone() in sys/kern/tty_tty.c).
 */
static int64_t device_name(struct thread *t, int fd, guest_ptr data)
{
    struct {
        int32_t length, pad;
        guest_ptr buffer;
    } arg;
    char path[256];
    int64_t number = pseudo_terminal(fd), n;
    const char *name;
    size_t size;

    (void)t;
    if (COPYIN(&arg, data) < 0) {
        return -EFAULT;
    }
    if (number >= 0) {
        struct text x = TEXT_ON(path);

        text_str(&x, "pts/");
        text_udec(&x, (uint64_t)number);
        name = text_cstr(&x);
    } else {
        struct text x = TEXT_ON(path);
        char link[32];

        text_str(&x, "/proc/self/fd/");
        text_dec(&x, fd);
        hot_strlcpy(link, text_cstr(&x), sizeof(link));
        n = host_call4(__NR_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
        if (n < 0) {
            return n == -ENOENT ? -EBADF : n;
        }
        path[n] = 0;
        if (hot_strncmp(path, "/dev/", 5) != 0) {
            return -ENOTTY;
        }
        name = path + 5;
    }
    size = hot_strlen(name) + 1;
    if (arg.length < 0 || size > (size_t)arg.length) {
        return -EINVAL;
    }
    return copyout(arg.buffer, name, size);
}

/* FIONREAD. With its slave closed a master claims that something is there, so that read is called (ptsdev_ioctl()). */
static int64_t readable_bytes(struct thread *t, int fd, guest_ptr data)
{
    struct pollfd p = {.fd = fd};
    int32_t count = 0;
    int64_t r = freebsd_host_ioctl(t, fd, FIONREAD, (uint64_t)&count);

    if (r == 0 && count == 0 && terminal_is_master(fd) && host_call3(__NR_poll, &p, 1, 0) == 1) {
        count = (p.revents & POLLHUP) != 0;
    }
    return r < 0 ? r : COPYOUT(data, &count);
}

/* FIOSEEKDATA and FIOSEEKHOLE: as lseek, but the position stays. Of regular files only. */
static int64_t seek_extent(struct thread *t, int fd, guest_ptr data, int whence)
{
    int64_t offset, r, before;
    uint32_t mode;

    if (COPYIN(&offset, data) < 0) {
        return -EFAULT;
    }
    if (freebsd_file_class(t, fd, &mode) != FILE_VNODE || (mode & S_IFMT) != S_IFREG) {
        return -ENOTTY;
    }
    before = host_call3(__NR_lseek, fd, 0, SEEK_CUR);
    r = host_call3(__NR_lseek, fd, offset, whence);
    if (r >= 0) {
        host_call3(__NR_lseek, fd, before, SEEK_SET);
    }
    return r < 0 ? r : COPYOUT(data, &r);
}

static int64_t owner(struct thread *t, int fd, guest_ptr data, bool set)
{
    int32_t value = 0;
    int64_t r;

    if (set) {
        return COPYIN(&value, data) < 0 ? -EFAULT : freebsd_set_owner(t, fd, value);
    }
    r = freebsd_get_owner(t, fd);
    value = (int32_t)r;
    return r == -ENOTTY || r == -EBADF ? r : COPYOUT(data, &value);
}

/* A file that cannot signal has nothing to turn on or off: 0 for files and directories (vn_ioctl()). */
static int64_t asynchronous(struct thread *t, int fd, guest_ptr data)
{
    int64_t r = freebsd_ioctl_pass_on(t, fd, FIOASYNC, READS_INT, data);
    uint32_t mode;

    if (r == -ENOTTY && freebsd_file_class(t, fd, &mode) == FILE_VNODE) {
        return (mode & S_IFMT) == S_IFREG || (mode & S_IFMT) == S_IFDIR ? 0 : r;
    }
    return r;
}

/* DIOCGSECTORSIZE and DIOCGMEDIASIZE (sys/disk.h) of what is a block device here. */
static int64_t disk_size(struct thread *t, int fd, guest_ptr data, bool sector)
{
    uint64_t size = 0;
    uint32_t mode;
    int64_t r;

    if (freebsd_file_class(t, fd, &mode) != FILE_VNODE || (mode & S_IFMT) != S_IFBLK) {
        return -ENOTTY;
    }
    r = freebsd_host_ioctl(t, fd, sector ? BLKSSZGET : BLKGETSIZE64, (uint64_t)&size);
    return r < 0 ? r : copyout(data, &size, sector ? 4 : 8); /* little-endian: the lower half first */
}

/* Requests on any file. */
static int64_t file_request(struct thread *t, int fd, uint32_t request, guest_ptr data)
{
    switch (request) {
    case BSD_IOW('f', 124, 4):
    case BSD_IOW('s', 8, 4): /* SIOCSPGRP */
        return owner(t, fd, data, true);
    case BSD_IOR('f', 123, 4):
    case BSD_IOR('s', 9, 4): /* SIOCGPGRP */
        return owner(t, fd, data, false);
    case BSD_IOW('f', 125, 4):
        return asynchronous(t, fd, data);
    case BSD_IOR('d', 128, 4):
        return disk_size(t, fd, data, true);
    case BSD_IOR('d', 129, 8):
        return disk_size(t, fd, data, false);
    case BSD_IOR('f', 127, 4):
        return readable_bytes(t, fd, data);
    case BSD_IOR('f', 122, 4):
        return device_type(t, fd, data);
    case BSD_IOW('f', 120, 16):
        return device_name(t, fd, data);
    case BSD_IOWR('f', 97, 8):
        return seek_extent(t, fd, data, SEEK_DATA);
    case BSD_IOWR('f', 98, 8):
        return seek_extent(t, fd, data, SEEK_HOLE);
    default:
        return freebsd_network_ioctl(fd, request, data);
    }
}

static int64_t dispatch(struct thread *t, int fd, uint32_t request, guest_ptr data)
{
    for (size_t i = 0; i < sizeof(renumbered) / sizeof(renumbered[0]); i++) {
        if (renumbered[i].guest == request) {
            return freebsd_ioctl_pass_on(t, fd, renumbered[i].host, renumbered[i].argument, data);
        }
    }
    if ((request >> 8 & 0xff) == 't') {
        return freebsd_terminal_ioctl(t, fd, request, data);
    }
    return file_request(t, fd, request, data);
}

/* The argument is copied in whoever the request is for (sys_ioctl()): it must be readable. */
static bool is_readable(guest_ptr data, uint32_t size)
{
    char bytes[256];

    for (uint32_t at = 0; at < size; at += sizeof(bytes)) {
        uint32_t n = size - at < sizeof(bytes) ? size - at : (uint32_t)sizeof(bytes);

        if (copyin(bytes, guest_at(data, at), n) < 0) {
            return false;
        }
    }
    return true;
}

int64_t freebsd_ioctl(struct thread *t, int32_t fd, uint64_t com, guest_ptr data)
{
    uint32_t request = (uint32_t)com; /* the upper half is a sign extension of older callers */
    int64_t r;

    if (fd < 0 || engine_descriptor(fd) || host_call3(__NR_fcntl, fd, F_GETFD, 0) < 0) {
        r = -EBADF;
    } else {
        r = dispatch(t, fd, request, data);
    }
    if ((r == -ENOTTY || r == -EBADF) && (request & FREEBSD_IOC_IN) &&
        !is_readable(data, FREEBSD_IOCPARM_LEN(request))) {
        return -EFAULT;
    }
    return r;
}
