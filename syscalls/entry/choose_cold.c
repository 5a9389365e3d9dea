/*
 * Choosing what to replace before a call site.
 *
 * x86 code cannot be read backwards: which bytes begin an instruction depends on where reading starts. But a reading
 * that starts wrong falls into step after a few instructions. So every byte of a stretch before the site is taken for a
 * start, and only an instruction that nearly all readings come by, of those that arrive at the site at all, is taken
 * for one. Those that do not arrive have begun in data, and say nothing.
 */
#include <capstone/capstone.h>
#include <stdbool.h>
#include <string.h>

#include "syscalls/entry/choose.h"

enum {
    JUMP_SIZE = 5,     /* jmp rel32 */
    LEAD = 48,         /* bytes before the site at which the first reading starts */
    FALL_IN = 8,       /* bytes that a reading has to fall into step before its word counts */
    READINGS_MIN = 4,  /* fewer are no evidence */
    ASTRAY_SHARE = 10, /* at most one reading of so many may go by the instruction */
};

static csh decoder;

static bool decoder_ready(void)
{
    return decoder != 0 || cs_open(CS_ARCH_X86, CS_MODE_64, &decoder) == CS_ERR_OK;
}

/* What reading found: for each distance from the site, how long the instruction that begins there is; 0: none does. */
struct lengths {
    uint32_t lead; /* the longest distance */
    uint8_t at[LEAD + 1];
};

static void read_lengths(const struct code_window *w, cs_insn *insn, struct lengths *out)
{
    out->lead = w->before < LEAD ? w->before : LEAD;
    for (uint32_t back = 1; back <= out->lead; back++) {
        const uint8_t *code = w->bytes + w->before - back;
        size_t left = back;
        uint64_t address = w->at - back;
        out->at[back] = cs_disasm_iter(decoder, &code, &left, &address, insn) ? (uint8_t)insn->size : 0;
    }
}

/* Reads on from `from` bytes before the site. Returns whether it arrives there; *passes: whether by way of `by`. */
static bool arrives(const struct lengths *l, uint32_t from, uint32_t by, bool *passes)
{
    *passes = from == by;
    while (from != 0 && l->at[from] != 0 && l->at[from] <= from) {
        from -= l->at[from];
        *passes |= from == by;
    }
    return from == 0;
}

/* Whether an instruction begins `back` bytes before the site, beyond reasonable doubt. */
static bool begins_at(const struct code_window *w, const struct lengths *l, uint32_t back)
{
    unsigned arrived = 0, passed = 0;
    bool passes;
    if (w->starts_a_mapping && w->before <= LEAD) {
        return arrives(l, w->before, back, &passes) && passes;
    }
    for (uint32_t from = back + FALL_IN; from <= l->lead; from++) {
        if (arrives(l, from, back, &passes)) {
            arrived++;
            passed += passes;
        }
    }
    return passed >= READINGS_MIN && (arrived - passed) * ASTRAY_SHARE <= arrived;
}

/* An instruction that does the same wherever it stands, and after which the next one is executed. */
static bool movable(const cs_insn *insn)
{
    const cs_detail *d = insn->detail;
    for (uint8_t i = 0; i < d->groups_count; i++) {
        switch (d->groups[i]) {
        case CS_GRP_JUMP:
        case CS_GRP_CALL:
        case CS_GRP_RET:
        case CS_GRP_INT:
        case CS_GRP_IRET:
        case CS_GRP_PRIVILEGE:
        case CS_GRP_BRANCH_RELATIVE:
            return false;
        default:
            break;
        }
    }
    for (uint8_t i = 0; i < d->x86.op_count; i++) {
        const cs_x86_op *op = &d->x86.operands[i];
        if (op->type == X86_OP_MEM && (op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_EIP)) {
            return false;
        }
    }
    /* A repeated or locked one is not what stands before a call; and it may be interrupted half done. */
    return d->x86.prefix[0] == 0 && insn->id != X86_INS_SYSCALL && insn->id != X86_INS_SYSENTER &&
           insn->id != X86_INS_INT3 && insn->id != X86_INS_HLT && insn->id != X86_INS_UD2;
}

