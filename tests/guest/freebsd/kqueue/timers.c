/*
 * EVFILT_TIMER and EVFILT_USER. Sources: kqueue(2); filt_timer*() and filt_user*() of sys/kern/kern_event.c.
 */
#include "queue.h"

#define TIMER  FREEBSD_EVFILT_TIMER
#define USER   FREEBSD_EVFILT_USER
#define ADD    FREEBSD_EV_ADD
#define DELETE FREEBSD_EV_DELETE

/* 40 ms in every unit: not earlier, and once with EV_ONESHOT */
TEST(units)
{
    static const struct {
        uint32_t unit;
        int64_t data;
    } units[] = {
        {0, 40}, {FREEBSD_NOTE_MSECONDS, 40}, {FREEBSD_NOTE_USECONDS, 40000}, {FREEBSD_NOTE_NSECONDS, 40000000}};

    queue_fresh();
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t begin = guest_now();

        CHECK_OK(queue_change(i, TIMER, ADD | FREEBSD_EV_ONESHOT, units[i].unit, units[i].data));
        if (queue_take(0) == 0) /* else the time was over before it could look */
            CHECK_EQ(queue_one(i, TIMER).data, 1);
        CHECK(guest_now() - begin >= 39000000);
    }
    CHECK_OK(queue_change(9, TIMER, ADD | FREEBSD_EV_ONESHOT, FREEBSD_NOTE_SECONDS, 1));
    CHECK_EQ(queue_take(300), 0);
    CHECK_EQ(queue_one(9, TIMER).flags, FREEBSD_EV_ONESHOT | FREEBSD_EV_CLEAR);
    queue_none();
}

/* A periodic one counts; what has been taken is cleared */
TEST(periodic)
{
    struct freebsd_kevent e;

    queue_fresh();
    CHECK_OK(queue_change(1, TIMER, ADD, FREEBSD_NOTE_MSECONDS, 20));
    guest_sleep_ms(150);
    e = queue_one(1, TIMER);
    CHECK(e.data >= 5);
    CHECK_EQ(e.flags, FREEBSD_EV_CLEAR);
    CHECK(queue_one(1, TIMER).data < e.data + 100);
    CHECK_OK(queue_change(1, TIMER, DELETE, 0, 0));
    queue_none();
    CHECK_OK(queue_change(1, TIMER, ADD, 0, 0)); /* 0 is one unit, unless it fires once */
    CHECK(queue_one(1, TIMER).data >= 1);
    CHECK_OK(queue_change(1, TIMER, DELETE, 0, 0));
    CHECK_OK(queue_change(1, TIMER, ADD | FREEBSD_EV_ONESHOT, FREEBSD_NOTE_SECONDS, 0));
    CHECK_EQ(queue_one(1, TIMER).data, 1);
}

/* NOTE_ABSTIME: by the wall clock, once, and the event stays without EV_CLEAR */
TEST(absolute)
{
    int64_t now = (int64_t)(guest_clock(FREEBSD_CLOCK_REALTIME) / 1000000);
    uint64_t begin = guest_now();

    queue_fresh();
    CHECK_OK(queue_change(1, TIMER, ADD, FREEBSD_NOTE_MSECONDS | FREEBSD_NOTE_ABSTIME, now + 60));
    CHECK(queue_take(0) == 0 || guest_now() - begin >= 50000000);
    CHECK_EQ(queue_one(1, TIMER).data, 1);
    CHECK(guest_now() - begin >= 50000000);
    CHECK_EQ(queue_one(1, TIMER).data, 1);
    CHECK_OK(queue_change(1, TIMER, DELETE, 0, 0));
    CHECK_OK(
        queue_change(1, TIMER, ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_SECONDS | FREEBSD_NOTE_ABSTIME, 1)); /* long ago */
    CHECK_EQ(queue_one(1, TIMER).data, 1);
    queue_none();
}

/* A disabled timer goes on; enabled, it says how often */
TEST(disabled)
{
    queue_fresh();
    CHECK_OK(queue_change(1, TIMER, ADD | FREEBSD_EV_DISABLE, 0, 10));
    guest_sleep_ms(60);
    CHECK_EQ(queue_take(0), 0);
    CHECK_OK(queue_change(1, TIMER, FREEBSD_EV_ENABLE, 0, 0)); /* without EV_ADD the time is as it was */
    CHECK(queue_one(1, TIMER).data >= 4);
    CHECK_OK(queue_change(1, TIMER, DELETE, 0, 0));
    CHECK_OK(queue_change(2, TIMER, ADD | FREEBSD_EV_DISPATCH, 0, 10));
    queue_one(2, TIMER);
    queue_none();
    CHECK_OK(queue_change(2, TIMER, FREEBSD_EV_ENABLE, 0, 0));
    CHECK(queue_one(2, TIMER).data >= 2);
}

