/* Positions in directories, as guests with words of 4 bytes are told of them. */
#ifndef SYSCALLS_COMMON_LINUX_POSITIONS_H
#define SYSCALLS_COMMON_LINUX_POSITIONS_H

#include <stdint.h>

/*
 * A position in a directory as 31 bits, and back. What fits is itself. Others are those of file systems that order a
 * directory by hashes (ext4), where a position is the hash in its upper half and in the lower what tells names of the
 * same hash apart: the upper half is the position that such a file system gives to 32-bit programs itself
 * (hash2pos() in fs/ext4/dir.c), the lower one is lost there too.
 */
static inline uint32_t linux_position_fold(int64_t position)
{
    return position > UINT32_MAX ? (uint32_t)(position >> 32) : (uint32_t)position;
}

static inline int64_t linux_position_unfold(uint32_t position)
{
    return position == INT32_MAX ? INT64_MAX : (int64_t)position << 32; /* the highest stands for the end */
}

/* Keeps in mind that positions of this directory have been folded, so that seeking to one unfolds it. */
void linux_position_folded(int fd);

/* lseek(2), with positions in directories folded and unfolded. Returns the position, of 64 bits, or -errno. */
int64_t linux_compat_seek(int fd, int64_t offset, int whence);

#endif
