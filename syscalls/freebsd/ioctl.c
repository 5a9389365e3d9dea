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
#include "syscalls/freebsd/stat.h"
#include "syscalls/freebsd/termios.h"

#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <linux/tty.h>

#define BSD_IOC(direction, size, group, n) ((uint32_t)(direction) | ((size) << 16) | ((group) << 8) | (n))
#define BSD_IO(g, n)                       BSD_IOC(0x20000000, 0u, (uint32_t)(g), n)
#define BSD_IOR(g, n, s)                   BSD_IOC(0x40000000, (uint32_t)(s), (uint32_t)(g), n)
#define BSD_IOW(g, n, s)                   BSD_IOC(0x80000000, (uint32_t)(s), (uint32_t)(g), n)
#define BSD_IOWR(g, n, s)                  BSD_IOC(0xc0000000, (uint32_t)(s), (uint32_t)(g), n)

#define FREEBSD_D_TTY  2 /* FIODTYPE's answers (sys/conf.h) */
#define FREEBSD_D_DISK 1

enum argument { NONE, READS_INT, WRITES_INT, READS_WINSIZE, WRITES_WINSIZE, READS_CHAR };

/* Requests that differ in their number only. */
static const struct {
    uint32_t guest, host;
    enum argument argument;
} renumbered[] = {
    {BSD_IOR('f', 127, 4), FIONREAD, WRITES_INT},
    {BSD_IOW('f', 126, 4), FIONBIO, READS_INT},
    {BSD_IOW('f', 125, 4), FIOASYNC, READS_INT},
    {BSD_IO('f', 1), FIOCLEX, NONE},
    {BSD_IO('f', 2), FIONCLEX, NONE},
    {BSD_IO('t', 13), TIOCEXCL, NONE},
    {BSD_IO('t', 14), TIOCNXCL, NONE},
    {BSD_IOR('t', 15, 4), TIOCGPTN, WRITES_INT},
    {BSD_IOR('t', 99, 4), TIOCGSID, WRITES_INT},
    {BSD_IOW('t', 103, 8), TIOCSWINSZ, READS_WINSIZE},
    {BSD_IOR('t', 104, 8), TIOCGWINSZ, WRITES_WINSIZE},
    {BSD_IOR('t', 106, 4), TIOCMGET, WRITES_INT},
    {BSD_IOW('t', 107, 4), TIOCMBIC, READS_INT},
    {BSD_IOW('t', 108, 4), TIOCMBIS, READS_INT},
    {BSD_IOW('t', 109, 4), TIOCMSET, READS_INT},
    {BSD_IOW('t', 112, 4), TIOCPKT, READS_INT},
    {BSD_IO('t', 113), TIOCNOTTY, NONE},
    {BSD_IOW('t', 114, 1), TIOCSTI, READS_CHAR},
    {BSD_IOR('t', 115, 4), TIOCOUTQ, WRITES_INT},
    {BSD_IOR('f', 119, 4), TIOCOUTQ, WRITES_INT}, /* FIONWRITE: the same question of a socket */
    {BSD_IOW('t', 118, 4), TIOCSPGRP, READS_INT},
    {BSD_IOR('t', 119, 4), TIOCGPGRP, WRITES_INT},
    {BSD_IO('t', 122), TIOCCBRK, NONE},
    {BSD_IO('t', 123), TIOCSBRK, NONE},
};

static const uint8_t argument_size[] = {
    [NONE] = 0, [READS_INT] = 4, [WRITES_INT] = 4, [READS_WINSIZE] = 8, [WRITES_WINSIZE] = 8, [READS_CHAR] = 1,
};

/* Terminal requests may wait (SIGTTOU, draining). */
static int64_t host_ioctl(struct thread *t, int fd, uint64_t request, uint64_t argument)
{
    return restartable(host_call_intr(t, __NR_ioctl, (uint64_t)fd, request, argument, 0, 0, 0));
}

static int64_t pass_on(struct thread *t, int fd, uint32_t host, enum argument kind, guest_ptr data)
{
    uint8_t buffer[8] __attribute__((aligned(8))) = {0};
    bool writes = kind == WRITES_INT || kind == WRITES_WINSIZE;
    size_t size = argument_size[kind];
    int64_t r;

    if (!writes && copyin(buffer, data, size) < 0) {
        return -EFAULT;
    }
    r = host_ioctl(t, fd, host, (uint64_t)buffer);
    if (r < 0) {
        return r;
    }
    return writes ? copyout(data, buffer, size) : 0;
}

static int64_t get_attributes(struct thread *t, int fd, guest_ptr data)
{
    struct termios2 host;
    struct freebsd_termios guest;
    int64_t r = host_ioctl(t, fd, TCGETS2, (uint64_t)&host);

    if (r < 0) {
        return r;
    }
    freebsd_termios_from_host(&host, &guest);
    return COPYOUT(data, &guest);
}

static int64_t set_attributes(struct thread *t, int fd, guest_ptr data, uint64_t request)
{
    struct termios2 host;
    struct freebsd_termios guest;
    int64_t r;

    if (COPYIN(&guest, data) < 0) {
        return -EFAULT;
    }
    r = host_ioctl(t, fd, TCGETS2, (uint64_t)&host);
    if (r < 0) {
        return r;
    }
    freebsd_termios_to_host(&guest, &host);
    return host_ioctl(t, fd, request, (uint64_t)&host);
}

