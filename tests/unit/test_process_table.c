/* The process table: claiming, stale and damaged entries, a full window, and readers beside writers. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/host_stat.h"
#include "process/table.h"

static struct process_table *table;

static void setup(void)
{
    table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(table, MAP_FAILED);
}

static void teardown(void)
{
    munmap(table, sizeof *table);
}

static uint64_t start_of(pid_t pid)
{
    struct host_stat now;
    ck_assert_int_eq(host_stat_read(pid, &now), 0);
    return now.start;
}

static struct process_table_entry entry_for(pid_t pid, uint64_t start, const char *program)
{
    struct process_table_entry e = {.pid = pid, .start = start, .args_total = 4, .args_size = 4};
    strcpy(e.personality, "freebsd");
    strcpy(e.program, program);
    memcpy(e.args, "a\0b", 4);
    return e;
}

static int64_t publish_over(const char *program, int64_t own)
{
    struct process_table_entry e = entry_for(getpid(), start_of(getpid()), program);
    return process_table_publish(table, &e, (int32_t)own);
}

static int64_t publish_self(const char *program)
{
    return publish_over(program, PROCESS_TABLE_NO_SLOT);
}

static int find_self(struct process_table_entry *out)
{
    return process_table_find(table, getpid(), start_of(getpid()), out);
}

/* A word on the end is for who knows when the process began, or is its parent. */
START_TEST(death_is_noted)
{
    int64_t slot = publish_self("/bin/one");
    uint64_t start = start_of(getpid());
    ck_assert_int_ge(slot, 0);
    ck_assert_int_eq(process_table_death(table, getpid(), start, 0), 0);
    struct process_table_death d = {getpid(), 77, start + 1, 7};
    process_table_note_death(table, (uint32_t)slot, &d);
    ck_assert_int_eq(process_table_death(table, getpid(), start, 0), 0); /* of another with this number */
    d.start = start;
    process_table_note_death(table, (uint32_t)slot, &d);
    ck_assert_int_eq(process_table_death(table, getpid(), start, 0), 7);
    ck_assert_int_eq(process_table_death(table, getpid(), start + 1, 77), 0);
    ck_assert_int_eq(process_table_death(table, getpid(), 0, 77), 7);
    ck_assert_int_eq(process_table_death(table, getpid(), 0, 78), 0);
    ck_assert_int_eq(process_table_death(table, 0, 0, 77), 0);
}
END_TEST

START_TEST(published_found_withdrawn)
{
    struct process_table_entry e;
    int64_t slot = publish_self("/bin/one");
    ck_assert_int_ge(slot, 0);
    ck_assert_int_eq(find_self(&e), 0);
    ck_assert_str_eq(e.program, "/bin/one");
    ck_assert_int_eq(process_table_find(table, getpid(), start_of(getpid()) + 1, &e), -ESRCH);
    process_table_withdraw(table, (uint32_t)slot, getpid(), start_of(getpid()) + 1);
    ck_assert_int_eq(find_self(&e), 0);
    process_table_withdraw(table, (uint32_t)slot, getpid(), start_of(getpid()));
    ck_assert_int_eq(find_self(&e), -ESRCH);
    ck_assert_uint_eq((uint32_t)table->slots[slot].head.word, 0);
    process_table_withdraw(table, PROCESS_TABLE_SLOTS, getpid(), 0);
}
END_TEST

/* Fills the caller's window with heads of this owner. */
static void fill_window(pid_t pid, uint64_t start, uint64_t word)
{
    for (uint32_t i = 0; i < PROCESS_TABLE_WINDOW; i++) {
        struct process_table_head *h = &table->slots[((uint32_t)getpid() + i) % PROCESS_TABLE_SLOTS].head;
        *h = (struct process_table_head){.word = word, .start = start, .pid = pid, .layout = PROCESS_TABLE_LAYOUT};
    }
}

