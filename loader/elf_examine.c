/*
 * Examining an ELF file for loading: every value that mapping will use is
 * checked here or in elf_plan(), so that a hostile file gives an error that
 * names the fault.
 */
#include "base/image.h"
#include "loader/elf_headers.h"
#include "loader/error.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int prot_of_flags(uint32_t p_flags)
{
    return ((p_flags & PF_R) ? PROT_READ : 0) | ((p_flags & PF_W) ? PROT_WRITE : 0) |
           ((p_flags & PF_X) ? PROT_EXEC : 0);
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(LOADER_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + LOADER_PAGE - 1);
}

/* One PT_LOAD by itself.  sys/kern/imgact_elf.c, load_section(): file bytes
 * within the file, and no more of them than memory. */
static int check_segment(const struct elf_headers *h, const struct elf_rules *rules, unsigned index,
                         const Elf64_Phdr *p, struct loader_error *err)
{
    if (p->p_filesz > p->p_memsz)
        return loader_fail(err, ENOEXEC, "%s: segment %u has %#llx bytes in the file and only %#llx in memory", h->path,
                           index, (unsigned long long)p->p_filesz, (unsigned long long)p->p_memsz);
    if (p->p_memsz > rules->space_end || p->p_vaddr > rules->space_end - p->p_memsz)
        return loader_fail(err, ENOEXEC, "%s: segment %u (%#llx bytes at %#llx) does not fit into user space", h->path,
                           index, (unsigned long long)p->p_memsz, (unsigned long long)p->p_vaddr);
    if (p->p_filesz != 0 && (p->p_vaddr ^ p->p_offset) % LOADER_PAGE != 0)
        return loader_fail(err, ENOEXEC, "%s: segment %u's address %#llx and file offset %#llx differ within a page",
                           h->path, index, (unsigned long long)p->p_vaddr, (unsigned long long)p->p_offset);
    return 0;
}

/* What FreeBSD's kernel wants beyond that: the file's part within the file, an alignment that is one. */
static int check_segment_freebsd(const struct elf_headers *h, unsigned index, const Elf64_Phdr *p,
                                 struct loader_error *err)
{
    if (p->p_offset > h->file_size || p->p_filesz > h->file_size - p->p_offset)
        return loader_fail(err, ENOEXEC,
                           "%s: segment %u (offset %#llx, %#llx bytes) lies beyond the file's end at %#llx "
                           "(it is cut off: copy it again)",
                           h->path, index, (unsigned long long)p->p_offset, (unsigned long long)p->p_filesz,
                           (unsigned long long)h->file_size);
    if (p->p_align > 1 && (p->p_align & (p->p_align - 1)) != 0)
        return loader_fail(err, ENOEXEC, "%s: segment %u has an alignment of %#llx, not a power of two", h->path, index,
                           (unsigned long long)p->p_align);
    return 0;
}

/*
 * The segment that holds the table, in the file from `at` to `end`, tells its address: static programs often lack
 * PT_PHDR. To Linux's kernel the table's beginning will do.
 */
static void take_table(const Elf64_Phdr *p, uint64_t at, uint64_t end, struct elf_file *out)
{
    bool by_freebsd = p->p_offset == 0 && end <= p->p_filesz;
    bool by_linux = p->p_offset <= at && at - p->p_offset < p->p_filesz;

    if (out->rules.kernel == ELF_KERNEL_LINUX ? by_linux : by_freebsd)
        out->phdr_vaddr = p->p_vaddr + (at - p->p_offset);
}

static int take_segment(const struct elf_headers *h, unsigned index, const Elf64_Phdr *p, struct elf_file *out,
                        struct loader_error *err)
{
    struct elf_segment *s = &out->segments[out->nsegments];
    uint64_t table_end = h->ehdr.e_phoff + (uint64_t)h->ehdr.e_phnum * h->ehdr.e_phentsize;
    int r;

    if (p->p_memsz == 0)
        return 0;
    if (out->nsegments == LOADER_MAX_SEGMENTS)
        return loader_fail(err, ENOEXEC, "%s: more than %d segments to load", h->path, LOADER_MAX_SEGMENTS);
    r = check_segment(h, &out->rules, index, p, err);
    if (r == 0 && out->rules.kernel == ELF_KERNEL_FREEBSD)
        r = check_segment_freebsd(h, index, p, err);
    if (r != 0)
        return r;
    *s = (struct elf_segment){.vaddr = p->p_vaddr,
                              .memsz = p->p_memsz,
                              .filesz = p->p_filesz,
                              .offset = p->p_offset,
                              .prot = prot_of_flags(p->p_flags)};
    out->nsegments++;
    if (p->p_align > out->max_align && (p->p_align & (p->p_align - 1)) == 0)
        out->max_align = p->p_align;
    take_table(p, h->ehdr.e_phoff, table_end, out);
    return 0;
}

