/* Sysroots: what a tree is, where they are kept, and which of them fits a program. */
#include "loader/sysroots.h"
#include "tests/unit/elf_maker.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct elf_maker maker;
static char folder[64];
static struct sysroot_facts facts;

/* Nothing here chooses one. */
const struct personality *personality_recognising(const struct elf_identity *id)
{
    (void)id;
    return NULL;
}

static const char *at(const char *name)
{
    static char path[2][256];
    static unsigned next;
    char *out = path[next++ % 2];

    snprintf(out, sizeof(path[0]), "%s/%s", folder, name);
    return out;
}

static void setup(void)
{
    strcpy(folder, "/tmp/test_sysroots.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

static void make_folders(const char *path)
{
    char copy[256];

    snprintf(copy, sizeof(copy), "%s", at(path));
    for (char *slash = strchr(copy + strlen(folder) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(copy, 0755);
        *slash = '/';
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *file;

    make_folders(path);
    file = fopen(at(path), "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void write_elf(const char *path, unsigned char osabi, uint32_t osrel)
{
    make_folders(path);
    elf_maker_start(&maker, ET_DYN, osabi, 0x4000);
    elf_maker_two_segments(&maker, 0);
    if (osrel != 0)
        elf_maker_note(&maker, 0x800, "FreeBSD", 1, &osrel, sizeof(osrel));
    elf_maker_write(&maker, at(path));
}

static void write_tree(const char *name, uint32_t osrel)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/libexec/ld-elf.so.1", name);
    write_elf(path, ELFOSABI_FREEBSD, osrel);
    snprintf(path, sizeof(path), "%s/lib/libc.so.7", name);
    write_elf(path, ELFOSABI_FREEBSD, osrel);
}

START_TEST(a_tree_is_known_by_interpreter_and_library)
{
    mkdir(at("t"), 0755);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
    write_elf("t/libexec/ld-elf.so.1", ELFOSABI_FREEBSD, 1402000);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
    write_text("t/lib/libc.so.7", "no ELF file");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
    write_elf("t/lib/libc.so.7", ELFOSABI_FREEBSD, 1402000);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_int_eq(facts.system, ELF_SYSTEM_FREEBSD);
    ck_assert_uint_eq(facts.osrel, 1402000);
    ck_assert_str_eq(facts.release, "14.2");
    ck_assert_str_eq(facts.platform, "FreeBSD/amd64");
    elf_maker_header(&maker)->e_machine = EM_386;
    elf_maker_write(&maker, at("t/lib/libc.so.7"));
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
    write_elf("t/lib/libc.so.7", ELFOSABI_FREEBSD, 1402000);
    write_elf("t/libexec/ld-elf.so.1", ELFOSABI_LINUX, 0);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
    ck_assert_int_eq(sysroot_recognise(at("none"), &facts), -ENOENT);
    ck_assert_int_eq(sysroot_recognise(at("t/lib/libc.so.7"), &facts), -ENOTDIR);
}
END_TEST

static void write_elf_for(const char *path, uint16_t machine, unsigned char osabi)
{
    make_folders(path);
    elf_maker_start(&maker, ET_DYN, osabi, 0x4000);
    elf_maker_two_segments(&maker, 0);
    elf_maker_header(&maker)->e_machine = machine;
    elf_maker_write(&maker, at(path));
}

START_TEST(a_linux_root_is_known_by_its_libc)
{
    struct elf_identity id = {.machine = ELF_MACHINE_AMD64, .bits = 64, .osabi = ELF_OSABI_NONE};

    write_elf_for("d/usr/lib64/ld-linux-x86-64.so.2", EM_X86_64, ELFOSABI_NONE);
    ck_assert_int_eq(symlink("usr/lib64", at("d/lib64")), 0);
    ck_assert_int_eq(sysroot_recognise(at("d"), &facts), -ENOENT);
    write_elf_for("d/usr/lib/x86_64-linux-gnu/libc.so.6", EM_X86_64, ELFOSABI_LINUX);
    ck_assert_int_eq(sysroot_recognise(at("d"), &facts), 0);
    ck_assert_int_eq(facts.system, ELF_SYSTEM_LINUX);
    ck_assert_str_eq(facts.platform, "Linux/amd64");
    ck_assert_str_eq(facts.release, "");
    write_text("d/etc/debian_version", "12.5\n");
    ck_assert_int_eq(sysroot_recognise(at("d"), &facts), 0);
    ck_assert_str_eq(facts.release, "12.5");
    write_text("d/usr/lib/os-release", "NAME=x\nID=debian\nVERSION_ID=\"12\"\n");
    ck_assert_int_eq(sysroot_recognise(at("d"), &facts), 0);
    ck_assert_str_eq(facts.release, "debian-12");
    ck_assert(sysroot_serves(&facts, &id));
    id.machine = ELF_MACHINE_I386;
    id.bits = 32;
    ck_assert(!sysroot_serves(&facts, &id));
    write_elf_for("m/lib/ld-musl-x86_64.so.1", EM_X86_64, ELFOSABI_NONE);
    write_text("m/etc/alpine-release", "3.19.1\n");
    ck_assert_int_eq(sysroot_recognise(at("m"), &facts), 0);
    ck_assert_str_eq(facts.release, "3.19.1");
    write_elf_for("o/lib64/ld-linux-x86-64.so.2", EM_X86_64, ELFOSABI_NONE);
    write_elf_for("o/lib64/libc.so.6", EM_X86_64, ELFOSABI_FREEBSD);
    ck_assert_int_eq(sysroot_recognise(at("o"), &facts), -ENOENT);
}
END_TEST

START_TEST(words_name_the_release)
{
    write_tree("t", 1402000);
    write_text("t/etc/os-release", "NAME=FreeBSD\nVERSION=\"14.2-RELEASE\"\nVERSION_ID=\"14.2\"\n");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_str_eq(facts.release, "14.2-RELEASE");
    write_text("t/bin/freebsd-version", "#!/bin/sh\nUSERLAND_VERSION=\"14.2-RELEASE-p1\"\n");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_str_eq(facts.release, "14.2-RELEASE-p1");
    write_text("t/bin/freebsd-version", "USERLAND_VERSION=\"14\033[31m; rm\"\n");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_str_eq(facts.release, "14"); /* nothing that a terminal or a shell would take for more */
}
END_TEST

/* Old trees: no notes in the libraries. */
START_TEST(headers_and_words_tell_where_no_note_does)
{
    write_tree("t", 0);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_uint_eq(facts.osrel, 0);
    ck_assert_str_eq(facts.release, "");
    write_text("t/bin/freebsd-version", "USERLAND_VERSION=\"9.3-RELEASE\"\n");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_uint_eq(facts.osrel, 903000);
    write_text("t/usr/include/sys/param.h",
               "/* x */\n#undef __FreeBSD_version\n#define __FreeBSD_version 1002000\t/* Master */\n");
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    ck_assert_uint_eq(facts.osrel, 1002000);
}
END_TEST

START_TEST(links_stay_inside)
{
    write_tree("t", 1402000);
    ck_assert_int_eq(rename(at("t/lib/libc.so.7"), at("t/lib/real")), 0);
    ck_assert_int_eq(symlink("/lib/real", at("t/lib/libc.so.7")), 0); /* absolute: from the tree's top */
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), 0);
    write_elf("outside", ELFOSABI_FREEBSD, 1402000);
    unlink(at("t/lib/libc.so.7"));
    ck_assert_int_eq(symlink("../../outside", at("t/lib/libc.so.7")), 0);
    ck_assert_int_eq(sysroot_recognise(at("t"), &facts), -ENOENT);
}
END_TEST

START_TEST(names_are_plain)
{
    static const char *const good[] = {"14.2", "a", "freebsd-14.2_x+y", "9"};
    static const char *const bad[] = {"", ".", "..", ".new", "-x", "a/b", "a b", "a\n", "\xc3\xa9", "_a"};
    char text[SYSROOT_NAME_MAX + 1];

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(sysroot_name_ok(good[i]), "%s", good[i]);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!sysroot_name_ok(bad[i]), "%s", bad[i]);
    memset(text, 'a', sizeof(text));
    text[SYSROOT_NAME_MAX] = '\0';
    ck_assert(!sysroot_name_ok(text));
    text[SYSROOT_NAME_MAX - 1] = '\0';
    ck_assert(sysroot_name_ok(text));
}
END_TEST

START_TEST(the_folder_is_where_xdg_says)
{
    char out[256];

    ck_assert(sysroot_user_folder("/data", "/home/a", out, sizeof(out)));
    ck_assert_str_eq(out, "/data/dragoman/sysroots");
    ck_assert(sysroot_user_folder("data", "/home/a", out, sizeof(out))); /* relative: to be ignored */
    ck_assert_str_eq(out, "/home/a/.local/share/dragoman/sysroots");
    ck_assert(!sysroot_user_folder("/a-folder-that-is-too-long", NULL, out, 16));
    ck_assert(sysroot_folder("/mine", 0, out, sizeof(out)));
    ck_assert_str_eq(out, "/mine");
    ck_assert(sysroot_folder("/mine", SYSROOT_FOLDERS - 1, out, sizeof(out)));
    ck_assert_str_eq(out, "/usr/share/dragoman/sysroots");
    ck_assert(!sysroot_folder("/mine", SYSROOT_FOLDERS, out, sizeof(out)));
}
END_TEST

static int append(void *context, const struct sysroot_entry *entry)
{
    strcat(context, entry->name);
    strcat(context, entry->is_link ? "@ " : " ");
    return 0;
}

START_TEST(finds_directories_and_links_by_name)
{
    char list[256] = "";
    struct sysroot_entry entry;

    write_tree("store/14.2", 1402000);
    write_tree("store/14.10", 1410000);
    write_tree("elsewhere", 1302000);
    write_tree("store/.new.1", 1302000);
    write_text("store/file", "");
    ck_assert_int_eq(symlink("../elsewhere", at("store/linked")), 0);
    ck_assert_int_eq(symlink("../gone", at("store/broken")), 0);
    sysroots_each(at("store"), append, list);
    ck_assert_str_eq(list, "14.2 14.10 linked@ ");
    ck_assert_int_eq(sysroot_find(at("store"), "linked", &entry), 0);
    ck_assert_str_eq(entry.path, at("elsewhere"));
    ck_assert_int_eq(sysroot_find(at("store"), "15.0", &entry), -ENOENT);
    ck_assert_int_eq(sysroot_find(at("store"), "file", &entry), -ENOENT);
    ck_assert_int_eq(sysroot_find(at("store"), ".new.1", &entry), -ENOENT);
    ck_assert_int_eq(sysroot_find(at("store"), "../elsewhere", &entry), -ENOENT);
    ck_assert_int_eq(sysroot_find(at("no-store"), "14.2", &entry), -ENOENT);
}
END_TEST

/* Each row: wanted, then offers from the best to the worst that still fits. */
START_TEST(the_nearest_release_fits_best)
{
    static const uint32_t rows[][8] = {
        {1402000, 1402000, 1403000, 1409000, 1401000, 1400000, 1500000, 1600000},
        {1302001, 1302000, 1305000, 1301000, 1300000, 1400000, 1500000},
        {1499000, 1499000, 1400000, 1500000}, /* its own major release, however far, before the next */
        {0, 1500000, 1402000, 800000},        /* no note: the newest */
    };

    for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
        for (unsigned i = 2; i < 8 && rows[r][i] != 0; i++) {
            uint64_t better = sysroot_misfit(rows[r][0], rows[r][i - 1]);
            uint64_t worse = sysroot_misfit(rows[r][0], rows[r][i]);

            ck_assert_msg(better < worse && worse != UINT64_MAX, "%u: %u before %u", rows[r][0], rows[r][i - 1],
                          rows[r][i]);
        }
    ck_assert(sysroot_misfit(1402000, 1305000) == UINT64_MAX);
    ck_assert(sysroot_misfit(1402000, 0) == UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sysroots");
    TCase *tc = tcase_create("sysroots");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_tree_is_known_by_interpreter_and_library);
    tcase_add_test(tc, a_linux_root_is_known_by_its_libc);
    tcase_add_test(tc, words_name_the_release);
    tcase_add_test(tc, headers_and_words_tell_where_no_note_does);
    tcase_add_test(tc, links_stay_inside);
    tcase_add_test(tc, names_are_plain);
    tcase_add_test(tc, the_folder_is_where_xdg_says);
    tcase_add_test(tc, finds_directories_and_links_by_name);
    tcase_add_test(tc, the_nearest_release_fits_best);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
