/*
 * What root of its own may do and sees, for `dragoman run --metadata emulated` and, where the machine's root runs the
 * tests, natively: the same must hold. Sources: chown(2), chmod(2), mknod(2), credentials(7), capabilities(7), xattr(7).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "check.h"

static int make(const char *name, mode_t mode)
{
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL, mode);
    if (fd >= 0 && write(fd, "text\n", 5) != 5) {
        return -1;
    }
    return fd;
}

/* By calls of other tables than the program's own: i386's by int $0x80, and of x32's programs amd64's by its number. */
static long chown_by_int80(const char *name, uid_t uid, gid_t gid)
{
    enum { NR_I386_CHOWN32 = 212 };
    long result;
#if defined(__x86_64__)
    char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

    name = low == MAP_FAILED ? NULL : strcpy(low, name);
#endif
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"((long)NR_I386_CHOWN32), "b"(name), "c"((long)uid), "d"((long)gid)
                     : "memory");
    return result;
}

static long chown_by_amd64(const char *name, uid_t uid, gid_t gid)
{
#if defined(__x86_64__)
    enum { NR_AMD64_CHOWN = 92 };
    long long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long long)NR_AMD64_CHOWN), "D"((unsigned long long)(uintptr_t)name),
                       "S"((unsigned long long)uid), "d"((unsigned long long)gid)
                     : "rcx", "r11", "memory");
    return (long)result;
#else
    return chown(name, uid, gid);
#endif
}

static bool is(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    struct stat st;
    struct statx x;
    return lstat(name, &st) == 0 && st.st_uid == uid && st.st_gid == gid && (st.st_mode & 07777) == mode &&
           statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &x) == 0 && x.stx_uid == uid &&
           x.stx_gid == gid && x.stx_mode == st.st_mode;
}

/* Runs a test's second half in a child, whose reason becomes the test's. */
static char *shared;

static void in_child(void (*half)(void))
{
    int status;
    shared[0] = '\0';
    pid_t pid = fork();
    if (pid == 0) {
        half();
        memcpy(shared, reason, sizeof reason);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    memcpy(reason, shared, sizeof reason);
    CHECK(status == 0);
}

static void owners(void)
{
    struct stat st;
    int fd = make("owned", 0644);
    CHECK(fd >= 0 && is("owned", 0, 0, 0644));
    CHECK(chown("owned", 5, 7) == 0 && is("owned", 5, 7, 0644));
    CHECK(fchown(fd, 6, -1) == 0 && is("owned", 6, 7, 0644));
    CHECK(fstat(fd, &st) == 0 && st.st_uid == 6 && st.st_gid == 7 && st.st_size == 5);
    CHECK(fchownat(fd, "", 8, 9, AT_EMPTY_PATH) == 0 && is("owned", 8, 9, 0644));
    CHECK(rename("owned", "renamed") == 0 && is("renamed", 8, 9, 0644));
    CHECK(link("renamed", "linked") == 0 && is("linked", 8, 9, 0644));
    CHECK(chown("linked", 0, 0) == 0 && is("renamed", 0, 0, 0644));
    CHECK(symlink("renamed", "symbolic") == 0 && chown("symbolic", 3, 4) == 0 && is("renamed", 3, 4, 0644));
    CHECK(lchown("symbolic", 1, 1) == 0 && is("renamed", 3, 4, 0644));
    CHECK(chown("renamed", 4000000000u, 4000000000u) == 0 && is("renamed", 4000000000u, 4000000000u, 0644));
    CHECK(chown_by_int80("renamed", 11, 12) == 0 && is("renamed", 11, 12, 0644));
    CHECK(chown_by_amd64("renamed", 13, 14) == 0 && is("renamed", 13, 14, 0644));
    REFUSED(chown("nothing", 1, 1), ENOENT);
    REFUSED(fchown(-1, 1, 1), EBADF);
}

static void modes(void)
{
    CHECK(make("m", 0600) >= 0 && chmod("m", 06755) == 0 && is("m", 0, 0, 06755));
    CHECK(chown("m", 1, 2) == 0 && is("m", 1, 2, 0755)); /* set-id bits go with the owner */
    CHECK(chmod("m", 01644) == 0 && is("m", 1, 2, 01644));
    CHECK(chmod("m", 0) == 0 && is("m", 1, 2, 0));
    CHECK(access("m", R_OK | W_OK) == 0);
    REFUSED(access("m", X_OK), EACCES);
    int fd = open("m", O_RDWR); /* root's are all files */
    CHECK(fd >= 0 && fchmod(fd, 0100) == 0 && is("m", 1, 2, 0100) && access("m", X_OK) == 0);
    CHECK(chown("m", 0, 0) == 0 && chmod("m", 0644) == 0 && is("m", 0, 0, 0644));
    CHECK(make("unread", 0111) >= 0 && is("unread", 0, 0, 0111) && open("unread", O_RDONLY) >= 0);
    struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_BENEATH};
    CHECK(setegid(12) == 0 && syscall(SYS_openat2, AT_FDCWD, "beneath", &how, sizeof how) >= 0 && setegid(0) == 0);
    CHECK(is("beneath", 0, 12, 0640) && syscall(SYS_openat2, AT_FDCWD, "beneath", &how, sizeof how) >= 0);
    REFUSED(syscall(SYS_openat2, AT_FDCWD, "../outside", &how, sizeof how), EXDEV);
    CHECK(mkdir("sealed", 0) == 0 && is("sealed", 0, 0, 0));
    CHECK(make("sealed/in", 0444) >= 0 && is("sealed/in", 0, 0, 0444) && open("sealed/in", O_WRONLY) >= 0);
    CHECK(chmod("sealed", 01777) == 0 && is("sealed", 0, 0, 01777));
}

