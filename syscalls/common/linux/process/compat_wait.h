/* waitid with words of four bytes. */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_WAIT_H
#define SYSCALLS_COMMON_LINUX_COMPAT_WAIT_H

#include <stdint.h>

#include "base/guest.h"

struct rusage;
struct thread;

/* As much of struct compat_siginfo as waitid writes (kernel/exit.c). */
struct compat_wait_info {
    int32_t signo, error, code, pid;
    uint32_t uid;
    int32_t status;
};

_Static_assert(sizeof(struct compat_wait_info) == 24, "struct compat_siginfo");

/* Writes a usage in the guest's layout. Returns 0 or -EFAULT. */
typedef int compat_rusage_put(guest_ptr to, const struct rusage *usage);

/* waitid(2). infop and ru may be NULL. Returns 0 or -errno; restartable. */
int64_t compat_waitid(struct thread *t, int32_t which, int32_t pid, guest_ptr infop, int32_t options, guest_ptr ru,
                      compat_rusage_put *put);

#endif
