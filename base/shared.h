/*
 * Access to memory that another process can take away by truncating its file: the routines of copy.S, without the
 * check that an address is the guest's. A fault makes them return -EFAULT, where SIGSEGV and SIGBUS are open.
 */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stddef.h>
#include <stdint.h>

/* Copies n bytes. Returns 0 or -EFAULT. */
int guest_copy(void *dst, const void *src, size_t n);

/* Load, store, compare and swap of an aligned word, as guest_load64() and its kin. Each returns 0 or -EFAULT. */
int guest_raw_load32(const void *src, uint32_t *value);
int guest_raw_load64(const void *src, uint64_t *value);
int guest_raw_store64(void *dst, uint64_t value);
int guest_raw_cas64(void *word, uint64_t *expected, uint64_t desired);

/* Loads extended state (Intel SDM 1, 13.8) of the features given. Returns 0, or -EFAULT: the processor refuses it. */
int guest_load_xstate(const void *image, uint64_t features);

/* Load segment registers. Each returns 0, or -EFAULT: the selector names no segment that a program may use. */
int guest_load_ds(uint32_t selector);
int guest_load_es(uint32_t selector);
int guest_load_fs(uint32_t selector);
int guest_load_gs(uint32_t selector);

/*
 * A call of the host's 32-bit kind (IA32 emulation) with two arguments. Returns its result, or -EFAULT too where the host
 * has no such calls. Faults must be open.
 */
int64_t host_int80(uint32_t number, uint32_t first, uint32_t second);

#endif
