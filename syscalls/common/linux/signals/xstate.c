/* Semantics: copy_fpstate_to_sigframe(), fpu__restore_sig(), fpu__clear_user_states(); arch/x86/kernel/fpu/. */
#include "syscalls/common/linux/signals/xstate.h"

#include <stdbool.h>

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "base/thread.h"

/* Intel SDM 1, 10.5.1 and 13.4; the last bytes of the legacy area are the kernel's notes. */
enum { FCW = 0, FCW_SIZE = 2, MXCSR = 24, NOTES = 464, LEGACY = 512, HEADER = 64, XSTATE_ALIGN = 64 };
#define MXCSR_INITIAL   0x1f80u
#define FCW_INITIAL     0x37fu
#define FEATURES_LEGACY 3ULL
#define FEATURE_PKRU    (1ULL << 9) /* handlers of programs with protection keys keep what they may touch */

static struct _fpx_sw_bytes *notes_of(void *image)
{
    return (struct _fpx_sw_bytes *)((char *)image + NOTES);
}

static bool is_extended(const void *image)
{
    const struct _fpx_sw_bytes *notes = (const void *)((const char *)image + NOTES);
    return notes->magic1 == FP_XSTATE_MAGIC1 && notes->xstate_size >= LEGACY + HEADER;
}

static uint64_t *features_of(void *image)
{
    return (uint64_t *)((char *)image + LEGACY);
}

static void reset(void *image)
{
    uint32_t mxcsr = MXCSR_INITIAL, mask;
    uint16_t fcw = FCW_INITIAL;
    memcpy(&mask, (char *)image + MXCSR + sizeof mxcsr, sizeof mask);
    memset(image, 0, NOTES);
    memcpy((char *)image + FCW, &fcw, FCW_SIZE);
    memcpy((char *)image + MXCSR, &mxcsr, sizeof mxcsr);
    memcpy((char *)image + MXCSR + sizeof mxcsr, &mask, sizeof mask);
    if (is_extended(image)) {
        *features_of(image) &= FEATURE_PKRU;
    }
}

int64_t linux_xstate_save(struct thread *t, void *host_uc, uint64_t sp, uint64_t head)
{
    struct ucontext *uc = host_uc;
    void *image = host_frame_xstate(t, uc);
    if (image == NULL) {
        return 0;
    }
    uint32_t size = host_xstate_size(image);
    uint64_t at = (sp - size) & ~(uint64_t)(XSTATE_ALIGN - 1);
    if (head > at || copyout(guest_addr(at), image, size) != 0) {
        return -EFAULT;
    }
    reset(image);
    t->leave_xstate |= host_uc == &t->frame;
    return (int64_t)at;
}

/* Whether the guest's image has the extended part, of a size that is its own (check_xstate_in_sigframe()). */
static bool has_extended(guest_ptr from, const struct _fpx_sw_bytes *given, uint32_t most)
{
    uint32_t magic2 = 0;
    return given->magic1 == FP_XSTATE_MAGIC1 && given->xstate_size >= LEGACY + HEADER && given->xstate_size <= most &&
           given->xstate_size <= given->extended_size &&
           copyin(&magic2, guest_at(from, given->xstate_size), sizeof magic2) == 0 && magic2 == FP_XSTATE_MAGIC2;
}

static int64_t load_extended(guest_ptr from, const struct _fpx_sw_bytes *given, void *image)
{
    uint64_t allowed = notes_of(image)->xfeatures & given->xfeatures;
    int r = copyin((char *)image + LEGACY, guest_at(from, LEGACY), given->xstate_size - LEGACY);
    *features_of(image) &= allowed;
    return r;
}

int64_t linux_xstate_load(struct thread *t, guest_ptr from)
{
    struct _fpx_sw_bytes given;
    t->call_flags |= CALL_XSTATE_SET;
    if (guest_is_null(from)) {
        void *image = host_frame_xstate(t, t->uc);
        if (image != NULL) {
            reset(image);
        }
        return 0;
    }
    if ((from.va & (XSTATE_ALIGN - 1)) != 0 || copyin(&given, guest_at(from, NOTES), sizeof given) != 0) {
        return -EFAULT;
    }
    void *image = host_frame_xstate_blank(t, t->uc);
    if (image == NULL) {
        return 0;
    }
    int64_t r = copyin(image, from, NOTES);
    if (r == 0 && is_extended(image)) {
        uint32_t most = notes_of(image)->xstate_size;
        if (has_extended(from, &given, most)) {
            r = load_extended(from, &given, image);
        } else {
            *features_of(image) = FEATURES_LEGACY;
        }
    }
    if (r != 0) {
        host_frame_xstate_drop(t, t->uc);
    }
    return r;
}
