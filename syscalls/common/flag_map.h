/* Flag words of two systems, bit by bit. */
#ifndef SYSCALLS_COMMON_FLAG_MAP_H
#define SYSCALLS_COMMON_FLAG_MAP_H

#include <stddef.h>
#include <stdint.h>

/* One meaning in both systems. A pair may have several bits on a side; it counts when all of them are set. */
struct flag_pair {
    uint64_t guest, host;
};

/*
 * Translates the guest's bits. What no pair explains is left in *rest (NULL: dropped). No guest bit may stand in two
 * pairs: when all are explained, the rest of the map is not looked at.
 */
static inline uint64_t flags_to_host(const struct flag_pair *map, size_t count, uint64_t guest, uint64_t *rest)
{
    uint64_t host = 0, known = 0;

    for (size_t i = 0; i < count && (guest & ~known) != 0; i++) {
        if ((guest & map[i].guest) == map[i].guest) {
            host |= map[i].host;
            known |= map[i].guest;
        }
    }
    if (rest) {
        *rest = guest & ~known;
    }
    return host;
}

/* The other way; bits that the guest's system does not know are dropped. */
static inline uint64_t flags_to_guest(const struct flag_pair *map, size_t count, uint64_t host)
{
    uint64_t guest = 0;

    for (size_t i = 0; i < count; i++) {
        if ((host & map[i].host) == map[i].host) {
            guest |= map[i].guest;
        }
    }
    return guest;
}

#define FLAG_COUNT(map) (sizeof(map) / sizeof((map)[0]))

#endif
