/* Asynchronous input and output. */
#ifndef SYSCALLS_COMMON_LINUX_EVENTS_AIO_H
#define SYSCALLS_COMMON_LINUX_EVENTS_AIO_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

/*
 * io_pgetevents(2); events and timeout are addresses for the host, the mask (NULL: none of its own) is guest memory of
 * `size` bytes. Returns as the call does.
 */
int64_t linux_io_pgetevents(struct thread *t, uint64_t ctx, int64_t min_nr, int64_t nr, uint64_t events,
                            uint64_t timeout, guest_ptr mask, uint64_t size);

#endif
