/* What a process tells of the ways of its calls, to the report directory and to `trace -c`. */
#include "syscalls/entry/ways.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/entry/sites.h"

static struct personality personality = {.name = "freebsd"};
static struct process process;
static struct thread thread;
static int pipe_end;
static char folder[] = "/tmp/dragoman-test-XXXXXX";
static char file[64];

static void setup(void)
{
    int fds[2];
    ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
    pipe_end = fds[0];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/tool.40.jsonl", folder);
    process.personality = &personality;
    process.pid = 40;
    strcpy(process.program, "/bin/\"tool\"");
    strcpy(process.command, "tool");
    process.settings.trace_mode = TRACE_COUNT;
    process.settings.trace_fd = fds[1];
    thread.proc = &process;
}

static void teardown(void)
{
    unlink(file);
    rmdir(folder);
}

/* What `trace -c` has heard since the last time. */
static const char *heard(void)
{
    static char text[4096];
    ssize_t n = read(pipe_end, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

START_TEST(told_once)
{
    process.calls_ended = (struct way_counts){30, 4};
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 30 4\nsites 40 0 0\n");
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "");
    process.calls_ended.trapped += 2; /* an exec that failed, and what came after */
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 0 2\nsites 40 0 0\n");
}
END_TEST

START_TEST(sites_told_once)
{
    sites_count_trap(0x401000);
    sites_record(0x402000)->state = SITE_REWRITTEN;
    sites_record(0x403000)->refusal = REFUSED_SHORT;
    struct site *far = sites_record(0x404000);
    far->refusal = REFUSED_FAR;
    process.calls_ended.fast = 1;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 1 0\nsites 40 4 1 short=1 far=1\n");
    sites_forget(far);
    sites_record(0x405000)->refusal = REFUSED_SHORT;
    process.calls_ended.fast++;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 1 0\nsites 40 1 0 short=1\n");
}
END_TEST

START_TEST(a_child_begins_anew)
{
    sites_record(0x402000)->state = SITE_REWRITTEN;
    process.calls_ended = process.calls_told = (struct way_counts){30, 4};
    thread.calls_fast = thread.calls_trapped = 8;
    ways_after_fork(&thread);
    ck_assert_uint_eq(thread.calls_fast + thread.calls_trapped, 0);
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "");
    sites_record(0x403000)->refusal = REFUSED_MAPPING;
    process.calls_ended.fast = 3;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 3 0\nsites 40 1 0 mapping=1\n");
}
END_TEST

START_TEST(a_vfork_child_has_no_sites)
{
    sites_record(0x402000)->state = SITE_REWRITTEN;
    process.shares_memory = true;
    ways_after_fork(&thread);
    process.calls_ended.trapped = 3;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 0 3\n");
    process.shares_memory = false; /* its parent, in the same memory, leaves none out */
    process.calls_ended.trapped++;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 0 1\nsites 40 1 1\n");
}
END_TEST

START_TEST(report_line)
{
    char text[4096];
    strcpy(process.settings.report_dir, folder);
    process.settings.trace_mode = TRACE_TEXT;
    sites_record(0x403000)->refusal = REFUSED_JUMPED;
    sites_record(0x404000)->refusal = REFUSED_STEPPED;
    process.calls_ended = (struct way_counts){30, 4};
    ways_tell(&thread);
    process.calls_ended.fast++;
    process.shares_memory = true;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "");
    FILE *in = fopen(file, "re");
    ck_assert_ptr_nonnull(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    ck_assert_str_eq(
        text, "{\"pid\":40,\"program\":\"/bin/\\\"tool\\\"\",\"personality\":\"freebsd\",\"ways\":{\"rewritten\":30,"
              "\"trapped\":4},\"sites\":{\"seen\":2,\"rewritten\":0,\"refused\":{\"jumped-into\":1,\"stepped\":1}}}\n"
              "{\"pid\":40,\"program\":\"/bin/\\\"tool\\\"\",\"personality\":\"freebsd\",\"ways\":{\"rewritten\":1,"
              "\"trapped\":0}}\n");
}
END_TEST

START_TEST(nobody_to_tell)
{
    process.settings.trace_mode = TRACE_TEXT;
    process.calls_ended.fast = 5;
    ways_tell(&thread);
    process.settings.trace_mode = TRACE_COUNT;
    int fd = process.settings.trace_fd;
    process.settings.trace_fd = -1;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "");
    process.settings.trace_fd = fd;
    ways_tell(&thread);
    ck_assert_str_eq(heard(), "ways 40 5 0\nsites 40 0 0\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ways");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, told_once);
    tcase_add_test(tests, sites_told_once);
    tcase_add_test(tests, a_child_begins_anew);
    tcase_add_test(tests, a_vfork_child_has_no_sites);
    tcase_add_test(tests, report_line);
    tcase_add_test(tests, nobody_to_tell);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