static void directories(void)
{
    CHECK(mkdir("g", 0755) == 0 && chown("g", 0, 50) == 0 && chmod("g", 02775) == 0 && is("g", 0, 50, 02775));
    CHECK(make("g/f", 0640) >= 0 && is("g/f", 0, 50, 0640));
    CHECK(mkdir("g/d", 0755) == 0 && is("g/d", 0, 50, 02755));
    CHECK(mkdir("plain", 0755) == 0 && chown("plain", 5, 50) == 0 && make("plain/f", 0644) >= 0 &&
          is("plain/f", 0, 0, 0644));
}

static void nodes(void)
{
    struct stat st;
    char byte;
    CHECK(mknod("null", S_IFCHR | 0666, makedev(1, 3)) == 0);
    CHECK(stat("null", &st) == 0 && st.st_mode == (S_IFCHR | 0644) && st.st_rdev == makedev(1, 3) && st.st_size == 0);
    CHECK(mknod("disk", S_IFBLK | 0600, makedev(300, 70000)) == 0);
    CHECK(chown("disk", 0, 6) == 0 && chmod("disk", 0660) == 0 && lstat("disk", &st) == 0);
    CHECK(st.st_mode == (S_IFBLK | 0660) && st.st_gid == 6 && st.st_rdev == makedev(300, 70000));
    int fd = open("null", O_RDWR | O_TRUNC);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && read(fd, &byte, 1) == 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(open("disk", O_RDONLY) == -1 && (errno == EACCES || errno == ENXIO));
    CHECK(rename("null", "null2") == 0 && stat("null2", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(mkfifo("pipe", 0600) == 0 && stat("pipe", &st) == 0 && S_ISFIFO(st.st_mode));
    CHECK(mknod("regular", 0640, 0) == 0 && is("regular", 0, 0, 0640));
    REFUSED(mknod("disk", S_IFCHR | 0600, 1), EEXIST);
}

static void attributes(void)
{
    static const unsigned char capability[20] = {1, 0, 0, 2, 0, 32}; /* VFS_CAP_REVISION_2, effective; net_raw */
    char list[256], value[64];
    CHECK(make("x", 0444) >= 0 && chown("x", 5, 6) == 0);
    CHECK(listxattr("x", list, sizeof list) == 0);
    CHECK(getxattr("x", "user.none", value, sizeof value) == -1 && errno == ENODATA);
    CHECK(setxattr("x", "user.a", "b", 1, 0) == 0 && getxattr("x", "user.a", value, sizeof value) == 1);
    CHECK(setxattr("x", "security.capability", capability, sizeof capability, 0) == 0);
    CHECK(getxattr("x", "security.capability", value, sizeof value) == sizeof capability &&
          memcmp(value, capability, sizeof capability) == 0);
    ssize_t n = listxattr("x", list, sizeof list);
    CHECK(n == (ssize_t)(sizeof "user.a" + sizeof "security.capability"));
    CHECK(removexattr("x", "security.capability") == 0 && listxattr("x", list, sizeof list) == sizeof "user.a");
    CHECK(is("x", 5, 6, 0444));
}

/* As apt does it for its methods, and what must hold then. */
static void dropped(void)
{
    gid_t groups[4];
    uid_t r, e, s;
    gid_t nogroup = 65534;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct caps[2];
    CHECK(setgroups(1, &nogroup) == 0 && setresgid(nogroup, nogroup, nogroup) == 0 && setresuid(42, 42, 42) == 0);
    CHECK(getgroups(4, groups) == 1 && groups[0] == nogroup);
    CHECK(getuid() == 42 && geteuid() == 42 && getgid() == nogroup && getegid() == nogroup);
    CHECK(getresuid(&r, &e, &s) == 0 && r == 42 && e == 42 && s == 42);
    REFUSED(setuid(0), EPERM);
    REFUSED(seteuid(0), EPERM);
    REFUSED(setgid(0), EPERM);
    REFUSED(setgroups(0, NULL), EPERM);
    CHECK(syscall(SYS_capget, &header, caps) == 0 && caps[0].effective == 0 && caps[0].permitted == 0);
    CHECK(make("open/mine", 0600) >= 0 && is("open/mine", 42, nogroup, 0600));
    CHECK(chmod("open/mine", 0644) == 0 && is("open/mine", 42, nogroup, 0644));
    REFUSED(chown("open/mine", 0, -1), EPERM);
    CHECK(chown("open/mine", 42, nogroup) == 0);
    REFUSED(chmod("roots", 0666), EPERM);
    REFUSED(chown("roots", 42, -1), EPERM);
    REFUSED(open("roots", O_RDONLY), EACCES);
    REFUSED(access("roots", R_OK), EACCES);
    REFUSED(mknod("open/node", S_IFCHR | 0600, 1), EPERM);
}

static void drop(void)
{
    CHECK(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0 && make("roots", 0600) >= 0);
    in_child(dropped);
    CHECK(reason[0] == '\0' && getuid() == 0 && is("open/mine", 42, 65534, 0644));
}

static void saved_ids(void)
{
    uid_t r, e, s;
    CHECK(setresuid(-1, 1000, -1) == 0 && geteuid() == 1000 && setfsuid(-1) == 1000);
    CHECK(seteuid(0) == 0 && setreuid(1000, 2000) == 0 && getresuid(&r, &e, &s) == 0);
    CHECK(r == 1000 && e == 2000 && s == 2000);
    REFUSED(setuid(0), EPERM);
    CHECK(setuid(1000) == 0 && geteuid() == 1000 && seteuid(2000) == 0);
    CHECK(setfsuid(1000) == 2000 && setfsuid(0) == 1000 && setfsuid(-1) == 1000);
}

static void save(void)
{
    in_child(saved_ids);
}

static void with_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct caps[2];
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1 && setresuid(7, 7, 7) == 0);
    CHECK(syscall(SYS_capget, &header, caps) == 0 && caps[0].effective == 0 && (caps[0].permitted & 1) != 0);
    caps[0].effective = caps[0].permitted = caps[0].inheritable = 1; /* CAP_CHOWN */
    caps[1].effective = caps[1].permitted = caps[1].inheritable = 0;
    CHECK(syscall(SYS_capset, &header, caps) == 0);
    CHECK(chown("kept", 1, 2) == 0 && is("kept", 1, 2, 0644));
    REFUSED(chmod("kept", 0600), EPERM);
    CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0) == 0 &&
          prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0) == 1);
    caps[0].permitted = 3;
    REFUSED(syscall(SYS_capset, &header, caps), EPERM);
    CHECK(prctl(PR_CAPBSET_READ, 0) == 1);
    REFUSED(prctl(PR_CAPBSET_DROP, 0), EPERM);
}

