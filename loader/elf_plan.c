/*
 * From segments to page ranges: arithmetic only, so that a fuzzer can check it
 * without mapping anything.
 */
#include "base/image.h"
#include "loader/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(LOADER_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + LOADER_PAGE - 1);
}

/* Whether a segment may stand at [start, end). */
static int check_place(const struct elf_file *elf, uint64_t start, uint64_t end, struct loader_error *err)
{
    static const struct {
        uint64_t start;
        uint64_t end;
    } engine[] = {{ENGINE_BASE, ENGINE_END}, {ARENA_BASE, ARENA_END}};

    if (end > elf->rules.space_end || end < start)
        return loader_fail(err, ENOEXEC, "%s: a segment at %#llx does not fit into user space", elf->path,
                           (unsigned long long)start);
    if (start < LOADER_LOWEST)
        return loader_fail(err, ENOEXEC,
                           "%s: a segment at %#llx: Linux keeps the addresses below %#llx free "
                           "(link the program higher)",
                           elf->path, (unsigned long long)start, (unsigned long long)LOADER_LOWEST);
    for (unsigned i = 0; i < sizeof(engine) / sizeof(engine[0]); i++)
        if (start < engine[i].end && end > engine[i].start)
            return loader_fail(err, ENOEXEC,
                               "%s: a segment at %#llx: dragoman itself occupies %#llx to %#llx "
                               "(link the program elsewhere, or position-independent)",
                               elf->path, (unsigned long long)start, (unsigned long long)engine[i].start,
                               (unsigned long long)engine[i].end);
    return 0;
}

/*
 * As FreeBSD's sys/kern/imgact_elf.c, load_section(): whole pages of the file are mapped;
 * where memory goes on after the file's bytes, the last partial page and the
 * rest are anonymous, and the file's part of that page is copied.  Without bss
 * the last page is mapped whole, and shows what follows in the file.
 */
static void add_freebsd(struct load_plan *plan, const struct elf_segment *s)
{
    uint64_t start = page_down(s->vaddr + plan->bias);
    uint64_t file_end = s->vaddr + plan->bias + s->filesz;
    uint64_t end = page_up(s->vaddr + plan->bias + s->memsz);
    uint64_t mapped_end = s->filesz == 0 ? start : s->memsz > s->filesz ? page_down(file_end) : page_up(file_end);

    if (mapped_end > start)
        plan->ranges[plan->nranges++] = (struct load_range){
            .start = start, .end = mapped_end, .prot = s->prot, .from_file = true, .offset = page_down(s->offset)};
    if (end > mapped_end)
        plan->ranges[plan->nranges++] = (struct load_range){.start = mapped_end,
                                                            .end = end,
                                                            .prot = s->prot,
                                                            .offset = page_down(s->offset) + (mapped_end - start),
                                                            .copy_bytes = s->filesz == 0 ? 0 : file_end - mapped_end};
}

/* Takes the pages [start, end) away from the ranges that have them. */
static void cut(struct load_plan *plan, uint64_t start, uint64_t end)
{
    struct load_range rest; /* of the one range that reaches beyond `end` */
    bool reaches = false;
    unsigned kept = 0;

    for (unsigned i = 0; i < plan->nranges; i++) {
        struct load_range r = plan->ranges[i];

        if (r.start < end && r.end > end) {
            rest = r;
            rest.start = end;
            rest.offset += end - r.start;
            reaches = true;
        }
        if (r.end > start && r.start < end) {
            if (r.start >= start)
                continue;
            r.end = start;
            r.zero_bytes = 0;
        }
        plan->ranges[kept++] = r;
    }
    if (reaches)
        plan->ranges[kept++] = rest;
    plan->nranges = kept;
}

/*
 * As Linux's fs/binfmt_elf.c, elf_load(): whole pages of the file are mapped, the last one too; what is left of that
 * behind the file's part is zeroed where the segment is written to, and shows what follows in the file elsewhere.
 * The rest is memory that can be written to, whatever the segment says. What stood there before is replaced.
 */
static void add_linux(struct load_plan *plan, const struct elf_segment *s)
{
    uint64_t start = page_down(s->vaddr + plan->bias);
    uint64_t file_end = s->vaddr + plan->bias + s->filesz;
    uint64_t end = page_up(s->vaddr + plan->bias + s->memsz);
    uint64_t mapped_end = s->filesz == 0 ? start : page_up(file_end);
    bool zeroed = s->memsz > s->filesz && (s->prot & PROT_WRITE) != 0;

    cut(plan, start, end);
    if (mapped_end > start)
        plan->ranges[plan->nranges++] = (struct load_range){.start = start,
                                                            .end = mapped_end,
                                                            .prot = s->prot,
                                                            .from_file = true,
                                                            .offset = page_down(s->offset),
                                                            .zero_bytes = zeroed ? mapped_end - file_end : 0};
    if (end > mapped_end)
        plan->ranges[plan->nranges++] = (struct load_range){
            .start = mapped_end, .end = end, .prot = PROT_READ | PROT_WRITE | (s->prot & PROT_EXEC)};
}

static int by_start(const void *a, const void *b)
{
    const struct load_range *left = a;
    const struct load_range *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

int elf_plan(const struct elf_file *elf, uint64_t bias, struct load_plan *out, struct loader_error *err)
{
    out->bias = bias;
    out->nranges = 0;
    /* Linux may put a file below the addresses that it is linked for: the sums below wrap then, as its own do. */
    if (bias % LOADER_PAGE != 0 || (bias > USER_END && elf->rules.kernel != ELF_KERNEL_LINUX))
        return loader_fail(err, ENOEXEC, "%s: cannot be loaded at %#llx", elf->path, (unsigned long long)bias);
    out->lo = elf->lo + bias;
    out->hi = elf->hi + bias;
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        int r = check_place(elf, page_down(s->vaddr + bias), page_up(s->vaddr + bias + s->memsz), err);

        if (r != 0)
            return r;
        if (elf->rules.kernel == ELF_KERNEL_LINUX)
            add_linux(out, s);
        else
            add_freebsd(out, s);
    }
    qsort(out->ranges, out->nranges, sizeof(out->ranges[0]), by_start);
    return 0;
}
