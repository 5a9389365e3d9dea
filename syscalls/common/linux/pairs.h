/* Arguments of 64 bits in two registers of i386: the lower half comes first. */
#ifndef SYSCALLS_COMMON_LINUX_PAIRS_H
#define SYSCALLS_COMMON_LINUX_PAIRS_H

#include <stdint.h>

static inline int64_t linux_pair(uint32_t low, uint32_t high)
{
    return (int64_t)((uint64_t)high << 32 | low);
}

#endif
