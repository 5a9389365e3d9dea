/*
 * mprotect, munmap, madvise, mincore, minherit, msync, break. Sources: the man pages, sys/vm/vm_mmap.c, vm_unix.c.
 *
 * Rows: munmap break: munmap(2), sys/vm/vm_mmap.c (kern_munmap), sys/vm/vm_unix.c (kern_break)
 */
#include "guest.h"

enum { RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, PAGE = 4096 };

/* kern_munmap: length 0 and addresses beyond the user's are refused, what is not mapped is not */
TEST(munmap_arguments)
{
    char *p = guest_pages(4 * PAGE);

    CHECK_ERR(SYS(munmap, p, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(munmap, p, 4 * PAGE));
    CHECK_OK(SYS(munmap, p, 4 * PAGE)); /* nothing there is no error */
    CHECK_ERR(SYS(munmap, 0xffff800000000000UL, PAGE), FREEBSD_EINVAL);
}

TEST(mprotect_takes_effect)
{
    char *p = guest_pages(2 * PAGE);
    int32_t fds[2];

    p[0] = 'a';
    CHECK_OK(SYS(mprotect, p, PAGE, FREEBSD_PROT_READ));
    CHECK_EQ(p[0], 'a');
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_EQ(SYS(write, fds[1], "b", 1), 1);
    CHECK_ERR(SYS(read, fds[0], p, 1), FREEBSD_EFAULT);
    CHECK_OK(SYS(mprotect, p, PAGE, RW));
    p[0] = 'c';
}

TEST(mprotect_arguments)
{
    char *p = guest_pages(2 * PAGE);

    CHECK_ERR(SYS(mprotect, p, PAGE, 0x8), FREEBSD_EINVAL);
    CHECK_OK(SYS(mprotect, p, 0, RW));
}

TEST(generated_code_runs)
{
    unsigned char *p = guest_pages(PAGE);
    int (*function)(void) = (int (*)(void))(uintptr_t)p;

    memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6); /* mov $42, %eax; ret */
    CHECK_OK(SYS(mprotect, p, PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_EXEC));
    CHECK_EQ(function(), 42);
}

/* A system call in code made at run time reaches the same kernel */
TEST(generated_syscall)
{
    unsigned char *p = guest_pages(PAGE);
    int64_t (*function)(void) = (int64_t(*)(void))(uintptr_t)p;

    memcpy(p, "\xb8\x14\x00\x00\x00\x0f\x05\xc3", 8); /* mov $20, %eax; syscall; ret */
    CHECK_OK(SYS(mprotect, p, PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_EXEC));
    CHECK_EQ(function(), SYS(getpid));
}

TEST(madvise_values)
{
    char *p = guest_pages(2 * PAGE);

    for (int advice = FREEBSD_MADV_NORMAL; advice <= 9; advice++)
        CHECK_OK(SYS(madvise, p, PAGE, advice));
    CHECK_ERR(SYS(madvise, p, PAGE, 99), FREEBSD_EINVAL);
    CHECK_ERR(SYS(madvise, p, PAGE, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(madvise, p, PAGE, 11), FREEBSD_EINVAL);
}

/* Rows: madvise: madvise(2), sys/vm/vm_mmap.c (kern_madvise), vm_map.c (vm_map_madvise) */
TEST(madvise_ranges)
{
    char *p = guest_pages(3 * PAGE);
    int fd = guest_file("advised", "content");
    char *f = (char *)MUST(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED, fd, 0));

    CHECK_ERR(SYS(madvise, p, PAGE, FREEBSD_MADV_PROTECT), FREEBSD_EPERM); /* a jail's root too */
    CHECK_OK(SYS(madvise, p, 0, FREEBSD_MADV_NORMAL));
    CHECK_OK(SYS(madvise, p + 5, 3, FREEBSD_MADV_NORMAL)); /* whole pages are taken */
    CHECK_OK(SYS(munmap, p + PAGE, PAGE));
    CHECK_OK(SYS(madvise, p, 3 * PAGE, FREEBSD_MADV_NORMAL)); /* holes are no error */
    CHECK_OK(SYS(madvise, p, 3 * PAGE, FREEBSD_MADV_FREE));
    CHECK_ERR(SYS(madvise, p, 1UL << 62, FREEBSD_MADV_NORMAL), FREEBSD_EINVAL);
    CHECK_ERR(SYS(madvise, p, ~0UL, FREEBSD_MADV_NORMAL), FREEBSD_EINVAL); /* wraps */
    CHECK_ERR(SYS(madvise, 0xffff800000000000UL, PAGE, FREEBSD_MADV_NORMAL), FREEBSD_EINVAL);
    CHECK_OK(SYS(madvise, f, PAGE, FREEBSD_MADV_FREE)); /* a file's content stays */
    CHECK_EQ(f[0], 'c');
}

