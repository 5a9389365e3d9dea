/* Moving bytes: across the guest's border, at every size, alignment and edge, and within the hot half. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "base/guest.h"

/* base/mem.c stands under other names here: the C library's serve everything else. */
#define memcpy  hot_memcpy
#define memmove hot_memmove
#define memset  hot_memset
#define memcmp  hot_memcmp
#include "base/mem.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

enum { PAGE = 4096, SIZES = 1100, FENCE = 16 };

static unsigned char *page, *second; /* two pages of the "guest"; after them one that nobody may touch */
static unsigned char *before;        /* and one before them */
static unsigned char buffer[PAGE];

static void fault(int signo, siginfo_t *info, void *context)
{
    (void)info;
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uint64_t resume = guest_fault_resume((uint64_t)*rip);
    if (resume == 0) {
        signal(signo, SIG_DFL);
        return;
    }
    *rip = (greg_t)resume;
}

static void setup(void)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = fault;
    sa.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &sa, NULL);
    before = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(before != MAP_FAILED);
    page = before + PAGE;
    second = page + PAGE;
    for (int i = 0; i < 2 * PAGE; i++) {
        page[i] = (unsigned char)(i * 7 + i / 256 + 1);
    }
    mprotect(before, PAGE, PROT_NONE);
    mprotect(second + PAGE, PAGE, PROT_NONE);
}

static void teardown(void)
{
    munmap(before, 4 * PAGE);
}

static guest_ptr at(const void *p)
{
    return guest_addr((uint64_t)p);
}

static void all_are(const unsigned char *p, unsigned char value, size_t n)
{
    size_t same = 0;
    while (same < n && p[same] == value) {
        same++;
    }
    ck_assert_uint_eq(same, n); /* one assertion: they cost more than what they check */
}

/* The next size to try: all of the small ones, those around a change of method, and some of the rest. */
static size_t next_size(size_t n)
{
    bool near = n < 140 || (n > 250 && n < 260) || (n > 505 && n < 520);
    return near ? n + 1 : n + 13;
}

START_TEST(copies_of_every_size)
{
    for (size_t n = 0; n < SIZES; n = next_size(n)) {
        for (size_t shift = 0; shift < 9; shift++) {
            unsigned char *from = second + PAGE - n - shift, *to = buffer + FENCE + shift % 3;
            memset(buffer, 0xee, n + (size_t)4 * FENCE);
            ck_assert_int_eq(copyin(to, at(from), n), 0);
            ck_assert_int_eq(memcmp(to, from, n), 0);
            all_are(buffer, 0xee, FENCE + shift % 3);
            all_are(to + n, 0xee, FENCE);
        }
    }
    for (size_t n = 0; n < SIZES; n = next_size(n)) {
        unsigned char *to = second + PAGE - n;
        memset(to - FENCE, 0xdd, n + FENCE);
        ck_assert_int_eq(copyout(at(to), buffer, n), 0);
        ck_assert_int_eq(memcmp(to, buffer, n), 0);
        all_are(to - FENCE, 0xdd, FENCE);
    }
}
END_TEST

START_TEST(zeros_of_every_size)
{
    for (size_t n = 0; n < SIZES; n = next_size(n)) {
        unsigned char *to = second + PAGE - n;
        memset(to - FENCE, 0xdd, n + FENCE);
        ck_assert_int_eq(guest_zero(at(to), n), 0);
        all_are(to, 0, n);
        all_are(to - FENCE, 0xdd, FENCE);
        ck_assert_int_eq(guest_zero(at(to + 1), n), n > 0 ? -EFAULT : 0);
    }
}
END_TEST

/* By one byte or more, at either end. */
START_TEST(faults_are_told)
{
    for (size_t n = 1; n < SIZES; n = next_size(n)) {
        for (size_t beyond = 1; beyond <= n && beyond < 40; beyond++) {
            ck_assert_int_eq(copyin(buffer, at(second + PAGE - n + beyond), n), -EFAULT);
            ck_assert_int_eq(copyout(at(second + PAGE - n + beyond), buffer, n), -EFAULT);
            ck_assert_int_eq(copyin(buffer, at(page - beyond), n), -EFAULT);
            ck_assert_int_eq(copyout(at(page - beyond), buffer, n), -EFAULT);
        }
    }
}
END_TEST

static void put_string(unsigned char *to, size_t length)
{
    memset(to, 'a', length);
    for (size_t i = 0; i < length; i += 3) {
        to[i] = 0x80; /* the bytes that a search by words could take for a NUL, and their neighbours */
        to[i + 1 < length ? i + 1 : i] = 0x01;
    }
    to[length] = 0;
}

/* Every length and alignment, with the end of what may be read right behind the NUL. */
START_TEST(strings)
{
    char out[256];
    for (size_t length = 0; length < 70; length++) {
        for (size_t shift = 0; shift < 17; shift++) {
            unsigned char *s = second + PAGE - length - 1 - shift;
            put_string(s, length);
            for (size_t cap = length > 9 ? length - 9 : 0; cap < length + 12; cap++) {
                memset(out, 0x55, sizeof out);
                int64_t r = copyin_str(out, at(s), cap);
                ck_assert_int_eq(r, cap > length ? (int64_t)length : -ENAMETOOLONG);
                ck_assert_int_eq(memcmp(out, s, cap > length ? length + 1 : cap), 0);
                all_are((unsigned char *)out + cap, 0x55, sizeof out - cap);
            }
        }
    }
}
END_TEST

