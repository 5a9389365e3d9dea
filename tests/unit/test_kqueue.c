/* kqueues: every filter against the host objects it stands on; flags and errors of sys/kern/kern_event.c. */
#include "kqueue_fixture.h"

START_TEST(pipe_levels_and_edges)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_none();
    ck_assert_int_eq(write(p[1], "abc", 3), 3);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).data, 3);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).data, 3);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_DISABLE, 0, 0), 0);
    expect_none();
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ENABLE, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_DELETE, 0, 0), 0);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_DELETE, 0, 0), -ENOENT);
    expect_none();
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD | KQ_CLEAR, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    expect_none();
    ck_assert_int_eq(write(p[1], "d", 1), 1);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).data, 4);
    expect_none();
    close(p[1]);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).flags & KQ_EOF, KQ_EOF);
}
END_TEST

/* One knote's edge does not set off the other filter's of the same descriptor. */
START_TEST(filters_are_separate)
{
    int s[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    ck_assert_int_eq(change((uint64_t)s[0], KQ_FILTER_READ, KQ_ADD | KQ_CLEAR, 0, 0), 0);
    ck_assert_int_eq(change((uint64_t)s[0], KQ_FILTER_WRITE, KQ_ADD | KQ_CLEAR, 0, 0), 0);
    ck_assert_int_gt(expect_one((uint64_t)s[0], KQ_FILTER_WRITE).data, 0);
    expect_none();
    ck_assert_int_eq(write(s[1], "x", 1), 1);
    ck_assert_int_eq(expect_one((uint64_t)s[0], KQ_FILTER_READ).data, 1);
    expect_none();
    ck_assert_int_eq(change((uint64_t)s[0], KQ_FILTER_WRITE, KQ_DELETE, 0, 0), 0);
    shutdown(s[1], SHUT_WR);
    ck_assert_int_eq(expect_one((uint64_t)s[0], KQ_FILTER_READ).flags & KQ_EOF, KQ_EOF);
    expect_none();
}
END_TEST

START_TEST(oneshot_and_dispatch)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    ck_assert_int_eq(write(p[1], "abc", 3), 3);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD | KQ_ONESHOT, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    expect_none();
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ENABLE, 0, 0), -ENOENT);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD | KQ_DISPATCH, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    expect_none();
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ENABLE, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    expect_none();
}
END_TEST

START_TEST(low_water_marks)
{
    int p[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD, KQ_NOTE_LOWAT, 4), 0);
    ck_assert_int_eq(write(p[1], "abc", 3), 3);
    expect_none();
    ck_assert_int_eq(write(p[1], "d", 1), 1);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).data, 4);
    ck_assert_int_eq(expect_one((uint64_t)p[0], KQ_FILTER_READ).data, 4);
}
END_TEST

START_TEST(sockets)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(change((uint64_t)client, KQ_FILTER_WRITE, KQ_ADD, 0, 0), 0);
    expect_none(); /* not connected: the host says hung up and writable */
    ck_assert_int_eq(change((uint64_t)client, KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_none();
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &size), 0);
    ck_assert_int_eq(change((uint64_t)listener, KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_none();
    ck_assert_int_eq(connect(client, (struct sockaddr *)&a, size), 0);
    struct kqueue_event e[4];
    struct timespec second = {1, 0};
    int64_t n = freebsd_kevent(&thread, kq, guest_addr(0), 0, at(e), 4, at(&second));
    ck_assert_int_ge(n, 1);
    ck_assert_int_eq(change((uint64_t)client, KQ_FILTER_WRITE, KQ_DELETE, 0, 0), 0);
    ck_assert_int_eq(expect_one((uint64_t)listener, KQ_FILTER_READ).data, 1);
    int other = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(other, (struct sockaddr *)&a, size), 0);
    ck_assert_int_eq(expect_one((uint64_t)listener, KQ_FILTER_READ).data, 2);
}
END_TEST

