/* Ids and capabilities of Linux's guests where the engine keeps them (base/credentials.h). */
#ifndef SYSCALLS_COMMON_LINUX_EMULATED_IDS_H
#define SYSCALLS_COMMON_LINUX_EMULATED_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* The host's call `nr` of the setuid family, answered from the thread's own account. */
int64_t linux_emulated_set_ids(struct thread *t, long nr, uint32_t a, uint32_t b, uint32_t c);

/* setgroups(2) with the list in the engine's memory. Returns 0 or -errno. */
int64_t linux_emulated_set_groups(struct thread *t, int64_t count, const uint32_t *list);

/* prctl(2): true where it was about credentials; *result receives 0 or more, or -errno. */
bool linux_emulated_prctl(struct thread *t, int32_t option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5,
                          int64_t *result);

#endif
