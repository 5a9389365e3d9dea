/* Inside of kqueues: shared by the kqueue_*.c files only. */
#ifndef SYSCALLS_COMMON_KQUEUE_PRIVATE_H
#define SYSCALLS_COMMON_KQUEUE_PRIVATE_H

#include <linux/eventpoll.h>

#include "syscalls/common/kqueue.h"

#define KQ_LANES         3 /* READ; WRITE; PROCDESC */
#define LANE_OWN         0 /* what has a descriptor of ours */
#define LANE_PROCDESC    2
#define EVENTFD_FLAGS    02004000 /* EFD_CLOEXEC, EFD_NONBLOCK: eventfd(2) */
#define KQ_VNODE_BUCKETS 64
#define KQ_SIGNALS       129
#define DATA_OWED        INT64_MIN

/* epoll data that is no knote: the lower half, above every slot number. */
#define TOKEN_LANE    0xffffff00u /* + lane */
#define TOKEN_BELL    0xffffff10u
#define TOKEN_SIGNALS 0xffffff11u
#define TOKEN_INOTIFY 0xffffff12u
#define TOKEN_WATCH   0xffffff13u
#define TOKEN_FIRST   TOKEN_LANE

struct filter_ops {
    bool is_fd;   /* ident is a descriptor, and the knote dies with it */
    bool owns_fd; /* host_fd is a descriptor of ours */
    uint16_t forced_flags;
    /* Starts observing. Returns 0 or -errno. */
    int (*attach)(struct thread *t, struct kqueue *kq, struct knote *kn);
    /* Stops observing. */
    void (*detach)(struct kqueue *kq, struct knote *kn);
    /* The guest changed sfflags, sdata, or enabled or disabled the knote. Returns 0 or -errno. */
    int (*update)(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change);
    /*
     * The host reported `events` (0: the knote came off the ready list). Fills fflags, data and KQ_EOF of the event;
     * false: nothing to report after all. DATA_OWED as data: `data_of` tells it once the kqueue is unlocked.
     */
    bool (*report)(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events, struct kqueue_event *out);
    /* The data of an event of a knote on the host's descriptor fd, of that st_mode. Without the kqueue's lock. */
    int64_t (*data_of)(int fd, uint32_t mode);
};

struct vnode_state {
    uint64_t size, links;
    uint32_t mode, uid, gid;
};

struct knote {
    struct knote *hash_next;
    struct knote *next, *previous; /* all of the kqueue's */
    struct knote *ready_next, *ready_previous;
    struct knote *list_next; /* vnode bucket, signal list or file list */
    struct knote *directory_next;
    const struct filter_ops *ops;
    uint64_t ident, udata, ext[4];
    int64_t sdata, data;
    uint32_t slot;
    uint32_t sfflags, fflags;
    uint16_t flags; /* as given, less the actions; KQ_EOF and KQ_DROP are ours */
    int16_t filter;
    bool disabled, active, queued;
    bool forced;      /* EV_FORCEONESHOT: reported whatever the filter says */
    bool triggered;   /* USER: set off; AIO, LIO: ended */
    bool is_file;     /* READ, WRITE of what epoll does not take: asked when it has changed, or always */
    bool shut, told;  /* WRITE of a socket: the guest has shut it for writing; that has been reported */
    bool empty;       /* EMPTY: reported, and not written to since */
    bool parked;      /* level-triggered, but reported in vain: waits for an edge */
    int32_t lane;     /* -1: not in an epoll */
    int32_t host_fd;  /* what the lane watches: ident, or a descriptor of ours; -1 none */
    int32_t watch;    /* inotify's, -1 none */
    int32_t cell;     /* PROC: in the process table, -1 none */
    int32_t status;   /* PROC: with which the process says it ends, -1 not yet */
    bool gone;        /* PROC: a tracked child that had ended before we knew of it */
    uint32_t counted; /* SIGNAL: the counter as last seen */
    uint32_t mode;    /* READ, WRITE, VNODE: the host's st_mode */
    uint32_t round;   /* of the call that has reported it last */
    struct vnode_state vnode;
};

/* A free one has no knote; `next` is the next free one's number, NO_SLOT at the end. */
struct knote_slot {
    struct knote *knote;
    uint32_t generation, next;
};
#define NO_SLOT UINT32_MAX

/* What the kqueues of a process have in common; hangs on descriptor_table.watchers. */
struct kqueue_group {
    struct lock lock;
    struct kqueue *first;
    uint64_t queues;              /* how many there have been */
    struct lock errors_lock;      /* within a kqueue's */
    struct kept_error *errors;    /* of sockets: kqueue_error.c */
    bool files, writers;          /* whether there have been knotes for reading files, for writing to sockets */
    int32_t signal_bell;          /* an event descriptor, edge-triggered in each epoll; -1 */
    uint32_t signals[KQ_SIGNALS]; /* how often each was sent */
    bool waiting[KQ_SIGNALS];     /* one that waits to be delivered has been counted */
};

