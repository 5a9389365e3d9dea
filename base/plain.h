/*
 * Names that come from programs, archives and files, shown to people: a terminal obeys control characters, also those of
 * one byte beyond ASCII (C1), which many take in their UTF-8 form, too (U+0080 to U+009F).
 */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks at the character at `s`, of which `size` bytes (at least 1) are there. Returns how many bytes it has; *plain:
 * whether they may be shown as they are. What is no UTF-8 is taken byte by byte, and shown if it is no C1.
 */
static inline size_t plain_step(const char *s, size_t size, bool *plain)
{
    const unsigned char *c = (const unsigned char *)s;
    size_t length = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : c[0] >= 0xc0 ? 2 : 1;
    for (size_t i = 1; i < length; i++) {
        if (i >= size || (c[i] & 0xc0) != 0x80) {
            length = 1;
        }
    }
    if (length > 1) {
        *plain = c[0] != 0xc2 || c[1] >= 0xa0;
    } else {
        *plain = c[0] >= 0x20 && c[0] != 0x7f && (c[0] < 0x80 || c[0] >= 0xa0);
    }
    return length;
}

/* In a message of `size` bytes, which names are part of: each byte of what a terminal would obey becomes a `?`, but newlines. */
static inline void plain_message(char *text, size_t size)
{
    for (size_t i = 0, step; i < size; i += step) {
        bool plain;
        step = plain_step(text + i, size - i, &plain);
        for (size_t j = i; !plain && j < i + step; j++) {
            text[j] = text[j] == '\n' ? '\n' : '?';
        }
    }
}

#endif
