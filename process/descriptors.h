/*
 * Descriptor kinds: what a guest descriptor is beyond a host descriptor of the same number.
 *
 * Most descriptors have no entry. One that the guest's kernel would know as a kqueue, a process descriptor or
 * a synthetic file has an object hanging beside the host's table here; every call that makes, copies or
 * closes descriptors goes through this file, so that the object dies with the last descriptor that names it.
 */
#ifndef PROCESS_DESCRIPTORS_H
#define PROCESS_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

struct descriptor_table;
struct thread;

enum descriptor_kind {
    DESCRIPTOR_PLAIN,
    DESCRIPTOR_KQUEUE,
    DESCRIPTOR_PROCESS,   /* pdfork */
    DESCRIPTOR_DIRECTORY, /* holds a read position in guest terms */
    DESCRIPTOR_SYNTHETIC,
    DESCRIPTOR_ROUTE, /* a socket of the routing table's */
};

struct descriptor_object;

struct descriptor_ops {
    enum descriptor_kind kind;
    /* The last descriptor is gone: free what the object holds. */
    void (*release)(struct descriptor_object *o);
    /* In a fork's child; false: the descriptor does not exist there (a kqueue) and is closed. NULL: it stays.
     */
    bool (*survives_fork)(struct descriptor_object *o);
};

/* The head of every kind's object, from the engine heap. */
struct descriptor_object {
    const struct descriptor_ops *ops;
    int32_t references; /* one per descriptor, one per call that uses it at the moment */
    uint32_t marked;    /* 1: an exec has marked its descriptors close-on-exec */
};

#define DESCRIPTORS_PER_PAGE 512
#define DESCRIPTOR_PAGES     2048 /* 1,048,576 descriptors: the host's own ceiling (fs.nr_open's default) */

struct descriptor_page;

struct descriptor_table {
    struct lock lock;
    uint32_t used;                  /* number of descriptors with an object: 0 makes every hook a single test */
    void *watchers;                 /* what descriptor_closing_fn finds its own by: the process's kqueues */
    struct descriptor_page **pages; /* DESCRIPTOR_PAGES of them, allocated with the first object; each when used */
};

/* Hangs an object on a fresh descriptor; takes over the caller's reference. Returns 0 or -ENOMEM/-EBADF. */
int descriptor_attach(struct descriptor_table *d, int fd, struct descriptor_object *o);

/* The object of fd if it has the given kind, with a reference for the caller; NULL otherwise. */
struct descriptor_object *descriptor_get(struct descriptor_table *d, int fd, enum descriptor_kind kind);

/* Gives the reference back. */
void descriptor_put(struct descriptor_object *o);

/* What fd is; DESCRIPTOR_PLAIN for anything without an object, open or not. */
enum descriptor_kind descriptor_kind_of(struct descriptor_table *d, int fd);

/*
 * The calls every personality's close, dup and close_range are made of. Host semantics, host errnos; they
 * refuse the engine's own descriptors as if those were not open (-EBADF). descriptor_dup: min < 0 means
 * dup(2); descriptor_dup2 with cloexec is dup3.
 */
int64_t descriptor_close(struct thread *t, int fd);
int64_t descriptor_dup(struct thread *t, int fd, int min, bool cloexec);
int64_t descriptor_dup2(struct thread *t, int fd, int to, bool cloexec);
int64_t descriptor_close_range(struct thread *t, uint32_t first, uint32_t last);

/*
 * Observer of descriptors' end: kqueues drop their knotes for first to last. Called before the host's close,
 * as long as the table's `watchers` is not NULL.
 */
typedef void descriptor_closing_fn(struct thread *t, uint32_t first, uint32_t last);
void descriptors_on_close(descriptor_closing_fn *fn);

/* Copies the table for a vfork child, with new references. Returns 0 or -ENOMEM. */
int descriptors_copy(struct descriptor_table *to, struct descriptor_table *from);

/* In the child of a fork or vfork, before it returns to the guest: closes what does not survive a fork. */
void descriptors_after_fork(struct thread *t);

/* Gives up every reference the table holds (the vfork child that used it is gone). */
void descriptors_drop(struct descriptor_table *d);

/*
 * Right before the host's exec: what lives only in this image (a kqueue, a socket of the routing table's) is marked
 * close-on-exec, so that the next one does not inherit a descriptor without its meaning.
 */
void descriptors_before_exec(struct thread *t);

/* The exec has failed: takes these marks off again. */
void descriptors_exec_failed(struct thread *t);

/*
 * The engine's own descriptors: moved out of the guest's way, close-on-exec, hidden. Returns the new number
 * (fd itself is closed then) or -errno (fd is as it was). engine_descriptor_close() gives one back.
 */
int engine_descriptor_adopt(int fd);
void engine_descriptor_close(int fd);
bool engine_descriptor(int fd);

/* The same for calls that cannot afford to ask: none of the engine's has a low number (engine_descriptors.c). */
#define ENGINE_DESCRIPTOR_LOWEST 32
#define ENGINE_DESCRIPTOR_USUAL  1216 /* where they stand if the hard limit allows it */
static inline bool is_hidden(int fd)
{
    return fd >= ENGINE_DESCRIPTOR_LOWEST && engine_descriptor(fd);
}

/* The first of the engine's descriptors from fd on; UINT32_MAX: none. */
uint32_t engine_descriptor_next(uint32_t fd);

#endif
