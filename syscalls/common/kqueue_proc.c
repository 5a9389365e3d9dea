/*
 * EVFILT_PROC and EVFILT_PROCDESC. Semantics: filt_proc*() and knote_fork() of sys/kern/kern_event.c, procdesc_kqops of
 * sys/kern/sys_procdesc.c.
 *
 * The end of a process is seen by a pidfd. What else it does, and with which status it ended where that is not our
 * child, it says itself, if it is a guest: process/watch.h.
 */
#include <asm/siginfo.h>
#include <asm/stat.h>
#include <linux/eventpoll.h>
#include <linux/wait.h>

#include "base/format.h"
#include "base/host.h"
#include "base/personality.h"
#include "process/host_record.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"
#include "process/watch.h"
#include "syscalls/common/kqueue_private.h"

#define NOTES_OF_GUESTS (KQ_NOTE_FORK | KQ_NOTE_EXEC | KQ_NOTE_TRACK)

_Static_assert(KQ_NOTE_EXIT == WATCH_EXIT && KQ_NOTE_FORK == WATCH_FORK && KQ_NOTE_EXEC == WATCH_EXEC &&
                   KQ_NOTE_TRACK == WATCH_TRACK && KQ_NOTE_TRACKERR == WATCH_TRACKERR && KQ_NOTE_CHILD == WATCH_CHILD,
               "one set of numbers");

/* A death by a signal that the host lacks looks like an exit to it: the process table knows more. */
static int64_t status_of_exit(struct thread *t, int32_t pid, uint32_t code)
{
    int death = process_table_death_of(t, pid, (int)code);
    return death != 0 ? death : (int64_t)code << 8;
}

static int64_t status_of_death(const struct personality *p, uint32_t signo, bool dumped)
{
    return (int64_t)p->signal_from_host[signo & 63] | (dumped ? 0x80 : 0);
}

/* A wait status of the host (of which a core dump is bit 7) in the guest's numbers. */
static int64_t status_from_host(struct thread *t, int32_t pid, int64_t host)
{
    uint32_t signo = (uint32_t)host & 0x7f;
    return signo == 0 ? status_of_exit(t, pid, (uint32_t)host >> 8 & 0xff)
                      : status_of_death(t->proc->personality, signo, (host & 0x80) != 0);
}

/* The wait status of a child that is dead, in the guest's numbers; -1: not dead, or no child of ours. */
static int64_t status_of_child(struct thread *t, int pidfd)
{
    siginfo_t info = {0};
    int64_t r = host_call5(__NR_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT, 0);
    if (r < 0 || info.si_pid == 0) {
        return -1;
    }
    if (info.si_code == CLD_EXITED) {
        return status_of_exit(t, info.si_pid, (uint32_t)info.si_status & 0xff);
    }
    return status_of_death(t->proc->personality, (uint32_t)info.si_status, info.si_code == CLD_DUMPED);
}

