/* See fpstate.h. Semantics: arch/x86/kernel/fpu/signal.c and regset.c (convert_from_fxsr(), convert_to_fxsr()). */
#include "syscalls/linux-i386/signals/fpstate.h"

#include <stdbool.h>

#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/mem.h"

#define IMAGE_ALIGN       64ULL
#define HEADER_SIZE       64
#define FEATURES_LEGACY   3ULL        /* x87 and SSE */
#define FEATURE_PKRU      (1ULL << 9) /* what the program may touch is no matter of its handlers */
#define FCW_INITIAL       0x37f
#define MXCSR_INITIAL     0x1f80u
#define MXCSR_MASK_OLDEST 0xffbfu /* of processors that tell none (Intel SDM 1, 11.6.6) */
#define REGISTERS         8

/* What FXSAVE stores (Intel SDM 2, FXSAVE), the part of it that both systems' frames begin with. */
struct legacy {
    uint16_t fcw, fsw;
    uint8_t ftw, reserved1;
    uint16_t fop;
    uint64_t rip, rdp;
    uint32_t mxcsr, mxcsr_mask;
    struct _fpxreg st[REGISTERS];
    uint8_t xmm[16][16];
    uint8_t reserved2[48];
    struct _fpx_sw_bytes sw;
};
_Static_assert(sizeof(struct legacy) == 512, "Intel SDM 1, 10.5.1");

struct header {
    uint64_t features, compaction, reserved[6];
};
_Static_assert(sizeof(struct header) == HEADER_SIZE, "Intel SDM 1, 13.4.2");

struct image {
    struct legacy legacy;
    struct header header;
};

/* What FSAVE stores, and the words behind it: the head of struct _fpstate_32. */
struct head {
    uint32_t cwd, swd, twd, fip, fcs, foo, fos;
    struct _fpreg st[REGISTERS];
    uint16_t status, magic;
};
_Static_assert(sizeof(struct head) == 112, "struct fregs_state");

#define TAG_VALID   0u
#define TAG_ZERO    1u
#define TAG_SPECIAL 2u
#define TAG_EMPTY   3u

static bool is_extended(const struct image *i)
{
    return i->legacy.sw.magic1 == FP_XSTATE_MAGIC1;
}

static uint64_t image_size(const void *fpstate)
{
    return host_xstate_size(fpstate);
}

uint64_t linux_i386_fpstate_place(uint64_t sp, const void *fpstate)
{
    return ((sp - image_size(fpstate)) & ~(IMAGE_ALIGN - 1)) - sizeof(struct head);
}

static uint32_t tag_of(const struct _fpxreg *r)
{
    switch (r->exponent & 0x7fff) {
    case 0x7fff:
        return TAG_SPECIAL;
    case 0:
        return (r->significand[0] | r->significand[1] | r->significand[2] | r->significand[3]) == 0 ? TAG_ZERO
                                                                                                    : TAG_SPECIAL;
    default:
        return (r->significand[3] & 0x8000) != 0 ? TAG_VALID : TAG_SPECIAL;
    }
}

/* FXSAVE keeps one bit of a register's tag, FSAVE two, which follow from what is in it. */
static uint32_t tags_wide(const struct legacy *l)
{
    uint32_t top = l->fsw >> 11 & 7, wide = 0xffff0000u;
    for (uint32_t i = 0; i < REGISTERS; i++) {
        uint32_t tag = (l->ftw >> i & 1) != 0 ? tag_of(&l->st[(i - top) & 7]) : TAG_EMPTY;
        wide |= tag << (2 * i);
    }
    return wide;
}

static uint8_t tags_narrow(uint32_t wide)
{
    uint8_t narrow = 0;
    for (uint32_t i = 0; i < REGISTERS; i++) {
        narrow |= (uint8_t)((wide >> (2 * i) & 3) != TAG_EMPTY ? 1u << i : 0);
    }
    return narrow;
}

static void fill_head(const struct legacy *l, uint16_t code_segment, struct head *h)
{
    uint16_t data_segment;
    __asm__ volatile("mov %%ds, %0" : "=r"(data_segment));
    h->cwd = l->fcw | 0xffff0000u;
    h->swd = l->fsw | 0xffff0000u;
    h->twd = tags_wide(l);
    h->fip = (uint32_t)l->rip;
    h->fcs = code_segment;
    h->foo = (uint32_t)l->rdp;
    h->fos = data_segment | 0xffff0000u;
    for (int i = 0; i < REGISTERS; i++) {
        memcpy(&h->st[i], &l->st[i], sizeof h->st[i]);
    }
    h->status = l->fsw;
    h->magic = 0; /* X86_FXSR_MAGIC: what FXSAVE stores follows */
}

