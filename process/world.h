/*
 * Which processes a guest may send signals to, in a world without namespaces: those that have the world's mark
 * (instance/mark.h). Elsewhere the host tells. No boundary: what a guest sends past the engine is the host's to judge.
 */
#ifndef PROCESS_WORLD_H
#define PROCESS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/process.h"
#include "base/thread.h"

static inline bool world_is_marked(const struct thread *t)
{
    return __builtin_expect(t->proc->settings.world_mark != 0, 0);
}

/* Whether process or thread `pid` is there, as far as the guest is to know. In a marked world only. */
bool world_has(const struct thread *t, int32_t pid);

/* The same where any is there unless the world is marked: for who then asks the host. */
static inline bool world_reaches(const struct thread *t, int32_t pid)
{
    return !world_is_marked(t) || pid == t->proc->pid || world_has(t, pid);
}

/* Whether a name in /proc is to be seen: in a marked world the numbers of its own processes only. */
bool world_shows(const struct thread *t, const char *name);

/*
 * kill(2) of the host's signal in a marked world, to whatever `pid` stands for: -1 is everybody in the world but the caller
 * and the keeper. Returns 0 or -errno.
 */
int64_t world_kill(struct thread *t, int32_t pid, int32_t sig);

#endif
