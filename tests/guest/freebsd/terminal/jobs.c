/*
 * Sessions, controlling terminals and job control. Sources: tty(4), tcsetpgrp(3), tcgetsid(3), setsid(2),
 * tty_wait_background(), tty_generic_ioctl(), tty_drop_ctty() and ttydev_ioctl() in sys/kern/tty.c, fixjobc() and
 * orphanpg() in sys/kern/kern_proc.c.
 */
#include "terminals.h"

enum { UNTRIED = 77 }; /* the exit status of a session that the host does not let try */

struct session {
    struct pair p;
    void (*function)(const struct pair *p);
};

static void lead(void *session)
{
    struct session *s = session;

    terminals_lead(&s->p);
    guest_ignore(FREEBSD_SIGTTOU); /* as a shell does: it takes the terminal back */
    s->function(&s->p);
}

/* Runs the function as the leader of a session with the pair as its terminal. */
static void in_session(void (*function)(const struct pair *p))
{
    struct session s = {.function = function};
    int status;

    if (!terminals_open(&s.p))
        return;
    status = guest_in_child(lead, &s);
    terminals_close(&s.p);
    if (status == UNTRIED << 8)
        guest_skip("the host lets nobody type on a terminal (TIOCSTI)");
    else
        CHECK_EQ(status, 0);
}

static void foreground(const struct pair *p, int32_t group)
{
    CHECK_OK(SYS(ioctl, p->slave, TIOCSPGRP, &group));
}

/* Ends a job that is left over. */
static void end(int pid)
{
    SYS(kill, pid, FREEBSD_SIGKILL);
    SYS(kill, pid, FREEBSD_SIGCONT);
    guest_wait(pid);
}

/* TIOCSCTTY is for leaders without a terminal, and for terminals without a session; nothing else gives one */
static void takes(const struct pair *p)
{
    struct pair other;
    int32_t value = -1;
    int pid;

    if (!terminals_open(&other))
        return;
    CHECK_ERR(SYS(ioctl, other.slave, TIOCSCTTY, 0), FREEBSD_EPERM); /* it has one */
    CHECK_ERR(SYS(ioctl, other.slave, TIOCGSID, &value), FREEBSD_ENOTTY);
    CHECK_ERR(SYS(ioctl, other.slave, TIOCGPGRP, &value), FREEBSD_ENOTTY);
    pid = guest_fork();
    if (pid == 0) {
        CHECK_ERR(SYS(ioctl, other.slave, TIOCSCTTY, 0), FREEBSD_EPERM); /* no leader */
        CHECK(SYS(setsid) > 0);
        CHECK_ERR(SYS(ioctl, p->slave, TIOCSCTTY, 0), FREEBSD_EPERM); /* another session's */
        SYS(close, SYS(open, other.name, FREEBSD_O_RDWR));            /* takes none, without O_NOCTTY either */
        CHECK_ERR(SYS(open, "/dev/tty", FREEBSD_O_RDWR), FREEBSD_ENXIO);
        CHECK_OK(SYS(ioctl, other.slave, TIOCSCTTY, 0));
        CHECK_OK(SYS(ioctl, other.slave, TIOCGSID, &value));
        CHECK_EQ(value, SYS(getpid));
        guest_exit(guest_failed());
    }
    CHECK_EQ(guest_wait(pid), 0);
    terminals_close(&other);
}

TEST(taking)
{
    in_session(takes);
}

/* TIOCNOTTY: of the controlling terminal, by the leader; no signal tells of it */
static volatile uint32_t hung_up;

static void on_hangup(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    hung_up = (uint32_t)signo;
}

static void member(const struct pair *p)
{
    CHECK_ERR(SYS(ioctl, p->slave, TIOCNOTTY, 0), FREEBSD_EPERM);
}

static void drops(const struct pair *p)
{
    struct pair other;
    int32_t value;
    int64_t fd;

    CHECK_EQ(guest_wait(terminals_job(member, p, false)), 0);
    if (!terminals_open(&other))
        return;
    CHECK_ERR(SYS(ioctl, other.slave, TIOCNOTTY, 0), FREEBSD_ENOTTY);
    CHECK_OK(guest_handle(FREEBSD_SIGHUP, on_hangup, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGCONT, on_hangup, 0));
    fd = MUST(SYS(open, "/dev/tty", FREEBSD_O_RDWR));
    CHECK_OK(SYS(ioctl, fd, TIOCNOTTY, 0));
    guest_sleep_ms(50);
    CHECK_EQ(hung_up, 0);
    CHECK_ERR(SYS(open, "/dev/tty", FREEBSD_O_RDWR), FREEBSD_ENXIO);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCGPGRP, &value), FREEBSD_ENOTTY);
    CHECK_OK(SYS(ioctl, other.slave, TIOCSCTTY, 0)); /* another one can be taken now */
    terminals_close(&other);
}

