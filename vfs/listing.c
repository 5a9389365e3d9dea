/* Directories put together; see listing.h. */
#include "vfs/listing.h"

#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

#include <linux/fcntl.h>

#define RANK_BITS 4 /* names of one hash that are told apart by a cookie: 16 */
#define HASH_BITS 26

_Static_assert(LISTING_MAX <= UINT8_MAX + 1, "order[]");

/* The host's record (getdents64(2)). */
struct record {
    uint64_t ino;
    int64_t off;
    uint16_t length;
    uint8_t type;
    char name[];
} __attribute__((packed));

/* FNV-1a, folded. */
static uint32_t hash_of(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name; name++) {
        h = (h ^ (uint8_t)*name) * 16777619u;
    }
    return (h >> HASH_BITS ^ h) & ((1u << HASH_BITS) - 1);
}

void listing_begin(struct listing *l, int64_t position)
{
    uint64_t place = position < LISTING_NAMES_AT ? 0 : (uint64_t)position - LISTING_NAMES_AT;

    l->from = (uint32_t)(place >> RANK_BITS);
    l->from_rank = (unsigned)(place & ((1u << RANK_BITS) - 1)) + (position >= LISTING_NAMES_AT);
    l->count = 0;
    l->cut = l->hiding = false;
    l->shows = NULL;
}

static int compare(const struct listing_entry *e, uint32_t hash, const char *name)
{
    return e->hash != hash ? (e->hash < hash ? -1 : 1) : hot_strcmp(e->name, name);
}

/* Where the name is, or would be; *found: it is there. */
static unsigned place_of(const struct listing *l, uint32_t hash, const char *name, bool *found)
{
    unsigned low = 0, high = l->count;

    *found = false;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int c = compare(&l->entries[l->order[middle]], hash, name);

        if (c == 0) {
            *found = true;
            return middle;
        }
        if (c < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void listing_add(struct listing *l, const char *name, uint64_t ino, uint8_t type)
{
    uint32_t hash = hash_of(name);
    bool found;
    unsigned at, slot;
    struct listing_entry *e;

    if (hash < l->from || (l->shows && !l->shows(l->arg, name))) {
        return;
    }
    at = place_of(l, hash, name, &found);
    if (found) {
        return;
    }
    if (l->count == LISTING_MAX) {
        l->cut = true;
        if (at == l->count) {
            return;
        }
        slot = l->order[--l->count]; /* the last one's */
    } else {
        slot = l->count;
    }
    memmove(l->order + at + 1, l->order + at, l->count - at);
    l->order[at] = (uint8_t)slot;
    l->count++;
    e = &l->entries[slot];
    e->hash = hash;
    e->ino = ino;
    e->type = type;
    e->hidden = l->hiding;
    e->length = (uint8_t)hot_strlcpy(e->name, name, sizeof(e->name));
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

int64_t listing_add_directory(struct listing *l, const char *path)
{
    char buffer[4096] __attribute__((aligned(8)));
    int64_t fd = host_open(path, O_RDONLY | O_DIRECTORY);
    int64_t n;

    if (fd < 0) {
        return fd;
    }
    while ((n = host_call3(__NR_getdents64, fd, buffer, sizeof(buffer))) > 0) {
        for (int64_t at = 0; at < n;) {
            const struct record *r = (const struct record *)(buffer + at);

            if (!is_dots(r->name)) {
                listing_add(l, r->name, r->ino, r->type);
            }
            at += r->length;
        }
    }
    host_call1(__NR_close, fd);
    return n;
}

const struct listing_entry *listing_at(const struct listing *l, unsigned index, int64_t *behind, bool *shown)
{
    const struct listing_entry *e;
    unsigned rank = 0;

    if (index >= l->count) {
        return NULL;
    }
    e = &l->entries[l->order[index]];
    while (rank < index && rank < (1u << RANK_BITS) - 1 && l->entries[l->order[index - rank - 1]].hash == e->hash) {
        rank++;
    }
    *behind = LISTING_NAMES_AT + ((int64_t)e->hash << RANK_BITS | rank);
    *shown = !e->hidden && (e->hash != l->from || rank >= l->from_rank);
    return e;
}
