/*
 * Calls on arrays of buffers, for guests with words of 4 bytes; see vectors.h.
 * Sources: readv(2), fs/read_write.c, copy_compat_iovec_from_user() in lib/iov_iter.c, mm/process_vm_access.c.
 */
#include "syscalls/common/linux/files/vectors.h"

#include "linux_i386_syscalls.h"
#include "linux_x32_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/world.h"
#include "signals/signals.h"
#include "syscalls/common/linux/pairs.h"

#define CHUNK 64

/* The array in the host's layout, whatever it points to. */
static struct linux_vector compat_vector_read(guest_ptr vector, uint64_t count, struct linux_iovec *room)
{
    struct compat_iovec some[CHUNK];

    if (count > LINUX_IOV_MAX) {
        return (struct linux_vector){GUEST_NOWHERE, count};
    }
    for (uint64_t done = 0, n; done < count; done += n) {
        n = count - done < CHUNK ? count - done : CHUNK;
        if (copyin(some, guest_at(vector, done * sizeof(some[0])), n * sizeof(some[0])) < 0) {
            return (struct linux_vector){GUEST_NOWHERE, count};
        }
        for (uint64_t i = 0; i < n; i++) {
            room[done + i] = (struct linux_iovec){some[i].base, some[i].length}; /* below zero: the host's to refuse */
        }
    }
    return (struct linux_vector){(uint64_t)room, count};
}

struct linux_vector compat_vector_get(guest_ptr vector, uint64_t count, struct linux_iovec *room)
{
    struct linux_vector v = compat_vector_read(vector, count, room);

    if (v.va == (uint64_t)room) {
        v.count = linux_vector_clip(room, count);
    }
    return v;
}

static int64_t transfer(struct thread *t, long nr, int fd, guest_ptr vec, uint64_t vlen, int64_t pos, uint64_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(vec, vlen, room);

    return host_restartable(t, host_call_intr(t, nr, (uint64_t)fd, v.va, v.count, (uint64_t)pos, 0, flags));
}

int64_t linux_compat_readv(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen)
{
    return transfer(t, __NR_readv, fd, vec, vlen, 0, 0);
}

int64_t linux_compat_writev(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen)
{
    return transfer(t, __NR_writev, fd, vec, vlen, 0, 0);
}

/* With the position in one register, as x32 has it. */
int64_t linux_compat_preadv64(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, int64_t pos)
{
    return transfer(t, __NR_preadv, fd, vec, vlen, pos, 0);
}

int64_t linux_compat_pwritev64(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, int64_t pos)
{
    return transfer(t, __NR_pwritev, fd, vec, vlen, pos, 0);
}

int64_t linux_compat_preadv64v2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, int64_t pos, int32_t flags)
{
    return transfer(t, __NR_preadv2, fd, vec, vlen, pos, (uint64_t)flags);
}

int64_t linux_compat_pwritev64v2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, int64_t pos, int32_t flags)
{
    return transfer(t, __NR_pwritev2, fd, vec, vlen, pos, (uint64_t)flags);
}

/* With the position in two registers, as i386 has it. */
int64_t linux_compat_preadv(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint32_t low, uint32_t high)
{
    return transfer(t, __NR_preadv, fd, vec, vlen, linux_pair(low, high), 0);
}

int64_t linux_compat_pwritev(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint32_t low, uint32_t high)
{
    return transfer(t, __NR_pwritev, fd, vec, vlen, linux_pair(low, high), 0);
}

int64_t linux_compat_preadv2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint32_t low, uint32_t high,
                             int32_t flags)
{
    return transfer(t, __NR_preadv2, fd, vec, vlen, linux_pair(low, high), (uint64_t)flags);
}

int64_t linux_compat_pwritev2(struct thread *t, int32_t fd, guest_ptr vec, uint64_t vlen, uint32_t low, uint32_t high,
                              int32_t flags)
{
    return transfer(t, __NR_pwritev2, fd, vec, vlen, linux_pair(low, high), (uint64_t)flags);
}

int64_t linux_compat_vmsplice(struct thread *t, int32_t fd, guest_ptr iov, uint64_t nr_segs, uint32_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(iov, nr_segs, room);

    return host_restartable(t, host_call_intr(t, __NR_vmsplice, (uint64_t)fd, v.va, v.count, flags, 0, 0));
}

/* The other side's addresses are its own, and so the engine's if it is this process. */
static int64_t other_process(struct thread *t, long nr, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                             uint64_t riovcnt, uint64_t flags)
{
    struct linux_iovec local[LINUX_IOV_MAX], remote[LINUX_IOV_MAX];
    struct linux_vector l = compat_vector_get(lvec, liovcnt, local), r = compat_vector_read(rvec, riovcnt, remote);

    if (r.va == (uint64_t)remote && (pid == t->proc->pid || pid == t->tid)) {
        r.count = linux_vector_clip(remote, r.count);
    }
    return host_call6(nr, pid, l.va, l.count, r.va, r.count, flags);
}

int64_t linux_compat_process_vm_readv(struct thread *t, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                                      uint64_t riovcnt, uint64_t flags)
{
    if (!world_reaches(t, pid)) {
        return -ESRCH;
    }
    return other_process(t, __NR_process_vm_readv, pid, lvec, liovcnt, rvec, riovcnt, flags);
}

int64_t linux_compat_process_vm_writev(struct thread *t, int32_t pid, guest_ptr lvec, uint64_t liovcnt, guest_ptr rvec,
                                       uint64_t riovcnt, uint64_t flags)
{
    if (!world_reaches(t, pid)) {
        return -ESRCH;
    }
    return other_process(t, __NR_process_vm_writev, pid, lvec, liovcnt, rvec, riovcnt, flags);
}
