/* See libraries.h. Sources: ld.so(8), elf(5), glibc's sysdeps/generic/dl-cache.h. */
#include "loader/libraries.h"
#include "loader/sysroots.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DYNAMIC_MAX = 64 * 1024,
    NEEDED_MAX = 256,
    PLACES = 8,
};

/* Where libraries of a machine lie: in distributions that keep several machines' side by side, and in the others. */
static const char *const *places_of(const struct elf_identity *id)
{
    static const char *const i386[PLACES] = {
        "/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib", "/usr/local/lib"};
    static const char *const x32[PLACES] = {"/lib/x86_64-linux-gnux32",
                                            "/usr/lib/x86_64-linux-gnux32",
                                            "/libx32",
                                            "/usr/libx32",
                                            "/lib",
                                            "/usr/lib",
                                            "/usr/local/lib"};
    static const char *const amd64[PLACES] = {
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
        "/usr/local/lib"};

    return id->machine == ELF_MACHINE_I386 ? i386 : id->bits == 32 ? x32 : amd64;
}

/* What the dynamic section says; the strings' place in the file. */
struct dynamic {
    uint64_t strings, size;
    uint64_t needed[NEEDED_MAX];
    unsigned count;
    bool has_path;
};

static uint64_t file_offset(const struct elf_file *elf, uint64_t va)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        const struct elf_segment *s = &elf->segments[i];

        if (va >= s->vaddr && va - s->vaddr < s->filesz)
            return s->offset + (va - s->vaddr);
    }
    return 0;
}

static void take(const struct elf_file *elf, uint64_t tag, uint64_t value, struct dynamic *out)
{
    if (tag == DT_STRTAB)
        out->strings = file_offset(elf, value);
    else if (tag == DT_STRSZ)
        out->size = value;
    else if (tag == DT_RPATH || tag == DT_RUNPATH)
        out->has_path = true;
    else if (tag == DT_NEEDED && out->count < NEEDED_MAX)
        out->needed[out->count++] = value;
}

static bool read_dynamic(int fd, const struct elf_file *elf, struct dynamic *out)
{
    size_t entry = elf->id.bits == 32 ? sizeof(Elf32_Dyn) : sizeof(Elf64_Dyn);
    size_t size = elf->dynamic_size < DYNAMIC_MAX ? (size_t)elf->dynamic_size : DYNAMIC_MAX;
    unsigned char *bytes = malloc(size + 1);
    ssize_t n = bytes != NULL ? pread(fd, bytes, size, (off_t)elf->dynamic_offset) : -1;

    memset(out, 0, sizeof(*out));
    for (size_t at = 0; n > 0 && at + entry <= (size_t)n; at += entry) {
        Elf32_Dyn narrow;
        Elf64_Dyn wide;

        memcpy(&narrow, bytes + at, sizeof(narrow));
        memcpy(&wide, bytes + at, entry);
        if (entry == sizeof(narrow))
            wide = (Elf64_Dyn){.d_tag = narrow.d_tag, .d_un = {narrow.d_un.d_val}};
        if (wide.d_tag == DT_NULL)
            break;
        take(elf, (uint64_t)wide.d_tag, wide.d_un.d_val, out);
    }
    free(bytes);
    return out->strings != 0 && out->count > 0;
}

/* The names that ldconfig has collected, as glibc has kept them since 2.2. */
struct cache {
    char *bytes; /* NULL: there is none */
    size_t size;
    size_t at; /* where the head is: behind the older form, or at the beginning */
};

struct cache_head {
    char magic[20];
    uint32_t count, strings, unused[5];
};

struct cache_entry {
    int32_t flags;
    uint32_t key, value, version;
    uint64_t capabilities;
};

static const char cache_magic[] = "glibc-ld.so.cache1.1";

