/*
 * EVFILT_VNODE with each of its notes. Sources: kqueue(2); filt_vfsvnode() and vop_*_post() of sys/kern/vfs_subr.c.
 */
#include "queue.h"

#define VNODE FREEBSD_EVFILT_VNODE
#define CHANGES                                                                                                        \
    (FREEBSD_NOTE_DELETE | FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND | FREEBSD_NOTE_ATTRIB | FREEBSD_NOTE_LINK |        \
     FREEBSD_NOTE_RENAME | FREEBSD_NOTE_REVOKE)

static int fd;

static void watch(const char *name, uint32_t notes, int flags)
{
    queue_fresh();
    fd = guest_file(name, "12345");
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD | flags, notes, 0));
    queue_none();
}

static void watch_directory(const char *name, uint32_t notes)
{
    queue_fresh();
    CHECK_OK(SYS(mkdir, name, 0755));
    fd = (int)MUST(SYS(open, name, FREEBSD_O_DIRECTORY));
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, notes, 0));
    queue_none();
}

#define NOTES(expected) CHECK_EQ(queue_one((uint64_t)fd, VNODE).fflags, expected)

/* VOP_WRITE_POST(): NOTE_EXTEND where the end has moved */
TEST(write_and_extend)
{
    watch("written", CHANGES, FREEBSD_EV_CLEAR);
    CHECK_EQ(SYS(pwrite, fd, "ab", 2, 0), 2);
    NOTES(FREEBSD_NOTE_WRITE);
    CHECK_EQ(SYS(pwrite, fd, "ab", 2, 4), 2);
    NOTES(FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND);
    SYS(close, fd);
}

/* vop_setattr_post(): modes, owners, times, and a length that is cut */
TEST(attributes)
{
    watch("attributes", CHANGES, FREEBSD_EV_CLEAR);
    CHECK_OK(SYS(fchmod, fd, 0640));
    NOTES(FREEBSD_NOTE_ATTRIB);
    CHECK_OK(SYS(utimes, "attributes", 0));
    NOTES(FREEBSD_NOTE_ATTRIB);
    CHECK_OK(SYS(ftruncate, fd, 1));
    NOTES(FREEBSD_NOTE_ATTRIB);
    SYS(close, fd);
}

/* vop_link_post() and vop_remove_post(): every unlink is a NOTE_DELETE, whatever names are left */
TEST(link_and_delete)
{
    watch("linked", CHANGES, FREEBSD_EV_CLEAR);
    CHECK_OK(SYS(link, "linked", "second"));
    NOTES(FREEBSD_NOTE_LINK);
    CHECK_OK(SYS(unlink, "second"));
    NOTES(FREEBSD_NOTE_DELETE);
    CHECK_OK(SYS(unlink, "linked"));
    NOTES(FREEBSD_NOTE_DELETE);
    SYS(close, fd);
    queue_none();
}

/* vop_rename_post(): the file is renamed, what it replaces is deleted */
TEST(rename)
{
    int replaced;

    watch("before", CHANGES, FREEBSD_EV_CLEAR);
    CHECK_OK(SYS(rename, "before", "after"));
    NOTES(FREEBSD_NOTE_RENAME);
    replaced = fd;
    fd = guest_file("stronger", "x");
    CHECK_OK(SYS(rename, "stronger", "after"));
    CHECK_EQ(queue_one((uint64_t)replaced, VNODE).fflags, FREEBSD_NOTE_DELETE);
    SYS(close, fd);
    SYS(close, replaced);
}

TEST(open_read_close)
{
    char buffer[8];
    int other;

    watch("opened", FREEBSD_NOTE_OPEN | FREEBSD_NOTE_CLOSE | FREEBSD_NOTE_CLOSE_WRITE | FREEBSD_NOTE_READ,
          FREEBSD_EV_CLEAR);
    other = (int)MUST(SYS(open, "opened", FREEBSD_O_RDONLY));
    NOTES(FREEBSD_NOTE_OPEN);
    CHECK_EQ(SYS(read, other, buffer, 8), 5);
    NOTES(FREEBSD_NOTE_READ);
    SYS(close, other);
    NOTES(FREEBSD_NOTE_CLOSE);
    other = (int)MUST(SYS(open, "opened", FREEBSD_O_RDWR));
    NOTES(FREEBSD_NOTE_OPEN);
    SYS(close, other);
    NOTES(FREEBSD_NOTE_CLOSE_WRITE);
    SYS(close, fd);
}

/* Without EV_CLEAR the notes stay and add up */
TEST(notes_stay)
{
    watch("stays", CHANGES, 0);
    CHECK_OK(SYS(fchmod, fd, 0640));
    NOTES(FREEBSD_NOTE_ATTRIB);
    NOTES(FREEBSD_NOTE_ATTRIB);
    CHECK_EQ(SYS(pwrite, fd, "ab", 2, 0), 2);
    NOTES(FREEBSD_NOTE_ATTRIB | FREEBSD_NOTE_WRITE);
    SYS(close, fd);
    queue_none();
}

/* What is not asked for is not told; asking for other notes counts from then on */
TEST(only_what_is_asked)
{
    watch("asked", FREEBSD_NOTE_WRITE, FREEBSD_EV_CLEAR);
    CHECK_OK(SYS(fchmod, fd, 0640));
    queue_none();
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD, FREEBSD_NOTE_ATTRIB, 0));
    CHECK_EQ(SYS(pwrite, fd, "ab", 2, 0), 2);
    queue_none();
    CHECK_OK(SYS(fchmod, fd, 0600));
    NOTES(FREEBSD_NOTE_ATTRIB);
    SYS(close, fd);
}

