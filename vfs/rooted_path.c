/* Translating paths in a root of the guest's own; see rooted.h and path.h. */
#include "vfs/rooted_path.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/walk.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

/* Whether names that are looked up in the guest's directory may be anywhere but in the root's own files. */
static bool is_special(const struct settings *s, const char *guest)
{
    char host[VFS_HOST_PATH_MAX];
    struct rooted_where where;

    return rooted_mounts_below(s, guest) || rooted_host_name(s, guest, host, sizeof(host), &where) < 0 ||
           where.mount != 0 || where.read_only;
}

static bool is_special_directory(const struct process *p, int dirfd)
{
    char host[VFS_HOST_PATH_MAX], guest[VFS_HOST_PATH_MAX];

    return path_of_descriptor(dirfd, host, sizeof(host)) <= 0 ||
           !rooted_guest_name(&p->settings, host, guest, sizeof(guest)) || is_special(&p->settings, guest);
}

/*
 * Whether names of a directory are the root's own and may be changed. Of the working directory that is remembered until it
 * changes (path.h).
 */
static bool directory_is_plain(struct process *p, int dirfd)
{
    if (dirfd != VFS_AT_FDCWD) {
        return !is_special_directory(p, dirfd);
    }
    uint32_t now = __atomic_load_n(&p->working_directory, __ATOMIC_ACQUIRE), known = now & VFS_WORKING_MASK;

    if (known == VFS_DIRECTORY_UNKNOWN) {
        known = is_special_directory(p, dirfd) ? VFS_DIRECTORY_SPECIAL : VFS_DIRECTORY_PLAIN;
        __atomic_compare_exchange_n(&p->working_directory, &now, now | known, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
    }
    return known == VFS_DIRECTORY_PLAIN;
}

/* What only a walk does right: "..", and an end that asks for a directory. */
static bool has_turns(const char *path)
{
    for (const char *s = path; *s; s++) {
        if (s[0] == '.' && s[1] == '.' && (s == path || s[-1] == '/') && (s[2] == 0 || s[2] == '/')) {
            return true;
        }
    }
    return path[hot_strlen(path) - 1] == '/' || path_ends_in_dots(path);
}

/* The guest's absolute name, as spelled. False: it has none that could be told. */
static bool spell_out(const struct settings *s, int dirfd, const char *path, char *text)
{
    char host[VFS_HOST_PATH_MAX];
    size_t n = 0;

    if (path[0] != '/') {
        if (path_of_descriptor(dirfd, host, sizeof(host)) <= 0 ||
            !rooted_guest_name(s, host, text, VFS_HOST_PATH_MAX)) {
            return false;
        }
        n = hot_strlen(text);
        if (n + 1 >= VFS_HOST_PATH_MAX) {
            return false;
        }
        text[n++] = '/';
    }
    if (hot_strlcpy(text + n, path, VFS_HOST_PATH_MAX - n) >= VFS_HOST_PATH_MAX - n) {
        return false;
    }
    path_squeeze(text);
    return text[0] != 0;
}

/*
 * Whether no link is on the way. What is missing, or may not be searched, is so for the call itself as well, and no link was on
 * the way to it. One name alone is asked about by one host call, or by none where a link is not followed.
 */
static bool has_no_links(const struct vfs_path *out, uint64_t resolve, uint32_t flags)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (flags & PATH_FOLLOW ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_NO_SYMLINKS | resolve,
    };
    char target[1];
    int64_t fd;

    if (!hot_strchr(out->name, '/')) {
        return !(flags & PATH_FOLLOW) || host_call4(__NR_readlinkat, out->dirfd, out->name, target, 1) < 0;
    }
    fd = host_call4(__NR_openat2, out->dirfd, out->name, &how, sizeof(how));
    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return fd >= 0 || fd == -ENOENT || fd == -ENOTDIR || fd == -EACCES;
}

/*
 * The usual case: no link is on the way, and the name leads into no file system of the guest's and not into /proc, whose
 * links are the walk's. Names in a directory of the root's own stay names in it. False: walk.
 */
static bool translate_directly(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out,
                               char *guest)
{
    struct process *p = t->proc;

    if (has_turns(path)) {
        return false;
    }
    out->node.fs = NULL;
    if (path[0] != '/' && directory_is_plain(p, dirfd)) {
        guest[0] = 0;
        out->dirfd = dirfd;
        out->where = (struct rooted_where){0, false};
        hot_strlcpy(out->name, path, sizeof(out->name));
        return has_no_links(out, RESOLVE_BENEATH, flags);
    }
    if (!spell_out(&p->settings, dirfd, path, guest) || vfs_filesystem_over(t, guest) ||
        rooted_behind(guest, "/proc") ||
        rooted_host_name(&p->settings, guest, out->name, sizeof(out->name), &out->where) < 0) {
        return false;
    }
    out->dirfd = AT_FDCWD;
    return has_no_links(out, 0, flags);
}

static bool is_there(const struct vfs_path *where, uint32_t flags, uint32_t *type)
{
    struct statx x;
    int64_t r = host_call5(__NR_statx, where->dirfd, where->name, flags & PATH_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW,
                           STATX_TYPE, &x);

    *type = r == 0 ? x.stx_mode & S_IFMT : 0;
    return r == 0;
}