static int take_program_header(const struct elf_headers *h, unsigned index, struct elf_file *out,
                               struct loader_error *err)
{
    Elf64_Phdr p;

    elf_headers_segment(h, index, &p);
    switch (p.p_type) {
    case PT_LOAD:
        return take_segment(h, index, &p, out, err);
    case PT_PHDR:
        if (out->rules.kernel == ELF_KERNEL_FREEBSD)
            out->phdr_vaddr = p.p_vaddr;
        break;
    case PT_DYNAMIC:
        if (p.p_offset > h->file_size || p.p_filesz > h->file_size - p.p_offset) {
            if (out->rules.kernel == ELF_KERNEL_LINUX)
                break; /* the interpreter's to judge: the kernel looks at memory alone */
            return loader_fail(err, ENOEXEC, "%s: the dynamic section lies beyond the file's end", h->path);
        }
        out->dynamic_offset = p.p_offset;
        out->dynamic_size = p.p_filesz;
        break;
    case PT_GNU_STACK:
        out->has_stack_prot = true;
        out->stack_prot = prot_of_flags(p.p_flags);
        out->stack_size = p.p_memsz;
        break;
    case PT_TLS:
        out->tls_vaddr = p.p_vaddr;
        out->tls_filesz = p.p_filesz;
        out->tls_memsz = p.p_memsz;
        out->tls_align = p.p_align;
        break;
    default:
        break;
    }
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct elf_segment *left = a;
    const struct elf_segment *right = b;

    return (left->vaddr > right->vaddr) - (left->vaddr < right->vaddr);
}

/* No page in two segments: FreeBSD's load_section() fails on the second one. Linux's puts it over the first. */
static int check_layout(struct elf_file *out, struct loader_error *err)
{
    struct elf_segment sorted[LOADER_MAX_SEGMENTS];

    if (out->nsegments == 0)
        return loader_fail(err, ENOEXEC, "%s: has no segment to load", out->path);
    memcpy(sorted, out->segments, out->nsegments * sizeof(sorted[0]));
    qsort(sorted, out->nsegments, sizeof(sorted[0]), by_address);
    out->lo = page_down(sorted[0].vaddr);
    for (unsigned i = 0; i < out->nsegments; i++) {
        uint64_t end = page_up(sorted[i].vaddr + sorted[i].memsz);

        if (i > 0 && page_down(sorted[i].vaddr) < out->hi && out->rules.kernel == ELF_KERNEL_FREEBSD)
            return loader_fail(err, ENOEXEC, "%s: the segments at %#llx and %#llx overlap in a page", out->path,
                               (unsigned long long)sorted[i - 1].vaddr, (unsigned long long)sorted[i].vaddr);
        out->hi = end > out->hi ? end : out->hi;
    }
    return 0;
}

static int examine(struct elf_headers *h, struct elf_file *out, struct loader_error *err)
{
    int r = elf_headers_table(h, out->rules.kernel, err);

    if (r == 0)
        r = elf_read_identity(h, out->rules.kernel, &out->id, err);
    out->file_size = h->file_size;
    out->entry = h->ehdr.e_entry;
    out->flags = h->ehdr.e_flags;
    out->phnum = h->ehdr.e_phnum;
    out->phentsize = h->ehdr.e_phentsize;
    out->max_align = LOADER_PAGE;
    for (unsigned i = 0; r == 0 && i < h->ehdr.e_phnum; i++)
        r = take_program_header(h, i, out, err);
    if (r == 0)
        r = check_layout(out, err);
    return r;
}

/* Without the segments, which are set as far as they mean something: every page written to is one to wait for. */
static void clear(struct elf_file *f)
{
    memset(f, 0, offsetof(struct elf_file, segments));
    memset(&f->lo, 0, sizeof(*f) - offsetof(struct elf_file, lo));
}

int elf_headers_examine(struct elf_headers *h, const struct elf_rules *rules, struct elf_file *out,
                        struct loader_error *err)
{
    clear(out);
    out->rules = *rules;
    out->path = h->path;
    return examine(h, out, err);
}

int elf_examine(int fd, const char *path, const struct elf_rules *rules, struct elf_file *out, struct loader_error *err)
{
    struct elf_headers h;
    int r = elf_headers_open(fd, path, &h, err);

    if (r != 0)
        return r;
    r = elf_headers_examine(&h, rules, out, err);
    elf_headers_close(&h);
    return r;
}
