#include "cli/fault-report/unwind_32.h"

#include <string.h>

/* struct sigcontext_32's words (asm/sigcontext.h), and where it stands above the stack pointer of a trampoline. */
enum {
    CONTEXT_WORDS = 17,
    CONTEXT_PLAIN = 4,
    CONTEXT_WITH_INFO = 160,
};

static bool return_from(struct unwinder *u, struct frame *f, uint64_t offset)
{
    uint64_t at = f->reg[DW_RSP] + offset;
    uint32_t to;
    if (at > UINT32_MAX || !memory_u32(u->memory, at, &to)) {
        return false;
    }
    f->reg[DW_RIP] = to;
    f->reg[DW_RSP] = at + 4;
    f->exact = false;
    return true;
}

/* The trampolines that pop the signal's number have taken the handler's return address already. */
static bool step_signal(struct unwinder *u, struct frame *f)
{
    static const uint8_t with_info[] = {0xb8, 0xad, 0, 0, 0};                                     /* mov $173, %eax */
    static const uint8_t at[] = {DW_RDI, DW_RSI, DW_RBP, DW_RSP, DW_RBX, DW_RDX, DW_RCX, DW_RAX}; /* from word 4 on */
    enum { FIRST = 4, WORD_EIP = 14 };
    uint8_t code[sizeof(with_info)];
    uint32_t words[CONTEXT_WORDS];
    if (!memory_read(u->memory, f->reg[DW_RIP], code, sizeof(code))) {
        return false;
    }
    bool info = memcmp(code, with_info, sizeof(code)) == 0;
    if (!memory_read(u->memory, f->reg[DW_RSP] + (info ? CONTEXT_WITH_INFO : CONTEXT_PLAIN), words, sizeof(words))) {
        return false;
    }
    for (unsigned i = 0; i < sizeof(at); i++) {
        f->reg[at[i]] = words[FIRST + i];
    }
    f->reg[DW_RIP] = words[WORD_EIP];
    f->exact = f->signal = true;
    return true;
}

/* As step_frame_pointer() of unwind.c. */
static bool step_frame_pointer(struct unwinder *u, struct frame *f)
{
    static const uint8_t push_ebp = 0x55;
    uint8_t code[4] = {0}; /* the byte before eip, and what comes there */
    uint64_t ebp = f->reg[DW_RBP];
    uint32_t saved;
    if (f->exact && memory_read(u->memory, f->reg[DW_RIP] - 1, code, sizeof(code))) {
        if (code[1] == push_ebp) {
            return return_from(u, f, 0);
        }
        if (code[0] == push_ebp && code[1] == 0x89 && code[2] == 0xe5 &&
            memory_u32(u->memory, f->reg[DW_RSP], &saved)) {
            f->reg[DW_RBP] = saved;
            return return_from(u, f, 4);
        }
    }
    if (ebp < f->reg[DW_RSP] || (ebp & 3) || !memory_u32(u->memory, ebp, &saved)) {
        return false;
    }
    f->reg[DW_RSP] = ebp;
    f->reg[DW_RBP] = saved;
    return return_from(u, f, 4);
}

bool step_32(struct unwinder *u, struct frame *f, bool executable)
{
    const struct fault_facts *facts = u->facts;
    if (facts->sigcode && f->reg[DW_RIP] - facts->sigcode < facts->sigcode_size) {
        /* Interrupted there is the vDSO's call, which has nothing on the stack but where it returns to. */
        return f->exact ? return_from(u, f, 0) : step_signal(u, f);
    }
    if (!executable) {
        return f->exact && return_from(u, f, 0); /* a call through a bad pointer */
    }
    return step_frame_pointer(u, f);
}
