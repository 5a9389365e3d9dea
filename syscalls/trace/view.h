/*
 * How a trace prints what a call's arguments point to.
 *
 * A personality describes its structures by printers: the tracer copies an object in whole, and the printer
 * turns the copy into text.  Guest memory is reached by copyin only, so a bad pointer is printed as a number.
 */
#ifndef SYSCALLS_TRACE_VIEW_H
#define SYSCALLS_TRACE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"
#include "base/guest.h"
#include "base/syscall_table.h"
#include "syscalls/trace/fields.h"
#include "syscalls/trace/flags.h"

struct thread;
struct trace_names;

/* One call as the tracer sees it, while an argument is printed. */
struct trace_view {
    struct text *out;
    const struct trace_names *names;
    const struct syscall_entry *entry;
    const uint64_t *args;
    uint32_t string_max; /* bytes of a string shown */
    bool done;           /* the call has returned: result, failed are valid and outputs may be shown */
    bool failed;
    int64_t result;
};

/* The largest object a printer is given. */
#define TRACE_OBJECT_MAX 2400

/* Prints one object of `size` bytes at `object`. */
typedef void (*trace_printer)(struct trace_view *v, const void *object, uint32_t size);

struct trace_struct {
    const char *name;
    uint16_t size; /* bytes of one object; 0: the count is in bytes and the printer is given them all */
    trace_printer print;
};

/* A structure that is printed by its members (fields.h). */
struct trace_layout {
    const char *name;
    const struct trace_field *fields;
    uint32_t field_count;
    uint32_t size; /* of the whole structure */
};

/* An argument that the type alone does not explain (fcntl's third): prints it instead of the general code. */
struct trace_special {
    const char *call;
    uint8_t index; /* of the argument */
    bool output;   /* can only be printed once the call has returned */
    void (*print)(struct trace_view *v, uint64_t value);
};

struct trace_errno {
    const char *name;
    const char *text;
};

/* A class of calls, for filters; `calls` ends with NULL. What takes paths or descriptors needs no list. */
struct trace_class {
    const char *name;
    const char *const *calls;
};

/* Everything the tracer must know of a personality (base/personality.h, `trace`). */
struct trace_names {
    const struct trace_table *const *tables;   /* groups; see trace_table_find() */
    const struct trace_struct *const *structs; /* groups ended by NULL, each ended by a NULL name */
    const struct trace_layout *const *layouts; /* likewise; NULL: none */
    const struct trace_special *specials;      /* ended by a NULL call */
    /* Whether a call has argument `index`, and those behind it; NULL: they have all. */
    bool (*given)(const struct trace_view *v, uint32_t index);
    /* The call that another one means, in `room`, or that one itself; NULL: there are none of that kind. */
    const struct syscall_request *(*meant)(const struct syscall_request *rq, struct syscall_request *room);
    const struct trace_errno *errnos; /* by the guest's number; name NULL: none */
    uint32_t errno_count;
    const char *const *signals; /* by the guest's number; NULL: none */
    uint32_t signal_count;
    int32_t at_fdcwd;
    const char *const *leaving;        /* calls that do not return when they succeed; ended by NULL */
    const struct trace_class *classes; /* ended by a NULL name */
    int64_t (*thread_id)(const struct thread *t);
};

/* Flags and values by table name. */
void view_flags(struct trace_view *v, const char *table, uint64_t flags);
void view_value(struct trace_view *v, const char *table, int64_t value);

/* An address: NULL or hexadecimal. */
void view_pointer(struct trace_view *v, uint64_t va);

/* A guest signal's name, or its number. */
void view_signal(struct trace_view *v, int64_t signo);

/* Bytes of ours, quoted and escaped; "..." follows where `more` says that the guest has more. */
void view_quoted(struct trace_view *v, const char *bytes, uint64_t length, bool more);

/* Guest memory: NUL-terminated, or `length` bytes; a pointer that cannot be read is printed as a number. */
void view_string(struct trace_view *v, uint64_t va);
void view_buffer(struct trace_view *v, uint64_t va, uint64_t length);
void view_strings(struct trace_view *v, uint64_t va, bool count_only);

/* `count` objects (bytes, where the structure's size is 0) of the structure called `name` at va. */
void view_struct(struct trace_view *v, const char *name, uint64_t va, uint64_t count, bool array);

/* The same of an object that has been copied already. */
void view_object_here(struct trace_view *v, const char *name, const void *object, uint32_t size);

/* A file's type and permissions: S_IFREG|0644. */
void view_mode(struct trace_view *v, uint32_t mode);

/* "name=" with ", " before all but the first field of a structure. */
void view_field(struct trace_view *v, const char *name);

/* seconds.nanoseconds as {tv_sec=…, tv_nsec=…} */
void view_time(struct trace_view *v, int64_t seconds, int64_t fraction, const char *fraction_name);

#endif
