/*
 * Loops of fast calls that check themselves, for signals to fall into, and what handlers may find there.
 */
#ifndef HAMMER_H
#define HAMMER_H

#include "probe.h"

/* Constants of a loop: k[] of struct probe. */
#define HAMMER_RCX   0 /* what rcx and r11 hold until the call */
#define HAMMER_R11   8
#define HAMMER_WANT  16 /* rax after the call */
#define HAMMER_FLAGS 24 /* ah after lahf after the call */

#ifndef __ASSEMBLER__
enum hammer_loop {
    HAMMER_EAX,    /* getpid; mov $20,%eax */
    HAMMER_MEMORY, /* getppid; mov 40(%rsp),%rax */
    HAMMER_FAIL,   /* close(-1); mov $6,%rax */
    HAMMER_PREAD,  /* pread, whose offset is in rcx until `mov %rcx,%r10` after `mov $475,%eax` */
    HAMMER_SHORT,  /* getpid; mov 40(%rsp),%eax */
    HAMMER_THREE,  /* getppid; mov %rbp,%rax, after mov 40(%rsp),%ebp */
    HAMMER_TWO,    /* getpid; mov %ebp,%eax */
    HAMMER_LOOPS,
};

/* Fills the probe and makes it a run of `turns` turns of that loop. */
bool hammer_prepare(struct probe *p, enum hammer_loop loop, uint64_t seed, uint64_t turns);
/*
 * A copy of all loops in fresh memory, so that their sites are new; p->site then is the text's plus the distance
 * between copy and hammer_begin. A copy can only be made while the text's own loops have never run: an engine may
 * change code that has. NULL when the system refuses. hammer_drop() unmaps it.
 */
enum { HAMMER_COPIES = 16 };
uint8_t *hammer_copy(unsigned slot);
void hammer_drop(unsigned slot);
extern const char hammer_begin[], hammer_end[];
/* After the run: whether every turn was right and the registers are. */
bool hammer_check(const struct probe *p, enum hammer_loop loop);
/*
 * What a handler says of the context it interrupted: NULL, or what is impossible about it. An address lies in the
 * program's text; in a loop, at an instruction, and with the registers that the program has there.
 */
const char *hammer_impossible(const struct freebsd_ucontext *context);

/*
 * Makes the context go on in code that saves everything, makes a few calls and returns to where it was: what Go does
 * to stop a goroutine (SIGURG). Only for contexts in a loop: true if done.
 */
bool hammer_preempt(struct freebsd_ucontext *context);
/* What that code calls. */
extern void (*volatile hammer_preempted)(void);
#endif
#endif
