/* Rewriting, its cold side: deciding on a site, and writing. All of it runs with the gate held. */
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/image.h"
#include "base/thread.h"
#include "syscalls/entry/choose.h"
#include "syscalls/entry/code_files.h"
#include "syscalls/entry/code_map.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/rooms.h"
#include "syscalls/entry/sites.h"

extern const char fast_entry[];
extern char _end[];

enum { JUMP = 0xe9, INT3 = 0xcc, SYSCALL_SIZE = 2, PAGE = 4096 };

static bool can_synchronise;

int rewrite_init(void)
{
    uintptr_t from = ((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    /* Nothing may be put there that a guest asks for: calls from below ENGINE_CALLS_END would not be caught. */
    void *reserve = mmap((void *)from, ENGINE_END - from, PROT_NONE, /* NOLINT(performance-no-int-to-ptr) */
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (reserve == MAP_FAILED) {
        return -errno;
    }
    /* Now, while there is one thread: with several the host waits until all processors have rested. */
    can_synchronise = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
    return 0;
}

/* Every processor that runs this address space fetches its instructions anew. */
static void synchronise(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

static bool write_at(int mem, uint64_t at, const void *bytes, size_t size)
{
    return pwrite(mem, bytes, size, (off_t)at) == (ssize_t)size;
}

static bool read_guest(void *context, void *to, uint64_t from, size_t size)
{
    return pread(*(int *)context, to, size, (off_t)from) == (ssize_t)size;
}

/*
 * Replaces `size` bytes of code at `at` that other threads may be executing. On failure what was there before comes
 * back, as far as it can.
 */
static bool replace_code(int mem, uint64_t at, const uint8_t *now, const uint8_t *next, size_t size, bool alone)
{
    static const uint8_t int3 = INT3;
    if (alone) {
        bool done = write_at(mem, at, next, size);
        synchronise();
        return done;
    }
    bool done = write_at(mem, at, &int3, 1);
    synchronise();
    if (done) {
        done = write_at(mem, at + 1, next + 1, size - 1);
        synchronise();
        done = write_at(mem, at, done ? next : now, 1) && done;
        /* Whoever still finds the int3 goes on in the trampoline, or where it was restored, all the same. */
    }
    return done;
}

/* Writes the trampoline into a slot. Returns where, or 0. */
static uint64_t make_trampoline(struct thread *t, int mem, const struct site *s)
{
    uint64_t entry = (uint64_t)fast_entry, known = 0;
    uint64_t slot = s->length < ROOM_JUMP ? room_slot_take_short(t, s, entry) : room_slot_take(t, s->at);
    uint64_t header = room_of(slot);
    struct room_slot code;
    if (slot == 0) {
        return 0;
    }
    bool headed = read_guest(&mem, &known, header, sizeof known) && known == entry;
    if ((!headed && !write_at(mem, header, &entry, sizeof entry)) || !trampoline_build(&code, slot, s, entry, header) ||
        !write_at(mem, slot, &code, sizeof code)) {
        room_slot_give(slot);
        return 0;
    }
    return slot;
}

/* A window that reaches beyond the site's mapping is cut to it. */
static void cut_window(struct code_window *w, const struct code_mapping *m)
{
    if (w->at - w->before <= m->low) {
        uint32_t before = (uint32_t)(w->at - m->low);
        memmove(w->bytes, w->bytes + w->before - before, before + SYSCALL_SIZE + w->after);
        w->before = before;
        w->starts_a_mapping = 1;
    }
    if (w->after > m->high - w->at - SYSCALL_SIZE) {
        w->after = (uint32_t)(m->high - w->at - SYSCALL_SIZE);
    }
}

static enum site_refusal decide(struct rewrite_request *rq, int mem, struct site *s)
{
    static const uint8_t call[SYSCALL_SIZE] = {0x0f, 0x05};
    struct code_window *w = &rq->window;
    struct patch_choice *choice = &rq->choice;
    struct code_mapping mapping;
    if (mem < 0 || !can_synchronise) {
        return REFUSED_HOST;
    }
    if (!code_mapping_of(rq->t, w->at, &mapping) || mapping.high - w->at < SYSCALL_SIZE) {
        return REFUSED_MAPPING;
    }
    cut_window(w, &mapping);
    if (memcmp(w->bytes + w->before, call, sizeof call) != 0) {
        return REFUSED_SHORT; /* int $0x80 and the like */
    }
    enum site_refusal refusal = REFUSED_NOT;
    if (!rq->plain) {
        refusal = choose_patch(w, choice);
        bool seen = refusal == REFUSED_NOT && choice_seen(choice, &rq->regs, read_guest, &mem);
        refusal = refusal == REFUSED_NOT && !seen ? REFUSED_UNCLEAR : refusal;
    } else if (choice->back > w->before) {
        refusal = REFUSED_UNCLEAR; /* it would reach out of its mapping */
    }
    if (refusal == REFUSED_NOT) {
        s->back = choice->back;
        s->length = choice->length;
        memcpy(s->original, w->bytes + w->before - choice->back, site_bytes(s));
    }
    return refusal;
}

/* The site's bytes as they are now must be those the decision was made on. */
static bool unchanged(int mem, const struct site *s)
{
    uint8_t now[SITE_BACK_MAX];
    uint32_t size = site_bytes(s);
    return read_guest(&mem, now, s->at - s->back, size) && memcmp(now, s->original, size) == 0;
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

static enum site_refusal apply(struct rewrite_request *rq, int mem, struct site *s)
{
    uint8_t jump[SITE_BACK_MAX];
    uint64_t from = s->at - s->back;
    enum site_refusal refusal = REFUSED_HOST;
    uint64_t slot = unchanged(mem, s) && !meets_another(s) ? make_trampoline(rq->t, mem, s) : 0;
    if (slot == 0) {
        refusal = REFUSED_FAR;
    } else {
        memset(jump, INT3, sizeof jump);
        int32_t distance = (int32_t)(slot - (from + ROOM_JUMP));
        jump[0] = JUMP;
        memcpy(jump + 1, &distance, sizeof distance);
        /* Before the first byte changes: who meets the int3 looks here. */
        __atomic_store_n(&s->trampoline, slot, __ATOMIC_RELEASE);
        if (replace_code(mem, from, s->original, jump, s->length, rq->alone)) {
            s->state = SITE_REWRITTEN;
            refusal = REFUSED_NOT;
        }
    }
    return refusal;
}

int64_t rewrite_site(void *request)
{
    struct rewrite_request *rq = request;
    struct site found = {0};
    int mem = code_files_memory();
    found.refusal = decide(rq, mem, &found);
    bool again = (found.refusal == REFUSED_UNCLEAR || mem < 0) && !rq->last_try;
    struct site *s = again || sites_find(rq->window.at) != NULL ? NULL : sites_record(rq->window.at);
    if (s != NULL) {
        s->back = found.back;
        s->length = found.length;
        s->refusal = found.refusal;
        memcpy(s->original, found.original, sizeof s->original);
        if (found.refusal == REFUSED_NOT) {
            s->refusal = apply(rq, mem, s);
        }
    }
    return 0;
}

/*
 * Whether our jump, or the int3 of a change that somebody did not live to finish, stands at the site: the guest may have
 * mapped something else there since.
 */
static bool is_ours(int mem, const struct site *s)
{
    uint8_t now[SITE_BACK_MAX];
    uint64_t from = s->at - s->back;
    int32_t distance = (int32_t)(s->trampoline - (from + ROOM_JUMP));
    if (!read_guest(&mem, now, from, s->length < ROOM_JUMP ? ROOM_JUMP : s->length)) {
        return false;
    }
    bool jump = memcmp(now + 1, &distance, sizeof distance) == 0;
    return (now[0] == JUMP && jump) ||
           (now[0] == INT3 && (jump || memcmp(now + 1, s->original + 1, s->length - 1U) == 0));
}

/* Brings the original bytes back. False: they are not there, and the trampoline stays in use. */
static bool bring_back(const struct site *s)
{
    int mem = code_files_memory();
    if (mem < 0) {
        return false;
    }
    uint8_t first;
    uint64_t from = s->at - s->back;
    return !is_ours(mem, s) ||
           (pread(mem, &first, 1, (off_t)from) == 1 && replace_code(mem, from, &first, s->original, s->length, false));
}

static void restore(struct site *s, void *request)
{
    struct restore_request *rq = request;
    if (s->trampoline != 0 && !bring_back(s)) {
        rq->failed = true;
        return;
    }
    if (s->at == rq->refuse) {
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

int64_t rewrite_restore(void *request)
{
    struct restore_request *rq = request;
    sites_each(rq->low, rq->high, restore, rq);
    return rq->failed ? -EIO : 0;
}
