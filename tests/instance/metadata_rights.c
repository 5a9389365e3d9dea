/*
 * What is told of links, fifos and sockets, and what a user who is not root may do with names, for `dragoman run
 * --metadata emulated` and, where the machine's root runs the tests, natively: the same must hold. Sources: symlink(7),
 * path_resolution(7), unlink(2), rename(2), link(2), utimensat(2), unix(7), kill(2), setpriority(2), ioctl_iflags(2).
 */
#include <dirent.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <utime.h>

#include "metadata_test.h"

static void links(void)
{
    struct stat st;
    CHECK(symlink("nowhere", "l") == 0 && belongs("l", 0, 0) && lchown("l", 5, 6) == 0 && belongs("l", 5, 6));
    CHECK(has_mode("l", S_IFLNK | 0777) && lchown("l", -1, 7) == 0 && belongs("l", 5, 7));
    int fd = open("l", O_PATH | O_NOFOLLOW);
    CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == 5 && st.st_gid == 7);
    CHECK(fchownat(fd, "", 8, 9, AT_EMPTY_PATH) == 0 && belongs("l", 8, 9));
    CHECK(rename("l", "m") == 0 && belongs("m", 8, 9) && symlink("x", "l") == 0 && belongs("l", 0, 0));
    CHECK(make_directory("d", 0755) && rename("m", "d/n") == 0 && belongs("d/n", 8, 9));
    CHECK(rename("d", "e") == 0 && belongs("e/n", 8, 9) && link("e/n", "again") == 0 && belongs("again", 8, 9));
    CHECK(lchown("l", 1, 2) == 0 && rename("l", "e/n") == 0 && belongs("e/n", 1, 2));
    CHECK(symlink("y", "l") == 0 && lchown("l", 3, 3) == 0);
    CHECK(syscall(SYS_renameat2, AT_FDCWD, "l", AT_FDCWD, "e/n", RENAME_EXCHANGE) == 0);
    CHECK(belongs("l", 1, 2) && belongs("e/n", 3, 3) && unlink("l") == 0 && symlink("z", "l") == 0);
    CHECK(belongs("l", 0, 0) && unlink("l") == 0 && lchown("again", 0, 0) == 0 && belongs("again", 0, 0));
    int directory = open("e", O_RDONLY | O_DIRECTORY);
    CHECK(symlinkat("w", directory, "w") == 0 && fchownat(directory, "w", 40, 41, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(belongs("e/w", 40, 41) && fstatat(directory, "w", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == 40);
    CHECK(renameat(directory, "w", AT_FDCWD, "w") == 0 && belongs("w", 40, 41) && belongs("e/n", 3, 3));
    CHECK(unlink("w") == 0 && make("w", 0644) >= 0 && belongs("w", 0, 0));
}

static void fifos(void)
{
    char byte;
    struct stat st;
    CHECK(mkfifo("f", 0640) == 0 && belongs("f", 0, 0) && chown("f", 5, 6) == 0 && belongs("f", 5, 6));
    CHECK(has_mode("f", S_IFIFO | 0640) && chmod("f", 0) == 0 && has_mode("f", S_IFIFO) && belongs("f", 5, 6));
    int fd = open("f", O_RDWR);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && read(fd, &byte, 1) == 1 && byte == 'x');
    CHECK(fstat(fd, &st) == 0 && st.st_mode == S_IFIFO && st.st_uid == 5);
    CHECK(fchmod(fd, 0600) == 0 && fchown(fd, 7, 8) == 0 && belongs("f", 7, 8) && has_mode("f", S_IFIFO | 0600));
    CHECK(chmod("f", 01622) == 0 && has_mode("f", S_IFIFO | 01622) && rename("f", "g") == 0 && belongs("g", 7, 8));
    CHECK(link("g", "h") == 0 && belongs("h", 7, 8) && unlink("g") == 0 && mkfifo("g", 0600) == 0);
    CHECK(belongs("g", 0, 0) && has_mode("g", S_IFIFO | 0600) && has_mode("h", S_IFIFO | 01622));
    CHECK(chown("h", 0, 0) == 0 && chmod("h", 0644) == 0 && belongs("h", 0, 0) && has_mode("h", S_IFIFO | 0644));
    CHECK(symlink("h", "to-h") == 0 && chown("to-h", 9, 9) == 0 && belongs("h", 9, 9) && belongs("to-h", 0, 0));
    CHECK(stat("to-h", &st) == 0 && st.st_uid == 9);
}

static const struct sockaddr_un local = {AF_UNIX, "s"};

static void sockets(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(fd, (const struct sockaddr *)&local, sizeof local) == 0 && belongs("s", 0, 0));
    CHECK(chown("s", 5, 6) == 0 && chmod("s", 0600) == 0 && belongs("s", 5, 6) && has_mode("s", S_IFSOCK | 0600));
    CHECK(rename("s", "t") == 0 && belongs("t", 5, 6) && has_mode("t", S_IFSOCK | 0600) && unlink("t") == 0);
}