/* madvise(2): MADV_DONTNEED keeps the content here, unlike on Linux; only MADV_FREE may lose it */
TEST(madvise_dontneed_keeps)
{
    char *p = guest_pages(2 * PAGE);

    p[0] = 'k';
    CHECK_OK(SYS(madvise, p, 2 * PAGE, FREEBSD_MADV_DONTNEED));
    CHECK_EQ(p[0], 'k');
}

TEST(mincore_reports)
{
    char *p = guest_pages(3 * PAGE);
    unsigned char vector[3] = {0x80, 0x80, 0x80};

    p[0] = 1;
    CHECK_OK(SYS(mincore, p, 3 * PAGE, vector));
    CHECK(vector[0] & FREEBSD_MINCORE_INCORE);
    CHECK_EQ(vector[1], 0);
    CHECK_ERR(SYS(mincore, p, 3 * PAGE, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(munmap, p, PAGE));
    CHECK_ERR(SYS(mincore, p, PAGE, vector), FREEBSD_ENOMEM);
}

static char *inherited;

static void child_sees_zero(void *unused)
{
    (void)unused;
    CHECK_EQ(inherited[0], 0);
}

static void child_sees_value_and_changes(void *unused)
{
    (void)unused;
    CHECK_EQ(inherited[0], 'v');
    inherited[0] = 'w';
}

/* minherit(2) */
TEST(inherit_zero)
{
    inherited = guest_pages(PAGE);
    inherited[0] = 'v';
    CHECK_OK(SYS(minherit, inherited, PAGE, FREEBSD_INHERIT_ZERO));
    CHECK_EQ(guest_in_child(child_sees_zero, NULL), 0);
    CHECK_EQ(inherited[0], 'v');
}

TEST(inherit_copy)
{
    inherited = guest_pages(PAGE);
    inherited[0] = 'v';
    CHECK_OK(SYS(minherit, inherited, PAGE, FREEBSD_INHERIT_COPY));
    CHECK_EQ(guest_in_child(child_sees_value_and_changes, NULL), 0);
    CHECK_EQ(inherited[0], 'v');
}

static void child_dies_of_touch(void *unused)
{
    (void)unused;
    ((volatile char *)inherited)[0];
}

TEST(inherit_none)
{
    inherited = guest_pages(PAGE);
    inherited[0] = 'v';
    CHECK_OK(SYS(minherit, inherited, PAGE, FREEBSD_INHERIT_NONE));
    CHECK(KILLED(guest_in_child(child_dies_of_touch, NULL), FREEBSD_SIGSEGV));
}

TEST(inherit_shared_mapping)
{
    inherited = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));
    inherited[0] = 'v';
    CHECK_EQ(guest_in_child(child_sees_value_and_changes, NULL), 0);
    CHECK_EQ(inherited[0], 'w');
}

TEST(inherit_unknown)
{
    CHECK_ERR(SYS(minherit, inherited, PAGE, 77), FREEBSD_EINVAL);
    CHECK_ERR(SYS(minherit, inherited, 0, 77), FREEBSD_EINVAL);
    CHECK_ERR(SYS(minherit, inherited, ~0UL - PAGE, FREEBSD_INHERIT_COPY), FREEBSD_EINVAL);
}

TEST(inherit_share_of_shared)
{
    inherited = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));
    inherited[0] = 'v';
    CHECK_OK(SYS(minherit, inherited, PAGE, FREEBSD_INHERIT_NONE));
    CHECK_OK(SYS(minherit, inherited, PAGE, FREEBSD_INHERIT_SHARE));
    CHECK_EQ(guest_in_child(child_sees_value_and_changes, NULL), 0);
    CHECK_EQ(inherited[0], 'w');
}

TEST(msync_arguments)
{
    char *p = guest_pages(PAGE);

    CHECK_OK(SYS(msync, p, PAGE, 0));
    CHECK_OK(SYS(msync, p, PAGE, FREEBSD_MS_ASYNC));
    CHECK_ERR(SYS(msync, p, PAGE, FREEBSD_MS_ASYNC | FREEBSD_MS_INVALIDATE), FREEBSD_EINVAL);
}

