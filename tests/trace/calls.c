/* Calls whose structures and constants a trace shows, between two getppid()s: tests/trace/run compares it with strace's. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void files(void)
{
    char text[16];
    struct iovec parts[] = {{"one", 3}, {"two\n", 4}}, room[] = {{text, 5}, {text + 8, 5}};
    struct timespec stamps[] = {{1000, 5}, {0, UTIME_OMIT}};
    int fd = open("file", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0640);

    writev(fd, parts, 2);
    lseek(fd, 0, SEEK_SET);
    readv(fd, room, 2);
    pread(fd, text, 4, 1);
    fcntl(fd, F_GETFD);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
    flock(fd, LOCK_EX | LOCK_NB);
    access("missing", R_OK | W_OK);
    faccessat(AT_FDCWD, "file", F_OK, 0);
    utimensat(AT_FDCWD, "file", stamps, AT_SYMLINK_NOFOLLOW);
    openat(AT_FDCWD, "missing", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    mkdir("folder", 0755);
    unlinkat(AT_FDCWD, "folder", AT_REMOVEDIR);
    linkat(AT_FDCWD, "file", AT_FDCWD, "other", AT_SYMLINK_FOLLOW);
    syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 1);
    mount("a", "missing", "tmpfs", MS_RDONLY | MS_NOSUID, NULL);
    memfd_create("memory", MFD_CLOEXEC);
    pipe2((int[2]){0}, O_NONBLOCK);
    eventfd(3, EFD_CLOEXEC);
    inotify_init1(IN_NONBLOCK);
    ioctl(fd, TCGETS, text);
    ioctl(fd, FIONREAD, text);
    unlink("other");
    unlink("file");
}

static void memory(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    mprotect(page, 4096, PROT_NONE);
    madvise(page, 4096, MADV_DONTNEED);
    page = mremap(page, 8192, 4096, MREMAP_MAYMOVE);
    msync(page, 4096, MS_SYNC);
    munmap(page, 4096);
}

static void addresses(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(9)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons(9)};
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "missing"}, told;
    socklen_t length = sizeof(told);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    connect(fd, (struct sockaddr *)&un, sizeof(un));
    memcpy(un.sun_path, "\0hidden", 7);
    connect(fd, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 7);
    getsockname(fd, (struct sockaddr *)&told, &length);
    fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    sendto(fd, "datagram", 8, MSG_DONTWAIT | MSG_CONFIRM, (struct sockaddr *)&in, sizeof(in));
    connect(fd, (struct sockaddr *)&in6, sizeof(in6));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 5}, sizeof(struct linger));
    length = sizeof(int);
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &told, &length);
    shutdown(fd, SHUT_RDWR);
}

static void messages(void)
{
    int pair[2];
    char text[8];
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec part = {"abc", 3};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
    sendmsg(pair[0], &message, MSG_NOSIGNAL);
    part = (struct iovec){text, sizeof(text)};
    message =
        (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC);
    send(pair[0], "xyz", 3, 0);
    recv(pair[1], text, sizeof(text), MSG_DONTWAIT);
}

static void signals(void)
{
    struct sigaction act = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART | SA_NODEFER}, old;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    act.sa_mask = set;
    sigaction(SIGUSR2, &act, &old);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    sigpending(&set);
    signalfd(-1, &set, SFD_NONBLOCK);
    sigprocmask(SIG_SETMASK, NULL, &set);
    prctl(PR_SET_NAME, "traced");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void times(void)
{
    struct itimerspec spec = {{1, 0}, {2, 5}}, old;
    struct itimerval value = {{0, 0}, {100, 0}};
    struct timespec shortly = {0, 1000};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

    timerfd_settime(fd, 0, &spec, &old);
    setitimer(ITIMER_REAL, &value, NULL);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &shortly, NULL);
}

static void events(void)
{
    int pair[2];
    fd_set readers;
    struct timeval soon = {0, 0};
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 7};

    if (pipe(pair) != 0 || write(pair[1], "x", 1) != 1)
        return;
    struct pollfd polled[] = {{pair[0], POLLIN, 0}, {pair[1], POLLIN | POLLPRI, 0}};
    poll(polled, 2, 0);
    FD_ZERO(&readers);
    FD_SET(pair[0], &readers);
    select(pair[0] + 1, &readers, NULL, NULL, &soon);
    int fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(fd, EPOLL_CTL_ADD, pair[0], &event);
    struct epoll_event room[4];
    epoll_wait(fd, room, 4, 0);
}

static void processes(void)
{
    struct rlimit limit;
    uint32_t word = 0;
    int status;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, RLIM_INFINITY});
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    if (fork() == 0)
        _exit(3);
    wait4(-1, &status, 0, NULL);
    wait4(-1, &status, WNOHANG | WUNTRACED, NULL);
    getpriority(PRIO_PROCESS, 0);
    uname(&(struct utsname){0});
}

int main(void)
{
    getppid();
    files();
    memory();
    addresses();
    messages();
    signals();
    times();
    events();
    processes();
    getppid();
    return 0;
}