enum { MANY = 600 };

static void make_many(void)
{
    char name[64];
    CHECK(make_directory("mine", 0755));
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "mine/a-link-with-a-name-of-some-length-%d", i);
        CHECK(symlink("x", name) == 0);
    }
}

static void count_many(void)
{
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "mine/a-link-with-a-name-of-some-length-%d", i);
        CHECK(belongs(name, 42, 43));
    }
    CHECK(symlink("x", "mine/roots") == 0 && belongs("mine/roots", 0, 0));
    CHECK(lchown("mine/a-link-with-a-name-of-some-length-1", 1, 1) == 0);
    CHECK(belongs("mine/a-link-with-a-name-of-some-length-1", 1, 1));
    CHECK(belongs("mine/a-link-with-a-name-of-some-length-10", 42, 43));
}

/* More than there is room to tell of one by one, given away by root. */
static void give_many(void)
{
    char name[64];
    CHECK(make_directory("given", 0755) && symlink("x", "given/roots") == 0 && mkfifo("given/fifo", 0600) == 0);
    CHECK(symlink("x", "given/other") == 0 && lchown("given/other", 7, 8) == 0);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "given/a-link-with-a-name-of-some-length-%d", i);
        CHECK(symlink("x", name) == 0);
        CHECK(lchown(name, 42, 43) == 0);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "given/a-link-with-a-name-of-some-length-%d", i);
        CHECK(belongs(name, 42, 43));
    }
    CHECK(belongs("given/roots", 0, 0) && belongs("given/fifo", 0, 0) && belongs("given/other", 7, 8));
}

static void many(void)
{
    as_user(42, 43, make_many);
    if (reason[0] == '\0') {
        count_many();
    }
    if (reason[0] == '\0') {
        give_many();
    }
}

/* Several who make links in one directory at once lose nobody's. */
static void at_once(void)
{
    enum { WRITERS = 4, EACH = 25 };
    char name[32];
    int status;
    CHECK(make_directory("shared", 0777));
    for (int w = 0; w < WRITERS; w++) {
        if (fork() == 0) {
            bool good = setresuid(50 + w, 50 + w, 50 + w) == 0;
            for (int i = 0; i < EACH && good; i++) {
                snprintf(name, sizeof name, "shared/%d-%d", w, i);
                good = symlink("x", name) == 0;
            }
            _exit(!good);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        CHECK(wait(&status) > 0 && status == 0);
    }
    for (int w = 0; w < WRITERS; w++) {
        for (int i = 0; i < EACH; i++) {
            snprintf(name, sizeof name, "shared/%d-%d", w, i);
            CHECK(belongs(name, 50 + w, 0));
        }
    }
}

static int type_of(const char *directory, const char *name)
{
    DIR *d = opendir(directory);
    int type = -1;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        type = strcmp(e->d_name, name) == 0 ? e->d_type : type;
    }
    closedir(d);
    return type;
}

