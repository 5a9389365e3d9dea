/*
 * The libraries of a FreeBSD program, found as its rtld finds them (libexec/rtld-elf/rtld.c, find_library):
 * DT_RPATH where there is no DT_RUNPATH, DT_RUNPATH, the directories of /var/run/ld-elf.so.hints, the
 * standard path. LD_LIBRARY_PATH is left out: the answer is about the files, not about one environment.
 */
#include "cli/check.h"
#include "vfs/sysroot.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char standard_path[] = "/lib/casper:/lib:/usr/lib"; /* rtld.h's STANDARD_LIBRARY_PATH, since 11 */

/* What one file's dynamic section says about libraries. Strings point into the file. */
struct dynamic {
    const char *rpath;
    const char *runpath;
    const char *needed[CHECK_LIBRARIES_MAX];
    size_t count;
};

struct search {
    const char *sysroot;
    char hints[LOADER_PATH_MAX]; /* directories of the hints file, ':' between */
    struct check_libraries *out;
};

static bool next_entry(const struct check_file *file, uint64_t index, Elf64_Dyn *out)
{
    if ((index + 1) * sizeof(*out) > file->elf.dynamic_size)
        return false;
    memcpy(out, file->bytes + file->elf.dynamic_offset + index * sizeof(*out), sizeof(*out));
    return out->d_tag != DT_NULL;
}

static const char *string_at(const unsigned char *strings, uint64_t size, uint64_t offset)
{
    if (offset >= size || memchr(strings + offset, '\0', size - offset) == NULL)
        return NULL;
    return (const char *)strings + offset;
}

static void read_dynamic(const struct check_file *file, struct dynamic *out)
{
    uint64_t strings_va = 0;
    uint64_t size = 0;
    const unsigned char *strings;
    Elf64_Dyn d;

    memset(out, 0, sizeof(*out));
    for (uint64_t i = 0; next_entry(file, i, &d); i++) {
        if (d.d_tag == DT_STRTAB)
            strings_va = d.d_un.d_ptr;
        else if (d.d_tag == DT_STRSZ)
            size = d.d_un.d_val;
    }
    strings = check_bytes_at(file, strings_va, size);
    if (strings == NULL)
        return;
    for (uint64_t i = 0; next_entry(file, i, &d); i++) {
        const char *text = string_at(strings, size, d.d_un.d_val);

        if (text == NULL)
            continue;
        if (d.d_tag == DT_RPATH)
            out->rpath = text;
        else if (d.d_tag == DT_RUNPATH)
            out->runpath = text;
        else if (d.d_tag == DT_NEEDED && out->count < CHECK_LIBRARIES_MAX)
            out->needed[out->count++] = text;
    }
}

/* sys/sys/elf_common.h's struct elfhints_hdr: magic, version, string table, its size, directory list, its
 * length. */
static void read_hints(struct search *search)
{
    enum { HINTS_MAGIC = 0x746e6845, WORDS = 6 };
    char path[LOADER_PATH_MAX];
    uint32_t h[WORDS];
    int fd = sysroot_open((void *)(uintptr_t)search->sysroot, "/var/run/ld-elf.so.hints", O_RDONLY | O_CLOEXEC, path,
                          sizeof(path));

    search->hints[0] = '\0';
    if (fd < 0)
        return;
    if (pread(fd, h, sizeof(h), 0) == sizeof(h) && h[0] == HINTS_MAGIC && h[1] == 1 && h[5] < sizeof(search->hints)) {
        ssize_t n = pread(fd, search->hints, h[5], (off_t)h[2] + h[4]);

        search->hints[n > 0 ? n : 0] = '\0';
    }
    close(fd);
}

/* Whether the program would find a file by this name; its name on the host. */
static bool is_there(const struct search *search, const char *path, char *out, size_t room)
{
    int fd = sysroot_open((void *)(uintptr_t)search->sysroot, path, O_PATH | O_CLOEXEC, out, room);

    if (fd < 0)
        return false;
    close(fd);
    return access(out, R_OK) == 0;
}

