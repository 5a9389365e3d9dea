/* kqueues: collecting events, many of them, by many threads. */
#include "kqueue_fixture.h"

/* kqueue_scan(): a call reports each knote once, however much room it has. */
START_TEST(each_once_in_a_call)
{
    enum { PIPES = 40 };
    struct kqueue_event e[256];
    struct timespec none = {0, 0};
    int p[PIPES][2], seen[1024] = {0};
    for (int i = 0; i < PIPES; i++) {
        ck_assert_int_eq(pipe(p[i]), 0);
        ck_assert_int_eq(write(p[i][1], "x", 1), 1);
        ck_assert_int_eq(change((uint64_t)p[i][0], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
        ck_assert_int_eq(change((uint64_t)i, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
        ck_assert_int_eq(change((uint64_t)i, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    }
    for (int round = 1; round < 4; round++) {
        int64_t n = freebsd_kevent(&thread, kq, guest_addr(0), 0, at(e), 256, at(&none));
        ck_assert_int_eq(n, PIPES + PIPES);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_int_eq(++seen[e[i].ident + (e[i].filter == KQ_FILTER_USER ? 512 : 0)], round);
        }
    }
    for (int i = 0; i < PIPES; i++) {
        close(p[i][0]);
        close(p[i][1]);
    }
}
END_TEST

/* filt_aio(), filt_lio(): a request's knote is quiet until the request has ended, then stays until it is taken away. */
START_TEST(requests)
{
    struct kqueue_ticket aio, lio;
    ck_assert_int_eq(kqueue_request_add(&thread, 999, KQ_FILTER_AIO, 0x1000, 0, 0x1234, &aio), -EBADF);
    ck_assert_int_eq(kqueue_request_add(&thread, kq, KQ_FILTER_AIO, 0x1000, 0, 0x1234, &aio), 0);
    ck_assert_int_eq(kqueue_request_add(&thread, kq, KQ_FILTER_LIO, 0x1000, KQ_ONESHOT, 0x1234, &lio), 0);
    expect_none();
    kqueue_request_done(&aio, 5);
    struct kqueue_event e = expect_one(0x1000, KQ_FILTER_AIO);
    ck_assert_int_eq(e.data, 5);
    ck_assert_int_eq(e.flags, KQ_EOF);
    expect_one(0x1000, KQ_FILTER_AIO);
    kqueue_request_drop(&aio);
    expect_none();
    kqueue_request_done(&lio, 0);
    ck_assert_int_eq(expect_one(0x1000, KQ_FILTER_LIO).flags, KQ_ONESHOT);
    expect_none();
    kqueue_request_done(&lio, 0);
    kqueue_request_drop(&lio);
    expect_none();
    ck_assert_int_eq(kqueue_request_add(&thread, kq, KQ_FILTER_AIO, 0x1000, 0, 0x1234, &aio), 0);
    ck_assert_int_eq(descriptor_close(&thread, kq), 0);
    kqueue_request_done(&aio, 0); /* the kqueue is gone */
    kqueue_request_drop(&aio);
}
END_TEST

/* Many knotes: all are found, whatever their number. */
START_TEST(many_knotes)
{
    struct kqueue_event e[64];
    struct timespec none = {0, 0};
    for (uint64_t i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(change(i, KQ_FILTER_USER, KQ_ADD | KQ_ONESHOT, 0, 0), 0);
    }
    for (uint64_t i = 0; i < ROUNDS; i += 2) {
        ck_assert_int_eq(change(i, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    }
    int total = 0;
    for (int64_t n; (n = freebsd_kevent(&thread, kq, guest_addr(0), 0, at(e), 64, at(&none))) > 0;) {
        for (int64_t i = 0; i < n; i++) {
            ck_assert_uint_eq(e[i].ident, (uint64_t)(2 * total));
            total++;
        }
    }
    ck_assert_int_eq(total, ROUNDS / 2);
    for (uint64_t i = 1; i < ROUNDS; i += 2) {
        ck_assert_int_eq(change(i, KQ_FILTER_USER, KQ_DELETE, 0, 0), 0);
    }
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_DELETE, 0, 0), -ENOENT);
}
END_TEST

/*
 * A call's cost is that of what is ready, not of what is registered: with 10,000 knotes, one of them ready, as many are
 * looked at as with one.
 */
START_TEST(cost_is_of_what_is_ready)
{
    enum { KNOTES = 10000 };
    struct kqueue_event e;
    int p[2], files[64];
    char name[] = "/tmp/test_kqueue.XXXXXX";
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    ck_assert_int_eq(write(p[1], "x", 1), 1);
    uint64_t before = kqueue_looks(&thread, kq);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    uint64_t alone = kqueue_looks(&thread, kq) - before;
    ck_assert_uint_ge(alone, 1);
    for (uint64_t i = 0; i < KNOTES; i++) {
        ck_assert_int_eq(change(i, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
    }
    for (int i = 0; i < 64; i++) { /* at their ends, so that there is nothing to read */
        files[i] = i == 0 ? mkstemp(name) : open(name, O_RDWR);
        ck_assert_int_eq(change((uint64_t)files[i], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    }
    unlink(name);
    while (fetch(&e, 0) == 1 && e.filter != KQ_FILTER_READ) {}
    before = kqueue_looks(&thread, kq);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    ck_assert_uint_le(kqueue_looks(&thread, kq) - before, alone);
    ck_assert_int_eq(read(p[0], &e, 1), 1);
    before = kqueue_looks(&thread, kq);
    expect_none();
    ck_assert_uint_eq(kqueue_looks(&thread, kq), before);
}
END_TEST

static int fds[2];
static volatile int received;

static void *reader(void *unused)
{
    struct thread mine = thread;
    struct kqueue_event e;
    struct timespec patience = {20, 0};
    (void)unused;
    mine.self = &mine;
    while (received < ROUNDS) {
        char c;
        int64_t n = freebsd_kevent(&mine, kq, guest_addr(0), 0, at(&e), 1, at(&patience));
        ck_assert_int_eq(n, 1);
        if (e.filter == KQ_FILTER_USER) {
            return NULL;
        }
        while (read(fds[0], &c, 1) == 1) {
            __atomic_add_fetch(&received, 1, __ATOMIC_SEQ_CST);
        }
    }
    ck_assert_int_eq(change(1, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    return NULL;
}

/* Several threads in one kevent, edges only: nothing is lost. */
START_TEST(threads_share_a_kqueue)
{
    pthread_t ids[3];
    ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
    ck_assert_int_eq(change((uint64_t)fds[0], KQ_FILTER_READ, KQ_ADD | KQ_CLEAR, 0, 0), 0);
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
    for (int i = 0; i < 3; i++) {
        pthread_create(&ids[i], NULL, reader, NULL);
    }
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
        if (i % 7 == 0) {
            sched_yield();
        }
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(ids[i], NULL);
    }
    ck_assert_int_eq(received, ROUNDS);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {each_once_in_a_call, requests, many_knotes, cost_is_of_what_is_ready,
                                  threads_share_a_kqueue};
    Suite *suite = suite_create("kqueue_scan");
    TCase *cases = tcase_create("kqueue");
    tcase_set_timeout(cases, 30);
    tcase_add_checked_fixture(cases, setup, NULL);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
