/*
 * Reading an ELF file's headers.
 *
 * libelf decodes them, but it sees only a copy of the file's first page, with
 * the section table hidden: a program's sections mean nothing to its execution,
 * and section counts and offsets of a hostile file never reach libelf's code.
 * That all program headers lie in that page is FreeBSD's own rule.
 */
#include "loader/elf_headers.h"

#include "loader/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int elf_read_exact(int fd, const char *path, const char *what, void *buffer, uint64_t size, uint64_t offset,
                   struct loader_error *err)
{
    uint64_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return loader_fail(err, errno, "%s: cannot read the %s: %s", path, what, strerror(errno));
        if (n == 0)
            return loader_fail(err, ENOEXEC, "%s: the file ends inside the %s (it is cut off: copy it again)", path,
                               what);
        done += (uint64_t)n;
    }
    return 0;
}

/* The size and the first page; a short file leaves the page's rest zero. */
static int read_first_page(struct elf_headers *h, struct loader_error *err)
{
    struct stat st;

    if (fstat(h->fd, &st) != 0)
        return loader_fail(err, errno, "%s: cannot examine it: %s", h->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return loader_fail(err, EACCES, "%s: not a regular file", h->path);
    h->file_size = (uint64_t)st.st_size;
    h->page_bytes = h->file_size < LOADER_PAGE ? h->file_size : LOADER_PAGE;
    memset(h->page, 0, sizeof(h->page));
    return elf_read_exact(h->fd, h->path, "ELF header", h->page, h->page_bytes, 0, err);
}

/* The parts of the header that libelf would take on trust. */
static int check_ident(const struct elf_headers *h, struct loader_error *err)
{
    const unsigned char *ident = h->page;
    bool is64 = ident[EI_CLASS] == ELFCLASS64;

    if (h->page_bytes < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return loader_fail(err, ENOEXEC, "%s: not an ELF file", h->path);
    if (ident[EI_CLASS] != ELFCLASS32 && !is64)
        return loader_fail(err, ENOEXEC, "%s: the ELF header names an unknown class %u", h->path, ident[EI_CLASS]);
    if (h->page_bytes < (is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return loader_fail(err, ENOEXEC, "%s: the file ends inside its ELF header", h->path);
    if (ident[EI_DATA] != ELFDATA2LSB)
        return loader_fail(err, ENOEXEC, "%s: not a little-endian program: this machine cannot run it", h->path);
    if (ident[EI_VERSION] != EV_CURRENT)
        return loader_fail(err, ENOEXEC, "%s: the ELF header has version %u, not 1", h->path, ident[EI_VERSION]);
    return 0;
}

/* Sections mean nothing to execution: keep libelf from looking at them. */
static void hide_sections(struct elf_headers *h)
{
    if (h->page[EI_CLASS] == ELFCLASS64) {
        Elf64_Ehdr *e = (Elf64_Ehdr *)h->page;

        e->e_shoff = 0;
        e->e_shnum = 0;
        e->e_shstrndx = 0;
    } else {
        Elf32_Ehdr *e = (Elf32_Ehdr *)h->page;

        e->e_shoff = 0;
        e->e_shnum = 0;
        e->e_shstrndx = 0;
    }
}

int elf_headers_check(const struct elf_headers *h, struct loader_error *err)
{
    bool is64 = h->page[EI_CLASS] == ELFCLASS64;
    const GElf_Ehdr *e = &h->ehdr;
    uint64_t size = (uint64_t)e->e_phnum * e->e_phentsize;

    if (e->e_version != EV_CURRENT)
        return loader_fail(err, ENOEXEC, "%s: the ELF header has version %u, not 1", h->path, e->e_version);
    if (e->e_type != ET_EXEC && e->e_type != ET_DYN)
        return loader_fail(err, ENOEXEC, "%s: not a program: ELF type %u (%s)", h->path, e->e_type,
                           e->e_type == ET_REL    ? "an object file: link it"
                           : e->e_type == ET_CORE ? "a core dump"
                                                  : "unknown");
    if (e->e_phnum == 0)
        return loader_fail(err, ENOEXEC, "%s: has no program headers", h->path);
    if (e->e_phentsize != (is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return loader_fail(err, ENOEXEC, "%s: program headers of %u bytes are not ELF's", h->path, e->e_phentsize);
    if (e->e_phoff % (is64 ? 8 : 4) != 0)
        return loader_fail(err, ENOEXEC, "%s: the program headers at offset %#llx are not aligned", h->path,
                           (unsigned long long)e->e_phoff);
    if (e->e_phoff > LOADER_PAGE || size > LOADER_PAGE - e->e_phoff)
        return loader_fail(err, ENOEXEC, "%s: %u program headers at offset %#llx do not lie in the file's first page",
                           h->path, e->e_phnum, (unsigned long long)e->e_phoff);
    if (e->e_phoff + size > h->page_bytes)
        return loader_fail(err, ENOEXEC, "%s: the file ends inside its program headers (it is cut off: copy it again)",
                           h->path);
    return 0;
}

int elf_headers_open(int fd, const char *path, struct elf_headers *out, struct loader_error *err)
{
    int r;

    out->fd = fd;
    out->path = path;
    out->elf = NULL;
    r = read_first_page(out, err);
    if (r == 0)
        r = check_ident(out, err);
    if (r != 0)
        return r;
    hide_sections(out);
    if (elf_version(EV_CURRENT) == EV_NONE)
        return loader_fail(err, ENOEXEC, "%s: libelf does not know ELF version 1", path);
    out->elf = elf_memory((char *)out->page, out->page_bytes);
    if (out->elf == NULL || gelf_getehdr(out->elf, &out->ehdr) == NULL)
        r = loader_fail(err, ENOEXEC, "%s: unreadable ELF header: %s", path, elf_errmsg(-1));
    if (r != 0)
        elf_headers_close(out);
    return r;
}

void elf_headers_close(struct elf_headers *h)
{
    if (h->elf != NULL)
        elf_end(h->elf);
    h->elf = NULL;
}

bool elf_headers_segment(const struct elf_headers *h, unsigned index, GElf_Phdr *out)
{
    return gelf_getphdr(h->elf, (int)index, out) != NULL;
}
