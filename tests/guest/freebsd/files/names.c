/*
 * Names: made, linked, renamed, removed.
 *
 * Rows: link linkat: link(2), kern_linkat() in sys/kern/vfs_syscalls.c
 * Rows: symlink symlinkat readlink readlinkat: symlink(2), readlink(2), kern_symlinkat(), kern_readlinkat()
 * Rows: rename renameat: rename(2), kern_renameat()
 * Rows: unlink unlinkat funlinkat rmdir undelete: unlink(2), rmdir(2), undelete(2), kern_funlinkat(), kern_undelete()
 * Rows: mkdir mkdirat mkfifo mkfifoat: mkdir(2), mkfifo(2), kern_mkdirat(), kern_mkfifoat()
 * Rows: mknodat freebsd11_mknod freebsd11_mknodat: mknod(2), kern_mknodat()
 */
#include "files.h"

/* unlink(2): a directory is EPERM, whoever asks */
TEST(unlink_directory)
{
    CHECK_OK(SYS(mkdir, "adir", 0755));
    CHECK_ERR(SYS(unlink, "adir"), FREEBSD_EPERM);
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "adir", 0), FREEBSD_EPERM);
    CHECK_OK(SYS(unlinkat, FREEBSD_AT_FDCWD, "adir", FREEBSD_AT_REMOVEDIR));
    CHECK_ERR(SYS(unlink, "adir"), FREEBSD_ENOENT);
}

TEST(unlink_file)
{
    SYS(close, guest_file("afile", "x"));
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "afile", 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "afile", FREEBSD_AT_REMOVEDIR), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(unlink, "afile"));
    CHECK_ERR(files_size("afile"), FREEBSD_ENOENT);
}

TEST(rmdir_errors)
{
    SYS(close, guest_file("notadir", "x"));
    CHECK_ERR(SYS(rmdir, "notadir"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(rmdir, "absent"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "dotted", 0755));
    CHECK_ERR(SYS(rmdir, "dotted/."), FREEBSD_EINVAL);
    CHECK_OK(SYS(rmdir, "dotted"));
}

TEST(mkdir_errors)
{
    CHECK_OK(SYS(mkdir, "made", 0755));
    CHECK_ERR(SYS(mkdir, "made", 0755), FREEBSD_EEXIST);
    CHECK_ERR(SYS(mkdir, "absent/made", 0755), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "slashed/", 0755));
}

TEST(links)
{
    struct freebsd_stat st;

    SYS(close, guest_file("first", "abc"));
    CHECK_OK(SYS(link, "first", "second"));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "second", &st, 0));
    CHECK_EQ(st.nlink, 2);
    CHECK_ERR(SYS(link, "first", "second"), FREEBSD_EEXIST);
    CHECK_ERR(SYS(link, "absent", "third"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "linkdir", 0755));
    CHECK_ERR(SYS(link, "linkdir", "linkdir2"), FREEBSD_EPERM);
}

/* link(2) follows a symbolic link to its file, unlike Linux */
TEST(link_follows)
{
    struct freebsd_stat st;

    SYS(close, guest_file("real", "abc"));
    CHECK_OK(SYS(symlink, "real", "soft"));
    CHECK_OK(SYS(link, "soft", "hard"));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "hard", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFREG);
    CHECK_OK(SYS(linkat, FREEBSD_AT_FDCWD, "soft", FREEBSD_AT_FDCWD, "hardsoft", 0));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "hardsoft", &st, FREEBSD_AT_SYMLINK_NOFOLLOW));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFLNK);
    CHECK_ERR(SYS(linkat, FREEBSD_AT_FDCWD, "soft", FREEBSD_AT_FDCWD, "x", 1), FREEBSD_EINVAL);
}

