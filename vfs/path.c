/* Copying paths in and translating them; see path.h. */
#include "vfs/path.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "vfs/layers.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"
#include "vfs/sysroot.h"
#include "vfs/walk.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define GUEST_ENOTCAPABLE 93 /* FreeBSD sys/errno.h */

/* "/proc/self/fd/N" */
static void descriptor_link(int fd, char *buffer, size_t size)
{
    struct text x = {buffer, size, 0};

    text_str(&x, "/proc/self/fd/");
    text_dec(&x, fd);
    text_cstr(&x);
}

int64_t path_of_descriptor(int fd, char *buffer, uint64_t size)
{
    char link[32];
    int64_t n;

    if (fd == VFS_AT_FDCWD) {
        hot_strlcpy(link, "/proc/self/cwd", sizeof(link));
    } else {
        descriptor_link(fd, link, sizeof(link));
    }
    n = host_call4(__NR_readlinkat, AT_FDCWD, link, buffer, size - 1);
    if (n == -ENOENT) {
        return -EBADF;
    }
    if (n >= 0) {
        buffer[n] = 0;
    }
    return n;
}

void path_squeeze(char *path)
{
    char *to = path;

    for (const char *from = path; *from;) {
        while (*from == '/') {
            from++;
        }
        if (from[0] == '.' && (from[1] == '/' || from[1] == 0)) {
            from++;
            continue;
        }
        if (*from == 0) {
            break;
        }
        *to++ = '/';
        while (*from && *from != '/') {
            *to++ = *from++;
        }
    }
    *to = 0;
}

bool path_ends_in_dots(const char *path)
{
    size_t end = hot_strlen(path);
    size_t start;

    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    return (end - start == 1 && path[start] == '.') ||
           (end - start == 2 && path[start] == '.' && path[start + 1] == '.');
}

/*
 * FreeBSD's AT_RESOLVE_BENEATH: a lookup that would leave dirfd fails with ENOTCAPABLE. The host knows the same
 * test for opening (EXDEV) and is asked beforehand; other errors are left to the call itself.
 */
static int check_beneath(int dirfd, const char *path, uint32_t flags)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (flags & PATH_FOLLOW ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH,
    };
    int64_t fd = host_call4(__NR_openat2, dirfd, path, &how, sizeof(how));

    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return fd == -EXDEV ? -GUEST_ERRNO(GUEST_ENOTCAPABLE) : 0;
}

/* An empty path that means the descriptor: by its link in /proc, which every call follows to the object itself. */
static void name_descriptor(int dirfd, struct vfs_path *out)
{
    out->node.fs = NULL;
    out->where = (struct rooted_where){ROOTED_ANY, false};
    out->dirfd = AT_FDCWD;
    if (dirfd == VFS_AT_FDCWD) {
        hot_strlcpy(out->name, ".", sizeof(out->name));
    } else {
        descriptor_link(dirfd, out->name, sizeof(out->name));
    }
}

/* NULL: none. After chroot(2) nothing is mounted in the guest's root but what was there. */
static const struct vfs_filesystem *const *filesystems_of(const struct process *p)
{
    if (!p->personality) {
        return NULL;
    }
    return !is_rooted(&p->settings)            ? p->personality->filesystems
           : p->settings.root_mode == ROOT_OWN ? p->personality->rooted_filesystems
                                               : NULL;
}

const struct vfs_filesystem *const *vfs_filesystems(struct thread *t)
{
    return filesystems_of(t->proc);
}

/* The file system that is mounted over a path: the one furthest down. */
static const struct vfs_filesystem *covering(const struct process *p, const char *path)
{
    const struct vfs_filesystem *const *fs = filesystems_of(p);
    const struct vfs_filesystem *found = NULL;
    size_t longest = 0;

    for (; fs && *fs; fs++) {
        size_t n = hot_strlen((*fs)->on);

        if (n > longest && hot_strncmp(path, (*fs)->on, n) == 0 && (path[n] == 0 || path[n] == '/')) {
            found = *fs;
            longest = n;
        }
    }
    return found;
}

const struct vfs_filesystem *vfs_filesystem_over(struct thread *t, const char *host)
{
    return covering(t->proc, host);
}

