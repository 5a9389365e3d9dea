/*
 * Every call that waits, and what a signal does to it: a handler ends it with EINTR, or it goes on after a handler with
 * SA_RESTART if it is one of those that do; a blocked signal does not disturb it. Sources: sigaction(2) lists the calls
 * that restart; nanosleep(2), poll(2), select(2), kevent(2), sigwaitinfo(2) say that they do not.
 */
#include "event.h"
#include "guest.h"
#include "socket.h"

enum { LOCK_EX = 2, ITIMER_GAP_MS = 10, SIGNALS_SENT = 3 };

static int64_t sleep_ms; /* of the calls that sleep: not over before a signal comes that is to end them */

/* What all have to do with; made anew for each. */
static int32_t pipe_fds[2], full_pipe[2], pair[2], full_pair[2];
static int listener, queue;
static char filler[4096];
static volatile uint32_t *shared; /* 1: the child has done its part before the call */
static struct freebsd_sockaddr_un address;

struct pollfd {
    int32_t fd;
    int16_t events, revents;
};

static void fill(int fd, int64_t number_of_write)
{
    MUST(SYS(fcntl, fd, FREEBSD_F_SETFL, FREEBSD_O_NONBLOCK));
    while (SYS_NUMBER(number_of_write, fd, filler, sizeof(filler)) > 0)
        continue;
    while (SYS_NUMBER(number_of_write, fd, filler, 1) > 0)
        continue;
    MUST(SYS(fcntl, fd, FREEBSD_F_SETFL, 0));
}

