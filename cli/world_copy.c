/* `dragoman cp`: a file into an instance, or out of it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/world.h"

enum { BLOCK = 1 << 20, OPEN_SOURCE = O_RDONLY | O_NONBLOCK | O_NOCTTY };

/* One side: a path of the host's, or of an instance's. */
struct side {
    const char *word; /* as it was given, for messages */
    const char *path;
    bool inside;
    bool is_target;
};

/* NAME:PATH, unless a slash comes before the colon or no instance can be called so. Cuts `word`, of which `given` is a copy. */
static const char *take_side(char *word, const char *given, struct side *out)
{
    char *colon = strchr(word, ':'), *slash = strchr(word, '/');
    *out = (struct side){.word = given, .path = word};
    if (colon == NULL || (slash != NULL && slash < colon)) {
        return NULL;
    }
    *colon = '\0';
    if (!instance_name_ok(word)) {
        *colon = ':';
        return NULL;
    }
    out->inside = true;
    out->path = colon[1] != '\0' ? colon + 1 : "/";
    return word;
}

static int fail_side(const struct side *side, int error)
{
    const char *step = error == ENOENT && side->is_target
                           ? " (the directory that it goes to is not there: make it first)"
                       : error == ENOENT && side->inside
                           ? " (check the path, which begins at the instance's root: dragoman exec INSTANCE ls -l DIR)"
                       : error == ENOENT || error == ENOTDIR ? " (check the path)"
                       : error == EACCES || error == EPERM   ? " (check owner and mode)"
                       : error == ENOSPC || error == EDQUOT  ? " (make room, or give the instance more by --disk)"
                       : error == EROFS                      ? " (choose a place that can be written)"
                                                             : "";
    return fail(EXIT_DRAGOMAN, "%s: %s%s", side->word, strerror(error), step);
}

/*
 * Inside, whoever is there says what names lead to: not to what other processes have open (proc(5), /proc/PID/fd), which
 * may be files of the host's. @root: the world's; -1: the path is the host's.
 */
static int open_path(int root, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .mode = (flags & O_CREAT) != 0 ? mode : 0};
    if (root >= 0) {
        how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    }
    return (int)syscall(SYS_openat2, root >= 0 ? root : AT_FDCWD, path, &how, sizeof how);
}

