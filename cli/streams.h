/*
 * What a program in an isolated world has in place of files that the caller has as standard input and output.
 *
 * A descriptor of a file is more than what is read from it or written to it: its owner may change the file's mode, owner and
 * times by it, lock it, and open it once more for writing; and a program inside may be its owner, as it may be the caller.
 * So it gets a pipe, and this process reads and writes the file. Pipes, sockets and devices of others are given as they
 * are; a directory, by which all that is around it can be looked at, is not given at all.
 */
#ifndef CLI_STREAMS_H
#define CLI_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

enum { STREAMS_MAX = 5, STREAM_ROOM = 65536 }; /* 0, 1, 2, a trace and reports */

struct stream {
    int file;        /* the caller's */
    int pipe;        /* this process's end; -1: done with */
    int other;       /* the program's; of input kept, to know how much nobody has read */
    bool input;      /* to the program */
    bool waits;      /* an output that somebody has to read */
    bool full;       /* who has not */
    size_t from, to; /* what is read of the file and not in the pipe yet */
    char *bytes;
};

struct streams {
    struct stream all[STREAMS_MAX];
    unsigned count;
};

/*
 * What the program is to get for `fd`: itself, or an end of a pipe, which stays this module's. Returns an exit status,
 * negative, after complaining.
 */
int streams_give(struct streams *s, int fd);

/* When everything has been given: the program's ends are its alone. */
void streams_given(struct streams *s);

/* What to wait for, and what to do when that has come. */
void streams_poll(const struct streams *s, struct pollfd fds[STREAMS_MAX]);
void streams_take(struct streams *s, const struct pollfd fds[STREAMS_MAX]);

/*
 * Writes what is left, and leaves of the input what nobody has read to whoever reads it next. in_haste: does not wait for
 * who has to read it.
 */
void streams_end(struct streams *s, bool in_haste);

#endif
