/* struct stat in its two generations: before and since 12.0's 64-bit inodes (sys/stat.h). */
#ifndef SYSCALLS_FREEBSD_STAT_H
#define SYSCALLS_FREEBSD_STAT_H

#include <stdint.h>

struct statx;
struct thread;

struct freebsd_timespec {
    int64_t tv_sec, tv_nsec;
};

struct freebsd_stat {
    uint64_t st_dev, st_ino, st_nlink;
    uint16_t st_mode;
    int16_t st_padding0;
    uint32_t st_uid, st_gid;
    int32_t st_padding1;
    uint64_t st_rdev;
    struct freebsd_timespec st_atim, st_mtim, st_ctim, st_birthtim;
    int64_t st_size, st_blocks;
    int32_t st_blksize;
    uint32_t st_flags;
    uint64_t st_gen, st_spare[10];
};

_Static_assert(sizeof(struct freebsd_stat) == 224, "struct stat");
_Static_assert(__builtin_offsetof(struct freebsd_stat, st_rdev) == 40, "st_rdev");
_Static_assert(__builtin_offsetof(struct freebsd_stat, st_size) == 112, "st_size");
_Static_assert(__builtin_offsetof(struct freebsd_stat, st_gen) == 136, "st_gen");

struct freebsd11_stat {
    uint32_t st_dev, st_ino;
    uint16_t st_mode, st_nlink;
    uint32_t st_uid, st_gid, st_rdev;
    struct freebsd_timespec st_atim, st_mtim, st_ctim;
    int64_t st_size, st_blocks;
    int32_t st_blksize;
    uint32_t st_flags, st_gen;
    int32_t st_lspare;
    struct freebsd_timespec st_birthtim;
};

_Static_assert(sizeof(struct freebsd11_stat) == 120, "struct freebsd11_stat");
_Static_assert(__builtin_offsetof(struct freebsd11_stat, st_size) == 72, "st_size");

/* nstat(2), NetBSD's structure of old: wider mode and link count. */
struct freebsd11_nstat {
    uint32_t st_dev, st_ino, st_mode, st_nlink, st_uid, st_gid, st_rdev, pad0;
    struct freebsd_timespec st_atim, st_mtim, st_ctim;
    int64_t st_size, st_blocks;
    int32_t st_blksize;
    uint32_t st_flags, st_gen, pad1;
    struct freebsd_timespec st_birthtim;
};

_Static_assert(sizeof(struct freebsd11_nstat) == 128, "struct nstat");

/* st_flags (chflags(2)) */
#define FREEBSD_UF_NODUMP    0x00000001u
#define FREEBSD_UF_IMMUTABLE 0x00000002u
#define FREEBSD_UF_APPEND    0x00000004u

/* What UFS lets be set (ufs_setattr()), and the part that is the super-user's. */
#define FREEBSD_SETTABLE_FLAGS 0x00379f9fu
#define FREEBSD_SF_SETTABLE    0x00370000u

/* makedev(3), major(3) and minor(3): the parts are interleaved. */
uint64_t freebsd_makedev(uint32_t major, uint32_t minor);
uint32_t freebsd_major(uint64_t dev);
uint32_t freebsd_minor(uint64_t dev);

void freebsd_stat_from_host(const struct statx *x, struct freebsd_stat *st);

/*
 * The older structure from the newer. What does not fit is cut, as the real kernel does by default
 * (vfs.ino64_trunc_error 0); a link count beyond 65,535 becomes that.
 */
void freebsd11_stat_from_new(const struct freebsd_stat *st, struct freebsd11_stat *old);

void freebsd11_nstat_from_new(const struct freebsd_stat *st, struct freebsd11_nstat *old);

/* fstat(2). Returns 0 or -errno. */
int64_t freebsd_stat_descriptor(struct thread *t, int fd, struct freebsd_stat *st);

#endif
