/* kqueues as objects: making and ending them, their knotes, and changes. Semantics: sys/kern/kern_event.c. */
#include "syscalls/common/kqueue.h"

#include <linux/eventpoll.h>
#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

#define FIRST_BUCKETS 16
#define FIRST_SLOTS   16

static void kqueue_release(struct descriptor_object *o);

static bool survives_fork(struct descriptor_object *o)
{
    (void)o;
    return false; /* kqueue(2): not inherited by a child made with fork(2) */
}

static const struct descriptor_ops kqueue_ops = {
    .kind = DESCRIPTOR_KQUEUE, .release = kqueue_release, .survives_fork = survives_fork};

static const struct filter_ops *filter_ops_of(int filter)
{
    switch (filter) {
    case KQ_FILTER_READ:
        return &filter_read;
    case KQ_FILTER_WRITE:
        return &filter_write;
    case KQ_FILTER_TIMER:
        return &filter_timer;
    case KQ_FILTER_USER:
        return &filter_user;
    case KQ_FILTER_SIGNAL:
        return &filter_signal;
    case KQ_FILTER_PROC:
        return &filter_proc;
    case KQ_FILTER_PROCDESC:
        return &filter_procdesc;
    case KQ_FILTER_VNODE:
        return &filter_vnode;
    case KQ_FILTER_AIO:
        return &filter_aio;
    case KQ_FILTER_LIO:
        return &filter_lio;
    case KQ_FILTER_FS:
        return &filter_fs;
    case KQ_FILTER_SENDFILE:
        return &filter_sendfile;
    case KQ_FILTER_EMPTY:
        return &filter_empty;
    default:
        return NULL;
    }
}

