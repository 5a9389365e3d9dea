/*
 * Directories: their entries in both generations, the working and the root directory, real paths.
 *
 * Rows: getdirentries: getdirentries(2), sys/sys/dirent.h, kern_getdirentries() in sys/kern/vfs_syscalls.c
 * Rows: freebsd11_getdirentries freebsd11_getdents: freebsd11_kern_getdirentries() in sys/kern/vfs_syscalls.c
 * Rows: __getcwd __realpathat: getcwd(3), __realpathat(2), sys/kern/vfs_cache.c
 * Rows: chdir fchdir chroot fchroot: chdir(2), chroot(2), sys_chroot() and kern_chroot() in sys/kern/vfs_syscalls.c
 */
#include "files.h"

enum { ENTRIES = 50 };

static char buffer[4096] __attribute__((aligned(8)));

static void fill(const char *name)
{
    char path[64];

    CHECK_OK(SYS(mkdir, name, 0755));
    for (int i = 0; i < ENTRIES; i++) {
        guest_format(path, sizeof(path), "%s/file%d", name, i);
        SYS(close, guest_file(path, ""));
    }
    guest_format(path, sizeof(path), "%s/sub", name);
    CHECK_OK(SYS(mkdir, path, 0755));
    guest_format(path, sizeof(path), "%s/lnk", name);
    CHECK_OK(SYS(symlink, "file0", path));
}

static int number_of(const char *name)
{
    int n = 0;

    if (!guest_starts(name, "file"))
        return -1;
    for (name += 4; *name >= '0' && *name <= '9'; name++)
        n = n * 10 + (*name - '0');
    return n;
}

static void check_entry(const struct freebsd_dirent *d)
{
    CHECK_EQ(d->reclen % 8, 0);
    CHECK(d->reclen >= 24 + d->namlen + 1);
    CHECK_EQ(d->namlen, guest_strlen(d->name));
    CHECK(d->fileno != 0);
    CHECK_EQ(d->pad0, 0);
    CHECK_EQ(d->pad1, 0);
    if (guest_starts(d->name, "file"))
        CHECK_EQ(d->type, FREEBSD_DT_REG);
    if (guest_strcmp(d->name, "sub") == 0 || guest_starts(d->name, "."))
        CHECK_EQ(d->type, FREEBSD_DT_DIR);
    if (guest_strcmp(d->name, "lnk") == 0)
        CHECK_EQ(d->type, FREEBSD_DT_LNK);
}

TEST(every_entry_once)
{
    bool seen[ENTRIES] = {false};
    int64_t base = -1;
    int others = 0;
    int fd;

    fill("once");
    fd = (int)MUST(SYS(open, "once", FREEBSD_O_DIRECTORY));
    for (;;) {
        int64_t got = SYS(getdirentries, fd, buffer, 512, &base);

        if (got <= 0) {
            CHECK_EQ(got, 0);
            break;
        }
        for (int64_t at = 0; at < got;) {
            struct freebsd_dirent *d = (struct freebsd_dirent *)(buffer + at);
            int n = number_of(d->name);

            check_entry(d);
            if (n >= 0) {
                CHECK(!seen[n]);
                seen[n] = true;
            } else {
                others++;
            }
            at += d->reclen;
            REQUIRE(d->reclen > 0);
        }
    }
    for (int i = 0; i < ENTRIES; i++)
        CHECK(seen[i]);
    CHECK_EQ(others, 4); /* . .. sub lnk */
}

/* An entry's cookie leads to the entry after it; the base is where this read began */
TEST(cookies_lead_back)
{
    int64_t base = -1;
    int64_t got;
    char third[32];
    struct freebsd_dirent *d = (struct freebsd_dirent *)buffer;
    int64_t cookie;
    int fd;

    fill("cookies");
    fd = (int)MUST(SYS(open, "cookies", FREEBSD_O_DIRECTORY));
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), &base));
    CHECK_EQ(base, 0);
    REQUIRE(got > 100);
    d = (struct freebsd_dirent *)(buffer + d->reclen);
    cookie = d->off;
    d = (struct freebsd_dirent *)((char *)d + d->reclen);
    memcpy(third, d->name, sizeof(third));
    CHECK_EQ(SYS(lseek, fd, cookie, FREEBSD_SEEK_SET), cookie);
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), &base));
    CHECK_EQ(base, cookie);
    CHECK_EQ(guest_strcmp(((struct freebsd_dirent *)buffer)->name, third), 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_SET), 0);
    got = MUST(SYS(getdirentries, fd, buffer, sizeof(buffer), 0));
    CHECK(got > 100);
}

