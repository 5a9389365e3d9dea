/*
 * The system calls of a static program, read off its code: each `syscall` instruction, and the constant that
 * is loaded into eax before it; of i386's each `int $0x80`, and each call of the vDSO's entry as static programs make it
 * (through the word at %gs:0x10). The bytes stand inside other instructions too: a site counts only where
 * decoding from most earlier starting points arrives at it.
 *
 * Go's syscall.Syscall and its like get the number from their callers: an assembler function with the
 * instruction, which finds it at the stack's top, and Go functions that call it with a constant there, or
 * pass on their own first argument, which they get in eax. Those are followed; functions begin where calls
 * lead. What else is chosen at run time is counted, and not told.
 */
#include "cli/check.h"

#include <capstone/capstone.h>
#include <string.h>

enum {
    BACK = 96,       /* bytes of code looked at before a site */
    STARTS = 16,     /* starting points tried ... */
    STARTS_MIN = 12, /* ... and how many must arrive */
    INSN_BYTES_MAX = 15,
    CALLERS_MAX = 5000,
    CALL_BYTES = 5, /* e8 and a relative target */
    DEPTH_MAX = 2,  /* callers of callers, behind the assembler function */
};

/* The instructions that make calls, by their bytes. */
struct call_site {
    unsigned char bytes[8];
    uint8_t size;
};

static const struct call_site sites_64[] = {{{0x0f, 0x05}, 2}, {{0}, 0}};
static const struct call_site sites_32[] = {{{0xcd, 0x80}, 2}, {{0x65, 0xff, 0x15, 0x10, 0, 0, 0}, 7}, {{0}, 0}};

struct code {
    csh capstone;
    cs_insn *insn; /* where cs_disasm_iter decodes to */
    const unsigned char *bytes;
    uint64_t size;
    int64_t number_base; /* what the numbers of x32 have added to them */
    unsigned *budget;    /* callers that may still be followed: a hostile file must not take forever */
};

/* A place that holds a constant, as far as is known. */
struct slot {
    bool constant;
    int64_t value;
};

/* What decoding from one starting point up to a site found. */
struct trail {
    bool arrives;
    struct slot eax;
    struct slot stack_top; /* the word that rsp points to */
};

static bool is_eax(unsigned reg)
{
    return reg == X86_REG_EAX || reg == X86_REG_RAX || reg == X86_REG_AX || reg == X86_REG_AL || reg == X86_REG_AH;
}

static bool is_stack_top(const cs_x86_op *operand)
{
    return operand->type == X86_OP_MEM && operand->mem.base == X86_REG_RSP && operand->mem.index == X86_REG_INVALID &&
           operand->mem.disp == 0;
}

static bool writes_eax(const struct code *code)
{
    cs_regs reads;
    cs_regs writes;
    uint8_t nreads;
    uint8_t nwrites;

    if (cs_regs_access(code->capstone, code->insn, reads, &nreads, writes, &nwrites) != CS_ERR_OK)
        return true;
    for (uint8_t i = 0; i < nwrites; i++)
        if (is_eax(writes[i]))
            return true;
    return false;
}

static void follow_mov(const struct code *code, struct trail *trail)
{
    const cs_x86_op *to = &code->insn->detail->x86.operands[0];
    const cs_x86_op *from = &code->insn->detail->x86.operands[1];
    struct slot value = {.constant = from->type == X86_OP_IMM, .value = from->imm};

    if (!value.constant)
        value.value = 0;
    if (to->type == X86_OP_REG && is_eax(to->reg))
        trail->eax = value;
    else if (is_stack_top(to))
        trail->stack_top = value;
}

/* xor %eax,%eax and the like */
static bool clears_eax(const cs_insn *insn)
{
    const cs_x86 *x86 = &insn->detail->x86;

    return insn->id == X86_INS_XOR && x86->operands[0].type == X86_OP_REG && x86->operands[1].type == X86_OP_REG &&
           x86->operands[0].reg == x86->operands[1].reg && is_eax(x86->operands[0].reg);
}

static void follow_insn(const struct code *code, struct trail *trail)
{
    if (code->insn->id == X86_INS_MOV || code->insn->id == X86_INS_MOVABS) {
        follow_mov(code, trail);
    } else if (cs_insn_group(code->capstone, code->insn, CS_GRP_CALL) ||
               cs_insn_group(code->capstone, code->insn, CS_GRP_RET)) {
        trail->eax.constant = false;
        trail->stack_top.constant = false;
    } else if (clears_eax(code->insn)) {
        trail->eax = (struct slot){.constant = true};
    } else if (writes_eax(code)) {
        trail->eax.constant = false;
    }
}

/* Bytes that are no instruction (a start in the middle of one, data) are stepped over one by one. */
static struct trail follow(const struct code *code, uint64_t start, uint64_t site)
{
    struct trail trail = {0};
    const uint8_t *at = code->bytes + start;
    size_t left = (size_t)(site - start);
    uint64_t address = start;

    while (left > 0) {
        /* all bytes that an instruction may have, so that one that reaches over the site is seen to */
        const uint8_t *next = at;
        size_t room = left + INSN_BYTES_MAX;
        size_t size = 1;

        if (room > code->size - (uint64_t)(at - code->bytes))
            room = code->size - (uint64_t)(at - code->bytes);
        if (cs_disasm_iter(code->capstone, &next, &room, &address, code->insn)) {
            size = code->insn->size;
            if (size > left)
                return trail;
            follow_insn(code, &trail);
        }
        at += size;
        left -= size;
    }
    trail.arrives = true;
    return trail;
}

