/* Calls on arrays of buffers, for 64-bit guests; see vectors.h. Sources: readv(2), fs/read_write.c, lib/iov_iter.c. */
#include "syscalls/common/linux/files/vectors.h"

#include "linux_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/world.h"
#include "signals/signals.h"

uint64_t linux_vector_clip(struct linux_iovec *v, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct guest_span s = guest_span(v[i].base, (uint64_t)v[i].length);

        if (s.va != v[i].base || s.len != (uint64_t)v[i].length) {
            v[i] = (struct linux_iovec){s.va, (int64_t)s.len};
            return i + 1;
        }
    }
    return count;
}

struct linux_vector linux_vector_get(guest_ptr vector, uint64_t count, struct linux_iovec *room)
{
    if (guest_vector_ok(vector, count)) {
        return (struct linux_vector){vector.va, count};
    }
    if (copyin(room, vector, count * sizeof(*room)) < 0) {
        return (struct linux_vector){GUEST_NOWHERE, count};
    }
    return (struct linux_vector){(uint64_t)room, linux_vector_clip(room, count)};
}

static int64_t transfer(struct thread *t, long nr, int fd, guest_ptr vec, uint64_t vlen, uint64_t pos, uint64_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = linux_vector_get(vec, vlen, room);

    return host_restartable(t, host_call_intr(t, nr, (uint64_t)fd, v.va, v.count, pos, 0, flags));
}

int64_t linux_any_readv(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen)
{
    return transfer(t, __NR_readv, fd, vec, vlen, 0, 0);
}

int64_t linux_any_writev(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen)
{
    return transfer(t, __NR_writev, fd, vec, vlen, 0, 0);
}

/* A position is one register of 64 bits; the second, for its upper half, is shifted out (pos_from_hilo()). */
int64_t linux_any_preadv(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint64_t pos_l, uint64_t pos_h)
{
    (void)pos_h;
    return transfer(t, __NR_preadv, fd, vec, vlen, pos_l, 0);
}

int64_t linux_any_pwritev(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint64_t pos_l, uint64_t pos_h)
{
    (void)pos_h;
    return transfer(t, __NR_pwritev, fd, vec, vlen, pos_l, 0);
}

int64_t linux_any_preadv2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint64_t pos_l, uint64_t pos_h,
                          int32_t flags)
{
    (void)pos_h;
    return transfer(t, __NR_preadv2, fd, vec, vlen, pos_l, (uint64_t)flags);
}

int64_t linux_any_pwritev2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint64_t pos_l, uint64_t pos_h,
                           int32_t flags)
{
    (void)pos_h;
    return transfer(t, __NR_pwritev2, fd, vec, vlen, pos_l, (uint64_t)flags);
}

int64_t linux_any_vmsplice(struct thread *t, int32_t fd, guest_ptr iov, uint64_t nr_segs, uint32_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = linux_vector_get(iov, nr_segs, room);

    return host_restartable(t, host_call_intr(t, __NR_vmsplice, (uint64_t)fd, v.va, v.count, flags, 0, 0));
}

/* The other side's addresses are its own, and so the engine's if it is this process. */
static int64_t other_process(struct thread *t, long nr, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                             uint64_t riovcnt, uint64_t flags)
{
    struct linux_iovec local[LINUX_IOV_MAX], remote[LINUX_IOV_MAX];
    struct linux_vector l = linux_vector_get(lvec, liovcnt, local), r = {rvec.va, riovcnt};

    if (pid == t->proc->pid || pid == t->tid) {
        r = linux_vector_get(rvec, riovcnt, remote);
    }
    return host_call6(nr, pid, l.va, l.count, r.va, r.count, flags);
}

int64_t linux_any_process_vm_readv(struct thread *t, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                                   uint64_t riovcnt, uint64_t flags)
{
    if (!world_reaches(t, pid)) {
        return -ESRCH;
    }
    return other_process(t, __NR_process_vm_readv, pid, lvec, liovcnt, rvec, riovcnt, flags);
}

int64_t linux_any_process_vm_writev(struct thread *t, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                                    uint64_t riovcnt, uint64_t flags)
{
    if (!world_reaches(t, pid)) {
        return -ESRCH;
    }
    return other_process(t, __NR_process_vm_writev, pid, lvec, liovcnt, rvec, riovcnt, flags);
}