static bool parent_is_there(const struct vfs_path *where)
{
    char parent[VFS_HOST_PATH_MAX];
    size_t n = hot_strlcpy(parent, where->name, sizeof(parent));
    struct statx x;

    while (n > 0 && parent[n - 1] == '/') {
        n--;
    }
    while (n > 0 && parent[n - 1] != '/') {
        n--;
    }
    parent[n] = 0;
    return host_call5(__NR_statx, where->dirfd, n > 0 ? parent : ".", 0, STATX_TYPE, &x) == 0;
}

/* A mount's place stays, and what the guest's system makes itself. */
static int judge_removal(struct thread *t, const struct vfs_path *where, const char *guest)
{
    const struct vfs_filesystem *fs = guest[0] != 0 ? vfs_filesystem_over(t, guest) : NULL;

    if (guest[0] != 0 && (rooted_mounts_below(&t->proc->settings, guest) || (fs && hot_strcmp(fs->on, guest) == 0))) {
        return -EBUSY;
    }
    if (where->where.mount >= ROOTED_MADE) {
        return -EROFS;
    }
    return where->where.read_only && parent_is_there(where) ? -EROFS : 0;
}

/* Whether what the call is about to do may be done there. What is missing, or there already, is left to the call. */
static int judge(struct thread *t, const struct vfs_path *where, uint32_t flags, const char *guest)
{
    uint32_t type;
    bool there;

    if (flags & PATH_REMOVES) {
        return judge_removal(t, where, guest);
    }
    if ((flags & PATH_CHANGES) && guest[0] != 0 && where->where.mount >= ROOTED_MADE) {
        return -EROFS; /* a device of the host's, by its name */
    }
    if (!(flags & (PATH_CHANGES | PATH_MAKES | PATH_WRITES)) || !where->where.read_only) {
        return 0;
    }
    there = is_there(where, flags, &type);
    if (!there) {
        return flags & PATH_MAKES && parent_is_there(where) ? -EROFS : 0;
    }
    return (flags & PATH_CHANGES) || ((flags & PATH_WRITES) && (type == S_IFREG || type == S_IFDIR)) ? -EROFS : 0;
}

int rooted_translate(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out, char *guest)
{
    const struct vfs_view view = path_tree(t);
    char own[VFS_HOST_PATH_MAX];
    int r = 0;

    guest = guest ? guest : own;
    if ((flags & (PATH_BENEATH | PATH_NO_LINKS)) || !translate_directly(t, dirfd, path, flags, out, guest)) {
        r = vfs_walk(&view, dirfd, path, flags, out, guest);
    }
    return r < 0 ? r : judge(t, out, flags, guest);
}

bool rooted_how_there(const char *name, uint32_t flags, uint32_t mode, struct open_how *how)
{
    /* What open(2) passes over, openat2(2) minds. O_SYNC has O_DSYNC in it, O_TMPFILE has O_DIRECTORY. */
    const uint32_t known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC |
                           O_DIRECT | O_LARGEFILE | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_TMPFILE | FASYNC;
    const uint32_t path = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    if (rooted_behind(name, "/proc")) {
        return false;
    }
    *how = (struct open_how){.flags = flags & (flags & O_PATH ? path : known), .resolve = RESOLVE_NO_SYMLINKS};
    if (how->flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) {
        how->mode = mode & 07777;
    }
    return true;
}

int rooted_descriptor_there(struct thread *t, int fd)
{
    char host[VFS_HOST_PATH_MAX], guest[VFS_HOST_PATH_MAX];
    const struct settings *s = &t->proc->settings;
    struct rooted_where where;

    if (path_of_descriptor(fd, host, sizeof(host)) <= 0) {
        return 0;
    }
    if (!rooted_guest_name(s, host, guest, sizeof(guest))) {
        return rooted_behind(host, "/dev") ? -EROFS : 0; /* what it was given from outside is its to change */
    }
    return rooted_host_name(s, guest, host, sizeof(host), &where) == 0 && where.read_only ? -EROFS : 0;
}

int rooted_chroot(struct thread *t, const char *path, bool allowed)
{
    const struct vfs_view view = path_tree(t);
    char guest[VFS_HOST_PATH_MAX];
    struct vfs_path where;
    uint32_t type;
    int64_t r = vfs_walk(&view, VFS_AT_FDCWD, path, PATH_FOLLOW, &where, guest);

    if (r == 0 && !is_there(&where, PATH_FOLLOW, &type)) {
        r = -ENOENT;
    }
    if (r == 0 && type != S_IFDIR) {
        r = -ENOTDIR;
    }
    r = r < 0 ? r : host_call4(__NR_faccessat2, where.dirfd, where.name, 1, AT_EACCESS);
    if (r < 0) {
        return (int)r;
    }
    r = !allowed || where.node.fs || guest[0] == 0 ? -EPERM : rooted_change(&t->proc->settings, guest);
    path_directory_changed(t->proc);
    return (int)r;
}
