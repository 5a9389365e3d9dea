/*
 * Structures that have longs and pointers, told by their fields: from words of 4 bytes to words of 8, and back.
 *
 * A layout is a text: a letter for each member, before it how many of them there are if it is not one.
 *
 *     b h i q   1, 2, 4, 8 bytes in both (q is aligned to 4 bytes with words of 4, as on i386)
 *     u p       an unsigned long, a pointer: extended by zeros
 *     l         a long: extended by its sign
 *     d         2 bytes with words of 4, 8 with words of 8: the kernel's old dev_t
 *     x         nothing with words of 4, 4 bytes with words of 8: the padding of a structure inside this one
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_LAYOUT_H
#define SYSCALLS_COMMON_LINUX_COMPAT_LAYOUT_H

#include <stddef.h>

/* Sizes of the structure, padding at its end included. */
struct compat_sizes {
    size_t guest, host;
};

struct compat_sizes compat_layout_sizes(const char *layout);

/* Copy all members. What a word of 4 bytes does not hold is cut off. Padding stays as it is in the target. */
void compat_layout_to_host(const char *layout, const void *guest, void *host);
void compat_layout_from_host(const char *layout, const void *host, void *guest);

#endif
