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
    return find_program(name, search, sysroot, out, 256);
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

START_TEST(report_lines_that_are_cut_off)
{
    static const char whole[] = "{\"pid\":7,\"call\":\"kevent\",\"count\":3,\"detail\":\"a\\u0041\"}";
    struct report_line line;
    char cut[sizeof whole];
    ck_assert(report_line_parse(whole, &line));
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        memcpy(cut, whole, length);
        cut[length] = '\0';
        ck_assert_msg(!report_line_parse(cut, &line), "%s", cut);
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
    tcase_add_test(records, report_lines_that_are_cut_off);
    suite_add_tcase(suite, records);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
