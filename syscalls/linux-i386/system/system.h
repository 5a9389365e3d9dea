/* i386's structures of what the kernel tells of the machine. */
#ifndef SYSCALLS_LINUX_I386_SYSTEM_H
#define SYSCALLS_LINUX_I386_SYSTEM_H

#include <stdint.h>

struct sysinfo;

/* struct compat_sysinfo (kernel/sys.c) */
struct linux_i386_sysinfo {
    int32_t uptime;
    uint32_t loads[3];
    uint32_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint32_t totalhigh, freehigh;
    uint32_t mem_unit;
    uint8_t fill[8];
};

_Static_assert(sizeof(struct linux_i386_sysinfo) == 64, "struct sysinfo");

void linux_i386_sysinfo_from_host(const struct sysinfo *host, struct linux_i386_sysinfo *guest);

#endif
