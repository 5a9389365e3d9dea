/* Cells of watchers in the process table: see watch.h. Semantics: knote_fork() of sys/kern/kern_event.c. */
#include "process/watch.h"

#include <linux/time.h>
#include <linux/time_types.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/shared.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/table.h"

enum {
    HOST_AF_UNIX = 1,
    HOST_SOCK_DGRAM = 2,
    HOST_SOCK_CLOEXEC = 02000000,
    HOST_SOCK_NONBLOCK = 04000,
    HOST_MSG_DONTWAIT = 0x40,
    HOST_MSG_NOSIGNAL = 0x4000,
    HOST_WALL = 0x40000000,
    WAIT_STEPS = 2000, /* of 100 us: how long a parent waits for its child's cells, if the machine is that busy */
};

_Static_assert(sizeof(struct process_watch) * WATCH_CELLS <= sizeof(((struct process_table_slot *)0)->reserved),
               "room beside an entry");
_Static_assert(offsetof(struct process_table_slot, reserved) % 8 == 0, "cells are written as words");

static struct process_watch *cell_at(struct process_table *table, uint32_t cell)
{
    if (cell >= PROCESS_TABLE_SLOTS * WATCH_CELLS) {
        return NULL;
    }
    return &((struct process_watch *)table->slots[cell / WATCH_CELLS].reserved)[cell % WATCH_CELLS];
}

uint32_t process_watch_cells(void)
{
    return PROCESS_TABLE_SLOTS * WATCH_CELLS;
}

static uint32_t first_cell(int32_t pid)
{
    return (uint32_t)pid % PROCESS_TABLE_SLOTS * WATCH_CELLS;
}

static uint64_t key_of(int32_t watcher, int32_t watched)
{
    return (uint64_t)(uint32_t)watcher << 32 | (uint32_t)watched;
}

static bool is_gone(int32_t pid)
{
    return pid <= 0 || host_call2(__NR_kill, pid, 0) == -ESRCH;
}

/* Sets what has happened; a status that is there already stays. */
static void set_pending(struct process_watch *w, uint32_t what, int32_t status)
{
    uint64_t was;
    if (guest_raw_load64(&w->pending, &was) != 0) {
        return;
    }
    for (;;) {
        uint64_t next = was | what, expected = was;
        if ((what & WATCH_EXIT) != 0 && (was & WATCH_EXIT) == 0) {
            next |= (uint64_t)(uint32_t)status << 32;
        }
        if (guest_raw_cas64(&w->pending, &expected, next) != 0 || expected == was) {
            return;
        }
        was = expected;
    }
}

/*
 * Whether nobody needs a cell with that key: its watcher is gone, or who was making it is, who has left its own number
 * there, negative.
 */
static bool is_left(uint64_t key)
{
    int32_t watched = (int32_t)(uint32_t)key;
    return key == 0 || is_gone((int32_t)(key >> 32)) || (watched < 0 && watched > INT32_MIN && is_gone(-watched));
}

/* A cell of the watched process for that watcher, from what is free or left behind; `me` makes it. */
static int64_t claim(struct process_table *table, int32_t me, int32_t watcher, int32_t watched,
                     const struct process_watch *from)
{
    for (uint32_t i = first_cell(watched); i < first_cell(watched) + WATCH_CELLS; i++) {
        struct process_watch *w = cell_at(table, i);
        uint64_t key, mine = key_of(watcher, -me);
        if (guest_raw_load64(&w->key, &key) != 0) {
            return -EFAULT;
        }
        if (!is_left(key)) {
            continue;
        }
        uint64_t expected = key;
        if (guest_raw_cas64(&w->key, &expected, mine) != 0) {
            return -EFAULT;
        }
        if (expected == key) {
            guest_raw_store64(&w->bell, from->bell);
            guest_raw_store64(&w->wanted, from->wanted);
            guest_raw_store64(&w->pending, from->pending);
            guest_raw_store64(&w->key, key_of(watcher, watched));
            return i;
        }
    }
    return -ENOSPC;
}

int64_t process_watch_add(struct process_table *table, int32_t me, int32_t pid, uint64_t bell, uint32_t wanted)
{
    struct process_watch from = {.bell = bell, .wanted = wanted};
    return claim(table, me, me, pid, &from);
}

static bool is_own(const struct process_watch *w, uint64_t key)
{
    uint64_t found;
    return w != NULL && guest_raw_load64(&w->key, &found) == 0 && found == key;
}

