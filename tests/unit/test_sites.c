/* The table of call sites: counting, records, and which addresses they concern. */
#include "syscalls/entry/sites.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 16384, PROBES = 8 + 16 }; /* as in sites.c, of both tables: for making it crowded */

#define CODE  0x401000UL
#define BLOCK (1UL << 21)

/* Every test runs in a process of its own, with a fresh table. */

START_TEST(counts_up)
{
    for (uint32_t n = 1; n <= 100; n++) {
        ck_assert_uint_eq(sites_count_trap(CODE), n);
        ck_assert_uint_eq(sites_count_trap(CODE + 7), n);
    }
    ck_assert_ptr_null(sites_find(CODE));
    ck_assert_ptr_null(sites_find(CODE + 1));
}
END_TEST

START_TEST(counts_to_an_end)
{
    uint32_t n = 0, last = 0;
    while ((n = sites_count_trap(CODE)) != 0) {
        ck_assert_uint_eq(n, ++last);
    }
    ck_assert_uint_eq(last, 0x7fff);
    ck_assert_uint_eq(sites_count_trap(CODE), 0);
    ck_assert_ptr_null(sites_find(CODE)); /* the end of counting is no record */
}
END_TEST

START_TEST(what_is_decided_is_not_counted)
{
    sites_count_trap(CODE);
    struct site *s = sites_record(CODE);
    ck_assert_ptr_nonnull(s);
    ck_assert(s->at == CODE && s->state == SITE_REFUSED && s->refusal == REFUSED_NOT && s->back == 0 &&
              s->trampoline == 0);
    ck_assert_ptr_eq(sites_find(CODE), s);
    ck_assert_uint_eq(sites_count_trap(CODE), 0);
    ck_assert_ptr_null(sites_find(CODE + 2));
    ck_assert_ptr_nonnull(sites_record(0x7ffffffff000UL)); /* never counted, and the highest there can be */
    ck_assert_uint_eq(sites_find(0x7ffffffff000UL)->at, 0x7ffffffff000UL);

    s->trampoline = 1;
    sites_forget(s);
    ck_assert_ptr_null(sites_find(CODE));
    ck_assert_uint_eq(sites_count_trap(CODE), 1);
    ck_assert_uint_eq(sites_count_trap(CODE), 2);
    s = sites_record(CODE);
    ck_assert(s != NULL && s->trampoline == 0);
}
END_TEST

/* Far more sites than records: those that have one keep it, the others are told so. */
START_TEST(full_of_records)
{
    enum { SITES = 3 * SITE_RECORDS };
    static struct site *got[SITES];
    unsigned records = 0;
    for (unsigned i = 0; i < SITES; i++) {
        got[i] = sites_record(CODE + 37UL * i);
        records += got[i] != NULL;
    }
    ck_assert_uint_eq(records, SITE_RECORDS);
    for (unsigned i = 0; i < SITES; i++) {
        ck_assert_ptr_eq(sites_find(CODE + 37UL * i), got[i]);
        ck_assert(got[i] == NULL || got[i]->at == CODE + 37UL * i);
    }
    struct site_counts c;
    sites_counts(&c);
    ck_assert_uint_eq(c.refused[REFUSED_NOT], SITE_RECORDS);

    /* Whatever is given back can be had again. */
    unsigned again = 0;
    for (unsigned i = 0; i < SITES; i += 2) {
        if (got[i] != NULL) {
            sites_forget(got[i]);
            again++;
        }
    }
    for (unsigned i = 0; i < again; i++) {
        ck_assert_ptr_nonnull(sites_record(0x700000000000UL + 64UL * i));
    }
    ck_assert_ptr_null(sites_record(0x600000000000UL));
    for (unsigned i = 1; i < SITES; i += 2) {
        ck_assert_ptr_eq(sites_find(CODE + 37UL * i), got[i]);
    }
}
END_TEST

/* Addresses whose keys compete for the same places; the hash is that of sites.c. */
static uint64_t colliding(unsigned n)
{
    static uint64_t found[4 * PROBES];
    static unsigned count;
    for (uint64_t at = count > 0 ? found[count - 1] + 1 : CODE; count <= n; at++) {
        if ((uint32_t)((at * 0x9e3779b97f4a7c15UL) >> 40) % KEYS == 77) {
            found[count++] = at;
        }
    }
    return found[n];
}

START_TEST(counts_make_room_for_counts)
{
    for (unsigned round = 1; round <= 3; round++) {
        for (unsigned i = 0; i < PROBES; i++) {
            ck_assert_uint_eq(sites_count_trap(colliding(i)), round);
        }
    }
    ck_assert_uint_eq(sites_count_trap(colliding(PROBES)), 1);
    ck_assert_uint_eq(sites_count_trap(colliding(PROBES)), 2);
    unsigned kept = 0;
    for (unsigned i = 1; i < PROBES; i++) {
        kept += sites_count_trap(colliding(i)) == 4;
    }
    ck_assert_uint_eq(kept, PROBES - 1); /* only one has had to go */
    ck_assert_uint_eq(sites_count_trap(colliding(0)), 1);
}
END_TEST

