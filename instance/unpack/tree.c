#include "instance/unpack/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/remove.h"
#include "instance/unpack/attributes.h"
#include "instance/unpack/say.h"
#include "instance/unpack/tree_file.h"
#include "vfs/metadata_names.h"

static const uint64_t members_max = 4000000;

enum { OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

void tree_start(struct tree *tree, int root, uint64_t bytes_max)
{
    /* file_max: more than any file of a system has, and less than a file system's map of holes could be made to grow to. */
    *tree = (struct tree){.root = root, .bytes_max = bytes_max, .file_max = INT64_C(64) << 30, .parent = -1};
}

static void forget_parent(struct tree *tree)
{
    if (tree->parent >= 0) {
        close(tree->parent);
    }
    tree->parent = -1;
}

/* One step down. Takes `fd`, which is not the root's. Returns a descriptor or -errno. */
static int step(int root, int fd, const char *name, bool make)
{
    int next = openat(fd, name, OPEN_DIRECTORY);
    if (next < 0 && errno == ENOENT && make && mkdirat(fd, name, 0755) == 0) {
        next = openat(fd, name, OPEN_DIRECTORY);
    }
    int error = errno;
    if (fd != root) {
        close(fd);
    }
    return next < 0 ? -error : next;
}

/*
 * Opens the directory of the first `length` bytes of a clean path; with `make`, those that are missing are made.
 * Returns a descriptor that the caller closes (never the root's own) or -errno; ENOTDIR and ELOOP where something else
 * stands in the way.
 */
static int walk(int root, const char *path, size_t length, bool make)
{
    char name[PATH_NAME_MAX + 1];
    const char *end = path + length;
    int fd = length == 0 ? openat(root, ".", OPEN_DIRECTORY) : root;
    if (fd < 0) {
        return -errno;
    }
    while (path < end && fd >= 0) {
        size_t size = strcspn(path, "/");
        if (size > PATH_NAME_MAX) {
            if (fd != root) {
                close(fd);
            }
            return -ENAMETOOLONG;
        }
        memcpy(name, path, size);
        name[size] = '\0';
        fd = step(root, fd, name, make);
        path += size + 1;
    }
    return fd;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The directory that `path` is in, as a descriptor of the tree's; -1 after complaining. */
static int parent_of(struct tree *tree, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;
    if (tree->parent >= 0 && strlen(tree->parent_path) == length && memcmp(tree->parent_path, path, length) == 0) {
        return tree->parent;
    }
    /* From where the last one was, if this one is below: a walk from the root at each step of a deep way takes long. */
    size_t known = tree->parent >= 0 ? strlen(tree->parent_path) : 0;
    bool below = known > 0 && known < length && path[known] == '/' && memcmp(tree->parent_path, path, known) == 0;
    int fd =
        below ? walk(tree->parent, path + known + 1, length - known - 1, true) : walk(tree->root, path, length, true);
    forget_parent(tree);
    if (fd == -ENOTDIR || fd == -ELOOP) {
        return complain("%s: something that is no directory stands on its way, or a link does", shown(path));
    }
    if (fd < 0) {
        return complain("%s: its directory: %s", shown(path), strerror(-fd));
    }
    memcpy(tree->parent_path, path, length);
    tree->parent_path[length] = '\0';
    tree->parent = fd;
    return fd;
}

int tree_open_file(int root, const char *path)
{
    const char *slash = strrchr(path, '/');
    int dir = walk(root, path, slash != NULL ? (size_t)(slash - path) : 0, false);
    if (dir < 0) {
        return dir;
    }
    int fd = openat(dir, last_name(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int error = errno;
    close(dir);
    return fd < 0 ? -error : fd;
}

/* Makes room for a member that is no directory. */
static int clear_way(struct tree *tree, int dir, const char *path)
{
    const char *name = last_name(path);
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : complain("%s: %s", shown(path), strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlinkat(dir, name, 0) == 0 ? 0 : complain("%s: %s", shown(path), strerror(errno));
    }
    if (!tree->layered) {
        return complain("%s: is a directory, and then something else", shown(path));
    }
    int error = remove_tree(dir, name);
    return error == 0 ? 0 : complain("%s: %s", shown(path), strerror(-error));
}

static int note_directory(struct tree *tree, const char *path, const struct member *member)
{
    if ((tree->directory_count & (tree->directory_count - 1)) == 0) { /* a power of two: grow to the next */
        size_t room = tree->directory_count != 0 ? 2 * tree->directory_count : 1;
        struct tree_directory *grown = realloc(tree->directories, room * sizeof *grown);
        if (grown == NULL) {
            return complain("out of memory");
        }
        tree->directories = grown;
    }
    char *copy = strdup(path);
    if (copy == NULL) {
        return complain("out of memory");
    }
    struct tree_directory *d = &tree->directories[tree->directory_count++];
    *d = (struct tree_directory){.path = copy, .mtime = member->mtime};
    return tree->owners ? tree_attributes_later(d, member) : 0;
}

static int add_directory(struct tree *tree, int dir, const char *path, const struct member *member)
{
    const char *name = last_name(path);
    struct stat st;
    bool there = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISDIR(st.st_mode)) {
        if (unlinkat(dir, name, 0) != 0) {
            return complain("%s: %s", shown(path), strerror(errno));
        }
        there = false;
    }
    if (!there && mkdirat(dir, name, 0700) != 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    int fd = openat(dir, name, OPEN_DIRECTORY);
    if (fd < 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    int r = tree_file_settle(tree, fd, path, member);
    if (!there) {
        tree_file_tell_all(tree, fd, member);
    }
    close(fd);
    return r == 0 ? note_directory(tree, path, member) : r;
}

/* What a link says in the end: absolute library links become relative where that is wanted. */
static const char *link_text(const struct tree *tree, const char *path, const char *target, char room[PATH_ROOM])
{
    bool library = strncmp(path, "lib/", 4) == 0 || strncmp(path, "usr/lib/", 8) == 0;
    return tree->near_links && library && target[0] == '/' && path_make_relative(path, target, room, PATH_ROOM)
               ? room
               : target;
}

static int add_symlink(struct tree *tree, int dir, const char *path, const struct member *member)
{
    char room[PATH_ROOM];
    const struct timespec times[2] = {member->mtime, member->mtime};
    if (member->target == NULL || member->target[0] == '\0' || strlen(member->target) >= PATH_ROOM) {
        return complain("%s: a symbolic link to nothing, or too long", shown(path));
    }
    /* No way leads through a link here; a host's linker would follow what a sysroot's says, an instance's is its own. */
    if (!tree->exact && path_link_climbs(path, member->target)) {
        return complain("%s: a symbolic link that leads out of the tree (%s)", shown(path), shown(member->target));
    }
    if (symlinkat(link_text(tree, path, member->target, room), dir, last_name(path)) != 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    int r = tree_file_own(tree, dir, last_name(path), path, member);
    tree_file_tell(tree, dir, last_name(path), member);
    (void)utimensat(dir, last_name(path), times, AT_SYMLINK_NOFOLLOW);
    return r;
}

static int add_hardlink(struct tree *tree, int dir, const char *path, const struct member *member)
{
    char target[PATH_ROOM];
    struct stat st;
    const char *fault = member->target != NULL ? path_clean(member->target, tree->names, target) : "it names none";
    if (fault != NULL || target[0] == '\0') {
        return complain("%s: the file that it is a hard link to: %s", shown(path), fault != NULL ? fault : "the root");
    }
    const char *slash = strrchr(target, '/');
    int from = walk(tree->root, target, slash != NULL ? (size_t)(slash - target) : 0, false);
    if (from < 0 || fstatat(from, last_name(target), &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode)) {
        if (from >= 0) {
            close(from);
        }
        return complain("%s: a hard link to %s, which is no file of the archive before it", shown(path), shown(target));
    }
    int r = linkat(from, last_name(target), dir, last_name(path), 0);
    int error = errno;
    close(from);
    return r == 0 ? 0 : complain("%s: a hard link to %s: %s", shown(path), shown(target), strerror(error));
}

static int add_other(struct tree *tree, int dir, const char *path, const struct member *member,
                     struct member_source *source)
{
    char target[PATH_ROOM];
    /* A hard link to itself would be removed before it is made. */
    if (member->type == MEMBER_HARDLINK && member->target != NULL &&
        path_clean(member->target, tree->names, target) == NULL && strcmp(target, path) == 0) {
        return complain("%s: a hard link to itself", shown(path));
    }
    if (clear_way(tree, dir, path) != 0) {
        return -1;
    }
    switch (member->type) {
    case MEMBER_SYMLINK:
        return add_symlink(tree, dir, path, member);
    case MEMBER_HARDLINK:
        return add_hardlink(tree, dir, path, member);
    default:
        return tree_file_make(tree, dir, last_name(path), path, member, source);
    }
}

/* The root itself: made already, and the user's, who has to get at what is in it. */
static int add_root(struct tree *tree, const struct member *member)
{
    if (member->type != MEMBER_DIRECTORY) {
        return complain("the root of the tree is no directory");
    }
    if (!tree->exact) {
        return 0;
    }
    return tree_file_settle(tree, tree->root, ".", member) == 0 ? note_directory(tree, "", member) : -1;
}

int tree_add(struct tree *tree, const struct member *member, struct member_source *source)
{
    char path[PATH_ROOM];
    const char *fault = path_clean(member->path, tree->names, path);
    if (fault != NULL) {
        return complain("%s: %s", shown(member->path), fault);
    }
    if (++tree->members > members_max) {
        return complain("more than %llu files", (unsigned long long)members_max);
    }
    if (path[0] == '\0') {
        return add_root(tree, member);
    }
    int dir = parent_of(tree, path);
    if (dir < 0) {
        return -1;
    }
    if (member->type == MEMBER_DIRECTORY) {
        return add_directory(tree, dir, path, member);
    }
    return add_other(tree, dir, path, member, source);
}

int tree_remove(struct tree *tree, const char *path)
{
    forget_parent(tree);
    const char *slash = strrchr(path, '/');
    int dir = walk(tree->root, path, slash != NULL ? (size_t)(slash - path) : 0, false);
    if (dir == -ENOENT || dir == -ENOTDIR) {
        return 0;
    }
    int error = dir < 0 ? dir : remove_tree(dir, last_name(path));
    if (dir >= 0) {
        close(dir);
    }
    return error == 0 ? 0 : complain("%s: cannot be removed: %s", shown(path), strerror(-error));
}

int tree_empty(struct tree *tree, const char *path)
{
    int fd = walk(tree->root, path, strlen(path), false);
    if (fd < 0) {
        return fd == -ENOENT || fd == -ENOTDIR ? 0 : complain("%s: %s", shown(path), strerror(-fd));
    }
    forget_parent(tree);
    int error = remove_inside(fd);
    return error == 0 ? 0 : complain("%s: cannot be emptied: %s", shown(path), strerror(-error));
}

/* Whether `above` is the directory that `path` is in. */
static bool is_parent(const char *above, const char *path)
{
    size_t length = strlen(above);
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) == length && memcmp(above, path, length) == 0
                         : length == 0 && path[0] != '\0';
}

/* The next directory to be finished: one step up from the last one where it is that, else from the root. Takes `last`. */
static int open_next(const struct tree *tree, int last, const char *last_path, const char *path)
{
    int fd = last >= 0 && is_parent(path, last_path) ? openat(last, "..", OPEN_DIRECTORY)
                                                     : walk(tree->root, path, strlen(path), false);
    if (last >= 0) {
        close(last);
    }
    return fd;
}

int tree_finish(struct tree *tree)
{
    int fd = -1;
    const char *path = "";
    forget_parent(tree);
    for (uint64_t i = tree->directory_count; i > 0; i--) {
        struct tree_directory *d = &tree->directories[i - 1];
        const struct timespec times[2] = {d->mtime, d->mtime};
        fd = open_next(tree, fd, path, d->path);
        path = d->path;
        if (fd >= 0) { /* it may be gone: a later layer removes */
            if (d->acl != NULL && fsetxattr(fd, ATTRIBUTE_ACL_DEFAULT, d->acl, d->acl_size, 0) != 0) {
                tree->lost++;
            }
            (void)futimens(fd, times);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    for (uint64_t i = 0; i < tree->directory_count; i++) {
        free(tree->directories[i].path);
        free(tree->directories[i].acl);
    }
    free(tree->directories);
    tree->directories = NULL;
    tree->directory_count = 0;
    if (tree->exact && !tree->nodes) {
        (void)fsetxattr(tree->root, METADATA_NO_NODES, "", 0, 0);
    }
    return 0;
}
