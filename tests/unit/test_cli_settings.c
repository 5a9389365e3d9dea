/* The options of `run` from their three sources, and what their values mean. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/options.h"

/* After message.h: check.h has a macro called fail. */
#include <check.h>

static struct run_request request;
static char folder[] = "/tmp/dragoman-test-XXXXXX";
static char config[256];

static void setup(void)
{
    strcpy(folder, "/tmp/dragoman-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/dragoman", folder);
    ck_assert_int_eq(mkdir(config, 0700), 0);
    snprintf(config, sizeof config, "%s/dragoman/config", folder);
    run_request_init(&request);
}

static void teardown(void)
{
    char path[256];
    run_request_clear(&request);
    unlink(config);
    rmdir(config);
    snprintf(path, sizeof path, "%s/dragoman", folder);
    rmdir(path);
    rmdir(folder);
}

static void write_config(const char *text)
{
    FILE *file = fopen(config, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* What `text` as a configuration file gives; messages go nowhere. */
static int apply_config(const char *text)
{
    write_config(text);
    return config_apply_file(&request, config);
}

/* What a complaint says: standard error of one call, caught in a file. */
static const char *complaint_of(int (*call)(const char *), const char *argument)
{
    static char text[4096];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    ck_assert_ptr_nonnull(file);
    dup2(fileno(file), STDERR_FILENO);
    ck_assert_int_eq(call(argument), EXIT_DRAGOMAN);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

START_TEST(option_beats_variable_beats_file)
{
    char xdg[300];
    write_config("intercept = seccomp\nstrict = yes\ntimeout = 3\n");
    snprintf(xdg, sizeof xdg, "XDG_CONFIG_HOME=%s", folder);
    char *envp[] = {xdg, "DRAGOMAN_INTERCEPT=ptrace", "DRAGOMAN_TIMEOUT=4", NULL};
    ck_assert_int_eq(options_from_surroundings(&request, envp), 0);
    ck_assert_int_eq(request.settings.intercept_requested, INTERCEPT_PTRACE);
    ck_assert_uint_eq(request.settings.strict, 1);
    ck_assert_uint_eq(request.timeout_ms, 4000);

    char *argv[] = {"run", "--intercept=sud", "--strict=no", "--timeout", "0.5", "program", "--strict", NULL};
    ck_assert_int_eq(options_from_arguments(&request, 7, argv, NULL, NULL), 5);
    ck_assert_int_eq(request.settings.intercept_requested, INTERCEPT_SUD);
    ck_assert_uint_eq(request.settings.strict, 0);
    ck_assert_uint_eq(request.timeout_ms, 500);
}
END_TEST

START_TEST(env_adds_up_and_later_wins)
{
    ck_assert_int_eq(apply_config("env = A=file\nenv = B=a b\n"), 0);
    char *own[] = {"DRAGOMAN_ENV=A=variable\nC=3", NULL};
    ck_assert_int_eq(config_apply_variables(&request, own), 0);
    char *argv[] = {"run", "-eD=x\ny", "-e", "HOME=/guest", NULL};
    ck_assert_int_eq(options_from_arguments(&request, 4, argv, NULL, NULL), 4);

    char *envp[] = {"HOME=/host", "DRAGOMAN_ENV=Z=1", "DRAGOMAN_STRICT=yes", "PATH=/bin", NULL};
    char **guest = guest_environment(&request, envp);
    ck_assert_ptr_nonnull(guest);
    ck_assert_str_eq(env_get(guest, "HOME"), "/guest");
    ck_assert_str_eq(env_get(guest, "A"), "variable");
    ck_assert_str_eq(env_get(guest, "B"), "a b");
    ck_assert_str_eq(env_get(guest, "C"), "3");
    ck_assert_str_eq(env_get(guest, "D"), "x\ny");
    ck_assert_str_eq(env_get(guest, "PATH"), "/bin");
    for (char **at = guest; *at != NULL; at++) {
        ck_assert_msg(strncmp(*at, "DRAGOMAN_", 9) != 0, "%s reached the guest", *at);
    }
    free(guest);
}
END_TEST

START_TEST(config_skips_blank_lines_and_comments)
{
    ck_assert_int_eq(apply_config("# comment\n\n   \n\t# another\n  strict  =  yes  \nosrel=14.2"), 0);
    ck_assert_uint_eq(request.settings.strict, 1);
    ck_assert_uint_eq(request.settings.osrel, 1402000);
}
END_TEST

START_TEST(config_that_is_missing_is_empty)
{
    ck_assert_int_eq(config_apply_file(&request, "/nonexistent/dragoman/config"), 0);
}
END_TEST

static int apply_config_quietly(const char *text)
{
    return apply_config(text);
}

START_TEST(config_faults_name_file_and_line)
{
    static const struct {
        const char *text;
        const char *line;
        const char *why;
    } cases[] = {
        {"strict = yes\nstrct = yes\n", ":2:", "did you mean strict?"},
        {"\nstrict = maybe\n", ":2:", "neither yes nor no"},
        {"nonsense\n", ":1:", "sets nothing"},
        {"memory = much\n", ":1:", "is no size"},
        {"intercept = magic\n", ":1:", "no way of interception"},
        {"env = novalue\n", ":1:", "sets no variable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *said = complaint_of(apply_config_quietly, cases[i].text);
        ck_assert_msg(strstr(said, cases[i].line) != NULL, "%s", said);
        ck_assert_msg(strstr(said, cases[i].why) != NULL, "%s", said);
        ck_assert_msg(strstr(said, config) != NULL, "%s", said);
    }
}
END_TEST

START_TEST(config_that_is_a_folder_is_refused)
{
    ck_assert_int_eq(mkdir(config, 0700), 0);
    ck_assert_int_eq(config_apply_file(&request, config), EXIT_DRAGOMAN);
}
END_TEST

START_TEST(config_path_follows_xdg)
{
    char out[64];
    char *both[] = {"XDG_CONFIG_HOME=/x", "HOME=/h", NULL};
    char *home[] = {"HOME=/h", NULL};
    char *relative[] = {"XDG_CONFIG_HOME=x", "HOME=/h", NULL};
    char *none[] = {NULL};
    ck_assert(config_path(both, out, sizeof out));
    ck_assert_str_eq(out, "/x/dragoman/config");
    ck_assert(config_path(home, out, sizeof out));
    ck_assert_str_eq(out, "/h/.config/dragoman/config");
    ck_assert(config_path(relative, out, sizeof out));
    ck_assert_str_eq(out, "/h/.config/dragoman/config");
    ck_assert(!config_path(none, out, sizeof out));
    ck_assert_int_eq(options_from_surroundings(&request, none), 0);
}
END_TEST

START_TEST(unknown_variable_is_refused)
{
    char *envp[] = {"DRAGOMAN_INTERCPT=sud", NULL};
    ck_assert_int_eq(config_apply_variables(&request, envp), EXIT_DRAGOMAN);
}
END_TEST

START_TEST(every_row_has_variable_help_and_use)
{
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        char name[64];
        option_variable(row, name, sizeof name);
        ck_assert_msg(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name), "%s", name);
        ck_assert_msg(row->set != NULL, "%s", row->name);
        ck_assert_msg(row->help != NULL && row->help[0] != '\0', "%s", row->name);
        ck_assert_ptr_eq(option_find(row->name), row);
        if (row->letter != '\0') {
            ck_assert_ptr_eq(option_find_letter(row->letter), row);
        }
    }
}
END_TEST

START_TEST(options_end_at_the_program_or_at_dashes)
{
    char *plain[] = {"run", "-q", "prog", "-x", NULL};
    char *dashes[] = {"run", "--strict", "--", "--prog", NULL};
    char *single[] = {"run", "-", NULL};
    ck_assert_int_eq(options_from_arguments(&request, 4, plain, NULL, NULL), 2);
    ck_assert_int_eq(options_from_arguments(&request, 4, dashes, NULL, NULL), 3);
    ck_assert_int_eq(options_from_arguments(&request, 2, single, NULL, NULL), 1);
    char *missing[] = {"run", "--osrel", NULL};
    ck_assert_int_eq(options_from_arguments(&request, 2, missing, NULL, NULL), -EXIT_DRAGOMAN);
}
END_TEST

START_TEST(releases)
{
    static const struct {
        const char *text;
        uint32_t osrel;
        const char *release;
    } good[] = {
        {"14", 1400000, "14.0-RELEASE"},
        {"14.2", 1402000, "14.2-RELEASE"},
        {"13.5-RELEASE-p1", 1305000, "13.5-RELEASE-p1"},
        {"1402504", 1402504, "14.2-RELEASE"},
        {"903000", 903000, "9.3-RELEASE"},
        {"15.0-CURRENT", 1500000, "15.0-CURRENT"},
    };
    static const char *const bad[] = {"", "x", "14.", "14.x", "14-", "4", "100.1", "14.2.1", "99999999", "14.100"};
    uint32_t osrel;
    char release[SETTINGS_NAME_MAX];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(parse_osrel(good[i].text, &osrel, release), "%s", good[i].text);
        ck_assert_uint_eq(osrel, good[i].osrel);
        ck_assert_str_eq(release, good[i].release);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!parse_osrel(bad[i], &osrel, release), "%s", bad[i]);
    }
}
END_TEST

