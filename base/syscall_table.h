/*
 * What compat-db/generate.py makes of a personality's system-call table: one
 * entry per number, with the function that answers it and enough about each
 * argument for the tracer to print it.  Both halves of the engine read this,
 * so nothing but <stdint.h> is used.
 */
#ifndef BASE_SYSCALL_TABLE_H
#define BASE_SYSCALL_TABLE_H

#include <stdint.h>

struct thread;

/* Arguments a wrapper may read; the entry code fills slots 6 and 7 from the guest's stack. */
#define SYSCALL_MAX_ARGS 8

/* How much of the real kernel's behaviour a row gives. */
enum syscall_level {
    LEVEL_FULL,    /* what the real kernel does */
    LEVEL_PARTIAL, /* the note says what is missing */
    LEVEL_STUB,    /* a fixed answer that is true here; the note says why */
    LEVEL_NOSYS,   /* the real kernel has it, dragoman does not */
    LEVEL_ABSENT,  /* the real kernel refuses it too */
};

/* What an argument or a result means; see compat-db/tablegen/types.py. */
enum trace_type {
    ARG_VOID,
    ARG_INT,
    ARG_UINT,
    ARG_LONG,
    ARG_ULONG,
    ARG_SIZE,
    ARG_SSIZE,
    ARG_OFF,
    ARG_FD,
    ARG_DIRFD,
    ARG_MODE,
    ARG_OCTAL,
    ARG_PID,
    ARG_UID,
    ARG_GID,
    ARG_CLOCKID,
    ARG_SIGNO,
    ARG_HEX,
    ARG_FLAGS,  /* 32 bits, table: name of the flag table */
    ARG_LFLAGS, /* 64 bits, likewise */
    ARG_ENUM,   /* 32 bits, table: name of the value table */
    ARG_LENUM,  /* 64 bits, likewise */
    ARG_PTR,
    ARG_PATH,
    ARG_STR,
    ARG_STRV,   /* NULL-terminated vector of strings */
    ARG_INBUF,  /* bytes the call reads */
    ARG_OUTBUF, /* bytes the call writes */
    ARG_IN,     /* structure the call reads, table: its name */
    ARG_OUT,    /* structure the call writes */
    ARG_INOUT,  /* structure the call reads and then writes */
};

/* Values of syscall_arg.length_kind: where the length of a buffer or the count of an array is found. */
enum syscall_length {
    LENGTH_ONE,      /* a single object */
    LENGTH_ARG,      /* argument number `length` */
    LENGTH_INDIRECT, /* the number argument `length` points to (its width is that argument's structure) */
    LENGTH_RESULT,   /* the call's result */
};

struct syscall_arg {
    const char *name;
    const char *table;   /* flag, value or structure table; NULL for none */
    uint8_t type;        /* enum trace_type */
    uint8_t length_kind; /* enum syscall_length */
    uint8_t length;      /* index of the argument that holds the length */
};

/*
 * A wrapper that casts the registers to the handler's types and calls it.
 * `args` has SYSCALL_MAX_ARGS slots.  Returns the result, or -errno in the host's numbers.
 */
typedef int64_t (*syscall_function)(struct thread *t, const uint64_t *args);

struct syscall_entry {
    const char *name;      /* NULL: the number is not assigned */
    syscall_function call; /* NULL: no handler (or an indirect call, which the entry resolves) */
    const struct syscall_arg *args;
    uint8_t level;    /* enum syscall_level */
    uint8_t nargs;    /* arguments in the signature, up to SYSCALL_MAX_ARGS */
    uint8_t result;   /* enum trace_type of the result */
    uint8_t indirect; /* 1: the number of the call to make is the first argument */
};

/*
 * Rows whose calls have another function where metadata is kept, or in a root of the guest's own: which of them a process
 * uses (struct process, alternatives).
 */
enum syscall_alternatives {
    ALTERNATIVES_NODES = 1,    /* settings.metadata is METADATA_NODES or more */
    ALTERNATIVES_EMULATED = 2, /* it is METADATA_EMULATED */
    ALTERNATIVES_ROOTED = 4,   /* is_rooted() of vfs/rooted.h; what metadata has of the same row goes before it */
};

/* What fetching one call's number and arguments found (struct personality, fetch). */
struct syscall_request {
    uint32_t number;                   /* after indirection through syscall(2) and the like */
    uint64_t args[SYSCALL_MAX_ARGS];   /* the first six always; the rest when the table row has more */
    const struct syscall_entry *entry; /* NULL: a number outside the table */
};

/* A personality's table, indexed by number: 0 <= number < count. */
struct syscall_table {
    const struct syscall_entry *entries;
    uint32_t count;
};

#endif
