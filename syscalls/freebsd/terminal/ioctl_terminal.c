/*
 * Terminals: the requests whose form or result differs from the host's, and revoke(2). Sources: sys/ttycom.h, tty(4),
 * pts(4), tty_generic_ioctl() in sys/kern/tty.c, ptsdev_ioctl() in sys/kern/tty_pts.c.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/host_signal.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/terminal/ioctl.h"
#include "syscalls/freebsd/terminal/terminal.h"
#include "syscalls/freebsd/terminal/termios.h"
#include "vfs/path.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/tty.h>

static int64_t get_attributes(struct thread *t, int fd, guest_ptr data)
{
    struct termios2 host;
    struct freebsd_termios guest;
    int64_t r = freebsd_host_ioctl(t, fd, TCGETS2, (uint64_t)&host);

    if (r < 0) {
        return r;
    }
    terminal_attributes_seen(t, &host);
    freebsd_termios_from_host(&host, &guest);
    return COPYOUT(data, &guest);
}

/* Of a master nothing waits and nothing is flushed, or it would wait for itself (ptsdev_ioctl()). */
static int64_t set_attributes(struct thread *t, int fd, guest_ptr data, uint64_t request)
{
    struct termios2 host;
    struct freebsd_termios guest;
    int64_t r;

    if (COPYIN(&guest, data) < 0) {
        return -EFAULT;
    }
    r = freebsd_host_ioctl(t, fd, TCGETS2, (uint64_t)&host);
    if (r < 0) {
        return r;
    }
    freebsd_termios_to_host(&guest, &host);
    terminal_attributes_seen(t, &host);
    return freebsd_host_ioctl(t, fd, terminal_is_master(fd) ? TCSETS2 : request, (uint64_t)&host);
}

/* TIOCFLUSH: FREAD 1, FWRITE 2, 0 for both. */
static int64_t flush(struct thread *t, int fd, guest_ptr data)
{
    int32_t which;

    if (COPYIN(&which, data) < 0) {
        return -EFAULT;
    }
    which &= 3;
    return freebsd_host_ioctl(t, fd, TCFLSH, which == 1 ? TCIFLUSH : which == 2 ? TCOFLUSH : TCIOFLUSH);
}

/* TIOCPTMASTER: succeeds on the master's side of a pseudo-terminal only. */
static int64_t is_master(struct thread *t, int fd)
{
    if (!terminal_is_master(fd)) {
        return -ENOTTY;
    }
    terminal_seen(t, fd);
    return 0;
}

/* TIOCSIG, of a master: a signal for the terminal's foreground process group (ptsdev_ioctl()). */
static int64_t signal_group(struct thread *t, int fd, uint32_t signo)
{
    const struct personality *p = t->proc->personality;
    int32_t group = 0;
    int64_t r = is_master(t, fd);

    if (r < 0) {
        return r;
    }
    if (signo == 0 || signo > (uint32_t)p->signal_count || p->signal_to_host[signo] == 0) {
        return -EINVAL;
    }
    if (signo == FREEBSD_SIGINFO) {
        terminal_status_typed(t, fd, false);
        return 0;
    }
    r = freebsd_host_ioctl(t, fd, TIOCGPGRP, (uint64_t)&group);
    if (r >= 0 && group > 0) {
        host_call2(__NR_kill, -group, p->signal_to_host[signo]);
    }
    return r < 0 ? r : 0;
}

/* TIOCEXT, of a master: whoever holds it does the editing; a local mode in both systems. */
static int64_t external_processing(struct thread *t, int fd, guest_ptr data)
{
    struct termios2 host;
    int32_t on;
    int64_t r = COPYIN(&on, data) < 0 ? -EFAULT : is_master(t, fd);

    r = r < 0 ? r : freebsd_host_ioctl(t, fd, TCGETS2, (uint64_t)&host);
    if (r < 0) {
        return r;
    }
    host.c_lflag = on ? host.c_lflag | EXTPROC : host.c_lflag & ~(tcflag_t)EXTPROC;
    return freebsd_host_ioctl(t, fd, TCSETS2, (uint64_t)&host);
}

static int64_t is_terminal(struct thread *t, int fd)
{
    struct termios2 host;

    return freebsd_host_ioctl(t, fd, TCGETS2, (uint64_t)&host);
}

/*
 * What changes the terminal waits, in the background, until it is in the foreground (tty_wait_background()). The host has
 * some requests wait by themselves; for the others it is asked for nothing, by a number that TCXONC does not know.
 */
