/*
 * Kernel modules. The kernel itself is the first file of any FreeBSD system, and here the only one; of the modules in
 * it those are named that the engine stands for. Semantics: sys/kern/kern_linker.c, sys/kern/kern_module.c.
 */
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "vfs/path.h"

#define KERNEL_FILE 1
#define MODULE_MAX  64 /* MAXMODNAMEV3 */
#define MODULE_OLD  32 /* MAXMODNAMEV1V2 */

/* sys/sys/linker.h: struct kld_file_stat, and its first version, which ends before the path. */
struct freebsd_kld_file_stat {
    int32_t version;
    char name[1024];
    int32_t refs, id;
    int32_t pad;
    uint64_t address, size;
    char pathname[1024];
};
#define KLD_FILE_STAT_1 1056

_Static_assert(sizeof(struct freebsd_kld_file_stat) == 2080, "struct kld_file_stat");
_Static_assert(offsetof(struct freebsd_kld_file_stat, pathname) == KLD_FILE_STAT_1, "struct kld_file_stat_1");

/* The image activators: a module's number is its place in the list, from 1. */
static const char *const modules[] = {"elf64", "shell"};
#define MODULE_COUNT ((int32_t)(sizeof modules / sizeof modules[0]))

int64_t freebsd_kldfind(struct thread *t, guest_ptr file)
{
    char path[VFS_GUEST_PATH_MAX];
    (void)t;
    int64_t r = copyin_str(path, file, sizeof path);
    if (r < 0) {
        return r;
    }
    const char *slash = hot_strrchr(path, '/');
    return hot_strcmp(slash != NULL ? slash + 1 : path, "kernel") == 0 ? KERNEL_FILE : -ENOENT;
}

int64_t freebsd_kldnext(struct thread *t, int32_t fileid)
{
    (void)t;
    if (fileid == 0) {
        return KERNEL_FILE;
    }
    return fileid == KERNEL_FILE ? 0 : -ENOENT;
}

int64_t freebsd_kldfirstmod(struct thread *t, int32_t fileid)
{
    (void)t;
    return fileid == KERNEL_FILE ? 1 : -ENOENT;
}

/* Nothing of the kernel has an address that a guest could use, so address and size are 0. */
int64_t freebsd_kldstat(struct thread *t, int32_t fileid, guest_ptr stat)
{
    struct freebsd_kld_file_stat s;
    int32_t version;
    (void)t;
    int r = COPYIN(&version, stat);
    if (r < 0) {
        return r;
    }
    if (version != KLD_FILE_STAT_1 && version != (int32_t)sizeof s) {
        return -EINVAL;
    }
    if (fileid != KERNEL_FILE) {
        return -ENOENT;
    }
    memset(&s, 0, sizeof s);
    hot_strlcpy(s.name, "kernel", sizeof s.name);
    hot_strlcpy(s.pathname, "/boot/kernel/kernel", sizeof s.pathname);
    s.refs = 1;
    s.id = KERNEL_FILE;
    return copyout(stat, &s, (size_t)version); /* the kernel overwrites `version` with 0 as well */
}

int64_t freebsd_kldload(struct thread *t, guest_ptr file)
{
    char path[VFS_GUEST_PATH_MAX];
    (void)t;
    int64_t r = copyin_str(path, file, sizeof path);
    return r < 0 ? r : -EPERM;
}

int64_t freebsd_kldunload(struct thread *t, int32_t fileid)
{
    (void)t;
    (void)fileid;
    return -EPERM;
}

/* Flags: LINKER_UNLOAD_NORMAL or LINKER_UNLOAD_FORCE. */
int64_t freebsd_kldunloadf(struct thread *t, int32_t fileid, uint64_t flags)
{
    return (uint32_t)flags > 1 ? -EINVAL : freebsd_kldunload(t, fileid);
}

/* No symbol of a kernel is here to be found. */
int64_t freebsd_kldsym(struct thread *t, int32_t fileid, int32_t cmd, guest_ptr data)
{
    enum { KLDSYM_LOOKUP = 1 };
    struct {
        int32_t version, pad;
        uint64_t name, value, size;
    } lookup;
    char name[VFS_GUEST_PATH_MAX];
    (void)t;
    (void)fileid;
    int64_t r = COPYIN(&lookup, data);
    if (r < 0) {
        return r;
    }
    if (lookup.version != (int32_t)sizeof lookup || cmd != KLDSYM_LOOKUP) {
        return -EINVAL;
    }
    r = copyin_str(name, guest_addr(lookup.name), sizeof name);
    return r < 0 ? r : -ENOENT;
}

static bool is_module(int32_t modid)
{
    return modid >= 1 && modid <= MODULE_COUNT;
}

int64_t freebsd_modfind(struct thread *t, guest_ptr name)
{
    char text[MODULE_MAX];
    (void)t;
    int64_t r = copyin_str(text, name, sizeof text);
    if (r < 0) {
        return r;
    }
    for (int32_t i = 0; i < MODULE_COUNT; i++) {
        if (hot_strcmp(modules[i], text) == 0) {
            return i + 1;
        }
    }
    return -ENOENT;
}

int64_t freebsd_modnext(struct thread *t, int32_t modid)
{
    (void)t;
    if (modid == 0) {
        return 1;
    }
    return !is_module(modid) ? -ENOENT : modid == MODULE_COUNT ? 0 : modid + 1;
}

/* All are of one file. */
int64_t freebsd_modfnext(struct thread *t, int32_t modid)
{
    return modid == 0 ? -ENOENT : freebsd_modnext(t, modid);
}

/*
 * struct module_stat of sys/sys/module.h: version, name, references, number, and (from the second version on) what the
 * module tells of itself, which is 0 for those here. Only what follows the version is written.
 */
int64_t freebsd_modstat(struct thread *t, int32_t modid, guest_ptr stat)
{
    struct {
        char name[MODULE_MAX];
        int32_t refs, id, pad[2];
        uint64_t data;
    } s;
    enum { V1 = 44, V2 = 56, V3 = 88 };
    int32_t version;
    (void)t;
    if (!is_module(modid)) {
        return -ENOENT;
    }
    int r = COPYIN(&version, stat);
    if (r < 0) {
        return r;
    }
    if (version != V1 && version != V2 && version != V3) {
        return -EINVAL;
    }
    uint64_t names = version == V3 ? MODULE_MAX : MODULE_OLD, at = sizeof version;
    memset(&s, 0, sizeof s);
    hot_strlcpy(s.name, modules[modid - 1], sizeof s.name);
    s.refs = 1;
    s.id = modid;
    r = copyout(guest_at(stat, at), s.name, names);
    r = r == 0 ? copyout(guest_at(stat, at + names), &s.refs, 2 * sizeof s.refs) : r;
    return r == 0 && version != V1 ? copyout(guest_at(stat, (uint64_t)version - sizeof s.data), &s.data, sizeof s.data)
                                   : r;
}