/* linux/pidfd.h since Linux 6.15: what a process that has been waited for ended with. */
struct pidfd_info {
    uint64_t mask, cgroupid;
    uint32_t ids[11];
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_GET_INFO  0xc040ff0bUL
#define PIDFD_INFO_EXIT 8

/* The same of any process: by its pidfd if it has been waited for, else by the zombie; -1: the host does not tell. */
static int64_t status_of_other(struct thread *t, int32_t pid, int pidfd)
{
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
    struct host_record zombie;
    if (host_call3(__NR_ioctl, pidfd, PIDFD_GET_INFO, &info) == 0 && (info.mask & PIDFD_INFO_EXIT) != 0) {
        return status_from_host(t, pid, info.exit_code);
    }
    if (host_record_read(pid, 0, &zombie) == 0 && zombie.state == 'Z' && zombie.field[HOST_EXIT_CODE] != 0) {
        return status_from_host(t, pid, zombie.field[HOST_EXIT_CODE]); /* 0 also to who may not know */
    }
    return -1;
}

/* ---- cells and the bell ---- */

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return host_call2(__NR_stat, a, &x) == 0 && host_call2(__NR_stat, b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Whether a process tells of itself: it is in the table, or will be in a moment, as a fork's child. */
static bool is_guest(struct thread *t, int32_t pid)
{
    struct process_table_entry e;
    char path[32];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/exe", pid);
    return process_table_other(t, pid, &e) == 0 || same_file(text_cstr(&x), "/proc/self/exe");
}

static int open_bell(struct kqueue *kq)
{
    if (kq->watch_bell >= 0) {
        return 0;
    }
    uint64_t number;
    if (host_call3(__NR_getrandom, &number, sizeof number, 0) != sizeof number) {
        return -ENOMEM;
    }
    int64_t fd = process_watch_bell(number);
    int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
    if (own < 0) {
        if (fd >= 0) {
            host_call1(__NR_close, fd);
        }
        return -ENOMEM;
    }
    kq->watch_bell = own;
    kq->watch_number = number;
    return kqueue_watch_token(kq, LANE_OWN, own, TOKEN_WATCH, EPOLLIN);
}

static int watch(struct kqueue *kq, struct knote *kn)
{
    int r = kq->table == NULL ? -ENOMEM : open_bell(kq);
    if (r < 0) {
        return r;
    }
    int64_t cell = process_watch_add(kq->table, kq->pid, (int32_t)kn->ident, kq->watch_number, kn->sfflags);
    if (cell < 0) {
        return -ENOMEM;
    }
    kn->cell = (int32_t)cell;
    return 0;
}

static void join_processes(struct kqueue *kq, struct knote *kn)
{
    kn->list_next = kq->processes;
    kq->processes = kn;
}

static void leave_processes(struct kqueue *kq, const struct knote *kn)
{
    for (struct knote **at = &kq->processes; *at != NULL; at = &(*at)->list_next) {
        if (*at == kn) {
            *at = kn->list_next;
            return;
        }
    }
}

void kqueue_unwatch(struct kqueue *kq, struct knote *kn)
{
    if (kn->cell >= 0) {
        process_watch_drop(kq->table, (uint32_t)kn->cell, kq->pid, (int32_t)kn->ident);
        kn->cell = -1;
    }
}

/* ---- knotes ---- */

static int proc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    if (kn->ident == 0 || kn->ident > INT32_MAX) {
        return -ESRCH;
    }
    int r = knote_adopt(kn, host_call2(__NR_pidfd_open, kn->ident, 0));
    if (r < 0) {
        return r == -EINVAL ? -ESRCH : r; /* EINVAL: a thread's */
    }
    bool of_guests = (kn->sfflags & NOTES_OF_GUESTS) != 0;
    if (of_guests && !is_guest(t, (int32_t)kn->ident)) {
        r = -EACCES; /* a program of the host's: nobody tells */
    }
    if (r == 0 && (of_guests || status_of_child(t, kn->host_fd) < 0)) {
        r = watch(kq, kn);
        r = of_guests ? r : 0; /* only to learn the status */
    }
    if (r == 0) {
        r = knote_own_arm(kq, kn, EPOLLIN);
    }
    if (r < 0) {
        kqueue_unwatch(kq, kn);
        knote_own_detach(kq, kn);
        return r;
    }
    join_processes(kq, kn);
    return 0;
}

static void proc_detach(struct kqueue *kq, struct knote *kn)
{
    leave_processes(kq, kn);
    kqueue_unwatch(kq, kn);
    knote_own_detach(kq, kn);
}

static int proc_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    int r = 0;
    if (change != NULL) {
        kn->sfflags = change->fflags;
        if (kn->cell >= 0) {
            process_watch_change(kq->table, (uint32_t)kn->cell, kq->pid, (int32_t)kn->ident, kn->sfflags);
        } else if ((kn->sfflags & NOTES_OF_GUESTS) != 0 && kn->host_fd >= 0) {
            r = watch(kq, kn);
        }
    }
    if (kn->fflags != 0) {
        knote_activate(kq, kn);
    }
    return r == 0 && kn->host_fd >= 0 ? knote_arm(kq, kn, LANE_OWN, EPOLLIN) : r;
}

