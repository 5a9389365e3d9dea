/*
 * What a change may say, what it is answered, and how events are collected. Sources: kqueue(2); kqueue_register(),
 * kqueue_kevent(), kqueue_scan() of sys/kern/kern_event.c.
 *
 * Rows: kqueue kqueuex kevent freebsd11_kevent: kqueue(2), sys/kern/kern_event.c
 */
#include "queue.h"
#include "socket.h"

#define USER FREEBSD_EVFILT_USER
#define READ FREEBSD_EVFILT_READ
#define ADD  FREEBSD_EV_ADD
#define WILD ((void *)0x10)

TEST(filters_of_the_kernel)
{
    queue_fresh();
    CHECK_ERR(queue_change(1, FREEBSD_EVFILT_AIO, ADD, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(queue_change(1, FREEBSD_EVFILT_LIO, ADD, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(queue_change(1, FREEBSD_EVFILT_SENDFILE, ADD, 0, 0), FREEBSD_ENXIO);
    CHECK_ERR(queue_change(1, FREEBSD_EVFILT_SENDFILE, FREEBSD_EV_DELETE, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(queue_change(1, -20, ADD, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, 1, ADD, 0, 0), FREEBSD_EINVAL);
    CHECK_OK(queue_change(1, 0, ADD, 0, 0)); /* no filter: passed over */
    CHECK_OK(queue_change(1, FREEBSD_EVFILT_FS, ADD, 0x18, 0));
    queue_none(); /* nothing is mounted */
    CHECK_OK(queue_change(1, FREEBSD_EVFILT_FS, FREEBSD_EV_DELETE, 0, 0));
}

TEST(flags_that_contradict)
{
    queue_fresh();
    CHECK_ERR(queue_change(1, USER, ADD | FREEBSD_EV_ENABLE | FREEBSD_EV_DISABLE, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, USER, ADD | FREEBSD_EV_KEEPUDATA, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, USER, FREEBSD_EV_ENABLE, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(queue_change(1ULL << 40, READ, ADD, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(queue_change((uint64_t)queue, READ, ADD, 0, 0), FREEBSD_EINVAL); /* itself */
}

/* udata goes with the latest change, or stays with EV_KEEPUDATA; the flags are the first's, and ext comes back */
TEST(what_a_knote_keeps)
{
    struct freebsd_kevent k = {5, USER, ADD | FREEBSD_EV_CLEAR | FREEBSD_EV_RECEIPT, 0, 0, (void *)1, {11, 12, 13, 14}};
    struct freebsd_kevent e;

    queue_fresh();
    CHECK_EQ(SYS(kevent, queue, &k, 1, 0, 0, 0), 0);
    k.flags = FREEBSD_EV_KEEPUDATA;
    k.udata = (void *)2;
    k.fflags = FREEBSD_NOTE_TRIGGER;
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_EQ(queue_take(1000), 1);
    e = queue_out[0];
    CHECK_EQ((uint64_t)e.udata, 1);
    CHECK_EQ(e.flags, FREEBSD_EV_CLEAR | FREEBSD_EV_RECEIPT);
    CHECK_EQ(e.ext[0] + e.ext[1] + e.ext[2] + e.ext[3], 50);
    k.flags = 0;
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_EQ(queue_take(1000), 1);
    CHECK_EQ((uint64_t)queue_out[0].udata, 2);
}

/* Adding it again does not enable it */
TEST(disabled_stays_disabled)
{
    queue_fresh();
    CHECK_OK(queue_change(1, USER, ADD | FREEBSD_EV_DISABLE, 0, 0));
    CHECK_OK(queue_change(1, USER, ADD, FREEBSD_NOTE_TRIGGER, 0));
    queue_none();
    CHECK_OK(queue_change(1, USER, FREEBSD_EV_ENABLE, 0, 0));
    queue_one(1, USER);
}

/* EV_FORCEONESHOT reports whatever the filter says, once */
TEST(forced)
{
    int32_t fds[2];

    queue_fresh();
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(queue_change((uint64_t)fds[0], READ, ADD, 0, 0));
    queue_none();
    CHECK_OK(queue_change((uint64_t)fds[0], READ, FREEBSD_EV_FORCEONESHOT, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fds[0], READ).flags & FREEBSD_EV_ONESHOT, FREEBSD_EV_ONESHOT);
    CHECK_ERR(queue_change((uint64_t)fds[0], READ, FREEBSD_EV_DELETE, 0, 0), FREEBSD_ENOENT);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

/* Receipts and errors fill the list; without room the first error ends the call, and a receipt too */
TEST(receipts)
{
    struct freebsd_kevent in[3] = {{1, USER, ADD | FREEBSD_EV_RECEIPT, 0x7, 9, (void *)1, {0}},
                                   {999, READ, ADD, 0x7, 9, (void *)2, {0}},
                                   {2, USER, ADD | FREEBSD_EV_RECEIPT, 0, 0, (void *)3, {0}}};

    queue_fresh();
    memset(queue_out, 0x55, sizeof(queue_out));
    CHECK_EQ(SYS(kevent, queue, in, 3, queue_out, QUEUE_ROOM, 0), 3);
    CHECK_EQ(queue_out[0].flags, FREEBSD_EV_ERROR);
    CHECK_EQ(queue_out[0].data, 0);
    CHECK_EQ(queue_out[0].fflags, 0);
    CHECK_EQ(queue_out[1].data, FREEBSD_EBADF);
    CHECK_EQ(queue_out[1].fflags, 0x7);
    CHECK_EQ((uint64_t)queue_out[2].udata, 3);
    in[2].ident = 3;
    CHECK_ERR(SYS(kevent, queue, in, 3, queue_out, 1, 0), FREEBSD_EBADF);      /* the receipt has taken the room */
    CHECK_ERR(queue_change(3, USER, FREEBSD_EV_ENABLE, 0, 0), FREEBSD_ENOENT); /* and the third was not made */
    CHECK_EQ(SYS(kevent, queue, in, 1, 0, 0, 0), 0);
}

TEST(wild_pointers)
{
    struct freebsd_kevent k = {1, USER, ADD, 0, 0, 0, {0}};
    struct freebsd_timespec bad = {0, -1};

    queue_fresh();
    CHECK_ERR(SYS(kevent, queue, WILD, 1, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(kevent, queue, 0, 0, queue_out, 1, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    k.flags = 0;
    k.fflags = FREEBSD_NOTE_TRIGGER;
    CHECK_OK(SYS(kevent, queue, &k, 1, 0, 0, 0));
    CHECK_ERR(SYS(kevent, queue, 0, 0, WILD, 1, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(kevent, queue, 0, 0, queue_out, 1, &bad), FREEBSD_EINVAL);
    CHECK_OK(SYS(kevent, queue, 0, 0, 0, 0, &bad)); /* no room: the time is not looked at */
    CHECK_OK(SYS(kevent, queue, WILD, -1, 0, 0, 0));
    CHECK_ERR(SYS(kevent, 999, WILD, 1, 0, 0, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_kevent, queue, WILD, 1, 0, 0, 0), FREEBSD_EFAULT);
}

/* A call reports each once, however much room there is, in the order in which they became active */
TEST(each_once)
{
    static struct freebsd_kevent room[400];
    struct freebsd_timespec none = {0, 0};

    queue_fresh();
    for (uint64_t i = 0; i < 100; i++) {
        CHECK_OK(queue_change(i, USER, ADD, 0, 0));
        CHECK_OK(queue_change(i, USER, 0, FREEBSD_NOTE_TRIGGER, 0));
    }
    for (int round = 0; round < 2; round++) {
        CHECK_EQ(SYS(kevent, queue, 0, 0, room, 400, &none), 100);
        for (uint64_t i = 0; i < 100; i++) {
            CHECK_EQ(room[i].ident, i);
        }
    }
    CHECK_EQ(SYS(kevent, queue, 0, 0, room, 30, &none), 30); /* the rest comes first in the next call */
    CHECK_EQ(SYS(kevent, queue, 0, 0, room, 1, &none), 1);
    CHECK_EQ(room[0].ident, 30);
}

/* The layout of before FreeBSD 12 */
TEST(old_layout)
{
    struct freebsd11_kevent in[2] = {{5, USER, ADD, 0, 0, (void *)77}, {6, USER, ADD, 0, 0, (void *)78}};
    struct freebsd11_kevent got[3];
    struct freebsd_timespec ts = {1, 0};

    queue_fresh();
    CHECK_OK(SYS(freebsd11_kevent, queue, in, 2, 0, 0, 0));
    for (int i = 0; i < 2; i++) {
        in[i].flags = 0;
        in[i].fflags = FREEBSD_NOTE_TRIGGER | FREEBSD_NOTE_FFCOPY | 0x12;
        in[i].data = -3;
    }
    memset(got, 0x55, sizeof(got));
    CHECK_EQ(SYS(freebsd11_kevent, queue, in, 2, got, 3, &ts), 2);
    CHECK_EQ(got[1].ident, 6);
    CHECK_EQ(got[1].data, -3);
    CHECK_EQ(got[1].fflags, 0x12);
    CHECK_EQ((uint64_t)got[1].udata, 78);
    CHECK_EQ(got[2].ident, 0x5555555555555555);
    in[0].filter = -20;
    in[0].flags = ADD;
    CHECK_ERR(SYS(freebsd11_kevent, queue, in, 1, 0, 0, 0), FREEBSD_EINVAL);
}

TEST(making)
{
    int fd = (int)MUST(SYS(kqueuex, 1)); /* KQUEUE_CLOEXEC */

    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 1);
    SYS(close, fd);
    fd = (int)MUST(SYS(kqueuex, 0));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    SYS(close, fd);
    CHECK_ERR(SYS(kqueuex, 0x80), FREEBSD_EINVAL);
    fd = (int)MUST(SYS(kqueue));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    SYS(close, fd);
}

/* A copy of a kqueue's descriptor is the same kqueue; it goes with the last */
TEST(copies)
{
    int copy, first;

    queue_fresh();
    CHECK_OK(queue_change(1, USER, ADD, 0, 0));
    CHECK_OK(queue_change(1, USER, 0, FREEBSD_NOTE_TRIGGER, 0));
    copy = (int)MUST(SYS(dup, queue));
    first = queue;
    SYS(close, first);
    queue = copy;
    queue_one(1, USER);
    SYS(close, copy);
    CHECK_ERR(SYS(kevent, copy, 0, 0, queue_out, 1, 0), FREEBSD_EBADF);
    queue = 0;
}

/* A kqueue is readable while it has something, also for one that watches it, to any depth */
TEST(nested)
{
    enum { DEPTH = 3 };
    struct freebsd_timespec none = {0, 0};
    int inner;

    queue_fresh();
    inner = queue;
    CHECK_OK(queue_change(1, USER, ADD | FREEBSD_EV_CLEAR, 0, 0));
    for (int i = 0; i < DEPTH; i++) {
        int watched = queue;

        queue = (int)MUST(SYS(kqueue));
        CHECK_OK(queue_change((uint64_t)watched, READ, ADD, 0, 0));
        CHECK_ERR(queue_change((uint64_t)watched, FREEBSD_EVFILT_WRITE, ADD, 0, 0), FREEBSD_EINVAL);
    }
    queue_none();
    struct freebsd_kevent k = {1, USER, 0, FREEBSD_NOTE_TRIGGER, 0, 0, {0}};
    CHECK_OK(SYS(kevent, inner, &k, 1, 0, 0, 0));
    CHECK(queue_one((uint64_t)queue - 1, READ).data >= 1);
    CHECK(queue_one((uint64_t)queue - 1, READ).data >= 1);
    CHECK_EQ(SYS(kevent, inner, 0, 0, &k, 1, &none), 1);
    queue_none();
    for (int i = 0; i < DEPTH; i++) {
        SYS(close, queue - 1 - i);
    }
}
