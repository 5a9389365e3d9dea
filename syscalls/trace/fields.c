#include "syscalls/trace/fields.h"

#include "base/mem.h"
#include "syscalls/trace/view.h"

static uint64_t number(const uint8_t *at, uint32_t size)
{
    uint64_t value = 0;

    memcpy(&value, at, size < sizeof value ? size : sizeof value);
    return value;
}

static int64_t signed_number(const uint8_t *at, uint32_t size)
{
    uint32_t unused = size < 8 ? 64 - 8 * size : 0;

    return (int64_t)(number(at, size) << unused) >> unused;
}

static void chars(struct trace_view *v, const char *bytes, uint32_t size)
{
    uint32_t length = 0;

    while (length < size && length < v->string_max && bytes[length] != 0) {
        length++;
    }
    view_quoted(v, bytes, length, length < size && bytes[length] != 0);
}

void view_mode(struct trace_view *v, uint32_t mode)
{
    static const char *const types[16] = {[1] = "S_IFIFO", [2] = "S_IFCHR",  [4] = "S_IFDIR",  [6] = "S_IFBLK",
                                          [8] = "S_IFREG", [10] = "S_IFLNK", [12] = "S_IFSOCK"};
    const char *type = types[mode >> 12 & 15];

    if (type != NULL) {
        text_str(v->out, type);
        text_char(v->out, '|');
        mode &= 07777;
    }
    text_oct(v->out, mode);
}

static void print_field(struct trace_view *v, const struct trace_field *f, const uint8_t *at)
{
    switch (f->kind) {
    case FIELD_INT:
        text_dec(v->out, signed_number(at, f->size));
        break;
    case FIELD_UINT:
        text_udec(v->out, number(at, f->size));
        break;
    case FIELD_MODE:
        view_mode(v, (uint32_t)number(at, f->size));
        break;
    case FIELD_FLAGS:
        view_flags(v, f->table, number(at, f->size));
        break;
    case FIELD_VALUE:
        view_value(v, f->table, signed_number(at, f->size));
        break;
    case FIELD_SIGNAL:
        view_signal(v, signed_number(at, f->size));
        break;
    case FIELD_CHARS:
        chars(v, (const char *)at, f->size);
        break;
    case FIELD_STRUCT:
        view_object_here(v, f->table, at, f->size);
        break;
    case FIELD_POINTER:
        view_struct(v, f->table, number(at, f->size), 1, false);
        break;
    default:
        view_pointer(v, number(at, f->size));
        break;
    }
}

void trace_fields(struct trace_view *v, const struct trace_field *fields, uint32_t count, const void *object)
{
    text_char(v->out, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (fields[i].kind == FIELD_MORE) {
            text_str(v->out, ", ...");
            continue;
        }
        view_field(v, fields[i].name);
        print_field(v, &fields[i], (const uint8_t *)object + fields[i].offset);
    }
    text_char(v->out, '}');
}
