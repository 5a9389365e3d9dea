/*
 * Linux/amd64: numbers and structures. Sources: include/uapi of the kernel, arch/x86/include/uapi/asm/stat.h.
 */
#ifndef BENCH_ABI_LINUX_H
#define BENCH_ABI_LINUX_H

#include <stdint.h>

#define ABI_NAME "linux"

enum { ABI_O_RDONLY = 0, ABI_O_RDWR = 2, ABI_O_CREAT = 0100, ABI_O_TRUNC = 01000, ABI_O_CLOEXEC = 02000000 };
enum { ABI_MAP_ANON = 0x20 };
enum { ABI_SIGUSR1 = 10 };

struct abi_stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    int64_t size;
    int64_t rest[11];
};
_Static_assert(sizeof(struct abi_stat) == 144, "struct stat");

#endif