void process_watch_change(struct process_table *table, uint32_t cell, int32_t me, int32_t pid, uint32_t wanted)
{
    struct process_watch *w = cell_at(table, cell);
    uint64_t old;
    if (is_own(w, key_of(me, pid)) && guest_raw_load64(&w->wanted, &old) == 0) {
        guest_raw_store64(&w->wanted, (old & ~(uint64_t)UINT32_MAX) | wanted);
    }
}

void process_watch_drop(struct process_table *table, uint32_t cell, int32_t me, int32_t pid)
{
    struct process_watch *w = cell_at(table, cell);
    uint64_t expected = key_of(me, pid);
    if (w != NULL) {
        guest_raw_cas64(&w->key, &expected, 0);
    }
}

bool process_watch_take(struct process_table *table, uint32_t cell, int32_t me, uint64_t bell,
                        struct process_news *news)
{
    struct process_watch *w = cell_at(table, cell), copy;
    if (w == NULL || guest_copy(&copy, w, sizeof copy) != 0 || (int32_t)(copy.key >> 32) != me ||
        (int32_t)(uint32_t)copy.key <= 0 || copy.bell != bell) {
        return false;
    }
    uint64_t happened = copy.pending, expected = happened;
    while (happened != 0) {
        if (guest_raw_cas64(&w->pending, &expected, 0) != 0 || expected == happened) {
            break;
        }
        happened = expected;
    }
    *news = (struct process_news){.pid = (int32_t)(uint32_t)copy.key,
                                  .parent = (int32_t)(copy.wanted >> 32),
                                  .happened = (uint32_t)happened,
                                  .status = (int32_t)(happened >> 32)};
    return true;
}

struct bell_address {
    uint16_t family;
    char path[40];
};

/* Abstract: its first byte is NUL. Returns the address's size. */
static uint32_t bell_address(uint64_t bell, struct bell_address *a)
{
    struct text x = {a->path + 1, sizeof a->path - 1, 0};
    a->family = HOST_AF_UNIX;
    a->path[0] = '\0';
    text_format(&x, "dragoman-%lx", (unsigned long)bell);
    return (uint32_t)(sizeof a->family + 1 + x.length);
}

