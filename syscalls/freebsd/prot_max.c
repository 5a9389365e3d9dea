/*
 * PROT_MAX (mmap(2), mprotect(2)): the most that may ever be allowed of a range. The host knows no such thing, so
 * the few ranges that programs restrict are remembered here.
 */
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/memory.h"
#include "syscalls/freebsd/process_data.h"

typedef struct freebsd_prot_range range;

static void add(struct freebsd_process *p, range r)
{
    if (r.low < r.high && p->prot_range_count < FREEBSD_PROT_RANGES) {
        p->prot_ranges[p->prot_range_count++] = r;
    }
}

/* Cuts [low, high) out of every remembered range; what sticks out on either side stays. */
static void cut(struct freebsd_process *p, uint64_t low, uint64_t high)
{
    for (uint32_t i = p->prot_range_count; i-- > 0;) {
        range r = p->prot_ranges[i];
        if (r.low < high && low < r.high) {
            p->prot_ranges[i] = p->prot_ranges[--p->prot_range_count];
            add(p, (range){r.low, low, r.max});
            add(p, (range){high, r.high, r.max});
        }
    }
}

static uint32_t max_of(const struct freebsd_process *p, uint64_t low, uint64_t high)
{
    uint32_t max = FREEBSD_PROT_ALL;
    for (uint32_t i = 0; i < p->prot_range_count; i++) {
        if (p->prot_ranges[i].low < high && low < p->prot_ranges[i].high) {
            max &= p->prot_ranges[i].max;
        }
    }
    return max;
}

void freebsd_prot_max_set(struct thread *t, uint64_t address, uint64_t length, uint32_t max)
{
    bool restricts = max != 0 && max != FREEBSD_PROT_ALL;
    struct freebsd_process *p = restricts ? freebsd_process(t) : t->proc->personality_data;
    if (p == NULL || (!restricts && __atomic_load_n(&p->prot_range_count, __ATOMIC_RELAXED) == 0)) {
        return;
    }
    lock_acquire(&p->lock);
    cut(p, address, address + length);
    if (restricts) {
        add(p, (range){address, address + length, max});
    }
    lock_release(&p->lock);
}

uint32_t freebsd_prot_max(struct thread *t, uint64_t address, uint64_t length)
{
    struct freebsd_process *p = t->proc->personality_data;
    if (p == NULL || __atomic_load_n(&p->prot_range_count, __ATOMIC_RELAXED) == 0) {
        return FREEBSD_PROT_ALL;
    }
    lock_acquire(&p->lock);
    uint32_t max = max_of(p, address, address + length);
    lock_release(&p->lock);
    return max;
}
