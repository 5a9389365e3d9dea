/*
 * An ELF file's first page and its headers, read once and checked.
 * Inside loader/ only.
 */
#ifndef LOADER_ELF_HEADERS_H
#define LOADER_ELF_HEADERS_H

#include "loader/loader.h"

#include <gelf.h>
#include <stddef.h>

struct elf_headers {
    int fd;
    const char *path;
    uint64_t file_size;
    uint64_t page_bytes; /* of `page` that the file really has */
    GElf_Ehdr ehdr;
    Elf *elf; /* over `page`, sections hidden from it */
    _Alignas(16) unsigned char page[LOADER_PAGE];
};

/**
 * Reads the first page and the ELF header, of either word size.
 * Returns 0, and elf_headers_close() must follow; or -ENOEXEC, or the error of
 * reading.
 */
int elf_headers_open(int fd, const char *path, struct elf_headers *out, struct loader_error *err);
void elf_headers_close(struct elf_headers *h);

/**
 * Checks type and program header table as FreeBSD's check_header() and
 * exec_elf64_imgact() do; the table must lie in the first page.
 * Returns 0 or -ENOEXEC.
 */
int elf_headers_check(const struct elf_headers *h, struct loader_error *err);

/**
 * Program header `index`; false only where libelf refuses it.
 */
bool elf_headers_segment(const struct elf_headers *h, unsigned index, GElf_Phdr *out);

/**
 * Reads exactly `size` bytes at `offset`.
 * Returns 0, -ENOEXEC where the file ends before, or the error of reading.
 */
int elf_read_exact(int fd, const char *path, const char *what, void *buffer, uint64_t size, uint64_t offset,
                   struct loader_error *err);

/**
 * Reads vendor, release and Go mark from a PT_NOTE segment into *id.
 * Returns 0, -ENOEXEC (a note larger than its segment, a segment beyond the
 * file's end), -ENOMEM, or the error of reading.
 */
int elf_read_notes(const struct elf_headers *h, const GElf_Phdr *phdr, struct elf_identity *id,
                   struct loader_error *err);

/**
 * Reads PT_INTERP into id->interp.
 * Returns 0, -ENOEXEC (empty, too long, no NUL at its end, a second one).
 */
int elf_read_interp(const struct elf_headers *h, const GElf_Phdr *phdr, struct elf_identity *id,
                    struct loader_error *err);

/**
 * Fills *id: from the header alone, and from interpreter and notes too, which
 * wants a table that elf_headers_check() passed.
 */
void elf_header_identity(const struct elf_headers *h, struct elf_identity *id);
int elf_read_identity(const struct elf_headers *h, struct elf_identity *id, struct loader_error *err);

#endif
