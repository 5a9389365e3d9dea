#include "syscalls/entry/choose_plain.h"

#include "base/mem.h"

enum {
    SYSCALL_SIZE = 2,
    PLAIN_LEAD = 10, /* bytes that are looked at before the number */
    LABEL_ALIGN = 16,
    LABEL_JUMPS = 2, /* fewer may be bytes that only look so */
    SHORT_LOAD = 5,  /* mov disp8(%rsp), %rax */
    REX_W = 8,       /* Intel SDM 2, 2.2.1.2 */
    REX_R = 4,
    REX_B = 1,
    RAX = 0,
    RSP = 4,
    NONE = 16,
};

static bool is_rex(uint8_t byte)
{
    return (byte & 0xf0) == 0x40;
}

/* Opcodes with a ModRM byte and four bytes of constant: mov, add and its kin, imul, test. */
static bool takes_imm32(uint8_t opcode)
{
    return opcode == 0xc7 || opcode == 0x81 || opcode == 0x69 || opcode == 0xf7;
}

/*
 * Whether eight bytes of constants begin behind p[-1], in which all of a site could be hidden: of movabs, or a
 * displacement and a constant of four each, with a SIB byte before them or without.
 */
static bool eight_follow(const uint8_t *p)
{
    bool movabs = (p[-1] & 0xf8) == 0xb8 && is_rex(p[-2]) && (p[-2] & REX_W) != 0;
    return movabs || ((p[-1] & 0xc0) == 0x80 && takes_imm32(p[-2])) || ((p[-2] & 0xc7) == 0x84 && takes_imm32(p[-3]));
}

/*
 * Whether `mov $n, %eax` at p may be a part of something longer. before: bytes known before it, of which these are looked
 * at: a prefix, or the first byte of a longer opcode, or one after which b8 is a ModRM or a SIB byte (lea's would not be
 * caught out by a fault), or an instruction that has b8 for its 8-bit displacement and n for its constant, or one with
 * eight bytes of constants.
 */
static bool may_be_longer(const uint8_t *p, uint32_t before)
{
    if (before < PLAIN_LEAD) {
        return true;
    }
    uint8_t last = p[-1];
    bool prefixed = is_rex(last) || last == 0x66 || last == 0x67 || last == 0x0f;
    bool addresses = last == 0x8d || (last & 0xc7) == 0x84;
    bool by_disp8 = ((last & 0xc0) == 0x40 && takes_imm32(p[-2])) || ((p[-2] & 0xc7) == 0x44 && takes_imm32(p[-3]));
    bool hidden = false;
    for (int i = 0; i < 8; i++) {
        hidden |= eight_follow(p - i);
    }
    return prefixed || addresses || by_disp8 || hidden;
}

/* The length of a ModRM byte at p with what belongs to it; 0: it is relative to the instruction's own place. */
static uint32_t operand_length(const uint8_t *p)
{
    enum { SIB = 4, DISP32_ALONE = 5 };
    uint8_t mod = p[0] >> 6, rm = p[0] & 7;
    if (mod == 3) {
        return 1;
    }
    uint32_t length = 1 + (rm == SIB);
    if (mod == 0) {
        bool alone = rm == DISP32_ALONE, based = rm != SIB || (p[1] & 7) != DISP32_ALONE;
        return alone ? 0 : based ? length : length + 4;
    }
    return length + (mod == 1 ? 1 : 4);
}

/*
 * The length of an instruction at p that does the same wherever it stands, and leaves eax and rsp alone: mov of registers,
 * memory and constants, lea, xor of registers, arithmetic of a register with a constant of 8 bits; 0: it is none.
 */
static uint32_t simple_length(const uint8_t *p, uint32_t left)
{
    enum { LONGEST = 1 + 1 + 6 + 4 };
    uint8_t code[LONGEST + 1] = {0};
    memcpy(code, p, left < LONGEST ? left : LONGEST);
    uint8_t rex = is_rex(code[0]) ? code[0] : 0;
    uint32_t at = rex != 0;
    const uint8_t opcode = code[at], *modrm = code + at + 1;
    bool in_register = *modrm >= 0xc0;
    unsigned rm = (*modrm & 7U) | ((rex & REX_B) != 0 ? 8U : 0),
             reg = (*modrm >> 3 & 7U) | ((rex & REX_R) != 0 ? 8U : 0);
    unsigned target = in_register ? rm : NONE;
    uint32_t length = at + 1 + operand_length(modrm);
    bool is_constant = (opcode & 0xf8) == 0xb8 && (rex & REX_W) == 0;
    if (!is_constant && length == at + 1) {
        return 0;
    }
    if (is_constant) {
        target = (opcode & 7U) | ((rex & REX_B) != 0 ? 8U : 0);
        length = at + 5;
    } else if (opcode == 0x8b || opcode == 0x8d || (opcode == 0x33 && in_register)) {
        target = reg;
    } else if ((opcode == 0x80 || opcode == 0x83) && in_register) {
        length += 1; /* without REX, the bytes' registers 4 to 7 are halves of eax and others: 4 is refused below */
    } else if ((opcode == 0xc6 || opcode == 0xc7) && reg % 8 == 0 && !in_register) {
        length += opcode == 0xc6 ? 1 : 4;
    } else if (opcode != 0x89 && !(opcode == 0x31 && in_register)) {
        return 0;
    }
    return target != RAX && target != RSP && left >= length ? length : 0;
}

