#include "instance/unpack/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/unpack/say.h"
#include "vfs/metadata_names.h"

enum { BLOCK = 256 * 1024 };

static struct directory_source *of(struct member_source *source)
{
    return (struct directory_source *)source;
}

static int fail_at(const struct directory_source *d, const char *path, int error)
{
    return complain("%s/%s: %s%s", shown(d->name), shown(path), strerror(error),
                    error == EACCES ? "; --link refers to a directory instead of copying it" : "");
}

/* The next name in the innermost directory that has one left, appended to d->path; NULL: all is done. */
static const char *next_name(struct directory_source *d)
{
    while (d->depth >= 0) {
        struct dirent *entry = readdir(d->open[d->depth]);
        if (entry == NULL) {
            closedir(d->open[d->depth--]);
        } else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return entry->d_name;
        }
    }
    return NULL;
}

static bool append_name(struct directory_source *d, const char *name)
{
    size_t at = d->length[d->depth];
    size_t length = strlen(name);
    if (at + length + 2 > sizeof d->path) {
        return false;
    }
    if (at > 0) {
        d->path[at++] = '/';
    }
    memcpy(d->path + at, name, length + 1);
    return true;
}

/* Later members come from inside this directory first. */
static int enter(struct directory_source *d, int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || d->depth == PATH_DEPTH_MAX) {
        int error = fd < 0 ? errno : ENAMETOOLONG;
        if (fd >= 0) {
            close(fd);
        }
        return fail_at(d, d->path, error);
    }
    DIR *opened = fdopendir(fd);
    if (opened == NULL) {
        close(fd);
        return complain("out of memory");
    }
    d->open[++d->depth] = opened;
    d->length[d->depth] = strlen(d->path);
    return 0;
}

static int open_file(struct directory_source *d, int dir, const char *name, const struct stat *st)
{
    struct stat again;
    d->file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (d->file < 0 || fstat(d->file, &again) != 0) {
        return fail_at(d, d->path, errno);
    }
    if (again.st_ino != st->st_ino || again.st_dev != st->st_dev) {
        return complain("%s/%s: replaced while it was read (try again)", shown(d->name), shown(d->path));
    }
    d->at = 0;
    d->size = again.st_size;
    return 0;
}

/* The path under which a file with several names was given before, or NULL; it is noted otherwise. */
static const char *earlier_name(struct directory_source *d, const struct stat *st)
{
    for (size_t i = 0; i < d->known_count; i++) {
        if (d->known[i].inode == st->st_ino && d->known[i].device == st->st_dev) {
            return d->known[i].path;
        }
    }
    if ((d->known_count & (d->known_count - 1)) == 0) { /* a power of two: grow to the next */
        struct directory_known *grown =
            realloc(d->known, (d->known_count != 0 ? 2 * d->known_count : 1) * sizeof *grown);
        if (grown == NULL) {
            return NULL; /* it becomes a file of its own */
        }
        d->known = grown;
    }
    char *copy = strdup(d->path);
    if (copy != NULL) {
        d->known[d->known_count++] = (struct directory_known){st->st_dev, st->st_ino, copy};
    }
    return NULL;
}

static void set_type(struct member *out, mode_t mode)
{
    out->type = S_ISDIR(mode)    ? MEMBER_DIRECTORY
                : S_ISLNK(mode)  ? MEMBER_SYMLINK
                : S_ISCHR(mode)  ? MEMBER_CHAR
                : S_ISBLK(mode)  ? MEMBER_BLOCK
                : S_ISFIFO(mode) ? MEMBER_FIFO
                : S_ISSOCK(mode) ? MEMBER_SOCKET
                                 : MEMBER_FILE;
}

/* What our own attribute says goes before what the host's file is. */
static void apply_metadata(const struct metadata *m, struct member *out)
{
    static const enum member_type types[] = {
        [METADATA_CHAR] = MEMBER_CHAR, [METADATA_BLOCK] = MEMBER_BLOCK, [METADATA_SOCKET] = MEMBER_SOCKET};
    out->uid = m->uid;
    out->gid = m->gid;
    out->flags = m->flags;
    if (m->has_mode) {
        out->mode = m->mode;
    }
    if (m->type != METADATA_AS_HOST) {
        out->type = types[m->type];
        out->major = m->major;
        out->minor = m->minor;
    }
}

static void apply_own(struct directory_source *d, int fd, struct member *out)
{
    char text[METADATA_TEXT_MAX];
    ssize_t n = fgetxattr(fd, METADATA_ATTRIBUTE, text, sizeof text);
    if (n > 0 && metadata_parse(text, (size_t)n, &d->metadata)) {
        apply_metadata(&d->metadata, out);
    }
}

