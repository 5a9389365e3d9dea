/*
 * Who wants to hear of another process: that it forked, executed a program, ended, and of its children.
 *
 * Theory.  Beside the process table's entries lie cells, each saying that one process watches another. The cells of a
 * process are those of the slot that its number leads to, which lies in a page that it has written to when it entered
 * the table: so that nobody watches it costs a process a look at 384 bytes at a fork, an exec and its end, and nothing
 * at other times. A process announces itself: it sets what has happened among the `pending` bits of its cells, where it
 * adds up until the watcher takes it, and rings. The bell is a datagram socket of the watcher's with an abstract name;
 * when it is full, or gone, nothing is lost but a message whose only meaning is "look".
 *
 * A fork's child that is to be tracked makes its own cells, before it returns to the guest: so nothing that it does
 * later comes before. The parent waits for that a moment, and then announces the fork.
 *
 * Like everything in the table nothing of it is believed: a cell tells a process when to look at what it watches and
 * under which number a child is known, no more. A cell whose watcher is gone belongs to whoever needs it.
 */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct process_table;
struct thread;

/* What is wanted and what has happened: the numbers are kqueue(2)'s notes. */
#define WATCH_EXIT     0x80000000u
#define WATCH_FORK     0x40000000u
#define WATCH_EXEC     0x20000000u
#define WATCH_TRACK    0x00000001u
#define WATCH_TRACKERR 0x00000002u
#define WATCH_CHILD    0x00000004u /* the cell was made by a tracked process's child */

#define WATCH_CELLS 12 /* of one slot */

struct process_watch {
    uint64_t
        key; /* the watcher's pid (upper half), the watched one's (lower half; negative: being made, by that process); 0: free */
    uint64_t bell;    /* the number in the name of the watcher's socket */
    uint64_t wanted;  /* WATCH_* (lower half), the parent of a child (upper half) */
    uint64_t pending; /* WATCH_* (lower half), and with WATCH_EXIT the wait status (upper half) */
};

/* What a watcher is told by a cell. */
struct process_news {
    int32_t pid, parent; /* parent: of a child that tells of itself, else 0 */
    uint32_t happened;   /* WATCH_* */
    int32_t status;      /* with WATCH_EXIT */
};

/*
 * ---- the watcher ----
 * A cell is known by its number in the table. All of these return -EFAULT where the table cannot be touched.
 */

/*
 * Watches `pid` for the calling process `me`. Returns the cell's number or -ENOSPC (too many watch it, or others
 * whose cells are the same).
 */
int64_t process_watch_add(struct process_table *table, int32_t me, int32_t pid, uint64_t bell, uint32_t wanted);

/* Wants other things from now on. */
void process_watch_change(struct process_table *table, uint32_t cell, int32_t me, int32_t pid, uint32_t wanted);

/* Watches no more; the cell may be somebody else's by now. */
void process_watch_drop(struct process_table *table, uint32_t cell, int32_t me, int32_t pid);

/* Takes what has happened since the last look. False: the cell is not one of `me` with that bell. */
bool process_watch_take(struct process_table *table, uint32_t cell, int32_t me, uint64_t bell,
                        struct process_news *news);

/* The number of cells of a table. */
uint32_t process_watch_cells(void);

/* A socket with that bell's name, or -errno. Each message is the number of a cell, 4 bytes. */
int64_t process_watch_bell(uint64_t bell);

/*
 * ---- the watched ----
 * None of these does anything where the process is in no table or nobody watches it.
 */

/* Announces WATCH_FORK, WATCH_EXEC or WATCH_EXIT; status: the wait status, in the guest's numbers. */
void process_announce(struct thread *t, uint32_t what, int32_t status);

/* In a fork's or vfork's child, whose parent is `parent`: makes the cells of those who track it. */
void process_watch_inherit(struct thread *t, int32_t parent);

/* In the parent: waits until the child has made its cells, and announces the fork. */
void process_watch_forked(struct thread *t, int32_t child);

#endif