int linux_i386_fpstate_save(const void *fpstate, guest_ptr at, uint16_t code_segment)
{
    const struct image *i = fpstate;
    struct head head;
    fill_head(&i->legacy, code_segment, &head);
    guest_ptr image = guest_at(at, sizeof head);
    if (COPYOUT(at, &head) != 0 || copyout(image, fpstate, image_size(fpstate)) != 0) {
        return -EFAULT;
    }
    if (!is_extended(i)) {
        return 0;
    }
    /* The head counts, and programs that change legacy state without knowing of more are to be believed. */
    struct _fpx_sw_bytes sw = i->legacy.sw;
    uint64_t features = i->header.features | FEATURES_LEGACY;
    sw.extended_size += sizeof head;
    bool done = COPYOUT(guest_at(image, __builtin_offsetof(struct image, legacy.sw)), &sw) == 0 &&
                COPYOUT(guest_at(image, __builtin_offsetof(struct image, header.features)), &features) == 0;
    return done ? 0 : -EFAULT;
}

void linux_i386_fpstate_reset(void *fpstate)
{
    struct image *i = fpstate;
    uint32_t mask = i->legacy.mxcsr_mask;
    memset(fpstate, 0, __builtin_offsetof(struct image, legacy.sw));
    i->legacy.fcw = FCW_INITIAL;
    i->legacy.mxcsr = MXCSR_INITIAL;
    i->legacy.mxcsr_mask = mask;
    if (is_extended(i)) {
        i->header.features &= FEATURE_PKRU;
    }
}

/* check_xstate_in_sigframe(): whether more than what FXSAVE stores is there, and how much. */
static bool find_extended(const struct image *own, guest_ptr from, struct _fpx_sw_bytes *sw)
{
    uint32_t end;
    if (!is_extended(own) || COPYIN(sw, guest_at(from, __builtin_offsetof(struct image, legacy.sw))) != 0) {
        return false;
    }
    if (sw->magic1 != FP_XSTATE_MAGIC1 || sw->xstate_size < sizeof(struct image) ||
        sw->xstate_size > own->legacy.sw.xstate_size || sw->xstate_size > sw->extended_size) {
        return false;
    }
    return COPYIN(&end, guest_at(from, sw->xstate_size)) == 0 && end == FP_XSTATE_MAGIC2;
}

/* All but the host's notes, which say what of it the host loads. */
static int copy_image(struct image *own, guest_ptr from)
{
    struct _fpx_sw_bytes sw;
    const size_t before_notes = __builtin_offsetof(struct image, legacy.sw);
    bool extended = find_extended(own, from, &sw);
    if (copyin(own, from, before_notes) != 0) {
        return -EFAULT;
    }
    if (!is_extended(own)) {
        return 0;
    }
    if (!extended) {
        memset(&own->header, 0, sizeof own->header);
        own->header.features = FEATURES_LEGACY;
        return 0;
    }
    const size_t header = __builtin_offsetof(struct image, header);
    if (copyin(&own->header, guest_at(from, header), sw.xstate_size - header) != 0) {
        return -EFAULT;
    }
    struct header *h = &own->header;
    uint64_t reserved = h->compaction;
    for (unsigned i = 0; i < sizeof h->reserved / sizeof h->reserved[0]; i++) {
        reserved |= h->reserved[i];
    }
    if (reserved != 0 || (h->features & ~own->legacy.sw.xfeatures) != 0) {
        return -EINVAL;
    }
    h->features &= sw.xfeatures;
    return 0;
}

/* The head has the last word on what it has. Data and code segments are not kept by 64-bit processors. */
static void take_head(const struct head *h, struct legacy *l)
{
    l->fcw = (uint16_t)h->cwd;
    l->fsw = (uint16_t)h->swd;
    l->ftw = tags_narrow(h->twd);
    l->fop = (uint16_t)(h->fcs >> 16);
    l->rip = h->fip;
    l->rdp = h->foo;
    for (int i = 0; i < REGISTERS; i++) {
        memcpy(&l->st[i], &h->st[i], sizeof h->st[i]);
    }
}

static int load(struct image *own, guest_ptr from)
{
    struct head head;
    uint32_t mask = own->legacy.mxcsr_mask;
    if (COPYIN(&head, from) != 0) {
        return -EFAULT;
    }
    int r = copy_image(own, guest_at(from, sizeof head));
    own->legacy.mxcsr_mask = mask;
    if (r == 0 && (own->legacy.mxcsr & ~(mask != 0 ? mask : MXCSR_MASK_OLDEST)) != 0) {
        r = -EINVAL;
    }
    take_head(&head, &own->legacy);
    return r;
}

int linux_i386_fpstate_load(void *fpstate, guest_ptr from)
{
    int r = fpstate != NULL && !guest_is_null(from) ? load(fpstate, from) : 0;
    if (fpstate != NULL && (r != 0 || guest_is_null(from))) {
        linux_i386_fpstate_reset(fpstate);
    }
    return r;
}
