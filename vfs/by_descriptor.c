#include "vfs/by_descriptor.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"

enum { LINK_ROOM = 32 };

/* The host's link to a descriptor, in `room`. */
static const char *link_of(int64_t fd, char room[LINK_ROOM])
{
    struct text x = {.at = room, .size = LINK_ROOM};
    text_str(&x, "/proc/self/fd/");
    text_dec(&x, fd);
    return text_cstr(&x);
}

/* To be read, or where that is refused to be written: both lets it be changed. A fifo or device is not touched so. */
static int64_t open_file(int64_t place, uint32_t *kind)
{
    char room[LINK_ROOM];
    struct statx x;
    const uint64_t flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int64_t r = host_call5(__NR_statx, place, "", AT_EMPTY_PATH, STATX_TYPE, &x);
    if (r < 0) {
        return r;
    }
    *kind = x.stx_mode & S_IFMT;
    if (*kind != S_IFREG && *kind != S_IFDIR) {
        return -EPERM;
    }
    r = host_call3(__NR_open, link_of(place, room), O_RDONLY | flags, 0);
    return r == -EACCES && *kind == S_IFREG ? host_call3(__NR_open, link_of(place, room), O_WRONLY | flags, 0) : r;
}

int64_t change_by_descriptor(int64_t refused, long nr, int dirfd, const char *name, bool follow, uint64_t a, uint64_t b,
                             uint64_t c, uint64_t d, uint32_t *kind)
{
    char room[LINK_ROOM];
    uint32_t found = 0;
    if (kind != NULL) {
        *kind = 0;
    }
    if (refused != -EPERM) {
        return refused;
    }
    bool itself = name[0] == '\0';
    int64_t place = host_call4(__NR_openat, dirfd, itself ? (dirfd == AT_FDCWD ? "." : link_of(dirfd, room)) : name,
                               O_PATH | O_CLOEXEC | (follow || itself ? 0 : O_NOFOLLOW), 0);
    if (place < 0) {
        return refused;
    }
    /* Where the keeper makes such changes, it needs a place only; the host's kernel wants an open file. */
    int64_t r = host_raw(nr, (uint64_t)place, a, b, c, d, 0);
    int64_t file = -EBADF;
    if (r == -EBADF) {
        file = open_file(place, &found);
        r = file < 0 ? refused : host_raw(nr, (uint64_t)file, a, b, c, d, 0);
    }
    if (file >= 0) {
        host_call1(__NR_close, file);
    }
    host_call1(__NR_close, place);
    if (kind != NULL) {
        *kind = found;
    }
    return r;
}

int64_t times_by_descriptor(int dirfd, const char *name, bool follow, uint64_t times)
{
    uint32_t kind;
    int64_t r = change_by_descriptor(-EPERM, __NR_utimensat, dirfd, name, follow, 0, times, 0, 0, &kind);
    return r == -EPERM && (kind == S_IFLNK || kind == S_IFIFO || kind == S_IFSOCK) ? 0 : r;
}
