/*
 * The ELF loader against arbitrary files: examination never crashes, and whatever it accepts has a plan that
 * stays inside the guest's address space, in order, without overlap, and reads only what the file has.
 *
 * Nothing is mapped: the plan is all that mapping follows.
 */
#include "base/image.h"
#include "loader/loader.h"
#include "loader/script.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Keeps the personalities out of this program: nothing here chooses one. */
const struct personality *personality_recognising(const struct elf_identity *id)
{
    (void)id;
    return NULL;
}

static void require(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static void check_error(int r, const struct loader_error *err)
{
    require(r < 0 && err->host_errno == -r, "an error carries its errno");
    require(memchr(err->text, '\0', sizeof(err->text)) != NULL && strncmp(err->text, "the-file: ", 10) == 0,
            "an error names the file");
}

static void check_range(const struct elf_file *elf, const struct load_range *range)
{
    uint64_t size = range->end - range->start;

    require(range->start % LOADER_PAGE == 0 && range->end % LOADER_PAGE == 0 && range->start < range->end,
            "ranges are of whole pages");
    require(range->start >= LOADER_LOWEST && range->end <= elf->rules.space_end, "ranges lie in user space");
    require(range->end <= ENGINE_BASE || range->start >= ENGINE_END, "ranges spare the engine");
    require(range->end <= ARENA_BASE || range->start >= ARENA_END, "ranges spare the arena");
    if (range->from_file) {
        require(range->offset % LOADER_PAGE == 0, "file ranges begin at a page of the file");
        require(range->zero_bytes < LOADER_PAGE, "what is zeroed stays in a page");
    }
    if (elf->rules.kernel == ELF_KERNEL_LINUX) {
        require(range->copy_bytes == 0, "Linux copies nothing"); /* and maps what the file does not have */
    } else if (range->from_file) {
        require(range->zero_bytes == 0, "FreeBSD zeroes nothing");
        require(range->offset < elf->file_size, "file ranges begin inside the file");
        require(size < elf->file_size - range->offset + LOADER_PAGE, "file ranges end in the file's last page");
    } else {
        require(range->copy_bytes < LOADER_PAGE && range->copy_bytes <= size, "copies stay in a page");
        require(range->copy_bytes == 0 ||
                    (range->offset <= elf->file_size && range->copy_bytes <= elf->file_size - range->offset),
                "copies stay in the file");
    }
}

static void check_plan(const struct elf_file *elf, uint64_t bias)
{
    static struct load_plan plan;
    struct loader_error err;
    int r = elf_plan(elf, bias, &plan, &err);

    if (r != 0) {
        check_error(r, &err);
        return;
    }
    require(plan.nranges > 0 && plan.nranges <= LOADER_MAX_RANGES, "a plan has ranges");
    for (unsigned i = 0; i < plan.nranges; i++) {
        check_range(elf, &plan.ranges[i]);
        require(i == 0 || plan.ranges[i - 1].end <= plan.ranges[i].start, "ranges are in order, apart");
    }
    require(plan.lo == plan.ranges[0].start && plan.hi == plan.ranges[plan.nranges - 1].end, "lo and hi are true");
}

static void check_file(const struct elf_file *elf)
{
    static const uint64_t biases[] = {0, 0x1021000, 0x7bff0000, 0x800000000, 0x7ffff0000000, 0x800, UINT64_MAX};
    char name[64];

    require(elf->nsegments > 0 && elf->nsegments <= LOADER_MAX_SEGMENTS, "a program has segments");
    require(memchr(elf->id.interp, '\0', sizeof(elf->id.interp)) != NULL, "the interpreter's name ends");
    require(memchr(elf->id.vendor, '\0', sizeof(elf->id.vendor)) != NULL, "the vendor's name ends");
    elf_system_name(&elf->id, name, sizeof(name));
    check_plan(elf, elf_freebsd_dyn_bias(elf));
    check_plan(elf, elf_linux_dyn_base(elf->rules.space_end) - elf->lo);
    for (unsigned i = 0; i < sizeof(biases) / sizeof(biases[0]); i++)
        check_plan(elf, biases[i]);
}

static void check_script(const uint8_t *data, size_t size)
{
    static struct script_line line;
    struct loader_error err;

    if (!script_recognise((const char *)data, size))
        return;
    if (script_parse("the-file", (const char *)data, size, &line, &err) != 0)
        return;
    require(line.interp[0] != '\0' && strlen(line.interp) < size, "an interpreter comes from the line");
    require(strlen(line.arg) < size, "an argument comes from the line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct elf_rules rules[] = {
        {ELF_KERNEL_FREEBSD, USER_END}, {ELF_KERNEL_LINUX, USER_END}, {ELF_KERNEL_LINUX, USER_END_32}};
    static struct elf_file elf;
    static int fd = -1;
    struct elf_identity id;
    struct loader_error err;
    int r;

    if (fd < 0)
        fd = memfd_create("the-file", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    check_script(data, size);
    r = elf_identify(fd, "the-file", &id, &err);
    if (r != 0)
        check_error(r, &err);
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        r = elf_examine(fd, "the-file", &rules[i], &elf, &err);
        if (r != 0)
            check_error(r, &err);
        else
            check_file(&elf);
    }
    return 0;
}
