/* What i386's kernel tells of limits, usage and memory in 32 bits. Source: kernel/sys.c, kernel/compat.c. */
#include <check.h>
#include <linux/sysinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "syscalls/linux-i386/process/limits.h"
#include "syscalls/linux-i386/process/usage.h"
#include "syscalls/linux-i386/system/system.h"

START_TEST(limits)
{
    struct linux_host_rlimit host = {UINT64_MAX, 0x123456789ULL};
    struct linux_i386_rlimit guest = linux_i386_rlimit_from_host(&host, UINT32_MAX);

    ck_assert_uint_eq(guest.cur, UINT32_MAX);
    ck_assert_uint_eq(guest.max, UINT32_MAX); /* what has no room is no limit */
    guest = linux_i386_rlimit_from_host(&host, INT32_MAX);
    ck_assert_uint_eq(guest.cur, INT32_MAX);
    host = (struct linux_host_rlimit){0x80000000ULL, 0xfffffffeULL};
    guest = linux_i386_rlimit_from_host(&host, UINT32_MAX);
    ck_assert_uint_eq(guest.cur, 0x80000000U);
    ck_assert_uint_eq(guest.max, 0xfffffffeU);
    guest = linux_i386_rlimit_from_host(&host, INT32_MAX);
    ck_assert_uint_eq(guest.cur, INT32_MAX);

    guest = (struct linux_i386_rlimit){UINT32_MAX, INT32_MAX};
    host = linux_i386_rlimit_to_host(&guest);
    ck_assert_uint_eq(host.cur, UINT64_MAX);
    ck_assert_uint_eq(host.max, INT32_MAX); /* for setrlimit a limit like others */
}
END_TEST

START_TEST(little_memory)
{
    struct sysinfo host = {.uptime = 77,
                           .loads = {1, 2, 3},
                           .totalram = 0xfffff000,
                           .freeram = 0x1234567,
                           .sharedram = 5,
                           .bufferram = 6,
                           .totalswap = 0xffffffff,
                           .freeswap = 7,
                           .procs = 65535,
                           .mem_unit = 1};
    struct linux_i386_sysinfo guest;

    linux_i386_sysinfo_from_host(&host, &guest);
    ck_assert_uint_eq(guest.mem_unit, 1);
    ck_assert_uint_eq(guest.totalram, 0xfffff000);
    ck_assert_uint_eq(guest.totalswap, 0xffffffff);
    ck_assert_uint_eq(guest.procs, 65535);
    ck_assert_int_eq(guest.uptime, 77);
    ck_assert_uint_eq(guest.loads[2], 3);
}
END_TEST

START_TEST(much_memory_in_pages)
{
    struct sysinfo host = {.totalram = 0x400000000ULL,
                           .freeram = 0x5fff,
                           .sharedram = 0x2000,
                           .bufferram = 0x1000,
                           .totalswap = 0x3000,
                           .freeswap = 0xfff,
                           .totalhigh = 0x4000,
                           .mem_unit = 1};
    struct linux_i386_sysinfo guest;

    linux_i386_sysinfo_from_host(&host, &guest);
    ck_assert_uint_eq(guest.mem_unit, 4096);
    ck_assert_uint_eq(guest.totalram, 0x400000);
    ck_assert_uint_eq(guest.freeram, 5);
    ck_assert_uint_eq(guest.sharedram, 2);
    ck_assert_uint_eq(guest.bufferram, 1);
    ck_assert_uint_eq(guest.totalswap, 3);
    ck_assert_uint_eq(guest.freeswap, 0);
    ck_assert_uint_eq(guest.totalhigh, 4);

    host = (struct sysinfo){.totalram = 1, .totalswap = 1ULL << 32, .mem_unit = 1}; /* swap decides as well */
    linux_i386_sysinfo_from_host(&host, &guest);
    ck_assert_uint_eq(guest.mem_unit, 4096);
    ck_assert_uint_eq(guest.totalswap, 1U << 20);
}
END_TEST

START_TEST(usage)
{
    struct rusage host;
    struct linux_i386_rusage guest;
    int64_t *from = (int64_t *)&host;
    const int32_t *to = (const int32_t *)&guest;

    for (int i = 0; i < 18; i++) {
        from[i] = 0x700000000LL + i;
    }
    linux_i386_rusage_from_host(&host, &guest);
    for (int i = 0; i < 18; i++) {
        ck_assert_int_eq(to[i], i);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("linux_i386_process");
    TCase *c = tcase_create("numbers");

    tcase_add_test(c, limits);
    tcase_add_test(c, little_memory);
    tcase_add_test(c, much_memory_in_pages);
    tcase_add_test(c, usage);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
