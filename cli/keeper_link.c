#include "cli/keeper_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/tool.h"
#include "instance/plan_pack.h"
#include "process/table.h"

enum { SOCKET_NAME_MAX = INSTANCE_NAME_MAX + 8, BACKLOG = 128 };

/* A directory that is the caller's and closed to others. Returns a descriptor or -errno. */
static int open_private(int at, const char *path)
{
    struct stat st;
    if (mkdirat(at, path, 0700) != 0 && errno != EEXIST) {
        return -errno;
    }
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        close(fd);
        return -EPERM;
    }
    return fd;
}

int keeper_directory(void)
{
    char path[PATH_MAX];
    int error = ENOENT;
    for (unsigned i = 0; process_table_directory(i, path, sizeof path); i++) {
        int above = open_private(AT_FDCWD, path);
        int fd = above >= 0 ? open_private(above, "instances") : above;
        if (above >= 0) {
            close(above);
        }
        if (fd >= 0) {
            return fd;
        }
        error = -fd;
    }
    return -fail(EXIT_DRAGOMAN, "%s: %s (set XDG_RUNTIME_DIR to a directory of your own)", path, strerror(error));
}

/* The directory's own path may be longer than a socket's address has room for. */
static void set_address(struct sockaddr_un *address, int directory, const char *name)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%.64s.sock", directory, name);
}

static int connect_in(int directory, const char *name)
{
    struct sockaddr_un address;
    set_address(&address, directory, name);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        return error == ECONNREFUSED ? -ENOENT : -error; /* a keeper that was killed leaves its socket's file */
    }
    return fd;
}

int keeper_find(const char *name, struct keeper_link *out)
{
    int directory = keeper_directory();
    if (directory < 0) {
        return -EPERM;
    }
    *out = (struct keeper_link){.socket = connect_in(directory, name)};
    close(directory);
    return out->socket >= 0 ? 0 : out->socket;
}

static int listen_in(int directory, const char *name)
{
    struct sockaddr_un address;
    char file[SOCKET_NAME_MAX];
    snprintf(file, sizeof file, "%.64s.sock", name);
    set_address(&address, directory, name);
    unlinkat(directory, file, 0);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    return -fail(EXIT_DRAGOMAN, "%s: %s (free some room in the directory for running programs)", file, strerror(errno));
}

/* The packed order, and the descriptors that go with it. Returns a descriptor, or an exit status, negative. */
static int pack_order(const struct keeper_start *start, const struct instance_plan *plan)
{
    struct pack p = {0};
    pack_bytes(&p, start, sizeof *start);
    plan_pack(&p, plan);
    int fd = pack_to_file(&p, "order");
    pack_free(&p);
    return fd >= 0 ? fd : -fail(EXIT_DRAGOMAN, "memory: %s (free some)", strerror(-fd));
}

static _Noreturn void exec_keeper(const char *path, const struct keeper_start *start, int order, bool alone)
{
    const int kept[] = {start->control, start->listener, start->lock, start->guard, start->engine, start->log, order};
    char number[16];
    char *argv[] = {(char *)"dragoman-keeper", (char *)"run", number, NULL}, *envp[] = {NULL};
    sigset_t none;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (kept[i] >= 0) {
            fcntl(kept[i], F_SETFD, 0);
        }
    }
    if (alone) {
        setsid();
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    snprintf(number, sizeof number, "%d", order);
    execve(path, argv, envp);
    _exit(fail(EXIT_DRAGOMAN, "%s: %s (install dragoman whole)", path, strerror(errno)));
}

/* One that is to outlive the caller becomes an orphan. Returns the child to wait for, or -1. */
static pid_t fork_keeper(const char *path, const struct keeper_start *start, int order)
{
    bool alone = start->starter == 0;
    pid_t child = alone ? fork() : vfork();
    if (child == 0) {
        if (alone && fork() != 0) {
            _exit(0);
        }
        exec_keeper(path, start, order, alone);
    }
    return child;
}

static int open_engine(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? fd : -fail(EXIT_DRAGOMAN, "/proc/self/exe: %s (mount /proc)", strerror(errno));
}

/* Until the world is there. */
static int wait_ready(struct keeper_link *link)
{
    struct keeper_message m;
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    if (keeper_answer(link, &m, fds, &count) == 1 && m.kind == KEEPER_READY) {
        return 0;
    }
    close(link->socket);
    return EXIT_DRAGOMAN; /* the keeper has said why */
}

int keeper_begin(const struct instance_plan *plan, const struct keeper_start *start, struct keeper_link *out)
{
    char path[PATH_MAX];
    int pair[2];
    struct keeper_start s = *start;
    bool named = plan->name[0] != '\0';
    int directory = -1, status = tool_path("keeper", path, sizeof path);
    s.version = KEEPER_START_VERSION;
    s.starter = named ? 0 : getpid();
    s.listener = -1;
    if (status == 0 && named && (directory = keeper_directory()) < 0) {
        status = -directory;
    }
    if (status == 0 && named && (s.listener = listen_in(directory, plan->name)) < 0) {
        status = -s.listener;
    }
    if (status == 0 && (s.engine = open_engine()) < 0) {
        status = -s.engine;
    }
    if (status == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        status = fail(EXIT_DRAGOMAN, "socketpair: %s (close some files)", strerror(errno));
    }
    if (status != 0) {
        return status;
    }
    s.control = pair[1];
    int order = pack_order(&s, plan);
    if (order < 0) {
        return -order;
    }
    pid_t child = fork_keeper(path, &s, order);
    *out = (struct keeper_link){.socket = pair[0], .keeper = named ? 0 : child};
    close(pair[1]);
    close(order);
    close(s.engine);
    if (named) {
        close(s.listener);
        close(directory);
    }
    if (child < 0) {
        return fail(EXIT_DRAGOMAN, "fork: %s (free some memory or processes)", strerror(errno));
    }
    if (!named) {
        return 0;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return wait_ready(out);
}

int keeper_wait(const struct keeper_link *link)
{
    int status = 0;
    while (waitpid(link->keeper, &status, 0) < 0) {
        if (errno != EINTR) {
            return EXIT_DRAGOMAN;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_DRAGOMAN;
}

int keeper_answer(const struct keeper_link *link, struct keeper_message *m, int fds[KEEPER_DESCRIPTORS],
                  unsigned *count)
{
    return channel_receive(link->socket, m, fds, count);
}
