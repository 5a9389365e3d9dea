/*
 * What a program in a root of its own sees and may do, for `dragoman run --rootfs`, and natively where bwrap makes such a
 * root of the same directories: the same must hold, but for what "made" says, which is about the engine's /dev.
 *
 *   rooted_linux OUTSIDE made|native
 *
 * OUTSIDE is the host's name of a file that must not be reached. /rw and /ro are mounts, the latter read-only, each with
 * a file `file`. Sources: path_resolution(7), mount(8), rename(2), link(2), proc(5), unix(7), openat2(2), chroot(2).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static const char *outside;
static bool made;

static void make(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, "inside\n", 7) != 7) {
        snprintf(reason, sizeof reason, "%s cannot be made (errno %d)", name, errno);
    }
    close(fd);
}

static bool has(const char *directory, const char *name)
{
    DIR *d = opendir(directory);
    bool found = false;
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        found |= strcmp(e->d_name, name) == 0;
    }
    closedir(d);
    return found;
}

static bool reads(const char *link, const char *wanted)
{
    char text[PATH_MAX] = "";
    return readlink(link, text, sizeof text - 1) > 0 && strcmp(text, wanted) == 0;
}

static bool works_in(const char *wanted)
{
    char text[PATH_MAX];
    return getcwd(text, sizeof text) != NULL && strcmp(text, wanted) == 0;
}

/* No name leads to the file outside: absolute, upwards, by links, by descriptors, by /proc. */
static void nothing_leads_out(void)
{
    char path[3 * PATH_MAX], up[64] = "";
    struct stat st;

    REFUSED(stat(outside, &st), ENOENT);
    for (int i = 0; i < 15; i++) {
        strcat(up, "../");
    }
    snprintf(path, sizeof path, "%s%s", up, outside + 1);
    REFUSED(stat(path, &st), ENOENT);
    REFUSED(open(path, O_RDONLY), ENOENT);
    CHECK(chdir("/place") == 0);
    REFUSED(open(path, O_RDONLY), ENOENT);
    snprintf(path, sizeof path, "/place/%s%s", up, outside + 1);
    REFUSED(access(path, F_OK), ENOENT);
    snprintf(path, sizeof path, "//.//%s", outside);
    REFUSED(truncate(path, 0), ENOENT);
    CHECK(symlink(outside, "absolute") == 0);
    snprintf(path, sizeof path, "%s%s", up, outside + 1);
    CHECK(symlink(path, "upwards") == 0);
    for (const char *const *link = (const char *const[]){"absolute", "upwards", "/place/absolute", NULL}; *link;
         link++) {
        REFUSED(open(*link, O_RDONLY), ENOENT);
        REFUSED(stat(*link, &st), ENOENT);
        REFUSED(chmod(*link, 0777), ENOENT);
        REFUSED(truncate(*link, 0), ENOENT);
        REFUSED(execl(*link, *link, NULL), ENOENT);
        CHECK(lstat(*link, &st) == 0 && S_ISLNK(st.st_mode));
    }
    CHECK(symlink("/", "root") == 0);
    snprintf(path, sizeof path, "root%s", outside);
    REFUSED(stat(path, &st), ENOENT);
}