static void types(void)
{
    CHECK(make_directory("types", 0755) && make("types/file", 0644) >= 0);
    CHECK(mknod("types/char", S_IFCHR | 0600, makedev(1, 3)) == 0 && mkfifo("types/fifo", 0600) == 0);
    CHECK(mknod("types/block", S_IFBLK | 0600, makedev(7, 0)) == 0 && symlink("x", "types/link") == 0);
    CHECK(type_of("types", "char") == DT_CHR && type_of("types", "block") == DT_BLK);
    CHECK(type_of("types", "file") == DT_REG && type_of("types", "fifo") == DT_FIFO);
    CHECK(type_of("types", "link") == DT_LNK && type_of("types", ".") == DT_DIR);
    CHECK(make_directory("types2", 0755) && rename("types/char", "types2/moved") == 0);
    CHECK(type_of("types2", "moved") == DT_CHR);
}

static void root_may(void)
{
    CHECK(make("read-only", 0444) >= 0 && truncate("read-only", 2) == 0 && open("read-only", O_WRONLY) >= 0);
    CHECK(make("none", 0) >= 0 && open("none", O_RDWR | O_TRUNC) >= 0 && truncate("none", 100) == 0);
    struct stat st;
    CHECK(stat("none", &st) == 0 && st.st_size == 100 && st.st_mode == S_IFREG);
    CHECK(make_directory("closed", 0) && make("closed/in", 0644) >= 0 && chown("closed", 9, 9) == 0);
    CHECK(rename("closed/in", "closed/in2") == 0 && unlink("closed/in2") == 0 && opendir("closed") != NULL);
    CHECK(chdir("closed") == 0 && chdir("..") == 0 && rmdir("closed") == 0);
    REFUSED(truncate("absent", 0), ENOENT);
    REFUSED(truncate(".", 0), EISDIR);
    REFUSED(truncate("none", -1), EINVAL);
}

/* Below a directory that may not be searched, nothing is there. */
static void no_way(void)
{
    struct stat st;
    char text[8];
    REFUSED(stat("secret/f", &st), EACCES);
    REFUSED(lstat("secret/absent", &st), EACCES);
    REFUSED(open("secret/f", O_RDONLY), EACCES);
    REFUSED(open("secret/new", O_WRONLY | O_CREAT, 0600), EACCES);
    REFUSED(access("secret/f", F_OK), EACCES);
    REFUSED(chdir("secret"), EACCES);
    REFUSED(unlink("secret/f"), EACCES);
    REFUSED(rename("secret/f", "open/f"), EACCES);
    REFUSED(link("secret/f", "open/f"), EACCES);
    REFUSED(readlink("secret/l", text, sizeof text), EACCES);
    REFUSED(mkdir("secret/d", 0700), EACCES);
    REFUSED(truncate("secret/f", 0), EACCES);
    REFUSED(utimensat(AT_FDCWD, "secret/f", NULL, 0), EACCES);
    REFUSED(stat("through", &st), EACCES);
    REFUSED(stat("open/../secret/f", &st), EACCES);
    CHECK(lstat("through", &st) == 0 && lstat("secret", &st) == 0 && stat("passage/f", &st) == 0);
    REFUSED(open("passage", O_RDONLY | O_DIRECTORY), EACCES);
    CHECK(open("passage/f", O_RDONLY) >= 0 && chdir("passage") == 0 && stat("f", &st) == 0 && chdir("..") == 0);
    CHECK(stat("of-group/f", &st) == 0 && open("of-group/new", O_WRONLY | O_CREAT, 0644) >= 0);
    REFUSED(execl("secret/f", "f", (char *)NULL), EACCES);
    REFUSED(execl("passage/f", "f", (char *)NULL), EACCES);
}

static void ways(void)
{
    CHECK(make_directory("secret", 0700) && make("secret/f", 0777) >= 0 && symlink("x", "secret/l") == 0);
    CHECK(make_directory("open", 0777) && symlink("secret/f", "through") == 0);
    CHECK(make_directory("passage", 0711) && make("passage/f", 0644) >= 0);
    CHECK(make_directory("of-group", 0770) && chown("of-group", 0, 100) == 0 && make("of-group/f", 0600) >= 0);
    as_user(1000, 1000, no_way);
}

