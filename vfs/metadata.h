/*
 * Owners, modes, device nodes and flags that the host's file cannot have: shown and kept for a guest, in the attribute
 * of metadata_text.h. Which of them, the settings say (enum metadata_mode); a process without any never comes here.
 *
 * A file's status costs one host call as ever; only what is marked has its attribute read. Whoever changes a file reads
 * the attribute, writes it, and then sets the mode: two that do so at once to one file may lose one of the changes.
 *
 * What the host may do with a file goes by its own owner and mode. So the owner's permissions stay on in what is marked,
 * and in directories: the guest's root gets everywhere. What a guest that has given up its privileges may do is asked
 * beforehand (metadata_rights.h).
 */
#ifndef VFS_METADATA_H
#define VFS_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/credentials.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/metadata_text.h"

struct statx;

/* A file, as the host's *at calls take it: `flags` are AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
struct metadata_place {
    int dirfd;
    const char *name;
    uint32_t flags;
};

#define METADATA_KEEP UINT32_MAX /* of an id: as it is */

static inline bool metadata_is_kept(const struct thread *t)
{
    return __builtin_expect(t->proc->settings.metadata != METADATA_OFF, 0);
}

static inline bool metadata_is_emulated(const struct thread *t)
{
    return __builtin_expect(t->proc->settings.metadata == METADATA_EMULATED, 0);
}

/* The ids of the calling thread; METADATA_EMULATED only. */
static inline struct credentials *credentials_of(const struct thread *t)
{
    return t->credentials != NULL ? t->credentials : t->proc->credentials;
}

/*
 * Turns the host's status of a file, which has type, mode, owner and group, into what the guest is to see. `found`,
 * unless NULL, receives the attribute's content, or what a file without one has.
 */
void metadata_show(struct thread *t, const struct metadata_place *at, struct statx *x, struct metadata *found);

/* statx(2) with that. Returns 0 or -errno. */
int64_t metadata_stat(struct thread *t, const struct metadata_place *at, uint32_t mask, struct statx *x,
                      struct metadata *found);

/*
 * chown(2), chmod(2) by the credentials' rights; ids may be METADATA_KEEP. METADATA_NODES: the host's own, with the mark
 * kept. Return 0 or -errno: EPERM also where the file system keeps no attributes.
 */
int64_t metadata_chown(struct thread *t, const struct metadata_place *at, uint32_t user, uint32_t group);
int64_t metadata_chmod(struct thread *t, const struct metadata_place *at, uint32_t mode);

/* Sets the flags to these names, with commas between. Returns 0 or -errno: EOPNOTSUPP where nothing keeps them. */
int64_t metadata_set_flags(struct thread *t, const struct metadata_place *at, const char *names);

/* A device node is in the directory now: for METADATA_HAS_NODES and METADATA_NO_NODES of metadata_names.h. */
void metadata_note_node(struct thread *t, const struct metadata_place *directory);

/* mknod(2). Returns 0 or -errno. */
int64_t metadata_mknod(struct thread *t, const struct metadata_place *at, uint32_t mode, uint32_t major,
                       uint32_t minor);

/*
 * What the caller has made there, or opened and made, gets its owner and group, and where its directory has a default list
 * (metadata_acl.h) that, for the mode that was asked for.
 */
void metadata_made(struct thread *t, const struct metadata_place *at, uint32_t asked);

/*
 * Whether credentials allow `want` (R_OK 4, W_OK 2, X_OK 1) of the file at that place, of that status, `user` being who
 * asks; by the file alone.
 */
bool metadata_permits(const struct credentials *c, uint32_t user, const struct metadata_place *at,
                      const struct statx *x, uint32_t want);

/*
 * Makes a file readable and writable to the host's owner that the guest's root has been refused, as its mode forbids it to
 * its owner. True: the next try may succeed.
 */
bool metadata_unlock(struct thread *t, const struct metadata_place *at);

/* access(2): `mode` of R_OK 4, W_OK 2, X_OK 1; by the effective ids, or the real ones. Returns 0 or -errno. */
int64_t metadata_access(struct thread *t, const struct metadata_place *at, uint32_t mode, bool effective);

#endif
