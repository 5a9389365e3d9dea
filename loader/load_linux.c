/*
 * Where Linux's kernel puts a program: fs/binfmt_elf.c, arch/x86/mm/mmap.c, without randomness.
 *
 * In a space of 64 bits the host's mmap decides, as it would for a program of its own. In one that ends below 4 GB,
 * where the host's mmap puts nothing of its own accord, the same rule is followed here: downwards from below the stack.
 */
#include "base/image.h"
#include "loader/error.h"
#include "loader/load.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#define LOW_SPACE UINT64_C(0x100000000)

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(LOADER_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + LOADER_PAGE - 1);
}

uint64_t elf_linux_dyn_base(uint64_t space_end)
{
    /* COMPAT_ELF_ET_DYN_BASE is 16 MB above where mmap of the old layout begins; ELF_ET_DYN_BASE two thirds up. */
    if (space_end < LOW_SPACE)
        return page_up(space_end / 3) + (UINT64_C(16) << 20);
    return page_down(space_end / 3 * 2);
}

uint64_t elf_linux_mmap_top(uint64_t space_end, uint64_t stack_limit)
{
    const uint64_t stack_guard = UINT64_C(1) << 20;
    const uint64_t least = UINT64_C(128) << 20;
    uint64_t gap = stack_limit + stack_guard > stack_limit ? stack_limit + stack_guard : stack_limit;
    uint64_t most = space_end / 6 * 5;

    gap = gap < least ? least : gap > most ? most : gap;
    return page_up(space_end - gap);
}

/* The bias with which the image ends at or below `top`, its first segment as aligned as the file wants it. */
static uint64_t bias_below(const struct elf_file *elf, uint64_t top)
{
    return ((top - (elf->hi - elf->lo)) & ~(elf->max_align - 1)) - elf->lo;
}

/* Where the host would map so much. */
static uint64_t host_top(const struct elf_file *elf)
{
    uint64_t size = elf->hi - elf->lo + elf->max_align - LOADER_PAGE;
    void *got = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (got == MAP_FAILED)
        return 0;
    munmap(got, size);
    return (uint64_t)got + size;
}

int elf_map_below(int fd, const struct elf_file *elf, uint64_t top, struct mapped_image *out, struct loader_error *err)
{
    const uint64_t step = elf->max_align > UINT64_C(65536) ? elf->max_align : UINT64_C(65536);
    uint64_t size = elf->hi - elf->lo;
    int r = -EEXIST;

    if (top == 0)
        top = host_top(elf);
    for (uint64_t at = top; r == -EEXIST && at > size + LOADER_LOWEST + elf->max_align; at -= step) {
        uint64_t bias = bias_below(elf, at);

        if (elf->lo + bias < ENGINE_END && elf->hi + bias > ENGINE_BASE) {
            at = ENGINE_BASE + step;
            continue;
        }
        r = elf_map(fd, elf, bias, out, err);
    }
    if (r == -EEXIST)
        return loader_fail(err, ENOMEM, "%s: no free place for it below %#llx", elf->path, (unsigned long long)top);
    return r;
}

static int load_dyn(int fd, const struct elf_file *elf, uint64_t top, struct mapped_image *out,
                    struct loader_error *err)
{
    int r = elf_map_below(fd, elf, top, out, err);

    /* As arch_get_unmapped_area_topdown() does: better above than not at all. */
    if (r == -ENOMEM && top != 0)
        r = elf_map_from(fd, elf, page_up(elf->rules.space_end / 3), out, err);
    return r;
}

static int load_file(const char *host_path, const struct elf_file *elf, bool has_base, uint64_t top,
                     struct mapped_image *out, struct loader_error *err)
{
    uint64_t base = elf_linux_dyn_base(elf->rules.space_end) & ~(elf->max_align - 1);
    int fd = loader_open(host_path, err);
    int r;

    if (fd < 0)
        return fd;
    if (elf->id.type == ELF_TYPE_EXEC)
        r = elf_map(fd, elf, 0, out, err);
    else if (has_base)
        r = elf_map(fd, elf, page_down(base - elf->segments[0].vaddr), out, err);
    else
        r = load_dyn(fd, elf, top, out, err);
    if (r == -EEXIST && has_base && elf->id.type != ELF_TYPE_EXEC)
        r = load_dyn(fd, elf, top, out, err);
    close(fd);
    return r;
}

static int stack_prot(const struct elf_file *elf)
{
    bool executes = elf->has_stack_prot ? (elf->stack_prot & PROT_EXEC) != 0 : elf->read_executes;

    return PROT_READ | PROT_WRITE | (executes ? PROT_EXEC : 0);
}

/*
 * The break of a program whose place is fixed, or that has an interpreter: behind it, and with randomness up to 1 GB
 * further (arch_randomize_brk(), arch/x86/kernel/process.c), which no program minds. Here it is always as far off as a jump
 * over a short instruction leads (syscalls/entry/rooms.h), so that the two are not in each other's way; but for programs
 * that have asked for no randomness (ADDR_NO_RANDOMIZE), as those count on it.
 */
static uint64_t break_behind(const struct mapped_image *image)
{
    enum { NO_RANDOMNESS = 0x0040000 };
    const uint64_t away = (UINT64_C(256) << 20) + LOADER_PAGE, much = UINT64_C(1) << 30;
    uint64_t base = page_up(image->hi) + away;

    if ((personality(0xffffffff) & NO_RANDOMNESS) != 0 || (image->hi < ENGINE_END && base + much > ENGINE_BASE))
        return image->hi;
    return base;
}

int program_load_linux(const struct program *program, uint64_t stack_limit, struct loaded_program *out,
                       struct loader_error *err)
{
    const struct elf_file *elf = &program->elf;
    uint64_t end = elf->rules.space_end;
    bool low = end < LOW_SPACE;
    uint64_t top = low ? elf_linux_mmap_top(end, stack_limit) : 0;
    bool apart = elf->id.type == ELF_TYPE_DYN && !program->has_interp;
    int r = load_file(program->host_path, elf, program->has_interp, top, &out->main, err);

    if (r != 0)
        return r;
    out->entry = out->main.entry;
    out->break_base = apart ? elf_linux_dyn_base(end) : low ? out->main.hi : break_behind(&out->main);
    out->break_clear = UINT64_C(512) << 20; /* a libc whose break does not grow any further maps memory instead */
    if (program->has_interp) {
        r = load_file(program->interp_host_path, &program->interp, false, top, &out->interp, err);
        if (r != 0)
            return r;
        out->has_interp = true;
        out->entry = out->interp.entry;
    }
    return low ? stack_map_growing(end, stack_limit, stack_prot(elf), &out->stack, err)
               : stack_map(end, stack_limit, stack_prot(elf), &out->stack, err);
}
