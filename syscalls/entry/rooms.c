/* Trampolines and the pages they lie in. */
#include "syscalls/entry/rooms.h"

#include <linux/mman.h>

#include "base/host.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"

#define REACH        (0x7fffffffL - (int64_t)ROOM_SIZE)
#define SEARCH_STEP  0x4000000L /* 64 MB between the places tried for a room */
#define SLOT_AT_REST 1024U      /* slots given back before the first of them is used again */

struct room {
    uint64_t base;
    uint32_t used; /* slots given out once; the first is the header */
};

static struct room rooms[ROOMS_MAX];
static uint32_t rooms_count;

/* Slots given back, first in first out. */
static uint64_t resting[4 * SLOT_AT_REST];
static uint32_t resting_first, resting_count;

static bool within_reach(uint64_t from, uint64_t to)
{
    int64_t distance = (int64_t)(to - from);
    return distance <= REACH && distance >= -REACH;
}

static uint8_t *put32(uint8_t *p, int64_t value)
{
    int32_t v = (int32_t)value;
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

bool trampoline_build(struct room_slot *out, uint64_t slot, const struct site *s, uint64_t entry, uint64_t pointer)
{
    uint64_t after = s->at + 2;
    memset(out, 0xcc, sizeof out->code);
    memcpy(out->code, s->original, s->back);
    uint8_t *p = out->code + s->back;
    if (!within_reach(slot, after)) {
        return false;
    }
    *p++ = 0x4c; /* lea after(%rip), %r11 */
    *p++ = 0x8d;
    *p++ = 0x1d;
    p = put32(p, (int64_t)(after - (slot + (uint64_t)(p + 4 - out->code))));
    if (within_reach(slot, entry)) {
        *p++ = 0xe9; /* jmp entry */
        put32(p, (int64_t)(entry - (slot + (uint64_t)(p + 4 - out->code))));
    } else {
        *p++ = 0xff; /* jmp *pointer(%rip) */
        *p++ = 0x25;
        put32(p, (int64_t)(pointer - (slot + (uint64_t)(p + 4 - out->code))));
    }
    out->at = s->at;
    out->back = s->back;
    memset(out->spare, 0, sizeof out->spare);
    return true;
}

static bool room_map(struct thread *t, uint64_t base, uint64_t flags)
{
    if (!space_reserve(t, base, base + ROOM_SIZE)) {
        return false;
    }
    int64_t r =
        host_call6(__NR_mmap, base, ROOM_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (r == (int64_t)base) {
        return true;
    }
    if (!is_error(r)) {
        host_call2(__NR_munmap, r, ROOM_SIZE); /* a kernel that takes the place for a hint */
    }
    space_unreserve(t, base);
    return false;
}

/* In the engine's own reserve if that is within reach, else wherever there is a gap near the site. */
static uint64_t room_find(struct thread *t, uint64_t at)
{
    static uint64_t next_low = ENGINE_ROOMS;
    if (within_reach(next_low, at) && next_low + ROOM_SIZE <= ENGINE_END) {
        uint64_t base = next_low;
        int64_t r = host_call3(__NR_mprotect, base, ROOM_SIZE, PROT_READ | PROT_EXEC);
        next_low += ROOM_SIZE;
        return is_error(r) ? 0 : base;
    }
    for (int64_t away = SEARCH_STEP; away < REACH; away += SEARCH_STEP) {
        uint64_t below = (at - (uint64_t)away) & ~(ROOM_SIZE - 1), above = (at + (uint64_t)away) & ~(ROOM_SIZE - 1);
        if (below < at && below >= ROOM_SIZE && room_map(t, below, MAP_FIXED_NOREPLACE)) {
            return below;
        }
        if (above < USER_END - ROOM_SIZE && room_map(t, above, MAP_FIXED_NOREPLACE)) {
            return above;
        }
    }
    return 0;
}

static struct room *room_for(struct thread *t, uint64_t at)
{
    for (uint32_t i = 0; i < rooms_count; i++) {
        if (rooms[i].used < ROOM_SLOTS && within_reach(rooms[i].base, at)) {
            return &rooms[i];
        }
    }
    uint64_t base = rooms_count < ROOMS_MAX ? room_find(t, at) : 0;
    if (base == 0) {
        return NULL;
    }
    rooms[rooms_count] = (struct room){base, 0};
    __atomic_store_n(&rooms_count, rooms_count + 1, __ATOMIC_RELEASE);
    return &rooms[rooms_count - 1];
}

uint64_t room_slot_take(struct thread *t, uint64_t at)
{
    if (resting_count > SLOT_AT_REST && within_reach(resting[resting_first], at)) {
        uint64_t slot = resting[resting_first];
        resting_first = (resting_first + 1) % (4 * SLOT_AT_REST);
        resting_count--;
        return slot;
    }
    struct room *r = room_for(t, at);
    if (r == NULL) {
        return 0;
    }
    r->used += r->used == 0; /* the header */
    return r->base + r->used++ * ROOM_SLOT;
}

void room_slot_give(uint64_t slot)
{
    if (resting_count < 4 * SLOT_AT_REST) {
        resting[(resting_first + resting_count++) % (4 * SLOT_AT_REST)] = slot;
    }
}

/* The slot that rip lies in; NULL: none. */
static const struct room_slot *slot_at(uint64_t rip)
{
    uint32_t count = __atomic_load_n(&rooms_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (rip - rooms[i].base < ROOM_SIZE && rip - rooms[i].base >= ROOM_SLOT) {
            return (const struct room_slot *)(rip & ~(ROOM_SLOT - 1));
        }
    }
    return NULL;
}

uint64_t rooms_guest_rip(uint64_t rip)
{
    const struct room_slot *slot = slot_at(rip);
    if (slot == NULL || slot->at == 0) {
        return 0;
    }
    uint64_t done = rip - (uint64_t)slot;
    return slot->at - slot->back + (done < slot->back ? done : slot->back);
}

uint64_t rooms_site(uint64_t rip)
{
    const struct room_slot *slot = slot_at(rip);
    return slot != NULL ? slot->at : 0;
}