/* One directory of a search path as the program names it; for $ORIGIN, the needing file's. */
static bool guest_directory(const struct search *search, const char *directory, size_t length, const char *needing,
                            char *out, size_t room)
{
    const char *inner = sysroot_strip(search->sysroot, needing);
    const char *slash = strrchr(inner != NULL ? inner : needing, '/');
    size_t skip = strncmp(directory, "$ORIGIN", 7) == 0 ? 7 : strncmp(directory, "${ORIGIN}", 9) == 0 ? 9 : 0;
    int n;

    if (skip > length)
        skip = 0;
    directory += skip;
    length -= skip;
    needing = inner != NULL ? inner : needing;
    if (skip == 0)
        n = snprintf(out, room, "%.*s", (int)length, directory);
    else if (slash != NULL)
        n = snprintf(out, room, "%.*s%.*s", (int)(slash - needing), needing, (int)length, directory);
    else
        n = snprintf(out, room, ".%.*s", (int)length, directory);
    return n >= 0 && (size_t)n < room;
}

/* Looks for `name` in the directories of a search path. */
static bool find_in_path(const struct search *search, const char *directories, const char *name, const char *needing,
                         char *out, size_t room)
{
    while (directories != NULL && *directories != '\0') {
        size_t length = strcspn(directories, ":;");
        char directory[LOADER_PATH_MAX];
        char path[LOADER_PATH_MAX];
        int n = -1;

        if (length != 0 && guest_directory(search, directories, length, needing, directory, sizeof(directory)))
            n = snprintf(path, sizeof(path), "%s/%s", directory, name);
        if (n >= 0 && (size_t)n < sizeof(path) && is_there(search, path, out, room))
            return true;
        directories += length;
        directories += *directories != '\0';
    }
    return false;
}

static bool find_library(const struct search *search, const struct dynamic *dynamic, const char *name,
                         const char *needing, char *out, size_t room)
{
    if (strchr(name, '/') != NULL)
        return is_there(search, name, out, room);
    return (dynamic->runpath == NULL && find_in_path(search, dynamic->rpath, name, needing, out, room)) ||
           find_in_path(search, dynamic->runpath, name, needing, out, room) ||
           find_in_path(search, search->hints, name, needing, out, room) ||
           find_in_path(search, standard_path, name, needing, out, room);
}

static bool is_listed(const struct check_libraries *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->list[i].name, name) == 0)
            return true;
    return false;
}

static void add_needed(struct search *search, const struct check_file *file)
{
    struct dynamic dynamic;

    read_dynamic(file, &dynamic);
    for (size_t i = 0; i < dynamic.count; i++) {
        struct check_libraries *out = search->out;
        struct check_library *library;

        if (out->count == CHECK_LIBRARIES_MAX || is_listed(out, dynamic.needed[i]))
            continue;
        library = &out->list[out->count++];
        memset(library, 0, sizeof(*library));
        snprintf(library->name, sizeof(library->name), "%s", dynamic.needed[i]);
        if (!find_library(search, &dynamic, dynamic.needed[i], file->path, library->path, sizeof(library->path)))
            library->path[0] = '\0';
    }
}

/* A library that was found: of the right kind? Then what does it need? */
static void follow_library(struct search *search, const struct check_file *program, struct check_library *library)
{
    struct check_file file;
    struct loader_error err;

    if (library->path[0] == '\0')
        return;
    if (check_open(library->path, &file, &err) != 0)
        snprintf(library->problem, sizeof(library->problem), "%s", err.text);
    else if (file.elf.id.machine != program->elf.id.machine || file.elf.id.bits != program->elf.id.bits)
        snprintf(library->problem, sizeof(library->problem), "for another machine");
    else
        add_needed(search, &file);
    check_close(&file);
}

void check_libraries(const struct check_file *program, const char *sysroot, struct check_libraries *out)
{
    struct search search = {.sysroot = sysroot, .out = out};

    out->count = 0;
    out->missing = 0;
    read_hints(&search);
    add_needed(&search, program);
    /* the list grows while it is walked: rtld's order */
    for (size_t i = 0; i < out->count; i++) {
        follow_library(&search, program, &out->list[i]);
        if (out->list[i].path[0] == '\0' || out->list[i].problem[0] != '\0')
            out->missing++;
    }
}
