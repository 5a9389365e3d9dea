/*
 * Semantics: exit_robust_list() and handle_futex_death(), kernel/futex/core.c; mm_release(), kernel/fork.c;
 * get_robust_list(2), set_tid_address(2).
 *
 * The host's kernel has the lists of 64-bit threads as well, for those that are killed; for one that ends by itself the
 * order matters, and so the engine walks the list first.
 */
#include "syscalls/common/linux/threads/robust.h"

#include <linux/futex.h>
#include <linux/rseq.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/thread.h"

#define ENTRIES_MAX 2048 /* ROBUST_LIST_LIMIT */
#define PI_BIT      1ULL

/* A pointer of the list; bit 0 says that the futex inherits priorities. */
static int read_word(guest_ptr from, unsigned word, uint64_t *to)
{
    uint32_t low = 0;
    int r = word == 8 ? guest_load64(from, to) : guest_load32(from, &low);
    *to = word == 8 ? *to : low;
    return r;
}

static void wake_one(guest_ptr futex)
{
    host_call3(__NR_futex, futex.va, FUTEX_WAKE, 1);
}

/* Returns whether the list can be gone on with. */
static bool owner_dies(struct thread *t, guest_ptr futex, bool pi, bool pending)
{
    uint32_t value, seen;
    if (!guest_range_ok(futex, sizeof value) || guest_load32(futex, &value) != 0) {
        return false;
    }
    for (;;) {
        uint32_t owner = value & FUTEX_TID_MASK;
        if (pending && !pi && owner == 0) {
            wake_one(futex); /* given up already, and perhaps nobody has been woken */
            return true;
        }
        if (owner != (uint32_t)t->tid) {
            return true;
        }
        seen = value;
        if (guest_cas32(futex, &seen, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) != 0) {
            return false;
        }
        if (seen == value) {
            break;
        }
        value = seen;
    }
    if (!pi && (value & FUTEX_WAITERS) != 0) {
        wake_one(futex);
    }
    return true;
}

void linux_robust_list_die(struct thread *t, guest_ptr head, unsigned word)
{
    uint64_t entry, next = 0, offset, pending;
    if (read_word(head, word, &entry) != 0 || read_word(guest_at(head, word), word, &offset) != 0 ||
        read_word(guest_at(head, 2UL * word), word, &pending) != 0) {
        return;
    }
    offset = word == 4 ? (uint64_t)(int64_t)(int32_t)offset : offset;
    for (int i = 0; (entry & ~PI_BIT) != head.va && i < ENTRIES_MAX; i++) {
        guest_ptr at = guest_addr(entry & ~PI_BIT);
        bool whole = read_word(at, word, &next) == 0;
        if ((entry & ~PI_BIT) != (pending & ~PI_BIT) &&
            !owner_dies(t, guest_at(at, offset), (entry & PI_BIT) != 0, false)) {
            return;
        }
        if (!whole) {
            return;
        }
        entry = next;
    }
    if ((pending & ~PI_BIT) != 0) {
        owner_dies(t, guest_at(guest_addr(pending & ~PI_BIT), offset), (pending & PI_BIT) != 0, true);
    }
}

void linux_thread_ends(struct thread *t)
{
    enum { ROBUST_HEAD_BYTES = 24 };
    if (!guest_is_null(t->robust_lists[0])) {
        linux_robust_list_die(t, t->robust_lists[0], t->proc->personality->word);
        host_call2(__NR_set_robust_list, 0, ROBUST_HEAD_BYTES);
        t->robust_lists[0] = guest_addr(0);
    }
    heap_free(t->credentials);
    t->credentials = NULL;
    if (!guest_is_null(t->rseq)) {
        /* The host writes there whenever the thread is moved, and kills the process where it cannot. */
        host_call4(__NR_rseq, t->rseq.va, t->rseq_size, RSEQ_FLAG_UNREGISTER, t->rseq_signature);
        t->rseq = guest_addr(0);
    }
    if (!guest_is_null(t->clear_tid)) {
        guest_ptr word = t->clear_tid;
        t->clear_tid = guest_addr(0);
        if (guest_range_ok(word, sizeof(uint32_t)) && guest_store32(word, 0) == 0) {
            wake_one(word);
        }
    }
}

/* 64-bit lists; the host has them too. */
int64_t linux_any_set_robust_list(struct thread *t, guest_ptr head, uint64_t len)
{
    int64_t r = host_call2(__NR_set_robust_list, head.va, len);
    if (r == 0) {
        t->robust_lists[0] = head;
    }
    return r;
}

int64_t linux_any_set_tid_address(struct thread *t, guest_ptr tidptr)
{
    t->clear_tid = tidptr;
    return t->tid;
}

int64_t linux_any_rseq(struct thread *t, guest_ptr rseq, uint32_t len, int32_t flags, uint32_t sig)
{
    int64_t r = guest_range_ok(rseq, len) ? host_call4(__NR_rseq, rseq.va, len, flags, sig) : -EFAULT;
    if (r == 0 && (flags & RSEQ_FLAG_UNREGISTER) != 0) {
        t->rseq = guest_addr(0);
    } else if (r == 0) {
        t->rseq = rseq;
        t->rseq_size = len;
        t->rseq_signature = sig;
    }
    return r;
}
