/* Special ranges of guest memory (syscalls/freebsd/memory/ranges.c) against an array with an entry for each page. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/memory/memory.h"
#include "syscalls/freebsd/process_data.h"

enum { PAGES = 200, PAGE = 4096, ROUNDS = 20000 };

static struct freebsd_process data;
static struct process process = {.personality_data = &data};
static struct thread thread = {.proc = &process};

static struct {
    bool guard;
    uint32_t max;
} model[PAGES];

static uint32_t expected_max(int from, int to)
{
    uint32_t max = FREEBSD_PROT_ALL;
    for (int i = from; i < to; i++) {
        max &= model[i].guard || model[i].max == 0 ? FREEBSD_PROT_ALL : model[i].max;
    }
    return max;
}

static void check_guard(int from, int to)
{
    uint64_t end = 0, found = freebsd_next_guard(&thread, (uint64_t)from * PAGE, (uint64_t)to * PAGE, &end);
    int first = from;
    while (first < to && !model[first].guard) {
        first++;
    }
    ck_assert_uint_eq(found, (uint64_t)first * PAGE);
    if (first == to) {
        ck_assert_uint_eq(end, (uint64_t)to * PAGE);
        return;
    }
    /* One guard may be told of in several pieces, but never more than it is. */
    ck_assert_uint_gt(end, found);
    ck_assert_uint_le(end, (uint64_t)to * PAGE);
    for (uint64_t page = found / PAGE; page < end / PAGE; page++) {
        ck_assert(model[page].guard);
    }
}

START_TEST(as_pages_are)
{
    ck_assert_int_eq(threads_init(), 0);
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        int from = rand() % PAGES, to = from + 1 + rand() % (PAGES - from);
        bool guard = rand() % 3 == 0;
        uint32_t max = guard ? 0 : (uint32_t)(rand() % 9); /* 0, 7 and 8: nothing special */
        max = max == 8 ? 0 : max;
        freebsd_range_set(&thread, (uint64_t)from * PAGE, (uint64_t)(to - from) * PAGE, max, guard);
        for (int i = from; i < to; i++) {
            model[i].guard = guard;
            model[i].max = max;
        }
        int low = rand() % PAGES, high = low + 1 + rand() % (PAGES - low);
        ck_assert_uint_eq(freebsd_prot_max(&thread, (uint64_t)low * PAGE, (uint64_t)(high - low) * PAGE),
                          expected_max(low, high));
        check_guard(low, high);
    }
    freebsd_range_set(&thread, 0, (uint64_t)PAGES * PAGE, 0, false);
    ck_assert_uint_eq(data.range_count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranges");
    TCase *all = tcase_create("all");
    tcase_add_test(all, as_pages_are);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
