/* Jumps near a call site; see choose_jumps.h. */
#include "syscalls/entry/choose_jumps.h"

#include <string.h>

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
 * Whether the jump at `at`, which ends at `end`, may be an instruction: whether any reading from a little before finds
 * one that ends there, prefixes before the jump included, and invalid bytes taken one by one. Near the window's
 * beginning there is nothing to read from, and the answer is `unread`.
 */
static bool may_be_jump(csh decoder, const struct code_window *w, size_t at, size_t end, bool unread, cs_insn *insn)
{
    enum { READINGS = 7, FIRST = 18, STEP = 5 };
    if (at < FIRST + READINGS * STEP) {
        return unread;
    }
    for (size_t i = 0; i < READINGS; i++) {
        size_t from = at - FIRST - i * STEP;
        while (from <= at) {
            const uint8_t *code = w->bytes + from;
            size_t left = w->before + 2 + w->after - from;
            uint64_t address = w->at - w->before + from;
            from += cs_disasm_iter(decoder, &code, &left, &address, insn) ? insn->size : 1;
        }
        if (from == end) {
            return true;
        }
    }
    return false;
}

/* Every byte is taken for a possible jump; what goes there is then looked at more closely. */
bool choice_jumped_to(csh decoder, const struct code_window *w, int64_t low, int64_t high, bool unread, cs_insn *insn)
{
    size_t size = w->before + 2 + w->after; /* the `syscall` in the middle */
    for (size_t i = 0; i < size; i++) {
        unsigned width = 0;
        unsigned opcode = jump_at(w->bytes + i, size - i, &width);
        if (opcode == 0) {
            continue;
        }
        int32_t distance = (w->bytes[i + opcode] ^ 0x80) - 0x80; /* its sign extended */
        if (width == 4) {
            memcpy(&distance, w->bytes + i + opcode, sizeof distance);
        }
        size_t end = i + opcode + width;
        int64_t target = (int64_t)end + distance;
        if (target >= low && target < high && may_be_jump(decoder, w, i, end, unread, insn)) {
            return true;
        }
    }
    return false;
}
