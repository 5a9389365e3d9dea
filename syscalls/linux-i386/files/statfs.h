/* struct statfs of i386 in its two generations, and ustat's (asm/compat.h and asm-generic/statfs.h of the kernel). */
#ifndef SYSCALLS_LINUX_I386_STATFS_H
#define SYSCALLS_LINUX_I386_STATFS_H

#include <stdint.h>

struct statfs;

struct i386_statfs {
    uint32_t f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int32_t f_fsid[2];
    uint32_t f_namelen, f_frsize, f_flags, f_spare[4];
};

_Static_assert(sizeof(struct i386_statfs) == 64, "struct statfs");

struct i386_statfs64 {
    uint32_t f_type, f_bsize;
    uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int32_t f_fsid[2];
    uint32_t f_namelen, f_frsize, f_flags, f_spare[4];
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct i386_statfs64) == 84, "struct statfs64");

struct i386_ustat {
    int32_t f_tfree;
    uint32_t f_tinode;
    char f_fname[6], f_fpack[6];
};

_Static_assert(sizeof(struct i386_ustat) == 20, "struct ustat");

/*
 * Fill them from the host's. Return 0, or -EOVERFLOW for what does not fit; of files there may be "none is known", all
 * bits set, in either width. Source: put_compat_statfs() and put_compat_statfs64() in fs/statfs.c.
 */
int i386_statfs_from_host(const struct statfs *host, struct i386_statfs *out);
int i386_statfs64_from_host(const struct statfs *host, struct i386_statfs64 *out);

#endif
