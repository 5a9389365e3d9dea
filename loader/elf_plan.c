/*
 * From segments to page ranges: arithmetic only, so that a fuzzer can check it
 * without mapping anything.
 */
#include "base/image.h"
#include "loader/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

    if (end > USER_END || end < start)
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
 * As sys/kern/imgact_elf.c's load_section(): whole pages of the file are mapped;
 * where memory goes on after the file's bytes, the last partial page and the
 * rest are anonymous, and the file's part of that page is copied.  Without bss
 * the last page is mapped whole, and shows what follows in the file.
 */
static void add_ranges(struct load_plan *plan, const struct elf_segment *s)
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
    if (bias % LOADER_PAGE != 0 || bias > USER_END)
        return loader_fail(err, ENOEXEC, "%s: cannot be loaded at %#llx", elf->path, (unsigned long long)bias);
    out->lo = elf->lo + bias;
    out->hi = elf->hi + bias;
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        int r = check_place(elf, page_down(s->vaddr + bias), page_up(s->vaddr + bias + s->memsz), err);

        if (r != 0)
            return r;
        add_ranges(out, s);
    }
    qsort(out->ranges, out->nranges, sizeof(out->ranges[0]), by_start);
    return 0;
}
