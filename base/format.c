/* Text for traces and messages, without libc. */
#include "base/format.h"

#include <stdbool.h>

#include "base/host.h"
#include "base/mem.h"

void text_char(struct text *x, char c)
{
    if (x->length < x->size) {
        x->at[x->length++] = c;
    }
}

void text_bytes(struct text *x, const char *s, size_t n)
{
    size_t room = x->size - x->length;
    n = n < room ? n : room;
    memcpy(x->at + x->length, s, n);
    x->length += n;
}

void text_str(struct text *x, const char *s)
{
    text_bytes(x, s, hot_strlen(s));
}

static void text_number(struct text *x, uint64_t v, unsigned base)
{
    char digits[24];
    unsigned n = sizeof digits;
    do {
        digits[--n] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v != 0);
    text_bytes(x, digits + n, sizeof digits - n);
}

void text_udec(struct text *x, uint64_t v)
{
    text_number(x, v, 10);
}

void text_dec(struct text *x, int64_t v)
{
    if (v < 0) {
        text_char(x, '-');
    }
    text_number(x, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
}

void text_hex(struct text *x, uint64_t v)
{
    text_str(x, "0x");
    text_number(x, v, 16);
}

void text_oct(struct text *x, uint64_t v)
{
    text_char(x, '0');
    if (v != 0) {
        text_number(x, v, 8);
    }
}

/* One conversion after '%' and its sizes. */
static void text_conversion(struct text *x, char kind, bool wide, va_list *ap)
{
    switch (kind) {
    case 's': {
        const char *s = va_arg(*ap, const char *);
        text_str(x, s != NULL ? s : "(null)");
        break;
    }
    case 'c':
        text_char(x, (char)va_arg(*ap, int));
        break;
    case 'd':
        text_dec(x, wide ? va_arg(*ap, int64_t) : va_arg(*ap, int));
        break;
    case 'u':
        text_udec(x, wide ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned));
        break;
    case 'x':
        text_number(x, wide ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned), 16);
        break;
    case 'o':
        text_number(x, wide ? va_arg(*ap, uint64_t) : va_arg(*ap, unsigned), 8);
        break;
    default:
        text_char(x, kind);
        break;
    }
}

void text_vformat(struct text *x, const char *format, va_list ap)
{
    va_list args;
    va_copy(args, ap);
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            text_char(x, *format);
            continue;
        }
        bool wide = false;
        for (format++; *format == 'l' || *format == 'z'; format++) {
            wide = true;
        }
        if (*format == '\0') {
            break;
        }
        text_conversion(x, *format, wide, &args);
    }
    va_end(args);
}

void text_format(struct text *x, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    text_vformat(x, format, ap);
    va_end(ap);
}

const char *text_cstr(struct text *x)
{
    if (x->length == x->size) {
        x->length--;
    }
    x->at[x->length] = '\0';
    return x->at;
}

/*
 * The reader of a pipe may be gone. The SIGPIPE of that is the writing thread's own and pending by the time the call
 * returns; the guest, which wrote nothing, must not get it.
 */
int64_t text_write(const struct text *x, int fd)
{
    const uint64_t sigpipe = 1UL << (13 - 1), all = ~0UL; /* all: none may be recorded before the old mask is back */
    const struct {
        int64_t sec, nsec;
    } at_once = {0, 0};
    uint64_t old = 0;
    host_call4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &old, sizeof old);
    int64_t r = host_call3(__NR_write, fd, x->at, x->length);
    if (r == -EPIPE) {
        host_call4(__NR_rt_sigtimedwait, &sigpipe, 0, &at_once, sizeof sigpipe);
    }
    host_call4(__NR_rt_sigprocmask, 2 /* SIG_SETMASK */, &old, 0, sizeof old);
    return r;
}
