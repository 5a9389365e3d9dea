/*
 * Asynchronous I/O: requests that an engine thread of the process's carries out.
 *
 * One thread, the worker, does all of a process's requests, begun with the first. Requests on files it makes one after
 * another in the order of their submission, so that a sync follows what it is to make durable; on a socket the requests
 * of one direction wait for each other, and for nothing else. The worker has a descriptor table of its own: a request's
 * descriptor is sent to it, and so the request keeps its file, as it does there, whatever becomes of the number, and
 * without another descriptor in the guest's table, whose closing would end record locks (fcntl(2)). The worker touches
 * no guest memory but by the host's calls. It is no thread of the guest's (process/thread.h) and ends with the process.
 *
 * What is to reach a kqueue needs the guest's table: a second such thread, the notifier, sees to that where it is asked
 * for.
 *
 * The lock of the state is outside of all others (base/process.h). A fork's child has neither threads nor requests, nor
 * has a vfork child. Exec and exit cancel what has not begun and wait for what has (aio_proc_rundown() of
 * sys/kern/vfs_aio.c); a process that a signal kills is not so polite here.
 */
#ifndef SYSCALLS_COMMON_AIO_H
#define SYSCALLS_COMMON_AIO_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls/common/futex.h"
#include "syscalls/common/kqueue.h"

struct aio_list;
struct thread;

#define AIO_JOBS_MAX                                                                                                   \
    256 /* of a process, those included whose result nobody has taken: vfs.aio.max_aio_queue_per_proc */
#define AIO_PIECES_MAX 1024

enum aio_operation { AIO_OP_READ, AIO_OP_WRITE, AIO_OP_SYNC, AIO_OP_DATASYNC, AIO_OP_LOCK };

enum aio_notice_kind { AIO_NOTICE_NONE, AIO_NOTICE_SIGNAL, AIO_NOTICE_THREAD, AIO_NOTICE_KQUEUE };

/* What is to be done when a request, or all of a list's, have ended. */
struct aio_notice {
    enum aio_notice_kind kind;
    int32_t signo;       /* SIGNAL, THREAD: the guest's number, with `value` */
    int32_t signal_code; /* and si_code */
    int32_t host_signo;  /* the host's own signal for it; 0: the carrier (signals/queue.h) */
    int32_t host_tid;    /* THREAD */
    int32_t kqueue;      /* KQUEUE: its descriptor; `value` is the event's udata */
    uint16_t flags;      /* KQUEUE: KQ_ONESHOT, KQ_CLEAR, KQ_DISPATCH */
    uint64_t value;

    struct kqueue_ticket ticket; /* of the event, while there is one */
    bool has_ticket;
};

/* A piece of guest memory, as the host's struct iovec. */
struct aio_piece {
    uint64_t base, length;
};

enum aio_phase { AIO_QUEUED, AIO_RUNNING, AIO_WAITING, AIO_DONE };

/* A request. The first part is filled by who makes it, the second belongs to this file. */
struct aio_job {
    enum aio_operation operation;
    uint64_t ident; /* by which the guest names it: an address */
    int32_t fd;
    bool is_socket;
    bool quiet;       /* a socket that raises no SIGPIPE */
    bool at_position; /* at the file's own offset, not at `offset` */
    int64_t offset;
    struct aio_notice notice;

    struct aio_job *next, *previous; /* all of the process's, oldest first */
    struct aio_job *next_done;
    struct aio_job *next_waiting; /* the worker's */
    struct aio_list *list;
    enum aio_phase phase;
    uint32_t references; /* the process's and the worker's */
    bool cancelled;      /* while it was running */
    bool event_due;      /* the notifier has to tell a kqueue */
    int32_t host_fd;     /* in the worker's table */
    uint64_t inode;      /* sockets: which */
    uint64_t transferred;
    int64_t result; /* DONE: bytes or -errno */

    uint32_t piece_count;
    struct aio_piece pieces[];
};

/* A job with so many pieces, zeroed; NULL: no memory. heap_free() takes back one that was not submitted. */
struct aio_job *aio_job_new(uint32_t pieces);

/* Whether the process has had to do with asynchronous I/O; makes it so. Returns 0, -ENOMEM or -EAGAIN. */
bool aio_used(const struct thread *t);
int aio_use(struct thread *t);

/* Whether there are as many requests as there may be. */
bool aio_full(struct thread *t);

/*
 * Submits a job, which belongs to this file from then on. Returns 0, or -EAGAIN (too many, or the host does not give
 * what is needed for it), -EBADF (no such descriptor or kqueue); then the job is still the caller's.
 */
int aio_submit(struct thread *t, struct aio_job *job, struct aio_list *list);

/* How a request stands: -ENOENT: there is none; 0: *done tells whether it has ended, *result how. */
int aio_look(struct thread *t, uint64_t ident, bool *done, int64_t *result);

/* Takes the result of a request that has ended, and forgets it. Returns 0, or -ENOENT: there is none that has. */
int aio_take(struct thread *t, uint64_t ident, int64_t *result);

/*
 * The same for whichever ended first; waits for one until the deadline. Returns 0, -EAGAIN (time is up, also when
 * `now`: it is not to wait at all), or -EINTR.
 */
int aio_take_next(struct thread *t, bool now, const struct deadline *d, uint64_t *ident, int64_t *result);

/* Waits until one of the requests has ended; those that are none are passed over. Returns 0, -EAGAIN or -EINTR. */
int aio_wait(struct thread *t, const uint64_t *idents, uint32_t count, const struct deadline *d);

/* Cancels what was asked of descriptor fd: the request `ident`, or all where that is 0. */
enum aio_cancelled { AIO_ALL_DONE, AIO_ALL_CANCELLED, AIO_SOME_LEFT };
enum aio_cancelled aio_cancel(struct thread *t, int32_t fd, uint64_t ident);

/*
 * Lists. aio_list_new() makes one, *error telling what is wrong otherwise (-EBADF, -EAGAIN); jobs are submitted with it;
 * aio_list_done() says that these were all, waits for them if `wait`, and gives the list up. Returns 0 or -EINTR.
 */
struct aio_list *aio_list_new(struct thread *t, uint64_t ident, const struct aio_notice *notice, int *error);
int aio_list_done(struct thread *t, struct aio_list *list, bool wait);

/* Before exec and exit: cancels what has not begun, and waits for what has. */
void aio_rundown(struct thread *t);

/* Around a fork, outside of all other locks; `held` is what aio_hold_for_fork() has returned. */
struct aio_state;
struct aio_state *aio_hold_for_fork(struct thread *t);
void aio_release_after_fork(struct thread *t, struct aio_state *held, bool child);

#endif
