/*
 * siginfo and alternate stacks of Linux with words of four bytes (i386, x32): include/linux/compat.h, struct
 * compat_siginfo; kernel/signal.c, copy_siginfo_to_external32() and post_copy_siginfo_from_user32().
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_SIGINFO_H
#define SYSCALLS_COMMON_LINUX_COMPAT_SIGINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "base/signal_types.h"

struct __kernel_timespec;
struct thread;

struct linux_compat_siginfo {
    int32_t signo, error, code;
    union {
        uint32_t words[29];
        struct {
            int32_t pid;
            uint32_t uid, value;
        } rt; /* the first two for kill too */
        struct {
            int32_t timer, overrun;
            uint32_t value;
        } timer;
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status;
            uint32_t utime, stime;
        } child;
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status;
            uint64_t utime, stime __attribute__((aligned(4)));
        } __attribute__((packed)) child_x32;
        struct {
            uint32_t address;
            union {
                uint16_t lsb;
                struct {
                    uint32_t pad1, lower, upper;
                };
                struct {
                    uint32_t pad2, key;
                };
                struct {
                    uint32_t data, type, flags;
                } perf;
            };
        } fault;
        struct {
            int32_t band, fd;
        } poll;
        struct {
            uint32_t address;
            int32_t number;
            uint32_t arch;
        } call;
    };
};
_Static_assert(sizeof(struct linux_compat_siginfo) == 128, "SI_MAX_SIZE");
_Static_assert(__builtin_offsetof(struct linux_compat_siginfo, child_x32.utime) == 24, "struct compat_siginfo");
_Static_assert(__builtin_offsetof(struct linux_compat_siginfo, fault.lower) == 20, "struct compat_siginfo");

/* compat_stack_t */
struct linux_compat_stack {
    uint32_t ss_sp;
    int32_t ss_flags;
    uint32_t ss_size;
};

/* struct compat_sigevent (include/linux/compat.h) */
struct linux_compat_sigevent {
    uint32_t value;
    int32_t signo, notify, tid;
    uint32_t rest[12];
};
_Static_assert(sizeof(struct linux_compat_sigevent) == 64, "SIGEV_MAX_SIZE");

struct sigevent;

/* Copies one in, as the host's (asm-generic/siginfo.h). Returns 0 or -EFAULT. */
int linux_compat_sigevent_get(guest_ptr from, struct sigevent *to);

/* The host's siginfo (asm/siginfo.h), as a guest sees it. x32: its processor times are of 64 bits. */
void linux_compat_siginfo_from_host(const void *host_siginfo, bool x32, struct linux_compat_siginfo *out);

/* A guest's, given to rt_sigqueueinfo and its kin, as the host's: 128 bytes. */
void linux_compat_siginfo_to_host(const struct linux_compat_siginfo *in, bool x32, void *host_siginfo);

/*
 * rt_sigtimedwait(2) with set and timeout (NULL: none) in hand; info may be null. Returns the signal, -EINVAL, -EAGAIN,
 * -EINTR or -EFAULT.
 */
int64_t linux_compat_sigtimedwait(struct thread *t, const struct signal_set *set, guest_ptr info,
                                  const struct __kernel_timespec *timeout);

#endif