/* Whether nothing but such instructions stands in the `left` bytes from p on. */
static bool only_simple(const uint8_t *p, uint32_t left)
{
    while (left > 0) {
        uint32_t length = simple_length(p, left);
        if (length == 0) {
            return false;
        }
        p += length;
        left -= length;
    }
    return true;
}

static bool is_number(const uint8_t *imm, const struct cpu_context *regs)
{
    enum { NUMBERS = 4096 }; /* more than any system has, but for x32's */
    uint32_t n;
    memcpy(&n, imm, sizeof n);
    return regs != NULL ? n == regs->rax && n <= INT32_MAX : n < NUMBERS;
}

static bool take(struct patch_choice *out, uint32_t back, uint32_t length)
{
    memset(out, 0, sizeof *out);
    out->back = (uint8_t)back;
    out->length = (uint8_t)length;
    return true;
}

static bool by_number(const struct code_window *w, const struct cpu_context *regs, struct patch_choice *out)
{
    const uint8_t *site = w->bytes + w->before;
    for (uint32_t back = 5; back <= SITE_BACK_MAX && back <= w->before; back++) {
        const uint8_t *p = site - back;
        if (p[0] == 0xb8 && is_number(p + 1, regs) && only_simple(p + 5, back - 5)) {
            return !may_be_longer(p, w->before - back) && take(out, back, 5);
        }
        if (back >= 7 && p[0] == 0x48 && p[1] == 0xc7 && p[2] == 0xc0 && is_number(p + 3, regs) &&
            only_simple(p + 7, back - 7)) {
            return take(out, back, 7);
        }
    }
    return false;
}

static bool by_cancel_arch(const struct code_window *w, struct patch_choice *out)
{
    static const uint8_t end[] = {
        0x49, 0x89, 0xfb,             /* mov %rdi, %r11 */
        0x48, 0x89, 0xf0,             /* mov %rsi, %rax */
        0x48, 0x89, 0xd7,             /* mov %rdx, %rdi */
        0x48, 0x89, 0xce,             /* mov %rcx, %rsi */
        0x4c, 0x89, 0xc2,             /* mov %r8, %rdx */
        0x4d, 0x89, 0xca,             /* mov %r9, %r10 */
        0x4c, 0x8b, 0x44, 0x24, 0x08, /* mov 8(%rsp), %r8 */
        0x4c, 0x8b, 0x4c, 0x24, 0x10, /* mov 16(%rsp), %r9 */
        0x4c, 0x89, 0x5c, 0x24, 0x08, /* mov %r11, 8(%rsp) */
    };
    return w->before >= sizeof end && memcmp(w->bytes + w->before - sizeof end, end, sizeof end) == 0 &&
           take(out, 5, 5);
}

/* Jumps (jcc and jmp, of both lengths) in the window that lead to `target`, an index of its bytes. */
static unsigned jumps_to(const struct code_window *w, uint32_t target)
{
    unsigned found = 0;
    uint32_t size = w->before + SYSCALL_SIZE + w->after;
    for (uint32_t i = 0; i + 2 <= size && found < LABEL_JUMPS; i++) {
        const uint8_t *p = w->bytes + i;
        int32_t distance;
        if ((p[0] & 0xf0) == 0x70 || p[0] == 0xeb) {
            found += i + 2 + (uint32_t)(int8_t)p[1] == target;
        } else if (p[0] == 0x0f && (p[1] & 0xf0) == 0x80 && i + 6 <= size) {
            memcpy(&distance, p + 2, sizeof distance);
            found += i + 6 + (uint32_t)distance == target;
        } else if (p[0] == 0xe9 && i + 5 <= size) {
            memcpy(&distance, p + 1, sizeof distance);
            found += i + 5 + (uint32_t)distance == target;
        }
    }
    return found;
}

static bool by_labelled_load(const struct code_window *w, const struct cpu_context *regs, const uint8_t *stack,
                             struct patch_choice *out)
{
    static const uint8_t load[] = {0x48, 0x8b, 0x44, 0x24}, padding[] = {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};
    const uint8_t *p = w->bytes + w->before - SHORT_LOAD;
    if ((regs != NULL && stack == NULL) || w->before < SHORT_LOAD + sizeof padding ||
        ((w->at - SHORT_LOAD) & (LABEL_ALIGN - 1)) != 0 || memcmp(p, load, sizeof load) != 0 ||
        memcmp(p - sizeof padding, padding, sizeof padding) != 0) {
        return false;
    }
    uint64_t loaded;
    if (p[4] > PLAIN_STACK - sizeof loaded) {
        return false;
    }
    if (regs != NULL) {
        memcpy(&loaded, stack + p[4], sizeof loaded);
    }
    return (regs == NULL || loaded == regs->rax) && jumps_to(w, w->before - SHORT_LOAD) >= LABEL_JUMPS &&
           take(out, SHORT_LOAD, SHORT_LOAD);
}

bool choose_plain(const struct code_window *w, const struct cpu_context *regs, const uint8_t *stack,
                  struct patch_choice *out)
{
    return by_number(w, regs, out) || by_cancel_arch(w, out) || by_labelled_load(w, regs, stack, out);
}
