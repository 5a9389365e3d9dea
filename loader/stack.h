/*
 * The guest's initial stack: where it stands, and what a personality needs to
 * know to fill it.  The mapping is common to all (loader/stack.c, cold); the
 * layout is each personality's own (syscalls/freebsd/start/stack.c, hot).
 */
#ifndef LOADER_STACK_H
#define LOADER_STACK_H

#include <stdint.h>

struct loader_error;

/* A mapped stack: usable in [lo, hi), one guard page below lo. */
struct stack_area {
    uint64_t guard_lo;
    uint64_t lo;
    uint64_t hi;
};

/* FreeBSD/amd64's maxssiz: no main stack is larger. */
#define STACK_SIZE_MAX (UINT64_C(512) << 20)

/* How much of a growing stack is mapped when the program begins; the least that any stack has. */
#define STACK_GROWS_FROM (UINT64_C(64) << 10)

/* Length of the random bytes a request carries: FreeBSD's SSP canary. */
enum { STACK_RANDOM_BYTES = 64 };

/**
 * Maps a stack below `top`, or in the next free place under it.
 * @top: highest end wanted, page-aligned (USER_END for FreeBSD).
 * @size: bytes, the guest's RLIMIT_STACK; held to 64 KiB..STACK_SIZE_MAX.  Pages
 *        are reserved, not allocated.  Where the host refuses so much
 *        (overcommit off, RLIMIT_AS), less is mapped, down to 8 MiB.
 * @prot: PROT_* bits.
 * Returns 0, or -ENOMEM with *err filled.
 */
int stack_map(uint64_t top, uint64_t size, int prot, struct stack_area *out, struct loader_error *err);

/**
 * Maps a stack that ends at `top` and grows as it is used, up to the process's
 * RLIMIT_STACK, as the host's own does. What lies below it must be kept free.
 * @size: bytes that the limit allows, held to 64 KiB..STACK_SIZE_MAX: out->lo is
 *        that far below `top`, though little of it is mapped yet.
 * Returns 0, or -errno with *err filled.
 */
int stack_map_growing(uint64_t top, uint64_t size, int prot, struct stack_area *out, struct loader_error *err);

/* What a program starts with, in no system's layout.  Strings are the
 * engine's own memory; addresses are the guest's. */
struct credentials;

struct stack_request {
    unsigned char *window; /* the engine's view of [window_va, top) */
    uint64_t window_va;    /* lowest guest address that may be written */
    uint64_t top;          /* one past the highest */
    uint32_t argc;
    uint32_t envc;
    const char *const *argv;
    const char *const *envp;
    const char *execpath; /* absolute path of the program; NULL: not known */
    const char *execfn;   /* the name by which it was executed, a script's for one */
    unsigned char random[STACK_RANDOM_BYTES];

    uint64_t phdr; /* address of the program headers; 0: not in memory */
    uint32_t phentsize;
    uint32_t phnum;
    uint32_t elf_flags; /* e_flags */
    uint64_t entry;     /* the program's own, not the interpreter's */
    uint64_t base;      /* of the interpreter; without one, the program's bias */

    uint32_t osrel; /* release as AT_OSRELDATE wants it */
    uint32_t ncpus;
    int stack_prot;       /* PROT_* bits */
    uint64_t stack_limit; /* bytes, the soft RLIMIT_STACK */
    uint64_t timekeep;    /* address of a shared time page; 0: none */

    const struct credentials *credentials; /* the program's, where they are not the host's */

    /* What Linux's kernel says of itself and the processor; 0: the entry is left out, but for hwcap and hwcap2. */
    uint64_t vdso;             /* address of its ELF header */
    uint64_t vdso_entry;       /* i386: its __kernel_vsyscall */
    uint64_t hwcap, hwcap2;    /* AT_HWCAP, AT_HWCAP2 of the host */
    uint64_t signal_stack_min; /* AT_MINSIGSTKSZ */
    uint64_t rseq_size, rseq_align;
};

struct stack_result {
    uint64_t sp;         /* stack pointer at entry */
    uint64_t arg;        /* first argument register at entry (FreeBSD: address of argc) */
    uint64_t argv;       /* address of argv[0] */
    uint64_t envv;       /* address of envp[0] */
    uint64_t auxv;       /* address of the auxiliary vector */
    uint32_t auxv_bytes; /* its length, AT_NULL included */
    uint64_t ps_strings; /* address of struct ps_strings (kern.proc.ps_strings); 0: the system has none */
    uint64_t execpath;   /* address of the path; 0: none */
};

#endif
