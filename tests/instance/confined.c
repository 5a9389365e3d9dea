/*
 * confined [-n] DRAGOMAN COMMAND [ARG...]: DRAGOMAN executed with COMMAND [ARG...] in a small world of its own, confined
 * as an instance's guests are (instance/confine.h), but set up by itself. The world has the host's /usr, read-only, a
 * /tmp and /dev of its own and the directory $WORLD_SHARE, if set, at /share, to be written. -n: as a guest natively.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/confine.h"

extern char **environ;

static void need(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "confined: %s: %s\n", what, strerror(errno));
        exit(125);
    }
}

static void write_file(const char *path, const char *format, unsigned value)
{
    char text[64];
    int n = snprintf(text, sizeof text, format, value);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    need(fd >= 0 && write(fd, text, (size_t)n) == n, path);
    close(fd);
}

static void enter_namespaces(void)
{
    unsigned uid = geteuid();
    unsigned gid = getegid();
    need(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET) == 0,
         "unshare");
    write_file("/proc/self/setgroups", "deny", 0);
    write_file("/proc/self/uid_map", "0 %u 1", uid);
    write_file("/proc/self/gid_map", "0 %u 1", gid);
}

static void bind(const char *source, const char *target, unsigned long flags)
{
    struct stat st;
    need(stat(source, &st) == 0, source);
    if (S_ISDIR(st.st_mode)) {
        need(mkdir(target, 0755) == 0 || errno == EEXIST, target);
    } else {
        int fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
        need(fd >= 0, target);
        close(fd);
    }
    need(mount(source, target, NULL, MS_BIND | MS_REC, NULL) == 0, target);
    if (flags != 0) {
        need(mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | flags, NULL) == 0, target);
    }
}

static void make_root(void)
{
    static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
    need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "/");
    need(mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0, "tmpfs");
    need(chdir("/mnt") == 0, "/mnt");
    bind("/usr", "usr", MS_RDONLY | MS_NODEV | MS_NOSUID);
    need(symlink("usr/bin", "bin") == 0 && symlink("usr/lib", "lib") == 0 && symlink("usr/lib64", "lib64") == 0, "lib");
    need(mkdir("dev", 0755) == 0 && mkdir("proc", 0555) == 0 && mkdir("tmp", 01777) == 0, "directories");
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        char from[64];
        snprintf(from, sizeof from, "/dev/%s", devices[i]);
        bind(from, from + 1, 0);
    }
    const char *share = getenv("WORLD_SHARE");
    if (share != NULL) {
        bind(share, "share", MS_NODEV | MS_NOSUID);
    }
    need(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0, "proc");
    need(syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "pivot_root");
}

/* The world's first process: reaps, and ends as its guest. */
static int first_process(int engine, bool natively, char **argv)
{
    const char *what = "";
    int done = 0;
    int status = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    make_root();
    int r = confine_world(ISOLATION_FULL, engine, &done, &what);
    errno = -r;
    need(r == 0 && done == CONFINE_LANDLOCK, what);
    pid_t guest = fork();
    need(guest >= 0, "fork");
    if (guest == 0) {
        setsid(); /* a group outside the namespace has no number inside */
        r = confine_guest(ISOLATION_FULL, &done, &what);
        errno = -r;
        need(r == 0 && done == CONFINE_FILTER, what);
        if (natively) {
            execvp(argv[1], argv + 1);
        } else {
            syscall(SYS_execveat, engine, "", argv, environ, AT_EMPTY_PATH);
        }
        need(false, argv[natively]);
    }
    while (waitpid(-1, &status, 0) != guest) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    bool natively = argc > 1 && strcmp(argv[1], "-n") == 0;
    argv += natively ? 2 : 1;
    if (argv[0] == NULL) {
        return 2;
    }
    int engine = open(argv[0], O_PATH | O_CLOEXEC);
    int status = 0;
    need(engine >= 0, argv[0]);
    enter_namespaces();
    pid_t first = fork();
    need(first >= 0, "fork");
    if (first == 0) {
        exit(first_process(engine, natively, argv));
    }
    waitpid(first, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
