/*
 * Descriptor kinds: what a guest descriptor is beyond a host descriptor of the same number.
 *
 * Most descriptors have no entry. One that the guest's kernel would know as a kqueue, a process descriptor or a
 * synthetic file has an object hanging beside the host's table here; every call that makes, copies or closes
 * descriptors goes through this file, so that the object dies with the last descriptor that names it.
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
};

struct descriptor_object;

struct descriptor_ops {
    enum descriptor_kind kind;
    /* The last descriptor is gone: free what the object holds. */
    void (*release)(struct descriptor_object *o);
    /* In a fork's child; false: the descriptor does not exist there (a kqueue) and is closed. NULL: it stays. */
    bool (*survives_fork)(struct descriptor_object *o);
};

/* The head of every kind's object, from the engine heap. */
struct descriptor_object {
    const struct descriptor_ops *ops;
    int32_t references; /* one per descriptor, one per call that uses it at the moment */
};

#define DESCRIPTORS_PER_PAGE 512
#define DESCRIPTOR_PAGES 2048 /* 1,048,576 descriptors: the host's own ceiling (fs.nr_open's default) */

struct descriptor_page;

struct descriptor_table {
    struct lock lock;
    struct descriptor_page *pages[DESCRIPTOR_PAGES]; /* allocated when first used */
    uint32_t used; /* number of descriptors with an object: 0 makes every hook a single test */
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
 * The calls every personality's close, dup and close_range are made of. Host semantics, host errnos; they refuse
 * the engine's own descriptors as if those were not open (-EBADF). descriptor_dup: min < 0 means dup(2);
 * descriptor_dup2 with cloexec is dup3.
 */
int64_t descriptor_close(struct thread *t, int fd);
int64_t descriptor_dup(struct thread *t, int fd, int min, bool cloexec);
int64_t descriptor_dup2(struct thread *t, int fd, int to, bool cloexec);
int64_t descriptor_close_range(struct thread *t, uint32_t first, uint32_t last);

/* Observers of a descriptor's end: a kqueue drops its knotes for fd. Called before the host's close. */
typedef void descriptor_closing_fn(struct thread *t, int fd);
void descriptors_on_close(descriptor_closing_fn *fn);

/* Copies the table for a vfork child (new references); drops what does not survive a fork in a child. */
int descriptors_copy(struct descriptor_table *to, struct descriptor_table *from);
void descriptors_after_fork(struct thread *t);

/* Gives up every reference the table holds (the vfork child that used it is gone). */
void descriptors_drop(struct descriptor_table *d);

/* The engine's own descriptors: moved out of the guest's way, close-on-exec, hidden. Returns the new number or -errno. */
int engine_descriptor_adopt(int fd);
bool engine_descriptor(int fd);

#endif
