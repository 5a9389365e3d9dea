/*
 * Choosing what to replace before a call site.
 *
 * x86 code cannot be read backwards: which bytes begin an instruction depends on where reading starts. But a reading
 * that starts wrong falls into step after a few instructions. So every byte of a stretch before the site is taken for a
 * start, and only an instruction that nearly all readings come by, of those that arrive at the site at all, is taken
 * for one. Those that do not arrive have begun in data, and say nothing.
 *
 * Readings can be led astray together, by data right before the code. So the instruction must also have been executed:
 * only one whose effect can be seen when the `syscall` traps, a register loaded with a constant, from memory, or with
 * an address, is chosen, and it is replaced only if the registers show it. Numbers of calls are loaded so.
 *
 * What remains is a byte of data that reads as a prefix of the first instruction: the effect is the same, and the code
 * is entered behind it. So what needs no prefix may have none; and before one that loads, and begins with a REX prefix,
 * there must be either one more instruction that has been executed; or one after which nothing falls through, or
 * padding, and the prefix must have made a difference.
 *
 * Where no instruction of five bytes is near, one of two to four right before the `syscall` will do (rewrite.h). Those
 * move a register or clear one, and leave less to be seen: Go's are four moves in a row, which overwrite each other's
 * sources. But what the guest's stack shows counts as well (choose_seen_cold.c): that it came by a call of the place from
 * which a plain reading, past nothing that jumps, leads by way of the instruction to the site.
 */
#include <capstone/capstone.h>
#include <stdbool.h>
#include <string.h>

#include "syscalls/entry/choose.h"
#include "syscalls/entry/choose_jumps.h"
#include "syscalls/entry/decoder_memory.h"

enum {
    JUMP_SIZE = 5, /* jmp rel32 */
    SYSCALL_SIZE = 2,
    SHORTEST = 2,            /* what a jump may begin with, when its other bytes stand there already */
    LEAD = CHOICE_LEAD,      /* bytes before the site at which the first reading starts */
    FAR_LEAD = 192,          /* the same of those that are asked where the nearer ones do not agree */
    FAR_SHARE = 20,          /* of these, one of so many may go by the instruction */
    FAR_MIN = 32,            /* fewer of these are no evidence */
    FALL_IN = 8,             /* bytes that a reading has to fall into step before its word counts */
    READINGS_MIN = 4,        /* fewer are no evidence */
    ASTRAY_SHARE = 10,       /* at most one reading of so many may go by the instruction */
    ASTRAY_SHARE_PADDED = 3, /* the same behind padding, whose zeros lead readings astray */
    FUNCTION_ALIGN = 16,
};

static csh decoder;

static bool decoder_ready(void)
{
    return decoder != 0 || (decoder_memory_ready() && cs_open(CS_ARCH_X86, CS_MODE_64, &decoder) == CS_ERR_OK);
}

/*
 * What reading found: for each distance from the site, how long the instruction that begins there is; 0: none does. Beyond
 * `lead` perhaps not looked at yet.
 */
struct lengths {
    uint32_t lead, far; /* the longest distances */
    uint8_t at[FAR_LEAD + 1];
};
enum { NOT_LOOKED_AT = 0xff };

static uint8_t length_at(const struct code_window *w, uint32_t back, cs_insn *insn)
{
    const uint8_t *code = w->bytes + w->before - back;
    size_t left = back;
    uint64_t address = w->at - back;
    return cs_disasm_iter(decoder, &code, &left, &address, insn) ? (uint8_t)insn->size : 0;
}

