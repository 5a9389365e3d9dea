/*
 * Conversion of terminal attributes; see termios.h. Sources: termios(4), sys/_termios.h, tty_generic_ioctl() in
 * sys/kern/tty.c.
 *
 * What only FreeBSD's line discipline knows is kept where the host's keeps what it does not use: three slots of c_cc,
 * and bits of the flag words that have no meaning there. So it belongs to the terminal, as it does at home: every process
 * that has it open sees it, and programs of the host, which read attributes before they write them, leave it as it is.
 */
#include "syscalls/freebsd/terminal/termios.h"

#include "base/mem.h"
#include "syscalls/common/flag_map.h"

#include <asm/termbits.h>
#include <stdbool.h>

static const struct flag_pair input_pairs[] = {
    {0x0001, IGNBRK}, {0x0002, BRKINT}, {0x0004, IGNPAR},  {0x0008, PARMRK}, {0x0010, INPCK},
    {0x0020, ISTRIP}, {0x0040, INLCR},  {0x0080, IGNCR},   {0x0100, ICRNL},  {0x0200, IXON},
    {0x0400, IXOFF},  {0x0800, IXANY},  {0x2000, IMAXBEL}, {0x4000, IUTF8},
};

static const struct flag_pair output_pairs[] = {
    {0x01, OPOST}, {0x02, ONLCR}, {0x04, TAB3},   {0x08, 1u << 16 /* ONOEOT, kept */},
    {0x10, OCRNL}, {0x20, ONOCR}, {0x40, ONLRET},
};

#define GUEST_CIGNORE    0x1u
#define GUEST_CCTS_OFLOW 0x10000u
#define GUEST_CRTS_IFLOW 0x20000u
#define GUEST_CRTSCTS    (GUEST_CCTS_OFLOW | GUEST_CRTS_IFLOW)

/* From CCTS_OFLOW on they are kept. */
static const struct flag_pair control_pairs[] = {
    {0x0400, CSTOPB},
    {0x0800, CREAD},
    {0x1000, PARENB},
    {0x2000, PARODD},
    {0x4000, HUPCL},
    {0x8000, CLOCAL},
    {GUEST_CCTS_OFLOW, 1u << 20},
    {GUEST_CRTS_IFLOW, 1u << 21},
    {0x40000 /* CDTR_IFLOW */, 1u << 22},
    {0x80000 /* CDSR_OFLOW */, 1u << 23},
    {0x100000 /* CCAR_OFLOW */, 1u << 24},
    {0x200000 /* CNO_RTSDTR */, 1u << 25},
};

static const struct flag_pair local_pairs[] = {
    {0x00000001, ECHOKE},
    {0x00000002, ECHOE},
    {0x00000004, ECHOK},
    {0x00000008, ECHO},
    {0x00000010, ECHONL},
    {0x00000020, ECHOPRT},
    {0x00000040, ECHOCTL},
    {0x00000080, ISIG},
    {0x00000100, ICANON},
    {0x00000400, IEXTEN},
    {0x00000800, EXTPROC},
    {0x00400000, TOSTOP},
    {0x00800000, FLUSHO},
    {0x20000000, PENDIN},
    {0x80000000, NOFLSH},
    {0x00000200 /* ALTWERASE, kept */, 1u << 24},
    {0x02000000 /* NOKERNINFO, kept */, TERMIOS_NOKERNINFO},
};

#define GUEST_VEOL2   2
#define GUEST_VSTATUS 18

/* FreeBSD's slot and the host's of each control character; the host has no use for those that are kept. */
static const struct {
    uint8_t guest, host;
} characters[] = {
    {0, VEOF},
    {1, VEOL},
    {GUEST_VEOL2, VEOL2},
    {3, VERASE},
    {4, VWERASE},
    {5, VKILL},
    {6, VREPRINT},
    {7 /* VERASE2, kept */, VSWTC},
    {8, VINTR},
    {9, VQUIT},
    {10, VSUSP},
    {11 /* VDSUSP, kept */, 18},
    {12, VSTART},
    {13, VSTOP},
    {14, VLNEXT},
    {15, VDISCARD},
    {16, VMIN},
    {17, VTIME},
    {GUEST_VSTATUS, TERMIOS_VSTATUS /* kept */},
};

#define CHARACTER_COUNT (sizeof(characters) / sizeof(characters[0]))

#define GUEST_CSIZE    0x300u
#define GUEST_DISABLED 0xff /* _POSIX_VDISABLE; the host's is 0 */

static uint8_t disabled(uint8_t c, uint8_t from, uint8_t to, int slot)
{
    return slot != VMIN && slot != VTIME && c == from ? to : c;
}

/* The speeds that the host has a number for, in its order: B0 to B38400, B57600 to B4000000 (asm/termbits.h). */
static const uint32_t speeds[] = {
    0,      50,      75,      110,     134,     150,     200,     300,     600,     1200,   1800,
    2400,   4800,    9600,    19200,   38400,   57600,   115200,  230400,  460800,  500000, 576000,
    921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
};

/* c_cflag's bits for a speed. The host's programs read these: by BOTHER some of them see no speed at all. */
static tcflag_t speed_bits(uint32_t speed)
{
    for (tcflag_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (speeds[i] == speed) {
            return i <= B38400 ? i : B57600 + (i - B38400 - 1);
        }
    }
    return BOTHER;
}

