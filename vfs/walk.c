/* Walking paths in the guest's tree; see walk.h. */
#include "vfs/walk.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/filesystem.h"
#include "vfs/layers.h"
#include "vfs/rooted.h"
#include "vfs/sysroot.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define LINKS_MAX   32 /* FreeBSD's sys/param.h: MAXSYMLINKS */
#define NAME_MAX    255
#define ENOTCAPABLE 93 /* FreeBSD's sys/errno.h */
#define NO_BASE     SIZE_MAX

struct walk {
    const struct vfs_view *view;
    struct vfs_path *out;
    uint32_t flags;
    unsigned links, links_max;
    int32_t base_fd; /* the directory that at[0..base) is; what lies in it is named from there */
    size_t base;     /* NO_BASE: there is none any more */
    bool base_named; /* that directory is the host's: in the sysroot, names are absolute */
    bool in_sysroot; /* the layer that has `at` */
    bool named;      /* `out` has the host's name already */
    uint32_t type;   /* of what `at` names: S_IF* */
    size_t length;   /* of `at` */
    struct vfs_node node;
    char at[VFS_HOST_PATH_MAX];   /* canonical, in guest terms; empty: the root */
    char todo[VFS_HOST_PATH_MAX]; /* what is still to be walked */
    char name[NAME_MAX + 1];      /* the next component of it */
};

/* The same in a root of the guest's own. */
static int name_in_root(struct walk *w)
{
    struct vfs_path *out = w->out;

    out->dirfd = AT_FDCWD;
    return rooted_host_name(w->view->root, w->length == 0 ? "/" : w->at, out->name, sizeof(out->name), &out->where);
}

/* Puts the host's name of `at` in the given layer into `out`. 0 or -ENAMETOOLONG. */
static int name_of(struct walk *w, bool in_sysroot)
{
    struct vfs_path *out = w->out;
    const char *path = w->at;
    size_t prefix = 0;

    if (w->view->root) {
        return name_in_root(w);
    }
    out->dirfd = AT_FDCWD;
    if (in_sysroot) {
        prefix = hot_strlcpy(out->name, w->view->sysroot, sizeof(out->name));
    } else if (w->base != NO_BASE && w->base_named) {
        out->dirfd = w->base_fd;
        path += w->base;
        path += path[0] == '/';
    } else if (w->length == 0) {
        path = "/";
    }
    if (prefix + hot_strlen(path) >= sizeof(out->name)) {
        return -ENAMETOOLONG;
    }
    hot_strlcpy(out->name + prefix, path, sizeof(out->name) - prefix);
    if (out->name[0] == 0) {
        hot_strlcpy(out->name, ".", sizeof(out->name));
    }
    return 0;
}

/* Whether `at` is the place of one of the file systems. */
static bool is_mount(struct walk *w)
{
    struct thread *t = w->view->t;
    const struct vfs_filesystem *const *fs = t ? vfs_filesystems(t) : NULL;

    if (w->view->root && rooted_is_mounted(w->view->root, w->at)) {
        return false;
    }
    for (; fs && *fs; fs++) {
        if (hot_strcmp((*fs)->on, w->at) == 0) {
            w->node = (struct vfs_node){.fs = *fs, .type = S_IFDIR};
            w->type = S_IFDIR;
            w->in_sysroot = false;
            hot_strlcpy(w->out->name, (*fs)->host, sizeof(w->out->name));
            w->out->dirfd = AT_FDCWD;
            w->out->where = (struct rooted_where){UINT32_MAX - (uint32_t)(fs - vfs_filesystems(t)), false};
            w->named = true;
            return true;
        }
    }
    return false;
}

