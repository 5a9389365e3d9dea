#include "instance/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/mark.h"
#include "instance/remove.h"

enum { NAME_MAX_ = 48, DIGITS = 16 };

static void record_name(uint64_t mark, const char *suffix, char out[NAME_MAX_])
{
    snprintf(out, NAME_MAX_, "%016llx%s", (unsigned long long)mark, suffix);
}

/* Between being made and being locked it looks left behind: then somebody may have removed it. */
int record_begin(int worlds, uint64_t mark)
{
    char name[NAME_MAX_];
    struct stat st;
    record_name(mark, "", name);
    for (;;) {
        int fd = openat(worlds, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) {
            return -errno;
        }
        if (flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0) {
            return fd;
        }
        close(fd);
    }
}

int record_files(int worlds, uint64_t mark, char *path, size_t size)
{
    char name[NAME_MAX_], link[32];
    record_name(mark, ".files", name);
    if (mkdirat(worlds, name, 0700) != 0) {
        return -errno;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", worlds);
    ssize_t n = readlink(link, path, size);
    if (n < 0) {
        return -errno;
    }
    int more = (size_t)n < size ? snprintf(path + n, size - (size_t)n, "/%s", name) : 0;
    return more > 0 && (size_t)more < size - (size_t)n ? 0 : -ENAMETOOLONG;
}

static bool remove_both(int worlds, const char *name)
{
    char files[NAME_MAX_];
    snprintf(files, sizeof files, "%.20s.files", name);
    return remove_tree(worlds, files) == 0 && (unlinkat(worlds, name, 0) == 0 || errno == ENOENT);
}

void record_end(int worlds, uint64_t mark, int fd)
{
    char name[NAME_MAX_];
    record_name(mark, "", name);
    remove_both(worlds, name);
    close(fd);
}

static void reap(int worlds, const char *name, uint64_t mark)
{
    int fd = openat(worlds, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && mark_end(mark)) {
        remove_both(worlds, name);
    }
    close(fd);
}

void record_reap(int worlds)
{
    int again = openat(worlds, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
        char *end;
        uint64_t mark = strtoull(d->d_name, &end, 16);
        if (end - d->d_name == DIGITS && *end == '\0' && mark_is_one(mark)) {
            reap(worlds, d->d_name, mark);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
}
