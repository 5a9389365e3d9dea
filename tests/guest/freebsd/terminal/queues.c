/*
 * Pseudo-terminals in kqueues and poll. Sources: pts_kqops_read_event(), pts_kqops_write_event() and ptsdev_poll() in
 * sys/kern/tty_pts.c, tty_kqops_read_event() in sys/kern/tty.c.
 */
#include "terminals.h"

#include "event.h"

static int wait_one(int queue, struct freebsd_kevent *event, unsigned milliseconds)
{
    struct freebsd_timespec limit = {milliseconds / 1000, (int64_t)(milliseconds % 1000) * 1000000};

    return (int)SYS(kevent, queue, 0, 0, event, 1, &limit);
}

static void watch(int queue, int fd, int filter)
{
    struct freebsd_kevent change = {.ident = (uint64_t)fd, .filter = (int16_t)filter, .flags = FREEBSD_EV_ADD};

    CHECK_OK(SYS(kevent, queue, &change, 1, 0, 0, 0));
}

/* Lines on the slave's side, bytes on the master's */
TEST(reading)
{
    struct freebsd_kevent event;
    struct pair p;
    char buffer[16];
    int queue = (int)MUST(SYS(kqueue));

    if (!terminals_open(&p))
        return;
    terminals_local(p.slave, 0, LFLAG_ECHO);
    watch(queue, p.slave, FREEBSD_EVFILT_READ);
    CHECK_EQ(SYS(write, p.master, "abc", 3), 3);
    CHECK_EQ(wait_one(queue, &event, 100), 0); /* no line yet */
    CHECK_EQ(SYS(write, p.master, "\n", 1), 1);
    CHECK_EQ(wait_one(queue, &event, 10000), 1);
    CHECK_EQ(event.ident, (uint64_t)p.slave);
    CHECK_EQ(event.data, 4);
    CHECK_EQ(SYS(read, p.slave, buffer, sizeof(buffer)), 4);
    watch(queue, p.master, FREEBSD_EVFILT_READ);
    CHECK_EQ(SYS(write, p.slave, "12345", 5), 5);
    CHECK_EQ(wait_one(queue, &event, 10000), 1);
    CHECK_EQ(event.ident, (uint64_t)p.master);
    CHECK(event.data > 0);
    CHECK_EQ(event.flags & FREEBSD_EV_EOF, 0);
    SYS(close, queue);
    terminals_close(&p);
}

/* With its slave closed a master is at its end in both directions */
TEST(slave_closed)
{
    static const int filters[] = {FREEBSD_EVFILT_READ, FREEBSD_EVFILT_WRITE};
    struct freebsd_kevent event;
    struct pair p;
    char byte;

    if (!terminals_open(&p))
        return;
    SYS(close, p.slave);
    for (int i = 0; i < 2; i++) {
        int queue = (int)MUST(SYS(kqueue));

        watch(queue, p.master, filters[i]);
        CHECK_EQ(wait_one(queue, &event, 10000), 1);
        CHECK_EQ(event.filter, filters[i]);
        CHECK_EQ(event.flags & FREEBSD_EV_EOF, FREEBSD_EV_EOF);
        SYS(close, queue);
    }
    CHECK_EQ(SYS(read, p.master, &byte, 1), 0);
    SYS(close, p.master);
}
