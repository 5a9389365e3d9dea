/*
 * Calls whose offsets and lengths of 64 bits come in two registers, the lower half first.
 * Sources: arch/x86/kernel/sys_ia32.c, fs/sync.c.
 */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/pairs.h"

int64_t linux_i386_pread64(struct thread *t, int32_t fd, guest_ptr buf, uint64_t count, uint32_t low, uint32_t high)
{
    return host_restartable(
        t, host_call_intr(t, __NR_pread64, (uint64_t)fd, buf.va, count, (uint64_t)linux_pair(low, high), 0, 0));
}

int64_t linux_i386_pwrite64(struct thread *t, int32_t fd, guest_ptr buf, uint64_t count, uint32_t low, uint32_t high)
{
    return host_restartable(
        t, host_call_intr(t, __NR_pwrite64, (uint64_t)fd, buf.va, count, (uint64_t)linux_pair(low, high), 0, 0));
}

int64_t linux_i386_ftruncate64(struct thread *t, int32_t fd, uint32_t low, uint32_t high)
{
    (void)t;
    return host_call2(__NR_ftruncate, fd, linux_pair(low, high));
}

int64_t linux_i386_readahead(struct thread *t, int32_t fd, uint32_t low, uint32_t high, uint64_t count)
{
    (void)t;
    return host_call3(__NR_readahead, fd, linux_pair(low, high), count);
}

int64_t linux_i386_fadvise64(struct thread *t, int32_t fd, uint32_t low, uint32_t high, uint64_t len, int32_t advice)
{
    (void)t;
    return host_call4(__NR_fadvise64, fd, linux_pair(low, high), len, advice);
}

int64_t linux_i386_fadvise64_64(struct thread *t, int32_t fd, uint32_t offset_low, uint32_t offset_high,
                                uint32_t len_low, uint32_t len_high, int32_t advice)
{
    (void)t;
    return host_call4(__NR_fadvise64, fd, linux_pair(offset_low, offset_high), linux_pair(len_low, len_high), advice);
}

int64_t linux_i386_sync_file_range(struct thread *t, int32_t fd, uint32_t offset_low, uint32_t offset_high,
                                   uint32_t nbytes_low, uint32_t nbytes_high, int32_t flags)
{
    return host_restartable(t, host_call_intr(t, __NR_sync_file_range, (uint64_t)fd,
                                              (uint64_t)linux_pair(offset_low, offset_high),
                                              (uint64_t)linux_pair(nbytes_low, nbytes_high), (uint64_t)flags, 0, 0));
}

int64_t linux_i386_fallocate(struct thread *t, int32_t fd, int32_t mode, uint32_t offset_low, uint32_t offset_high,
                             uint32_t len_low, uint32_t len_high)
{
    return host_restartable(t, host_call_intr(t, __NR_fallocate, (uint64_t)fd, (uint64_t)mode,
                                              (uint64_t)linux_pair(offset_low, offset_high),
                                              (uint64_t)linux_pair(len_low, len_high), 0, 0));
}