static int64_t wait_for_foreground(struct thread *t, int fd)
{
    const uint64_t nothing = 99;
    int64_t r = freebsd_host_ioctl(t, fd, TCXONC, nothing);

    return r == -EINVAL || r == -ENOTTY ? 0 : r;
}

static int64_t pass_on_in_foreground(struct thread *t, int fd, uint32_t host, enum ioctl_argument kind, guest_ptr data)
{
    int64_t r = wait_for_foreground(t, fd);

    return r < 0 ? r : freebsd_ioctl_pass_on(t, fd, host, kind, data);
}

/*
 * TIOCSTI: types a character. Of a master's it is the slave's input, as all that is written to it. Not of another
 * session's terminal, unless by root, which is EPERM in the host; and some hosts refuse it at all (EIO).
 */
static int64_t type_character(struct thread *t, int fd, guest_ptr data)
{
    char typed;
    int64_t r = wait_for_foreground(t, fd);

    if (r < 0 || COPYIN(&typed, data) < 0) {
        return r < 0 ? r : -EFAULT;
    }
    if (terminal_is_master(fd)) {
        r = t->proc->users.effective == 0 ? terminal_write(t, fd, data, 1) : -EACCES;
        return r > 0 ? 0 : r;
    }
    r = freebsd_host_ioctl(t, fd, TIOCSTI, (uint64_t)&typed);
    return r == -EPERM ? -EACCES : r;
}

/*
 * TIOCNOTTY, which only a session's leader may (tty_drop_ctty()). The host tells the foreground group of it, by SIGHUP
 * and SIGCONT; of what reaches this process by that it shall not know.
 */
static int64_t drop_controlling(struct thread *t, int fd)
{
    const uint64_t told = 1ULL << (SIGHUP - 1) | 1ULL << (SIGCONT - 1);
    const struct __kernel_timespec at_once = {0, 0};
    int32_t session;
    uint64_t old, pending = 0;
    int64_t r = freebsd_host_ioctl(t, fd, TIOCGSID, (uint64_t)&session);

    if (r < 0) {
        return r;
    }
    if (session != t->proc->pid) {
        return -EPERM;
    }
    host_call4(__NR_rt_sigprocmask, 0 /* SIG_BLOCK */, &told, &old, sizeof old);
    host_call2(__NR_rt_sigpending, &pending, sizeof pending);
    r = host_call3(__NR_ioctl, fd, TIOCNOTTY, 0);
    pending = told & ~pending;
    while (r == 0 && pending != 0 && host_call4(__NR_rt_sigtimedwait, &pending, 0, &at_once, sizeof pending) > 0) {}
    host_call4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &old, 0, sizeof old);
    return r;
}

/* TIOCSTAT: the line of ^T, without its signal. */
static int64_t print_status(struct thread *t, int fd)
{
    int64_t r = is_terminal(t, fd);

    r = r < 0 ? r : wait_for_foreground(t, fd);
    if (r == 0) {
        terminal_print_status(t, fd, false);
    }
    return r;
}

/* TIOCGDRAINWAIT: how long the last close waits for output; 0: as long as it takes, as the host does. */
static int64_t drain_wait(struct thread *t, int fd, guest_ptr data)
{
    const int32_t forever = 0;
    int64_t r = is_terminal(t, fd);

    return r < 0 ? r : COPYOUT(data, &forever);
}

/* What is a privilege of the system administrator's. */
static int64_t refused(struct thread *t, int fd, guest_ptr data)
{
    int32_t value;
    int64_t r = COPYIN(&value, data) < 0 ? -EFAULT : is_terminal(t, fd);

    return r < 0 ? r : -EPERM;
}

/* TIOCGETD: there is one line discipline, and its number is 0 (tty_generic_ioctl()). */
static int64_t discipline(struct thread *t, int fd, guest_ptr data)
{
    const int32_t ordinary = 0;
    int64_t r = is_terminal(t, fd);

    return r < 0 ? r : COPYOUT(data, &ordinary);
}

/* TIOCSPGRP: a group that is not there, or of another session, is EPERM. */
static int64_t set_group(struct thread *t, int fd, guest_ptr data)
{
    int64_t r = freebsd_ioctl_pass_on(t, fd, TIOCSPGRP, READS_INT, data), foreground;
    int32_t group;

    if (r != -ESRCH && r != -EINVAL) {
        return r;
    }
    foreground = freebsd_host_ioctl(t, fd, TIOCGPGRP, (uint64_t)&group); /* only of the controlling terminal */
    return foreground < 0 ? foreground : -EPERM;
}