TEST(read_links)
{
    char buffer[32];

    CHECK_OK(SYS(symlink, "the/target", "pointer"));
    memset(buffer, '#', sizeof(buffer));
    CHECK_EQ(SYS(readlink, "pointer", buffer, sizeof(buffer)), 10);
    CHECK_EQ(memcmp(buffer, "the/target#", 11), 0);
    CHECK_EQ(SYS(readlink, "pointer", buffer, 3), 3);
    SYS(close, guest_file("nopointer", "x"));
    CHECK_ERR(SYS(readlink, "nopointer", buffer, 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(readlink, "absent", buffer, 8), FREEBSD_ENOENT);
    CHECK_ERR(SYS(symlink, "x", "pointer"), FREEBSD_EEXIST);
}

TEST(renames)
{
    SYS(close, guest_file("from", "12"));
    SYS(close, guest_file("onto", "12345"));
    CHECK_OK(SYS(rename, "from", "onto"));
    CHECK_EQ(files_size("onto"), 2);
    CHECK_ERR(SYS(rename, "from", "onto"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "rdir", 0755));
    CHECK_ERR(SYS(rename, "onto", "rdir"), FREEBSD_EISDIR);
    CHECK_ERR(SYS(rename, "rdir", "onto"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(rename, "rdir", "rdir/below"), FREEBSD_EINVAL);
    SYS(close, guest_file("rdir/file", "x"));
    CHECK_OK(SYS(mkdir, "rdir2", 0755));
    CHECK_ERR(SYS(rename, "rdir2", "rdir"), FREEBSD_ENOTEMPTY);
}

TEST(path_errors)
{
    char buffer[8];

    SYS(close, guest_file("there", "x"));
    FILES_PATH_ERRORS(SYS(link, path, "new"));
    FILES_PATH_ERRORS(SYS(link, "there", path));
    FILES_PATH_ERRORS(SYS(linkat, FREEBSD_AT_FDCWD, path, FREEBSD_AT_FDCWD, "new", 0));
    FILES_PATH_ERRORS(SYS(symlink, "target", path));
    FILES_PATH_ERRORS(SYS(symlinkat, "target", FREEBSD_AT_FDCWD, path));
    CHECK_ERR(SYS(symlink, WILD, "new"), FREEBSD_EFAULT);
    CHECK_ERR(SYS(symlink, files_long_path(1024), "new"), FREEBSD_ENAMETOOLONG);
    FILES_PATH_ERRORS(SYS(readlink, path, buffer, 8));
    FILES_PATH_ERRORS(SYS(readlinkat, FREEBSD_AT_FDCWD, path, buffer, 8));
    FILES_PATH_ERRORS(SYS(rename, path, "new"));
    FILES_PATH_ERRORS(SYS(rename, "there", path));
    FILES_PATH_ERRORS(SYS(renameat, FREEBSD_AT_FDCWD, path, FREEBSD_AT_FDCWD, "new"));
    FILES_PATH_ERRORS(SYS(unlink, path));
    FILES_PATH_ERRORS(SYS(unlinkat, FREEBSD_AT_FDCWD, path, 0));
    FILES_PATH_ERRORS(SYS(funlinkat, FREEBSD_AT_FDCWD, path, -200, 0));
    FILES_PATH_ERRORS(SYS(rmdir, path));
    FILES_PATH_ERRORS(SYS(undelete, path));
    CHECK(files_exists("there"));
}

TEST(path_errors_of_makers)
{
    FILES_PATH_ERRORS(SYS(mkdir, path, 0700));
    FILES_PATH_ERRORS(SYS(mkdirat, FREEBSD_AT_FDCWD, path, 0700));
    FILES_PATH_ERRORS(SYS(mkfifo, path, 0600));
    FILES_PATH_ERRORS(SYS(mkfifoat, FREEBSD_AT_FDCWD, path, 0600));
    FILES_PATH_ERRORS(SYS(mknodat, FREEBSD_AT_FDCWD, path, FREEBSD_S_IFIFO | 0600, 0));
    FILES_PATH_ERRORS(SYS(freebsd11_mknod, path, FREEBSD_S_IFIFO | 0600, 0));
    FILES_PATH_ERRORS(SYS(freebsd11_mknodat, FREEBSD_AT_FDCWD, path, FREEBSD_S_IFIFO | 0600, 0));
}

TEST(directory_descriptors)
{
    char buffer[8];
    int dir, file = guest_file("nodir", "x");

    CHECK_OK(SYS(mkdir, "at", 0755));
    dir = (int)MUST(SYS(open, "at", FREEBSD_O_DIRECTORY));
    CHECK_OK(SYS(mkdirat, dir, "d", 0755));
    CHECK_OK(SYS(mkfifoat, dir, "f", 0600));
    CHECK_OK(SYS(symlinkat, "f", dir, "s"));
    CHECK_OK(SYS(linkat, FREEBSD_AT_FDCWD, "nodir", dir, "l", 0));
    CHECK_EQ(SYS(readlinkat, dir, "s", buffer, 8), 1);
    CHECK_OK(SYS(renameat, dir, "f", dir, "g"));
    CHECK_OK(SYS(unlinkat, dir, "s", 0));
    CHECK_OK(SYS(unlinkat, dir, "d", FREEBSD_AT_REMOVEDIR));
    CHECK(files_exists("at/g") && files_exists("at/l") && !files_exists("at/d") && !files_exists("at/s"));
    CHECK_ERR(SYS(mkdirat, 999, "x", 0755), FREEBSD_EBADF);
    CHECK_ERR(SYS(mkdirat, file, "x", 0755), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(mkfifoat, 999, "x", 0600), FREEBSD_EBADF);
    CHECK_ERR(SYS(mkfifoat, file, "x", 0600), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(symlinkat, "x", 999, "x"), FREEBSD_EBADF);
    CHECK_ERR(SYS(symlinkat, "x", file, "x"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(readlinkat, 999, "x", buffer, 8), FREEBSD_EBADF);
    CHECK_ERR(SYS(readlinkat, file, "x", buffer, 8), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(linkat, 999, "x", dir, "y", 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(linkat, dir, "l", 999, "y", 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(renameat, 999, "x", dir, "y"), FREEBSD_EBADF);
    CHECK_ERR(SYS(renameat, dir, "g", 999, "y"), FREEBSD_EBADF);
    CHECK_ERR(SYS(unlinkat, 999, "x", 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(funlinkat, 999, "x", -200, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(mknodat, 999, "x", FREEBSD_S_IFIFO | 0600, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_mknodat, file, "x", FREEBSD_S_IFIFO | 0600, 0), FREEBSD_ENOTDIR);
}

/* funlinkat(2): removes a name only as long as it is that of the open file; another file is EDEADLK */
TEST(unlink_what_is_open)
{
    int one = guest_file("one", "x"), two = guest_file("two", "x");
    int dir;

    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", two, 0), FREEBSD_EDEADLK);
    CHECK(files_exists("one"));
    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", 999, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", -1, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", files_pipe(), 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", one, 1), FREEBSD_EINVAL);
    CHECK_OK(SYS(funlinkat, FREEBSD_AT_FDCWD, "one", one, 0));
    CHECK(!files_exists("one"));
    CHECK_OK(SYS(funlinkat, FREEBSD_AT_FDCWD, "two", -200, 0));
    CHECK_OK(SYS(mkdir, "openeddir", 0755));
    dir = (int)MUST(SYS(open, "openeddir", FREEBSD_O_DIRECTORY));
    CHECK_ERR(SYS(funlinkat, FREEBSD_AT_FDCWD, "openeddir", dir, 0), FREEBSD_EPERM);
    CHECK_OK(SYS(funlinkat, FREEBSD_AT_FDCWD, "openeddir", dir, FREEBSD_AT_REMOVEDIR));
}

/* kern_undelete(): there is no whiteout, so what exists is EEXIST and what does not ENOENT */
TEST(undelete_nothing)
{
    SYS(close, guest_file("visible", "x"));
    CHECK_ERR(SYS(undelete, "visible"), FREEBSD_EEXIST);
    CHECK_ERR(SYS(undelete, "invisible"), FREEBSD_ENOENT);
    CHECK_OK(SYS(mkdir, "visibledir", 0755));
    CHECK_ERR(SYS(undelete, "visibledir/"), FREEBSD_EEXIST);
}

TEST(beneath)
{
    int dir;

    CHECK_OK(SYS(mkdir, "pen", 0755));
    SYS(close, guest_file("pen/in", "x"));
    SYS(close, guest_file("outside", "x"));
    dir = (int)MUST(SYS(open, "pen", FREEBSD_O_DIRECTORY));
    CHECK_ERR(SYS(unlinkat, dir, "../outside", FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(funlinkat, dir, "../outside", -200, FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK_ERR(SYS(linkat, dir, "../outside", dir, "new", FREEBSD_AT_RESOLVE_BENEATH), FREEBSD_ENOTCAPABLE);
    CHECK(files_exists("outside"));
    CHECK_OK(SYS(unlinkat, dir, "in", FREEBSD_AT_RESOLVE_BENEATH));
}

/* linkat(2), readlinkat(2): an empty path is the descriptor's file */
TEST(empty_path)
{
    char buffer[8];
    int fd = guest_file("anchor", "123"), link;

    CHECK_OK(SYS(linkat, fd, "", FREEBSD_AT_FDCWD, "anchored", FREEBSD_AT_EMPTY_PATH));
    CHECK_EQ(files_size("anchored"), 3);
    CHECK_ERR(SYS(linkat, fd, "", FREEBSD_AT_FDCWD, "again", 0), FREEBSD_ENOENT);
    CHECK_OK(SYS(symlink, "anchor", "toanchor"));
    link = (int)MUST(SYS(open, "toanchor", FREEBSD_O_PATH | FREEBSD_O_NOFOLLOW));
    CHECK_EQ(SYS(readlinkat, link, "", buffer, 8), 6);
    CHECK_EQ(memcmp(buffer, "anchor", 6), 0);
}

TEST(read_link_errors)
{
    char buffer[8];

    CHECK_OK(SYS(symlink, "elsewhere", "away"));
    CHECK_ERR(SYS(readlink, "away", WILD, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readlinkat, FREEBSD_AT_FDCWD, "away", WILD_HIGH, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(readlink, "away", buffer, 1UL << 63), FREEBSD_EINVAL);
    CHECK_EQ(SYS(readlink, "away", buffer, 0), 0);
    CHECK_ERR(SYS(readlinkat, FREEBSD_AT_FDCWD, ".", buffer, 8), FREEBSD_EINVAL);
}

TEST(rename_errors)
{
    CHECK_OK(SYS(mkdir, "moved", 0755));
    CHECK_ERR(SYS(rename, "moved/.", "other"), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rename, "moved", "moved/.."), FREEBSD_EINVAL);
    CHECK_OK(SYS(rename, "moved", "moved"));
    CHECK_OK(SYS(renameat, FREEBSD_AT_FDCWD, "moved", FREEBSD_AT_FDCWD, "moved2"));
    CHECK(!files_exists("moved") && files_exists("moved2"));
    if (files_mode("/dev/shm") >= 0)
        CHECK_ERR(SYS(rename, "moved2", "/dev/shm/dragoman-cross-device"), FREEBSD_EXDEV);
}

TEST(rmdir_more)
{
    CHECK_OK(SYS(mkdir, "full", 0755));
    CHECK_OK(SYS(mkdir, "full/in", 0755));
    CHECK_ERR(SYS(rmdir, "full"), FREEBSD_ENOTEMPTY);
    CHECK_ERR(SYS(unlinkat, FREEBSD_AT_FDCWD, "full", FREEBSD_AT_REMOVEDIR), FREEBSD_ENOTEMPTY);
    CHECK_ERR(SYS(rmdir, "/"), FREEBSD_EBUSY);
    CHECK_OK(SYS(rmdir, "full/in"));
    CHECK_OK(SYS(rmdir, "full"));
}

/* kern_mkdirat(), kern_mkfifoat(): permission bits, less the mask */
TEST(modes_of_makers)
{
    int64_t old = SYS(umask, 022);

    CHECK_OK(SYS(mkdir, "masked", 01777));
    CHECK_EQ(files_mode("masked") & 07777, 0755);
    CHECK_OK(SYS(mkdirat, FREEBSD_AT_FDCWD, "masked2", 0700));
    CHECK_EQ(files_mode("masked2"), FREEBSD_S_IFDIR | 0700);
    CHECK_OK(SYS(mkfifo, "maskedfifo", 0666));
    CHECK_EQ(files_mode("maskedfifo"), FREEBSD_S_IFIFO | 0644);
    CHECK_ERR(SYS(mkfifo, "maskedfifo", 0666), FREEBSD_EEXIST);
    CHECK_ERR(SYS(mkfifoat, FREEBSD_AT_FDCWD, "masked", 0666), FREEBSD_EEXIST);
    SYS(umask, old);
}

/* kern_mknodat(): devices, and fifos with the device 0; whiteouts are the super-user's, and no jail's */
TEST(nodes)
{
    CHECK_OK(SYS(mknodat, FREEBSD_AT_FDCWD, "node", FREEBSD_S_IFIFO | 0600, 0));
    CHECK_EQ(files_mode("node"), FREEBSD_S_IFIFO | 0600);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node", FREEBSD_S_IFIFO | 0600, 0), FREEBSD_EEXIST);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", FREEBSD_S_IFIFO | 0600, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", FREEBSD_S_IFREG | 0600, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", FREEBSD_S_IFDIR | 0700, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", FREEBSD_S_IFSOCK | 0700, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", 0600, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "node2", FREEBSD_S_IFWHT | 0600, 0), FREEBSD_EPERM);
    CHECK_OK(SYS(freebsd11_mknod, "node3", FREEBSD_S_IFIFO | 0600, 0));
    CHECK_ERR(SYS(freebsd11_mknod, "node4", FREEBSD_S_IFREG | 0600, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(freebsd11_mknodat, FREEBSD_AT_FDCWD, "node4", FREEBSD_S_IFIFO | 0600, 0));
    CHECK_ERR(SYS(freebsd11_mknodat, FREEBSD_AT_FDCWD, "node5", FREEBSD_S_IFWHT, 0), FREEBSD_EPERM);
}

static void without_permission(void)
{
    CHECK_ERR(SYS(unlink, "roots/file"), FREEBSD_EACCES);
    CHECK_ERR(SYS(rename, "roots/file", "mine"), FREEBSD_EACCES);
    CHECK_ERR(SYS(mkdir, "roots/new", 0700), FREEBSD_EACCES);
    CHECK_ERR(SYS(mkfifo, "roots/new", 0600), FREEBSD_EACCES);
    CHECK_ERR(SYS(symlink, "x", "roots/new"), FREEBSD_EACCES);
    CHECK_ERR(SYS(rmdir, "roots/sub"), FREEBSD_EACCES);
    CHECK_ERR(SYS(undelete, "roots/file"), FREEBSD_EACCES);
    CHECK_ERR(SYS(mknodat, FREEBSD_AT_FDCWD, "device", FREEBSD_S_IFCHR | 0600, 0x103), FREEBSD_EPERM);
    CHECK_ERR(SYS(freebsd11_mknod, "device", FREEBSD_S_IFBLK | 0600, 0x103), FREEBSD_EPERM);
    CHECK_ERR(SYS(unlink, "sticky/file"), FREEBSD_EPERM);
}

TEST(permissions)
{
    if (SYS(geteuid) != 0)
        SKIP("only root can make files that are somebody else's");
    CHECK_OK(SYS(mkdir, "roots", 0755));
    CHECK_OK(SYS(mkdir, "roots/sub", 0755));
    SYS(close, guest_file("roots/file", "x"));
    CHECK_OK(SYS(mkdir, "sticky", 0755));
    CHECK_OK(SYS(chmod, "sticky", 01777));
    SYS(close, guest_file("sticky/file", "x"));
    CHECK_EQ(files_as_nobody(without_permission), 0);
}
