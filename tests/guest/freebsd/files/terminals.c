/*
 * Pseudo-terminals and the requests of terminals and files. Sources: tty(4), pts(4), termios(4), ioctl(2),
 * sys/kern/tty.c, sys/kern/tty_pts.c, sys_ioctl() in sys/kern/sys_generic.c, vn_ioctl() in sys/kern/vfs_vnops.c.
 *
 * Rows: posix_openpt: posix_openpt(2), sys_posix_openpt() in sys/kern/tty_pts.c
 * Of ioctl and revoke what holds here is tried.
 */
#include "files.h"
#include "terminal.h"

struct pair {
    int master, slave;
    char name[32];
};

/* False, and the test is skipped, where the host has none. */
static bool open_pair(struct pair *p)
{
    uint32_t number = ~0U;

    p->master = (int)SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    if (p->master < 0) {
        guest_skip("the host has no pseudo-terminals");
        return false;
    }
    CHECK_OK(SYS(ioctl, p->master, TIOCGPTN, &number));
    guest_format(p->name, sizeof(p->name), "/dev/pts/%u", number);
    p->slave = (int)MUST(SYS(open, p->name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY));
    return true;
}

static void close_pair(const struct pair *p)
{
    CHECK_OK(SYS(close, p->slave));
    CHECK_OK(SYS(close, p->master));
}

TEST(open_flags)
{
    int fd = (int)SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_CLOEXEC);

    if (fd < 0)
        SKIP("the host has no pseudo-terminals");
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL), FREEBSD_O_RDWR);
    SYS(close, fd);
    CHECK_ERR(SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NONBLOCK), FREEBSD_EINVAL);
    CHECK_ERR(SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_CREAT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(posix_openpt, -1), FREEBSD_EINVAL);
}

/* What goes in on one side comes out of the other, by the slave's settings */
TEST(both_ways)
{
    struct freebsd_termios t;
    struct pair p;
    char buffer[16];

    if (!open_pair(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.lflag & (LFLAG_ICANON | LFLAG_ISIG | LFLAG_ECHO), LFLAG_ICANON | LFLAG_ISIG | LFLAG_ECHO);
    CHECK_EQ(t.oflag & (OFLAG_OPOST | OFLAG_ONLCR), OFLAG_OPOST | OFLAG_ONLCR);
    CHECK_EQ(t.cc[CC_VINTR], 3);
    CHECK_EQ(t.cc[CC_VEOF], 4);
    CHECK(t.ospeed > 0);
    CHECK_EQ(SYS(write, p.slave, "a\n", 2), 2);
    CHECK_EQ(SYS(read, p.master, buffer, 16), 3);
    CHECK_EQ(memcmp(buffer, "a\r\n", 3), 0);
    t.lflag &= ~(uint32_t)(LFLAG_ICANON | LFLAG_ECHO);
    t.oflag &= ~(uint32_t)OFLAG_OPOST;
    t.cc[CC_VMIN] = 1;
    t.cc[CC_VTIME] = 0;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETAF, &t));
    CHECK_EQ(SYS(write, p.master, "x", 1), 1);
    CHECK_EQ(SYS(read, p.slave, buffer, 16), 1);
    CHECK_EQ(SYS(write, p.slave, "b\n", 2), 2);
    CHECK_EQ(SYS(read, p.master, buffer, 16), 2);
    memset(&t, 0, sizeof(t));
    CHECK_OK(SYS(ioctl, p.master, TIOCGETA, &t));
    CHECK_EQ(t.lflag & (LFLAG_ICANON | LFLAG_ECHO), 0);
    t.lflag |= LFLAG_ECHO;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &t));
    t.lflag &= ~(uint32_t)LFLAG_ECHO;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETAW, &t));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.lflag & LFLAG_ECHO, 0);
    close_pair(&p);
}

TEST(sizes_and_names)
{
    struct freebsd_winsize set = {24, 80, 1, 2}, got = {0, 0, 0, 0};
    char name[32];
    struct freebsd_fiodgname ask = {sizeof(name), 0, name};
    struct pair p;
    int32_t value = -1;

    if (!open_pair(&p))
        return;
    CHECK_OK(SYS(ioctl, p.master, TIOCSWINSZ, &set));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGWINSZ, &got));
    CHECK_EQ(memcmp(&set, &got, sizeof(set)), 0);
    CHECK_OK(SYS(ioctl, p.master, FIODGNAME, &ask));
    CHECK_EQ(guest_strcmp(name, p.name + 5), 0);
    CHECK_OK(SYS(ioctl, p.slave, FIODGNAME, &ask));
    CHECK_EQ(guest_strcmp(name, p.name + 5), 0);
    ask.len = 3;
    CHECK_ERR(SYS(ioctl, p.slave, FIODGNAME, &ask), FREEBSD_EINVAL);
    ask = (struct freebsd_fiodgname){32, 0, WILD};
    CHECK_ERR(SYS(ioctl, p.slave, FIODGNAME, &ask), FREEBSD_EFAULT);
    CHECK_OK(SYS(ioctl, p.slave, FIODTYPE, &value));
    CHECK_EQ(value, 4); /* D_TTY, sys/conf.h */
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETD, &value));
    CHECK_EQ(value, 0);
    close_pair(&p);
}

