/*
 * The host kernel: its numbers, constants and raw system calls, for the hot half.
 *
 * The hot half never calls libc. Every host call here is one `syscall` instruction inside the engine's text,
 * which interception leaves alone. Structures and constants come from the kernel's own UAPI headers, whose
 * layouts are those of the calls; glibc's differ in places and must not be mixed in.
 */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <asm/errno.h>
#include <asm/unistd_64.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Debian 12's headers end with Linux 6.1. */
#ifndef __NR_cachestat
#define __NR_cachestat         451
#define __NR_fchmodat2         452
#define __NR_map_shadow_stack  453
#define __NR_futex_wake        454
#define __NR_futex_wait        455
#define __NR_futex_requeue     456
#define __NR_statmount         457
#define __NR_listmount         458
#define __NR_lsm_get_self_attr 459
#define __NR_lsm_set_self_attr 460
#define __NR_lsm_list_modules  461
#define __NR_mseal             462
#endif

/* Internal results beyond the host's errnos. They never reach a guest. */
#undef ERESTART      /* the host header has 85, which its kernel never returns */
#define ERESTART 512 /* restart the call, or EINTR: decided when the signal is delivered */

/* An errno that only the guest's system has (FreeBSD's ENOTCAPABLE): passed to it unchanged. */
#define GUEST_ERRNO_BASE 1024
#define GUEST_ERRNO(n)   (GUEST_ERRNO_BASE + (n))
#define HOST_ERRNO_MAX   4095

/* Whether a result is an error: host results and ours alike use -1 .. -4095. */
static inline bool is_error(int64_t r)
{
    return (uint64_t)r >= (uint64_t)-HOST_ERRNO_MAX;
}

static inline int64_t host_raw(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    int64_t r;
    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return r;
}

/* host_callN: a host system call with N arguments; returns its result or -errno. */
#define HOST_ARG(x)                   ((uint64_t)(x))
#define host_call0(nr)                host_raw((nr), 0, 0, 0, 0, 0, 0)
#define host_call1(nr, a)             host_raw((nr), HOST_ARG(a), 0, 0, 0, 0, 0)
#define host_call2(nr, a, b)          host_raw((nr), HOST_ARG(a), HOST_ARG(b), 0, 0, 0, 0)
#define host_call3(nr, a, b, c)       host_raw((nr), HOST_ARG(a), HOST_ARG(b), HOST_ARG(c), 0, 0, 0)
#define host_call4(nr, a, b, c, d)    host_raw((nr), HOST_ARG(a), HOST_ARG(b), HOST_ARG(c), HOST_ARG(d), 0, 0)
#define host_call5(nr, a, b, c, d, e) host_raw((nr), HOST_ARG(a), HOST_ARG(b), HOST_ARG(c), HOST_ARG(d), HOST_ARG(e), 0)
#define host_call6(nr, a, b, c, d, e, f)                                                                               \
    host_raw((nr), HOST_ARG(a), HOST_ARG(b), HOST_ARG(c), HOST_ARG(d), HOST_ARG(e), HOST_ARG(f))

#endif
