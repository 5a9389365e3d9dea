#include "base/elf_identity.h"
#include "base/mem.h"
#include "syscalls/common/linux/start/start.h"

/* Interpreters of other systems whose files bear no mark. */
static bool foreign_interpreter(const char *path)
{
    static const char *const others[] = {
        "/libexec/ld-elf.so.1",   "/usr/libexec/ld-elf.so.1", "/libexec/ld-elf.so.2", "/usr/libexec/ld-elf.so.2",
        "/usr/libexec/ld.elf_so", "/libexec/ld.elf_so",       "/usr/libexec/ld.so",   "/lib/64/ld.so.1",
        "/lib/amd64/ld.so.1",     "/usr/lib/amd64/ld.so.1",   "/usr/lib/ld.so.1",     "/lib/ld-kfreebsd-x86-64.so.1",
    };
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (hot_strcmp(path, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_linux(const struct elf_identity *id)
{
    if (id->type != ELF_TYPE_EXEC && id->type != ELF_TYPE_DYN) {
        return false;
    }
    if (hot_strcmp(id->vendor, "GNU") == 0) {
        return id->note_os == 0; /* glibc's abi-tag.h */
    }
    if (id->vendor[0] != '\0') {
        return false;
    }
    if (id->osabi == ELF_OSABI_LINUX) {
        return true;
    }
    return id->osabi == ELF_OSABI_NONE && !id->old_freebsd_brand && !foreign_interpreter(id->interp);
}

bool linux_recognise_amd64(const struct elf_identity *id)
{
    return id->machine == ELF_MACHINE_AMD64 && id->bits == 64 && is_linux(id);
}

bool linux_recognise_i386(const struct elf_identity *id)
{
    return id->machine == ELF_MACHINE_I386 && id->bits == 32 && is_linux(id);
}

bool linux_recognise_x32(const struct elf_identity *id)
{
    return id->machine == ELF_MACHINE_AMD64 && id->bits == 32 && is_linux(id);
}