TEST(old_layout)
{
    int count = 0;
    int64_t got;
    int fd;

    fill("oldlayout");
    fd = (int)MUST(SYS(open, "oldlayout", FREEBSD_O_DIRECTORY));
    while ((got = SYS(freebsd11_getdirentries, fd, buffer, sizeof(buffer), 0)) > 0) {
        for (int64_t at = 0; at < got;) {
            struct freebsd11_dirent *d = (struct freebsd11_dirent *)(buffer + at);

            REQUIRE(d->reclen > 0 && d->reclen % 4 == 0);
            CHECK_EQ(d->namlen, guest_strlen(d->name));
            count++;
            at += d->reclen;
        }
    }
    CHECK_EQ(got, 0);
    CHECK_EQ(count, ENTRIES + 4);
}

TEST(errors)
{
    int fd = guest_file("nodirectory", "x");

    CHECK_ERR(SYS(getdirentries, fd, buffer, 512, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getdirentries, 999, buffer, 512, 0), FREEBSD_EBADF);
    fd = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));
    CHECK_ERR(SYS(getdirentries, fd, buffer, 8, 0), FREEBSD_EINVAL);
}

/* getcwd(3) is made of more; the call gives ENOMEM for a short buffer (vn_fullpath_any()), EINVAL for length 0 or 1 */
TEST(working_directory)
{
    char before[1024];
    char path[1024];

    CHECK_OK(SYS(__getcwd, before, sizeof(before)));
    CHECK_EQ(before[0], '/');
    CHECK_OK(SYS(mkdir, "cwd", 0755));
    CHECK_OK(SYS(chdir, "cwd"));
    CHECK_OK(SYS(__getcwd, path, sizeof(path)));
    CHECK(guest_starts(path, before) && guest_strcmp(path + guest_strlen(before), "/cwd") == 0);
    CHECK_ERR(SYS(__getcwd, path, 4), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(__getcwd, path, 1), FREEBSD_EINVAL);
    CHECK_OK(SYS(chdir, before));
}

TEST(change_directory)
{
    int here = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));

    SYS(close, guest_file("nothere", "x"));
    CHECK_ERR(SYS(chdir, "nothere"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(chdir, "absent"), FREEBSD_ENOENT);
    CHECK_OK(SYS(chdir, "/"));
    CHECK_OK(SYS(fchdir, here));
    CHECK_ERR(SYS(fchdir, 999), FREEBSD_EBADF);
    CHECK_ERR(SYS(fchdir, guest_file("plainfile", "x")), FREEBSD_ENOTDIR);
}

