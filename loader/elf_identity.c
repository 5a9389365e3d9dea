/*
 * What an ELF file says of the system it is for: header, interpreter, notes.
 *
 * A note is a header of three words, then name and description, each padded to
 * four bytes whatever p_align says: FreeBSD's kernel reads them so
 * (sys/kern/imgact_elf.c, parse_notes).
 */
#include "loader/elf_headers.h"
#include "loader/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTES_MAX = 64 * 1024,    /* bytes of one PT_NOTE; real ones have a few hundred */
    NOTE_ABI = 1,             /* NT_FREEBSD_ABI_TAG, NT_GNU_ABI_TAG, and the same of the other BSDs */
    NOTE_FEATURE_CONTROL = 4, /* NT_FREEBSD_FEATURE_CTL */
    NOTE_GO_BUILD_ID = 4,
    GNU_ABI_BYTES = 16,
    OLD_BRAND_AT = 8, /* in e_ident: where FreeBSD 3.x put its name */
};

struct note {
    uint32_t type;
    const char *name;
    uint32_t name_bytes;
    const unsigned char *desc;
    uint32_t desc_bytes;
};

static uint32_t word_at(const unsigned char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static bool named(const struct note *note, const char *name)
{
    size_t bytes = strlen(name) + 1;

    return note->name_bytes == bytes && memcmp(note->name, name, bytes) == 0;
}

/* "GNU" ABI note: system, then three words of the earliest kernel that will do.
 * The numbering of kFreeBSD's is what FreeBSD's kernel makes of it. */
static void take_gnu_abi(const struct note *note, struct elf_identity *id)
{
    enum { GNU_KFREEBSD = 3 };

    if (note->desc_bytes < GNU_ABI_BYTES || id->vendor[0] != '\0')
        return;
    memcpy(id->vendor, "GNU", sizeof("GNU"));
    id->note_os = word_at(note->desc);
    if (id->note_os == GNU_KFREEBSD)
        id->osrel = word_at(note->desc + 4) * 100000u + word_at(note->desc + 8) * 1000u + word_at(note->desc + 12);
}

/* The first ABI note decides, except that a BSD's beats a GNU one. */
static void take_bsd_abi(const struct note *note, struct elf_identity *id)
{
    bool undecided = id->vendor[0] == '\0' || strcmp(id->vendor, "GNU") == 0;

    if (note->desc_bytes < 4 || !undecided)
        return;
    memset(id->vendor, 0, sizeof(id->vendor));
    memcpy(id->vendor, note->name, note->name_bytes);
    id->osrel = word_at(note->desc);
}

static void take_note(const struct note *note, struct elf_identity *id)
{
    static const char *const bsds[] = {"FreeBSD", "NetBSD", "OpenBSD", "DragonFly"};

    if (note->type == NOTE_ABI) {
        if (named(note, "GNU"))
            take_gnu_abi(note, id);
        for (unsigned i = 0; i < sizeof(bsds) / sizeof(bsds[0]); i++)
            if (named(note, bsds[i]))
                take_bsd_abi(note, id);
    } else if (note->type == NOTE_FEATURE_CONTROL && named(note, "FreeBSD") && note->desc_bytes >= 4) {
        id->feature_control = word_at(note->desc);
    }
    if (note->type == NOTE_GO_BUILD_ID && named(note, "Go"))
        id->is_go = true;
}

/* Takes the note at *at and moves on; false where it does not fit into `size`. */
static bool next_note(const unsigned char *notes, uint64_t size, uint64_t *at, struct note *note)
{
    const unsigned char *p = notes + *at;
    uint64_t name_bytes = word_at(p);
    uint64_t desc_bytes = word_at(p + 4);
    uint64_t desc_at = *at + sizeof(Elf32_Nhdr) + ((name_bytes + 3) & ~UINT64_C(3));

    if (desc_at > size || desc_bytes > size - desc_at)
        return false;
    note->type = word_at(p + 8);
    note->name = (const char *)p + sizeof(Elf32_Nhdr);
    note->name_bytes = (uint32_t)name_bytes;
    note->desc = notes + desc_at;
    note->desc_bytes = (uint32_t)desc_bytes;
    *at = desc_at + ((desc_bytes + 3) & ~UINT64_C(3));
    return true;
}

int elf_read_notes(const struct elf_headers *h, const Elf64_Phdr *phdr, struct elf_identity *id,
                   struct loader_error *err)
{
    uint64_t size = phdr->p_filesz;
    uint64_t at = 0;
    unsigned char *notes;
    int r;

    if (size == 0)
        return 0;
    if (size > NOTES_MAX)
        return loader_fail(err, ENOEXEC, "%s: a note segment of %llu bytes (at most %d are read)", h->path,
                           (unsigned long long)size, NOTES_MAX);
    if (phdr->p_offset > h->file_size || size > h->file_size - phdr->p_offset)
        return loader_fail(err, ENOEXEC, "%s: a note segment lies beyond the file's end (it is cut off: copy it again)",
                           h->path);
    notes = malloc(size);
    if (notes == NULL)
        return loader_fail(err, ENOMEM, "%s: no memory for its notes", h->path);
    r = elf_headers_read(h, "notes", notes, size, phdr->p_offset, err);
    while (r == 0 && at < size && size - at >= sizeof(Elf32_Nhdr)) {
        uint64_t start = at;
        struct note note;

        if (next_note(notes, size, &at, &note))
            take_note(&note, id);
        else
            r = loader_fail(err, ENOEXEC, "%s: the note at %#llx of a note segment is larger than the segment", h->path,
                            (unsigned long long)start);
    }
    free(notes);
    return r;
}

int elf_read_interp(const struct elf_headers *h, const Elf64_Phdr *phdr, struct elf_identity *id,
                    struct loader_error *err)
{
    int r;

    if (id->interp[0] != '\0')
        return loader_fail(err, ENOEXEC, "%s: names two interpreters", h->path);
    if (phdr->p_filesz < 2 || phdr->p_filesz > sizeof(id->interp))
        return loader_fail(err, ENOEXEC, "%s: an interpreter name of %llu bytes (2 to %zu are right)", h->path,
                           (unsigned long long)phdr->p_filesz, sizeof(id->interp));
    if (phdr->p_offset > h->file_size || phdr->p_filesz > h->file_size - phdr->p_offset)
        return loader_fail(err, ENOEXEC, "%s: the interpreter's name lies beyond the file's end", h->path);
    r = elf_headers_read(h, "interpreter's name", id->interp, phdr->p_filesz, phdr->p_offset, err);
    if (r == 0 && id->interp[phdr->p_filesz - 1] != '\0')
        r = loader_fail(err, ENOEXEC, "%s: the interpreter's name does not end in a NUL", h->path);
    if (r == 0 && id->interp[0] == '\0')
        r = loader_fail(err, ENOEXEC, "%s: the interpreter's name is empty", h->path);
    if (r != 0)
        memset(id->interp, 0, sizeof(id->interp));
    return r;
}

void elf_header_identity(const struct elf_headers *h, struct elf_identity *id)
{
    memset(id, 0, sizeof(*id));
    id->bits = h->is64 ? 64 : 32;
    id->osabi = h->page[EI_OSABI];
    id->machine = h->ehdr.e_machine;
    id->type = h->ehdr.e_type;
    id->old_freebsd_brand = memcmp(h->page + OLD_BRAND_AT, "FreeBSD", sizeof("FreeBSD") - 1) == 0;
}

int elf_read_identity(const struct elf_headers *h, unsigned kernel, struct elf_identity *id, struct loader_error *err)
{
    bool strict = kernel == ELF_KERNEL_FREEBSD;
    int r = 0;

    elf_header_identity(h, id);
    for (unsigned i = 0; r == 0 && i < h->ehdr.e_phnum; i++) {
        Elf64_Phdr phdr;

        elf_headers_segment(h, i, &phdr);
        if (phdr.p_type == PT_INTERP && (strict || id->interp[0] == '\0'))
            r = elf_read_interp(h, &phdr, id, err);
        else if (phdr.p_type == PT_NOTE)
            r = elf_read_notes(h, &phdr, id, err);
        if (r == -ENOEXEC && !strict && phdr.p_type == PT_NOTE)
            r = 0;
    }
    return r;
}

int elf_headers_identify(struct elf_headers *h, struct elf_identity *out, struct loader_error *err)
{
    /* Linux's rules, which are the laxer: whose the file is has yet to be found out. */
    int r = elf_headers_table(h, ELF_KERNEL_LINUX, err);

    if (r == 0)
        r = elf_read_identity(h, ELF_KERNEL_LINUX, out, err);
    /* A header without FreeBSD's mark: the faults are the host kernel's to judge. */
    if (r == -ENOEXEC && (h->page[EI_OSABI] == ELF_OSABI_NONE || h->page[EI_OSABI] == ELF_OSABI_LINUX)) {
        elf_header_identity(h, out);
        r = 0;
    }
    return r;
}

int elf_identify(int fd, const char *path, struct elf_identity *out, struct loader_error *err)
{
    struct elf_headers h;
    int r = elf_headers_open(fd, path, &h, err);

    if (r != 0)
        return r;
    r = elf_headers_identify(&h, out, err);
    elf_headers_close(&h);
    return r;
}