static void prepare(void)
{
    struct freebsd_kevent change = {0, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, 0, {0}};

    memset(&address, 0, sizeof(address));
    address.family = FREEBSD_AF_UNIX;
    address.len = sizeof(address);
    memcpy(address.path, "interrupt", 10);
    MUST(SYS(pipe2, pipe_fds, 0));
    MUST(SYS(pipe2, full_pipe, 0));
    MUST(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    MUST(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, full_pair));
    fill(full_pipe[1], FREEBSD_SYS_write);
    fill(full_pair[1], FREEBSD_SYS_write);
    SYS(unlink, "interrupt");
    SYS(unlink, "fifo");
    listener = (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
    MUST(SYS(bind, listener, &address, sizeof(address)));
    MUST(SYS(listen, listener, 4));
    MUST(SYS(mkfifoat, FREEBSD_AT_FDCWD, "fifo", 0600));
    queue = (int)MUST(SYS(kqueue));
    change.ident = (uint64_t)pipe_fds[0];
    MUST(SYS(kevent, queue, &change, 1, 0, 0, 0));
}

static void clean(void)
{
    const int fds[] = {pipe_fds[0], pipe_fds[1],  full_pipe[0], full_pipe[1], pair[0],
                       pair[1],     full_pair[0], full_pair[1], listener,     queue};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        SYS(close, fds[i]);
    SYS(unlink, "interrupt");
    SYS(unlink, "fifo");
}

static int child;

/* ---- what waits; 0 when it has ended as it should ---- */

static int64_t is_one(int64_t result)
{
    return result == 1 ? 0 : result < 0 ? result : 1000;
}

static int64_t do_read(void)
{
    char c;

    return is_one(SYS(read, pipe_fds[0], &c, 1));
}

static int64_t do_readv(void)
{
    char c;
    struct freebsd_iovec v = {&c, 1};

    return is_one(SYS(readv, pipe_fds[0], &v, 1));
}

static int64_t do_write(void)
{
    return is_one(SYS(write, full_pipe[1], "x", 1));
}

static int64_t do_writev(void)
{
    char c = 'x';
    struct freebsd_iovec v = {&c, 1};

    return is_one(SYS(writev, full_pipe[1], &v, 1));
}

static int64_t do_recvfrom(void)
{
    char c;

    return is_one(SYS(recvfrom, pair[0], &c, 1, 0, 0, 0));
}

static int64_t do_sendto(void)
{
    return is_one(SYS(sendto, full_pair[1], "x", 1, 0, 0, 0));
}

static int64_t do_accept(void)
{
    int64_t fd = SYS(accept, listener, 0, 0);

    return fd >= 0 ? SYS(close, fd) : fd;
}

static int64_t do_open_fifo(void)
{
    int64_t fd = SYS(open, "fifo", FREEBSD_O_RDONLY);

    return fd >= 0 ? SYS(close, fd) : fd;
}

static int64_t do_wait4(void)
{
    int64_t pid = SYS(wait4, child, 0, 0, 0);

    return pid == child ? 0 : pid;
}

static int64_t do_wait6(void)
{
    int64_t pid = SYS(wait6, FREEBSD_P_PID, child, 0, FREEBSD_WEXITED, 0, 0);

    return pid == child ? 0 : pid;
}

static int64_t do_flock(void)
{
    int64_t fd = MUST(SYS(open, "locked", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600)), r = SYS(flock, fd, LOCK_EX);

    SYS(close, fd);
    return r;
}

static int64_t do_lock(void)
{
    struct freebsd_flock lock = {0};
    int64_t fd = MUST(SYS(open, "locked", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600)), r;

    lock.type = FREEBSD_F_WRLCK;
    r = SYS(fcntl, fd, FREEBSD_F_SETLKW, &lock);
    SYS(close, fd);
    return r;
}

static int64_t slept(uint64_t begin, int64_t r)
{
    return r == 0 && guest_now() - begin < (uint64_t)sleep_ms * 1000000 ? 1001 : r;
}

static int64_t do_nanosleep(void)
{
    struct freebsd_timespec ts = {sleep_ms / 1000, sleep_ms % 1000 * 1000000};
    uint64_t begin = guest_now();

    return slept(begin, SYS(nanosleep, &ts, 0));
}

static int64_t do_clock_nanosleep(void)
{
    struct freebsd_timespec ts = {sleep_ms / 1000, sleep_ms % 1000 * 1000000};
    uint64_t begin = guest_now();

    return slept(begin, -SYS(clock_nanosleep, FREEBSD_CLOCK_REALTIME, 0, &ts, 0));
}

static int64_t do_clock_nanosleep_until(void)
{
    uint64_t begin = guest_now(), end = begin + (uint64_t)sleep_ms * 1000000;
    struct freebsd_timespec ts = {(int64_t)(end / 1000000000), (int64_t)(end % 1000000000)};

    return slept(begin, -SYS(clock_nanosleep, FREEBSD_CLOCK_MONOTONIC, FREEBSD_TIMER_ABSTIME, &ts, 0));
}

static int64_t do_poll(void)
{
    struct pollfd p = {pipe_fds[0], 1, 0};

    return is_one(SYS(poll, &p, 1, 20000));
}

static int64_t do_ppoll(void)
{
    struct pollfd p = {pipe_fds[0], 1, 0};
    struct freebsd_timespec ts = {20, 0};

    return is_one(SYS(ppoll, &p, 1, &ts, 0));
}

static int64_t do_select(void)
{
    uint64_t set[16] = {0};
    struct freebsd_timeval tv = {20, 0};

    set[pipe_fds[0] / 64] |= 1ULL << (pipe_fds[0] % 64);
    return is_one(SYS(select, pipe_fds[0] + 1, set, 0, 0, &tv));
}

static int64_t do_pselect(void)
{
    uint64_t set[16] = {0};

    set[pipe_fds[0] / 64] |= 1ULL << (pipe_fds[0] % 64);
    return is_one(SYS(pselect, pipe_fds[0] + 1, set, 0, 0, 0, 0));
}

static int64_t do_kevent(void)
{
    struct freebsd_kevent event;
    struct freebsd_timespec ts = {20, 0};

    return is_one(SYS(kevent, queue, 0, 0, &event, 1, &ts));
}

static int64_t do_kevent_for_ever(void)
{
    struct freebsd_kevent event;

    return is_one(SYS(kevent, queue, 0, 0, &event, 1, 0));
}

static struct freebsd_sigset awaited(void)
{
    struct freebsd_sigset set = {{0}};

    guest_set_add(&set, 120);
    return set;
}

static int64_t do_sigtimedwait(void)
{
    struct freebsd_sigset set = awaited();
    struct freebsd_timespec ts = {20, 0};
    int64_t r = SYS(sigtimedwait, &set, 0, &ts);

    return r == 120 ? 0 : r;
}

static int64_t do_sigwaitinfo(void)
{
    struct freebsd_sigset set = awaited();
    int64_t r = SYS(sigwaitinfo, &set, 0);

    return r == 120 ? 0 : r;
}

static int64_t do_sigwait(void)
{
    struct freebsd_sigset set = awaited();
    int32_t signo = 0;
    int64_t r = SYS(sigwait, &set, &signo);

    return r != 0 ? -r : signo == 120 ? 0 : 1002;
}

/* ---- what lets it go on, by the child ---- */

static int parent;

static void release_by_byte(void)
{
    SYS(write, pipe_fds[1], "r", 1);
}

static void release_by_message(void)
{
    SYS(write, pair[1], "r", 1);
}

static void drain_pipe(void)
{
    SYS(read, full_pipe[0], filler, sizeof(filler));
    SYS(read, full_pipe[0], filler, sizeof(filler));
}

static void drain_pair(void)
{
    for (int i = 0; i < 300; i++)
        SYS(recvfrom, full_pair[0], filler, sizeof(filler), 0x80 /* MSG_DONTWAIT */, 0, 0);
}

static void release_by_connection(void)
{
    int64_t fd = SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0);

    SYS(connect, fd, &address, sizeof(address));
    guest_sleep_ms(100);
}

