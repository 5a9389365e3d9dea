/*
 * The documentation half of a system-call table, for `dragoman db syscalls`:
 * generated beside the dispatch table, compiled into the cold half only.
 */
#ifndef COMPAT_DB_SYSCALL_DB_H
#define COMPAT_DB_SYSCALL_DB_H

#include <stddef.h>

struct syscall_doc {
    unsigned number;
    const char *name;
    const char *handler;   /* "own", "any", "compat", "same:NAME", "slow:NAME", "mux" or "-" */
    const char *level;     /* "full", "partial", "stub", "nosys" or "absent" */
    const char *signature; /* as the table has it */
    const char *errors;    /* errno names separated by spaces; may be empty */
    const char *note;      /* may be empty */
};

struct syscall_db {
    const char *personality;
    const struct syscall_doc *docs;
    size_t count;
};

extern const struct syscall_db freebsd_syscall_db, linux_syscall_db, linux_i386_syscall_db, linux_x32_syscall_db;

#endif
