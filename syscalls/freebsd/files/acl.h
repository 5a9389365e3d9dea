/* Access control lists in FreeBSD's form (sys/sys/acl.h), and in that of the host's extended attributes. */
#ifndef SYSCALLS_FREEBSD_ACL_H
#define SYSCALLS_FREEBSD_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
struct vfs_path;

#define ACL_ENTRIES     254 /* ACL_MAX_ENTRIES */
#define ACL_ENTRIES_OLD 32  /* OLDACL_MAX_ENTRIES; UFS takes no more in the newer structure either */

/* Types of lists; those of old have a structure of their own. */
enum {
    ACL_TYPE_ACCESS_OLD = 0,
    ACL_TYPE_DEFAULT_OLD = 1,
    ACL_TYPE_ACCESS = 2,
    ACL_TYPE_DEFAULT = 3,
    ACL_TYPE_NFS4 = 4,
};

/* Whom an entry is for, by both systems' numbers, in the order that the host wants them in. */
enum {
    ACL_USER_OBJ = 0x01,
    ACL_USER = 0x02,
    ACL_GROUP_OBJ = 0x04,
    ACL_GROUP = 0x08,
    ACL_MASK = 0x10,
    ACL_OTHER = 0x20,
};

#define ACL_PERMISSIONS  7u         /* read 4, write 2, execute 1: both systems' */
#define ACL_UNDEFINED_ID UINT32_MAX /* both systems' */

struct freebsd_acl_entry {
    uint32_t tag, id, permissions;
    uint16_t type, flags;
};

struct freebsd_acl {
    uint32_t most, count;
    int32_t spare[4];
    struct freebsd_acl_entry entries[ACL_ENTRIES];
};

struct freebsd_oldacl {
    int32_t count;
    struct {
        int32_t tag;
        uint32_t id;
        uint16_t permissions, pad;
    } entries[ACL_ENTRIES_OLD];
};

_Static_assert(sizeof(struct freebsd_acl) == 4088 && sizeof(struct freebsd_oldacl) == 388, "struct acl");

/* The host's: linux/posix_acl_xattr.h. */
#define HOST_ACL_VERSION 2u
struct host_acl {
    uint32_t version;
    struct {
        uint16_t tag, permissions;
        uint32_t id;
    } entries[ACL_ENTRIES];
};

/* Bytes of a host list of so many entries. */
#define HOST_ACL_SIZE(count) (offsetof(struct host_acl, entries) + (size_t)(count)*8)

/* What acl_posix1e_check() and UFS say of a list: 0 or -EINVAL. */
int freebsd_acl_check(const struct freebsd_acl *acl);

/* A list that has been checked, in the host's form and order. Returns its size in bytes. */
size_t freebsd_acl_to_host(const struct freebsd_acl *acl, struct host_acl *to);

/* The other way. Returns 0, or -EINVAL for what is no list. */
int freebsd_acl_from_host(const struct host_acl *from, size_t size, struct freebsd_acl *acl);

/* What a file's mode alone says. */
void freebsd_acl_from_mode(uint32_t mode, struct freebsd_acl *acl);

/* Between the structures; what does not fit the older is -EINVAL. */
int freebsd_acl_to_old(const struct freebsd_acl *acl, struct freebsd_oldacl *to);
int freebsd_acl_from_old(const struct freebsd_oldacl *from, struct freebsd_acl *acl);

/* Whether the host keeps lists of a file (pathconf's _PC_ACL_EXTENDED). */
bool freebsd_has_acls(struct thread *t, const struct vfs_path *where, bool follow);
bool freebsd_has_acls_fd(struct thread *t, int fd);

#endif
