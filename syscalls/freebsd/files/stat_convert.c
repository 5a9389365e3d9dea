/* Conversions of stat.h. */
#include "syscalls/freebsd/files/stat.h"

#include <linux/stat.h>

/* sys/types.h: two bytes of each in the lower half, the rest of the major number on top. */
uint64_t freebsd_makedev(uint32_t major, uint32_t minor)
{
    return ((uint64_t)(major & 0xffffff00) << 32) | ((uint64_t)(major & 0xff) << 8) |
           ((uint64_t)(minor & 0xff00) << 24) | (minor & 0xffff00ff);
}

uint32_t freebsd_major(uint64_t dev)
{
    return (uint32_t)((dev >> 32) & 0xffffff00) | (uint32_t)((dev >> 8) & 0xff);
}

uint32_t freebsd_minor(uint64_t dev)
{
    return (uint32_t)((dev >> 24) & 0xff00) | (uint32_t)(dev & 0xffff00ff);
}

static struct freebsd_timespec time_from_host(const struct statx_timestamp *ts)
{
    return (struct freebsd_timespec){ts->tv_sec, ts->tv_nsec};
}

/* The host's root-only flags show as the owner's: those are what chflags can set and clear (file_flags.c). */
static uint32_t flags_from_host(uint64_t attributes)
{
    uint32_t flags = 0;

    flags |= attributes & STATX_ATTR_IMMUTABLE ? FREEBSD_UF_IMMUTABLE : 0;
    flags |= attributes & STATX_ATTR_APPEND ? FREEBSD_UF_APPEND : 0;
    flags |= attributes & STATX_ATTR_NODUMP ? FREEBSD_UF_NODUMP : 0;
    return flags;
}

void freebsd_stat_from_host(const struct statx *x, struct freebsd_stat *st)
{
    /* Every field is set, spares too: clearing the whole first would cost as much again. */
    st->st_padding0 = 0;
    st->st_padding1 = 0;
    st->st_gen = 0;
    for (unsigned i = 0; i < sizeof(st->st_spare) / sizeof(st->st_spare[0]); i++) {
        st->st_spare[i] = 0;
    }
    st->st_dev = freebsd_makedev(x->stx_dev_major, x->stx_dev_minor);
    st->st_ino = x->stx_ino;
    st->st_nlink = x->stx_nlink;
    st->st_mode = x->stx_mode; /* type and permission bits have the same values */
    st->st_uid = x->stx_uid;
    st->st_gid = x->stx_gid;
    st->st_rdev = freebsd_makedev(x->stx_rdev_major, x->stx_rdev_minor);
    st->st_atim = time_from_host(&x->stx_atime);
    st->st_mtim = time_from_host(&x->stx_mtime);
    st->st_ctim = time_from_host(&x->stx_ctime);
    if (x->stx_mask & STATX_BTIME) {
        st->st_birthtim = time_from_host(&x->stx_btime);
    } else {
        /* A file system that keeps none: stat(2) shows -1 (VNOVAL). */
        st->st_birthtim = (struct freebsd_timespec){-1, 0};
    }
    st->st_size = (int64_t)x->stx_size;
    st->st_blocks = (int64_t)x->stx_blocks;
    st->st_blksize = (int32_t)x->stx_blksize;
    st->st_flags = flags_from_host(x->stx_attributes);
}

void freebsd11_stat_from_new(const struct freebsd_stat *st, struct freebsd11_stat *old)
{
    old->st_lspare = 0;
    old->st_dev = (uint32_t)st->st_dev;
    old->st_ino = (uint32_t)st->st_ino;
    old->st_mode = st->st_mode;
    old->st_nlink = st->st_nlink > 0xffff ? 0xffff : (uint16_t)st->st_nlink;
    old->st_uid = st->st_uid;
    old->st_gid = st->st_gid;
    old->st_rdev = (uint32_t)st->st_rdev;
    old->st_atim = st->st_atim;
    old->st_mtim = st->st_mtim;
    old->st_ctim = st->st_ctim;
    old->st_size = st->st_size;
    old->st_blocks = st->st_blocks;
    old->st_blksize = st->st_blksize;
    old->st_flags = st->st_flags;
    old->st_gen = (uint32_t)st->st_gen;
    old->st_birthtim = st->st_birthtim;
}

void freebsd11_nstat_from_new(const struct freebsd_stat *st, struct freebsd11_nstat *old)
{
    old->pad0 = 0;
    old->pad1 = 0;
    old->st_dev = (uint32_t)st->st_dev;
    old->st_ino = (uint32_t)st->st_ino;
    old->st_mode = st->st_mode;
    old->st_nlink = st->st_nlink > UINT32_MAX ? UINT32_MAX : (uint32_t)st->st_nlink;
    old->st_uid = st->st_uid;
    old->st_gid = st->st_gid;
    old->st_rdev = (uint32_t)st->st_rdev;
    old->st_atim = st->st_atim;
    old->st_mtim = st->st_mtim;
    old->st_ctim = st->st_ctim;
    old->st_size = st->st_size;
    old->st_blocks = st->st_blocks;
    old->st_blksize = st->st_blksize;
    old->st_flags = st->st_flags;
    old->st_gen = (uint32_t)st->st_gen;
    old->st_birthtim = st->st_birthtim;
}