START_TEST(exec_replaces)
{
    struct process_table_entry e;
    /* In another slot than its first, as if that had been in use. */
    fill_window(getppid(), start_of(getppid()), 0);
    int64_t slot = ((uint32_t)getpid() + 5) % PROCESS_TABLE_SLOTS;
    table->slots[slot].head.pid = 0;
    ck_assert_int_eq(publish_self("/bin/one"), slot);
    table->slots[(uint32_t)getpid() % PROCESS_TABLE_SLOTS].head.pid = 0;
    ck_assert_int_eq(publish_over("/bin/two", slot), slot);
    ck_assert_int_eq(find_self(&e), 0);
    ck_assert_str_eq(e.program, "/bin/two");
    /* What a hand-over says of another's slot is not believed. */
    ck_assert_int_ne(publish_over("/bin/three", (slot + 1) % PROCESS_TABLE_SLOTS), slot + 1);
    ck_assert_int_ge(publish_over("/bin/three", PROCESS_TABLE_SLOTS), 0);
}
END_TEST

START_TEST(full_table)
{
    struct process_table_entry e;
    fill_window(getppid(), start_of(getppid()), 0);
    ck_assert_int_eq(publish_self("/bin/one"), -ENOSPC);
    ck_assert_int_eq(find_self(&e), -ESRCH);
}
END_TEST

START_TEST(stale_entries_are_reclaimed)
{
    struct process_table_entry e;
    pid_t dead = fork();
    if (dead == 0) {
        _exit(0);
    }
    waitpid(dead, NULL, 0);
    fill_window(getppid(), start_of(getppid()) + 1, 0); /* another process of that number */
    ck_assert_int_ge(publish_self("/bin/one"), 0);
    fill_window(dead, 1, 0);
    ck_assert_int_ge(publish_self("/bin/one"), 0);
    fill_window(getppid(), start_of(getppid()), (uint64_t)dead); /* killed while it wrote */
    ck_assert_int_ge(publish_self("/bin/one"), 0);
    ck_assert_int_eq(find_self(&e), 0);
    fill_window(-1, 0, 0);
    ck_assert_int_ge(publish_self("/bin/one"), 0);
    fill_window(getppid(), 1, (uint64_t)getppid()); /* being written by one that lives */
    ck_assert_int_eq(publish_self("/bin/one"), -ENOSPC);
}
END_TEST

START_TEST(hostile_entries)
{
    struct process_table_entry out, *e;
    struct process_table_head *h;
    int64_t slot = publish_self("/bin/one");
    ck_assert_int_ge(slot, 0);
    e = &table->slots[slot].entry;
    h = &table->slots[slot].head;
    memset(e->program, 'x', sizeof e->program);
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    memset(e->personality, 'x', sizeof e->personality);
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    memset(e->command, 'x', sizeof e->command);
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    e->args_size = e->args_total = PROCESS_TABLE_ARGS + 1;
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    e->pid = 1;
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    h->layout = 99;
    ck_assert_int_eq(find_self(&out), -ESRCH);
    publish_self("/bin/one");
    h->word |= (uint64_t)getppid(); /* for ever being written: the reader gives up */
    ck_assert_int_eq(find_self(&out), -ESRCH);
    memset((void *)table, 0xff, sizeof *table);
    for (uint32_t i = 0; i <= PROCESS_TABLE_SLOTS; i++) {
        ck_assert_int_ne(process_table_at(table, i, &out), 0);
    }
}
END_TEST

enum { CLAIMERS = 16, ROUNDS = 300 };

/* A process that enters itself and leaves again and again. */
static void claim_and_leave(void)
{
    uint64_t start = start_of(getpid());
    for (int i = 0; i < ROUNDS; i++) {
        struct process_table_entry e = entry_for(getpid(), start, i % 2 == 0 ? "/bin/even" : "/bin/odd-and-longer");
        struct process_table_entry seen;
        int64_t slot = process_table_publish(table, &e, PROCESS_TABLE_NO_SLOT);
        if (slot < 0 || process_table_find(table, getpid(), start, &seen) != 0 ||
            strcmp(e.program, seen.program) != 0) {
            _exit(1);
        }
        if (i % 3 == 0) {
            process_table_withdraw(table, (uint32_t)slot, getpid(), start);
        }
    }
    _exit(0);
}