static void release_by_opening(void)
{
    SYS(open, "fifo", FREEBSD_O_WRONLY);
    guest_sleep_ms(100);
}

static int64_t held;

static void hold_flock(void)
{
    held = SYS(open, "locked", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600);
    SYS(flock, held, LOCK_EX);
}

static void hold_lock(void)
{
    struct freebsd_flock lock = {0};

    lock.type = FREEBSD_F_WRLCK;
    held = SYS(open, "locked", FREEBSD_O_CREAT | FREEBSD_O_RDWR, 0600);
    SYS(fcntl, held, FREEBSD_F_SETLKW, &lock);
}

static void let_go(void)
{
    SYS(close, held);
}

static void release_by_signal(void)
{
    SYS(kill, parent, 120);
}

static void nothing(void)
{
}

struct wait {
    const char *name;
    int64_t (*call)(void);
    void (*hold)(void);    /* by the child, before the call */
    void (*release)(void); /* by the child: then the call succeeds */
    bool restarts;         /* under SA_RESTART */
};

static const struct wait waits[] = {
    {"read", do_read, nothing, release_by_byte, true},
    {"readv", do_readv, nothing, release_by_byte, true},
    {"write", do_write, nothing, drain_pipe, true},
    {"writev", do_writev, nothing, drain_pipe, true},
    {"recvfrom", do_recvfrom, nothing, release_by_message, true},
    {"sendto", do_sendto, nothing, drain_pair, true},
    {"accept", do_accept, nothing, release_by_connection, true},
    {"open of a fifo", do_open_fifo, nothing, release_by_opening, true},
    {"wait4", do_wait4, nothing, nothing, true},
    {"wait6", do_wait6, nothing, nothing, true},
    {"flock", do_flock, hold_flock, let_go, true},
    {"fcntl F_SETLKW", do_lock, hold_lock, let_go, true},
    {"nanosleep", do_nanosleep, nothing, nothing, false},
    {"clock_nanosleep", do_clock_nanosleep, nothing, nothing, false},
    {"clock_nanosleep until", do_clock_nanosleep_until, nothing, nothing, false},
    {"poll", do_poll, nothing, release_by_byte, false},
    {"ppoll", do_ppoll, nothing, release_by_byte, false},
    {"select", do_select, nothing, release_by_byte, false},
    {"pselect", do_pselect, nothing, release_by_byte, false},
    {"kevent", do_kevent, nothing, release_by_byte, false},
    {"kevent for ever", do_kevent_for_ever, nothing, release_by_byte, false},
    {"sigtimedwait", do_sigtimedwait, nothing, release_by_signal, false},
    {"sigwaitinfo", do_sigwaitinfo, nothing, release_by_signal, true},
    {"sigwait", do_sigwait, nothing, release_by_signal, true},
};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static volatile uint32_t handled;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    handled++;
}

enum how { ENDS, RESTARTS, BLOCKED };

static void child_part(const struct wait *w, int signo, enum how how)
{
    w->hold();
    *shared = 1;
    for (int i = 0; how == ENDS ? i < 600 : i < SIGNALS_SENT; i++) {
        guest_sleep_ms(how == ENDS ? 30 : ITIMER_GAP_MS);
        if (i % 2 != 0)
            SYS(sigqueue, parent, signo, i);
        else
            SYS(kill, parent, signo);
    }
    guest_sleep_ms(ITIMER_GAP_MS);
    w->release();
    guest_exit(0);
}

