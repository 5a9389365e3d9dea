/* i386's times: seconds with their sign, and what has no room. Source: kernel/time/time.c. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's header brings what libc has declared already. */
#define timex      kernel_timex
#define timeval    kernel_timeval
#define timezone   kernel_timezone
#define itimerval  kernel_itimerval
#define itimerspec kernel_itimerspec
#include <linux/timex.h>
#undef timex
#undef timeval
#undef timezone
#undef itimerval
#undef itimerspec

#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

START_TEST(seconds_keep_their_sign)
{
    struct linux_i386_timespec guest = {-1, -2};
    struct __kernel_timespec host;

    ck_assert_int_eq(linux_i386_timespec_get(guest_addr((uint64_t)&guest), &host), 0);
    ck_assert_int_eq(host.tv_sec, -1); /* which is no valid time, and the host says so */
    ck_assert_int_eq(host.tv_nsec, -2);
    ck_assert(!linux_timespec_valid(&host));
}
END_TEST

START_TEST(late_moments_wrap)
{
    struct __kernel_timespec host = {0x1ffffffffLL, 999999999};
    struct linux_i386_timespec guest;

    ck_assert_int_eq(linux_i386_timespec_put(guest_addr((uint64_t)&guest), &host), 0);
    ck_assert_int_eq(guest.sec, -1);
    ck_assert_int_eq(guest.nsec, 999999999);
}
END_TEST

START_TEST(padding_of_nanoseconds)
{
    int64_t guest[4] = {-5, 0x7777777700000009, 6, (int64_t)0x8888888812345678};
    struct __kernel_timespec ts;
    struct __kernel_itimerspec its;

    ck_assert_int_eq(compat_timespec_get(guest_addr((uint64_t)guest), &ts), 0);
    ck_assert_int_eq(ts.tv_sec, -5);
    ck_assert_int_eq(ts.tv_nsec, 9);
    ck_assert_int_eq(compat_itimerspec_get(guest_addr((uint64_t)guest), &its), 0);
    ck_assert_int_eq(its.it_interval.tv_nsec, 9);
    ck_assert_int_eq(its.it_value.tv_sec, 6);
    ck_assert_int_eq(its.it_value.tv_nsec, 0x12345678);
}
END_TEST

START_TEST(negative_nanoseconds_stay_invalid)
{
    int64_t guest[2] = {1, -1};
    struct __kernel_timespec ts;

    ck_assert_int_eq(compat_timespec_get(guest_addr((uint64_t)guest), &ts), 0);
    ck_assert(!linux_timespec_valid(&ts));
}
END_TEST

START_TEST(two_at_once)
{
    struct linux_i386_itimerspec guest = {{1, 2}, {3, 4}}, back;
    struct linux_i386_itimerval value = {{5, 6}, {-7, 8}}, value_back;
    struct __kernel_itimerspec its;
    struct __kernel_old_itimerval it;

    ck_assert_int_eq(linux_i386_itimerspec_get(guest_addr((uint64_t)&guest), &its), 0);
    ck_assert_int_eq(its.it_value.tv_sec, 3);
    ck_assert_int_eq(linux_i386_itimerspec_put(guest_addr((uint64_t)&back), &its), 0);
    ck_assert_mem_eq(&guest, &back, sizeof guest);
    ck_assert_int_eq(linux_i386_itimerval_get(guest_addr((uint64_t)&value), &it), 0);
    ck_assert_int_eq(it.it_value.tv_sec, -7);
    ck_assert_int_eq(linux_i386_itimerval_put(guest_addr((uint64_t)&value_back), &it), 0);
    ck_assert_mem_eq(&value, &value_back, sizeof value);
}
END_TEST

START_TEST(clock_adjustment)
{
    struct linux_i386_timex guest, back;
    struct __kernel_timex host;
    int32_t *word = (int32_t *)&guest;

    memset(&guest, 0, sizeof guest);
    for (int i = 0; i < 21; i++) {
        word[i] = -i - 1; /* all members but tai, which is told only */
    }
    linux_i386_timex_to_host(&guest, &host);
    ck_assert_uint_eq(host.modes, (uint32_t)-1);
    ck_assert_int_eq(host.offset, -2);
    ck_assert_int_eq(host.tolerance, -9);
    ck_assert_int_eq(host.time.tv_sec, -10);
    ck_assert_int_eq(host.tick, -12);
    ck_assert_int_eq(host.stbcnt, -20);
    host.tai = guest.tai = 37;
    linux_i386_timex_from_host(&host, &back);
    ck_assert_mem_eq(&guest, &back, sizeof guest);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("linux_i386_times");
    TCase *c = tcase_create("times");

    tcase_add_test(c, seconds_keep_their_sign);
    tcase_add_test(c, late_moments_wrap);
    tcase_add_test(c, padding_of_nanoseconds);
    tcase_add_test(c, negative_nanoseconds_stay_invalid);
    tcase_add_test(c, two_at_once);
    tcase_add_test(c, clock_adjustment);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
