/*
 * __specialfd with eventfd(2) and inotify(2), and inotify's two calls. Sources: eventfd(2), sys/kern/sys_eventfd.c;
 * inotify(2) of FreeBSD 15, sys/kern/vfs_inotify.c.
 *
 * Rows: __specialfd inotify_add_watch_at inotify_rm_watch: eventfd(2), inotify(2), sys/kern/vfs_inotify.c
 */
#include "guest.h"

enum { EVENTFD = 1, INOTIFY = 2, SEMAPHORE = 1, NONBLOCK = 4, CLOEXEC = 0x100000 };
enum {
    IN_MODIFY = 2,
    IN_ATTRIB = 4,
    IN_MOVED_FROM = 0x40,
    IN_MOVED_TO = 0x80,
    IN_CREATE = 0x100,
    IN_DELETE = 0x200,
    IN_IGNORED = 0x8000,
    IN_ONLYDIR = 0x01000000,
    IN_DONT_FOLLOW = 0x02000000,
    IN_MASK_CREATE = 0x10000000,
    IN_MASK_ADD = 0x20000000,
    IN_ISDIR = 0x40000000,
};
#define WILD   ((void *)0x10)
#define AT_CWD (-100)

struct event {
    int32_t wd;
    uint32_t mask, cookie, length;
    char name[];
};

struct eventfd_request {
    uint32_t initial, flags;
};

static int event_descriptor(uint32_t initial, uint32_t flags)
{
    struct eventfd_request request = {initial, flags};

    return (int)MUST(SYS(__specialfd, EVENTFD, &request, sizeof(request)));
}

TEST(counting)
{
    int fd = event_descriptor(5, NONBLOCK);
    uint64_t value = 7;

    CHECK_EQ(SYS(write, fd, &value, 8), 8);
    CHECK_EQ(SYS(read, fd, &value, 8), 8);
    CHECK_EQ(value, 12);
    CHECK_ERR(SYS(read, fd, &value, 8), FREEBSD_EAGAIN);
    value = UINT64_MAX;
    CHECK_ERR(SYS(write, fd, &value, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(write, fd, &value, 4), FREEBSD_EINVAL);
    value = UINT64_MAX - 1;
    CHECK_EQ(SYS(write, fd, &value, 8), 8);
    value = 1;
    CHECK_ERR(SYS(write, fd, &value, 8), FREEBSD_EAGAIN);
    SYS(close, fd);
}

TEST(semaphore)
{
    int fd = event_descriptor(2, NONBLOCK | SEMAPHORE);
    uint64_t value = 0;

    CHECK_EQ(SYS(read, fd, &value, 8), 8);
    CHECK_EQ(value, 1);
    CHECK_EQ(SYS(read, fd, &value, 8), 8);
    CHECK_EQ(value, 1);
    CHECK_ERR(SYS(read, fd, &value, 8), FREEBSD_EAGAIN);
    SYS(close, fd);
}

TEST(flags_and_errors)
{
    struct eventfd_request request = {0, CLOEXEC};
    uint32_t flags = 0;
    int fd = (int)MUST(SYS(__specialfd, EVENTFD, &request, sizeof(request)));

    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 1);
    SYS(close, fd);
    request.flags = 0x100;
    CHECK_ERR(SYS(__specialfd, EVENTFD, &request, sizeof(request)), FREEBSD_EINVAL);
    request.flags = 0;
    CHECK_ERR(SYS(__specialfd, EVENTFD, &request, sizeof(request) + 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__specialfd, EVENTFD, WILD, sizeof(request)), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__specialfd, 0, &request, sizeof(request)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__specialfd, 3, &request, sizeof(request)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__specialfd, INOTIFY, &flags, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__specialfd, INOTIFY, WILD, 4), FREEBSD_EFAULT);
    flags = 0x80;
    CHECK_ERR(SYS(__specialfd, INOTIFY, &flags, 4), FREEBSD_EINVAL);
    flags = CLOEXEC;
    fd = (int)MUST(SYS(__specialfd, INOTIFY, &flags, 4));
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 1);
    SYS(close, fd);
}

static int watcher(void)
{
    uint32_t flags = NONBLOCK;

    return (int)MUST(SYS(__specialfd, INOTIFY, &flags, sizeof(flags)));
}

static char buffer[4096] __attribute__((aligned(8)));
static int64_t got, at;

/* The next event, read when the last ones are used up; NULL: none. */
static const struct event *next(int fd)
{
    if (at >= got) {
        got = SYS(read, fd, buffer, sizeof(buffer));
        at = 0;
    }
    if (got <= 0) {
        return NULL;
    }
    const struct event *e = (const struct event *)(buffer + at);

    at += (int64_t)sizeof(*e) + e->length;
    return e;
}

