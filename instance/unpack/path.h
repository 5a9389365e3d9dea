/* Names out of archives, made safe before any file is touched. */
#ifndef INSTANCE_UNPACK_PATH_H
#define INSTANCE_UNPACK_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    /*
     * Bytes of a path, NUL included, and names in it. The host bounds only what it is given at once (PATH_MAX), and trees
     * grow deeper than that; here no path goes to the host, so that these are for archives that mean harm.
     */
    PATH_ROOM = 16384,
    PATH_DEPTH_MAX = 4096,
    PATH_NAME_MAX = 255, /* of one name in it */
};

enum {
    PATH_ROOTED = 1, /* a slash at the beginning means the root (as in FreeBSD's packages), instead of being refused */
    PATH_ANY_BYTES = 2, /* names may hold control characters, as a system's own may */
};

/*
 * A member's path as it is made below the root: names with single slashes between, without "." and without slashes at
 * either end; "" is the root itself. @how: of PATH_ROOTED, PATH_ANY_BYTES. Returns NULL, or in a few words why the path is
 * refused.
 */
const char *path_clean(const char *path, unsigned how, char out[PATH_ROOM]);

/*
 * Whether a symbolic link with this text, at `path` (clean), climbs above the root by "..". Absolute ones do not: they
 * begin at the root.
 */
bool path_link_climbs(const char *path, const char *target);

/*
 * An absolute link's text as one relative to where it stands: "/lib/x" at "usr/lib/y" becomes "../../lib/x". Returns
 * whether it fits.
 */
bool path_make_relative(const char *path, const char *target, char *out, size_t size);

#endif
