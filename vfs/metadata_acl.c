/* Access control lists beside files; see metadata_acl.h. */
#include "vfs/metadata_acl.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "vfs/metadata_file.h"
#include "vfs/metadata_rights.h"

enum { USER_OBJ = 0x01, USER = 0x02, GROUP_OBJ = 0x04, GROUP = 0x08, MASK = 0x10, OTHER = 0x20, VERSION = 2 };

struct list {
    uint32_t version;
    struct {
        uint16_t tag, permissions;
        uint32_t id;
    } entries[METADATA_ACL_ENTRIES];
};

_Static_assert(sizeof(struct list) == METADATA_ACL_MAX, "struct posix_acl_xattr_entry");

static const char *name_of(bool is_default)
{
    return is_default ? METADATA_KEPT_PREFIX METADATA_ACL_DEFAULT : METADATA_KEPT_PREFIX METADATA_ACL_ACCESS;
}

static size_t count_of(int64_t size)
{
    return size >= 4 ? ((size_t)size - 4) / 8 : 0;
}

int64_t metadata_acl_get(const struct metadata_place *at, bool is_default, void *value, uint64_t size)
{
    return metadata_get_named(at, name_of(is_default), value, size);
}

/* A list that is one. Returns its size, or -errno. */
static int64_t read_list(const struct metadata_place *at, bool is_default, struct list *list)
{
    int64_t n = metadata_acl_get(at, is_default, list, sizeof *list);
    return n < 0 ? n : n < 4 || (n - 4) % 8 != 0 || list->version != VERSION ? -EINVAL : n;
}

/* Who may not write a file sets none of its attributes: the host's owner lets himself, for the moment. */
static int64_t write_list(const struct metadata_place *at, bool is_default, const void *value, uint64_t size)
{
    struct statx x;
    int64_t r = metadata_set_named(at, name_of(is_default), value, size, 0);
    if (r != -EACCES || host_call5(__NR_statx, at->dirfd, at->name, at->flags, STATX_MODE, &x) < 0) {
        return r;
    }
    uint32_t mode = x.stx_mode & 07777u;
    r = metadata_set_mode(at, mode | 0600);
    r = r < 0 ? r : metadata_set_named(at, name_of(is_default), value, size, 0);
    metadata_set_mode(at, mode);
    return r;
}

static int64_t remove_list(const struct metadata_place *at, bool is_default)
{
    int64_t r = metadata_remove_named(at, name_of(is_default));
    return r == -ENODATA ? 0 : r;
}

/*
 * posix_acl_valid() and posix_acl_equiv_mode(). Each kind comes after the one before, those with names any number of times.
 * *mode receives the permissions, and *extends whether the list says more than these. Returns 0 or -EINVAL.
 */
static int64_t examine(const struct list *list, size_t count, uint32_t *mode, bool *extends)
{
    uint32_t seen = 0, last = 0, mask = 0;
    *mode = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t tag = list->entries[i].tag, permissions = list->entries[i].permissions;
        bool named = tag == USER || tag == GROUP;
        bool known = tag == USER_OBJ || tag == GROUP_OBJ || tag == MASK || tag == OTHER || named;
        if (!known || (permissions & ~7u) != 0 || tag < last || (tag == last && !named)) {
            return -EINVAL;
        }
        *mode |= tag == USER_OBJ    ? permissions << 6
                 : tag == GROUP_OBJ ? permissions << 3
                 : tag == OTHER     ? permissions
                                    : 0;
        mask = tag == MASK ? permissions : mask;
        seen |= tag;
        last = tag;
    }
    *extends = (seen & (USER | GROUP | MASK)) != 0;
    if ((seen & MASK) != 0) {
        *mode = (*mode & 0707) | mask << 3;
    }
    bool whole = (seen & (USER_OBJ | GROUP_OBJ | OTHER)) == (USER_OBJ | GROUP_OBJ | OTHER) &&
                 ((seen & (USER | GROUP)) == 0 || (seen & MASK) != 0);
    return whole ? 0 : -EINVAL;
}

static int64_t may_set(struct thread *t, const struct metadata_place *at, struct statx *x, struct metadata *m)
{
    const struct credentials *c = credentials_of(t);
    int64_t r = metadata_stat(t, at, STATX_BASIC_STATS, x, m);
    if (r < 0) {
        return r;
    }
    if ((x->stx_mode & S_IFMT) != S_IFREG && (x->stx_mode & S_IFMT) != S_IFDIR) {
        return -EOPNOTSUPP; /* a link has none; what else has no attributes on the host either */
    }
    r = metadata_may_alter(m);
    return r < 0 || c->fsuid == x->stx_uid || credentials_capable(c, CAPABILITY_FOWNER) ? r : -EPERM;
}

