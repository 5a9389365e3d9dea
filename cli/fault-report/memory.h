/*
 * The dying process's memory, read from outside.
 *
 * Nothing read here is trusted: every read is bounded, and a read of what is not there fails instead of
 * faulting. The thread that faulted waits, others may still run, so two reads may disagree.
 */
#ifndef FAULT_REPORT_MEMORY_H
#define FAULT_REPORT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    uint64_t start, end; /* [start, end) */
    uint64_t offset;     /* file offset of `start` */
    uint64_t inode;      /* 0: not a file */
    bool readable, writable, executable, shared;
    const char *name; /* path, "[stack]" and the like, or "" */
};

struct memory;

/* Opens the memory of process `pid` and reads its map. Returns NULL when the host allows neither. */
struct memory *memory_open(int pid);

int memory_pid(const struct memory *m);

/* Reads exactly `size` bytes at `address`. Returns whether all of them could be read. */
bool memory_read(struct memory *m, uint64_t address, void *to, size_t size);

/* Little-endian words. Return false, leaving *value zero, where they cannot be read. */
bool memory_u32(struct memory *m, uint64_t address, uint32_t *value);
bool memory_u64(struct memory *m, uint64_t address, uint64_t *value);

/*
 * Reads up to `size` bytes and returns how many there were before the first unreadable page (0: none).
 */
size_t memory_read_some(struct memory *m, uint64_t address, void *to, size_t size);

/* Reads a zero-terminated string of at most size - 1 bytes. Returns false where it is not whole. */
bool memory_string(struct memory *m, uint64_t address, char *to, size_t size);

/* The mapping that holds `address`, or NULL. */
const struct mapping *memory_mapping(const struct memory *m, uint64_t address);

/* The mappings nearest below and above an unmapped address; either may be NULL. */
void memory_neighbours(const struct memory *m, uint64_t address, const struct mapping **below,
                       const struct mapping **above);

/* All mappings in ascending order. */
const struct mapping *memory_mappings(const struct memory *m, size_t *count);

#endif
