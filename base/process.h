/*
 * A guest process: all state that is neither a thread's nor the address space's.
 *
 * Reached only by thread->proc: a vfork child shares its parent's memory and has a struct process of its own.
 *
 * Lock order, outermost first: asynchronous I/O's (syscalls/common/aio.h), the descriptor table's lock, the ledger's,
 * actions_lock, the signal queue's, the title's, the report's, the heap's (base/heap.c), the cold gate's. None is held across
 * copyin/copyout or a blocking host call.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/credentials.h"
#include "base/guest.h"
#include "base/lock.h"
#include "base/settings.h"
#include "base/signal_types.h"

#define PERSONALITY_DATA_MAX      2048
#define PERSONALITY_INHERITED_MAX 256

struct address_space;
struct aio_state;
struct descriptor_table;
struct personality;
struct process_table;
struct thread;

/* What lower layers ask of higher ones, set once at start. */
struct process_hooks {
    /* A trapped system call: `uc` is the host's signal frame. */
    void (*trap)(struct thread *t, void *uc);
    /*
     * Where a context interrupted by a signal stands in the engine's doorway (a trampoline, the first instructions of
     * the fast entry, its last ones), moves it to where the guest was or will be. Others it leaves alone. `regs` stands
     * in a host's signal frame, whose code segment follows.
     */
    void (*to_guest)(struct thread *t, struct cpu_context *regs);
    /*
     * The same for a fault, `uc` being the host's signal frame. True: the fault is the engine's own doing, and the
     * context can go on.
     */
    bool (*fault_of_entry)(struct thread *t, void *uc);
    /*
     * Around a change of [low, high)'s mapping: rewritten call sites in it are restored first, and no other is
     * rewritten there until it is over. code_changes() returns what code_changed() wants to know.
     */
    bool (*code_changes)(struct thread *t, uint64_t low, uint64_t high);
    void (*code_changed)(struct thread *t, uint64_t low, uint64_t high, bool held);
    /* [low, high) has been mapped from a file at `offset`, privately, to be read and executed. */
    void (*code_mapped)(struct thread *t, uint64_t low, uint64_t high, uint64_t offset);
    /* A device node has come into being, in a process that has a table (`table`). */
    void (*node_made)(struct thread *t);
    /* Arms interception for the calling thread; signals are blocked. Returns 0 or -errno. */
    int (*arm)(struct thread *t);
    /* The guest is about to die of a fault. */
    void (*fault)(struct thread *t, const struct guest_signal *sig, const struct cpu_context *regs);
    /* About to start a thread; about to fork or vfork. waits: the thread sleeps while the child is in its memory. */
    void (*threading)(struct thread *t);
    void (*forking)(struct thread *t, bool waits);
    /* In a fork's child, before it returns to the guest. */
    void (*forked)(struct thread *t);
    /* In the parent that has waited: the child has executed, or is gone. */
    void (*vforked)(struct thread *t, int32_t child);
    /* The process is about to end. */
    void (*leaving)(struct thread *t);
    /*
     * Enters the guest as t->frame stands, with the vector registers that the processor has, by the way back of the
     * fast entry; signals are blocked until then. For new threads.
     */
    void (*enter)(struct thread *t);
    /*
     * A guest signal in `watched` has been sent and is blocked (stays: it has yet to be delivered), or has been delivered,
     * taken by a wait or ignored. In signal context.
     */
    void (*signalled)(struct thread *t, int guest_signo, bool stays);
    /* Calls fn for every live thread of the address space, until it returns other than 0. May be called anywhere. */
    int (*each_thread)(int (*fn)(struct thread *t, void *arg), void *arg);
};

/* Bytes of a title, NUL included: kern.ps_arg_cache_limit (PAGE_SIZE / 16) less a head (sys/kern/kern_proc.c). */
#define PROCESS_TITLE_MAX 248

/* What the host shows of a process beside its arguments (process/title.h). */
struct process_host_view {
    uint64_t code_low, code_high;
    uint64_t stack; /* where it began; 0: nothing has been shown */
    uint64_t variables, variables_end;
    uint64_t auxv; /* to be shown with the next change, which alone takes it over; 0: what the host has stays */
    uint32_t auxv_bytes;
};

/* Calls by the way they came in. */
struct way_counts {
    uint64_t fast;    /* from rewritten sites */
    uint64_t trapped; /* by SIGSYS */
};

