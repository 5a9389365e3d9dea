#include <stdint.h>

#include "base/elf_identity.h"
#include "base/mem.h"
#include "syscalls/freebsd/start/program.h"

bool freebsd_recognise(const struct elf_identity *id)
{
    enum { GNU_KFREEBSD = 3 };

    if (id->machine != ELF_MACHINE_AMD64 || id->bits != 64)
        return false;
    if (id->type != ELF_TYPE_EXEC && id->type != ELF_TYPE_DYN)
        return false;

    /* The note decides; one of another system too, which FreeBSD's kernel would not even read. */
    if (hot_strcmp(id->vendor, "FreeBSD") == 0)
        return true;
    if (hot_strcmp(id->vendor, "GNU") == 0)
        return id->note_os == GNU_KFREEBSD;
    if (id->vendor[0] != '\0')
        return false;

    if (id->osabi == ELF_OSABI_FREEBSD || id->old_freebsd_brand)
        return true;
    if (id->osabi != ELF_OSABI_NONE)
        return false;
    return hot_strcmp(id->interp, "/libexec/ld-elf.so.1") == 0 ||
           hot_strcmp(id->interp, "/usr/libexec/ld-elf.so.1") == 0;
}
