/*
 * A root of the guest's own, kept by the engine alone: one directory of the host's that is the whole tree (settings:
 * root_mode, sysroot), and in it mounts, each a directory or file of the host's under another name. Nothing else of the
 * host's has a name in such a tree. It keeps an honest program in its world and is no boundary: a program that makes
 * calls of the host's by itself is held by what the host has for that, or by nothing.
 *
 * Names here are absolute and canonical: no links, no dots, no slash at the end but the root's own.
 */
#ifndef VFS_ROOTED_H
#define VFS_ROOTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"

/* A mount: `source`, the host's name, is `target` in the guest's tree. */
struct rooted_mount {
    const char *source, *target;
    bool read_only;
};

#define ROOTED_ANY  (UINT32_MAX - 16) /* the host knows */
#define ROOTED_MADE (UINT32_MAX - 15) /* and up: what the guest's system makes itself (filesystem.h) */

/* Where in such a tree a name is. */
struct rooted_where {
    uint32_t mount; /* 0: in the root itself; else which mount */
    bool read_only; /* nothing may be changed there */
};

static inline bool is_rooted(const struct settings *s)
{
    return __builtin_expect(s->root_mode != ROOT_HOST, 0);
}

/*
 * Adds a mount, which covers others of the same target. Both names are absolute; a target of "/" is the root's own and
 * refused. Returns 0, -EINVAL, or -E2BIG: there is no room for it among SETTINGS_MOUNTS_MAX bytes.
 */
int rooted_add(struct settings *s, const char *source, const char *target, bool read_only);

/*
 * The mounts in turn, from the last that was added to the first; *at begins as 0. Behind those of the settings come
 * /proc and /dev/pts of the host's (ROOT_OWN). False: there are no more.
 */
bool rooted_next(const struct settings *s, uint32_t *at, struct rooted_mount *out);

/* The host's name of the guest's, into `host`, and where in the tree it is. Returns 0 or -ENAMETOOLONG. */
int rooted_host_name(const struct settings *s, const char *guest, char *host, size_t size, struct rooted_where *where);

/* The guest's name of the host's, into `guest`. False: it has none, as it is outside, or it does not fit. */
bool rooted_guest_name(const struct settings *s, const char *host, char *guest, size_t size);

/* Where what a guest's name is in is mounted: the mount's target, or "/". */
const char *rooted_mount_over(const struct settings *s, const char *guest, bool *read_only);

/* Whether anything is mounted at or below the guest's name; and by `mounts` at that name itself. */
bool rooted_mounts_below(const struct settings *s, const char *guest);
bool rooted_is_mounted(const struct settings *s, const char *guest);

/* The name in the guest's directory that leads to `target`, into `name`; "": it lies elsewhere. Returns `name`. */
const char *rooted_name_below(const char *target, const char *guest, char *name, size_t size);

/* chroot(2): the guest's directory becomes the root; mounts below it stay. Returns 0, -ENAMETOOLONG or -E2BIG. */
int rooted_change(struct settings *s, const char *guest);

/*
 * The host's directory where memory that is shared by names is: what is mounted as /dev/shm, which ends in /shm like the
 * host's own, which it is without such a root or mount.
 */
const char *rooted_shared_memory(const struct settings *s);

/* What is left of `path` behind `prefix`: "" or from a slash on; NULL: it is not there or below. A prefix of "" fits. */
const char *rooted_behind(const char *path, const char *prefix);

#endif