START_TEST(strings_without_end)
{
    char out[4096];
    memset(page, 'x', (size_t)2 * PAGE);
    for (size_t before_end = 0; before_end < 40; before_end++) {
        ck_assert_int_eq(copyin_str(out, at(second + PAGE - before_end), sizeof out), -EFAULT);
        ck_assert_int_eq(copyin_str(out, at(second + PAGE - before_end), before_end), -ENAMETOOLONG);
    }
    put_string(second - 20, 60); /* across the pages' border */
    ck_assert_int_eq(copyin_str(out, at(second - 20), sizeof out), 60);
    ck_assert_int_eq(memcmp(out, second - 20, 61), 0);
}
END_TEST

/* What is declared the engine's is refused, whatever is mapped there; what lies between two such ranges is not. */
/* How a path begins, wherever it lies: at odd addresses, and across pages. */
START_TEST(two_bytes)
{
    for (int i = 0; i < 2 * PAGE - 1; i++) {
        ck_assert_int_eq(guest_first_two(at(page + i)), page[i] | page[i + 1] << 8);
    }
    ck_assert_int_eq(guest_first_two(at(second + PAGE - 1)), -EFAULT);
    ck_assert_int_eq(guest_first_two(at(second + PAGE)), -EFAULT);
    ck_assert_int_eq(guest_first_two(at(page - 1)), -EFAULT);
    ck_assert_int_eq(guest_first_two(guest_addr(0)), -EFAULT);
    ck_assert_int_eq(guest_first_two(guest_addr(0x7bffffff)), -EFAULT); /* the second is the engine's */
    ck_assert_int_eq(guest_first_two(guest_addr(0x7c000000)), -EFAULT);
    ck_assert_int_eq(guest_first_two(guest_addr(UINT64_MAX)), -EFAULT);
}
END_TEST

START_TEST(excluded_ranges)
{
    uint64_t first = (uint64_t)page, last = (uint64_t)second + PAGE / 2;
    ck_assert(guest_range_ok(at(page), (size_t)2 * PAGE));
    ck_assert(guest_exclude(last, last + 16));
    ck_assert(guest_exclude(first, first + 16));
    ck_assert(!guest_range_ok(at(page), 1) && !guest_range_ok(at(page + 15), 1) && guest_range_ok(at(page + 16), 1));
    ck_assert(guest_range_ok(at(page + 16), last - first - 16) && !guest_range_ok(at(page + 16), last - first - 15));
    ck_assert(!guest_range_ok(at(page - PAGE), (size_t)3 * PAGE));
    ck_assert(guest_range_ok(guest_addr(last + 16), 1) && guest_range_ok(guest_addr(first - 1), 1));
    ck_assert_int_eq(copyin(buffer, at(page + 8), 16), -EFAULT);
    ck_assert(!guest_range_ok(guest_addr(0x7c000000), 1) && !guest_range_ok(guest_addr(0x7c0000000000), 1));
    ck_assert(!guest_range_ok(guest_addr(UINT64_MAX), 2) && !guest_range_ok(guest_addr(0x7ffffffff000), 1));
    ck_assert(guest_range_ok(guest_addr(0x7fffffffefff), 1));
}
END_TEST

START_TEST(hot_memory_functions)
{
    unsigned char *from = malloc(SIZES), *to = malloc(SIZES), *expected = malloc(SIZES);
    for (size_t i = 0; i < SIZES; i++) {
        from[i] = (unsigned char)(i * 13 + 5);
    }
    for (size_t n = 0; n + 64 < SIZES; n = next_size(n)) {
        memset(to, 0xaa, SIZES);
        ck_assert_ptr_eq(hot_memcpy(to + n % 9, from + n % 5, n), to + n % 9);
        ck_assert_int_eq(memcmp(to + n % 9, from + n % 5, n), 0);
        all_are(to + n % 9 + n, 0xaa, 32);
        ck_assert_int_eq(hot_memcmp(to + n % 9, from + n % 5, n), 0);
        if (n > 0) {
            to[n % 9 + n - 1] ^= 0x81;
            ck_assert((hot_memcmp(to + n % 9, from + n % 5, n) < 0) == (memcmp(to + n % 9, from + n % 5, n) < 0));
            ck_assert_int_ne(hot_memcmp(to + n % 9, from + n % 5, n), 0);
        }
        ck_assert_ptr_eq(hot_memset(to + n % 7, (int)n | 0x100, n), to + n % 7);
        all_are(to + n % 7, (unsigned char)n, n);
        for (size_t distance = 0; distance < 20; distance++) {
            memcpy(to, from, SIZES);
            memcpy(expected, from, SIZES);
            hot_memmove(to + distance, to, n);
            memmove(expected + distance, expected, n);
            hot_memmove(to, to + distance, n);
            memmove(expected, expected + distance, n);
            ck_assert_int_eq(memcmp(to, expected, SIZES), 0);
        }
    }
    free(from);
    free(to);
    free(expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("copies");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, copies_of_every_size);
    tcase_add_test(tcase, zeros_of_every_size);
    tcase_add_test(tcase, faults_are_told);
    tcase_add_test(tcase, strings);
    tcase_add_test(tcase, strings_without_end);
    tcase_add_test(tcase, two_bytes);
    tcase_add_test(tcase, excluded_ranges);
    tcase_add_test(tcase, hot_memory_functions);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
