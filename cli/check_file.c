#include "base/image.h"
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const unsigned char *check_bytes_at(const struct check_file *file, uint64_t vaddr, uint64_t size)
{
    for (unsigned i = 0; i < file->elf.nsegments; i++) {
        const struct elf_segment *s = &file->elf.segments[i];

        if (vaddr >= s->vaddr && vaddr - s->vaddr <= s->filesz && size <= s->filesz - (vaddr - s->vaddr))
            return file->bytes + s->offset + (vaddr - s->vaddr);
    }
    return NULL;
}

/* Maps what was examined: no more bytes than the examination's idea of the file's size. */
static int map_whole(int fd, struct check_file *file, struct loader_error *err)
{
    void *bytes = mmap(NULL, file->elf.file_size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (bytes == MAP_FAILED) {
        err->host_errno = errno;
        strcpy(err->text, "cannot map the file");
        return -errno;
    }
    file->bytes = bytes;
    file->size = file->elf.file_size;
    return 0;
}

/* A file of any system's: those of its kernel, as far as it is known. */
static struct elf_rules rules_for(int fd, const char *path)
{
    struct elf_identity id;
    struct loader_error ignored;

    if (elf_identify(fd, path, &id, &ignored) != 0 || elf_system(&id) > ELF_SYSTEM_LINUX)
        return (struct elf_rules){ELF_KERNEL_FREEBSD, USER_END};
    return (struct elf_rules){ELF_KERNEL_LINUX, id.bits == 64 ? USER_END : USER_END_32};
}

int check_open(const char *path, struct check_file *file, struct loader_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct elf_rules rules;
    int r;

    memset(file, 0, sizeof(*file));
    file->path = path;
    if (fd < 0) {
        err->host_errno = errno;
        strcpy(err->text, strerror(errno));
        return -err->host_errno;
    }
    rules = rules_for(fd, path);
    r = elf_examine(fd, path, &rules, &file->elf, err);
    if (r == 0)
        r = map_whole(fd, file, err);
    close(fd);
    return r;
}

void check_close(struct check_file *file)
{
    if (file->bytes != NULL)
        munmap((void *)(uintptr_t)file->bytes, file->size);
    file->bytes = NULL;
}
