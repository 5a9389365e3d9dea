#include "instance/unpack/path.h"

#include <stdio.h>
#include <string.h>

static bool has_control(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

const char *path_clean(const char *path, unsigned how, char out[PATH_ROOM])
{
    size_t used = 0;
    unsigned depth = 0;
    if (path[0] == '\0') {
        return "it has no name";
    }
    if (path[0] == '/' && (how & PATH_ROOTED) == 0) {
        return "its path is absolute";
    }
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            return "its path leads upward (..)";
        }
        if (length > PATH_NAME_MAX || used + length + 2 > PATH_ROOM || (length > 0 && ++depth > PATH_DEPTH_MAX)) {
            return "its path is too long";
        }
        if ((how & PATH_ANY_BYTES) == 0 && has_control(path, length)) {
            return "its name has control characters";
        }
        if (length > 0 && !(length == 1 && path[0] == '.')) {
            used += used > 0;
            memcpy(out + used, path, length);
            used += length;
            out[used] = '/'; /* for the next name, or overwritten below */
        }
        path += length;
        path += *path == '/';
    }
    out[used] = '\0';
    return NULL;
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path != '\0'; path++) {
        depth += *path == '/';
    }
    return depth;
}

bool path_link_climbs(const char *path, const char *target)
{
    int depth = target[0] == '/' ? 0 : depth_of(path);
    while (*target != '\0') {
        size_t length = strcspn(target, "/");
        if (length == 2 && target[0] == '.' && target[1] == '.') {
            if (--depth < 0) {
                return true;
            }
        } else if (length > 0 && !(length == 1 && target[0] == '.')) {
            depth++;
        }
        target += length;
        target += *target == '/';
    }
    return false;
}

bool path_make_relative(const char *path, const char *target, char *out, size_t size)
{
    size_t used = 0;
    for (int i = depth_of(path); i > 0; i--) {
        if (used + 3 >= size) {
            return false;
        }
        out[used++] = '.';
        out[used++] = '.';
        out[used++] = '/';
    }
    target += strspn(target, "/");
    int n = snprintf(out + used, size - used, "%s", *target != '\0' ? target : ".");
    return n > 0 && (size_t)n < size - used;
}