/* Looks for `at` in one layer. 0, -ENOENT or -errno. */
static int64_t look_in(struct walk *w, bool in_sysroot)
{
    struct statx x;
    int64_t r = name_of(w, in_sysroot);

    r = r < 0 ? r : host_call5(__NR_statx, w->out->dirfd, w->out->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
    if (r == 0) {
        w->in_sysroot = in_sysroot;
        w->type = x.stx_mode & S_IFMT;
    }
    return r == -ENOTDIR ? -ENOENT : r;
}

/* The layer that a name is looked for in first: where it goes if it is new. */
static bool first_layer(const struct walk *w)
{
    return w->view->sysroot[0] != 0 && !w->view->root && w->length > 0 && layer_order_of(w->at) == LAYER_SYSROOT_FIRST;
}

/* Finds out what `at`, no name in a node, is. 0, -ENOENT or -errno. */
static int64_t find(struct walk *w)
{
    const char *sysroot = w->view->sysroot;
    bool first = first_layer(w);
    int64_t r;

    w->node.fs = NULL;
    w->named = false;
    if (sysroot[0] != 0 && !w->view->root && hot_strcmp(w->at, sysroot) == 0) {
        w->at[0] = 0; /* the sysroot, reached by its host's name, is the root */
        w->length = 0;
        w->base = NO_BASE;
        first = false;
    }
    if (is_mount(w)) {
        return 0;
    }
    r = look_in(w, first);
    if (r != -ENOENT || sysroot[0] == 0 || w->view->root) {
        return r;
    }
    if (first) {
        return layer_hides(sysroot, w->at) ? -ENOENT : look_in(w, false);
    }
    return layer_order_of(w->at) == LAYER_HOST_ONLY ? -ENOENT : look_in(w, true);
}

/* Puts `text` in front of what is still to be walked. 0 or -ENAMETOOLONG. */
static int push_front(struct walk *w, const char *text)
{
    size_t n = hot_strlen(text), rest = hot_strlen(w->todo);

    if (n + 1 + rest >= sizeof(w->todo)) {
        return -ENAMETOOLONG;
    }
    memmove(w->todo + n + (rest > 0), w->todo, rest + 1);
    memcpy(w->todo, text, n);
    if (rest > 0) {
        w->todo[n] = '/';
    }
    return 0;
}

/* Back to the root. 0, or -ENOTCAPABLE where the walk must stay beneath its start. */
static int64_t to_root(struct walk *w)
{
    if (w->flags & PATH_BENEATH) {
        return -GUEST_ERRNO(ENOTCAPABLE);
    }
    w->base = NO_BASE;
    w->length = 0;
    w->at[0] = 0;
    return find(w);
}

/* "..": the canonical name tells. Out of a node the parent is found anew, as nodes do not know theirs. */
static int64_t go_up(struct walk *w)
{
    bool in_node = w->node.fs != NULL;
    char parent[VFS_HOST_PATH_MAX];

    if (w->base != NO_BASE && w->length == w->base) {
        if (w->flags & PATH_BENEATH) {
            return -GUEST_ERRNO(ENOTCAPABLE);
        }
        w->base = NO_BASE;
    }
    while (w->length > 0 && w->at[--w->length] != '/') {}
    w->at[w->length] = 0;
    if (!in_node || w->length == 0) {
        return find(w);
    }
    hot_strlcpy(parent, w->at, sizeof(parent));
    if (push_front(w, parent + 1) < 0) {
        return -ENAMETOOLONG;
    }
    w->length = 0;
    w->at[0] = 0;
    w->base = NO_BASE;
    return find(w);
}

/* Takes the next component off. False: there is none. */
static bool next_name(struct walk *w, int64_t *r)
{
    char *from = w->todo;
    size_t n = 0;

    while (*from == '/') {
        from++;
    }
    while (from[n] != 0 && from[n] != '/') {
        n++;
    }
    if (n == 0) {
        return false;
    }
    *r = n > NAME_MAX ? -ENAMETOOLONG : 0;
    if (*r == 0) {
        memcpy(w->name, from, n);
        w->name[n] = 0;
        memmove(w->todo, from + n, hot_strlen(from + n) + 1);
    }
    return true;
}

/* Whether the component just taken was the last; slashes behind it ask for a directory. */
static bool at_end(const struct walk *w, bool *slashes)
{
    const char *s = w->todo;

    while (*s == '/') {
        s++;
    }
    *slashes = s != w->todo;
    return *s == 0;
}

/* Goes one name down from `at`, which is a directory. 0, -ENOENT (then `at` has the name all the same) or -errno. */
static int64_t go_down(struct walk *w)
{
    struct vfs_node dir = w->node;
    size_t n = hot_strlen(w->name);
    int64_t r;

    if (w->length + 1 + n >= sizeof(w->at)) {
        return -ENAMETOOLONG;
    }
    w->at[w->length] = '/';
    memcpy(w->at + w->length + 1, w->name, n + 1);
    w->length += 1 + n;
    if (!dir.fs || (w->view->root && rooted_is_mounted(w->view->root, w->at))) {
        return find(w);
    }
    w->named = true;
    w->out->dirfd = AT_FDCWD;
    w->node.fs = NULL;
    r = dir.fs->look_up(w->view->t, &dir, w->name, &w->node, w->out->name, sizeof(w->out->name));
    if (r == 0 && !w->node.fs) {
        struct statx x;

        r = host_call5(__NR_statx, AT_FDCWD, w->out->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
        w->type = r == 0 ? x.stx_mode & S_IFMT : 0;
    } else if (r == 0) {
        w->type = w->node.type;
    }
    return r;
}

/*
 * A link of the host's /proc leads to a name of the host's, but for /proc/PID/root: that is the guest's. 0; -EACCES: it
 * leads out of a root of the guest's own.
 */
static int64_t take_host_link(struct walk *w, char *target)
{
    char guest[VFS_HOST_PATH_MAX];
    const char *last = hot_strrchr(w->out->name, '/');

    if (!w->view->root || w->node.fs || target[0] != '/' || hot_strncmp(w->out->name, "/proc/", 6) != 0) {
        return 0;
    }
    if (hot_strcmp(last, "/root") == 0) {
        hot_strlcpy(guest, "/", sizeof(guest));
    } else if (!rooted_guest_name(w->view->root, target, guest, sizeof(guest))) {
        return -EACCES;
    }
    hot_strlcpy(target, guest, VFS_HOST_PATH_MAX);
    return 0;
}

/* Follows the link that `at` is. */
static int64_t follow(struct walk *w)
{
    char target[VFS_HOST_PATH_MAX];
    int64_t r;

    if (++w->links > w->links_max || (w->flags & PATH_NO_LINKS)) {
        return -ELOOP;
    }
    if (w->node.fs) {
        r = w->node.fs->read_link(w->view->t, &w->node, target, sizeof(target));
    } else {
        r = w->named ? 0 : name_of(w, w->in_sysroot);
        r = r < 0 ? r : host_call4(__NR_readlinkat, w->out->dirfd, w->out->name, target, sizeof(target) - 1);
    }
    if (r <= 0) {
        return r < 0 ? r : -ENOENT;
    }
    target[r] = 0;
    r = take_host_link(w, target);
    if (r < 0) {
        return r;
    }
    if (push_front(w, target) < 0) {
        return -ENAMETOOLONG;
    }
    return target[0] == '/' ? to_root(w) : go_up(w);
}

/*
 * In a root of the guest's own: the same by what the link says, as /proc/mounts says self/mounts and is a link like any
 * other. What has no name is told by a colon (pipe:[1]), and all else is absolute.
 */
static bool is_host_magic(struct walk *w)
{
    char target[VFS_HOST_PATH_MAX];
    int64_t n;

    if (name_of(w, false) != 0 || hot_strncmp(w->out->name, "/proc/", 6) != 0) {
        return false;
    }
    n = host_call4(__NR_readlinkat, w->out->dirfd, w->out->name, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = 0;
    return n <= 0 || target[0] == '/' || hot_strchr(target, ':');
}

/*
 * Whether the link that `at` is lies in the host's /proc, as part of the guest's tree: it may lead to what has no name.
 * As a path's last component it is the host's to follow, and only what is there is of interest here.
 */
static bool is_left_to_host(struct walk *w)
{
    struct statx x;

    if (w->node.fs || w->named || w->in_sysroot || hot_strncmp(w->at, "/proc/", 6) != 0) {
        return false;
    }
    if (w->view->root && !is_host_magic(w)) {
        return false;
    }
    if (name_of(w, false) == 0 && host_call5(__NR_statx, w->out->dirfd, w->out->name, 0, STATX_TYPE, &x) == 0) {
        w->type = x.stx_mode & S_IFMT;
    }
    return true;
}

/* A name that is not there: in which directory it would be. */
static int64_t end_missing(struct walk *w, bool dir_in_sysroot, bool dir_is_root)
{
    return name_of(w, dir_is_root ? first_layer(w) : dir_in_sysroot);
}

/* Appends to the result what the host's call is to see of the end of the path. */
static int64_t end_with(struct walk *w, const char *suffix)
{
    size_t n = hot_strlen(w->out->name);

    if (n + hot_strlen(suffix) >= sizeof(w->out->name)) {
        return -ENAMETOOLONG;
    }
    hot_strlcpy(w->out->name + n, suffix + (n > 0 && w->out->name[n - 1] == '/'), sizeof(w->out->name) - n);
    return 0;
}

/* One component. *missing: it was the last, and is not there. */
static int64_t step(struct walk *w, bool *missing, bool *dots)
{
    bool dir_in_sysroot = w->in_sysroot, dir_is_root = w->length == 0, in_node = w->node.fs != NULL, slashes;
    bool last = at_end(w, &slashes);
    int64_t r;

    *dots = w->name[0] == '.' && (w->name[1] == 0 || (w->name[1] == '.' && w->name[2] == 0));
    if (w->type != S_IFDIR) {
        return -ENOTDIR;
    }
    if (*dots) {
        return w->name[1] == 0 ? 0 : go_up(w);
    }
    r = go_down(w);
    if (r == -ENOENT && last && !in_node) {
        *missing = true;
        return end_missing(w, dir_in_sysroot, dir_is_root);
    }
    if (r == 0 && w->type == S_IFLNK && (!last || slashes || (w->flags & PATH_FOLLOW))) {
        return last && is_left_to_host(w) ? 0 : follow(w);
    }
    return r;
}

static int64_t walk_all(struct walk *w)
{
    bool missing = false, dots = false, slashes;
    int64_t r = 0;

    while (r == 0 && !missing && next_name(w, &r)) {
        r = r < 0 ? r : step(w, &missing, &dots);
    }
    if (r == 0 && !missing && !w->named) {
        r = name_of(w, w->in_sysroot);
    }
    if (r < 0) {
        return r;
    }
    at_end(w, &slashes);
    if (dots && !(w->flags & PATH_FOLLOW)) {
        /* For the errors that removing or renaming such has; ".." is not looked up for them. */
        return end_with(w, w->view->root && w->name[1] == '.' ? "/.." : "/.");
    }
    if (slashes && !missing && w->type != S_IFDIR) {
        return -ENOTDIR;
    }
    return slashes && !w->node.fs ? end_with(w, "/") : 0;
}

/* Whether what is left of the path goes up no further than the root, from a removed directory that had that name. */
static bool stays_below(const struct walk *w, const char *host)
{
    char guest[VFS_HOST_PATH_MAX];
    int64_t depth = 0;

    if (!rooted_guest_name(w->view->root, host, guest, sizeof(guest))) {
        return false;
    }
    for (const char *s = guest; *s; s++) {
        depth += *s == '/';
    }
    for (const char *s = w->todo; *s; s++) {
        depth -= s[0] == '.' && s[1] == '.' && (s == w->todo || s[-1] == '/') && (s[2] == 0 || s[2] == '/');
    }
    return depth >= 0;
}

/* A descriptor of what is not in the guest's tree, which it can only have been given, leads nowhere. */
static int64_t begin_in_root(struct walk *w, int dirfd, const char *host, uint32_t type)
{
    if (!rooted_guest_name(w->view->root, host, w->at, sizeof(w->at))) {
        return type == S_IFDIR ? -ENOENT : 1;
    }
    w->length = w->at[1] == 0 ? 0 : hot_strlen(w->at);
    w->at[w->length] = 0;
    w->base = w->length;
    w->base_named = false;
    w->base_fd = dirfd;
    w->type = type;
    return 0;
}

/* Where a relative path begins. 1: nowhere that a walk could tell; the host's to judge. */
static int64_t begin_relative(struct walk *w, int dirfd)
{
    char host[VFS_HOST_PATH_MAX], name[64];
    const char *guest = host, *node;
    int64_t r = path_of_descriptor(dirfd, host, sizeof(host));
    struct statx x;

    if (r < 0 || host[0] != '/') {
        return 1;
    }
    if (host_call5(__NR_statx, dirfd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_NLINK, &x) < 0 || x.stx_nlink == 0) {
        return w->view->root && (x.stx_mode & S_IFMT) == S_IFDIR && !stays_below(w, host) ? -ENOENT : 1; /* removed */
    }
    node = w->view->t ? vfs_directory_name(w->view->t, host, name, sizeof(name)) : NULL;
    if (node) {
        w->flags &= ~PATH_BENEATH; /* nothing leads out of it but "..", which the host has refused already */
        r = push_front(w, node + 1);
        return r < 0 ? r : find(w);
    }
    if (w->view->root) {
        return begin_in_root(w, dirfd, host, x.stx_mode & S_IFMT);
    }
    if (w->view->sysroot[0] != 0 && sysroot_strip(w->view->sysroot, host)) {
        guest = sysroot_strip(w->view->sysroot, host);
        w->in_sysroot = true;
    }
    w->length = hot_strlcpy(w->at, guest[1] == 0 ? "" : guest, sizeof(w->at));
    w->base = w->length;
    w->base_named = !w->in_sysroot;
    w->base_fd = dirfd;
    w->type = x.stx_mode & S_IFMT;
    return 0;
}

static void give_back(const struct walk *w, char *guest)
{
    if (guest) {
        hot_strlcpy(guest, w->length == 0 ? "/" : w->at, VFS_HOST_PATH_MAX);
    }
}

/* For what begins nowhere that has a name, or so deep that names do not fit: as it is. */
static void leave_to_host(int dirfd, const char *path, struct vfs_path *out, char *guest)
{
    out->node.fs = NULL;
    out->where = (struct rooted_where){ROOTED_ANY, false};
    out->dirfd = dirfd;
    hot_strlcpy(out->name, path, sizeof(out->name));
    if (guest) {
        guest[0] = 0;
    }
}

/*
 * The dynamic linkers' lists of directories belong to the libraries, and so to the sysroot, although they are in /var/run,
 * which is the host's (and mostly a link to its /run). Names that ldconfig(8) writes to first are with them. True: the path
 * is one of these, and `out` is where the sysroot has it, or may have it.
 */
static bool is_linker_hints(const struct vfs_view *view, const char *path, struct vfs_path *out)
{
    static const char *const hints[] = {"/var/run/ld-elf.so.hints", "/var/run/ld-elf32.so.hints"};
    bool is = false;
    size_t n;

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        is |= hot_strncmp(path, hints[i], hot_strlen(hints[i])) == 0 &&
              hot_strchr(path + hot_strlen(hints[i]), '/') == NULL;
    }
    if (!is || view->sysroot[0] == 0 || view->root) {
        return false;
    }
    n = hot_strlcpy(out->name, view->sysroot, sizeof(out->name));
    if (n + hot_strlen(path) >= sizeof(out->name)) {
        return false;
    }
    hot_strlcpy(out->name + n, "/var/run", sizeof(out->name) - n);
    if (host_call4(__NR_faccessat2, AT_FDCWD, out->name, 0, 0) < 0) {
        return false;
    }
    hot_strlcpy(out->name + n, path, sizeof(out->name) - n);
    out->dirfd = AT_FDCWD;
    out->node.fs = NULL;
    return true;
}

/* How many links a path may lead through. */
static unsigned links_max(const struct thread *t)
{
    const struct personality *who = t ? t->proc->personality : NULL;

    return who && who->links_max ? who->links_max : LINKS_MAX;
}

int vfs_walk(const struct vfs_view *view, int dirfd, const char *path, uint32_t flags, struct vfs_path *out,
             char *guest)
{
    struct walk w;
    const char *inner = path[0] == '/' && !view->root ? sysroot_strip(view->sysroot, path) : NULL;
    int64_t r;

    if (is_linker_hints(view, path, out)) {
        if (guest) {
            hot_strlcpy(guest, path, VFS_HOST_PATH_MAX);
        }
        return 0;
    }
    w.view = view;
    w.out = out;
    w.flags = flags;
    w.links = 0;
    w.links_max = links_max(view->t);
    w.base = NO_BASE;
    w.length = 0;
    w.at[0] = 0;
    w.in_sysroot = w.named = false;
    w.node.fs = NULL;
    out->node.fs = NULL;
    out->where = (struct rooted_where){0, false};
    if (hot_strlcpy(w.todo, inner ? inner : path, sizeof(w.todo)) >= sizeof(w.todo)) {
        return -ENAMETOOLONG;
    }
    r = path[0] == '/' ? to_root(&w) : begin_relative(&w, dirfd);
    r = r != 0 ? r : walk_all(&w);
    if (r == 1 || (r == -ENAMETOOLONG && path[0] != '/')) {
        leave_to_host(dirfd, path, out, guest);
        return 0;
    }
    if (r == 0) {
        out->node = w.node;
        give_back(&w, guest);
    }
    return (int)r;
}