/* filt_vfsread(): what is left of the file. */
START_TEST(regular_files)
{
    char name[] = "/tmp/test_kqueue.XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    ck_assert_int_eq(change((uint64_t)fd, KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_none();
    ck_assert_int_eq(pwrite(fd, "hello", 5, 0), 5);
    ck_assert_int_eq(expect_one((uint64_t)fd, KQ_FILTER_READ).data, 5);
    lseek(fd, 3, SEEK_SET);
    ck_assert_int_eq(expect_one((uint64_t)fd, KQ_FILTER_READ).data, 2);
    lseek(fd, 5, SEEK_SET);
    expect_none();
}
END_TEST

START_TEST(timers)
{
    struct kqueue_event e;
    struct timespec now;
    ck_assert_int_eq(change(7, KQ_FILTER_TIMER, KQ_ADD | KQ_ONESHOT, 0, 500), 0);
    expect_none();
    ck_assert_int_eq(expect_one(7, KQ_FILTER_TIMER).data, 1);
    ck_assert_int_eq(change(7, KQ_FILTER_TIMER, KQ_DELETE, 0, 0), -ENOENT);
    ck_assert_int_eq(change(8, KQ_FILTER_TIMER, KQ_ADD, KQ_NOTE_USECONDS, 2000), 0);
    usleep(11000);
    ck_assert_int_ge(expect_one(8, KQ_FILTER_TIMER).data, 4);
    ck_assert_int_eq(change(8, KQ_FILTER_TIMER, KQ_ADD, KQ_NOTE_SECONDS, 100), 0);
    ck_assert_int_eq(fetch(&e, 20), 0);
    clock_gettime(CLOCK_REALTIME, &now);
    ck_assert_int_eq(change(9, KQ_FILTER_TIMER, KQ_ADD, KQ_NOTE_SECONDS | KQ_NOTE_ABSTIME, now.tv_sec), 0);
    ck_assert_int_eq(expect_one(9, KQ_FILTER_TIMER).data, 1);
    ck_assert_int_eq(expect_one(9, KQ_FILTER_TIMER).data, 1); /* filt_timerattach(): no EV_CLEAR */
    ck_assert_int_eq(change(9, KQ_FILTER_TIMER, KQ_DELETE, 0, 0), 0);
    ck_assert_int_eq(change(9, KQ_FILTER_TIMER, KQ_ADD, 3, 1), -EINVAL);
    ck_assert_int_eq(change(9, KQ_FILTER_TIMER, KQ_ADD, 0, -1), -EINVAL);
    /* filt_timertouch(): where the timer is there already, the event tells */
    ck_assert_int_eq(change(8, KQ_FILTER_TIMER, KQ_ADD, 3, 1), 0);
    e = expect_one(8, KQ_FILTER_TIMER);
    ck_assert_int_eq(e.flags & KQ_ERROR, KQ_ERROR);
    ck_assert_int_eq(e.data, EINVAL);
}
END_TEST

START_TEST(user_events)
{
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_ADD | KQ_CLEAR, 0x5, 0), 0);
    expect_none();
    ck_assert_int_eq(change(1, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER | KQ_NOTE_FFOR | 0x2, 99), 0);
    struct kqueue_event e = expect_one(1, KQ_FILTER_USER);
    ck_assert_uint_eq(e.fflags, 0x7);
    ck_assert_int_eq(e.data, 99);
    expect_none();
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_DELETE, 0, 0), 0);
    ck_assert_int_eq(change(2, KQ_FILTER_USER, KQ_ADD, KQ_NOTE_TRIGGER, 0), 0);
    expect_none(); /* filt_userattach() looks at flags that are not set yet */
    ck_assert_int_eq(change(2, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    expect_one(2, KQ_FILTER_USER);
    expect_one(2, KQ_FILTER_USER); /* level: until cleared */
    ck_assert_int_eq(change(2, KQ_FILTER_USER, KQ_DISABLE, 0, 0), 0);
    expect_none();
}
END_TEST

START_TEST(processes)
{
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(3);
    }
    ck_assert_int_eq(change((uint64_t)child, KQ_FILTER_PROC, KQ_ADD, KQ_NOTE_EXIT, 0), 0);
    struct kqueue_event e = expect_one((uint64_t)child, KQ_FILTER_PROC);
    ck_assert_uint_eq(e.fflags, KQ_NOTE_EXIT);
    ck_assert_int_eq(e.data, 3 << 8);
    ck_assert_int_eq(e.flags & KQ_EOF, KQ_EOF);
    expect_none();
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(change((uint64_t)child, KQ_FILTER_PROC, KQ_ADD, KQ_NOTE_EXIT, 0), -ESRCH);
}
END_TEST

