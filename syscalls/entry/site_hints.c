#include "syscalls/entry/site_hints.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "syscalls/entry/rewrite.h"

enum { WAYS = 2 };

/* Pieces of code that this image has mapped; of the address space. The latest ones, where there are more. */
#define PIECES_MAX 64
static struct piece {
    uint64_t low, high, key;
} pieces[PIECES_MAX];
static uint32_t pieces_mapped;

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
    return hash ^ hash >> 29;
}

/* length, offset: of a piece; 0 and 0: of the program as a whole. */
static uint64_t key_of(const struct process *p, uint64_t length, uint64_t offset)
{
    uint64_t hash = mix(mix(1, length), offset);
    for (const char *c = p->program; *c != '\0'; c++) {
        hash = mix(hash, (uint8_t)*c);
    }
    return hash != 0 ? hash : 1;
}

static struct site_hint_set *set_at(const struct process *p, uint64_t key, uint32_t way)
{
    struct site_hint_set *sets = (struct site_hint_set *)p->table->hints;
    return &sets[(key + way) % SITE_HINT_SETS];
}

/* The set of that key, copied; NULL: there is none, or no table. Faults are open. */
static struct site_hint_set *find(const struct process *p, uint64_t key, struct site_hint_set *out)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        struct site_hint_set *set = set_at(p, key, way);
        if (guest_copy(out, set, sizeof *out) == 0 && out->key == key) {
            return set;
        }
    }
    return NULL;
}

static void store(struct site_hint_set *set, uint32_t index, uint32_t offset)
{
    guest_copy(&set->offsets[index], &offset, sizeof offset); /* who has taken the memory away wants no hints */
}

static void remember(uint64_t low, uint64_t high, uint64_t key)
{
    uint32_t n = __atomic_fetch_add(&pieces_mapped, 1, __ATOMIC_RELAXED);
    struct piece *p = &pieces[n % PIECES_MAX];
    p->key = 0;
    p->low = low;
    p->high = high;
    __atomic_store_n(&p->key, key, __ATOMIC_RELEASE);
}

/* The latest piece that the address lies in, where another may have been before. */
static struct piece piece_of(uint64_t at)
{
    uint32_t mapped = __atomic_load_n(&pieces_mapped, __ATOMIC_RELAXED);
    for (uint32_t back = 1; back <= PIECES_MAX && back <= mapped; back++) {
        const struct piece *p = &pieces[(mapped - back) % PIECES_MAX];
        if (at >= p->low && at < p->high) {
            return *p;
        }
    }
    return (struct piece){0, 0, 0};
}

/* Whether enough of the program is noted. Asked once: what is noted meanwhile is for its next run. */
static bool is_worth(const struct process *p)
{
    static enum { NOT_ASKED, NO, YES } answer;
    struct site_hint_set whole;
    if (answer == NOT_ASKED) {
        bool enough = find(p, key_of(p, 0, 0), &whole) != NULL && whole.offsets[0] >= SITE_HINTS_WORTH;
        answer = enough ? YES : NO;
    }
    return answer == YES;
}

static bool usable(const struct process *p)
{
    return p->settings.rewrite && !p->personality->code32 && p->table != NULL && !p->shares_memory;
}

void site_hints_mapped(struct thread *t, uint64_t low, uint64_t high, uint64_t offset)
{
    const struct process *p = t->proc;
    struct site_hint_set noted;
    if (!usable(p)) {
        return;
    }
    uint64_t key = key_of(p, high - low, offset);
    remember(low, high, key);
    uint64_t opened = process_table_open_faults();
    struct site_hint_set *set = is_worth(p) ? find(p, key, &noted) : NULL;
    if (set != NULL && rewrite_noted(t, low, high, noted.offsets, SITE_HINTS_PER_SET)) {
        for (uint32_t i = 0; i < SITE_HINTS_PER_SET; i++) {
            if (noted.offsets[i] == UINT32_MAX) {
                store(set, i, 0);
            }
        }
    }
    process_table_close_faults(opened);
}

/* A set for the key: its own, a free one, or another's, which has to go. */
static struct site_hint_set *make(const struct process *p, uint64_t key, struct site_hint_set *out)
{
    struct site_hint_set *set = find(p, key, out);
    if (set != NULL) {
        return set;
    }
    for (uint32_t way = 0; way < WAYS; way++) {
        set = set_at(p, key, way);
        if (guest_copy(out, set, sizeof *out) == 0 && out->key == 0) {
            break;
        }
    }
    memset(out, 0, sizeof *out);
    out->key = key;
    return guest_copy(set, out, sizeof *out) == 0 ? set : NULL;
}

void site_hints_note(struct thread *t, uint64_t at)
{
    const struct process *p = t->proc;
    const struct piece piece = piece_of(at);
    struct site_hint_set now;
    if (!usable(p) || piece.key == 0) {
        return;
    }
    uint32_t offset = (uint32_t)(at - piece.low), place = SITE_HINTS_PER_SET;
    uint64_t opened = process_table_open_faults();
    struct site_hint_set *set = make(p, piece.key, &now);
    for (uint32_t i = SITE_HINTS_PER_SET; set != NULL && i-- > 0;) {
        if (now.offsets[i] == offset) {
            place = SITE_HINTS_PER_SET;
            break;
        }
        place = now.offsets[i] == 0 ? i : place;
    }
    if (place < SITE_HINTS_PER_SET && piece.high - piece.low <= UINT32_MAX) {
        store(set, place, offset);
        set = make(p, key_of(p, 0, 0), &now);
        if (set != NULL) {
            store(set, 0, now.offsets[0] + 1);
        }
    }
    process_table_close_faults(opened);
}
