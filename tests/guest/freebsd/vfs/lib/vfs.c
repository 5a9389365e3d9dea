#include "vfs.h"

static char buffer[8192] __attribute__((aligned(8)));

int64_t vfs_read_names(int fd, struct vfs_names *names, size_t size)
{
    int64_t n, base;

    names->count = 0;
    while ((n = SYS(getdirentries, fd, buffer, size, &base)) > 0) {
        for (int64_t at = 0; at < n;) {
            const struct freebsd_dirent *d = (const void *)(buffer + at);

            if (names->count == VFS_NAMES_MAX)
                return -FREEBSD_ENOMEM;
            guest_format(names->list[names->count].name, 64, "%s", d->name);
            names->list[names->count].type = d->type;
            names->list[names->count].behind = d->off;
            names->count++;
            at += d->reclen;
        }
    }
    return n;
}

int64_t vfs_names_of(const char *path, struct vfs_names *names)
{
    int64_t fd = SYS(open, path, FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY), r;

    names->count = 0;
    if (fd < 0)
        return fd;
    r = vfs_read_names((int)fd, names, 4096);
    SYS(close, fd);
    return r;
}

int vfs_type_in(const struct vfs_names *names, const char *name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (guest_strcmp(names->list[i].name, name) == 0)
            return names->list[i].type;
    return -1;
}

const char *vfs_link(int dirfd, const char *path)
{
    static char text[1024];
    int64_t n = MUST(SYS(readlinkat, dirfd, path, text, sizeof(text) - 1));

    text[n < 0 ? 0 : n] = 0;
    return text;
}

int64_t vfs_mode(const char *path, int flags)
{
    struct freebsd_stat st;
    int64_t r = SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, flags);

    return r < 0 ? r : st.mode;
}

const char *vfs_text(const char *path)
{
    static char text[32768];
    int64_t fd = SYS(open, path, FREEBSD_O_RDONLY), n, done = 0;

    while (fd >= 0 && (n = SYS(read, fd, text + done, sizeof(text) - 1 - done)) > 0)
        done += n;
    SYS(close, fd);
    text[done] = 0;
    return text;
}

bool vfs_contains(const char *text, const char *part)
{
    for (; *text; text++)
        if (guest_starts(text, part))
            return true;
    return *part == 0;
}
