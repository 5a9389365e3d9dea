/* Terminals: sys/_termios.h, sys/ttycom.h, sys/filio.h, sys/disk.h. */
#ifndef GUEST_TERMINAL_H
#define GUEST_TERMINAL_H

#include <stdint.h>

struct freebsd_termios {
    uint32_t iflag;
    uint32_t oflag;
    uint32_t cflag;
    uint32_t lflag;
    uint8_t cc[20];
    uint32_t ispeed;
    uint32_t ospeed;
};
_Static_assert(sizeof(struct freebsd_termios) == 44, "struct termios");

struct freebsd_winsize {
    uint16_t row, col, xpixel, ypixel;
};

struct freebsd_fiodgname {
    int32_t len;
    int32_t pad;
    void *buf;
};

#define IO_(g, n)         (0x20000000UL | (unsigned long)(g) << 8 | (n))
#define IOINT_(g, n)      (0x20040000UL | (unsigned long)(g) << 8 | (n))
#define IOR_(g, n, size)  (0x40000000UL | (unsigned long)(size) << 16 | (unsigned long)(g) << 8 | (n))
#define IOW_(g, n, size)  (0x80000000UL | (unsigned long)(size) << 16 | (unsigned long)(g) << 8 | (n))
#define IOWR_(g, n, size) (0xc0000000UL | (unsigned long)(size) << 16 | (unsigned long)(g) << 8 | (n))

#define TIOCEXCL        IO_('t', 13)
#define TIOCNXCL        IO_('t', 14)
#define TIOCGPTN        IOR_('t', 15, 4)
#define TIOCFLUSH       IOW_('t', 16, 4)
#define TIOCGETA        IOR_('t', 19, 44)
#define TIOCSETA        IOW_('t', 20, 44)
#define TIOCSETAW       IOW_('t', 21, 44)
#define TIOCSETAF       IOW_('t', 22, 44)
#define TIOCGETD        IOR_('t', 26, 4)
#define TIOCPTMASTER    IO_('t', 28)
#define TIOCSDRAINWAIT  IOW_('t', 87, 4)
#define TIOCDRAIN       IO_('t', 94)
#define TIOCSIG         IOINT_('t', 95)
#define TIOCEXT         IOW_('t', 96, 4)
#define TIOCSCTTY       IO_('t', 97)
#define TIOCCONS        IOW_('t', 98, 4)
#define TIOCGSID        IOR_('t', 99, 4)
#define TIOCSWINSZ      IOW_('t', 103, 8)
#define TIOCGWINSZ      IOR_('t', 104, 8)
#define TIOCPKT         IOW_('t', 112, 4)
#define TIOCSTART       IO_('t', 110)
#define TIOCSTOP        IO_('t', 111)
#define TIOCOUTQ        IOR_('t', 115, 4)
#define TIOCSPGRP       IOW_('t', 118, 4)
#define TIOCGPGRP       IOR_('t', 119, 4)
#define FIOCLEX         IO_('f', 1)
#define FIONCLEX        IO_('f', 2)
#define FIOSEEKDATA     IOWR_('f', 97, 8)
#define FIOSEEKHOLE     IOWR_('f', 98, 8)
#define FIODGNAME       IOW_('f', 120, 16)
#define FIODTYPE        IOR_('f', 122, 4)
#define FIOGETOWN       IOR_('f', 123, 4)
#define FIOSETOWN       IOW_('f', 124, 4)
#define FIOASYNC        IOW_('f', 125, 4)
#define FIONBIO         IOW_('f', 126, 4)
#define FIONREAD        IOR_('f', 127, 4)
#define DIOCGSECTORSIZE IOR_('d', 128, 4)
#define DIOCGMEDIASIZE  IOR_('d', 129, 8)

enum {
    LFLAG_ECHO = 8,
    LFLAG_ICANON = 0x100,
    LFLAG_ISIG = 0x80,
    LFLAG_EXTPROC = 0x800,
    OFLAG_OPOST = 1,
    OFLAG_ONLCR = 2
};
enum { CC_VEOF = 0, CC_VINTR = 8, CC_VMIN = 16, CC_VTIME = 17, CC_VSTATUS = 18 };

#endif
