/*
 * What the interpreter reads of ELF files (elf(5), sys/sys/elf64.h), without any system's headers.
 */
#ifndef GUEST_ELF_H
#define GUEST_ELF_H

#include <stdint.h>

typedef struct {
    uint8_t e_ident[16];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uint64_t e_entry;
    uint64_t e_phoff;
    uint64_t e_shoff;
    uint32_t e_flags;
    uint16_t e_sizes[6];
} Elf64_Ehdr;
_Static_assert(sizeof(Elf64_Ehdr) == 64, "the program headers follow at 64");

typedef struct {
    uint32_t p_type;
    uint32_t p_flags;
    uint64_t p_offset;
    uint64_t p_vaddr;
    uint64_t p_paddr;
    uint64_t p_filesz;
    uint64_t p_memsz;
    uint64_t p_align;
} Elf64_Phdr;

typedef struct {
    int64_t d_tag;
    uint64_t d_val;
} Elf64_Dyn;

typedef struct {
    uint64_t r_offset;
    uint64_t r_info;
    int64_t r_addend;
} Elf64_Rela;

typedef struct {
    uint32_t st_name;
    uint8_t st_info;
    uint8_t st_other;
    uint16_t st_shndx;
    uint64_t st_value;
    uint64_t st_size;
} Elf64_Sym;
_Static_assert(sizeof(Elf64_Sym) == 24, "entries of .dynsym");

enum { PT_LOAD = 1, PT_TLS = 7, PT_GNU_RELRO = 0x6474e552, PF_X = 1, PF_W = 2, PF_R = 4 };
enum {
    DT_NEEDED = 1,
    DT_PLTRELSZ = 2,
    DT_HASH = 4,
    DT_STRTAB = 5,
    DT_SYMTAB = 6,
    DT_JMPREL = 23,
    DT_INIT_ARRAY = 25,
    DT_INIT_ARRAYSZ = 27,
};
enum {
    R_X86_64_64 = 1,
    R_X86_64_COPY = 5,
    R_X86_64_GLOB_DAT = 6,
    R_X86_64_JUMP_SLOT = 7,
    R_X86_64_DTPMOD64 = 16,
    R_X86_64_DTPOFF64 = 17,
    R_X86_64_TPOFF64 = 18,
    R_X86_64_IRELATIVE = 37,
    STT_GNU_IFUNC = 10,
};
enum { PT_DYNAMIC = 2, PT_INTERP = 3, PT_PHDR = 6 };
enum { DT_NULL = 0, DT_RELA = 7, DT_RELASZ = 8, R_X86_64_RELATIVE = 8 };
enum { AT_NULL = 0, AT_PHDR = 3, AT_PHENT = 4, AT_PHNUM = 5, AT_BASE = 7, AT_ENTRY = 9 };

#endif