/* What the process has said since the last look. */
static void hear(struct kqueue *kq, struct knote *kn)
{
    struct process_news news;
    if (kn->cell < 0 || !process_watch_take(kq->table, (uint32_t)kn->cell, kq->pid, kq->watch_number, &news) ||
        news.pid != (int32_t)kn->ident) {
        return;
    }
    kn->fflags |= news.happened & ((kn->sfflags & (KQ_NOTE_FORK | KQ_NOTE_EXEC)) | KQ_NOTE_TRACKERR);
    if ((news.happened & WATCH_EXIT) != 0) {
        kn->status = news.status;
    }
}

/* filt_proc() with NOTE_EXIT: the last event, or none if nobody asked for it. */
static void end(struct thread *t, struct knote *kn)
{
    int64_t status = status_of_child(t, kn->host_fd);
    if (status < 0 && kn->status < 0) {
        status = status_of_other(t, kn->filter == KQ_FILTER_PROC ? (int32_t)kn->ident : 0, kn->host_fd);
    }
    status = status < 0 ? kn->status : status;
    kn->flags |= KQ_EOF | KQ_ONESHOT;
    kn->fflags |= kn->sfflags & KQ_NOTE_EXIT;
    kn->data = (kn->sfflags & KQ_NOTE_EXIT) != 0 && status > 0 ? status : 0;
    if (kn->fflags == 0) {
        kn->flags |= KQ_DROP;
    }
}

static bool proc_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
    bool ended = events != 0 || kn->gone;
    if (ended && (kn->sfflags & KQ_NOTE_TRACK) != 0 && kq->watch_bell >= 0) {
        kqueue_hear_processes(kq); /* of its children, before it goes */
    }
    hear(kq, kn);
    if (ended) {
        end(t, kn);
    }
    out->flags = kn->flags;
    out->fflags = kn->fflags;
    out->data = kn->data;
    kn->fflags = 0;
    return out->fflags != 0;
}

const struct filter_ops filter_proc = {.owns_fd = true,
                                       .forced_flags = KQ_CLEAR,
                                       .attach = proc_attach,
                                       .detach = proc_detach,
                                       .update = proc_update,
                                       .report = proc_report};

/* ---- tracked children ---- */

static struct knote *tracking(struct kqueue *kq, int32_t pid)
{
    for (struct knote *kn = kq->processes; kn != NULL; kn = kn->list_next) {
        if (kn->ident == (uint64_t)pid && (kn->sfflags & KQ_NOTE_TRACK) != 0) {
            return kn;
        }
    }
    return NULL;
}

/* The note that tells of the child, at once and once: knote_fork() with EV_FLAG2. Returns whether it was made. */
static bool announce_child(struct kqueue *kq, const struct knote *parent, int32_t child)
{
    struct kqueue_event from = {.ident = (uint64_t)child,
                                .filter = KQ_FILTER_PROC,
                                .flags = (parent->flags & (uint16_t) ~(KQ_EOF | KQ_DROP)) | KQ_ONESHOT,
                                .udata = parent->udata};
    struct knote *kn = knote_new(kq, &filter_proc, &from);
    if (kn == NULL) {
        return false;
    }
    kn->fflags = KQ_NOTE_CHILD;
    kn->data = (int64_t)parent->ident;
    knote_activate(kq, kn);
    return true;
}

/* The note that goes on with the child: knote_fork() with EV_FLAG1. It takes the cell over. */
static bool track_child(struct kqueue *kq, const struct knote *parent, const struct process_news *news, uint32_t cell)
{
    struct kqueue_event from = {.ident = (uint64_t)news->pid,
                                .filter = KQ_FILTER_PROC,
                                .flags = parent->flags & (uint16_t) ~(KQ_EOF | KQ_DROP),
                                .fflags = parent->sfflags,
                                .udata = parent->udata};
    struct knote *kn = knote_new(kq, &filter_proc, &from);
    if (kn == NULL) {
        return false;
    }
    kn->cell = (int32_t)cell;
    kn->fflags = news->happened & kn->sfflags & (KQ_NOTE_FORK | KQ_NOTE_EXEC);
    kn->status = (news->happened & WATCH_EXIT) != 0 ? news->status : -1;
    join_processes(kq, kn);
    if (knote_adopt(kn, host_call2(__NR_pidfd_open, news->pid, 0)) < 0 || knote_own_arm(kq, kn, EPOLLIN) < 0) {
        kn->gone = true; /* waited for already */
    }
    if (kn->gone || kn->fflags != 0) {
        knote_activate(kq, kn);
    }
    return true;
}

