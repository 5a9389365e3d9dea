/* The table of descriptor objects, and the calls that make, copy and close descriptors. */
#include "process/descriptors.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"

#define CLOSE_LOOP_MAX 65536 /* where the host has no close_range(2) */

struct descriptor_page {
    struct descriptor_object *objects[DESCRIPTORS_PER_PAGE];
};

/* Set once at start, before there is a guest. */
static descriptor_closing_fn *closing;

void descriptors_on_close(descriptor_closing_fn *fn)
{
    closing = fn;
}

static int is_second(struct thread *t, void *count)
{
    (void)t;
    return ++*(int *)count > 1;
}

/* Whether no other thread shares the memory: then the caller alone could change that, and needs no lock. */
static bool alone(void)
{
    int count = 0;
    threads_each(is_second, &count);
    return count == 1;
}

void descriptor_put(struct descriptor_object *o)
{
    if (o == NULL) {
        return;
    }
    if ((alone() ? --o->references : __atomic_sub_fetch(&o->references, 1, __ATOMIC_ACQ_REL)) == 0) {
        o->ops->release(o);
    }
}

static void reference(struct descriptor_object *o)
{
    __atomic_add_fetch(&o->references, 1, __ATOMIC_RELAXED);
}

/* Where fd's object hangs, or NULL. The lock is held. */
static struct descriptor_object **slot_of(struct descriptor_table *d, uint32_t fd)
{
    uint32_t page = fd / DESCRIPTORS_PER_PAGE;
    if (page >= DESCRIPTOR_PAGES || d->pages == NULL || d->pages[page] == NULL) {
        return NULL;
    }
    return &d->pages[page]->objects[fd % DESCRIPTORS_PER_PAGE];
}

/* Takes fd's object out of the table; the table's reference becomes the caller's. */
static struct descriptor_object *detach(struct descriptor_table *d, uint32_t fd)
{
    if (__atomic_load_n(&d->used, __ATOMIC_ACQUIRE) == 0) {
        return NULL;
    }
    struct descriptor_object *o = NULL;
    lock_acquire(&d->lock);
    struct descriptor_object **slot = slot_of(d, fd);
    if (slot != NULL && *slot != NULL) {
        o = *slot;
        *slot = NULL;
        d->used--;
    }
    lock_release(&d->lock);
    return o;
}

/* Makes room for an object in that page; where there is no memory, slot_of() finds none. The lock is held. */
static void make_page(struct descriptor_table *d, uint32_t page)
{
    if (d->pages == NULL) {
        d->pages = heap_alloc(DESCRIPTOR_PAGES * sizeof *d->pages);
    }
    if (d->pages != NULL && d->pages[page] == NULL) {
        d->pages[page] = heap_alloc(sizeof(struct descriptor_page));
    }
}

int descriptor_attach(struct descriptor_table *d, int fd, struct descriptor_object *o)
{
    uint32_t page = (uint32_t)fd / DESCRIPTORS_PER_PAGE;
    if (fd < 0 || page >= DESCRIPTOR_PAGES) {
        return -EBADF;
    }
    struct descriptor_object *stale = NULL;
    int r = 0;
    lock_acquire(&d->lock);
    make_page(d, page);
    struct descriptor_object **slot = slot_of(d, (uint32_t)fd);
    if (slot == NULL) {
        r = -ENOMEM;
    } else {
        stale = *slot;
        *slot = o;
        d->used += stale == NULL;
    }
    lock_release(&d->lock);
    descriptor_put(stale);
    return r;
}

/* fd's object with a reference, whatever its kind. */
static struct descriptor_object *object_of(struct descriptor_table *d, int fd)
{
    if (fd < 0 || __atomic_load_n(&d->used, __ATOMIC_ACQUIRE) == 0) {
        return NULL;
    }
    if (alone()) {
        struct descriptor_object **slot = slot_of(d, (uint32_t)fd);
        struct descriptor_object *o = slot != NULL ? *slot : NULL;
        if (o != NULL) {
            o->references++;
        }
        return o;
    }
    lock_acquire(&d->lock);
    struct descriptor_object **slot = slot_of(d, (uint32_t)fd);
    struct descriptor_object *o = slot != NULL ? *slot : NULL;
    if (o != NULL) {
        reference(o);
    }
    lock_release(&d->lock);
    return o;
}

struct descriptor_object *descriptor_get(struct descriptor_table *d, int fd, enum descriptor_kind kind)
{
    struct descriptor_object *o = object_of(d, fd);
    if (o != NULL && o->ops->kind != kind) {
        descriptor_put(o);
        return NULL;
    }
    return o;
}

