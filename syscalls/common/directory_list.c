/* Reading merged directories and those of the guest's own file systems; see directory_list.h, vfs/listing.h. */
#include "syscalls/common/directory_list.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/world.h"
#include "syscalls/common/dirent.h"
#include "vfs/filesystem.h"
#include "vfs/layers.h"
#include "vfs/listing.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#define DT_DIR     4 /* sys/dirent.h */
#define CHUNK      1024
#define OUTPUT_MAX 65536 /* of one call; a caller with more room calls again */

/* What is being read, and how far. */
struct reading {
    struct thread *t;
    struct listing *l;
    struct vfs_node node; /* fs NULL: merged */
    int fd;
    directory_record_fn *record;
    int64_t position;
    guest_ptr buf;
    uint64_t room, done;
    uint32_t pending; /* bytes of `chunk` */
    char host[VFS_HOST_PATH_MAX];
    char chunk[CHUNK] __attribute__((aligned(8)));
};

/* Whether a name in the guest's directory leads to a mount of a root of its own. */
static bool has_mounts(struct thread *t, const char *guest)
{
    return rooted_mounts_below(&t->proc->settings, guest);
}

/* These names, whether or not the directory itself has them. */
static void list_mounts(struct reading *r, const char *guest)
{
    const struct settings *s = &r->t->proc->settings;
    const struct vfs_filesystem *const *fs = vfs_filesystems(r->t);
    char name[DIRENT_NAME_MAX + 1];
    struct rooted_mount m;
    uint32_t at = 0;

    for (; fs && *fs; fs++) {
        if (rooted_name_below((*fs)->on, guest, name, sizeof(name))[0] != 0) {
            listing_add(r->l, name, 1, DT_DIR);
        }
    }
    while (rooted_next(s, &at, &m)) {
        if (rooted_name_below(m.target, guest, name, sizeof(name))[0] != 0) {
            listing_add(r->l, name, 1, DT_DIR);
        }
    }
}

bool directory_is_listed(struct thread *t, int fd)
{
    char host[VFS_HOST_PATH_MAX];
    struct vfs_node node;
    const char *sysroot = t->proc->settings.sysroot;
    struct path_room room;

    if ((sysroot[0] == 0 && !t->proc->special_directories) || path_of_descriptor(fd, host, sizeof(host)) <= 0 ||
        host[0] != '/') {
        return false;
    }
    if (vfs_directory_of(t, host, &node)) {
        return true;
    }
    if (is_rooted(&t->proc->settings)) {
        return has_mounts(t, path_guest_view(t, host, &room));
    }
    return (sysroot[0] != 0 && layer_merged(sysroot, host, path_guest_view(t, host, &room)));
}

static bool shows(const void *use, const char *name)
{
    return layer_shows(*(const enum layer_use *)use, name);
}

static bool shows_process(const void *t, const char *name)
{
    return world_shows(t, name);
}

/* The names of every layer, nearest first. */
static int64_t list_layers(struct reading *r)
{
    struct path_room room;
    char directory[VFS_HOST_PATH_MAX];
    const char *sysroot = r->t->proc->settings.sysroot, *guest;
    enum layer_use use;

    if (is_rooted(&r->t->proc->settings)) {
        r->l->shows = hot_strcmp(r->host, "/proc") == 0 ? shows_process : NULL;
        r->l->arg = r->t;
        listing_add_directory(r->l, r->host);
        hot_strlcpy(directory, r->host, sizeof(directory));
        list_mounts(r, path_guest_view(r->t, directory, &room));
        return 0;
    }
    guest = path_guest_view(r->t, r->host, &room);

    for (unsigned i = 0; layer_directory(sysroot, guest, i, directory, sizeof(directory), &use); i++) {
        r->l->hiding = use == LAYER_HIDES;
        r->l->shows = use == LAYER_SHOWN_SYSROOT || use == LAYER_SHOWN_EITHER ? shows : NULL;
        r->l->arg = &use;
        if (directory[0] != 0) {
            listing_add_directory(r->l, directory); /* what is not there, or may not be read, adds nothing */
        }
    }
    return 0;
}

static int flush(struct reading *r)
{
    int e = copyout(guest_at(r->buf, r->done), r->chunk, r->pending);

    r->done += r->pending;
    r->pending = 0;
    return e;
}

