/* Names in a root of the guest's own, and its mounts. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfs/rooted.h"

static struct settings settings;

static void setup(void)
{
    settings = (struct settings){.root_mode = ROOT_OWN};
    strcpy(settings.sysroot, "/s/root");
}

/* The host's name of a guest's, with the mount's number and "!" behind it where nothing may be changed. */
static const char *host(const char *guest)
{
    static char text[256];
    char name[128];
    struct rooted_where where;
    int r = rooted_host_name(&settings, guest, name, sizeof(name), &where);

    ck_assert_int_eq(r, 0);
    snprintf(text, sizeof(text), "%s%s%s", name, where.mount != 0 ? " m" : "", where.read_only ? " !" : "");
    return text;
}

static const char *guest(const char *name)
{
    static char text[128];

    return rooted_guest_name(&settings, name, text, sizeof(text)) ? text : "outside";
}

START_TEST(names_of_the_root)
{
    ck_assert_str_eq(host("/"), "/s/root");
    ck_assert_str_eq(host("/etc/passwd"), "/s/root/etc/passwd");
    ck_assert_str_eq(host("/proc"), "/proc m");
    ck_assert_str_eq(host("/proc/self/maps"), "/proc/self/maps m");
    ck_assert_str_eq(host("/processes"), "/s/root/processes");
    ck_assert_str_eq(host("/dev/pts/3"), "/dev/pts/3 m");
    ck_assert_str_eq(host("/dev/shm"), "/s/root/dev/shm");
    ck_assert_str_eq(guest("/s/root"), "/");
    ck_assert_str_eq(guest("/s/root/etc"), "/etc");
    ck_assert_str_eq(guest("/s/rootless"), "outside");
    ck_assert_str_eq(guest("/s"), "outside");
    ck_assert_str_eq(guest("/"), "outside");
    ck_assert_str_eq(guest("/proc/1"), "/proc/1");
    settings.root_read_only = 1;
    ck_assert_str_eq(host("/etc"), "/s/root/etc !");
    ck_assert_str_eq(host("/proc"), "/proc m");
}
END_TEST

START_TEST(mounts_cover)
{
    bool read_only;

    ck_assert_int_eq(rooted_add(&settings, "/data/", "/mnt/", true), 0);
    ck_assert_int_eq(rooted_add(&settings, "/", "/mnt/host", false), 0);
    ck_assert_int_eq(rooted_add(&settings, "/s/shm", "/dev/shm", false), 0);
    ck_assert_str_eq(host("/mnt"), "/data m !");
    ck_assert_str_eq(host("/mnt/a/b"), "/data/a/b m !");
    ck_assert_str_eq(host("/mnt/host"), "/ m");
    ck_assert_str_eq(host("/mnt/host/etc"), "/etc m");
    ck_assert_str_eq(host("/mnthost"), "/s/root/mnthost");
    ck_assert_str_eq(guest("/data/a"), "/mnt/a");
    ck_assert_str_eq(guest("/etc"), "/mnt/host/etc");
    ck_assert_str_eq(guest("/s/root/x"), "/x"); /* the longer source */
    ck_assert_str_eq(guest("/s/shm/x"), "/dev/shm/x");
    ck_assert(rooted_mounts_below(&settings, "/"));
    ck_assert(rooted_mounts_below(&settings, "/mnt"));
    ck_assert(!rooted_mounts_below(&settings, "/mnt/hos"));
    ck_assert(rooted_is_mounted(&settings, "/mnt/host"));
    ck_assert(!rooted_is_mounted(&settings, "/proc")); /* every root has that */
    ck_assert_str_eq(rooted_mount_over(&settings, "/mnt/a", &read_only), "/mnt");
    ck_assert(read_only);
    ck_assert_str_eq(rooted_mount_over(&settings, "/etc", &read_only), "/");
    ck_assert(!read_only);
    ck_assert_str_eq(rooted_shared_memory(&settings), "/s/shm");
    /* A later one of the same place is seen. */
    ck_assert_int_eq(rooted_add(&settings, "/other", "/mnt", false), 0);
    ck_assert_str_eq(host("/mnt/a"), "/other/a m");
}
END_TEST

START_TEST(mounts_that_are_none)
{
    char name[SETTINGS_MOUNTS_MAX + 2];
    int added = 0;

    ck_assert_int_eq(rooted_add(&settings, "data", "/mnt", false), -EINVAL);
    ck_assert_int_eq(rooted_add(&settings, "/data", "mnt", false), -EINVAL);
    ck_assert_int_eq(rooted_add(&settings, "/data", "/", false), -EINVAL);
    ck_assert_int_eq(rooted_add(&settings, "/data", "", false), -EINVAL);
    memset(name, 'x', sizeof(name) - 1);
    name[0] = '/';
    name[sizeof(name) - 1] = 0;
    ck_assert_int_eq(rooted_add(&settings, "/data", name, false), -E2BIG);
    ck_assert_uint_eq(settings.mounts_size, 0);
    while (rooted_add(&settings, "/data/of/the/host", "/a/place/inside", false) == 0) {
        added++;
    }
    ck_assert_int_eq(added, SETTINGS_MOUNTS_MAX / (1 + 18 + 16));
    ck_assert_uint_le(settings.mounts_size, SETTINGS_MOUNTS_MAX);
}
END_TEST

START_TEST(names_below)
{
    char name[8];

    ck_assert_str_eq(rooted_name_below("/mnt/data", "/", name, sizeof(name)), "mnt");
    ck_assert_str_eq(rooted_name_below("/mnt/data", "/mnt", name, sizeof(name)), "data");
    ck_assert_str_eq(rooted_name_below("/mnt/data", "/mnt/data", name, sizeof(name)), "");
    ck_assert_str_eq(rooted_name_below("/mnt/data", "/etc", name, sizeof(name)), "");
    ck_assert_str_eq(rooted_name_below("/a-long-name", "/", name, sizeof(name)), "a-long-");
}
END_TEST

START_TEST(another_root)
{
    ck_assert_int_eq(rooted_add(&settings, "/data", "/srv/new/data", true), 0);
    ck_assert_int_eq(rooted_add(&settings, "/ro", "/srv", true), 0);
    ck_assert_int_eq(rooted_change(&settings, "/"), 0);
    ck_assert_int_eq(settings.root_mode, ROOT_OWN);
    ck_assert_int_eq(rooted_change(&settings, "/srv/new"), 0);
    ck_assert_str_eq(settings.sysroot, "/ro/new");
    ck_assert_str_eq(host("/etc"), "/ro/new/etc !");
    ck_assert_str_eq(host("/data/x"), "/data/x m !");
    ck_assert_str_eq(host("/proc/1"), "/ro/new/proc/1 !");
    ck_assert_str_eq(guest("/s/root/etc"), "outside");
    ck_assert_str_eq(guest("/ro/new/etc"), "/etc");
    /* and once more */
    ck_assert_int_eq(rooted_change(&settings, "/data/d"), 0);
    ck_assert_str_eq(host("/"), "/data/d !");
    ck_assert_uint_eq(settings.mounts_size, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vfs_rooted");
    TCase *tc = tcase_create("names");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, names_of_the_root);
    tcase_add_test(tc, mounts_cover);
    tcase_add_test(tc, mounts_that_are_none);
    tcase_add_test(tc, names_below);
    tcase_add_test(tc, another_root);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