TEST(dropping)
{
    in_session(drops);
}

/* TIOCSPGRP: groups of the session only */
static void nothing(const struct pair *p)
{
    (void)p;
}

static void other_session(const struct pair *p)
{
    (void)p;
    SYS(setsid);
    guest_sleep_ms(60000);
}

static void chooses(const struct pair *p)
{
    struct pair other;
    int32_t group = 0x3fffffff, value = 0;
    int pid = terminals_job(nothing, p, true), stranger;

    foreground(p, pid);
    CHECK_OK(SYS(ioctl, p->slave, TIOCGPGRP, &value));
    CHECK_EQ(value, pid);
    value = 0;
    CHECK_OK(SYS(ioctl, p->master, TIOCGPGRP, &value)); /* of a master, whosever terminal it is */
    CHECK_EQ(value, pid);
    CHECK_OK(SYS(ioctl, p->master, TIOCGSID, &value));
    CHECK_EQ(value, SYS(getpid));
    foreground(p, (int32_t)SYS(getpgrp));
    guest_wait(pid);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSPGRP, &group), FREEBSD_EPERM);
    stranger = terminals_job(other_session, p, false);
    for (int i = 0; i < 1000 && SYS(getsid, stranger) != stranger; i++)
        guest_sleep_ms(10);
    CHECK_ERR(SYS(ioctl, p->slave, TIOCSPGRP, &stranger), FREEBSD_EPERM);
    end(stranger);
    if (!terminals_open(&other))
        return;
    group = (int32_t)SYS(getpgrp);
    CHECK_ERR(SYS(ioctl, other.slave, TIOCSPGRP, &group), FREEBSD_ENOTTY);
    terminals_close(&other);
}

TEST(foreground_groups)
{
    in_session(chooses);
}

/* In the background reading stops by SIGTTIN, and goes on in the foreground */
static void reads(const struct pair *p)
{
    char buffer[16];

    CHECK_EQ(SYS(read, p->slave, buffer, sizeof(buffer)), 5);
    CHECK_EQ(memcmp(buffer, "line\n", 5), 0);
}

static void reading(const struct pair *p)
{
    int pid = terminals_job(reads, p, true);

    CHECK_EQ(terminals_wait(pid), STOPPED_BY(FREEBSD_SIGTTIN));
    foreground(p, pid);
    CHECK_OK(SYS(kill, -pid, FREEBSD_SIGCONT));
    CHECK_EQ(terminals_wait(pid), FREEBSD_WCONTINUED_STATUS);
    CHECK_EQ(SYS(write, p->master, "line\n", 5), 5);
    CHECK_EQ(terminals_wait(pid), 0);
}

TEST(reading_in_the_background)
{
    in_session(reading);
}

/* Ignored or blocked SIGTTIN, or no shell that could continue it: EIO */
static void reads_deaf(const struct pair *p)
{
    char byte;

    guest_ignore(FREEBSD_SIGTTIN);
    CHECK_ERR(SYS(read, p->slave, &byte, 1), FREEBSD_EIO);
    guest_default(FREEBSD_SIGTTIN);
    guest_block(FREEBSD_SIGTTIN);
    CHECK_ERR(SYS(read, p->slave, &byte, 1), FREEBSD_EIO);
}

/* The child's parent has gone, so nobody of the session but of another group is there to continue it. */
static void orphan(const struct pair *p)
{
    int32_t ends[2];
    char byte = 'f';
    int parent, pid;

    CHECK_OK(SYS(pipe2, ends, 0));
    parent = guest_fork();
    if (parent == 0) {
        int64_t self = SYS(getpid);

        pid = guest_fork();
        if (pid != 0)
            guest_exit(0);
        SYS(setpgid, 0, 0);
        for (int i = 0; i < 20000 && SYS(getppid) == self; i++)
            guest_sleep_ms(1); /* until it has ended */
        if (SYS(read, p->slave, &byte, 1) == -FREEBSD_EIO) {
            struct freebsd_termios t;

            guest_default(FREEBSD_SIGTTOU);
            SYS(ioctl, p->slave, TIOCGETA, &t);
            byte = SYS(ioctl, p->slave, TIOCSETA, &t) == -FREEBSD_EIO ? 'y' : 's';
        }
        SYS(write, ends[1], &byte, 1);
        guest_exit(0);
    }
    guest_wait(parent);
    CHECK_EQ(SYS(read, ends[0], &byte, 1), 1);
    CHECK_EQ(byte, 'y');
}

static void without_stop(const struct pair *p)
{
    CHECK_EQ(guest_wait(terminals_job(reads_deaf, p, true)), 0);
    orphan(p);
}

TEST(background_without_stop)
{
    in_session(without_stop);
}

