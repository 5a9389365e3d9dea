/* The table of call sites. */
#include "syscalls/entry/sites.h"

#include <stddef.h>

#include "base/mem.h"

const char *const site_refusal_names[SITE_REFUSALS] = {
    [REFUSED_NOT] = "",
    [REFUSED_UNCLEAR] = "unclear",
    [REFUSED_SHORT] = "short",
    [REFUSED_JUMPED] = "jumped-into",
    [REFUSED_MAPPING] = "mapping",
    [REFUSED_FAR] = "far",
    [REFUSED_HOST] = "host",
    [REFUSED_STEPPED] = "stepped",
};

#define KEYS   16384 /* a power of two, well above the records */
#define PROBES 16

/*
 * Most programs have a few dozen sites, each of which would have a page of its own in so large a table: as many faults as
 * traps. So a site's first places are in one page.
 */
#define FIRST_KEYS   512
#define FIRST_PROBES 8

#define SYSCALL_SIZE 2

/*
 * A key is the site's address above TAG_BITS bits of tag: a number of traps, or RECORD_TAG and a record's index. One
 * word, so that a site is counted, given to a record, or replaced by another in one step.
 */
#define TAG_BITS   16
#define TAG_MASK   0xffffULL
#define RECORD_TAG 0x8000U
#define COUNT_MAX  0x7fffU

static _Alignas(4096) uint64_t first_keys[FIRST_KEYS];
static uint64_t keys[KEYS];
static uint32_t traps; /* counted, of all sites */
static struct site records[SITE_RECORDS];
static uint32_t records_used; /* records[0 .. records_used) have been given out once */
static uint32_t records_free; /* how many of them are free again */

/* A bit for each 2 MB of address space, folded: set once something there has been chosen for rewriting. */
#define BLOCK_SHIFT 21
#define BLOCK_BITS  4096
static uint64_t touched[BLOCK_BITS / 64];

static uint32_t hash_of(uint64_t at)
{
    return (uint32_t)((at * 0x9e3779b97f4a7c15ULL) >> 40);
}

/* The place of number i, of FIRST_PROBES + PROBES, where a key of that hash may stand. */
static uint64_t *place(uint32_t hash, uint32_t i)
{
    return i < FIRST_PROBES ? &first_keys[(hash + i) % FIRST_KEYS] : &keys[(hash + i - FIRST_PROBES) % KEYS];
}

/*
 * The place of a site's key; with `insert`, one for it if it has none. NULL: neither. Two threads that make room for the
 * same site at once may give it two places: so the one with a record counts, wherever it stands.
 */
