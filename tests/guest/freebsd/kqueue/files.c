/*
 * EVFILT_READ and EVFILT_WRITE of files. Sources: kqueue(2); filt_vfsread(), filt_vfswrite() of sys/kern/vfs_subr.c;
 * vn_seek() of sys/kern/vfs_vnops.c.
 */
#include "queue.h"

#define READ  FREEBSD_EVFILT_READ
#define WRITE FREEBSD_EVFILT_WRITE

static int fd;

static void prepare(const char *name)
{
    queue_fresh();
    fd = guest_file(name, "12345");
}

/* What is left of it, as long as something is; below the offset it is negative */
TEST(read_what_is_left)
{
    prepare("left");
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 5);
    CHECK_EQ(SYS(lseek, fd, 3, FREEBSD_SEEK_SET), 3);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 2);
    CHECK_EQ(SYS(lseek, fd, 5, FREEBSD_SEEK_SET), 5);
    queue_none();
    CHECK_EQ(SYS(lseek, fd, 4, FREEBSD_SEEK_SET), 4); /* vn_seek() has the filter look again */
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 1);
    CHECK_EQ(SYS(lseek, fd, 9, FREEBSD_SEEK_SET), 9);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, -4);
    SYS(close, fd);
}

/* NOTE_FILE_POLL: always, as poll(2) has it */
TEST(file_poll)
{
    prepare("poll");
    CHECK_EQ(SYS(lseek, fd, 5, FREEBSD_SEEK_SET), 5);
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_ADD, FREEBSD_NOTE_FILE_POLL, 0));
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 0);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 0);
    SYS(close, fd);
}

static void append_later(void *unused)
{
    int other;

    (void)unused;
    guest_sleep_ms(50);
    other = (int)MUST(SYS(open, "grows", FREEBSD_O_WRONLY | FREEBSD_O_APPEND));
    CHECK_EQ(SYS(write, other, "678", 3), 3);
    SYS(close, other);
}

/* Who waits at the end of a file is woken when it grows (tail -f) */
TEST(wait_for_more)
{
    struct guest_thread thread;

    prepare("grows");
    CHECK_EQ(SYS(lseek, fd, 5, FREEBSD_SEEK_SET), 5);
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_ADD, 0, 0));
    queue_none();
    CHECK_OK(guest_thread_start(&thread, append_later, NULL));
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 3);
    guest_thread_join(&thread);
    SYS(close, fd);
}

/* EV_CLEAR: again when the file has changed */
TEST(clear)
{
    prepare("clear");
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 5);
    queue_none();
    CHECK_EQ(SYS(pwrite, fd, "1234567", 7, 0), 7);
    CHECK_EQ(queue_one((uint64_t)fd, READ).data, 7);
    queue_none();
    SYS(close, fd);
}

TEST(write)
{
    prepare("write");
    CHECK_OK(queue_change((uint64_t)fd, WRITE, FREEBSD_EV_ADD, 0, 0));
    CHECK_EQ(queue_one((uint64_t)fd, WRITE).data, 0);
    CHECK_EQ(queue_one((uint64_t)fd, WRITE).data, 0);
    CHECK_OK(queue_change((uint64_t)fd, READ, FREEBSD_EV_ADD, 0, 0));
    CHECK_EQ(queue_take(1000), 2);
    CHECK_ERR(queue_change((uint64_t)fd, FREEBSD_EVFILT_EMPTY, FREEBSD_EV_ADD, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change((uint64_t)fd, FREEBSD_EVFILT_PROCDESC, FREEBSD_EV_ADD, FREEBSD_NOTE_EXIT, 0),
              FREEBSD_EINVAL);
    SYS(close, fd);
    queue_none();
}