/* Writing stops with TOSTOP only, and not where SIGTTOU is ignored or blocked */
static void writes(const struct pair *p)
{
    CHECK_EQ(SYS(write, p->slave, "text\n", 5), 5);
}

static void writes_deaf(const struct pair *p)
{
    guest_ignore(FREEBSD_SIGTTOU);
    writes(p);
}

static void writes_blocked(const struct pair *p)
{
    guest_block(FREEBSD_SIGTTOU);
    writes(p);
}

static void writes_default(const struct pair *p)
{
    guest_default(FREEBSD_SIGTTOU);
    writes(p);
}

/* The end of a job that was continued; it may come before anybody has looked whether the job goes on. */
static int ends(int pid)
{
    int status = terminals_wait(pid);

    return status == FREEBSD_WCONTINUED_STATUS ? terminals_wait(pid) : status;
}

static void writing(const struct pair *p)
{
    int pid;

    CHECK_EQ(guest_wait(terminals_job(writes_default, p, true)), 0);
    terminals_local(p->slave, LFLAG_TOSTOP, 0);
    CHECK_EQ(guest_wait(terminals_job(writes_deaf, p, true)), 0);
    CHECK_EQ(guest_wait(terminals_job(writes_blocked, p, true)), 0);
    pid = terminals_job(writes_default, p, true);
    CHECK_EQ(terminals_wait(pid), STOPPED_BY(FREEBSD_SIGTTOU));
    foreground(p, pid);
    CHECK_OK(SYS(kill, -pid, FREEBSD_SIGCONT));
    CHECK_EQ(ends(pid), 0);
}

TEST(writing_in_the_background)
{
    in_session(writing);
}

/* Requests that change the terminal stop a job in the background (ttydev_ioctl()); questions do not */
static unsigned long request;

static void changes(const struct pair *p)
{
    struct freebsd_winsize size = {10, 20, 0, 0};
    char typed = 'x';

    guest_default(FREEBSD_SIGTTOU);
    CHECK_OK(SYS(ioctl, p->slave, request, request == TIOCSWINSZ ? (void *)&size : (void *)&typed));
}

static void asks(const struct pair *p)
{
    struct freebsd_winsize size;
    struct freebsd_termios t;
    int32_t value;

    guest_default(FREEBSD_SIGTTOU);
    CHECK_OK(SYS(ioctl, p->slave, TIOCGETA, &t));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGWINSZ, &size));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGPGRP, &value));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGSID, &value));
    CHECK_OK(SYS(ioctl, p->slave, TIOCOUTQ, &value));
    CHECK_OK(SYS(ioctl, p->slave, FIONREAD, &value));
}

static void requests(const struct pair *p)
{
    static const unsigned long changing[] = {TIOCSWINSZ, TIOCEXCL, TIOCNXCL, TIOCSTAT, TIOCSTART, TIOCDRAIN};

    CHECK_EQ(guest_wait(terminals_job(asks, p, true)), 0);
    for (unsigned i = 0; i < sizeof(changing) / sizeof(changing[0]); i++) {
        int pid;

        request = changing[i];
        pid = terminals_job(changes, p, true);
        CHECK_EQ(terminals_wait(pid), STOPPED_BY(FREEBSD_SIGTTOU));
        foreground(p, pid);
        CHECK_OK(SYS(kill, -pid, FREEBSD_SIGCONT));
        CHECK_EQ(ends(pid), 0);
        foreground(p, (int32_t)SYS(getpgrp));
    }
}

TEST(requests_in_the_background)
{
    in_session(requests);
}

/* The keys: the whole foreground group has the signal, and nobody else */
static void sleeps(const struct pair *p)
{
    (void)p;
    guest_default(FREEBSD_SIGTTOU);
    CHECK_EQ(SYS(write, p->slave, "ready\n", 6), 6);
    guest_sleep_ms(60000);
}

static int started(const struct pair *p)
{
    int pid = terminals_job(sleeps, p, true);

    foreground(p, pid);
    CHECK(terminals_expect(p->master, "ready"));
    return pid;
}

static void keys(const struct pair *p)
{
    int pid = started(p), other = terminals_job(sleeps, p, true);

    CHECK(terminals_expect(p->master, "ready"));
    CHECK_EQ(SYS(write, p->master, "\32", 1), 1);
    CHECK_EQ(terminals_wait(pid), STOPPED_BY(FREEBSD_SIGTSTP));
    CHECK_OK(SYS(kill, -pid, FREEBSD_SIGCONT));
    CHECK_EQ(terminals_wait(pid), FREEBSD_WCONTINUED_STATUS);
    CHECK_EQ(SYS(write, p->master, "\3", 1), 1);
    CHECK_EQ(terminals_wait(pid), FREEBSD_SIGINT);
    CHECK_EQ(SYS(wait4, other, 0, FREEBSD_WNOHANG | FREEBSD_WUNTRACED, 0), 0);
    foreground(p, other);
    CHECK_EQ(SYS(write, p->master, "\34", 1), 1);
    CHECK_EQ(terminals_wait(other) & 0x7f, FREEBSD_SIGQUIT);
}

