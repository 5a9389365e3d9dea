/*
 * /dev as devfs(5) shows it: FreeBSD's names, and how they are reached from everywhere. Sources: devfs(5),
 * devfs_rules_jail in /etc/defaults/devfs.rules, sys/kern/kern_descrip.c (fildesc_drvinit()), sys/fs/devfs.
 */
#include "lib/vfs.h"

static struct vfs_names names, again;

TEST(names)
{
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const foreign[] = {"kmsg", "loop0", "mqueue", "core", "shm", "kvm", "vsock", "tty1", "ttyS0"};

    CHECK_OK(vfs_names_of("/dev", &names));
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
        CHECK_EQ(vfs_type_in(&names, devices[i]), FREEBSD_DT_CHR);
    CHECK_EQ(vfs_type_in(&names, "fd"), FREEBSD_DT_DIR);
    CHECK_EQ(vfs_type_in(&names, "stdin"), FREEBSD_DT_LNK);
    CHECK_EQ(vfs_type_in(&names, "stderr"), FREEBSD_DT_LNK);
    CHECK_EQ(guest_strcmp(names.list[0].name, "."), 0);
    CHECK_EQ(guest_strcmp(names.list[1].name, ".."), 0);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        CHECK_EQ(vfs_type_in(&names, foreign[i]), -1);
}

/* Whatever is shown is there, and of the type that is shown. */
TEST(all_of_them_are_there)
{
    char path[80];

    CHECK_OK(vfs_names_of("/dev", &names));
    CHECK(names.count > 10);
    for (unsigned i = 0; i < names.count; i++) {
        guest_format(path, sizeof(path), "/dev/%s", names.list[i].name);
        CHECK_EQ(vfs_mode(path, FREEBSD_AT_SYMLINK_NOFOLLOW) >> 12, names.list[i].type);
    }
}

