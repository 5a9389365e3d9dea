/* Finding and reading the host's vDSO; see vdso.h. */
#include "syscalls/entry/vdso.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,
    IMAGE_MAX = 1 << 20, /* kernels' have 4 to 12 KiB */
    INSNS_MAX = 4096,
    TARGETS_MAX = 256, /* jumps and calls not followed yet */
};

/* ---- the ELF image ---- */

struct image {
    const unsigned char *bytes;
    size_t size;
    uint64_t bias; /* a virtual address less this is an offset */
};

/* `size` bytes at an offset, or NULL. */
static const void *at(const struct image *m, uint64_t offset, uint64_t size)
{
    return offset <= m->size && size <= m->size - offset ? m->bytes + offset : NULL;
}

static bool copy_at(const struct image *m, uint64_t offset, void *to, size_t size)
{
    const void *from = at(m, offset, size);
    if (from != NULL) {
        memcpy(to, from, size);
    }
    return from != NULL;
}

static bool header(const struct image *m, Elf64_Ehdr *e)
{
    return copy_at(m, 0, e, sizeof *e) && memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 &&
           e->e_ident[EI_CLASS] == ELFCLASS64 && e->e_machine == EM_X86_64 && e->e_phentsize == sizeof(Elf64_Phdr);
}

/* The first program header of a type. */
static bool segment(const struct image *m, uint32_t type, Elf64_Phdr *out)
{
    Elf64_Ehdr e;
    if (!header(m, &e)) {
        return false;
    }
    for (unsigned i = 0; i < e.e_phnum; i++) {
        if (!copy_at(m, e.e_phoff + i * sizeof *out, out, sizeof *out)) {
            return false;
        }
        if (out->p_type == type) {
            return true;
        }
    }
    return false;
}

size_t vdso_length(const void *bytes, size_t size)
{
    struct image m = {bytes, size, 0};
    Elf64_Phdr load;
    if (!segment(&m, PT_LOAD, &load) || load.p_offset != 0 || load.p_filesz > IMAGE_MAX) {
        return 0;
    }
    return load.p_filesz;
}

/* What the dynamic section says of symbols, as offsets. */
struct symbols {
    uint64_t table, strings, strings_size, hash, gnu_hash;
};

static bool read_dynamic(const struct image *m, struct symbols *s)
{
    Elf64_Phdr dynamic;
    Elf64_Dyn d;
    memset(s, 0, sizeof *s);
    if (!segment(m, PT_DYNAMIC, &dynamic)) {
        return false;
    }
    for (uint64_t done = 0; done + sizeof d <= dynamic.p_filesz; done += sizeof d) {
        if (!copy_at(m, dynamic.p_offset + done, &d, sizeof d) || d.d_tag == DT_NULL) {
            break;
        }
        uint64_t offset = d.d_un.d_ptr - m->bias;
        switch (d.d_tag) {
        case DT_SYMTAB:
            s->table = offset;
            break;
        case DT_STRTAB:
            s->strings = offset;
            break;
        case DT_STRSZ:
            s->strings_size = d.d_un.d_val;
            break;
        case DT_HASH:
            s->hash = offset;
            break;
        case DT_GNU_HASH:
            s->gnu_hash = offset;
            break;
        default:
            break;
        }
    }
    return s->table != 0 && s->strings != 0 && at(m, s->strings, s->strings_size) != NULL;
}

/* The GNU table does not say how many there are: the last chain of the highest bucket ends with the last symbol. */
static uint64_t count_by_gnu_hash(const struct image *m, uint64_t offset)
{
    uint32_t h[4], last = 0, word; /* buckets, first symbol, words of the filter, shift */
    if (!copy_at(m, offset, h, sizeof h)) {
        return 0;
    }
    uint64_t buckets = offset + sizeof h + (uint64_t)h[2] * 8, chains = buckets + (uint64_t)h[0] * 4;
    for (uint64_t i = 0; i < h[0]; i++) {
        if (!copy_at(m, buckets + i * 4, &word, sizeof word)) {
            return 0;
        }
        last = word > last ? word : last;
    }
    for (uint64_t i = last; last >= h[1]; i++) {
        if (!copy_at(m, chains + (i - h[1]) * 4, &word, sizeof word)) {
            return 0;
        }
        if ((word & 1) != 0) {
            return i + 1;
        }
    }
    return 0;
}

static uint64_t count_symbols(const struct image *m, const struct symbols *s)
{
    uint32_t h[2]; /* buckets, chains: one of these for each symbol */
    if (s->hash != 0) {
        return copy_at(m, s->hash, h, sizeof h) ? h[1] : 0;
    }
    return s->gnu_hash != 0 ? count_by_gnu_hash(m, s->gnu_hash) : 0;
}

