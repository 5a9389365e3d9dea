/* A personality: everything the engine must know of one foreign ABI, in one constant structure. */
#ifndef BASE_PERSONALITY_H
#define BASE_PERSONALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"
#include "base/elf_identity.h"
#include "base/guest.h"

struct guest_signal;
struct signal_action;
struct stack_request;
struct stack_result;
struct syscall_entry;
struct syscall_request;
struct thread;
struct trace_names;
struct vfs_filesystem;

struct personality {
    char name[16];            /* "freebsd": the folder, the --personality value */
    const char *title;        /* "FreeBSD/amd64", for people */
    uint8_t word;             /* bytes of the guest's word and pointer: 8 or 4 */
    uint8_t links_max;        /* how many symbolic links a path may lead through; 0: 32 */
    uint32_t default_release; /* the release a program without a note is taken for, in the guest's own form */
    int32_t tid_offset;       /* what the guest's thread ids are more than the host's */
    const char *machine;      /* Linux's: what uname(2) calls the machine; NULL: the personality's calls know it */

    /* Whether this personality runs such a file. */
    bool (*recognise)(const struct elf_identity *id);
    /*
     * The host executes such programs as well, and does so unless the user names one in `dragoman run`, or a program
     * executes it that keeps_programs, or the host cannot (under a filter).
     */
    bool host_too;
    bool keeps_programs; /* what its programs execute stays in the engine, even where the host could execute it */
    bool scripts_name_processes; /* a script's process has the script's name; else it has its interpreter's */
    /*
     * Its programs are 32-bit code: they run in the host's 32-bit code segment, and the thread's region is found by FS
     * while they do (syscalls/entry/gate32.S), as GS is theirs.
     */
    bool code32;
    /*
     * Its programs are told of the host's own vDSO. What that cannot answer by itself it asks by a call, which traps as
     * the program's own do.
     */
    bool host_vdso;
    /* Its auxiliary vector is made of the host's types: the host's /proc/PID/auxv shows it (process/title.h). */
    bool auxv_is_hosts;
    /* A new file has its directory's group, and root's chown(2) leaves set-id bits: as 4.4BSD has it. */
    bool bsd_owners;
    struct elf_rules programs; /* how its kernel reads and places them; space_end is the address space's, too */

    /* The system calls. */
    const struct syscall_entry *syscalls;
    uint32_t syscall_count;
    /*
     * Number and arguments from the registers. NULL: the number in rax, six arguments in rdi, rsi, rdx, r10, r8, r9, as
     * the systems on amd64 have it.
     */
    int (*fetch)(struct thread *t, const struct cpu_context *regs, struct syscall_request *out);
    /*
     * After that, for a row that is indirect or has more than six arguments: which call is meant, and what is not in
     * registers. Returns 0, or -EFAULT when stack arguments cannot be read.
     */
    int (*fetch_more)(struct thread *t, const struct cpu_context *regs, struct syscall_request *rq);
    /*
     * The same for a call by `int $0x80` out of 64-bit code, which may be another than that of a `syscall`; it sets
     * CALL_COMPAT where it is one with words of four bytes. NULL: such a call is as any other.
     */
    int (*fetch_int80)(struct thread *t, const struct cpu_context *regs, struct syscall_request *out);
    /* Flags that a success clears, besides setting rax; the rest of set_result() it need not go through. */
    uint64_t success_clears;
    /* Puts a result (or -errno, host numbers) where the guest expects it. */
    void (*set_result)(struct thread *t, struct cpu_context *regs, int64_t result);
    /* The answer to a number that the guest's kernel does not know either: its errno, after its signal. */
    int64_t (*unknown_call)(struct thread *t, const struct syscall_request *rq);

    /*
     * A fault of the guest's, before it becomes a signal: what its kernel does without the program's knowledge is done
     * here, and the context can go on (true). host_ucontext: the fault's. Only the faults are open then. May be NULL.
     */
    bool (*fault)(struct thread *t, void *host_ucontext);

