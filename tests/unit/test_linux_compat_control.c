/* Control messages and groups of guests with words of four bytes. Source: net/compat.c. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls/common/linux/sockets/compat_control.h"
#include "syscalls/common/linux/sockets/compat_sockopt.h"

enum { LEVEL_SOCKET = 1, RIGHTS = 1, CREDENTIALS = 2, TIMESTAMP = 29, TIMESTAMPING = 37 };

static int dropped[8], drops;

static void drop(void *argument, int fd)
{
    (void)argument;
    dropped[drops++] = fd;
}

/* A message of the host's at `at`. Returns where the next begins. */
static uint64_t host_message(uint8_t *host, uint64_t at, int type, const void *data, size_t size)
{
    struct linux_cmsghdr h = {sizeof h + size, LEVEL_SOCKET, type};

    memcpy(host + at, &h, sizeof h);
    memcpy(host + at + sizeof h, data, size);
    return at + sizeof h + (size + 7) / 8 * 8;
}

START_TEST(to_host)
{
    const uint32_t guest[] = {16, 1, 1, 5, /* one descriptor */ 13, 41, 50, 0xff};
    uint8_t host[COMPAT_CONTROL_ROOM(sizeof guest)];
    struct linux_cmsghdr h;
    int32_t fd;

    ck_assert_int_eq(compat_control_to_host((const uint8_t *)guest, sizeof guest, host), 48);
    memcpy(&h, host, sizeof h);
    memcpy(&fd, host + 16, sizeof fd);
    ck_assert_uint_eq(h.length, 20);
    ck_assert_int_eq(h.type, RIGHTS);
    ck_assert_int_eq(fd, 5);
    memcpy(&h, host + 24, sizeof h);
    ck_assert_uint_eq(h.length, 17);
    ck_assert_int_eq(h.level, 41);
    ck_assert_int_eq(h.type, 50);
    ck_assert_uint_eq(host[40], 0xff);
}
END_TEST

START_TEST(bogons)
{
    uint32_t guest[] = {16, 1, 1, 5, 16, 1, 1, 6};
    uint8_t host[COMPAT_CONTROL_ROOM(sizeof guest)];

    for (uint32_t length = 0; length < sizeof guest; length++) {
        int64_t r = compat_control_to_host((const uint8_t *)guest, length, host);

        ck_assert_int_eq(r, length == 16 ? 24 : -EINVAL);
    }
    guest[0] = 11;
    ck_assert_int_eq(compat_control_to_host((const uint8_t *)guest, sizeof guest, host), -EINVAL);
    guest[0] = 0xffffffff;
    ck_assert_int_eq(compat_control_to_host((const uint8_t *)guest, sizeof guest, host), -EINVAL);
    guest[0] = 31; /* to the last byte but one: nothing is left for another head */
    ck_assert_int_eq(compat_control_to_host((const uint8_t *)guest, sizeof guest, host), 40);
}
END_TEST

START_TEST(times)
{
    const int64_t time[2] = {0x100000007LL, 999999}, three[6] = {1, 2, 3, 4, 5, 6};
    uint8_t host[256], guest[128];
    struct compat_control_reader rd = {.short_times = true, .drop = drop};
    uint64_t length = host_message(host, 0, TIMESTAMP, time, sizeof time);
    const int32_t *word = (const int32_t *)guest;

    length = host_message(host, length, TIMESTAMPING, three, sizeof three);
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, sizeof guest), 20 + 36);
    ck_assert(!rd.truncated);
    ck_assert_int_eq(word[0], 20);
    ck_assert_int_eq(word[3], 7);
    ck_assert_int_eq(word[4], 999999);
    ck_assert_int_eq(word[5], 36);
    ck_assert_int_eq(word[5 + 3 + 5], 6);
    rd.short_times = false; /* x32 */
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, sizeof guest), 28 + 60);
    ck_assert_int_eq(word[0], 28);
    ck_assert_int_eq(word[4], 1);
}
END_TEST

START_TEST(no_room)
{
    const int32_t fds[3] = {10, 11, 12};
    const uint32_t credentials[3] = {1, 2, 3};
    uint8_t host[256], guest[64];
    struct compat_control_reader rd = {.drop = drop};
    uint64_t length = host_message(host, 0, RIGHTS, fds, sizeof fds);
    const int32_t *word = (const int32_t *)guest;

    drops = 0;
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, 22), 20); /* two of three */
    ck_assert(rd.truncated);
    ck_assert_int_eq(word[0], 20);
    ck_assert_int_eq(drops, 1);
    ck_assert_int_eq(dropped[0], 12);
    drops = 0;
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, 12), 0);
    ck_assert_int_eq(drops, 3);
    length = host_message(host, 0, CREDENTIALS, credentials, sizeof credentials);
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, 18), 18); /* what there is room for */
    ck_assert(rd.truncated);
    ck_assert_int_eq(word[0], 18);
    ck_assert_int_eq(word[3], 1);
    ck_assert_uint_eq(compat_control_from_host(&rd, host, length, guest, 12), 12); /* the head alone */
    ck_assert(rd.truncated);
}
END_TEST

START_TEST(groups)
{
    uint8_t guest[COMPAT_GROUP_SOURCE], host[COMPAT_GROUP_SOURCE + 4];

    for (size_t i = 0; i < sizeof guest; i++) {
        guest[i] = (uint8_t)i;
    }
    ck_assert_uint_eq(compat_group_to_host(guest, COMPAT_GROUP_REQ, host), 136); /* struct group_req */
    ck_assert_uint_eq(host[3], 3);
    ck_assert_uint_eq(host[7], 0);
    ck_assert_uint_eq(host[8], 4);
    ck_assert_uint_eq(host[135], 131);
    ck_assert_uint_eq(compat_group_to_host(guest, COMPAT_GROUP_SOURCE, host), 264); /* struct group_source_req */
    ck_assert(compat_sockopt_is_table(0, 64));
    ck_assert(!compat_sockopt_is_table(0, 80)); /* SO_ORIGINAL_DST */
    ck_assert(!compat_sockopt_is_table(1, 64));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("linux_compat_control");
    TCase *c = tcase_create("messages");

    tcase_add_test(c, to_host);
    tcase_add_test(c, bogons);
    tcase_add_test(c, times);
    tcase_add_test(c, no_room);
    tcase_add_test(c, groups);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
