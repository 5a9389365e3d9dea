/* What mmap and its like take otherwise where words have 4 bytes. Semantics: arch/x86/kernel/sys_ia32.c. */
#include <linux/mman.h>

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/space.h"
#include "syscalls/common/linux/files/vectors.h"
#include "syscalls/common/linux/memory/memory.h"

#define PAGE_SHIFT 12

/* struct mmap_arg_struct32. */
struct old_mmap {
    uint32_t address, length;
    int32_t prot, flags, fd;
    uint32_t offset;
};

/* For a program of 64 bits its addresses are to be ones that the call can give back (in_32bit_syscall(), mm/mmap.c). */
static int32_t place_low(const struct thread *t, int32_t flags)
{
    return t->proc->space->low_end != 0 ? flags : flags | MAP_32BIT;
}

int64_t linux_compat_old_mmap(struct thread *t, guest_ptr arg)
{
    struct old_mmap a;
    if (COPYIN(&a, arg) != 0) {
        return -EFAULT;
    }
    struct linux_mmap m = {a.address, a.length, a.prot, place_low(t, a.flags), a.fd, a.offset};
    return (a.offset & ((1u << PAGE_SHIFT) - 1)) != 0 ? -EINVAL : linux_mmap(t, &m);
}

int64_t linux_compat_mmap2(struct thread *t, guest_ptr addr, uint64_t len, int32_t prot, int32_t flags, int32_t fd,
                           uint64_t pgoff)
{
    struct linux_mmap m = {addr.va, len, prot, place_low(t, flags), fd, pgoff << PAGE_SHIFT};
    return linux_mmap(t, &m);
}

int64_t linux_compat_process_madvise(struct thread *t, int32_t pidfd, guest_ptr vec, uint64_t vlen, int32_t behavior,
                                     uint32_t flags)
{
    struct linux_iovec room[LINUX_IOV_MAX];
    struct linux_vector v = compat_vector_get(vec, vlen, room);
    (void)t;
    return linux_process_madvise(pidfd, v.va, v.count, behavior, flags);
}
