#include "cli/find_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/settings.h"
#include "cli/commands.h"
#include "cli/message.h"
#include "loader/loader.h"

/* execvp's search where PATH is not set (confstr(_CS_PATH) in glibc). */
static const char default_search[] = "/bin:/usr/bin";

/*
 * Whether the guest path `path` could be executed: 0, or the errno that execve would give (EISDIR apart, which it calls
 * EACCES). Opened as the loader opens it, so that both mean the same file. *there: it was found.
 */
static int runnable(const char *path, const struct settings *settings, bool *there)
{
    char host_path[SETTINGS_PATH_MAX * 4];
    struct stat st;
    int fd = tree_open(settings, path, O_PATH | O_CLOEXEC, host_path, sizeof host_path);
    *there = fd >= 0;
    if (fd < 0) {
        return -fd;
    }
    int error = fstat(fd, &st) != 0 ? errno : 0;
    close(fd);
    if (error != 0) {
        return error;
    }
    if (S_ISDIR(st.st_mode)) {
        return EISDIR;
    }
    if (!S_ISREG(st.st_mode)) {
        return EACCES;
    }
    /* execve goes by the effective identity. Not eaccess(), which asks for all four ids first. */
    return faccessat(AT_FDCWD, host_path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Tries dir/name. Returns 0 with `out` filled, or an errno; *there: of something that is there. */
static int try_place(const char *dir, size_t dir_length, const char *name, const struct settings *settings, char *out,
                     size_t size, bool *there)
{
    const char *slash = dir_length > 0 && dir[dir_length - 1] != '/' ? "/" : "";
    int n = snprintf(out, size, "%.*s%s%s", (int)dir_length, dir, slash, name);
    *there = false;
    if (n <= 0 || (size_t)n >= size) {
        return ENAMETOOLONG;
    }
    return runnable(out, settings, there);
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

int find_program(const char *name, const char *search, const struct settings *settings, char *out, size_t size)
{
    if (name[0] == '\0') {
        return fail(EXIT_NOT_FOUND, "'': not found (the program's name is empty)");
    }
    bool there;
    if (strchr(name, '/') != NULL) {
        int error = try_place("", 0, name, settings, out, size, &there);
        return error == 0 ? 0
               : error == EACCES && !there
                   ? fail(EXIT_NOT_RUNNABLE, "%s: permission denied (a directory on the way cannot be searched)", name)
                   : complain(name, error);
    }
    bool denied = false;
    const char *closed = NULL; /* the first directory that cannot be searched */
    int closed_length = 0;
    const char *at = search != NULL ? search : default_search;
    for (;;) {
        size_t length = strcspn(at, ":");
        int error = try_place(length > 0 ? at : ".", length > 0 ? length : 1, name, settings, out, size, &there);
        if (error == 0) {
            return 0;
        }
        denied = denied || (error == EACCES && there);
        if (error == EACCES && !there && closed == NULL) {
            closed = length > 0 ? at : ".";
            closed_length = length > 0 ? (int)length : 1;
        }
        if (at[length] == '\0') {
            break;
        }
        at += length + 1;
    }
    if (denied) {
        return fail(EXIT_NOT_RUNNABLE, "%s: found in PATH, but not executable (chmod +x it, if it is a program)", name);
    }
    if (closed != NULL) {
        return fail(EXIT_NOT_FOUND,
                    "%s: not found in PATH, where %.*s cannot be searched: permission denied (check the name, or take "
                    "the directory out of PATH)",
                    name, closed_length, closed);
    }
    struct stat st;
    if (stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
        return fail(EXIT_NOT_FOUND, "%s: not found in PATH (for the file in this directory: ./%s)", name, name);
    }
    return fail(EXIT_NOT_FOUND, "%s: not found in PATH (check the name, or give a path)", name);
}
