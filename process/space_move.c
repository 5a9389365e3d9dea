/*
 * mremap: growing, shrinking and moving what is mapped. Semantics: mremap(2), mm/mremap.c.
 *
 * Code that is moved is given its original bytes first: a call site is known by its address.
 */
#include <linux/mman.h>

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space_private.h"

static int64_t host_mremap(const struct space_move *m, uint64_t flags, uint64_t address)
{
    uint64_t keep = m->keep && (flags & MREMAP_MAYMOVE) ? 4 /* MREMAP_DONTUNMAP */ : 0;
    return host_call5(__NR_mremap, m->old, m->old_length, m->new_length, flags | keep, address);
}

/* Where it is, if the host finds room behind it; else where the ledger has room. */
static int64_t move_low(struct thread *t, const struct space_move *m)
{
    const struct address_space *s = t->proc->space;
    bool stays = m->old_length != 0 && !m->keep && m->new_length <= s->low_end - m->old;
    int64_t r = stays ? host_mremap(m, 0, 0) : -ENOMEM;
    if (r != -ENOMEM || !m->may_move) {
        return r;
    }
    /* The place is held, so that nothing is replaced that the ledger has not heard of. */
    int64_t place = space_hold_low_locked(t, m->new_length);
    if (is_error(place)) {
        return place;
    }
    r = host_mremap(m, MREMAP_MAYMOVE | MREMAP_FIXED, (uint64_t)place);
    if (is_error(r)) {
        host_call2(__NR_munmap, place, m->new_length);
        /* In the held place nothing of the guest's can have been put meanwhile. */
        space_low_freed(t->proc->space, (uint64_t)place, (uint64_t)place + m->new_length);
    }
    return r;
}

static int64_t move_locked(struct thread *t, const struct space_move *m)
{
    if (m->fixed) {
        return host_mremap(m, MREMAP_MAYMOVE | MREMAP_FIXED, m->address);
    }
    if (t->proc->space->low_end != 0) {
        return move_low(t, m);
    }
    return host_mremap(m, m->may_move ? MREMAP_MAYMOVE : 0, m->address);
}

static void note(struct address_space *s, const struct space_move *m, uint64_t now)
{
    if (!m->keep && m->old_length != 0) {
        space_low_freed(s, m->old, m->old + m->old_length);
    }
    space_low_taken(s, now, now + m->new_length);
}

int64_t space_move(struct thread *t, const struct space_move *m)
{
    struct address_space *s = t->proc->space;
    uint64_t from, to, high = m->old + m->old_length;
    if (m->new_length > (s->low_end != 0 ? s->low_end : USER_END)) {
        return m->fixed ? -EINVAL : -ENOMEM;
    }
    if (m->fixed && (!space_range_ok(s, m->address, m->new_length) ||
                     space_reserved_in(s, m->address, m->address + m->new_length, &from, &to))) {
        return -EINVAL;
    }
    /* As mremap_to() does, before it looks at the old range: so that sites there are forgotten. */
    int64_t r = m->fixed ? space_unmap(t, m->address, m->new_length) : 0;
    if (r < 0) {
        return r;
    }
    if (!space_range_ok(s, m->old, m->old_length) || space_reserved_in(s, m->old, high, &from, &to)) {
        return -EFAULT;
    }
    space_low_lock(s);
    bool held = t->proc->hooks->code_changes(t, m->old, high);
    r = move_locked(t, m);
    __atomic_fetch_add(&s->changes, 1, __ATOMIC_SEQ_CST);
    t->proc->hooks->code_changed(t, m->old, high, held);
    if (!is_error(r)) {
        note(s, m, (uint64_t)r);
    }
    space_low_unlock(s);
    return r;
}
