/* Looking paths up in a foreign system's tree first; see sysroot.h. */
#include "vfs/sysroot.h"

#include "base/host.h"
#include "base/mem.h"
#include "vfs/path.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

bool sysroot_covers(const char *path)
{
    static const char *const names[] = {"bin", "etc", "lib", "libexec", "rescue", "sbin", "usr"};

    while (*path == '/') {
        path++;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = hot_strlen(names[i]);

        if (hot_strncmp(path, names[i], n) == 0 && (path[n] == 0 || path[n] == '/')) {
            return true;
        }
    }
    return false;
}

const char *sysroot_strip(const char *sysroot, const char *host)
{
    size_t n = hot_strlen(sysroot);

    if (n == 0 || hot_strncmp(host, sysroot, n) != 0) {
        return NULL;
    }
    if (host[n] == 0) {
        return "/";
    }
    return host[n] == '/' ? host + n : NULL;
}

/* Finds `inner` with the sysroot as root directory; writes the host path of what it names. 0 or -errno. */
static int64_t look_up(const char *sysroot, const char *inner, bool follow, struct vfs_path *out)
{
    struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW),
        .resolve = RESOLVE_IN_ROOT,
    };
    int64_t root = host_call4(__NR_openat, AT_FDCWD, sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    int64_t fd, r;

    if (root < 0) {
        return root;
    }
    fd = host_call4(__NR_openat2, root, inner, &how, sizeof(how));
    host_call1(__NR_close, root);
    if (fd < 0) {
        return fd;
    }
    r = path_of_descriptor((int)fd, out->name, sizeof(out->name));
    host_call1(__NR_close, fd);
    out->dirfd = AT_FDCWD;
    return r < 0 ? r : 0;
}

/* Splits off the last component: `parent` receives what stands before it. Returns where it starts. */
static const char *split_last(const char *path, char *parent, size_t size)
{
    size_t end = hot_strlen(path);

    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    while (end > 0 && path[end - 1] != '/') {
        end--;
    }
    hot_strlcpy(parent, path, end + 1 < size ? end + 1 : size);
    return path + end;
}

/* A name that does not exist yet: the directory it would stand in. */
static int64_t look_up_parent(const char *sysroot, const char *inner, struct vfs_path *out)
{
    char parent[VFS_HOST_PATH_MAX];
    const char *last = split_last(inner, parent, sizeof(parent));
    int64_t r = look_up(sysroot, parent[0] ? parent : "/", true, out);
    size_t n;

    if (r < 0) {
        return r;
    }
    n = hot_strlen(out->name);
    if (n + 1 + hot_strlen(last) >= sizeof(out->name)) {
        return -ENAMETOOLONG;
    }
    out->name[n] = '/';
    hot_strlcpy(out->name + n + 1, last, sizeof(out->name) - n - 1);
    return 0;
}

/*
 * The path as the sysroot sees it, when it starts there: an absolute path below its prefix, or a relative one
 * whose directory lies inside. False: it starts elsewhere.
 */
static bool starts_inside(const char *sysroot, int dirfd, const char *path, char *inner, size_t size)
{
    const char *rest;
    size_t n;

    if (path[0] == '/') {
        rest = sysroot_strip(sysroot, path);
        if (!rest) {
            return false;
        }
        hot_strlcpy(inner, rest, size);
        return true;
    }
    if (path_of_descriptor(dirfd, inner, size) < 0) {
        return false;
    }
    rest = sysroot_strip(sysroot, inner);
    if (!rest) {
        return false;
    }
    n = hot_strlen(rest);
    memmove(inner, rest, n + 1);
    if (n + 1 + hot_strlen(path) >= size) {
        return false;
    }
    inner[n] = '/';
    hot_strlcpy(inner + n + 1, path, size - n - 1);
    return true;
}

static bool exists_on_host(const char *path)
{
    return host_call4(__NR_faccessat2, AT_FDCWD, path, 0, AT_SYMLINK_NOFOLLOW) != -ENOENT;
}

bool sysroot_translate(const char *sysroot, int dirfd, const char *path, uint32_t flags, struct vfs_path *out)
{
    char inner[VFS_HOST_PATH_MAX];
    bool inside = starts_inside(sysroot, dirfd, path, inner, sizeof(inner));
    int64_t r;

    if (!inside) {
        if (path[0] != '/' || !sysroot_covers(path)) {
            return false;
        }
        hot_strlcpy(inner, path, sizeof(inner));
    }
    r = look_up(sysroot, inner, flags & PATH_FOLLOW, out);
    if (r == 0) {
        return true;
    }
    if (!inside && exists_on_host(path)) {
        return false;
    }
    return look_up_parent(sysroot, inner, out) == 0;
}
