/*
 * Random numbers and identifiers, and sync.
 *
 * Rows: getrandom: getrandom(2), sys_getrandom() in sys/kern/sys_getrandom.c
 * Rows: uuidgen: uuidgen(2), sys/kern/kern_uuid.c
 * Rows: sync: sync(2), sys_sync() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

enum { NONBLOCK = 1, RANDOM = 2, INSECURE = 4 };

TEST(random_bytes)
{
    static uint8_t bytes[4096];
    unsigned ones = 0;

    CHECK_EQ(SYS(getrandom, bytes, sizeof(bytes), 0), sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++)
        ones += (unsigned)__builtin_popcount(bytes[i]);
    /* 16,384 expected, with a standard deviation of 90 */
    CHECK(ones > 15400 && ones < 17400);
    CHECK_EQ(SYS(getrandom, bytes, 16, NONBLOCK), 16);
    CHECK_EQ(SYS(getrandom, bytes, 16, RANDOM | NONBLOCK), 16);
    CHECK_EQ(SYS(getrandom, bytes, 16, INSECURE), 16);
    CHECK_EQ(SYS(getrandom, bytes, 0, 0), 0);
}

TEST(random_errors)
{
    uint8_t bytes[16];

    CHECK_ERR(SYS(getrandom, bytes, 16, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrandom, bytes, 16, RANDOM | INSECURE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrandom, bytes, 1UL << 63, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrandom, WILD, 16, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getrandom, WILD_HIGH, 16, 0), FREEBSD_EFAULT);
}

/* RFC 4122: version 1 in the upper bits of the sixth byte pair, the variant in the eighth byte; consecutive ticks */
TEST(identifiers)
{
    struct uuid {
        uint32_t low;
        uint16_t mid, high;
        uint8_t rest[8];
    };
    static struct uuid ids[2048];

    CHECK_OK(SYS(uuidgen, ids, 3));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(ids[i].high >> 12, 1);
        CHECK_EQ(ids[i].rest[0] >> 6, 2);
        CHECK_EQ(memcmp(ids[i].rest, ids[0].rest, 8), 0);
        CHECK_EQ(ids[i].low - ids[0].low, i);
    }
    CHECK_OK(SYS(uuidgen, ids, 2048));
    CHECK_ERR(SYS(uuidgen, ids, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, ids, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, ids, 2049), FREEBSD_EINVAL);
    CHECK_ERR(SYS(uuidgen, WILD, 1), FREEBSD_EFAULT);
    CHECK_ERR(SYS(uuidgen, WILD_HIGH, 2048), FREEBSD_EFAULT);
}

TEST(sync_everything)
{
    SYS(close, guest_file("dirty", "x"));
    CHECK_OK(SYS(sync));
}
