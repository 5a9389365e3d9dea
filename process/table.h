/*
 * The process table: which guests a user runs, for other guests (kern.proc.*) and for `dragoman ps`.
 *
 * Theory.  A file of fixed size that all of a user's guests map shared: slots, each with a head and an entry, in one
 * page so that entering waits for one page. Everybody who maps it can write anything into it, at any time, and can be killed while doing so; hence
 * nothing in it is believed. The host says which processes there are (pid and start time are the key); the table
 * adds only what the host does not know, and where an entry is damaged nothing but that is lost.
 *
 * A head's `word` holds a generation (upper half) and the pid of who is writing (lower half, 0: nobody). A writer
 * swaps its pid in, writes, and stores the next generation. A reader copies and compares the word before and after;
 * it never waits. A slot whose process is gone, or is another by its start time, or whose writer is gone, belongs to
 * whoever needs it. A process is looked for in the WINDOW slots from its pid on, so that looking costs the same
 * however many there are. There is no lock, so fork has nothing to care for.
 *
 * A process enters itself at the image's start and in a fork's child, and withdraws at its end. A vfork child has no
 * entry before its exec; the entry of a process that was killed stays until somebody needs its slot.
 */
#ifndef PROCESS_TABLE_H
#define PROCESS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/credentials.h"

struct process;
struct thread;

#define PROCESS_TABLE_LAYOUT  4u
#define PROCESS_TABLE_FILE    "processes-5" /* of another layout or size, another file */
#define PROCESS_TABLE_SLOTS   512u
#define PROCESS_TABLE_WINDOW  64u
#define PROCESS_TABLE_ARGS    400
#define PROCESS_TABLE_PROGRAM 1024
#define PROCESS_TABLE_HINTS   ((64u << 10) - 128)

struct process_table_head {
    uint64_t word;
    uint64_t start;
    int32_t pid; /* 0: free */
    uint32_t layout;
    uint64_t death; /* the guest's signal that the process died of, if the host has none such; upper half: its parent */
};

struct process_table_entry {
    uint64_t start; /* host clock ticks, as struct host_stat has it */
    int32_t pid, parent, group, session;
    uint32_t uid;
    uint32_t release;
    uint32_t args_total;   /* bytes of all arguments */
    uint32_t args_size;    /* bytes of them in args, each argument with its NUL */
    uint32_t args_live;    /* 1: they are what the process's memory has, and may have changed meanwhile */
    uint32_t carrier_mark; /* the personality's; 0: of a build that knew only FreeBSD's */
    uint64_t ps_strings;   /* where the program's own arguments and variables are found; 0: nowhere */
    uint64_t stack_top, stack_size;
    uint64_t sigcode; /* the signal trampoline, a page of its own */
    char personality[16];
    char command[24];
    char program[PROCESS_TABLE_PROGRAM];
    char args[PROCESS_TABLE_ARGS];
};

/*
 * What the engine keeps for a process (base/credentials.h), but for its other groups, if it is its: by pid and start. It
 * stays when the process has ended, for as long as that is a zombie.
 */
struct process_table_ids {
    uint32_t start; /* the lower half */
    int32_t pid;
    struct process_ids users, groups;
    uint32_t fsuid, fsgid;
    uint64_t effective, permitted, inheritable, bounding, ambient;
    uint32_t no_new_privs;
    uint32_t reserved;
};

struct process_table_slot {
    struct process_table_head head;
    struct process_table_entry entry;
    char reserved[384]; /* process/watch.h */
    struct process_table_ids ids;
};

/* What is noted of call sites, of a program's pieces of code each (syscalls/entry/site_hints.h). */
#define SITE_HINTS_PER_SET 30

struct site_hint_set {
    uint64_t key;                         /* 0: free */
    uint32_t offsets[SITE_HINTS_PER_SET]; /* of sites, from where the piece is mapped; 0: none */
    /* Of a program as a whole (its key is that of no piece) the first is how many sites have been noted. */
};
_Static_assert(sizeof(struct site_hint_set) == 128, "");

#define SITE_HINT_SETS (PROCESS_TABLE_HINTS / sizeof(struct site_hint_set))

struct process_table {
    struct process_table_slot slots[PROCESS_TABLE_SLOTS];
    char hints[PROCESS_TABLE_HINTS]; /* syscalls/entry/site_hints.h */
    uint64_t no_nodes; /* of a world: 1, as long as there is no device node in it (vfs/metadata_names.h) */
    char spare[120];
};

