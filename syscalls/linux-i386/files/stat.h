/* struct stat in its three generations on i386 (asm/stat.h); that of 64-bit guests is the host's own. */
#ifndef SYSCALLS_LINUX_I386_STAT_H
#define SYSCALLS_LINUX_I386_STAT_H

#include <asm/stat.h>
#include <stdint.h>

/* oldstat(2) and its kin: the one before 2.0. asm/stat.h has it for 64-bit code as well, with the same layout. */
_Static_assert(sizeof(struct __old_kernel_stat) == 32, "struct __old_kernel_stat");
_Static_assert(__builtin_offsetof(struct __old_kernel_stat, st_size) == 16, "st_size");

struct i386_stat {
    uint32_t st_dev, st_ino;
    uint16_t st_mode, st_nlink, st_uid, st_gid;
    uint32_t st_rdev, st_size, st_blksize, st_blocks;
    struct {
        uint32_t sec, nsec;
    } access, modified, changed;
    uint32_t unused[2];
};

_Static_assert(sizeof(struct i386_stat) == 64, "struct stat");
_Static_assert(__builtin_offsetof(struct i386_stat, st_size) == 20, "st_size");
_Static_assert(__builtin_offsetof(struct i386_stat, access) == 32, "st_atime");

struct i386_stat64 {
    uint64_t st_dev;
    uint32_t pad0;
    uint32_t st_ino_low;
    uint32_t st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev;
    uint32_t pad3;
    int64_t st_size;
    uint32_t st_blksize;
    int64_t st_blocks;
    struct {
        uint32_t sec, nsec;
    } access, modified, changed;
    uint64_t st_ino;
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct i386_stat64) == 96, "struct stat64");
_Static_assert(__builtin_offsetof(struct i386_stat64, st_size) == 44, "st_size");
_Static_assert(__builtin_offsetof(struct i386_stat64, st_blocks) == 56, "st_blocks");
_Static_assert(__builtin_offsetof(struct i386_stat64, access) == 64, "st_atime");

/*
 * Fill a structure of the guest's from the host's. The older two return 0, or -EOVERFLOW for what their fields do not
 * hold: inode, link count and (not in the oldest) size. Times and blocks are cut off without a word.
 * Sources: cp_old_stat() and cp_compat_stat() in fs/stat.c, cp_stat64() in arch/x86/kernel/sys_ia32.c.
 */
int i386_oldstat_from_host(const struct stat *host, struct __old_kernel_stat *out);
int i386_stat_from_host(const struct stat *host, struct i386_stat *out);
void i386_stat64_from_host(const struct stat *host, struct i386_stat64 *out);

#endif
