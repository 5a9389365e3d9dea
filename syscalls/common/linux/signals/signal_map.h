/*
 * Linux's signals, which are the host's own: numbers, defaults, and what the host tells of one. Only 32 and 33, which the
 * engine uses itself (signals/queue.h, signals/host.h), travel by its carrier.
 */
#ifndef SYSCALLS_COMMON_LINUX_SIGNAL_MAP_H
#define SYSCALLS_COMMON_LINUX_SIGNAL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/host_signal.h"
#include "base/signal_types.h"

struct thread;

#define LINUX_SIGNALS      64
#define LINUX_CARRIER_MARK 0x52

/* What only the engine can bring: glibc's SIGCANCEL and SIGSETXID, musl's SIGTIMER and SIGCANCEL. */
#define LINUX_CARRIED_FIRST 32
#define LINUX_CARRIED_LAST  33

static inline bool linux_signal_carried(int signo)
{
    return signo >= LINUX_CARRIED_FIRST && signo <= LINUX_CARRIED_LAST;
}

/*
 * Whether `call` asks the host to send a signal at its own time which is one of the engine's there, so that a guest cannot
 * have it: that is reported, and the number then is none (EINVAL).
 */
bool linux_signal_refused(struct thread *t, int signo, const char *call);

/* personality.signal_to_host, signal_from_host, signal_default, signal_describe */
extern const uint8_t linux_signal_to_host[LINUX_SIGNALS + 1];
extern const uint8_t linux_signal_from_host[LINUX_SIGNALS + 1];
uint8_t linux_signal_default(int signo);
void linux_signal_describe(struct thread *t, const void *host_siginfo, const struct cpu_context *regs, uint64_t trapno,
                           uint64_t error_code, struct guest_signal *out);

/* A described signal as the kernel of amd64 tells it: 128 bytes, of which the last are zero. */
void linux_siginfo(const struct guest_signal *sig, siginfo_t *out);

#endif