static uint64_t *key_of(uint64_t at, bool insert)
{
    uint64_t *counted = NULL;
    uint32_t hash = hash_of(at);
    for (uint32_t i = 0; i < FIRST_PROBES + PROBES; i++) {
        uint64_t *key = place(hash, i);
        uint64_t seen = __atomic_load_n(key, __ATOMIC_ACQUIRE);
        if (seen == 0) {
            if (counted != NULL || !insert) {
                return counted;
            }
            if (__atomic_compare_exchange_n(key, &seen, at << TAG_BITS, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
                return key;
            }
        }
        if (seen >> TAG_BITS == at) {
            if ((seen & RECORD_TAG) != 0) {
                return key;
            }
            counted = counted != NULL ? counted : key;
        }
    }
    if (counted != NULL || !insert) {
        return counted;
    }
    /* All taken: code that comes and goes leaves counts behind. The first mere count makes room. */
    for (uint32_t i = 0; i < FIRST_PROBES + PROBES; i++) {
        uint64_t *key = place(hash, i);
        uint64_t seen = __atomic_load_n(key, __ATOMIC_ACQUIRE);
        if ((seen & RECORD_TAG) == 0 &&
            __atomic_compare_exchange_n(key, &seen, at << TAG_BITS, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            return key;
        }
    }
    return NULL;
}

uint32_t sites_traps(void)
{
    return __atomic_load_n(&traps, __ATOMIC_RELAXED);
}

uint32_t sites_count_trap(uint64_t at)
{
    __atomic_store_n(&traps, sites_traps() + 1, __ATOMIC_RELAXED);
    /* It is about to be written to: so a fork's child has its copy of the page at once, instead of by a second fault. */
    __atomic_fetch_or(place(hash_of(at), 0), 0, __ATOMIC_RELAXED);
    uint64_t *key = key_of(at, true);
    if (key == NULL) {
        return 0;
    }
    uint64_t seen = __atomic_load_n(key, __ATOMIC_ACQUIRE);
    if (seen >> TAG_BITS != at || (seen & RECORD_TAG) != 0 || (seen & TAG_MASK) == COUNT_MAX) {
        return 0;
    }
    /* Lost to another thread that counts at this moment: so be it. That one is told the number. */
    uint64_t next = seen + 1;
    bool counted = __atomic_compare_exchange_n(key, &seen, next, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    return counted ? (uint32_t)(next & TAG_MASK) : 0;
}

struct site *sites_find(uint64_t at)
{
    const uint64_t *key = key_of(at, false);
    uint64_t seen = key != NULL ? __atomic_load_n(key, __ATOMIC_ACQUIRE) : 0;
    if (seen >> TAG_BITS != at || (seen & RECORD_TAG) == 0) {
        return NULL;
    }
    return &records[seen & TAG_MASK & ~RECORD_TAG];
}

static struct site *record_take(void)
{
    for (uint32_t i = 0; records_free > 0 && i < records_used; i++) {
        if (records[i].state == SITE_FREE) {
            records_free--;
            return &records[i];
        }
    }
    return records_used < SITE_RECORDS ? &records[records_used++] : NULL;
}

struct site *sites_record(uint64_t at)
{
    uint64_t *key = key_of(at, true);
    struct site *s = key != NULL ? record_take() : NULL;
    if (s == NULL) {
        return NULL;
    }
    memset(s, 0, sizeof *s);
    s->at = at;
    s->state = SITE_REFUSED; /* until it is whole */
    uint64_t tag = RECORD_TAG | (uint64_t)(s - records);
    uint64_t seen = __atomic_load_n(key, __ATOMIC_ACQUIRE);
    while (seen >> TAG_BITS == at) {
        if (__atomic_compare_exchange_n(key, &seen, at << TAG_BITS | tag, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            return s;
        }
    }
    s->state = SITE_FREE; /* another site has taken the place meanwhile */
    records_free++;
    return NULL;
}

void sites_forget(struct site *s)
{
    uint64_t *key = key_of(s->at, false);
    if (key != NULL) {
        __atomic_store_n(key, s->at << TAG_BITS, __ATOMIC_RELEASE);
    }
    s->state = SITE_FREE;
    records_free++;
}

void sites_each(uint64_t low, uint64_t high, void (*fn)(struct site *s, void *arg), void *arg)
{
    for (uint32_t i = 0; i < records_used; i++) {
        struct site *s = &records[i];
        uint64_t first = s->at - s->back, end = first + site_bytes(s);
        end = end > s->at + SYSCALL_SIZE ? end : s->at + SYSCALL_SIZE;
        if (s->state != SITE_FREE && first < high && end > low) {
            fn(s, arg);
        }
    }
}

bool sites_touched(uint64_t low, uint64_t high)
{
    uint64_t first = low >> BLOCK_SHIFT, last = (high - 1) >> BLOCK_SHIFT;
    if (last - first >= BLOCK_BITS) {
        last = first + BLOCK_BITS - 1; /* every bit once */
    }
    for (uint64_t block = first; block <= last; block++) {
        uint64_t bit = block % BLOCK_BITS;
        if (__atomic_load_n(&touched[bit / 64], __ATOMIC_SEQ_CST) >> (bit % 64) & 1) {
            return true;
        }
    }
    return false;
}

void sites_touch(uint64_t at)
{
    /* What is replaced may begin in the block before, and the byte behind the `syscall` be in the next (site_bytes()). */
    const uint64_t to_end = SITE_BACK_MAX + SYSCALL_SIZE;
    for (uint64_t place = at - SITE_BACK_MAX; place <= at + SYSCALL_SIZE; place += to_end) {
        uint64_t bit = (place >> BLOCK_SHIFT) % BLOCK_BITS;
        __atomic_fetch_or(&touched[bit / 64], 1ULL << (bit % 64), __ATOMIC_SEQ_CST);
    }
}

void sites_counts(struct site_counts *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < FIRST_KEYS; i++) {
        out->seen += first_keys[i] != 0;
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        out->seen += keys[i] != 0;
    }
    for (uint32_t i = 0; i < records_used; i++) {
        out->rewritten += records[i].state == SITE_REWRITTEN;
        if (records[i].state == SITE_REFUSED) {
            out->refused[records[i].refusal]++;
        }
    }
}
