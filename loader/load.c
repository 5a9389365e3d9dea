/*
 * From an examined program to a mapped one.
 */
#include "loader/load.h"

#include "base/image.h"
#include "loader/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int loader_open(const char *host_path, struct loader_error *err)
{
    int fd = open(host_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? loader_fail(err, errno, "%s: cannot open it: %s", host_path, strerror(errno)) : fd;
}

static int load_main(const struct program *program, struct mapped_image *out, struct loader_error *err)
{
    const struct elf_file *elf = &program->elf;
    uint64_t bias = elf_freebsd_dyn_bias(elf);
    int fd = loader_open(program->host_path, err);
    int r;

    if (fd < 0)
        return fd;
    r = bias != 0 ? elf_map_from(fd, elf, bias, out, err) : elf_map(fd, elf, 0, out, err);
    close(fd);
    return r;
}

static int load_interp(const struct program *program, uint64_t preferred, struct mapped_image *out,
                       struct loader_error *err)
{
    int fd = loader_open(program->interp_host_path, err);
    int r;

    if (fd < 0)
        return fd;
    r = program->interp.id.type == ELF_TYPE_DYN ? elf_map_from(fd, &program->interp, preferred, out, err)
                                                : elf_map(fd, &program->interp, 0, out, err);
    close(fd);
    return r;
}

int program_load(const struct program *program, uint64_t stack_limit, uint64_t data_limit, struct loaded_program *out,
                 struct loader_error *err)
{
    const struct elf_file *elf = &program->elf;
    int stack_prot = elf->has_stack_prot && elf->stack_prot != 0 ? elf->stack_prot : PROT_READ | PROT_WRITE | PROT_EXEC;
    int r;

    out->has_interp = false;
    out->stack = (struct stack_area){0};
    if (elf->rules.kernel == ELF_KERNEL_LINUX)
        return program_load_linux(program, stack_limit, out, err);
    r = load_main(program, &out->main, err);
    if (r != 0)
        return r;
    out->entry = out->main.entry;
    out->break_base = out->main.data_end;
    out->break_clear = UINT64_MAX; /* an old libc has no other memory than this */
    if (program->has_interp) {
        r = load_interp(program, elf_freebsd_interp_addr(&out->main, data_limit), &out->interp, err);
        if (r != 0)
            return r;
        out->has_interp = true;
        out->entry = out->interp.entry;
    }
    return stack_map(USER_END, elf->stack_size != 0 ? elf->stack_size : stack_limit, stack_prot, &out->stack, err);
}

void program_stack_request(const struct program *program, const struct loaded_program *loaded,
                           struct stack_request *out)
{
    out->window = (unsigned char *)(uintptr_t)loaded->stack.lo; /* NOLINT(performance-no-int-to-ptr) */
    out->window_va = loaded->stack.lo;
    out->top = loaded->stack.hi;
    out->phdr = loaded->main.phdr;
    out->phentsize = program->elf.phentsize;
    out->phnum = program->elf.phnum;
    out->elf_flags = program->elf.flags;
    out->entry = loaded->main.entry;
    if (program->elf.rules.kernel == ELF_KERNEL_LINUX)
        out->base = loaded->has_interp ? loaded->interp.bias : 0;
    else
        out->base = loaded->has_interp ? loaded->interp.base : loaded->main.bias;
    out->stack_prot = program->elf.has_stack_prot ? program->elf.stack_prot : 0;
}