static bool is_called(const struct image *m, const struct symbols *s, const Elf64_Sym *symbol, const char *name)
{
    size_t size = strlen(name) + 1;
    if (symbol->st_name > s->strings_size || size > s->strings_size - symbol->st_name) {
        return false;
    }
    return memcmp(m->bytes + s->strings + symbol->st_name, name, size) == 0;
}

size_t vdso_find(const void *bytes, size_t size, const char *name)
{
    struct image m = {bytes, size, 0};
    struct symbols s;
    Elf64_Phdr load;
    Elf64_Sym symbol;
    if (!segment(&m, PT_LOAD, &load)) {
        return 0;
    }
    m.bias = load.p_vaddr - load.p_offset;
    if (!read_dynamic(&m, &s)) {
        return 0;
    }
    uint64_t count = count_symbols(&m, &s);
    for (uint64_t i = 0; i < count && copy_at(&m, s.table + i * sizeof symbol, &symbol, sizeof symbol); i++) {
        bool function = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
        if (function && is_called(&m, &s, &symbol, name)) {
            uint64_t offset = symbol.st_value - m.bias;
            return offset < size ? offset : 0;
        }
    }
    return 0;
}

/* ---- the code ---- */

/* Instructions that touch general registers, flags and memory only. In none of these has capstone a vector form. */
static const uint16_t harmless[] = {
    X86_INS_ADC,    X86_INS_ADD,    X86_INS_AND,    X86_INS_ANDN,    X86_INS_BEXTR,  X86_INS_BSF,    X86_INS_BSR,
    X86_INS_BSWAP,  X86_INS_BT,     X86_INS_BTC,    X86_INS_BTR,     X86_INS_BTS,    X86_INS_BZHI,   X86_INS_CALL,
    X86_INS_CDQ,    X86_INS_CDQE,   X86_INS_CLD,    X86_INS_CMOVA,   X86_INS_CMOVAE, X86_INS_CMOVB,  X86_INS_CMOVBE,
    X86_INS_CMOVE,  X86_INS_CMOVG,  X86_INS_CMOVGE, X86_INS_CMOVL,   X86_INS_CMOVLE, X86_INS_CMOVNE, X86_INS_CMOVNO,
    X86_INS_CMOVNP, X86_INS_CMOVNS, X86_INS_CMOVO,  X86_INS_CMOVP,   X86_INS_CMOVS,  X86_INS_CMP,    X86_INS_CQO,
    X86_INS_CWDE,   X86_INS_DEC,    X86_INS_DIV,    X86_INS_ENDBR64, X86_INS_IDIV,   X86_INS_IMUL,   X86_INS_INC,
    X86_INS_JA,     X86_INS_JAE,    X86_INS_JB,     X86_INS_JBE,     X86_INS_JE,     X86_INS_JG,     X86_INS_JGE,
    X86_INS_JL,     X86_INS_JLE,    X86_INS_JMP,    X86_INS_JNE,     X86_INS_JNO,    X86_INS_JNP,    X86_INS_JNS,
    X86_INS_JO,     X86_INS_JP,     X86_INS_JS,     X86_INS_LEA,     X86_INS_LEAVE,  X86_INS_LFENCE, X86_INS_LZCNT,
    X86_INS_MFENCE, X86_INS_MOV,    X86_INS_MOVABS, X86_INS_MOVSX,   X86_INS_MOVSXD, X86_INS_MOVZX,  X86_INS_MUL,
    X86_INS_MULX,   X86_INS_NEG,    X86_INS_NOP,    X86_INS_NOT,     X86_INS_OR,     X86_INS_PAUSE,  X86_INS_POP,
    X86_INS_PUSH,   X86_INS_RDTSC,  X86_INS_RDTSCP, X86_INS_RET,     X86_INS_ROL,    X86_INS_ROR,    X86_INS_RORX,
    X86_INS_SAL,    X86_INS_SAR,    X86_INS_SARX,   X86_INS_SBB,     X86_INS_SETA,   X86_INS_SETAE,  X86_INS_SETB,
    X86_INS_SETBE,  X86_INS_SETE,   X86_INS_SETG,   X86_INS_SETGE,   X86_INS_SETL,   X86_INS_SETLE,  X86_INS_SETNE,
    X86_INS_SETNS,  X86_INS_SETS,   X86_INS_SFENCE, X86_INS_SHL,     X86_INS_SHLD,   X86_INS_SHLX,   X86_INS_SHR,
    X86_INS_SHRD,   X86_INS_SHRX,   X86_INS_SUB,    X86_INS_SYSCALL, X86_INS_TEST,   X86_INS_TZCNT,  X86_INS_XCHG,
    X86_INS_XOR,
};

static bool is_harmless(unsigned id)
{
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (harmless[i] == id) {
            return true;
        }
    }
    return false;
}

