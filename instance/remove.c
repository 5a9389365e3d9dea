#include "instance/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One removal: what lies too deep for a descriptor to each level is moved into its topmost directory first. */
struct removal {
    int top;
    dev_t device;
    unsigned moved; /* names given out there */
};

static int remove_below(struct removal *r, int dirfd, int depth);

enum { DEPTH_MAX = 256, MOVE_TRIES = 1000 };

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int open_directory(int dirfd, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dirfd, name, flags);
    if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0) {
        fd = openat(dirfd, name, flags);
    }
    return fd < 0 ? -errno : fd;
}

/* Out of the depth, to be removed with what else is at the top. */
static int move_up(struct removal *r, int dirfd, const char *name)
{
    char new_name[40];
    for (int tries = 0; tries < MOVE_TRIES; tries++) {
        snprintf(new_name, sizeof new_name, ".dragoman.deep.%u", r->moved++);
        if (renameat2(dirfd, name, r->top, new_name, RENAME_NOREPLACE) == 0) {
            return 0;
        }
        if (errno != EEXIST) {
            return -errno;
        }
    }
    return -EEXIST;
}

static int remove_directory(struct removal *r, int dirfd, const char *name, int depth)
{
    struct stat st;
    int fd = open_directory(dirfd, name);
    if (fd < 0) {
        return fd == -ENOENT ? 0 : fd;
    }
    int error = fstat(fd, &st) != 0 ? -errno : 0;
    if (error == 0 && st.st_dev != r->device) {
        error = -EXDEV;
    }
    if (error != 0) {
        close(fd);
        return error;
    }
    if ((st.st_mode & 0700) != 0700) {
        (void)fchmod(fd, 0700); /* where that fails, so does what follows, and says so */
    }
    if (depth == DEPTH_MAX) {
        close(fd);
        return move_up(r, dirfd, name);
    }
    error = remove_below(r, fd, depth + 1);
    if (error != 0) {
        return error;
    }
    return unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

static int remove_one(struct removal *r, int dirfd, const char *name, int depth)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    return errno == EISDIR ? remove_directory(r, dirfd, name, depth) : -errno;
}

/* Takes the descriptor. What is left after an error is left; the rest is removed all the same. */
static int remove_below(struct removal *r, int dirfd, int depth)
{
    DIR *dir = fdopendir(dirfd);
    int error = 0;
    if (dir == NULL) {
        error = -errno;
        close(dirfd);
        return error;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        int one = is_dots(entry->d_name) ? 0 : remove_one(r, dirfd, entry->d_name, depth);
        error = error != 0 ? error : one;
    }
    closedir(dir);
    return error;
}

int remove_inside(int fd)
{
    struct stat st;
    int error = fstat(fd, &st) != 0 ? -errno : 0;
    struct removal r = {.top = fd, .device = st.st_dev};
    unsigned moved;
    if (error == 0 && (st.st_mode & 0700) != 0700) {
        (void)fchmod(fd, 0700);
    }
    do {
        moved = r.moved;
        int copy = error == 0 ? openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (error == 0) {
            error = copy >= 0 ? remove_below(&r, copy, 0) : -errno;
        }
    } while (error == 0 && r.moved != moved);
    close(fd);
    return error;
}

int remove_tree(int dirfd, const char *name)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if (errno != EISDIR) {
        return -errno;
    }
    int fd = open_directory(dirfd, name);
    if (fd < 0) {
        return fd == -ENOENT ? 0 : fd;
    }
    int error = remove_inside(fd);
    return error != 0 ? error : unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}