static bool same_slot(const struct slot *a, const struct slot *b)
{
    return a->constant == b->constant && (!a->constant || a->value == b->value);
}

/* What most of the trails have found. */
static struct trail most_frequent(const struct trail *trails, unsigned count)
{
    unsigned best = 0;
    unsigned best_votes = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned votes = 0;

        for (unsigned k = 0; k < count; k++)
            votes += same_slot(&trails[i].eax, &trails[k].eax) && same_slot(&trails[i].stack_top, &trails[k].stack_top);
        if (votes > best_votes) {
            best = i;
            best_votes = votes;
        }
    }
    return trails[best];
}

/* Whether the bytes at `site` are an instruction; *out is what most trails to it say. */
static bool examine_site(const struct code *code, uint64_t site, struct trail *out)
{
    struct trail trails[STARTS];
    unsigned arrived = 0;

    if (site < BACK)
        return false;
    for (unsigned i = 0; i < STARTS; i++) {
        trails[arrived] = follow(code, site - BACK + i, site);
        arrived += trails[arrived].arrives;
    }
    if (arrived < STARTS_MIN)
        return false;
    *out = most_frequent(trails, arrived);
    return true;
}

static bool take_constant(const struct code *code, const struct slot *slot, struct check_calls *out)
{
    int64_t number = slot->value - (slot->value >= code->number_base ? code->number_base : 0);

    if (!slot->constant || number < 0 || number >= CHECK_CALLS_MAX)
        return false;
    out->used[number] = true;
    return true;
}

/* Moves *at to the next byte e8 from there on and tells where a call there would lead; false at the end. */
static bool next_call(const struct code *code, uint64_t *at, uint64_t *target)
{
    while (*at + CALL_BYTES <= code->size) {
        const unsigned char *call = memchr(code->bytes + *at, 0xe8, code->size - *at - (CALL_BYTES - 1));
        int32_t relative;

        if (call == NULL)
            return false;
        *at = (uint64_t)(call - code->bytes);
        memcpy(&relative, call + 1, sizeof(relative));
        *target = *at + CALL_BYTES + (uint64_t)(int64_t)relative;
        if (*target < code->size)
            return true;
        (*at)++;
    }
    return false;
}

/* The start of the function that holds `site`: the nearest target of a call before it. */
static uint64_t function_of(const struct code *code, uint64_t site)
{
    uint64_t best = 0;
    uint64_t target;

    for (uint64_t at = 0; next_call(code, &at, &target); at++)
        if (target <= site && target > best)
            best = target;
    return best;
}

/* Takes the numbers that callers hand to `function`, at depth 0 by the stack. Returns how many gave one. */
static size_t follow_callers(const struct code *code, uint64_t function, unsigned depth, struct check_calls *out)
{
    size_t found = 0;
    uint64_t target;

    for (uint64_t at = 0; *code->budget > 0 && next_call(code, &at, &target); at++) {
        struct trail trail;
        bool told;

        if (target != function || !examine_site(code, at, &trail))
            continue;
        (*code->budget)--;
        told = take_constant(code, depth == 0 ? &trail.stack_top : &trail.eax, out);
        if (!told && depth < DEPTH_MAX)
            told = follow_callers(code, function_of(code, at), depth + 1, out) != 0;
        if (told)
            found++;
        else
            out->unknown++;
    }
    return found;
}

/* The place of the next instruction of a kind from `at` on; the segment's size: there is none. */
static uint64_t next_site(const struct code *code, const struct call_site *kind, uint64_t at)
{
    const unsigned char *found =
        code->size - at >= kind->size ? memmem(code->bytes + at, code->size - at, kind->bytes, kind->size) : NULL;

    return found != NULL ? (uint64_t)(found - code->bytes) : code->size;
}

static void scan_segment(const struct code *code, const struct call_site *kind, bool is_go, struct check_calls *out)
{
    for (uint64_t at = next_site(code, kind, 0); at < code->size; at = next_site(code, kind, at + 1)) {
        struct trail trail;

        if (!examine_site(code, at, &trail))
            continue;
        out->sites++;
        if (take_constant(code, &trail.eax, out))
            continue;
        if (!is_go || follow_callers(code, function_of(code, at), 0, out) == 0)
            out->unknown++;
    }
}

void check_calls(const struct check_file *file, bool is_go, struct check_calls *out)
{
    unsigned budget = CALLERS_MAX;
    bool i386 = file->elf.id.machine == ELF_MACHINE_I386;
    const struct call_site *kinds = i386 ? sites_32 : sites_64;
    struct code code = {.budget = &budget, .number_base = !i386 && file->elf.id.bits == 32 ? 0x40000000 : 0};

    memset(out, 0, sizeof(*out));
    if (cs_open(CS_ARCH_X86, i386 ? CS_MODE_32 : CS_MODE_64, &code.capstone) != CS_ERR_OK)
        return;
    cs_option(code.capstone, CS_OPT_DETAIL, CS_OPT_ON);
    code.insn = cs_malloc(code.capstone);
    for (unsigned i = 0; code.insn != NULL && i < file->elf.nsegments; i++) {
        const struct elf_segment *s = &file->elf.segments[i];

        if ((s->prot & 4) == 0 || s->filesz < 2)
            continue;
        code.bytes = file->bytes + s->offset;
        code.size = s->filesz;
        for (const struct call_site *kind = kinds; kind->size != 0; kind++)
            scan_segment(&code, kind, is_go && !i386, out); /* Go's callers are followed by the stack of 64-bit code */
    }
    if (code.insn != NULL)
        cs_free(code.insn, 1);
    cs_close(&code.capstone);
}
