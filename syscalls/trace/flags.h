/*
 * Names of bits and values.  A personality gives its constants as tables; the tracer finds a table by the
 * name that the system-call table uses (`flags:open`, `enum:whence`).
 */
#ifndef SYSCALLS_TRACE_FLAGS_H
#define SYSCALLS_TRACE_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"

/*
 * One name: shown where (v & mask) == value.  A single bit has mask == value; a field inside the word
 * (FreeBSD's O_RDONLY is mask 3, value 0) has the field's mask; mask 0 names the whole word when it is zero.
 */
struct flag_name {
    uint64_t mask;
    uint64_t value;
    const char *name;
};

struct value_name {
    int64_t value;
    const char *name;
};

struct trace_table {
    const char *name;
    const struct flag_name *flags;   /* either */
    const struct value_name *values; /* or */
    uint32_t count;
};

#define FLAG_BIT(v, n)                                                                                                 \
    {                                                                                                                  \
        (v), (v), (n)                                                                                                  \
    }
#define FLAG_TABLE(n, array)                                                                                           \
    {                                                                                                                  \
        (n), (array), 0, sizeof(array) / sizeof((array)[0])                                                            \
    }
#define VALUE_TABLE(n, array)                                                                                          \
    {                                                                                                                  \
        (n), 0, (array), sizeof(array) / sizeof((array)[0])                                                            \
    }

/* The table called `name` in any of the groups, or NULL. Groups end with NULL, tables with a NULL name. */
const struct trace_table *trace_table_find(const struct trace_table *const *groups, const char *name);

/* Writes the bits of v as NAME|NAME|0x…; what no name covers is shown in hexadecimal. `table` may be NULL. */
void trace_flags(struct text *out, const struct trace_table *table, uint64_t v);

/* Writes the value's name, or the number where it has none. `table` may be NULL. */
void trace_value(struct text *out, const struct trace_table *table, int64_t v);

#endif