static struct kqueue_group *group_of(struct process *p)
{
    void *group = __atomic_load_n(&p->descriptors->watchers, __ATOMIC_ACQUIRE);
    if (group != NULL) {
        return group;
    }
    struct kqueue_group *fresh = heap_alloc(sizeof *fresh);
    if (fresh == NULL) {
        return NULL;
    }
    fresh->signal_bell = -1;
    if (!__atomic_compare_exchange_n(&p->descriptors->watchers, &group, fresh, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        heap_free(fresh);
        return group;
    }
    return fresh;
}

static void descriptors_closing(struct thread *t, uint32_t first, uint32_t last);

static struct kqueue *kqueue_new(struct process *p)
{
    struct kqueue_group *group = group_of(p);
    struct kqueue *kq = heap_alloc(sizeof *kq);
    if (kq == NULL || group == NULL) {
        heap_free(kq);
        return NULL;
    }
    kq->buckets = heap_alloc(FIRST_BUCKETS * sizeof *kq->buckets);
    if (kq->buckets == NULL) {
        heap_free(kq);
        return NULL;
    }
    kq->object = (struct descriptor_object){.ops = &kqueue_ops, .references = 1};
    kq->pid = p->pid;
    kq->group = group;
    kq->bucket_count = FIRST_BUCKETS;
    kq->slot_free = NO_SLOT;
    kq->epoll = kq->bell = kq->inotify = kq->watch_bell = kq->signal_fd = -1;
    kq->table = p->table;
    for (int i = 0; i < KQ_LANES; i++) {
        kq->lanes[i] = -1;
    }
    return kq;
}

int64_t kqueue_create(struct thread *t, bool cloexec)
{
    struct kqueue *kq = kqueue_new(t->proc);
    if (kq == NULL) {
        return -ENOMEM;
    }
    int64_t fd = host_call1(__NR_epoll_create1, cloexec ? EPOLL_CLOEXEC : 0);
    if (fd < 0) {
        kqueue_release(&kq->object);
        return fd;
    }
    /* A copy of our own: knotes must be removable when the guest has closed one of several descriptors. */
    int64_t copy = host_call1(__NR_dup, fd);
    int own = copy < 0 ? (int)copy : engine_descriptor_adopt((int)copy);
    if (own < 0) {
        if (copy >= 0) {
            host_call1(__NR_close, copy);
        }
        host_call1(__NR_close, fd);
        kqueue_release(&kq->object);
        return own;
    }
    kq->epoll = kq->lanes[0] = own;
    descriptors_on_close(descriptors_closing);
    lock_acquire(&kq->group->lock);
    kq->number = ++kq->group->queues;
    kq->group_next = kq->group->first;
    kq->group->first = kq;
    lock_release(&kq->group->lock);
    int r = descriptor_attach(t->proc->descriptors, (int)fd, &kq->object);
    if (r < 0) {
        host_call1(__NR_close, fd);
        kqueue_release(&kq->object);
        return r;
    }
    return fd;
}

struct kqueue *kqueue_get(struct thread *t, int fd)
{
    return (struct kqueue *)descriptor_get(t->proc->descriptors, fd, DESCRIPTOR_KQUEUE);
}

void kqueue_put(struct kqueue *kq)
{
    descriptor_put(&kq->object);
}

uint64_t kqueue_looks(struct thread *t, int fd)
{
    struct kqueue *kq = kqueue_get(t, fd);
    uint64_t looks = kq != NULL ? kq->looks : 0;
    if (kq != NULL) {
        kqueue_put(kq);
    }
    return looks;
}

static void leave_group(struct kqueue *kq)
{
    lock_acquire(&kq->group->lock);
    for (struct kqueue **at = &kq->group->first; *at != NULL; at = &(*at)->group_next) {
        if (*at == kq) {
            *at = kq->group_next;
            break;
        }
    }
    lock_release(&kq->group->lock);
}

static void close_own(int32_t *fd)
{
    if (*fd >= 0) {
        engine_descriptor_close(*fd);
        *fd = -1;
    }
}

/* The last descriptor is gone. In a fork's child the epolls are the parent's too: there they are only closed. */
static void kqueue_release(struct descriptor_object *o)
{
    struct kqueue *kq = (struct kqueue *)o;
    bool owner = kq->pid == (int32_t)host_call0(__NR_getpid);
    if (owner) {
        leave_group(kq);
    }
    for (struct knote *kn = kq->all, *next; kn != NULL; kn = next) {
        next = kn->next;
        if (owner) {
            kqueue_unwatch(kq, kn);
        }
        if (kn->ops->owns_fd) {
            close_own(&kn->host_fd);
        }
        heap_free(kn);
    }
    for (int i = 1; i < KQ_LANES; i++) {
        close_own(&kq->lanes[i]);
    }
    close_own(&kq->epoll);
    close_own(&kq->bell);
    close_own(&kq->inotify);
    close_own(&kq->watch_bell);
    close_own(&kq->signal_fd);
    heap_free(kq->buckets);
    heap_free(kq->slots);
    heap_free(kq);
}

static uint32_t bucket_of(const struct kqueue *kq, uint64_t ident, int filter)
{
    uint64_t key = (ident ^ (uint64_t)(uint16_t)filter << 48) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(key >> 32) & (kq->bucket_count - 1);
}

struct knote *knote_find(struct kqueue *kq, uint64_t ident, int filter)
{
    for (struct knote *kn = kq->buckets[bucket_of(kq, ident, filter)]; kn != NULL; kn = kn->hash_next) {
        if (kn->ident == ident && kn->filter == filter) {
            return kn;
        }
    }
    return NULL;
}

/* More buckets when there are twice as many knotes; without memory the chains just grow. */
static void grow_buckets(struct kqueue *kq)
{
    uint32_t count = kq->bucket_count * 4;
    if (kq->knote_count < 2 * kq->bucket_count) {
        return;
    }
    struct knote **buckets = heap_alloc(count * sizeof *buckets);
    if (buckets == NULL) {
        return;
    }
    heap_free(kq->buckets);
    kq->buckets = buckets;
    kq->bucket_count = count;
    for (struct knote *kn = kq->all; kn != NULL; kn = kn->next) {
        struct knote **bucket = &buckets[bucket_of(kq, kn->ident, kn->filter)];
        kn->hash_next = *bucket;
        *bucket = kn;
    }
}

/* Makes all free slots anew, twice as many as there were. Returns 0 or -ENOMEM. */
static int grow_slots(struct kqueue *kq)
{
    uint32_t count = kq->slot_count != 0 ? kq->slot_count * 2 : FIRST_SLOTS;
    struct knote_slot *slots = count < TOKEN_FIRST ? heap_alloc(count * sizeof *slots) : NULL;
    if (slots == NULL) {
        return -ENOMEM;
    }
    if (kq->slots != NULL) {
        memcpy(slots, kq->slots, kq->slot_count * sizeof *slots);
        heap_free(kq->slots);
    }
    for (uint32_t i = kq->slot_count; i < count; i++) {
        slots[i].next = i + 1 < count ? i + 1 : NO_SLOT;
    }
    kq->slot_free = kq->slot_count;
    kq->slots = slots;
    kq->slot_count = count;
    return 0;
}

static int take_slot(struct kqueue *kq, struct knote *kn)
{
    if (kq->slot_free == NO_SLOT && grow_slots(kq) != 0) {
        return -ENOMEM;
    }
    struct knote_slot *slot = &kq->slots[kq->slot_free];
    kn->slot = kq->slot_free;
    kq->slot_free = slot->next;
    slot->knote = kn;
    slot->generation++;
    return 0;
}

static void give_slot(struct kqueue *kq, const struct knote *kn)
{
    struct knote_slot *slot = &kq->slots[kn->slot];
    slot->knote = NULL;
    slot->generation++;
    slot->next = kq->slot_free;
    kq->slot_free = kn->slot;
}

struct knote *knote_new(struct kqueue *kq, const struct filter_ops *ops, const struct kqueue_event *from)
{
    struct knote *kn = heap_alloc(sizeof *kn);
    if (kn == NULL || take_slot(kq, kn) < 0) {
        heap_free(kn);
        return NULL;
    }
    kn->ops = ops;
    kn->ident = from->ident;
    kn->filter = from->filter;
    kn->flags = (from->flags & (uint16_t)~KQ_ACTIONS) | ops->forced_flags;
    kn->sfflags = from->fflags;
    kn->sdata = from->data;
    kn->udata = from->udata;
    memcpy(kn->ext, from->ext, sizeof kn->ext);
    kn->disabled = (from->flags & KQ_DISABLE) != 0;
    kn->lane = kn->host_fd = kn->watch = kn->cell = kn->status = -1;

