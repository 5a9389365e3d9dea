/* Access control lists between FreeBSD's structures and the host's; see acl.h. Semantics: sys/kern/subr_acl_posix1e.c. */
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/files/acl.h"

static const uint32_t tags[] = {ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK, ACL_OTHER};
#define TAGS (sizeof tags / sizeof tags[0])

/* Whether entries of that kind name somebody. */
static bool is_named(uint32_t tag)
{
    return tag == ACL_USER || tag == ACL_GROUP;
}

int freebsd_acl_check(const struct freebsd_acl *acl)
{
    uint32_t seen[ACL_OTHER + 1] = {0};
    if (acl->count > ACL_ENTRIES_OLD) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < acl->count; i++) {
        const struct freebsd_acl_entry *e = &acl->entries[i];
        bool known = false;
        for (size_t k = 0; k < TAGS; k++) {
            known |= e->tag == tags[k];
        }
        if (!known || (e->permissions & ~ACL_PERMISSIONS) != 0 || (is_named(e->tag) && e->id == ACL_UNDEFINED_ID)) {
            return -EINVAL;
        }
        seen[e->tag]++;
    }
    if (seen[ACL_USER_OBJ] != 1 || seen[ACL_GROUP_OBJ] != 1 || seen[ACL_OTHER] != 1 || seen[ACL_MASK] > 1) {
        return -EINVAL;
    }
    return seen[ACL_USER] + seen[ACL_GROUP] > 0 && seen[ACL_MASK] != 1 ? -EINVAL : 0;
}

size_t freebsd_acl_to_host(const struct freebsd_acl *acl, struct host_acl *to)
{
    size_t count = 0;
    to->version = HOST_ACL_VERSION;
    for (size_t k = 0; k < TAGS; k++) {
        for (uint32_t i = 0; i < acl->count; i++) {
            const struct freebsd_acl_entry *e = &acl->entries[i];
            if (e->tag == tags[k]) {
                to->entries[count].tag = (uint16_t)e->tag;
                to->entries[count].permissions = (uint16_t)e->permissions;
                to->entries[count++].id = is_named(e->tag) ? e->id : ACL_UNDEFINED_ID;
            }
        }
    }
    return HOST_ACL_SIZE(count);
}

int freebsd_acl_from_host(const struct host_acl *from, size_t size, struct freebsd_acl *acl)
{
    size_t count = size < HOST_ACL_SIZE(0) ? ACL_ENTRIES + 1 : (size - HOST_ACL_SIZE(0)) / 8;
    if (count > ACL_ENTRIES || size != HOST_ACL_SIZE(count) || from->version != HOST_ACL_VERSION) {
        return -EINVAL;
    }
    memset(acl, 0, sizeof *acl);
    acl->most = ACL_ENTRIES;
    acl->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        uint32_t tag = from->entries[i].tag;
        acl->entries[i] = (struct freebsd_acl_entry){
            .tag = tag,
            .id = is_named(tag) ? from->entries[i].id : ACL_UNDEFINED_ID,
            .permissions = from->entries[i].permissions,
        };
    }
    return 0;
}

void freebsd_acl_from_mode(uint32_t mode, struct freebsd_acl *acl)
{
    memset(acl, 0, sizeof *acl);
    acl->most = ACL_ENTRIES;
    acl->count = 3;
    acl->entries[0] = (struct freebsd_acl_entry){ACL_USER_OBJ, ACL_UNDEFINED_ID, mode >> 6 & ACL_PERMISSIONS, 0, 0};
    acl->entries[1] = (struct freebsd_acl_entry){ACL_GROUP_OBJ, ACL_UNDEFINED_ID, mode >> 3 & ACL_PERMISSIONS, 0, 0};
    acl->entries[2] = (struct freebsd_acl_entry){ACL_OTHER, ACL_UNDEFINED_ID, mode & ACL_PERMISSIONS, 0, 0};
}

int freebsd_acl_to_old(const struct freebsd_acl *acl, struct freebsd_oldacl *to)
{
    if (acl->count > ACL_ENTRIES_OLD) {
        return -EINVAL;
    }
    memset(to, 0, sizeof *to);
    to->count = (int32_t)acl->count;
    for (uint32_t i = 0; i < acl->count; i++) {
        to->entries[i].tag = (int32_t)acl->entries[i].tag;
        to->entries[i].id = acl->entries[i].id;
        to->entries[i].permissions = (uint16_t)acl->entries[i].permissions;
    }
    return 0;
}

int freebsd_acl_from_old(const struct freebsd_oldacl *from, struct freebsd_acl *acl)
{
    if (from->count < 0 || from->count > ACL_ENTRIES_OLD) {
        return -EINVAL;
    }
    memset(acl, 0, sizeof *acl);
    acl->most = ACL_ENTRIES;
    acl->count = (uint32_t)from->count;
    for (int32_t i = 0; i < from->count; i++) {
        acl->entries[i].tag = (uint32_t)from->entries[i].tag;
        acl->entries[i].id = from->entries[i].id;
        acl->entries[i].permissions = from->entries[i].permissions;
    }
    return 0;
}
