/*
 * kqueue(2)'s filters. Sources: kqueue(2), sys/kern/kern_event.c.
 */
#include "event.h"
#include "guest.h"

static int queue;
static struct freebsd_kevent out[16];

static int64_t change(uint64_t ident, int filter, int flags, uint32_t fflags, int64_t data, void *udata)
{
    struct freebsd_kevent k = {ident, (int16_t)filter, (uint16_t)flags, fflags, data, udata, {0}};

    return SYS(kevent, queue, &k, 1, 0, 0, 0);
}

static int64_t take(int milliseconds)
{
    struct freebsd_timespec ts = {milliseconds / 1000, (int64_t)(milliseconds % 1000) * 1000000};

    memset(out, 0x55, sizeof(out));
    return SYS(kevent, queue, 0, 0, out, 16, &ts);
}

static void fresh(void)
{
    if (queue > 0)
        SYS(close, queue);
    queue = (int)MUST(SYS(kqueue));
}

TEST(read_of_a_pipe)
{
    int32_t fds[2];
    char buffer[8];

    fresh();
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(change((uint64_t)fds[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, (void *)0x1234));
    CHECK_EQ(take(0), 0);
    CHECK_EQ(SYS(write, fds[1], "abc", 3), 3);
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].ident, fds[0]);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_READ);
    CHECK_EQ(out[0].data, 3); /* bytes to read */
    CHECK_EQ((uint64_t)out[0].udata, 0x1234);
    CHECK_EQ(out[0].flags & (FREEBSD_EV_EOF | FREEBSD_EV_ERROR), 0);
    CHECK_EQ(take(0), 1); /* level-triggered */
    CHECK_EQ(SYS(read, fds[0], buffer, 8), 3);
    CHECK_EQ(take(0), 0);
    SYS(close, fds[1]);
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].flags & FREEBSD_EV_EOF, FREEBSD_EV_EOF);
    SYS(close, fds[0]);
}

TEST(write_of_a_pipe)
{
    int32_t fds[2];

    fresh();
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(change((uint64_t)fds[1], FREEBSD_EVFILT_WRITE, FREEBSD_EV_ADD, 0, 0, 0));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_WRITE);
    CHECK(out[0].data > 0);
    SYS(close, fds[0]);
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].flags & FREEBSD_EV_EOF, FREEBSD_EV_EOF);
    SYS(close, fds[1]);
}

/* A file is always readable up to its end: the data is what is left */
TEST(read_of_a_file)
{
    int fd = guest_file("readable", "12345");

    fresh();
    CHECK_OK(change((uint64_t)fd, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, 0));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].data, 5);
    SYS(lseek, fd, 2, FREEBSD_SEEK_SET);
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].data, 3);
    SYS(lseek, fd, 5, FREEBSD_SEEK_SET);
    CHECK_EQ(take(0), 0);
    SYS(close, fd);
}

TEST(timer)
{
    uint64_t begin;

    fresh();
    begin = guest_now();
    CHECK_OK(change(7, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD | FREEBSD_EV_ONESHOT, 0, 30, (void *)9));
    CHECK_EQ(take(2000), 1);
    CHECK(guest_now() - begin >= 29000000); /* milliseconds by default */
    CHECK_EQ(out[0].ident, 7);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_TIMER);
    CHECK_EQ(out[0].data, 1);
    CHECK_EQ((uint64_t)out[0].udata, 9);
    CHECK_EQ(take(60), 0);
    CHECK_ERR(change(7, FREEBSD_EVFILT_TIMER, FREEBSD_EV_DELETE, 0, 0, 0), FREEBSD_ENOENT);
}

TEST(periodic_timer)
{
    fresh();
    CHECK_OK(change(1, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD, FREEBSD_NOTE_USECONDS, 10000, 0));
    guest_sleep_ms(55);
    CHECK_EQ(take(1000), 1);
    CHECK(out[0].data >= 4); /* how often it went off since it was last reported */
    CHECK_EQ(take(1000), 1);
    CHECK_OK(change(1, FREEBSD_EVFILT_TIMER, FREEBSD_EV_DELETE, 0, 0, 0));
    CHECK_EQ(take(30), 0);
    CHECK_ERR(change(1, FREEBSD_EVFILT_TIMER, FREEBSD_EV_ADD, 0, -5, 0), FREEBSD_EINVAL);
}

/* SIGNAL sees every attempt, ignored ones too, without taking them; data counts them */
TEST(signals)
{
    fresh();
    CHECK_OK(guest_ignore(FREEBSD_SIGUSR1));
    CHECK_OK(change(FREEBSD_SIGUSR1, FREEBSD_EVFILT_SIGNAL, FREEBSD_EV_ADD, 0, 0, 0));
    CHECK_EQ(take(0), 0);
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].ident, FREEBSD_SIGUSR1);
    CHECK_EQ(out[0].filter, FREEBSD_EVFILT_SIGNAL);
    CHECK_EQ(out[0].data, 2);
    CHECK_EQ(take(0), 0); /* EV_CLEAR is implied */
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
}