/* What of a control word is not bit for bit: the host has one bit for both directions of CTS and RTS. */
static uint32_t flow_control(uint32_t guest, tcflag_t host)
{
    if (host & CRTSCTS) {
        return guest | GUEST_CRTSCTS;
    }
    return (guest & GUEST_CRTSCTS) == GUEST_CRTSCTS ? guest & ~GUEST_CRTSCTS
                                                    : guest; /* a program of the host's ended it */
}

/*
 * Ends a line at the status character as well, where FreeBSD's line discipline looks for it (ttydisc_rint()): only so
 * does the host hand it to whoever reads (terminal_after_read()).
 */
static bool ends_line(const struct freebsd_termios *guest)
{
    const uint32_t looked_for = 0x80 | 0x100 | 0x400; /* ISIG, ICANON, IEXTEN */

    return (guest->c_lflag & looked_for) == looked_for && guest->c_cc[GUEST_VSTATUS] != GUEST_DISABLED &&
           guest->c_cc[GUEST_VEOL2] == GUEST_DISABLED;
}

void freebsd_termios_from_host(const struct termios2 *host, struct freebsd_termios *guest)
{
    memset(guest, 0, sizeof(*guest));
    memset(guest->c_cc, GUEST_DISABLED, sizeof(guest->c_cc));
    guest->c_iflag = (uint32_t)flags_to_guest(input_pairs, FLAG_COUNT(input_pairs), host->c_iflag);
    guest->c_oflag = (uint32_t)flags_to_guest(output_pairs, FLAG_COUNT(output_pairs), host->c_oflag);
    guest->c_cflag = (uint32_t)flags_to_guest(control_pairs, FLAG_COUNT(control_pairs), host->c_cflag);
    guest->c_lflag = (uint32_t)flags_to_guest(local_pairs, FLAG_COUNT(local_pairs), host->c_lflag);
    guest->c_cflag = flow_control(guest->c_cflag, host->c_cflag);
    guest->c_cflag |= (host->c_cflag & CSIZE) / CS6 << 8; /* two bits that count up from CS5 in both */
    for (size_t i = 0; i < CHARACTER_COUNT; i++) {
        guest->c_cc[characters[i].guest] =
            disabled(host->c_cc[characters[i].host], 0, GUEST_DISABLED, characters[i].host);
    }
    if (host->c_cc[VEOL2] == host->c_cc[TERMIOS_VSTATUS]) {
        guest->c_cc[GUEST_VEOL2] = GUEST_DISABLED; /* ends_line() */
    }
    guest->c_ispeed = host->c_ispeed;
    guest->c_ospeed = host->c_ospeed;
}

/* One flag word: bits that FreeBSD knows are replaced, the rest stays. */
static tcflag_t merge(const struct flag_pair *map, size_t count, tcflag_t now, uint32_t guest)
{
    tcflag_t known = 0;

    for (size_t i = 0; i < count; i++) {
        known |= (tcflag_t)map[i].host;
    }
    return (now & ~known) | (tcflag_t)flags_to_host(map, count, guest, NULL);
}

/* The line's own parameters: they stay with CIGNORE. */
static void control_to_host(const struct freebsd_termios *guest, struct termios2 *host)
{
    uint32_t in = guest->c_ispeed ? guest->c_ispeed : guest->c_ospeed; /* cfsetispeed(3): 0 means the same */

    host->c_cflag = merge(control_pairs, FLAG_COUNT(control_pairs), host->c_cflag, guest->c_cflag);
    host->c_cflag &= ~(tcflag_t)(CSIZE | CBAUD | CIBAUD | CRTSCTS);
    host->c_cflag |= ((guest->c_cflag & GUEST_CSIZE) >> 8) * CS6;
    host->c_cflag |= (guest->c_cflag & GUEST_CRTSCTS) == GUEST_CRTSCTS ? CRTSCTS : 0;
    host->c_cflag |= speed_bits(guest->c_ospeed);
    host->c_cflag |= in == guest->c_ospeed ? 0 : speed_bits(in) << IBSHIFT; /* none: as the output's */
    host->c_ispeed = in;
    host->c_ospeed = guest->c_ospeed;
}

void freebsd_termios_to_host(const struct freebsd_termios *guest, struct termios2 *host)
{
    host->c_iflag = merge(input_pairs, FLAG_COUNT(input_pairs), host->c_iflag, guest->c_iflag);
    host->c_oflag = merge(output_pairs, FLAG_COUNT(output_pairs), host->c_oflag, guest->c_oflag);
    host->c_lflag = merge(local_pairs, FLAG_COUNT(local_pairs), host->c_lflag, guest->c_lflag);
    if ((guest->c_cflag & GUEST_CIGNORE) == 0) {
        control_to_host(guest, host);
    }
    for (size_t i = 0; i < CHARACTER_COUNT; i++) {
        host->c_cc[characters[i].host] =
            disabled(guest->c_cc[characters[i].guest], GUEST_DISABLED, 0, characters[i].host);
    }
    if (ends_line(guest)) {
        host->c_cc[VEOL2] = guest->c_cc[GUEST_VSTATUS];
    }
}
