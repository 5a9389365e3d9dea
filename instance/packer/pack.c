#include "instance/packer/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/metadata.h"
#include "instance/unpack/say.h"
#include "vfs/metadata_names.h"

static int fail_at(const struct packer *p, int error)
{
    return complain("%s: %s%s", shown(p->path[0] != '\0' ? p->path : "/"), strerror(error),
                    error == EACCES ? " (have who may read it make an archive: tar; dragoman instance import)" : "");
}

/* Names in the archive begin with "./", as tar's do that was given "." */
static void set_name(void (*set)(struct archive_entry *, const char *), struct archive_entry *entry, const char *path)
{
    char name[PATH_ROOM + 2];
    snprintf(name, sizeof name, "./%s", path);
    set(entry, name);
}

/* What our own attribute says goes before what the host's file is. */
static void apply_metadata(const struct packer *p, const struct metadata *m, struct archive_entry *entry)
{
    static const unsigned types[] = {
        [METADATA_CHAR] = AE_IFCHR, [METADATA_BLOCK] = AE_IFBLK, [METADATA_SOCKET] = AE_IFSOCK};
    if (!p->owners) {
        archive_entry_set_uid(entry, m->uid);
        archive_entry_set_gid(entry, m->gid);
    }
    if (m->has_mode) {
        archive_entry_set_perm(entry, m->mode);
    }
    if (m->flags[0] != '\0') {
        archive_entry_copy_fflags_text(entry, m->flags);
    }
    if (m->type != METADATA_AS_HOST) {
        archive_entry_set_filetype(entry, types[m->type]);
        archive_entry_set_size(entry, 0);
        archive_entry_set_rdevmajor(entry, m->major);
        archive_entry_set_rdevminor(entry, m->minor);
    }
}

static void apply_own(const struct packer *p, int fd, struct archive_entry *entry)
{
    char text[METADATA_TEXT_MAX];
    struct metadata m;
    ssize_t n = fgetxattr(fd, METADATA_ATTRIBUTE, text, sizeof text);
    if (n > 0 && metadata_parse(text, (size_t)n, &m)) {
        apply_metadata(p, &m, entry);
    }
}

/* The same of a link or a fifo, by what its directory tells of it: of fifos only of marked ones. */
static void apply_told(const struct packer *p, int dir, const char *name, const struct stat *st,
                       struct archive_entry *entry)
{
    char list[METADATA_NAMES_MAX];
    struct metadata m;
    bool asked = S_ISLNK(st->st_mode) || (S_ISFIFO(st->st_mode) && (st->st_mode & METADATA_MARK) != 0);
    ssize_t n = asked ? fgetxattr(dir, METADATA_NAMES, list, sizeof list) : 0;
    if (n > 0 && metadata_names_find(list, (size_t)n, name, &m)) {
        m.type = METADATA_AS_HOST; /* whatever it says */
        apply_metadata(p, &m, entry);
    }
}

static void apply_stat(const struct packer *p, const struct stat *st, struct archive_entry *entry)
{
    archive_entry_set_filetype(entry, st->st_mode & S_IFMT);
    archive_entry_set_perm(entry, st->st_mode & 07777);
    archive_entry_set_uid(entry, !p->owners && st->st_uid == p->user ? 0 : st->st_uid);
    archive_entry_set_gid(entry, !p->owners && st->st_gid == p->group ? 0 : st->st_gid);
    archive_entry_set_mtime(entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
    archive_entry_set_size(entry, S_ISREG(st->st_mode) ? st->st_size : 0);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
        archive_entry_set_rdevmajor(entry, major(st->st_rdev));
        archive_entry_set_rdevminor(entry, minor(st->st_rdev));
    }
}

/* Writes an entry, and the data of a file that has some. `fd`: of files and directories, else -1. */
static int write_entry(struct packer *p, int fd, const struct stat *st, struct archive_entry *entry)
{
    if (fd >= 0 && pack_attributes(p, fd, entry) != 0) {
        return -1;
    }
    bool data = archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL && st->st_size > 0;
    if (data && pack_sparse(p, fd, st, entry) != 0) {
        return -1;
    }
    if (archive_entry_filetype(entry) == AE_IFSOCK) {
        p->sockets++;
        return 0;
    }
    if (archive_write_header(p->archive, entry) < ARCHIVE_WARN) {
        return pack_fails_writing(p);
    }
    p->files++;
    progress_at(0, p->files, p->bytes);
    return data ? pack_data(p, fd, st->st_size) : 0;
}

static int open_file(struct packer *p, int dir, const char *name, const struct stat *st)
{
    struct stat again;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &again) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fail_at(p, error);
    }
    if (again.st_ino != st->st_ino || again.st_dev != st->st_dev) {
        close(fd);
        return complain("%s: replaced while it was read (try again)", shown(p->path));
    }
    return fd;
}

