/*
 * Addresses of the kernel's objects, which programs print and compare and never follow: what belongs together in several
 * tables (kern.file, net.inet.tcp.pcblist, kinfo_file) has the same. Made from the host's inode numbers, in the range
 * where FreeBSD/amd64 has its direct map.
 */
#ifndef SYSCALLS_FREEBSD_KERNEL_ADDRESS_H
#define SYSCALLS_FREEBSD_KERNEL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define KERNEL_ADDRESSES 0xfffff80000000000ULL
#define KERNEL_MASK      0x000003ffffffffffULL

static inline uint64_t kernel_address(uint64_t number, uint32_t part)
{
    return number == 0 ? 0 : KERNEL_ADDRESSES | ((number * 64 + part) & KERNEL_MASK);
}

static inline uint64_t kernel_address_of_socket(uint64_t inode)
{
    return kernel_address(inode, 0);
}

static inline uint64_t kernel_address_of_pcb(uint64_t inode)
{
    return kernel_address(inode, 16);
}

static inline uint64_t kernel_address_of_pipe(uint64_t inode, bool writes)
{
    return kernel_address(inode, writes ? 48 : 32);
}

static inline uint64_t kernel_address_of_vnode(uint64_t device, uint64_t inode)
{
    return kernel_address(inode + device * 1000003, 8);
}

static inline uint64_t kernel_address_of_process(int32_t pid)
{
    return kernel_address((uint32_t)pid, 24);
}

#endif
