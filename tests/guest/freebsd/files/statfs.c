/*
 * File systems, in the three generations of their description.
 *
 * Rows: statfs fstatfs getfsstat: statfs(2), getfsstat(2), sys/kern/vfs_syscalls.c, sys/sys/mount.h
 * Rows: freebsd11_statfs freebsd11_fstatfs freebsd11_getfsstat: freebsd11_cvtstatfs() in sys/kern/vfs_syscalls.c
 * Rows: freebsd4_statfs freebsd4_fstatfs freebsd4_getfsstat: freebsd4_cvtstatfs() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

TEST(now)
{
    struct freebsd_statfs fs, other;
    int fd = guest_file("fs", "x");

    memset(&fs, 0x55, sizeof(fs));
    CHECK_OK(SYS(statfs, ".", &fs));
    CHECK_EQ(fs.version, FREEBSD_STATFS_VERSION);
    CHECK(fs.bsize >= 512 && (fs.bsize & (fs.bsize - 1)) == 0);
    CHECK(fs.blocks >= fs.bfree);
    CHECK((int64_t)fs.bfree >= fs.bavail);
    CHECK_EQ(fs.namemax, 255);
    CHECK_EQ(fs.spare[0], 0);
    CHECK_EQ(fs.spare[9], 0);
    CHECK_EQ(fs.charspare[79], 0);
    CHECK(fs.fstypename[0] != 0 && guest_strlen(fs.fstypename) < 16);
    CHECK_EQ(fs.mntonname[0], '/');
    memset(&other, 0xaa, sizeof(other));
    CHECK_OK(SYS(fstatfs, fd, &other));
    CHECK_EQ(other.version, FREEBSD_STATFS_VERSION);
    CHECK_EQ(other.bsize, fs.bsize);
    CHECK_EQ(other.blocks, fs.blocks);
    CHECK_EQ(guest_strcmp(other.mntonname, fs.mntonname), 0);
    CHECK_EQ(guest_strcmp(other.fstypename, fs.fstypename), 0);
}

/* struct xvfsconf: what getvfsbyname(3) looks for in vfs.conflist. */
struct kind {
    uint64_t operations;
    char name[16];
    int32_t number, references, flags, pad;
    uint64_t next;
};

/* A kind of file system that statfs tells of is listed, once */
TEST(kinds)
{
    static struct kind list[100];
    struct freebsd_statfs fs;
    uint64_t size = sizeof(list);
    int found = 0, ufs = 0, synthetic = 0;

    CHECK_OK(SYS(statfs, ".", &fs));
    CHECK_OK(SYS(__sysctlbyname, "vfs.conflist", 12, list, &size, 0, 0));
    CHECK_EQ(size % sizeof(list[0]), 0);
    for (unsigned i = 0; i < size / sizeof(list[0]); i++) {
        CHECK_EQ(list[i].number, i + 1);
        found += guest_strcmp(list[i].name, fs.fstypename) == 0;
        ufs += guest_strcmp(list[i].name, "ufs") == 0;
        synthetic += guest_strcmp(list[i].name, "devfs") == 0 && (list[i].flags & 0x80000) != 0; /* VFCF_SYNTHETIC */
    }
    CHECK_EQ(found, 1);
    CHECK_EQ(ufs, 1);
    CHECK_EQ(synthetic, 1);
}

/* The engine's own looks at the host cost the guest no descriptor, so none can be missing. */
TEST(without_descriptors)
{
    struct freebsd_rlimit limit, small = {3, 0};
    struct freebsd_statfs fs;

    CHECK_OK(SYS(getrlimit, 8, &limit));
    small.maximum = limit.maximum;
    CHECK_OK(SYS(setrlimit, 8, &small));
    memset(&fs, 0, sizeof(fs));
    CHECK_OK(SYS(statfs, ".", &fs));
    CHECK_EQ(fs.mntonname[0], '/');
    CHECK(SYS(getfsstat, 0, 0, FREEBSD_MNT_NOWAIT) > 0);
    CHECK_ERR(SYS(dup, 1), FREEBSD_EMFILE);
    CHECK_OK(SYS(setrlimit, 8, &limit));
}

TEST(before_12)
{
    struct freebsd_statfs fs;
    struct freebsd11_statfs old;
    int fd = guest_file("fs11", "x");

    CHECK_OK(SYS(statfs, ".", &fs));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd11_statfs, ".", &old));
    CHECK_EQ(old.version, FREEBSD11_STATFS_VERSION);
    CHECK_EQ(old.bsize, fs.bsize);
    CHECK_EQ(old.blocks, fs.blocks);
    CHECK_EQ(old.files, fs.files);
    CHECK_EQ(old.flags, fs.flags);
    CHECK_EQ(old.fsid[0], fs.fsid[0]);
    CHECK_EQ(guest_strcmp(old.fstypename, fs.fstypename), 0);
    CHECK_EQ(old.mntonname[0], '/');
    CHECK(guest_strlen(old.mntonname) < sizeof(old.mntonname));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd11_fstatfs, fd, &old));
    CHECK_EQ(old.version, FREEBSD11_STATFS_VERSION);
    CHECK_EQ(old.blocks, fs.blocks);
}

