#include "cli/find_program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"

/* execvp's search where PATH is not set (confstr(_CS_PATH) in glibc). */
static const char default_search[] = "/bin:/usr/bin";

/* Whether `path` could be executed: 0, or the errno that execve would give (EISDIR apart, which it calls EACCES). */
static int runnable(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return errno;
    }
    if (S_ISDIR(st.st_mode)) {
        return EISDIR;
    }
    if (!S_ISREG(st.st_mode)) {
        return EACCES;
    }
    /* eaccess: execve goes by the effective identity. */
    return eaccess(path, X_OK) == 0 ? 0 : errno;
}

/* Writes [root]dir[/]name. Returns whether it fits. */
static bool join(char *out, size_t size, const char *root, const char *dir, size_t dir_length, const char *name)
{
    const char *slash = dir_length > 0 && dir[dir_length - 1] != '/' ? "/" : "";
    int n = snprintf(out, size, "%s%.*s%s%s", root, (int)dir_length, dir, slash, name);
    return n > 0 && (size_t)n < size;
}

/* Tries dir/name in the sysroot, then on the host. Returns 0 with `out` filled, or an errno. */
static int try_place(const char *dir, size_t dir_length, const char *name, const char *sysroot, char *out, size_t size)
{
    const char *whole = dir_length > 0 ? dir : name;
    if (sysroot != NULL && sysroot[0] != '\0' && whole[0] == '/' && join(out, size, sysroot, dir, dir_length, name) &&
        runnable(out) == 0) {
        return 0;
    }
    if (!join(out, size, "", dir, dir_length, name)) {
        return ENAMETOOLONG;
    }
    return runnable(out);
}

static int complain(const char *name, int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return fail(EXIT_NOT_FOUND, "%s: not found (check the path)", name);
    case EISDIR:
        return fail(EXIT_NOT_RUNNABLE, "%s: is a directory (name a program inside it)", name);
    case EACCES:
        return fail(EXIT_NOT_RUNNABLE, "%s: is not executable (chmod +x it, if it is a program)", name);
    default:
        return fail(EXIT_NOT_RUNNABLE, "%s: %s (check the path)", name, strerror(error));
    }
}

int find_program(const char *name, const char *search, const char *sysroot, char *out, size_t size)
{
    if (name[0] == '\0') {
        return fail(EXIT_NOT_FOUND, "'': not found (the program's name is empty)");
    }
    if (strchr(name, '/') != NULL) {
        int error = try_place("", 0, name, sysroot, out, size);
        return error == 0 ? 0 : complain(name, error);
    }
    bool denied = false;
    const char *at = search != NULL ? search : default_search;
    for (;;) {
        size_t length = strcspn(at, ":");
        int error = try_place(length > 0 ? at : ".", length > 0 ? length : 1, name, sysroot, out, size);
        if (error == 0) {
            return 0;
        }
        denied = denied || error == EACCES;
        if (at[length] == '\0') {
            break;
        }
        at += length + 1;
    }
    if (denied) {
        return fail(EXIT_NOT_RUNNABLE, "%s: found in PATH, but not executable (chmod +x it, if it is a program)", name);
    }
    struct stat st;
    if (stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
        return fail(EXIT_NOT_FOUND, "%s: not found in PATH (for the file in this directory: ./%s)", name, name);
    }
    return fail(EXIT_NOT_FOUND, "%s: not found in PATH (check the name, or give a path)", name);
}