/* A cell that no knote knows: of a child that has told of itself. */
static void child_told(struct kqueue *kq, uint32_t cell)
{
    struct process_news news;
    if (!process_watch_take(kq->table, cell, kq->pid, kq->watch_number, &news)) {
        return;
    }
    struct knote *parent = tracking(kq, news.parent);
    if (parent == NULL || (news.happened & WATCH_CHILD) == 0) {
        process_watch_drop(kq->table, cell, kq->pid, news.pid); /* nobody tracks any more */
        return;
    }
    bool made = announce_child(kq, parent, news.pid);
    if (!track_child(kq, parent, &news, cell)) {
        process_watch_drop(kq->table, cell, kq->pid, news.pid);
        made = false;
    }
    if (!made) {
        parent->fflags |= KQ_NOTE_TRACKERR;
        knote_activate(kq, parent);
    }
}

static bool is_known(const struct kqueue *kq, uint32_t cell)
{
    for (const struct knote *kn = kq->processes; kn != NULL; kn = kn->list_next) {
        if (kn->cell == (int32_t)cell) {
            return true;
        }
    }
    return false;
}

/*
 * The bell has rung. A full one may have swallowed messages: then all cells are looked at. Those of known processes
 * are in any case.
 */
void kqueue_hear_processes(struct kqueue *kq)
{
    enum { MANY = 8, AT_ONCE = 1024 }; /* MANY: less than any bell holds (net.unix.max_dgram_qlen) */
    uint32_t cell, messages = 0;
    while (messages < AT_ONCE && host_call3(__NR_read, kq->watch_bell, &cell, sizeof cell) == sizeof cell) {
        messages++;
        if (!is_known(kq, cell)) {
            child_told(kq, cell);
        }
    }
    for (cell = 0; messages >= MANY && cell < process_watch_cells(); cell++) {
        if (!is_known(kq, cell)) {
            child_told(kq, cell);
        }
    }
    for (struct knote *kn = kq->processes; kn != NULL; kn = kn->list_next) {
        hear(kq, kn);
        if (kn->fflags != 0) {
            knote_activate(kq, kn);
        }
    }
}

/* ---- EVFILT_PROCDESC ---- */

static int procdesc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    int64_t open = host_call3(__NR_fcntl, kn->ident, 1 /* F_GETFD */, 0);
    if (open < 0) {
        return (int)open;
    }
    if (descriptor_kind_of(t->proc->descriptors, (int)kn->ident) != DESCRIPTOR_PROCESS) {
        return -EINVAL;
    }
    kn->host_fd = (int32_t)kn->ident;
    return knote_arm(kq, kn, LANE_PROCDESC, EPOLLIN);
}

static int procdesc_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change != NULL) {
        kn->sfflags = change->fflags;
    }
    return knote_arm(kq, kn, LANE_PROCDESC, EPOLLIN);
}

static bool procdesc_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                            struct kqueue_event *out)
{
    (void)kq;
    if (events == 0) {
        return false;
    }
    end(t, kn);
    out->flags = kn->flags;
    out->fflags = kn->fflags;
    out->data = kn->data;
    return out->fflags != 0;
}

const struct filter_ops filter_procdesc = {.is_fd = true,
                                           .forced_flags = KQ_CLEAR,
                                           .attach = procdesc_attach,
                                           .detach = knote_disarm,
                                           .update = procdesc_update,
                                           .report = procdesc_report};