    kn->next = kq->all;
    if (kn->next != NULL) {
        kn->next->previous = kn;
    }
    kq->all = kn;
    struct knote **bucket = &kq->buckets[bucket_of(kq, kn->ident, kn->filter)];
    kn->hash_next = *bucket;
    *bucket = kn;
    kq->knote_count++;
    grow_buckets(kq);
    return kn;
}

/* Out of every list, and freed; what it observed is detached already. */
static void knote_free(struct kqueue *kq, struct knote *kn)
{
    struct knote **at = &kq->buckets[bucket_of(kq, kn->ident, kn->filter)];
    while (*at != kn) {
        at = &(*at)->hash_next;
    }
    *at = kn->hash_next;
    if (kn->next != NULL) {
        kn->next->previous = kn->previous;
    }
    if (kn->previous != NULL) {
        kn->previous->next = kn->next;
    } else {
        kq->all = kn->next;
    }
    give_slot(kq, kn);
    kq->knote_count--;
    heap_free(kn);
}

void knote_drop(struct kqueue *kq, struct knote *kn)
{
    knote_unready(kq, kn);
    kn->ops->detach(kq, kn);
    knote_free(kq, kn);
}

static int add_knote(struct thread *t, struct kqueue *kq, const struct filter_ops *ops,
                     const struct kqueue_event *change)
{
    struct knote *kn = knote_new(kq, ops, change);
    if (kn == NULL) {
        return -ENOMEM;
    }
    int r = ops->attach(t, kq, kn);
    if (r < 0) {
        knote_unready(kq, kn);
        knote_free(kq, kn);
        return r;
    }
    return 0;
}

static int change_knote(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if ((change->flags & KQ_KEEPUDATA) == 0) {
        kn->udata = change->udata;
    }
    if ((change->flags & KQ_FORCEONESHOT) != 0) {
        kn->flags |= KQ_ONESHOT;
        kn->forced = true;
        knote_activate(kq, kn);
    }
    /* kqueue_register(): adding it again does not enable it, whatever kqueue(2) says. */
    if ((change->flags & KQ_ENABLE) != 0) {
        kn->disabled = false;
    } else if ((change->flags & KQ_DISABLE) != 0) {
        kn->disabled = true;
        knote_unready(kq, kn);
    }
    int r = kn->ops->update(kq, kn, change);
    if (!kn->disabled && kn->active) {
        knote_activate(kq, kn);
    }
    return r;
}

static int change_locked(struct thread *t, struct kqueue *kq, const struct filter_ops *ops, struct kqueue_event *change)
{
    struct knote *kn = knote_find(kq, change->ident, change->filter);
    if (kn == NULL && (change->flags & KQ_ADD) == 0) {
        return -ENOENT;
    }
    if (kn == NULL) {
        int r = add_knote(t, kq, ops, change);
        if (r != -EBADF) {
            change->fflags = 0; /* the knote has them now, and a receipt has not */
        }
        return r;
    }
    if ((change->flags & KQ_DELETE) != 0) {
        knote_drop(kq, kn);
        return 0;
    }
    return change_knote(kq, kn, change);
}

int kqueue_change(struct thread *t, struct kqueue *kq, int fd, struct kqueue_event *change)
{
    const struct filter_ops *ops = filter_ops_of(change->filter);
    if (ops == NULL || (change->flags & (KQ_ENABLE | KQ_DISABLE)) == (KQ_ENABLE | KQ_DISABLE) ||
        (change->flags & (KQ_ADD | KQ_KEEPUDATA)) == (KQ_ADD | KQ_KEEPUDATA)) {
        return -EINVAL;
    }
    if (ops->is_fd) {
        if (change->ident > INT32_MAX || engine_descriptor((int)change->ident)) {
            return -EBADF;
        }
        if (change->ident == (uint64_t)fd) {
            return -EINVAL; /* a kqueue does not watch itself */
        }
    }
    lock_acquire(&kq->lock);
    int r = change_locked(t, kq, ops, change);
    lock_release(&kq->lock);
    if (r == -ENOENT && ops->is_fd && host_call3(__NR_fcntl, change->ident, F_GETFD, 0) < 0) {
        return -EBADF;
    }
    return r;
}

static const int fd_filters[] = {KQ_FILTER_READ, KQ_FILTER_WRITE, KQ_FILTER_VNODE, KQ_FILTER_PROCDESC, KQ_FILTER_EMPTY};

static void drop_range(struct kqueue *kq, uint32_t first, uint32_t last)
{
    lock_acquire(&kq->lock);
    if (first == last) {
        for (unsigned i = 0; i < sizeof fd_filters / sizeof fd_filters[0]; i++) {
            struct knote *kn = knote_find(kq, first, fd_filters[i]);
            if (kn != NULL) {
                knote_drop(kq, kn);
            }
        }
    } else {
        for (struct knote *kn = kq->all, *next; kn != NULL; kn = next) {
            next = kn->next;
            if (kn->ops->is_fd && kn->ident >= first && kn->ident <= last) {
                knote_drop(kq, kn);
            }
        }
    }
    lock_release(&kq->lock);
}

/* knote_fdclose(): the knotes go with the descriptor, even while the open file lives on in a copy of it. */
static void descriptors_closing(struct thread *t, uint32_t first, uint32_t last)
{
    struct kqueue_group *group = t->proc->descriptors->watchers;
    lock_acquire(&group->lock);
    for (struct kqueue *kq = group->first; kq != NULL; kq = kq->group_next) {
        drop_range(kq, first, last);
    }
    lock_release(&group->lock);
    kqueue_forget_errors(group, first, last);
}