static bool is_directory(int root, const char *path)
{
    int fd = open_path(root, path, O_PATH | O_DIRECTORY, 0);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* A regular file: whatever else is there might never end, or be what somebody inside has put there to be opened. */
static int open_source(int root, const struct side *from, struct stat *st)
{
    int fd = open_path(root, from->path, OPEN_SOURCE, 0);
    if (fd < 0 || fstat(fd, st) != 0) {
        return -fail_side(from, errno);
    }
    if (S_ISDIR(st->st_mode)) {
        return -fail(
            EXIT_DRAGOMAN,
            "%s: is a directory, and cp takes files (-v shows directories inside; dragoman exec NAME tar -cf - "
            "DIR | tar -xf - brings them out, tar -cf - DIR | dragoman exec -i NAME tar -xf - in)",
            from->word);
    }
    return S_ISREG(st->st_mode) ? fd : -fail(EXIT_DRAGOMAN, "%s: is no file", from->word);
}

/* Below a directory it gets the source's name. What is there keeps its owner and mode; a new file has the source's mode. */
static int open_target(int root, const struct side *from, const struct side *to, mode_t mode)
{
    char path[2 * PATH_MAX], name[PATH_MAX];
    struct stat st;
    snprintf(name, sizeof name, "%s", from->path);
    bool below = to->path[strlen(to->path) - 1] == '/' || is_directory(root, to->path);
    snprintf(path, sizeof path, "%s%s%s", to->path, below ? "/" : "", below ? basename(name) : "");
    int fd = open_path(root, path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, mode & 0777);
    if (fd < 0 || fstat(fd, &st) != 0) {
        return -fail_side(to, errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return -fail(EXIT_DRAGOMAN, "%s: what is there is no file", to->word);
    }
    return ftruncate(fd, 0) == 0 ? fd : -fail_side(to, errno);
}

static int copy_bytes(int in, int out, const struct side *from, const struct side *to)
{
    static char block[BLOCK];
    for (;;) {
        ssize_t n = read(in, block, sizeof block);
        if (n == 0) {
            return close(out) == 0 ? 0 : fail_side(to, errno);
        }
        if (n < 0 && errno != EINTR) {
            return fail_side(from, errno);
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t written = write(out, block + done, (size_t)(n - done));
            if (written < 0 && errno != EINTR) {
                return fail_side(to, errno);
            }
            done += written > 0 ? written : 0;
        }
    }
}

/* The world's root in the world's root directory: paths lead nowhere else from now on. Returns 0 or -errno. */
static int enter(const int world[2])
{
    bool there = setns(world[1], CLONE_NEWUSER) == 0 && fchdir(world[0]) == 0 && chroot(".") == 0 &&
                 syscall(SYS_setresgid, 0, 0, 0) == 0 && syscall(SYS_setresuid, 0, 0, 0) == 0;
    return there ? 0 : -errno;
}

/* What is to be opened: the source, or with `from` the target of it. Returns a descriptor, or an exit status, negative. */
struct opening {
    const struct side *side, *from;
    mode_t mode;
};

static int open_here(int root, const struct opening *o)
{
    struct stat st;
    return o->from == NULL ? open_source(root, o->side, &st) : open_target(root, o->from, o->side, o->mode);
}

static _Noreturn void open_in_child(const int world[2], const struct opening *o, int channel)
{
    struct keeper_message m = {0};
    int r = enter(world);
    if (r != 0) {
        _exit(fail(EXIT_DRAGOMAN, "%s: the instance cannot be entered: %s", o->side->word, strerror(-r)));
    }
    umask(022);
    int fd = open_here(world[0], o);
    _exit(fd >= 0 && channel_send(channel, &m, &fd, 1) == 0 ? 0 : EXIT_DRAGOMAN);
}

/* A child goes inside, where it could do nothing outside any more, and hands out what it opens there. */
static int open_inside(const int world[2], const struct opening *o)
{
    struct keeper_message m;
    int pair[2], fds[KEEPER_DESCRIPTORS], ended = 0;
    unsigned count = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return -fail_side(o->side, errno);
    }
    pid_t child = fork();
    if (child == 0) {
        open_in_child(world, o, pair[1]);
    }
    close(pair[1]);
    int r = child > 0 ? channel_receive(pair[0], &m, fds, &count) : -1;
    while (child > 0 && waitpid(child, &ended, 0) < 0 && errno == EINTR) {}
    close(pair[0]);
    return r == 1 && count == 1 ? fds[0] : -EXIT_DRAGOMAN; /* it has said why */
}

static int copy_file(const int world[2], const struct side *from, const struct side *to)
{
    struct stat st;
    const struct opening source = {.side = from};
    int in = from->inside ? open_inside(world, &source) : open_here(-1, &source);
    if (in < 0) {
        return -in;
    }
    if (fstat(in, &st) != 0) {
        return fail_side(from, errno);
    }
    const struct opening target = {.side = to, .from = from, .mode = st.st_mode};
    int out = to->inside ? open_inside(world, &target) : open_here(-1, &target);
    int status = out < 0 ? -out : copy_bytes(in, out, from, to);
    close(in);
    return status;
}

/* Asks for the world's root and user namespace. */
static int ask_way_in(const struct keeper_link *link, const char *name, int world[2])
{
    struct keeper_message m = {.kind = KEEPER_ENTER};
    int fds[KEEPER_DESCRIPTORS];
    unsigned count = 0;
    int r = channel_send(link->socket, &m, NULL, 0);
    do {
        r = r >= 0 ? keeper_answer(link, &m, fds, &count) : r;
    } while (r == 1 && m.kind == KEEPER_READY);
    if (r == 1 && m.kind == KEEPER_TABLE && count == 2) {
        memcpy(world, fds, 2 * sizeof fds[0]);
        return 0;
    }
    return fail(EXIT_DRAGOMAN, "%s: %s", name,
                r == 1 && m.kind == KEEPER_FAILED ? m.text
                                                  : "its keeper does not answer (it may have ended meanwhile)");
}

static int copy_with(const char *name, const struct side *from, const struct side *to)
{
    struct run_request request;
    struct keeper_link link;
    const struct named_how how = {.wish = NAMED_ANY};
    int world[2] = {-1, -1};
    bool started;
    run_request_init(&request);
    snprintf(request.plan.name, sizeof request.plan.name, "%s", name);
    int status = named_keeper(&request, &how, &link, &started);
    run_request_clear(&request);
    if (status != 0) {
        return status;
    }
    status = ask_way_in(&link, name, world);
    status = status == 0 ? copy_file(world, from, to) : status;
    for (int i = 0; i < 2; i++) {
        if (world[i] >= 0) {
            close(world[i]);
        }
    }
    if (started) {
        shutdown(link.socket, SHUT_WR);
        named_wait(name, &link);
    } else {
        close(link.socket);
    }
    return status;
}

int cmd_cp(int argc, char **argv)
{
    struct side from, to;
    static const char *const deep[] = {"-r", "-R", "-a", "-ra", "-ar", "--recursive", "--archive", NULL};
    for (int at = 1; at < argc; at++) {
        for (size_t i = 0; deep[i] != NULL; i++) {
            if (strcmp(argv[at], deep[i]) == 0) {
                return fail(EXIT_DRAGOMAN,
                            "cp: %s: directories are not copied (-v SRC:DST shows one inside; dragoman exec NAME tar "
                            "-cf - DIR | tar -xf - brings one out; dragoman instance export writes all files)",
                            argv[at]);
            }
        }
    }
    if (argc != 3 || argv[1][0] == '-' || argv[2][0] == '-') {
        return fail(EXIT_DRAGOMAN,
                    "cp: give a file and where it goes, one of them as INSTANCE:PATH (dragoman help cp)");
    }
    char *given[2] = {strdup(argv[1]), strdup(argv[2])};
    int status = EXIT_DRAGOMAN;
    if (given[0] == NULL || given[1] == NULL) {
        fail(EXIT_DRAGOMAN, "cp: out of memory (end something)");
    } else {
        const char *source = take_side(argv[1], given[0], &from), *target = take_side(argv[2], given[1], &to);
        to.is_target = true;
        status = (source == NULL) == (target == NULL)
                     ? fail(EXIT_DRAGOMAN, "cp: %s of them is in an instance (write one as INSTANCE:PATH)",
                            source == NULL ? "none" : "each")
                     : copy_with(source != NULL ? source : target, &from, &to);
    }
    free(given[0]);
    free(given[1]);
    return status;
}
