/*
 * A guest thread: one host thread, and one region of the arena that holds all the engine needs for it.
 *
 * A region is THREAD_REGION bytes, aligned to its size, so that code on any of the region's stacks finds its
 * thread by masking the stack pointer:
 *
 *     base              struct thread
 *     base + 16 K       guard page
 *     + 20 K .. 96 K    engine stack: thread start, and rewritten calls; at its low end, room for the extended state
 *     + 96 K            guard page
 *     + 100 K .. 256 K  alternate signal stack: trapped calls and signals
 *
 * A region is free when `tid` is 0; the host kernel clears it when the thread is gone (CLONE_CHILD_CLEARTID), so
 * that no code has to run on a stack it gives away.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/guest.h"
#include "base/lock.h"
#include "base/signal_types.h"
#include "base/syscall_table.h"
#include "base/thread_layout.h"

#define THREAD_NAME_MAX 32

struct process;

#define CALL_RING_SIZE 16 /* the last calls, for the fault report */

/* The call in progress works on its record: nothing is copied. */
struct call_record {
    struct syscall_request request;
    bool done;      /* false while the call runs */
    int64_t result; /* host numbers */
};

/* t->call_flags: how dispatch ends the current call. CALL_NOT_MADE (0x8) and CALL_REWOUND (0x20) are in
 * thread_layout.h. */
#define CALL_REGS_SET   0x1u  /* registers are complete as they stand (sigreturn, a new image): set no result */
#define CALL_RAW_RESULT 0x2u  /* a negative result is no error (getpriority) */
#define CALL_RESULT2    0x4u  /* result2 goes into the second result register */
#define CALL_XSTATE_SET 0x10u /* the frame's extended state has been changed */
#define CALL_COMPAT     0x40u /* its structures have words of four bytes, whatever the program's have */

/*
 * The host's signal frame in the thread's own memory (asm/ucontext.h: struct ucontext), for calls that come in by the
 * fast entry: what works on a trapped call's frame works on this one.
 */
struct host_frame {
    uint64_t head[5]; /* flags, link, stack */
    struct cpu_context regs;
    uint64_t tail[15]; /* segments, fault, extended state, mask */
};

/* A host call that another thread of the process wants this one to make too (process/everywhere.h). */
struct errand {
    long number;
    uint64_t arguments[3];
    int64_t failed; /* -errno of a thread that could not; 0: none */
    uint32_t done;  /* how many have made it: a futex word */
};

#define THREAD_SEGMENTS 3

/* A segment that a 32-bit program has asked for as its thread's own (syscalls/linux-i386/threads/tls.h). */
struct thread_segment {
    uint32_t base, limit;
    uint8_t flags; /* struct user_desc's (asm/ldt.h) */
    bool set;
    bool ldt_set, ldt_own; /* `ldt` is an entry of the LDT that holds it; and one that no other thread has */
    uint16_t ldt;
};

struct thread {
    struct thread *self;

    /*
     * What the way back to the guest must see to. All eight bytes zero: nothing. One byte each, because a signal
     * handler sets the first and the fifth between any two instructions.
     */
    bool recorded;       /* `recorded_info` waits for delivery. Read by host_call_intr's restartable range. */
    bool raised_set;     /* `raised` waits */
    bool held_due;       /* what the queue of pending signals has is to be looked at */
    bool temporary_mask; /* saved_mask is to come back */
    bool mask_stale;     /* the kernel's mask may not be host_mask */
    bool leave_whole;    /* the call has changed more registers than a call changes */
    bool leave_xstate;   /* the extended state in the frame is to be loaded */
    bool leave_gs;       /* guest_gs is to be loaded */

    uint64_t engine_sp;      /* top of the engine stack */
    struct host_frame frame; /* of the fast entry */
    int32_t tid;             /* host thread id; 0: the region is free */
    struct process *proc;

    /* The call in progress. */
    struct cpu_context *regs;
    void *uc; /* host ucontext: a trap's, else &frame */
    uint32_t call_flags;
    uint32_t call_number;
    uint64_t call_result2;
    uint64_t call_rax;     /* rax at entry, for a restart */
    uint32_t disturbed;    /* an errand may have interrupted a host call: host_call_intr makes it again */
    uint32_t alternatives; /* the process's (base/process.h) */
    struct errand *errand; /* to be run; NULL: none */

