/*
 * Selectors of the GDT that stand for entries of the LDT (tls.h). The processor's general protection fault names the
 * selector in its error code (Intel SDM 3, 6.13); what instruction loads it is for us to read.
 */
#include "base/host.h"
#include "base/host_frame.h"
#include "base/host_signal.h"
#include "base/shared.h"
#include "base/thread.h"
#include "syscalls/linux-i386/threads/ldt.h"
#include "syscalls/linux-i386/threads/tls.h"

#define TRAP_PROTECTION 13
#define GDT_FIRST       12
#define PREFIX_SIZE     0x66
#define MOV_TO_SEGMENT  0x8e
#define TWO_BYTES       0x0f
#define POP_FS          0xa1
#define POP_GS          0xa9
#define CODE_MAX        15 /* bytes of an instruction */

enum { SEGMENT_ES, SEGMENT_SS = 2, SEGMENT_DS, SEGMENT_FS, SEGMENT_GS };

struct loading {
    int segment; /* as in a ModRM byte; -1: not known */
    uint32_t length, popped;
};

/* Bytes of a ModRM byte and what belongs to it, with addresses of 32 bits (Intel SDM 2, 2.1.3). */
static uint32_t modrm_length(const uint8_t *m)
{
    uint32_t mod = m[0] >> 6, rm = m[0] & 7, length = 1;
    if (mod == 3) {
        return length;
    }
    uint32_t base = rm;
    if (rm == 4) {
        base = m[1] & 7;
        length++;
    }
    bool wide = mod == 2 || (mod == 0 && base == 5);
    return length + (wide ? 4 : mod == 1 ? 1 : 0);
}

static struct loading decode(const uint8_t *code)
{
    struct loading none = {-1, 0, 0};
    uint32_t at = 0, word = 4;
    if (code[at] == PREFIX_SIZE) {
        word = 2;
        at++;
    }
    if (code[at] == MOV_TO_SEGMENT) {
        int segment = code[at + 1] >> 3 & 7;
        return (struct loading){segment, at + 1 + modrm_length(code + at + 1), 0};
    }
    if (code[at] == TWO_BYTES && (code[at + 1] == POP_FS || code[at + 1] == POP_GS)) {
        return (struct loading){code[at + 1] == POP_FS ? SEGMENT_FS : SEGMENT_GS, at + 2, word};
    }
    return none;
}

static bool load(int segment, uint32_t selector)
{
    switch (segment) {
    case SEGMENT_ES:
        return guest_load_es(selector) == 0;
    case SEGMENT_DS:
        return guest_load_ds(selector) == 0;
    case SEGMENT_FS:
        return guest_load_fs(selector) == 0;
    case SEGMENT_GS:
        return guest_load_gs(selector) == 0;
    default:
        return false;
    }
}

/* What can be read of the instruction; the rest is zero. */
static void read_code(uint64_t rip, uint8_t *code)
{
    for (uint32_t i = 0; i <= CODE_MAX; i++) {
        code[i] = 0;
    }
    for (uint32_t i = 0; i < CODE_MAX && copyin(code + i, guest_addr(rip + i), 1) == 0; i++) {}
}

bool linux_i386_tls_fault(struct thread *t, void *host_ucontext)
{
    struct ucontext *uc = host_ucontext;
    struct cpu_context *regs = (struct cpu_context *)&uc->uc_mcontext;
    uint32_t index = (uint32_t)uc->uc_mcontext.err >> 3;
    if (uc->uc_mcontext.trapno != TRAP_PROTECTION || (uc->uc_mcontext.err & 7) != 0 ||
        index - GDT_FIRST >= THREAD_SEGMENTS) {
        return false;
    }
    const struct thread_segment *s = &t->segments[index - GDT_FIRST];
    uint8_t code[CODE_MAX + 1];
    read_code(regs->rip, code);
    struct loading l = decode(code);
    if (!s->set || !s->ldt_set || l.segment < 0 || !load(l.segment, ldt_selector(s->ldt))) {
        return false;
    }
    regs->rip = (uint32_t)(regs->rip + l.length);
    regs->rsp = (uint32_t)(regs->rsp + l.popped);
    return true;
}
