/* What the parts of the ledger share. */
#ifndef PROCESS_SPACE_PRIVATE_H
#define PROCESS_SPACE_PRIVATE_H

#include "process/space.h"

/* The first reserved range that [low, high) meets. Returns whether there is one. */
bool space_reserved_in(const struct address_space *s, uint64_t low, uint64_t high, uint64_t *from, uint64_t *to);

/* Whether all of a range is the guest's to name. */
bool space_range_ok(const struct address_space *s, uint64_t low, uint64_t length);

/* The host's mmap, with MAP_FIXED_NOREPLACE made up for where the host does not know it. */
int64_t space_map_plain(const struct space_request *rq, uint64_t address, uint64_t length, uint64_t flags);

/* process/space_low_map.c: nothing but for guests whose pointers have 32 bits. */
void space_low_lock(struct address_space *s);
void space_low_unlock(struct address_space *s);
void space_low_freed(struct address_space *s, uint64_t low, uint64_t high);

/* space_map() without SPACE_FIXED; `flags`: the host's. */
int64_t space_map_low(struct thread *t, const struct space_request *rq, uint64_t flags);

/* Maps `length` bytes without access where the next mapping would go, and returns the place or -ENOMEM. */
int64_t space_hold_low(struct thread *t, uint64_t length);

/* The same with the ledger's lock held. */
int64_t space_hold_low_locked(struct thread *t, uint64_t length);

/* Where the System V segment that is attached at `address` ends; `address`: there is none. */
uint64_t space_segment_end(uint64_t address);

#endif