TEST(kinds)
{
    struct pair p;
    int32_t value = -1;

    if (!open_pair(&p))
        return;
    CHECK_OK(SYS(ioctl, p.master, TIOCPTMASTER, 0));
    CHECK_ERR(SYS(ioctl, p.slave, TIOCPTMASTER, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, files_null(), TIOCPTMASTER, 0), FREEBSD_ENOTTY);
    CHECK_OK(SYS(ioctl, p.master, TIOCPKT, &value));
    CHECK_ERR(SYS(ioctl, p.slave, TIOCPKT, &value), FREEBSD_ENOTTY);
    /* Of the system's administrator */
    CHECK_ERR(SYS(ioctl, p.slave, TIOCCONS, &value), FREEBSD_EPERM);
    CHECK_ERR(SYS(ioctl, p.slave, TIOCSDRAINWAIT, &value), FREEBSD_EPERM);
    CHECK_ERR(SYS(ioctl, files_null(), TIOCCONS, &value), FREEBSD_ENOTTY);
    close_pair(&p);
}

TEST(control)
{
    struct freebsd_termios t;
    struct pair p;
    char buffer[8];
    int32_t value = 0;

    if (!open_pair(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCEXCL, 0));
    CHECK_OK(SYS(ioctl, p.slave, TIOCNXCL, 0));
    CHECK_OK(SYS(ioctl, p.slave, TIOCSTOP, 0));
    CHECK_OK(SYS(ioctl, p.slave, TIOCSTART, 0));
    CHECK_EQ(SYS(write, p.slave, "abc", 3), 3);
    for (int i = 0; i < 1000 && value != 3; i++) { /* the host hands it over in its own time */
        CHECK_OK(SYS(ioctl, p.master, FIONREAD, &value));
        guest_sleep_ms(value == 3 ? 0 : 5);
    }
    CHECK_EQ(value, 3);
    CHECK_EQ(SYS(read, p.master, buffer, 8), 3);
    CHECK_OK(SYS(ioctl, p.slave, TIOCDRAIN, 0));
    CHECK_OK(SYS(ioctl, p.slave, TIOCOUTQ, &value));
    CHECK_EQ(value, 0);
    value = 0;
    CHECK_OK(SYS(ioctl, p.slave, TIOCFLUSH, &value));
    value = 1;
    CHECK_OK(SYS(ioctl, p.master, TIOCEXT, &value));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.lflag & LFLAG_EXTPROC, LFLAG_EXTPROC);
    value = 0;
    CHECK_OK(SYS(ioctl, p.master, TIOCEXT, &value));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.lflag & LFLAG_EXTPROC, 0);
    CHECK_ERR(SYS(ioctl, p.slave, TIOCEXT, &value), FREEBSD_ENOTTY);
    close_pair(&p);
}

static volatile uint32_t interrupted;

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    interrupted = (uint32_t)signo;
}

/* A session of its own, which takes the terminal */
static void session(void *argument)
{
    struct pair *p = argument;
    int32_t value = -1, group;

    CHECK_ERR(SYS(ioctl, p->slave, TIOCGPGRP, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCGSID, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSPGRP, &value), FREEBSD_ENOTTY);
    REQUIRE(SYS(setsid) > 0);
    CHECK_OK(SYS(ioctl, p->slave, TIOCSCTTY, 0));
    CHECK_OK(SYS(ioctl, p->slave, TIOCSCTTY, 0));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGSID, &value));
    CHECK_EQ(value, SYS(getpid));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGPGRP, &value));
    CHECK_EQ(value, SYS(getpid));
    group = (int32_t)SYS(getpid);
    CHECK_OK(SYS(ioctl, p->slave, TIOCSPGRP, &group));
    CHECK(SYS(open, "/dev/tty", FREEBSD_O_RDWR) >= 0);
    group = 0x3fffffff;
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSPGRP, &group), FREEBSD_EPERM);
    group = -1;
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSPGRP, &group), FREEBSD_EPERM);
    CHECK_OK(guest_handle(FREEBSD_SIGINT, on_signal, 0));
    CHECK_EQ(SYS(write, p->master, "\3", 1), 1);
    CHECK(guest_await(&interrupted, FREEBSD_SIGINT));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, 0));
    CHECK_OK(SYS(ioctl, p->master, TIOCSIG, FREEBSD_SIGUSR1));
    CHECK(guest_await(&interrupted, FREEBSD_SIGUSR1));
    CHECK_ERR(SYS(ioctl, p->master, TIOCSIG, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ioctl, p->master, TIOCSIG, 1000), FREEBSD_EINVAL);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSIG, FREEBSD_SIGUSR1), FREEBSD_ENOTTY);
}

