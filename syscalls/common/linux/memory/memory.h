/* Memory of Linux's programs: what the calls of all word sizes come to. */
#ifndef SYSCALLS_COMMON_LINUX_MEMORY_H
#define SYSCALLS_COMMON_LINUX_MEMORY_H

#include <stdint.h>

struct thread;

/* What mmap, old_mmap and mmap2 ask for, in the host's flags. */
struct linux_mmap {
    uint64_t address, length; /* bytes */
    int32_t prot, flags, fd;
    uint64_t offset; /* bytes, whole pages */
};

/* ksys_mmap_pgoff() (mm/mmap.c): the address, or -errno. */
int64_t linux_mmap(struct thread *t, const struct linux_mmap *m);

/*
 * process_madvise(2) with vectors in the host's layout, `count` of them at `vectors`. -EINVAL for advice other than what
 * changes no contents: such that Linux takes for the calling process only, and since 6.13.
 */
int64_t linux_process_madvise(int32_t pidfd, uint64_t vectors, uint64_t count, int32_t advice, uint32_t flags);

#endif