START_TEST(signals_are_counted)
{
    ck_assert_int_eq(change(30, KQ_FILTER_SIGNAL, KQ_ADD, 0, 0), 0);
    expect_none();
    kqueue_note_signal(&thread, 30, false);
    kqueue_note_signal(&thread, 30, false);
    kqueue_note_signal(&thread, 31, false);
    ck_assert_int_eq(expect_one(30, KQ_FILTER_SIGNAL).data, 2);
    expect_none();
    ck_assert_int_eq(change(0, KQ_FILTER_SIGNAL, KQ_ADD, 0, 0), 0); /* filt_sigattach(): any number */
    ck_assert_int_eq(change(1ULL << 40, KQ_FILTER_SIGNAL, KQ_ADD, 0, 0), 0);
    expect_none();
}
END_TEST

START_TEST(vnodes)
{
    char name[] = "/tmp/test_kqueue.XXXXXX", renamed[] = "/tmp/test_kqueue_renamed.XXXXXX";
    int fd = mkstemp(name);
    close(mkstemp(renamed));
    ck_assert_int_eq(change((uint64_t)fd, KQ_FILTER_VNODE, KQ_ADD | KQ_CLEAR, KQ_NOTE_VNODE_ALL & 0x3f, 0), 0);
    expect_none();
    ck_assert_int_eq(pwrite(fd, "hello", 5, 0), 5);
    ck_assert_uint_eq(expect_one((uint64_t)fd, KQ_FILTER_VNODE).fflags, KQ_NOTE_WRITE | KQ_NOTE_EXTEND);
    ck_assert_int_eq(pwrite(fd, "h", 1, 0), 1);
    ck_assert_uint_eq(expect_one((uint64_t)fd, KQ_FILTER_VNODE).fflags, KQ_NOTE_WRITE);
    fchmod(fd, 0640);
    ck_assert_uint_eq(expect_one((uint64_t)fd, KQ_FILTER_VNODE).fflags, KQ_NOTE_ATTRIB);
    rename(name, renamed);
    ck_assert_uint_eq(expect_one((uint64_t)fd, KQ_FILTER_VNODE).fflags & KQ_NOTE_RENAME, KQ_NOTE_RENAME);
    unlink(renamed);
    ck_assert_uint_eq(expect_one((uint64_t)fd, KQ_FILTER_VNODE).fflags & KQ_NOTE_DELETE, KQ_NOTE_DELETE);
    ck_assert_int_eq(descriptor_close(&thread, fd), 0);
    expect_none();
}
END_TEST

/* knote_fdclose(): knotes go with the descriptor, though its open file lives on in a copy. */
START_TEST(close_drops_knotes)
{
    int p[2];
    ck_assert_int_eq(pipe(p), 0);
    int64_t copy = descriptor_dup(&thread, p[0], -1, false);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    ck_assert_int_eq(write(p[1], "x", 1), 1);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    ck_assert_int_eq(descriptor_close(&thread, p[0]), 0);
    expect_none();
    ck_assert_int_eq(descriptor_dup2(&thread, (int)copy, p[0], false), p[0]);
    expect_none();
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_one((uint64_t)p[0], KQ_FILTER_READ);
    ck_assert_int_eq(descriptor_close_range(&thread, (uint32_t)p[0], (uint32_t)p[0]), 0);
    ck_assert_int_eq(change((uint64_t)p[0], KQ_FILTER_READ, KQ_DELETE, 0, 0), -EBADF);
}
END_TEST

