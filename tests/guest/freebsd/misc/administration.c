/*
 * What only a machine's administrator may do, as an ordinary user and a jail's root are answered: which arguments are
 * looked at before the privilege, and what is done for everybody. Sources: the manual pages of section 2, and the
 * kernel's files named at each case; prison_priv_check() in sys/kern/kern_jail.c has none of these privileges.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum {
    ONLY_ROOT_MAY_WRITE = 0555,
    MAY_WRITE = 0755,
    NFSSVC_GETSTATS = 0x00400000,
    AT_RESOLVE_BENEATH = 0x2000,
    LINKER_UNLOAD_FORCE = 1
};

/*
 * Rows: acct reboot swapon swapoff freebsd13_swapoff: acct(2), reboot(2), swapon(2); sys/kern/kern_acct.c,
 * kern_shutdown.c, sys/vm/swap_pager.c: the privilege is asked for before the path is read
 */
TEST(machine)
{
    CHECK_ERR(SYS(acct, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(acct, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(acct, "absent"), FREEBSD_EPERM);
    CHECK_ERR(SYS(reboot, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(reboot, 0x4008), FREEBSD_EPERM);
    CHECK_ERR(SYS(swapon, "absent"), FREEBSD_EPERM);
    CHECK_ERR(SYS(swapon, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(swapoff, "absent", 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(swapoff, wild, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd13_swapoff, wild), FREEBSD_EPERM);
}

/* Rows: nlm_syscall rpctls_syscall: nlm_syscall(2), sys/nlm/nlm_prot_impl.c, sys/rpc/rpcsec_tls/rpctls_impl.c */
TEST(services_of_nfs)
{
    CHECK_ERR(SYS(nlm_syscall, 0, 30, 1, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(rpctls_syscall, 1, wild), FREEBSD_EPERM);
    /* nfssvc(2), sys/nfs/nfs_nfssvc.c: whoever asks for nothing is told that */
    CHECK_ERR(SYS(nfssvc, 0x8, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(nfssvc, NFSSVC_GETSTATS | 0x8, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(nfssvc, 0, wild), FREEBSD_EINVAL);
}

/*
 * Rows: getfh lgetfh getfhat fhopen fhlink fhlinkat fhreadlink: getfh(2), fhopen(2), fhlink(2), fhreadlink(2);
 * sys/kern/vfs_syscalls.c: only getfhat has flags that are looked at before the privilege
 */
TEST(file_handles)
{
    uint8_t handle[28] = {0};

    CHECK_ERR(SYS(getfh, ".", handle), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfh, wild, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(lgetfh, "absent", handle), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, ".", handle, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, -7, ".", handle, FREEBSD_AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH), FREEBSD_EPERM);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, ".", handle, FREEBSD_AT_SYMLINK_FOLLOW), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getfhat, FREEBSD_AT_FDCWD, ".", handle, 1 << 30), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fhopen, handle, FREEBSD_O_RDONLY), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhopen, wild, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhlink, wild, "new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhlinkat, handle, -9, "new"), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhreadlink, handle, handle, (uint64_t)-1), FREEBSD_EPERM);
}

/*
 * Rows: fhstat freebsd11_fhstat fhstatfs freebsd11_fhstatfs freebsd4_fhstatfs: fhopen(2); sys/kern/vfs_syscalls.c: the
 * handle is copied in first, whole
 */
TEST(status_by_file_handle)
{
    char *pages = guest_pages(8192);
    char *last = pages + 4096 - 20;

    REQUIRE(pages != NULL);
    CHECK_OK(SYS(munmap, pages + 4096, 4096));
    CHECK_ERR(SYS(fhstat, pages, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhstat, last, pages), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fhstat, wild, pages), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fhstat, pages, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd11_fhstat, 0, pages), FREEBSD_EFAULT);
    CHECK_ERR(SYS(fhstatfs, pages, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(fhstatfs, last, pages), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fhstatfs, pages, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd11_fhstatfs, wild, pages), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_fhstatfs, pages, wild), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd4_fhstatfs, wild, pages), FREEBSD_EFAULT);
}

/*
 * Rows: mount unmount: mount(2), unmount(2); sys/kern/vfs_mount.c, sys/ufs/ffs/ffs_vfsops.c: unmount wants the privilege
 * first; mount's kind of file system must be there (one that is not would have to be loaded), and be one for mount
 */
