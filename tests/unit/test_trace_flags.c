/* Names of bits and values as traces print them, and that every table the system-call table names exists. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#define SYSCALL_TABLE_SHAPE_ONLY
#include "freebsd_syscalls.c"
#include "syscalls/freebsd/trace.h"

static char buffer[512];

static const char *flags(const char *table, uint64_t v)
{
    struct text out = TEXT_ON(buffer);
    trace_flags(&out, trace_table_find(freebsd_trace_names.tables, table), v);
    return text_cstr(&out);
}

static const char *value(const char *table, int64_t v)
{
    struct text out = TEXT_ON(buffer);
    trace_value(&out, trace_table_find(freebsd_trace_names.tables, table), v);
    return text_cstr(&out);
}

START_TEST(open_flags_name_access_mode_and_bits)
{
    /* sys/fcntl.h: O_RDONLY is zero in a two-bit field */
    ck_assert_str_eq(flags("open", 0), "O_RDONLY");
    ck_assert_str_eq(flags("open", 0x601), "O_WRONLY|O_CREAT|O_TRUNC");
    ck_assert_str_eq(flags("open", 0x100002), "O_RDWR|O_CLOEXEC");
    ck_assert_str_eq(flags("open", 0x10000000), "O_RDONLY|0x10000000");
}
END_TEST

START_TEST(zero_words_have_names_where_the_header_gives_one)
{
    ck_assert_str_eq(flags("prot", 0), "PROT_NONE");
    ck_assert_str_eq(flags("prot", 3), "PROT_READ|PROT_WRITE");
    ck_assert_str_eq(flags("at", 0), "0");
    ck_assert_str_eq(flags("no such table", 5), "0x5");
}
END_TEST

START_TEST(fields_inside_words)
{
    ck_assert_str_eq(flags("mmap", 0x15001002), "MAP_PRIVATE|MAP_ANON|MAP_ALIGNED(21)");
    ck_assert_str_eq(flags("socktype", 0x30000001), "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK");
}
END_TEST

START_TEST(values)
{
    ck_assert_str_eq(value("whence", 2), "SEEK_END");
    ck_assert_str_eq(value("rusage", -1), "RUSAGE_CHILDREN");
    ck_assert_str_eq(value("whence", 9), "9");
    ck_assert_str_eq(value("ioctl", 0x402c7413), "TIOCGETA");
    ck_assert_str_eq(value("ioctl", 0x7fffffff), "0x7fffffff");
}
END_TEST

static int has_struct(const char *name)
{
    for (const struct trace_struct *const *group = freebsd_trace_names.structs; *group != NULL; group++) {
        for (const struct trace_struct *s = *group; s->name != NULL; s++) {
            if (strcmp(s->name, name) == 0) {
                ck_assert_uint_le(s->size, TRACE_OBJECT_MAX);
                return 1;
            }
        }
    }
    return 0;
}

/* Printed as addresses: nothing here depends on what is in them yet. */
static int printed_as_address(const char *name)
{
    static const char *const names[] = {"aiocb", "fhandle",    "fdset",    "sembuf", "spacectl_range",
                                        "timex", "ntptimeval", "timezone", "uuid"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

START_TEST(every_table_of_the_call_table_exists)
{
    for (unsigned n = 0; n < FREEBSD_SYSCALL_COUNT; n++) {
        const struct syscall_entry *entry = &freebsd_syscall_table[n];
        for (unsigned i = 0; i < entry->nargs; i++) {
            const struct syscall_arg *arg = &entry->args[i];
            if (arg->table == NULL) {
                continue;
            }
            int known = arg->type >= ARG_IN
                            ? has_struct(arg->table) || printed_as_address(arg->table)
                            : trace_table_find(freebsd_trace_names.tables, arg->table) != NULL;
            ck_assert_msg(known, "%s: argument %s: no table %s", entry->name, arg->name, arg->table);
        }
    }
}
END_TEST

START_TEST(specials_name_real_arguments)
{
    for (const struct trace_special *s = freebsd_trace_specials; s->call != NULL; s++) {
        int found = 0;
        for (unsigned n = 0; n < FREEBSD_SYSCALL_COUNT; n++) {
            const struct syscall_entry *entry = &freebsd_syscall_table[n];
            found |= entry->name != NULL && strcmp(entry->name, s->call) == 0 && s->index < entry->nargs;
        }
        ck_assert_msg(found, "%s has no argument %u", s->call, s->index);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace_flags");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, open_flags_name_access_mode_and_bits);
    tcase_add_test(tests, zero_words_have_names_where_the_header_gives_one);
    tcase_add_test(tests, fields_inside_words);
    tcase_add_test(tests, values);
    tcase_add_test(tests, every_table_of_the_call_table_exists);
    tcase_add_test(tests, specials_name_real_arguments);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
