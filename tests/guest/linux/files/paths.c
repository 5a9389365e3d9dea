/*
 * Names and directories: open(2), openat2(2), rename(2), link(2), unlink(2), mkdir(2), getdents(2), readlink(2),
 * getcwd(2), chroot(2), extended attributes.
 */
#include "conf.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

TEST(opening)
{
    conf_file("file", "x");
    symlink("file", "link");
    symlink("missing", "dangling");
    mkdir("folder", 0755);
    CALL(open("created", O_CREAT | O_EXCL | O_WRONLY, 0600));
    CALL(open("created", O_CREAT | O_EXCL | O_WRONLY, 0600));
    CALL(open("missing", O_RDONLY));
    CALL(open("", O_RDONLY));
    CALL(open("file/x", O_RDONLY));
    CALL(open("file/", O_RDONLY));
    CALL(open("folder", O_WRONLY));
    CALL(open("folder/", O_RDONLY | O_CREAT, 0600));
    CALL(open("file", O_DIRECTORY | O_RDONLY));
    CALL(open("folder", O_DIRECTORY | O_RDONLY));
    CALL(open("link", O_NOFOLLOW | O_RDONLY));
    CALL(open("link", O_NOFOLLOW | O_PATH));
    CALL(open("dangling", O_RDONLY | O_CREAT | O_EXCL, 0600));
    CALL(open("dangling", O_RDONLY));
    CALL(open("file", 3));
    CALL(open(WILD, O_RDONLY));
    CALL(open(NULL, O_RDONLY));
    CALL(open(".", O_TMPFILE | O_RDWR, 0600));
    CALL(open(".", O_TMPFILE | O_RDONLY, 0600));
    CALL(openat(-1, "file", O_RDONLY));
    CALL(openat(0, "file", O_RDONLY));
    CALL(openat(-1, "/dev/null", O_RDONLY));
    CALL(creat("new", 0600));
    int fd = open("file", O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_SYNC | O_NOATIME);

    say("flags %#o", fcntl(fd, F_GETFL) & ~0100000);
    CALL(fcntl(fd, F_GETFD));
    CALL(fcntl(fd, F_SETFL, O_RDONLY));
    say("flags %#o", fcntl(fd, F_GETFL) & ~0100000);
    fd = open("file", O_PATH);
    say("flags of a path %#o", fcntl(fd, F_GETFL) & ~0100000);
}

TEST(opening_as_told)
{
    struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};

    conf_file("file", "x");
    symlink("file", "link");
    symlink("/", "root");
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
    CALL(syscall(SYS_openat2, AT_FDCWD, "../file", &how, sizeof(how)));
    CALL(syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how)));
    CALL(syscall(SYS_openat2, AT_FDCWD, "root/dev", &how, sizeof(how)));
    how.resolve = RESOLVE_NO_SYMLINKS;
    CALL(syscall(SYS_openat2, AT_FDCWD, "link", &how, sizeof(how)));
    how.resolve = RESOLVE_IN_ROOT;
    CALL(syscall(SYS_openat2, AT_FDCWD, "/file", &how, sizeof(how)));
    CALL(syscall(SYS_openat2, AT_FDCWD, "root/file", &how, sizeof(how)));
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how) - 8));
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, 0));
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", WILD, sizeof(how)));
    struct {
        struct open_how how;
        uint64_t more;
    } larger = {how, 0};

    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &larger, sizeof(larger)));
    larger.more = 1;
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &larger, sizeof(larger)));
    how.mode = 0600;
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
    how = (struct open_how){.flags = 1ULL << 40};
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
    how = (struct open_how){.flags = O_RDONLY, .resolve = 0x100};
    CALL(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
}

TEST(renaming)
{
    conf_file("a", "a");
    conf_file("b", "b");
    mkdir("folder", 0755);
    mkdir("full", 0755);
    conf_file("full/x", "x");
    CALL(rename("a", "c"));
    CALL(rename("a", "c"));
    CALL(rename("c", "b"));
    CALL(rename("b", "folder"));
    CALL(rename("folder", "b"));
    CALL(rename("folder", "full"));
    CALL(rename("full", "folder"));
    CALL(rename("folder", "folder/below"));
    CALL(rename("b", "missing/b"));
    CALL(rename(WILD, "b"));
    CALL(rename("b", WILD));
    conf_file("d", "d");
    CALL(renameat2(AT_FDCWD, "d", AT_FDCWD, "b", RENAME_NOREPLACE));
    CALL(renameat2(AT_FDCWD, "d", AT_FDCWD, "folder", RENAME_EXCHANGE));
    CALL(renameat2(AT_FDCWD, "d", AT_FDCWD, "b", RENAME_NOREPLACE | RENAME_EXCHANGE));
    CALL(renameat2(AT_FDCWD, "d", AT_FDCWD, "b", 0x100));
    CALL(renameat(-1, "d", AT_FDCWD, "b"));
}

