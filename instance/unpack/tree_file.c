#include "instance/unpack/tree_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/metadata.h"
#include "instance/unpack/say.h"
#include "vfs/metadata_names.h"

/*
 * The host's mode. Where owners are real, so is it: who may do what is between the instance's users. Else the user has
 * what he needs to work with what is his own: reading files, and doing anything in directories.
 */
static uint32_t host_mode(const struct tree *tree, const struct member *member)
{
    if (tree->owners) {
        return member->mode & 07777;
    }
    switch (member->type) {
    case MEMBER_DIRECTORY:
        return (member->mode & 01777) | 0700;
    case MEMBER_FILE:
        return (member->mode & 0777) | 0400;
    case MEMBER_FIFO:
        return (member->mode & 0777) | 0600;
    default:
        return 0600; /* what stands for a device is nothing that anybody should write to */
    }
}

static void describe(const struct tree *tree, const struct member *member, struct metadata *out)
{
    *out = (struct metadata){.uid = tree->owners ? 0 : member->uid,
                             .gid = tree->owners ? 0 : member->gid,
                             .mode = member->mode & 07777,
                             .has_mode = host_mode(tree, member) != (member->mode & 07777)};
    switch (member->type) {
    case MEMBER_CHAR:
        out->type = METADATA_CHAR;
        break;
    case MEMBER_BLOCK:
        out->type = METADATA_BLOCK;
        break;
    case MEMBER_SOCKET:
        out->type = METADATA_SOCKET;
        break;
    default:
        break;
    }
    out->major = member->major;
    out->minor = member->minor;
    if (member->flags != NULL && !metadata_take_flags(member->flags, out->flags)) {
        out->flags[0] = '\0'; /* nothing that any system would take for flags */
    }
}

/*
 * The host lets the owner of a file that may not be written set no attribute: this goes before the permissions, of which
 * *mark is a part then.
 */
static int set_attribute(struct tree *tree, int fd, const char *path, const struct member *member, uint32_t *mark)
{
    struct metadata metadata;
    char text[METADATA_TEXT_MAX];
    *mark = 0;
    describe(tree, member, &metadata);
    if (!metadata_matters(&metadata)) {
        (void)fremovexattr(fd, METADATA_ATTRIBUTE); /* of a directory that was there already */
        return 0;
    }
    metadata.has_mode = true; /* the host's is not it: it has the mark */
    size_t size = metadata_format(&metadata, text);
    if (fsetxattr(fd, METADATA_ATTRIBUTE, text, size, 0) == 0) {
        *mark = METADATA_MARK;
        return 0;
    }
    if (errno == ENOTSUP || errno == ENOSPC || errno == EDQUOT || errno == EPERM) {
        tree->lost++; /* of no use to a sysroot, which needs the files; who needs it is told how many there are */
        return 0;
    }
    return complain("%s: its attribute: %s", shown(path), strerror(errno));
}

static void lose(struct tree *tree, const struct metadata *m)
{
    tree->lost += metadata_matters(m);
}

/*
 * Where there is no room for all names: `m` stands for all that are not named. What was said of the others is carried over.
 */
static bool write_shorter(int dir, const char *old, size_t old_size, const char *name, const struct metadata *m)
{
    const struct metadata owner = {.uid = m->uid, .gid = m->gid};
    char list[METADATA_NAMES_MAX];
    size_t size = metadata_names_set(list, 0, ".", &owner);
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = again >= 0 ? fdopendir(again) : NULL;
    if (d == NULL) {
        if (again >= 0) {
            close(again);
        }
        return false;
    }
    for (struct dirent *e; size != SIZE_MAX && (e = readdir(d)) != NULL;) {
        struct metadata its;
        bool link = e->d_type == DT_LNK || e->d_type == DT_UNKNOWN;
        if ((link || e->d_type == DT_FIFO) && (metadata_names_find(old, old_size, e->d_name, &its) || link)) {
            size = metadata_names_set(list, size, e->d_name, &its);
        }
    }
    closedir(d);
    size = size != SIZE_MAX ? metadata_names_set(list, size, name, m) : size;
    return size != SIZE_MAX && fsetxattr(dir, METADATA_NAMES, list, size, 0) == 0;
}

/* Changes what the directory `dir` says of a name. False: it does not. */
static bool change_names(int dir, const char *name, const struct metadata *m)
{
    char list[METADATA_NAMES_MAX];
    ssize_t before = fgetxattr(dir, METADATA_NAMES, list, sizeof list);
    if (before < 0 && !metadata_matters(m)) {
        return true; /* nothing is said, and nothing need be */
    }
    if (before < 0 && errno != ENODATA) {
        return false;
    }
    size_t size = before < 0 ? 0 : (size_t)before;
    size_t after = metadata_names_set(list, size, name, m);
    if (after == 0) {
        return before <= 0 || fremovexattr(dir, METADATA_NAMES) == 0;
    }
    if (after != SIZE_MAX && fsetxattr(dir, METADATA_NAMES, list, after, 0) == 0) {
        return true;
    }
    return write_shorter(dir, list, after != SIZE_MAX ? after : size, name, m);
}

void tree_file_tell(struct tree *tree, int dir, const char *name, const struct member *member)
{
    struct metadata m;
    describe(tree, member, &m);
    m.has_mode = false; /* a link has none */
    m.mode = 0;
    if (!change_names(dir, name, &m)) {
        lose(tree, &m);
    }
}

