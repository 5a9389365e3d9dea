/*
 * Carrying out a plan.
 *
 * Everything is mapped with MAP_FIXED_NOREPLACE, so that a file cannot make the
 * loader replace anything; what was mapped before a failure is released.
 */
#include "base/image.h"
#include "loader/elf_headers.h"
#include "loader/error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

static void *at(uint64_t address)
{
    return (void *)(uintptr_t)address; /* NOLINT(performance-no-int-to-ptr) */
}

static void release(const struct load_plan *plan, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        munmap(at(plan->ranges[i].start), plan->ranges[i].end - plan->ranges[i].start);
}

/*
 * mmap() at just this place, which nothing may occupy. Kernels before 4.17 take
 * the flag for a hint: compare the answer.  Returns 0 or an errno.
 */
static int map_at(const struct load_range *range, int prot, int flags, int fd, uint64_t offset)
{
    uint64_t size = range->end - range->start;
    void *got = mmap(at(range->start), size, prot, flags | MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, (off_t)offset);

    if (got == at(range->start))
        return 0;
    if (got == MAP_FAILED)
        return errno;
    munmap(got, size);
    return EEXIST;
}

static int refused(const struct elf_file *elf, const struct load_range *range, int error, struct loader_error *err)
{
    return loader_fail(err, error, "%s: cannot map %#llx to %#llx: %s%s", elf->path, (unsigned long long)range->start,
                       (unsigned long long)range->end, error == EEXIST ? "the addresses are taken" : strerror(error),
                       error == EPERM ? " (its file system is mounted noexec?)" : "");
}

/*
 * Zeroes the end of a range that is mapped from the file. Its last page becomes the process's own by a read from the
 * file: where the file has meanwhile shrunk, the host's kernel finds that out.
 */
static int zero_end(int fd, const struct elf_file *elf, const struct load_range *range, struct loader_error *err)
{
    uint64_t page = range->end - LOADER_PAGE;
    int r = elf_read_exact(fd, elf->path, "segments", at(page), 1, range->offset + (page - range->start), err);

    if (r != 0)
        return r;
    memset(at(range->end - range->zero_bytes), 0, range->zero_bytes);
    return 0;
}

/* Anonymous memory that begins with bytes of the file; a failure leaves nothing. */
static int map_copy(int fd, const struct elf_file *elf, const struct load_range *range, uint64_t bytes,
                    struct loader_error *err)
{
    uint64_t size = range->end - range->start;
    int first = bytes != 0 ? PROT_READ | PROT_WRITE : range->prot;
    int error = map_at(range, first, MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int r = 0;

    if (error != 0)
        return refused(elf, range, error, err);
    if (bytes != 0)
        r = elf_read_exact(fd, elf->path, "segments", at(range->start), bytes, range->offset, err);
    if (r == 0 && first != range->prot && mprotect(at(range->start), size, range->prot) != 0)
        r = loader_fail(err, errno, "%s: cannot protect the segment at %#llx: %s", elf->path,
                        (unsigned long long)range->start, strerror(errno));
    if (r != 0)
        munmap(at(range->start), size);
    return r;
}

static int map_range(int fd, const struct elf_file *elf, const struct load_range *range, struct loader_error *err)
{
    uint64_t size = range->end - range->start;
    uint64_t in_file = elf->file_size > range->offset ? elf->file_size - range->offset : 0;
    int error, r;

    if (!range->from_file)
        return map_copy(fd, elf, range, range->copy_bytes, err);
    error = map_at(range, range->prot, 0, fd, range->offset);
    /* Some file systems cannot map: their files are read. */
    if (error == ENODEV)
        return map_copy(fd, elf, range, size - range->zero_bytes < in_file ? size - range->zero_bytes : in_file, err);
    if (error != 0)
        return refused(elf, range, error, err);
    r = range->zero_bytes != 0 ? zero_end(fd, elf, range, err) : 0;
    if (r != 0)
        munmap(at(range->start), size);
    return r;
}

/*
 * Text and data as FreeBSD's enforce_limits() and its break want them: the
 * largest executable segment is the text, and the last other one the data.
 */
static void find_text_and_data(const struct elf_file *elf, struct mapped_image *out)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];
        uint64_t start = (s->vaddr + out->bias) & ~(uint64_t)(LOADER_PAGE - 1);
        uint64_t end = (s->vaddr + out->bias + s->memsz + LOADER_PAGE - 1) & ~(uint64_t)(LOADER_PAGE - 1);

        if (i == 0)
            out->base = start;
        if ((s->prot & PROT_EXEC) && end - start > out->text_end - out->text_start) {
            out->text_start = start;
            out->text_end = end;
        } else {
            out->data_start = start;
            out->data_end = end;
        }
    }
    if (out->data_end == 0) {
        out->data_start = out->text_start;
        out->data_end = out->text_end;
    }
}

int elf_map(int fd, const struct elf_file *elf, uint64_t bias, struct mapped_image *out, struct loader_error *err)
{
    unsigned mapped = 0;
    int r;

    memset(out, 0, offsetof(struct mapped_image, plan));
    r = elf_plan(elf, bias, &out->plan, err);
    if (r != 0)
        return r;
    for (unsigned i = 0; r == 0 && elf->read_executes && i < out->plan.nranges; i++)
        if (out->plan.ranges[i].prot & PROT_READ)
            out->plan.ranges[i].prot |= PROT_EXEC;
    while (r == 0 && mapped < out->plan.nranges) {
        r = map_range(fd, elf, &out->plan.ranges[mapped], err);
        mapped += r == 0;
    }
    if (r != 0) {
        release(&out->plan, mapped);
        return r;
    }
    out->bias = bias;
    out->lo = out->plan.lo;
    out->hi = out->plan.hi;
    out->entry = elf->entry + bias;
    /* Linux's kernel adds the bias to nothing, too. */
    out->phdr = elf->phdr_vaddr == 0 && elf->rules.kernel != ELF_KERNEL_LINUX ? 0 : elf->phdr_vaddr + bias;
    find_text_and_data(elf, out);
    return 0;
}

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

int elf_map_from(int fd, const struct elf_file *elf, uint64_t preferred, struct mapped_image *out,
                 struct loader_error *err)
{
    enum { TRIES = 1024 };
    const uint64_t step = UINT64_C(2) << 20;
    uint64_t bias = round_up(preferred, elf->max_align);

    for (int i = 0; i < TRIES; i++) {
        int r;

        if (elf->lo + bias < ENGINE_END && elf->hi + bias > ENGINE_BASE)
            bias = round_up(ENGINE_END, elf->max_align);
        r = elf_map(fd, elf, bias, out, err);
        if (r != -EEXIST)
            return r;
        bias = round_up(bias + step, elf->max_align);
    }
    return loader_fail(err, ENOMEM, "%s: no free place for it from %#llx upward", elf->path,
                       (unsigned long long)preferred);
}

uint64_t elf_freebsd_dyn_bias(const struct elf_file *elf)
{
    if (elf->id.type != ELF_TYPE_DYN || elf->lo != 0)
        return 0;
    return round_up(ELF_FREEBSD_DYN_ADDR, elf->max_align);
}

uint64_t elf_freebsd_interp_addr(const struct mapped_image *main_image, uint64_t data_limit)
{
    /* sys/amd64/include/vmparam.h: MAXDSIZ, what an unlimited process gets. */
    const uint64_t maxdsiz = UINT64_C(32) << 30;

    return round_up(main_image->data_start + (data_limit < maxdsiz ? data_limit : maxdsiz), LOADER_PAGE);
}
