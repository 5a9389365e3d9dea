#include "cli/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"

#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

static const char *name_of(int fd)
{
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    return fd >= 0 && fd < 3 ? names[fd] : "trace";
}

/* Whether there is nothing about it but what is read and written. */
static bool is_plain(int fd, const struct stat *st)
{
    struct statfs fs;
    if (S_ISFIFO(st->st_mode)) {
        return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PIPEFS_MAGIC; /* else it has a name */
    }
    return S_ISSOCK(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_uid != geteuid() && isatty(fd) == 0);
}

/* One that is open for both is what its number says. */
static bool is_input(int fd, int flags)
{
    return (flags & O_ACCMODE) == O_RDONLY || ((flags & O_ACCMODE) == O_RDWR && fd == STDIN_FILENO);
}

/* An output that goes where another goes already keeps its place among the other's. */
static struct stream *find_output(struct streams *s, const struct stat *st, int flags)
{
    for (unsigned i = 0; i < s->count; i++) {
        struct stat its;
        struct stream *one = &s->all[i];
        if (!one->input && fstat(one->file, &its) == 0 && its.st_dev == st->st_dev && its.st_ino == st->st_ino &&
            fcntl(one->file, F_GETFL) == flags) {
            return one;
        }
    }
    return NULL;
}

int streams_give(struct streams *s, int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL), ends[2];
    if (flags < 0 || fstat(fd, &st) != 0) {
        return -fail(EXIT_DRAGOMAN, "%s: %s (redirect it)", name_of(fd), strerror(errno));
    }
    if (S_ISDIR(st.st_mode) || (flags & O_PATH) != 0) {
        return -fail(EXIT_DRAGOMAN,
                     "%s: is a directory, which leads out of an isolated world (redirect it; -v shows "
                     "directories)",
                     name_of(fd));
    }
    if (is_plain(fd, &st)) {
        return fd;
    }
    bool input = is_input(fd, flags);
    struct stream *one = input ? NULL : find_output(s, &st, flags);
    if (one != NULL) {
        return one->other;
    }
    char *bytes = malloc(STREAM_ROOM);
    if (s->count == STREAMS_MAX || bytes == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        int error = errno;
        free(bytes);
        return -fail(EXIT_DRAGOMAN, "%s: a pipe: %s (close some files)", name_of(fd), strerror(error));
    }
    one = &s->all[s->count++];
    *one = (struct stream){.file = fd,
                           .pipe = ends[input],
                           .other = ends[!input],
                           .input = input,
                           .waits = !S_ISREG(st.st_mode),
                           .bytes = bytes};
    fcntl(one->pipe, F_SETFL, O_NONBLOCK);
    return one->other;
}

static void let_go(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

void streams_given(struct streams *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (!s->all[i].input) {
            let_go(&s->all[i].other);
        }
    }
}

void streams_poll(const struct streams *s, struct pollfd fds[STREAMS_MAX])
{
    for (unsigned i = 0; i < STREAMS_MAX; i++) {
        const struct stream *one = &s->all[i];
        bool there = i < s->count && one->pipe >= 0;
        bool writes = there && (one->input ? one->from < one->to : one->full);
        bool file = there && one->input != writes;
        fds[i] = (struct pollfd){!there ? -1 : file ? one->file : one->pipe, writes ? POLLOUT : POLLIN, 0};
    }
}

/* Into the pipe, as far as there is room. */
static void pass_on(struct stream *one)
{
    ssize_t n = write(one->pipe, one->bytes + one->from, one->to - one->from);
    if (n > 0) {
        one->from += (size_t)n;
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        let_go(&one->pipe);
    }
}

static void take_input(struct stream *one)
{
    if (one->from == one->to) {
        ssize_t n = read(one->file, one->bytes, STREAM_ROOM);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n < 0) {
            fail(EXIT_DRAGOMAN, "%s: %s (the program is told that it ends)", name_of(one->file), strerror(errno));
        }
        if (n <= 0) {
            let_go(&one->pipe);
            return;
        }
        one->from = 0;
        one->to = (size_t)n;
    }
    pass_on(one);
}

static bool write_out(const struct stream *one, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = write(one->file, one->bytes + at, size - at);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {one->file, POLLOUT, 0};
            poll(&p, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        } else if (n > 0) {
            at += (size_t)n;
        }
    }
    return true;
}

/* Whether it can be written to without waiting for whoever reads it: as much as a pipe takes at once. */
static bool has_room(struct stream *one, int wait_ms)
{
    struct pollfd p = {one->file, POLLOUT, 0};
    one->full = one->waits && poll(&p, 1, wait_ms) == 0;
    return !one->full;
}

/* Returns whether more may come at once. */
static bool take_output(struct stream *one, int wait_ms)
{
    if (!has_room(one, wait_ms)) {
        return false;
    }
    ssize_t n = read(one->pipe, one->bytes, one->waits ? PIPE_BUF : STREAM_ROOM);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return errno == EINTR;
    }
    if (n > 0 && write_out(one, (size_t)n)) {
        return true;
    }
    if (n > 0 && errno != EPIPE) {
        fail(EXIT_DRAGOMAN, "%s: %s (the program writes to nobody from here on)", name_of(one->file), strerror(errno));
    }
    let_go(&one->pipe);
    return false;
}

void streams_take(struct streams *s, const struct pollfd fds[STREAMS_MAX])
{
    for (unsigned i = 0; i < s->count; i++) {
        struct stream *one = &s->all[i];
        if (one->pipe >= 0 && fds[i].revents != 0) {
            if (one->input) {
                take_input(one);
            } else {
                take_output(one, 0);
            }
        }
    }
}

static void put_back(const struct stream *one)
{
    int waiting = 0;
    if (ioctl(one->other, FIONREAD, &waiting) == 0) {
        off_t unread = (off_t)waiting + (off_t)(one->to - one->from);
        if (unread > 0) {
            lseek(one->file, -unread, SEEK_CUR); /* what cannot go back is lost, as to any program that reads ahead */
        }
    }
}

/* Who waits for a reader can be told to end. */
static void let_signals_end(void)
{
    static const int ending[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        sigaddset(&set, ending[i]);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void streams_end(struct streams *s, bool in_haste)
{
    for (unsigned i = 0; i < s->count; i++) {
        struct stream *one = &s->all[i];
        if (one->input) {
            put_back(one);
        }
        if (!one->input && one->waits && !in_haste) {
            let_signals_end();
        }
        while (!one->input && one->pipe >= 0 && take_output(one, in_haste ? 0 : -1)) {}
        let_go(&one->pipe);
        let_go(&one->other);
        free(one->bytes);
    }
    s->count = 0;
}
