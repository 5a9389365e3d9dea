/* The map of taken pages below 4 GB: marking, asking, finding from above and from below. */
#include "process/space_low.h"

#include <check.h>
#include <stdlib.h>

enum { PAGE = 4096 };

static const uint64_t floor_at = 0x10000, top = 0xf7ffe000;

static uint64_t down(uint64_t size)
{
    return low_find_down(floor_at, top, size, PAGE);
}

START_TEST(marks_pages)
{
    ck_assert(!low_taken(0x20000, 0x30000));
    low_mark(0x2f000, 0x30001, true);
    ck_assert(low_taken(0x20000, 0x30000));
    ck_assert(!low_taken(0x20000, 0x2f000));
    ck_assert(low_taken(0x30000, 0x31000)); /* a byte of it is enough */
    ck_assert(!low_taken(0x31000, 0x40000));
    low_mark(0x2f000, 0x30000, false);
    ck_assert(!low_taken(0x20000, 0x30000));
    ck_assert(low_taken(0, LOW_END));
    /* across words of the map, and up to its end */
    low_mark(0x100000, 0x900000, true);
    ck_assert(!low_taken(0xff000, 0x100000) && low_taken(0x8ff000, 0xa00000) && !low_taken(0x900000, 0xa00000));
    low_mark(0xfffff000, LOW_END + PAGE, true);
    ck_assert(low_taken(0xfffff000, LOW_END) && !low_taken(0xffffe000, 0xfffff000));
    ck_assert(!low_taken(LOW_END, 2 * LOW_END));
}
END_TEST

START_TEST(finds_the_highest)
{
    ck_assert_uint_eq(down(PAGE), top - PAGE);
    low_mark(top - PAGE, top, true);
    ck_assert_uint_eq(down(PAGE), top - 2 * PAGE);
    low_mark(top - 0x10000, top - 0x8000, true);
    ck_assert_uint_eq(down(0x7000), top - 0x8000);
    ck_assert_uint_eq(down(0x8000), top - 0x18000);
    ck_assert_uint_eq(low_find_down(floor_at, top, 0x8000, 0x200000), 0xf7e00000);
    /* all but a hole */
    low_mark(floor_at, top, true);
    ck_assert_uint_eq(down(PAGE), 0);
    low_mark(0x5000000, 0x5100000, false);
    ck_assert_uint_eq(down(0x100000), 0x5000000);
    ck_assert_uint_eq(down(0x101000), 0);
    ck_assert_uint_eq(low_find_down(floor_at, top, 0x1000, 0x100000), 0x5000000);
    ck_assert_uint_eq(low_find_down(floor_at, top, 0x1000, 0x10000000), 0);
    low_mark(0x5000000, 0x5100000, true);
    low_mark(0, 0x20000, false);
    ck_assert_uint_eq(down(0x10000), floor_at);
    ck_assert_uint_eq(down(0x11000), 0);
    ck_assert_uint_eq(down(0), 0);
    ck_assert_uint_eq(down(2 * LOW_END), 0);
}
END_TEST

START_TEST(finds_the_lowest)
{
    ck_assert_uint_eq(low_find_up(0x55555000, 0xffffe000, 0x2000, PAGE), 0x55555000);
    low_mark(0x55556000, 0x55560000, true);
    low_mark(0x55561000, 0x55562000, true);
    ck_assert_uint_eq(low_find_up(0x55555000, 0xffffe000, PAGE, PAGE), 0x55555000);
    ck_assert_uint_eq(low_find_up(0x55555000, 0xffffe000, 0x2000, PAGE), 0x55562000);
    ck_assert_uint_eq(low_find_up(0x55555000, 0xffffe000, 0x2000, 0x10000), 0x55570000);
    low_mark(0x55562000, 0xffffd000, true);
    ck_assert_uint_eq(low_find_up(0x55555000, 0xffffe000, 0x2000, PAGE), 0);
    ck_assert_uint_eq(low_find_up(0x55560000, 0xffffe000, PAGE, PAGE), 0x55560000);
}
END_TEST

/* Against the plain rule, page by page, in a small space. */
START_TEST(agrees_with_a_search_page_by_page)
{
    enum { PAGES = 300 };
    bool taken[PAGES];
    unsigned random = 12345;

    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < PAGES; i++) {
            random = random * 1103515245 + 12345;
            taken[i] = (random >> 16) % (unsigned)(2 + round % 40) == 0;
            low_mark((uint64_t)i * PAGE, (uint64_t)(i + 1) * PAGE, taken[i]);
        }
        unsigned size = 1 + (random >> 20) % 9;
        uint64_t highest = 0, lowest = 0;
        for (unsigned at = PAGES - size; at > 0; at--) {
            bool fits = true;
            for (unsigned i = 0; i < size; i++)
                fits = fits && !taken[at + i];
            if (fits) {
                highest = highest != 0 ? highest : (uint64_t)at * PAGE;
                lowest = (uint64_t)at * PAGE;
            }
        }
        ck_assert_uint_eq(low_find_down(PAGE, (uint64_t)PAGES * PAGE, (uint64_t)size * PAGE, PAGE), highest);
        ck_assert_uint_eq(low_find_up(PAGE, (uint64_t)PAGES * PAGE, (uint64_t)size * PAGE, PAGE), lowest);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("address space below 4 GB");
    TCase *tc = tcase_create("low");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, marks_pages);
    tcase_add_test(tc, finds_the_highest);
    tcase_add_test(tc, finds_the_lowest);
    tcase_add_test(tc, agrees_with_a_search_page_by_page);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