/* Whether names in a directory need a walk: in the root, and where a file system of the guest's is mounted. */
static bool is_special(const struct process *p, const char *path)
{
    return path[0] != '/' || path[1] == 0 || covering(p, path);
}

void path_directory_changed(struct process *p)
{
    uint32_t now = __atomic_load_n(&p->working_directory, __ATOMIC_RELAXED);

    while (!__atomic_compare_exchange_n(&p->working_directory, &now,
                                        ((now | VFS_WORKING_MASK) + 1) | VFS_DIRECTORY_UNKNOWN, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {}
}

/* A directory whose name cannot be told is a plain one: it is removed, or deeper down than the others lie. */
static uint32_t kind_of_directory(const struct process *p, int dirfd)
{
    char host[VFS_HOST_PATH_MAX];

    if (path_of_descriptor(dirfd, host, sizeof(host)) <= 0 || !is_special(p, host)) {
        return VFS_DIRECTORY_PLAIN;
    }
    return host[0] == '/' && host[1] == 0 ? VFS_DIRECTORY_ROOT : VFS_DIRECTORY_SPECIAL;
}

/* Whether a name in the root may be of something that is mounted there, by its first byte. */
static inline bool may_be_mounted(char first)
{
    return first == 'd' || first == 'p';
}

/* Whether `path`, relative to `dirfd`, may lead to anything but the host's own. Without a sysroot. */
static bool starts_special(struct process *p, int dirfd, const char *path)
{
    bool from_root = may_be_mounted(path[0]) || path[0] == '.';
    uint32_t now, known;

    if (dirfd != VFS_AT_FDCWD) {
        uint32_t matters = 1u << VFS_DIRECTORY_SPECIAL | (from_root ? 1u << VFS_DIRECTORY_ROOT : 0);

        known = p->special_directories & matters ? kind_of_directory(p, dirfd) : VFS_DIRECTORY_PLAIN;
    } else {
        now = __atomic_load_n(&p->working_directory, __ATOMIC_ACQUIRE);
        known = now & VFS_WORKING_MASK;
        if (known == VFS_DIRECTORY_UNKNOWN) {
            known = kind_of_directory(p, dirfd);
            /* Where another thread has left the directory meanwhile, the next look tells anew. */
            __atomic_compare_exchange_n(&p->working_directory, &now, now | known, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED);
        }
    }
    return known == VFS_DIRECTORY_SPECIAL || (known == VFS_DIRECTORY_ROOT && from_root);
}

/*
 * Whether a path needs no walk, without a sysroot: nearly all do not. What begins like /dev or /proc does, and what is
 * spelled so that it is not to be seen at once. The root itself too, as it may be opened and looked up in.
 */
static inline bool is_plain(struct process *p, int dirfd, const char *path)
{
    if (path[0] == '/') {
        char next = path[1];

        return may_be_mounted(next) ? !is_special(p, path) : next != '/' && next != '.' && next != 0;
    }
    if (dirfd == VFS_AT_FDCWD &&
        (__atomic_load_n(&p->working_directory, __ATOMIC_RELAXED) & VFS_WORKING_MASK) == VFS_DIRECTORY_PLAIN) {
        return true;
    }
    return !starts_special(p, dirfd, path);
}

static bool has_dot_dot(const char *path)
{
    for (const char *s = path; *s; s++) {
        if (s[0] == '.' && s[1] == '.' && (s == path || s[-1] == '/') && (s[2] == 0 || s[2] == '/')) {
            return true;
        }
    }
    return false;
}

/* The guest's absolute name, as spelled, of a path without "..". False: it has none that could be told. */
static bool spell_out(const struct process *p, int dirfd, const char *path, char *text)
{
    const char *inner;
    int64_t n = 0;

    if (path[0] != '/') {
        n = path_of_descriptor(dirfd, text, VFS_HOST_PATH_MAX);
        if (n <= 0 || text[0] != '/' || (uint64_t)n + 1 + hot_strlen(path) >= VFS_HOST_PATH_MAX) {
            return false;
        }
        text[n++] = '/';
    }
    if (hot_strlcpy(text + n, path, (size_t)(VFS_HOST_PATH_MAX - n)) >= (size_t)(VFS_HOST_PATH_MAX - n)) {
        return false;
    }
    inner = sysroot_strip(p->settings.sysroot, text);
    if (inner) {
        memmove(text, inner, hot_strlen(inner) + 1);
    }
    return true;
}

/* Whether no name that begins as the absolute `path` does can be in the sysroot, by its first component. */
static bool only_host_has(const struct process *p, const char *path)
{
    char top[VFS_HOST_PATH_MAX];
    const char *end = hot_strchr(path + 1, '/');
    size_t n = hot_strlcpy(top, p->settings.sysroot, sizeof(top)),
           length = end ? (size_t)(end - path) : hot_strlen(path);
    struct statx x;

    if (layer_order_of(path) != LAYER_HOST_FIRST) {
        return layer_order_of(path) == LAYER_HOST_ONLY;
    }
    if (n + length >= sizeof(top)) {
        return false;
    }
    memcpy(top + n, path, length);
    top[n + length] = 0;
    return host_call5(__NR_statx, AT_FDCWD, top, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) == -ENOENT;
}

/*
 * The usual case with a sysroot: the path has neither links nor dots, and is there in the layer that comes first for it,
 * or can be in the host's alone. Two host calls, however long it is. False: walk.
 */
static bool translate_directly(const struct process *p, int dirfd, const char *path, uint32_t flags,
                               struct vfs_path *out)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (flags & PATH_FOLLOW ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_NO_SYMLINKS,
    };
    char text[VFS_HOST_PATH_MAX];
    size_t n;
    int64_t fd;

    if (has_dot_dot(path) || !spell_out(p, dirfd, path, text) || is_special(p, text) || text[1] == '/' ||
        text[1] == '.') {
        return false;
    }
    out->node.fs = NULL;
    if (layer_order_of(text) == LAYER_SYSROOT_FIRST) {
        out->dirfd = AT_FDCWD;
        n = hot_strlcpy(out->name, p->settings.sysroot, sizeof(out->name));
        if (n + hot_strlen(text) >= sizeof(out->name)) {
            return false;
        }
        hot_strlcpy(out->name + n, text, sizeof(out->name) - n);
    } else {
        out->dirfd = path[0] == '/' ? AT_FDCWD : dirfd;
        hot_strlcpy(out->name, path[0] == '/' ? text : path, sizeof(out->name));
    }
    fd = host_call4(__NR_openat2, out->dirfd, out->name, &how, sizeof(how));
    if (fd < 0) {
        return fd == -ENOENT && only_host_has(p, text); /* no link was on the way to what is missing */
    }
    host_call1(__NR_close, fd);
    return true;
}

struct vfs_view path_tree(struct thread *t)
{
    const struct settings *s = &t->proc->settings;

    return (struct vfs_view){s->sysroot, t, is_rooted(s) ? s : NULL};
}

static int translate_walking(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out)
{
    const struct vfs_view view = path_tree(t);
    int r = vfs_walk(&view, dirfd, path, flags, out, NULL);

    if (r == 0 && out->node.fs && out->node.type == S_IFDIR) {
        t->proc->special_directories |= 1u << VFS_DIRECTORY_SPECIAL; /* it may be about to be opened */
    } else if (r == 0 && hot_strcmp(out->name, "/") == 0) {
        t->proc->special_directories |= 1u << VFS_DIRECTORY_ROOT;
    }
    return r;
}

/* Where owners are emulated: whether the guest may come by all the directories on the way. */
static int check_way(struct thread *t, const struct vfs_path *path, uint32_t flags)
{
    return path->node.fs ? 0 : (int)metadata_way(t, path->dirfd, path->name, flags & PATH_FOLLOW);
}

static int translate(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out)
{
    struct process *p = t->proc;
    int r;

    if (path[0] == 0) {
        if (!(flags & PATH_EMPTY)) {
            return -ENOENT;
        }
        r = flags & PATH_CHANGES ? rooted_descriptor(t, dirfd) : 0;
        if (r < 0) {
            return r;
        }
        name_descriptor(dirfd, out);
        return PATH_IS_DESCRIPTOR;
    }
    if (is_rooted(&p->settings)) {
        return rooted_translate(t, dirfd, path, flags, out, NULL);
    }
    if (p->settings.sysroot[0] != 0) {
        if (!(flags & PATH_BENEATH) && translate_directly(p, dirfd, path, flags, out)) {
            return 0;
        }
        return translate_walking(t, dirfd, path, flags, out);
    }
    if (flags & PATH_BENEATH) {
        r = check_beneath(dirfd, path, flags);
        if (r < 0) {
            return r;
        }
    }
    if (!is_plain(p, dirfd, path)) {
        return translate_walking(t, dirfd, path, flags & ~PATH_BENEATH, out);
    }
    out->node.fs = NULL;
    out->dirfd = dirfd;
    hot_strlcpy(out->name, path, sizeof(out->name));
    return 0;
}

int path_translate(struct thread *t, int dirfd, const char *path, uint32_t flags, struct vfs_path *out)
{
    int r = translate(t, dirfd, path, flags, out);

    return r == 0 && metadata_is_emulated(t) ? check_way(t, out, flags) : r;
}

int path_copyin(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct vfs_path *out)
{
    char guest[VFS_GUEST_PATH_MAX];
    int64_t n;

    if (t->proc->settings.sysroot[0] == 0 && !(flags & (PATH_BENEATH | PATH_EMPTY))) {
        /* Nothing to translate, as a rule: no second copy. */
        out->dirfd = dirfd;
        out->node.fs = NULL;
        n = copyin_str(out->name, path, VFS_GUEST_PATH_MAX);
        if (n <= 0) {
            return n == 0 ? -ENOENT : (int)n;
        }
        if (is_plain(t->proc, dirfd, out->name)) {
            return metadata_is_emulated(t) ? check_way(t, out, flags) : 0;
        }
        memcpy(guest, out->name, (size_t)n + 1);
        n = translate_walking(t, dirfd, guest, flags, out);
        return n == 0 && metadata_is_emulated(t) ? check_way(t, out, flags) : (int)n;
    }
    n = copyin_str(guest, path, sizeof(guest));
    if (n < 0) {
        return (int)n;
    }
    return path_translate(t, dirfd, guest, flags, out);
}

int path_canonical(struct thread *t, int dirfd, guest_ptr path, char *guest)
{
    const struct vfs_view view = path_tree(t);
    char name[VFS_GUEST_PATH_MAX];
    struct vfs_path where;
    struct statx x;
    int64_t r = copyin_str(name, path, sizeof(name));

    if (r <= 0) {
        return r == 0 ? -ENOENT : (int)r;
    }
    r = vfs_walk(&view, dirfd, name, PATH_FOLLOW, &where, guest);
    if (r == 0 && !where.node.fs) {
        r = host_call5(__NR_statx, where.dirfd, where.name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x);
    }
    return r < 0 ? (int)r : guest[0] == 0 ? -ENOENT : 0;
}

bool vfs_directory_of(struct thread *t, const char *host, struct vfs_node *out)
{
    const struct vfs_filesystem *const *fs = filesystems_of(t->proc);

    for (; fs && *fs; fs++) {
        if ((*fs)->directory_of(t, host, out)) {
            return true;
        }
    }
    return false;
}

const char *vfs_directory_name(struct thread *t, const char *host, char *buffer, size_t size)
{
    struct vfs_node node;

    if (!vfs_directory_of(t, host, &node)) {
        return NULL;
    }
    if (node.kind == 0) {
        return node.fs->on;
    }
    hot_strlcpy(buffer, host, size);
    return buffer;
}

const char *path_guest_view(struct thread *t, char *host, struct path_room *room)
{
    const struct settings *s = &t->proc->settings;
    const char *inner;
    char name[64];

    if (is_rooted(s)) {
        inner = vfs_directory_name(t, host, room->text, sizeof(room->text));
        inner = inner || !rooted_guest_name(s, host, room->text, sizeof(room->text)) ? inner : room->text;
        return inner ? inner : host;
    }
    inner = sysroot_strip(s->sysroot, host);
    if (inner) {
        return inner;
    }
    inner =
        filesystems_of(t->proc) && is_special(t->proc, host) ? vfs_directory_name(t, host, name, sizeof(name)) : NULL;
    if (inner) {
        hot_strlcpy(host, inner, hot_strlen(host) + 1);
    }
    return host;
}