    /* Where the way back into 32-bit code jumps to (gate32.S): a far pointer, m16:32. */
    struct {
        uint32_t offset;
        uint16_t selector;
    } far;

    /* Signals. */
    struct signal_set mask;
    struct signal_set saved_mask; /* the mask to come back to, while temporary_mask */
    struct signal_set frame_mask; /* for build_frame: what the guest's sigreturn restores */
    uint64_t host_mask;           /* signal_mask_to_host(mask) */
    guest_ptr fast_block;         /* the word by which the guest blocks all signals; 0: none */
    struct signal_stack altstack;
    struct host_siginfo recorded_info;
    struct signal_pending pending; /* of what the engine keeps (signals/queue.h) */
    struct signal_set awaited;     /* while `waiting`, what for */
    bool waiting;                  /* in sigwait and its kin */
    struct {
        uint64_t trapno, error, address; /* the address is of the last page fault */
    } last_fault;                        /* of the guest's own, as Linux's frames tell of it */
    bool raised_forced;                  /* `raised` is from signal_force(), */
    struct guest_signal raised;          /* or from signal_raise() */

    struct credentials *credentials; /* a Linux thread's own; NULL: the process's (base/credentials.h) */

    /* The guest's thread library. */
    guest_ptr robust_lists[3]; /* umtx: robust, private robust, in-kernel active */
    /* Linux's: set_tid_address, rseq, and of a new thread where its id is stored before it runs. */
    guest_ptr clear_tid, set_tid;
    uint64_t start_tls; /* CLONE_SETTLS of a personality whose thread pointer is not FS's base */
    guest_ptr rseq;
    uint32_t rseq_size, rseq_signature;
    uint64_t tls_base;     /* where the thread library has said that its own storage is, */
    bool tls_base_set;     /* if it has */
    uint8_t domain_policy; /* of its memory (cpuset_setdomain); 0: the default */
    char name[THREAD_NAME_MAX];

    struct thread_segment segments[THREAD_SEGMENTS];

    uint32_t ring_next;
    struct call_record ring[CALL_RING_SIZE];

    uint64_t calls_fast, calls_trapped; /* how its calls came in; the process gets the sum when the thread ends */

    /* What a new thread starts with. */
    struct cpu_context start_regs;
    uint64_t guest_gs;                 /* GS base to enter the guest with; 0: it has set none, and ours stands there */
    void *start_xstate;                /* in its own region, NULL: the processor's initial state */
    bool start_cloned;                 /* instead: the vector registers that clone has copied from the creator's */
    bool forked;                       /* the first thread of a vfork child */
    bool drop_caught;                  /* which starts with default actions for caught signals */
    const struct process *forked_from; /* its parent's, if that sleeps meanwhile; else NULL */
    struct lock start_gate;            /* held by the creator until the thread may run */
    bool start_cancelled;              /* it is to end instead */
    bool leaving;                      /* it ends, and is not the last */

    uint32_t wake_token; /* thr_wake before thr_suspend */

    /* Not a thread of the guest's but one of the engine's, which does this; NULL: the guest's. */
    void (*engine_work)(struct thread *t);
    uint64_t engine_argument;
};

_Static_assert(sizeof(struct thread) <= THREAD_STRUCT_MAX, "the region's first part holds it");

_Static_assert(__builtin_offsetof(struct thread, recorded) == THREAD_RECORDED, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, leave_gs) == THREAD_RECORDED + 7, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, engine_sp) == THREAD_ENGINE_SP, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, frame.regs) == THREAD_REGS, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, call_flags) == THREAD_CALL_FLAGS, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, disturbed) == THREAD_DISTURBED, "thread_layout.h");
_Static_assert(__builtin_offsetof(struct thread, far) == THREAD_FAR, "thread_layout.h");

/* The thread that runs on this stack pointer, which must be inside a region. */
static inline struct thread *thread_of_stack(uint64_t sp)
{
    return (struct thread *)(sp & ~(THREAD_REGION - 1));
}

#endif
