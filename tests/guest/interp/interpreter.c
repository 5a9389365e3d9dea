/*
 * A dynamic linker of a few lines: what the kernel promises to one, and nothing more.
 *
 * The kernel maps it beside the program and starts it instead (sys/kern/imgact_elf.c); the auxiliary vector tells
 * where the program is. It checks that, relocates a position-independent program, and jumps to its entry with the
 * argument block as it came. What it found goes along in r12 and r13, which the program's start file keeps.
 */
#include <stdint.h>

#include "elf.h"

struct auxv {
    uint64_t type;
    uint64_t value;
};

enum { MAGIC = 0x1d, BAD_BASE = 1, BAD_PHDR = 2, BAD_ENTRY = 4, BAD_PHENT = 8, NO_INTERP = 16, BAD_RELOCATION = 32 };

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static uint64_t value_of(const struct auxv *aux, uint64_t type)
{
    for (; aux->type != AT_NULL; aux++)
        if (aux->type == type)
            return aux->value;
    return 0;
}

static const Elf64_Phdr *header_of(const Elf64_Phdr *headers, uint64_t count, uint32_t type)
{
    for (uint64_t i = 0; i < count; i++)
        if (headers[i].p_type == type)
            return &headers[i];
    return 0;
}

/* Applies the program's relative relocations: the only kind a program without libraries has. */
static uint64_t relocate(const Elf64_Dyn *dynamic, uint64_t base)
{
    const Elf64_Rela *table = 0;
    uint64_t size = 0;

    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == DT_RELA)
            table = (const Elf64_Rela *)(base + dynamic->d_val);
        if (dynamic->d_tag == DT_RELASZ)
            size = dynamic->d_val;
    }
    for (uint64_t i = 0; i < size / sizeof(*table); i++) {
        if ((uint32_t)table[i].r_info != R_X86_64_RELATIVE)
            return BAD_RELOCATION;
        *(uint64_t *)(base + table[i].r_offset) = base + (uint64_t)table[i].r_addend;
    }
    return 0;
}

/* Returns what is wrong, as bits; *entry is where to go. */
uint64_t interpret(const uint64_t *block, uint64_t *entry) __attribute__((visibility("hidden")));
uint64_t interpret(const uint64_t *block, uint64_t *entry)
{
    const uint64_t *at = block + 1 + block[0] + 1;
    const struct auxv *aux;
    const Elf64_Phdr *headers;
    const Elf64_Phdr *own;
    const Elf64_Phdr *dynamic;
    uint64_t count;
    uint64_t base;
    uint64_t wrong = 0;

    while (*at != 0)
        at++;
    aux = (const struct auxv *)(at + 1);
    headers = (const Elf64_Phdr *)value_of(aux, AT_PHDR);
    count = value_of(aux, AT_PHNUM);
    *entry = value_of(aux, AT_ENTRY);
    own = header_of(headers, count, PT_PHDR);
    if (value_of(aux, AT_BASE) != (uint64_t)&__ehdr_start)
        wrong |= BAD_BASE;
    if (own == 0)
        return wrong | BAD_PHDR;
    base = (uint64_t)headers - own->p_vaddr;
    if (value_of(aux, AT_PHENT) != sizeof(Elf64_Phdr))
        wrong |= BAD_PHENT;
    if (header_of(headers, count, PT_INTERP) == 0)
        wrong |= NO_INTERP;
    /* The headers follow the file's own at offset e_phoff, which is 64 in any file of a linker's. */
    if (*entry != base + ((const Elf64_Ehdr *)headers - 1)->e_entry)
        wrong |= BAD_ENTRY;
    dynamic = header_of(headers, count, PT_DYNAMIC);
    if (base != 0 && dynamic != 0)
        wrong |= relocate((const Elf64_Dyn *)(base + dynamic->p_vaddr), base);
    return wrong | (uint64_t)MAGIC << 32;
}

/* rdi and rsp reach the program as they came. */
__asm__(".globl _start\n"
        "_start:\n\t"
        "movq %rsp, %rbx\n\t"
        "movq %rdi, %rbp\n\t"
        "subq $24, %rsp\n\t"
        "movq %rsp, %rsi\n\t"
        "call interpret\n\t"
        "movq (%rsp), %rdx\n\t"
        "movq %rbx, %rsp\n\t"
        "movq %rbp, %rdi\n\t"
        "movl %eax, %r13d\n\t"
        "shrq $32, %rax\n\t"
        "movq %rax, %r12\n\t"
        "xorl %ebx, %ebx\n\t"
        "xorl %ebp, %ebp\n\t"
        "jmpq *%rdx\n");
