/*
 * Masters of pseudo-terminals, and the status character; see terminal.h. Sources: sys/kern/tty_pts.c, ttydisc_rint() in
 * sys/kern/tty_ttydisc.c, tty_signal_pgrp() in sys/kern/tty.c, pts(4), termios(4).
 */
#include "syscalls/freebsd/terminal/terminal.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/signals/signal_send.h"
#include "syscalls/freebsd/terminal/termios.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>

static void note(struct thread *t, uint32_t what)
{
    uint32_t *noted = &freebsd_inherited(t)->terminals;

    if ((__atomic_load_n(noted, __ATOMIC_RELAXED) & what) != what) {
        __atomic_fetch_or(noted, what, __ATOMIC_RELAXED);
    }
}

static bool noted(struct thread *t, uint32_t what)
{
    return (__atomic_load_n(&freebsd_inherited(t)->terminals, __ATOMIC_RELAXED) & what) != 0;
}

bool terminal_is_master(int fd)
{
    uint32_t number;

    return host_call3(__NR_ioctl, fd, TIOCGPTN, &number) == 0;
}

void terminal_attributes_seen(struct thread *t, const struct termios2 *host)
{
    if (host->c_cc[TERMIOS_VSTATUS] != 0) {
        note(t, TERMINALS_STATUS);
    }
}

void terminal_seen(struct thread *t, int fd)
{
    struct termios2 host;

    if (host_call3(__NR_ioctl, fd, TCGETS2, &host) == 0) {
        terminal_attributes_seen(t, &host);
        note(t, terminal_is_master(fd) ? TERMINALS_MASTER : 0);
    }
}

/* TTYDEF_* and ttydefchars of sys/ttydefaults.h. */
static const struct freebsd_termios fresh = {
    .c_iflag = 0x2 | 0x100 | 0x200 | 0x800 | 0x2000,          /* BRKINT ICRNL IXON IXANY IMAXBEL */
    .c_oflag = 0x1 | 0x2,                                     /* OPOST ONLCR */
    .c_cflag = 0x300 | 0x800 | 0x4000,                        /* CS8 CREAD HUPCL */
    .c_lflag = 0x1 | 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x400, /* ECHOKE ECHOE ECHO ECHOCTL ISIG ICANON IEXTEN */
    .c_cc = {4,    0xff, 0xff, 0x7f, 0x17,
             0x15, 0x12, 8,    3,    0x1c, /* EOF EOL EOL2 ERASE WERASE KILL REPRINT ERASE2 INTR QUIT */
             0x1a, 0x19, 0x11, 0x13, 0x16,
             0xf,  1,    0,    0x14, 0xff}, /* SUSP DSUSP START STOP LNEXT DISCARD MIN TIME STATUS */
    .c_ispeed = 9600,
    .c_ospeed = 9600,
};

void terminal_master_opened(struct thread *t, int fd)
{
    int32_t unlocked = 0;
    struct termios2 host;

    host_call3(__NR_ioctl, fd, TIOCSPTLCK, &unlocked);
    if (host_call3(__NR_ioctl, fd, TCGETS2, &host) == 0) {
        freebsd_termios_to_host(&fresh, &host);
        host.c_lflag |= TERMIOS_OURS;
        host_call3(__NR_ioctl, fd, TCSETS2, &host);
    }
    note(t, TERMINALS_MASTER | TERMINALS_STATUS);
}

void terminal_status_typed(struct thread *t, int fd, bool reading)
{
    struct termios2 host;
    int32_t group = 0;

    if (host_call3(__NR_ioctl, fd, TCGETS2, &host) == 0 && (host.c_lflag & TERMIOS_NOKERNINFO) == 0) {
        terminal_print_status(t, fd, reading);
    }
    if (host_call3(__NR_ioctl, fd, TIOCGPGRP, &group) == 0 && group > 0) {
        freebsd_signal_send_group(t, group, FREEBSD_SIGINFO, FREEBSD_SI_KERNEL);
    }
}

uint8_t terminal_status_character(int fd, struct termios2 *host)
{
    const tcflag_t looked_for = ISIG | ICANON | IEXTEN;

    if (host_call3(__NR_ioctl, fd, TCGETS2, host) < 0 || (host->c_lflag & (looked_for | EXTPROC)) != looked_for) {
        return 0;
    }
    return host->c_cc[TERMIOS_VSTATUS];
}

bool terminal_is_typed_at(struct thread *t, int fd)
{
    struct termios2 host;

    return noted(t, TERMINALS_MASTER) && terminal_is_master(fd) && terminal_status_character(fd, &host) != 0;
}

