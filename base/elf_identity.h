/*
 * What tells one system's ELF programs from another's.
 *
 * The loader fills this from a file's header, interpreter and notes; each
 * personality's recognise() reads it.  Both halves include it, so it holds
 * plain facts and nothing that points anywhere.
 */
#ifndef BASE_ELF_IDENTITY_H
#define BASE_ELF_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ELF_VENDOR_MAX = 16,   /* longest note vendor kept, NUL included */
    ELF_INTERP_MAX = 1024, /* FreeBSD's MAXPATHLEN; NUL included */
};

struct elf_identity {
    uint8_t bits;                /* 32 or 64 (EI_CLASS) */
    uint8_t osabi;               /* EI_OSABI */
    uint16_t machine;            /* e_machine */
    uint16_t type;               /* e_type: ET_EXEC 2, ET_DYN 3 */
    bool old_freebsd_brand;      /* the string "FreeBSD" at e_ident[8]: 3.x releases */
    bool is_go;                  /* has the Go linker's build-id note */
    char vendor[ELF_VENDOR_MAX]; /* vendor of the ABI note; empty: no such note */
    uint32_t note_os;            /* GNU note only: its system word (0 Linux, 3 kFreeBSD) */
    uint32_t osrel;              /* release in the vendor's own numbering, 0: none given */
    uint32_t feature_control;    /* FreeBSD's NT_FREEBSD_FEATURE_CTL word, 0: none */
    char interp[ELF_INTERP_MAX]; /* PT_INTERP; empty: a static program */
};

/* Values of e_ident[EI_OSABI] and e_machine that recognition asks for. */
enum {
    ELF_OSABI_NONE = 0,
    ELF_OSABI_NETBSD = 2,
    ELF_OSABI_LINUX = 3,
    ELF_OSABI_SOLARIS = 6,
    ELF_OSABI_FREEBSD = 9,
    ELF_OSABI_OPENBSD = 12,
};
enum { ELF_MACHINE_I386 = 3, ELF_MACHINE_AMD64 = 62 };
enum { ELF_TYPE_EXEC = 2, ELF_TYPE_DYN = 3 };

/* Whose kernel's rules hold for a program's file, and for where it stands in memory. */
enum elf_kernel {
    ELF_KERNEL_FREEBSD = 0, /* sys/kern/imgact_elf.c */
    ELF_KERNEL_LINUX,       /* fs/binfmt_elf.c */
};

struct elf_rules {
    uint8_t kernel;     /* enum elf_kernel */
    uint64_t space_end; /* one past the highest address that such a program may have; a page's */
};

#endif
