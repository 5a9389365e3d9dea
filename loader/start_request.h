/* What a start needs, whether it comes from the command line or from a guest's exec. */
#ifndef LOADER_START_REQUEST_H
#define LOADER_START_REQUEST_H

#include <stdbool.h>

#include "base/settings.h"
#include "base/signal_types.h"

struct credentials;
struct personality;
struct process;
struct thread;

struct start_request {
    const struct settings *settings;
    const char *path;
    char **argv, **envp;
    bool handed_over;               /* mask and ignored are the old image's; else the host's own state counts */
    const struct personality *from; /* the old image's; mask and ignored are in its numbers */
    struct signal_set mask;
    struct signal_set ignored;
    const void *personality_state; /* what personality.take_over gets; NULL where there was no image before */
    uint64_t table_start;          /* see struct process; -1 and 0 where there was no image before */
    int32_t table_slot;
    const struct credentials *credentials; /* what the program has, where they are kept; NULL: as the settings say */
    int32_t closes;                        /* a descriptor to be closed when the program is read; -1: none */
};

/* Becomes the guest; see engine_start(). */
_Noreturn void become_guest(struct start_request *rq);

/* Writes "dragoman: text" to standard error and exits. */
_Noreturn void start_fail(int status, const char *text);

/*
 * Given by the layer above (syscalls/entry/attach_cold.c): the first process with its hooks, and interception
 * for the whole process. process_arm() returns NULL or what went wrong.
 */
struct process *process_first(const struct settings *settings, const struct personality *personality);
const char *process_arm(struct thread *t);

#endif
