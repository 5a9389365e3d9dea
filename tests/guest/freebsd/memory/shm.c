/*
 * POSIX shared memory. Sources: shm_open(2), sys/kern/uipc_shm.c.
 */
#include "guest.h"

enum { RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, PAGE = 4096, CREATE = FREEBSD_O_RDWR | FREEBSD_O_CREAT };
enum { ALLOW_SEALING = 1, NOREPLACE = 1, EXCHANGE = 2 };
#define SHM_ANON ((char *)1)

/* A name of this process's own. */
static const char *name(char which)
{
    static char names[8][32];
    char *n = names[which & 7];

    guest_format(n, sizeof(names[0]), "/guest-%ld-%c", (long)SYS(getpid), which);
    return n;
}

static int64_t create(const char *path)
{
    return SYS(shm_open2, path, CREATE | FREEBSD_O_CLOEXEC, 0600, 0, 0);
}

static void check_content(int fd, char expected)
{
    char got = 0;

    CHECK_EQ(SYS(pread, fd, &got, 1, 0), 1);
    CHECK_EQ(got, expected);
}

/* Objects have names that begin with a slash, and live on while anybody has them */
TEST(named)
{
    int fd = (int)MUST(create(name('a')));
    int again;
    struct freebsd_stat st;
    char *p;

    CHECK_OK(SYS(ftruncate, fd, 2 * PAGE));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 2 * PAGE);
    CHECK_EQ(st.mode & 07777, 0600);
    p = (char *)MUST(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, fd, 0));
    p[0] = 'x';
    again = (int)MUST(SYS(shm_open2, name('a'), FREEBSD_O_RDONLY, 0, 0, 0));
    check_content(again, 'x');
    CHECK_ERR(SYS(mmap, 0, PAGE, RW, FREEBSD_MAP_SHARED, again, 0), FREEBSD_EACCES);
    CHECK_EQ(SYS(fcntl, again, FREEBSD_F_GETFD), 0); /* without O_CLOEXEC */
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_ERR(SYS(shm_open2, name('a'), CREATE | FREEBSD_O_EXCL, 0600, 0, 0), FREEBSD_EEXIST);
    CHECK_OK(SYS(shm_unlink, name('a')));
    CHECK_ERR(SYS(shm_open2, name('a'), FREEBSD_O_RDWR, 0, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(shm_unlink, name('a')), FREEBSD_ENOENT);
    p[0] = 'y';
    check_content(again, 'y');
    SYS(close, fd);
    SYS(close, again);
}

/* Only what may be written is truncated */
TEST(truncation)
{
    int fd = (int)MUST(create(name('b')));
    struct freebsd_stat st;

    CHECK_OK(SYS(ftruncate, fd, PAGE));
    SYS(close, (int)MUST(SYS(shm_open2, name('b'), FREEBSD_O_RDONLY | FREEBSD_O_TRUNC, 0, 0, 0)));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, PAGE);
    SYS(close, (int)MUST(SYS(shm_open2, name('b'), FREEBSD_O_RDWR | FREEBSD_O_TRUNC, 0, 0, 0)));
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.size, 0);
    CHECK_OK(SYS(shm_unlink, name('b')));
    SYS(close, fd);
}

TEST(anonymous)
{
    int fd = (int)MUST(SYS(shm_open2, SHM_ANON, FREEBSD_O_RDWR | FREEBSD_O_CLOEXEC, 0600, ALLOW_SEALING, "label"));
    int other = (int)MUST(SYS(shm_open2, SHM_ANON, FREEBSD_O_RDWR, 0600, 0, 0));

    CHECK_EQ(SYS(write, fd, "q", 1), 1);
    check_content(fd, 'q');
    CHECK_EQ(SYS(pread, other, &(char){0}, 1, 0), 0);
    CHECK_ERR(SYS(shm_open2, SHM_ANON, FREEBSD_O_RDONLY, 0600, 0, 0), FREEBSD_EINVAL);
    SYS(close, fd);
    SYS(close, other);
}

