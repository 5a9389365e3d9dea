/* Slots of the process table: claiming, freeing and reading them. */
#include "process/table.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/shared.h"
#include "base/signal_types.h"
#include "process/host_stat.h"

enum { TRIES = 16 }; /* of a reader that finds a slot being written */

static int32_t writer_of(uint64_t word)
{
    return (int32_t)(uint32_t)word;
}

static uint32_t slot_of(int32_t pid, uint32_t step)
{
    return ((uint32_t)pid + step) % PROCESS_TABLE_SLOTS;
}

static bool gone(int32_t pid)
{
    return pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH;
}

static bool is_another(int32_t pid, uint64_t start)
{
    struct host_stat now;
    return host_stat_read(pid, &now) == 0 && now.start != start;
}

/* How hard claiming looks: the second step asks the host more than the first. */
enum effort { FREE_OR_GONE, STALE, EFFORTS };

static bool may_take(const struct process_table_head *h, int32_t me, enum effort effort)
{
    int32_t writer = writer_of(h->word);
    if (writer != 0) {
        return effort == STALE && gone(writer);
    }
    if (effort == STALE) {
        return is_another(h->pid, h->start);
    }
    return h->pid == me || gone(h->pid); /* me: an earlier process with this number */
}

/* Becomes the writer of a slot whose word was `word`. The word is then *held. */
static bool take(struct process_table *table, uint32_t slot, uint64_t word, int32_t me, uint64_t *held)
{
    uint64_t found = word;
    *held = (word & ~(uint64_t)UINT32_MAX) | (uint32_t)me;
    return guest_raw_cas64(&table->slots[slot].head.word, &found, *held) == 0 && found == word;
}

static void let_go(struct process_table *table, uint32_t slot, uint64_t held)
{
    guest_raw_store64(&table->slots[slot].head.word, ((held >> 32) + 1) << 32);
}

static int name_owner(struct process_table *table, uint32_t slot, int32_t pid, uint64_t start)
{
    struct process_table_head h = {.start = start, .pid = pid, .layout = PROCESS_TABLE_LAYOUT};
    const size_t skip = offsetof(struct process_table_head, start);
    return guest_copy((char *)&table->slots[slot].head + skip, (const char *)&h + skip, sizeof h - skip);
}

static int fill(struct process_table *table, uint32_t slot, uint64_t held, const struct process_table_entry *e)
{
    int r = guest_copy(&table->slots[slot].entry, e, sizeof *e);
    if (r == 0) {
        r = name_owner(table, slot, e->pid, e->start);
    }
    let_go(table, slot, held);
    return r;
}

/*
 * Copies a head that is about to be written. The compare and swap changes nothing (it would store the value it finds),
 * but counts as a write: so the page comes as writable at once, instead of by a second fault.
 */
static int head_for_writing(struct process_table_head *to, struct process_table_head *head)
{
    uint64_t any = ~0ULL;
    int r = guest_raw_cas64(&head->word, &any, ~0ULL);
    return r != 0 ? r : guest_copy(to, head, sizeof *to);
}

/* Writes the entry into this slot if it may be taken: its number then, -EAGAIN if not, or -EFAULT. */
static int64_t try_slot(struct process_table *table, uint32_t slot, const struct process_table_entry *e,
                        enum effort effort)
{
    struct process_table_head h;
    uint64_t held;
    if (head_for_writing(&h, &table->slots[slot].head) != 0) {
        return -EFAULT;
    }
    /* What was read of the head is of this word: a change in between would have changed the word. */
    if (!may_take(&h, e->pid, effort) || !take(table, slot, h.word, e->pid, &held)) {
        return -EAGAIN;
    }
    int r = fill(table, slot, held, e);
    return r != 0 ? r : (int64_t)slot;
}

int64_t process_table_publish(struct process_table *table, const struct process_table_entry *e, int32_t own)
{
    int64_t r =
        own >= 0 && (uint32_t)own < PROCESS_TABLE_SLOTS ? try_slot(table, (uint32_t)own, e, FREE_OR_GONE) : -EAGAIN;
    for (unsigned effort = FREE_OR_GONE; r == -EAGAIN && effort < EFFORTS; effort++) {
        for (uint32_t step = 0; r == -EAGAIN && step < PROCESS_TABLE_WINDOW; step++) {
            r = try_slot(table, slot_of(e->pid, step), e, (enum effort)effort);
        }
    }
    return r == -EAGAIN ? -ENOSPC : r;
}