struct kqueue {
    struct descriptor_object object; /* first: the object is the kqueue */
    struct lock lock;
    int32_t pid; /* whose it is: a fork's child must not touch the epolls */
    struct kqueue_group *group;
    struct kqueue *group_next;
    uint64_t number; /* in the group */
    uint32_t round;  /* of the latest call that collects */
    uint64_t looks;

    int32_t epoll;           /* the guest's first descriptor may be closed while a copy lives: a copy of ours */
    int32_t lanes[KQ_LANES]; /* [0] is `epoll` */
    int32_t bell, inotify;
    int32_t signal_fd; /* SIGNAL: polls when one comes that the host keeps; never read */
    uint64_t signal_fd_mask;
    int32_t watch_bell; /* PROC: where watched processes ring */
    uint64_t watch_number;
    struct process_table *table; /* NULL: none */
    bool bell_rung, signals_watched;

    struct knote *all;
    struct knote *ready_first, *ready_last;
    struct knote *files, *signal_notes;
    struct knote *processes; /* PROC */
    struct knote *vnodes[KQ_VNODE_BUCKETS];
    struct knote *directories; /* VNODE of directories */

    struct knote **buckets;
    uint32_t bucket_count, knote_count;
    struct knote_slot *slots;
    uint32_t slot_count, slot_free;
};

extern const struct filter_ops filter_read, filter_write, filter_timer, filter_user, filter_signal, filter_proc,
    filter_procdesc, filter_vnode, filter_aio, filter_lio, filter_fs, filter_sendfile, filter_empty;

/* A fresh knote in all lists but a filter's, for change `from`; not attached yet. NULL: no memory. */
struct knote *knote_new(struct kqueue *kq, const struct filter_ops *ops, const struct kqueue_event *from);

struct knote *knote_find(struct kqueue *kq, uint64_t ident, int filter);
/* Detaches and frees. */
void knote_drop(struct kqueue *kq, struct knote *kn);
/* The knote has something to report: on the ready list, unless it is disabled. */
void knote_activate(struct kqueue *kq, struct knote *kn);
void knote_unready(struct kqueue *kq, struct knote *kn);

/* The epoll of a lane, made when first used. Returns its descriptor or -errno. */
int kqueue_lane(struct kqueue *kq, int lane);
/* Adds a descriptor of the kqueue's own (bell, inotify) with a token. Returns 0 or -errno. */
int kqueue_watch_token(struct kqueue *kq, int lane, int fd, uint32_t token, uint32_t events);
/*
 * Makes the epoll entry of a knote fit its state: none while it is disabled, else one for `events` in `lane`.
 * Returns 0 or -errno (-EPERM: nothing that epoll takes).
 */
int knote_arm(struct kqueue *kq, struct knote *kn, int lane, uint32_t events);
void knote_disarm(struct kqueue *kq, struct knote *kn);

/* Gives the knote a host descriptor, which becomes ours. Returns 0 or -errno, what the host said of it included. */
int knote_adopt(struct knote *kn, int64_t fd);
/* The detach of filters with a descriptor of ours. */
void knote_own_detach(struct kqueue *kq, struct knote *kn);
/* Arms a knote with a descriptor of ours; where that fails it has none any more. Returns 0 or -errno. */
int knote_own_arm(struct kqueue *kq, struct knote *kn, uint32_t events);

/* Reads what inotify has and activates the knotes concerned. */
void kqueue_read_inotify(struct kqueue *kq);
/* Watches or stops watching the vnode of kn->ident for the given inotify events. Returns 0 or -errno. */
int kqueue_inotify_watch(struct kqueue *kq, struct knote *kn, uint32_t mask);
void kqueue_inotify_unwatch(struct kqueue *kq, struct knote *kn);
/*
 * The error of a socket at its end, for fflags; ask: the host says that there is one, which is taken from it and kept
 * for the guest (kqueue_kept_error()). And descriptors go.
 */
uint32_t kqueue_socket_error(struct thread *t, struct kqueue_group *group, int fd, bool ask);
void kqueue_forget_errors(struct kqueue_group *group, uint32_t first, uint32_t last);

/* Whether an open descriptor of that st_mode is a file of a file system, a fifo among them (vn_kqfilter()). */
bool kqueue_is_vnode(struct thread *t, int fd, uint32_t mode);
/* Watched processes have rung: activates the knotes concerned, and makes those of tracked children. */
void kqueue_hear_processes(struct kqueue *kq);
/* Takes the knote's cell from the process table. */
void kqueue_unwatch(struct kqueue *kq, struct knote *kn);
/* Signals were counted: activates the knotes concerned. */
void kqueue_check_signals(struct thread *t, struct kqueue *kq);

#endif
