#include "syscalls/trace/view.h"

#include <stddef.h>

#include "base/mem.h"

#define STRING_CHUNK     256    /* copied from the guest at a time */
#define VECTOR_SHOWN     32     /* strings of an argument vector */
#define VECTOR_MAX       100000 /* strings counted before giving up on a vector without end */
#define ELEMENTS_SHOWN   16     /* objects of an array */
#define OBJECT_BYTES_MAX 256    /* of an object whose size the call gives */

void view_flags(struct trace_view *v, const char *table, uint64_t flags)
{
    trace_flags(v->out, trace_table_find(v->names->tables, table), flags);
}

void view_value(struct trace_view *v, const char *table, int64_t value)
{
    trace_value(v->out, trace_table_find(v->names->tables, table), value);
}

void view_pointer(struct trace_view *v, uint64_t va)
{
    if (va == 0) {
        text_str(v->out, "NULL");
    } else {
        text_hex(v->out, va);
    }
}

void view_signal(struct trace_view *v, int64_t signo)
{
    if (signo > 0 && signo < (int64_t)v->names->signal_count && v->names->signals[signo] != NULL) {
        text_str(v->out, v->names->signals[signo]);
    } else {
        text_dec(v->out, signo);
    }
}

/* The escape of one byte; `next` decides whether an octal one may be short. */
static void escaped(struct text *out, unsigned char c, unsigned char next)
{
    static const char letters[] = "\n\t\r\v\f\"\\";
    static const char codes[] = "ntrvf\"\\";
    const char *at = c != 0 ? hot_strchr(letters, c) : NULL;
    if (at != NULL) {
        text_char(out, '\\');
        text_char(out, codes[at - letters]);
    } else if (c >= 0x20 && c < 0x7f) {
        text_char(out, (char)c);
    } else {
        bool whole = next >= '0' && next <= '7';
        text_char(out, '\\');
        if (whole || c >= 0100) {
            text_char(out, (char)('0' + (c >> 6)));
        }
        if (whole || c >= 010) {
            text_char(out, (char)('0' + ((c >> 3) & 7)));
        }
        text_char(out, (char)('0' + (c & 7)));
    }
}

static void escape_bytes(struct text *out, const char *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        escaped(out, (unsigned char)bytes[i], i + 1 < length ? (unsigned char)bytes[i + 1] : 0);
    }
}

void view_quoted(struct trace_view *v, const char *bytes, uint64_t length, bool more)
{
    text_char(v->out, '"');
    escape_bytes(v->out, bytes, length);
    text_char(v->out, '"');
    if (more) {
        text_str(v->out, "...");
    }
}

void view_buffer(struct trace_view *v, uint64_t va, uint64_t length)
{
    char chunk[STRING_CHUNK];
    uint64_t shown = length < v->string_max ? length : v->string_max;
    for (uint64_t at = 0; at < shown || at == 0;) {
        uint64_t part = shown - at < sizeof(chunk) ? shown - at : sizeof(chunk);
        if (part != 0 && copyin(chunk, guest_addr(va + at), part) != 0) {
            if (at == 0) {
                view_pointer(v, va);
                return;
            }
            break;
        }
        if (at == 0) {
            text_char(v->out, '"');
        }
        escape_bytes(v->out, chunk, part);
        at += part;
        if (part == 0) {
            break;
        }
    }
    text_char(v->out, '"');
    if (shown < length) {
        text_str(v->out, "...");
    }
}

/* Where the string at va ends, looking no further than max bytes; -1 where it cannot be read. */
static int64_t string_length(uint64_t va, uint64_t max)
{
    char chunk[64];
    uint64_t at = 0;
    while (at < max) {
        /* Never across a page: the next one may be missing though the string ends before it. */
        uint64_t part = sizeof(chunk) - ((va + at) % sizeof(chunk));
        if (copyin(chunk, guest_addr(va + at), part) != 0) {
            return -1;
        }
        for (uint64_t i = 0; i < part; i++) {
            if (chunk[i] == 0) {
                return (int64_t)(at + i);
            }
        }
        at += part;
    }
    return (int64_t)at;
}

void view_string(struct trace_view *v, uint64_t va)
{
    int64_t length = va == 0 ? -1 : string_length(va, (uint64_t)v->string_max + 1);
    if (length < 0) {
        view_pointer(v, va);
    } else {
        view_buffer(v, va, (uint64_t)length);
    }
}

static uint64_t vector_length(uint64_t va)
{
    uint64_t entry = 1;
    for (uint64_t n = 0; n < VECTOR_MAX; n++) {
        if (guest_load64(guest_addr(va + n * 8), &entry) != 0 || entry == 0) {
            return n;
        }
    }
    return VECTOR_MAX;
}