/* The same of a link or a fifo, by what its directory tells of it: of fifos only of marked ones. */
static void apply_told(struct directory_source *d, int dir, const char *name, const struct stat *st, struct member *out)
{
    char list[METADATA_NAMES_MAX];
    bool asked = S_ISLNK(st->st_mode) || (S_ISFIFO(st->st_mode) && (st->st_mode & METADATA_MARK) != 0);
    ssize_t n = asked ? fgetxattr(dir, METADATA_NAMES, list, sizeof list) : 0;
    if (n > 0 && metadata_names_find(list, (size_t)n, name, &d->metadata)) {
        d->metadata.type = METADATA_AS_HOST; /* whatever it says */
        apply_metadata(&d->metadata, out);
    }
}

static int describe(struct directory_source *d, int dir, const char *name, const struct stat *st, struct member *out)
{
    bool mine = st->st_uid == d->owner;
    *out = (struct member){.path = d->path,
                           .mode = st->st_mode & 07777,
                           .uid = mine ? 0 : st->st_uid,
                           .gid = mine ? 0 : st->st_gid,
                           .major = major(st->st_rdev),
                           .minor = minor(st->st_rdev),
                           .size = st->st_size,
                           .mtime = st->st_mtim,
                           .flags = ""};
    set_type(out, st->st_mode);
    if (out->type != MEMBER_DIRECTORY && st->st_nlink > 1) {
        out->target = earlier_name(d, st);
        if (out->target != NULL) {
            out->type = MEMBER_HARDLINK;
            return 0;
        }
    }
    apply_told(d, dir, name, st, out);
    if (out->type == MEMBER_SYMLINK) {
        ssize_t n = readlinkat(dir, name, d->target, sizeof d->target - 1);
        if (n < 0) {
            return fail_at(d, d->path, errno);
        }
        d->target[n] = '\0';
        out->target = d->target;
    } else if (out->type == MEMBER_FILE) {
        if (open_file(d, dir, name, st) != 0) {
            return -1;
        }
        apply_own(d, d->file, out);
    } else if (out->type == MEMBER_DIRECTORY) {
        bool inside = st->st_dev == d->device && (st->st_dev != d->made_device || st->st_ino != d->made_inode);
        if (inside && enter(d, dir, name) != 0) {
            return -1;
        }
        if (inside) {
            apply_own(d, dirfd(d->open[d->depth]), out);
        }
    }
    return 0;
}

static int next(struct member_source *source, struct member *out)
{
    struct directory_source *d = of(source);
    struct stat st;
    if (d->file >= 0) {
        close(d->file);
        d->file = -1;
    }
    const char *name = next_name(d);
    if (name == NULL) {
        return 0;
    }
    if (!append_name(d, name)) {
        return fail_at(d, d->path, ENAMETOOLONG);
    }
    int dir = dirfd(d->open[d->depth]);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_at(d, d->path, errno);
    }
    return describe(d, dir, name, &st, out) == 0 ? 1 : -1;
}

static bool is_zero(const char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static int data(struct member_source *source, struct chunk *out)
{
    struct directory_source *d = of(source);
    while (d->file >= 0 && d->at < d->size) {
        ssize_t n = pread(d->file, d->buffer, BLOCK, d->at);
        if (n < 0) {
            return fail_at(d, d->path, errno);
        }
        if (n == 0) {
            return complain("%s/%s: shortened while it was read (try again)", shown(d->name), shown(d->path));
        }
        if (n > d->size - d->at) {
            n = (ssize_t)(d->size - d->at); /* it has grown meanwhile */
        }
        *out = (struct chunk){.data = d->buffer, .size = (size_t)n, .offset = d->at};
        d->at += n;
        if (!is_zero(d->buffer, (size_t)n)) {
            return 1;
        }
    }
    return 0;
}

int directory_start(struct directory_source *d, int fd, int made, const char *name)
{
    struct stat st;
    struct stat st_made;
    memset(d, 0, sizeof *d);
    d->source = (struct member_source){next, data};
    d->name = name;
    d->file = -1;
    d->owner = getuid();
    if (fstat(fd, &st) != 0 || fstat(made, &st_made) != 0) {
        close(fd);
        d->depth = -1;
        return complain("%s: %s", shown(name), strerror(errno));
    }
    d->device = st.st_dev;
    d->made_device = st_made.st_dev;
    d->made_inode = st_made.st_ino;
    d->open[0] = fdopendir(fd);
    d->buffer = malloc(BLOCK);
    if (d->open[0] == NULL) {
        close(fd);
        d->depth = -1;
    }
    return d->open[0] != NULL && d->buffer != NULL ? 0 : complain("out of memory");
}

void directory_end(struct directory_source *d)
{
    while (d->depth >= 0) {
        closedir(d->open[d->depth--]);
    }
    if (d->file >= 0) {
        close(d->file);
    }
    for (size_t i = 0; i < d->known_count; i++) {
        free(d->known[i].path);
    }
    free(d->known);
    free(d->buffer);
}
