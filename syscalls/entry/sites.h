/*
 * Call sites: every `syscall` instruction of the guest that has trapped, and what has become of it.
 *
 * All of this belongs to the address space, as the code does that it describes: threads and vfork children share it, a
 * fork's child has a copy. Keys are counted up by whoever traps, without a lock; records are made, changed and given
 * back under the gate's lock only, and read without it by signal handlers.
 */
#ifndef SYSCALLS_ENTRY_SITES_H
#define SYSCALLS_ENTRY_SITES_H

#include <stdbool.h>
#include <stdint.h>

#define SITE_RECORDS 8192

/* The most bytes before a `syscall` that move into its trampoline. */
#define SITE_BACK_MAX 24

enum site_state {
    SITE_FREE, /* the record is nobody's */
    SITE_REWRITTEN,
    SITE_REFUSED, /* traps for good, or until its code changes */
};

/* Why a site is left to trap. */
enum site_refusal {
    REFUSED_NOT,
    REFUSED_UNCLEAR, /* which instructions are executed before it is not certain */
    REFUSED_SHORT,   /* no instruction of five bytes that can be moved stands before it */
    REFUSED_JUMPED,  /* something seems to jump into the bytes that would be replaced */
    REFUSED_MAPPING, /* its memory is writable, shared, or not executable */
    REFUSED_FAR,     /* no room for a trampoline within reach */
    REFUSED_HOST,    /* the host does not let us write there, or cannot synchronise processors */
    REFUSED_STEPPED, /* the guest single-steps through it */
    SITE_REFUSALS,
};

/* The reasons in a word each, as reports name them; "" for REFUSED_NOT. */
extern const char *const site_refusal_names[SITE_REFUSALS];

struct site {
    uint64_t at;                     /* the `syscall`; the replaced instruction begins at `at - back` */
    uint64_t trampoline;             /* where the jump goes */
    uint8_t state;                   /* enum site_state */
    uint8_t refusal;                 /* enum site_refusal */
    uint8_t back;                    /* bytes from the replaced instruction to the `syscall` */
    uint8_t length;                  /* bytes of the replaced instruction */
    uint8_t original[SITE_BACK_MAX]; /* site_bytes() of them */
};

/*
 * Bytes from the replaced instruction on that its jump, or what has moved into the trampoline, depends on: up to the
 * `syscall`, or, where the instruction is shorter than a jump (5 bytes), to the jump's end behind that.
 */
static inline uint32_t site_bytes(const struct site *s)
{
    return s->length != 0 && s->length < 5 ? 5 : s->back;
}

/*
 * Counts a trap at the site. Returns how many there have been, each number to one thread only; or 0 when it has a record
 * (nothing is to be decided), there is no place to count, or another thread has been counted at the same moment.
 */
uint32_t sites_count_trap(uint64_t at);

/* Traps that were counted so, of all sites: about, where threads counted at once. */
uint32_t sites_traps(void);

/* The site's record; NULL: it has none. */
struct site *sites_find(uint64_t at);

/* Gives the site a record, its trampoline and original bytes yet to be filled in. NULL: no place. With the gate held. */
struct site *sites_record(uint64_t at);

/* Lets the site start anew, as if it had never trapped. With the gate held. */
void sites_forget(struct site *s);

/* Calls fn for every record whose site, or what was replaced before it, lies in [low, high). With the gate held. */
void sites_each(uint64_t low, uint64_t high, void (*fn)(struct site *s, void *arg), void *arg);

/*
 * Whether something in [low, high) may have been rewritten; never wrong when it says no. sites_touch() makes it say
 * yes, before anything is written.
 */
bool sites_touched(uint64_t low, uint64_t high);
void sites_touch(uint64_t at);

/* How many sites are in which state, for reports: refused ones by reason. */
struct site_counts {
    uint32_t seen, rewritten, refused[SITE_REFUSALS];
};
void sites_counts(struct site_counts *out);

#endif
