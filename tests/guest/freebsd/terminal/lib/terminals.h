/* What the tests of terminals need beyond abi.h: sys/_termios.h, sys/ttycom.h, and pseudo-terminals to try them on. */
#ifndef GUEST_TERMINALS_H
#define GUEST_TERMINALS_H

#include "guest.h"

#include "../../files/lib/terminal.h"

#define TIOCGDRAINWAIT IOR_('t', 86, 4)
#define TIOCSTAT       IO_('t', 101)
#define TIOCNOTTY      IO_('t', 113)
#define TIOCSTI        IOW_('t', 114, 1)

enum {
    IFLAG_BRKINT = 2,
    IFLAG_ICRNL = 0x100,
    IFLAG_IXON = 0x200,
    IFLAG_IXANY = 0x800,
    IFLAG_IMAXBEL = 0x2000,
    CFLAG_CIGNORE = 1,
    CFLAG_CS8 = 0x300,
    CFLAG_CSTOPB = 0x400,
    CFLAG_CREAD = 0x800,
    CFLAG_HUPCL = 0x4000,
    LFLAG_IEXTEN = 0x400,
    LFLAG_ALTWERASE = 0x200,
    LFLAG_TOSTOP = 0x400000,
    LFLAG_NOKERNINFO = 0x2000000,
};
#define DISABLED 0xff /* _POSIX_VDISABLE */

enum {
    CC_VEOL = 1,
    CC_VEOL2 = 2,
    CC_VERASE = 3,
    CC_VERASE2 = 7,
    CC_VDSUSP = 11,
    CC_VLNEXT = 14,
    STATUS_KEY = 0x14, /* ^T */
};
enum { FREEBSD_SIGTTIN = 21, FREEBSD_SIGTTOU = 22 };
enum { FREEBSD_WCONTINUED_STATUS = 0x13 };
enum { PKT_DATA = 0, PKT_FLUSHREAD = 1, PKT_FLUSHWRITE = 2, PKT_STOP = 4, PKT_START = 8 };

struct pair {
    int master, slave;
    char name[32];
};

/* False, and the test is skipped, where the host has none. */
bool terminals_open(struct pair *p);
void terminals_close(const struct pair *p);

/* Sets and clears local flags of a terminal. */
void terminals_local(int fd, uint32_t set, uint32_t clear);

/*
 * Reads what comes until the text stands in it, for up to 20 seconds; whether it came. What was read stands,
 * NUL-terminated, in terminals_seen.
 */
extern char terminals_seen[4096];
bool terminals_expect(int fd, const char *text);

/* Whether a text holds another. */
bool terminals_holds(const char *text, const char *what);

/* Waits until descriptor fd has something to read or is at its end, for so long at most. */
bool terminals_readable(int fd, unsigned milliseconds);

/* In a child: leads a session of its own that has the pair's slave as its terminal. */
void terminals_lead(const struct pair *p);

/*
 * Forks a child in a process group of its own (of its parent's, with group false), which runs the function and exits
 * with 0, or 1 if a check of it has failed. Returns its pid.
 */
int terminals_job(void (*function)(const struct pair *p), const struct pair *p, bool group);

/*
 * In a job: waits until it is the foreground's, as who started it makes it that only then. What it reads before stops it,
 * and keys that are typed before are another group's.
 */
void terminals_await_foreground(const struct pair *p);

/* wait4 of a child with WUNTRACED and WCONTINUED, for up to 20 seconds: its status; -1: none came. */
int terminals_wait(int pid);

#define STOPPED_BY(signo) ((signo) << 8 | 0x7f)

#endif