/* Becomes the writer of a slot if it still is this process's. */
static bool take_own(struct process_table *table, uint32_t slot, int32_t pid, uint64_t start, uint64_t *held)
{
    struct process_table_head h;
    if (slot >= PROCESS_TABLE_SLOTS || guest_copy(&h, &table->slots[slot].head, sizeof h) != 0) {
        return false;
    }
    bool own = writer_of(h.word) == 0 && h.pid == pid && h.start == start;
    return own && take(table, slot, h.word, pid, held);
}

void process_table_withdraw(struct process_table *table, uint32_t slot, int32_t pid, uint64_t start)
{
    uint64_t held;
    if (take_own(table, slot, pid, start, &held)) {
        name_owner(table, slot, 0, 0);
        let_go(table, slot, held);
    }
}

void process_table_note_death(struct process_table *table, uint32_t slot, const struct process_table_death *d)
{
    uint64_t held;
    if (take_own(table, slot, d->pid, d->start, &held)) {
        guest_raw_store64(&table->slots[slot].head.death, (uint64_t)(uint32_t)d->parent << 32 | (uint32_t)d->signo);
        let_go(table, slot, held);
    }
}

int process_table_death(const struct process_table *table, int32_t pid, uint64_t start, int32_t parent)
{
    for (uint32_t step = 0; pid > 0 && step < PROCESS_TABLE_WINDOW; step++) {
        struct process_table_head h;
        if (guest_copy(&h, &table->slots[slot_of(pid, step)].head, sizeof h) != 0) {
            break;
        }
        bool meant = start != 0 ? h.start == start : (int32_t)(h.death >> 32) == parent;
        if (h.pid == pid && meant && writer_of(h.word) == 0 && h.death != 0) {
            return (uint32_t)h.death <= SIGNAL_MAX ? (int)(uint32_t)h.death : 0;
        }
    }
    return 0;
}

static bool ends(const char *s, size_t size)
{
    while (size > 0 && *s != '\0') {
        s++;
        size--;
    }
    return size > 0;
}

static bool entry_ok(const struct process_table_entry *e, const struct process_table_head *h)
{
    return h->layout == PROCESS_TABLE_LAYOUT && h->pid > 0 && e->pid == h->pid && e->start == h->start &&
           ends(e->personality, sizeof e->personality) && ends(e->command, sizeof e->command) &&
           ends(e->program, sizeof e->program) && e->args_size <= sizeof e->args && e->args_size <= e->args_total;
}

/* One attempt: 0, -EAGAIN (it was being written), -ESRCH or -EFAULT. */
static int read_once(const struct process_table *table, uint32_t slot, struct process_table_entry *out)
{
    struct process_table_head h;
    uint64_t after;
    if (guest_copy(&h, &table->slots[slot].head, sizeof h) != 0) {
        return -EFAULT;
    }
    if (writer_of(h.word) != 0) {
        return -EAGAIN;
    }
    if (h.pid <= 0) {
        return -ESRCH;
    }
    if (guest_copy(out, &table->slots[slot].entry, sizeof *out) != 0) {
        return -EFAULT;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (guest_raw_load64(&table->slots[slot].head.word, &after) != 0) {
        return -EFAULT;
    }
    if (after != h.word) {
        return -EAGAIN;
    }
    return entry_ok(out, &h) ? 0 : -ESRCH;
}

int process_table_at(const struct process_table *table, uint32_t slot, struct process_table_entry *out)
{
    int r = -ESRCH;
    for (int i = 0; slot < PROCESS_TABLE_SLOTS && i < TRIES; i++) {
        r = read_once(table, slot, out);
        if (r != -EAGAIN) {
            return r;
        }
    }
    return -ESRCH;
}

int process_table_find(const struct process_table *table, int32_t pid, uint64_t start, struct process_table_entry *out)
{
    for (uint32_t step = 0; step < PROCESS_TABLE_WINDOW; step++) {
        uint32_t slot = slot_of(pid, step);
        struct process_table_head h;
        if (guest_copy(&h, &table->slots[slot].head, sizeof h) != 0) {
            break;
        }
        if (h.pid == pid && process_table_at(table, slot, out) == 0 && out->pid == pid && out->start == start) {
            return 0;
        }
    }
    return -ESRCH;
}