static void read_lengths(const struct code_window *w, cs_insn *insn, struct lengths *out)
{
    out->lead = w->before < LEAD ? w->before : LEAD;
    out->far = w->before < FAR_LEAD ? w->before : FAR_LEAD;
    memset(out->at, NOT_LOOKED_AT, sizeof out->at);
    for (uint32_t back = 1; back <= out->lead; back++) {
        out->at[back] = length_at(w, back, insn);
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

enum certainty { DOES_NOT_BEGIN, MAY_BEGIN, BEGINS };

/*
 * Whether a function plainly begins there: aligned, behind an instruction that only fills the space before one. Small
 * functions in a row (getpid, getppid) have more of such bytes than of others, and half of the readings that begin among
 * zeros take the function's first byte for the end of something.
 */
static bool is_padded_start(const struct code_window *w, uint32_t back)
{
    /* nopw and nopl as assemblers write them, the longest last (Intel SDM 2, NOP). */
    static const uint8_t fillers[][10] = {
        {3, 0x0f, 0x1f, 0x00},
        {4, 0x0f, 0x1f, 0x40, 0},
        {5, 0x0f, 0x1f, 0x44, 0, 0},
        {7, 0x0f, 0x1f, 0x80, 0, 0, 0, 0},
        {8, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
    };
    const uint8_t *start = w->bytes + w->before - back;
    for (size_t i = 0; ((w->at - back) & (FUNCTION_ALIGN - 1)) == 0 && i < sizeof fillers / sizeof fillers[0]; i++) {
        size_t size = fillers[i][0];
        if (w->before - back >= size && memcmp(start - size, fillers[i] + 1, size) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Whether readings from further away come by: nearly all of them have fallen into step before they are near. Those that
 * start among a few instructions with zeros in them, as glibc's open has, may part right there.
 */
static bool passed_from_afar(const struct code_window *w, struct lengths *l, uint32_t back, cs_insn *insn)
{
    unsigned arrived = 0, passed = 0;
    bool passes;
    for (uint32_t start = l->lead + 1; start <= l->far; start++) {
        uint32_t from = start;
        while (from > l->lead) {
            if (l->at[from] == NOT_LOOKED_AT) {
                l->at[from] = length_at(w, from, insn);
            }
            if (l->at[from] == 0) {
                break;
            }
            from -= l->at[from];
        }
        if (from <= l->lead && arrives(l, from, back, &passes)) {
            arrived++;
            passed += passes;
        }
    }
    return arrived >= FAR_MIN && (arrived - passed) * FAR_SHARE <= arrived;
}

/* Whether an instruction begins `back` bytes before the site: certain is what is beyond reasonable doubt. */
static enum certainty begins_at(const struct code_window *w, struct lengths *l, uint32_t back, cs_insn *insn)
{
    unsigned arrived = 0, passed = 0;
    bool passes;
    if (w->starts_a_mapping && w->before <= LEAD) {
        if (!arrives(l, w->before, back, &passes)) {
            return MAY_BEGIN;
        }
        return passes ? BEGINS : DOES_NOT_BEGIN;
    }
    for (uint32_t from = back + FALL_IN; from <= l->lead; from++) {
        if (arrives(l, from, back, &passes)) {
            arrived++;
            passed += passes;
        }
    }
    if (arrived < READINGS_MIN) {
        return MAY_BEGIN;
    }
    unsigned share = is_padded_start(w, back) ? ASTRAY_SHARE_PADDED : ASTRAY_SHARE;
    if (passed >= READINGS_MIN && (arrived - passed) * share <= arrived) {
        return BEGINS;
    }
    if (passed * ASTRAY_SHARE <= arrived) {
        return DOES_NOT_BEGIN;
    }
    return passed * 2 >= arrived && passed_from_afar(w, l, back, insn) ? BEGINS : MAY_BEGIN;
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

/* A register's place in struct cpu_context, whatever part of it is named; -1: none of those, or one a call destroys. */
static int place_of(unsigned reg)
{
    static const struct {
        uint16_t names[4];
        int8_t place;
    } registers[] = {
        {{X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B}, 0},
        {{X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B}, 1},
        {{X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B}, 2},
        {{X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B}, 4},
        {{X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B}, 5},
        {{X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B}, 6},
        {{X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B}, 7},
        {{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL}, 8},
        {{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL}, 9},
        {{X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL}, 10},
        {{X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL}, 11},
        {{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL}, 12},
        {{X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL}, 13},
        {{X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL}, 15},
    };
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        for (size_t n = 0; n < 4; n++) {
            if (registers[i].names[n] == reg) {
                return registers[i].place;
            }
        }
    }
    return -1;
}

static bool address_of(const x86_op_mem *m, struct patch_effect *out)
{
    out->base = (int8_t)(m->base != X86_REG_INVALID ? place_of(m->base) : -1);
    out->index = (int8_t)(m->index != X86_REG_INVALID ? place_of(m->index) : -1);
    out->scale = (uint8_t)m->scale;
    out->displacement = m->disp;
    return m->segment == X86_REG_INVALID && (m->base == X86_REG_INVALID || out->base >= 0) &&
           (m->index == X86_REG_INVALID || out->index >= 0);
}

static bool is_rex(uint8_t byte)
{
    return (byte & 0xf0) == 0x40;
}

/* The bits of a REX prefix (Intel SDM 2, 2.2.1.2). */
enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

/* Whether an assembler would have put this REX prefix before this opcode: it says something. */
static bool rex_has_meaning(uint8_t rex, const uint8_t *opcode)
{
    if ((*opcode & 0xf8) == 0xb8) {
        return (rex & (REX_R | REX_X)) == 0 && (rex & (REX_W | REX_B)) != 0;
    }
    if (*opcode == 0xc7) {
        return (rex & (REX_R | REX_X)) == 0 && (rex & REX_W) != 0;
    }
    bool sib = (opcode[1] & 7) == 4 && opcode[1] < 0xc0;
    return (rex & 0x0f) != 0 && (sib || (rex & REX_X) == 0);
}

/*
 * Whether it is one of the usual encodings: perhaps a REX prefix, then mov $imm, mov from memory or from a register, lea,
 * or xor.
 */
static bool plainly_encoded(const cs_insn *insn)
{
    const uint8_t *opcode = insn->bytes + is_rex(insn->bytes[0]);
    bool known = (*opcode & 0xf8) == 0xb8 || *opcode == 0xc7 || *opcode == 0x8b || *opcode == 0x8d || *opcode == 0x89 ||
                 *opcode == 0x31 || *opcode == 0x33;
    return known && (opcode == insn->bytes || rex_has_meaning(insn->bytes[0], opcode));
}

/* What the instruction leaves behind, if it is one of those whose effect can be checked. */
static bool effect_of(const cs_insn *insn, struct patch_effect *out)
{
    const cs_x86 *x = &insn->detail->x86;
    const cs_x86_op *from = &x->operands[1];
    bool moves = insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS, clears = insn->id == X86_INS_XOR;
    if ((!moves && !clears && insn->id != X86_INS_LEA) || x->op_count != 2 || x->operands[0].type != X86_OP_REG ||
        !plainly_encoded(insn)) {
        return false;
    }
    *out = (struct patch_effect){.size = x->operands[0].size, .base = -1, .index = -1};
    out->target = (int8_t)place_of(x->operands[0].reg);
    if (out->target < 0 || (out->size != 4 && out->size != 8)) {
        return false;
    }
    if (clears) {
        return from->type == X86_OP_REG && from->reg == x->operands[0].reg;
    }
    if (from->type == X86_OP_IMM) {
        out->displacement = from->imm;
        return true;
    }
    if (from->type == X86_OP_REG) {
        out->base = (int8_t)place_of(from->reg);
        return out->base >= 0 && out->base != out->target;
    }
    out->loads = moves;
    return from->type == X86_OP_MEM && address_of(&from->mem, out) && out->base != out->target &&
           out->index != out->target;
}

/* Whether the instruction leaves alone what the effect is seen by. */
static bool keeps(const cs_insn *insn, const struct patch_effect *e)
{
    cs_regs read, written;
    uint8_t reads, writes;
    if (cs_regs_access(decoder, insn, read, &reads, written, &writes) != CS_ERR_OK) {
        return false;
    }
    for (uint8_t i = 0; i < writes; i++) {
        int place = place_of(written[i]);
        if (place >= 0 && (place == e->target || place == e->base || place == e->index)) {
            return false;
        }
    }
    return true;
}

/*
 * Whether all instructions from `back` bytes before the site to it can move, and the first one's effect is still to be
 * seen there.
 */
static bool can_go(const struct code_window *w, uint32_t back, cs_insn *insn, struct patch_effect *effect)
{
    const uint8_t *code = w->bytes + w->before - back;
    size_t left = back;
    uint64_t address = w->at - back;
    while (left > 0) {
        bool first = left == back;
        if (!cs_disasm_iter(decoder, &code, &left, &address, insn) || !movable(insn) ||
            !(first ? effect_of(insn, effect) : keeps(insn, effect))) {
            return false;
        }
    }
    return true;
}

/* A constant's encodings with and without REX are of different lengths, or one of them no assembler writes. */
static bool is_constant(const struct patch_effect *e)
{
    return !e->loads && e->base < 0 && e->index < 0;
}

/* Nothing falls through it to what follows, or it is padding, or it returns there. */
static bool ends_or_pads(const cs_insn *insn)
{
    switch (insn->id) {
    case X86_INS_RET:
    case X86_INS_JMP:
    case X86_INS_CALL:
    case X86_INS_INT3:
    case X86_INS_UD2:
    case X86_INS_HLT:
    case X86_INS_NOP:
    case X86_INS_SYSCALL:
        return true;
    default:
        return false;
    }
}

/* Whether what stands before the instruction, `back` bytes before the site, says that one begins there. */
static bool begins_after_another(const struct code_window *w, struct lengths *l, uint32_t back, cs_insn *insn,
                                 struct patch_choice *out)
{
    if (w->starts_a_mapping && back == w->before) {
        return true;
    }
    for (uint32_t earlier = back + 1; earlier <= l->lead; earlier++) {
        if (l->at[earlier] != earlier - back || begins_at(w, l, earlier, insn) != BEGINS) {
            continue;
        }
        const uint8_t *code = w->bytes + w->before - earlier;
        size_t left = earlier;
        uint64_t address = w->at - earlier;
        if (cs_disasm_iter(decoder, &code, &left, &address, insn) && ends_or_pads(insn)) {
            out->wide = out->effect.size == 8;
            return true;
        }
        out->has_before = can_go(w, earlier, insn, &out->before);
        return out->has_before;
    }
    return false;
}

/* Whether it leads to what follows, or else (a jump on a condition) far away from the site. */
static bool leads_on(const struct code_window *w, const cs_insn *insn)
{
    const cs_x86 *x = &insn->detail->x86;
    if (cs_insn_group(decoder, insn, CS_GRP_JUMP) && insn->id != X86_INS_JMP && insn->id != X86_INS_LJMP &&
        x->op_count == 1 && x->operands[0].type == X86_OP_IMM) {
        uint64_t target = (uint64_t)x->operands[0].imm;
        return target < w->at - LEAD || target >= w->at + SYSCALL_SIZE;
    }
    return movable(insn);
}

/*
 * From where a plain reading, past nothing that jumps near by, comes to the site by way of the instruction `back` bytes
 * before it: a bit for each distance.
 */
static uint64_t entries_to(const struct code_window *w, struct lengths *l, uint32_t back, cs_insn *insn)
{
    uint64_t entries = 1ULL << back;
    for (uint32_t from = back + 1; from <= l->lead; from++) {
        uint32_t length = l->at[from];
        if (length == 0 || length > from - back || (entries >> (from - length) & 1) == 0) {
            continue;
        }
        const uint8_t *code = w->bytes + w->before - from;
        size_t left = from;
        uint64_t address = w->at - from;
        if (cs_disasm_iter(decoder, &code, &left, &address, insn) && leads_on(w, insn)) {
            entries |= 1ULL << from;
        }
    }
    return entries;
}

/* Whether something jumps into the bytes to be replaced, beyond the first: hand-written code jumps over prefixes so. */
static bool jumped_into(const struct code_window *w, const struct patch_choice *c, cs_insn *insn)
{
    int64_t start = (int64_t)w->before - c->back;
    return choice_jumped_to(decoder, w, start + 1, start + c->length, true, insn);
}

/*
 * Whether a label plainly stands there: aligned by padding, and something near jumps to it. glibc's one place for all calls
 * that can be cancelled has nothing else to show, among zeros.
 */
static bool is_padded_label(const struct code_window *w, uint32_t back, cs_insn *insn)
{
    int64_t start = (int64_t)w->before - back;
    return is_padded_start(w, back) && choice_jumped_to(decoder, w, start, start + 1, false, insn);
}

/* The nearest instruction that is long enough; one that only a call shows to be executed, if there is no other. */
static enum site_refusal go_back(const struct code_window *w, struct lengths *l, cs_insn *insn,
                                 struct patch_choice *out)
{
    enum site_refusal refusal = REFUSED_SHORT;
    struct patch_choice called = {0};
    bool passes;
    for (uint32_t back = JUMP_SIZE; back <= SITE_BACK_MAX && back <= l->lead; back++) {
        if (l->at[back] < JUMP_SIZE || !arrives(l, back, 0, &passes) || !can_go(w, back, insn, &out->effect)) {
            continue;
        }
        out->has_before = out->wide = false;
        out->entries = 0;
        bool ambiguous = is_rex(w->bytes[w->before - back]) && !is_constant(&out->effect);
        bool labelled = is_padded_label(w, back, insn);
        enum certainty begins = labelled ? BEGINS : begins_at(w, l, back, insn);
        if (begins == BEGINS && (!ambiguous || labelled || begins_after_another(w, l, back, insn, out))) {
            out->back = (uint8_t)back;
            out->length = l->at[back];
            out->entries = out->has_before || out->wide ? entries_to(w, l, back, insn) : 0;
            return REFUSED_NOT;
        }
        if (begins == BEGINS && called.back == 0) {
            called = *out;
            called.back = (uint8_t)back;
            called.length = l->at[back];
            called.entries = entries_to(w, l, back, insn);
        }
        if (begins != DOES_NOT_BEGIN) { /* else the end of a longer one, as a displacement looks like one */
            refusal = REFUSED_UNCLEAR;
        }
    }
    if (called.back != 0) {
        *out = called;
        return REFUSED_NOT;
    }
    return refusal;
}

/* The instruction right before the site, if it is shorter than a jump. */
static enum site_refusal go_short(const struct code_window *w, struct lengths *l, cs_insn *insn,
                                  struct patch_choice *out)
{
    enum site_refusal refusal = REFUSED_SHORT;
    for (uint32_t back = SHORTEST; back < JUMP_SIZE && back <= l->lead; back++) {
        /* With two bytes the jump ends in the byte behind the `syscall`. */
        if (l->at[back] != back || back + SYSCALL_SIZE + w->after < JUMP_SIZE || !can_go(w, back, insn, &out->effect)) {
            continue;
        }
        bool clears = insn->id == X86_INS_XOR;
        bool ambiguous = is_rex(w->bytes[w->before - back]) && (clears || !is_constant(&out->effect));
        enum certainty begins = begins_at(w, l, back, insn);
        if (begins == BEGINS) {
            out->has_before = out->wide = false;
            out->entries = 0;
            if (ambiguous) {
                begins_after_another(w, l, back, insn, out);
                out->entries = entries_to(w, l, back, insn);
            }
            out->back = out->length = (uint8_t)back;
            return REFUSED_NOT;
        }
        refusal = begins != DOES_NOT_BEGIN ? REFUSED_UNCLEAR : refusal;
    }
    return refusal;
}

enum site_refusal choose_patch(const struct code_window *w, struct patch_choice *out)
{
    if (!decoder_ready()) {
        return REFUSED_HOST;
    }
    /* Not from malloc, as little else here: decoder_memory_cold.c. */
    static cs_detail detail;
    static cs_insn plain, detailed;
    struct lengths lengths;
    detailed.detail = &detail;
    cs_option(decoder, CS_OPT_DETAIL, CS_OPT_OFF);
    read_lengths(w, &plain, &lengths);
    cs_option(decoder, CS_OPT_DETAIL, CS_OPT_ON);
    enum site_refusal r = go_back(w, &lengths, &detailed, out);
    if (r == REFUSED_SHORT) {
        r = go_short(w, &lengths, &detailed, out);
    }
    cs_option(decoder, CS_OPT_DETAIL, CS_OPT_OFF);
    if (r == REFUSED_NOT && jumped_into(w, out, &plain)) {
        r = REFUSED_JUMPED;
    }
    return r;
}
