/* See flag_names.h. Source: strtofflags(3) and its lib/libc/gen/strtofflags.c; values: sys/stat.h. */
#include "syscalls/freebsd/files/flag_names.h"

#include "base/format.h"
#include "base/mem.h"

/* The first name of a flag is the one that it is written by. */
static const struct {
    char name[12];
    uint32_t flag;
} known[] = {
    {"sappnd", 0x40000},  {"sappend", 0x40000},    {"arch", 0x10000},    {"archived", 0x10000}, {"schg", 0x20000},
    {"schange", 0x20000}, {"simmutable", 0x20000}, {"sunlnk", 0x100000}, {"sunlink", 0x100000}, {"uappnd", 0x4},
    {"uappend", 0x4},     {"hidden", 0x8000},      {"uhidden", 0x8000},  {"uchg", 0x2},         {"uchange", 0x2},
    {"uimmutable", 0x2},  {"nodump", 0x1},         {"opaque", 0x8},      {"uunlnk", 0x10},      {"uunlink", 0x10},
    {"offline", 0x200},   {"uoffline", 0x200},     {"rdonly", 0x1000},   {"urdonly", 0x1000},   {"readonly", 0x1000},
    {"sparse", 0x100},    {"usparse", 0x100},      {"reparse", 0x400},   {"ureparse", 0x400},   {"system", 0x80},
    {"usystem", 0x80},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

uint32_t freebsd_flags_from_names(const char *names)
{
    uint32_t flags = 0;

    while (*names) {
        const char *end = hot_strchr(names, ',');
        size_t n = end ? (size_t)(end - names) : hot_strlen(names);

        for (unsigned i = 0; i < KNOWN; i++) {
            if (hot_strlen(known[i].name) == n && hot_strncmp(known[i].name, names, n) == 0) {
                flags |= known[i].flag;
            }
        }
        names += n + (end != NULL);
    }
    return flags;
}

void freebsd_flags_to_names(uint32_t flags, char out[METADATA_FLAGS_MAX])
{
    struct text x = {out, METADATA_FLAGS_MAX, 0};

    for (unsigned i = 0; i < KNOWN; i++) {
        if (flags & known[i].flag) {
            flags &= ~known[i].flag;
            text_str(&x, x.length ? "," : "");
            text_str(&x, known[i].name);
        }
    }
    text_cstr(&x);
}
