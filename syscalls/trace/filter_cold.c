#include "syscalls/trace/filter.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/syscall_table.h"
#include "syscalls/trace/view.h"

struct filter {
    const struct personality *personality;
    uint64_t *bits;
    size_t words;
};

static void set(struct filter *f, uint32_t number, bool on)
{
    if (number / 64 >= f->words) {
        return;
    }
    uint64_t bit = 1ULL << (number % 64);
    f->bits[number / 64] = on ? f->bits[number / 64] | bit : f->bits[number / 64] & ~bit;
}

/* The name without what tells generations apart: leading underscores, and the release it dates from. */
static const char *bare_name(const struct personality *p, const char *name)
{
    size_t length = strlen(p->name);
    if (strncmp(name, p->name, length) == 0 && isdigit((unsigned char)name[length])) {
        name += length + strspn(name + length, "0123456789");
    }
    return name + strspn(name, "_");
}

static bool names_call(const struct personality *p, const char *word, const char *name)
{
    return strcmp(word, name) == 0 || strcmp(word, bare_name(p, name)) == 0;
}

static bool takes(const struct syscall_entry *entry, uint8_t type)
{
    for (uint8_t i = 0; i < entry->nargs; i++) {
        if (entry->args[i].type == type) {
            return true;
        }
    }
    return false;
}

/* Whether the call belongs to a class; *known tells whether there is such a class. */
static bool in_class(const struct personality *p, const char *word, const struct syscall_entry *entry, bool *known)
{
    if (strcmp(word, "file") == 0) {
        *known = true;
        return takes(entry, ARG_PATH);
    }
    if (strcmp(word, "desc") == 0) {
        *known = true;
        return takes(entry, ARG_FD) || takes(entry, ARG_DIRFD);
    }
    for (const struct trace_class *class = p->trace->classes; class->name != NULL; class ++) {
        if (strcmp(word, class->name) != 0) {
            continue;
        }
        *known = true;
        for (const char *const *call = class->calls; *call != NULL; call++) {
            if (names_call(p, *call, entry->name)) {
                return true;
            }
        }
    }
    return false;
}

/* Switches what one word names; false where it names nothing. */
static bool apply(struct filter *f, const char *word, bool on)
{
    bool all = strcmp(word, "all") == 0;
    bool none = strcmp(word, "none") == 0;
    bool known = all || none;
    for (uint32_t n = 0; n < f->personality->syscall_count; n++) {
        const struct syscall_entry *entry = &f->personality->syscalls[n];
        if (all || none) {
            set(f, n, all == on);
        } else if (entry->name != NULL && names_call(f->personality, word, entry->name)) {
            known = true;
            set(f, n, on);
        } else if (entry->name != NULL && in_class(f->personality, word + (word[0] == '%'), entry, &known)) {
            set(f, n, on);
        }
    }
    return known;
}

int trace_filter_resolve(const struct personality *p, const char *filter, uint64_t *bits, size_t words, char *fault,
                         size_t fault_size)
{
    struct filter f = {p, bits, words};
    const char *at = strncmp(filter, "trace=", 6) == 0 ? filter + 6 : filter;
    memset(bits, at[0] == '\0' || at[0] == '!' ? 0xff : 0, words * sizeof(bits[0]));
    while (*at != '\0') {
        char word[64];
        bool on = *at != '!';
        at += on ? 0 : 1;
        size_t length = strcspn(at, ",");
        size_t kept = length < sizeof(word) - 1 ? length : sizeof(word) - 1;
        memcpy(word, at, kept);
        word[kept] = '\0';
        if (length != 0 && !apply(&f, word, on)) {
            kept = length < fault_size - 1 ? length : fault_size - 1;
            memcpy(fault, at, kept);
            fault[kept] = '\0';
            return -1;
        }
        at += length + (at[length] == ',');
    }
    return 0;
}
