/* Moving data between descriptors inside the host. */
#ifndef SYSCALLS_COMMON_TRANSFER_H
#define SYSCALLS_COMMON_TRANSFER_H

#include <stdint.h>

struct thread;

/*
 * Copies up to `length` bytes from `in` to `out`. An offset pointer is read and advanced; NULL means the
 * descriptor's own position. Where the host cannot copy between the two file systems itself it is done by
 * reading and writing. Returns bytes copied (0: end of file) or -errno.
 */
int64_t do_copy_file_range(struct thread *t, int in, int64_t *in_offset, int out, int64_t *out_offset, uint64_t length);

#endif
