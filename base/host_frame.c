/* The thread's own host frame, and the extended state that belongs to it. */
#include "base/host_frame.h"

#include "base/host_signal.h"
#include "base/mem.h"
#include "base/shared.h"
#include "base/thread.h"

#define HOST_UC_FLAGS (UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS)

/* The legacy area's last bytes are the host's notes; the extended area begins with a header (Intel SDM 1, 13.4). */
enum { XSTATE_MXCSR_MASK = 28, XSTATE_NOTES = 464, XSTATE_LEGACY = 512, XSTATE_HEADER = 64 };

_Static_assert(sizeof(struct host_frame) == sizeof(struct ucontext), "asm/ucontext.h");
_Static_assert(__builtin_offsetof(struct ucontext, uc_mcontext) == __builtin_offsetof(struct host_frame, regs), "");
_Static_assert(THREAD_FRAME + __builtin_offsetof(struct ucontext, uc_mcontext.fpstate) == FRAME_FPSTATE, "");

/* The processor's, so the same for every process: how big an image is, and which features it has. */
static struct _fpx_sw_bytes notes;
static uint32_t mxcsr_mask;
static bool notes_known;

static struct _fpx_sw_bytes *notes_of(void *fpstate)
{
    return (struct _fpx_sw_bytes *)((char *)fpstate + XSTATE_NOTES);
}

uint32_t host_xstate_size(const void *fpstate)
{
    if (fpstate == NULL) {
        return 0;
    }
    const struct _fpx_sw_bytes *sw = (const void *)((const char *)fpstate + XSTATE_NOTES);
    return sw->magic1 == FP_XSTATE_MAGIC1 ? sw->extended_size : XSTATE_LEGACY;
}

void *host_frame_xstate_room(struct thread *t)
{
    return (char *)t + ((THREAD_STACK_LOW + 63) & ~63UL);
}

void host_frame_init(struct thread *t, bool code32)
{
    struct ucontext *uc = (struct ucontext *)&t->frame;
    uc->uc_flags = HOST_UC_FLAGS;
    uc->uc_stack.ss_sp = (char *)t + THREAD_ALTSTACK_LOW;
    uc->uc_stack.ss_size = THREAD_REGION - THREAD_ALTSTACK_LOW;
    uc->uc_mcontext.cs = code32 ? HOST_USER32_CS : HOST_USER_CS;
    uc->uc_mcontext.ss = HOST_USER_DS;
    t->far.selector = HOST_USER32_CS;
    t->engine_sp = (uint64_t)t + THREAD_STACK_HIGH;
    t->uc = uc;
}

void host_frame_learn(const void *host_ucontext)
{
    const struct ucontext *uc = host_ucontext;
    if (!notes_known && uc->uc_mcontext.fpstate != NULL &&
        host_xstate_size((void *)uc->uc_mcontext.fpstate) <= XSTATE_ROOM) {
        memcpy(&notes, notes_of((void *)uc->uc_mcontext.fpstate), sizeof notes);
        memcpy(&mxcsr_mask, (char *)uc->uc_mcontext.fpstate + XSTATE_MXCSR_MASK, sizeof mxcsr_mask);
        notes_known = true;
    }
}

/* What the host's kernel writes around the processor's part. */
static void annotate(char *image)
{
    uint32_t magic2 = FP_XSTATE_MAGIC2;
    memcpy(image + XSTATE_NOTES, &notes, sizeof notes);
    memcpy(image + notes.xstate_size, &magic2, sizeof magic2);
}

/* Writes the processor's state as the host's kernel would into a signal frame. */
static void capture(char *image)
{
    if (notes.magic1 != FP_XSTATE_MAGIC1) {
        __asm__ volatile("fxsave64 %0" : "=m"(*(char(*)[XSTATE_LEGACY])image));
        return;
    }
    memset(image + XSTATE_LEGACY, 0, XSTATE_HEADER);
    __asm__ volatile("xsave64 (%0)"
                     :
                     : "r"(image), "a"((uint32_t)notes.xfeatures), "d"((uint32_t)(notes.xfeatures >> 32))
                     : "memory");
    annotate(image);
}

static bool own_and_empty(const struct thread *t, const struct ucontext *uc)
{
    return (const void *)uc == &t->frame && uc->uc_mcontext.fpstate == NULL && notes_known;
}

void *host_frame_xstate(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    if (own_and_empty(t, uc)) {
        capture(host_frame_xstate_room(t));
        uc->uc_mcontext.fpstate = host_frame_xstate_room(t);
    }
    return (void *)uc->uc_mcontext.fpstate;
}

void *host_frame_xstate_blank(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    if (own_and_empty(t, uc) && notes.magic1 == FP_XSTATE_MAGIC1) {
        char *image = host_frame_xstate_room(t);
        memcpy(image + XSTATE_MXCSR_MASK, &mxcsr_mask, sizeof mxcsr_mask);
        memset(image + XSTATE_LEGACY, 0, XSTATE_HEADER);
        annotate(image);
        uc->uc_mcontext.fpstate = (void *)image;
    }
    return host_frame_xstate(t, uc);
}

void host_frame_xstate_drop(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    if (host_ucontext == &t->frame) {
        uc->uc_mcontext.fpstate = NULL;
    }
}

bool host_frame_xstate_untouched(const struct thread *t)
{
    return t->uc == &t->frame && ((const struct ucontext *)&t->frame)->uc_mcontext.fpstate == NULL && !t->leave_xstate;
}

bool host_frame_xstate_load(const struct thread *t)
{
    const void *image = (const void *)((const struct ucontext *)&t->frame)->uc_mcontext.fpstate;
    return image != NULL && notes.magic1 == FP_XSTATE_MAGIC1 && guest_load_xstate(image, notes.xfeatures) == 0;
}
