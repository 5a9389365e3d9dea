/* instance/userns.h: the maps that a host gives, and entering with them where the host allows that at all. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/userns.h"

/* Every map has the world's user 0, no id twice, and none of root's own where another is to be had. */
static void look_at(const struct idmap *map, bool subordinate)
{
    uint32_t next = 0;
    ck_assert_uint_ge(map->count, 1);
    for (unsigned i = 0; i < map->count; i++) {
        ck_assert_uint_eq(map->ranges[i].inside, next);
        ck_assert_uint_ge(map->ranges[i].count, 1);
        next += map->ranges[i].count;
    }
    if (subordinate) {
        ck_assert_uint_gt(next, IDMAP_LEAST);
        ck_assert_uint_ne(map->ranges[0].outside, 0);
    } else {
        ck_assert_uint_eq(next, 1);
    }
}

START_TEST(best_maps)
{
    struct idmaps maps;
    enum instance_owners owners;
    ck_assert_int_eq(idmaps_choose(&maps, &owners), 0);
    ck_assert_int_eq(owners, maps.owners);
    look_at(&maps.users, owners == OWNERS_SUBORDINATE);
    look_at(&maps.groups, owners == OWNERS_SUBORDINATE);
    ck_assert((maps.why != NULL) == (owners == OWNERS_EMULATED));
}
END_TEST

START_TEST(one_id_is_always_to_be_had)
{
    struct idmaps maps;
    ck_assert_int_eq(idmaps_for(OWNERS_EMULATED, &maps), 0);
    look_at(&maps.users, false);
    ck_assert_uint_eq(maps.users.ranges[0].outside, geteuid());
    ck_assert_uint_eq(maps.groups.ranges[0].outside, getegid());
}
END_TEST

/* In a child: what it finds inside, as an exit status; 77: user namespaces are refused. */
static int inside(const struct idmaps *maps)
{
    struct stat st;
    if (unshare(CLONE_FILES) != 0 || userns_enter(maps, CLONE_NEWNS) != 0) {
        return 77;
    }
    if (geteuid() != 0 || getegid() != 0 || stat("/", &st) != 0) {
        return 1;
    }
    char name[] = "/tmp/dragoman-userns.XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0 || unlink(name) != 0) {
        return 2;
    }
    bool given = fchown(fd, 65534, 65534) == 0 && fstat(fd, &st) == 0 && st.st_uid == 65534;
    return given == (maps->owners == OWNERS_SUBORDINATE) ? 0 : 3;
}

static int try_inside(const struct idmaps *maps)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(inside(maps));
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(entering)
{
    struct idmaps maps;
    ck_assert_int_eq(idmaps_for(OWNERS_EMULATED, &maps), 0);
    int status = try_inside(&maps);
    if (status == 77) {
        return; /* said why; nothing more is to be seen here */
    }
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(idmaps_choose(&maps, NULL), 0);
    ck_assert_int_eq(try_inside(&maps), 0);
}
END_TEST

START_TEST(refusals_say_what_to_do)
{
    static const int errors[] = {EPERM, ENOSPC, EUSERS, EINVAL, ENOSYS, ENOMEM};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        const char *text = userns_refusal(errors[i]);
        ck_assert_ptr_nonnull(strchr(text, '('));
        ck_assert_int_eq(text[strlen(text) - 1], ')');
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("userns");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, best_maps);
    tcase_add_test(tests, one_id_is_always_to_be_had);
    tcase_add_test(tests, entering);
    tcase_add_test(tests, refusals_say_what_to_do);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
