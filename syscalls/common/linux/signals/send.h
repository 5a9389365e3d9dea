/* Sending and awaiting signals with the host's structures in hand, for calls whose own are of either word size. */
#ifndef SYSCALLS_COMMON_LINUX_SEND_H
#define SYSCALLS_COMMON_LINUX_SEND_H

#include <stdint.h>

#include "base/host_signal.h"
#include "base/signal_types.h"

struct __kernel_timespec;
struct thread;

/* rt_sigqueueinfo(2), rt_tgsigqueueinfo(2), pidfd_send_signal(2; info may be NULL). Return 0 or -errno. */
int64_t linux_sigqueueinfo(struct thread *t, int32_t pid, int32_t sig, const siginfo_t *info);
int64_t linux_tgsigqueueinfo(struct thread *t, int32_t pid, int32_t tid, int32_t sig, const siginfo_t *info);
int64_t linux_pidfd_send(struct thread *t, int32_t pidfd, int32_t sig, const siginfo_t *info, uint32_t flags);

/* Where owners are emulated: whether the process of a pidfd may be sent that (process/credentials.h). 0 or -EPERM. */
int64_t linux_may_signal_pidfd(struct thread *t, int32_t pidfd, int32_t sig);

/* rt_sigtimedwait(2); timeout NULL: none. Returns 0 with the signal in *out, -EINVAL, -EAGAIN or -EINTR. */
int64_t linux_sigtimedwait(struct thread *t, const struct signal_set *set, const struct __kernel_timespec *timeout,
                           struct guest_signal *out);

#endif
