/* Changes of names where metadata is kept; see metadata_change.h. Semantics: fs/namei.c; the sections 2 of the manuals. */
#include "vfs/metadata_change.h"
#include "vfs/by_descriptor.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "vfs/metadata_entry.h"
#include "vfs/metadata_rights.h"

static struct metadata_place itself(const struct metadata_place *at)
{
    return (struct metadata_place){at->dirfd, at->name, AT_SYMLINK_NOFOLLOW};
}

/* Whether a file's directory may tell of it. */
static bool may_be_told_of(const struct statx *x)
{
    uint32_t type = x->stx_mode & S_IFMT;
    return x->stx_mask != 0 && (type == S_IFLNK || type == S_IFIFO || type == S_IFSOCK);
}

static bool is_node(const struct statx *x)
{
    return x->stx_mask != 0 && ((x->stx_mode & S_IFMT) == S_IFCHR || (x->stx_mode & S_IFMT) == S_IFBLK);
}

int64_t metadata_unlink(struct thread *t, const struct metadata_place *at, uint32_t flags)
{
    const struct metadata_place name = itself(at);
    struct statx x;
    int64_t r = metadata_may_remove(t, at, &x, NULL);
    if (r < 0) {
        return r;
    }
    r = host_call3(__NR_unlinkat, at->dirfd, at->name, flags);
    if (r == 0 && may_be_told_of(&x)) {
        metadata_entry_write(&name, NULL);
    }
    return r;
}

/* What is known of a name, and of what it stands for. */
struct side {
    struct metadata_place name;
    struct statx x; /* stx_mask 0: nothing is there */
    struct metadata m;
};

static void look(struct thread *t, const struct metadata_place *at, struct side *s)
{
    s->name = itself(at);
    if (metadata_stat(t, &s->name, STATX_BASIC_STATS, &s->x, &s->m) < 0) {
        s->x.stx_mask = 0;
    }
}

/* What the file has, to be told of in a directory: of owners only what is not the host's. */
static void tell(struct thread *t, const struct metadata_place *name, const struct statx *x, const struct metadata *m)
{
    struct metadata its = *m;
    bool link = (x->stx_mode & S_IFMT) == S_IFLNK;
    if (!metadata_is_emulated(t)) {
        its.uid = its.gid = 0;
    }
    its.has_mode = its.has_mode && (link || metadata_matters(m));
    its.mode = its.has_mode ? its.mode : 0;
    metadata_entry_write(name, &its);
}

/* `to` stands now for what `from` stood for. */
static void moved(struct thread *t, const struct side *from, const struct metadata_place *to)
{
    struct metadata_entry e;
    if (may_be_told_of(&from->x)) {
        tell(t, to, &from->x, &from->m);
    } else if (is_node(&from->x) && metadata_parent_of(to, &e)) {
        metadata_note_node(t, &e.directory);
    }
}

static bool same_directory(const struct metadata_place *a, const struct metadata_place *b)
{
    struct metadata_entry of_a, of_b;
    struct statx x, y;
    return metadata_parent_of(a, &of_a) && metadata_parent_of(b, &of_b) &&
           host_call5(__NR_statx, of_a.directory.dirfd, of_a.directory.name, 0, STATX_INO, &x) == 0 &&
           host_call5(__NR_statx, of_b.directory.dirfd, of_b.directory.name, 0, STATX_INO, &y) == 0 &&
           x.stx_ino == y.stx_ino && x.stx_dev_major == y.stx_dev_major && x.stx_dev_minor == y.stx_dev_minor;
}

/* A directory that gets another parent is written to: its ".." changes. */
static bool may_move_directory(struct thread *t, const struct side *s, const struct metadata_place *to)
{
    return metadata_is_root(t) || s->x.stx_mask == 0 || (s->x.stx_mode & S_IFMT) != S_IFDIR ||
           same_directory(&s->name, to) || metadata_allows(t, &s->name, &s->x, 2);
}

static int64_t may_rename(struct thread *t, struct side *from, struct side *to)
{
    int64_t r = metadata_may_remove(t, &from->name, &from->x, &from->m);
    if (r == 0) {
        look(t, &to->name, to);
        r = to->x.stx_mask != 0 ? metadata_may_remove(t, &to->name, &to->x, &to->m) : metadata_may_make(t, &to->name);
    }
    return r < 0 ? r : may_move_directory(t, from, &to->name) ? 0 : -EACCES;
}