START_TEST(concurrent_claims)
{
    pid_t child[CLAIMERS];
    for (int i = 0; i < CLAIMERS; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            claim_and_leave();
        }
    }
    for (int i = 0; i < CLAIMERS; i++) {
        int status = -1;
        struct process_table_entry e;
        for (uint32_t slot = 0; slot < PROCESS_TABLE_SLOTS; slot++) {
            if (process_table_at(table, slot, &e) == 0) { /* never a mixture of two */
                ck_assert(strcmp(e.program, "/bin/even") == 0 || strcmp(e.program, "/bin/odd-and-longer") == 0);
            }
        }
        ck_assert_int_eq(waitpid(child[i], &status, 0), child[i]);
        ck_assert_int_eq(status, 0);
    }
}
END_TEST

START_TEST(stat_lines)
{
    struct host_stat s;
    ck_assert_int_eq(host_stat_parse("7 (a) b) S 1 -2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 5 0 98765 1 2", &s), 0);
    ck_assert_int_eq(s.state, 'S');
    ck_assert_int_eq(s.parent, 1);
    ck_assert_int_eq(s.group, -2);
    ck_assert_int_eq(s.session, 3);
    ck_assert_int_eq(s.threads, 5);
    ck_assert_uint_eq(s.start, 98765);
    ck_assert_int_eq(host_stat_parse("", &s), -EINVAL);
    ck_assert_int_eq(host_stat_parse("7 (a)", &s), -EINVAL);
    ck_assert_int_eq(host_stat_parse("7 (a) S", &s), -EINVAL);
    ck_assert_int_eq(host_stat_parse("7 (a) S 1 2 3", &s), -EINVAL);
}
END_TEST

START_TEST(the_file_is_private)
{
    char dir[] = "/tmp/table-test-XXXXXX", path[64], link[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/" PROCESS_TABLE_FILE, dir);
    snprintf(link, sizeof link, "%s-link", dir);
    ck_assert_ptr_null(process_table_map(dir, false, NULL));
    struct process_table *one = process_table_map(dir, true, NULL), *two = process_table_map(dir, false, NULL);
    ck_assert_ptr_nonnull(one);
    ck_assert_ptr_nonnull(two);
    one->slots[3].head.pid = 77;
    ck_assert_int_eq(two->slots[3].head.pid, 77);
    chmod(path, 0644);
    ck_assert_ptr_null(process_table_map(dir, true, NULL));
    chmod(path, 0600);
    chmod(dir, 0755);
    ck_assert_ptr_null(process_table_map(dir, true, NULL));
    chmod(dir, 0700);
    ck_assert_int_eq(symlink(dir, link), 0);
    ck_assert_ptr_null(process_table_map(link, true, NULL));
    unlink(link);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_ptr_null(process_table_map(dir, true, NULL));
    unlink(path);
    ck_assert_int_eq(symlink("/etc/passwd", path), 0);
    ck_assert_ptr_null(process_table_map(dir, true, NULL));
    unlink(path);
    rmdir(dir);
}
END_TEST

START_TEST(where_it_is)
{
    char dir[64], usual[64];
    snprintf(usual, sizeof usual, "/tmp/dragoman-%u", (unsigned)geteuid());
    setenv("XDG_RUNTIME_DIR", "/run/x", 1);
    ck_assert(process_table_directory(0, dir, sizeof dir));
    ck_assert_str_eq(dir, "/run/x/dragoman");
    ck_assert(process_table_directory(1, dir, sizeof dir));
    ck_assert_str_eq(dir, usual);
    ck_assert(!process_table_directory(2, dir, sizeof dir));
    setenv("XDG_RUNTIME_DIR", "run", 1);
    ck_assert(process_table_directory(0, dir, sizeof dir));
    ck_assert_str_eq(dir, usual);
    ck_assert(!process_table_directory(1, dir, sizeof dir));
    ck_assert(!process_table_directory(0, dir, 4));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("process_table");
    TCase *c = tcase_create("table");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, death_is_noted);
    tcase_add_test(c, published_found_withdrawn);
    tcase_add_test(c, exec_replaces);
    tcase_add_test(c, full_table);
    tcase_add_test(c, stale_entries_are_reclaimed);
    tcase_add_test(c, hostile_entries);
    tcase_add_test(c, concurrent_claims);
    tcase_add_test(c, stat_lines);
    tcase_add_test(c, the_file_is_private);
    tcase_add_test(c, where_it_is);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
