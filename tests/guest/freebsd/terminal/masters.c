/*
 * The two sides of a pseudo-terminal. Sources: pts(4), posix_openpt(2), ptsdev_read(), ptsdev_ioctl(), ptsdev_poll() in
 * sys/kern/tty_pts.c, ttydev_read() in sys/kern/tty.c, ctty_clone() in sys/kern/tty_tty.c.
 */
#include "terminals.h"

/* After the slave's last close: what was written, then the end of the file; with a slave again, none any more */
TEST(slave_closed)
{
    struct freebsd_iovec v = {NULL, 16};
    struct pair p;
    char buffer[16];
    int32_t count = -1;

    if (!terminals_open(&p))
        return;
    v.base = buffer;
    CHECK_EQ(SYS(write, p.slave, "last", 4), 4);
    CHECK_OK(SYS(close, p.slave));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 4);
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 0);
    CHECK_EQ(SYS(readv, p.master, &v, 1), 0);
    CHECK(terminals_readable(p.master, 0));
    CHECK_OK(SYS(ioctl, p.master, FIONREAD, &count));
    CHECK_EQ(count, 1); /* so that read is called */
    p.slave = (int)MUST(SYS(open, p.name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY));
    CHECK(!terminals_readable(p.master, 50));
    CHECK_OK(SYS(ioctl, p.master, FIONREAD, &count));
    CHECK_EQ(count, 0);
    CHECK_EQ(SYS(write, p.slave, "again", 5), 5);
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 5);
    terminals_close(&p);
}

/* Packet mode: a byte before the data says what it is */
TEST(packets)
{
    struct pair p;
    char buffer[16];
    int32_t value = 1;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.master, TIOCPKT, &value));
    CHECK_EQ(SYS(write, p.slave, "data", 4), 4);
    CHECK(terminals_readable(p.master, 10000));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 5);
    CHECK_EQ(buffer[0], PKT_DATA);
    CHECK_EQ(memcmp(buffer + 1, "data", 4), 0);
    CHECK_OK(SYS(ioctl, p.slave, TIOCSTOP, 0));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 1);
    CHECK(buffer[0] & PKT_STOP);
    CHECK_OK(SYS(ioctl, p.slave, TIOCSTART, 0));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 1);
    CHECK(buffer[0] & PKT_START);
    value = 0;
    CHECK_OK(SYS(ioctl, p.slave, TIOCFLUSH, &value));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 1);
    CHECK(buffer[0] & PKT_FLUSHWRITE);
    CHECK_OK(SYS(ioctl, p.master, TIOCPKT, &value));
    CHECK_EQ(SYS(write, p.slave, "plain", 5), 5);
    CHECK(terminals_readable(p.master, 10000));
    CHECK_EQ(SYS(read, p.master, buffer, sizeof(buffer)), 5);
    terminals_close(&p);
}

/* ptsname(3) of the master, ttyname(3) of the slave and of what /dev/tty opens: one name */
static void named(void *argument)
{
    struct pair *p = argument;
    char name[32];
    struct freebsd_fiodgname ask = {sizeof(name), 0, name};
    int fd;

    terminals_lead(p);
    fd = (int)MUST(SYS(open, "/dev/tty", FREEBSD_O_RDWR));
    CHECK_OK(SYS(ioctl, fd, FIODGNAME, &ask));
    CHECK_EQ(guest_strcmp(name, p->name + 5), 0);
    CHECK_EQ(SYS(write, fd, "by tty", 6), 6);
    CHECK(terminals_expect(p->master, "by tty"));
}

static void leads_nothing(void *unused)
{
    (void)unused;
    SYS(setsid);
    CHECK_ERR(SYS(open, "/dev/tty", FREEBSD_O_RDWR), FREEBSD_ENXIO);
}

TEST(names)
{
    struct pair p;

    CHECK_EQ(guest_in_child(leads_nothing, NULL), 0);
    if (!terminals_open(&p))
        return;
    CHECK_EQ(guest_in_child(named, &p), 0);
    terminals_close(&p);
}

/* What is no terminal is ENOTTY, which is what isatty(3) tells by */
TEST(no_terminal)
{
    struct freebsd_termios t;
    struct freebsd_winsize w;
    int32_t ends[2], value = 0;

    CHECK_OK(SYS(pipe2, ends, 0));
    CHECK_ERR(SYS(ioctl, ends[0], TIOCGETA, &t), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCGWINSZ, &w), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCSCTTY, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCNOTTY, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCSTAT, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCEXCL, 0), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCSTI, "x"), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, ends[0], TIOCGDRAINWAIT, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, 999, TIOCGETA, &t), FREEBSD_EBADF);
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

/* /dev/ptmx is another way to a master */
TEST(ptmx)
{
    struct freebsd_termios t;
    uint32_t number;
    char name[32];
    int slave, fd = (int)SYS(open, "/dev/ptmx", FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);

    if (fd < 0)
        SKIP("the host has no /dev/ptmx");
    CHECK_OK(SYS(ioctl, fd, TIOCPTMASTER, 0));
    CHECK_OK(SYS(ioctl, fd, TIOCGPTN, &number));
    guest_format(name, sizeof(name), "/dev/pts/%u", number);
    slave = (int)MUST(SYS(open, name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY));
    CHECK_OK(SYS(ioctl, slave, TIOCGETA, &t));
    CHECK_EQ(t.cc[CC_VSTATUS], STATUS_KEY);
    SYS(close, slave);
    SYS(close, fd);
}