static void capabilities(void)
{
    CHECK(make("kept", 0644) >= 0);
    in_child(with_capabilities);
}

static void *as_another(void *result)
{
    bool good = syscall(SYS_setresuid, 77, 77, 77) == 0 && syscall(SYS_geteuid) == 77;
    int fd = make("of-a-thread", 0600);
    *(bool *)result = good && fd >= 0;
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    bool good = false;
    CHECK(pthread_create(&thread, NULL, as_another, &good) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(good && geteuid() == 0 && is("of-a-thread", 77, 0, 0600));
}

/* The ids of a program, as it tells them itself. */
static void tell(const char *program, const char *expected)
{
    char line[128] = "";
    int fds[2];
    CHECK(pipe(fds) == 0);
    pid_t pid = vfork();
    if (pid == 0) {
        dup2(fds[1], 1);
        execl(program, program, "ids", (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    CHECK(pid > 0 && read(fds[0], line, sizeof line - 1) > 0 && waitpid(pid, NULL, 0) == pid);
    close(fds[0]);
    if (strcmp(line, expected) != 0) {
        snprintf(reason, sizeof reason, "%s: %.80s", program, line);
    }
}

static const char *self;

static void set_id_from_below(void)
{
    gid_t group = 100;
    CHECK(setgroups(1, &group) == 0 && setresgid(100, 100, 100) == 0 && setresuid(1000, 1000, 1000) == 0);
    tell("./plain-copy", "1000 1000 1000 100 100 100 1 0\n");
    tell("./set-id", "1000 5 5 100 6 6 1 1\n");
    tell("./set-root", "1000 0 0 100 100 100 1 1\n");
    CHECK(reason[0] == '\0' && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    tell("./set-id", "1000 1000 1000 100 100 100 1 0\n");
}

static void copy_self(const char *to, uid_t uid, gid_t gid, mode_t mode)
{
    char block[65536];
    ssize_t n;
    int in = open(self, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
    CHECK(in >= 0 && out >= 0);
    while ((n = read(in, block, sizeof block)) > 0) {
        CHECK(write(out, block, (size_t)n) == n);
    }
    close(in);
    close(out);
    CHECK(n == 0 && chown(to, uid, gid) == 0 && chmod(to, mode) == 0);
}

static void set_id(void)
{
    copy_self("plain-copy", 0, 0, 0755);
    copy_self("set-id", 5, 6, 06755);
    copy_self("set-root", 0, 0, 04755);
    tell("./plain-copy", "0 0 0 0 0 0 0 0\n");
    in_child(set_id_from_below);
}

static void vfork_child(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        syscall(SYS_setresuid, 9, 9, 9);
        _exit((int)syscall(SYS_geteuid));
    }
    int status;
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9 && geteuid() == 0);
}

static void read_status(char *text, size_t size)
{
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t n = read(fd, text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
}

static void status_of_dropped(void)
{
    char text[8192];
    gid_t groups[2] = {33, 9};
    CHECK(setgroups(2, groups) == 0 && setresgid(1, 2, 3) == 0 && setresuid(4, 5, 6) == 0);
    read_status(text, sizeof text);
    CHECK(strstr(text, "\nUid:\t4\t5\t6\t5\n") != NULL && strstr(text, "\nGid:\t1\t2\t3\t2\n") != NULL);
    CHECK(strstr(text, "\nGroups:\t9 33 \n") != NULL && strstr(text, "\nCapEff:\t0000000000000000\n") != NULL);
}

static void status(void)
{
    char text[8192];
    read_status(text, sizeof text);
    CHECK(strstr(text, "\nUid:\t0\t0\t0\t0\n") != NULL && strstr(text, "\nCapEff:\t0000000000000000\n") == NULL);
    in_child(status_of_dropped);
}

static void read_status_of(pid_t pid, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, size - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fd);
}

static void has_dropped(pid_t pid)
{
    char text[8192];
    read_status_of(pid, text, sizeof text);
    CHECK(strstr(text, "\nUid:\t4\t5\t6\t5\n") != NULL && strstr(text, "\nGid:\t1\t2\t3\t2\n") != NULL);
    CHECK(strstr(text, "\nCapEff:\t0000000000000000\n") != NULL);
}

/* Of another process: of one that has other ids, of root's, and of one that has ended. */
static void status_of_others(void)
{
    char byte, text[8192];
    int up[2], down[2];
    siginfo_t ended;
    CHECK(pipe(up) == 0 && pipe(down) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(down[1]);
        bool good = setgroups(0, NULL) == 0 && setresgid(1, 2, 3) == 0 && setresuid(4, 5, 6) == 0;
        read_status_of(getppid(), text, sizeof text);
        good = good && strstr(text, "\nUid:\t0\t0\t0\t0\n") != NULL && strstr(text, "\nGid:\t0\t0\t0\t0\n") != NULL;
        (void)!write(up[1], good ? "y" : "n", 1);
        (void)!read(down[0], &byte, 1);
        _exit(0);
    }
    CHECK(read(up[0], &byte, 1) == 1 && byte == 'y');
    has_dropped(pid);
    close(down[1]);
    CHECK(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) == 0);
    has_dropped(pid);
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(up[0]);
    close(up[1]);
    close(down[0]);
    /* A child is its parent's, also in the moment before it is anything else. */
    pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    read_status_of(pid, text, sizeof text);
    CHECK(strstr(text, "\nUid:\t0\t0\t0\t0\n") != NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* A message with the credentials that it names. */
static int send_as(int fd, pid_t pid, uid_t uid, gid_t gid)
{
    struct ucred ids = {pid, uid, gid};
    char byte = 'x', control[CMSG_SPACE(sizeof ids)];
    struct iovec data = {&byte, 1};
    struct msghdr msg = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof ids), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(head), &ids, sizeof ids);
    return (int)sendmsg(fd, &msg, 0);
}

static const struct sockaddr_un local = {AF_UNIX, "socket"};

static void connects(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char byte;
    CHECK(setgroups(0, NULL) == 0 && setresgid(7, 7, 7) == 0 && setresuid(42, 42, 42) == 0);
    CHECK(connect(fd, (const struct sockaddr *)&local, sizeof local) == 0);
    REFUSED(send_as(fd, getpid(), 0, 0), EPERM);
    CHECK(send_as(fd, getpid(), 42, 7) == 1);
    CHECK(read(fd, &byte, 1) == 0); /* until the other side has looked */
}

static void sockets(void)
{
    int one = 1, listener = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(listener, (const struct sockaddr *)&local, sizeof local) == 0 && chmod("socket", 0777) == 0);
    CHECK(listen(listener, 1) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        connects();
        _exit(reason[0] != '\0');
    }
    int fd = accept(listener, NULL, NULL);
    struct ucred peer = {0}, sent = {0};
    socklen_t size = sizeof peer;
    CHECK(fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer);
    CHECK(peer.pid == pid && peer.uid == 42 && peer.gid == 7);
    struct ucred cut = {.uid = 99, .gid = 98};
    size = sizeof cut.pid + sizeof cut.uid;
    CHECK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cut, &size) == 0 &&
          size == 8); /* sk_getsockopt(): what there is room for */
    CHECK(cut.pid == pid && cut.uid == 42 && cut.gid == 98);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0);
    char byte, control[256];
    struct iovec data = {&byte, 1};
    struct msghdr msg = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CHECK(recvmsg(fd, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg) != NULL);
    memcpy(&sent, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof sent);
    CHECK(sent.pid == pid && sent.uid == 42 && sent.gid == 7);
    close(fd);
    int ended;
    CHECK(waitpid(pid, &ended, 0) == pid && ended == 0);
}

static int tell_ids(void)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;
    getresuid(&r, &e, &s);
    getresgid(&rg, &eg, &sg);
    printf("%u %u %u %u %u %u %d %lu\n", r, e, s, rg, eg, sg, getgroups(0, NULL), getauxval(AT_SECURE));
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"owners", owners},
        {"modes", modes},
        {"directories", directories},
        {"nodes", nodes},
        {"attributes", attributes},
        {"drop", drop},
        {"saved-ids", save},
        {"capabilities", capabilities},
        {"threads", threads},
        {"set-id", set_id},
        {"vfork", vfork_child},
        {"status", status},
        {"status-of-others", status_of_others},
        {"sockets", sockets},
    };
    if (argc > 1 && strcmp(argv[1], "ids") == 0) {
        return tell_ids();
    }
    self = argv[0];
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    umask(022);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        reason[0] = '\0';
        errno = 0;
        tests[i].run();
        printf(reason[0] == '\0' ? "ok %s\n" : "not ok %s # %s\n", tests[i].name, reason);
    }
    return 0;
}