static void expect(int fd, int wd, uint32_t mask, const char *name)
{
    const struct event *e = next(fd);

    REQUIRE(e != NULL);
    CHECK_EQ(e->wd, wd);
    CHECK_EQ(e->mask, mask);
    CHECK_EQ(e->length != 0, name[0] != '\0');
    if (e->length != 0) {
        CHECK_EQ(guest_strcmp(e->name, name), 0);
    }
}

TEST(watch_a_directory)
{
    int fd = watcher(), file, wd, directory;

    got = at = 0;
    CHECK_OK(SYS(mkdir, "watched", 0755));
    wd = (int)MUST(SYS(inotify_add_watch_at, fd, AT_CWD, "watched",
                       IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO));
    file = guest_file("watched/new", "");
    CHECK_EQ(SYS(write, file, "x", 1), 1);
    CHECK_OK(SYS(mkdir, "watched/sub", 0755));
    CHECK_OK(SYS(rename, "watched/new", "watched/old"));
    CHECK_OK(SYS(unlink, "watched/old"));
    expect(fd, wd, IN_CREATE, "new");
    expect(fd, wd, IN_MODIFY, "new");
    expect(fd, wd, IN_CREATE | IN_ISDIR, "sub");
    expect(fd, wd, IN_MOVED_FROM, "new");
    expect(fd, wd, IN_MOVED_TO, "old");
    expect(fd, wd, IN_DELETE, "old");
    CHECK(next(fd) == NULL);
    SYS(close, file);

    /* Relative to a descriptor */
    directory = (int)MUST(SYS(open, "watched", FREEBSD_O_DIRECTORY));
    wd = (int)MUST(SYS(inotify_add_watch_at, fd, directory, "sub", IN_CREATE));
    SYS(close, guest_file("watched/sub/file", ""));
    expect(fd, wd, IN_CREATE, "file");
    SYS(close, directory);
    SYS(close, fd);
}

TEST(change_and_remove)
{
    int fd = watcher(), file = guest_file("single", "x"), wd;

    got = at = 0;
    wd = (int)MUST(SYS(inotify_add_watch_at, fd, AT_CWD, "single", IN_MODIFY));
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "single", IN_MODIFY | IN_MASK_CREATE), FREEBSD_EEXIST);
    CHECK_EQ(SYS(inotify_add_watch_at, fd, AT_CWD, "single", IN_ATTRIB | IN_MASK_ADD), wd);
    CHECK_OK(SYS(fchmod, file, 0640));
    expect(fd, wd, IN_ATTRIB, "");
    CHECK_EQ(SYS(pwrite, file, "y", 1, 0), 1);
    expect(fd, wd, IN_MODIFY, "");
    CHECK_EQ(SYS(inotify_add_watch_at, fd, AT_CWD, "single", IN_ATTRIB), wd); /* in place of both */
    CHECK_EQ(SYS(pwrite, file, "y", 1, 0), 1);
    CHECK(next(fd) == NULL);
    CHECK_OK(SYS(inotify_rm_watch, fd, wd));
    expect(fd, wd, IN_IGNORED, "");
    CHECK_ERR(SYS(inotify_rm_watch, fd, wd), FREEBSD_EINVAL);
    CHECK_ERR(SYS(inotify_rm_watch, 999, wd), FREEBSD_EBADF);
    CHECK_ERR(SYS(inotify_rm_watch, file, wd), FREEBSD_EINVAL);
    SYS(close, file);
    SYS(close, fd);
}

TEST(watch_errors)
{
    int fd = watcher(), file = guest_file("plain", "x");

    CHECK_OK(SYS(symlink, "nowhere", "dangling"));
    CHECK_ERR(SYS(inotify_add_watch_at, 999, AT_CWD, "plain", IN_MODIFY), FREEBSD_EBADF);
    CHECK_ERR(SYS(inotify_add_watch_at, file, AT_CWD, "plain", IN_MODIFY), FREEBSD_EINVAL);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "missing", IN_MODIFY), FREEBSD_ENOENT);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, 999, "plain", IN_MODIFY), FREEBSD_EBADF);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, file, "plain", IN_MODIFY), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, WILD, IN_MODIFY), FREEBSD_EFAULT);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "plain", 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "plain", IN_MODIFY | 0x00800000), FREEBSD_EINVAL);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "plain", IN_MODIFY | IN_MASK_ADD | IN_MASK_CREATE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "plain", IN_MODIFY | IN_ONLYDIR), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(inotify_add_watch_at, fd, AT_CWD, "dangling", IN_MODIFY), FREEBSD_ENOENT);
    CHECK(SYS(inotify_add_watch_at, fd, AT_CWD, "dangling", IN_ATTRIB | IN_DONT_FOLLOW) > 0);
    CHECK_ERR(SYS(read, fd, buffer, sizeof(buffer)), FREEBSD_EAGAIN);
    SYS(close, file);
    SYS(close, fd);
}
