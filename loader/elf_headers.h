/*
 * An ELF file's first page and its headers, read once and checked.
 * Inside loader/ only.
 */
#ifndef LOADER_ELF_HEADERS_H
#define LOADER_ELF_HEADERS_H

#include "loader/loader.h"

#include <elf.h>
#include <stddef.h>

struct elf_headers {
    int fd;
    const char *path;
    uint64_t file_size;
    uint64_t page_bytes; /* of `page` that the file really has */
    bool is64;
    Elf64_Ehdr ehdr;            /* of a file with words of 4 bytes, widened */
    const unsigned char *table; /* the program headers, once they have been read: in `page` or in `own` */
    unsigned char *own;
    _Alignas(16) unsigned char page[LOADER_PAGE];
};

/**
 * Reads the first page of a file, of whatever kind. `path` is for messages, and stays the caller's.
 * Returns 0, -EACCES (not a regular file), or the error of reading.
 */
int elf_headers_first_page(int fd, const char *path, struct elf_headers *out, struct loader_error *err);

/**
 * Takes the ELF header, of either word size, from the first page.
 * Returns 0, and elf_headers_close() must follow; or -ENOEXEC.
 */
int elf_headers_parse(struct elf_headers *h, struct loader_error *err);

/* The two of them. */
int elf_headers_open(int fd, const char *path, struct elf_headers *out, struct loader_error *err);
void elf_headers_close(struct elf_headers *h);

/* elf_identify() and elf_examine() of a file whose header has been taken. */
int elf_headers_identify(struct elf_headers *h, struct elf_identity *out, struct loader_error *err);
int elf_headers_examine(struct elf_headers *h, const struct elf_rules *rules, struct elf_file *out,
                        struct loader_error *err);

/**
 * Checks the header's type and reads the program headers, by the rules of
 * `kernel` (enum elf_kernel): FreeBSD's check_header() and exec_elf64_imgact(),
 * which want the table in the first page; Linux's load_elf_phdrs(), which lets
 * it stand anywhere and be of 64 KiB.
 * Returns 0, -ENOEXEC, -ENOMEM, or the error of reading.
 */
int elf_headers_table(struct elf_headers *h, unsigned kernel, struct loader_error *err);

/* Program header `index`, which is less than e_phnum; after elf_headers_table(). */
void elf_headers_segment(const struct elf_headers *h, unsigned index, Elf64_Phdr *out);

/**
 * Reads exactly `size` bytes at `offset`.
 * Returns 0, -ENOEXEC where the file ends before, or the error of reading.
 */
int elf_read_exact(int fd, const char *path, const char *what, void *buffer, uint64_t size, uint64_t offset,
                   struct loader_error *err);

/* The same of what may lie in the first page, where interpreter and notes usually are. */
int elf_headers_read(const struct elf_headers *h, const char *what, void *buffer, uint64_t size, uint64_t offset,
                     struct loader_error *err);

/**
 * Reads vendor, release and Go mark from a PT_NOTE segment into *id.
 * Returns 0, -ENOEXEC (a note larger than its segment, a segment beyond the
 * file's end), -ENOMEM, or the error of reading.
 */
int elf_read_notes(const struct elf_headers *h, const Elf64_Phdr *phdr, struct elf_identity *id,
                   struct loader_error *err);

/**
 * Reads PT_INTERP into id->interp.
 * Returns 0, -ENOEXEC (empty, too long, no NUL at its end, a second one).
 */
int elf_read_interp(const struct elf_headers *h, const Elf64_Phdr *phdr, struct elf_identity *id,
                    struct loader_error *err);

/**
 * Fills *id: from the header alone, and from interpreter and notes too, which
 * wants the table that elf_headers_table() reads. To Linux's kernel a faulty
 * note is none, and of two interpreters the first counts.
 */
void elf_header_identity(const struct elf_headers *h, struct elf_identity *id);
int elf_read_identity(const struct elf_headers *h, unsigned kernel, struct elf_identity *id, struct loader_error *err);

#endif
