/*
 * The layers of a tree that has a sysroot: which of the two a name is looked for in first, and which of the host's names
 * are not seen.
 *
 *   the foreign system's own directories (/bin /etc /lib /lib32 /lib64 /libexec /libx32 /opt /rescue /sbin /usr and
 *   /var/lib, each where that system has it): the sysroot's, then the host's.
 *   the user's and the host's (/home /root /tmp /mnt /media /run /sys, and /dev /proc): the host's only.
 *   all else (/var, /boot, whatever there is): the host's, then the sysroot's. But /var/run/ld-elf.so.hints is the
 *   sysroot's, where that has a /var/run: it says where the sysroot's libraries are.
 *
 * A directory that is in both shows the names of both; a new name goes into the one it is looked for in first. There
 * are no whiteouts: a name that is removed from the one shows the other's, if that has it.
 *
 * A host has the same program under other directories than the foreign system does (ps is /usr/bin/ps there and /bin/ps
 * here), and often /bin is /usr/bin there. So the program directories (/bin /sbin /usr/bin /usr/sbin) count as one when
 * it is asked whether a name of the host's may be seen: if the sysroot has it in any of the four, it may not. The same
 * with /lib and /usr/lib, and with /lib64 and /usr/lib64. What the sysroot has in none of them is the host's, under the host's name.
 */
#ifndef VFS_LAYERS_H
#define VFS_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum layer_order { LAYER_SYSROOT_FIRST, LAYER_HOST_ONLY, LAYER_HOST_FIRST };

/* The order for a guest path, by its first components. The root itself is the host's first. */
enum layer_order layer_order_of(const char *path);

/* Whether the host's `path` (canonical, with a name in it) is not to be seen. */
bool layer_hides(const char *sysroot, const char *path);

/* What the entries of one of a merged directory's directories are. */
enum layer_use {
    LAYER_SHOWN,
    LAYER_HIDES,         /* names that a later layer's must not show */
    LAYER_SHOWN_SYSROOT, /* of "/": the names that are looked for in the sysroot first */
    LAYER_SHOWN_EITHER,  /* of "/": the names that may be the sysroot's */
};

/*
 * The directories that the guest's directory of that canonical name is merged from, in order; `index` from 0 on. `out`
 * receives the host path (empty: that one does not fit and is to be passed over). False: there are no more.
 */
bool layer_directory(const char *sysroot, const char *guest, unsigned index, char *out, size_t size,
                     enum layer_use *use);

/* Whether a directory is merged at all: its host path, and its canonical guest path. */
bool layer_merged(const char *sysroot, const char *host, const char *guest);

/* Whether "/NAME" is shown from a layer of that use. */
bool layer_shows(enum layer_use use, const char *name);

#endif
