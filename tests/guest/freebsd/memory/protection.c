/*
 * mprotect(2): guards, holes, the most that is allowed. And mmap of old. Sources: mprotect(2), mmap(2),
 * sys/vm/vm_mmap.c (kern_mprotect), sys/vm/vm_map.c (vm_map_protect).
 *
 * Rows: mprotect: mprotect(2), sys/vm/vm_map.c (vm_map_protect)
 */
#include "guest.h"

enum { R = FREEBSD_PROT_READ, RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, PAGE = 4096 };
enum { ANON = FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON };

/* Whether the kernel can write there. */
static bool writable(char *at)
{
    return SYS(clock_gettime, FREEBSD_CLOCK_MONOTONIC, at) == 0;
}

/* A guard cannot be given access, and asking is no error; what is around it is changed */
TEST(guards_stay)
{
    char *p = (char *)MUST(SYS(mmap, 0, 5 * PAGE, RW, ANON, -1, 0));

    CHECK_EQ(SYS(mmap, p + 2 * PAGE, PAGE, 0, FREEBSD_MAP_GUARD | FREEBSD_MAP_FIXED, -1, 0), (int64_t)(p + 2 * PAGE));
    CHECK_OK(SYS(mprotect, p, 5 * PAGE, R));
    CHECK(!writable(p));
    CHECK_OK(SYS(mprotect, p, 5 * PAGE, RW));
    CHECK(writable(p) && writable(p + PAGE) && writable(p + 3 * PAGE) && writable(p + 4 * PAGE));
    CHECK(!writable(p + 2 * PAGE));
    CHECK_OK(SYS(mprotect, p + 2 * PAGE, PAGE, RW));
    CHECK(!writable(p + 2 * PAGE));
    /* Mapped over, it is a guard no longer; nor when it was unmapped */
    CHECK_EQ(SYS(mmap, p + 2 * PAGE, PAGE, 0, ANON | FREEBSD_MAP_FIXED, -1, 0), (int64_t)(p + 2 * PAGE));
    CHECK(!writable(p + 2 * PAGE));
    CHECK_OK(SYS(mprotect, p + 2 * PAGE, PAGE, RW));
    CHECK(writable(p + 2 * PAGE));
}

/* Many guards, cut in many ways */
TEST(many_guards)
{
    enum { GUARDS = 300 };
    char *p = (char *)MUST(SYS(mmap, 0, (2 * GUARDS + 1) * PAGE, 0, ANON, -1, 0));

    for (int i = 0; i < GUARDS; i++)
        CHECK_EQ(SYS(mmap, p + (2 * i + 1) * PAGE, PAGE, 0, FREEBSD_MAP_GUARD | FREEBSD_MAP_FIXED, -1, 0),
                 (int64_t)(p + (2 * i + 1) * PAGE));
    CHECK_OK(SYS(mprotect, p, (2 * GUARDS + 1) * PAGE, RW));
    for (int i = 0; i < GUARDS; i++) {
        CHECK(writable(p + 2 * i * PAGE));
        CHECK(!writable(p + (2 * i + 1) * PAGE));
    }
    CHECK_OK(SYS(munmap, p, (2 * GUARDS + 1) * PAGE));
    /* A large guard, with a hole cut into its middle */
    p = (char *)MUST(SYS(mmap, 0, 9 * PAGE, 0, FREEBSD_MAP_GUARD, -1, 0));
    CHECK_EQ(SYS(mmap, p + 4 * PAGE, PAGE, 0, ANON | FREEBSD_MAP_FIXED, -1, 0), (int64_t)(p + 4 * PAGE));
    CHECK_OK(SYS(mprotect, p, 9 * PAGE, RW));
    for (int i = 0; i < 9; i++)
        CHECK_EQ(writable(p + i * PAGE), i == 4);
}