static void cache_open(struct cache *cache)
{
    int fd = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
    struct stat st;

    *cache = (struct cache){NULL, 0, 0};
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(struct cache_head)) {
        void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (map != MAP_FAILED)
            *cache = (struct cache){.bytes = map, .size = (size_t)st.st_size};
    }
    if (cache->bytes != NULL) {
        char *head = memmem(cache->bytes, cache->size, cache_magic, sizeof(cache_magic) - 1);

        cache->at = head != NULL ? (size_t)(head - cache->bytes) : cache->size;
    }
    if (fd >= 0)
        close(fd);
}

static void cache_close(struct cache *cache)
{
    if (cache->bytes != NULL)
        munmap(cache->bytes, cache->size);
}

/* What an entry's flags say of the machine (FLAG_X8664_LIB64, FLAG_X8664_LIBX32; i386's have none). */
static int32_t cache_machine(const struct elf_identity *id)
{
    return id->machine == ELF_MACHINE_I386 ? 0 : id->bits == 32 ? 0x0800 : 0x0300;
}

static bool cache_has(const struct cache *cache, const struct elf_identity *id, const char *name)
{
    struct cache_head head;
    size_t length = strlen(name) + 1;

    if (cache->bytes == NULL || cache->size - cache->at < sizeof(head))
        return false;
    memcpy(&head, cache->bytes + cache->at, sizeof(head));
    for (uint64_t i = 0; i < head.count; i++) {
        struct cache_entry e;
        uint64_t at = cache->at + sizeof(head) + i * sizeof(e);

        if (at + sizeof(e) > cache->size)
            return false;
        memcpy(&e, cache->bytes + at, sizeof(e));
        at = cache->at + e.key; /* keys count from the head */
        if ((e.flags & 0xff00) == cache_machine(id) && at + length <= cache->size &&
            memcmp(cache->bytes + at, name, length) == 0)
            return true;
    }
    return false;
}

/* Whether a file is of the program's machine and word. */
static bool serves(int fd, const char *path, const struct elf_identity *id)
{
    struct elf_identity its;
    struct loader_error err;

    return elf_identify(fd, path, &its, &err) == 0 && its.machine == id->machine && its.bits == id->bits;
}

bool library_below(const char *root, const struct elf_identity *id, const char *name)
{
    const char *const *places = places_of(id);
    bool found = false;

    for (unsigned i = 0; i < PLACES && places[i] != NULL && !found; i++) {
        char path[LOADER_PATH_MAX];

        snprintf(path, sizeof(path), "%s/%s", places[i], name);
        int fd = sysroot_open_below(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) {
            found = serves(fd, path, id);
            close(fd);
        }
    }
    return found;
}

static bool first_missing(int fd, const struct elf_identity *id, const struct dynamic *dynamic, char *name)
{
    struct cache cache;
    bool missing = false;

    cache_open(&cache);
    for (unsigned i = 0; i < dynamic->count && !missing; i++) {
        ssize_t n = dynamic->needed[i] < dynamic->size
                        ? pread(fd, name, LIBRARY_NAME_MAX - 1, (off_t)(dynamic->strings + dynamic->needed[i]))
                        : 0;

        if (n <= 0)
            continue;
        name[n] = '\0';
        missing = strchr(name, '/') == NULL && strlen(name) < (size_t)n && !cache_has(&cache, id, name) &&
                  !library_below("/", id, name);
    }
    cache_close(&cache);
    return missing;
}

bool library_missing(const struct program *program, char *name)
{
    const struct elf_file *elf = &program->elf;
    struct dynamic *dynamic = malloc(sizeof(*dynamic));
    int fd = open(program->host_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool missing = dynamic != NULL && fd >= 0 && strstr(elf->id.interp, "/ld-linux") != NULL &&
                   read_dynamic(fd, elf, dynamic) && !dynamic->has_path && first_missing(fd, &elf->id, dynamic, name);

    if (fd >= 0)
        close(fd);
    free(dynamic);
    return missing;
}