void tree_file_tell_all(struct tree *tree, int fd, const struct member *member)
{
    const struct metadata owner = {.uid = member->uid, .gid = member->gid};
    if (!tree->owners && metadata_matters(&owner) && !change_names(fd, ".", &owner)) {
        lose(tree, &owner);
    }
}

/* Owners that the namespace does not have become nobody's, as they are to the kernel; how many, is told. */
int tree_file_own(struct tree *tree, int dir, const char *name, const char *path, const struct member *member)
{
    enum { NOBODY = 65534 };
    int flags = AT_SYMLINK_NOFOLLOW | (name[0] == '\0' ? AT_EMPTY_PATH : 0);
    if (!tree->owners || fchownat(dir, name, member->uid, member->gid, flags) == 0) {
        return 0;
    }
    if (errno == EINVAL) {
        tree->lost++;
        /* One of the two at least is kept, if it can be. */
        if (fchownat(dir, name, member->uid, NOBODY, flags) == 0 ||
            fchownat(dir, name, NOBODY, member->gid, flags) == 0 || fchownat(dir, name, NOBODY, NOBODY, flags) == 0) {
            return 0;
        }
    }
    return complain("%s: its owner: %s", shown(path), strerror(errno));
}

int tree_file_settle(struct tree *tree, int fd, const char *path, const struct member *member)
{
    uint32_t mark;
    /*
     * In this order: a change of owner takes away set-id bits and capabilities, and who may not write a file sets none of
     * its attributes. The group's permissions are the mask of an access list (acl(5)), so these go together.
     */
    if (tree_file_own(tree, fd, "", path, member) != 0 || set_attribute(tree, fd, path, member, &mark) != 0) {
        return -1;
    }
    if (tree->exact && tree_attributes_set(tree, fd, member) != 0) {
        return -1;
    }
    return fchmod(fd, host_mode(tree, member) | mark) == 0
               ? 0
               : complain("%s: its permissions: %s", shown(path), strerror(errno));
}

static int write_all(int fd, const char *data, size_t size, int64_t offset)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, data, size, offset);
        if (n < 0) {
            return -1;
        }
        data += n;
        size -= (size_t)n;
        offset += n;
    }
    return 0;
}

/* One chunk's data; refuses what is outside the file or too much. */
static int write_chunk(struct tree *tree, int fd, const char *path, int64_t size, const struct chunk *chunk)
{
    if (chunk->offset < 0 || chunk->size > (uint64_t)tree->file_max ||
        chunk->offset > tree->file_max - (int64_t)chunk->size ||
        (size >= 0 && chunk->offset + (int64_t)chunk->size > size)) {
        return complain("%s: has data beyond its end", shown(path));
    }
    tree->bytes += chunk->size;
    if (tree->bytes > tree->bytes_max) {
        return complain("%s: more than %llu MB in all", shown(path), (unsigned long long)tree->bytes_max >> 20);
    }
    if (write_all(fd, chunk->data, chunk->size, chunk->offset) != 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    return 0;
}

static int write_data(struct tree *tree, int fd, const char *path, const struct member *member,
                      struct member_source *source)
{
    struct chunk chunk;
    int r;
    if (member->size > tree->file_max) {
        return complain("%s: claims %lld bytes, more than the %lld that a file may have here", shown(path),
                        (long long)member->size, (long long)tree->file_max);
    }
    while ((r = source->data(source, &chunk)) > 0) {
        if (write_chunk(tree, fd, path, member->size, &chunk) != 0) {
            return -1;
        }
    }
    if (r == 0 && member->size > 0 && ftruncate(fd, member->size) != 0) { /* a hole at its end */
        return complain("%s: %s", shown(path), strerror(errno));
    }
    return r;
}

static int make_fifo(struct tree *tree, int dir, const char *name, const char *path, const struct member *member)
{
    const struct timespec times[2] = {member->mtime, member->mtime};
    struct metadata m;
    uint32_t mark = 0;
    if (mkfifoat(dir, name, host_mode(tree, member) & 0777) != 0 || tree_file_own(tree, dir, name, path, member) != 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    describe(tree, member, &m);
    if (metadata_matters(&m)) {
        m.has_mode = true; /* the host's is not it: it has the mark */
        mark = change_names(dir, name, &m) ? METADATA_MARK : 0;
        tree->lost += mark == 0;
    }
    if (fchmodat(dir, name, host_mode(tree, member) | mark, 0) != 0) {
        return complain("%s: its permissions: %s", shown(path), strerror(errno));
    }
    (void)utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
    return 0;
}

int tree_file_make(struct tree *tree, int dir, const char *name, const char *path, const struct member *member,
                   struct member_source *source)
{
    const struct timespec times[2] = {member->mtime, member->mtime};
    if (member->type == MEMBER_FIFO) {
        return make_fifo(tree, dir, name, path, member);
    }
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return complain("%s: %s", shown(path), strerror(errno));
    }
    int r = member->type == MEMBER_FILE ? write_data(tree, fd, path, member, source) : 0;
    if (r == 0) {
        r = tree_file_settle(tree, fd, path, member);
    }
    if (member->type == MEMBER_CHAR || member->type == MEMBER_BLOCK) {
        (void)fsetxattr(dir, METADATA_HAS_NODES, "", 0, 0); /* what it is worth for: metadata_names.h */
        tree->nodes = true;
    }
    if (r == 0) {
        (void)futimens(fd, times); /* a time that the host cannot have is no reason to give up */
    }
    if (close(fd) != 0 && r == 0) {
        r = complain("%s: %s", shown(path), strerror(errno));
    }
    return r;
}
