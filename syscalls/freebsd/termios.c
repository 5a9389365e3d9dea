/* Conversion of terminal attributes; see termios.h. Source: termios(4), sys/_termios.h. */
#include "syscalls/freebsd/termios.h"

#include "base/mem.h"
#include "syscalls/common/flag_map.h"

#include <asm/termbits.h>

static const struct flag_pair input_pairs[] = {
    {0x0001, IGNBRK}, {0x0002, BRKINT}, {0x0004, IGNPAR},  {0x0008, PARMRK}, {0x0010, INPCK},
    {0x0020, ISTRIP}, {0x0040, INLCR},  {0x0080, IGNCR},   {0x0100, ICRNL},  {0x0200, IXON},
    {0x0400, IXOFF},  {0x0800, IXANY},  {0x2000, IMAXBEL}, {0x4000, IUTF8},
};

static const struct flag_pair output_pairs[] = {
    {0x01, OPOST}, {0x02, ONLCR}, {0x04, TAB3}, {0x10, OCRNL}, {0x20, ONOCR}, {0x40, ONLRET},
};

static const struct flag_pair control_pairs[] = {
    {0x0400, CSTOPB}, {0x0800, CREAD},  {0x1000, PARENB},   {0x2000, PARODD},
    {0x4000, HUPCL},  {0x8000, CLOCAL}, {0x30000, CRTSCTS},
};

static const struct flag_pair local_pairs[] = {
    {0x00000001, ECHOKE},  {0x00000002, ECHOE},   {0x00000004, ECHOK},  {0x00000008, ECHO},   {0x00000010, ECHONL},
    {0x00000020, ECHOPRT}, {0x00000040, ECHOCTL}, {0x00000080, ISIG},   {0x00000100, ICANON}, {0x00000400, IEXTEN},
    {0x00000800, EXTPROC}, {0x00400000, TOSTOP},  {0x00800000, FLUSHO}, {0x20000000, PENDIN}, {0x80000000, NOFLSH},
};

/* FreeBSD's slot and the host's of each control character that both have. */
static const struct {
    uint8_t guest, host;
} characters[] = {
    {0, VEOF},  {1, VEOL},   {2, VEOL2},   {3, VERASE}, {4, VWERASE}, {5, VKILL},     {6, VREPRINT}, {8, VINTR},
    {9, VQUIT}, {10, VSUSP}, {12, VSTART}, {13, VSTOP}, {14, VLNEXT}, {15, VDISCARD}, {16, VMIN},    {17, VTIME},
};

#define CHARACTER_COUNT (sizeof(characters) / sizeof(characters[0]))

#define GUEST_CSIZE    0x300u
#define GUEST_DISABLED 0xff /* _POSIX_VDISABLE; the host's is 0 */

static uint8_t disabled(uint8_t c, uint8_t from, uint8_t to, int slot)
{
    return slot != VMIN && slot != VTIME && c == from ? to : c;
}

void freebsd_termios_from_host(const struct termios2 *host, struct freebsd_termios *guest)
{
    memset(guest, 0, sizeof(*guest));
    memset(guest->c_cc, GUEST_DISABLED, sizeof(guest->c_cc));
    guest->c_iflag = (uint32_t)flags_to_guest(input_pairs, FLAG_COUNT(input_pairs), host->c_iflag);
    guest->c_oflag = (uint32_t)flags_to_guest(output_pairs, FLAG_COUNT(output_pairs), host->c_oflag);
    guest->c_cflag = (uint32_t)flags_to_guest(control_pairs, FLAG_COUNT(control_pairs), host->c_cflag);
    guest->c_lflag = (uint32_t)flags_to_guest(local_pairs, FLAG_COUNT(local_pairs), host->c_lflag);
    guest->c_cflag |= (host->c_cflag & CSIZE) / CS6 << 8; /* two bits that count up from CS5 in both */
    for (size_t i = 0; i < CHARACTER_COUNT; i++) {
        guest->c_cc[characters[i].guest] =
            disabled(host->c_cc[characters[i].host], 0, GUEST_DISABLED, characters[i].host);
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

void freebsd_termios_to_host(const struct freebsd_termios *guest, struct termios2 *host)
{
    host->c_iflag = merge(input_pairs, FLAG_COUNT(input_pairs), host->c_iflag, guest->c_iflag);
    host->c_oflag = merge(output_pairs, FLAG_COUNT(output_pairs), host->c_oflag, guest->c_oflag);
    host->c_cflag = merge(control_pairs, FLAG_COUNT(control_pairs), host->c_cflag, guest->c_cflag);
    host->c_lflag = merge(local_pairs, FLAG_COUNT(local_pairs), host->c_lflag, guest->c_lflag);
    host->c_cflag &= ~(tcflag_t)(CSIZE | CBAUD | CIBAUD);
    host->c_cflag |= ((guest->c_cflag & GUEST_CSIZE) >> 8) * CS6;
    host->c_cflag |= BOTHER | BOTHER << IBSHIFT; /* speeds as numbers */
    for (size_t i = 0; i < CHARACTER_COUNT; i++) {
        host->c_cc[characters[i].host] =
            disabled(guest->c_cc[characters[i].guest], GUEST_DISABLED, 0, characters[i].host);
    }
    host->c_ispeed = guest->c_ispeed ? guest->c_ispeed : guest->c_ospeed; /* cfsetispeed(3): 0 means the same */
    host->c_ospeed = guest->c_ospeed;
}
