#include "instance/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/complain.h"

enum {
    OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    ATTRIBUTE_MAX = 65536, /* the host's own bound of a list and of a value */
    BLOCK = 1 << 20,
};

/* A directory that is being copied: what is in it, and how far that has come. */
struct level {
    char *names; /* each with its NUL; the last is empty */
    char *next;
    dev_t device;
    ino_t inode;
};

struct copying {
    int from, to, links; /* where we are */
    struct level *levels;
    size_t depth, room;
    bool shares; /* the file system's files can have contents in common */
    const char *what;
};

static int fail_at(const struct copying *c, const char *name)
{
    int error = errno;
    return complain("%s: %s: %s%s", c->what, name, strerror(error),
                    error == ENOSPC || error == EDQUOT ? " (make some room)" : "");
}

static int copy_attributes(const struct copying *c, int from, int to, const char *name)
{
    static char list[ATTRIBUTE_MAX], value[ATTRIBUTE_MAX];
    ssize_t size = flistxattr(from, list, sizeof list);
    if (size < 0) {
        return errno == ENOTSUP ? 0 : fail_at(c, name);
    }
    for (const char *at = list; at < list + size; at += strlen(at) + 1) {
        /* What the host's security modules note, a new file gets from them. */
        bool wanted = strncmp(at, "user.", 5) == 0 || strncmp(at, "system.posix_acl_", 17) == 0 ||
                      strcmp(at, "security.capability") == 0;
        ssize_t n = wanted ? fgetxattr(from, at, value, sizeof value) : 0;
        if (n < 0 || (wanted && fsetxattr(to, at, value, (size_t)n, 0) != 0)) {
            return fail_at(c, name);
        }
    }
    return 0;
}

/* Owners first: a change of them takes set-id bits and capabilities away. Times last. */
static int copy_status(const struct copying *c, int from, int to, const struct stat *st, const char *name)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    if (fchown(to, st->st_uid, st->st_gid) != 0) {
        return fail_at(c, name);
    }
    if (copy_attributes(c, from, to, name) != 0) {
        return COMPLAINED;
    }
    return fchmod(to, st->st_mode & 07777) == 0 && futimens(to, times) == 0 ? 0 : fail_at(c, name);
}

static int copy_bytes(int from, int to, off_t at, off_t end)
{
    static char block[BLOCK];
    while (at < end) {
        size_t wanted = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
        ssize_t n = pread(from, block, wanted, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it became shorter: nobody may change it now */
            return -1;
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t written = pwrite(to, block + done, (size_t)(n - done), at + done);
            if (written < 0 && errno != EINTR) {
                return -1;
            }
            done += written > 0 ? written : 0;
        }
        at += n;
    }
    return 0;
}

/* With its holes; a file system that knows of none says that all is data. */
static int copy_data(struct copying *c, int from, int to, off_t size)
{
    off_t at = 0;
    if (c->shares && size > 0) {
        if (ioctl(to, FICLONE, from) == 0) {
            return 0;
        }
        c->shares = false;
    }
    if (ftruncate(to, size) != 0) {
        return -1;
    }
    while (at < size) {
        off_t start = lseek(from, at, SEEK_DATA);
        if (start < 0 && errno == ENXIO) {
            return 0;
        }
        off_t end = start >= 0 ? lseek(from, start, SEEK_HOLE) : -1;
        if (end <= start) {
            return -1;
        }
        if (copy_bytes(from, to, start, end) != 0) {
            return -1;
        }
        at = end;
    }
    return 0;
}