TEST(mounting)
{
    uint64_t arguments[32] = {0};

    CHECK_ERR(SYS(unmount, "/", 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(unmount, wild, -1), FREEBSD_EPERM);
    CHECK_ERR(SYS(mount, wild, "/mnt", 0, arguments), FREEBSD_EFAULT);
    CHECK_ERR(SYS(mount, "seventeen_letters", "/mnt", 0, arguments), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(mount, "nosuchfs", "/mnt", 0, arguments), FREEBSD_EPERM);
    CHECK_ERR(SYS(mount, "tmpfs", "/mnt", 0, arguments), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(mount, "devfs", wild, -1, wild), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(mount, "ufs", "/mnt", 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mount, "ufs", "/mnt", 0, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(mount, "cd9660", "/mnt", 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(mount, "ufs", "/mnt", 0, arguments), FREEBSD_EFAULT); /* the device's name is at 0 */
    arguments[0] = (uint64_t) "/dev/absent";
    CHECK_ERR(SYS(mount, "ufs", wild, 0, arguments), FREEBSD_EFAULT);
    CHECK_ERR(SYS(mount, "ufs", "/mnt", 0, arguments), FREEBSD_EPERM);
    CHECK_ERR(SYS(mount, "msdosfs", "/mnt", 0, arguments), FREEBSD_EPERM);
}

#define OPTION(name, value, size)                                                                                      \
    {(char *)(uintptr_t)(name), sizeof(name)},                                                                         \
    {                                                                                                                  \
        (void *)(uintptr_t)(value), size                                                                               \
    }

/* Rows: nmount: nmount(2); sys/kern/vfs_mount.c: sys_nmount(), vfs_buildopts(), vfs_donmount() */
TEST(mounting_by_options)
{
    static char message[64];
    struct freebsd_iovec good[] = {OPTION("fstype", "tmpfs", 6), OPTION("fspath", "/mnt", 5),
                                   OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec no_kind[] = {OPTION("fspath", "/mnt", 5), OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec unended[] = {OPTION("fstype", "tmpfs", 5), OPTION("fspath", "/mnt", 5)};
    struct freebsd_iovec long_kind[] = {OPTION("fstype", "seventeen_letters", 18), OPTION("fspath", "/mnt", 5)};

    CHECK_ERR(SYS(nmount, good, 6, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(nmount, good, 5, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(nmount, good, 2, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(nmount, good, 1026, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(nmount, wild, 4, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(nmount, no_kind, 4, 0), FREEBSD_EINVAL);
    CHECK_EQ(guest_strcmp(message, "Invalid fstype"), 0);
    CHECK_ERR(SYS(nmount, unended, 4, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(nmount, long_kind, 4, 0), FREEBSD_ENAMETOOLONG);
    good[2].len = 6; /* a name without its NUL */
    CHECK_ERR(SYS(nmount, good, 6, 0), FREEBSD_EINVAL);
    good[2].len = 7;
    good[2].base = wild;
    CHECK_ERR(SYS(nmount, good, 6, 0), FREEBSD_EFAULT);
}

/*
 * Rows: quotactl undelete: quotactl(2), undelete(2); vfs_stdquotactl() in sys/kern/vfs_default.c, kern_undelete() in
 * sys/kern/vfs_syscalls.c
 */
TEST(quotas_and_whiteouts)
{
    static char name[1100];

    memset(name, 'x', sizeof(name) - 1);
    CHECK_ERR(SYS(quotactl, ".", 0, 0, wild), FREEBSD_EOPNOTSUPP);
    CHECK_ERR(SYS(quotactl, "absent", 0, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(quotactl, wild, 0, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(quotactl, name, 0, 0, 0), FREEBSD_ENAMETOOLONG);
    SYS(close, guest_file("there", "x"));
    CHECK_ERR(SYS(quotactl, "there/below", 0, 0, 0), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(undelete, "there"), FREEBSD_EEXIST);
    CHECK_ERR(SYS(undelete, "."), FREEBSD_EEXIST);
    CHECK_ERR(SYS(undelete, "absent"), FREEBSD_ENOENT);
    CHECK_ERR(SYS(undelete, ""), FREEBSD_ENOENT);
    CHECK_ERR(SYS(undelete, "there/below"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(undelete, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(undelete, name), FREEBSD_ENAMETOOLONG);
    CHECK_OK(SYS(symlink, "nowhere", "link"));
    CHECK_ERR(SYS(undelete, "link"), FREEBSD_EEXIST); /* the link itself is meant */
    CHECK_OK(SYS(mkdir, "closed", MAY_WRITE));
    SYS(close, guest_file("closed/file", ""));
    CHECK_OK(SYS(chmod, "closed", ONLY_ROOT_MAY_WRITE));
    CHECK_ERR(SYS(undelete, "closed/file"), SYS(geteuid) == 0 ? FREEBSD_EEXIST : FREEBSD_EACCES);
    CHECK_OK(SYS(chmod, "closed", MAY_WRITE));
}

/* revoke(2), sys/kern/vfs_syscalls.c: only devices, only by their owner */
TEST(taking_devices_away)
{
    SYS(close, guest_file("plain", ""));
    CHECK_ERR(SYS(revoke, "plain"), FREEBSD_EINVAL);
    CHECK_ERR(SYS(revoke, "absent"), FREEBSD_ENOENT);
    CHECK_ERR(SYS(revoke, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(revoke, "/dev/null"), SYS(geteuid) == 0 ? FREEBSD_EOPNOTSUPP : FREEBSD_EPERM);
}

/* Rows: mac_syscall: mac_syscall(2), sys/security/mac/mac_syscalls.c: the name is read before it is looked for */
TEST(policies)
{
    CHECK_ERR(SYS(mac_syscall, "mac_absent", 0, wild), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(mac_syscall, wild, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(mac_syscall, "a_name_of_no_less_than_32_characters", 0, 0), FREEBSD_ENAMETOOLONG);
}

/*
 * Rows: rctl_get_racct rctl_get_rules rctl_get_limits rctl_add_rule rctl_remove_rule: rctl_add_rule(2) ENOSYS,
 * sys/kern/kern_rctl.c, sys/amd64/conf/GENERIC (RACCT_DEFAULT_TO_DISABLED)
 */
TEST(limits_by_rule)
{
    CHECK_ERR(SYS(rctl_get_racct, "user:root:", 11, wild, 100), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(rctl_get_rules, wild, 11, wild, 100), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(rctl_get_limits, 0, 0, 0, 0), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(rctl_add_rule, wild, -1, wild, -1), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(rctl_remove_rule, wild, -1, wild, -1), FREEBSD_ENOSYS);
}

/* Rows: utrace: utrace(2), sys/kern/kern_ktrace.c: of a process that nobody traces nothing is looked at */
TEST(records_for_a_trace)
{
    if (guest_intercepted_by("seccomp"))
        SKIP("its number is uretprobe's, which Linux 6.14 and later let past every filter");
    CHECK_OK(SYS(utrace, "text", 4));
    CHECK_OK(SYS(utrace, wild, 4));
    CHECK_OK(SYS(utrace, wild, 1 << 20));
}

/*
 * Rows: kenv: kenv(2), sys/kern/kern_environment.c: what may not be done comes before the name, an unknown action after
 * it; the environment is the empty one of a kernel without loader
 */
TEST(kernel_environment)
{
    enum { GET, SET, UNSET, DUMP };
    char value[128];
    char name[140];

    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = 0;
    CHECK_ERR(SYS(kenv, GET, "absent", value, sizeof(value)), FREEBSD_ENOENT);
    CHECK_ERR(SYS(kenv, GET, wild, value, sizeof(value)), FREEBSD_EFAULT);
    CHECK_ERR(SYS(kenv, GET, name, value, sizeof(value)), FREEBSD_ENAMETOOLONG);
    name[128] = 0;
    CHECK_ERR(SYS(kenv, GET, name, value, sizeof(value)), FREEBSD_ENOENT);
    CHECK_ERR(SYS(kenv, SET, wild, wild, 3), FREEBSD_EPERM);
    CHECK_ERR(SYS(kenv, UNSET, wild, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(kenv, 17, "absent", value, sizeof(value)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(kenv, -1, wild, value, sizeof(value)), FREEBSD_EFAULT);
    CHECK_OK(SYS(kenv, DUMP, 0, 0, 0));
    memset(value, '#', sizeof(value));
    CHECK_OK(SYS(kenv, DUMP, 0, value, sizeof(value)));
    CHECK_EQ(value[0], '#');
}