/* Nothing mapped is no error; what is there is changed */
TEST(holes_are_passed_by)
{
    char *p = (char *)MUST(SYS(mmap, 0, 5 * PAGE, RW, ANON, -1, 0));

    CHECK_OK(SYS(munmap, p + PAGE, PAGE));
    CHECK_OK(SYS(munmap, p + 3 * PAGE, PAGE));
    CHECK_OK(SYS(mprotect, p, 5 * PAGE, R));
    CHECK(!writable(p) && !writable(p + 2 * PAGE) && !writable(p + 4 * PAGE));
    CHECK_OK(SYS(mprotect, p + PAGE, 4 * PAGE, RW));
    CHECK(!writable(p) && writable(p + 2 * PAGE) && writable(p + 4 * PAGE));
    CHECK(!writable(p + PAGE) && !writable(p + 3 * PAGE));
    CHECK_OK(SYS(mprotect, p + PAGE, PAGE, RW));
}

TEST(arguments)
{
    char *p = guest_pages(2 * PAGE);

    CHECK_ERR(SYS(mprotect, p, PAGE, 0x8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mprotect, p, PAGE, RW | FREEBSD_PROT_MAX(0x8)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mprotect, p, PAGE, RW | FREEBSD_PROT_MAX(R)), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(mprotect, p, ~0UL - PAGE, RW), FREEBSD_EINVAL); /* wraps */
    CHECK_OK(SYS(mprotect, p, 0, R));
    CHECK(writable(p));
    CHECK_OK(SYS(mprotect, p + 7, 1, R)); /* whole pages */
    CHECK(!writable(p));
    CHECK(writable(p + PAGE));
    CHECK_OK(SYS(mprotect, 0xffff800000000000UL, PAGE, R)); /* cut to nothing */
}

/* A file opened for reading, shared: no more than that (vm_mmap_vnode(): maxprot) */
TEST(file_opened_for_reading)
{
    int fd;
    char *p;

    SYS(close, guest_file("readable", "content"));
    fd = (int)MUST(SYS(open, "readable", FREEBSD_O_RDONLY));
    p = (char *)MUST(SYS(mmap, 0, PAGE, R, FREEBSD_MAP_SHARED, fd, 0));
    CHECK_ERR(SYS(mprotect, p, PAGE, RW), FREEBSD_EACCES);
    CHECK_OK(SYS(mprotect, p, PAGE, 0));
}

/* PROT_MAX: only ever less, and of each page its own */
TEST(maximum_of_each_page)
{
    char *p = (char *)MUST(SYS(mmap, 0, 4 * PAGE, RW, ANON, -1, 0));

    CHECK_OK(SYS(mprotect, p + PAGE, PAGE, R | FREEBSD_PROT_MAX(R)));
    CHECK_ERR(SYS(mprotect, p + PAGE, PAGE, RW), FREEBSD_EACCES);
    CHECK_ERR(SYS(mprotect, p + PAGE, PAGE, R | FREEBSD_PROT_MAX(RW)), FREEBSD_EACCES);
    CHECK_ERR(SYS(mprotect, p, 4 * PAGE, RW), FREEBSD_EACCES);
    CHECK_OK(SYS(mprotect, p, PAGE, RW));
    CHECK_OK(SYS(mprotect, p + 2 * PAGE, 2 * PAGE, RW | FREEBSD_PROT_EXEC));
    CHECK_OK(SYS(munmap, p + PAGE, PAGE));
    CHECK_EQ(SYS(mmap, p + PAGE, PAGE, R, ANON | FREEBSD_MAP_FIXED, -1, 0), (int64_t)(p + PAGE));
    CHECK_OK(SYS(mprotect, p, 4 * PAGE, RW));
}

/* Rows: freebsd6_mmap: sys/kern/syscalls.master: an argument more, before the offset */
TEST(mmap_of_old)
{
    const uint64_t arguments[8] = {0,  PAGE, R, FREEBSD_MAP_PRIVATE, (uint64_t)guest_file("old", "0123456789"),
                                   77, 0,    0};
    struct guest_result r;

    guest_call8(&r, FREEBSD_SYS_freebsd6_mmap, arguments);
    REQUIRE(!r.carry);
    CHECK_EQ(((char *)r.rax)[5], '5');
    CHECK_ERR(SYS(freebsd6_mmap, 0, 0, R, ANON, -1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd6_mmap, 0, PAGE, R, FREEBSD_MAP_PRIVATE, 999, 0), FREEBSD_EBADF);
}
