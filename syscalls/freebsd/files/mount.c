/*
 * mount and nmount: for nobody here (vfs.usermount is 0, and a jail's root may not either), after the kernel's look at
 * the arguments. Semantics: sys/kern/vfs_mount.c; which kinds of file systems GENERIC has: sys/amd64/conf/GENERIC.
 */
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/system/option_list.h"
#include "vfs/path.h"

#define KIND_NAME_MAX MOUNT_KIND_NAME_MAX

/* What a kind is (sys/sys/mount.h). */
#define VFCF_NETWORK   0x00020000
#define VFCF_READONLY  0x00040000
#define VFCF_SYNTHETIC 0x00080000
#define VFCF_JAIL      0x00400000

/*
 * GENERIC's, and fdescfs, which guests see mounted. `arguments`: bytes behind `data` of mount(2), beginning with the
 * device's path; 0: by nmount(2) only (no vfs_cmount). `flags`: from the VFS_SET() of each.
 */
static const struct {
    const char *name;
    uint32_t arguments;
    bool null_is_invalid;
    uint32_t flags;
} kinds[] = {
    {"ufs", 144, true, 0},
    {"cd9660", 168, false, VFCF_READONLY},
    {"msdosfs", 200, true, 0},
    {"procfs", 0, false, VFCF_SYNTHETIC | VFCF_JAIL},
    {"devfs", 0, false, VFCF_SYNTHETIC | VFCF_JAIL},
    {"fdescfs", 0, false, VFCF_SYNTHETIC | VFCF_JAIL},
    {"tmpfs", 0, false, VFCF_JAIL},
    {"autofs", 0, false, VFCF_SYNTHETIC | VFCF_NETWORK},
};
#define ARGUMENTS_MAX 200

static int64_t check_data(unsigned kind, guest_ptr data)
{
    uint8_t arguments[ARGUMENTS_MAX];
    char device[VFS_GUEST_PATH_MAX];
    uint64_t name;
    if (guest_is_null(data) && kinds[kind].null_is_invalid) {
        return -EINVAL;
    }
    if (copyin(arguments, data, kinds[kind].arguments) != 0) {
        return -EFAULT;
    }
    memcpy(&name, arguments, sizeof name);
    int64_t r = copyin_str(device, guest_addr(name), sizeof device);
    return r < 0 ? r : -EPERM;
}

int64_t freebsd_mount(struct thread *t, guest_ptr type, guest_ptr path, int32_t flags, guest_ptr data)
{
    char kind[KIND_NAME_MAX], where[VFS_GUEST_PATH_MAX];
    (void)t;
    (void)flags;
    int64_t r = copyin_str(kind, type, sizeof kind);
    if (r < 0) {
        return r;
    }
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (hot_strcmp(kinds[i].name, kind) != 0) {
            continue;
        }
        if (kinds[i].arguments == 0) {
            return -EOPNOTSUPP;
        }
        r = check_data(i, data);
        int64_t named = copyin_str(where, path, sizeof where);
        return r == -EPERM && named < 0 ? named : r;
    }
    return -EPERM; /* the kernel would have to load it: kldload(2) */
}

int64_t freebsd_nmount(struct thread *t, guest_ptr iovp, uint32_t iovcnt, int32_t flags)
{
    const struct option_list list = {iovp, iovcnt};
    char kind[KIND_NAME_MAX], where[VFS_GUEST_PATH_MAX];
    (void)t;
    (void)flags;
    if ((iovcnt & 1) != 0 || iovcnt < 4) {
        return -EINVAL;
    }
    int r = option_list_vector(&list);
    r = r == 0 ? option_list_check(&list) : r;
    if (r != 0) {
        return r;
    }
    r = option_list_string(&list, "fstype", kind, sizeof kind);
    if (r == 0) {
        r = option_list_string(&list, "fspath", where, sizeof where);
        if (r == -EINVAL || r == -ENOENT) {
            option_list_explain(&list, "Invalid fspath");
        }
    } else if (r == -EINVAL || r == -ENOENT) {
        option_list_explain(&list, "Invalid fstype");
    }
    if (r != 0) {
        return r == -ENOENT ? -EINVAL : r;
    }
    return -EPERM;
}

const char *freebsd_mount_kind(unsigned index, uint32_t *flags)
{
    if (index >= sizeof kinds / sizeof kinds[0]) {
        return NULL;
    }
    *flags = kinds[index].flags;
    return kinds[index].name;
}