static int set_symlink(struct packer *p, int dir, const char *name, struct archive_entry *entry)
{
    char target[PATH_ROOM];
    ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
    if (n < 0) {
        return fail_at(p, errno);
    }
    target[n] = '\0';
    archive_entry_set_symlink(entry, target);
    return 0;
}

/* Anything but a directory, in `dir`; `top`: the topmost part of that, which tells of what is in all. */
static int pack_other(struct packer *p, int dir, int top, const char *name, const struct stat *st,
                      struct archive_entry *entry)
{
    if (S_ISSOCK(st->st_mode)) {
        p->sockets++; /* no archive has them, and whoever listens makes them anew */
        return 0;
    }
    const char *earlier = st->st_nlink > 1 ? links_note(p, st->st_dev, st->st_ino) : NULL;
    int fd = -1, r = 0;
    apply_stat(p, st, entry);
    apply_told(p, top, name, st, entry);
    if (S_ISREG(st->st_mode)) {
        fd = open_file(p, dir, name, st);
        if (fd < 0) {
            return -1;
        }
        apply_own(p, fd, entry);
    }
    if (earlier !=
        NULL) { /* the name alone: all else is said where it stands first, and here again what tar has in its header */
        set_name(archive_entry_set_hardlink, entry, earlier);
        archive_entry_set_size(entry, 0);
    } else if (S_ISLNK(st->st_mode)) {
        r = set_symlink(p, dir, name, entry);
    }
    r = r == 0 ? write_entry(p, earlier == NULL ? fd : -1, st, entry) : r;
    if (fd >= 0) {
        close(fd);
    }
    return r;
}

static int pack_directory(struct packer *p, const struct layers_dir *dir, const struct stat *st, unsigned depth);

/* Below a directory that is mounted, or left out, nothing counts. */
static bool is_inside(const struct packer *p, const struct stat *st)
{
    return st->st_dev == p->device && (st->st_dev != p->without_dev || st->st_ino != p->without_inode);
}

static int pack_named(struct packer *p, const struct layers_dir *dir, const struct layers_entry *e, unsigned depth)
{
    static const char whiteout[] = ".wh.";
    struct stat st;
    int part = dir->fds[e->part];
    if (p->image && strncmp(e->name, whiteout, strlen(whiteout)) == 0) {
        return complain("%s: in an image such a name removes a file (rename it, or export as tar)", shown(p->path));
    }
    if (fstatat(part, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_at(p, errno);
    }
    struct archive_entry *entry = NULL;
    struct layers_dir inner = {0};
    int r = 0;
    if (S_ISDIR(st.st_mode)) {
        r = layers_enter(dir, e, p->path, &inner);
        r = r == 0 ? pack_directory(p, &inner, &st, depth + 1) : r;
        layers_close(&inner);
        return r;
    }
    entry = archive_entry_new();
    if (entry == NULL) {
        return complain("out of memory");
    }
    set_name(archive_entry_set_pathname, entry, p->path);
    r = pack_other(p, part, dir->fds[0], e->name, &st, entry);
    archive_entry_free(entry);
    return r;
}

static int pack_inside(struct packer *p, const struct layers_dir *dir, unsigned depth)
{
    struct layers_list list;
    size_t length = strlen(p->path);
    if (depth > PATH_DEPTH_MAX) {
        return complain("%s: directories more than %d deep (move what is in there further up)", shown(p->path),
                        PATH_DEPTH_MAX);
    }
    int r = layers_list(dir, p->path, &list);
    for (size_t i = 0; i < list.count && r == 0; i++) {
        int n =
            snprintf(p->path + length, sizeof p->path - length, "%s%s", length > 0 ? "/" : "", list.entries[i].name);
        r = n < 0 || (size_t)n >= sizeof p->path - length ? fail_at(p, ENAMETOOLONG)
                                                          : pack_named(p, dir, &list.entries[i], depth);
        p->path[length] = '\0';
    }
    layers_list_free(&list);
    return r;
}

/* `st`: of its topmost part. */
static int pack_directory(struct packer *p, const struct layers_dir *dir, const struct stat *st, unsigned depth)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        return complain("out of memory");
    }
    set_name(archive_entry_set_pathname, entry, p->path);
    apply_stat(p, st, entry);
    apply_own(p, dir->fds[0], entry);
    int r = write_entry(p, dir->fds[0], st, entry);
    archive_entry_free(entry);
    return r == 0 && is_inside(p, st) ? pack_inside(p, dir, depth) : r;
}

int pack_root(struct packer *p, const struct layers_dir *root)
{
    struct stat st;
    if (fstat(root->fds[0], &st) != 0) {
        return fail_at(p, errno);
    }
    p->device = st.st_dev;
    p->path[0] = '\0';
    return pack_directory(p, root, &st, 0);
}
