/*
 * The kernel's vDSO, by which clocks are read without a system call (base/host_clock.h).
 *
 * It is code of the host's kernel, for whose compiler vector registers are nobody's; here they are the guest's. So it
 * is used only after somebody has looked at its instructions (syscalls/entry/vdso.h), which is worth its time in a
 * process that reads clocks often. Whether it is used belongs to the address space: it is mapped there, for vfork
 * children too.
 */
#ifndef BASE_HOST_VDSO_H
#define BASE_HOST_VDSO_H

#include <stdbool.h>
#include <stdint.h>

struct __kernel_timespec;

/* The vDSO's clock_gettime; NULL: not looked at yet, refused, or given up. Read it by host_clock_by_vdso(). */
typedef int host_clock_function(int32_t clock, struct __kernel_timespec *now);
extern host_clock_function *host_vdso_gettime;

/* Where the vDSO stands (AT_SYSINFO_EHDR; 0: the host has none). Before the guest starts. */
void host_vdso_init(uint64_t image);
uint64_t host_vdso_image(void);

/* From now on clocks are read by `gettime`, code of the vDSO, which fills [begin, end). */
void host_vdso_use(host_clock_function *gettime, uint64_t begin, uint64_t end);

/* Whether rip is in the vDSO, once that is in use. */
bool host_vdso_contains(uint64_t rip);

/* From now on clocks are read by system calls: the vDSO was seen to make them itself (no clock source it can read). */
void host_vdso_disable(void);

#endif