static void no_change(void)
{
    struct stat st;
    REFUSED(open("roots/new", O_WRONLY | O_CREAT, 0600), EACCES);
    REFUSED(open("roots/new", O_WRONLY | O_CREAT | O_EXCL, 0600), EACCES);
    CHECK(open("roots/f", O_RDONLY | O_CREAT, 0600) >= 0);
    REFUSED(open("roots", O_TMPFILE | O_WRONLY, 0600), EACCES);
    REFUSED(mkdir("roots/new", 0700), EACCES);
    REFUSED(mkdir("roots/d", 0700), EEXIST);
    REFUSED(symlink("x", "roots/new"), EACCES);
    REFUSED(symlink("x", "roots/f"), EEXIST);
    REFUSED(mkfifo("roots/new", 0600), EACCES);
    REFUSED(link("mine2/f", "roots/new"), EACCES);
    REFUSED(unlink("roots/f"), EACCES);
    REFUSED(rmdir("roots/d"), EACCES);
    REFUSED(rename("roots/f", "mine2/g"), EACCES);
    REFUSED(rename("mine2/f", "roots/g"), EACCES);
    REFUSED(rename("mine2/f", "roots/f"), EACCES);
    REFUSED(unlink("roots/absent"), ENOENT);
    REFUSED(truncate("roots/f", 0), EACCES);
    REFUSED(chmod("roots/f", 0777), EPERM);
    CHECK(rename("mine2/f", "mine2/g") == 0 && unlink("mine2/g") == 0 && stat("roots/f", &st) == 0);
    CHECK(mkdir("mine2/d", 0755) == 0 && belongs("mine2/d", 1000, 1000) && rmdir("mine2/d") == 0);
    CHECK(symlink("x", "mine2/l") == 0 && belongs("mine2/l", 1000, 1000));
    CHECK(mkfifo("mine2/p", 0600) == 0 && belongs("mine2/p", 1000, 1000) && has_mode("mine2/p", S_IFIFO | 0600));
    CHECK(lchown("mine2/l", -1, 100) == 0 && belongs("mine2/l", 1000, 100));
    REFUSED(lchown("mine2/l", 5, -1), EPERM);
    REFUSED(lchown("roots/l", 1000, -1), EPERM);
    REFUSED(rename("mine2/unmoved", "sticky/moved"), EACCES);
}

static void stuck(void)
{
    REFUSED(unlink("sticky/roots"), EPERM);
    REFUSED(rename("sticky/roots", "sticky/other"), EPERM);
    REFUSED(rename("sticky/roots", "mine2/other"), EPERM);
    REFUSED(rmdir("sticky/d"), EPERM);
    CHECK(make("sticky/own", 0600) >= 0);
    REFUSED(rename("sticky/own", "sticky/roots"), EPERM);
    CHECK(rename("sticky/own", "sticky/own2") == 0 && unlink("sticky/own2") == 0);
}

static void changes(void)
{
    CHECK(make_directory("roots", 0755) && make("roots/f", 0644) >= 0 && make_directory("roots/d", 0755));
    CHECK(symlink("x", "roots/l") == 0 && make_directory("mine2", 0755) && make("mine2/f", 0644) >= 0);
    CHECK(make_directory("mine2/unmoved", 0755)); /* it is root's: its ".." cannot be changed */
    CHECK(chown("mine2", 1000, 1000) == 0 && chown("mine2/f", 1000, 1000) == 0);
    CHECK(make_directory("sticky", 01777) && make("sticky/roots", 0666) >= 0 && make_directory("sticky/d", 0777));
    as_user(1000, 1000, no_change);
    if (reason[0] == '\0') {
        as_user(1000, 1000, stuck);
    }
}