TEST(links)
{
    char target[64] = "";

    conf_file("file", "x");
    CALL(link("file", "hard"));
    CALL(link("file", "hard"));
    CALL(link("missing", "x"));
    CALL(link(".", "x"));
    CALL(symlink("target of a link", "soft"));
    CALL(symlink("target", "soft"));
    CALL(symlink("", "empty"));
    CALL(readlink("soft", target, sizeof(target)));
    TEXT(target);
    memset(target, 0, sizeof(target));
    CALL(readlink("soft", target, 6));
    TEXT(target);
    CALL(readlink("soft", target, 0));
    CALL(readlink("soft", target, (size_t)-1));
    CALL(readlink("file", target, 10));
    CALL(readlink("missing", target, 10));
    CALL(readlink("soft", WILD, 10));
    CALL(readlinkat(AT_FDCWD, "", target, 10));
    CALL(linkat(AT_FDCWD, "soft", AT_FDCWD, "softer", 0));
    CALL(linkat(AT_FDCWD, "soft", AT_FDCWD, "softest", AT_SYMLINK_FOLLOW));
    CALL(linkat(AT_FDCWD, "file", AT_FDCWD, "x", 0x8));
    CALL(symlinkat("x", -1, "y"));
    CALL(unlink("hard"));
    CALL(unlink("hard"));
    CALL(unlink("."));
    mkdir("folder", 0755);
    CALL(unlink("folder"));
    CALL(unlinkat(AT_FDCWD, "folder", AT_REMOVEDIR));
    CALL(unlinkat(AT_FDCWD, "file", AT_REMOVEDIR));
    CALL(unlinkat(AT_FDCWD, "file", 0x8));
    CALL(unlink(WILD));
}