int64_t metadata_acl_set(struct thread *t, const struct metadata_place *at, bool is_default, const void *value,
                         uint64_t size)
{
    struct metadata m;
    struct statx x;
    struct list list;
    uint32_t mode;
    bool extends;
    int64_t r = may_set(t, at, &x, &m);
    if (r < 0) {
        return r;
    }
    if (size == 0 || size == 4) {
        return remove_list(at, is_default);
    }
    if (size < 4 || size > sizeof list || (size - 4) % 8 != 0) {
        return size > sizeof list ? -ENOSPC : -EINVAL;
    }
    memcpy(&list, value, size);
    if (list.version != VERSION) {
        return -EOPNOTSUPP; /* posix_acl_from_xattr() */
    }
    r = examine(&list, count_of((int64_t)size), &mode, &extends);
    if (r < 0) {
        return r;
    }
    if (is_default) {
        return (x.stx_mode & S_IFMT) != S_IFDIR ? -EACCES : write_list(at, true, &list, size);
    }
    r = extends ? write_list(at, false, &list, size) : remove_list(at, false);
    return r < 0 ? r : metadata_chmod(t, at, (x.stx_mode & 07000u) | mode);
}

/* __posix_acl_chmod_masq() */
void metadata_acl_follow_mode(const struct metadata_place *at, uint32_t mode)
{
    struct list list;
    int64_t size = read_list(at, false, &list);
    bool masked = false;
    for (size_t i = 0; size > 0 && i < count_of(size); i++) {
        masked |= list.entries[i].tag == MASK;
    }
    for (size_t i = 0; size > 0 && i < count_of(size); i++) {
        uint32_t tag = list.entries[i].tag;
        if (tag == USER_OBJ || tag == OTHER || tag == (masked ? MASK : GROUP_OBJ)) {
            list.entries[i].permissions = (uint16_t)((tag == USER_OBJ ? mode >> 6
                                                      : tag == OTHER  ? mode
                                                                      : mode >> 3) &
                                                     7);
        }
    }
    if (size > 0) {
        write_list(at, false, &list, (uint64_t)size);
    }
}

/* posix_acl_permission() */
int metadata_acl_decides(const struct metadata_place *at, const struct credentials *c, uint32_t user,
                         const struct statx *x, uint32_t want)
{
    struct list list;
    int64_t size = (x->stx_mode & S_IRWXG) == 0 ? -ENODATA : read_list(at, false, &list);
    uint32_t mask = 7, permissions = 0;
    bool of_user = false, of_group = false, group_allows = false, others = false;
    if (size < 0) {
        return -1;
    }
    for (size_t i = 0; i < count_of(size); i++) {
        uint32_t tag = list.entries[i].tag, p = list.entries[i].permissions, id = list.entries[i].id;
        if (tag == USER && id == user) {
            of_user = true;
            permissions = p;
        } else if (tag == GROUP_OBJ || tag == GROUP) {
            bool mine = credentials_member(c, tag == GROUP ? id : x->stx_gid);
            of_group |= mine;
            if (mine && (want & ~p & 7) == 0 && !group_allows && !of_user) {
                group_allows = true;
                permissions = p;
            }
        } else if (tag == MASK) {
            mask = p;
        } else if (tag == OTHER) {
            others = (want & ~p & 7) == 0;
        }
    }
    if (of_user || group_allows) {
        return (want & ~(permissions & mask) & 7) == 0;
    }
    return !of_group && others;
}

/* posix_acl_create_masq(): the mode takes from the list, and the list from the mode. */
static uint32_t restrict_to(struct list *list, size_t count, uint32_t mode)
{
    uint32_t result = mode & ~0777u;
    size_t group = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t tag = list->entries[i].tag;
        uint32_t shift = tag == USER_OBJ ? 6 : 0;
        if (tag == USER_OBJ || tag == OTHER) {
            list->entries[i].permissions &= (uint16_t)(mode >> shift & 7);
            result |= (uint32_t)list->entries[i].permissions << shift;
        }
        group = tag == MASK || (tag == GROUP_OBJ && group == count) ? i : group;
    }
    if (group < count) {
        list->entries[group].permissions &= (uint16_t)(mode >> 3 & 7);
        result |= (uint32_t)list->entries[group].permissions << 3;
    }
    return result;
}

bool metadata_acl_inherit(const struct metadata_place *directory, const struct metadata_place *at, bool is_directory,
                          uint32_t *mode)
{
    struct list list;
    uint32_t permissions;
    bool extends;
    int64_t size = read_list(directory, true, &list);
    if (size < 0) {
        return false;
    }
    if (is_directory) {
        write_list(at, true, &list, (uint64_t)size);
    }
    *mode = restrict_to(&list, count_of(size), *mode);
    if (examine(&list, count_of(size), &permissions, &extends) == 0 && extends) {
        write_list(at, false, &list, (uint64_t)size);
    }
    return true;
}
