#include "cli/keeper_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
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
#include "instance/record.h"
#include "process/table.h"

#define WORLDS "worlds"

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

/* The directory for records, or -1: then the keeper says so, if it needs one. */
static int open_worlds(void)
{
    int directory = keeper_directory();
    int fd = directory >= 0 ? open_private(directory, WORLDS) : -1;
    if (directory >= 0) {
        close(directory);
    }
    return fd >= 0 ? fd : -1;
}

void keeper_reap(void)
{
    char path[PATH_MAX];
    for (unsigned i = 0; process_table_directory(i, path, sizeof path - sizeof "/instances/" WORLDS); i++) {
        strcat(path, "/instances/" WORLDS);
        if (access(path, F_OK) != 0) {
            continue;
        }
        int fd = open_worlds();
        if (fd >= 0) {
            record_reap(fd);
            close(fd);
        }
        return;
    }
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

/* The keeper's environment: of the caller's only where the user's bus is (instance/cgroup_find.h). */
static char **keeper_environment(void)
{
    static char runtime[PATH_MAX + sizeof "XDG_RUNTIME_DIR="];
    static char *list[2];
    const char *value = getenv("XDG_RUNTIME_DIR");
    if (value != NULL && snprintf(runtime, sizeof runtime, "XDG_RUNTIME_DIR=%s", value) < (int)sizeof runtime) {
        list[0] = runtime;
    }
    return list;
}

/*
 * Becomes its own session where `flags` say so; and then no signal is ignored because its starter ignores it, as what a shell
 * starts in the background does (SIGINT, SIGQUIT). Returns the keeper, or -errno.
 */
static pid_t spawn_keeper(const char *path, const struct keeper_start *start, int order, short flags)
{
    const int kept[] = {start->control, start->listener, start->lock,   start->guard, start->engine,
                        start->log,     start->ended,    start->worlds, order};
    char number[16];
    char *argv[] = {(char *)"dragoman-keeper", (char *)"run", number, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t child;
    sigemptyset(&none);
    sigfillset(&all);
    snprintf(number, sizeof number, "%d", order);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    flags = (short)(flags | ((flags & POSIX_SPAWN_SETSID) != 0 ? POSIX_SPAWN_SETSIGDEF : 0));
    posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | flags));
    int error = posix_spawn_file_actions_init(&actions);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0] && error == 0; i++) {
        /* onto itself: it stays open then */
        error = kept[i] >= 0 ? posix_spawn_file_actions_adddup2(&actions, kept[i], kept[i]) : 0;
    }
    error = error == 0 ? posix_spawn(&child, path, &actions, &attributes, argv, keeper_environment()) : error;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error == 0 ? child : -error;
}

/* One that is to outlive the caller becomes an orphan. Returns the child to wait for, or -errno. */
static pid_t start_keeper(const char *path, const struct keeper_start *start, int order)
{
    if (start->starter != 0) {
        return spawn_keeper(path, start, order, 0);
    }
    pid_t child = fork();
    if (child == 0) {
        pid_t keeper = spawn_keeper(path, start, order, POSIX_SPAWN_SETSID);
        _exit(keeper > 0 ? 0 : -keeper);
    }
    return child > 0 ? child : -errno;
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
    s.launcher = getpid();
    s.starter = named ? 0 : s.launcher;
    s.listener = s.worlds = -1;
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
    if (plan->least < ISOLATION_NAMESPACES) {
        s.worlds = open_worlds();
    }
    s.control = pair[1];
    int order = pack_order(&s, plan);
    if (order < 0) {
        return -order;
    }
    pid_t child = start_keeper(path, &s, order);
    *out = (struct keeper_link){.socket = pair[0], .keeper = named ? 0 : child};
    close(pair[1]);
    close(order);
    close(s.engine);
    if (s.worlds >= 0) {
        close(s.worlds);
    }
    if (named) {
        close(s.listener);
        close(directory);
    }
    int error = child < 0 ? -child : 0;
    if (error == 0 && named) {
        int ended = 0;
        while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {}
        error = WIFEXITED(ended) ? WEXITSTATUS(ended) : ECHILD;
    }
    if (error != 0) {
        close(out->socket);
        return fail(EXIT_DRAGOMAN, "%s: %s (install dragoman whole, or free some memory or processes)", path,
                    strerror(error));
    }
    return named ? wait_ready(out) : 0;
}

int keeper_wait(const struct keeper_link *link)
{
    int status = 0;
    while (waitpid(link->keeper, &status, 0) < 0) {
        if (errno != EINTR) {
            return EXIT_DRAGOMAN;
        }
    }
    return WIFEXITED(status)
               ? WEXITSTATUS(status)
               : fail(EXIT_DRAGOMAN, "the world has ended: its keeper was killed (signal %d)", WTERMSIG(status));
}

int keeper_answer(const struct keeper_link *link, struct keeper_message *m, int fds[KEEPER_DESCRIPTORS],
                  unsigned *count)
{
    return channel_receive(link->socket, m, fds, count);
}
