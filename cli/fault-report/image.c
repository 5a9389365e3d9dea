#include "cli/fault-report/image.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGES_MAX  512u
#define SYMBOLS_MAX (8u << 20)
#define PAGE_MASK   0xfffULL

struct images {
    struct memory *memory;
    size_t count;
    struct {
        uint64_t inode;
        const char *name; /* of the mapping */
        uint64_t bias;
        struct image *image; /* NULL: not an ELF file, or not to be had */
    } entries[IMAGES_MAX];
};

struct images *images_new(struct memory *m)
{
    elf_version(EV_CURRENT);
    struct images *all = calloc(1, sizeof(*all));
    if (all) {
        all->memory = m;
    }
    return all;
}

/*
 * Opens the file behind a mapping: through the process's own root, for its mount namespace may be another, and
 * only if it still is the file that was mapped. Returns a descriptor or -1.
 */
static int open_mapped(const struct memory *m, const struct mapping *map)
{
    char path[4200];
    for (int direct = 0; direct < 2; direct++) {
        if (direct) {
            snprintf(path, sizeof(path), "%s", map->name);
        } else {
            snprintf(path, sizeof(path), "/proc/%d/root%s", memory_pid(m), map->name);
        }
        /* O_NONBLOCK: what now has that name may be a FIFO. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (fd < 0) {
            continue;
        }
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == map->inode) {
            return fd;
        }
        close(fd);
    }
    return -1;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    if (x->address != y->address) {
        return x->address < y->address ? -1 : 1;
    }
    /* Of several names the sized one comes last and is the one found. */
    return x->size < y->size ? -1 : x->size > y->size;
}

static bool names_code_or_data(const GElf_Sym *sym, const char *name)
{
    int type = GELF_ST_TYPE(sym->st_info);
    if (sym->st_shndx == SHN_UNDEF || !name || !name[0]) {
        return false;
    }
    return type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE || type == STT_GNU_IFUNC;
}

static void add_symbols(struct image *image, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !header->sh_entsize) {
        return;
    }
    size_t count = data->d_size / header->sh_entsize;
    if (count > SYMBOLS_MAX - image->symbol_count) {
        count = SYMBOLS_MAX - image->symbol_count;
    }
    struct symbol *grown = realloc(image->symbols, (image->symbol_count + count + 1) * sizeof(*grown));
    if (!grown) {
        return;
    }
    image->symbols = grown;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym sym;
        if (!gelf_getsym(data, (int)i, &sym)) {
            break;
        }
        const char *name = elf_strptr(elf, header->sh_link, sym.st_name);
        if (names_code_or_data(&sym, name)) {
            image->symbols[image->symbol_count++] = (struct symbol){sym.st_value + image->bias, sym.st_size, name};
        }
    }
}

/* Keeps a debugging section, uncompressed. */
static void keep(Elf_Scn *section, const GElf_Shdr *header, struct bytes *to)
{
    if (header->sh_flags & SHF_COMPRESSED) {
        (void)elf_compress(section, 0, 0);
    }
    Elf_Data *data = elf_rawdata(section, NULL);
    if (data && data->d_buf && header->sh_type == SHT_PROGBITS) {
        *to = (struct bytes){data->d_buf, data->d_size};
    }
}

static void read_sections(struct image *image, Elf *elf)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0) {
        return;
    }
    for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) != NULL;) {
        GElf_Shdr header;
        if (!gelf_getshdr(s, &header)) {
            continue;
        }
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) {
            add_symbols(image, elf, s, &header);
        } else if (name && strcmp(name, ".text") == 0) {
            image->text = header.sh_addr + image->bias;
        } else if (name && (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".data.rel.ro.gopclntab") == 0)) {
            image->gopclntab = header.sh_addr + image->bias;
            image->gopclntab_size = header.sh_size;
        } else if (name && strcmp(name, ".debug_line") == 0) {
            keep(s, &header, &image->lines.line);
        } else if (name && strcmp(name, ".debug_line_str") == 0) {
            keep(s, &header, &image->lines.line_strings);
        } else if (name && strcmp(name, ".debug_str") == 0) {
            keep(s, &header, &image->lines.strings);
        }
    }
    if (image->symbol_count) {
        qsort(image->symbols, image->symbol_count, sizeof(*image->symbols), by_address);
    }
}