static void descriptors_lead_nowhere(void)
{
    char path[2 * PATH_MAX];
    struct stat st, root;
    int fd = open("/", O_RDONLY | O_DIRECTORY), place = open("/", O_PATH), work = open("/place", O_PATH | O_DIRECTORY);

    CHECK(fd >= 0 && place >= 0 && work >= 0 && stat("/", &root) == 0);
    snprintf(path, sizeof path, "../../../../../../..%s", outside);
    REFUSED(openat(fd, path, O_RDONLY), ENOENT);
    REFUSED(openat(place, path, O_RDONLY), ENOENT);
    REFUSED(fstatat(work, path, &st, 0), ENOENT);
    REFUSED(openat(fd, outside, O_RDONLY), ENOENT);
    REFUSED(openat(fd, outside + 1, O_RDONLY), ENOENT);
    CHECK(fstatat(fd, "..", &st, 0) == 0 && st.st_ino == root.st_ino && st.st_dev == root.st_dev);
    CHECK(fstatat(work, "../..", &st, 0) == 0 && st.st_ino == root.st_ino);
    CHECK(fchdir(fd) == 0 && chdir("..") == 0 && works_in("/"));
    REFUSED(open(path, O_RDONLY), ENOENT);
    struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT};
    REFUSED(syscall(SYS_openat2, fd, path, &how, sizeof how), ENOENT);
    REFUSED(syscall(SYS_openat2, AT_FDCWD, outside, &how, sizeof how), ENOENT);
    how.resolve = RESOLVE_BENEATH;
    REFUSED(syscall(SYS_openat2, fd, "../etc", &how, sizeof how), EXDEV);
    how.resolve = 0;
    REFUSED(syscall(SYS_openat2, fd, path, &how, sizeof how), ENOENT);
    how.resolve = RESOLVE_NO_SYMLINKS;
    CHECK(symlink("/rw", "/place/to-rw") == 0);
    REFUSED(syscall(SYS_openat2, AT_FDCWD, "/place/to-rw/file", &how, sizeof how), ELOOP);
    how.resolve = 0;
    CHECK(syscall(SYS_openat2, AT_FDCWD, "/place/to-rw/file", &how, sizeof how) >= 0);
    how.resolve = RESOLVE_NO_XDEV;
    CHECK(chdir("/place") == 0);
    REFUSED(syscall(SYS_openat2, AT_FDCWD, "to-rw/file", &how, sizeof how), EXDEV);
    REFUSED(syscall(SYS_openat2, AT_FDCWD, "../rw/file", &how, sizeof how), EXDEV);
    CHECK(syscall(SYS_openat2, AT_FDCWD, "/program", &how, sizeof how) >= 0);
    CHECK(syscall(SYS_openat2, AT_FDCWD, "../program", &how, sizeof how) >= 0);
}

/* A directory that is removed while one works in it. */
static void removed_directories(void)
{
    char path[2 * PATH_MAX];
    struct stat st;

    CHECK(mkdir("/place/gone", 0755) == 0 && chdir("/place/gone") == 0 && rmdir("/place/gone") == 0);
    REFUSED(open("x", O_WRONLY | O_CREAT, 0644), ENOENT);
    CHECK(getcwd(path, sizeof path) == NULL && errno == ENOENT);
    snprintf(path, sizeof path, "../../../../../../..%s", outside);
    REFUSED(stat(path, &st), ENOENT);
    CHECK(chdir("/place") == 0 && works_in("/place"));
}

static void proc_leads_nowhere(void)
{
    char path[2 * PATH_MAX];
    struct stat st, root;

    CHECK(stat("/", &root) == 0 && stat("/proc/self/root", &st) == 0 && st.st_ino == root.st_ino);
    CHECK(stat("/proc/self/root/..", &st) == 0 && st.st_ino == root.st_ino && st.st_dev == root.st_dev);
    for (const char *const *start = (const char *const[]){"/proc/self/root", "/proc/self/root/..", "/proc/self/cwd/..",
                                                          "/proc/thread-self/root", "/proc/self/task/../root", NULL};
         *start; start++) {
        snprintf(path, sizeof path, "%s%s", *start, outside);
        REFUSED(stat(path, &st), ENOENT);
        REFUSED(open(path, O_RDONLY), ENOENT);
    }
    int fd = open("/place", O_PATH);
    snprintf(path, sizeof path, "/proc/self/fd/%d/../..%s", fd, outside);
    REFUSED(stat(path, &st), ENOENT);
    snprintf(path, sizeof path, "/proc/self/fd/%d/..", fd);
    CHECK(stat(path, &st) == 0 && st.st_ino == root.st_ino);
    CHECK(chdir("/proc/self") == 0 && stat("root/..", &st) == 0 && st.st_ino == root.st_ino);
    snprintf(path, sizeof path, "root%s", outside);
    REFUSED(stat(path, &st), ENOENT);
    CHECK(chdir("cwd/../..") == 0);
    CHECK(chdir("/") == 0);
}

