#include "tests/unit/elf_maker.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void elf_maker_start(struct elf_maker *m, unsigned type, unsigned char osabi, size_t size)
{
    Elf64_Ehdr *e = elf_maker_header(m);

    assert(size <= sizeof(m->bytes));
    m->size = size;
    for (size_t i = 0; i < size; i++)
        m->bytes[i] = (unsigned char)(i % 251);
    memset(m->bytes, 0, size < 4096 ? size : 4096);
    memcpy(e->e_ident, ELFMAG, SELFMAG);
    e->e_ident[EI_CLASS] = ELFCLASS64;
    e->e_ident[EI_DATA] = ELFDATA2LSB;
    e->e_ident[EI_VERSION] = EV_CURRENT;
    e->e_ident[EI_OSABI] = osabi;
    e->e_type = (Elf64_Half)type;
    e->e_machine = EM_X86_64;
    e->e_version = EV_CURRENT;
    e->e_ehsize = sizeof(Elf64_Ehdr);
    e->e_phentsize = sizeof(Elf64_Phdr);
    e->e_phoff = sizeof(Elf64_Ehdr);
}

Elf64_Ehdr *elf_maker_header(struct elf_maker *m)
{
    return (Elf64_Ehdr *)m->bytes;
}

Elf64_Phdr *elf_maker_add(struct elf_maker *m, unsigned type, unsigned flags, Elf64_Off offset, Elf64_Addr vaddr,
                          Elf64_Xword filesz, Elf64_Xword memsz)
{
    Elf64_Ehdr *e = elf_maker_header(m);
    Elf64_Phdr *p = (Elf64_Phdr *)(m->bytes + e->e_phoff) + e->e_phnum;

    e->e_phnum++;
    *p = (Elf64_Phdr){.p_type = type,
                      .p_flags = flags,
                      .p_offset = offset,
                      .p_vaddr = vaddr,
                      .p_paddr = vaddr,
                      .p_filesz = filesz,
                      .p_memsz = memsz,
                      .p_align = 4096};
    return p;
}

size_t elf_maker_note(struct elf_maker *m, size_t offset, const char *name, unsigned type, const void *desc,
                      unsigned desc_bytes)
{
    Elf64_Nhdr header = {.n_namesz = (Elf64_Word)strlen(name) + 1, .n_descsz = desc_bytes, .n_type = type};
    size_t name_room = (header.n_namesz + 3U) & ~3U;
    size_t size = sizeof(header) + name_room + ((desc_bytes + 3U) & ~3U);

    assert(offset + size <= m->size);
    memset(m->bytes + offset, 0, size);
    memcpy(m->bytes + offset, &header, sizeof(header));
    memcpy(m->bytes + offset + sizeof(header), name, header.n_namesz);
    memcpy(m->bytes + offset + sizeof(header) + name_room, desc, desc_bytes);
    elf_maker_add(m, PT_NOTE, PF_R, offset, offset, size, size);
    return size;
}

void elf_maker_interp(struct elf_maker *m, size_t offset, const char *path)
{
    size_t size = strlen(path) + 1;

    assert(offset + size <= m->size);
    memcpy(m->bytes + offset, path, size);
    elf_maker_add(m, PT_INTERP, PF_R, offset, offset, size, size);
}

void elf_maker_two_segments(struct elf_maker *m, Elf64_Addr base)
{
    elf_maker_header(m)->e_entry = base + 0x400;
    elf_maker_add(m, PT_LOAD, PF_R | PF_X, 0, base, 0x1800, 0x1800);
    elf_maker_add(m, PT_LOAD, PF_R | PF_W, 0x1800, base + 0x2800, 0x900, 0x3000);
}

void elf_maker_narrow(struct elf_maker *m, unsigned machine)
{
    Elf64_Ehdr wide = *elf_maker_header(m);
    Elf32_Ehdr e = {.e_type = wide.e_type,
                    .e_machine = (Elf32_Half)machine,
                    .e_version = wide.e_version,
                    .e_entry = (Elf32_Addr)wide.e_entry,
                    .e_phoff = sizeof(Elf32_Ehdr),
                    .e_ehsize = sizeof(Elf32_Ehdr),
                    .e_phentsize = sizeof(Elf32_Phdr),
                    .e_phnum = wide.e_phnum};

    memcpy(e.e_ident, wide.e_ident, sizeof(e.e_ident));
    e.e_ident[EI_CLASS] = ELFCLASS32;
    memcpy(m->bytes, &e, sizeof(e));
    for (unsigned i = 0; i < wide.e_phnum; i++) {
        Elf64_Phdr w;
        memcpy(&w, m->bytes + wide.e_phoff + i * sizeof(w), sizeof(w));
        Elf32_Phdr p = {.p_type = w.p_type,
                        .p_offset = (Elf32_Off)w.p_offset,
                        .p_vaddr = (Elf32_Addr)w.p_vaddr,
                        .p_paddr = (Elf32_Addr)w.p_paddr,
                        .p_filesz = (Elf32_Word)w.p_filesz,
                        .p_memsz = (Elf32_Word)w.p_memsz,
                        .p_flags = w.p_flags,
                        .p_align = (Elf32_Word)w.p_align};
        memcpy(m->bytes + sizeof(e) + i * sizeof(p), &p, sizeof(p)); /* always before the next that is read */
    }
}

int elf_maker_fd(const struct elf_maker *m)
{
    int fd = memfd_create("elf", MFD_CLOEXEC);

    assert(fd >= 0);
    assert(write(fd, m->bytes, m->size) == (ssize_t)m->size);
    return fd;
}

void elf_maker_write(const struct elf_maker *m, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    assert(fd >= 0);
    assert(write(fd, m->bytes, m->size) == (ssize_t)m->size);
    close(fd);
}
