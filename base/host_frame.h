/*
 * The host's signal frame as the engine uses it: the one the kernel made for a trap or a signal, and the one in struct
 * thread, which the fast entry fills. Both hold a struct ucontext (asm/ucontext.h), and either can be given to the
 * host's sigreturn.
 */
#ifndef BASE_HOST_FRAME_H
#define BASE_HOST_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_context.h"

struct thread;

/* The largest extended state image kept in a thread's region (AVX-512 and AMX together need 11 KB). */
#define XSTATE_ROOM 0x4000U

/*
 * Makes t's own frame one that the host's sigreturn takes, and the one that calls work on outside a trap. code32: it
 * returns to 32-bit code.
 */
void host_frame_init(struct thread *t, bool code32);

/* The code segment that registers in a host frame go with: it stands behind them (asm/sigcontext.h). */
static inline uint16_t *host_frame_code_segment(struct cpu_context *regs)
{
    return (uint16_t *)(regs + 1);
}

/* Remembers how the host lays out extended state, from a frame of its own making. */
void host_frame_learn(const void *host_ucontext);

/*
 * The guest's extended state as of the call or signal that `host_ucontext` belongs to: an image as in the host's own
 * frames (asm/sigcontext.h, struct _xstate). The thread's own frame gets it on first demand, from the processor, which
 * still has it: the hot half leaves vector registers alone. NULL: the host's frame has none.
 */
void *host_frame_xstate(struct thread *t, void *host_ucontext);

/* Whether the processor has the extended state of the call in progress: it came in by the fast entry, and no image was made. */
bool host_frame_xstate_untouched(const struct thread *t);

/*
 * The same for a caller that is going to fill in all of it: the thread's own frame gets an image with nothing but the
 * host's notes in it.
 */
void *host_frame_xstate_blank(struct thread *t, void *host_ucontext);

/* Takes back an image that has not been filled in after all. */
void host_frame_xstate_drop(struct thread *t, void *host_ucontext);

/* Loads the processor with the own frame's image. False: there is none, or it is not one that the processor takes. */
bool host_frame_xstate_load(const struct thread *t);

/* Where a region keeps such an image: the low end of its engine stack. */
void *host_frame_xstate_room(struct thread *t);

/* Bytes of an image; 512 for one without the extension; 0 for NULL. */
uint32_t host_xstate_size(const void *fpstate);

#endif
