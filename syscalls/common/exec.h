/* Executing another program, whatever personality asks. */
#ifndef SYSCALLS_COMMON_EXEC_H
#define SYSCALLS_COMMON_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

/*
 * execve(2): `path` is a host path; argv and envp are guest vectors of the guest's pointers, at most strings_max bytes
 * of strings together. Validates first, so that errors come back to the guest: ENOENT, EACCES, ENOEXEC, E2BIG,
 * EFAULT, ENOMEM, ETXTBSY. On success the process is another program and this does not return.
 */
int64_t do_execve(struct thread *t, const char *path, guest_ptr argv, guest_ptr envp, size_t strings_max);

#endif
