/*
 * Limits on memory, which the host counts the engine's in: of the address space (RLIMIT_AS) and of what can be written in it
 * (RLIMIT_DATA). In a guest the host's limits are greater than the guest's own by what the engine takes, in every image, so
 * that they can be inherited as they are; host programs get the guest's.
 *
 * A limit that the user sets before the first program is raised at its start. Where it cannot be, as the maximum is limited
 * too and nobody may raise it, the guest has so much less.
 */
#ifndef PROCESS_LIMITS_H
#define PROCESS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/image.h"

struct rlimit64;

/* The arena is reserved as a whole; of data the image has some 36 MB from the start, the heap grows, threads have stacks. */
#define LIMIT_ENGINE_SPACE (ARENA_END - ARENA_BASE + ENGINE_END - ENGINE_BASE)
#define LIMIT_ENGINE_DATA  (64ULL << 20)

/*
 * prlimit(2) of this process, in the guest's values. `next`: NULL to change nothing; `now`: NULL if nobody wants to know.
 * Returns 0 or -errno.
 */
int64_t limit_change(uint32_t resource, const struct rlimit64 *next, struct rlimit64 *now);

/* Before the engine reserves its memory in a process that no guest has begun. */
void memory_limits_begin(void);

/* Before a host program takes the process over, and if it does not come to that. */
void memory_limits_leave(bool leaves);

#endif
