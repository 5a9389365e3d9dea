/* The process table's file: found or made, believed only where nobody else can have put it there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/table.h"

bool process_table_directory(unsigned which, char *to, size_t size)
{
    /* The XDG base directory specification: a relative path is to be ignored. */
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool usable = runtime != NULL && runtime[0] == '/';
    int n = -1;
    if (usable && which == 0) {
        n = snprintf(to, size, "%s/dragoman", runtime);
    } else if (which == (usable ? 1 : 0)) {
        n = snprintf(to, size, "/tmp/dragoman-%u", (unsigned)geteuid());
    }
    return n > 0 && (size_t)n < size;
}

/* Owned by the caller, and nobody else may write or read. */
static bool is_private(int fd, mode_t type, struct stat *st)
{
    if (fstat(fd, st) != 0) {
        return false;
    }
    if ((st->st_mode & S_IFMT) != type || st->st_uid != geteuid() || (st->st_mode & 077) != 0) {
        errno = EPERM;
        return false;
    }
    return true;
}

/*
 * Of full size, with its blocks: writing into a hole of a full file system raises SIGBUS. Two that make the file at
 * once do the same.
 */
static bool sized(int fd, const struct stat *st, bool make)
{
    if (st->st_size == (off_t)sizeof(struct process_table)) {
        return true;
    }
    if (!make || st->st_size != 0) {
        errno = EINVAL;
        return false;
    }
    return fallocate(fd, 0, 0, sizeof(struct process_table)) == 0;
}

static int open_file(const char *directory, bool make)
{
    struct stat st;
    if (make) {
        mkdir(directory, 0700); /* what is there already is looked at below */
    }
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) {
        return -1;
    }
    int fd = -1;
    if (is_private(dir, S_IFDIR, &st)) {
        fd = openat(dir, PROCESS_TABLE_FILE, (make ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0600);
    }
    close(dir);
    if (fd >= 0 && !(is_private(fd, S_IFREG, &st) && sized(fd, &st, make))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct process_table *process_table_map_fd(int fd, bool write, void *at)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size != (off_t)sizeof(struct process_table)) {
        errno = EINVAL;
        return NULL;
    }
    int prot = write ? PROT_READ | PROT_WRITE : PROT_READ;
    void *got = mmap(at, sizeof(struct process_table), prot, MAP_SHARED | (at != NULL ? MAP_FIXED : 0), fd, 0);
    return got != MAP_FAILED ? got : NULL;
}

struct process_table *process_table_map(const char *directory, bool make, void *at)
{
    int fd = open_file(directory, make);
    if (fd < 0) {
        return NULL;
    }
    struct process_table *table = process_table_map_fd(fd, make, at);
    close(fd);
    return table;
}
