/* Inside of asynchronous I/O: shared by the aio*.c files only. */
#ifndef SYSCALLS_COMMON_AIO_PRIVATE_H
#define SYSCALLS_COMMON_AIO_PRIVATE_H

#include "base/lock.h"
#include "syscalls/common/aio.h"

struct aio_list {
    struct aio_list *next;
    struct aio_notice notice;
    uint64_t ident;
    uint32_t jobs, ended; /* jobs: one more while they are submitted */
    bool told;            /* the signal was sent, the event is due or was */
    bool event_due;
};

struct aio_state {
    struct lock lock;
    uint32_t turn;    /* changes when a request ends: what is waited on */
    uint32_t waiters; /* threads of the guest's that do */
    struct aio_job *first, *last;
    struct aio_job *done_first, *done_last;
    struct aio_list *lists;
    uint32_t count;
    bool leaving;         /* nobody is told of anything any more */
    int32_t socket;       /* to the worker; -1: there is none */
    struct lock starting; /* held while one of the engine's threads is started, never with the other lock */
    struct thread *worker, *notifier;
    uint32_t notices; /* changes when the notifier has something to do: it waits on it */
};

/* What is sent to the worker: a job, with its descriptor; or nothing, to have it look what was cancelled. */
struct aio_message {
    struct aio_job *job;
};

/*
 * Starts the worker if it does not run; the notifier too, if the notice is of its kind. No lock may be held. Returns 0
 * or -errno.
 */
int aio_start_worker(struct thread *t, struct aio_state *s);
int aio_start_notifier(struct thread *t, struct aio_state *s, const struct aio_notice *notice);

/* Sends the worker a message, with fd if that is not -1. Returns 0 or -errno. */
int aio_send(struct aio_state *s, const struct aio_message *m, int fd);

/* The job has ended: tells whoever wants to know. The lock is held. */
void aio_finish(struct thread *t, struct aio_state *s, struct aio_job *job, int64_t result);

/* Gives a reference back. The lock is held. */
void aio_job_put(struct aio_job *job);

/*
 * aio_events.c: the event of a notice that wants one, made and taken away. The lock is held. Returns 0, -EBADF (no
 * kqueue) or -EAGAIN.
 */
int aio_event_add(struct thread *t, struct aio_notice *notice, int filter, uint64_t ident);
void aio_event_drop(struct aio_notice *notice);

#endif
