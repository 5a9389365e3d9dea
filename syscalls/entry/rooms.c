/* Trampolines and the pages they lie in. */
#include "syscalls/entry/rooms.h"

#include <linux/mman.h>

#include "base/guest.h"
#include "base/host.h"
#include "base/image.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"

#define REACH        (0x7fffffffL - (int64_t)ROOM_SIZE)
#define SEARCH_STEP  0x4000000L /* 64 MB between the places tried for a room */
#define NARROW_TRIES 16         /* places tried for a narrow room */
#define SLOT_AT_REST 1024U      /* slots given back before the first of them is used again */

struct room {
    uint64_t base;
    uint32_t size;
    uint32_t used;   /* slots given out once; the first is the header */
    uint32_t narrow; /* of a narrow room, its number among these */
};

static struct room rooms[ROOMS_MAX];
static uint32_t rooms_count;

/* Slots given back, first in first out. */
static uint64_t resting[4 * SLOT_AT_REST];
static uint32_t resting_first, resting_count;

/* Slots of narrow rooms. */
enum { SLOT_FRESH, SLOT_USED, SLOT_GIVEN }; /* at SLOT_GIVEN and above, `gives` at the time when it was given back */
static uint32_t narrow_slots[NARROW_MAX][NARROW_SIZE / ROOM_SLOT];
static uint32_t narrow_count, gives = SLOT_GIVEN;

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

/*
 * Mapped first and reserved then: of a place that turns out to be taken by the guest, nothing it does there meanwhile may
 * be held back. Before it is reserved the guest has not been told of it.
 */
static bool room_map(struct thread *t, uint64_t base, uint64_t size)
{
    int64_t r = host_call6(__NR_mmap, base, size, PROT_READ | PROT_EXEC,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (r == (int64_t)base && space_reserve(t, base, base + size)) {
        return true;
    }
    if (!is_error(r)) {
        host_call2(__NR_munmap, r, size); /* no place to note it; or a kernel that takes the place for a hint */
    }
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
        if (below < at && below >= ROOM_SIZE && room_map(t, below, ROOM_SIZE)) {
            return below;
        }
        if (above < USER_END - ROOM_SIZE && room_map(t, above, ROOM_SIZE)) {
            return above;
        }
    }
    return 0;
}

static struct room *room_add(uint64_t base, uint64_t size)
{
    rooms[rooms_count] = (struct room){.base = base, .size = (uint32_t)size, .narrow = narrow_count};
    narrow_count += size == NARROW_SIZE;
    __atomic_store_n(&rooms_count, rooms_count + 1, __ATOMIC_RELEASE);
    return &rooms[rooms_count - 1];
}

static struct room *room_for(struct thread *t, uint64_t at)
{
    for (uint32_t i = 0; i < rooms_count; i++) {
        if (rooms[i].size == ROOM_SIZE && rooms[i].used < ROOM_SLOTS && within_reach(rooms[i].base, at)) {
            return &rooms[i];
        }
    }
    uint64_t base = rooms_count < ROOMS_MAX ? room_find(t, at) : 0;
    return base != 0 ? room_add(base, ROOM_SIZE) : NULL;
}

/* For the gate's holder. */
static const struct room *room_at(uint64_t slot)
{
    for (uint32_t i = 0; i < rooms_count; i++) {
        if (slot - rooms[i].base < rooms[i].size) {
            return &rooms[i];
        }
    }
    return NULL;
}

uint64_t room_of(uint64_t slot)
{
    const struct room *r = room_at(slot);
    return r != NULL ? r->base : 0;
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
    const struct room *r = room_at(slot);
    if (r != NULL && r->size == NARROW_SIZE) {
        narrow_slots[r->narrow][(slot - r->base) / ROOM_SLOT] = gives;
        gives += gives != UINT32_MAX;
        return;
    }
    if (resting_count < 4 * SLOT_AT_REST) {
        resting[(resting_first + resting_count++) % (4 * SLOT_AT_REST)] = slot;
    }
}

