/*
 * The initial stack of Linux's programs, of each word size, read back as their start code reads it. Expectations:
 * create_elf_tables(), fs/binfmt_elf.c.
 */
#include "base/elf_identity.h"
#include "loader/stack.h"
#include "syscalls/common/linux/start/start.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 1 << 20 };

static const uint64_t top = 0xffffe000;
static unsigned char window[WINDOW];
static struct stack_request rq;
static struct stack_result result;
static unsigned word;

static const char *const args[] = {"prog", "", "third argument"};
static const char *const envs[] = {"A=1", "PATH=/bin"};

static void setup(void)
{
    memset(window, 0xee, sizeof(window));
    rq = (struct stack_request){
        .window = window,
        .window_va = top - WINDOW,
        .top = top,
        .argc = 3,
        .envc = 2,
        .argv = args,
        .envp = envs,
        .execpath = "/home/user/prog",
        .execfn = "./prog",
        .phdr = 0x56555034,
        .phentsize = 32,
        .phnum = 9,
        .entry = 0x56556000,
        .base = 0xf7fc9000,
        .hwcap = 0x178bfbff,
        .hwcap2 = 2,
        .signal_stack_min = 1776,
        .vdso = 0xf7fc7000,
        .vdso_entry = 0xf7fc7560,
    };
    for (unsigned i = 0; i < STACK_RANDOM_BYTES; i++)
        rq.random[i] = (unsigned char)(i + 1);
}

static uint64_t at(uint64_t va)
{
    uint64_t value = 0;

    ck_assert_uint_ge(va, rq.window_va);
    ck_assert_uint_le(va + word, rq.top);
    memcpy(&value, window + (va - rq.window_va), word);
    return value;
}

static const char *string(uint64_t va)
{
    ck_assert_uint_ge(va, rq.window_va);
    ck_assert_uint_lt(va, rq.top);
    return (const char *)window + (va - rq.window_va);
}

static uint64_t aux(uint64_t type)
{
    for (uint64_t entry = result.auxv; at(entry) != AT_NULL; entry += 2UL * word)
        if (at(entry) == type)
            return at(entry + word);
    ck_abort_msg("no auxiliary entry %d", (int)type);
    return 0;
}

static void check_vectors(void)
{
    ck_assert_uint_eq(result.sp % 16, 0);
    ck_assert_uint_eq(at(result.sp), 3);
    ck_assert_uint_eq(result.argv, result.sp + word);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_str_eq(string(at(result.argv + i * word)), args[i]);
    ck_assert_uint_eq(at(result.argv + 3 * word), 0);
    ck_assert_uint_eq(result.envv, result.argv + 4 * word);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_str_eq(string(at(result.envv + i * word)), envs[i]);
    ck_assert_uint_eq(at(result.envv + 2 * word), 0);
    ck_assert_uint_eq(result.auxv, result.envv + 3 * word);
    /* strings follow one another, arguments first, and the name ends 8 zero bytes below the top */
    ck_assert_uint_eq(at(result.envv), at(result.argv) + sizeof("prog") + 1 + sizeof("third argument"));
    ck_assert_uint_eq(aux(AT_EXECFN), top - 8 - sizeof("./prog"));
    ck_assert_uint_eq(aux(AT_EXECFN), at(result.envv) + sizeof("A=1") + sizeof("PATH=/bin"));
}

static void check_entries(const char *platform)
{
    static const uint64_t order[] = {AT_SYSINFO, AT_SYSINFO_EHDR, 51 /* AT_MINSIGSTKSZ */,
                                     AT_HWCAP,   AT_PAGESZ,       AT_CLKTCK,
                                     AT_PHDR,    AT_PHENT,        AT_PHNUM,
                                     AT_BASE,    AT_FLAGS,        AT_ENTRY,
                                     AT_UID,     AT_EUID,         AT_GID,
                                     AT_EGID,    AT_SECURE,       AT_RANDOM,
                                     AT_HWCAP2,  AT_EXECFN,       AT_PLATFORM,
                                     AT_NULL};

    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        ck_assert_uint_eq(at(result.auxv + 2UL * i * word), order[i]);
    ck_assert_uint_eq(result.auxv_bytes, sizeof(order) / sizeof(order[0]) * 2 * word);
    ck_assert_uint_eq(aux(AT_SYSINFO), 0xf7fc7560);
    ck_assert_uint_eq(aux(AT_PHDR), 0x56555034);
    ck_assert_uint_eq(aux(AT_PHNUM), 9);
    ck_assert_uint_eq(aux(AT_BASE), 0xf7fc9000);
    ck_assert_uint_eq(aux(AT_ENTRY), 0x56556000);
    ck_assert_uint_eq(aux(AT_CLKTCK), 100);
    ck_assert_uint_eq(aux(AT_UID), getuid());
    ck_assert_uint_eq(aux(AT_EGID), getegid());
    ck_assert_str_eq(string(aux(AT_PLATFORM)), platform);
    ck_assert_int_eq(memcmp(string(aux(AT_RANDOM)), rq.random, 16), 0);
}

START_TEST(i386)
{
    word = 4;
    ck_assert_int_eq(linux_build_stack_i386(&rq, &result), 0);
    check_vectors();
    check_entries("i686");
}
END_TEST

START_TEST(x32)
{
    word = 4;
    ck_assert_int_eq(linux_build_stack_x32(&rq, &result), 0);
    check_vectors();
    check_entries("x86_64");
}
END_TEST

START_TEST(amd64)
{
    word = 8;
    ck_assert_int_eq(linux_build_stack(&rq, &result), 0);
    check_vectors();
    check_entries("x86_64");
}
END_TEST

START_TEST(what_there_is_no_entry_for)
{
    word = 8;
    rq.vdso = rq.vdso_entry = rq.signal_stack_min = 0;
    rq.argc = rq.envc = 0;
    rq.rseq_size = 28;
    rq.rseq_align = 32;
    ck_assert_int_eq(linux_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(at(result.auxv), AT_HWCAP);
    ck_assert_uint_eq(aux(27), 28);
    ck_assert_uint_eq(aux(28), 32);
    ck_assert_uint_eq(at(result.sp), 0);
    ck_assert_uint_eq(result.auxv, result.sp + 3 * 8);
}
END_TEST

START_TEST(refuses_what_does_not_fit)
{
    static char huge[200000];
    static const char *const one[] = {huge};

    word = 4;
    rq.window_va = top - 256;
    rq.window = window + WINDOW - 256;
    ck_assert_int_eq(linux_build_stack_i386(&rq, &result), -E2BIG);
    /* a string of more than 32 pages */
    setup();
    memset(huge, 'x', sizeof(huge) - 1);
    rq.argv = one;
    rq.argc = 1;
    ck_assert_int_eq(linux_build_stack_i386(&rq, &result), -E2BIG);
    huge[131071] = '\0';
    ck_assert_int_eq(linux_build_stack_i386(&rq, &result), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("Linux: initial stack");
    TCase *tc = tcase_create("stack");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, i386);
    tcase_add_test(tc, x32);
    tcase_add_test(tc, amd64);
    tcase_add_test(tc, what_there_is_no_entry_for);
    tcase_add_test(tc, refuses_what_does_not_fit);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
