/* dragoman check: what it reads out of programs. */
#include "cli/check.h"
#include "cli/json.h"
#include "tests/unit/elf_maker.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct elf_maker maker;
static struct check_file file;
static struct loader_error err;
static char folder[64];
static char path[256];

/* Nothing here chooses one. */
const struct personality *personality_recognising(const struct elf_identity *id)
{
    (void)id;
    return NULL;
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void setup(void)
{
    strcpy(folder, "/tmp/test_check.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_FREEBSD, 0x4000);
    elf_maker_two_segments(&maker, 0x400000);
    memset(maker.bytes + 0x200, 0x90, 0x1600);
}

static void teardown(void)
{
    check_close(&file);
    unlink(in_folder("prog"));
    unlink(in_folder("lib/libone.so.1"));
    rmdir(in_folder("lib"));
    rmdir(folder);
}

static void open_made(const char *name)
{
    static char kept[256];

    elf_maker_write(&maker, in_folder(name));
    snprintf(kept, sizeof(kept), "%s", path);
    ck_assert_msg(check_open(kept, &file, &err) == 0, "%s", err.text);
}

static void put(size_t at, const char *bytes, size_t count)
{
    memcpy(maker.bytes + at, bytes, count);
}

START_TEST(reads_numbers_before_syscalls)
{
    static struct check_calls calls;

    put(0x400, "\xb8\x04\x00\x00\x00\x0f\x05", 7);         /* mov $4,%eax; syscall */
    put(0x500, "\x48\xc7\xc0\xde\x01\x00\x00\x0f\x05", 9); /* mov $478,%rax */
    put(0x600, "\xb8\x0f\x05\x00\x00", 5);                 /* the bytes inside a constant */
    put(0x700, "\xb8\x07\x00\x00\x00\x89\xf8\x0f\x05", 9); /* eax overwritten by edi */
    open_made("prog");
    check_calls(&file, false, &calls);
    ck_assert_uint_eq(calls.sites, 3);
    ck_assert_uint_eq(calls.unknown, 1);
    ck_assert(calls.used[4] && calls.used[478]);
    ck_assert(!calls.used[7]);
}
END_TEST

/* The same file as one of 32 bits, for Linux. */
static void open_narrow(const char *name, unsigned machine)
{
    maker.bytes[EI_OSABI] = ELFOSABI_NONE;
    elf_maker_narrow(&maker, machine);
    open_made(name);
}

START_TEST(reads_numbers_of_i386)
{
    static struct check_calls calls;

    put(0x400, "\xb8\x04\x00\x00\x00\xcd\x80", 7);                      /* mov $4,%eax; int $0x80 */
    put(0x500, "\xb8\x67\x01\x00\x00\x65\xff\x15\x10\x00\x00\x00", 12); /* mov $359,%eax; call *%gs:0x10 */
    put(0x600, "\xb8\x05\x00\x00\x00\x0f\x05", 7);                      /* mov $5,%eax; syscall, which is none here */
    put(0x700, "\x89\xf8\x90\xcd\x80", 5);                              /* mov %edi,%eax */
    put(0x800, "\xb8\xcd\x80\x00\x00", 5);                              /* the bytes inside a constant */
    open_narrow("prog", EM_386);
    check_calls(&file, false, &calls);
    ck_assert_uint_eq(calls.sites, 3);
    ck_assert_uint_eq(calls.unknown, 1);
    ck_assert(calls.used[4] && calls.used[359]);
    ck_assert(!calls.used[5]);
}
END_TEST

START_TEST(reads_numbers_of_x32)
{
    static struct check_calls calls;

    put(0x400, "\xb8\x04\x00\x00\x40\x0f\x05", 7); /* mov $0x40000004,%eax; syscall */
    put(0x500, "\xb8\x06\x02\x00\x40\x0f\x05", 7); /* recvmsg, of those from 512 on */
    put(0x600, "\xb8\x27\x00\x00\x00\x0f\x05", 7); /* amd64's number, which is one as well */
    open_narrow("prog", EM_X86_64);
    check_calls(&file, false, &calls);
    ck_assert_uint_eq(calls.sites, 3);
    ck_assert_uint_eq(calls.unknown, 0);
    ck_assert(calls.used[4] && calls.used[518] && calls.used[39]);
}
END_TEST

START_TEST(follows_go_wrappers)
{
    static struct check_calls calls;

    put(0x800, "\x48\x8b\x44\x24\x08\x0f\x05\xc3", 8); /* the assembler function: mov 8(%rsp),%rax; syscall; ret */
    /* mov $104,(%rsp); call 0x800 */
    put(0x900, "\x48\xc7\x04\x24\x68\x00\x00\x00\xe8\xf3\xfe\xff\xff", 13);
    /* a wrapper: mov %rax,(%rsp); call 0x800, and who calls it: mov $5,%eax; call 0xa00 */
    put(0xa00, "\x48\x89\x04\x24\xe8\xf7\xfd\xff\xff", 9);
    put(0xb00, "\xb8\x05\x00\x00\x00\xe8\xf6\xfe\xff\xff", 10);
    open_made("prog");
    check_calls(&file, true, &calls);
    ck_assert_uint_eq(calls.sites, 1);
    ck_assert_uint_eq(calls.unknown, 0);
    ck_assert(calls.used[104]);
    ck_assert(calls.used[5]);
}
END_TEST

START_TEST(reads_gos_build_information)
{
    static const char mark[16] = "0123456789abcdef";
    static const char info[] = "path\tcmd/hello\nmod\thello\t(devel)\t\n";
    struct check_go go;
    size_t at = 0x1900;

    put(at, "\xff Go buildinf:\x08\x02", 16);
    memset(maker.bytes + at + 16, 0, 16);
    at += 32;
    put(at, "\x08go1.22.1", 9);
    at += 9;
    maker.bytes[at++] = 32 + sizeof(info) - 1;
    put(at, mark, 16);
    put(at + 16, info, sizeof(info) - 1);
    put(at + 16 + sizeof(info) - 1, mark, 16);
    open_made("prog");
    check_go(&file, &go);
    ck_assert(go.is_go);
    ck_assert_str_eq(go.version, "go1.22.1");
    ck_assert_str_eq(go.module, "cmd/hello");
}
END_TEST

START_TEST(survives_cut_build_information)
{
    struct check_go go;

    put(0x20e0, "\xff Go buildinf:\x08\x02", 16); /* the segment's file bytes end at 0x2100 */
    open_made("prog");
    check_go(&file, &go);
    ck_assert(go.is_go);
    ck_assert_str_eq(go.version, "");
    check_close(&file);
    put(0x20d0, "\xff Go buildinf:\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff", 24);
    open_made("prog");
    check_go(&file, &go);
    ck_assert_str_eq(go.version, "");
}
END_TEST

/* Strings at 0x1900 and a dynamic section at 0x1a00, both in the data segment (address 0x401000 more). */
static void make_dynamic(const char *first, const char *second)
{
    Elf64_Dyn d[] = {
        {.d_tag = DT_STRTAB, .d_un.d_ptr = 0x402900},
        {.d_tag = DT_STRSZ, .d_un.d_val = 0x100},
        {.d_tag = DT_NEEDED, .d_un.d_val = 1},
        {.d_tag = second != NULL ? DT_NEEDED : DT_DEBUG, .d_un.d_val = 65},
        {.d_tag = DT_NEEDED, .d_un.d_val = 0x1000}, /* beyond the strings */
        {.d_tag = DT_NULL},
    };

    memset(maker.bytes + 0x1900, 0, 0x100);
    put(0x1901, first, strlen(first));
    if (second != NULL)
        put(0x1941, second, strlen(second));
    memcpy(maker.bytes + 0x1a00, d, sizeof(d));
    elf_maker_add(&maker, PT_DYNAMIC, PF_R, 0x1a00, 0x402a00, sizeof(d), sizeof(d));
}

START_TEST(lists_libraries_as_ldd)
{
    static struct check_libraries libraries;

    ck_assert_int_eq(mkdir(in_folder("lib"), 0755), 0);
    make_dynamic("libtwo.so.1", NULL);
    elf_maker_write(&maker, in_folder("lib/libone.so.1"));
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_FREEBSD, 0x4000);
    elf_maker_two_segments(&maker, 0x400000);
    make_dynamic("libone.so.1", "libtwo.so.1");
    open_made("prog");
    check_libraries(&file, folder, &libraries);
    ck_assert_uint_eq(libraries.count, 2);
    ck_assert_str_eq(libraries.list[0].name, "libone.so.1");
    ck_assert_str_eq(libraries.list[0].path, in_folder("lib/libone.so.1"));
    ck_assert_str_eq(libraries.list[0].problem, "");
    ck_assert_str_eq(libraries.list[1].path, "");
    ck_assert_uint_eq(libraries.missing, 1);
}
END_TEST

START_TEST(json_is_quoted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json j = {.out = out};

    json_object(&j, NULL);
    json_string(&j, "a\"b", "\n\\\xff\xc3\xa9\x7f\xc2\x9b");
    json_array(&j, "list");
    json_number(&j, NULL, -1);
    json_bool(&j, NULL, true);
    json_end_array(&j);
    json_array(&j, "none");
    json_end_array(&j);
    json_string(&j, "nothing", NULL);
    json_end_object(&j);
    fclose(out);
    ck_assert_str_eq(
        text, "{\n  \"a\\\"b\": \"\\u000a\\\\\\ufffd\xc3\xa9\\u007f\\u009b\",\n  \"list\": [\n    -1,\n    true\n  ],\n"
              "  \"none\": [],\n  \"nothing\": null\n}\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dragoman check");
    TCase *tc = tcase_create("check");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, reads_numbers_before_syscalls);
    tcase_add_test(tc, reads_numbers_of_i386);
    tcase_add_test(tc, reads_numbers_of_x32);
    tcase_add_test(tc, follows_go_wrappers);
    tcase_add_test(tc, reads_gos_build_information);
    tcase_add_test(tc, survives_cut_build_information);
    tcase_add_test(tc, lists_libraries_as_ldd);
    tcase_add_test(tc, json_is_quoted);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
