/* Paths and layers: the rules of a sysroot, the walk, listings. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vfs/layers.h"
#include "vfs/listing.h"
#include "vfs/path.h"
#include "vfs/sysroot.h"
#include "vfs/walk.h"

START_TEST(sysroot_names)
{
    ck_assert_int_eq(layer_order_of("/usr"), LAYER_SYSROOT_FIRST);
    ck_assert_int_eq(layer_order_of("//usr/lib"), LAYER_SYSROOT_FIRST);
    ck_assert_int_eq(layer_order_of("/libexec/ld-elf.so.1"), LAYER_SYSROOT_FIRST);
    ck_assert_int_eq(layer_order_of("/users"), LAYER_HOST_FIRST);
    ck_assert_int_eq(layer_order_of("/var/db"), LAYER_HOST_FIRST);
    ck_assert_int_eq(layer_order_of("/home/usr"), LAYER_HOST_ONLY);
    ck_assert_int_eq(layer_order_of("/homes"), LAYER_HOST_FIRST);
    ck_assert_str_eq(sysroot_strip("/s/root", "/s/root/usr"), "/usr");
    ck_assert_str_eq(sysroot_strip("/s/root", "/s/root"), "/");
    ck_assert_ptr_null(sysroot_strip("/s/root", "/s/rootless"));
    ck_assert_ptr_null(sysroot_strip("", "/usr"));
    ck_assert(path_ends_in_dots("a/.."));
    ck_assert(path_ends_in_dots("./"));
    ck_assert(!path_ends_in_dots("a/.b"));
    ck_assert(!path_ends_in_dots("..."));
}
END_TEST

/* A tree with a file, an absolute link to it and a link to a directory. */
static void make_sysroot(char *root)
{
    char command[512];

    strcpy(root, "/tmp/test_sysroot.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(command, sizeof(command),
             "cd %s && mkdir -p usr/local etc lib bin tmp var && echo x > etc/only && ln -s /etc/only lib/abs && "
             "ln -s /lib usr/lib && echo x >bin/env && echo x >var/only && echo x >tmp/only && ln -s loop etc/loop && "
             "ln -s ../../../tmp/../etc/only lib/up && ln -s /tmp etc/out",
             root);
    ck_assert_int_eq(system(command), 0);
}

static void remove_sysroot(const char *root)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", root);
    ck_assert_int_eq(system(command), 0);
}

/* The name in the sysroot; of what is the host's, "host" and its name; of an error, its number. */
static const char *translated(const char *root, int dirfd, const char *name, uint32_t flags)
{
    const struct vfs_view view = {root, NULL, NULL};
    static char text[VFS_HOST_PATH_MAX + 16];
    static struct vfs_path out;
    int r = vfs_walk(&view, dirfd, name, flags, &out, NULL);

    if (r < 0) {
        snprintf(text, sizeof(text), "error %d", -r);
        return text;
    }
    if (sysroot_strip(root, out.name)) {
        return sysroot_strip(root, out.name);
    }
    snprintf(text, sizeof(text), "host %s", out.name);
    return text;
}

START_TEST(sysroot_lookups)
{
    char root[64], inside[128];
    int dirfd;

    make_sysroot(root);
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/only", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/lib/abs", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/lib/abs", 0), "/lib/abs");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/lib/abs", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/lib/abs", 0), "/lib/abs");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/lib/up", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/loop", PATH_FOLLOW), "error 40");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/only/x", PATH_FOLLOW), "error 20");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/only/", PATH_FOLLOW), "error 20");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/none/new", 0), "error 2");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/passwd", PATH_FOLLOW), "host /etc/passwd");
    snprintf(inside, sizeof(inside), "%s/etc/only", root);
    ck_assert_str_eq(translated(root, AT_FDCWD, inside, PATH_FOLLOW), "/etc/only");
    snprintf(inside, sizeof(inside), "%s/lib", root);
    dirfd = open(inside, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(dirfd, 0);
    ck_assert_str_eq(translated(root, dirfd, "abs", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, dirfd, "../../../../etc/only", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, dirfd, "../etc/passwd", PATH_FOLLOW), "host /etc/passwd");
    ck_assert_str_eq(translated(root, dirfd, "abs", PATH_FOLLOW | PATH_BENEATH), "error 1117");
    ck_assert_str_eq(translated(root, dirfd, "..", PATH_FOLLOW | PATH_BENEATH), "error 1117");
    ck_assert_str_eq(translated(root, dirfd, "abs", PATH_BENEATH), "/lib/abs");
    close(dirfd);
    remove_sysroot(root);
}
END_TEST