static void try(const struct wait *w, int signo, enum how how)
{
    int64_t want = how == ENDS ? -FREEBSD_EINTR : 0, got;
    bool waits_for_child = w->call == do_wait4 || w->call == do_wait6;

    parent = (int)SYS(getpid);
    sleep_ms = how == ENDS ? 20000 : 200;
    handled = 0;
    *shared = 0;
    prepare();
    guest_block(120);
    CHECK_OK(guest_handle(signo, note, how == RESTARTS ? FREEBSD_SA_RESTART : 0));
    if (how == BLOCKED)
        guest_block(signo);
    child = guest_fork();
    if (child == 0)
        child_part(w, signo, how);
    CHECK(guest_await(shared, 1));
    got = w->call();
    if (got != want || (how == BLOCKED && handled != 0))
        guest_fail(__FILE__, __LINE__, "%s, signal %d: result %ld, not %ld; %u handled", w->name, signo, (long)got,
                   (long)want, handled);
    if (how == ENDS || got != 0)
        SYS(kill, child, FREEBSD_SIGKILL);
    if (!waits_for_child || how == ENDS || got != 0)
        guest_wait(child);
    guest_default(120);
    guest_ignore(signo);
    guest_unblock(120);
    guest_unblock(signo);
    clean();
}

static void try_all(int signo, enum how how)
{
    shared = guest_shared_pages(4096);
    for (size_t i = 0; i < WAITS; i++) {
        if (how == RESTARTS && !waits[i].restarts)
            continue;
        try(&waits[i], signo, how);
        if (guest_failed())
            return;
    }
}

TEST(a_handler_ends_it)
{
    try_all(FREEBSD_SIGUSR1, ENDS);
}

TEST(a_handler_of_an_unnamed_signal_ends_it)
{
    try_all(100, ENDS);
}

TEST(those_that_restart_do)
{
    try_all(FREEBSD_SIGUSR1, RESTARTS);
}

TEST(those_that_restart_do_for_unnamed_signals)
{
    try_all(40, RESTARTS);
}

/* SA_RESTART is nothing to the others */
TEST(the_others_do_not_restart)
{
    shared = guest_shared_pages(4096);
    for (size_t i = 0; i < WAITS && !guest_failed(); i++) {
        int64_t got;

        if (waits[i].restarts)
            continue;
        parent = (int)SYS(getpid);
        sleep_ms = 20000;
        *shared = 0;
        prepare();
        CHECK_OK(guest_handle(75, note, FREEBSD_SA_RESTART));
        child = guest_fork();
        if (child == 0)
            child_part(&waits[i], 75, ENDS);
        CHECK(guest_await(shared, 1));
        got = waits[i].call();
        if (got != -FREEBSD_EINTR)
            guest_fail(__FILE__, __LINE__, "%s: result %ld", waits[i].name, (long)got);
        SYS(kill, child, FREEBSD_SIGKILL);
        guest_wait(child);
        guest_ignore(75);
        clean();
    }
}

TEST(blocked_signals_do_not_disturb)
{
    try_all(FREEBSD_SIGUSR1, BLOCKED);
}

TEST(blocked_unnamed_signals_do_not_disturb)
{
    try_all(100, BLOCKED);
}

TEST(blocked_faults_by_kill_do_not_disturb)
{
    try_all(FREEBSD_SIGSEGV, BLOCKED);
}

/* Waits with a mask of their own let in at once what is pending, and put the mask back. */
static const int kept[] = {FREEBSD_SIGUSR1, 40, 75, 100, FREEBSD_SIGSEGV};

/* Rows: sigsuspend: sigsuspend(2), sys/kern/kern_sig.c kern_sigsuspend() */
TEST(pending_ends_waits_with_a_mask)
{
    struct freebsd_sigset none = {{0}}, now;
    struct freebsd_timespec ts = {20, 0};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        int signo = kept[i];

        handled = 0;
        CHECK_OK(guest_handle(signo, note, FREEBSD_SA_RESTART));
        CHECK_OK(guest_block(signo));
        CHECK_OK(SYS(sigqueue, SYS(getpid), signo, 1));
        CHECK_ERR(SYS(sigsuspend, &none), FREEBSD_EINTR);
        CHECK_EQ(handled, 1);
        CHECK_OK(SYS(sigqueue, SYS(getpid), signo, 1));
        CHECK_ERR(SYS(ppoll, 0, 0, &ts, &none), FREEBSD_EINTR);
        CHECK_EQ(handled, 2);
        CHECK_OK(SYS(sigqueue, SYS(getpid), signo, 1));
        CHECK_ERR(SYS(pselect, 0, 0, 0, 0, &ts, &none), FREEBSD_EINTR);
        CHECK_EQ(handled, 3);
        CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &now));
        CHECK(guest_set_has(&now, signo));
        CHECK_OK(guest_unblock(signo));
        guest_default(signo);
    }
    CHECK_ERR(SYS(sigsuspend, 8), FREEBSD_EFAULT);
}
