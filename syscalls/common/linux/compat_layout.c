/* From words of 4 bytes to words of 8; see compat_layout.h. */
#include "syscalls/common/linux/compat_layout.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

/* Widths of a member, and its alignment where words have 4 bytes; with words of 8 that is its width. */
struct member {
    uint8_t guest, host, guest_align;
    bool is_signed;
};

static struct member member_of(char letter)
{
    switch (letter) {
    case 'b':
        return (struct member){1, 1, 1, false};
    case 'h':
        return (struct member){2, 2, 2, false};
    case 'i':
        return (struct member){4, 4, 4, false};
    case 'q':
        return (struct member){8, 8, 4, false};
    case 'd':
        return (struct member){2, 8, 2, false};
    case 'x':
        return (struct member){0, 4, 1, false};
    default:
        return (struct member){4, 8, 4, letter == 'l'};
    }
}

static size_t aligned(size_t at, size_t alignment)
{
    return (at + alignment - 1) & ~(alignment - 1);
}

enum direction { MEASURE, TO_HOST, FROM_HOST };

static void copy_member(const struct member *m, enum direction way, char *guest, char *host)
{
    int64_t value = 0;

    if (way == TO_HOST) {
        memcpy(&value, guest, m->guest);
        value = m->is_signed ? (int32_t)value : value;
        memcpy(host, &value, m->host);
    } else {
        memcpy(guest, host, m->guest);
    }
}

static struct compat_sizes walk(const char *layout, enum direction way, char *guest, char *host)
{
    size_t g = 0, h = 0, g_most = 1, h_most = 1;

    while (*layout) {
        size_t count = 0;

        for (; *layout >= '0' && *layout <= '9'; layout++) {
            count = count * 10 + (size_t)(*layout - '0');
        }
        struct member m = member_of(*layout++);

        g_most = m.guest_align > g_most ? m.guest_align : g_most;
        h_most = m.host > h_most ? m.host : h_most;
        for (count += count == 0; count > 0; count--) {
            g = aligned(g, m.guest_align);
            h = aligned(h, m.host);
            if (way != MEASURE) {
                copy_member(&m, way, guest + g, host + h);
            }
            g += m.guest;
            h += m.host;
        }
    }
    return (struct compat_sizes){aligned(g, g_most), aligned(h, h_most)};
}

struct compat_sizes compat_layout_sizes(const char *layout)
{
    return walk(layout, MEASURE, NULL, NULL);
}

/* The walk writes to one side only: the other may be constant. */
void compat_layout_to_host(const char *layout, const void *guest, void *host)
{
    walk(layout, TO_HOST, (char *)(uintptr_t)guest, host);
}

void compat_layout_from_host(const char *layout, const void *host, void *guest)
{
    walk(layout, FROM_HOST, guest, (char *)(uintptr_t)host);
}