/* Rows: msync: msync(2), sys/vm/vm_mmap.c (kern_msync), vm_map.c (vm_map_sync) */
TEST(msync_ranges)
{
    int fd = guest_file("synced", "0123456789");
    char *p = (char *)MUST(SYS(mmap, 0, 3 * PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
    char *hole = guest_pages(3 * PAGE);
    char back = 0;

    p[3] = 'x';
    CHECK_OK(SYS(msync, p, 0, 0)); /* all that is mapped as one with it */
    CHECK_OK(SYS(msync, p, 0, FREEBSD_MS_INVALIDATE));
    CHECK_EQ(SYS(pread, fd, &back, 1, 3), 1);
    CHECK_EQ(back, 'x');
    CHECK_OK(SYS(msync, p + 3, 1, 0));
    CHECK_OK(SYS(msync, p, PAGE, 0x40)); /* what it does not know, the kernel does not look at */
    CHECK_OK(SYS(munmap, hole + PAGE, PAGE));
    CHECK_ERR(SYS(msync, hole, 3 * PAGE, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(msync, hole + PAGE, PAGE, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(msync, hole + PAGE, 0, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(msync, p, ~0UL - PAGE, 0), FREEBSD_EINVAL); /* wraps */
    CHECK_ERR(SYS(msync, 0xffff800000000000UL, PAGE, 0), FREEBSD_ENOMEM);
    if (SYS(mlock, p, PAGE) == 0) {
        CHECK_ERR(SYS(msync, p, PAGE, FREEBSD_MS_INVALIDATE), FREEBSD_EBUSY);
        CHECK_OK(SYS(munlock, p, PAGE));
    }
}

/* sys/vm/vm_unix.c kern_break: growing gives zeroed memory above the program's data, and the new end is the result */
TEST(break_grows_and_shrinks)
{
    extern char _end[];
    uint64_t start = ((uint64_t)_end + 2 * PAGE - 1) & ~4095UL;
    char *grown = (char *)start;

    CHECK_EQ(SYS(break, start + 4 * PAGE), (int64_t)(start + 4 * PAGE));
    CHECK_EQ(grown[0], 0);
    CHECK_EQ(grown[4 * PAGE - 1], 0);
    grown[4 * PAGE - 1] = 3;
    CHECK_EQ(SYS(break, start), (int64_t)start);
    CHECK_EQ(SYS(break, start + 4 * PAGE), (int64_t)(start + 4 * PAGE));
    CHECK_EQ(grown[4 * PAGE - 1], 0);
    CHECK_EQ(SYS(break, start + 3 * PAGE + 1), (int64_t)(start + 4 * PAGE)); /* whole pages */
    CHECK_EQ(SYS(break, 0), (int64_t)(start + 4 * PAGE));                    /* below the data: where it is */
    CHECK_ERR(SYS(break, 1UL << 46), FREEBSD_ENOMEM);
    CHECK_EQ(SYS(break, start), (int64_t)start);
}

/* vm_mmap.c kern_mlock: wired memory, or the limit says no; a hole is ENOMEM. Rows: mlock munlock: mlock(2) */
TEST(mlock_and_munlock)
{
    char *p = guest_pages(PAGE);

    CHECK_OK(SYS(mlock, p, PAGE));
    CHECK_OK(SYS(mlock, p + 1, 1)); /* whole pages are taken */
    CHECK_OK(SYS(munlock, p, PAGE));
    CHECK_OK(SYS(mlock, p, 0));
    CHECK_OK(SYS(munlock, p, 0));
    CHECK_ERR(SYS(mlock, p, ~0UL - PAGE), FREEBSD_EINVAL); /* wraps */
    CHECK_ERR(SYS(munlock, p, ~0UL - PAGE), FREEBSD_EINVAL);
    CHECK_OK(SYS(munmap, p, PAGE));
    CHECK_ERR(SYS(mlock, p, PAGE), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(munlock, p, PAGE), FREEBSD_ENOMEM);
}

static void lock_beyond_the_limit(void *unused)
{
    struct freebsd_rlimit limit = {2 * PAGE, 2 * PAGE};
    char *p = guest_pages(4 * PAGE);

    (void)unused;
    CHECK_OK(SYS(setrlimit, 6, &limit)); /* RLIMIT_MEMLOCK */
    if (SYS(geteuid) == 0)
        CHECK_OK(SYS(setuid, 1000));
    CHECK_OK(SYS(mlock, p, PAGE));
    CHECK_ERR(SYS(mlock, p, 4 * PAGE), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(mlockall, 1), FREEBSD_ENOMEM);
}

TEST(mlock_limit)
{
    CHECK_EQ(guest_in_child(lock_beyond_the_limit, NULL), 0);
}

static void lock_all(void *unused)
{
    (void)unused;
    CHECK_ERR(SYS(mlockall, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mlockall, 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mlockall, -1), FREEBSD_EINVAL);
    if (SYS(mlockall, 2) == 0) { /* MCL_FUTURE */
        unsigned char there[2] = {0, 0};
        char *p = guest_pages(2 * PAGE);

        CHECK_OK(SYS(mincore, p, 2 * PAGE, there));
        CHECK(there[0] & there[1] & FREEBSD_MINCORE_INCORE);
        CHECK_OK(SYS(munlockall));
        p = guest_pages(2 * PAGE);
        CHECK_OK(SYS(mincore, p, 2 * PAGE, there));
        CHECK_EQ(there[1] & FREEBSD_MINCORE_INCORE, 0);
    }
    CHECK_OK(SYS(munlockall)); /* nothing is locked: no error */
}

/* Rows: mlockall munlockall: mlockall(2) */
TEST(mlockall_and_munlockall)
{
    CHECK_EQ(guest_in_child(lock_all, NULL), 0);
}

/* Rows: freebsd11_vadvise: sys/vm/vm_mmap.c (freebsd11_vadvise): refused, whatever it is asked */
TEST(vadvise_is_gone)
{
    CHECK_ERR(SYS(freebsd11_vadvise, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_vadvise, -1), FREEBSD_EINVAL);
}
