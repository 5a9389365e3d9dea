/* Signals in neutral terms: sets, dispositions and descriptions that every personality translates to and from. */
#ifndef BASE_SIGNAL_TYPES_H
#define BASE_SIGNAL_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

#define SIGNAL_MAX 128 /* highest guest signal of any personality */

/* A set of guest signals; bit n-1 is signal n. */
struct signal_set {
    uint64_t bits[2];
};

static inline bool signal_set_has(const struct signal_set *s, int signo)
{
    return s->bits[(signo - 1) >> 6] >> ((signo - 1) & 63) & 1;
}

static inline void signal_set_add(struct signal_set *s, int signo)
{
    s->bits[(signo - 1) >> 6] |= 1ULL << ((signo - 1) & 63);
}

static inline void signal_set_remove(struct signal_set *s, int signo)
{
    s->bits[(signo - 1) >> 6] &= ~(1ULL << ((signo - 1) & 63));
}

/* Dispositions in neutral terms; personalities translate their flags. */
#define SIGNAL_DEFAULT 0ULL
#define SIGNAL_IGNORE  1ULL

#define SIGNAL_ONSTACK   0x01u
#define SIGNAL_RESTART   0x02u
#define SIGNAL_RESETHAND 0x04u
#define SIGNAL_NODEFER   0x08u
#define SIGNAL_SIGINFO   0x10u
#define SIGNAL_NOCLDSTOP 0x20u
#define SIGNAL_NOCLDWAIT 0x40u
#define SIGNAL_RESTORER  0x80u  /* `restorer` was given (Linux) */
#define SIGNAL_TAGBITS   0x100u /* SA_EXPOSE_TAGBITS (Linux), which on x86 is but remembered */

struct signal_action {
    uint64_t handler; /* SIGNAL_DEFAULT, SIGNAL_IGNORE or a guest address */
    uint32_t flags;   /* SIGNAL_* */
    uint32_t reserved;
    struct signal_set mask;
    uint64_t restorer; /* for ABIs whose user land brings its own trampoline; else 0 */
};

enum signal_default { SIGNAL_ACT_TERMINATE, SIGNAL_ACT_IGNORE, SIGNAL_ACT_STOP, SIGNAL_ACT_CONTINUE };

/* A signal in guest terms, as it goes into a frame. */
struct guest_signal {
    int32_t signo, code, error;
    int32_t pid;
    uint32_t uid;
    int32_t status; /* guest terms, for SIGCHLD */
    uint64_t address;
    uint64_t value;
    int32_t trapno; /* guest's trap number, for faults */
    int32_t timer_id, overrun;
    int64_t band;
    uint64_t error_code; /* the processor's, for faults */
    /*
     * The host's siginfo, as much of it as the host itself keeps, for systems whose siginfo it is (Linux); its number is 0
     * where it does not come from the host. Other personalities leave it alone.
     */
    uint64_t host[6];
};

/* A guest's alternate signal stack. */
struct signal_stack {
    uint64_t base, size;
    bool enabled;
    uint32_t flags; /* Linux: SS_*, as they were given */
};

/* What is pending of a thread or a process beside what the host keeps (signals/queue.h). */
struct signal_pending {
    struct signal_set set;  /* numbers of which something waits */
    struct signal_set bare; /* of which one waits without information */
};

struct thread;

struct signal_entry {
    uint64_t info[6];     /* the host's siginfo: as much of it as the host itself keeps */
    struct thread *owner; /* NULL: the process */
    uint32_t signo;       /* the guest's; 0: free */
    uint32_t order;
};

/* A process's, with the entries of its threads. */
struct signal_queue {
    struct lock lock;
    uint32_t room, used, count; /* entries; those up to the last that is in use; those in use */
    uint32_t order;
    struct signal_entry *entries;
    struct signal_pending pending;
};

/* Room for a host siginfo_t (asm/siginfo.h: 128 bytes). */
struct host_siginfo {
    uint64_t words[16];
};

#endif
