/*
 * Arrays of buffers (struct iovec) on their way to the host: what in them is the engine's is cut off, as if nothing
 * were mapped there.
 */
#ifndef SYSCALLS_COMMON_LINUX_VECTORS_H
#define SYSCALLS_COMMON_LINUX_VECTORS_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

#define LINUX_IOV_MAX 1024 /* UIO_MAXIOV (linux/uio.h) */

/* An array in the host's layout: the address to hand over, which may be the guest's own, and the count. */
struct linux_vector {
    uint64_t va, count;
};

/* struct iovec of guests with words of 4 bytes (struct compat_iovec, include/linux/compat.h). */
struct compat_iovec {
    uint32_t base;
    int32_t length;
};

_Static_assert(sizeof(struct compat_iovec) == 8, "struct compat_iovec");

/* struct iovec of the host and of 64-bit guests. */
struct linux_iovec {
    uint64_t base;
    int64_t length;
};

_Static_assert(sizeof(struct linux_iovec) == 16, "struct iovec");

/*
 * What of a guest's array may be handed to the host, for 64-bit guests. Where all of it is the guest's that is the array
 * itself; else `room` (LINUX_IOV_MAX elements) holds what comes before the engine's memory. An array that cannot be read,
 * or with too many elements, is left for the host to refuse, after it has looked at the call's other arguments.
 */
struct linux_vector linux_vector_get(guest_ptr vector, uint64_t count, struct linux_iovec *room);

/* The same for words of 4 bytes: the array is made anew in `room`. */
struct linux_vector compat_vector_get(guest_ptr vector, uint64_t count, struct linux_iovec *room);

/*
 * Cuts off an array in the host's layout at the first byte that is not the guest's to name. Returns how many elements are
 * left; the last may be shorter, and where nothing else is left it lies nowhere.
 */
uint64_t linux_vector_clip(struct linux_iovec *v, uint64_t count);

#endif
