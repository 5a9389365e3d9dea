/* Cells of watchers in the process table: what is told adds up, is taken once, and full, stale or wild cells do no harm. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/thread.h"
#include "process/table.h"
#include "process/watch.h"

enum { BELL = 0x1234 };

static struct process_table *table;
static struct process process;
static struct thread thread;
static int me;

static void setup(void)
{
    table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(table, MAP_FAILED);
    me = getpid();
    process.table = table;
    process.pid = me;
    thread.proc = &process;
}

static void teardown(void)
{
    munmap(table, sizeof *table);
}

static int64_t add(int32_t pid, uint32_t wanted)
{
    return process_watch_add(table, me, pid, BELL, wanted);
}

START_TEST(news_add_up)
{
    struct process_news news;
    int bell = (int)process_watch_bell(BELL);
    uint32_t cell, rung;
    ck_assert_int_ge(bell, 0);
    cell = (uint32_t)add(me, WATCH_FORK | WATCH_EXIT);
    process_announce(&thread, WATCH_EXEC, 0); /* nobody asked for it */
    ck_assert_int_eq(read(bell, &rung, sizeof rung), -1);
    process_announce(&thread, WATCH_FORK, 0);
    process_announce(&thread, WATCH_EXIT, 3 << 8);
    process_announce(&thread, WATCH_EXIT, 9); /* the first is what it ended with */
    ck_assert_int_eq(read(bell, &rung, sizeof rung), sizeof rung);
    ck_assert_uint_eq(rung, cell);
    ck_assert(!process_watch_take(table, cell, me, BELL + 1, &news));
    ck_assert(!process_watch_take(table, cell, me + 1, BELL, &news));
    ck_assert(process_watch_take(table, cell, me, BELL, &news));
    ck_assert_int_eq(news.pid, me);
    ck_assert_uint_eq(news.happened, WATCH_FORK | WATCH_EXIT);
    ck_assert_int_eq(news.status, 3 << 8);
    ck_assert(process_watch_take(table, cell, me, BELL, &news));
    ck_assert_uint_eq(news.happened, 0);
    process_watch_change(table, cell, me, me, WATCH_EXEC);
    process_announce(&thread, WATCH_FORK, 0);
    process_announce(&thread, WATCH_EXEC, 0);
    ck_assert(process_watch_take(table, cell, me, BELL, &news));
    ck_assert_uint_eq(news.happened, WATCH_EXEC);
    process_watch_drop(table, cell, me, me);
    ck_assert(!process_watch_take(table, cell, me, BELL, &news));
    close(bell);
}
END_TEST

/* Who does not hear the bell any more is another program by now. */
START_TEST(deaf_watchers_lose_their_cells)
{
    struct process_news news;
    int64_t cell = add(me, WATCH_FORK);
    process_announce(&thread, WATCH_FORK, 0);
    ck_assert(!process_watch_take(table, (uint32_t)cell, me, BELL, &news));
}
END_TEST

START_TEST(full_and_stale)
{
    pid_t gone = fork();
    if (gone == 0) {
        _exit(0);
    }
    ck_assert_int_eq(waitpid(gone, NULL, 0), gone);
    for (int i = 0; i < WATCH_CELLS; i++) {
        ck_assert_int_ge(add(me, WATCH_FORK), 0);
    }
    ck_assert_int_eq(add(me, WATCH_FORK), -ENOSPC);
    ck_assert_int_eq(add(me + (int)PROCESS_TABLE_SLOTS, WATCH_FORK), -ENOSPC); /* the same cells */
    ck_assert_int_ge(add(me + 1, WATCH_FORK), 0);
    struct process_watch *cells = (struct process_watch *)table->slots[(unsigned)me % PROCESS_TABLE_SLOTS].reserved;
    cells[3].key = (uint64_t)(uint32_t)gone << 32 | (uint32_t)me;
    ck_assert_int_eq(add(me, WATCH_FORK) % WATCH_CELLS, 3);
}
END_TEST

START_TEST(children_inherit)
{
    struct process_news news;
    int bell = (int)process_watch_bell(BELL);
    int64_t cell = add(me, WATCH_TRACK | WATCH_EXIT);
    uint32_t rung = 0;
    pid_t child = fork();
    if (child == 0) {
        process.pid = getpid();
        process_watch_inherit(&thread, me);
        process_announce(&thread, WATCH_EXIT, 7 << 8);
        _exit(0);
    }
    process_watch_forked(&thread, child);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(read(bell, &rung, sizeof rung), sizeof rung);
    ck_assert_uint_ne(rung, (uint32_t)cell);
    ck_assert(process_watch_take(table, rung, me, BELL, &news));
    ck_assert_int_eq(news.pid, child);
    ck_assert_int_eq(news.parent, me);
    ck_assert_uint_eq(news.happened, WATCH_CHILD | WATCH_EXIT);
    ck_assert_int_eq(news.status, 7 << 8);
    ck_assert(process_watch_take(table, (uint32_t)cell, me, BELL, &news));
    ck_assert_uint_eq(news.happened, 0); /* NOTE_FORK was not asked for */
    close(bell);
}
END_TEST

/* No room for a child's cell: its parent's says so, and nobody waits for it. */
START_TEST(children_without_room)
{
    struct process_news news;
    int bell = (int)process_watch_bell(BELL);
    int64_t cell = add(me, WATCH_TRACK);
    int child = me + 1;
    for (int i = 0; i < WATCH_CELLS; i++) {
        ck_assert_int_ge(add(child, WATCH_EXIT), 0);
    }
    process.pid = child;
    process_watch_inherit(&thread, me);
    process.pid = me;
    process_watch_forked(&thread, child);
    ck_assert(process_watch_take(table, (uint32_t)cell, me, BELL, &news));
    ck_assert_uint_eq(news.happened, WATCH_TRACKERR);
    close(bell);
}
END_TEST

START_TEST(wild_cells)
{
    struct process_news news;
    memset(table, 0xff, sizeof *table);
    ck_assert(!process_watch_take(table, 0, me, BELL, &news));
    ck_assert(!process_watch_take(table, process_watch_cells(), me, BELL, &news));
    ck_assert(!process_watch_take(table, UINT32_MAX, me, BELL, &news));
    process_watch_drop(table, UINT32_MAX, me, me);
    process_watch_change(table, UINT32_MAX, me, me, 0);
    process_announce(&thread, WATCH_FORK, 0);
    process_watch_inherit(&thread, me);
    process.table = NULL;
    process_announce(&thread, WATCH_FORK, 0);
    process_watch_inherit(&thread, me);
    process_watch_forked(&thread, 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {news_add_up,      deaf_watchers_lose_their_cells, full_and_stale,
                                  children_inherit, children_without_room,          wild_cells};
    Suite *s = suite_create("process_watch");
    TCase *c = tcase_create("watch");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(c, tests[i]);
    }
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