static void set_times(void)
{
    const struct timespec past[2] = {{1000, 0}, {1000, 0}};
    const struct timeval old[2] = {{2000, 0}, {2000, 0}};
    const struct utimbuf older = {3000, 3000};
    struct stat st;
    REFUSED(utimensat(AT_FDCWD, "theirs", past, 0), EPERM);
    REFUSED(utimensat(AT_FDCWD, "theirs", NULL, 0), EACCES);
    REFUSED(utimes("theirs", old), EPERM);
    REFUSED(utime("theirs", &older), EPERM);
    REFUSED(utimensat(AT_FDCWD, "everybodys", past, 0), EPERM);
    CHECK(utimensat(AT_FDCWD, "everybodys", NULL, 0) == 0);
    CHECK(utimensat(AT_FDCWD, "own", past, 0) == 0 && stat("own", &st) == 0 && st.st_mtime == 1000);
    CHECK(utimes("own", old) == 0 && stat("own", &st) == 0 && st.st_mtime == 2000);
    CHECK(utime("own", &older) == 0 && stat("own", &st) == 0 && st.st_mtime == 3000);
    int fd = open("own", O_RDONLY);
    CHECK(futimens(fd, past) == 0 && fstat(fd, &st) == 0 && st.st_mtime == 1000);
    fd = open("theirs", O_RDONLY);
    REFUSED(futimens(fd, past), EPERM);
    REFUSED(syscall(SYS_utimensat, AT_FDCWD, NULL, past, 0), EFAULT);
}

static void times_(void)
{
    CHECK(make("theirs", 0644) >= 0 && make("everybodys", 0666) >= 0 && make("own", 0644) >= 0);
    CHECK(chown("own", 1000, 1000) == 0);
    as_user(1000, 1000, set_times);
}

static const struct sockaddr_un guarded = {AF_UNIX, "guarded"}, in_roots = {AF_UNIX, "roots2/s"};
static const struct sockaddr_un for_all = {AF_UNIX, "for-all"}, in_mine = {AF_UNIX, "mine3/s"};

static void connects(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    REFUSED(connect(fd, (const struct sockaddr *)&guarded, sizeof guarded), EACCES);
    REFUSED(sendto(fd, "x", 1, 0, (const struct sockaddr *)&guarded, sizeof guarded), EACCES);
    REFUSED(bind(fd, (const struct sockaddr *)&in_roots, sizeof in_roots), EACCES);
    REFUSED(bind(fd, (const struct sockaddr *)&guarded, sizeof guarded), EADDRINUSE);
    CHECK(connect(fd, (const struct sockaddr *)&for_all, sizeof for_all) == 0);
    CHECK(bind(fd, (const struct sockaddr *)&in_mine, sizeof in_mine) == 0 && belongs("mine3/s", 1000, 1000));
}

static void local_sockets(void)
{
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(a, (const struct sockaddr *)&guarded, sizeof guarded) == 0 && chmod("guarded", 0755) == 0);
    CHECK(bind(b, (const struct sockaddr *)&for_all, sizeof for_all) == 0 && chmod("for-all", 0666) == 0);
    CHECK(make_directory("roots2", 0755) && make_directory("mine3", 0755) && chown("mine3", 1000, 1000) == 0);
    as_user(1000, 1000, connects);
}

static pid_t other;

static void signals_(void)
{
    REFUSED(kill(other, SIGTERM), EPERM);
    REFUSED(kill(other, 0), EPERM);
    REFUSED(kill(getppid(), SIGUSR1), EPERM);
    REFUSED(kill(-getpgid(other), SIGUSR1), EPERM);
    REFUSED(setpriority(PRIO_PROCESS, (id_t)other, 10), EPERM);
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int status;
    CHECK(setpriority(PRIO_PROCESS, (id_t)child, 10) == 0 && kill(child, SIGTERM) == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    REFUSED(kill(child, SIGTERM), ESRCH);
    CHECK(syscall(SYS_tkill, getpid(), 0) == 0 && syscall(SYS_tgkill, getpid(), getpid(), 0) == 0);
    CHECK(kill(getpid(), 0) == 0 && kill(-getpgid(0), 0) == 0);
    REFUSED(kill(1, 0), EPERM);
    REFUSED(sigqueue(other, SIGUSR1, (union sigval){0}), EPERM);
    int pidfd = (int)syscall(SYS_pidfd_open, other, 0);
    REFUSED(syscall(SYS_pidfd_send_signal, pidfd, SIGUSR1, NULL, 0), EPERM);
    pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0);
}