TEST(entry_errors)
{
    int64_t base;
    int dir = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY)), gone, file = guest_file("nodirectory", "x");
    int path = (int)MUST(SYS(open, ".", FREEBSD_O_PATH));

    CHECK_ERR(SYS(getdirentries, dir, WILD, 512, 0), FREEBSD_EFAULT);
    CHECK_OK(SYS(lseek, dir, 0, FREEBSD_SEEK_SET));
    CHECK_ERR(SYS(getdirentries, dir, buffer, 512, WILD_HIGH), FREEBSD_EFAULT);
    CHECK_OK(SYS(lseek, dir, 0, FREEBSD_SEEK_SET));
    CHECK_ERR(SYS(getdirentries, dir, buffer, 1UL << 63, &base), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getdirentries, -1, buffer, 512, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(getdirentries, path, buffer, 512, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(getdirentries, MUST(SYS(open, "nodirectory", FREEBSD_O_WRONLY)), buffer, 512, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(getdirentries, files_pipe(), buffer, 512, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getdirentries, files_socket(), buffer, 512, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_getdirentries, dir, WILD, 512, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_getdirentries, dir, buffer, 512, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_getdirentries, 999, buffer, 512, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_getdirentries, file, buffer, 512, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(lseek, dir, 0, FREEBSD_SEEK_SET));
    CHECK_ERR(SYS(freebsd11_getdirentries, dir, buffer, 4, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_getdents, dir, buffer, 4), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd11_getdents, dir, WILD_HIGH, 512), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd11_getdents, 999, buffer, 512), FREEBSD_EBADF);
    CHECK_ERR(SYS(freebsd11_getdents, file, buffer, 512), FREEBSD_EINVAL);
    CHECK_OK(SYS(mkdir, "doomed", 0755));
    gone = (int)MUST(SYS(open, "doomed", FREEBSD_O_DIRECTORY));
    CHECK_OK(SYS(rmdir, "doomed"));
    CHECK_ERR(SYS(getdirentries, gone, buffer, 512, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(freebsd11_getdents, gone, buffer, 512), FREEBSD_ENOENT);
}

/* Every cookie leads back to the entry after it, however often and in whatever order */
TEST(every_cookie)
{
    static int64_t cookies[ENTRIES + 4];
    static char names[ENTRIES + 4][32];
    int64_t got, base;
    int fd, count = 0;

    fill("allcookies");
    fd = (int)MUST(SYS(open, "allcookies", FREEBSD_O_DIRECTORY));
    while ((got = SYS(getdirentries, fd, buffer, 1024, &base)) > 0) {
        for (int64_t at = 0; at < got;) {
            struct freebsd_dirent *d = (struct freebsd_dirent *)(buffer + at);

            REQUIRE(d->reclen > 0 && count < ENTRIES + 4);
            memcpy(names[count], d->name, sizeof(names[0]));
            cookies[count++] = d->off;
            at += d->reclen;
        }
        CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), cookies[count - 1]);
    }
    CHECK_EQ(count, ENTRIES + 4);
    for (int i = count - 2; i >= 0; i--) {
        CHECK_EQ(SYS(lseek, fd, cookies[i], FREEBSD_SEEK_SET), cookies[i]);
        got = MUST(SYS(getdirentries, fd, buffer, 512, &base));
        CHECK_EQ(base, cookies[i]);
        REQUIRE(got > 0);
        CHECK_EQ(guest_strcmp(((struct freebsd_dirent *)buffer)->name, names[i + 1]), 0);
    }
}

TEST(old_calls_agree)
{
    struct freebsd11_dirent *d = (struct freebsd11_dirent *)buffer;
    int64_t got, base = -1;
    char first[32];
    int fd;

    fill("agree");
    fd = (int)MUST(SYS(open, "agree", FREEBSD_O_DIRECTORY));
    got = MUST(SYS(freebsd11_getdirentries, fd, buffer, 512, &base));
    CHECK_EQ(base, 0);
    memcpy(first, d->name, sizeof(first));
    CHECK_OK(SYS(lseek, fd, 0, FREEBSD_SEEK_SET));
    CHECK_EQ(SYS(freebsd11_getdents, fd, buffer, 512), got);
    CHECK_EQ(guest_strcmp(d->name, first), 0);
    CHECK_EQ(d->reclen % 4, 0);
}

/* A name of 255 bytes, the longest */
TEST(longest_name)
{
    static char path[300];
    int64_t got;
    bool found = false;
    int fd;

    CHECK_OK(SYS(mkdir, "long", 0755));
    memcpy(path, "long/", 5);
    memset(path + 5, 'l', 255);
    SYS(close, guest_file(path, "x"));
    fd = (int)MUST(SYS(open, "long", FREEBSD_O_DIRECTORY));
    while ((got = SYS(getdirentries, fd, buffer, 512, 0)) > 0)
        for (int64_t at = 0; at < got; at += ((struct freebsd_dirent *)(buffer + at))->reclen)
            found = found || ((struct freebsd_dirent *)(buffer + at))->namlen == 255;
    CHECK_EQ(got, 0);
    CHECK(found);
    CHECK_OK(SYS(lseek, fd, 0, FREEBSD_SEEK_SET));
    while ((got = SYS(getdirentries, fd, buffer, 64, 0)) > 0) {}
    CHECK_EQ(got, -FREEBSD_EINVAL);
}

TEST(working_directory_errors)
{
    char path[16];

    CHECK_ERR(SYS(__getcwd, WILD, 1024), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__getcwd, WILD_HIGH, 1024), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__getcwd, path, 0), FREEBSD_EINVAL);
    FILES_PATH_ERRORS(SYS(chdir, path));
    CHECK_ERR(SYS(fchdir, files_pipe()), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fchdir, files_socket()), FREEBSD_EINVAL);
    CHECK_ERR(SYS(fchdir, -1), FREEBSD_EBADF);
}

