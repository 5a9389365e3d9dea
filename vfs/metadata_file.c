/* One file's attribute and mode on the host; see metadata_file.h. */
#include "vfs/metadata_file.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "vfs/by_descriptor.h"
#include "vfs/metadata.h"

/* How a place is reached: a descriptor, or a path that calls without a directory take. */
struct way {
    int fd; /* -1: by path */
    const char *path;
    char text[METADATA_NAME_MAX + 32];
};

/* False: the path would be too long. */
static bool find_way(const struct metadata_place *at, struct way *w)
{
    struct text x = TEXT_ON(w->text);
    w->fd = -1;
    w->path = at->name;
    if (at->name[0] == '/' || (at->dirfd == AT_FDCWD && at->name[0] != '\0')) {
        return true;
    }
    w->path = w->text;
    if (at->dirfd == AT_FDCWD) {
        text_str(&x, ".");
    } else {
        text_str(&x, "/proc/self/fd/");
        text_dec(&x, at->dirfd);
        if (at->name[0] != '\0') {
            text_char(&x, '/');
            text_str(&x, at->name);
        } else {
            w->fd = at->dirfd;
        }
    }
    return x.length < x.size && text_cstr(&x) != NULL;
}

/* A link at the end is followed unless the place says otherwise; a descriptor's own link in /proc always is. */
static bool follows(const struct metadata_place *at)
{
    return (at->flags & AT_SYMLINK_NOFOLLOW) == 0 || at->name[0] == '\0';
}

/* By the descriptor; one that stands for a path alone (O_PATH) is refused so, and taken by its link. */
static bool by_descriptor(const struct way *w, int64_t r)
{
    return w->fd >= 0 && r != -EBADF;
}

int64_t metadata_get_named(const struct metadata_place *at, const char *attribute, void *value, uint64_t size)
{
    struct way w;
    if (!find_way(at, &w)) {
        return -ENAMETOOLONG;
    }
    int64_t r = w.fd >= 0 ? host_call4(__NR_fgetxattr, w.fd, attribute, value, size) : -EBADF;
    return by_descriptor(&w, r)
               ? r
               : host_call4(follows(at) ? __NR_getxattr : __NR_lgetxattr, w.path, attribute, value, size);
}

int64_t metadata_set_named(const struct metadata_place *at, const char *attribute, const void *value, uint64_t size,
                           int flags)
{
    struct way w;
    if (!find_way(at, &w)) {
        return -ENAMETOOLONG;
    }
    int64_t r = w.fd >= 0 ? host_call5(__NR_fsetxattr, w.fd, attribute, value, size, flags) : -EBADF;
    if (by_descriptor(&w, r)) {
        return r;
    }
    r = host_call5(follows(at) ? __NR_setxattr : __NR_lsetxattr, w.path, attribute, value, size, flags);
    return change_by_descriptor(r, __NR_fsetxattr, at->dirfd, at->name, follows(at), (uint64_t)attribute,
                                (uint64_t)value, size, (uint64_t)flags, NULL);
}

int64_t metadata_remove_named(const struct metadata_place *at, const char *attribute)
{
    struct way w;
    if (!find_way(at, &w)) {
        return -ENAMETOOLONG;
    }
    int64_t r = w.fd >= 0 ? host_call2(__NR_fremovexattr, w.fd, attribute) : -EBADF;
    if (by_descriptor(&w, r)) {
        return r;
    }
    r = host_call2(follows(at) ? __NR_removexattr : __NR_lremovexattr, w.path, attribute);
    return change_by_descriptor(r, __NR_fremovexattr, at->dirfd, at->name, follows(at), (uint64_t)attribute, 0, 0, 0,
                                NULL);
}

int64_t metadata_list(const struct metadata_place *at, void *list, uint64_t size)
{
    struct way w;
    if (!find_way(at, &w)) {
        return -ENAMETOOLONG;
    }
    int64_t r = w.fd >= 0 ? host_call3(__NR_flistxattr, w.fd, list, size) : -EBADF;
    return by_descriptor(&w, r) ? r : host_call3(follows(at) ? __NR_listxattr : __NR_llistxattr, w.path, list, size);
}

bool metadata_read(const struct metadata_place *at, struct metadata *out)
{
    char text[METADATA_TEXT_MAX];
    int64_t n = metadata_get_named(at, METADATA_ATTRIBUTE, text, sizeof text);
    return n >= 0 && metadata_parse(text, (size_t)n, out);
}

int64_t metadata_write(const struct metadata_place *at, const struct metadata *m)
{
    char text[METADATA_TEXT_MAX];
    size_t size = metadata_format(m, text);
    int64_t r = metadata_set_named(at, METADATA_ATTRIBUTE, text, size, 0);
    return r == -EOPNOTSUPP ? -EPERM : r;
}

void metadata_remove(const struct metadata_place *at)
{
    metadata_remove_named(at, METADATA_ATTRIBUTE);
}

static bool is_own(const struct metadata_place *at)
{
    struct statx x;
    return host_call5(__NR_statx, at->dirfd, at->name, AT_EMPTY_PATH, STATX_UID, &x) == 0 &&
           x.stx_uid == host_call0(__NR_geteuid);
}

int64_t metadata_set_mode(const struct metadata_place *at, uint32_t mode)
{
    struct way w;
    if (!find_way(at, &w)) {
        return -ENAMETOOLONG;
    }
    int64_t r = w.fd >= 0 ? host_call2(__NR_fchmod, w.fd, mode) : -EBADF;
    if (by_descriptor(&w, r)) {
        return r;
    }
    uint32_t kind;
    r = host_call2(__NR_chmod, w.path, mode);
    r = change_by_descriptor(r, __NR_fchmod, at->dirfd, at->name, true, mode, 0, 0, 0, &kind);
    /* Opening one of these would be noticed at its other end: what is one's own stays as it is. */
    return r == -EPERM && (kind == S_IFIFO || kind == S_IFSOCK) && is_own(at) ? 0 : r;
}
