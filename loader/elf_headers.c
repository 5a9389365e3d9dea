/*
 * Reading an ELF file's headers: the ELF header and the program headers, which
 * are all that execution asks for. Both word sizes become the wide form here.
 */
#include "loader/elf_headers.h"

#include "loader/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* A short file leaves the page's rest zero. */
int elf_headers_first_page(int fd, const char *path, struct elf_headers *h, struct loader_error *err)
{
    struct stat st;

    h->fd = fd;
    h->path = path;
    h->table = h->own = NULL;
    if (fstat(fd, &st) != 0)
        return loader_fail(err, errno, "%s: cannot examine it: %s", h->path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return loader_fail(err, EACCES, "%s: not a regular file", h->path);
    h->file_size = (uint64_t)st.st_size;
    h->page_bytes = h->file_size < LOADER_PAGE ? h->file_size : LOADER_PAGE;
    memset(h->page + h->page_bytes, 0, sizeof(h->page) - h->page_bytes);
    return elf_read_exact(h->fd, h->path, "first page", h->page, h->page_bytes, 0, err);
}

/* What no kernel here could make sense of; the rest is a matter of whose rules hold. */
static int check_ident(const struct elf_headers *h, struct loader_error *err)
{
    enum { SMALLEST_32 = 45 }; /* up to the low byte of e_phnum: Linux takes what is cut off for zero */
    const unsigned char *ident = h->page;

    if (h->page_bytes < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return loader_fail(err, ENOEXEC, "%s: not an ELF file", h->path);
    if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
        return loader_fail(err, ENOEXEC, "%s: the ELF header names an unknown class %u", h->path, ident[EI_CLASS]);
    if (h->page_bytes < (h->is64 ? sizeof(Elf64_Ehdr) : SMALLEST_32))
        return loader_fail(err, ENOEXEC, "%s: the file ends inside its ELF header", h->path);
    if (ident[EI_DATA] == ELFDATA2MSB)
        return loader_fail(err, ENOEXEC, "%s: not a little-endian program: this machine cannot run it", h->path);
    return 0;
}

static void read_header(struct elf_headers *h)
{
    Elf32_Ehdr e;

    if (h->is64) {
        memcpy(&h->ehdr, h->page, sizeof(h->ehdr));
        return;
    }
    memcpy(&e, h->page, sizeof(e));
    memcpy(h->ehdr.e_ident, e.e_ident, sizeof(e.e_ident));
    h->ehdr.e_type = e.e_type;
    h->ehdr.e_machine = e.e_machine;
    h->ehdr.e_version = e.e_version;
    h->ehdr.e_entry = e.e_entry;
    h->ehdr.e_phoff = e.e_phoff;
    h->ehdr.e_flags = e.e_flags;
    h->ehdr.e_phentsize = e.e_phentsize;
    h->ehdr.e_phnum = e.e_phnum;
}

int elf_headers_parse(struct elf_headers *h, struct loader_error *err)
{
    int r;

    h->is64 = h->page[EI_CLASS] == ELFCLASS64;
    r = check_ident(h, err);
    if (r == 0)
        read_header(h);
    return r;
}

int elf_headers_open(int fd, const char *path, struct elf_headers *out, struct loader_error *err)
{
    int r = elf_headers_first_page(fd, path, out, err);

    return r == 0 ? elf_headers_parse(out, err) : r;
}

static bool in_page(const struct elf_headers *h, uint64_t size, uint64_t offset)
{
    return offset <= h->page_bytes && size <= h->page_bytes - offset;
}

int elf_headers_read(const struct elf_headers *h, const char *what, void *buffer, uint64_t size, uint64_t offset,
                     struct loader_error *err)
{
    if (!in_page(h, size, offset))
        return elf_read_exact(h->fd, h->path, what, buffer, size, offset, err);
    memcpy(buffer, h->page + offset, size);
    return 0;
}

void elf_headers_close(struct elf_headers *h)
{
    free(h->own);
    h->table = h->own = NULL;
}

/* What both kernels want of type and table. */
static int check_header(const struct elf_headers *h, struct loader_error *err)
{
    const Elf64_Ehdr *e = &h->ehdr;

    if (e->e_type != ET_EXEC && e->e_type != ET_DYN)
        return loader_fail(err, ENOEXEC, "%s: not a program: ELF type %u (%s)", h->path, e->e_type,
                           e->e_type == ET_REL    ? "an object file: link it"
                           : e->e_type == ET_CORE ? "a core dump"
                                                  : "unknown");
    if (e->e_phnum == 0)
        return loader_fail(err, ENOEXEC, "%s: has no program headers", h->path);
    if (e->e_phentsize != (h->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return loader_fail(err, ENOEXEC, "%s: program headers of %u bytes are not ELF's", h->path, e->e_phentsize);
    return 0;
}

/* What FreeBSD's kernel wants beyond that. */
static int check_header_freebsd(const struct elf_headers *h, uint64_t size, struct loader_error *err)
{
    const unsigned char *ident = h->page;
    const Elf64_Ehdr *e = &h->ehdr;

    if (h->page_bytes < (h->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return loader_fail(err, ENOEXEC, "%s: the file ends inside its ELF header", h->path);
    if (ident[EI_DATA] != ELFDATA2LSB)
        return loader_fail(err, ENOEXEC, "%s: not a little-endian program: this machine cannot run it", h->path);
    if (ident[EI_VERSION] != EV_CURRENT || e->e_version != EV_CURRENT)
        return loader_fail(err, ENOEXEC, "%s: the ELF header has version %u, not 1", h->path,
                           ident[EI_VERSION] != EV_CURRENT ? ident[EI_VERSION] : e->e_version);
    if (e->e_phoff % (h->is64 ? 8 : 4) != 0)
        return loader_fail(err, ENOEXEC, "%s: the program headers at offset %#llx are not aligned", h->path,
                           (unsigned long long)e->e_phoff);
    if (e->e_phoff > LOADER_PAGE || size > LOADER_PAGE - e->e_phoff)
        return loader_fail(err, ENOEXEC, "%s: %u program headers at offset %#llx do not lie in the file's first page",
                           h->path, e->e_phnum, (unsigned long long)e->e_phoff);
    return 0;
}

int elf_headers_table(struct elf_headers *h, unsigned kernel, struct loader_error *err)
{
    enum { LINUX_MOST = 65536 };
    uint64_t size = (uint64_t)h->ehdr.e_phnum * h->ehdr.e_phentsize;
    uint64_t at = h->ehdr.e_phoff;
    int r = check_header(h, err);

    if (r == 0 && kernel == ELF_KERNEL_FREEBSD)
        r = check_header_freebsd(h, size, err);
    if (r != 0)
        return r;
    if (size > LINUX_MOST)
        return loader_fail(err, ENOEXEC, "%s: %u program headers are more than 64 KiB", h->path, h->ehdr.e_phnum);
    if (at > h->file_size || size > h->file_size - at)
        return loader_fail(err, ENOEXEC, "%s: the file ends inside its program headers (it is cut off: copy it again)",
                           h->path);
    if (in_page(h, size, at)) {
        h->table = h->page + at;
        return 0;
    }
    free(h->own); /* by another kernel's rules they may have been read before */
    h->own = malloc(size);
    if (h->own == NULL)
        return loader_fail(err, ENOMEM, "%s: no memory for its program headers", h->path);
    h->table = h->own;
    return elf_headers_read(h, "program headers", h->own, size, at, err);
}

void elf_headers_segment(const struct elf_headers *h, unsigned index, Elf64_Phdr *out)
{
    Elf32_Phdr p;

    if (h->is64) {
        memcpy(out, h->table + (uint64_t)index * sizeof(*out), sizeof(*out));
        return;
    }
    memcpy(&p, h->table + (uint64_t)index * sizeof(p), sizeof(p));
    *out = (Elf64_Phdr){.p_type = p.p_type,
                        .p_flags = p.p_flags,
                        .p_offset = p.p_offset,
                        .p_vaddr = p.p_vaddr,
                        .p_paddr = p.p_paddr,
                        .p_filesz = p.p_filesz,
                        .p_memsz = p.p_memsz,
                        .p_align = p.p_align};
}
