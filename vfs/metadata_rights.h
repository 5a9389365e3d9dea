/*
 * Whether a guest whose metadata is kept may do what it asks, by the foreign owners, modes and file flags: what the host's
 * own decide they decide besides. Semantics: generic_permission(), may_delete(), may_create() of Linux's fs/namei.c and
 * notify_change() of fs/attr.c; vaccess() of FreeBSD's sys/kern/vfs_subr.c, and sys/ufs/ufs/ufs_vnops.c for flags. They
 * decide alike, but for times.
 *
 * File flags hold for root too, as long as they are set; who may clear them is metadata_set_flags()'s to ask. What an owner
 * may do and what its directories let him is asked only of threads that lack the capabilities for it.
 *
 * Between a question and the call another may change the answer: this is no fence, but what a program is to be told.
 */
#ifndef VFS_METADATA_RIGHTS_H
#define VFS_METADATA_RIGHTS_H

#include "vfs/metadata.h"

/* What a file's flags forbid. */
#define METADATA_FIXED     0x1u /* immutable: all changes */
#define METADATA_GROWS     0x2u /* append-only */
#define METADATA_STAYS     0x4u /* not to be removed, nor renamed */
#define METADATA_NO_CHANGE (METADATA_FIXED | METADATA_GROWS)

/* The above, by the flags' names. */
uint32_t metadata_flag_bits(const struct metadata *m);

/* Whether the thread is root to files and directories: nothing of the following can be refused for their owners. */
static inline bool metadata_is_root(const struct thread *t)
{
    return !metadata_is_emulated(t) || credentials_capable(credentials_of(t), CAPABILITY_DAC_OVERRIDE);
}

/*
 * Whether every directory may be searched that the host comes by from `dirfd` along `name`; `follow`: a link at its end
 * counts too. Returns 0 or -EACCES; 0 also where the host will not find the way.
 */
int64_t metadata_way(struct thread *t, int dirfd, const char *name, bool follow);

/*
 * Whether something may be made under a name, or what is there removed (renamed: taken from there). Return 0 or -errno;
 * what is not there is the host's to say. `x` and `m`, unless NULL, receive what is to be removed; x->stx_mask is 0 where
 * nothing is.
 */
int64_t metadata_may_make(struct thread *t, const struct metadata_place *at);
int64_t metadata_may_remove(struct thread *t, const struct metadata_place *at, struct statx *x, struct metadata *m);

/* Whether a file of that status may be opened so, or asked for (R_OK 4, W_OK 2, X_OK 1), of /proc by the host's word. */
bool metadata_allows(struct thread *t, const struct metadata_place *at, const struct statx *x, uint32_t want);

/* Whether its times may be set: to any, or both to now. Returns 0 or -errno. */
int64_t metadata_may_set_times(struct thread *t, const struct metadata_place *at, bool now);

/* Whether mode, owner or attributes may be changed as far as file flags go, and its length. Return 0 or -EPERM. */
int64_t metadata_may_alter(const struct metadata *m);

#endif
