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
#include "vfs/metadata_acl.h"
#include "vfs/metadata_file.h"
#include "vfs/metadata_rights.h"
#include "vfs/rooted_path.h"

/* Where security.* and trusted.* are kept, by this and their name. */
#define KEPT_PREFIX METADATA_KEPT_PREFIX

/* An attribute's name as the host has it. */
struct attribute {
    char name[XATTR_NAME_MAX + 1];
    bool hidden;    /* one of the engine's own */
    int capability; /* that it takes; -1: none */
    bool trusted;   /* who has it not does not see it either */
    int list;       /* an access control list (vfs/metadata_acl.h): 1, a default one: 2 */
};

enum { TAKES_NONE = -1, SYS_ADMIN = 21, SETFCAP = 31 }; /* capabilities(7) */

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
    a->hidden = begins(name, METADATA_PREFIX);
    a->trusted = begins(name, "trusted.");
    bool capability = hot_strcmp(name, "security.capability") == 0;
    a->capability = a->trusted ? SYS_ADMIN : !begins(name, "security.") ? TAKES_NONE : capability ? SETFCAP : SYS_ADMIN;
    a->list = !metadata_is_emulated(t)                      ? 0
              : hot_strcmp(name, METADATA_ACL_ACCESS) == 0  ? 1
              : hot_strcmp(name, METADATA_ACL_DEFAULT) == 0 ? 2
                                                            : 0;
    /* In a user namespace with owners of its own the host keeps capabilities itself, and refuses the others. */
    if (a->capability != TAKES_NONE && (metadata_is_emulated(t) || !capability)) {
        prefix = sizeof(KEPT_PREFIX) - 1;
        memcpy(a->name, KEPT_PREFIX, prefix);
    }
    return hot_strlcpy(a->name + prefix, name, sizeof(a->name) - prefix) >= sizeof(a->name) - prefix ? -ERANGE : 0;
}

static bool has_privilege(struct thread *t, const struct attribute *a)
{
    if (a->capability == TAKES_NONE) {
        return true;
    }
    return metadata_is_emulated(t) ? credentials_capable(credentials_of(t), (unsigned)a->capability)
                                   : t->proc->users.effective == 0;
}

/* The others go by the file's permissions and flags (xattr_permission() of fs/xattr.c). 0 or -errno. */
static int64_t may_use(struct thread *t, const struct metadata_place *at, const struct attribute *a, uint32_t want)
{
    struct metadata m;
    struct statx x;
    int64_t r = want == 4 && metadata_is_root(t) ? -1 : metadata_stat(t, at, STATX_BASIC_STATS, &x, &m);

    if (r < 0) {
        return 0; /* nothing forbids it, or the host will say so */
    }
    if (want == 2 && metadata_may_alter(&m) < 0) {
        return -EPERM;
    }
    return a->capability != TAKES_NONE || metadata_allows(t, at, &x, want) ? 0 : -EACCES;
}

static int64_t set_list(struct thread *t, const struct metadata_place *at, const struct attribute *a, guest_ptr value,
                        uint64_t size)
{
    char list[METADATA_ACL_MAX];

    if (size > sizeof(list)) {
        return size > XATTR_SIZE_MAX ? -E2BIG : -ENOSPC;
    }
    return copyin(list, value, size) < 0 ? -EFAULT : metadata_acl_set(t, at, a->list == 2, list, size);
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
    if (a.list != 0) {
        return set_list(t, at, &a, value, size);
    }
    r = a.hidden || !has_privilege(t, &a) ? -EPERM : may_use(t, at, &a, 2);
    if (r < 0) {
        return r;
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
    if (a.list != 0) {
        return metadata_get_named(
            at, a.list == 2 ? METADATA_KEPT_PREFIX METADATA_ACL_DEFAULT : METADATA_KEPT_PREFIX METADATA_ACL_ACCESS,
            data, s.len);
    }
    if (a.hidden || (a.trusted && !has_privilege(t, &a))) {
        return -ENODATA;
    }
    r = may_use(t, at, &a, 4);
    return r < 0 ? r : metadata_get_named(at, a.name, data, s.len);
}

static int64_t remove_(struct thread *t, const struct metadata_place *at, guest_ptr name)
{
    struct attribute a;
    int64_t r = take_name(t, name, &a);

    if (r < 0) {
        return r;
    }
    if (a.list != 0) {
        return metadata_acl_set(t, at, a.list == 2, NULL, 0);
    }
    r = !has_privilege(t, &a) ? -EPERM : may_use(t, at, &a, 2);
    if (r < 0) {
        return r;
    }
    r = a.hidden ? -ENODATA : metadata_remove_named(at, a.name);
    return r == -EACCES && metadata_unlock(t, at) ? metadata_remove_named(at, a.name) : r;
}

/* Takes the engine's own names out of a list, and gives the kept ones theirs. Returns what is left of it. */
static int64_t clean(struct thread *t, char *names, int64_t size)
{
    const struct attribute trusted = {.capability = SYS_ADMIN};
    bool shows_trusted = has_privilege(t, &trusted);
    int64_t to = 0;

    for (int64_t from = 0; from < size;) {
        int64_t length = (int64_t)hot_strlen(names + from) + 1;
        bool unseen = !shows_trusted && begins(names + from, KEPT_PREFIX "trusted.");
        int64_t skipped = unseen                                  ? length
                          : begins(names + from, KEPT_PREFIX)     ? (int64_t)sizeof(KEPT_PREFIX) - 1
                          : begins(names + from, METADATA_PREFIX) ? length
                                                                  : 0;

        memmove(names + to, names + from + skipped, (size_t)(length - skipped));
        to += length - skipped;
        from += length;
    }
    return to;
}

static int64_t list(struct thread *t, const struct metadata_place *at, guest_ptr names, uint64_t size)
{
    char *all = heap_alloc_unset(XATTR_LIST_MAX);
    int64_t n;

    if (!all) {
        return -ENOMEM;
    }
    n = metadata_list(at, all, XATTR_LIST_MAX);
    n = n < 0 ? n : clean(t, all, n);
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

    return r < 0 ? r : list(t, &at, list_, size);
}

int64_t linux_emulated_llistxattr(struct thread *t, guest_ptr path, guest_ptr list_, uint64_t size)
{
    struct metadata_place at;
    struct linux_path p;
    int64_t r = linux_place(t, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &p, &at);

    return r < 0 ? r : list(t, &at, list_, size);
}

int64_t linux_emulated_flistxattr(struct thread *t, int32_t fd, guest_ptr list_, uint64_t size)
{
    struct metadata_place at;
    int64_t r = place_of_open(fd, &at);

    return r < 0 ? r : list(t, &at, list_, size);
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
