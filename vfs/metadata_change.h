/*
 * Making, removing and renaming names, and changing times, where metadata is kept: whether it may be, by
 * metadata_rights.h; the host's call; and then what directories tell of the names in them (metadata_entry.h) is put right.
 * All return the host's result, or -errno.
 */
#ifndef VFS_METADATA_CHANGE_H
#define VFS_METADATA_CHANGE_H

#include "vfs/metadata.h"

/* unlinkat(2): `flags` 0 or AT_REMOVEDIR. */
int64_t metadata_unlink(struct thread *t, const struct metadata_place *at, uint32_t flags);

/* renameat2(2): `flags` RENAME_*. */
int64_t metadata_rename(struct thread *t, const struct metadata_place *from, const struct metadata_place *to,
                        uint32_t flags);

/* linkat(2): `flags` AT_SYMLINK_FOLLOW and AT_EMPTY_PATH. */
int64_t metadata_link(struct thread *t, const struct metadata_place *from, const struct metadata_place *to,
                      uint32_t flags);

/* symlinkat(2): `text` is the address of the link's text, the engine's or the guest's. */
int64_t metadata_symlink(struct thread *t, uint64_t text, const struct metadata_place *at);

int64_t metadata_mkdir(struct thread *t, const struct metadata_place *at, uint32_t mode);

/* utimensat(2): `times` is the address of two timespecs in the host's form, or 0; `now`: both are the present. */
int64_t metadata_set_times(struct thread *t, const struct metadata_place *at, uint64_t times, bool now);

/* Whether the directory may become the working one. Returns 0 or -errno. */
int64_t metadata_may_enter(struct thread *t, const struct metadata_place *at);

#endif
