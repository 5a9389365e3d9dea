/*
 * select and poll with words of four bytes. Sets of descriptors are the same bits as the host's, but they end at a word of
 * four bytes, where the host's end at one of eight (compat_get_bitmap(), kernel/compat.c).
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_SELECT_H
#define SYSCALLS_COMMON_LINUX_COMPAT_SELECT_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "base/signal_types.h"

struct thread;

/* A wait's end and its mask. */
struct compat_wait {
    struct __kernel_timespec *limit; /* how long; becomes what is left. NULL: no end */
    bool masked;
    struct signal_set mask; /* if so */
};

/*
 * The mask at `mask` of `size` bytes for the length of the wait (set_compat_user_sigmask()); NULL: none. Returns 0 or
 * -errno: EINVAL (another size), EFAULT.
 */
int64_t compat_wait_mask(guest_ptr mask, uint64_t size, struct compat_wait *w);

/* The same for pselect6, whose last argument points to the mask's address and size, of four bytes each. */
int64_t compat_wait_mask_pair(guest_ptr pair, struct compat_wait *w);

/* select(2) of sets[0] to read, sets[1] to write, sets[2] for exceptions. Returns how many, or -errno. */
int64_t compat_select(struct thread *t, int32_t n, const guest_ptr sets[3], const struct compat_wait *w);

/* poll(2), whose entries are laid out as the host's. */
int64_t compat_poll(struct thread *t, guest_ptr fds, uint32_t nfds, const struct compat_wait *w);

#endif
