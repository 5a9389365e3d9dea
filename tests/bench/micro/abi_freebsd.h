/*
 * FreeBSD/amd64 (12 and later): numbers and structures. Sources: sys/sys/fcntl.h, mman.h, signal.h, stat.h.
 */
#ifndef BENCH_ABI_FREEBSD_H
#define BENCH_ABI_FREEBSD_H

#include <stdint.h>

#define ABI_NAME "freebsd"

enum { ABI_O_RDONLY = 0, ABI_O_RDWR = 2, ABI_O_CREAT = 0x200, ABI_O_TRUNC = 0x400, ABI_O_CLOEXEC = 0x100000 };
enum { ABI_MAP_ANON = 0x1000 };
enum { ABI_SIGUSR1 = 30 };

struct abi_stat {
    uint64_t dev, ino, nlink;
    uint16_t mode, pad0;
    uint32_t uid, gid, pad1;
    uint64_t rdev;
    int64_t times[8];
    int64_t size;
    int64_t rest[13];
};
_Static_assert(sizeof(struct abi_stat) == 224, "struct stat");

#endif
