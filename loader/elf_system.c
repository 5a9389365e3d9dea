/*
 * Telling systems apart, for choosing and for messages.  The order of the
 * questions is that of FreeBSD's get_brandinfo() (sys/kern/imgact_elf.c): ABI
 * note, mark in the header, interpreter.
 */
#include "loader/loader.h"

#include <stdio.h>
#include <string.h>

static enum elf_system system_of_note(const struct elf_identity *id)
{
    static const struct {
        const char *vendor;
        enum elf_system system;
    } vendors[] = {
        {"FreeBSD", ELF_SYSTEM_FREEBSD},
        {"NetBSD", ELF_SYSTEM_NETBSD},
        {"OpenBSD", ELF_SYSTEM_OPENBSD},
        {"DragonFly", ELF_SYSTEM_DRAGONFLY},
    };
    /* The first word of the GNU ABI note, as glibc's abi-tag.h lists the systems. */
    static const enum elf_system gnu[] = {
        ELF_SYSTEM_LINUX, ELF_SYSTEM_OTHER, ELF_SYSTEM_SOLARIS, ELF_SYSTEM_KFREEBSD, ELF_SYSTEM_NETBSD,
    };

    for (unsigned i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++)
        if (strcmp(id->vendor, vendors[i].vendor) == 0)
            return vendors[i].system;
    if (strcmp(id->vendor, "GNU") == 0)
        return id->note_os < sizeof(gnu) / sizeof(gnu[0]) ? gnu[id->note_os] : ELF_SYSTEM_OTHER;
    return ELF_SYSTEM_UNMARKED;
}

static enum elf_system system_of_osabi(const struct elf_identity *id)
{
    switch (id->osabi) {
    case ELF_OSABI_NONE:
        return id->old_freebsd_brand ? ELF_SYSTEM_FREEBSD : ELF_SYSTEM_UNMARKED;
    case ELF_OSABI_LINUX:
        return ELF_SYSTEM_LINUX;
    case ELF_OSABI_FREEBSD:
        return ELF_SYSTEM_FREEBSD;
    case ELF_OSABI_NETBSD:
        return ELF_SYSTEM_NETBSD;
    case ELF_OSABI_OPENBSD:
        return ELF_SYSTEM_OPENBSD;
    case ELF_OSABI_SOLARIS:
        return ELF_SYSTEM_SOLARIS;
    default:
        return ELF_SYSTEM_OTHER;
    }
}

static enum elf_system system_of_interp(const struct elf_identity *id)
{
    static const struct {
        const char *path;
        enum elf_system system;
    } interps[] = {
        {"/libexec/ld-elf.so.1", ELF_SYSTEM_FREEBSD},
        {"/usr/libexec/ld-elf.so.1", ELF_SYSTEM_FREEBSD},
        {"/lib/ld-kfreebsd-x86-64.so.1", ELF_SYSTEM_KFREEBSD},
        {"/libexec/ld-elf.so.2", ELF_SYSTEM_DRAGONFLY},
        {"/usr/libexec/ld-elf.so.2", ELF_SYSTEM_DRAGONFLY},
        {"/usr/libexec/ld.elf_so", ELF_SYSTEM_NETBSD},
        {"/libexec/ld.elf_so", ELF_SYSTEM_NETBSD},
        {"/usr/libexec/ld.so", ELF_SYSTEM_OPENBSD},
        {"/lib/64/ld.so.1", ELF_SYSTEM_SOLARIS},
        {"/lib/amd64/ld.so.1", ELF_SYSTEM_SOLARIS},
        {"/usr/lib/amd64/ld.so.1", ELF_SYSTEM_SOLARIS},
        {"/lib64/ld-linux-x86-64.so.2", ELF_SYSTEM_LINUX},
        {"/lib/ld-linux.so.2", ELF_SYSTEM_LINUX},
        {"/libx32/ld-linux-x32.so.2", ELF_SYSTEM_LINUX},
    };

    for (unsigned i = 0; i < sizeof(interps) / sizeof(interps[0]); i++)
        if (strcmp(id->interp, interps[i].path) == 0)
            return interps[i].system;
    return ELF_SYSTEM_UNMARKED;
}

enum elf_system elf_system(const struct elf_identity *id)
{
    enum elf_system system = system_of_note(id);

    /* glibc marks programs with indirect functions as Linux's (OSABI 3), so a note goes first. */
    if (system == ELF_SYSTEM_UNMARKED)
        system = system_of_osabi(id);
    if (system == ELF_SYSTEM_UNMARKED)
        system = system_of_interp(id);
    return system;
}

static const char *machine_name(const struct elf_identity *id, char *other, size_t size)
{
    static const struct {
        uint16_t machine;
        const char *name;
    } machines[] = {
        {2, "sparc"},      {ELF_MACHINE_I386, "i386"},
        {8, "mips"},       {20, "powerpc"},
        {21, "powerpc64"}, {22, "s390x"},
        {40, "arm"},       {43, "sparc64"},
        {50, "ia64"},      {183, "aarch64"},
        {243, "riscv"},    {258, "loongarch"},
    };

    if (id->machine == ELF_MACHINE_AMD64)
        return id->bits == 64 ? "amd64" : "x32";
    for (unsigned i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
        if (id->machine == machines[i].machine)
            return machines[i].name;
    snprintf(other, size, "machine %u", id->machine);
    return other;
}

const char *elf_system_name(const struct elf_identity *id, char *text, uint64_t size)
{
    static const char *const names[] = {
        [ELF_SYSTEM_UNMARKED] = "Linux",        [ELF_SYSTEM_LINUX] = "Linux",     [ELF_SYSTEM_FREEBSD] = "FreeBSD",
        [ELF_SYSTEM_KFREEBSD] = "GNU/kFreeBSD", [ELF_SYSTEM_NETBSD] = "NetBSD",   [ELF_SYSTEM_OPENBSD] = "OpenBSD",
        [ELF_SYSTEM_DRAGONFLY] = "DragonFly",   [ELF_SYSTEM_SOLARIS] = "Solaris", [ELF_SYSTEM_OTHER] = "unknown system",
    };
    char other[32];

    snprintf(text, size, "%s/%s", names[elf_system(id)], machine_name(id, other, sizeof(other)));
    return text;
}