static void as_another_user(void *path)
{
    CHECK_OK(SYS(setuid, 1000));
    CHECK_ERR(SYS(shm_open2, path, FREEBSD_O_RDONLY, 0, 0, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(freebsd12_shm_open, path, FREEBSD_O_RDWR, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(shm_unlink, path), FREEBSD_EACCES);
    CHECK_ERR(SYS(shm_rename, path, "/guest-elsewhere", 0), FREEBSD_EACCES);
}

/* Rows: shm_unlink: shm_open(2), sys/kern/uipc_shm.c (kern_shm_unlink) */
TEST(errors)
{
    char path[1200];

    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    CHECK_ERR(create("without-slash"), FREEBSD_EINVAL);
    CHECK_ERR(create((char *)0x10), FREEBSD_EFAULT);
    CHECK_ERR(create(path), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(shm_open2, name('c'), FREEBSD_O_WRONLY | FREEBSD_O_CREAT, 0600, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_open2, name('c'), 3 | FREEBSD_O_CREAT, 0600, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_open2, name('c'), CREATE | FREEBSD_O_APPEND, 0600, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_open2, name('c'), CREATE, 0600, 8, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_unlink, "without-slash"), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_unlink, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(shm_unlink, path), FREEBSD_ENAMETOOLONG);
    if (SYS(geteuid) == 0) {
        char mine[32];

        memcpy(mine, name('c'), sizeof(mine));
        SYS(close, (int)MUST(create(mine)));
        CHECK_EQ(guest_in_child(as_another_user, mine), 0);
        CHECK_OK(SYS(shm_unlink, mine));
    }
}

/* Rows: freebsd12_shm_open: shm_open(2), sys/kern/uipc_shm.c: always closed by exec */
TEST(opened_the_old_way)
{
    int fd = (int)MUST(SYS(freebsd12_shm_open, name('d'), CREATE, 0640));
    struct freebsd_stat st;

    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.mode & 07777 & ~0022, 0640);
    CHECK_ERR(SYS(freebsd12_shm_open, name('d'), CREATE | FREEBSD_O_EXCL, 0600), FREEBSD_EEXIST);
    CHECK_ERR(SYS(freebsd12_shm_open, name('d'), FREEBSD_O_WRONLY, 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd12_shm_open, "relative", CREATE, 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd12_shm_open, 0x10, CREATE, 0600), FREEBSD_EFAULT);
    CHECK_OK(SYS(shm_unlink, name('d')));
    CHECK_ERR(SYS(freebsd12_shm_open, name('d'), FREEBSD_O_RDWR, 0600), FREEBSD_ENOENT);
    SYS(close, fd);
    fd = (int)MUST(SYS(freebsd12_shm_open, SHM_ANON, FREEBSD_O_RDWR, 0600));
    CHECK_OK(SYS(ftruncate, fd, PAGE));
    SYS(close, fd);
}

/* Rows: shm_rename: shm_rename(2), sys/kern/uipc_shm.c (sys_shm_rename) */
TEST(renaming)
{
    int first = (int)MUST(create(name('e'))), second = (int)MUST(create(name('f'))), fd;

    CHECK_EQ(SYS(write, first, "1", 1), 1);
    CHECK_EQ(SYS(write, second, "2", 1), 1);
    CHECK_ERR(SYS(shm_rename, name('e'), name('f'), 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_rename, name('e'), name('f'), NOREPLACE | EXCHANGE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_rename, name('e'), name('f'), NOREPLACE), FREEBSD_EEXIST);
    CHECK_OK(SYS(shm_rename, name('e'), name('f'), EXCHANGE));
    fd = (int)MUST(SYS(shm_open2, name('e'), FREEBSD_O_RDONLY, 0, 0, 0));
    check_content(fd, '2');
    SYS(close, fd);
    CHECK_OK(SYS(shm_rename, name('e'), name('f'), 0)); /* the one that was there is gone */
    CHECK_ERR(SYS(shm_open2, name('e'), FREEBSD_O_RDONLY, 0, 0, 0), FREEBSD_ENOENT);
    fd = (int)MUST(SYS(shm_open2, name('f'), FREEBSD_O_RDONLY, 0, 0, 0));
    check_content(fd, '2');
    SYS(close, fd);
    CHECK_OK(SYS(shm_rename, name('f'), name('e'), EXCHANGE)); /* with nothing: moved */
    CHECK_ERR(SYS(shm_open2, name('f'), FREEBSD_O_RDONLY, 0, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(shm_rename, name('f'), name('e'), 0), FREEBSD_ENOENT);
    CHECK_OK(SYS(shm_rename, name('f'), name('f'), 0)); /* the same name: nothing is looked at */
    CHECK_ERR(SYS(shm_rename, "relative", name('e'), 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(shm_rename, 0x10, name('e'), 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(shm_rename, name('e'), 0x10, 0), FREEBSD_EFAULT);
    CHECK_OK(SYS(shm_unlink, name('e')));
    SYS(close, first);
    SYS(close, second);
}
