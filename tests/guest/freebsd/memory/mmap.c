/*
 * mmap(2): its flags, one by one. Sources: mmap(2), sys/vm/vm_mmap.c kern_mmap.
 *
 * Rows: mmap: mmap(2), sys/vm/vm_mmap.c (kern_mmap)
 */
#include "guest.h"

enum { RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, ANON = FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON, PAGE = 4096 };

static int64_t map(void *at, uint64_t size, int prot, int flags)
{
    return SYS(mmap, at, size, prot, flags, -1, 0);
}

TEST(anonymous_is_zero)
{
    char *p = (char *)MUST(map(0, 3 * PAGE, RW, ANON));

    CHECK_EQ(p[0], 0);
    CHECK_EQ(p[3 * PAGE - 1], 0);
    p[5] = 7;
    CHECK_OK(SYS(munmap, p, 3 * PAGE));
}

/* "If MAP_ANON is set, fd must be -1 and offset 0": EINVAL */
TEST(anonymous_with_descriptor)
{
    CHECK_ERR(SYS(mmap, 0, PAGE, RW, ANON, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mmap, 0, PAGE, RW, ANON, -1, PAGE), FREEBSD_EINVAL);
}

/* Length 0 is EINVAL for programs of FreeBSD 8 and later */
TEST(length_zero)
{
    CHECK_ERR(map(0, 0, RW, ANON), FREEBSD_EINVAL);
}

TEST(unknown_flag)
{
    CHECK_ERR(map(0, PAGE, RW, ANON | 0x80), FREEBSD_EINVAL);
    CHECK_ERR(map(0, PAGE, RW, ANON | 0x100000), FREEBSD_EINVAL);
}

/* MAP_RENAME and MAP_NORESERVE of releases before 11 never did anything, and are let pass (kern_mmap()) */
TEST(flags_of_old)
{
    char *p = (char *)MUST(map(0, PAGE, RW, ANON | 0x20 | 0x40));

    p[0] = 1;
    CHECK_OK(SYS(munmap, p, PAGE));
}

TEST(unknown_protection)
{
    CHECK_ERR(map(0, PAGE, RW | 0x8, ANON), FREEBSD_EINVAL);
}

TEST(sharing_must_be_one)
{
    int fd = guest_file("sharing", "content");

    CHECK_ERR(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED | FREEBSD_MAP_PRIVATE, fd, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, 0, fd, 0), FREEBSD_EINVAL);
}

TEST(bad_descriptor)
{
    CHECK_ERR(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED, 999, 0), FREEBSD_EBADF);
}

TEST(fixed)
{
    char *p = (char *)MUST(map(0, 4 * PAGE, RW, ANON));

    p[PAGE] = 1;
    CHECK_EQ(map(p + PAGE, PAGE, RW, ANON | FREEBSD_MAP_FIXED), (int64_t)(p + PAGE));
    CHECK_EQ(p[PAGE], 0);
}

/* "MAP_FIXED: addr must be a multiple of the page size", less the offset's remainder */
TEST(fixed_misaligned)
{
    char *p = (char *)MUST(map(0, 4 * PAGE, RW, ANON));

    CHECK_ERR(map(p + 1, PAGE, RW, ANON | FREEBSD_MAP_FIXED), FREEBSD_EINVAL);
}

/* MAP_EXCL: only with MAP_FIXED; then an address in use stays as it was (vm_map_fixed: KERN_NO_SPACE, so ENOMEM) */
TEST(exclusive)
{
    char *p = (char *)MUST(map(0, 4 * PAGE, RW, ANON));

    p[PAGE] = 9;
    CHECK_ERR(map(p + PAGE, PAGE, RW, ANON | FREEBSD_MAP_FIXED | FREEBSD_MAP_EXCL), FREEBSD_ENOMEM);
    CHECK_EQ(p[PAGE], 9);
    CHECK_OK(SYS(munmap, p + PAGE, PAGE));
    CHECK_EQ(map(p + PAGE, PAGE, RW, ANON | FREEBSD_MAP_FIXED | FREEBSD_MAP_EXCL), (int64_t)(p + PAGE));
    CHECK_ERR(map(0, PAGE, RW, ANON | FREEBSD_MAP_EXCL), FREEBSD_EINVAL);
}

TEST(hint_in_use_moves)
{
    char *p = (char *)MUST(map(0, 4 * PAGE, RW, ANON));
    int64_t q = MUST(map(p, PAGE, RW, ANON));

    CHECK(q != (int64_t)p);
}

static bool touch_dies(void *at)
{
    int pid = guest_fork();

    if (pid == 0) {
        *(volatile char *)at = 1;
        guest_exit(0);
    }
    return KILLED(guest_wait(pid), FREEBSD_SIGSEGV);
}

/* MAP_GUARD: prot none, fd -1, offset 0, no other flag but FIXED, EXCL, ALIGNED, 32BIT */
TEST(guard)
{
    char *p = (char *)MUST(map(0, 4 * PAGE, 0, FREEBSD_MAP_GUARD));

    CHECK(touch_dies(p));
    CHECK_EQ(map(p + PAGE, PAGE, RW, ANON | FREEBSD_MAP_FIXED), (int64_t)(p + PAGE));
    p[PAGE] = 1;
    CHECK_OK(SYS(munmap, p, 4 * PAGE));
}

