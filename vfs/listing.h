/*
 * The names of a directory that is put together from several, in an order of its own.
 *
 * A reader of a directory holds a position only, which forks and copies of its descriptor share, and which it may go
 * back to. So the order comes from the names alone: by a hash of the name, and names of the same hash by the name. A
 * cookie is such a place in the order, and stays true when names come and go around it. It fits in 31 bits, as the
 * host's procfs takes no larger position.
 *
 * Each read looks through all the names anew and keeps the first of those behind its position: a listing.
 */
#ifndef VFS_LISTING_H
#define VFS_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTING_MAX 128

/* Positions before the first name. */
#define LISTING_START    0
#define LISTING_SELF     1 /* after "." */
#define LISTING_PARENT   2 /* after ".." */
#define LISTING_NAMES_AT 16

struct listing_entry {
    uint64_t ino;
    uint32_t hash;
    uint8_t type; /* DT_*, the host's and the guest's alike */
    uint8_t length;
    bool hidden; /* keeps later ones of its name away and is not shown itself */
    char name[256];
};

/* Large: from the heap. */
struct listing {
    uint32_t from; /* hash of the position: smaller ones are not kept */
    unsigned from_rank, count;
    bool cut; /* there are more behind the last one kept */
    bool hiding;
    bool (*shows)(const void *arg, const char *name); /* NULL: every name counts */
    const void *arg;
    uint8_t order[LISTING_MAX];
    struct listing_entry entries[LISTING_MAX];
};

/* Empties it, for the names behind that position (at least LISTING_PARENT). */
void listing_begin(struct listing *l, int64_t position);

/* Adds a name; of the same name twice, the first stays. */
void listing_add(struct listing *l, const char *name, uint64_t ino, uint8_t type);

/* Adds every name of a host's directory but "." and ".."; those that `shows` lets pass. Returns 0 or -errno. */
int64_t listing_add_directory(struct listing *l, const char *path);

/*
 * The entry at `index` in order, from 0, and the position behind it. NULL: no more. Whoever has taken the last of a
 * listing that was cut begins another behind it. *shown: it is behind the position, and not hidden.
 */
const struct listing_entry *listing_at(const struct listing *l, unsigned index, int64_t *behind, bool *shown);

#endif
