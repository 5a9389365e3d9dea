/*
 * Access control lists where owners are emulated: in an attribute of the engine's own, as the host's would mean the host's
 * users. Their form is that of system.posix_acl_access and system.posix_acl_default (linux/posix_acl_xattr.h). What the
 * mode says as well (the owner's permissions, others', and the mask's as the group's) the two have alike, always.
 * Semantics: acl(5), fs/posix_acl.c.
 */
#ifndef VFS_METADATA_ACL_H
#define VFS_METADATA_ACL_H

#include "vfs/metadata.h"

#define METADATA_ACL_ACCESS  "system.posix_acl_access"
#define METADATA_ACL_DEFAULT "system.posix_acl_default"

enum {
    METADATA_ACL_ENTRIES = 500,
    METADATA_ACL_MAX = 4 + 8 * METADATA_ACL_ENTRIES
}; /* what ext4's block has room for */

/* getxattr(2) of such a list, `value` in the engine's memory. Returns its size, or -errno. */
int64_t metadata_acl_get(const struct metadata_place *at, bool is_default, void *value, uint64_t size);

/*
 * setxattr(2), with the rights and the effect on the mode; of size 0: removexattr(2), to which none is no error. Returns
 * 0 or -errno: EINVAL (no list), EACCES (a default one of what is no directory), EOPNOTSUPP (of a link), EPERM.
 */
int64_t metadata_acl_set(struct thread *t, const struct metadata_place *at, bool is_default, const void *value,
                         uint64_t size);

/* The mode of a file has been changed to `mode`: its list, if it has one, is too. */
void metadata_acl_follow_mode(const struct metadata_place *at, uint32_t mode);

/* What a list decides for who is not the owner: 1 allowed, 0 not, -1: there is no list. */
int metadata_acl_decides(const struct metadata_place *at, const struct credentials *c, uint32_t user,
                         const struct statx *x, uint32_t want);

/*
 * What is made in a directory that has a default list: the list becomes its own, with no more than *mode allows, which was
 * asked for, and a directory's default one too. *mode becomes what it has then. False: there is no such list.
 */
bool metadata_acl_inherit(const struct metadata_place *directory, const struct metadata_place *at, bool is_directory,
                          uint32_t *mode);

#endif