static int copy_file(struct copying *c, const char *name, const struct stat *st)
{
    int from = openat(c->from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int to = from >= 0 ? openat(c->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    int r = to < 0 || copy_data(c, from, to, st->st_size) != 0 ? fail_at(c, name) : copy_status(c, from, to, st, name);
    if (from >= 0) {
        close(from);
    }
    if (to >= 0 && close(to) != 0 && r == 0) {
        r = fail_at(c, name);
    }
    return r;
}

/* What is no file, no directory, and has no attributes that an ordinary user could set. */
static int copy_special(struct copying *c, const char *name, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    char *target = NULL;
    int r;
    if (S_ISLNK(st->st_mode)) {
        target = malloc((size_t)st->st_size + 1);
        ssize_t n = target != NULL ? readlinkat(c->from, name, target, (size_t)st->st_size + 1) : -1;
        if (n < 0 || n > st->st_size) {
            free(target);
            return fail_at(c, name);
        }
        target[n] = '\0';
        r = symlinkat(target, c->to, name);
        free(target);
    } else {
        r = mknodat(c->to, name, st->st_mode & S_IFMT, st->st_rdev);
    }
    if (r != 0 || fchownat(c->to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) != 0 ||
        (!S_ISLNK(st->st_mode) && fchmodat(c->to, name, st->st_mode & 07777, 0) != 0) ||
        utimensat(c->to, name, times, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_at(c, name);
    }
    return 0;
}

/*
 * A file with several names has one more, its number, in the directory of links, from its first name on: so nothing needs
 * to be remembered here, and no path. 1: it has this name now; 0: it is to be copied; or COMPLAINED, negative.
 */
static int link_known(struct copying *c, const char *number, const char *name)
{
    if (linkat(c->links, number, c->to, name, 0) == 0) {
        return 1;
    }
    if (errno == ENOENT) {
        return 0;
    }
    /* The file system's most names: the one more becomes the last. */
    return errno == EMLINK && renameat(c->links, number, c->to, name) == 0 ? 1 : -fail_at(c, name);
}

static int copy_one(struct copying *c, const char *name, const struct stat *st)
{
    char number[24];
    bool linked = st->st_nlink > 1;
    snprintf(number, sizeof number, "%" PRIu64, (uint64_t)st->st_ino);
    int known = linked ? link_known(c, number, name) : 0;
    if (known != 0) {
        return known > 0 ? 0 : -known;
    }
    int r = S_ISREG(st->st_mode) ? copy_file(c, name, st) : copy_special(c, name, st);
    if (r == 0 && linked && linkat(c->to, name, c->links, number, 0) != 0) {
        r = fail_at(c, name);
    }
    return r;
}

/* All names in a directory, in its own order. NULL with errno. */
static char *read_names(int fd)
{
    char *names = NULL;
    size_t used = 0, room = 0;
    int copy = openat(fd, ".", OPEN_DIRECTORY);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    if (list == NULL) {
        return NULL;
    }
    errno = 0;
    for (struct dirent *d; (d = readdir(list)) != NULL; errno = 0) {
        size_t size = strlen(d->d_name) + 1;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0) {
            continue;
        }
        if (used + size + 1 > room) {
            room = 2 * (used + size) + 256;
            char *grown = realloc(names, room);
            if (grown == NULL) {
                break;
            }
            names = grown;
        }
        memcpy(names + used, d->d_name, size);
        used += size;
    }
    int error = errno;
    closedir(list);
    if (error == 0 && names == NULL) {
        names = calloc(1, 1);
    } else if (error == 0) {
        names[used] = '\0';
    } else {
        free(names);
        names = NULL;
    }
    errno = error;
    return names;
}

/* Takes what is open now as one level more. */
static int push_level(struct copying *c, const char *name)
{
    struct stat st;
    if (c->depth == c->room) {
        size_t room = c->room != 0 ? 2 * c->room : 32;
        struct level *grown = realloc(c->levels, room * sizeof *grown);
        if (grown == NULL) {
            return fail_at(c, name);
        }
        c->levels = grown;
        c->room = room;
    }
    char *names = read_names(c->from);
    if (names == NULL || fstat(c->from, &st) != 0) {
        free(names);
        return fail_at(c, name);
    }
    c->levels[c->depth++] = (struct level){names, names, st.st_dev, st.st_ino};
    return 0;
}

static int go_down(struct copying *c, const char *name, const struct stat *st)
{
    if (st->st_dev != c->levels[c->depth - 1].device) {
        errno = EXDEV;
        return fail_at(c, name);
    }
    int from = openat(c->from, name, OPEN_DIRECTORY);
    int to = from >= 0 && mkdirat(c->to, name, 0700) == 0 ? openat(c->to, name, OPEN_DIRECTORY) : -1;
    if (to < 0) {
        int r = fail_at(c, name);
        if (from >= 0) {
            close(from);
        }
        return r;
    }
    close(c->from);
    close(c->to);
    c->from = from;
    c->to = to;
    return push_level(c, name);
}

/* The directory is done: it gets what it has itself, and the one above is gone on with. */
static int go_up(struct copying *c)
{
    struct stat st;
    struct level *below = &c->levels[--c->depth];
    free(below->names);
    int r = fstat(c->from, &st) == 0 ? copy_status(c, c->from, c->to, &st, "a directory") : fail_at(c, "a directory");
    if (r != 0 || c->depth == 0) {
        return r;
    }
    const struct level *above = &c->levels[c->depth - 1];
    int from = openat(c->from, "..", OPEN_DIRECTORY), to = openat(c->to, "..", OPEN_DIRECTORY);
    if (from < 0 || to < 0 || fstat(from, &st) != 0) {
        r = fail_at(c, "..");
    } else if (st.st_ino != above->inode || st.st_dev != above->device) {
        r = complain("%s: it was changed while it was copied (try again)", c->what);
    }
    close(c->from);
    close(c->to);
    c->from = from;
    c->to = to;
    return r;
}

static int step(struct copying *c)
{
    struct stat st;
    struct level *here = &c->levels[c->depth - 1];
    const char *name = here->next;
    if (*name == '\0') {
        return go_up(c);
    }
    here->next += strlen(name) + 1;
    if (fstatat(c->from, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_at(c, name);
    }
    return S_ISDIR(st.st_mode) ? go_down(c, name, &st) : copy_one(c, name, &st);
}

int copy_inside(int from, int to, int links, const char *what)
{
    struct copying c = {.links = links, .shares = true, .what = what};
    c.from = openat(from, ".", OPEN_DIRECTORY);
    c.to = c.from >= 0 ? openat(to, ".", OPEN_DIRECTORY) : -1;
    int r = c.to >= 0 ? push_level(&c, ".") : fail_at(&c, ".");
    while (r == 0 && c.depth > 0) {
        r = step(&c);
    }
    while (c.depth > 0) {
        free(c.levels[--c.depth].names);
    }
    free(c.levels);
    if (c.from >= 0) {
        close(c.from);
    }
    if (c.to >= 0) {
        close(c.to);
    }
    return r;
}