TEST(controlling_terminal)
{
    struct pair p;

    if (!open_pair(&p))
        return;
    CHECK_EQ(guest_in_child(session, &p), 0);
    close_pair(&p);
}

/* The end of the slave's last descriptor: nothing more to read on the master's side, no error there */
TEST(hang_up)
{
    struct pair p;
    char byte;

    if (!open_pair(&p))
        return;
    CHECK_OK(SYS(close, p.master));
    CHECK_EQ(SYS(read, p.slave, &byte, 1), 0);
    CHECK_ERR(SYS(write, p.slave, "x", 1), FREEBSD_EIO);
    CHECK_OK(SYS(close, p.slave));
}

/* revoke(2): of a device, by its owner or root; then its descriptors are dead */
TEST(revocation)
{
    struct pair p;
    char byte;
    int64_t r;

    SYS(close, guest_file("nodevice", "x"));
    CHECK_ERR(SYS(revoke, "nodevice"), FREEBSD_EINVAL);
    FILES_PATH_ERRORS(SYS(revoke, path));
    if (!open_pair(&p))
        return;
    r = SYS(revoke, p.name);
    if (r == -FREEBSD_EPERM)
        SKIP("the host hangs terminals up for its super-user only");
    CHECK_EQ(r, 0);
    CHECK_EQ(SYS(read, p.slave, &byte, 1), 0);
    CHECK_ERR(SYS(write, p.slave, "x", 1), FREEBSD_EIO);
    close_pair(&p);
}

static void of_others(void)
{
    CHECK_ERR(SYS(revoke, "/dev/null"), FREEBSD_EPERM);
}

TEST(revocation_by_others)
{
    if (SYS(geteuid) != 0)
        SKIP("devices are root's");
    CHECK_EQ(files_as_nobody(of_others), 0);
}

TEST(requests_of_files)
{
    int64_t offset = 2;
    int32_t value = 1;
    int fd = guest_file("requests", "0123456789");

    CHECK_EQ(SYS(lseek, fd, 4, FREEBSD_SEEK_SET), 4);
    CHECK_OK(SYS(ioctl, fd, FIONREAD, &value));
    CHECK_EQ(value, 6);
    CHECK_OK(SYS(ioctl, fd, FIOSEEKDATA, &offset));
    CHECK_EQ(offset, 2);
    CHECK_OK(SYS(ioctl, fd, FIOSEEKHOLE, &offset));
    CHECK_EQ(offset, 10);
    CHECK_ERR(SYS(ioctl, fd, FIOSEEKDATA, &offset), FREEBSD_ENXIO);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 4);
    CHECK_ERR(SYS(ioctl, files_pipe(), FIOSEEKDATA, &offset), FREEBSD_ENOTTY);
    CHECK_OK(SYS(ioctl, fd, FIOCLEX, 0));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_OK(SYS(ioctl, fd, FIONCLEX, 0));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    value = 1;
    CHECK_OK(SYS(ioctl, fd, FIONBIO, &value));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFL) & FREEBSD_O_NONBLOCK, FREEBSD_O_NONBLOCK);
    CHECK_OK(SYS(ioctl, fd, FIOASYNC, &value));
    CHECK_ERR(SYS(ioctl, fd, FIODTYPE, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, FIOGETOWN, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, TIOCGETA, &offset), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, DIOCGMEDIASIZE, &offset), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, DIOCGSECTORSIZE, &value), FREEBSD_ENOTTY);
    value = (int32_t)SYS(getpid);
    CHECK_OK(SYS(ioctl, files_pipe(), FIOSETOWN, &value));
    CHECK_OK(SYS(ioctl, files_null(), FIODTYPE, &value));
    CHECK_EQ(value, 0);
}

/* sys_ioctl(): the argument is copied in first, whatever the request; what nobody knows is ENOTTY */
TEST(request_errors)
{
    struct pair p;
    int fd = guest_file("badrequests", "x");

    CHECK_ERR(SYS(ioctl, fd, IOW_('z', 1, 64), WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, 999, IOW_('z', 1, 64), WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, fd, IOW_('z', 1, 4), "abcd"), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, IO_('z', 1), 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, 0, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, fd, ~0UL, "x"), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, 999, FIOCLEX, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(ioctl, -1, FIONREAD, WILD), FREEBSD_EBADF);
    CHECK_ERR(SYS(ioctl, fd, FIONREAD, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, fd, FIONBIO, WILD), FREEBSD_EFAULT);
    if (!open_pair(&p))
        return;
    CHECK_ERR(SYS(ioctl, p.slave, TIOCGETA, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, p.slave, TIOCSETA, WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, p.slave, TIOCGWINSZ, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(ioctl, p.slave, TIOCSWINSZ, WILD), FREEBSD_EFAULT);
    close_pair(&p);
}