TEST(guard_refuses)
{
    CHECK_ERR(map(0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_GUARD), FREEBSD_EINVAL);
    CHECK_ERR(map(0, PAGE, 0, FREEBSD_MAP_GUARD | FREEBSD_MAP_ANON), FREEBSD_EINVAL);
    CHECK_ERR(map(0, PAGE, 0, FREEBSD_MAP_GUARD | FREEBSD_MAP_PRIVATE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mmap, 0, PAGE, 0, FREEBSD_MAP_GUARD, 0, 0), FREEBSD_EINVAL);
}

/* MAP_STACK implies MAP_ANON and needs reading and writing */
TEST(stack)
{
    char *p = (char *)MUST(map(0, 16 * PAGE, RW, FREEBSD_MAP_STACK));

    p[16 * PAGE - 1] = 1;
    CHECK_EQ(p[15 * PAGE], 0);
    CHECK_ERR(map(0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_STACK), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_STACK, 0, 0), FREEBSD_EINVAL);
}

/* MAP_ALIGNED(n): a multiple of 2^n; n of 1 asks for a superpage's alignment; below a page is EINVAL */
TEST(aligned)
{
    for (int n = 12; n <= 26; n += 2)
        CHECK_EQ(MUST(map(0, PAGE, RW, ANON | FREEBSD_MAP_ALIGNED(n))) & ((1L << n) - 1), 0);
    CHECK_EQ(MUST(map(0, 2 << 20, RW, ANON | FREEBSD_MAP_ALIGNED(1))) & ((2L << 20) - 1), 0);
    CHECK_ERR(map(0, PAGE, RW, ANON | FREEBSD_MAP_ALIGNED(5)), FREEBSD_EINVAL);
}

TEST(low_addresses)
{
    int64_t p = MUST(map(0, PAGE, RW, ANON | FREEBSD_MAP_32BIT));

    CHECK(p > 0 && p + PAGE <= 0x80000000L);
}

/* PROT_MAX: what mprotect may add later; less than prot is ENOTSUP, more later is EACCES */
TEST(maximum_protection)
{
    char *p = (char *)MUST(map(0, PAGE, FREEBSD_PROT_READ | FREEBSD_PROT_MAX(FREEBSD_PROT_READ), ANON));

    CHECK_ERR(SYS(mprotect, p, PAGE, RW), FREEBSD_EACCES);
    CHECK_OK(SYS(mprotect, p, PAGE, 0));
    CHECK_ERR(map(0, PAGE, RW | FREEBSD_PROT_MAX(FREEBSD_PROT_READ), ANON), FREEBSD_EOPNOTSUPP);
}

TEST(shared_file)
{
    int fd = guest_file("shared", "0123456789");
    char *p = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
    char back[4] = {0};

    CHECK_EQ(p[3], '3');
    CHECK_EQ(p[100], 0);
    p[3] = 'x';
    CHECK_EQ(SYS(pread, fd, back, 1, 3), 1);
    CHECK_EQ(back[0], 'x');
    CHECK_OK(SYS(msync, p, PAGE, 0));
    CHECK_OK(SYS(close, fd));
    CHECK_EQ(p[4], '4');
}

TEST(private_file)
{
    int fd = guest_file("private", "0123456789");
    char *p = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_PREFAULT_READ, fd, 0));
    char back[4] = {0};

    p[3] = 'x';
    CHECK_EQ(SYS(pread, fd, back, 1, 3), 1);
    CHECK_EQ(back[0], '3');
}

TEST(shared_write_needs_write_access)
{
    int fd;

    SYS(close, guest_file("access", "0123456789"));
    fd = (int)MUST(SYS(open, "access", FREEBSD_O_RDONLY));
    CHECK_ERR(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0), FREEBSD_EACCES);
    CHECK(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_PRIVATE, fd, 0) > 0);
}

/* The remainder of the offset moves the address: no EINVAL without MAP_FIXED */
TEST(offset_inside_a_page)
{
    int fd = guest_file("offset", "0123456789");
    char *p = (char *)MUST(SYS(mmap, 0, 4, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE, fd, 2));

    CHECK_EQ((uint64_t)p & 4095, 2);
    CHECK_EQ(p[0], '2');
}

TEST(negative_offset)
{
    int fd = guest_file("negative", "0123456789");

    CHECK_ERR(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_PRIVATE, fd, -PAGE), FREEBSD_EINVAL);
}

/* A descriptor that cannot be mapped is ENODEV */
TEST(pipe_cannot_be_mapped)
{
    int32_t fds[2];

    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_ERR(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED, fds[0], 0), FREEBSD_ENODEV);
}

TEST(too_large)
{
    CHECK_ERR(map(0, 1UL << 50, RW, ANON), FREEBSD_ENOMEM);
}
