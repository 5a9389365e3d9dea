/*
 * Robust mutexes of a thread that ends. Semantics: sys/kern/kern_umtx.c, umtx_thread_cleanup(): whole
 * umutexes are linked through m_rb_lnk in two lists (shared and private); a third word names one that is
 * being taken or given up. Each that the thread still owns is released as "owner died".
 */
#include "base/host.h"
#include "process/thread.h"
#include "syscalls/freebsd/threads/umtx.h"

#define LIST_MAX 1000 /* the real kernel also stops somewhere: a list may be a loop */

/* Releases one; *next receives its link. A mutex in passing may be owned by somebody else already. */
static int64_t handle_one(struct thread *t, uint64_t address, uint64_t *next, bool passing)
{
    struct freebsd_umutex m;
    int r = COPYIN(&m, guest_addr(address));
    if (r < 0) {
        return r;
    }
    *next = m.m_rb_lnk;
    if ((m.m_flags & FREEBSD_UMUTEX_ROBUST) == 0) {
        return -EINVAL;
    }
    if ((m.m_owner & ~FREEBSD_UMUTEX_CONTESTED) != umtx_self(t)) {
        return passing ? 0 : -EINVAL;
    }
    return umtx_mutex_unlock(t, guest_addr(address), true);
}

static void clean_list(struct thread *t, guest_ptr head, uint64_t *passing)
{
    uint64_t address;
    if (guest_is_null(head) || guest_load64(head, &address) < 0) {
        return;
    }
    for (int i = 0; address != 0 && i < LIST_MAX; i++) {
        bool is_passing = address == *passing;
        if (is_passing) {
            *passing = 0;
        }
        if (handle_one(t, address, &address, is_passing) < 0) {
            return;
        }
    }
}

void freebsd_umtx_thread_exit(struct thread *t)
{
    uint64_t passing = 0, ignored;
    if (!guest_is_null(t->robust_lists[2])) {
        (void)guest_load64(t->robust_lists[2], &passing);
    }
    clean_list(t, t->robust_lists[0], &passing);
    clean_list(t, t->robust_lists[1], &passing);
    if (passing != 0) {
        (void)handle_one(t, passing, &ignored, true);
    }
    t->robust_lists[0] = t->robust_lists[1] = t->robust_lists[2] = guest_addr(0);
}
