/* The options about isolated worlds: what they put into a plan, and what they refuse. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/option_isolation.h"
#include "cli/options.h"

#include <check.h>

static struct run_request request;
static int saved_stderr;

static void setup(void)
{
    run_request_init(&request);
    saved_stderr = dup(STDERR_FILENO);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(null, 0);
    dup2(null, STDERR_FILENO);
    close(null);
}

static void teardown(void)
{
    run_request_clear(&request);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
}

static int apply(const char *name, const char *value, const char *where)
{
    return option_apply(option_find(name), &request, value, where);
}

static bool takes(const char *name, const char *value)
{
    int status = apply(name, value, "--x");
    ck_assert_msg(status == 0 || status == EXIT_DRAGOMAN, "%s", value);
    return status == 0;
}

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"1048576", 1048576},
        {"512m", UINT64_C(512) << 20},
        {"2g", UINT64_C(2) << 30},
        {"2G", UINT64_C(2) << 30},
        {"1.5gb", UINT64_C(3) << 29},
        {"64KiB", 65536},
        {"7b", 7},
        {"1t", UINT64_C(1) << 40},
        {"0.5k", 512},
    };
    static const char *const bad[] = {"",    "m",   "-1",  "1.",    ".5m",
                                      "1x",  "1mx", "1bb", "0x9",   "1 m",
                                      "inf", "9e9", "1ib", "8192p", "99999999999999999999"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(parse_size(good[i].text, &bytes), "%s", good[i].text);
        ck_assert_msg(bytes == good[i].bytes, "%s: %llu", good[i].text, (unsigned long long)bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!parse_size(bad[i], &bytes), "%s", bad[i]);
    }
}
END_TEST

START_TEST(limits)
{
    ck_assert(takes("memory", "512m") && takes("cpus", "1.5") && takes("pids-limit", "100") && takes("disk", "1g") &&
              takes("ulimit", "nofile=1024") && takes("timeout", "2.5"));
    const struct instance_limits *l = &request.plan.limits;
    ck_assert_uint_eq(l->memory, UINT64_C(512) << 20);
    ck_assert_uint_eq(l->cpu_milli, 1500);
    ck_assert_uint_eq(l->pids, 100);
    ck_assert_uint_eq(l->disk, UINT64_C(1) << 30);
    ck_assert_uint_eq(l->files, 1024);
    ck_assert_uint_eq(l->wall_ms, 2500);
    ck_assert(takes("pids-limit", "-1") && l->pids == 0);
    ck_assert(takes("ulimit", "nofile=9:9") && l->files == 9);
    ck_assert(!takes("memory", "12") && !takes("cpus", "two") && !takes("pids-limit", "-2") &&
              !takes("pids-limit", "99999999") && !takes("ulimit", "core=0") && !takes("ulimit", "nofile=1:2") &&
              !takes("ulimit", "nofile=") && !takes("disk", "5"));
}
END_TEST

START_TEST(volumes)
{
    const struct instance_plan *plan = &request.plan;
    ck_assert(takes("volume", "/usr:/a") && takes("volume", "/tmp:/b//c/./d/:rw") && takes("volume", "/etc:/e:ro"));
    ck_assert_uint_eq(plan->mount_count, 3);
    ck_assert_str_eq(plan->mounts[0].source, "/usr");
    ck_assert_str_eq(plan->mounts[0].target, "/a");
    ck_assert(!plan->mounts[0].writable && plan->mounts[1].writable && !plan->mounts[2].writable);
    ck_assert_str_eq(plan->mounts[1].target, "/b/c/d");
    /* The same place again: the later one counts. */
    ck_assert(takes("volume", "/var:/a/:rw"));
    ck_assert_uint_eq(plan->mount_count, 3);
    ck_assert_str_eq(plan->mounts[0].source, "/var");
    ck_assert(takes("volume", ".:/here"));
    ck_assert(plan->mounts[3].source[0] == '/' && strcmp(plan->mounts[3].source, "/.") != 0);
    static const char *const bad[] = {
        "/usr",       "/usr:",         ":/a",           "/usr:a",  "/usr:/",          "/usr:/..", "/usr:/a/../b",
        "/usr:/a:zz", "/usr:/a:ro,zz", "/usr:/a:ro:rw", "name:/a", "/none/at/all:/a", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!takes("volume", bad[i]), "%s", bad[i]);
    }
    ck_assert_uint_eq(plan->mount_count, 4);
    /* What a file names may be there later. */
    ck_assert_int_eq(apply("volume", "/none/at/all:/n", "config:1"), 0);
    ck_assert_int_eq(apply("volume", "/usr:/v1\n/usr:/v2", "DRAGOMAN_VOLUME"), 0);
    ck_assert_uint_eq(plan->mount_count, 7);
}
END_TEST