void room_window(const uint8_t *bytes, uint64_t from, uint32_t length, uint64_t *low, uint64_t *high)
{
    uint32_t free_bits = 8 * (length < ROOM_JUMP ? length - 1 : 4);
    uint32_t given;
    memcpy(&given, bytes + 1, sizeof given);
    uint64_t size = 1ULL << free_bits;
    int32_t lowest = free_bits == 32 ? INT32_MIN : (int32_t)(given & ~(uint32_t)(size - 1));
    *low = from + ROOM_JUMP + (uint64_t)(int64_t)lowest;
    *high = *low + size;
}

/* Whether the slot holds just what the site's trampoline would be: it has been the site's before. */
static bool is_its_old_one(uint64_t slot, uint64_t base, const struct site *s, uint64_t entry)
{
    struct room_slot wanted;
    return trampoline_build(&wanted, slot, s, entry, base) &&
           memcmp(&wanted, (const struct room_slot *)slot, sizeof wanted) == 0;
}

/* Whether a narrow room's slot can be anybody's: nobody can stand in it any more. */
static bool is_free(uint32_t state)
{
    return state == SLOT_FRESH || (state >= SLOT_GIVEN && gives - state >= SLOT_AT_REST);
}

/* A slot of a narrow room that begins in [low, high); 0: there is none. */
static uint64_t narrow_slot(struct room *r, const struct site *s, uint64_t entry, uint64_t low, uint64_t high)
{
    uint32_t *states = narrow_slots[r->narrow], *found = NULL;
    for (uint64_t i = 1; i < NARROW_SIZE / ROOM_SLOT; i++) {
        uint64_t slot = r->base + i * ROOM_SLOT;
        if (slot < low || slot >= high) {
            continue;
        }
        if (states[i] >= SLOT_GIVEN && is_its_old_one(slot, r->base, s, entry)) {
            found = &states[i];
            break;
        }
        found = found == NULL && is_free(states[i]) ? &states[i] : found;
    }
    if (found == NULL) {
        return 0;
    }
    *found = SLOT_USED;
    return r->base + (uint64_t)(found - states) * ROOM_SLOT;
}

/* Whether a page is no other's: neither the engine's, nor where the guest's break is to grow. */
static bool may_be_room(const struct thread *t, uint64_t base)
{
    const struct address_space *s = t->proc->space;
    uint64_t grows = s->break_limit - s->break_now;
    uint64_t kept = s->break_now + (grows < s->break_clear ? grows : s->break_clear);
    bool breaks = base + NARROW_SIZE > s->break_base && base < kept;
    return base >= ROOM_SIZE && guest_range_ok(guest_addr(base), NARROW_SIZE) && !breaks;
}

/* A new narrow room with a slot in [low, high). */
static struct room *narrow_find(struct thread *t, uint64_t low, uint64_t high)
{
    if (narrow_count == NARROW_MAX || rooms_count == ROOMS_MAX) {
        return NULL;
    }
    /* From the top: there is most room for the guest below. */
    uint64_t top = (high - 1) & ~(NARROW_SIZE - 1), bottom = low & ~(NARROW_SIZE - 1);
    uint64_t step = (top - bottom) / NARROW_TRIES & ~(NARROW_SIZE - 1);
    step = step != 0 ? step : NARROW_SIZE;
    for (uint64_t base = top; base >= bottom && base <= top; base -= step) {
        bool header_only = high <= base + ROOM_SLOT || low > base + NARROW_SIZE - ROOM_SLOT;
        if (!header_only && may_be_room(t, base) && room_map(t, base, NARROW_SIZE)) {
            return room_add(base, NARROW_SIZE);
        }
    }
    return NULL;
}

uint64_t room_slot_take_short(struct thread *t, const struct site *s, uint64_t entry)
{
    uint64_t low, high;
    room_window(s->original, s->at - s->back, s->length, &low, &high);
    for (uint32_t i = 0; i < rooms_count; i++) {
        uint64_t slot = rooms[i].size == NARROW_SIZE ? narrow_slot(&rooms[i], s, entry, low, high) : 0;
        if (slot != 0) {
            return slot;
        }
    }
    struct room *r = narrow_find(t, low, high);
    return r != NULL ? narrow_slot(r, s, entry, low, high) : 0;
}

/* The slot that rip lies in; NULL: none. */
static const struct room_slot *slot_at(uint64_t rip)
{
    uint32_t count = __atomic_load_n(&rooms_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (rip - rooms[i].base < rooms[i].size && rip - rooms[i].base >= ROOM_SLOT) {
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