/* TIOCFLUSH: FREAD 1, FWRITE 2, 0 for both. */
static int64_t flush(struct thread *t, int fd, guest_ptr data)
{
    int32_t which;

    if (COPYIN(&which, data) < 0) {
        return -EFAULT;
    }
    which &= 3;
    return host_ioctl(t, fd, TCFLSH, which == 1 ? TCIFLUSH : which == 2 ? TCOFLUSH : TCIOFLUSH);
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

/* FIODGNAME: the device's name below /dev (fdevname(3), ptsname(3)). A master answers with its slave's number. */
static int64_t device_name(struct thread *t, int fd, guest_ptr data)
{
    struct {
        int32_t length, pad;
        guest_ptr buffer;
    } arg;
    char path[256];
    uint32_t number;
    const char *name;
    int64_t n;
    size_t size;

    if (COPYIN(&arg, data) < 0) {
        return -EFAULT;
    }
    if (host_ioctl(t, fd, TIOCGPTN, (uint64_t)&number) == 0) {
        struct text x = TEXT_ON(path);

        text_str(&x, "pts/");
        text_udec(&x, number);
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

/* TIOCPTMASTER: succeeds on the master's side of a pseudo-terminal only. */
static int64_t is_master(struct thread *t, int fd)
{
    uint32_t number;
    int64_t r = host_ioctl(t, fd, TIOCGPTN, (uint64_t)&number);

    return r == 0 ? 0 : r == -EBADF ? r : -ENOTTY;
}

/* FIOSEEKDATA and FIOSEEKHOLE: lseek by another name. */
static int64_t seek_extent(int fd, guest_ptr data, int whence)
{
    int64_t offset, r;

    if (COPYIN(&offset, data) < 0) {
        return -EFAULT;
    }
    r = host_call3(__NR_lseek, fd, offset, whence);
    return r < 0 ? r : COPYOUT(data, &r);
}

static int64_t owner(int fd, guest_ptr data, bool set)
{
    int32_t value = 0;
    int64_t r;

    if (set) {
        return COPYIN(&value, data) < 0 ? -EFAULT : host_call3(__NR_fcntl, fd, F_SETOWN, value);
    }
    r = host_call3(__NR_fcntl, fd, F_GETOWN, 0);
    value = (int32_t)r;
    return r == -EBADF ? r : COPYOUT(data, &value);
}

/* Terminal requests with a form of their own. */
static int64_t terminal_request(struct thread *t, int fd, uint32_t request, guest_ptr data)
{
    switch (request) {
    case BSD_IOW('t', 16, 4):
        return flush(t, fd, data);
    case BSD_IOR('t', 19, 44):
        return get_attributes(t, fd, data);
    case BSD_IOW('t', 20, 44):
        return set_attributes(t, fd, data, TCSETS2);
    case BSD_IOW('t', 21, 44):
        return set_attributes(t, fd, data, TCSETSW2);
    case BSD_IOW('t', 22, 44):
        return set_attributes(t, fd, data, TCSETSF2);
    case BSD_IOR('t', 26, 4):
        return pass_on(t, fd, TIOCGETD, WRITES_INT, data); /* both number the ordinary discipline 0 */
    case BSD_IO('t', 28):
        return is_master(t, fd);
    case BSD_IO('t', 94):
        return host_ioctl(t, fd, TCSBRK, 1); /* TIOCDRAIN */
    case BSD_IO('t', 97):
        return host_ioctl(t, fd, TIOCSCTTY, 0);
    case BSD_IO('t', 110):
        return host_ioctl(t, fd, TCXONC, TCOON);
    case BSD_IO('t', 111):
        return host_ioctl(t, fd, TCXONC, TCOOFF);
    default:
        return -ENOTTY;
    }
}

/* Requests on any file. */
static int64_t file_request(struct thread *t, int fd, uint32_t request, guest_ptr data)
{
    switch (request) {
    case BSD_IOW('f', 124, 4):
    case BSD_IOW('s', 8, 4): /* SIOCSPGRP */
        return owner(fd, data, true);
    case BSD_IOR('f', 123, 4):
    case BSD_IOR('s', 9, 4): /* SIOCGPGRP */
        return owner(fd, data, false);
    case BSD_IOR('f', 122, 4):
        return device_type(t, fd, data);
    case BSD_IOW('f', 120, 16):
        return device_name(t, fd, data);
    case BSD_IOWR('f', 97, 8):
        return seek_extent(fd, data, SEEK_DATA);
    case BSD_IOWR('f', 98, 8):
        return seek_extent(fd, data, SEEK_HOLE);
    case BSD_IOR('s', 7, 4): /* SIOCATMARK */
        return pass_on(t, fd, SIOCATMARK, WRITES_INT, data);
    default:
        return -ENOTTY;
    }
}

int64_t freebsd_ioctl(struct thread *t, int32_t fd, uint64_t com, guest_ptr data)
{
    uint32_t request = (uint32_t)com; /* the upper half is a sign extension of older callers */

    if (fd < 0 || engine_descriptor(fd) || host_call3(__NR_fcntl, fd, F_GETFD, 0) < 0) {
        return -EBADF;
    }
    for (size_t i = 0; i < sizeof(renumbered) / sizeof(renumbered[0]); i++) {
        if (renumbered[i].guest == request) {
            return pass_on(t, fd, renumbered[i].host, renumbered[i].argument, data);
        }
    }
    if ((request >> 8 & 0xff) == 't') {
        return terminal_request(t, fd, request, data);
    }
    return file_request(t, fd, request, data);
}