/* Takes the span and the unwind table from the program headers. Returns whether one of them covers `map`. */
static bool read_segments(struct image *image, Elf *elf, const struct mapping *map)
{
    size_t count = 0;
    bool found = false;
    if (elf_getphdrnum(elf, &count) != 0 || count > 4096) {
        return false;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            GElf_Phdr p;
            if (!gelf_getphdr(elf, (int)i, &p)) {
                continue;
            }
            uint64_t first = p.p_offset & ~PAGE_MASK;
            if (pass == 0 && p.p_type == PT_LOAD && map->offset >= first && map->offset < p.p_offset + p.p_filesz &&
                !found) {
                /* A page of the file that two segments share is mapped twice: the right one permits what this does. */
                if (map->executable == !!(p.p_flags & PF_X)) {
                    image->bias = map->start - (map->offset + p.p_vaddr - p.p_offset);
                    found = true;
                }
            } else if (pass == 1 && p.p_type == PT_LOAD) {
                uint64_t low = image->bias + p.p_vaddr, high = low + p.p_memsz;
                image->low = low < image->low ? low : image->low;
                image->high = high > image->high ? high : image->high;
            } else if (pass == 1 && p.p_type == PT_GNU_EH_FRAME) {
                image->eh_frame_hdr = image->bias + p.p_vaddr;
                image->eh_frame_hdr_size = p.p_memsz;
            }
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/*
 * Go's table in a file whose section headers were removed: its header (src/debug/gosym, "go12line" and later
 * magics) at an aligned place of a readable mapping of the file.
 */
static void search_gopclntab(struct image *image, struct memory *m, const char *name)
{
    size_t count;
    const struct mapping *maps = memory_mappings(m, &count);
    for (size_t i = 0; i < count; i++) {
        if (!maps[i].readable || maps[i].executable || strcmp(maps[i].name, name) != 0) {
            continue;
        }
        for (uint64_t at = maps[i].start; at < maps[i].end; at += 32) {
            uint32_t head[2];
            if (memory_read(m, at, head, sizeof(head)) && head[0] >= 0xfffffff0U && head[0] <= 0xfffffffbU &&
                head[1] == 0x08010000U) {
                image->gopclntab = at;
                image->gopclntab_size = maps[i].end - at;
                return;
            }
        }
    }
}

static struct image *open_image(struct images *all, const struct mapping *map)
{
    int fd = open_mapped(all->memory, map);
    if (fd < 0) {
        return NULL;
    }
    /* The symbols' names stay in libelf's mapping: `elf` lives as long as the tool, which is not long. */
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    struct image *image = calloc(1, sizeof(*image));
    if (!elf || elf_kind(elf) != ELF_K_ELF || !image) {
        free(image);
        elf_end(elf);
        close(fd);
        return NULL;
    }
    image->path = map->name;
    image->low = UINT64_MAX;
    if (!read_segments(image, elf, map)) {
        free(image);
        elf_end(elf);
        close(fd);
        return NULL;
    }
    read_sections(image, elf);
    if (!image->gopclntab && !image->symbol_count) {
        search_gopclntab(image, all->memory, map->name);
    }
    return image;
}

const struct image *image_at(struct images *all, uint64_t address)
{
    const struct mapping *map = memory_mapping(all->memory, address);
    if (!map || !map->inode || map->name[0] != '/') {
        return NULL;
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct image *image = all->entries[i].image;
        bool covers = image ? address >= image->low && address < image->high : true;
        if (all->entries[i].inode == map->inode && strcmp(all->entries[i].name, map->name) == 0 && covers) {
            return image;
        }
    }
    if (all->count == IMAGES_MAX) {
        return NULL;
    }
    struct image *image = open_image(all, map);
    all->entries[all->count].inode = map->inode;
    all->entries[all->count].name = map->name;
    all->entries[all->count++].image = image;
    return image;
}

const struct symbol *image_symbol(const struct image *image, uint64_t address)
{
    size_t low = 0, high = image->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (image->symbols[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* A label without a size inside a sized function must not hide it. */
    for (size_t back = 0; back < 16 && low > back; back++) {
        const struct symbol *s = &image->symbols[low - 1 - back];
        if (address - s->address < s->size || (back == 0 && s->size == 0)) {
            if (s->size || low < 2) {
                return s;
            }
            const struct symbol *outer = s - 1;
            return address - outer->address < outer->size ? outer : s;
        }
    }
    return NULL;
}