/*
 * What is written while the process runs comes first: it is less than a page, and after a fork each page that parent
 * or child writes to is copied.
 */
struct process {
    const struct process_hooks *hooks;
    const struct personality *personality;
    int32_t pid;             /* host pid = guest pid */
    uint32_t release;        /* the release the guest sees, in its own form (FreeBSD: __FreeBSD_version) */
    uint32_t built_for;      /* the one that the program was built for; 0: it does not say */
    uint32_t alternatives;   /* enum syscall_alternatives; every thread has a copy */
    bool shares_memory;      /* a vfork child that has neither exec'ed nor exited */
    bool ids_changed;        /* since the image began; or it began with a real id that is not the effective one */
    int32_t end_status;      /* the wait status it is about to end with, in the guest's numbers */
    uint32_t fault_reported; /* 1: a thread is reporting the fault that the process dies of */

    /*
     * The host's ids of every thread of the process. Whoever changes them there holds `everywhere`, outermost of all
     * locks, and calls process_ids_read(). It is held while all threads are waited for (process/everywhere.h), so it
     * is never taken with signals blocked.
     */
    struct process_ids users, groups;
    struct lock everywhere;
    /*
     * With METADATA_EMULATED: what the guest takes for its ids (users and groups above are the same then); of a Linux
     * thread that has its own, see struct thread. Else NULL. And the host's ids that its files have.
     */
    struct credentials *credentials;
    uint32_t host_user, host_group;

    struct descriptor_table *descriptors;
    struct address_space *space;
    struct report_state *report;
    struct aio_state *aio; /* syscalls/common/aio.h; NULL: the process has had none to do with that */
    /* The personality's own per-process state, PERSONALITY_DATA_MAX bytes; a vfork child's too. */
    void *personality_data;

    /* vfs/path.h: whether relative names may lead into what is not the host's alone. */
    uint32_t working_directory;   /* enum vfs_directory, and above it how often it has changed */
    uint32_t special_directories; /* which kinds of it descriptors may be of: 1 << kind */

    struct process *next_sharer; /* process/process.c: of a child that shares its parent's memory without its waiting */
    void *exec_scratch[2]; /* what a vfork child's exec has of the heap: freed by its parent when it has succeeded */

    struct process_table *table; /* shared with the user's other guests; NULL: none */
    int32_t table_slot;          /* the process's own entry in it; -1: none */
    uint64_t table_start;        /* its key beside the pid, when the process began; 0: not asked for yet */
    uint64_t fork_ticks;         /* of a fork's child: the time just before the fork */

    guest_ptr ps_strings;
    guest_ptr sigcode;    /* the signal trampoline in guest memory */
    guest_ptr vdso;       /* the ELF header of the vDSO that the guest sees; null: none */
    guest_ptr vdso_entry; /* i386: where its libc makes calls, inside it */
    guest_ptr args_start; /* argument strings on the initial stack */
    uint64_t args_size;
    uint64_t stack_top, stack_size;
    uint64_t start_time_ns; /* CLOCK_REALTIME */

    struct way_counts calls_ended; /* of threads that have ended; living ones count in struct thread */
    struct way_counts calls_told;  /* how much of all of them has been told (syscalls/entry/ways.h) */

    struct signal_set watched; /* signals that arrive here even while the guest ignores them */
    struct signal_queue queue;
    struct lock actions_lock;
    uint32_t actions_changes; /* how often an action, or the host's disposition for one, has begun to change */
    struct signal_action actions[SIGNAL_MAX + 1];

    struct lock title_lock;
    uint32_t title_size; /* 0: no title; the arguments are what the program's memory has */
    bool title_shown;    /* the host looks at it */
    char title[PROCESS_TITLE_MAX + 8];
    struct process_host_view host_view;

    struct settings settings;
    char program[1024];        /* the executable, as an absolute path */
    char personality_name[16]; /* of `personality`, beside the rest that a fork's child tells of itself */
    char command[32];          /* its last component, at most 19 characters as FreeBSD keeps it */

    /* The personality's: what a child has from its parent (a vfork child as a copy), and a program from the one before. */
    uint8_t inherited[PERSONALITY_INHERITED_MAX] __attribute__((aligned(8)));
};

#endif
