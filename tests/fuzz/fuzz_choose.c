/*
 * Choosing a patch in arbitrary bytes. What is chosen must be what rewriting relies on: whole instructions up to the
 * site, the first of five bytes at least or right before it, none of which transfers control, stops, or depends on where
 * it stands.
 *
 * Input: two bytes for how much lies before the site (little endian), two for after, one for the flag, then the bytes.
 */
#include <capstone/capstone.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls/entry/choose.h"
#include "syscalls/entry/rooms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 5, SITE_SIZE = 2, AT = 0x401000 };

static void insist(int holds)
{
    if (!holds) {
        abort();
    }
}

static int stays_in_line(csh cs, const cs_insn *insn)
{
    static const uint8_t groups[] = {CS_GRP_JUMP, CS_GRP_CALL, CS_GRP_RET,
                                     CS_GRP_INT,  CS_GRP_IRET, CS_GRP_BRANCH_RELATIVE};
    const cs_x86 *x = &insn->detail->x86;
    for (size_t i = 0; i < sizeof groups; i++) {
        if (cs_insn_group(cs, insn, groups[i])) {
            return 0;
        }
    }
    for (unsigned i = 0; i < x->op_count; i++) {
        if (x->operands[i].type == X86_OP_MEM &&
            (x->operands[i].mem.base == X86_REG_RIP || x->operands[i].mem.base == X86_REG_EIP)) {
            return 0;
        }
    }
    return strncmp(insn->mnemonic, "lock", 4) != 0 && strncmp(insn->mnemonic, "rep", 3) != 0;
}

/* Returns the length of the first instruction. */
static unsigned check_instructions(const uint8_t *code, size_t left)
{
    static csh cs;
    uint64_t address = AT - left;
    unsigned first = 0;
    if (cs == 0) {
        insist(cs_open(CS_ARCH_X86, CS_MODE_64, &cs) == CS_ERR_OK);
        cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    }
    cs_insn *insn = cs_malloc(cs);
    while (left > 0) {
        insist(cs_disasm_iter(cs, &code, &left, &address, insn));
        insist(stays_in_line(cs, insn));
        first = first != 0 ? first : insn->size;
    }
    cs_free(insn, 1);
    return first;
}

/* The trampoline must begin with the same bytes and lead back behind the site. */
static void check_trampoline(const struct code_window *w, const struct patch_choice *c)
{
    struct room_slot slot;
    struct site s = {.at = w->at, .back = c->back, .length = c->length};
    int32_t distance;
    memcpy(s.original, w->bytes + w->before - c->back, c->back);
    insist(trampoline_build(&slot, 0x10000000, &s, 0x7c000000, 0x10000000));
    insist(memcmp(slot.code, s.original, c->back) == 0);
    memcpy(&distance, slot.code + c->back + 3, sizeof distance);
    insist((uint64_t)(0x10000000 + c->back + 7 + distance) == w->at + SITE_SIZE);
}

/* Wherever in the window a jump leads, its bytes behind the instruction must be those that stand there. */
static void check_window(const struct code_window *w, const struct patch_choice *c)
{
    const uint8_t *bytes = w->bytes + w->before - c->back;
    uint64_t from = w->at - c->back, low, high;
    insist(c->back == c->length && c->back + SITE_SIZE + w->after >= ROOM_JUMP);
    room_window(bytes, from, c->length, &low, &high);
    insist(high - low == 1ULL << 8 * (c->length - 1));
    for (unsigned i = 0; i < 2; i++) {
        int32_t distance = (int32_t)((i == 0 ? low : high - 1) - (from + ROOM_JUMP));
        insist(from + ROOM_JUMP + (uint64_t)(int64_t)distance == (i == 0 ? low : high - 1));
        insist(memcmp((uint8_t *)&distance + c->length - 1, bytes + c->length, ROOM_JUMP - c->length) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t call[SITE_SIZE] = {0x0f, 0x05};
    struct patch_choice c = {0};
    if (size < HEAD + SITE_SIZE || size > HEAD + sizeof((struct code_window *)0)->bytes) {
        return 0;
    }
    size_t most = size - HEAD - SITE_SIZE;
    size_t before = (data[0] | (size_t)data[1] << 8) % (most + 1),
           after = (data[2] | (size_t)data[3] << 8) % (most + 1);
    before = before < CODE_BEFORE ? before : CODE_BEFORE;
    after = after < most - before ? after : most - before;
    /* No longer than it says, so that a sanitizer sees what is read beyond. */
    size_t whole = offsetof(struct code_window, bytes) + before + SITE_SIZE + after;
    struct code_window *w = malloc(whole);
    insist(w != NULL);
    w->at = AT;
    w->before = (uint32_t)before;
    w->after = (uint32_t)after;
    w->starts_a_mapping = data[4] & 1;
    memcpy(w->bytes, data + HEAD, before + SITE_SIZE + after);
    memcpy(w->bytes + before, call, sizeof call);
    if (choose_patch(w, &c) == REFUSED_NOT) {
        insist(c.length >= 2 && c.length <= c.back && c.back <= SITE_BACK_MAX && c.back <= before);
        insist(check_instructions(w->bytes + before - c.back, c.back) == c.length);
        check_trampoline(w, &c);
        if (c.length < ROOM_JUMP) {
            check_window(w, &c);
        }
    }
    free(w);
    return 0;
}
