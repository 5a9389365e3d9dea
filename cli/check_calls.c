/*
 * The system calls of a static program, read off its code: each `syscall` instruction, and the constant that
 * is loaded into eax before it. What is chosen at run time (Go's syscall.Syscall, libc's syscall(2)) is
 * counted, and not told. Bytes 0f 05 stand inside other instructions too: a site counts only where decoding
 * from most earlier starting points arrives at it.
 */
#include "cli/check.h"

#include <capstone/capstone.h>
#include <string.h>

enum {
    BACK = 48,       /* bytes of code looked at before a site */
    STARTS = 16,     /* starting points tried ... */
    STARTS_MIN = 12, /* ... and how many must arrive */
};

struct code {
    csh capstone;
    cs_insn *insn; /* where cs_disasm_iter decodes to */
    const unsigned char *bytes;
    uint64_t size;
};

/* What decoding from one starting point up to a site found. */
struct trail {
    bool arrives;
    bool constant; /* eax was last set to `value` */
    int64_t value;
};

static bool is_eax(unsigned reg)
{
    return reg == X86_REG_EAX || reg == X86_REG_RAX || reg == X86_REG_AX || reg == X86_REG_AL ||
           reg == X86_REG_AH;
}

static void follow_insn(const struct code *code, struct trail *trail)
{
    cs_regs reads;
    cs_regs writes;
    uint8_t nreads;
    uint8_t nwrites;
    const cs_x86 *x86 = &code->insn->detail->x86;

    if (code->insn->id == X86_INS_MOV && x86->op_count == 2 && x86->operands[0].type == X86_OP_REG &&
        x86->operands[1].type == X86_OP_IMM && is_eax(x86->operands[0].reg)) {
        trail->constant = true;
        trail->value = x86->operands[1].imm;
        return;
    }
    if (code->insn->id == X86_INS_XOR && x86->op_count == 2 && x86->operands[0].type == X86_OP_REG &&
        x86->operands[1].type == X86_OP_REG && x86->operands[0].reg == x86->operands[1].reg &&
        is_eax(x86->operands[0].reg)) {
        trail->constant = true;
        trail->value = 0;
        return;
    }
    if (cs_insn_group(code->capstone, code->insn, CS_GRP_CALL) ||
        cs_insn_group(code->capstone, code->insn, CS_GRP_RET))
        trail->constant = false;
    if (cs_regs_access(code->capstone, code->insn, reads, &nreads, writes, &nwrites) != CS_ERR_OK)
        return;
    for (uint8_t i = 0; i < nwrites; i++)
        if (is_eax(writes[i]))
            trail->constant = false;
}

static struct trail follow(const struct code *code, uint64_t start, uint64_t site)
{
    struct trail trail = {0};
    const uint8_t *at = code->bytes + start;
    size_t left = (size_t)(site - start);
    uint64_t address = start;

    while (left > 0 && cs_disasm_iter(code->capstone, &at, &left, &address, code->insn))
        follow_insn(code, &trail);
    trail.arrives = left == 0;
    return trail;
}

/* Whether the bytes at `site` are an instruction; *out is the trail from the farthest start that arrives. */
static bool examine_site(const struct code *code, uint64_t site, struct trail *out)
{
    unsigned arrived = 0;

    memset(out, 0, sizeof(*out));
    if (site < BACK)
        return false;
    for (unsigned i = 0; i < STARTS; i++) {
        struct trail trail = follow(code, site - BACK + i, site);

        if (trail.arrives && arrived++ == 0)
            *out = trail;
    }
    return arrived >= STARTS_MIN;
}

static void scan_segment(const struct code *code, struct check_calls *out)
{
    for (uint64_t at = 0; at + 2 <= code->size; at++) {
        const unsigned char *next = memchr(code->bytes + at, 0x0f, code->size - at - 1);
        struct trail trail;

        if (next == NULL)
            return;
        at = (uint64_t)(next - code->bytes);
        if (next[1] != 0x05 || !examine_site(code, at, &trail))
            continue;
        out->sites++;
        if (trail.constant && trail.value >= 0 && trail.value < CHECK_CALLS_MAX)
            out->used[trail.value] = true;
        else
            out->unknown++;
    }
}

void check_calls(const struct check_file *file, struct check_calls *out)
{
    struct code code = {0};

    memset(out, 0, sizeof(*out));
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &code.capstone) != CS_ERR_OK)
        return;
    cs_option(code.capstone, CS_OPT_DETAIL, CS_OPT_ON);
    code.insn = cs_malloc(code.capstone);
    for (unsigned i = 0; code.insn != NULL && i < file->elf.nsegments; i++) {
        const struct elf_segment *s = &file->elf.segments[i];

        if ((s->prot & 4) == 0 || s->filesz < 2)
            continue;
        code.bytes = file->bytes + s->offset;
        code.size = s->filesz;
        scan_segment(&code, out);
    }
    if (code.insn != NULL)
        cs_free(code.insn, 1);
    cs_close(&code.capstone);
}
