#include "cli/fault-report/disassemble.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/fault-report/output.h"
#include "cli/fault-report/place.h"

#define BEFORE       6
#define AFTER        5
#define LONGEST      15u   /* bytes of an instruction */
#define FUNCTION_MAX 8192u /* bytes decoded from a function's start */
#define WINDOW       96u   /* bytes tried where the start is unknown */

/* Where instructions begin, up to rip: the last BEFORE of them. */
struct starts {
    uint64_t at[BEFORE];
    unsigned count;
};

static void remember(struct starts *s, uint64_t at)
{
    if (s->count == BEFORE) {
        memmove(s->at, s->at + 1, (BEFORE - 1) * sizeof(s->at[0]));
        s->count--;
    }
    s->at[s->count++] = at;
}

/* Decodes from `from`; returns whether an instruction ends exactly where rip begins. */
static bool decode_to(csh cs, cs_insn *insn, struct memory *m, uint64_t from, uint64_t rip, struct starts *s)
{
    uint8_t code[FUNCTION_MAX];
    const uint8_t *p = code;
    size_t left = rip - from;
    s->count = 0;
    if (left > sizeof(code) || !memory_read(m, from, code, left)) {
        return false;
    }
    uint64_t at = from;
    while (left) {
        uint64_t start = at;
        if (!cs_disasm_iter(cs, &p, &left, &at, insn)) {
            return false;
        }
        remember(s, start);
    }
    return at == rip;
}

/*
 * Where no function start is known: decoding from any wrong place soon falls into step with the right one, so
 * that the farthest start from which rip is reached is the most likely.
 */
static void find_starts(csh cs, cs_insn *insn, struct memory *m, uint64_t rip, uint64_t function, struct starts *s)
{
    if (function && function <= rip && rip - function <= FUNCTION_MAX && decode_to(cs, insn, m, function, rip, s)) {
        return;
    }
    for (uint64_t back = WINDOW; back > 0; back--) {
        if (back <= rip && decode_to(cs, insn, m, rip - back, rip, s)) {
            return;
        }
    }
    s->count = 0;
}

static void show(csh cs, struct images *images, struct memory *m, const cs_insn *insn, bool here)
{
    char target[PLACE_MAX] = "";
    const cs_x86 *x = &insn->detail->x86;
    bool branches = cs_insn_group(cs, insn, CS_GRP_JUMP) || cs_insn_group(cs, insn, CS_GRP_CALL);
    if (branches && x->op_count == 1 && x->operands[0].type == X86_OP_IMM) {
        struct place to;
        place_find(m, images, (uint64_t)x->operands[0].imm, &to);
        if (to.name[0]) {
            snprintf(target, sizeof(target), "  ; %s+0x%" PRIx64, to.name, to.offset);
        }
    }
    say("  %s 0x%012" PRIx64 "  %-8s %s%s\n", here ? "=>" : "  ", insn->address, insn->mnemonic, insn->op_str, target);
}

static void show_from(csh cs, cs_insn *insn, struct memory *m, struct images *images, uint64_t from, uint64_t rip,
                      int after)
{
    uint8_t code[(BEFORE + AFTER + 1) * LONGEST];
    const uint8_t *p = code;
    size_t left = memory_read_some(m, from, code, sizeof(code));
    uint64_t at = from;
    while (left && after >= 0) {
        uint64_t start = at;
        if (!cs_disasm_iter(cs, &p, &left, &at, insn)) {
            if (start == rip) {
                say("  => 0x%012" PRIx64 "  not an instruction: %02x %02x %02x %02x\n", rip, p[0], left > 1 ? p[1] : 0,
                    left > 2 ? p[2] : 0, left > 3 ? p[3] : 0);
            }
            return;
        }
        show(cs, images, m, insn, start == rip);
        after -= start >= rip;
    }
}

void disassemble(struct memory *m, struct images *images, bool code32, uint64_t rip, uint64_t function)
{
    csh cs;
    struct starts starts;
    uint8_t byte;
    if (!memory_read(m, rip, &byte, 1)) {
        say("  no readable memory at rip\n");
        return;
    }
    if (cs_open(CS_ARCH_X86, code32 ? CS_MODE_32 : CS_MODE_64, &cs) != CS_ERR_OK) {
        say("  the disassembler could not be started\n");
        return;
    }
    cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    cs_insn *insn = cs_malloc(cs);
    if (insn) {
        find_starts(cs, insn, m, rip, function, &starts);
        show_from(cs, insn, m, images, starts.count ? starts.at[0] : rip, rip, AFTER);
        cs_free(insn, 1);
    }
    cs_close(&cs);
}
