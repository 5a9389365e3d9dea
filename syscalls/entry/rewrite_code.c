#include "syscalls/entry/rewrite_code.h"

#include <linux/membarrier.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/shared.h"
#include "syscalls/entry/code_files.h"
#include "syscalls/entry/rooms.h"

extern const char fast_entry[];

enum { JUMP = 0xe9, INT3 = 0xcc, PAGE = 4096 };

bool code_can_synchronise;

/* Every processor that runs this address space fetches its instructions anew. */
static void synchronise(void)
{
    host_call3(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

static bool write_at(uint64_t at, const void *bytes, size_t size)
{
    return host_call4(__NR_pwrite64, code_files_memory(), bytes, size, at) == (int64_t)size;
}

bool code_read(void *to, uint64_t from, size_t size)
{
    return host_call4(__NR_pread64, code_files_memory(), to, size, from) == (int64_t)size;
}

/*
 * Replaces `size` bytes of code at `at`, which other threads may be executing unless the caller is alone: then the one
 * processor sees its own writes, and another one fetches anew when it takes the thread over. On failure what was there
 * before comes back, as far as it can.
 */
static bool replace_code(uint64_t at, const uint8_t *now, const uint8_t *next, size_t size, bool alone)
{
    static const uint8_t int3 = INT3;
    if (alone) {
        return write_at(at, next, size);
    }
    bool done = write_at(at, &int3, 1);
    synchronise();
    if (done) {
        done = write_at(at + 1, next + 1, size - 1);
        synchronise();
        done = write_at(at, done ? next : now, 1) && done;
        /* Whoever still finds the int3 goes on in the trampoline, or where it was restored, all the same. */
    }
    return done;
}

/* Whether the room has its header; it is written where not. */
static bool give_header(uint64_t header)
{
    static uint64_t headed; /* the room whose header was seen or written last: rooms stay */
    uint64_t entry = (uint64_t)fast_entry, known = 0;
    bool has = header == headed || (code_read(&known, header, sizeof known) && known == entry) ||
               write_at(header, &entry, sizeof entry);
    headed = has ? header : headed;
    return has;
}

/* A slot for the site, and what is to be written there. Returns where, or 0. */
static uint64_t take_slot(struct thread *t, const struct site *s, struct room_slot *out)
{
    uint64_t entry = (uint64_t)fast_entry;
    uint64_t slot = s->length < ROOM_JUMP ? room_slot_take_short(t, s, entry) : room_slot_take(t, s->at);
    uint64_t header = room_of(slot);
    if (slot != 0 && (!give_header(header) || !trampoline_build(out, slot, s, entry, header))) {
        room_slot_give(slot);
        return 0;
    }
    return slot;
}

/* Writes the trampoline into a slot. Returns where, or 0. */
static uint64_t make_trampoline(struct thread *t, const struct site *s)
{
    struct room_slot code;
    uint64_t slot = take_slot(t, s, &code);
    if (slot != 0 && !write_at(slot, &code, sizeof code)) {
        room_slot_give(slot);
        return 0;
    }
    return slot;
}

/* The site's bytes as they are now must be those the decision was made on: where others run, they are looked at again. */
static bool unchanged(const struct site *s)
{
    uint8_t now[SITE_BACK_MAX];
    uint32_t size = site_bytes(s);
    return code_read(now, s->at - s->back, size) && memcmp(now, s->original, size) == 0;
}

static void note_other(struct site *other, void *found)
{
    *(bool *)found |= other->trampoline != 0;
}

/* Whether the site's jump would have a byte in common with another's: the one behind the `syscall`, of two that follow. */
static bool meets_another(const struct site *s)
{
    bool found = false;
    sites_each(s->at - s->back, s->at - s->back + site_bytes(s), note_other, &found);
    return found;
}

static uint64_t begin_of(const struct site *s)
{
    return s->at - s->back;
}

/* The bytes of the jump to a trampoline that stands in its slot already. */
static void build_jump(const struct site *s, uint64_t slot, uint8_t *jump)
{
    int32_t distance = (int32_t)(slot - (begin_of(s) + ROOM_JUMP));
    memset(jump, INT3, s->length);
    jump[0] = JUMP;
    memcpy(jump + 1, &distance, s->length < ROOM_JUMP ? s->length - 1U : sizeof distance);
}

void code_rewrite(struct thread *t, struct site *s, bool alone)
{
    uint8_t jump[SITE_BACK_MAX];
    uint64_t slot = (alone || unchanged(s)) && !meets_another(s) ? make_trampoline(t, s) : 0;
    if (slot == 0) {
        s->refusal = REFUSED_FAR;
        return;
    }
    build_jump(s, slot, jump);
    /* Before the first byte changes: who meets the int3 looks here. */
    __atomic_store_n(&s->trampoline, slot, __ATOMIC_RELEASE);
    bool done = replace_code(begin_of(s), s->original, jump, s->length, alone);
    s->refusal = done ? REFUSED_NOT : REFUSED_HOST;
    s->state = done ? SITE_REWRITTEN : s->state;
}

/* Makes the jumps of `count` sites that lie in one page, or of one, by one write of all that is from the first to the last. */
static void make_jumps(struct site *const *sites, const uint64_t *slots, uint32_t count)
{
    uint8_t code[PAGE];
    uint64_t low = begin_of(sites[0]);
    for (uint32_t i = 1; i < count; i++) { /* what looks like a site may lie in the constants of another */
        low = begin_of(sites[i]) < low ? begin_of(sites[i]) : low;
    }
    uint64_t size = sites[count - 1]->at - low;
    bool done = guest_copy(code, (const void *)low, size) == 0;
    for (uint32_t i = 0; i < count; i++) {
        build_jump(sites[i], slots[i], code + (begin_of(sites[i]) - low));
        __atomic_store_n(&sites[i]->trampoline, slots[i], __ATOMIC_RELEASE);
    }
    done = done && write_at(low, code, size);
    for (uint32_t i = 0; i < count; i++) {
        sites[i]->refusal = done ? REFUSED_NOT : REFUSED_HOST;
        sites[i]->state = done ? SITE_REWRITTEN : sites[i]->state;
    }
}

static void sort_by_place(struct site **sites, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct site *s = sites[i];
        uint32_t to = i;
        for (; to > 0 && sites[to - 1]->at > s->at; to--) {
            sites[to] = sites[to - 1];
        }
        sites[to] = s;
    }
}

/* Writes the trampolines of all into slots. Those that get none are refused; returns how many are left, in their order. */
static uint32_t make_trampolines(struct thread *t, struct site **sites, uint64_t *slots, uint32_t count)
{
    struct room_slot code[CODE_SITES_MAX];
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t slot = meets_another(sites[i]) ? 0 : take_slot(t, sites[i], &code[left]);
        if (slot == 0) {
            sites[i]->refusal = REFUSED_FAR;
            continue;
        }
        sites[left] = sites[i];
        slots[left++] = slot;
    }
    for (uint32_t i = 0, run; i < left; i += run) {
        for (run = 1; i + run < left && slots[i + run] == slots[i] + run * ROOM_SLOT; run++) {}
        if (!write_at(slots[i], &code[i], run * sizeof code[i])) {
            for (uint32_t k = i; k < left; k++) {
                sites[k]->refusal = REFUSED_HOST;
                room_slot_give(slots[k]);
            }
            return i;
        }
    }
    return left;
}

