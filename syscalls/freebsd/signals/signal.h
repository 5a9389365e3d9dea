/* FreeBSD's struct sigaction (sys/sys/signal.h), to and from the neutral one. */
#ifndef SYSCALLS_FREEBSD_SIGNAL_H
#define SYSCALLS_FREEBSD_SIGNAL_H

#include <stdint.h>

#include "base/signal_types.h"

#define FREEBSD_SA_ONSTACK   0x0001u
#define FREEBSD_SA_RESTART   0x0002u
#define FREEBSD_SA_RESETHAND 0x0004u
#define FREEBSD_SA_NOCLDSTOP 0x0008u
#define FREEBSD_SA_NODEFER   0x0010u
#define FREEBSD_SA_NOCLDWAIT 0x0020u
#define FREEBSD_SA_SIGINFO   0x0040u

/* Without the prefix sa_, which the C library gives away as macros. */
struct freebsd_sigaction {
    uint64_t handler;
    uint32_t flags;
    uint32_t mask[4];
    uint32_t pad;
};
_Static_assert(sizeof(struct freebsd_sigaction) == 32, "sys/signal.h");
_Static_assert(__builtin_offsetof(struct freebsd_sigaction, mask) == 12, "sys/signal.h");

/* Checks and translates an action for a signal as kern_sigaction() does. Returns 0 or -EINVAL (unknown flags). */
int freebsd_sigaction_in(int signo, const struct freebsd_sigaction *from, struct signal_action *to);
void freebsd_sigaction_out(const struct signal_action *from, struct freebsd_sigaction *to);

#endif
