/* Text for the hot half: a bounded buffer and the few conversions that traces and messages need. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Text beyond `size` is dropped; `length` never exceeds size. Not NUL-terminated. */
struct text {
    char *at;
    size_t size, length;
};

#define TEXT_ON(buffer)                                                                                                \
    {                                                                                                                  \
        (buffer), sizeof(buffer), 0                                                                                    \
    }

void text_char(struct text *x, char c);
void text_str(struct text *x, const char *s);
void text_bytes(struct text *x, const char *s, size_t n);
void text_dec(struct text *x, int64_t v);
void text_udec(struct text *x, uint64_t v);
void text_hex(struct text *x, uint64_t v); /* with 0x */
void text_oct(struct text *x, uint64_t v); /* with a leading 0 */

/* printf's %s %d %u %x %o %c %% with l/ll/z sizes, no widths. */
void text_format(struct text *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vformat(struct text *x, const char *format, va_list ap);

/* Terminates the text (cutting its last character when full) and returns it as a C string. */
const char *text_cstr(struct text *x);

/* Writes the text to a host descriptor in one write; never raises SIGPIPE. Returns what write returned, or -errno. */
int64_t text_write(const struct text *x, int fd);

#endif