/* The kernel's log is on every Linux: its name must lead to nothing, however it is spelled. */
TEST(foreign_names_are_not_there)
{
    static const char *const spellings[] = {"/dev/kmsg", "//dev/kmsg", "/./dev/kmsg", "/dev/fd/../kmsg", "/dev/./kmsg"};
    int root = (int)MUST(SYS(open, "/", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        CHECK_ERR(SYS(open, spellings[i], FREEBSD_O_RDONLY), FREEBSD_ENOENT);
        CHECK_ERR(vfs_mode(spellings[i], 0), FREEBSD_ENOENT);
        CHECK_ERR(SYS(access, spellings[i], 0), FREEBSD_ENOENT);
    }
    CHECK_ERR(SYS(openat, root, "dev/kmsg", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_OK(SYS(chdir, "/dev"));
    CHECK_ERR(SYS(open, "kmsg", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    CHECK_OK(SYS(chdir, "/"));
    CHECK_ERR(SYS(open, "dev/kmsg", FREEBSD_O_RDONLY), FREEBSD_ENOENT);
    SYS(close, root);
}

TEST(links)
{
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, "/dev/stdin"), "fd/0"), 0);
    CHECK_EQ(guest_strcmp(vfs_link(FREEBSD_AT_FDCWD, "/dev/stderr"), "fd/2"), 0);
    CHECK_EQ(vfs_mode("/dev/stdout", FREEBSD_AT_SYMLINK_NOFOLLOW) & 0170000, FREEBSD_S_IFLNK);
    CHECK_EQ(vfs_mode("/dev/stdout", 0) & 0170000, FREEBSD_S_IFCHR);
    CHECK_ERR(SYS(open, "/dev/stdin", FREEBSD_O_RDONLY | FREEBSD_O_NOFOLLOW), FREEBSD_EMLINK);
}

static const char *working_directory(void)
{
    static char path[1024];

    CHECK_OK(SYS(__getcwd, path, sizeof(path)));
    return path;
}

static bool real_path_is(int dirfd, const char *path, const char *wanted)
{
    char real[1024] = "";

    CHECK_OK(SYS(__realpathat, dirfd, path, real, sizeof(real), 0));
    return guest_strcmp(real, wanted) == 0;
}

TEST(up_and_down)
{
    int dev = (int)MUST(SYS(open, "/dev", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));
    int fds = (int)MUST(SYS(openat, dev, "fd", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    CHECK_OK(SYS(chdir, "/dev/fd"));
    CHECK_EQ(guest_strcmp(working_directory(), "/dev/fd"), 0);
    CHECK_EQ(vfs_mode("../null", 0) & 0170000, FREEBSD_S_IFCHR);
    CHECK(real_path_is(FREEBSD_AT_FDCWD, "../null", "/dev/null"));
    CHECK(real_path_is(FREEBSD_AT_FDCWD, "../fd/../../dev/zero", "/dev/zero"));
    CHECK_OK(SYS(chdir, ".."));
    CHECK_EQ(guest_strcmp(working_directory(), "/dev"), 0);
    CHECK(real_path_is(fds, "../zero", "/dev/zero"));
    CHECK(real_path_is(fds, "..", "/dev"));
    CHECK(real_path_is(fds, "../..", "/"));
    CHECK_OK(SYS(fchdir, fds));
    CHECK_EQ(guest_strcmp(working_directory(), "/dev/fd"), 0);
    CHECK_OK(SYS(fchdir, dev));
    CHECK_EQ(guest_strcmp(working_directory(), "/dev"), 0);
    CHECK_ERR(SYS(chdir, "null"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(open, "null/x", FREEBSD_O_RDONLY), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(chdir, "/"));
    SYS(close, dev);
    SYS(close, fds);
}

TEST(pseudo_terminals)
{
    char path[80];
    int64_t master = SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);

    if (master < 0)
        SKIP("no pseudo-terminals here");
    CHECK_OK(vfs_names_of("/dev/pts", &names));
    CHECK(names.count > 2);
    for (unsigned i = 2; i < names.count; i++) {
        CHECK(names.list[i].name[0] >= '0' && names.list[i].name[0] <= '9');
        CHECK_EQ(names.list[i].type, FREEBSD_DT_CHR);
    }
    CHECK_ERR(vfs_mode("/dev/pts/ptmx", 0), FREEBSD_ENOENT);
    guest_format(path, sizeof(path), "/dev/pts/%s", names.list[2].name);
    CHECK_EQ(vfs_mode(path, 0) & 0170000, FREEBSD_S_IFCHR);
    SYS(close, master);
}

static bool same_names(const struct vfs_names *a, const struct vfs_names *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (vfs_type_in(b, a->list[i].name) != a->list[i].type)
            return false;
    return true;
}

/* getdirentries(2): whatever the buffer, each name comes once; and from the position behind a name on, those after it. */
TEST(positions)
{
    int fd = (int)MUST(SYS(open, "/dev", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));
    char small[8];

    CHECK_OK(vfs_read_names(fd, &names, 8192));
    CHECK_EQ(SYS(lseek, fd, 0, 0), 0);
    CHECK_OK(vfs_read_names(fd, &again, 48));
    CHECK(same_names(&names, &again));
    for (unsigned i = 0; i < names.count; i++) {
        CHECK_EQ(SYS(lseek, fd, names.list[i].behind, 0), names.list[i].behind);
        CHECK_OK(vfs_read_names(fd, &again, 200));
        CHECK_EQ(again.count, names.count - i - 1);
        if (again.count > 0)
            CHECK_EQ(guest_strcmp(again.list[0].name, names.list[i + 1].name), 0);
    }
    CHECK_EQ(SYS(lseek, fd, 0, 0), 0);
    CHECK_ERR(SYS(getdirentries, fd, small, sizeof(small), NULL), FREEBSD_EINVAL);
    SYS(close, fd);
}

static void read_one(void *fd)
{
    char one[48];

    CHECK(SYS(getdirentries, *(int *)fd, one, 48, NULL) > 0);
}

/* The position is the open file's: a child's reading moves it. */
TEST(a_child_reads_on)
{
    int fd = (int)MUST(SYS(open, "/dev", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));

    CHECK_OK(vfs_names_of("/dev", &names));
    CHECK(EXITED(guest_in_child(read_one, &fd), 0));
    CHECK_OK(vfs_read_names(fd, &again, 4096));
    CHECK_EQ(again.count, names.count - 1);
    SYS(close, fd);
}

TEST(statistics)
{
    struct freebsd_statfs fs;

    CHECK_OK(SYS(statfs, "/dev", &fs));
    CHECK_EQ(guest_strcmp(fs.fstypename, "devfs"), 0);
    CHECK_EQ(guest_strcmp(fs.mntonname, "/dev"), 0);
    CHECK_OK(SYS(statfs, "/dev/fd", &fs));
    CHECK_EQ(guest_strcmp(fs.fstypename, "fdescfs"), 0);
    CHECK_EQ(guest_strcmp(fs.mntonname, "/dev/fd"), 0);
}