START_TEST(layers_meet)
{
    char root[64], inside[128];
    int dirfd;

    make_sysroot(root);
    ck_assert_str_eq(translated(root, AT_FDCWD, "/tmp/only", PATH_FOLLOW), "host /tmp/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/tmp", PATH_FOLLOW), "host /tmp");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/tmp/../etc/only", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/out/../etc/only", PATH_FOLLOW), "/etc/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/out", PATH_FOLLOW), "host /tmp");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/var/only", PATH_FOLLOW), "/var/only");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/var", PATH_FOLLOW), "host /var");
    ck_assert(strncmp(translated(root, AT_FDCWD, "/var/run/ld-elf.so.hints", 0), "host", 4) == 0);
    snprintf(inside, sizeof(inside), "%s/var/run", root);
    ck_assert_int_eq(mkdir(inside, 0755), 0);
    ck_assert_str_eq(translated(root, AT_FDCWD, "/var/run/ld-elf.so.hints", 0), "/var/run/ld-elf.so.hints");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/var/run/ld-elf32.so.hints.new", 0), "/var/run/ld-elf32.so.hints.new");
    ck_assert(strncmp(translated(root, AT_FDCWD, "/var/run/ld-elf.so", 0), "host", 4) == 0);
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/../..", PATH_FOLLOW), "host /");
    /* Whatever the host calls it: env is in its /usr/bin, and in the sysroot's /bin. */
    ck_assert_str_eq(translated(root, AT_FDCWD, "/bin/env", PATH_FOLLOW), "/bin/env");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/bin/sh", 0), "host /usr/bin/sh");
    ck_assert_int_eq(access("/usr/bin/env", F_OK), 0);
    ck_assert(layer_hides(root, "/usr/bin/env"));
    ck_assert(layer_hides(root, "/sbin/env"));
    ck_assert(!layer_hides(root, "/usr/bin/sh"));
    ck_assert(!layer_hides(root, "/usr/lib/env"));
    /* A new name: where its directory is. */
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/local/new", 0), "/usr/local/new");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/etc/new", 0), "/etc/new");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/var/new/", 0), "host /var/new/");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/tmp/new", 0), "host /tmp/new");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/new", 0), "host /new");
    ck_assert_str_eq(translated(root, AT_FDCWD, "/rescue", 0), "/rescue");
    /* Dots at the end keep their errors. */
    ck_assert_str_eq(translated(root, AT_FDCWD, "/usr/local/..", 0), "/usr/.");
    /* From a directory of the host's, names stay relative to it. */
    dirfd = open("/tmp", O_RDONLY | O_DIRECTORY);
    ck_assert_str_eq(translated(root, dirfd, "new", 0), "host new");
    ck_assert_str_eq(translated(root, dirfd, ".", PATH_FOLLOW), "host .");
    ck_assert_str_eq(translated(root, dirfd, "../etc/only", PATH_FOLLOW), "/etc/only");
    snprintf(inside, sizeof(inside), "%s/etc/only", root + 5);
    ck_assert_str_eq(translated(root, dirfd, inside, PATH_FOLLOW), "/etc/only");
    close(dirfd);
    remove_sysroot(root);
}
END_TEST

static struct listing listing;

/* Reads everything, `each` names at a time. Returns how many were shown; *in_order: none came twice. */
static unsigned read_listing(const char *const names[], unsigned count, unsigned each, bool *in_order)
{
    int64_t position = LISTING_PARENT, behind;
    unsigned total = 0, taken = each;

    *in_order = true;
    while (taken == each) {
        bool shown;

        listing_begin(&listing, position);
        for (unsigned i = 0; i < count; i++) {
            listing_add(&listing, names[i], i, 0);
        }
        taken = 0;
        for (unsigned i = 0; taken < each; i++) {
            if (listing_at(&listing, i, &behind, &shown) == NULL) {
                break;
            }
            if (shown) {
                *in_order = *in_order && behind > position && behind < INT32_MAX;
                position = behind;
                taken++;
            }
        }
        total += taken;
    }
    return total;
}

START_TEST(listings)
{
    enum { NAMES = 3000 };
    static char text[NAMES][16];
    const char *names[NAMES + 1];
    int64_t behind;
    bool in_order, shown;

    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(text[i], sizeof(text[i]), "name%u", i);
        names[i] = text[i];
    }
    names[NAMES] = "name7"; /* twice */
    ck_assert_uint_eq(read_listing(names, NAMES + 1, 100, &in_order), NAMES);
    ck_assert(in_order);
    ck_assert_uint_eq(read_listing(names, NAMES + 1, 7, &in_order), NAMES);
    ck_assert(in_order);
    listing_begin(&listing, LISTING_PARENT);
    listing.hiding = true;
    listing_add(&listing, "a", 1, 0);
    listing.hiding = false;
    listing_add(&listing, "a", 2, 0);
    ck_assert_uint_eq(listing_at(&listing, 0, &behind, &shown)->ino, 1);
    ck_assert(!shown);
    ck_assert_ptr_null(listing_at(&listing, 1, &behind, &shown));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vfs");
    TCase *tc = tcase_create("paths");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, sysroot_names);
    tcase_add_test(tc, sysroot_lookups);
    tcase_add_test(tc, layers_meet);
    tcase_add_test(tc, listings);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
