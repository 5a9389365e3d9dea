/*
 * The readers of `dragoman check` against arbitrary files that the loader accepts: Go's build information,
 * the dynamic section, system-call sites.
 */
#include "base/image.h"
#include "cli/check.h"

#include <stdint.h>
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct elf_rules rules = {ELF_KERNEL_FREEBSD, USER_END};
    static struct check_file file;
    static struct check_libraries libraries;
    static struct check_calls calls;
    static int fd = -1;
    struct check_go go;
    struct loader_error err;

    if (fd < 0)
        fd = memfd_create("the-file", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    file.path = "/nowhere/the-file";
    file.bytes = data;
    file.size = size;
    if (elf_examine(fd, "the-file", &rules, &file.elf, &err) != 0)
        return 0;
    check_go(&file, &go);
    if (memchr(go.version, '\0', sizeof(go.version)) == NULL || memchr(go.module, '\0', sizeof(go.module)) == NULL)
        abort();
    check_libraries(&file, "/nowhere", &libraries);
    check_calls(&file, go.is_go, &calls);
    return 0;
}