enum descriptor_kind descriptor_kind_of(struct descriptor_table *d, int fd)
{
    struct descriptor_object *o = object_of(d, fd);
    enum descriptor_kind kind = o != NULL ? o->ops->kind : DESCRIPTOR_PLAIN;
    descriptor_put(o);
    return kind;
}

/* Whether no descriptor has an object, and nobody looks at their ends: close is the host's alone then. */
static bool is_unused(const struct descriptor_table *d)
{
    return __atomic_load_n(&d->used, __ATOMIC_ACQUIRE) == 0 && d->watchers == NULL;
}

static void announce_close(struct thread *t, uint32_t first, uint32_t last)
{
    if (closing != NULL && t->proc->descriptors->watchers != NULL) {
        closing(t, first, last);
    }
}

static __attribute__((noinline)) int64_t close_watched(struct thread *t, int fd)
{
    if (fd < 0 || engine_descriptor(fd)) {
        return -EBADF;
    }
    announce_close(t, (uint32_t)fd, (uint32_t)fd);
    /* Out of the table before the number can be given to somebody else. */
    struct descriptor_object *o = detach(t->proc->descriptors, (uint32_t)fd);
    int64_t r = host_call1(__NR_close, fd);
    descriptor_put(o);
    return r;
}

int64_t descriptor_close(struct thread *t, int fd)
{
    bool ordinary = (uint32_t)fd < ENGINE_DESCRIPTOR_LOWEST && is_unused(t->proc->descriptors);
    return ordinary ? host_call1(__NR_close, fd) : close_watched(t, fd);
}

/* The copy `to` of fd gets fd's object as well. */
static int64_t copy_object(struct thread *t, int fd, int64_t to)
{
    struct descriptor_object *o = object_of(t->proc->descriptors, fd);
    if (to < 0 || o == NULL) {
        descriptor_put(o);
        return to;
    }
    int r = descriptor_attach(t->proc->descriptors, (int)to, o);
    if (r < 0) {
        descriptor_put(o);
        host_call1(__NR_close, to);
        return r;
    }
    return to;
}

int64_t descriptor_dup(struct thread *t, int fd, int min, bool cloexec)
{
    if (engine_descriptor(fd)) {
        return -EBADF;
    }
    if (min < 0) {
        return copy_object(t, fd, host_call1(__NR_dup, fd));
    }
    return copy_object(t, fd, host_call3(__NR_fcntl, fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min));
}

/* Whether the host would give that number: what hangs on it must stay where it would not. */
static bool may_become(const struct descriptor_table *d, int to)
{
    struct rlimit64 limit;
    bool plain = d->watchers == NULL && __atomic_load_n(&d->used, __ATOMIC_RELAXED) == 0;
    return plain || is_error(host_call4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit)) || (uint64_t)to < limit.rlim_cur;
}

int64_t descriptor_dup2(struct thread *t, int fd, int to, bool cloexec)
{
    if (engine_descriptor(fd) || engine_descriptor(to) || to < 0) {
        return -EBADF;
    }
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFD, 0);
    if (r < 0 || fd == to) {
        return r < 0 ? r : to;
    }
    if (!may_become(t->proc->descriptors, to)) {
        return -EBADF;
    }
    announce_close(t, (uint32_t)to, (uint32_t)to);
    struct descriptor_object *o = detach(t->proc->descriptors, (uint32_t)to);
    r = host_call3(__NR_dup3, fd, to, cloexec ? O_CLOEXEC : 0);
    descriptor_put(o);
    return copy_object(t, fd, r);
}

static void detach_range(struct descriptor_table *d, uint32_t first, uint32_t last)
{
    for (uint32_t page = first / DESCRIPTORS_PER_PAGE; page <= last / DESCRIPTORS_PER_PAGE; page++) {
        if (page >= DESCRIPTOR_PAGES || d->used == 0) {
            return;
        }
        for (uint32_t i = 0; i < DESCRIPTORS_PER_PAGE && d->pages != NULL && d->pages[page] != NULL; i++) {
            uint32_t fd = page * DESCRIPTORS_PER_PAGE + i;
            if (fd >= first && fd <= last) {
                descriptor_put(detach(d, fd));
            }
        }
    }
}

static int64_t host_close_range(uint32_t first, uint32_t last)
{
    int64_t r = host_call3(__NR_close_range, first, last, 0);
    if (r != -ENOSYS && r != -EPERM) {
        return r;
    }
    for (uint32_t fd = first; fd <= last && fd < CLOSE_LOOP_MAX; fd++) {
        host_call1(__NR_close, fd);
    }
    return 0;
}

