#include "terminals.h"

char terminals_seen[4096];

bool terminals_open(struct pair *p)
{
    uint32_t number = ~0U;

    p->master = (int)SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    if (p->master < 0) {
        guest_skip("the host has no pseudo-terminals");
        return false;
    }
    CHECK_OK(SYS(ioctl, p->master, TIOCGPTN, &number));
    guest_format(p->name, sizeof(p->name), "/dev/pts/%u", number);
    p->slave = (int)SYS(open, p->name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    CHECK(p->slave >= 0);
    return p->slave >= 0;
}

void terminals_close(const struct pair *p)
{
    CHECK_OK(SYS(close, p->slave));
    CHECK_OK(SYS(close, p->master));
}

void terminals_local(int fd, uint32_t set, uint32_t clear)
{
    struct freebsd_termios t;

    CHECK_OK(SYS(ioctl, fd, TIOCGETA, &t));
    t.lflag = (t.lflag & ~clear) | set;
    CHECK_OK(SYS(ioctl, fd, TIOCSETA, &t));
}

bool terminals_holds(const char *text, const char *what)
{
    for (; *text != 0; text++) {
        if (guest_starts(text, what))
            return true;
    }
    return *what == 0;
}

struct pollfd {
    int32_t fd;
    int16_t events, revents;
};

bool terminals_readable(int fd, unsigned milliseconds)
{
    struct pollfd p = {fd, 1 /* POLLIN */, 0};

    return SYS(poll, &p, 1, milliseconds) == 1;
}

bool terminals_expect(int fd, const char *text)
{
    size_t length = 0;
    uint64_t end = guest_now() + 20000000000ull;

    terminals_seen[0] = 0;
    while (!terminals_holds(terminals_seen, text)) {
        int64_t n;

        if (guest_now() > end || length >= sizeof(terminals_seen) - 1)
            return false;
        if (!terminals_readable(fd, 1000))
            continue;
        n = SYS(read, fd, terminals_seen + length, sizeof(terminals_seen) - 1 - length);
        if (n <= 0)
            return false;
        length += (size_t)n;
        terminals_seen[length] = 0;
    }
    return true;
}

void terminals_lead(const struct pair *p)
{
    CHECK(SYS(setsid) > 0);
    CHECK_OK(SYS(ioctl, p->slave, TIOCSCTTY, 0));
}

int terminals_job(void (*function)(const struct pair *p), const struct pair *p, bool group)
{
    int pid = guest_fork();

    if (pid == 0) {
        if (group)
            SYS(setpgid, 0, 0);
        function(p);
        guest_exit(guest_failed());
    }
    CHECK(pid > 0);
    if (group)
        SYS(setpgid, pid, pid);
    return pid;
}

void terminals_await_foreground(const struct pair *p)
{
    int32_t group = -1;

    for (int i = 0; i < 20000; i++) {
        CHECK_OK(SYS(ioctl, p->slave, TIOCGPGRP, &group));
        if (group == SYS(getpgrp))
            return;
        guest_sleep_ms(1);
    }
    CHECK_EQ(group, SYS(getpgrp));
}

int terminals_wait(int pid)
{
    int status = -1;

    for (int i = 0; i < 2000; i++) {
        int64_t got = SYS(wait4, pid, &status, FREEBSD_WUNTRACED | FREEBSD_WCONTINUED | FREEBSD_WNOHANG, 0);

        if (got == pid)
            return status;
        if (got < 0)
            return -1;
        guest_sleep_ms(10);
    }
    return -1;
}
