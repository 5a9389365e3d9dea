/*
 * The initial stack of a FreeBSD program, read back as its crt1 and libc read it. Expectations:
 * exec_copyout_strings() in sys/kern/kern_exec.c and freebsd_copyout_auxargs() in sys/kern/imgact_elf.c.
 */
#include "base/elf_identity.h"
#include "loader/stack.h"
#include "syscalls/freebsd/start/program.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 20 };

static const uint64_t top = 0x7ffffffff000;
static unsigned char window[WINDOW];
static struct stack_request rq;
static struct stack_result result;

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
        .phdr = 0x400040,
        .phentsize = 56,
        .phnum = 5,
        .elf_flags = 0,
        .entry = 0x401000,
        .base = 0x800001000,
        .osrel = 1402000,
        .ncpus = 4,
        .stack_prot = 3,
        .stack_limit = 512 << 20,
    };
    memset(rq.random, 0x77, sizeof(rq.random));
}

static uint64_t word(uint64_t va)
{
    uint64_t value;

    ck_assert_uint_ge(va, rq.window_va);
    ck_assert_uint_le(va + 8, rq.top);
    memcpy(&value, window + (va - rq.window_va), 8);
    return value;
}

static const char *string(uint64_t va)
{
    ck_assert_uint_ge(va, rq.window_va);
    ck_assert_uint_lt(va, rq.top);
    return (const char *)window + (va - rq.window_va);
}

/* The value of the auxiliary entry; fails where it is missing. */
static uint64_t aux(uint64_t type)
{
    for (uint64_t at = result.auxv; word(at) != FREEBSD_AT_NULL; at += 16)
        if (word(at) == type)
            return word(at + 8);
    ck_abort_msg("no auxiliary entry %d", (int)type);
    return 0;
}

static bool has_aux(uint64_t type)
{
    for (uint64_t at = result.auxv; word(at) != FREEBSD_AT_NULL; at += 16)
        if (word(at) == type)
            return true;
    return false;
}

START_TEST(vectors_and_strings)
{
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(word(result.arg), 3);
    ck_assert_uint_eq(result.argv, result.arg + 8);
    ck_assert_uint_eq(result.envv, result.argv + 4 * 8);
    ck_assert_uint_eq(result.auxv, result.envv + 3 * 8);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(string(word(result.argv + 8 * (uint64_t)i)), args[i]);
    ck_assert_uint_eq(word(result.argv + 24), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(string(word(result.envv + 8 * (uint64_t)i)), envs[i]);
    ck_assert_uint_eq(word(result.envv + 16), 0);
    /* one block, arguments before environment: what setproctitle(3) and ps(1) rely on */
    ck_assert_uint_eq(word(result.argv + 8), word(result.argv) + 5);
    ck_assert_uint_eq(word(result.envv), word(result.argv + 16) + sizeof("third argument"));
}
END_TEST

START_TEST(entry_registers)
{
    for (rq.envc = 0; rq.envc <= 2; rq.envc++) {
        ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
        ck_assert_uint_eq(result.sp % 16, 8);
        ck_assert_uint_lt(result.sp, result.arg + 1);
        ck_assert_uint_eq(result.sp, ((result.arg - 8) & ~UINT64_C(15)) + 8);
        ck_assert_uint_ge(result.sp, rq.window_va);
    }
}
END_TEST

START_TEST(order_from_the_top)
{
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(result.ps_strings, top - 32);
    ck_assert_uint_eq(result.execpath, top - 32 - 16);
    ck_assert_str_eq(string(result.execpath), "/home/user/prog");
    ck_assert_uint_eq(aux(FREEBSD_AT_CANARY), result.execpath - 64);
    ck_assert_uint_eq(aux(FREEBSD_AT_PAGESIZES), aux(FREEBSD_AT_CANARY) - 24);
    ck_assert_uint_eq(word(result.ps_strings), result.argv);
    ck_assert_uint_eq(word(result.ps_strings + 8), 3);
    ck_assert_uint_eq(word(result.ps_strings + 16), result.envv);
    ck_assert_uint_eq(word(result.ps_strings + 24), 2);
    ck_assert_uint_eq(word(aux(FREEBSD_AT_CANARY)), UINT64_C(0x7777777777777777));
    ck_assert_uint_eq(word(aux(FREEBSD_AT_PAGESIZES)), 4096);
}
END_TEST

/* Which entries a release has: its sys/elf_common.h. */
START_TEST(auxiliary_entries_of_releases)
{
    static const struct {
        uint32_t release;
        uint64_t last;
    } cases[] = {{803000, FREEBSD_AT_STACKPROT},    {1002000, FREEBSD_AT_STACKPROT},
                 {1201000, FREEBSD_AT_EHDRFLAGS},   {1301000, FREEBSD_AT_PS_STRINGS},
                 {1302001, FREEBSD_AT_USRSTACKLIM}, {1500000, FREEBSD_AT_USRSTACKLIM}};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t last = 0;
        rq.osrel = cases[i].release;
        ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
        ck_assert_uint_eq(aux(FREEBSD_AT_OSRELDATE), cases[i].release);
        for (uint64_t at = result.auxv; word(at) != FREEBSD_AT_NULL; at += 16)
            last = word(at) > last ? word(at) : last;
        ck_assert_uint_eq(last, cases[i].last);
    }
}
END_TEST