TEST(process_exit)
{
    int pid;

    fresh();
    pid = guest_fork();
    if (pid == 0) {
        guest_sleep_ms(50);
        guest_exit(5);
    }
    CHECK_OK(change((uint64_t)pid, FREEBSD_EVFILT_PROC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0, (void *)3));
    CHECK_EQ(take(5000), 1);
    CHECK_EQ(out[0].ident, pid);
    CHECK_EQ(out[0].fflags & FREEBSD_NOTE_EXIT, FREEBSD_NOTE_EXIT);
    CHECK_EQ(out[0].data, 5 << 8);
    CHECK_EQ(guest_wait(pid), 5 << 8);
    CHECK_ERR(change(999999, FREEBSD_EVFILT_PROC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0, 0), FREEBSD_ESRCH);
}

TEST(user_events)
{
    fresh();
    CHECK_OK(change(11, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0, (void *)1));
    CHECK_EQ(take(0), 0);
    CHECK_OK(change(11, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER | FREEBSD_NOTE_FFCOPY | 5, 0, (void *)1));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].ident, 11);
    CHECK_EQ(out[0].fflags & 0xffffff, 5);
    CHECK_EQ(take(0), 0);
    CHECK_OK(change(11, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER | FREEBSD_NOTE_FFOR | 2, 0, 0));
    CHECK_EQ(take(1000), 1);
    CHECK_EQ(out[0].fflags & 2, 2);
    CHECK_ERR(change(12, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0, 0), FREEBSD_ENOENT);
}

TEST(vnode_changes)
{
    int fd = guest_file("watched", "x");

    fresh();
    CHECK_OK(change((uint64_t)fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR,
                    FREEBSD_NOTE_WRITE | FREEBSD_NOTE_ATTRIB | FREEBSD_NOTE_DELETE | FREEBSD_NOTE_RENAME, 0, 0));
    CHECK_EQ(take(20), 0);
    CHECK_EQ(SYS(write, fd, "yy", 2), 2);
    CHECK_EQ(take(2000), 1);
    CHECK_EQ(out[0].ident, fd);
    CHECK_EQ(out[0].fflags & FREEBSD_NOTE_WRITE, FREEBSD_NOTE_WRITE);
    CHECK_OK(SYS(rename, "watched", "renamed"));
    CHECK_EQ(take(2000), 1);
    CHECK_EQ(out[0].fflags & FREEBSD_NOTE_RENAME, FREEBSD_NOTE_RENAME);
    CHECK_OK(SYS(unlink, "renamed"));
    CHECK_EQ(take(2000), 1);
    CHECK_EQ(out[0].fflags & FREEBSD_NOTE_DELETE, FREEBSD_NOTE_DELETE);
    SYS(close, fd);
}

/* A directory's WRITE says that a name came or went */
TEST(vnode_directory)
{
    int fd;

    fresh();
    CHECK_OK(SYS(mkdir, "watchdir", 0755));
    fd = (int)MUST(SYS(open, "watchdir", FREEBSD_O_DIRECTORY));
    CHECK_OK(change((uint64_t)fd, FREEBSD_EVFILT_VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_WRITE, 0, 0));
    SYS(close, guest_file("watchdir/new", "x"));
    CHECK_EQ(take(2000), 1);
    CHECK_EQ(out[0].fflags, FREEBSD_NOTE_WRITE);
    SYS(close, fd);
}

TEST(unknown_filter)
{
    fresh();
    CHECK_ERR(change(0, -99, FREEBSD_EV_ADD, 0, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(change(0, 1, FREEBSD_EV_ADD, 0, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(change(999, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0, 0), FREEBSD_EBADF);
}

/* The layout of before FreeBSD 12, on the call of that time */
TEST(old_call)
{
    struct freebsd11_kevent in = {5, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD, 0, 0, (void *)77};
    struct freebsd11_kevent got;
    struct freebsd_timespec ts = {1, 0};

    fresh();
    CHECK_OK(SYS(freebsd11_kevent, queue, &in, 1, 0, 0, 0));
    in.flags = 0;
    in.fflags = FREEBSD_NOTE_TRIGGER;
    memset(&got, 0x55, sizeof(got));
    CHECK_EQ(SYS(freebsd11_kevent, queue, &in, 1, &got, 1, &ts), 1);
    CHECK_EQ(got.ident, 5);
    CHECK_EQ(got.filter, FREEBSD_EVFILT_USER);
    CHECK_EQ((uint64_t)got.udata, 77);
}
