/*
 * Memory, strings and a small printf: what the compiler and the tests expect of a libc.
 */
#include "guest.h"

void *memcpy(void *to, const void *from, size_t size)
{
    void *at = to;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *a = to;
    const char *b = from;

    if (a <= b)
        return memcpy(to, from, size);
    while (size-- > 0) {
        a[size] = b[size];
        __asm__ volatile("" : : : "memory"); /* or the compiler makes a call of memmove of this */
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a;
    const unsigned char *y = b;

    for (size_t i = 0; i < size; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t guest_strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != 0)
        n++;
    return n;
}

int guest_strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

bool guest_starts(const char *s, const char *prefix)
{
    while (*prefix != 0)
        if (*s++ != *prefix++)
            return false;
    return true;
}

struct out {
    char *buffer;
    size_t size;
    size_t used;
};

static void put(struct out *out, char c)
{
    if (out->used + 1 < out->size)
        out->buffer[out->used++] = c;
}

static void put_number(struct out *out, uint64_t value, unsigned base, bool negative)
{
    char digits[24];
    int n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative)
        put(out, '-');
    while (n > 0)
        put(out, digits[--n]);
}

static void put_signed(struct out *out, int64_t value)
{
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
}

static void put_string(struct out *out, const char *s)
{
    while (*s != 0)
        put(out, *s++);
}

/* %d %u %x %s %c %p, with l for 64 bits. */
static void format_va(struct out *out, const char *format, va_list arguments)
{
    for (; *format != 0; format++) {
        bool wide = false;

        if (*format != '%') {
            put(out, *format);
            continue;
        }
        format++;
        while (*format == 'l') {
            wide = true;
            format++;
        }
        switch (*format) {
        case 'd':
            put_signed(out, wide ? va_arg(arguments, int64_t) : va_arg(arguments, int32_t));
            break;
        case 'u':
        case 'x':
            put_number(out, wide ? va_arg(arguments, uint64_t) : va_arg(arguments, uint32_t), *format == 'x' ? 16 : 10,
                       false);
            break;
        case 'p':
            put_string(out, "0x");
            put_number(out, (uint64_t)va_arg(arguments, void *), 16, false);
            break;
        case 's':
            put_string(out, va_arg(arguments, const char *));
            break;
        case 'c':
            put(out, (char)va_arg(arguments, int));
            break;
        default:
            put(out, *format);
        }
    }
    if (out->size > 0)
        out->buffer[out->used] = 0;
}

int guest_format(char *buffer, size_t size, const char *format, ...)
{
    struct out out = {buffer, size, 0};
    va_list arguments;

    va_start(arguments, format);
    format_va(&out, format, arguments);
    va_end(arguments);
    return (int)out.used;
}

void guest_vformat(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct out out = {buffer, size, 0};

    format_va(&out, format, arguments);
}

void guest_printf(const char *format, ...)
{
    char line[1024];
    struct out out = {line, sizeof(line), 0};
    va_list arguments;

    va_start(arguments, format);
    format_va(&out, format, arguments);
    va_end(arguments);
    SYS(write, 1, line, out.used);
}