/* What is read back are the guest's names. */
static void names(void)
{
    char path[PATH_MAX], link[64], line[1024];
    bool found = false;

    CHECK(reads("/proc/self/root", "/") && reads("/proc/self/exe", "/program"));
    CHECK(mkdir("/place/a", 0755) == 0 && mkdir("/place/a/b", 0755) == 0 && symlink("/place/a", "/place/to-a") == 0);
    CHECK(chdir("/place/to-a/b") == 0 && works_in("/place/a/b") && reads("/proc/self/cwd", "/place/a/b"));
    CHECK(chdir("../..") == 0 && works_in("/place"));
    CHECK(chdir("/rw") == 0 && works_in("/rw") && reads("/proc/self/cwd", "/rw"));
    CHECK(chdir("..") == 0 && works_in("/"));
    CHECK(realpath("/place/to-a/../to-a/b", path) != NULL && strcmp(path, "/place/a/b") == 0);
    int fd = open("/rw/file", O_RDONLY);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    CHECK(fd >= 0 && reads(link, "/rw/file"));
    CHECK(open(link, O_RDONLY) >= 0);
    CHECK(mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        found |= strstr(line, " /rw/file\n") != NULL;
        CHECK(strstr(line, "dragoman") == NULL);
    }
    CHECK(found);
    int directory = open("/place/a", O_RDONLY | O_DIRECTORY);
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    CHECK(reads(link, "/place/a") && openat(directory, "b", O_PATH) >= 0 && fchdir(directory) == 0 &&
          works_in("/place/a"));
    CHECK(mkdirat(directory, "made", 0755) == 0 && access("/place/a/made", F_OK) == 0);
}

static bool is_mounted(const char *file, const char *wanted)
{
    char line[4096];
    bool found = false;
    FILE *f = fopen(file, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        found |= strstr(line, wanted) != NULL;
    }
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

static void tables_of_mounts(void)
{
    for (const char *const *file = (const char *const[]){"/proc/mounts", "/proc/self/mounts", NULL}; *file; file++) {
        CHECK(is_mounted(*file, " / ") && is_mounted(*file, " /rw ") && is_mounted(*file, " /ro ") &&
              is_mounted(*file, " /proc "));
        CHECK(!is_mounted(*file, " /sys/fs/cgroup"));
    }
    CHECK(is_mounted("/proc/self/mountinfo", " /rw ") && is_mounted("/proc/thread-self/mountinfo", " /ro "));
}

static void read_only(void)
{
    struct sockaddr_un a = {AF_UNIX, "/ro/socket"};
    struct stat st;
    int fd = open("/ro/file", O_RDONLY);

    CHECK(fd >= 0);
    REFUSED(open("/ro/file", O_WRONLY), EROFS);
    REFUSED(open("/ro/file", O_RDONLY | O_TRUNC), EROFS);
    REFUSED(open("/ro/new", O_WRONLY | O_CREAT, 0644), EROFS);
    REFUSED(open("/ro/file", O_WRONLY | O_CREAT | O_EXCL, 0644), EEXIST);
    CHECK(open("/ro/file", O_RDONLY | O_CREAT, 0644) >= 0);
    REFUSED(open("/ro/none", O_WRONLY), ENOENT);
    REFUSED(mkdir("/ro/d", 0755), EROFS);
    REFUSED(mkdir("/ro/file", 0755), EEXIST);
    REFUSED(mknod("/ro/fifo", S_IFIFO | 0644, 0), EROFS);
    REFUSED(symlink("x", "/ro/link"), EROFS);
    REFUSED(unlink("/ro/file"), EROFS);
    REFUSED(rename("/ro/file", "/ro/other"), EROFS);
    REFUSED(rename("/place/absent", "/ro/other"), EXDEV);
    REFUSED(link("/ro/file", "/ro/other"), EROFS);
    REFUSED(chmod("/ro/file", 0600), EROFS);
    REFUSED(fchmod(fd, 0600), EROFS);
    REFUSED(chown("/ro/file", -1, -1), EROFS);
    REFUSED(fchown(fd, -1, -1), EROFS);
    REFUSED(fchownat(fd, "", -1, -1, AT_EMPTY_PATH), EROFS);
    REFUSED(utimensat(AT_FDCWD, "/ro/file", NULL, 0), EROFS);
    REFUSED(futimens(fd, NULL), EROFS);
    REFUSED(truncate("/ro/file", 0), EROFS);
    REFUSED(setxattr("/ro/file", "user.x", "", 0, 0), EROFS);
    REFUSED(fsetxattr(fd, "user.x", "", 0, 0), EROFS);
    REFUSED(access("/ro/file", W_OK), EROFS);
    REFUSED(access("/ro", W_OK), EROFS);
    REFUSED(access("/ro/none", W_OK), ENOENT);
    REFUSED(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof a), EROFS);
    CHECK(chdir("/ro") == 0);
    REFUSED(open("file", O_WRONLY), EROFS);
    REFUSED(mkdir("d", 0755), EROFS);
    CHECK(chdir("/") == 0 && stat("/ro/file", &st) == 0 && st.st_size == 5);
    REFUSED(unlink("/ro/link-to-none/x"), ENOENT);
}