START_TEST(auxiliary_values)
{
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(aux(FREEBSD_AT_PHDR), 0x400040);
    ck_assert_uint_eq(aux(FREEBSD_AT_PHENT), 56);
    ck_assert_uint_eq(aux(FREEBSD_AT_PHNUM), 5);
    ck_assert_uint_eq(aux(FREEBSD_AT_PAGESZ), 4096);
    ck_assert_uint_eq(aux(FREEBSD_AT_FLAGS), 0);
    ck_assert_uint_eq(aux(FREEBSD_AT_ENTRY), 0x401000);
    ck_assert_uint_eq(aux(FREEBSD_AT_BASE), 0x800001000);
    ck_assert_uint_eq(aux(FREEBSD_AT_EXECPATH), result.execpath);
    ck_assert_uint_eq(aux(FREEBSD_AT_OSRELDATE), 1402000);
    ck_assert_uint_eq(aux(FREEBSD_AT_CANARYLEN), 64);
    ck_assert_uint_eq(aux(FREEBSD_AT_NCPUS), 4);
    ck_assert_uint_eq(aux(FREEBSD_AT_PAGESIZESLEN), 24);
    ck_assert_uint_eq(aux(FREEBSD_AT_STACKPROT), 3);
    ck_assert_uint_eq(aux(FREEBSD_AT_BSDFLAGS), FREEBSD_ELF_BSDF_SIGFASTBLK);
    ck_assert_uint_eq(aux(FREEBSD_AT_ARGC), 3);
    ck_assert_uint_eq(aux(FREEBSD_AT_ARGV), result.argv);
    ck_assert_uint_eq(aux(FREEBSD_AT_ENVC), 2);
    ck_assert_uint_eq(aux(FREEBSD_AT_ENVV), result.envv);
    ck_assert_uint_eq(aux(FREEBSD_AT_PS_STRINGS), result.ps_strings);
    ck_assert_uint_eq(aux(FREEBSD_AT_USRSTACKBASE), top);
    ck_assert_uint_eq(aux(FREEBSD_AT_USRSTACKLIM), 512 << 20);
    ck_assert(!has_aux(FREEBSD_AT_TIMEKEEP));
    ck_assert_uint_eq(word(result.auxv + result.auxv_bytes - 16), FREEBSD_AT_NULL);
}
END_TEST

START_TEST(optional_parts)
{
    rq.execpath = NULL;
    rq.stack_prot = 0;
    rq.timekeep = 0x1234;
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(result.execpath, 0);
    ck_assert(!has_aux(FREEBSD_AT_EXECPATH));
    ck_assert_uint_eq(aux(FREEBSD_AT_STACKPROT), 7);
    ck_assert_uint_eq(aux(FREEBSD_AT_TIMEKEEP), 0x1234);
    ck_assert_uint_eq(aux(FREEBSD_AT_CANARY), top - 32 - 64);
}
END_TEST

START_TEST(no_arguments_at_all)
{
    rq.argc = 0;
    rq.envc = 0;
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_uint_eq(word(result.arg), 0);
    ck_assert_uint_eq(word(result.argv), 0);
    ck_assert_uint_eq(word(result.envv), 0);
    ck_assert_uint_eq(result.auxv, result.arg + 24);
}
END_TEST

START_TEST(too_many_strings)
{
    static char huge[FREEBSD_ARG_MAX];
    static const char *const one[] = {huge};

    memset(huge, 'x', sizeof(huge) - 1);
    rq.argv = one;
    rq.argc = 1;
    rq.envc = 0;
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), 0);
    ck_assert_str_eq(string(word(result.argv)), huge);
    rq.envc = 1;
    ck_assert_int_eq(freebsd_build_stack(&rq, &result), -E2BIG);
}
END_TEST

START_TEST(never_writes_below_the_window)
{
    uint64_t changed = 0;

    /* each possible size of the window, in words */
    for (uint64_t size = 0; size < 2048; size += 8) {
        memset(window, 0xee, sizeof(window));
        rq.window = window + 4096;
        rq.window_va = top - size;
        if (freebsd_build_stack(&rq, &result) == 0)
            ck_assert_uint_ge(result.sp, rq.window_va);
        for (uint64_t i = 0; i < 4096; i++)
            changed += (window[i] != 0xee) + (window[4096 + size + i] != 0xee);
        ck_assert_uint_eq(changed, 0);
    }
}
END_TEST

START_TEST(recognises_its_programs)
{
    struct elf_identity id = {.bits = 64, .machine = ELF_MACHINE_AMD64, .type = ELF_TYPE_EXEC};

    ck_assert(!freebsd_recognise(&id));
    id.osabi = ELF_OSABI_FREEBSD;
    ck_assert(freebsd_recognise(&id));
    strcpy(id.vendor, "NetBSD");
    ck_assert(!freebsd_recognise(&id));
    strcpy(id.vendor, "FreeBSD");
    id.osabi = ELF_OSABI_NONE;
    ck_assert(freebsd_recognise(&id));
    id.bits = 32;
    ck_assert(!freebsd_recognise(&id));
    id.bits = 64;
    strcpy(id.vendor, "");
    strcpy(id.interp, "/libexec/ld-elf.so.1");
    ck_assert(freebsd_recognise(&id));
    id.osabi = ELF_OSABI_LINUX;
    ck_assert(!freebsd_recognise(&id));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader: FreeBSD's initial stack");
    TCase *tc = tcase_create("stack");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, vectors_and_strings);
    tcase_add_test(tc, entry_registers);
    tcase_add_test(tc, order_from_the_top);
    tcase_add_test(tc, auxiliary_entries_of_releases);
    tcase_add_test(tc, auxiliary_values);
    tcase_add_test(tc, optional_parts);
    tcase_add_test(tc, no_arguments_at_all);
    tcase_add_test(tc, too_many_strings);
    tcase_add_test(tc, never_writes_below_the_window);
    tcase_add_test(tc, recognises_its_programs);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