START_TEST(devices)
{
    ck_assert(takes("device", "/dev/null") && takes("device", "/dev//null") && takes("device", "/dev/zero"));
    ck_assert_str_eq(request.plan.devices[0], "/dev/null");
    ck_assert_str_eq(request.plan.devices[1], "/dev/zero");
    ck_assert_ptr_null(request.plan.devices[2]);
    ck_assert(!takes("device", "null") && !takes("device", "/usr") && !takes("device", "/dev/none-such") &&
              !takes("device", "/dev/null:rwm"));
}
END_TEST

START_TEST(ports)
{
    static const char *const good[] = {"80",        "8080:80",       "127.0.0.1:8080:80", "[::1]:1:2",
                                       "53:53/udp", "8000-8002:1-3", "65535:65535/tcp"};
    static const char *const bad[] = {
        "",      "0",       "65536:1",   "a:1",           "1:",      ":1",      "1:2/sctp",
        "1-2:1", "2-1:2-1", "1.2.3:1:2", "300.1.1.1:1:2", "[::1]:2", "::1:1:2", "1:2:"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(takes("publish", good[i]), "%s", good[i]);
        ck_assert_str_eq(request.plan.ports[i], good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!takes("publish", bad[i]), "%s", bad[i]);
    }
    ck_assert_int_eq(isolation_check(&request), 0);
    ck_assert_int_eq(request.plan.network, NETWORK_OWN);
    ck_assert(takes("network", "none"));
    ck_assert_int_eq(isolation_check(&request), EXIT_DRAGOMAN);
}
END_TEST

START_TEST(names_and_words)
{
    ck_assert_int_eq(request.plan.least, ISOLATION_FULL);
    ck_assert_int_eq(request.plan.network, NETWORK_NONE);
    ck_assert(takes("hostname", "box-1.example") && takes("user", "1000:1000") && takes("user", "joe") &&
              takes("restart", "on-failure:3") && takes("isolation", "fenced") && takes("read-only", "yes"));
    ck_assert_str_eq(request.plan.hostname, "box-1.example");
    ck_assert_str_eq(request.plan.user, "joe");
    ck_assert_int_eq(request.restart, RESTART_ON_FAILURE);
    ck_assert_uint_eq(request.restart_max, 3);
    ck_assert_int_eq(request.plan.least, ISOLATION_FENCED);
    ck_assert(request.plan.root.read_only);
    ck_assert(!takes("hostname", "") && !takes("hostname", "a b") && !takes("hostname", "-a") &&
              !takes("hostname", "0123456789012345678901234567890123456789012345678901234567890123456"));
    ck_assert(!takes("user", "") && !takes("user", ":g") && !takes("user", "u:") && !takes("user", "a:b:c"));
    ck_assert(!takes("restart", "sometimes") && !takes("restart", "always:3") && !takes("restart", "on-failure:x"));
    ck_assert(!takes("isolation", "none") && !takes("isolation", "weak") && !takes("network", "lan"));
    ck_assert(takes("instance", "box") && !takes("instance", "../box") && !takes("instance", "a/b") &&
              !takes("instance", "") && !takes("instance", ".new.x") && !takes("instance", "a@b") &&
              !takes("instance", "0123456789012345678901234567890123456789012345678901234567890123"));
    ck_assert_str_eq(request.plan.name, "box");
    ck_assert(takes("isolate", "yes"));
    ck_assert_int_eq(isolation_check(&request), EXIT_DRAGOMAN);
}
END_TEST

START_TEST(only_typed_options_ask_for_isolation)
{
    ck_assert_int_eq(apply("memory", "1g", "/home/a/.config/dragoman/config:1"), 0);
    ck_assert_int_eq(apply("hostname", "h", "DRAGOMAN_HOSTNAME"), 0);
    ck_assert_int_eq(apply("workdir", "/", "-w"), 0);
    ck_assert(!isolation_asked(&request));
    ck_assert_int_eq(apply("cpus", "1", "--cpus"), 0);
    ck_assert_int_eq(apply("memory", "1g", "-m"), 0);
    ck_assert(isolation_asked(&request));
    ck_assert_str_eq(request.world_option, "cpus");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli_isolation");
    TCase *tests = tcase_create("options");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, limits);
    tcase_add_test(tests, volumes);
    tcase_add_test(tests, devices);
    tcase_add_test(tests, ports);
    tcase_add_test(tests, names_and_words);
    tcase_add_test(tests, only_typed_options_ask_for_isolation);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