void view_strings(struct trace_view *v, uint64_t va, bool count_only)
{
    uint64_t entry;
    if (va == 0 || guest_load64(guest_addr(va), &entry) != 0) {
        view_pointer(v, va);
        return;
    }
    uint64_t count = vector_length(va);
    if (count_only) {
        view_pointer(v, va);
        text_format(v->out, " /* %lu vars */", count);
        return;
    }
    text_char(v->out, '[');
    for (uint64_t n = 0; n < count && n < VECTOR_SHOWN; n++) {
        if (n != 0) {
            text_str(v->out, ", ");
        }
        if (guest_load64(guest_addr(va + n * 8), &entry) != 0) {
            break;
        }
        view_string(v, entry);
    }
    text_str(v->out, count > VECTOR_SHOWN ? ", ...]" : "]");
}

static const struct trace_struct *struct_find(const struct trace_names *names, const char *name)
{
    for (const struct trace_struct *const *group = names->structs; *group != NULL; group++) {
        for (const struct trace_struct *s = *group; s->name != NULL; s++) {
            if (hot_strcmp(s->name, name) == 0) {
                return s;
            }
        }
    }
    return NULL;
}

static const struct trace_layout *layout_find(const struct trace_names *names, const char *name)
{
    for (const struct trace_layout *const *group = names->layouts; group != NULL && *group != NULL; group++) {
        for (const struct trace_layout *l = *group; l->name != NULL; l++) {
            if (hot_strcmp(l->name, name) == 0) {
                return l;
            }
        }
    }
    return NULL;
}

/* How an object is printed: by one of the two. */
struct shape {
    const struct trace_struct *printed;
    const struct trace_layout *laid_out;
    uint32_t size; /* 0: the call says */
};

static bool shape_find(const struct trace_view *v, const char *name, struct shape *out)
{
    out->printed = struct_find(v->names, name);
    out->laid_out = out->printed == NULL ? layout_find(v->names, name) : NULL;
    out->size = out->printed != NULL ? out->printed->size : out->laid_out != NULL ? out->laid_out->size : 0;
    return out->printed != NULL || out->laid_out != NULL;
}

static void print_object(struct trace_view *v, const struct shape *s, const void *object, uint32_t size)
{
    if (s->printed != NULL) {
        s->printed->print(v, object, size);
    } else {
        trace_fields(v, s->laid_out->fields, s->laid_out->field_count, object);
    }
}

/* False where it cannot be read. */
static bool view_object(struct trace_view *v, const struct shape *s, uint64_t va, uint32_t size)
{
    char object[TRACE_OBJECT_MAX] __attribute__((aligned(8)));
    if (size > sizeof(object) || copyin(object, guest_addr(va), size) != 0) {
        view_pointer(v, va);
        return false;
    }
    print_object(v, s, object, size);
    return true;
}

void view_object_here(struct trace_view *v, const char *name, const void *object, uint32_t size)
{
    struct shape s;
    if (shape_find(v, name, &s) && s.size <= size) {
        print_object(v, &s, object, s.size != 0 ? s.size : size);
    } else {
        text_str(v->out, "...");
    }
}

void view_struct(struct trace_view *v, const char *name, uint64_t va, uint64_t count, bool array)
{
    struct shape s;
    if (va == 0 || !shape_find(v, name, &s)) {
        view_pointer(v, va);
        return;
    }
    if (s.size == 0) {
        view_object(v, &s, va, count < OBJECT_BYTES_MAX ? (uint32_t)count : OBJECT_BYTES_MAX);
        return;
    }
    if (!array) {
        view_object(v, &s, va, s.size);
        return;
    }
    text_char(v->out, '[');
    for (uint64_t i = 0; i < count && i < ELEMENTS_SHOWN; i++) {
        if (i != 0) {
            text_str(v->out, ", ");
        }
        if (!view_object(v, &s, va + i * s.size, s.size)) {
            break;
        }
    }
    text_str(v->out, count > ELEMENTS_SHOWN ? ", ...]" : "]");
}

void view_field(struct trace_view *v, const char *name)
{
    if (v->out->length > 0 && v->out->at[v->out->length - 1] != '{') {
        text_str(v->out, ", ");
    }
    text_str(v->out, name);
    text_char(v->out, '=');
}

void view_time(struct trace_view *v, int64_t seconds, int64_t fraction, const char *fraction_name)
{
    text_str(v->out, "{tv_sec=");
    text_dec(v->out, seconds);
    text_str(v->out, ", ");
    text_str(v->out, fraction_name);
    text_char(v->out, '=');
    text_dec(v->out, fraction);
    text_char(v->out, '}');
}
