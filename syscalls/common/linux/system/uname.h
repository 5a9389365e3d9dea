/* What Linux guests are told of the system. */
#ifndef SYSCALLS_COMMON_LINUX_UNAME_H
#define SYSCALLS_COMMON_LINUX_UNAME_H

#include <stdint.h>

struct new_utsname;
struct thread;

/* uname(2) of a guest whose machine is named as the host's. Returns 0 or -errno. */
int64_t linux_utsname(struct thread *t, struct new_utsname *name);

#endif
