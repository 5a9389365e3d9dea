#include "cli/fault-report/unwind.h"

#include <string.h>

#include "cli/fault-report/gopclntab.h"
#include "cli/fault-report/unwind_32.h"
#include "cli/fault-report/unwind_cfi.h"

#define SWITCHES_MAX 8u /* stack switches believed: Go's system stack, signal stacks */

bool unwind_start(struct unwinder *u, struct memory *m, struct images *images, const struct fault_facts *facts,
                  struct frame *first)
{
    static const uint8_t order[FAULT_REGISTERS] = {DW_R8,  DW_R9,  DW_R10, DW_R11, DW_R12, DW_R13,
                                                   DW_R14, DW_R15, DW_RDI, DW_RSI, DW_RBP, DW_RBX,
                                                   DW_RDX, DW_RAX, DW_RCX, DW_RSP, DW_RIP, DW_COUNT};
    memset(u, 0, sizeof(*u));
    memset(first, 0, sizeof(*first));
    u->memory = m;
    u->images = images;
    u->facts = facts;
    for (int i = 0; i < FAULT_REGISTERS; i++) {
        if (order[i] < DW_COUNT) {
            first->reg[order[i]] = facts->registers[i];
        }
    }
    first->exact = true;
    return cfi_start(u);
}

static bool executable(const struct unwinder *u, uint64_t address)
{
    const struct mapping *map = memory_mapping(u->memory, address);
    return map && map->executable;
}

/* Takes the return address `offset` bytes above the stack pointer. */
static bool return_from(struct unwinder *u, struct frame *f, uint64_t offset)
{
    uint64_t at = f->reg[DW_RSP] + offset, to;
    if (at < offset || !memory_u64(u->memory, at, &to)) {
        return false;
    }
    f->reg[DW_RIP] = to;
    f->reg[DW_RSP] = at + 8;
    f->exact = false;
    return true;
}

/*
 * FreeBSD's signal frame (sys/amd64/include/sigframe.h, ucontext.h): the trampoline stands on it after the
 * handler's return; the registers are where mcontext_t has them, and mc_len tells that it is one.
 */
static bool step_signal(struct unwinder *u, struct frame *f)
{
    static const uint8_t at[DW_COUNT] = {
        [DW_RDI] = 1,  [DW_RSI] = 2,  [DW_RDX] = 3,  [DW_RCX] = 4,  [DW_R8] = 5,   [DW_R9] = 6,
        [DW_RAX] = 7,  [DW_RBX] = 8,  [DW_RBP] = 9,  [DW_R10] = 10, [DW_R11] = 11, [DW_R12] = 12,
        [DW_R13] = 13, [DW_R14] = 14, [DW_R15] = 15, [DW_RIP] = 20, [DW_RSP] = 23};
    enum { MASK_BYTES = 16, LENGTH_WORD = 25, LENGTH = 800, WORDS = 26 };
    for (uint64_t skip = 0; skip <= 32; skip += 8) {
        uint64_t words[WORDS];
        if (!memory_read(u->memory, f->reg[DW_RSP] + skip + MASK_BYTES, words, sizeof(words))) {
            return false;
        }
        if (words[LENGTH_WORD] == LENGTH) {
            for (int i = 0; i < DW_COUNT; i++) {
                f->reg[i] = words[at[i]];
            }
            f->exact = f->signal = true;
            return true;
        }
    }
    return false;
}

/*
 * Go. runtime.systemstack leaves rbp as the goroutine had it, so that the chain of frame pointers leads back to
 * the goroutine's stack; the names below are where a stack begins (src/runtime/asm_amd64.s, traceback.go).
 */