/* TIOCGPGRP: NO_PID where there is none, 0 in the host. */
static int64_t get_group(struct thread *t, int fd, guest_ptr data)
{
    const int32_t no_pid = 100000; /* sys/proc.h */
    int32_t group = 0;
    int64_t r = freebsd_host_ioctl(t, fd, TIOCGPGRP, (uint64_t)&group);

    group = group == 0 ? no_pid : group;
    return r < 0 ? r : COPYOUT(data, &group);
}

/* TIOCSDTR and TIOCCDTR: one of the lines that TIOCMBIS and TIOCMBIC are for. */
static int64_t ready_line(struct thread *t, int fd, bool on)
{
    int32_t line = TIOCM_DTR;

    return freebsd_host_ioctl(t, fd, on ? TIOCMBIS : TIOCMBIC, (uint64_t)&line);
}

/* Terminal requests with a form of their own. */
int64_t freebsd_terminal_ioctl(struct thread *t, int fd, uint32_t request, guest_ptr data)
{
    switch (request) {
    case BSD_IO('t', 13):
        return pass_on_in_foreground(t, fd, TIOCEXCL, NONE, data);
    case BSD_IO('t', 14):
        return pass_on_in_foreground(t, fd, TIOCNXCL, NONE, data);
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
        return discipline(t, fd, data);
    case BSD_IO('t', 28):
        return is_master(t, fd);
    case BSD_IOR('t', 86, 4):
        return drain_wait(t, fd, data);
    case BSD_IO('t', 94):
        return freebsd_host_ioctl(t, fd, TCSBRK, 1); /* TIOCDRAIN */
    case BSD_IOC(0x20000000, 4u, 't', 95):           /* an int by value (_IOWINT) */
        return signal_group(t, fd, (uint32_t)data.va);
    case BSD_IOW('t', 96, 4):
        return external_processing(t, fd, data);
    case BSD_IOW('t', 98, 4): /* TIOCCONS: PRIV_TTY_CONSOLE, which no jail has */
    case BSD_IOW('t', 87, 4): /* TIOCSDRAINWAIT: PRIV_TTY_DRAINWAIT */
        return refused(t, fd, data);
    case BSD_IO('t', 101):
        return print_status(t, fd);
    case BSD_IOW('t', 103, 8):
        return pass_on_in_foreground(t, fd, TIOCSWINSZ, READS_WINSIZE, data);
    case BSD_IO('t', 113):
        return drop_controlling(t, fd);
    case BSD_IOW('t', 114, 1):
        return type_character(t, fd, data);
    case BSD_IOW('t', 118, 4):
        return set_group(t, fd, data);
    case BSD_IOR('t', 119, 4):
        return get_group(t, fd, data);
    case BSD_IO('t', 120):
    case BSD_IO('t', 121):
        return ready_line(t, fd, request == BSD_IO('t', 121));
    case BSD_IO('t', 97):
        return pass_on_in_foreground(t, fd, TIOCSCTTY, NONE, guest_addr(0));
    case BSD_IO('t', 110):
        return freebsd_host_ioctl(t, fd, TCXONC, TCOON);
    case BSD_IO('t', 111):
        return freebsd_host_ioctl(t, fd, TCXONC, TCOOFF);
    default:
        return -ENOTTY;
    }
}

#define PTS_MAJOR_FIRST 136 /* Documentation/admin-guide/devices.txt: Unix98 slaves */
#define PTS_MAJOR_LAST  143
#define TTY_MAJOR       4

/*
 * revoke(2): every descriptor of a device becomes useless. The host can do that to terminals, for root (a hangup);
 * other devices are not even opened, as that would be noticed.
 */
int64_t freebsd_revoke(struct thread *t, guest_ptr path)
{
    struct vfs_path where;
    struct statx x;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where), fd;
    bool terminal;

    r = r < 0 ? r : host_call5(__NR_statx, where.dirfd, where.name, 0, STATX_BASIC_STATS, &x);
    if (r < 0) {
        return r;
    }
    if ((x.stx_mode & S_IFMT) != S_IFCHR) {
        return -EINVAL;
    }
    if (t->proc->users.effective != 0 && t->proc->users.effective != x.stx_uid) {
        return -EPERM;
    }
    terminal =
        x.stx_rdev_major == TTY_MAJOR || (x.stx_rdev_major >= PTS_MAJOR_FIRST && x.stx_rdev_major <= PTS_MAJOR_LAST);
    if (!terminal) {
        return -EOPNOTSUPP;
    }
    fd = host_call4(__NR_openat, where.dirfd, where.name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
    if (fd < 0) {
        return fd;
    }
    r = host_call3(__NR_ioctl, fd, TIOCVHANGUP, 0);
    host_call1(__NR_close, fd);
    return r;
}
