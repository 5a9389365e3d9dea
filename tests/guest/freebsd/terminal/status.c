/*
 * The status character, its line and SIGINFO. Sources: termios(4) (VSTATUS, NOKERNINFO), tty(4) (TIOCSTAT), pts(4)
 * (TIOCSIG), ttydisc_rint() in sys/kern/tty_ttydisc.c, tty_signal_pgrp() and tty_info() in sys/kern/tty.c, tty_info.c.
 */
#include "terminals.h"

static volatile uint32_t asked;

static void on_info(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    asked += signo == FREEBSD_SIGINFO;
}

/* A job that says of each SIGINFO that it has come, until it has come so often. */
static unsigned wanted;

static void counts(const struct pair *p)
{
    CHECK_OK(guest_handle(FREEBSD_SIGINFO, on_info, FREEBSD_SA_RESTART));
    terminals_await_foreground(p);
    CHECK_EQ(SYS(write, p->slave, "ready\n", 6), 6);
    for (uint32_t i = 1; i <= wanted; i++) {
        CHECK(guest_await(&asked, i)); /* of one that comes before this one is taken nothing would be seen */
        CHECK_EQ(SYS(write, p->slave, "taken\n", 6), 6);
    }
}

/* As a leader on the pair's slave runs the function as a foreground job; the pair's master stays with the test. */
static int session(const struct pair *p, void (*function)(const struct pair *p))
{
    int leader = guest_fork();

    if (leader == 0) {
        int32_t group;
        int pid;

        terminals_lead(p);
        guest_ignore(FREEBSD_SIGTTOU);
        group = pid = terminals_job(function, p, true);
        CHECK_OK(SYS(ioctl, p->slave, TIOCSPGRP, &group));
        CHECK_EQ(guest_wait(pid), 0);
        guest_exit(guest_failed());
    }
    return leader;
}

static bool shows_line(const char *command)
{
    char form[64];

    guest_format(form, sizeof(form), " cmd: %s ", command);
    return terminals_holds(terminals_seen, "load: ") && terminals_holds(terminals_seen, form) &&
           terminals_holds(terminals_seen, "r ") && terminals_holds(terminals_seen, "u ") &&
           terminals_holds(terminals_seen, "s ") && terminals_holds(terminals_seen, "% ");
}

/* ^T on a master: the line is printed, the foreground group has SIGINFO, nobody reads the character */
TEST(typed)
{
    struct pair p;
    int leader;

    if (!terminals_open(&p))
        return;
    wanted = 2;
    leader = session(&p, counts);
    CHECK(terminals_expect(p.master, "ready"));
    CHECK_EQ(SYS(write, p.master, "\24", 1), 1);
    CHECK(terminals_expect(p.master, "k\r\ntaken\r\n"));
    CHECK(shows_line("status"));
    CHECK(!terminals_holds(terminals_seen, "^T"));
    terminals_local(p.slave, LFLAG_NOKERNINFO, 0);
    CHECK_EQ(SYS(write, p.master, "\24", 1), 1); /* the signal alone */
    CHECK_EQ(guest_wait(leader), 0);
    CHECK(terminals_expect(p.master, "taken\r\n"));
    CHECK_EQ(guest_strcmp(terminals_seen, "taken\r\n"), 0);
    CHECK(!terminals_readable(p.master, 0));
    terminals_close(&p);
}

/* A reader goes on with its line; it is a literal character, or an ordinary one, as VLNEXT and ICANON say */
static void reads(const struct pair *p)
{
    char buffer[32];

    terminals_await_foreground(p);
    CHECK_EQ(SYS(write, p->slave, "ready\n", 6), 6);
    CHECK_EQ(SYS(read, p->slave, buffer, sizeof(buffer)), 7);
    CHECK_EQ(memcmp(buffer, "before\n", 7), 0);
    CHECK_EQ(SYS(read, p->slave, buffer, sizeof(buffer)), 4);
    CHECK_EQ(memcmp(buffer, "a\24b\n", 4), 0);
    terminals_local(p->slave, 0, LFLAG_ICANON);
    CHECK_EQ(SYS(write, p->slave, "raw\n", 4), 4);
    CHECK_EQ(SYS(read, p->slave, buffer, sizeof(buffer)), 1);
    CHECK_EQ(buffer[0], STATUS_KEY);
}

TEST(among_others)
{
    struct freebsd_iovec pieces[] = {{"a", 1}, {"\26", 1}, {"\24b\n", 3}};
    struct pair p;
    int leader;

    if (!terminals_open(&p))
        return;
    leader = session(&p, reads);
    CHECK(terminals_expect(p.master, "ready"));
    CHECK_EQ(SYS(write, p.master, "bef\24ore\n", 8), 8);
    CHECK(terminals_expect(p.master, "ore"));
    CHECK(shows_line("status"));
    CHECK_EQ(SYS(writev, p.master, pieces, 3), 5);
    CHECK(terminals_expect(p.master, "raw"));
    CHECK(!terminals_holds(terminals_seen, "load: "));
    CHECK_EQ(SYS(write, p.master, "\24", 1), 1);
    CHECK_EQ(guest_wait(leader), 0);
    terminals_close(&p);
}

/* TIOCSIG of SIGINFO is the same; TIOCSTAT prints only */
TEST(by_request)
{
    struct pair p;
    int leader;

    if (!terminals_open(&p))
        return;
    CHECK_OK(SYS(ioctl, p.slave, TIOCSTAT, 0));
    CHECK(terminals_expect(p.master, "not a controlling terminal\r\n"));
    wanted = 1;
    leader = session(&p, counts);
    CHECK(terminals_expect(p.master, "ready"));
    CHECK_OK(SYS(ioctl, p.master, TIOCSTAT, 0));
    CHECK(terminals_expect(p.master, "k\r\n"));
    CHECK(shows_line("status"));
    CHECK_OK(SYS(ioctl, p.master, TIOCSIG, FREEBSD_SIGINFO));
    CHECK(terminals_expect(p.master, "k\r\ntaken\r\n"));
    CHECK_EQ(guest_wait(leader), 0);
    terminals_close(&p);
}

/* By default SIGINFO does nothing, to a group neither */
static void ignores(const struct pair *p)
{
    (void)p;
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGINFO));
    CHECK_OK(SYS(kill, 0, FREEBSD_SIGINFO));
    CHECK_OK(guest_handle(FREEBSD_SIGINFO, on_info, 0));
    CHECK_OK(SYS(kill, 0, FREEBSD_SIGINFO));
    CHECK(guest_await(&asked, 1));
}

TEST(without_effect)
{
    struct pair none = {-1, -1, ""};

    CHECK_EQ(guest_wait(terminals_job(ignores, &none, true)), 0);
}
