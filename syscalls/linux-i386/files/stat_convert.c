/* From the host's struct stat to those of i386; see stat.h. */
#include "syscalls/linux-i386/files/stat.h"

#include "base/host.h"
#include "syscalls/linux-i386/process/ids16.h"

#define SIZE_MAX_SMALL INT32_MAX /* MAX_NON_LFS (include/linux/fs.h) */

/* A device number as two bytes; what does not fit is lost (old_encode_dev(), include/linux/kdev_t.h). */
static uint16_t old_device(uint64_t device)
{
    uint64_t major = device >> 8 & 0xfff, minor = (device & 0xff) | (device >> 12 & 0xfff00);

    return (uint16_t)(major << 8 | minor);
}

int i386_oldstat_from_host(const struct stat *host, struct __old_kernel_stat *out)
{
    if (host->st_ino > UINT16_MAX || host->st_nlink > UINT16_MAX) {
        return -EOVERFLOW;
    }
    *out = (struct __old_kernel_stat){
        .st_dev = old_device(host->st_dev),
        .st_ino = (uint16_t)host->st_ino,
        .st_mode = (uint16_t)host->st_mode,
        .st_nlink = (uint16_t)host->st_nlink,
        .st_uid = i386_low_uid(host->st_uid),
        .st_gid = i386_low_gid(host->st_gid),
        .st_rdev = old_device(host->st_rdev),
        .st_size = (uint32_t)host->st_size, /* a 64-bit kernel cuts it off; one of 32 bits would refuse */
        .st_atime = (uint32_t)host->st_atime,
        .st_mtime = (uint32_t)host->st_mtime,
        .st_ctime = (uint32_t)host->st_ctime,
    };
    return 0;
}

int i386_stat_from_host(const struct stat *host, struct i386_stat *out)
{
    if (host->st_ino > UINT32_MAX || host->st_nlink > UINT16_MAX || host->st_size < 0 ||
        host->st_size > SIZE_MAX_SMALL) {
        return -EOVERFLOW;
    }
    *out = (struct i386_stat){
        .st_dev = (uint32_t)host->st_dev,
        .st_ino = (uint32_t)host->st_ino,
        .st_mode = (uint16_t)host->st_mode,
        .st_nlink = (uint16_t)host->st_nlink,
        .st_uid = i386_low_uid(host->st_uid),
        .st_gid = i386_low_gid(host->st_gid),
        .st_rdev = (uint32_t)host->st_rdev,
        .st_size = (uint32_t)host->st_size,
        .st_blksize = (uint32_t)host->st_blksize,
        .st_blocks = (uint32_t)host->st_blocks,
        .access = {(uint32_t)host->st_atime, (uint32_t)host->st_atime_nsec},
        .modified = {(uint32_t)host->st_mtime, (uint32_t)host->st_mtime_nsec},
        .changed = {(uint32_t)host->st_ctime, (uint32_t)host->st_ctime_nsec},
    };
    return 0;
}

void i386_stat64_from_host(const struct stat *host, struct i386_stat64 *out)
{
    *out = (struct i386_stat64){
        .st_dev = host->st_dev,
        .st_ino_low = (uint32_t)host->st_ino,
        .st_mode = host->st_mode,
        .st_nlink = (uint32_t)host->st_nlink,
        .st_uid = host->st_uid,
        .st_gid = host->st_gid,
        .st_rdev = host->st_rdev,
        .st_size = host->st_size,
        .st_blksize = (uint32_t)host->st_blksize,
        .st_blocks = host->st_blocks,
        .access = {(uint32_t)host->st_atime, (uint32_t)host->st_atime_nsec},
        .modified = {(uint32_t)host->st_mtime, (uint32_t)host->st_mtime_nsec},
        .changed = {(uint32_t)host->st_ctime, (uint32_t)host->st_ctime_nsec},
        .st_ino = host->st_ino,
    };
}