static void in_a_removed_directory(void *unused)
{
    char path[64];

    (void)unused;
    CHECK_OK(SYS(mkdir, "vanishing", 0755));
    CHECK_OK(SYS(chdir, "vanishing"));
    CHECK_OK(SYS(rmdir, "../vanishing"));
    CHECK_ERR(SYS(__getcwd, path, sizeof(path)), FREEBSD_ENOENT);
}

TEST(removed_working_directory)
{
    CHECK_EQ(guest_in_child(in_a_removed_directory, NULL), 0);
}

static void without_permission(void)
{
    int dir = (int)MUST(SYS(open, ".", FREEBSD_O_DIRECTORY));

    CHECK_ERR(SYS(chdir, "private"), FREEBSD_EACCES);
    CHECK_ERR(SYS(chdir, "private/inner"), FREEBSD_EACCES);
    CHECK_ERR(SYS(chroot, "."), FREEBSD_EPERM);
    CHECK_ERR(SYS(chroot, "absent"), FREEBSD_EPERM);
    CHECK_ERR(SYS(chroot, WILD), FREEBSD_EPERM);
    CHECK_ERR(SYS(fchroot, dir), FREEBSD_EPERM);
}

TEST(permissions)
{
    if (SYS(geteuid) != 0)
        SKIP("only root can make files that are somebody else's");
    CHECK_OK(SYS(mkdir, "private", 0700));
    CHECK_OK(SYS(mkdir, "private/inner", 0700));
    CHECK_EQ(files_as_nobody(without_permission), 0);
}

static void new_root(void *by_descriptor)
{
    int dir = (int)MUST(SYS(open, "root", FREEBSD_O_DIRECTORY));

    if (by_descriptor != NULL)
        CHECK_OK(SYS(fchroot, dir));
    else
        CHECK_OK(SYS(chroot, "root"));
    CHECK_OK(SYS(chdir, "/"));
    CHECK(files_exists("/marker"));
    CHECK_OK(SYS(chdir, ".."));
    CHECK(files_exists("marker"));
}

TEST(change_root)
{
    int file = guest_file("noroot", "x");

    if (SYS(geteuid) != 0)
        SKIP("only root may");
    CHECK_OK(SYS(mkdir, "root", 0755));
    SYS(close, guest_file("root/marker", "x"));
    CHECK_EQ(guest_in_child(new_root, NULL), 0);
    CHECK_EQ(guest_in_child(new_root, &file), 0);
    FILES_PATH_ERRORS(SYS(chroot, path));
    CHECK_ERR(SYS(chroot, "noroot"), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(fchroot, file), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(fchroot, 999), FREEBSD_EBADF);
    CHECK_ERR(SYS(fchroot, files_pipe()), FREEBSD_EINVAL);
}

TEST(real_path)
{
    static char here[1024], path[1024];
    int dir;

    CHECK_OK(SYS(__getcwd, here, sizeof(here)));
    CHECK_OK(SYS(mkdir, "real", 0755));
    SYS(close, guest_file("real/file", "x"));
    CHECK_OK(SYS(symlink, "real/../real/file", "winding"));
    CHECK_OK(SYS(__realpathat, FREEBSD_AT_FDCWD, "winding", path, sizeof(path), 0));
    CHECK(guest_starts(path, here));
    CHECK_EQ(guest_strcmp(path + guest_strlen(here), "/real/file"), 0);
    dir = (int)MUST(SYS(open, "real", FREEBSD_O_DIRECTORY));
    CHECK_OK(SYS(__realpathat, dir, "./file", path, sizeof(path), 0));
    CHECK_EQ(guest_strcmp(path + guest_strlen(here), "/real/file"), 0);
    CHECK_OK(SYS(__realpathat, dir, "/", path, sizeof(path), 0));
    CHECK_EQ(guest_strcmp(path, "/"), 0);
}

TEST(real_path_errors)
{
    static char result[1024];

    FILES_PATH_ERRORS(SYS(__realpathat, FREEBSD_AT_FDCWD, path, result, sizeof(result), 0));
    CHECK_ERR(SYS(__realpathat, FREEBSD_AT_FDCWD, ".", result, sizeof(result), 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__realpathat, FREEBSD_AT_FDCWD, ".", result, 2, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(__realpathat, FREEBSD_AT_FDCWD, ".", WILD, sizeof(result), 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__realpathat, 999, "x", result, sizeof(result), 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(__realpathat, guest_file("nodirectory", "x"), "x", result, sizeof(result), 0), FREEBSD_ENOTDIR);
}
