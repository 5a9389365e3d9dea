/* Names of bits and values as traces print them, and that every table the system-call table names exists. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#define SYSCALL_TABLE_SHAPE_ONLY
#include "base/personality.h"
#include "freebsd_syscalls.c"
#include "syscalls/freebsd/trace/trace.h"
#include "syscalls/trace/filter.h"

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
            int known = arg->type >= ARG_IN ? has_struct(arg->table) || printed_as_address(arg->table)
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

static const struct personality personality = {
    .name = "freebsd",
    .syscalls = freebsd_syscall_table,
    .syscall_count = FREEBSD_SYSCALL_COUNT,
    .trace = &freebsd_trace_names,
};
static uint64_t bits[16];
static char fault[16];

/* Resolves a filter and tells whether it shows the call. */
static int shows(const char *filter, unsigned number)
{
    ck_assert_int_eq(trace_filter_resolve(&personality, filter, bits, 16, fault, sizeof(fault)), 0);
    return bits[number / 64] >> (number % 64) & 1;
}

START_TEST(filters)
{
    ck_assert(shows("", 3) && shows("all", 3) && !shows("none", 3));
    ck_assert(shows("read,write", 4) && !shows("read,write", 5));
    ck_assert(shows("trace=file", 499) && !shows("file", 3));
    ck_assert(shows("%network", 97) && shows("desc", 3));
    ck_assert(!shows("!read", 3) && shows("!read", 4));
    ck_assert(shows("file,!open", 499) && !shows("file,!open", 5));
    /* both generations of a call, and names without their underscores */
    ck_assert(shows("kevent", 363) && shows("kevent", 560) && !shows("freebsd11_kevent", 560));
    ck_assert(shows("umtx_op", 454) && shows("_umtx_op", 454) && shows("thread", 454));
}
END_TEST

START_TEST(filters_name_what_they_do_not_know)
{
    ck_assert_int_eq(trace_filter_resolve(&personality, "read,reed", bits, 16, fault, sizeof(fault)), -1);
    ck_assert_str_eq(fault, "reed");
    ck_assert_int_eq(trace_filter_resolve(&personality, "!%a_class_with_a_long_name", bits, 16, fault, sizeof(fault)),
                     -1);
    ck_assert_str_eq(fault, "%a_class_with_a");
}
END_TEST

START_TEST(classes_name_real_calls)
{
    for (const struct trace_class *class = freebsd_trace_classes; class->name != NULL; class ++) {
        for (const char *const *call = class->calls; *call != NULL; call++) {
            int r = trace_filter_resolve(&personality, *call, bits, 16, fault, sizeof(fault));
            ck_assert_msg(r == 0, "%s: no call %s", class->name, *call);
        }
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
    tcase_add_test(tests, filters);
    tcase_add_test(tests, filters_name_what_they_do_not_know);
    tcase_add_test(tests, classes_name_real_calls);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