TEST(before_5)
{
    struct freebsd_statfs fs;
    struct freebsd4_statfs old;
    int fd = guest_file("fs4", "x");

    CHECK_OK(SYS(statfs, ".", &fs));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd4_statfs, ".", &old));
    CHECK_EQ(old.spare2, 0);
    CHECK_EQ(old.bsize, (int64_t)fs.bsize);
    CHECK_EQ(old.iosize, (int64_t)fs.iosize);
    CHECK_EQ(old.blocks, (int64_t)fs.blocks);
    CHECK_EQ(old.files, (int64_t)fs.files);
    CHECK_EQ(old.type, (int32_t)fs.type);
    CHECK_EQ(old.fsid[1], fs.fsid[1]);
    CHECK_EQ(old.flags, (int32_t)fs.flags);
    CHECK_EQ(guest_strcmp(old.fstypename, fs.fstypename), 0);
    CHECK_EQ(old.mntonname[0], '/');
    CHECK(guest_strlen(old.mntonname) < sizeof(old.mntonname));
    CHECK(guest_strlen(old.mntfromname) < sizeof(old.mntfromname));
    CHECK_EQ(old.spare[1], 0);
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(freebsd4_fstatfs, fd, &old));
    CHECK_EQ(old.blocks, (int64_t)fs.blocks);
    CHECK_EQ(old.spares1, 0);
}

TEST(path_errors)
{
    struct freebsd_statfs fs;

    FILES_PATH_ERRORS(SYS(statfs, path, &fs));
    FILES_PATH_ERRORS(SYS(freebsd11_statfs, path, &fs));
    FILES_PATH_ERRORS(SYS(freebsd4_statfs, path, &fs));
    CHECK_ERR(SYS(statfs, ".", WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_statfs, ".", WILD_HIGH), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_statfs, ".", WILD), FREEBSD_EFAULT);
}

/* getvnode(): what has no vnode is on no file system */
TEST(descriptor_errors)
{
    struct freebsd_statfs fs;
    int fd = guest_file("fserrors", "x");

    CHECK_ERR(SYS(fstatfs, 999, &fs), FREEBSD_EBADF);
    CHECK_ERR(SYS(fstatfs, -1, &fs), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_fstatfs, -100, &fs), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd4_fstatfs, 999, &fs), FREEBSD_EBADF);
    CHECK_ERR(SYS(fstatfs, files_pipe(), &fs), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fstatfs, files_socket(), &fs), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_fstatfs, files_pipe(), &fs), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd4_fstatfs, files_socket(), &fs), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fstatfs, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_fstatfs, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_fstatfs, fd, WILD_HIGH), FREEBSD_EFAULT);
}

/* getfsstat(2): without a buffer, or with none to speak of, the mounts are counted */
TEST(all_now)
{
    static struct freebsd_statfs list[4];
    int64_t count = MUST(SYS(getfsstat, 0, 0, FREEBSD_MNT_NOWAIT)), got;

    CHECK(count >= 1);
    CHECK_EQ(SYS(getfsstat, 0, 1 << 20, FREEBSD_MNT_WAIT), count);
    CHECK_EQ(SYS(getfsstat, list, 0, FREEBSD_MNT_WAIT), count);
    CHECK_EQ(SYS(getfsstat, list, sizeof(list[0]) - 1, FREEBSD_MNT_WAIT), 0);
    memset(list, 0x55, sizeof(list));
    got = SYS(getfsstat, list, sizeof(list[0]), FREEBSD_MNT_NOWAIT);
    CHECK_EQ(got, 1);
    CHECK_EQ(list[0].version, FREEBSD_STATFS_VERSION);
    CHECK_EQ(list[1].version, 0x55555555);
    got = SYS(getfsstat, list, sizeof(list), FREEBSD_MNT_NOWAIT);
    CHECK_EQ(got, count < 4 ? count : 4);
    for (int64_t i = 0; i < got && i < 4; i++)
        CHECK_EQ(list[i].mntonname[0], '/');
}

TEST(all_of_old)
{
    static struct freebsd11_statfs list11[2];
    static struct freebsd4_statfs list4[2];
    int64_t count = MUST(SYS(getfsstat, 0, 0, FREEBSD_MNT_NOWAIT));

    CHECK_EQ(SYS(freebsd11_getfsstat, 0, 0, FREEBSD_MNT_NOWAIT), count);
    CHECK_EQ(SYS(freebsd4_getfsstat, 0, 0, FREEBSD_MNT_NOWAIT), count);
    CHECK_EQ(SYS(freebsd11_getfsstat, list11, sizeof(list11[0]) - 1, FREEBSD_MNT_NOWAIT), count);
    memset(list11, 0x55, sizeof(list11));
    memset(list4, 0x55, sizeof(list4));
    CHECK_EQ(SYS(freebsd11_getfsstat, list11, sizeof(list11[0]), FREEBSD_MNT_NOWAIT), 1);
    CHECK_EQ(list11[0].version, FREEBSD11_STATFS_VERSION);
    CHECK_EQ(list11[1].version, 0x55555555);
    CHECK_EQ(SYS(freebsd4_getfsstat, list4, sizeof(list4[0]), FREEBSD_MNT_WAIT), 1);
    CHECK_EQ(list4[0].mntonname[0], '/');
    CHECK_EQ(list4[1].type, 0x55555555);
}

TEST(all_errors)
{
    CHECK_ERR(SYS(getfsstat, 0, -1, FREEBSD_MNT_WAIT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getfsstat, 0, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getfsstat, 0, 0, 3), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_getfsstat, 0, -1, FREEBSD_MNT_WAIT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_getfsstat, 0, 0, 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd4_getfsstat, 0, -1, FREEBSD_MNT_WAIT), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd4_getfsstat, 0, 0, 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getfsstat, WILD, 1 << 20, FREEBSD_MNT_WAIT), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_getfsstat, WILD_HIGH, 1 << 20, FREEBSD_MNT_WAIT), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_getfsstat, WILD, 1 << 20, FREEBSD_MNT_WAIT), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd4_getfsstat, 0, 1 << 20, FREEBSD_MNT_WAIT), FREEBSD_EFAULT);
}