static void mounts(void)
{
    struct stat st;

    CHECK(has("/", "rw") && has("/", "ro") && has("/", "dev") && has("/", "proc") && has("/", "place"));
    make("/rw/a");
    make("/place/b");
    CHECK(rename("/rw/a", "/rw/c") == 0 && link("/rw/c", "/rw/d") == 0);
    REFUSED(rename("/rw/c", "/place/c"), EXDEV);
    REFUSED(rename("/place/b", "/rw/b"), EXDEV);
    REFUSED(link("/rw/c", "/place/c"), EXDEV);
    REFUSED(link("/place/b", "/rw/b"), EXDEV);
    REFUSED(rename("/rw", "/wr"), EBUSY);
    REFUSED(rmdir("/rw"), EBUSY);
    REFUSED(rmdir("/ro"), EBUSY);
    REFUSED(rmdir("/proc"), EBUSY);
    CHECK(rmdir("/") == -1 && errno == EBUSY);
    CHECK(stat("/rw/..", &st) == 0);
    ino_t above = st.st_ino;
    CHECK(stat("/", &st) == 0 && st.st_ino == above);
    CHECK(chdir("/rw") == 0 && stat("../place/b", &st) == 0 && chdir("/") == 0);
    CHECK(unlink("/rw/c") == 0 && unlink("/rw/d") == 0);
}

static void devices(void)
{
    static const char *const all[] = {"fd",     "full",  "null", "ptmx", "pts",     "random",
                                      "stderr", "stdin", "tty",  "zero", "urandom", "stdout"};
    struct stat st;
    char byte = 1;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "/dev/%s", all[i]);
        CHECK(has("/dev", all[i]) && lstat(path, &st) == 0);
    }
    CHECK(!has("/dev", "mem") && !has("/dev", "kmsg"));
    REFUSED(open("/dev/mem", O_RDONLY), ENOENT);
    REFUSED(open("/dev/../dev/kmsg", O_RDONLY), ENOENT);
    CHECK(chdir("/dev") == 0 && works_in("/dev") && reads("/proc/self/cwd", "/dev") && lstat("null", &st) == 0);
    CHECK(chdir("pts") == 0 && works_in("/dev/pts") && chdir("../../place") == 0 && works_in("/place") &&
          chdir("/") == 0);
    int fd = openat(open("/dev", O_PATH), "zero", O_RDWR);
    CHECK(read(fd, &byte, 1) == 1 && byte == 0);
    CHECK(lstat("/dev/stdin", &st) == 0 && S_ISLNK(st.st_mode) && reads("/dev/stdin", "/proc/self/fd/0"));
    CHECK(access("/dev/null", W_OK) == 0 && open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0644) >= 0);
    if (made && geteuid() != 0) { /* not where a failure would cost the machine its devices */
        REFUSED(unlink("/dev/null"), EROFS);
        REFUSED(rename("/dev/null", "/place/null"), EXDEV);
        REFUSED(chmod("/dev/null", 0600), EROFS);
        REFUSED(rmdir("/dev"), EBUSY);
    }
}

