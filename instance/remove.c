#include "instance/remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_below(int dirfd, dev_t device, int depth);

/* Each level holds a descriptor. What is unpacked is never so deep (unpack/tree.c). */
enum { DEPTH_MAX = 256 };

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

static int remove_directory(int dirfd, const char *name, dev_t device, int depth)
{
    struct stat st;
    int fd = open_directory(dirfd, name);
    if (fd < 0) {
        return fd == -ENOENT ? 0 : fd;
    }
    if (fstat(fd, &st) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    if (device != 0 && st.st_dev != device) {
        close(fd);
        return -EXDEV;
    }
    if ((st.st_mode & 0700) != 0700) {
        (void)fchmod(fd, 0700); /* where that fails, so does what follows, and says so */
    }
    int error = depth < DEPTH_MAX ? remove_below(fd, st.st_dev, depth + 1) : -ELOOP;
    if (error != 0) {
        return error;
    }
    return unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

static int remove_one(int dirfd, const char *name, dev_t device, int depth)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    return errno == EISDIR ? remove_directory(dirfd, name, device, depth) : -errno;
}

/* Takes the descriptor. What is left after an error is left; the rest is removed all the same. */
static int remove_below(int dirfd, dev_t device, int depth)
{
    DIR *dir = fdopendir(dirfd);
    int error = 0;
    if (dir == NULL) {
        error = -errno;
        close(dirfd);
        return error;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        int r = is_dots(entry->d_name) ? 0 : remove_one(dirfd, entry->d_name, device, depth);
        error = error != 0 ? error : r;
    }
    closedir(dir);
    return error;
}

int remove_inside(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return remove_below(fd, st.st_dev, 0);
}

int remove_tree(int dirfd, const char *name)
{
    return remove_one(dirfd, name, 0, 0);
}
