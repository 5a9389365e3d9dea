/* i386's limits: two words of 32 bits, of which all ones say that there is none. */
#ifndef SYSCALLS_LINUX_I386_LIMITS_H
#define SYSCALLS_LINUX_I386_LIMITS_H

#include <stdint.h>

/* struct compat_rlimit (include/linux/compat.h) */
struct linux_i386_rlimit {
    uint32_t cur, max;
};

_Static_assert(sizeof(struct linux_i386_rlimit) == 8, "struct rlimit");

struct linux_host_rlimit {
    uint64_t cur, max;
};

/* What has no room becomes `most`: UINT32_MAX, which is no limit, or for the oldest call INT32_MAX, which it knew as that. */
struct linux_i386_rlimit linux_i386_rlimit_from_host(const struct linux_host_rlimit *host, uint32_t most);
struct linux_host_rlimit linux_i386_rlimit_to_host(const struct linux_i386_rlimit *guest);

#endif