START_TEST(kqueue_descriptors)
{
    struct kqueue_event e;
    int64_t copy = descriptor_dup(&thread, kq, 50, true);
    ck_assert_int_eq(copy, 50);
    ck_assert_int_eq(descriptor_kind_of(&table, 50), DESCRIPTOR_KQUEUE);
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
    ck_assert_int_eq(change(1, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    ck_assert_int_eq(descriptor_close(&thread, kq), 0);
    ck_assert_int_eq(fetch(&e, 0), -EBADF);
    kq = 50;
    ck_assert_int_eq(fetch(&e, 0), 1);
    /* A kqueue in a kqueue. */
    int inner = kq;
    kq = (int)freebsd_kqueuex(&thread, 1);
    ck_assert_int_eq(fcntl(kq, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(change((uint64_t)inner, KQ_FILTER_READ, KQ_ADD, 0, 0), 0);
    expect_one((uint64_t)inner, KQ_FILTER_READ);
    ck_assert_int_eq(change((uint64_t)kq, KQ_FILTER_READ, KQ_ADD, 0, 0), -EINVAL);
    ck_assert_int_eq(descriptor_close(&thread, inner), 0);
    ck_assert_uint_eq(table.used, 1);
    ck_assert_int_eq(descriptor_close_range(&thread, (uint32_t)kq, ~0u), 0);
    ck_assert_uint_eq(table.used, 0);
    ck_assert_int_eq((int)engine_descriptor_next(0), -1);
    ck_assert_int_eq(freebsd_kqueuex(&thread, 2), -EINVAL);
}
END_TEST

START_TEST(a_child_has_no_kqueue)
{
    int status;
    ck_assert_int_eq(change(1, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
    ck_assert_int_eq(change(1, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        process.pid = getpid();
        descriptors_after_fork(&thread);
        _exit(fcntl(kq, F_GETFD) < 0 && table.used == 0 && engine_descriptor_next(0) == UINT32_MAX ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_one(1, KQ_FILTER_USER);
}
END_TEST

START_TEST(receipts_and_errors)
{
    struct kqueue_event in[3] = {{1, KQ_FILTER_USER, KQ_ADD | KQ_RECEIPT, 0, 0, 5, {0}},
                                 {2, KQ_FILTER_USER, KQ_ENABLE, 0, 0, 6, {0}},
                                 {900, KQ_FILTER_READ, KQ_ADD, 0, 0, 7, {0}}};
    struct kqueue_event out[4];
    ck_assert_int_eq(freebsd_kevent(&thread, kq, at(in), 3, at(out), 4, guest_addr(0)), 3);
    ck_assert_int_eq(out[0].flags, KQ_ERROR);
    ck_assert_int_eq(out[0].data, 0);
    ck_assert_int_eq(out[1].data, GUEST_ENOENT);
    ck_assert_uint_eq(out[1].udata, 6);
    ck_assert_int_eq(out[2].data, GUEST_EBADF);
    ck_assert_int_eq(freebsd_kevent(&thread, kq, at(&in[1]), 1, guest_addr(0), 0, guest_addr(0)), -ENOENT);
    ck_assert_int_eq(change(1, KQ_FILTER_AIO, KQ_ADD, 0, 0), -EPERM);
    ck_assert_int_eq(change(1, -99, KQ_ADD, 0, 0), -EINVAL);
    ck_assert_int_eq(freebsd_kevent(&thread, 0, guest_addr(0), 0, at(out), 1, guest_addr(0)), -EBADF);
    struct {
        uint64_t ident;
        int16_t filter;
        uint16_t flags;
        uint32_t fflags;
        int64_t data, udata;
    } old = {3, KQ_FILTER_USER, 0, KQ_NOTE_TRIGGER, 4, 77};
    ck_assert_int_eq(change(3, KQ_FILTER_USER, KQ_ADD, 0, 0), 0);
    ck_assert_int_eq(freebsd11_kevent(&thread, kq, at(&old), 1, at(&old), 1, guest_addr(0)), 1);
    ck_assert_int_eq(old.udata, 77);
    ck_assert_int_eq(old.data, 4);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {pipe_levels_and_edges,
                                  filters_are_separate,
                                  oneshot_and_dispatch,
                                  low_water_marks,
                                  sockets,
                                  regular_files,
                                  timers,
                                  user_events,
                                  processes,
                                  signals_are_counted,
                                  vnodes,
                                  close_drops_knotes,
                                  kqueue_descriptors,
                                  a_child_has_no_kqueue,
                                  receipts_and_errors};
    Suite *suite = suite_create("kqueue");
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
