/*
 * What only an administrator of the whole machine may do: accounting, swap, booting, the services of NFS, tracing.
 * Nobody here is one: root among guests is what root of a jail is, and is refused as that one is
 * (prison_priv_check() in sys/kern/kern_jail.c). What the kernel looks at before it asks for the privilege is looked
 * at first, so that each fault gets its own errno.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/report.h"
#include "syscalls/freebsd/files/fcntl.h"
#include "vfs/path.h"

#define POLICY_NAME_MAX 32         /* security/mac/mac_policy.h: MAC_MAX_POLICY_NAME */
#define NFSSVC_GETSTATS 0x00400000 /* nfs/nfssvc.h */

/* sys/kern/kern_acct.c: the privilege comes before the path. */
int64_t freebsd_acct(struct thread *t, guest_ptr path)
{
    (void)t;
    (void)path;
    return -EPERM;
}

/* sys/kern/kern_shutdown.c */
int64_t freebsd_reboot(struct thread *t, uint64_t opt)
{
    (void)t;
    (void)opt;
    return -EPERM;
}

/* sys/vm/swap_pager.c */
int64_t freebsd_swapon(struct thread *t, guest_ptr name)
{
    (void)t;
    (void)name;
    return -EPERM;
}

int64_t freebsd_swapoff(struct thread *t, guest_ptr name, uint64_t flags)
{
    (void)t;
    (void)name;
    (void)flags;
    return -EPERM;
}

int64_t freebsd13_swapoff(struct thread *t, guest_ptr name)
{
    (void)t;
    (void)name;
    return -EPERM;
}

/* sys/nlm/nlm_prot_impl.c */
int64_t freebsd_nlm_syscall(struct thread *t, int32_t debug_level, int32_t grace_period, int32_t addr_count,
                            guest_ptr addrs)
{
    (void)t;
    (void)debug_level;
    (void)grace_period;
    (void)addr_count;
    (void)addrs;
    return -EPERM;
}

/* sys/nfs/nfs_nfssvc.c: only the statistics are for everybody, and here is no NFS that keeps any. */
int64_t freebsd_nfssvc(struct thread *t, uint64_t flag, guest_ptr argp)
{
    (void)t;
    (void)argp;
    return ((uint32_t)flag & ~(uint32_t)NFSSVC_GETSTATS) != 0 ? -EPERM : -EINVAL;
}

/* sys/rpc/rpcsec_tls/rpctls_impl.c */
int64_t freebsd_rpctls_syscall(struct thread *t, int32_t op, guest_ptr path)
{
    (void)t;
    (void)op;
    (void)path;
    return -EPERM;
}

/* sys/kern/vfs_mount.c: kern_unmount() asks for the privilege before anything else. */
int64_t freebsd_unmount(struct thread *t, guest_ptr path, int32_t flags)
{
    (void)t;
    (void)path;
    (void)flags;
    return -EPERM;
}

/* vfs_stdquotactl() in sys/kern/vfs_default.c: what a file system without quotas says of any file. */
int64_t freebsd_quotactl(struct thread *t, guest_ptr path, uint64_t cmd, int32_t uid, guest_ptr arg)
{
    struct vfs_path where;
    (void)cmd;
    (void)uid;
    (void)arg;
    int64_t r = path_copyin(t, VFS_AT_FDCWD, path, PATH_FOLLOW, &where);
    if (r == 0) {
        r = host_call4(__NR_faccessat2, where.dirfd, where.name, 0, AT_EACCESS);
    }
    return r < 0 ? r : -EOPNOTSUPP;
}

/* sys/security/mac/mac_syscalls.c: no policy is loaded, so none has that name. */
int64_t freebsd_mac_syscall(struct thread *t, guest_ptr policy, int32_t call, guest_ptr arg)
{
    char name[POLICY_NAME_MAX];
    (void)t;
    (void)call;
    (void)arg;
    int64_t r = copyin_str(name, policy, sizeof name);
    return r < 0 ? r : -ENOSYS;
}

/* sys/kern/kern_ktrace.c looks first whether the process is traced, and no process is. */
int64_t freebsd_utrace(struct thread *t, guest_ptr addr, uint64_t len)
{
    (void)t;
    (void)addr;
    (void)len;
    return 0;
}

/*
 * sys/kern/kern_rctl.c: GENERIC has resource limits by rule, and starts with them switched off (kern.racct.enable,
 * which only the loader can set): ENOSYS before anything is looked at.
 */
static int64_t rctl_is_off(void)
{
    return -ENOSYS;
}

#define RCTL(name)                                                                                                     \
    int64_t freebsd_##name(struct thread *t, guest_ptr in, uint64_t in_size, guest_ptr out, uint64_t out_size)         \
    {                                                                                                                  \
        (void)t;                                                                                                       \
        (void)in;                                                                                                      \
        (void)in_size;                                                                                                 \
        (void)out;                                                                                                     \
        (void)out_size;                                                                                                \
        return rctl_is_off();                                                                                          \
    }

RCTL(rctl_get_racct)
RCTL(rctl_get_rules)
RCTL(rctl_get_limits)
RCTL(rctl_add_rule)
RCTL(rctl_remove_rule)