/* filt_timertouch(): adding it again sets it anew and forgets what has fired; a bad time becomes an event */
TEST(added_again)
{
    struct freebsd_kevent e;

    queue_fresh();
    CHECK_OK(queue_change(1, TIMER, ADD, 0, 10));
    guest_sleep_ms(40);
    CHECK_OK(queue_change(1, TIMER, ADD, FREEBSD_NOTE_SECONDS, 100));
    queue_none();
    CHECK_OK(queue_change(1, TIMER, ADD, 0, -1));
    e = queue_one(1, TIMER);
    CHECK_EQ(e.flags & FREEBSD_EV_ERROR, FREEBSD_EV_ERROR);
    CHECK_EQ(e.data, FREEBSD_EINVAL);
    CHECK_OK(queue_change(1, TIMER, ADD, 0, 10));
    CHECK(queue_one(1, TIMER).data >= 1);
}

TEST(timer_errors)
{
    queue_fresh();
    CHECK_ERR(queue_change(1, TIMER, ADD, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, TIMER, ADD, FREEBSD_NOTE_SECONDS | FREEBSD_NOTE_MSECONDS, 1), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, TIMER, ADD, 0x20, 1), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(1, TIMER, DELETE, 0, 0), FREEBSD_ENOENT);
    CHECK_OK(queue_change(1, TIMER, ADD, FREEBSD_NOTE_SECONDS, INT64_MAX)); /* never, and no error */
    queue_none();
}

/* Each operation on the flags; the upper byte is not theirs */
TEST(user_flags)
{
    static const struct {
        uint32_t operation, operand, result;
    } steps[] = {{FREEBSD_NOTE_FFCOPY, 0x0f0f0f, 0x0f0f0f},
                 {FREEBSD_NOTE_FFNOP, 0xffffff, 0x0f0f0f},
                 {FREEBSD_NOTE_FFAND, 0x00ffff, 0x000f0f},
                 {FREEBSD_NOTE_FFOR, 0x300000, 0x300f0f},
                 {FREEBSD_NOTE_FFCOPY, 0, 0}};

    queue_fresh();
    CHECK_OK(queue_change(1, USER, ADD | FREEBSD_EV_CLEAR, 0x7, 3));
    queue_none();
    for (int i = 0; i < 5; i++) {
        struct freebsd_kevent e;

        CHECK_OK(queue_change(1, USER, 0, FREEBSD_NOTE_TRIGGER | steps[i].operation | steps[i].operand, 100 + i));
        e = queue_one(1, USER);
        CHECK_EQ(e.fflags, steps[i].result);
        CHECK_EQ(e.data, 100 + i);
        queue_none();
    }
}

/* filt_userattach() does not see NOTE_TRIGGER; without EV_CLEAR the event stays until a change with EV_CLEAR */
TEST(user_levels)
{
    queue_fresh();
    CHECK_OK(queue_change(1, USER, ADD, FREEBSD_NOTE_TRIGGER, 0));
    queue_none();
    CHECK_OK(queue_change(1, USER, 0, FREEBSD_NOTE_TRIGGER, 0));
    queue_one(1, USER);
    queue_one(1, USER);
    CHECK_OK(queue_change(1, USER, FREEBSD_EV_CLEAR, 0, 0));
    queue_none();
    CHECK_OK(queue_change(2, USER, ADD | FREEBSD_EV_ONESHOT, 0, 0));
    CHECK_OK(queue_change(2, USER, 0, FREEBSD_NOTE_TRIGGER | FREEBSD_NOTE_FFCOPY | 5, 7));
    CHECK_EQ(queue_one(2, USER).fflags, 0); /* kqueue_scan() copies a one-shot as it was added */
    CHECK_ERR(queue_change(2, USER, 0, FREEBSD_NOTE_TRIGGER, 0), FREEBSD_ENOENT);
    CHECK_OK(queue_change(3, USER, ADD, 0, 0));
    CHECK_OK(queue_change(3, USER, FREEBSD_EV_DISABLE, FREEBSD_NOTE_TRIGGER, 0));
    queue_none();
    CHECK_OK(queue_change(3, USER, FREEBSD_EV_ENABLE, 0, 0));
    queue_one(3, USER);
}