START_TEST(seconds)
{
    uint64_t ms;
    ck_assert(parse_seconds("30", &ms) && ms == 30000);
    ck_assert(parse_seconds("0.5", &ms) && ms == 500);
    ck_assert(parse_seconds(".25", &ms) && ms == 250);
    ck_assert(parse_seconds("1.0001", &ms) && ms == 1001);
    ck_assert(parse_seconds("0", &ms) && ms == 0);
    ck_assert(!parse_seconds("", &ms));
    ck_assert(!parse_seconds("1.", &ms));
    ck_assert(!parse_seconds("-1", &ms));
    ck_assert(!parse_seconds("1s", &ms));
    ck_assert(!parse_seconds("inf", &ms));
    ck_assert(!parse_seconds("99999999999999999999", &ms));
}
END_TEST

START_TEST(near_words)
{
    static const char *const words[] = {"strict", "sysroot", "trace", NULL};
    ck_assert_str_eq(nearest("strct", words), "strict");
    ck_assert_str_eq(nearest("sysroto", words), "sysroot");
    ck_assert_ptr_null(nearest("banana", words));
    ck_assert_ptr_null(nearest("", words));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_settings");
    TCase *tests = tcase_create("settings");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, option_beats_variable_beats_file);
    tcase_add_test(tests, env_adds_up_and_later_wins);
    tcase_add_test(tests, config_skips_blank_lines_and_comments);
    tcase_add_test(tests, config_that_is_missing_is_empty);
    tcase_add_test(tests, config_faults_name_file_and_line);
    tcase_add_test(tests, config_that_is_a_folder_is_refused);
    tcase_add_test(tests, config_path_follows_xdg);
    tcase_add_test(tests, unknown_variable_is_refused);
    tcase_add_test(tests, every_row_has_variable_help_and_use);
    tcase_add_test(tests, options_end_at_the_program_or_at_dashes);
    tcase_add_test(tests, releases);
    tcase_add_test(tests, seconds);
    tcase_add_test(tests, near_words);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
