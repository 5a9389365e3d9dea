/* What the host knows of the mapping that code lies in. */
#ifndef SYSCALLS_ENTRY_CODE_MAP_H
#define SYSCALLS_ENTRY_CODE_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

struct code_mapping {
    uint64_t low, high;
};

/*
 * The mapping that `at` lies in, if its code can be rewritten: private, readable, executable, and not writable.
 * Returns whether it can. Asks the host only when the ledger has changed since the last answer. With the gate held.
 */
bool code_mapping_of(struct thread *t, uint64_t at, struct code_mapping *out);

/* Cold: the same from the host's list, `maps` being open on it. Returns 1 or 0. */
struct code_map_reading {
    int maps;
    uint64_t at;
    struct code_mapping mapping;
};
int64_t code_map_read(void *reading);

#endif