static void signalling(void)
{
    int status;
    other = fork();
    if (other == 0) {
        setpgid(0, 0);
        pause();
        _exit(0);
    }
    setpgid(other, other);
    as_user(1000, 1000, signals_);
    CHECK(kill(other, SIGTERM) == 0 && waitpid(other, &status, 0) == other && WTERMSIG(status) == SIGTERM);
}

static bool set_flags(const char *name, int flags)
{
    int fd = open(name, O_RDONLY), now = 0;
    bool good = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &now) == 0;
    now = (now & ~(FS_IMMUTABLE_FL | FS_APPEND_FL)) | flags;
    good = good && ioctl(fd, FS_IOC_SETFLAGS, &now) == 0;
    close(fd);
    return good;
}

static void fixed(void)
{
    const struct timespec past[2] = {{1000, 0}, {1000, 0}};
    int flags = 0;
    CHECK(make("i", 0644) >= 0 && set_flags("i", FS_IMMUTABLE_FL));
    int fd = open("i", O_RDONLY);
    CHECK(fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL) != 0);
    REFUSED(open("i", O_WRONLY), EPERM);
    REFUSED(truncate("i", 0), EPERM);
    REFUSED(unlink("i"), EPERM);
    REFUSED(rename("i", "j"), EPERM);
    REFUSED(link("i", "j"), EPERM);
    REFUSED(chmod("i", 0600), EPERM);
    REFUSED(chown("i", 1, 1), EPERM);
    REFUSED(utimensat(AT_FDCWD, "i", past, 0), EPERM);
    REFUSED(utimensat(AT_FDCWD, "i", NULL, 0), EPERM);
    CHECK(make("j", 0644) >= 0);
    REFUSED(rename("j", "i"), EPERM);
    CHECK(set_flags("i", FS_APPEND_FL));
    REFUSED(open("i", O_WRONLY), EPERM);
    REFUSED(open("i", O_WRONLY | O_APPEND | O_TRUNC), EPERM);
    REFUSED(unlink("i"), EPERM);
    REFUSED(truncate("i", 0), EPERM);
    CHECK(open("i", O_WRONLY | O_APPEND) >= 0 && set_flags("i", 0) && unlink("i") == 0);
    CHECK(make_directory("fixed", 0755) && make("fixed/f", 0644) >= 0 && set_flags("fixed", FS_IMMUTABLE_FL));
    REFUSED(open("fixed/new", O_WRONLY | O_CREAT, 0600), EPERM);
    REFUSED(unlink("fixed/f"), EPERM);
    REFUSED(mkdir("fixed/d", 0700), EPERM);
    REFUSED(rename("fixed/f", "f2"), EPERM);
    REFUSED(rmdir("fixed"), EPERM);
    CHECK(set_flags("fixed", FS_APPEND_FL) && make("fixed/new", 0600) >= 0);
    REFUSED(unlink("fixed/new"), EPERM);
    CHECK(set_flags("fixed", 0) && unlink("fixed/new") == 0);
}

static void others_flags(void)
{
    int fd = open("flagged", O_RDONLY), flags = 0;
    CHECK(fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0);
    flags |= FS_IMMUTABLE_FL;
    REFUSED(ioctl(fd, FS_IOC_SETFLAGS, &flags), EPERM);
}

static void flags(void)
{
    CHECK(make("flagged", 0644) >= 0 && chown("flagged", 1000, 1000) == 0);
    as_user(1000, 1000, others_flags);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"links", links},   {"fifos", fifos},         {"sockets", sockets},
        {"many", many},     {"at-once", at_once},     {"types", types},
        {"root", root_may}, {"ways", ways},           {"changes", changes},
        {"times", times_},  {"local", local_sockets}, {"signals", signalling},
        {"fixed", fixed},   {"flags", flags},         {NULL, NULL},
    };
    return run_tests(tests, argc, argv);
}
