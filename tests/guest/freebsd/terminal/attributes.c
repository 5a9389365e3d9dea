/*
 * Attributes of terminals. Sources: termios(4), tty(4), sys/ttydefaults.h, tty_generic_ioctl() in sys/kern/tty.c,
 * ptsdev_ioctl() in sys/kern/tty_pts.c.
 */
#include "terminals.h"

/* A pseudo-terminal begins as sys/ttydefaults.h says */
TEST(defaults)
{
    static const uint8_t characters[18] = {4,  0xff, 0xff, 0x7f, 0x17, 0x15, 0x12, 8, 3,
                                           28, 0x1a, 0x19, 0x11, 0x13, 0x16, 0xf,  1, 0};
    struct freebsd_termios t;
    struct pair p;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.iflag, IFLAG_BRKINT | IFLAG_ICRNL | IFLAG_IXON | IFLAG_IXANY | IFLAG_IMAXBEL);
    CHECK_EQ(t.oflag, OFLAG_OPOST | OFLAG_ONLCR);
    CHECK_EQ(t.cflag, CFLAG_CS8 | CFLAG_CREAD | CFLAG_HUPCL);
    CHECK_EQ(t.lflag, 0x5cb); /* ECHOKE ECHOE ECHO ECHOCTL ISIG ICANON IEXTEN */
    CHECK_EQ(memcmp(t.cc, characters, sizeof(characters)), 0);
    CHECK_EQ(t.cc[CC_VSTATUS], STATUS_KEY);
    CHECK_EQ(t.ispeed, 9600);
    CHECK_EQ(t.ospeed, 9600);
    terminals_close(&p);
}

/* All characters, and what only FreeBSD's line discipline knows, are the terminal's: others see them, exec keeps them */
TEST(remembered)
{
    struct freebsd_termios t, got;
    struct pair p;
    int other;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    for (int i = 0; i < 19; i++)
        t.cc[i] = (uint8_t)(i + 1);
    t.lflag |= LFLAG_NOKERNINFO | LFLAG_ALTWERASE;
    t.oflag |= 8; /* ONOEOT */
    t.cflag |= 0x1f0000;
    t.ispeed = t.ospeed = 54321;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &t));
    other = (int)SYS(open, p.name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    CHECK_OK(SYS(ioctl, other, TIOCGETA, &got));
    CHECK_EQ(memcmp(&t, &got, sizeof(t)), 0);
    memset(&got, 0, sizeof(got));
    CHECK_OK(SYS(ioctl, p.master, TIOCGETA, &got));
    CHECK_EQ(memcmp(&t, &got, sizeof(t)), 0);
    t.cc[CC_VSTATUS] = t.cc[CC_VERASE2] = t.cc[CC_VDSUSP] = t.cc[CC_VERASE] = DISABLED;
    CHECK_OK(SYS(ioctl, other, TIOCSETAW, &t));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &got));
    CHECK_EQ(memcmp(&t, &got, sizeof(t)), 0);
    SYS(close, other);
    terminals_close(&p);
}

/* c_ispeed 0 is the output's speed, CIGNORE leaves the line's own parameters alone */
TEST(rules)
{
    struct freebsd_termios t, got;
    struct pair p;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    t.ispeed = 0;
    t.ospeed = 19200;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &t));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &got));
    CHECK_EQ(got.ispeed, 19200);
    CHECK_EQ(got.ospeed, 19200);
    got.cflag |= CFLAG_CIGNORE | CFLAG_CSTOPB;
    got.ospeed = got.ispeed = 300;
    got.cc[CC_VEOL] = 'x';
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &got));
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    CHECK_EQ(t.cflag & (CFLAG_CIGNORE | CFLAG_CSTOPB), 0);
    CHECK_EQ(t.ospeed, 19200);
    CHECK_EQ(t.cc[CC_VEOL], 'x');
    terminals_close(&p);
}

/* Raw and cooked: lines, VEOL, literal characters; VMIN and VTIME */
TEST(modes)
{
    struct freebsd_termios t;
    struct pair p;
    char buffer[32];
    uint64_t began;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCGETA, &t));
    t.lflag &= ~(uint32_t)LFLAG_ECHO;
    t.cc[CC_VEOL] = ';';
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &t));
    CHECK_EQ(SYS(write, p.master, "abx\177c;de", 8), 8);
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 4);
    CHECK_EQ(memcmp(buffer, "abc;", 4), 0);
    CHECK_EQ(SYS(write, p.master, "\26\4\4", 3), 3); /* a literal EOF character, then one that ends */
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 3);
    CHECK_EQ(memcmp(buffer, "de\4", 3), 0);
    CHECK_EQ(SYS(write, p.master, "\4", 1), 1);
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 0);
    t.lflag &= ~(uint32_t)(LFLAG_ICANON | LFLAG_ISIG | LFLAG_IEXTEN);
    t.cc[CC_VMIN] = 3;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETAF, &t));
    CHECK_EQ(SYS(write, p.master, "\3\24\26", 3), 3);
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 3);
    CHECK_EQ(memcmp(buffer, "\3\24\26", 3), 0);
    t.cc[CC_VMIN] = 0;
    t.cc[CC_VTIME] = 2;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSETA, &t));
    began = guest_now();
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 0);
    CHECK(guest_now() - began > 150000000);
    terminals_close(&p);
}

/* A master's TCSADRAIN and TCSAFLUSH neither wait nor flush */
TEST(by_the_master)
{
    struct freebsd_termios t;
    struct pair p;
    char buffer[16];

    if (!terminals_open(&p))
        return;
    CHECK_EQ(SYS(write, p.master, "kept\n", 5), 5);
    CHECK_EQ(SYS(write, p.slave, "unread", 6), 6);
    CHECK_OK(SYS(ioctl, p.master, TIOCGETA, &t));
    t.lflag &= ~(uint32_t)LFLAG_ECHO;
    CHECK_OK(SYS(ioctl, p.master, TIOCSETAW, &t));
    CHECK_OK(SYS(ioctl, p.master, TIOCSETAF, &t));
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 5);
    terminals_close(&p);
}
