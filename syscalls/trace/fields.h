/* Structures as lists of their members: one printer for all of them (view.h). */
#ifndef SYSCALLS_TRACE_FIELDS_H
#define SYSCALLS_TRACE_FIELDS_H

#include <stdint.h>

struct trace_view;

enum trace_field_kind {
    FIELD_INT,     /* by its sign */
    FIELD_UINT,    /* without */
    FIELD_HEX,     /* an address is NULL or hexadecimal */
    FIELD_MODE,    /* a file's type and permissions */
    FIELD_FLAGS,   /* table: of flags */
    FIELD_VALUE,   /* table: of values */
    FIELD_SIGNAL,  /* a signal's number */
    FIELD_CHARS,   /* a string that ends in NUL, or fills the member */
    FIELD_STRUCT,  /* table: a structure within this one */
    FIELD_POINTER, /* table: a structure that the member points to */
    FIELD_MORE,    /* that there is more */
};

struct trace_field {
    const char *name;
    uint16_t offset;
    uint16_t size; /* 1, 2, 4 or 8 for numbers */
    uint8_t kind;  /* enum trace_field_kind */
    const char *table;
};

/* A member of a C structure of ours that is laid out as the guest's. */
#define FIELD(type, member, kind, table)                                                                               \
    {                                                                                                                  \
#member, __builtin_offsetof(type, member), sizeof(((type *)0)->member), (kind), (table)                        \
    }
#define FIELD_REST                                                                                                     \
    {                                                                                                                  \
        0, 0, 0, FIELD_MORE, 0                                                                                         \
    }
/* For struct trace_layout: the members of an object of `size` bytes. */
#define LAYOUT(name, size, fields)                                                                                     \
    {                                                                                                                  \
        (name), (fields), sizeof(fields) / sizeof((fields)[0]), (size)                                                 \
    }

/* The members of the structure at `object`, in braces. */
void trace_fields(struct trace_view *v, const struct trace_field *fields, uint32_t count, const void *object);

#endif