_Static_assert(sizeof(struct process_table_head) == 32, "a head's layout is shared between builds");
_Static_assert(sizeof(struct process_table_entry) == 1544, "an entry's layout is shared between builds");
_Static_assert(sizeof(struct process_table_slot) == 2048, "two to a page");
_Static_assert(sizeof(struct process_table) == (1u << 20) + (64u << 10), "whole pages");

#define PROCESS_TABLE_NO_SLOT (-1)

/*
 * Writes an entry for process e->pid, the caller's. own: the slot of its earlier entry, which is written over (exec), or
 * PROCESS_TABLE_NO_SLOT; it is looked at before it is believed. Returns the entry's slot, -ENOSPC (all slots of the
 * process's window are in use), or -EFAULT.
 */
int64_t process_table_publish(struct process_table *table, const struct process_table_entry *e, int32_t own);

/* Frees a slot if it still is this process's. */
void process_table_withdraw(struct process_table *table, uint32_t slot, int32_t pid, uint64_t start);

/* A process's own word on its end, which outlives it. */
struct process_table_death {
    int32_t pid, parent;
    uint64_t start;
    int signo; /* the guest's */
};

/* Says instead, for the process's parent, of which signal it dies. */
void process_table_note_death(struct process_table *table, uint32_t slot, const struct process_table_death *d);

/*
 * The signal that process `pid`, which has ended, says it died of; 0: none. start: when it began; 0: that is not known
 * any more (it has been waited for), and it must have been a child of `parent`.
 */
int process_table_death(const struct process_table *table, int32_t pid, uint64_t start, int32_t parent);

/*
 * Copies a slot's entry, checked: strings end, sizes are within bounds, and it was not being written. Whether the
 * process still is there the caller asks the host. Returns 0, -ESRCH (free, damaged or busy), or -EFAULT.
 */
int process_table_at(const struct process_table *table, uint32_t slot, struct process_table_entry *out);

/* The entry of process `pid` that began at `start`. Returns 0 or -ESRCH. */
int process_table_find(const struct process_table *table, int32_t pid, uint64_t start, struct process_table_entry *out);

/*
 * Enters the calling process; where that fails it runs without an entry. p->table_slot: the slot of an entry it has
 * already; p->table_start: its start time if that is known, else 0.
 */
void process_table_enter(struct thread *t);

/* Before a fork, to the child's process: notes the time, by which it knows when it began without asking the host. */
void process_table_before_fork(struct process *child);

/*
 * Around looks at the table while signals are blocked: whoever truncates the file takes the memory away, and a fault that
 * is blocked would be the process's end, instead of an -EFAULT (base/shared.h). The second takes what the first returned.
 */
uint64_t process_table_open_faults(void);
void process_table_close_faults(uint64_t opened);

/* The hook node_made of struct process_hooks: from now on directories are asked for device nodes. */
void process_table_node_made(struct thread *t);

/* Withdraws the calling process's entry, if it has one. */
void process_table_leave(struct thread *t);

/* In a fork's or vfork's child: the entry it has a note of is its parent's. */
void process_table_after_fork(struct thread *t);

/* What another process's entry says. Returns 0 or -ESRCH: no guest of this user, or not entered. */
int process_table_other(struct thread *t, int32_t pid, struct process_table_entry *out);

/* What is told of these, but for whose they are. */
void process_table_ids_from(const struct credentials *c, struct process_table_ids *out);

/* Tells the calling process's ids, which are its first thread's, where the engine keeps them. */
void process_table_tell_ids(struct thread *t);

/* What a process has told so. Returns 0 or -ESRCH. */
int process_table_ids_of(struct thread *t, int32_t pid, struct process_table_ids *out);

/*
 * The guest's signal that a child of the calling process died of, though for the host it exited with `status`, which
 * then is above 128; 0: it did exit.
 */
int process_table_death_of(struct thread *t, int32_t pid, int status);

/* ---- cold half ---- */

/*
 * The directories in which the table may be, best first: $XDG_RUNTIME_DIR/dragoman, /tmp/dragoman-UID. Writes the one
 * of number `which` (from 0). False: there is none of that number.
 */
bool process_table_directory(unsigned which, char *to, size_t size);

/*
 * Maps the table in `directory`, which must be the caller's own and closed to others. make: makes directory and file
 * where they are missing, and maps for writing; else for reading only. at: where, over what is mapped there; NULL:
 * anywhere. Returns NULL where that is impossible, and errno tells why.
 */
struct process_table *process_table_map(const char *directory, bool make, void *at);

/* The same of a table that somebody else has made and `fd`, which stays the caller's, is of. */
struct process_table *process_table_map_fd(int fd, bool write, void *at);

#endif
