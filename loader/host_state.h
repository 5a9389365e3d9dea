/* The host process that becomes the guest: what of its state the guest inherits, and what must be undone. */
#ifndef LOADER_HOST_STATE_H
#define LOADER_HOST_STATE_H

#include <stdint.h>

struct start_request;
struct thread;

/*
 * Blocks all host signals; gives the guest the mask and the ignored signals it inherits. Returns the host signals that
 * are ignored (bit n-1: signal n), of those the guest knows. After a hand-over the host is not asked, and 0 returned:
 * then those that the guest ignores are to be set again, and all others are at their default.
 */
uint64_t host_signals_to_guest(struct thread *t, struct start_request *rq);

/* Before a host program takes over: the mask and ignored signals that it inherits. */
void host_restore_signals(const struct start_request *rq);

/* Keeps the guest's requests away from the host's initial stack and vDSO. Before anything of the guest is mapped. */
void host_exclude_own_ranges(void);

/* Undoes what glibc registered with the kernel for this thread: rseq, robust list, tid address. */
void host_forget_libc(struct thread *t);

/* The name that ps shows for the process. */
void host_set_name(const char *name);

/* Processors this process may run on. */
uint32_t host_cpu_count(void);

#endif
