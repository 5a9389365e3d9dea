/*
 * Which pages below 4 GB are taken: the guest's mappings and the engine's image, a bit for each page.
 *
 * Theory. The host's mmap puts nothing below 4 GB of its own accord, so for guests whose pointers have 32 bits the ledger
 * chooses the places itself. The map belongs to the address space, which vfork children share. It is a hint that is
 * nearly always right: a place that is chosen by it is mapped only where the host finds nothing there, and what it turns
 * out not to know of (a stack that has grown, a mapping of a signal handler's in between) it learns then.
 *
 * Finding, and setting what was found, go together under the ledger's lock.
 */
#ifndef PROCESS_SPACE_LOW_H
#define PROCESS_SPACE_LOW_H

#include <stdbool.h>
#include <stdint.h>

#define LOW_END 0x100000000ULL

/* Marks the pages of [low, high), which is cut off at 4 GB, as taken or free. */
void low_mark(uint64_t low, uint64_t high, bool taken);

/* Whether a page in [low, high) is taken. */
bool low_taken(uint64_t low, uint64_t high);

/*
 * A free range of `size` bytes, at a multiple of `align` (at least a page, a power of two), in [floor, ceiling): the
 * highest, or the lowest. Returns its address; 0: there is none.
 */
uint64_t low_find_down(uint64_t floor, uint64_t ceiling, uint64_t size, uint64_t align);
uint64_t low_find_up(uint64_t floor, uint64_t ceiling, uint64_t size, uint64_t align);

#endif