int64_t descriptor_close_range(struct thread *t, uint32_t first, uint32_t last)
{
    if (first > last) {
        return -EINVAL;
    }
    announce_close(t, first, last);
    detach_range(t->proc->descriptors, first, last);
    /* In pieces, around the engine's own. */
    uint32_t from = first;
    for (uint32_t fd = engine_descriptor_next(first); fd != UINT32_MAX && fd <= last;
         fd = engine_descriptor_next(fd + 1)) {
        if (fd > from) {
            host_close_range(from, fd - 1);
        }
        from = fd + 1;
    }
    return from <= last ? host_close_range(from, last) : 0;
}

int descriptors_copy(struct descriptor_table *to, struct descriptor_table *from)
{
    int r = 0;
    lock_acquire(&from->lock);
    for (uint32_t i = 0; i < DESCRIPTOR_PAGES && r == 0 && from->used != 0; i++) {
        if (from->pages[i] == NULL) {
            continue;
        }
        make_page(to, i);
        if (to->pages == NULL || to->pages[i] == NULL) {
            r = -ENOMEM;
            break;
        }
        memcpy(to->pages[i], from->pages[i], sizeof(struct descriptor_page));
        for (uint32_t j = 0; j < DESCRIPTORS_PER_PAGE; j++) {
            if (to->pages[i]->objects[j] != NULL) {
                reference(to->pages[i]->objects[j]);
                to->used++;
            }
        }
    }
    lock_release(&from->lock);
    return r;
}

/* Calls fn for every descriptor that has an object. Nobody else uses the table. */
static void each_object(struct descriptor_table *d, void (*fn)(struct descriptor_table *, uint32_t))
{
    for (uint32_t i = 0; i < DESCRIPTOR_PAGES && d->used != 0; i++) {
        for (uint32_t j = 0; j < DESCRIPTORS_PER_PAGE && d->pages[i] != NULL; j++) {
            if (d->pages[i]->objects[j] != NULL) {
                fn(d, i * DESCRIPTORS_PER_PAGE + j);
            }
        }
    }
}

static void drop_one(struct descriptor_table *d, uint32_t fd)
{
    descriptor_put(detach(d, fd));
}

void descriptors_drop(struct descriptor_table *d)
{
    each_object(d, drop_one);
    for (uint32_t i = 0; i < DESCRIPTOR_PAGES && d->pages != NULL; i++) {
        heap_free(d->pages[i]);
    }
    heap_free(d->pages);
    d->pages = NULL;
}

static bool dies_in_fork(struct descriptor_table *d, uint32_t fd)
{
    struct descriptor_object *o = *slot_of(d, fd);
    return o->ops->survives_fork != NULL && !o->ops->survives_fork(o);
}

static void drop_in_child(struct descriptor_table *d, uint32_t fd)
{
    if (dies_in_fork(d, fd)) {
        struct descriptor_object *o = detach(d, fd);
        host_call1(__NR_close, fd);
        descriptor_put(o);
    }
}

void descriptors_after_fork(struct thread *t)
{
    struct descriptor_table *d = t->proc->descriptors;
    lock_reset(&d->lock); /* another thread of the parent may have held it */
    each_object(d, drop_in_child);
    if (d->watchers != NULL) { /* a page that is not written to need not be copied */
        d->watchers = NULL;
    }
}

/* Whether the next image could not know what it is. */
static bool lives_here_only(struct descriptor_table *d, uint32_t fd)
{
    return dies_in_fork(d, fd) || (*slot_of(d, fd))->ops->kind == DESCRIPTOR_ROUTE;
}

static void mark_for_exec(struct descriptor_table *d, uint32_t fd)
{
    if (lives_here_only(d, fd)) {
        (*slot_of(d, fd))->marked = (host_call3(__NR_fcntl, fd, F_GETFD, 0) & FD_CLOEXEC) == 0;
        host_call3(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC);
    }
}

static void unmark(struct descriptor_table *d, uint32_t fd)
{
    if (lives_here_only(d, fd) && (*slot_of(d, fd))->marked != 0) {
        host_call3(__NR_fcntl, fd, F_SETFD, 0);
    }
}

void descriptors_before_exec(struct thread *t)
{
    each_object(t->proc->descriptors, mark_for_exec);
}

void descriptors_exec_failed(struct thread *t)
{
    each_object(t->proc->descriptors, unmark);
}