static bool is_in_page(const struct site *s, uint64_t page)
{
    return begin_of(s) / PAGE == page && (s->at - 1) / PAGE == page;
}

void code_rewrite_all(struct thread *t, struct site **sites, uint32_t count)
{
    uint64_t slots[CODE_SITES_MAX];
    sort_by_place(sites, count);
    count = make_trampolines(t, sites, slots, count);
    for (uint32_t i = 0, run; i < count; i += run) {
        uint64_t page = begin_of(sites[i]) / PAGE;
        for (run = 1; i + run < count && is_in_page(sites[i + run], page); run++) {}
        make_jumps(sites + i, slots + i, run);
    }
}

/*
 * Whether our jump, or the int3 of a change that somebody did not live to finish, stands at the site: the guest may have
 * mapped something else there since.
 */
static bool is_ours(const struct site *s)
{
    uint8_t now[SITE_BACK_MAX];
    uint64_t from = s->at - s->back;
    int32_t distance = (int32_t)(s->trampoline - (from + ROOM_JUMP));
    if (!code_read(now, from, s->length < ROOM_JUMP ? ROOM_JUMP : s->length)) {
        return false;
    }
    bool jump = memcmp(now + 1, &distance, sizeof distance) == 0;
    return (now[0] == JUMP && jump) ||
           (now[0] == INT3 && (jump || memcmp(now + 1, s->original + 1, s->length - 1U) == 0));
}

/* Brings the original bytes back. False: they are not there, and the trampoline stays in use. */
static bool bring_back(const struct site *s)
{
    uint8_t first;
    uint64_t from = s->at - s->back;
    if (code_files_memory() < 0) {
        return false;
    }
    return !is_ours(s) ||
           (code_read(&first, from, sizeof first) && replace_code(from, &first, s->original, s->length, false));
}

struct restoring {
    uint64_t refuse;
    bool failed;
};

static void restore(struct site *s, void *arg)
{
    struct restoring *r = arg;
    if (s->trampoline != 0 && !bring_back(s)) {
        r->failed = true;
        return;
    }
    if (s->at == r->refuse) {
        s->state = SITE_REFUSED;
        s->refusal = REFUSED_STEPPED;
        return;
    }
    uint64_t slot = s->trampoline;
    sites_forget(s);
    if (slot != 0) {
        room_slot_give(slot);
    }
}

bool code_restore(uint64_t low, uint64_t high, uint64_t refuse)
{
    struct restoring r = {refuse, false};
    sites_each(low, high, restore, &r);
    return !r.failed;
}
