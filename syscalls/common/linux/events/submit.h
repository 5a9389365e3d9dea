/* Submitting requests of asynchronous input and output, of which the host reads all but their addresses by itself. */
#ifndef SYSCALLS_COMMON_LINUX_SUBMIT_H
#define SYSCALLS_COMMON_LINUX_SUBMIT_H

#include <stdint.h>

#include "base/guest.h"

/* io_submit(2) for a guest with words of `word` bytes. Returns as the call does. */
int64_t linux_io_submit(uint64_t ctx, int64_t nr, guest_ptr iocbpp, uint32_t word);

#endif
