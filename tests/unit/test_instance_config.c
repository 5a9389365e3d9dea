/* An instance's configuration: read, changed, written, whatever stands in it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_config.h"

#include <check.h>

static char folder[] = "/tmp/dragoman-test-XXXXXX";
static int dir;
static int saved_stderr;

static void setup(void)
{
    strcpy(folder, "/tmp/dragoman-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(dir, 0);
    saved_stderr = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDERR_FILENO);
    close(null);
}

static void teardown(void)
{
    unlinkat(dir, "config", 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else is left in it */
    close(dir);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}

static int read_text(const char *text, struct instance_config *out)
{
    int fd = openat(dir, "config", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return instance_config_read(dir, "config", "config", out);
}

static void written(const struct instance_config *config, char *out, size_t size)
{
    ck_assert_int_eq(instance_config_write(dir, "config", "config", config), 0);
    int fd = openat(dir, "config", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, out, size - 1);
    ck_assert_int_ge(n, 0);
    out[n] = '\0';
    close(fd);
}

START_TEST(what_is_written_is_read)
{
    struct instance_config config, again;
    char first[4096], second[4096];
    ck_assert_int_eq(read_text("created = now\n from=x = y\nowners = subordinate\nown = 0123456789abcdef\n"
                               "layer = aaaaaaaaaaaaaaaa\nlayer = bbbbbbbbbbbbbbbb\n\n# mine\nmemory = 1g\n"
                               "volume = /a:/b\n volume=/c:/d:rw  \n",
                               &config),
                     0);
    ck_assert_str_eq(config.from, "x = y");
    ck_assert_int_eq(config.owners, OWNERS_SUBORDINATE);
    ck_assert_str_eq(config.own, "0123456789abcdef");
    ck_assert_uint_eq(config.layer_count, 2);
    ck_assert_str_eq(config.layers[0], "aaaaaaaaaaaaaaaa");
    written(&config, first, sizeof first);
    ck_assert_int_eq(instance_config_read(dir, "config", "config", &again), 0);
    written(&again, second, sizeof second);
    ck_assert_str_eq(first, second);
    ck_assert_ptr_nonnull(strstr(second, "# mine\nmemory = 1g\n"));
    instance_config_clear(&config);
    instance_config_clear(&again);
}
END_TEST

START_TEST(options_are_set_added_and_taken_away)
{
    struct instance_config config;
    char text[4096];
    ck_assert_int_eq(read_text("own = 0123456789abcdef\nmemory = 1g\nvolume = /a:/b\n", &config), 0);
    ck_assert_int_eq(instance_config_set(&config, option_find("memory"), "2g"), 0);
    ck_assert_int_eq(instance_config_set(&config, option_find("volume"), "/c:/d"), 0);
    ck_assert_int_eq(instance_config_set(&config, option_find("volume"), "/a:/b"), 0); /* once */
    written(&config, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\nmemory = 2g\nvolume = /c:/d\nvolume = /a:/b\n"));
    ck_assert_int_eq(instance_config_set(&config, option_find("volume"), ""), 0);
    ck_assert_int_eq(instance_config_set(&config, option_find("hostname"), "a\nb"), EXIT_DRAGOMAN);
    written(&config, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "volume"));
    ck_assert_ptr_null(strstr(text, "hostname"));
    instance_config_clear(&config);
}
END_TEST

START_TEST(layers_are_pushed)
{
    struct instance_config config, copy;
    ck_assert_int_eq(read_text("own = 0123456789abcdef\nlayer = bbbbbbbbbbbbbbbb\n", &config), 0);
    ck_assert_int_eq(instance_config_copy(&config, &copy), 0);
    ck_assert_int_eq(instance_config_push(&copy, copy.own), 0);
    ck_assert_uint_eq(copy.layer_count, 2);
    ck_assert_str_eq(copy.layers[0], "0123456789abcdef");
    ck_assert_str_eq(copy.layers[1], "bbbbbbbbbbbbbbbb");
    ck_assert_uint_eq(config.layer_count, 1);
    instance_config_clear(&config);
    instance_config_clear(&copy);
}
END_TEST

START_TEST(faults_are_refused)
{
    static const char *const bad[] = {"own = ../../etc\n", "own = 0123456789ABCDEF\n", "layer = \n",
                                      "layer = 0123456789abcdef0\n", "owners = mine\n"};
    static const char *const bad_options[] = {"memory = much\n", "nonsense = 1\n", "sysroot = /\n", "isolate = yes\n",
                                              "just words\n"};
    struct instance_config config;
    struct run_request request;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(read_text(bad[i], &config) == EXIT_DRAGOMAN, "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof bad_options / sizeof bad_options[0]; i++) {
        run_request_init(&request);
        ck_assert_int_eq(read_text(bad_options[i], &config), 0);
        ck_assert_msg(instance_config_apply(&config, "config", &request) == EXIT_DRAGOMAN, "%s", bad_options[i]);
        instance_config_clear(&config);
        run_request_clear(&request);
    }
    ck_assert_int_eq(symlinkat("/etc/passwd", dir, "link"), 0);
    ck_assert_int_eq(instance_config_read(dir, "link", "link", &config), EXIT_DRAGOMAN);
    ck_assert_int_eq(instance_config_read(dir, "missing", "missing", &config), EXIT_DRAGOMAN);
    unlinkat(dir, "link", 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instance_config");
    TCase *tests = tcase_create("config");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, options_are_set_added_and_taken_away);
    tcase_add_test(tests, layers_are_pushed);
    tcase_add_test(tests, faults_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
