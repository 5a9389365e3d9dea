/* Positions in directories for words of 4 bytes; see positions.h. Sources: lseek(2), fs/ext4/dir.c, fs/read_write.c. */
#include "syscalls/common/linux/files/positions.h"

#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"

#include <asm/stat.h>
#include <linux/fs.h>
#include <linux/stat.h>

/*
 * The directories in which positions have been folded lately, by device and inode: seeking there has to unfold. About the
 * host's files, so for everybody in this memory.
 */
#define FOLDED 64
static uint32_t folded[FOLDED];
static bool any_folded;

/* 0 for what is no directory; else what stands for this one in the list, and where it does. */
static uint32_t directory_key(int fd, uint32_t **slot)
{
    struct stat st;
    uint64_t mixed;

    if (host_call2(__NR_fstat, fd, &st) < 0 || (st.st_mode & S_IFMT) != S_IFDIR) {
        return 0;
    }
    mixed = (st.st_ino ^ st.st_dev << 40) * 0x9e3779b97f4a7c15;
    *slot = &folded[mixed % FOLDED];
    return (uint32_t)(mixed >> 32) | 1;
}

void linux_position_folded(int fd)
{
    uint32_t *slot, key = directory_key(fd, &slot);

    if (key != 0) {
        __atomic_store_n(slot, key, __ATOMIC_RELAXED);
        __atomic_store_n(&any_folded, true, __ATOMIC_RELAXED);
    }
}

static bool is_folded(int fd)
{
    uint32_t *slot, key = directory_key(fd, &slot);

    return key != 0 && __atomic_load_n(slot, __ATOMIC_RELAXED) == key;
}

static bool is_directory(int fd)
{
    uint32_t *slot;

    return directory_key(fd, &slot) != 0;
}

int64_t linux_compat_seek(int fd, int64_t offset, int whence)
{
    int64_t r;

    if (whence == SEEK_SET && offset > 0 && offset <= INT32_MAX && __atomic_load_n(&any_folded, __ATOMIC_RELAXED) &&
        is_folded(fd)) {
        offset = linux_position_unfold((uint32_t)offset);
    }
    r = host_call3(__NR_lseek, fd, offset, whence);
    return r > UINT32_MAX && is_directory(fd) ? linux_position_fold(r) : r;
}

/* For i386 more than 32 bits are cut off: a 64-bit kernel does not look whether its answer fits. */
int64_t linux_compat_lseek(struct thread *t, int32_t fd, int64_t offset, uint32_t whence)
{
    (void)t;
    return linux_compat_seek(fd, offset, (int)whence);
}
