/* Finding programs, adding up trace records, reading report lines. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/find_program.h"
#include "cli/report_line.h"
#include "cli/trace_summary.h"

/* After message.h: check.h has a macro called fail. */
#include <check.h>

static char folder[32];

static void make(const char *name, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (S_ISDIR(mode)) {
        ck_assert_int_eq(mkdir(path, mode & 0777), 0);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void setup(void)
{
    strcpy(folder, "/tmp/dragoman-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    make("bin", S_IFDIR | 0755);
    make("bin/tool", 0755);
    make("bin/data", 0644);
    make("root", S_IFDIR | 0755);
    make("root/bin", S_IFDIR | 0755);
    make("root/bin/inner", 0755);
    make("root/bin/sh", 0755);
}

static void teardown(void)
{
    static const char *const names[] = {"root/bin/sh", "root/bin/inner", "root/bin", "root",
                                        "bin/data",    "bin/tool",       "bin",      ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
}

static int find(const char *name, const char *search, const char *sysroot, char out[256])
{
    struct settings settings = {0};
    snprintf(settings.sysroot, sizeof settings.sysroot, "%s", sysroot != NULL ? sysroot : "");
    return find_program(name, search, &settings, out, 256);
}

START_TEST(path_is_searched_as_a_shell_does)
{
    char search[128];
    char wanted[128];
    char out[256];
    snprintf(search, sizeof search, "/nonexistent:%s/bin", folder);
    snprintf(wanted, sizeof wanted, "%s/bin/tool", folder);
    ck_assert_int_eq(find("tool", search, NULL, out), 0);
    ck_assert_str_eq(out, wanted);
    ck_assert_int_eq(find("data", search, NULL, out), EXIT_NOT_RUNNABLE);
    ck_assert_int_eq(find("nothing", search, NULL, out), EXIT_NOT_FOUND);
    ck_assert_int_eq(find("", search, NULL, out), EXIT_NOT_FOUND);
    ck_assert_int_eq(find("sh", NULL, NULL, out), 0);
    ck_assert_str_eq(out, "/bin/sh");
}
END_TEST

START_TEST(empty_element_is_the_working_directory)
{
    char here[128];
    char out[256];
    snprintf(here, sizeof here, "%s/bin", folder);
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_int_eq(find("tool", ":/nonexistent", NULL, out), 0);
    ck_assert_str_eq(out, "./tool");
    ck_assert_int_eq(find("tool", "/nonexistent", NULL, out), EXIT_NOT_FOUND);
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_slash_means_that_file)
{
    char name[128];
    char out[256];
    snprintf(name, sizeof name, "%s/bin", folder);
    ck_assert_int_eq(find(name, "/bin", NULL, out), EXIT_NOT_RUNNABLE);
    snprintf(name, sizeof name, "%s/bin/data", folder);
    ck_assert_int_eq(find(name, "/bin", NULL, out), EXIT_NOT_RUNNABLE);
    snprintf(name, sizeof name, "%s/bin/tool/x", folder);
    ck_assert_int_eq(find(name, "/bin", NULL, out), EXIT_NOT_FOUND);
    snprintf(name, sizeof name, "%s/bin/tool", folder);
    ck_assert_int_eq(find(name, "/nonexistent", NULL, out), 0);
    ck_assert_str_eq(out, name);
}
END_TEST

START_TEST(the_sysroot_comes_first)
{
    char root[128];
    char out[256];
    snprintf(root, sizeof root, "%s/root", folder);
    ck_assert_int_eq(find("inner", "/bin:/usr/bin", root, out), 0);
    ck_assert_str_eq(out, "/bin/inner");
    ck_assert_int_eq(find("/bin/inner", NULL, root, out), 0);
    ck_assert_int_eq(find("/bin/inner", NULL, NULL, out), EXIT_NOT_FOUND);
}
END_TEST

START_TEST(records_add_up_over_cuts)
{
    static const char stream[] = "1 1 read 3 - 100\n1 2 read -1 EAGAIN 50\nrubbish\n1 1 exit ? - 0\n1 1 wri";
    struct trace_summary summary = {0};
    for (size_t i = 0; i < sizeof stream - 1; i += 7) {
        size_t left = sizeof stream - 1 - i;
        ck_assert(trace_summary_take(&summary, stream + i, left < 7 ? left : 7));
    }
    trace_summary_sort(&summary);
    ck_assert_uint_eq(summary.count, 2);
    ck_assert_str_eq(summary.counts[0].name, "read");
    ck_assert_uint_eq(summary.counts[0].calls, 2);
    ck_assert_uint_eq(summary.counts[0].errors, 1);
    ck_assert_uint_eq(summary.counts[0].ns, 150);
    ck_assert_uint_eq(summary.lost, 1);
    ck_assert(!summary.ways.told);
    trace_summary_clear(&summary);
}
END_TEST

static void take(struct trace_summary *summary, const char *lines)
{
    ck_assert(trace_summary_take(summary, lines, strlen(lines)));
}

static uint64_t refused(const struct ways *w, const char *reason)
{
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        if (strcmp(w->refused[i].name, reason) == 0) {
            return w->refused[i].count;
        }
    }
    return 0;
}

START_TEST(ways_add_up)
{
    struct trace_summary summary = {0};
    take(&summary, "1 1 read 3 - 100\n2 2 read 3 - 100\n1 1 read 3 - 100\n");
    ck_assert_uint_eq(summary.processes.count, 2);
    ck_assert_uint_eq(summary.told.count, 0);
    /* The process has told once more after an exec, and a third is known by this alone. */
    take(&summary,
         "ways 1 10 20\nsites 1 5 2 short=1 jumped-into=2\nways 1 1 2\nways 4194303 0 7\nsites 4194303 3 0 short=4\n");
    ck_assert_uint_eq(summary.lost, 0);
    ck_assert_uint_eq(summary.processes.count, 3);
    ck_assert_uint_eq(summary.told.count, 2);
    ck_assert_uint_eq(summary.ways.rewritten, 11);
    ck_assert_uint_eq(summary.ways.trapped, 29);
    ck_assert_uint_eq(summary.ways.sites_seen, 8);
    ck_assert_uint_eq(summary.ways.sites_rewritten, 2);
    ck_assert_uint_eq(refused(&summary.ways, "short"), 5);
    ck_assert_uint_eq(refused(&summary.ways, "jumped-into"), 2);
    ck_assert_uint_eq(summary.count, 1);
    trace_summary_clear(&summary);
}
END_TEST

START_TEST(ways_that_are_cut_off_are_lost)
{
    static const char *const lines[] = {"ways 1 10\n",
                                        "ways 1 10 20 30\n",
                                        "ways x 1 1\n",
                                        "sites 1 5\n",
                                        "sites 1 5 2 short\n",
                                        "sites 1 5 2 short=\n",
                                        "sites 1 5 2 =1\n",
                                        "sites 1 5 2 short=1 far=x\n",
                                        "sites 1 5 2x\n",
                                        "ways\n",
                                        "sites\n",
                                        "waysites 1 1 1\n",
                                        "sites 1 5 2 a-reason-that-is-much-too-long=1\n"};
    struct trace_summary summary = {0};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        take(&summary, lines[i]);
        ck_assert_msg(summary.lost == i + 1, "%s", lines[i]);
    }
    ck_assert(!summary.ways.told);
    ck_assert_uint_eq(summary.ways.sites_seen + summary.ways.rewritten + summary.ways.trapped, 0);
    trace_summary_clear(&summary);
}
END_TEST

START_TEST(ways_have_places_for_so_many_reasons)
{
    struct ways w = {0};
    char name[16];
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        snprintf(name, sizeof name, "r%u", i);
        ck_assert(ways_refused(&w, name, 1));
    }
    ck_assert(!ways_refused(&w, "another", 1));
    ck_assert(ways_refused(&w, "r15", 1));
    ck_assert_uint_eq(refused(&w, "r15"), 2);
}
END_TEST

/* What is printed of `summary`, for people or as JSON. */
static const char *printed(const struct trace_summary *summary, bool json)
{
    static char text[4096];
    FILE *out = tmpfile();
    ck_assert_ptr_nonnull(out);
    trace_summary_print(summary, out, json);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    fclose(out);
    return text;
}

START_TEST(ways_stand_below_the_table)
{
    struct trace_summary summary = {0};
    take(&summary, "1 1 read 3 - 100\nways 1 10 20\nsites 1 5 2 short=1 far=2\n");
    const char *text = printed(&summary, false);
    ck_assert_ptr_nonnull(strstr(text, "total\n"
                                       "calls: 10 from rewritten sites, 20 by traps\n"
                                       "sites: 5 seen, 2 rewritten, 3 refused (1 short, 2 far)\n"));
    ck_assert_ptr_null(strstr(text, "processes"));
    take(&summary, "2 2 read 3 - 100\n");
    ck_assert_ptr_nonnull(strstr(printed(&summary, false), "\n1 of 2 processes told these;"));
    ck_assert_ptr_nonnull(strstr(printed(&summary, true), "\"refused\": {\n      \"short\": 1,\n      \"far\": 2\n"));
    trace_summary_clear(&summary);
    take(&summary, "ways 1 0 20\nsites 1 0 0\n");
    ck_assert_ptr_nonnull(strstr(printed(&summary, false), "calls: 0 from rewritten sites, 20 by traps\nsites: none"));
    trace_summary_clear(&summary);
}
END_TEST

START_TEST(report_lines)
{
    struct report_line line;
    ck_assert(report_line_parse("{\"pid\":7,\"program\":\"/a \\\"b\\\"\\u00e9\",\"personality\":\"freebsd\","
                                "\"call\":\"kevent\",\"number\":560,\"level\":\"nosys\",\"count\":3,\"new\":true,"
                                "\"detail\":\"x\\ny\"}\n",
                                &line));
    ck_assert_int_eq(line.pid, 7);
    ck_assert_int_eq(line.number, 560);
    ck_assert_int_eq(line.count, 3);
    ck_assert_str_eq(line.program, "/a \"b\"\xc3\xa9");
    ck_assert_str_eq(line.call, "kevent");
    ck_assert_str_eq(line.level, "nosys");
    ck_assert_str_eq(line.detail, "x\ny");
}
END_TEST

START_TEST(report_lines_of_ways)
{
    struct report_line line;
    ck_assert(report_line_parse("{\"pid\":7,\"program\":\"/a\",\"personality\":\"freebsd\",\"ways\":{\"rewritten\":5,"
                                "\"trapped\":6,\"new\":\"x\"},\"sites\":{\"seen\":4,\"rewritten\":1,\"refused\":"
                                "{\"short\":2,\"far\":1},\"other\":{}}}\n",
                                &line));
    ck_assert(line.ways.told);
    ck_assert_str_eq(line.call, "");
    ck_assert_int_eq(line.count, 1);
    ck_assert_uint_eq(line.ways.rewritten, 5);
    ck_assert_uint_eq(line.ways.trapped, 6);
    ck_assert_uint_eq(line.ways.sites_seen, 4);
    ck_assert_uint_eq(line.ways.sites_rewritten, 1);
    ck_assert_uint_eq(refused(&line.ways, "short"), 2);
    ck_assert_uint_eq(refused(&line.ways, "far"), 1);
    ck_assert(report_line_parse("{ \"ways\" : { \"trapped\" : 1 , \"rewritten\" : 0 } }", &line));
    ck_assert_uint_eq(line.ways.trapped, 1);
    ck_assert(!report_line_parse("{\"pid\":7,\"sites\":{\"seen\":4}}", &line));
    ck_assert(!report_line_parse("{\"ways\":{\"a\":{\"b\":{\"c\":1}}}}", &line));
    ck_assert(!report_line_parse("{\"ways\":{\"trapped\":[1]}}", &line));
}
END_TEST

static const char *const whole_lines[] = {
    "{\"pid\":7,\"call\":\"kevent\",\"count\":3,\"detail\":\"a\\u0041\"}",
    "{\"pid\":7,\"ways\":{\"rewritten\":5,\"trapped\":6},\"sites\":{\"seen\":4,\"refused\":{\"short\":2}}}",
};

START_TEST(report_lines_that_are_cut_off)
{
    const char *whole = whole_lines[_i];
    struct report_line line;
    ck_assert(report_line_parse(whole, &line));
    for (size_t length = 0; length < strlen(whole); length++) {
        char *cut = strndup(whole, length); /* a sanitizer sees what is read beyond it */
        ck_assert_msg(!report_line_parse(cut, &line), "%s", cut);
        free(cut);
    }
    ck_assert(!report_line_parse("{\"call\":\"x\"} more", &line));
    ck_assert(!report_line_parse("{\"pid\":1}", &line));
    ck_assert(!report_line_parse("{\"call\":[1]}", &line));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_tools");
    TCase *programs = tcase_create("programs");
    tcase_add_checked_fixture(programs, setup, teardown);
    tcase_add_test(programs, path_is_searched_as_a_shell_does);
    tcase_add_test(programs, empty_element_is_the_working_directory);
    tcase_add_test(programs, a_slash_means_that_file);
    tcase_add_test(programs, the_sysroot_comes_first);
    suite_add_tcase(suite, programs);
    TCase *records = tcase_create("records");
    tcase_add_test(records, records_add_up_over_cuts);
    tcase_add_test(records, report_lines);
    tcase_add_test(records, ways_add_up);
    tcase_add_test(records, ways_that_are_cut_off_are_lost);
    tcase_add_test(records, ways_have_places_for_so_many_reasons);
    tcase_add_test(records, ways_stand_below_the_table);
    tcase_add_test(records, report_lines_of_ways);
    tcase_add_loop_test(records, report_lines_that_are_cut_off, 0, sizeof whole_lines / sizeof whole_lines[0]);
    suite_add_tcase(suite, records);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
