/*
 * What the processes of a world keep on the disk that is in no tree: files without a name.
 *
 * Found is what a process has open (each of its threads may have a table of its own), and what it executes. Not found, and
 * only counted, is what the kernel tells nobody the size of: a file that is mapped and not open (proc(5): to look through
 * /proc/PID/map_files takes a capability of the host's), and descriptors that are on their way in a socket (unix(7),
 * SCM_RIGHTS; Linux 5.6 and later tell how many there are, in the socket's fdinfo).
 */
#ifndef INSTANCE_DISK_NAMELESS_H
#define INSTANCE_DISK_NAMELESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Whose processes are looked at, and what is learned of it meanwhile. */
struct nameless_world {
    int proc;    /* the host's /proc */
    pid_t first; /* the world's first process, which is trusted: passed by */
    dev_t ns_dev;
    ino_t ns_ino;  /* of the world's PID namespace, as stat tells */
    uint64_t mark; /* what its processes are known by instead (instance/mark.h); 0: by that */
    dev_t tree_dev;
    ino_t tree_ino; /* the instance's own directory */
    dev_t engine_dev;
    ino_t engine_ino; /* the program that runs guests, which is the host's */
    bool layered;     /* the world has its own directory as the upper one of an overlay */

    bool root_known; /* the root's device, and where it is not layered, its mount */
    dev_t root_dev;
    uint64_t root_mount;
};

enum { BLIND_MAX = 64 };

struct nameless_file {
    uint64_t dev, ino, bytes; /* bytes: what it takes, if it was found open; else what is mapped of it, shared */
    uint64_t charge;          /* else: what it is thought to take */
    bool used, open, fresh;   /* fresh: it has no charge yet */
};

struct nameless {
    uint64_t bytes;         /* that the files take that were found, each once */
    uint64_t mapped;        /* of those that are mapped only: what is mapped of them, shared */
    uint64_t unseen;        /* how many there may be else: mapped only, or on their way */
    uint64_t on_their_way;  /* of these */
    pid_t blind[BLIND_MAX]; /* processes that could not be looked at: each may just be starting */
    unsigned blind_count;
    bool endless;                /* it would take too long */
    struct nameless_file *files; /* a table by dev and ino */
    size_t count, room;
};

/*
 * Looks at all processes of the world, till more than `enough` bytes are found. Called by whoever may trace them. Takes
 * memory: nameless_free().
 */
void nameless_look(struct nameless_world *world, uint64_t enough, struct nameless *out);
void nameless_free(struct nameless *n);

/*
 * Files that are mapped only keep the charge that they had before, or as much as they were found to take when they were
 * open. Returns the charges of those that are gone; *known gets those that are new here and were open.
 */
uint64_t nameless_inherit(struct nameless *now, const struct nameless *before, uint64_t *known);

/* Charges those that were not there before with `bytes` together, each with `most` at most. Returns how much of it that was. */
uint64_t nameless_charge(struct nameless *now, uint64_t bytes, uint64_t most);

/* All charges. */
uint64_t nameless_charged(const struct nameless *n);

/* Whether one of the processes could not be looked at both times. */
bool nameless_is_refused(const struct nameless *now, const struct nameless *before);

#endif