    /* Errno: indexed by the host's number; 0 where the host's number is the guest's. */
    const uint8_t *errno_from_host;
    uint32_t errno_from_host_count;

    /* Signals: guest numbers 1..signal_count; 0 = no equivalent. */
    const uint8_t *signal_to_host;   /* [signal_count + 1] */
    const uint8_t *signal_from_host; /* [65] */
    /*
     * Signals are the host's own: their defaults, and the rules by which interrupted calls are made again or end with
     * EINTR, each call by its own (signal(7)). The host then applies them itself (host_restartable()).
     */
    bool signals_are_hosts;
    /*
     * The guest signal that a program gets whose stack takes no frame: it dies of it; where signals are the host's, as of
     * a fault, for which it may have a handler.
     */
    uint8_t signal_bad_stack;
    uint8_t signal_count;
    uint8_t carrier_mark;       /* in carried signals (signals/queue.h): whose have it, have the same numbers */
    uint32_t signal_flags;      /* SIGNAL_*: the flags of an action that the program has never set */
    uint32_t signal_code_queue; /* SI_QUEUE; the codes of other sent signals differ from it in the low byte only */
    /* What a guest signal does by default: enum signal_default. */
    uint8_t (*signal_default)(int guest_signo);
    /*
     * Translates what the host tells of a signal (asm/siginfo.h) into guest terms; signo 0: the guest has no such
     * signal. `regs` is the faulting context, NULL for an asynchronous signal.
     */
    void (*signal_describe)(struct thread *t, const void *host_siginfo, const struct cpu_context *regs, uint64_t trapno,
                            uint64_t error_code, struct guest_signal *out);
    /*
     * Builds the guest's signal frame and points the registers at its handler. `host_uc` is the host frame of the
     * interrupted code (asm/ucontext.h), for its fault details and its extended state, which may be changed for the
     * handler (with t->leave_xstate); the mask that the guest's sigreturn restores is t->frame_mask. Returns 0 or -EFAULT (no room on the guest's stack).
     */
    int (*build_frame)(struct thread *t, struct cpu_context *regs, void *host_uc, const struct guest_signal *sig,
                       const struct signal_action *action);

    /* The signal trampoline, copied to a page of its own whose address is t->proc->sigcode. */
    const uint8_t *sigcode;
    uint32_t sigcode_size;
    /* The trampoline's page is a vDSO, of which programs are told; i386: where its function for calls begins. */
    bool sigcode_is_vdso;
    uint32_t vdso_entry;

    /* The initial stack, auxiliary vector and registers of a program; see loader/stack.h. */
    int (*build_stack)(const struct stack_request *rq, struct stack_result *out);

    /*
     * What of a process's personality_data outlives the guest's exec: written to a block of `size` zeroed bytes in the
     * old image, read from it in the new one, before the guest's first instruction. May be NULL.
     */
    void (*hand_over)(struct thread *t, void *block, uint32_t size);
    void (*take_over)(struct thread *t, const void *block, uint32_t size);

    /*
     * Before a host program takes the process over (`leaves`): gives the host what was kept from it. With `leaves` false
     * it did not come to that. May be NULL.
     */
    void (*leave_to_host)(struct thread *t, bool leaves);

    /* Before a program's first instruction, when all that the engine needs is in place; may be NULL. */
    void (*program_begins)(struct thread *t);

    /* In a new thread, before its first instruction; may be NULL. */
    void (*thread_started)(struct thread *t);

    /* What its system mounts at places of its own (vfs/filesystem.h), ended by NULL; may be NULL. */
    const struct vfs_filesystem *const *filesystems;
    /* And what it has in a root of the guest's own (vfs/rooted.h), where the host's directories are not seen. */
    const struct vfs_filesystem *const *rooted_filesystems;

    /* How the tracer prints this personality's calls. */
    const struct trace_names *trace;
};

/* All personalities, ended by NULL. */
extern const struct personality *const personalities[];

#endif
