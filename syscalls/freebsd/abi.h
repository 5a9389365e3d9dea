/*
 * The FreeBSD/amd64 personality's parts, for personality.c and for the calls that share its conversions.
 */
#ifndef SYSCALLS_FREEBSD_ABI_H
#define SYSCALLS_FREEBSD_ABI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/signal_types.h"

struct personality;
struct thread;

extern const struct personality freebsd_personality;

/* sys/sys/param.h of release 14.0: what a program without an ABI note is taken for. */
#define FREEBSD_DEFAULT_RELEASE 1400097u

/*
 * P_OSREL_* of sys/sys/param.h: programs that were built for releases before (or do not say for which) still get what
 * those had.
 */
#define FREEBSD_RELEASE_MAP_FSTRICT       1100036u
#define FREEBSD_RELEASE_SHUTDOWN_ENOTCONN 1100077u

/* errno_map.c: FreeBSD's number for each of the host's; 0 where they are the same. */
#define FREEBSD_ERRNO_COUNT 134
extern const uint8_t freebsd_errno_from_host[FREEBSD_ERRNO_COUNT];

/* sys/sys/signal.h: the signals that anything here tells apart. */
enum {
    FREEBSD_SIGILL = 4,
    FREEBSD_SIGTRAP = 5,
    FREEBSD_SIGEMT = 7,
    FREEBSD_SIGFPE = 8,
    FREEBSD_SIGKILL = 9,
    FREEBSD_SIGBUS = 10,
    FREEBSD_SIGSEGV = 11,
    FREEBSD_SIGSYS = 12,
    FREEBSD_SIGURG = 16,
    FREEBSD_SIGSTOP = 17,
    FREEBSD_SIGTSTP = 18,
    FREEBSD_SIGCONT = 19,
    FREEBSD_SIGCHLD = 20,
    FREEBSD_SIGTTIN = 21,
    FREEBSD_SIGTTOU = 22,
    FREEBSD_SIGIO = 23,
    FREEBSD_SIGWINCH = 28,
    FREEBSD_SIGINFO = 29,
    FREEBSD_SIGTHR = 32,
    FREEBSD_SIGLIBRT = 33,
    FREEBSD_SIGRTMIN = 65,
    FREEBSD_SIGRTMAX = 126,
    FREEBSD_SIG_MAXSIG = 128,
};

#define FREEBSD_CARRIER_MARK 0x51
#define FREEBSD_HOST_SIGNALS 65

/*
 * signal_map.c: FreeBSD's signals on the host's. SIGEMT, SIGINFO, SIGTHR, SIGLIBRT and the first 27 real-time
 * signals ride on the host's real-time signals, whose queues keep order and values as FreeBSD's do. 34 to 64,
 * SIGRTMIN+27 and above have no number of the host's (0) and are carried (signals/queue.h); nor have the host's
 * SIGSTKFLT, SIGPWR, 32 and 33 one of FreeBSD's.
 */
extern const uint8_t freebsd_signal_to_host[FREEBSD_SIG_MAXSIG + 1];
extern const uint8_t freebsd_signal_from_host[FREEBSD_HOST_SIGNALS];

/* What a signal does by default (enum signal_default); sys/kern/kern_sig.c, sigproptbl. */
uint8_t freebsd_signal_default(int signo);

/* Whether the number is one of FreeBSD's signals, 1 to 128. */
static inline bool freebsd_signal_valid(int64_t signo)
{
    return signo >= 1 && signo <= FREEBSD_SIG_MAXSIG;
}

/* sys/sys/signal.h: si_code of signals that no instruction caused. */
#define FREEBSD_SI_USER    0x10001
#define FREEBSD_SI_QUEUE   0x10002
#define FREEBSD_SI_TIMER   0x10003
#define FREEBSD_SI_ASYNCIO 0x10004
#define FREEBSD_SI_MESGQ   0x10005
#define FREEBSD_SI_KERNEL  0x10006
#define FREEBSD_SI_LWP     0x10007

/*
 * siginfo.c: what the host tells of a signal (asm/siginfo.h), in FreeBSD's terms.
 * For faults the trap number decides, as in trap() of sys/amd64/amd64/trap.c: a general protection fault is a
 * SIGBUS there and a SIGSEGV here.
 */
void freebsd_signal_describe(struct thread *t, const void *host_siginfo, const struct cpu_context *regs,
                             uint64_t trapno, uint64_t error_code, struct guest_signal *out);

/* The same of a signal that has arrived, which may be one that the guest is not to hear of: personality.signal_describe. */
void freebsd_signal_arrived(struct thread *t, const void *host_siginfo, const struct cpu_context *regs, uint64_t trapno,
                            uint64_t error_code, struct guest_signal *out);

/* A host wait status in FreeBSD's form: its signals' numbers, and 0x13 for a continued child. */
int32_t freebsd_wait_status(int32_t host);

/* sys/sys/signal.h, siginfo_t, without the prefix si_, which the host header gives away as macros. */
struct freebsd_siginfo {
    int32_t signo, error, code, pid;
    uint32_t uid;
    int32_t status;
    uint64_t address, value;
    union {
        int32_t trapno;
        struct {
            int32_t timerid, overrun;
        } timer;
        int32_t mqd;
        int64_t band;
        int64_t spare[5];
    } reason;
};
_Static_assert(sizeof(struct freebsd_siginfo) == 80, "sys/signal.h");
_Static_assert(__builtin_offsetof(struct freebsd_siginfo, address) == 24, "sys/signal.h");
_Static_assert(__builtin_offsetof(struct freebsd_siginfo, reason) == 40, "sys/signal.h");

/* Lays a signal out as the guest reads it. */
void freebsd_siginfo_fill(const struct guest_signal *sig, struct freebsd_siginfo *out);

#endif