/* A directory: names that come and go are writes, subdirectories change its links */
TEST(directory)
{
    watch_directory("dir", CHANGES);
    SYS(close, guest_file("dir/file", "x"));
    NOTES(FREEBSD_NOTE_WRITE);
    CHECK_OK(SYS(rename, "dir/file", "dir/other"));
    NOTES(FREEBSD_NOTE_WRITE);
    CHECK_OK(SYS(rename, "dir/other", "outside")); /* vop_rename_post(): two directories become larger */
    NOTES(FREEBSD_NOTE_WRITE | FREEBSD_NOTE_EXTEND);
    CHECK_OK(SYS(mkdir, "dir/sub", 0755));
    NOTES(FREEBSD_NOTE_WRITE | FREEBSD_NOTE_LINK);
    CHECK_OK(SYS(rmdir, "dir/sub"));
    NOTES(FREEBSD_NOTE_WRITE | FREEBSD_NOTE_LINK);
    CHECK_OK(SYS(rename, "dir", "dir2"));
    NOTES(FREEBSD_NOTE_RENAME);
    CHECK_OK(SYS(rmdir, "dir2")); /* vop_rmdir_post() */
    NOTES(FREEBSD_NOTE_DELETE);
    SYS(close, fd);
}

/* A directory's end is told still when nobody watches its parent any more */
TEST(parent_unwatched)
{
    int parent;

    queue_fresh();
    CHECK_OK(SYS(mkdir, "parent", 0755));
    CHECK_OK(SYS(mkdir, "parent/child", 0755));
    parent = (int)MUST(SYS(open, "parent", FREEBSD_O_RDONLY));
    fd = (int)MUST(SYS(open, "parent/child", FREEBSD_O_RDONLY));
    CHECK_OK(queue_change((uint64_t)parent, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_WRITE, 0));
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_DELETE, 0));
    SYS(close, parent);
    CHECK_OK(SYS(rmdir, "parent/child"));
    NOTES(FREEBSD_NOTE_DELETE);
    SYS(close, fd);
    SYS(rmdir, "parent");
}

/* However much has been written to others before it was looked at (the host's queue has its end) */
TEST(many_before)
{
    int a, b;

    queue_fresh();
    a = (int)MUST(SYS(open, "many_a", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0644));
    b = (int)MUST(SYS(open, "many_b", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0644));
    fd = (int)MUST(SYS(open, "many_c", FREEBSD_O_RDWR | FREEBSD_O_CREAT, 0644));
    CHECK_OK(queue_change((uint64_t)a, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_WRITE, 0));
    CHECK_OK(queue_change((uint64_t)b, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_WRITE, 0));
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_WRITE, 0));
    for (int i = 0; i < 10000; i++) {
        SYS(pwrite, a, "x", 1, 0);
        SYS(pwrite, b, "x", 1, 0);
    }
    CHECK_EQ(SYS(write, fd, "x", 1), 1);
    SYS(close, a);
    SYS(close, b);
    NOTES(FREEBSD_NOTE_WRITE);
    SYS(close, fd);
}

/* A fifo is a file too, and readable like a pipe (pipe_kqfilter()) */
TEST(fifo)
{
    queue_fresh();
    CHECK_OK(SYS(mkfifo, "fifo", 0644));
    fd = (int)MUST(SYS(open, "fifo", FREEBSD_O_RDWR));
    CHECK_OK(queue_change((uint64_t)fd, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_ATTRIB, 0));
    CHECK_OK(queue_change((uint64_t)fd, FREEBSD_EVFILT_READ, FREEBSD_EV_ADD, 0, 0));
    CHECK_OK(SYS(fchmod, fd, 0600));
    NOTES(FREEBSD_NOTE_ATTRIB);
    CHECK_EQ(SYS(write, fd, "abc", 3), 3);
    CHECK_EQ(queue_one((uint64_t)fd, FREEBSD_EVFILT_READ).data, 3);
    SYS(close, fd);
}

/* Two watchers of one file each see all */
TEST(two_descriptors)
{
    int other;

    watch("shared", FREEBSD_NOTE_ATTRIB, FREEBSD_EV_CLEAR);
    other = (int)MUST(SYS(open, "shared", FREEBSD_O_RDONLY));
    CHECK_OK(queue_change((uint64_t)other, VNODE, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, FREEBSD_NOTE_ATTRIB, 0));
    CHECK_OK(SYS(fchmod, fd, 0640));
    CHECK_EQ(queue_take(1000), 2);
    SYS(close, fd);
    CHECK_OK(SYS(fchmod, other, 0600));
    CHECK_EQ(queue_one((uint64_t)other, VNODE).fflags, FREEBSD_NOTE_ATTRIB);
    SYS(close, other);
}

TEST(no_vnode)
{
    int32_t pair[2];

    queue_fresh();
    CHECK_OK(SYS(socketpair, 1, 1, 0, pair));
    CHECK_ERR(queue_change((uint64_t)pair[0], VNODE, FREEBSD_EV_ADD, CHANGES, 0), FREEBSD_EINVAL);
    CHECK_ERR(queue_change(999, VNODE, FREEBSD_EV_ADD, CHANGES, 0), FREEBSD_EBADF);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}
