/*
 * UMTX_OP_SHM: pages that belong to addresses in shared memory. Sources: _umtx_op(2), umtx_shm() in
 * sys/kern/kern_umtx.c.
 */
#include "guest.h"
#include "threads.h"

enum { RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, PAGE = 4096 };

static int64_t shm(uint64_t flags, const volatile void *at)
{
    return SYS(_umtx_op, 0, FREEBSD_UMTX_OP_SHM, flags, at, 0);
}

static char *map_page(int fd)
{
    return (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
}

static char *shared;

static void find_and_change(void *expected)
{
    int fd = (int)MUST(shm(FREEBSD_UMTX_SHM_LOOKUP, shared + 8));
    char *page = map_page(fd);

    SYS(close, fd);
    CHECK_EQ(page[0], *(char *)expected);
    page[0]++;
}

/* Everybody who maps the memory finds the same page, for each address another */
TEST(pages_of_addresses)
{
    char value = 'a';
    struct freebsd_stat st;
    char *page, *other;
    int fd;

    shared = (char *)MUST(SYS(mmap, 0, 2 * PAGE, RW, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_LOOKUP, shared + 8), FREEBSD_ESRCH);
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_DESTROY, shared + 8), FREEBSD_ESRCH);
    fd = (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, shared + 8));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, PAGE);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    page = map_page(fd);
    SYS(close, fd);
    CHECK_EQ(page[0], 0);
    page[0] = value;
    fd = (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, shared + 8)); /* again: the same */
    other = map_page(fd);
    SYS(close, fd);
    CHECK_EQ(other[0], value);
    CHECK_EQ(guest_in_child(find_and_change, &value), 0);
    CHECK_EQ(page[0], value + 1);
    fd = (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, shared + 16));
    other = map_page(fd);
    SYS(close, fd);
    CHECK_EQ(other[0], 0);
    CHECK_OK(shm(FREEBSD_UMTX_SHM_ALIVE, page));
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, shared + 8));
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_ALIVE, page), FREEBSD_ENOTTY);
    CHECK_OK(shm(FREEBSD_UMTX_SHM_ALIVE, other));
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_LOOKUP, shared + 8), FREEBSD_ESRCH);
    page[0] = 'z';                                           /* mapped, it lives on */
    fd = (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, shared + 8)); /* and this is another */
    other = map_page(fd);
    SYS(close, fd);
    CHECK_EQ(other[0], 0);
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, shared + 8));
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, shared + 16));
}

/* The same file, mapped twice, at different places */
TEST(pages_of_a_file)
{
    int fd = guest_file("with-a-page", "0123456789"), one, two;
    char *first = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
    char *second = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
    char *page, *again;

    one = (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, first + 4));
    two = (int)MUST(shm(FREEBSD_UMTX_SHM_LOOKUP, second + 4));
    page = map_page(one);
    again = map_page(two);
    page[77] = 'q';
    CHECK_EQ(again[77], 'q');
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, second + 4));
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_DESTROY, first + 4), FREEBSD_ESRCH);
    SYS(close, one);
    SYS(close, two);
}

static void find_as_another_user(void *at)
{
    CHECK_OK(SYS(setuid, 1000));
    SYS(close, (int)MUST(shm(FREEBSD_UMTX_SHM_LOOKUP, at)));
    SYS(close, (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, at)));
}

/* Made by root, used by children that have given up privileges */
TEST(pages_and_users)
{
    char *at = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));

    if (SYS(geteuid) != 0)
        SKIP("only root may take other ids");
    SYS(close, (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, at)));
    CHECK_EQ(guest_in_child(find_as_another_user, at), 0);
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, at));
}

static void make_one(void *at)
{
    SYS(close, (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, at)));
}

/* Nobody who asked for it is there any more: it is gone with them */
TEST(pages_of_the_past)
{
    char *at = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));

    CHECK_EQ(guest_in_child(make_one, at), 0);
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_LOOKUP, at), FREEBSD_ESRCH);
}

TEST(page_errors)
{
    char *own = guest_pages(PAGE);
    char *readable = (char *)MUST(SYS(mmap, 0, PAGE, FREEBSD_PROT_READ, FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0));

    CHECK_ERR(shm(0, own), FREEBSD_EINVAL);
    CHECK_ERR(shm(3, own), FREEBSD_EINVAL);
    CHECK_ERR(shm(0x10, own), FREEBSD_EINVAL);
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_CREAT, (void *)0x10), FREEBSD_EFAULT);
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_CREAT, readable), FREEBSD_EFAULT);
    CHECK_ERR(shm(FREEBSD_UMTX_SHM_ALIVE, (void *)0x10), FREEBSD_EFAULT);
    CHECK_OK(shm(FREEBSD_UMTX_SHM_ALIVE, readable));
    SYS(close, (int)MUST(shm(FREEBSD_UMTX_SHM_CREAT, own))); /* private memory has pages too */
    CHECK_OK(shm(FREEBSD_UMTX_SHM_DESTROY, own));
}
