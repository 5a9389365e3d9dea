/*
 * The libraries of a program, found as its system's dynamic linker finds them. FreeBSD's (libexec/rtld-elf/rtld.c,
 * find_library):
 * DT_RPATH where there is no DT_RUNPATH, DT_RUNPATH, the directories of /var/run/ld-elf.so.hints, the
 * standard path. Linux's (ld.so(8)): likewise, with the directories that /etc/ld.so.conf names in place of the cache that
 * ldconfig makes of them, and libraries of another machine or word size are passed by. LD_LIBRARY_PATH is left out: the
 * answer is about the files, not about one environment.
 */
#include "cli/check.h"
#include "vfs/sysroot.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char standard_path[] = "/lib/casper:/lib:/usr/lib"; /* rtld.h's STANDARD_LIBRARY_PATH, since 11 */

/* Linux's, of the distributions that keep several machines' libraries side by side and of the others. */
static const char *linux_path_of(const struct elf_identity *id)
{
    if (id->machine == ELF_MACHINE_I386)
        return "/lib/i386-linux-gnu:/usr/lib/i386-linux-gnu:/lib32:/usr/lib32:/lib:/usr/lib:/usr/local/lib";
    if (id->bits == 32)
        return "/lib/x86_64-linux-gnux32:/usr/lib/x86_64-linux-gnux32:/libx32:/usr/libx32:/lib:/usr/lib";
    return "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib";
}

/* What one file's dynamic section says about libraries. Strings point into the file. */
struct dynamic {
    const char *rpath;
    const char *runpath;
    const char *needed[CHECK_LIBRARIES_MAX];
    size_t count;
};

struct search {
    const char *sysroot;
    const struct elf_identity *program;
    bool is_linux;
    const char *standard;
    char hints[LOADER_PATH_MAX]; /* directories that the system's administrator has named, ':' between */
    struct check_libraries *out;
};

static void include_conf(struct search *search, const char *pattern);

static bool next_entry(const struct check_file *file, uint64_t index, Elf64_Dyn *out)
{
    if (file->elf.id.bits == 32) {
        Elf32_Dyn narrow;

        if ((index + 1) * sizeof(narrow) > file->elf.dynamic_size)
            return false;
        memcpy(&narrow, file->bytes + file->elf.dynamic_offset + index * sizeof(narrow), sizeof(narrow));
        out->d_tag = narrow.d_tag;
        out->d_un.d_val = narrow.d_un.d_val;
        return out->d_tag != DT_NULL;
    }
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

/* Adds the directories of a file like /etc/ld.so.conf, and of those that it includes, as ldconfig(8) reads them. */
static void read_conf(struct search *search, const char *name, int depth)
{
    char path[LOADER_PATH_MAX], line[1024];
    int fd = sysroot_open((void *)(uintptr_t)search->sysroot, name, O_RDONLY | O_CLOEXEC, path, sizeof(path));
    FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        size_t used = strlen(search->hints);

        line[strcspn(line, "#\n")] = '\0';
        if (strncmp(line, "include", 7) == 0 && depth == 0)
            include_conf(search, line + 7 + strspn(line + 7, " \t"));
        else if (line[0] == '/')
            snprintf(search->hints + used, sizeof(search->hints) - used, ":%s", line);
    }
    if (file != NULL)
        fclose(file);
    else if (fd >= 0)
        close(fd);
}

/* An include of a directory and a pattern of names in it; a relative one begins in /etc. */
static void include_conf(struct search *search, const char *pattern)
{
    char directory[LOADER_PATH_MAX], host[LOADER_PATH_MAX], name[LOADER_PATH_MAX];
    const char *slash = strrchr(pattern, '/');
    struct dirent **names = NULL;
    int fd, count;

    snprintf(directory, sizeof(directory), "%s%.*s", pattern[0] == '/' ? "" : "/etc/",
             slash != NULL ? (int)(slash - pattern) : 0, pattern);
    fd = sysroot_open((void *)(uintptr_t)search->sysroot, directory, O_PATH | O_CLOEXEC, host, sizeof(host));
    if (fd < 0)
        return;
    close(fd);
    count = scandir(host, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (fnmatch(slash != NULL ? slash + 1 : pattern, names[i]->d_name, 0) == 0 &&
            snprintf(name, sizeof(name), "%s/%s", directory, names[i]->d_name) < (int)sizeof(name))
            read_conf(search, name, 1);
        free(names[i]);
    }
    free(names);
}

/* ld.so passes by what is of another machine or word size. */
static bool serves(const struct search *search, int fd, const char *path)
{
    struct elf_identity id;
    struct loader_error err;

    return elf_identify(fd, path, &id, &err) == 0 && id.machine == search->program->machine &&
           id.bits == search->program->bits;
}

/* Whether the program would find a file by this name; its name on the host. */
static bool is_there(const struct search *search, const char *path, char *out, size_t room)
{
    int fd = sysroot_open((void *)(uintptr_t)search->sysroot, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, out, room);
    bool is;

    if (fd < 0)
        return false;
    is = !search->is_linux || serves(search, fd, path);
    close(fd);
    return is;
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
           find_in_path(search, search->standard, name, needing, out, room);
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
    struct search search = {.sysroot = sysroot, .out = out, .program = &program->elf.id, .standard = standard_path};

    out->count = 0;
    out->missing = 0;
    search.is_linux = elf_system(search.program) <= ELF_SYSTEM_LINUX;
    if (search.is_linux) {
        search.standard = linux_path_of(search.program);
        read_conf(&search, "/etc/ld.so.conf", 0);
    } else {
        read_hints(&search);
    }
    add_needed(&search, program);
    /* the list grows while it is walked: rtld's order */
    for (size_t i = 0; i < out->count; i++) {
        follow_library(&search, program, &out->list[i]);
        if (out->list[i].path[0] == '\0' || out->list[i].problem[0] != '\0')
            out->missing++;
    }
}
