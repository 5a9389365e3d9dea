/* What executing a path means: permissions, kinds, "#!" lines, interpreters. */
#include "base/image.h"
#include "base/personality.h"
#include "loader/loader.h"
#include "loader/script.h"
#include "tests/unit/elf_maker.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct elf_maker maker;
static struct program program;
static struct loader_error err;
static char folder[64];
static char path[256];

/* Stands for a personality, of which the loader asks by what rules files are read. */
static const struct personality freebsd = {.word = 8, .programs = {ELF_KERNEL_FREEBSD, USER_END}};

const struct personality *personality_recognising(const struct elf_identity *id)
{
    return id->osabi == ELF_OSABI_FREEBSD && id->machine == ELF_MACHINE_AMD64 ? &freebsd : NULL;
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void setup(void)
{
    strcpy(folder, "/tmp/test_loader.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
    static const char *const names[] = {"prog", "script", "second", "ld.so", "pipe"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(in_folder(names[i]));
    rmdir(folder);
}

static void write_file(const char *name, const char *text, unsigned mode)
{
    FILE *file = fopen(in_folder(name), "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void write_elf(const char *name, unsigned char osabi, const char *interp)
{
    elf_maker_start(&maker, ET_EXEC, osabi, 0x4000);
    elf_maker_two_segments(&maker, 0x400000);
    if (interp != NULL)
        elf_maker_interp(&maker, 0x1000, interp);
    elf_maker_write(&maker, in_folder(name));
}

static void refused(const char *name, int error, const char *fault)
{
    ck_assert_int_eq(program_examine(in_folder(name), NULL, NULL, &program, &err), -error);
    ck_assert_int_eq(err.host_errno, error);
    ck_assert_msg(strstr(err.text, fault) != NULL, "\"%s\" does not say \"%s\"", err.text, fault);
}

START_TEST(tells_foreign_from_host)
{
    write_elf("prog", ELFOSABI_FREEBSD, NULL);
    ck_assert_msg(program_examine(in_folder("prog"), NULL, NULL, &program, &err) == 0, "%s", err.text);
    ck_assert_int_eq(program.kind, PROGRAM_FOREIGN_ELF);
    ck_assert(program.personality == &freebsd);
    ck_assert_str_eq(program.host_path, path);
    ck_assert_uint_eq(program.elf.nsegments, 2);
    write_elf("prog", ELFOSABI_NONE, NULL);
    ck_assert_int_eq(program_examine(path, NULL, NULL, &program, &err), 0);
    ck_assert_int_eq(program.kind, PROGRAM_HOST);
}
END_TEST

START_TEST(names_what_it_cannot_run)
{
    write_elf("prog", ELFOSABI_NETBSD, NULL);
    refused("prog", ENOEXEC, "NetBSD/amd64: not supported yet");
    elf_maker_header(&maker)->e_ident[EI_OSABI] = ELFOSABI_FREEBSD;
    elf_maker_header(&maker)->e_machine = EM_AARCH64;
    elf_maker_write(&maker, path);
    refused("prog", ENOEXEC, "FreeBSD/aarch64: this machine runs amd64");
    write_file("prog", "hello\n", 0755);
    refused("prog", ENOEXEC, "neither an ELF program nor a script");
}
END_TEST

START_TEST(errors_of_execve)
{
    refused("prog", ENOENT, "prog");
    ck_assert(!program.found);
    write_file("prog", "#!/bin/sh\n", 0644);
    refused("prog", EACCES, "no permission");
    refused("", EACCES, "directory");
    write_file("prog", "", 0755);
    refused("prog", ENOEXEC, "empty");
    ck_assert_int_eq(mkfifo(in_folder("pipe"), 0755), 0);
    refused("pipe", EACCES, "not a regular file");
    ck_assert_int_eq(program_examine("", NULL, NULL, &program, &err), -ENOENT);
    memset(path, 'x', sizeof(path) - 1);
    refused("prog/x", ENOTDIR, "prog/x");
}
END_TEST

START_TEST(paths_have_freebsds_length)
{
    char longest[1100];

    memset(longest, '/', sizeof(longest));
    longest[1024] = '\0';
    ck_assert_int_eq(program_examine(longest, NULL, NULL, &program, &err), -ENAMETOOLONG);
}
END_TEST

START_TEST(follows_scripts)
{
    char line[512];

    write_elf("prog", ELFOSABI_FREEBSD, NULL);
    snprintf(line, sizeof(line), "#! %s \t-a  b \t\nrest\n", in_folder("prog"));
    write_file("script", line, 0755);
    ck_assert_msg(program_examine(in_folder("script"), NULL, NULL, &program, &err) == 0, "%s", err.text);
    ck_assert(program.is_script);
    ck_assert_str_eq(program.script, path);
    ck_assert_str_eq(program.script_arg, "-a  b");
    ck_assert_str_eq(program.path, in_folder("prog"));
    ck_assert_int_eq(program.kind, PROGRAM_FOREIGN_ELF);

    write_file("script", "#!/bin/sh\n", 0755);
    ck_assert_int_eq(program_examine(in_folder("script"), NULL, NULL, &program, &err), 0);
    ck_assert_int_eq(program.kind, PROGRAM_HOST);
    ck_assert_str_eq(program.path, "/bin/sh");
    ck_assert_str_eq(program.script_arg, "");
}
END_TEST

START_TEST(refuses_scripts_of_scripts)
{
    char line[512];

    write_file("second", "#!/bin/sh\n", 0755);
    snprintf(line, sizeof(line), "#!%s\n", path);
    write_file("script", line, 0755);
    refused("script", ENOEXEC, "itself a script");
    write_file("script", "#!/nowhere/sh -x\n", 0755);
    refused("script", ENOENT, "/nowhere/sh");
    ck_assert(program.found);
    write_file("script", "#!  \n/bin/sh", 0755);
    refused("script", ENOEXEC, "names no interpreter");
}
END_TEST

START_TEST(a_line_ends_at_page_newline_or_nul)
{
    static char page[LOADER_SCRIPT_LINE_MAX + 8];
    static struct script_line line;

    ck_assert_int_eq(script_parse("s", "#!/a", 4, &line, &err), 0);
    ck_assert_str_eq(line.interp, "/a");
    ck_assert_str_eq(line.arg, "");
    ck_assert_int_eq(script_parse("s", "#!/a b\0c", 8, &line, &err), 0);
    ck_assert_str_eq(line.arg, "b");
    ck_assert_int_eq(script_parse("s", "#!/a\t \tb\r\n", 10, &line, &err), 0);
    ck_assert_str_eq(line.arg, "b\r");
    memset(page, 'x', sizeof(page));
    page[0] = '#';
    page[1] = '!';
    ck_assert_int_eq(script_parse("s", page, sizeof(page), &line, &err), 0);
    ck_assert_uint_eq(strlen(line.interp), LOADER_SCRIPT_LINE_MAX - 2);
}
END_TEST

START_TEST(wants_the_interpreter)
{
    char interp[512];

    snprintf(interp, sizeof(interp), "%s", in_folder("ld.so"));
    write_elf("prog", ELFOSABI_FREEBSD, interp);
    refused("prog", ENOENT, "--sysroot");
    ck_assert(program.found);
    write_elf("ld.so", ELFOSABI_FREEBSD, NULL);
    ck_assert_msg(program_examine(in_folder("prog"), NULL, NULL, &program, &err) == 0, "%s", err.text);
    ck_assert(program.has_interp);
    ck_assert_str_eq(program.interp_host_path, interp);
    ck_assert_uint_eq(program.interp.nsegments, 2);
    elf_maker_header(&maker)->e_machine = EM_386;
    elf_maker_write(&maker, in_folder("ld.so"));
    refused("prog", ENOEXEC, "another machine");
}
END_TEST

/* A sysroot: everything under the test's folder first. */
static int open_in_folder(void *context, const char *name, int flags, char *host_path, uint64_t size)
{
    int fd;

    (void)context;
    snprintf(host_path, size, "%s/%s", folder, strrchr(name, '/') + 1);
    fd = open(host_path, flags);
    return fd < 0 ? -errno : fd;
}

START_TEST(asks_the_opener)
{
    const struct path_opener opener = {.open = open_in_folder};

    write_elf("prog", ELFOSABI_FREEBSD, "/libexec/ld.so");
    write_elf("ld.so", ELFOSABI_FREEBSD, NULL);
    ck_assert_msg(program_examine("/usr/bin/prog", &opener, NULL, &program, &err) == 0, "%s", err.text);
    ck_assert_str_eq(program.path, "/usr/bin/prog");
    ck_assert_str_eq(program.host_path, in_folder("prog"));
    ck_assert_str_eq(program.interp_host_path, in_folder("ld.so"));
}
END_TEST

static unsigned asked;

static int count_question(void *context, const struct program *about, struct loader_error *error)
{
    (void)error;
    asked++;
    ck_assert_str_eq(about->elf.id.interp, "/libexec/ld.so");
    return *(int *)context;
}

START_TEST(asks_for_a_sysroot_where_an_interpreter_is_wanted)
{
    int answer = 0;
    const struct path_opener opener = {.open = open_in_folder, .prepare = count_question, .context = &answer};

    asked = 0;
    write_elf("prog", ELFOSABI_FREEBSD, NULL);
    ck_assert_int_eq(program_examine("/usr/bin/prog", &opener, NULL, &program, &err), 0);
    ck_assert_uint_eq(asked, 0); /* a static program pays nothing */
    write_elf("prog", ELFOSABI_NONE, "/lib64/ld-linux-x86-64.so.2");
    ck_assert_int_eq(program_examine("/usr/bin/prog", &opener, NULL, &program, &err), 0);
    ck_assert_uint_eq(asked, 0); /* nor does the host's */
    write_elf("prog", ELFOSABI_FREEBSD, "/libexec/ld.so");
    write_elf("ld.so", ELFOSABI_FREEBSD, NULL);
    ck_assert_int_eq(program_examine("/usr/bin/prog", &opener, NULL, &program, &err), 0);
    ck_assert_uint_eq(asked, 1);
    answer = -ENOENT;
    ck_assert_int_eq(program_examine("/usr/bin/prog", &opener, NULL, &program, &err), -ENOENT);
    ck_assert(program.found);
}
END_TEST

START_TEST(sysroots_come_first_and_hold_their_links)
{
    struct path_opener opener = {.open = sysroot_open, .context = folder};
    char host_path[LOADER_PATH_MAX];
    int fd;

    write_elf("prog", ELFOSABI_FREEBSD, "/second");
    write_elf("ld.so", ELFOSABI_FREEBSD, NULL);
    ck_assert_int_eq(symlink("/ld.so", in_folder("second")), 0); /* absolute: from the sysroot's top */
    ck_assert_msg(program_examine("/prog", &opener, NULL, &program, &err) == 0, "%s", err.text);
    ck_assert_str_eq(program.host_path, in_folder("prog"));
    ck_assert_str_eq(program.interp_host_path, in_folder("ld.so"));
    fd = sysroot_open(folder, "/etc/passwd", O_RDONLY, host_path, sizeof(host_path));
    ck_assert_int_ge(fd, 0);
    ck_assert_str_eq(host_path, "/etc/passwd");
    close(fd);
    ck_assert_int_eq(sysroot_open(folder, "/no/such", O_RDONLY, host_path, sizeof(host_path)), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader: programs");
    TCase *tc = tcase_create("program");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, tells_foreign_from_host);
    tcase_add_test(tc, names_what_it_cannot_run);
    tcase_add_test(tc, errors_of_execve);
    tcase_add_test(tc, paths_have_freebsds_length);
    tcase_add_test(tc, follows_scripts);
    tcase_add_test(tc, refuses_scripts_of_scripts);
    tcase_add_test(tc, a_line_ends_at_page_newline_or_nul);
    tcase_add_test(tc, wants_the_interpreter);
    tcase_add_test(tc, asks_the_opener);
    tcase_add_test(tc, asks_for_a_sysroot_where_an_interpreter_is_wanted);
    tcase_add_test(tc, sysroots_come_first_and_hold_their_links);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
