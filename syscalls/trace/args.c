#include "syscalls/trace/args.h"

#include <stddef.h>

#include "base/mem.h"

static const struct trace_special *special_find(const struct trace_view *v, uint32_t index)
{
    for (const struct trace_special *s = v->names->specials; v->entry->name != NULL && s->call != NULL; s++) {
        if (s->index == index && hot_strcmp(s->call, v->entry->name) == 0) {
            return s;
        }
    }
    return NULL;
}

bool trace_arg_is_output(const struct trace_view *v, uint32_t index)
{
    const struct trace_special *special = special_find(v, index);
    if (special != NULL) {
        return special->output;
    }
    uint8_t type = v->entry->args[index].type;
    return type == ARG_OUT || type == ARG_OUTBUF || type == ARG_INOUT;
}

bool trace_arg_is_given(const struct trace_view *v, uint32_t index)
{
    return v->names->given == NULL || v->names->given(v, index);
}

/* The number a length argument points to: 8 bytes where it is a `size`, else 4. */
static uint64_t indirect_length(const struct trace_view *v, uint32_t index)
{
    guest_ptr at = guest_addr(v->args[index]);
    const char *kind = v->entry->args[index].table;
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (kind != NULL && hot_strcmp(kind, "size") == 0) {
        return copyin(&wide, at, sizeof(wide)) == 0 ? wide : 0;
    }
    return copyin(&narrow, at, sizeof(narrow)) == 0 ? narrow : 0;
}

/* Lengths that are ints may be negative; as a size they would be huge. */
static uint64_t direct_length(const struct trace_view *v, uint32_t index)
{
    uint8_t type = v->entry->args[index].type;
    if (type == ARG_SIZE || type == ARG_ULONG) {
        return v->args[index];
    }
    if (type == ARG_UINT) {
        return (uint32_t)v->args[index];
    }
    int32_t length = (int32_t)v->args[index];
    return length > 0 ? (uint64_t)length : 0;
}

static uint64_t arg_length(const struct trace_view *v, const struct syscall_arg *arg)
{
    switch (arg->length_kind) {
    case LENGTH_ARG:
        return direct_length(v, arg->length);
    case LENGTH_INDIRECT:
        return indirect_length(v, arg->length);
    case LENGTH_RESULT:
        return v->result > 0 ? (uint64_t)v->result : 0;
    default:
        return 1;
    }
}

/* Output buffers: what was written is the result where the call returns a length, else the whole buffer. */
static void output_buffer(struct trace_view *v, const struct syscall_arg *arg, uint64_t va)
{
    uint64_t length = arg_length(v, arg);
    if (v->entry->result == ARG_SSIZE && (uint64_t)v->result < length) {
        length = (uint64_t)v->result;
    }
    if (va == 0) {
        view_pointer(v, va);
    } else {
        view_buffer(v, va, length);
    }
}

/* Structures and buffers; false for the types that are no pointer. */
static bool memory_arg(struct trace_view *v, const struct syscall_arg *arg, uint64_t value)
{
    bool output = arg->type == ARG_OUT || arg->type == ARG_OUTBUF || arg->type == ARG_INOUT;
    if (output && (!v->done || v->failed)) {
        view_pointer(v, value);
        return true;
    }
    switch (arg->type) {
    case ARG_IN:
    case ARG_OUT:
    case ARG_INOUT:
        view_struct(v, arg->table, value, arg_length(v, arg), arg->length_kind != LENGTH_ONE);
        return true;
    case ARG_INBUF:
        if (value == 0) {
            view_pointer(v, value);
        } else {
            view_buffer(v, value, arg_length(v, arg));
        }
        return true;
    case ARG_OUTBUF:
        output_buffer(v, arg, value);
        return true;
    case ARG_STRV:
        /* The environment is long and seldom what one looks for. */
        view_strings(v, value, hot_strncmp(arg->name, "env", 3) == 0);
        return true;
    case ARG_PATH:
    case ARG_STR:
        view_string(v, value);
        return true;
    default:
        return false;
    }
}

static void scalar(struct trace_view *v, const struct syscall_arg *arg, uint64_t value)
{
    int32_t narrow = (int32_t)value;
    switch (arg->type) {
    case ARG_UINT:
    case ARG_UID:
    case ARG_GID:
        text_udec(v->out, (uint32_t)value);
        break;
    case ARG_LONG:
    case ARG_OFF:
    case ARG_SSIZE:
        text_dec(v->out, (int64_t)value);
        break;
    case ARG_ULONG:
    case ARG_SIZE:
        text_udec(v->out, value);
        break;
    case ARG_DIRFD:
        if (narrow == v->names->at_fdcwd) {
            text_str(v->out, "AT_FDCWD");
        } else {
            text_dec(v->out, narrow);
        }
        break;
    case ARG_MODE:
    case ARG_OCTAL:
        text_oct(v->out, (uint32_t)value);
        break;
    case ARG_CLOCKID:
        view_value(v, "clockid", narrow);
        break;
    case ARG_SIGNO:
        view_signal(v, narrow);
        break;
    case ARG_HEX:
        text_hex(v->out, value);
        break;
    case ARG_FLAGS:
        view_flags(v, arg->table, (uint32_t)value);
        break;
    case ARG_LFLAGS:
        view_flags(v, arg->table, value);
        break;
    case ARG_ENUM:
        view_value(v, arg->table, narrow);
        break;
    case ARG_LENUM:
        view_value(v, arg->table, (int64_t)value);
        break;
    case ARG_PTR:
        view_pointer(v, value);
        break;
    default:
        text_dec(v->out, narrow);
        break;
    }
}

void trace_arg(struct trace_view *v, uint32_t index)
{
    const struct syscall_arg *arg = &v->entry->args[index];
    const struct trace_special *special = special_find(v, index);
    if (special != NULL && (!special->output || v->done)) {
        special->print(v, v->args[index]);
    } else if (!memory_arg(v, arg, v->args[index])) {
        scalar(v, arg, v->args[index]);
    }
}

void trace_result(struct trace_view *v)
{
    switch (v->entry->result) {
    case ARG_PTR:
    case ARG_HEX:
        text_hex(v->out, (uint64_t)v->result);
        break;
    case ARG_OCTAL:
    case ARG_MODE:
        text_oct(v->out, (uint64_t)v->result);
        break;
    default:
        text_dec(v->out, v->result);
        break;
    }
}