TEST(directories)
{
    char text[PATH_MAX];
    char before[PATH_MAX];

    CALL(mkdir("folder", 0777));
    CALL(mkdir("folder", 0777));
    CALL(mkdir("missing/folder", 0777));
    CALL(mkdir("", 0777));
    CALL(mkdir("folder/.", 0777));
    CALL(mkdir(WILD, 0777));
    CALL(mkdirat(-1, "x", 0777));
    CALL(rmdir("missing"));
    CALL(rmdir("folder/."));
    CALL(rmdir("folder/.."));
    conf_file("folder/file", "x");
    CALL(rmdir("folder"));
    CALL(rmdir("folder/file"));
    OK(syscall(SYS_getcwd, before, sizeof(before)) > 0 ? 0 : -1);
    CALL(chdir("folder"));
    OK(syscall(SYS_getcwd, text, sizeof(text)) > 0 ? 0 : -1);
    TEXT(text + strlen(before));
    DEC(syscall(SYS_getcwd, text, sizeof(text)) - (long)strlen(text));
    CALL(syscall(SYS_getcwd, text, 3));
    CALL(syscall(SYS_getcwd, WILD, 300));
    int up = open("..", O_RDONLY);

    CALL(fchdir(up));
    CALL(chdir("missing"));
    CALL(chdir("folder/file"));
    CALL(fchdir(open("folder/file", O_RDONLY)));
    CALL(fchdir(-1));
    mkdir("gone", 0755);
    CALL(chdir("gone"));
    CALL(rmdir("../gone"));
    CALL(syscall(SYS_getcwd, text, sizeof(text)));
    CALL(open("x", O_CREAT | O_RDWR, 0600));
    CALL(chroot("missing"));
    CALL(syscall(SYS_pivot_root, "missing", "missing"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

TEST(listing)
{
    struct dirent **names;

    mkdir("many", 0755);
    for (int i = 0; i < 300; i++) {
        char name[64];

        snprintf(name, sizeof(name), "many/%.*s%d", i % 37, "a-long-name-of-a-file-in-a-directory--", i);
        close(conf_file(name, ""));
    }
    mkdir("many/folder", 0755);
    symlink("x", "many/link");
    mkfifo("many/fifo", 0600);
    int count = scandir("many", &names, NULL, by_name);

    DEC(count);
    for (int i = 0; i < count; i++) {
        if (i < 8 || names[i]->d_type != DT_REG)
            say("%s %d", names[i]->d_name, names[i]->d_type);
        struct stat st;
        char path[300];

        snprintf(path, sizeof(path), "many/%s", names[i]->d_name);
        if (lstat(path, &st) < 0 || (st.st_ino != names[i]->d_ino && strcmp(names[i]->d_name, "..") != 0))
            say("another inode: %s", names[i]->d_name);
    }
    DIR *folder = opendir("many");
    long places[40];
    char entries[40][64];

    for (int i = 0; i < 40; i++) {
        places[i] = telldir(folder);
        snprintf(entries[i], sizeof(entries[i]), "%.63s", readdir(folder)->d_name);
    }
    for (int i = 39; i >= 0; i -= 13) {
        seekdir(folder, places[i]);
        say("at the same place again: %d", strcmp(readdir(folder)->d_name, entries[i]) == 0);
    }
    rewinddir(folder);
    DEC(strcmp(readdir(folder)->d_name, entries[0]) == 0);
    closedir(folder);
}

TEST(raw_listing)
{
    char buffer[4096];

    mkdir("folder", 0755);
    close(conf_file("folder/a-file-with-some-name", ""));
    int fd = open("folder", O_RDONLY);
    int total = 0;

    for (;;) {
        long got = syscall(SYS_getdents64, fd, buffer, sizeof(buffer));

        if (got <= 0)
            break;
        for (long at = 0; at < got;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);

            if (entry->d_name[0] != '.')
                say("%s reclen %u type %u", entry->d_name, entry->d_reclen, entry->d_type);
            total++;
            at += entry->d_reclen;
        }
    }
    DEC(total);
    CALL(syscall(SYS_getdents64, fd, buffer, sizeof(buffer)));
    lseek(fd, 0, SEEK_SET);
    CALL(syscall(SYS_getdents64, fd, buffer, 10));
    CALL(syscall(SYS_getdents64, fd, WILD, 4096));
    CALL(syscall(SYS_getdents64, -1, buffer, 4096));
    CALL(syscall(SYS_getdents64, conf_file("x", ""), buffer, 4096));
    lseek(fd, 0, SEEK_SET);
    struct old {
        conf_long ino;
        conf_long off;
        unsigned short reclen;
        char name[];
    };
    long got = syscall(SYS_getdents, fd, buffer, sizeof(buffer));

    for (long at = 0; at < got;) {
        struct old *entry = (struct old *)(buffer + at);

        if (entry->name[0] != '.') {
            say("%s type %d", entry->name, buffer[at + entry->reclen - 1]);
            say("~reclen %u", entry->reclen);
        }
        at += entry->reclen;
    }
    lseek(fd, 0, SEEK_SET);
    CALL(syscall(SYS_getdents, fd, buffer, 10));
    CALL(syscall(SYS_getdents, fd, WILD, 4096));
}

TEST(attributes)
{
    char value[64] = "";
    int fd = conf_file("file", "x");

    CALL(setxattr("file", "user.one", "first", 5, 0));
    CALL(setxattr("file", "user.one", "second", 6, XATTR_CREATE));
    CALL(setxattr("file", "user.two", "second", 6, XATTR_REPLACE));
    CALL(fsetxattr(fd, "user.two", "second", 6, 0));
    CALL(getxattr("file", "user.one", value, sizeof(value)));
    TEXT(value);
    CALL(getxattr("file", "user.one", value, 0));
    CALL(getxattr("file", "user.one", value, 2));
    CALL(fgetxattr(fd, "user.none", value, 2));
    CALL(lgetxattr("file", "user.two", value, sizeof(value)));
    CALL(listxattr("file", NULL, 0));
    CALL(flistxattr(fd, value, 3));
    CALL(removexattr("file", "user.one"));
    CALL(fremovexattr(fd, "user.one"));
    CALL(setxattr("file", "none", "x", 1, 0));
    CALL(setxattr("file", "", "x", 1, 0));
    CALL(setxattr("file", "user.x", "x", 1, 8));
    CALL(setxattr("file", "user.x", "x", 100000, 0));
    CALL(setxattr("file", WILD, "x", 1, 0));
    CALL(setxattr("file", "user.x", WILD, 1, 0));
    CALL(getxattr("missing", "user.one", value, 1));
    CALL(llistxattr("missing", value, 1));
    CALL(lremovexattr("file", "user.two"));
    CALL(lsetxattr("file", "user.three", "", 0, 0));
}

TEST(long_names)
{
    char name[PATH_MAX + 10];

    memset(name, 'n', sizeof(name));
    name[255] = 0;
    CALL(mkdir(name, 0700) + 0);
    name[255] = 'n';
    name[256] = 0;
    CALL(mkdir(name, 0700) + 0);
    memset(name, '/', sizeof(name));
    name[PATH_MAX - 1] = 0;
    OK(open(name, O_RDONLY));
    name[PATH_MAX - 1] = '/';
    name[PATH_MAX] = 0;
    OK(open(name, O_RDONLY));
    /* A name that ends where the page behind it is not there. */
    char *page = (char *)(((uintptr_t)sbrk(8192) + 4095) & ~(uintptr_t)4095);

    brk(page + 4096);
    memcpy(page + 4096 - 10, "/dev/null", 10);
    OK(open(page + 4096 - 10, O_RDONLY));
    page[4095] = 'x';
    OK(open(page + 4096 - 10, O_RDONLY));
}
