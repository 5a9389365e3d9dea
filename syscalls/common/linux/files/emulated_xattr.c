/*
 * Extended attributes where metadata is kept (vfs/metadata.h): the engine's own are not seen, and of those that take a
 * privilege the engine keeps what the guest's root sets. Source: xattr(7), fs/xattr.c.
 */
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/files/emulated.h"
#include "vfs/metadata_file.h"
#include "vfs/rooted_path.h"

/* Where security.* and trusted.* are kept, by this and their name. */
#define KEPT_PREFIX METADATA_KEPT_PREFIX

/* An attribute's name as the host has it. */
struct attribute {
    char name[XATTR_NAME_MAX + 1];
    bool hidden; /* one of the engine's own */
    bool kept;   /* that takes a privilege */
};

static bool begins(const char *name, const char *prefix)
{
    return hot_strncmp(name, prefix, hot_strlen(prefix)) == 0;
}

static int64_t take_name(struct thread *t, guest_ptr from, struct attribute *a)
{
    char name[XATTR_NAME_MAX + 1];
    int64_t n = copyin_str(name, from, sizeof(name));
    size_t prefix = 0;

    if (n <= 0) {
        return n == 0 || n == -ENAMETOOLONG ? -ERANGE : n;
    }
    if (metadata_is_emulated(t) && begins(name, "system.posix_acl_")) {
        return -EOPNOTSUPP; /* the host's would change what its owner may do (acl(5)) */
    }
    a->hidden = begins(name, METADATA_PREFIX);
    a->kept = metadata_is_emulated(t) && (begins(name, "security.") || begins(name, "trusted."));
    if (a->kept) {
        prefix = sizeof(KEPT_PREFIX) - 1;
        memcpy(a->name, KEPT_PREFIX, prefix);
    }
    return hot_strlcpy(a->name + prefix, name, sizeof(a->name) - prefix) >= sizeof(a->name) - prefix ? -ERANGE : 0;
}

static int64_t set(struct thread *t, const struct metadata_place *at, guest_ptr name, guest_ptr value, uint64_t size,
                   int32_t flags)
{
    struct guest_span s = guest_span(value.va, size);
    const void *data = (const void *)s.va; // NOLINT(performance-no-int-to-ptr): for the host, which looks at it itself
    struct attribute a;
    int64_t r = take_name(t, name, &a);

    if (r < 0) {
        return r;
    }
    if (a.hidden || (a.kept && credentials_of(t)->effective == 0)) {
        return -EPERM;
    }
    r = metadata_set_named(at, a.name, data, s.len, flags);
    if (r == -EACCES && metadata_unlock(t, at)) {
        r = metadata_set_named(at, a.name, data, s.len, flags);
    }
    return r;
}

static int64_t get(struct thread *t, const struct metadata_place *at, guest_ptr name, guest_ptr value, uint64_t size)
{
    struct guest_span s = guest_span(value.va, size);
    void *data = (void *)s.va; // NOLINT(performance-no-int-to-ptr): for the host, which looks at it itself
    struct attribute a;
    int64_t r = take_name(t, name, &a);

    if (r < 0) {
        return r;
    }
    return a.hidden ? -ENODATA : metadata_get_named(at, a.name, data, s.len);
}

static int64_t remove_(struct thread *t, const struct metadata_place *at, guest_ptr name)
{
    struct attribute a;
    int64_t r = take_name(t, name, &a);

    if (r < 0) {
        return r;
    }
    if (a.kept && credentials_of(t)->effective == 0) {
        return -EPERM;
    }
    return a.hidden ? -ENODATA : metadata_remove_named(at, a.name);
}

/* Takes the engine's own names out of a list, and gives the kept ones theirs. Returns what is left of it. */
static int64_t clean(char *names, int64_t size)
{
    int64_t to = 0;

    for (int64_t from = 0; from < size;) {
        int64_t length = (int64_t)hot_strlen(names + from) + 1;
        int64_t skipped = begins(names + from, KEPT_PREFIX)       ? (int64_t)sizeof(KEPT_PREFIX) - 1
                          : begins(names + from, METADATA_PREFIX) ? length
                                                                  : 0;

        memmove(names + to, names + from + skipped, (size_t)(length - skipped));
        to += length - skipped;
        from += length;
    }
    return to;
}

static int64_t list(const struct metadata_place *at, guest_ptr names, uint64_t size)
{
    char *all = heap_alloc_unset(XATTR_LIST_MAX);
    int64_t n;

    if (!all) {
        return -ENOMEM;
    }
    n = metadata_list(at, all, XATTR_LIST_MAX);
    n = n < 0 ? n : clean(all, n);
    if (n > 0 && size != 0) {
        n = (uint64_t)n > size ? -ERANGE : copyout(names, all, (size_t)n) < 0 ? -EFAULT : n;
    }
    heap_free(all);
    return n;
}

int64_t linux_emulated_setxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size,
                                int32_t flags)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : set(t, &at, name, value, size, flags);
}

int64_t linux_emulated_lsetxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size,
                                 int32_t flags)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : set(t, &at, name, value, size, flags);
}

/* A descriptor of a path alone has none (fsetxattr(2): EBADF). */
static int64_t place_of_open(int fd, struct metadata_place *at)
{
    int64_t r = linux_place_of(fd, at);

    r = r < 0 ? r : host_call2(__NR_fcntl, fd, F_GETFL);
    return r < 0 ? r : r & O_PATH ? -EBADF : 0;
}

int64_t linux_emulated_fsetxattr(struct thread *t, int32_t fd, guest_ptr name, guest_ptr value, uint64_t size,
                                 int32_t flags)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    return r < 0 ? r : set(t, &at, name, value, size, flags);
}

int64_t linux_emulated_getxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, 0, &p, &at);

    return r < 0 ? r : get(t, &at, name, value, size);
}

int64_t linux_emulated_lgetxattr(struct thread *t, guest_ptr path, guest_ptr name, guest_ptr value, uint64_t size)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &p, &at);

    return r < 0 ? r : get(t, &at, name, value, size);
}

int64_t linux_emulated_fgetxattr(struct thread *t, int32_t fd, guest_ptr name, guest_ptr value, uint64_t size)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    return r < 0 ? r : get(t, &at, name, value, size);
}

int64_t linux_emulated_listxattr(struct thread *t, guest_ptr path, guest_ptr list_, uint64_t size)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, 0, &p, &at);

    return r < 0 ? r : list(&at, list_, size);
}

int64_t linux_emulated_llistxattr(struct thread *t, guest_ptr path, guest_ptr list_, uint64_t size)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &p, &at);

    return r < 0 ? r : list(&at, list_, size);
}

int64_t linux_emulated_flistxattr(struct thread *t, int32_t fd, guest_ptr list_, uint64_t size)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    (void)t;
    return r < 0 ? r : list(&at, list_, size);
}

int64_t linux_emulated_removexattr(struct thread *t, guest_ptr path, guest_ptr name)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : remove_(t, &at, name);
}

int64_t linux_emulated_lremovexattr(struct thread *t, guest_ptr path, guest_ptr name)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | LINUX_PLACE_FOR(PATH_CHANGES), &p, &at);

    return r < 0 ? r : remove_(t, &at, name);
}

int64_t linux_emulated_fremovexattr(struct thread *t, int32_t fd, guest_ptr name)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    r = r < 0 ? r : rooted_descriptor(t, fd);
    return r < 0 ? r : remove_(t, &at, name);
}