START_TEST(records_make_no_room)
{
    static struct site *got[PROBES];
    for (unsigned i = 0; i < PROBES; i++) {
        got[i] = sites_record(colliding(i));
        ck_assert_ptr_nonnull(got[i]);
    }
    for (unsigned i = PROBES; i < 2 * PROBES; i++) {
        ck_assert_uint_eq(sites_count_trap(colliding(i)), 0);
        ck_assert_ptr_null(sites_record(colliding(i)));
        ck_assert_ptr_null(sites_find(colliding(i)));
    }
    for (unsigned i = 0; i < PROBES; i++) {
        ck_assert_ptr_eq(sites_find(colliding(i)), got[i]);
    }
    struct site_counts c;
    sites_counts(&c);
    ck_assert_uint_eq(c.seen, PROBES);
    sites_forget(got[3]);
    ck_assert_uint_eq(sites_count_trap(colliding(PROBES)), 1);
    ck_assert_ptr_nonnull(sites_record(colliding(PROBES)));
    ck_assert_uint_eq(sites_count_trap(colliding(3)), 0);
}
END_TEST

static unsigned visited;
static const struct site *visited_last;

static void visit(struct site *s, void *arg)
{
    ck_assert_ptr_eq(arg, &visited);
    visited++;
    visited_last = s;
}

static unsigned each(uint64_t low, uint64_t high)
{
    visited = 0;
    sites_each(low, high, visit, &visited);
    return visited;
}

START_TEST(each_in_a_range)
{
    struct site *s = sites_record(CODE), *other = sites_record(CODE + 0x1000);
    s->state = SITE_REWRITTEN;
    s->back = 8;
    ck_assert_uint_eq(each(0, UINT64_MAX), 2);
    ck_assert_uint_eq(each(CODE - 100, CODE - 8), 0);
    ck_assert_uint_eq(each(CODE - 100, CODE - 7), 1);
    ck_assert_ptr_eq(visited_last, s);
    ck_assert_uint_eq(each(CODE + 1, CODE + 2), 1);
    ck_assert_uint_eq(each(CODE + 2, CODE + 0x1000), 0);
    ck_assert_uint_eq(each(CODE + 2, CODE + 0x1001), 1);
    ck_assert_ptr_eq(visited_last, other);
    /* Of what is shorter than a jump, the byte behind counts where the jump ends with it. */
    s->back = s->length = 3;
    ck_assert_uint_eq(each(CODE - 3, CODE - 2), 1);
    ck_assert_uint_eq(each(CODE + 2, CODE + 3), 0);
    s->back = s->length = 2;
    ck_assert_uint_eq(each(CODE + 2, CODE + 3), 1);
    ck_assert_uint_eq(each(CODE + 3, CODE + 4), 0);
    sites_forget(s);
    ck_assert_uint_eq(each(0, UINT64_MAX), 1);
}
END_TEST

START_TEST(touched_is_never_missed)
{
    const uint64_t at = 5 * BLOCK + 100;
    ck_assert(!sites_touched(0, 0x7ffffffff000UL));
    ck_assert(!sites_touched(at, at + 1));
    sites_touch(at);
    ck_assert(sites_touched(at, at + 1));
    ck_assert(sites_touched(at + 1, at + 2));
    ck_assert(sites_touched(at - 24, at - 23));
    ck_assert(sites_touched(0, 6 * BLOCK));
    ck_assert(sites_touched(5 * BLOCK, 5 * BLOCK + 1)); /* the block as a whole */
    ck_assert(!sites_touched(6 * BLOCK, 7 * BLOCK));
    ck_assert(!sites_touched(4 * BLOCK, 5 * BLOCK));
    /* As much as the bits stand for, more, and all. */
    ck_assert(sites_touched(6 * BLOCK, 6 * BLOCK + 4096 * BLOCK));
    ck_assert(sites_touched(6 * BLOCK, 6 * BLOCK + 4097 * BLOCK));
    ck_assert(sites_touched(0, 0x7ffffffff000UL));
    ck_assert(sites_touched(4095 * BLOCK, 4102 * BLOCK)); /* folded */
}
END_TEST

START_TEST(touched_across_blocks)
{
    sites_touch(9 * BLOCK + 3); /* what is replaced begins in the block before */
    ck_assert(sites_touched(8 * BLOCK, 9 * BLOCK));
    ck_assert(sites_touched(9 * BLOCK, 10 * BLOCK));
    ck_assert(!sites_touched(10 * BLOCK, 11 * BLOCK));
    sites_touch(21 * BLOCK - 1); /* the site itself lies in two */
    ck_assert(sites_touched(20 * BLOCK, 21 * BLOCK));
    ck_assert(sites_touched(21 * BLOCK, 22 * BLOCK));
    ck_assert(!sites_touched(19 * BLOCK, 20 * BLOCK));
    ck_assert(!sites_touched(22 * BLOCK, 23 * BLOCK));
    sites_touch(31 * BLOCK - 2); /* the byte behind it */
    ck_assert(sites_touched(31 * BLOCK, 32 * BLOCK));
}
END_TEST