static bool step_go(struct unwinder *u, struct frame *f, const struct go_function *fn)
{
    static const char *const bottoms[] = {"runtime.goexit", "runtime.mstart",    "runtime.rt0_go",
                                          "runtime.mcall",  "runtime.morestack", "runtime.asmcgocall"};
    for (size_t i = 0; i < sizeof(bottoms) / sizeof(bottoms[0]); i++) {
        size_t n = strlen(bottoms[i]);
        if (strncmp(fn->name, bottoms[i], n) == 0 && (fn->name[n] == '\0' || fn->name[n] == '.')) {
            return false;
        }
    }
    uint64_t rbp = f->reg[DW_RBP], saved;
    if (strncmp(fn->name, "runtime.systemstack", 19) == 0 && !f->exact) {
        f->reg[DW_RSP] = rbp;
        return memory_u64(u->memory, rbp, &f->reg[DW_RBP]) && return_from(u, f, 8);
    }
    if (fn->frame < 0) {
        return false;
    }
    /* The word below the return address is the caller's frame pointer, once the prologue has stored it. */
    if (fn->frame >= 8 && memory_u64(u->memory, f->reg[DW_RSP] + (uint64_t)fn->frame - 8, &saved) &&
        f->reg[DW_RBP] == f->reg[DW_RSP] + (uint64_t)fn->frame - 8) {
        f->reg[DW_RBP] = saved;
    }
    /* The runtime makes a fault look like a call of sigpanic by the faulting instruction itself. */
    bool injected = strcmp(fn->name, "runtime.sigpanic") == 0;
    if (!return_from(u, f, (uint64_t)fn->frame)) {
        return false;
    }
    f->exact = injected;
    return true;
}

/*
 * No table knows the address. In the first instructions of a function the return address still is on top of
 * the stack; after them a function that keeps a frame pointer has it above the saved one.
 */
static bool step_frame_pointer(struct unwinder *u, struct frame *f)
{
    static const uint8_t push_rbp = 0x55;
    uint8_t code[5] = {0}; /* the byte before rip, and what comes there */
    uint64_t rbp = f->reg[DW_RBP], saved;
    if (f->exact && memory_read(u->memory, f->reg[DW_RIP] - 1, code, sizeof(code))) {
        bool moves_rsp = (code[1] == 0x48 && code[2] == 0x89 && code[3] == 0xe5) ||
                         (code[1] == 0x48 && code[2] == 0x8b && code[3] == 0xec);
        if (code[1] == push_rbp) {
            return return_from(u, f, 0);
        }
        if (code[0] == push_rbp && moves_rsp && memory_u64(u->memory, f->reg[DW_RSP], &saved)) {
            f->reg[DW_RBP] = saved;
            return return_from(u, f, 8);
        }
    }
    if (rbp < f->reg[DW_RSP] || (rbp & 7) || !memory_u64(u->memory, rbp, &saved)) {
        return false;
    }
    f->reg[DW_RSP] = rbp;
    f->reg[DW_RBP] = saved;
    return return_from(u, f, 8);
}

static bool step_any(struct unwinder *u, struct frame *f)
{
    const struct fault_facts *facts = u->facts;
    if ((facts->flags & FAULT_CODE32) != 0) {
        return step_32(u, f, executable(u, frame_address(f)));
    }
    uint64_t rip = f->reg[DW_RIP];
    if (facts->sigcode && rip - facts->sigcode < facts->sigcode_size) {
        return step_signal(u, f);
    }
    if (!executable(u, frame_address(f))) {
        /* A call through a bad pointer: nothing happened since the call but its push. */
        return f->exact && return_from(u, f, 0);
    }
    const struct image *image = image_at(u->images, frame_address(f));
    struct go_function fn;
    if (image && image->gopclntab && go_find(u->memory, image, frame_address(f), &fn)) {
        return step_go(u, f, &fn);
    }
    switch (image ? cfi_step(u, image, f) : CFI_NONE) {
    case CFI_STEPPED:
        return true;
    case CFI_END:
        return false;
    case CFI_NONE:
        break;
    }
    return step_frame_pointer(u, f);
}

bool unwind_step(struct unwinder *u, struct frame *f)
{
    struct frame next = *f;
    next.signal = false;
    if (!step_any(u, &next) || !next.reg[DW_RIP]) {
        return false;
    }
    /* Callers stand higher on the stack. What goes down is another stack, or a loop. */
    if (next.reg[DW_RSP] <= f->reg[DW_RSP] && ++u->switches > SWITCHES_MAX) {
        return false;
    }
    if (!executable(u, frame_address(&next)) && !next.signal) {
        return false;
    }
    *f = next;
    return true;
}
