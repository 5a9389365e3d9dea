/* Rules of the sysroot's layers; see layers.h. */
#include "vfs/layers.h"

#include "base/host.h"
#include "base/mem.h"
#include "vfs/path.h"
#include "vfs/sysroot.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Whether the first components of `path` are one of the names. */
static bool begins_with_one(const char *path, const char *const names[], size_t count)
{
    while (*path == '/') {
        path++;
    }
    for (size_t i = 0; i < count; i++) {
        size_t n = hot_strlen(names[i]);

        if (hot_strncmp(path, names[i], n) == 0 && (path[n] == 0 || path[n] == '/')) {
            return true;
        }
    }
    return false;
}

enum layer_order layer_order_of(const char *path)
{
    static const char *const sysroots[] = {"bin",    "etc", "lib",    "lib32", "lib64", "libexec",
                                           "libx32", "opt", "rescue", "sbin",  "usr",   "var/lib"};
    static const char *const hosts[] = {"dev", "home", "media", "mnt", "proc", "root", "run", "sys", "tmp"};

    if (begins_with_one(path, sysroots, COUNT(sysroots))) {
        return LAYER_SYSROOT_FIRST;
    }
    return begins_with_one(path, hosts, COUNT(hosts)) ? LAYER_HOST_ONLY : LAYER_HOST_FIRST;
}

/* Directories that count as one; ended by NULL. */
static const char *const programs[] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin", NULL};
static const char *const libraries[] = {"/lib", "/usr/lib", NULL};
static const char *const libraries64[] = {"/lib64", "/usr/lib64", NULL};
static const char *const *const families[] = {programs, libraries, libraries64};

/* The family that the directory path[0..length) is of, or NULL. */
static const char *const *family_of(const char *path, size_t length)
{
    for (size_t i = 0; i < COUNT(families); i++) {
        for (const char *const *member = families[i]; *member; member++) {
            if (hot_strlen(*member) == length && memcmp(*member, path, length) == 0) {
                return families[i];
            }
        }
    }
    return NULL;
}

/* Puts one behind the other. False: they do not fit, and `out` is empty. */
static bool join(char *out, size_t size, const char *sysroot, const char *path)
{
    size_t n = hot_strlcpy(out, sysroot, size);

    if (n + hot_strlen(path) >= size) {
        out[0] = 0;
        return false;
    }
    hot_strlcpy(out + n, path, size - n);
    return true;
}

bool layer_hides(const char *sysroot, const char *path)
{
    char name[VFS_HOST_PATH_MAX];
    const char *last = hot_strrchr(path, '/');
    const char *const *family = last ? family_of(path, (size_t)(last - path)) : NULL;

    for (; family && *family; family++) {
        size_t n;

        if (!join(name, sizeof(name), sysroot, *family)) {
            continue;
        }
        n = hot_strlen(name);
        if (n + hot_strlen(last) < sizeof(name)) {
            hot_strlcpy(name + n, last, sizeof(name) - n);
            if (host_call4(__NR_faccessat2, AT_FDCWD, name, 0, AT_SYMLINK_NOFOLLOW) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool root_directory(const char *sysroot, unsigned index, char *out, size_t size, enum layer_use *use)
{
    static const enum layer_use uses[] = {LAYER_SHOWN_SYSROOT, LAYER_SHOWN, LAYER_SHOWN_EITHER};

    if (index >= COUNT(uses)) {
        return false;
    }
    *use = uses[index];
    hot_strlcpy(out, *use == LAYER_SHOWN ? "/" : sysroot, size);
    return true;
}

bool layer_directory(const char *sysroot, const char *guest, unsigned index, char *out, size_t size,
                     enum layer_use *use)
{
    const char *const *family = family_of(guest, hot_strlen(guest));
    unsigned others = 0;

    *use = LAYER_SHOWN;
    if (guest[0] == '/' && guest[1] == 0) {
        return root_directory(sysroot, index, out, size, use);
    }
    if (layer_order_of(guest) != LAYER_SYSROOT_FIRST) {
        join(out, size, index == 0 ? "" : sysroot, guest);
        return index < 2;
    }
    while (family && family[others]) {
        others++;
    }
    if (index > 0 && index <= others) {
        *use = LAYER_HIDES;
        guest = family[index - 1];
    }
    join(out, size, index <= others ? sysroot : "", guest);
    return index <= others + 1;
}

static bool is_directory(const char *path)
{
    struct statx x;

    return host_call5(__NR_statx, AT_FDCWD, path, 0, STATX_TYPE, &x) == 0 && (x.stx_mode & S_IFMT) == S_IFDIR;
}

bool layer_merged(const char *sysroot, const char *host, const char *guest)
{
    char other[VFS_HOST_PATH_MAX];
    enum layer_order order = layer_order_of(guest);

    if (order == LAYER_HOST_ONLY) {
        return false;
    }
    if (guest[0] == '/' && guest[1] == 0) {
        return true;
    }
    if (sysroot_strip(sysroot, host)) {
        return is_directory(guest);
    }
    if (family_of(guest, hot_strlen(guest))) {
        return true;
    }
    return join(other, sizeof(other), sysroot, guest) && is_directory(other);
}

bool layer_shows(enum layer_use use, const char *name)
{
    switch (use) {
    case LAYER_SHOWN_SYSROOT:
        return layer_order_of(name) == LAYER_SYSROOT_FIRST;
    case LAYER_SHOWN_EITHER:
        return layer_order_of(name) != LAYER_HOST_ONLY;
    default:
        return true;
    }
}
