/*
 * memcpy and friends of the hot half. GCC emits calls to the first four by itself.
 *
 * Up to a few hundred bytes, words in general registers are faster than a string instruction, which takes its time to
 * begin. Where the size is no multiple of a word, the last word reaches back over what is done already.
 */
#include "base/mem.h"

#include <stdint.h>

#if !__STDC_HOSTED__ /* base/mem.h's shorthands */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#endif

#define WORDS_BEST 512 /* bytes; more are left to the string instructions */

/* Any bytes as a word, wherever they lie. */
typedef uint64_t word __attribute__((may_alias, aligned(1)));

static uint64_t load(const void *p)
{
    return *(const word *)p;
}

static void store(void *p, uint64_t v)
{
    *(word *)p = v;
}

static void copy_upwards(void *dst, const void *src, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    if (n < sizeof(word)) {
        for (size_t i = 0; i < n; i++) {
            d[i] = s[i];
        }
    } else if (n <= WORDS_BEST) {
        size_t last = n - sizeof(word);
        for (size_t i = 0; i < last; i += sizeof(word)) {
            store(d + i, load(s + i));
        }
        store(d + last, load(s + last));
    } else {
        copy_upwards(dst, src, n);
    }
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *d = dst;
    const uint8_t *s = src;
    if (d <= s || d >= s + n) {
        copy_upwards(dst, src, n);
        return dst;
    }
    /* From the end: a word is stored above all that is still to be loaded, however little it moves. */
    for (; n >= sizeof(word); n -= sizeof(word)) {
        store(d + n - sizeof(word), load(s + n - sizeof(word)));
    }
    while (n-- > 0) {
        /* volatile: or the compiler makes this loop a call to memmove */
        *(volatile uint8_t *)(d + n) = s[n];
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    uint8_t *d = dst;
    uint64_t v = (uint8_t)c * 0x0101010101010101ULL;
    if (n < sizeof(word)) {
        for (size_t i = 0; i < n; i++) {
            d[i] = (uint8_t)c;
        }
    } else if (n <= WORDS_BEST) {
        size_t last = n - sizeof(word);
        for (size_t i = 0; i < last; i += sizeof(word)) {
            store(d + i, v);
        }
        store(d + last, v);
    } else {
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (; n >= sizeof(word) && load(x) == load(y); n -= sizeof(word)) {
        x += sizeof(word);
        y += sizeof(word);
    }
    for (; n > 0; n--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}