/* Whether all instructions from `back` bytes before the site to it can move. */
static bool all_movable(const struct code_window *w, uint32_t back, cs_insn *insn)
{
    const uint8_t *code = w->bytes + w->before - back;
    size_t left = back;
    uint64_t address = w->at - back;
    while (left > 0) {
        if (!cs_disasm_iter(decoder, &code, &left, &address, insn) || !movable(insn)) {
            return false;
        }
    }
    return true;
}

/* The nearest instruction that is long enough. */
static enum site_refusal go_back(const struct code_window *w, const struct lengths *l, cs_insn *insn,
                                 struct patch_choice *out)
{
    enum site_refusal refusal = REFUSED_SHORT;
    bool passes;
    for (uint32_t back = JUMP_SIZE; back <= SITE_BACK_MAX && back <= l->lead; back++) {
        if (l->at[back] < JUMP_SIZE || !arrives(l, back, 0, &passes) || !all_movable(w, back, insn)) {
            continue;
        }
        if (begins_at(w, l, back)) {
            *out = (struct patch_choice){(uint8_t)back, l->at[back]};
            return REFUSED_NOT;
        }
        refusal = REFUSED_UNCLEAR;
    }
    return refusal;
}

/* Bytes of a direct jump or call before its displacement, and the displacement's size; 0: none begins here. */
static unsigned jump_at(const uint8_t *p, size_t left, unsigned *displacement)
{
    if (left >= 2 && (p[0] == 0xeb || (p[0] & 0xf0) == 0x70 || (p[0] & 0xfc) == 0xe0)) {
        *displacement = 1;
        return 1;
    }
    if (left >= 5 && (p[0] == 0xe8 || p[0] == 0xe9)) {
        *displacement = 4;
        return 1;
    }
    if (left >= 6 && p[0] == 0x0f && (p[1] & 0xf0) == 0x80) {
        *displacement = 4;
        return 2;
    }
    return 0;
}

/*
 * Whether anything in the window could be a jump into the bytes to be replaced, beyond the first: hand-written code
 * jumps over prefixes so. Every byte is taken for a possible beginning: better one site too few.
 */
static bool jumped_into(const struct code_window *w, const struct patch_choice *c)
{
    size_t size = w->before + 2 + w->after;
    int64_t low = (int64_t)w->before - c->back + 1, high = low + c->length - 1;
    for (size_t i = 0; i < size; i++) {
        unsigned width = 0;
        unsigned opcode = jump_at(w->bytes + i, size - i, &width);
        if (opcode == 0) {
            continue;
        }
        int32_t distance = (int8_t)w->bytes[i + opcode];
        if (width == 4) {
            memcpy(&distance, w->bytes + i + opcode, sizeof distance);
        }
        int64_t target = (int64_t)(i + opcode + width) + distance;
        if (target >= low && target < high) {
            return true;
        }
    }
    return false;
}

enum site_refusal choose_patch(const struct code_window *w, struct patch_choice *out)
{
    if (!decoder_ready()) {
        return REFUSED_HOST;
    }
    cs_option(decoder, CS_OPT_DETAIL, CS_OPT_OFF);
    cs_insn *plain = cs_malloc(decoder);
    cs_option(decoder, CS_OPT_DETAIL, CS_OPT_ON);
    cs_insn *detailed = cs_malloc(decoder);
    enum site_refusal r = REFUSED_HOST;
    if (plain != NULL && detailed != NULL) {
        struct lengths lengths;
        cs_option(decoder, CS_OPT_DETAIL, CS_OPT_OFF);
        read_lengths(w, plain, &lengths);
        cs_option(decoder, CS_OPT_DETAIL, CS_OPT_ON);
        r = go_back(w, &lengths, detailed, out);
    }
    if (r == REFUSED_NOT && jumped_into(w, out)) {
        r = REFUSED_JUMPED;
    }
    cs_free(plain, plain != NULL);
    cs_free(detailed, detailed != NULL);
    return r;
}
