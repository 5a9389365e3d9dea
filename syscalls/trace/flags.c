#include "syscalls/trace/flags.h"

#include <stddef.h>

#include "base/mem.h"

const struct trace_table *trace_table_find(const struct trace_table *const *groups, const char *name)
{
    for (; *groups != NULL; groups++) {
        for (const struct trace_table *table = *groups; table->name != NULL; table++) {
            if (hot_strcmp(table->name, name) == 0) {
                return table;
            }
        }
    }
    return NULL;
}

static void separate(struct text *out, bool *first)
{
    if (!*first) {
        text_char(out, '|');
    }
    *first = false;
}

void trace_flags(struct text *out, const struct trace_table *table, uint64_t v)
{
    uint64_t rest = v;
    bool first = true;
    uint32_t count = table != NULL && table->flags != NULL ? table->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct flag_name *flag = &table->flags[i];
        /* A zero field is a name of its own (O_RDONLY), but a zero mask names only a word that is zero. */
        bool hit = flag->mask != 0 ? (v & flag->mask) == flag->value : v == 0;
        /* Names that overlap (O_SYNC inside a wider mask) are shown once, the first that matches. */
        if (hit && (flag->value == 0 || (rest & flag->value) != 0)) {
            separate(out, &first);
            text_str(out, flag->name);
            rest &= ~flag->mask;
        }
    }
    if (rest != 0 || first) {
        separate(out, &first);
        if (rest == 0) {
            text_char(out, '0');
        } else {
            text_hex(out, rest);
        }
    }
}

void trace_value(struct text *out, const struct trace_table *table, int64_t v)
{
    uint32_t count = table != NULL && table->values != NULL ? table->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        if (table->values[i].value == v) {
            text_str(out, table->values[i].name);
            return;
        }
    }
    if (v > 0xffff || v < -0xffff) {
        text_hex(out, (uint64_t)v);
    } else {
        text_dec(out, v);
    }
}