static void sockets(void)
{
    struct sockaddr_un a = {AF_UNIX, "/place/socket"}, b = {0};
    socklen_t size = sizeof b;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

    CHECK(bind(server, (struct sockaddr *)&a, sizeof a) == 0 && listen(server, 1) == 0);
    CHECK(getsockname(server, (struct sockaddr *)&b, &size) == 0 && strcmp(b.sun_path, "/place/socket") == 0);
    CHECK(access("/place/socket", F_OK) == 0 && chdir("/place") == 0);
    strcpy(a.sun_path, "socket");
    CHECK(connect(client, (struct sockaddr *)&a, sizeof a) == 0);
    size = sizeof b;
    CHECK(getpeername(client, (struct sockaddr *)&b, &size) == 0 && strcmp(b.sun_path, "/place/socket") == 0);
    CHECK(unlink("/place/socket") == 0);
}

static void execution(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/program", "/program", "exit", NULL);
        _exit(99);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    FILE *script = fopen("/place/script", "w");
    fputs("#!/program exit\n", script);
    fclose(script);
    CHECK(chmod("/place/script", 0755) == 0);
    pid = fork();
    if (pid == 0) {
        execl("/place/script", "script", NULL);
        _exit(99);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "self", "exit", NULL);
        _exit(99);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    REFUSED(execl("/bin/sh", "sh", "-c", "exit 7", NULL), ENOENT);
}

/* While directories on the way become links and are directories again, a name leads inside or nowhere. */
static volatile bool stop;

static void *exchange(void *unused)
{
    while (!stop) {
        rename("/place/race", "/place/rest");
        rename("/place/link", "/place/race");
        rename("/place/race", "/place/link");
        rename("/place/rest", "/place/race");
    }
    return unused;
}

static void races(void)
{
    char directory[PATH_MAX], path[PATH_MAX], text[16];
    pthread_t thread;
    const char *last = strrchr(outside, '/');
    int led_out = 0, found = 0;

    snprintf(directory, sizeof directory, "%.*s", (int)(last - outside), outside);
    snprintf(path, sizeof path, "/place/race%s", last);
    CHECK(mkdir("/place/race", 0755) == 0 && symlink(directory, "/place/link") == 0);
    make(path);
    CHECK(pthread_create(&thread, NULL, exchange, NULL) == 0);
    time_t end = time(NULL) + 20;
    for (int i = 0; (i < 20000 || found < 100) && time(NULL) < end; i++) {
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
            ssize_t n = read(fd, text, sizeof text);
            led_out += n != 7 || memcmp(text, "inside\n", 7) != 0;
            found++;
            close(fd);
        }
    }
    stop = true;
    pthread_join(thread, NULL);
    CHECK(led_out == 0);
    CHECK(found > 0);
}

static void changing_the_root(void)
{
    struct stat st, root;

    if (geteuid() != 0) {
        REFUSED(chroot("/place"), EPERM);
        return;
    }
    CHECK(mkdir("/place/new", 0755) == 0 && mkdir("/place/new/d", 0755) == 0 && symlink("/d", "/place/new/l") == 0);
    make("/place/new/d/f");
    CHECK(stat("/place/new", &root) == 0 && chroot("/place/new") == 0 && chdir("/") == 0 && works_in("/"));
    CHECK(stat("/../..", &st) == 0 && st.st_ino == root.st_ino && stat("/l/f", &st) == 0);
    REFUSED(stat("/place", &st), ENOENT);
    REFUSED(stat(outside, &st), ENOENT);
    REFUSED(open("/dev/null", O_RDONLY), ENOENT);
    CHECK(!has("/", "proc"));
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"nothing-leads-out", nothing_leads_out},
    {"descriptors", descriptors_lead_nowhere},
    {"removed-directories", removed_directories},
    {"proc", proc_leads_nowhere},
    {"names", names},
    {"tables-of-mounts", tables_of_mounts},
    {"read-only", read_only},
    {"mounts", mounts},
    {"devices", devices},
    {"sockets", sockets},
    {"execution", execution},
    {"races", races},
    {"chroot", changing_the_root},
};

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc > 1 && strcmp(argv[1], "exit") == 0) {
        return 7;
    }
    outside = argv[1];
    made = strcmp(argv[2], "made") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        int status = -1;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            tests[i].run();
            printf(reason[0] ? "not ok %s # %s\n" : "ok %s\n", tests[i].name, reason);
            fflush(stdout);
            _exit(reason[0] != '\0');
        }
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
            printf("not ok %s # status %x\n", tests[i].name, status);
        }
        failed |= status != 0;
    }
    return failed;
}
