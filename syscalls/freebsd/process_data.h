/*
 * What only FreeBSD's side of a process knows (struct process, personality_data): copied
 * by fork with the memory, shared with a vfork child until it execs.
 */
#ifndef SYSCALLS_FREEBSD_PROCESS_DATA_H
#define SYSCALLS_FREEBSD_PROCESS_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/freebsd/process/limits.h"

#define FREEBSD_TIMER_MIN  3 /* sys/sys/time.h: timers 0 to 2 are setitimer(2)'s */
#define FREEBSD_TIMER_MAX  32
#define FREEBSD_MAXLOGNAME 33

/* A range of memory that the host does not know all of (ranges.c). */
struct freebsd_range {
    uint64_t low, high;
    uint32_t max; /* of PROT_MAX: PROT_* bits; 0: all */
    bool guard;   /* of MAP_GUARD */
};

/* What a child has from its parent, and a program from the one before it. */
struct freebsd_inherited {
    uint32_t size;           /* of this structure, when it is handed over: that of another build is not believed */
    uint32_t umask_high;     /* the set-id and sticky bits of umask(2): the host's mask has only the permissions */
    uint32_t control;        /* what procctl(2) has set: procctl.c */
    uint32_t limits_set;     /* bit n: limits[n] counts; else there is no limit */
    int32_t reaper;          /* the process that inherits orphans here, as far as a guest is it (procctl(2)); 0: none */
    int32_t outer_reaper;    /* the one before that */
    int32_t cpuset_plus_one; /* number of the processor set it is in (cpuset.c), and 1; 0: the default set */
    uint32_t terminals;      /* TERMINALS_*: what has been seen of terminals (terminal.h) */
    uint32_t quiet_pipes;    /* 1: some socket of this process may have SO_NOSIGPIPE (nosigpipe.h) */
    uint32_t special_directories; /* struct process's */
    struct freebsd_rlimit limits[FREEBSD_RLIM_OWN];
    char login[FREEBSD_MAXLOGNAME];       /* set by setlogin(2); empty: take the host's */
    char login_class[FREEBSD_MAXLOGNAME]; /* set by setloginclass(2); empty: "default" */
};

struct freebsd_process {
    struct lock lock;
    struct lock described_lock; /* of the list; may be taken under `lock`, and nothing but the heap's under it */
    struct process_descriptor *described; /* children of this process by pdfork(2): procdesc.c */
    uint32_t has_described;               /* 1: some descriptor of this process may be one of a process */
    uint32_t has_route_sockets;           /* 1: some descriptor of this process may be one (route_socket.h) */
    int32_t timers_of;                    /* pid the timers belong to: a fork's child has none */
    struct {
        int32_t host_id;
        int32_t overrun; /* of the last signal that was taken */
        bool used;
        bool running;  /* it has a time to expire at: of a stopped SIGEV_NONE timer the host tells the old one */
        uint8_t signo; /* the guest's */
    } timers[FREEBSD_TIMER_MAX];
    uint32_t cpusets_made;
    bool cpuset_narrowed;                 /* the set is one of the guest's own, with less than the root set: */
    uint8_t cpuset_mask[128];             /* this */
    uint64_t umtx_least_timeout;          /* nanoseconds that a timed umtx wait lasts at least (umtx.c) */
    struct freebsd_umtx_hold *umtx_holds; /* pages of UMTX_OP_SHM (umtx_shm.c), of the engine's heap */
    uint32_t umtx_hold_count, umtx_hold_room;
    int32_t literal_master; /* a master's descriptor and 1, if the character before was VLNEXT (terminal.c); 0: none */
    uint32_t membarriers;   /* membarrier commands it has registered for */
    uint32_t range_count, range_room;
    struct freebsd_range *ranges; /* of the engine's heap, sorted, none meets another */
};

/* What it has inherited and hands on; a vfork child's is its own. Under the lock, but for single words. */
static inline struct freebsd_inherited *freebsd_inherited(struct thread *t)
{
    return (struct freebsd_inherited *)t->proc->inherited;
}

/* The process's data. */
struct freebsd_process *freebsd_process(struct thread *t);

/* personality.hand_over and take_over */
void freebsd_hand_over(struct thread *t, void *block, uint32_t size);
void freebsd_take_over(struct thread *t, const void *block, uint32_t size);

/* The bits of umask(2) above the permissions, which the host's mask does not have. */
uint32_t freebsd_umask_high(struct thread *t);

/* Whether the process has children by pdfork(2), whose ends neither SIGCHLD nor a wait for any child tells. */
bool freebsd_has_described(struct thread *t);
bool freebsd_is_described(struct thread *t, int32_t pid);

/*
 * Reaps the children of that kind that have ended and to which no descriptor leads any more: init's in FreeBSD, so that
 * nobody sees them long. Here they are there until it is called, by whatever would see them, or at the latest when SIGCHLD
 * arrives, which it does only while the guest wants it.
 */
void freebsd_described_reap(struct thread *t);

/* In a fork's child: they are its parent's. */
void freebsd_described_forget(struct thread *t);

/*
 * Whether some child but those has an end (or a stop, or a continuation) to tell: *info (siginfo_t) is
 * the host's of it. The child is not reaped.
 */
bool freebsd_child_to_tell(struct thread *t, void *info);

/*
 * process_fork() with everything whole in the child that its parent's other threads may be at. described: receives the
 * child's pid before anybody can look at the list of described children again; or NULL.
 */
struct fork_how;
int64_t freebsd_fork_whole(struct thread *t, const struct fork_how *how, int32_t *described);

#endif