int64_t metadata_rename(struct thread *t, const struct metadata_place *from, const struct metadata_place *to,
                        uint32_t flags)
{
    struct side a = {.name = itself(from)}, b = {.name = itself(to)};
    int64_t r = may_rename(t, &a, &b);
    if (r < 0) {
        return r;
    }
    r = host_call5(__NR_renameat2, from->dirfd, from->name, to->dirfd, to->name, flags);
    bool same = a.x.stx_ino == b.x.stx_ino && b.x.stx_mask != 0; /* two names of one file both stay */
    if (r < 0 || same) {
        return r;
    }
    if (may_be_told_of(&b.x) && (flags & RENAME_EXCHANGE) == 0) {
        metadata_entry_write(&b.name, NULL);
    }
    if (may_be_told_of(&a.x)) {
        metadata_entry_write(&a.name, NULL);
    }
    moved(t, &a, &b.name);
    if ((flags & RENAME_EXCHANGE) != 0) {
        moved(t, &b, &a.name);
    }
    return r;
}

int64_t metadata_link(struct thread *t, const struct metadata_place *from, const struct metadata_place *to,
                      uint32_t flags)
{
    struct side s = {.name = {from->dirfd, from->name,
                              (flags & AT_EMPTY_PATH) | ((flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : AT_SYMLINK_NOFOLLOW)}};
    int64_t r = metadata_stat(t, &s.name, STATX_BASIC_STATS, &s.x, &s.m);
    r = r < 0 ? r : metadata_may_make(t, to);
    r = r < 0 ? r : metadata_may_alter(&s.m);
    r = r < 0 ? r : host_call5(__NR_linkat, from->dirfd, from->name, to->dirfd, to->name, flags);
    if (r == 0) {
        const struct metadata_place name = itself(to);
        moved(t, &s, &name);
    }
    return r;
}

int64_t metadata_symlink(struct thread *t, uint64_t text, const struct metadata_place *at)
{
    const struct metadata_place name = itself(at);
    int64_t r = metadata_may_make(t, at);
    r = r < 0 ? r : host_call3(__NR_symlinkat, text, at->dirfd, at->name);
    if (r == 0) {
        metadata_made(t, &name, 0777);
    }
    return r;
}

/*
 * Where changes are made by descriptors, a directory must be opened for each; one that its owner has no way into, as dpkg
 * makes them, gets its mode when it is there.
 */
static void take_owner_out(struct thread *t, const struct metadata_place *name, uint32_t asked)
{
    struct statx x;
    if (metadata_stat(t, name, STATX_MODE, &x, NULL) == 0) {
        metadata_chmod(t, name, x.stx_mode & 07777 & ~(0700 & ~asked));
    }
}

int64_t metadata_mkdir(struct thread *t, const struct metadata_place *at, uint32_t mode)
{
    const struct metadata_place name = itself(at);
    bool closed = metadata_is_emulated(t) && t->proc->settings.changes_by_descriptor && (mode & 0700) != 0700;
    int64_t r = metadata_may_make(t, at);
    r = r < 0 ? r : host_call3(__NR_mkdirat, at->dirfd, at->name, closed ? mode | 0700 : mode);
    if (r == 0) {
        metadata_made(t, &name, mode);
    }
    if (r == 0 && closed) {
        take_owner_out(t, &name, mode);
    }
    return r;
}

int64_t metadata_set_times(struct thread *t, const struct metadata_place *at, uint64_t times, bool now)
{
    int64_t r = metadata_may_set_times(t, at, now);
    if (r == 0 && at->name[0] == '\0') {
        return host_call4(__NR_utimensat, at->dirfd, NULL, times, 0); /* older kernels know no AT_EMPTY_PATH here */
    }
    if (r < 0) {
        return r;
    }
    r = host_call4(__NR_utimensat, at->dirfd, at->name, times, at->flags);
    return r == -EPERM && t->proc->settings.changes_by_descriptor
               ? times_by_descriptor(at->dirfd, at->name, (at->flags & AT_SYMLINK_NOFOLLOW) == 0, times)
               : r;
}

int64_t metadata_may_enter(struct thread *t, const struct metadata_place *at)
{
    struct statx x;
    if (metadata_is_root(t)) {
        return 0;
    }
    int64_t r = metadata_stat(t, at, 0, &x, NULL);
    if (r == 0 && (x.stx_mode & S_IFMT) != S_IFDIR) {
        r = -ENOTDIR;
    }
    return r < 0 || metadata_allows(t, at, &x, 1) ? r : -EACCES;
}