/* Where in what is typed the status character stands, or its length; *literal: the next character stands for itself. */
static uint32_t find_status(const uint8_t *typed, uint32_t length, const struct termios2 *host, bool *literal)
{
    for (uint32_t i = 0; i < length; i++) {
        if (*literal) {
            *literal = false;
        } else if (typed[i] == host->c_cc[TERMIOS_VSTATUS]) {
            return i;
        } else {
            *literal = host->c_cc[VLNEXT] != 0 && typed[i] == host->c_cc[VLNEXT];
        }
    }
    return length;
}

/* Types one piece. Returns how much of it is done with, or -errno. */
static int64_t type(struct thread *t, int fd, guest_ptr buf, const uint8_t *typed, uint32_t length)
{
    struct freebsd_process *fp = freebsd_process(t);
    struct termios2 host;
    bool literal = fp->literal_master == fd + 1;
    uint32_t before = terminal_status_character(fd, &host) != 0 ? find_status(typed, length, &host, &literal) : length;
    int64_t n = before > 0 ? host_call_intr(t, __NR_write, (uint64_t)fd, buf.va, before, 0, 0, 0) : 0;

    if (n < 0 || (uint32_t)n < before) {
        return n;
    }
    if (literal) {
        fp->literal_master = fd + 1;
    } else if (fp->literal_master == fd + 1) {
        fp->literal_master = 0;
    }
    if (before < length) {
        terminal_status_typed(t, fd, false);
        return n + 1;
    }
    return n;
}

int64_t terminal_write(struct thread *t, int fd, guest_ptr buf, uint64_t nbyte)
{
    uint8_t typed[256];
    uint64_t done = 0;

    while (done < nbyte) {
        uint32_t length = nbyte - done < sizeof typed ? (uint32_t)(nbyte - done) : (uint32_t)sizeof typed;
        guest_ptr at = guest_at(buf, done);
        int64_t n = copyin(typed, at, length) < 0 ? -EFAULT : type(t, fd, at, typed, length);

        if (n <= 0) {
            return done > 0 ? (int64_t)done : restartable(n);
        }
        done += (uint64_t)n;
    }
    return (int64_t)done;
}

int64_t terminal_write_vector(struct thread *t, int fd, guest_ptr vector, uint32_t count)
{
    uint64_t done = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry[2]; /* address, length */
        int64_t n = copyin(entry, guest_at(vector, i * sizeof entry), sizeof entry);

        n = n < 0 ? n : terminal_write(t, fd, guest_addr(entry[0]), entry[1]);
        if (n < 0) {
            return done > 0 ? (int64_t)done : n;
        }
        done += (uint64_t)n;
        if ((uint64_t)n < entry[1]) {
            break;
        }
    }
    return (int64_t)done;
}

#define USUAL_STATUS 0x14 /* ^T (sys/ttydefaults.h) */
#define LINE_MAX     4096 /* of the host: N_TTY_BUF_SIZE */

/*
 * Whether a read ended at the status character. Most reads are of something else, and are not asked what of: a process
 * that has not seen a terminal with such a character itself looks for the usual one only.
 */
static bool ends_with_status(struct thread *t, int fd, guest_ptr buf, int64_t n)
{
    struct termios2 host;
    uint8_t last;

    if (n <= 0 || n > LINE_MAX || copyin(&last, guest_at(buf, (uint64_t)n - 1), 1) < 0 || last == 0) {
        return false;
    }
    if (last != USUAL_STATUS && !noted(t, TERMINALS_STATUS)) {
        return false;
    }
    return last == terminal_status_character(fd, &host) && !terminal_is_master(fd);
}

int64_t terminal_after_read(struct thread *t, int fd, guest_ptr buf, uint64_t nbyte, int64_t n)
{
    uint64_t before = 0; /* what was typed on the line before the status character */

    if (n == -EIO && terminal_is_master(fd)) {
        return 0; /* ptsdev_read(): the slave is closed */
    }
    while (ends_with_status(t, fd, guest_at(buf, before), n)) {
        before += (uint64_t)n - 1;
        terminal_status_typed(t, fd, true);
        if (before == nbyte) {
            return (int64_t)before;
        }
        n = restartable(host_call_intr(t, __NR_read, (uint64_t)fd, buf.va + before, nbyte - before, 0, 0, 0));
    }
    return n >= 0 || before > 0 ? (int64_t)before + (n > 0 ? n : 0) : n;
}
