/* Small ELF files for tests, made byte by byte so that each fault can be put in on purpose. */
#ifndef TESTS_UNIT_ELF_MAKER_H
#define TESTS_UNIT_ELF_MAKER_H

#include <elf.h>
#include <stddef.h>

enum { ELF_MAKER_MAX = 64 * 1024 };

struct elf_maker {
    _Alignas(16) unsigned char bytes[ELF_MAKER_MAX];
    size_t size; /* of the file */
};

/* An ELF64/amd64 header without segments; the file is `size` bytes, each byte its offset modulo 251. */
void elf_maker_start(struct elf_maker *m, unsigned type, unsigned char osabi, size_t size);

Elf64_Ehdr *elf_maker_header(struct elf_maker *m);

/* Appends a program header with p_align 4096. */
Elf64_Phdr *elf_maker_add(struct elf_maker *m, unsigned type, unsigned flags, Elf64_Off offset, Elf64_Addr vaddr,
                          Elf64_Xword filesz, Elf64_Xword memsz);

/* Puts a note at `offset` and a PT_NOTE around it. Returns the bytes it takes. */
size_t elf_maker_note(struct elf_maker *m, size_t offset, const char *name, unsigned type, const void *desc,
                      unsigned desc_bytes);

/* Puts a PT_INTERP of `path`, NUL included, at `offset`. */
void elf_maker_interp(struct elf_maker *m, size_t offset, const char *path);

/* The usual: text at the front, data with bss, one after the other. */
void elf_maker_two_segments(struct elf_maker *m, Elf64_Addr base);

/* Makes a finished file one with words of 4 bytes: its headers, for `machine`, and nothing else of it. */
void elf_maker_narrow(struct elf_maker *m, unsigned machine);

/* The file in memory, as a descriptor to close. */
int elf_maker_fd(const struct elf_maker *m);

/* The file under `path`, executable. */
void elf_maker_write(const struct elf_maker *m, const char *path);

#endif
