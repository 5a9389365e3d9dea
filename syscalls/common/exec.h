/* Executing another program, whatever personality asks. */
#ifndef SYSCALLS_COMMON_EXEC_H
#define SYSCALLS_COMMON_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

struct exec_request {
    const char *path;     /* a host path */
    guest_ptr argv, envp; /* guest vectors of the guest's pointers */
    size_t strings_max;   /* bytes of strings together */
    size_t string_max;    /* of one, its NUL included; 0: as strings_max */
    bool argv_optional;   /* where there are no arguments, there is one, "" */
    int32_t descriptor;   /* `path` names the file of this one, which may be closed on exec; -1: none */
};

/*
 * execve(2). Validates first, so that errors come back to the guest: ENOENT, EACCES, ENOEXEC, E2BIG,
 * EFAULT, ENOMEM, ETXTBSY. On success the process is another program and this does not return.
 */
int64_t do_execve(struct thread *t, const struct exec_request *rq);

#endif