/* `mov` and its like reach segment and control registers too, and any access may be relative to FS or GS. */
static bool is_harmless_operand(const cs_x86_op *operand)
{
    if (operand->type == X86_OP_MEM) {
        return operand->mem.segment == X86_REG_INVALID;
    }
    switch (operand->reg) {
    case X86_REG_CS:
    case X86_REG_DS:
    case X86_REG_ES:
    case X86_REG_FS:
    case X86_REG_GS:
    case X86_REG_SS:
        return operand->type != X86_OP_REG;
    default:
        return operand->type != X86_OP_REG || operand->reg < X86_REG_CR0 || operand->reg > X86_REG_DR15;
    }
}

struct walk {
    csh capstone;
    cs_insn *insn;
    const unsigned char *bytes;
    size_t size;
    unsigned char *seen; /* a bit for each byte where an instruction was decoded */
    size_t targets[TARGETS_MAX];
    unsigned target_count, insns;
};

/* What follows an instruction. */
enum next { NEXT_REFUSED, NEXT_GOES_ON, NEXT_ENDS };

static enum next follow(struct walk *w, const cs_x86 *x, bool goes_on)
{
    if (x->op_count != 1 || x->operands[0].type != X86_OP_IMM) {
        return NEXT_REFUSED;
    }
    uint64_t target = (uint64_t)x->operands[0].imm;
    if (target >= w->size || w->target_count == TARGETS_MAX) {
        return NEXT_REFUSED;
    }
    w->targets[w->target_count++] = target;
    return goes_on ? NEXT_GOES_ON : NEXT_ENDS;
}

static enum next check_insn(struct walk *w)
{
    const cs_x86 *x = &w->insn->detail->x86;
    if (!is_harmless(w->insn->id) || w->insns++ == INSNS_MAX) {
        return NEXT_REFUSED;
    }
    for (unsigned i = 0; i < x->op_count; i++) {
        if (!is_harmless_operand(&x->operands[i])) {
            return NEXT_REFUSED;
        }
    }
    if (w->insn->id == X86_INS_RET) {
        return NEXT_ENDS;
    }
    bool branches = cs_insn_group(w->capstone, w->insn, CS_GRP_JUMP) || w->insn->id == X86_INS_CALL;
    return branches ? follow(w, x, w->insn->id != X86_INS_JMP) : NEXT_GOES_ON;
}

/* Decodes from one place until the code ends or was seen already. */
static bool walk_from(struct walk *w, size_t offset)
{
    enum next next = NEXT_GOES_ON;
    while (next == NEXT_GOES_ON && offset < w->size) {
        unsigned char bit = (unsigned char)(1u << (offset % 8));
        if ((w->seen[offset / 8] & bit) != 0) {
            return true;
        }
        w->seen[offset / 8] |= bit;
        const uint8_t *code = w->bytes + offset;
        size_t room = w->size - offset;
        uint64_t address = offset;
        next = cs_disasm_iter(w->capstone, &code, &room, &address, w->insn) ? check_insn(w) : NEXT_REFUSED;
        offset = address;
    }
    return next == NEXT_ENDS;
}

static int check_all(struct walk *w, size_t entry)
{
    w->targets[w->target_count++] = entry;
    while (w->target_count > 0) {
        if (!walk_from(w, w->targets[--w->target_count])) {
            return -ENOTSUP;
        }
    }
    return 0;
}

int vdso_check(const void *image, size_t size, size_t entry)
{
    struct walk w = {.bytes = image, .size = size};
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &w.capstone) != CS_ERR_OK) {
        return -ENOMEM;
    }
    cs_option(w.capstone, CS_OPT_DETAIL, CS_OPT_ON);
    w.insn = cs_malloc(w.capstone);
    w.seen = calloc(1, size / 8 + 1);
    int r = w.insn != NULL && w.seen != NULL ? check_all(&w, entry) : -ENOMEM;
    free(w.seen);
    if (w.insn != NULL) {
        cs_free(w.insn, 1);
    }
    cs_close(&w.capstone);
    return r;
}

int64_t vdso_examine(void *examination)
{
    struct vdso_examination *e = examination;
    const void *image = (const void *)e->image; // NOLINT(performance-no-int-to-ptr): AT_SYSINFO_EHDR
    size_t size = image != NULL ? vdso_length(image, PAGE) : 0;
    size_t entry = size != 0 ? vdso_find(image, size, VDSO_CLOCK_GETTIME) : 0;
    if (entry == 0) {
        return -ENOEXEC;
    }
    int r = vdso_check(image, size, entry);
    e->gettime = e->image + entry;
    e->begin = e->image;
    e->end = e->image + ((size + PAGE - 1) & ~(size_t)(PAGE - 1));
    return r;
}