TEST(keys_send_signals)
{
    in_session(keys);
}

/* A stopped group that is orphaned gets SIGHUP and SIGCONT */
static void orphaned(const struct pair *p)
{
    int32_t ends[2];
    char byte = 0;
    int shell;

    (void)p;
    CHECK_OK(SYS(pipe2, ends, 0));
    shell = guest_fork();
    if (shell == 0) {
        int pid;

        SYS(setpgid, 0, 0);
        pid = guest_fork();
        if (pid == 0) {
            SYS(setpgid, 0, 0);
            guest_handle(FREEBSD_SIGHUP, on_hangup, 0);
            SYS(kill, SYS(getpid), FREEBSD_SIGSTOP);
            for (int i = 0; i < 1000 && hung_up == 0; i++)
                guest_sleep_ms(10);
            byte = (char)hung_up;
            SYS(write, ends[1], &byte, 1);
            guest_exit(0);
        }
        CHECK_EQ(terminals_wait(pid), STOPPED_BY(FREEBSD_SIGSTOP));
        guest_exit(guest_failed());
    }
    CHECK_EQ(guest_wait(shell), 0);
    CHECK_EQ(SYS(read, ends[0], &byte, 1), 1);
    CHECK_EQ(byte, FREEBSD_SIGHUP);
}

TEST(orphaned_while_stopped)
{
    in_session(orphaned);
}

/* A change of the window's size tells the foreground group, if it is one */
static volatile uint32_t resized;

static void on_resize(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    resized++;
}

static void resizes(const struct pair *p)
{
    struct freebsd_winsize size = {30, 100, 0, 0}, got;

    CHECK_OK(guest_handle(FREEBSD_SIGWINCH, on_resize, 0));
    CHECK_OK(SYS(ioctl, p->master, TIOCSWINSZ, &size));
    CHECK(guest_await(&resized, 1));
    CHECK_OK(SYS(ioctl, p->slave, TIOCGWINSZ, &got));
    CHECK_EQ(memcmp(&size, &got, sizeof(size)), 0);
    CHECK_OK(SYS(ioctl, p->slave, TIOCSWINSZ, &size)); /* as it is already */
    size.row = 40;
    CHECK_OK(SYS(ioctl, p->slave, TIOCSWINSZ, &size));
    CHECK(guest_await(&resized, 2));
    guest_sleep_ms(50);
    CHECK_EQ(resized, 2);
}

TEST(resizing)
{
    in_session(resizes);
}

/* The master's end hangs up: SIGHUP to the leader, the end of the file and EIO for who goes on */
static void hangs_up(const struct pair *p)
{
    char byte;

    CHECK_OK(guest_handle(FREEBSD_SIGHUP, on_hangup, 0));
    CHECK_EQ(SYS(write, p->slave, "ready\n", 6), 6);
    SYS(close, p->master);
    CHECK(guest_await(&hung_up, FREEBSD_SIGHUP));
    CHECK_EQ(SYS(read, p->slave, &byte, 1), 0);
    CHECK_ERR(SYS(write, p->slave, "x", 1), FREEBSD_EIO);
}

TEST(hanging_up)
{
    struct pair p;
    int pid;

    if (!terminals_open(&p))
        return;
    pid = guest_fork();
    if (pid == 0) {
        terminals_lead(&p);
        hangs_up(&p);
        guest_exit(guest_failed());
    }
    CHECK_OK(SYS(close, p.slave));
    CHECK(terminals_expect(p.master, "ready"));
    CHECK_OK(SYS(close, p.master));
    CHECK_EQ(guest_wait(pid), 0);
}

/* TIOCSTI types a character on one's own terminal, unless the host refuses that to everybody */
static void typing(const struct pair *p)
{
    struct pair other;
    char buffer[8];
    int64_t r = SYS(ioctl, p->slave, TIOCSTI, "z");

    if (r == -FREEBSD_EIO)
        guest_exit(UNTRIED);
    CHECK_OK(r);
    CHECK_OK(SYS(ioctl, p->slave, TIOCSTI, "\n"));
    CHECK_EQ(SYS(read, p->slave, buffer, sizeof(buffer)), 2);
    CHECK_EQ(memcmp(buffer, "z\n", 2), 0);
    if (SYS(geteuid) == 0 || !terminals_open(&other))
        return;
    CHECK_ERR(SYS(ioctl, other.slave, TIOCSTI, "z"), FREEBSD_EACCES);
    terminals_close(&other);
}

TEST(typing_by_request)
{
    in_session(typing);
}