int64_t process_watch_bell(uint64_t bell)
{
    struct bell_address a;
    uint32_t size = bell_address(bell, &a);
    int64_t fd = host_call3(__NR_socket, HOST_AF_UNIX, HOST_SOCK_DGRAM | HOST_SOCK_CLOEXEC | HOST_SOCK_NONBLOCK, 0);
    int64_t r = fd >= 0 ? host_call3(__NR_bind, fd, &a, size) : fd;
    if (r < 0 && fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return r < 0 ? r : fd;
}

/*
 * With all descriptors in use: a child of the engine's own, which has copies of them all, gives one up and rings. It is
 * no child that the guest could wait for (clone(2): without a signal at its end it takes __WALL).
 */
static void ring_from_child(const struct bell_address *a, uint32_t size, uint32_t cell)
{
    int64_t child = host_call5(__NR_clone, 0, 0, 0, 0, 0);
    if (child == 0) {
        host_call1(__NR_close, 0);
        int64_t fd = host_call3(__NR_socket, HOST_AF_UNIX, HOST_SOCK_DGRAM, 0);
        host_call6(__NR_sendto, fd, &cell, sizeof cell, HOST_MSG_DONTWAIT | HOST_MSG_NOSIGNAL, a, size);
        for (;;) {
            host_call1(__NR_exit_group, 0);
        }
    }
    while (child > 0 && host_call4(__NR_wait4, child, 0, HOST_WALL, 0) == -EINTR) {}
}

/* Rings for a cell. Where nobody hears it any more the cell is of no use: its watcher has become another program. */
static void ring(struct process_table *table, uint32_t cell)
{
    struct process_watch copy;
    struct bell_address a;
    if (guest_copy(&copy, cell_at(table, cell), sizeof copy) != 0) {
        return;
    }
    uint32_t size = bell_address(copy.bell, &a);
    int64_t fd = host_call3(__NR_socket, HOST_AF_UNIX, HOST_SOCK_DGRAM | HOST_SOCK_CLOEXEC, 0);
    if (fd == -EMFILE) {
        ring_from_child(&a, size, cell);
    }
    if (fd < 0) {
        return;
    }
    int64_t r = host_call6(__NR_sendto, fd, &cell, sizeof cell, HOST_MSG_DONTWAIT | HOST_MSG_NOSIGNAL, &a, size);
    host_call1(__NR_close, fd);
    if (r == -ECONNREFUSED) {
        process_watch_drop(table, cell, (int32_t)(copy.key >> 32), (int32_t)(uint32_t)copy.key);
    }
}

/* Calls fn for each cell of a watched process; the cell is copied. */
static void each_cell(struct process_table *table, int32_t pid,
                      void (*fn)(void *arg, uint32_t cell, const struct process_watch *w), void *arg)
{
    for (uint32_t i = first_cell(pid); i < first_cell(pid) + WATCH_CELLS; i++) {
        struct process_watch *w = cell_at(table, i), copy;
        uint64_t key;
        if (guest_raw_load64(&w->key, &key) != 0) {
            return;
        }
        if ((int32_t)(uint32_t)key == pid && guest_copy(&copy, w, sizeof copy) == 0) {
            fn(arg, i, &copy);
        }
    }
}

/* A cell of an earlier process with this number, which its watcher has not looked at yet. */
static bool is_of_the_dead(const struct process_watch *w)
{
    return (w->pending & WATCH_EXIT) != 0;
}

struct announcement {
    struct process_table *table;
    uint32_t what;
    int32_t status;
};

static void announce_to(void *arg, uint32_t cell, const struct process_watch *w)
{
    const struct announcement *a = arg;
    if (!is_of_the_dead(w) && (a->what == WATCH_EXIT || ((uint32_t)w->wanted & a->what) != 0)) {
        set_pending(cell_at(a->table, cell), a->what, a->status);
        ring(a->table, cell);
    }
}

void process_announce(struct thread *t, uint32_t what, int32_t status)
{
    struct announcement a = {t->proc->table, what, status};
    if (a.table != NULL) {
        each_cell(a.table, t->proc->pid, announce_to, &a);
    }
}

struct inheritance {
    struct process_table *table;
    int32_t parent, child;
};

static void inherit_from(void *arg, uint32_t cell, const struct process_watch *w)
{
    const struct inheritance *in = arg;
    struct process_watch from = {
        .bell = w->bell, .wanted = (uint64_t)(uint32_t)in->parent << 32 | (uint32_t)w->wanted, .pending = WATCH_CHILD};
    if ((w->wanted & WATCH_TRACK) == 0 || is_of_the_dead(w)) {
        return;
    }
    int64_t made = claim(in->table, in->child, (int32_t)(w->key >> 32), in->child, &from);
    if (made < 0) {
        set_pending(cell_at(in->table, cell), WATCH_TRACKERR, 0);
    }
    ring(in->table, made < 0 ? cell : (uint32_t)made);
}

void process_watch_inherit(struct thread *t, int32_t parent)
{
    struct inheritance in = {t->proc->table, parent, t->proc->pid};
    if (in.table != NULL) {
        each_cell(in.table, parent, inherit_from, &in);
    }
}

struct waiting {
    struct process_table *table;
    int32_t child;
    bool done;
};

static void note_child(void *arg, uint32_t cell, const struct process_watch *w)
{
    (void)cell;
    (void)w;
    *(bool *)arg = true;
}

/* A child that was killed before it could make any. The host is asked now and then only. */
static bool is_dead(int32_t child, int step)
{
    enum { SELDOM = 16 };
    struct host_stat now;
    return is_gone(child) || (step % SELDOM == 0 && host_stat_read(child, &now) == 0 && now.state == 'Z');
}

/* Whether the child has made its cells; or could not; or is gone, which leaves them if it has. */
static void wait_for_child(void *arg, uint32_t cell, const struct process_watch *w)
{
    struct waiting *wait = arg;
    struct __kernel_timespec step = {0, 100000};
    uint64_t pending;
    if ((w->wanted & WATCH_TRACK) == 0 || is_of_the_dead(w) || wait->done) {
        return;
    }
    for (int i = 0; i < WAIT_STEPS && !wait->done; i++) {
        each_cell(wait->table, wait->child, note_child, &wait->done);
        if (wait->done || is_dead(wait->child, i) ||
            guest_raw_load64(&cell_at(wait->table, cell)->pending, &pending) != 0 || (pending & WATCH_TRACKERR) != 0) {
            break;
        }
        host_call2(__NR_nanosleep, &step, 0);
    }
    wait->done = true;
}

void process_watch_forked(struct thread *t, int32_t child)
{
    struct waiting wait = {t->proc->table, child, false};
    if (wait.table == NULL) {
        return;
    }
    each_cell(wait.table, t->proc->pid, wait_for_child, &wait);
    process_announce(t, WATCH_FORK, 0);
}