/* Writes one entry; `behind` is the position after it. 1: there is no room for it. */
static int put(struct reading *r, const char *name, uint64_t ino, uint8_t type, int64_t behind)
{
    union {
        struct host_dirent host;
        char bytes[__builtin_offsetof(struct host_dirent, d_name) + DIRENT_NAME_MAX + 9];
    } from;
    char to[DIRENT_RECORD_MAX] __attribute__((aligned(8)));
    const size_t head = __builtin_offsetof(struct host_dirent, d_name);
    int32_t size;
    int e = 0;

    memset(&from, 0, sizeof(from));
    from.host.d_ino = ino ? ino : 1; /* 0 is no entry to the guest */
    from.host.d_off = behind;
    from.host.d_type = type;
    from.host.d_reclen = (uint16_t)((head + hot_strlcpy(from.host.d_name, name, DIRENT_NAME_MAX + 1) + 1 + 7) & ~7ul);
    size = r->record(&from.host, to);
    if (size < 0) {
        return r->done + r->pending == 0 ? size : 1;
    }
    if (r->done + r->pending + (uint32_t)size > r->room) {
        return r->done + r->pending == 0 ? -EINVAL : 1;
    }
    if (r->pending + (uint32_t)size > sizeof(r->chunk)) {
        e = flush(r);
    }
    memcpy(r->chunk + r->pending, to, (size_t)size);
    r->pending += (uint32_t)size;
    r->position = behind;
    return e;
}

static uint64_t inode_of(int fd, const char *name)
{
    struct statx x;

    return host_call5(__NR_statx, fd, name, AT_EMPTY_PATH, STATX_INO, &x) == 0 ? x.stx_ino : 1;
}

/* "." and "..", which come first. */
static int put_dots(struct reading *r)
{
    int e = 0;

    if (r->position < LISTING_SELF) {
        e = put(r, ".", inode_of(r->fd, ""), DT_DIR, LISTING_SELF);
    }
    return e == 0 && r->position < LISTING_PARENT ? put(r, "..", inode_of(r->fd, ".."), DT_DIR, LISTING_PARENT) : e;
}

static int64_t list_node(struct reading *r)
{
    int64_t e = r->node.fs->list(r->t, &r->node, r->l);

    if (e == 0 && r->node.kind == 0 && is_rooted(&r->t->proc->settings)) {
        list_mounts(r, r->node.fs->on);
    }
    return e;
}

/* Once through all the names. 0: the next time there are more; 1: it is done; -errno. */
static int64_t put_some(struct reading *r)
{
    const struct listing_entry *e;
    int64_t behind = r->position;
    bool shown;
    int64_t error;

    listing_begin(r->l, r->position);
    error = r->node.fs ? list_node(r) : list_layers(r);
    if (error < 0) {
        return error;
    }
    for (unsigned i = 0; (e = listing_at(r->l, i, &behind, &shown)) != NULL; i++) {
        if (shown) {
            error = put(r, e->name, e->ino, e->type, behind);
            if (error != 0) {
                return error;
            }
        } else if (behind > r->position) {
            r->position = behind;
        }
    }
    return !r->l->cut;
}

int64_t directory_list(struct thread *t, int fd, guest_ptr buf, uint64_t count, int64_t start,
                       directory_record_fn *record)
{
    struct reading r = {.t = t, .fd = fd, .record = record, .position = start, .buf = buf};
    int64_t e = 0;

    if (path_of_descriptor(fd, r.host, sizeof(r.host)) <= 0) {
        return -EBADF;
    }
    if (!vfs_directory_of(t, r.host, &r.node)) {
        r.node.fs = NULL;
    }
    r.l = heap_alloc_unset(sizeof(*r.l));
    if (!r.l) {
        return -ENOMEM;
    }
    r.room = count > OUTPUT_MAX ? OUTPUT_MAX : count;
    e = put_dots(&r);
    while (e == 0) {
        e = put_some(&r);
    }
    heap_free(r.l);
    e = e < 0 ? e : flush(&r);
    if (e < 0) {
        return e;
    }
    host_call3(__NR_lseek, fd, r.position, SEEK_SET);
    return (int64_t)r.done;
}
