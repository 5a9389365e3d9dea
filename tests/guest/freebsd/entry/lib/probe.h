/*
 * The probe: makes one call (or runs one piece of code) with every register of the processor filled, and keeps what
 * they are afterwards.
 *
 * The code under test runs with rsp pointing at a struct probe, so that all it needs is reached without a register:
 * it begins with whatever it likes and ends with `jmp *PROBE_BACK(%rsp)`. Signal frames go below, where probe_new()
 * leaves room.
 */
#ifndef PROBE_H
#define PROBE_H

/* Offsets in struct probe, for the assembler. */
#define PROBE_ARGS    8  /* what a call takes from the stack */
#define PROBE_NUMBER  40 /* the number, for sites that load it from memory */
#define PROBE_SITE    48 /* the code under test */
#define PROBE_BACK    56 /* where it goes in the end */
#define PROBE_SPIN    64 /* where spinning code goes next */
#define PROBE_SAVED   72 /* the caller's stack pointer */
#define PROBE_SCRATCH 80
#define PROBE_CHILD   88  /* called in a new process (rdx is 1): never returns */
#define PROBE_COUNT   96  /* turns of a loop */
#define PROBE_NOTE    104 /* what a loop found wrong: 0 is nothing */
#define PROBE_IN      112 /* struct probe_registers */
#define PROBE_OUT     240
#define PROBE_RED_IN  368
#define PROBE_RED_OUT 496
#define PROBE_FS_OUT  624 /* the word at the thread pointer */
#define PROBE_K       640 /* constants of a loop */
#define PROBE_X_IN    704
#define PROBE_X_OUT   4800
#define PROBE_X_SIZE  4096

#define PROBE_FEATURES 0xe7 /* x87, SSE, AVX, masks, both parts of AVX-512 (Intel SDM 1, 13.1) */

#define FLAG_CARRY     0x1
#define FLAGS_STATUS   0x8d5 /* OF SF ZF AF PF CF */
#define FLAG_DIRECTION 0x400
#define FLAG_ALIGNMENT 0x40000
#define FLAG_STEP      0x100

#ifndef __ASSEMBLER__
#include "guest.h"

struct probe_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, rflags;
};
enum { PROBE_REGISTERS = 16 };

struct probe {
    uint64_t slot; /* a return address would be here */
    uint64_t args[4];
    uint64_t number;
    const void *site, *back;
    const void *volatile spin;
    uint64_t saved, scratch;
    void (*child)(struct probe *);
    volatile uint64_t count, note;
    struct probe_registers in, out;
    uint64_t red_in[16], red_out[16];
    uint64_t fs_out;
    uint64_t unused;
    uint64_t k[8];
    uint8_t x_in[PROBE_X_SIZE] __attribute__((aligned(64)));
    uint8_t x_out[PROBE_X_SIZE] __attribute__((aligned(64)));
};
_Static_assert(offsetof(struct probe, in) == PROBE_IN, "");
_Static_assert(offsetof(struct probe, out) == PROBE_OUT, "");
_Static_assert(offsetof(struct probe, red_in) == PROBE_RED_IN, "");
_Static_assert(offsetof(struct probe, red_out) == PROBE_RED_OUT, "");
_Static_assert(offsetof(struct probe, fs_out) == PROBE_FS_OUT, "");
_Static_assert(offsetof(struct probe, k) == PROBE_K, "");
_Static_assert(offsetof(struct probe, x_in) == PROBE_X_IN, "");
_Static_assert(offsetof(struct probe, x_out) == PROBE_X_OUT, "");

/* The extended features the processor has and the system lets programs use, of PROBE_FEATURES; 0 without XSAVE. */
extern uint32_t probe_features;

/* A probe with room below it, or NULL. The calling thread has a thread pointer afterwards. */
struct probe *probe_new(void);
void probe_free(struct probe *p);
/* Fills everything with values that differ from register to register and from seed to seed. */
void probe_fill(struct probe *p, uint64_t seed);
/* One run from p->site; what was in the registers before is back in them afterwards, as for any function. */
void probe_run(struct probe *p);

enum {
    PROBE_AFTER_CALL = 0, /* rax, rcx, r11 and carry are the call's; r8 to r10 may be zero (exception.S) */
    PROBE_UNTOUCHED = 1,  /* all is to be as it was */
    PROBE_AFTER_LOOP = 2, /* as after a call, and the flags are the loop's */
    PROBE_RDX = 4,        /* rdx is the call's as well */
};
/* Compares what came out with what went in; the first difference fails the test. `what` names the call. */
bool probe_check(const struct probe *p, unsigned kind, const char *what);

/* Called by probe_trash_handler with a handler's arguments. */
extern void (*volatile probe_on_signal)(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context);
/* A handler that leaves no register, no flag and no part of the vector state as it was. */
void probe_trash_handler(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context);

/* Whether the address lies in this program's own text. */
bool probe_in_text(uint64_t address);

/* Pieces of code to run from p->site (sites.S). */
extern const char probe_sites[], probe_sites_end[]; /* PROBE_SITE_COUNT copies of "number from memory, call" */
enum { PROBE_SITE_COUNT = 48, PROBE_SITE_SIZE = 16 };
extern const char probe_spin[]; /* jumps to itself until p->spin is probe_spin_end */
extern const char probe_spin_end[];

/* Room that the program's own stack is not. */
extern uint8_t probe_init_state[];
#endif
#endif
