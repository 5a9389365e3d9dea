/*
 * `dragoman check`: what a file is, what it needs, what dragoman does not support of it. Each question has
 * its file (check_*.c), which reads the program through struct check_file and fills its part of the report.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"

/* A program in memory, and what examining it found. */
struct check_file {
    const char *path;
    const unsigned char *bytes;
    uint64_t size;
    struct elf_file elf;
};

/*
 * The bytes that the file has for [vaddr, vaddr + size) as linked, or NULL where a part of them comes from no
 * segment's file bytes.
 */
const unsigned char *check_bytes_at(const struct check_file *file, uint64_t vaddr, uint64_t size);

/*
 * Opens and examines a program or library; `file` is to be closed even after a failure. Returns 0 or -errno.
 */
int check_open(const char *path, struct check_file *file, struct loader_error *err);
void check_close(struct check_file *file);

/* What the Go linker left; version and module are empty where the program does not say. */
struct check_go {
    bool is_go;
    char version[64]; /* "go1.22.1" */
    char module[256]; /* the main package's path */
};

void check_go(const struct check_file *file, struct check_go *out);

/* A library of the list that ldd gives. */
struct check_library {
    char name[256];
    char path[LOADER_PATH_MAX]; /* the host's name; empty: not found */
    char problem[512];          /* found and of no use: why; empty: none */
};

enum { CHECK_LIBRARIES_MAX = 256 };

struct check_libraries {
    size_t count;
    size_t missing; /* not found, or of no use */
    struct check_library list[CHECK_LIBRARIES_MAX];
};

/*
 * Lists the libraries that a program needs, its libraries' too, in the order in which its system's dynamic linker loads
 * them, with the rules of rtld(1) or ld.so(8). @sysroot: "" for none.
 */
void check_libraries(const struct check_file *program, const char *sysroot, struct check_libraries *out);

/* System calls that the program's own code makes. */
enum { CHECK_CALLS_MAX = 1024 };

struct check_calls {
    bool used[CHECK_CALLS_MAX]; /* by number */
    size_t sites;               /* syscall instructions */
    size_t unknown;             /* places where the number is chosen at run time or not to be told */
};

/*
 * @is_go: follow the numbers that Go's wrappers (syscall.Syscall and its like) get from their callers.
 */
void check_calls(const struct check_file *file, bool is_go, struct check_calls *out);

#endif