START_TEST(counts_of_states)
{
    struct site_counts c;
    sites_counts(&c);
    ck_assert_uint_eq(c.seen, 0);
    sites_count_trap(CODE);
    sites_record(CODE + 10)->state = SITE_REWRITTEN;
    for (unsigned r = REFUSED_UNCLEAR; r < SITE_REFUSALS; r++) {
        for (uint64_t i = 0; i < r; i++) {
            sites_record(CODE + 100UL * r + i)->refusal = (uint8_t)r;
        }
        ck_assert_uint_ne(strlen(site_refusal_names[r]), 0);
    }
    sites_forget(sites_record(CODE + 20));
    sites_counts(&c);
    ck_assert_uint_eq(c.rewritten, 1);
    ck_assert_uint_eq(c.refused[REFUSED_NOT], 0);
    for (unsigned r = REFUSED_UNCLEAR; r < SITE_REFUSALS; r++) {
        ck_assert_uint_eq(c.refused[r], r);
    }
    ck_assert_uint_eq(c.seen, 3 + SITE_REFUSALS * (SITE_REFUSALS - 1) / 2);
}
END_TEST

enum { THREADS = 4, SHARED = 8, ROUNDS = 20000, WATCHED = 1000 };

struct counter {
    pthread_t thread;
    unsigned number;
    uint32_t own;                   /* the last count of a site of its own */
    uint8_t heard[SHARED][WATCHED]; /* which counts of shared sites it was told */
    bool fell;                      /* a count it was told was not above the one before */
};

static void *count_on(void *arg)
{
    struct counter *c = arg;
    uint32_t last[SHARED] = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned site = i % SHARED;
        uint32_t n = sites_count_trap(CODE + site);
        c->fell |= n != 0 && n <= last[site];
        last[site] = n != 0 ? n : last[site];
        if (n < WATCHED) {
            c->heard[site][n] = 1;
        }
        c->own = sites_count_trap(CODE + 1000 + c->number);
    }
    return NULL;
}

/*
 * Counts may be lost to one another, but each is told to one thread: else a site could miss the one at which it is
 * rewritten. And nobody's own site suffers.
 */
START_TEST(counting_at_once)
{
    static struct counter counters[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        counters[i].number = i;
        ck_assert_int_eq(pthread_create(&counters[i].thread, NULL, count_on, &counters[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(counters[i].thread, NULL);
        ck_assert_uint_eq(counters[i].own, ROUNDS);
        ck_assert(!counters[i].fell);
    }
    for (unsigned site = 0; site < SHARED; site++) {
        for (unsigned n = 1; n < WATCHED; n++) {
            unsigned heard = 0;
            for (unsigned i = 0; i < THREADS; i++) {
                heard += counters[i].heard[site][n];
            }
            ck_assert_msg(heard == 1, "count %u of site %u: %u times", n, site, heard);
        }
        ck_assert_uint_le(sites_count_trap(CODE + site), THREADS * ROUNDS / SHARED + 1);
    }
    struct site_counts c;
    sites_counts(&c);
    ck_assert_uint_eq(c.seen, SHARED + THREADS);
}
END_TEST

static bool over;

static void *count_colliding(void *arg)
{
    (void)arg;
    for (unsigned i = 0; !__atomic_load_n(&over, __ATOMIC_ACQUIRE); i++) {
        sites_count_trap(colliding(i % (2 * PROBES)));
    }
    return NULL;
}

/* Records come and go while others fight for the places: whoever has one keeps it. */
START_TEST(recording_while_others_count)
{
    pthread_t threads[2];
    colliding(4 * PROBES - 1); /* computed before the threads read it */
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_colliding, NULL), 0);
    }
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t at = colliding(round % (4 * PROBES));
        struct site *s = sites_record(at); /* may lose its place to a count, and then says so */
        if (s != NULL) {
            ck_assert_ptr_eq(sites_find(at), s);
            ck_assert_uint_eq(s->at, at);
            ck_assert_uint_eq(sites_count_trap(at), 0);
            sites_forget(s);
            ck_assert_ptr_null(sites_find(at));
        }
    }
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    struct site_counts c;
    sites_counts(&c);
    ck_assert_uint_eq(c.seen, PROBES);
    ck_assert_uint_eq(c.rewritten + c.refused[REFUSED_NOT], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sites");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, counts_up);
    tcase_add_test(tests, counts_to_an_end);
    tcase_add_test(tests, what_is_decided_is_not_counted);
    tcase_add_test(tests, full_of_records);
    tcase_add_test(tests, counts_make_room_for_counts);
    tcase_add_test(tests, records_make_no_room);
    tcase_add_test(tests, each_in_a_range);
    tcase_add_test(tests, touched_is_never_missed);
    tcase_add_test(tests, touched_across_blocks);
    tcase_add_test(tests, counts_of_states);
    tcase_add_test(tests, counting_at_once);
    tcase_add_test(tests, recording_while_others_count);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
