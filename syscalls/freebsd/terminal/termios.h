/* Terminal attributes (sys/_termios.h) and the host's (asm/termbits.h). */
#ifndef SYSCALLS_FREEBSD_TERMIOS_H
#define SYSCALLS_FREEBSD_TERMIOS_H

#include <stdint.h>

#define FREEBSD_NCCS 20

/* Where the host's attributes keep the status character (0: none), and in c_lflag that its line is not wanted; and a mark. */
#define TERMIOS_VSTATUS    17
#define TERMIOS_NOKERNINFO (1u << 25)
#define TERMIOS_OURS       (1u << 26) /* its master is a guest's, which does what is to be done about that character */

struct freebsd_termios {
    uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
    uint8_t c_cc[FREEBSD_NCCS];
    uint32_t c_ispeed, c_ospeed; /* bits per second */
};

_Static_assert(sizeof(struct freebsd_termios) == 44, "struct termios");

struct termios2;

/* Flags that FreeBSD does not know are left out. */
void freebsd_termios_from_host(const struct termios2 *host, struct freebsd_termios *guest);

/* Fills `host`, which holds the attributes in force: what FreeBSD cannot express stays as it is there. */
void freebsd_termios_to_host(const struct freebsd_termios *guest, struct termios2 *host);

#endif
