/*
 * Names and numbers of the system. Sources: uname(3) of FreeBSD 4, getdomainname(3), uuidgen(2); sys/kern/kern_xxx.c,
 * kern_uuid.c; indirect calls: syscall(2).
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { FIELD = 32 };

/* Rows: freebsd4_uname: five fields of 32 bytes, each ended */
TEST(uname_of_old)
{
    char name[5 * FIELD + 1];

    memset(name, '#', sizeof(name));
    CHECK_OK(SYS(freebsd4_uname, name));
    CHECK_EQ(guest_strcmp(name, "FreeBSD"), 0);
    CHECK_EQ(guest_strcmp(name + 4 * FIELD, "amd64"), 0);
    for (int i = 1; i <= 5; i++)
        CHECK_EQ(name[i * FIELD - 1], 0);
    CHECK(name[2 * FIELD] >= '1' && name[2 * FIELD] <= '9'); /* 13.2-RELEASE */
    CHECK_EQ(name[5 * FIELD], '#');
    CHECK_ERR(SYS(freebsd4_uname, wild), FREEBSD_EFAULT);
}

/* Rows: freebsd4_getdomainname freebsd4_setdomainname: as of the sysctl: what does not fit is ENOMEM */
TEST(domain)
{
    char name[256], again[256];

    memset(name, '#', sizeof(name));
    CHECK_OK(SYS(freebsd4_getdomainname, name, sizeof(name)));
    CHECK(guest_strlen(name) < sizeof(name));
    CHECK_ERR(SYS(freebsd4_getdomainname, name, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(freebsd4_getdomainname, wild, 100), FREEBSD_EFAULT);
    if (SYS(geteuid) == 0)
        CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    CHECK_ERR(SYS(freebsd4_setdomainname, "other", 5), FREEBSD_EPERM);
    CHECK_OK(SYS(freebsd4_getdomainname, again, sizeof(again)));
    CHECK_EQ(guest_strcmp(name, again), 0);
}

/* Rows: uuidgen: uuidgen(2): up to 2048 of version 1, none twice */
TEST(unique_numbers)
{
    static uint8_t ids[2048][16];

    CHECK_OK(SYS(uuidgen, ids, 2048));
    for (int i = 0; i < 2048; i++) {
        CHECK_EQ(ids[i][7] >> 4, 1);
        CHECK_EQ(ids[i][8] >> 6, 2);
        if (i > 0)
            CHECK(memcmp(ids[i - 1], ids[i], 16) != 0);
    }
    CHECK_ERR(SYS(uuidgen, ids, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, ids, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, ids, 2049), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, wild, 1), FREEBSD_EFAULT);
}

/* Rows: syscall __syscall: syscall(2), sys/amd64/amd64/trap.c cpu_fetch_syscall_args() */
TEST(indirect_calls)
{
    CHECK_EQ(SYS(syscall, FREEBSD_SYS_getpid), SYS(getpid));
    CHECK_EQ(SYS(__syscall, FREEBSD_SYS_getpid), SYS(getpid));
    CHECK_EQ(SYS(syscall, FREEBSD_SYS_dup2, 1, 30), 30);
    CHECK_EQ(SYS(__syscall, FREEBSD_SYS_fcntl, 30, FREEBSD_F_GETFD), 0);
    CHECK_EQ(SYS(syscall, FREEBSD_SYS_close, 30), 0);
    CHECK_ERR(SYS(__syscall, FREEBSD_SYS_close, 30), FREEBSD_EBADF);
    guest_ignore(FREEBSD_SIGSYS);
    CHECK_ERR(SYS(syscall, 0), FREEBSD_ENOSYS); /* not itself once more */
    CHECK_ERR(SYS(__syscall, 9999), FREEBSD_ENOSYS);
    guest_default(FREEBSD_SIGSYS);
}
