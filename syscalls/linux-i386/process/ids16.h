/* User and group ids of 16 bits: the calls that Linux/i386 had before 2.4, and the structures of that age. */
#ifndef SYSCALLS_LINUX_I386_IDS16_H
#define SYSCALLS_LINUX_I386_IDS16_H

#include <stdint.h>

/* What a 16-bit argument means: its highest value is -1, "leave it" (low2highuid(), include/linux/highuid.h). */
static inline uint32_t i386_id_widened(uint32_t id)
{
    return (uint16_t)id == UINT16_MAX ? UINT32_MAX : (uint16_t)id;
}

/*
 * An id as the old calls tell it: one that 16 bits do not hold is overflowuid or overflowgid (/proc/sys/kernel/), 65534
 * by default.
 */
uint16_t i386_low_uid(uint32_t uid);
uint16_t i386_low_gid(uint32_t gid);

#endif
