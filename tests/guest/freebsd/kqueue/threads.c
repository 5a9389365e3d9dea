/*
 * Many threads on one kqueue, and descriptors that come and go under it. Source: kqueue(2); what must hold is what
 * sys/kern/kern_event.c's locks give: no event is lost, and none that is reported once is reported twice.
 */
#include "queue.h"

#define READ FREEBSD_EVFILT_READ
#define USER FREEBSD_EVFILT_USER
#define ADD  FREEBSD_EV_ADD

enum { WORKERS = 4, TOKENS = 2000, STOP = 1000000 };

static uint32_t seen[TOKENS], total, ready;

static int64_t change(uint64_t ident, int filter, int flags, uint32_t fflags)
{
    struct freebsd_kevent k = {ident, (int16_t)filter, (uint16_t)flags, fflags, 0, 0, {0}};

    return SYS(kevent, queue, &k, 1, 0, 0, 0);
}

static void take_tokens(void *unused)
{
    struct freebsd_kevent e[5];

    (void)unused;
    for (;;) {
        int64_t n = MUST(SYS(kevent, queue, 0, 0, e, 5, 0));

        for (int64_t i = 0; i < n; i++) {
            if (e[i].ident == STOP) {
                return;
            }
            __atomic_add_fetch(&seen[e[i].ident], 1, __ATOMIC_SEQ_CST);
            __atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST);
        }
    }
}

/* One-shot events set off while many threads wait: each comes to one of them, once */
TEST(each_to_one)
{
    struct guest_thread workers[WORKERS];

    queue_fresh();
    total = 0;
    memset(seen, 0, sizeof(seen));
    CHECK_OK(change(STOP, USER, ADD, 0));
    for (uint64_t i = 0; i < TOKENS; i++) {
        CHECK_OK(change(i, USER, ADD | FREEBSD_EV_ONESHOT, 0));
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(guest_thread_start(&workers[i], take_tokens, NULL));
    }
    for (uint64_t i = 0; i < TOKENS; i++) {
        CHECK_OK(change(i, USER, 0, FREEBSD_NOTE_TRIGGER));
    }
    CHECK(guest_await(&total, TOKENS));
    CHECK_OK(change(STOP, USER, 0, FREEBSD_NOTE_TRIGGER));
    for (int i = 0; i < WORKERS; i++) {
        guest_thread_join(&workers[i]);
    }
    CHECK_EQ(total, TOKENS);
    for (int i = 0; i < TOKENS; i++) {
        CHECK_EQ(seen[i], 1);
    }
}

static int32_t pipes[8][2];

/* Reads a byte of a pipe that was dispatched to it, counts it, and enables the pipe again. */
static void serve(void *unused)
{
    struct freebsd_kevent e;

    (void)unused;
    for (;;) {
        char c;

        CHECK_EQ(SYS(kevent, queue, 0, 0, &e, 1, 0), 1);
        if (e.filter == USER) {
            return;
        }
        if (SYS(read, e.ident, &c, 1) != 1) {
            guest_fail(__FILE__, __LINE__, "pipe %ld was dispatched twice", (long)e.ident);
            return;
        }
        __atomic_add_fetch(&total, 1, __ATOMIC_SEQ_CST);
        CHECK_OK(change(e.ident, READ, FREEBSD_EV_ENABLE | FREEBSD_EV_DISPATCH, 0));
    }
}

/* EV_DISPATCH gives a descriptor to one thread at a time: no read of another's byte blocks, and no byte stays */
TEST(dispatch_to_one)
{
    struct guest_thread workers[WORKERS];

    queue_fresh();
    total = 0;
    CHECK_OK(change(STOP, USER, ADD, 0));
    for (int i = 0; i < 8; i++) {
        CHECK_OK(SYS(pipe2, pipes[i], 4 /* O_NONBLOCK */));
        CHECK_OK(change((uint64_t)pipes[i][0], READ, ADD | FREEBSD_EV_DISPATCH, 0));
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK_OK(guest_thread_start(&workers[i], serve, NULL));
    }
    for (int i = 0; i < TOKENS; i++) {
        CHECK_EQ(SYS(write, pipes[i % 8][1], "t", 1), 1);
    }
    CHECK(guest_await(&total, TOKENS));
    CHECK_OK(change(STOP, USER, 0, FREEBSD_NOTE_TRIGGER));
    for (int i = 0; i < WORKERS; i++) {
        guest_thread_join(&workers[i]);
        SYS(close, pipes[i][0]);
        SYS(close, pipes[i][1]);
        SYS(close, pipes[i + 4][0]);
        SYS(close, pipes[i + 4][1]);
    }
    CHECK_EQ(total, TOKENS);
}

/* Opens, registers, makes ready and closes, over and over. */
static void come_and_go(void *unused)
{
    (void)unused;
    for (int i = 0; i < 300; i++) {
        int32_t fds[2];

        CHECK_OK(SYS(pipe2, fds, 0));
        CHECK_OK(change((uint64_t)fds[0], READ, ADD | (i % 3 == 0 ? FREEBSD_EV_CLEAR : 0), 0));
        CHECK_EQ(SYS(write, fds[1], "x", 1), 1);
        if (i % 2 == 0) {
            SYS(close, fds[1]);
            SYS(close, fds[0]);
        } else {
            SYS(close_range, fds[0], fds[0], 0);
            SYS(close, fds[1]);
        }
    }
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
}

static void look(void *unused)
{
    struct freebsd_timespec moment = {0, 1000000};
    struct freebsd_kevent e[8];

    (void)unused;
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 2) {
        MUST(SYS(kevent, queue, 0, 0, e, 8, &moment));
    }
}

/* Nothing is left when all descriptors are gone, and no descriptor has leaked */
TEST(close_while_others_look)
{
    struct guest_thread threads[4];
    int32_t before[2], after[2];

    queue_fresh();
    ready = 0;
    CHECK_OK(SYS(pipe2, before, 0));
    SYS(close, before[0]);
    SYS(close, before[1]);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(guest_thread_start(&threads[i], i < 2 ? come_and_go : look, NULL));
    }
    for (int i = 0; i < 4; i++) {
        guest_thread_join(&threads[i]);
    }
    queue_none();
    CHECK_OK(SYS(pipe2, after, 0));
    CHECK_EQ(after[0], before[0]);
    CHECK_EQ(after[1], before[1]);
    SYS(close, after[0]);
    SYS(close, after[1]);
}

static void close_queue_later(void *fd)
{
    guest_sleep_ms(50);
    SYS(close, *(int *)fd);
}

/* kqueue_close() wakes nobody here who waits with a time; the wait ends, and the number is free again */
TEST(close_the_queue)
{
    struct guest_thread thread;
    struct freebsd_timespec moment = {0, 200000000};
    int fd = (int)MUST(SYS(kqueue));
    struct freebsd_kevent e;

    CHECK_OK(guest_thread_start(&thread, close_queue_later, &fd));
    CHECK(SYS(kevent, fd, 0, 0, &e, 1, &moment) <= 0);
    guest_thread_join(&thread);
    CHECK_ERR(SYS(kevent, fd, 0, 0, &e, 1, &moment), FREEBSD_EBADF);
}
