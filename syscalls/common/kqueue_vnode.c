/*
 * EVFILT_VNODE over inotify. Semantics: filt_fsvnode() and vfs_knl_*() of sys/kern/vfs_subr.c.
 *
 * One inotify descriptor per kqueue. The host gives one watch per inode, whatever descriptor it was reached by, so
 * several knotes may share one: it asks for what any of them wants. What inotify does not say (was it the link
 * count? did the file grow?) is found by comparing the file with what it was at the last look.
 */
#include <asm/stat.h>
#include <linux/eventpoll.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

#define INOTIFY_NONBLOCK  04000
#define INOTIFY_CLOEXEC   02000000
#define DIRECTORY_CHANGES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

static uint32_t mask_of(const struct knote *kn)
{
    static const struct {
        uint32_t note, mask;
    } table[] = {
        {KQ_NOTE_DELETE | KQ_NOTE_LINK | KQ_NOTE_ATTRIB, IN_ATTRIB | IN_DELETE_SELF},
        {KQ_NOTE_WRITE | KQ_NOTE_EXTEND | KQ_NOTE_ATTRIB, IN_MODIFY},
        {KQ_NOTE_WRITE | KQ_NOTE_EXTEND, DIRECTORY_CHANGES},
        {KQ_NOTE_LINK, DIRECTORY_CHANGES},
        {KQ_NOTE_RENAME, IN_MOVE_SELF},
        {KQ_NOTE_OPEN, IN_OPEN},
        {KQ_NOTE_CLOSE, IN_CLOSE_NOWRITE},
        {KQ_NOTE_CLOSE_WRITE, IN_CLOSE_WRITE},
        {KQ_NOTE_READ, IN_ACCESS},
    };
    uint32_t mask = IN_DELETE_SELF | IN_MOVE_SELF; /* never empty; a directory's parent changes by a move */
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        if ((kn->sfflags & table[i].note) != 0) {
            mask |= table[i].mask;
        }
    }
    return S_ISDIR(kn->mode) ? mask : mask & ~(uint32_t)DIRECTORY_CHANGES;
}

static int open_inotify(struct kqueue *kq)
{
    if (kq->inotify >= 0) {
        return 0;
    }
    int64_t fd = host_call1(__NR_inotify_init1, INOTIFY_NONBLOCK | INOTIFY_CLOEXEC);
    int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
    if (own < 0) {
        if (fd >= 0) {
            host_call1(__NR_close, fd);
        }
        return -ENOMEM;
    }
    kq->inotify = own;
    return kqueue_watch_token(kq, 0, own, TOKEN_INOTIFY, EPOLLIN);
}

static struct knote **bucket_of_watch(struct kqueue *kq, int32_t watch)
{
    return &kq->vnodes[(uint32_t)watch % KQ_VNODE_BUCKETS];
}

int kqueue_inotify_watch(struct kqueue *kq, struct knote *kn, uint32_t mask)
{
    char path[32];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/self/fd/%lu", (unsigned long)kn->ident);
    int r = open_inotify(kq);
    if (r < 0) {
        return r;
    }
    int64_t watch = host_call3(__NR_inotify_add_watch, kq->inotify, text_cstr(&x), mask | IN_MASK_ADD);
    if (watch < 0) {
        return watch == -ENOSPC ? -ENOMEM : (int)watch;
    }
    if (kn->watch != (int32_t)watch) {
        kn->watch = (int32_t)watch;
        struct knote **bucket = bucket_of_watch(kq, kn->watch);
        kn->list_next = *bucket;
        *bucket = kn;
    }
    return 0;
}

/*
 * The host tells nobody of a directory's end who has it open; its parent's watchers hear of it. A watch that is shared
 * by others, or for a directory that has moved on, only costs looks.
 */
static void watch_parent(struct kqueue *kq, const struct knote *kn)
{
    char path[40];
    struct text x = TEXT_ON(path);
    if (S_ISDIR(kn->mode) && (kn->sfflags & KQ_NOTE_DELETE) != 0) {
        text_format(&x, "/proc/self/fd/%lu/..", (unsigned long)kn->ident);
        host_call3(__NR_inotify_add_watch, kq->inotify, text_cstr(&x), IN_DELETE | IN_MASK_ADD);
    }
}

void kqueue_inotify_unwatch(struct kqueue *kq, struct knote *kn)
{
    bool shared = false;
    if (kn->watch < 0) {
        return;
    }
    for (struct knote **at = bucket_of_watch(kq, kn->watch); *at != NULL;) {
        if (*at == kn) {
            *at = kn->list_next;
            continue;
        }
        shared = shared || (*at)->watch == kn->watch;
        at = &(*at)->list_next;
    }
    if (!shared) {
        host_call2(__NR_inotify_rm_watch, kq->inotify, kn->watch);
        for (const struct knote *child = kq->directories; child != NULL; child = child->directory_next) {
            watch_parent(kq, child); /* it may have been by this watch */
        }
    }
    kn->watch = -1;
}

static void remember(struct knote *kn, const struct stat *st)
{
    kn->vnode = (struct vnode_state){.size = (uint64_t)st->st_size,
                                     .links = st->st_nlink,
                                     .mode = st->st_mode,
                                     .uid = st->st_uid,
                                     .gid = st->st_gid};
}

static void join_directories(struct kqueue *kq, struct knote *kn)
{
    kn->directory_next = kq->directories;
    kq->directories = kn;
}

static void leave_directories(struct kqueue *kq, const struct knote *kn)
{
    for (struct knote **at = &kq->directories; *at != NULL; at = &(*at)->directory_next) {
        if (*at == kn) {
            *at = kn->directory_next;
            return;
        }
    }
}

static int vnode_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct stat st;
    int64_t r = host_call2(__NR_fstat, kn->ident, &st);
    if (r < 0) {
        return (int)r;
    }
    if (!kqueue_is_vnode(t, (int)kn->ident, st.st_mode)) {
        return -EINVAL;
    }
    kn->mode = st.st_mode;
    kn->host_fd = (int32_t)kn->ident;
    remember(kn, &st);
    r = kqueue_inotify_watch(kq, kn, mask_of(kn));
    if (r == 0 && S_ISDIR(kn->mode)) {
        join_directories(kq, kn);
        watch_parent(kq, kn);
    }
    return (int)r;
}

static void vnode_detach(struct kqueue *kq, struct knote *kn)
{
    if (S_ISDIR(kn->mode)) {
        leave_directories(kq, kn);
    }
    kqueue_inotify_unwatch(kq, kn);
}

static int vnode_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change == NULL) {
        return 0;
    }
    kn->sfflags = change->fflags;
    watch_parent(kq, kn);
    return kqueue_inotify_watch(kq, kn, mask_of(kn));
}

/* What vop_link_post(), vop_remove_post() and vop_setattr_post() say, told apart by what has changed. */
static uint32_t notes_of_attributes(const struct knote *kn, const struct stat *st)
{
    const struct vnode_state *was = &kn->vnode;
    uint32_t notes = 0;
    notes |= st->st_nlink > was->links ? KQ_NOTE_LINK : 0;
    notes |= st->st_nlink < was->links ? KQ_NOTE_DELETE : 0;
    bool attributes = st->st_mode != was->mode || st->st_uid != was->uid || st->st_gid != was->gid;
    return attributes || notes == 0 ? notes | KQ_NOTE_ATTRIB : notes;
}

/* A write, or (since the host says the same of it) a change of the size, which is an attribute: vop_setattr_post(). */
static uint32_t notes_of_content(const struct knote *kn, const struct stat *st)
{
    uint64_t size = (uint64_t)st->st_size;
    if (size < kn->vnode.size) {
        return KQ_NOTE_ATTRIB;
    }
    return KQ_NOTE_WRITE | (size > kn->vnode.size ? KQ_NOTE_EXTEND : 0);
}

static uint32_t notes_of_self(struct knote *kn, uint32_t mask)
{
    static const struct {
        uint32_t mask, note;
    } table[] = {
        {IN_DELETE_SELF, KQ_NOTE_DELETE},
        {IN_MOVE_SELF, KQ_NOTE_RENAME},
        {IN_UNMOUNT, KQ_NOTE_REVOKE},
        {IN_OPEN, KQ_NOTE_OPEN},
        {IN_ACCESS, KQ_NOTE_READ},
        {IN_CLOSE_NOWRITE, KQ_NOTE_CLOSE},
        {IN_CLOSE_WRITE, KQ_NOTE_CLOSE_WRITE},
    };
    struct stat st;
    uint32_t notes = 0;
    if (host_call2(__NR_fstat, kn->host_fd, &st) < 0) {
        return 0;
    }
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        notes |= (mask & table[i].mask) != 0 ? table[i].note : 0;
    }
    notes |= (mask & IN_ATTRIB) != 0 ? notes_of_attributes(kn, &st) : 0;
    notes |= (mask & IN_MODIFY) != 0 ? notes_of_content(kn, &st) : 0;
    if (kn->vnode.links == 0) {
        notes &= ~(uint32_t)KQ_NOTE_DELETE; /* the host says it again when the last descriptor is closed */
    }
    remember(kn, &st);
    return notes;
}

/*
 * Names came or went in a directory: a subdirectory changes its link count, and what moves to or from another
 * directory makes both larger (vop_mkdir_post(), vop_rename_post()).
 */
static uint32_t notes_of_names(uint32_t mask, bool within)
{
    uint32_t notes = KQ_NOTE_WRITE;
    bool move = (mask & (IN_MOVED_FROM | IN_MOVED_TO)) != 0;
    if (move && !within) {
        notes |= KQ_NOTE_EXTEND;
    }
    if ((mask & IN_ISDIR) != 0 && (!move || !within)) {
        notes |= KQ_NOTE_LINK;
    }
    return notes;
}

static void note(struct kqueue *kq, struct knote *kn, uint32_t notes)
{
    if ((notes & KQ_NOTE_REVOKE) != 0) {
        kn->flags |= KQ_EOF; /* filt_vfsvnode(): the file system is gone */
    }
    if ((notes & kn->sfflags) != 0 || (notes & KQ_NOTE_REVOKE) != 0) {
        kn->fflags |= notes & kn->sfflags;
        knote_activate(kq, kn);
    }
}

/* A directory has been removed somewhere: one of ours? */
static void look_at_directories(struct kqueue *kq)
{
    struct stat st;
    for (struct knote *kn = kq->directories; kn != NULL; kn = kn->directory_next) {
        if (kn->vnode.links != 0 && host_call2(__NR_fstat, kn->host_fd, &st) == 0 && st.st_nlink == 0) {
            kn->vnode.links = 0;
            note(kq, kn, KQ_NOTE_DELETE);
        }
    }
}

static void deliver_to(struct kqueue *kq, struct knote *kn, const struct inotify_event *event, bool within)
{
    if (kn->filter != KQ_FILTER_VNODE) {
        if ((event->mask & IN_MODIFY) != 0) {
            knote_activate(kq, kn); /* READ or WRITE of a file: the filter looks whether there is something */
        }
    } else if (event->len == 0) {
        note(kq, kn, notes_of_self(kn, event->mask));
        if ((event->mask & IN_MOVE_SELF) != 0) {
            watch_parent(kq, kn);
        }
    } else if ((event->mask & DIRECTORY_CHANGES) != 0) {
        note(kq, kn, notes_of_names(event->mask, within));
    }
}

/* The host had no room for all: better to tell of a write that was none than to keep silent about one that was. */
static void deliver_lost(struct kqueue *kq)
{
    const struct inotify_event any = {.mask = IN_MODIFY | IN_ATTRIB};
    for (struct knote *kn = kq->all; kn != NULL; kn = kn->next) {
        if (kn->watch >= 0) {
            deliver_to(kq, kn, &any, false);
        }
    }
    look_at_directories(kq);
}

static void deliver(struct kqueue *kq, const struct inotify_event *event, bool within)
{
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        deliver_lost(kq);
        return;
    }
    for (struct knote *kn = *bucket_of_watch(kq, event->wd); kn != NULL; kn = kn->list_next) {
        if (kn->watch == event->wd) {
            deliver_to(kq, kn, event, within);
        }
    }
    if ((event->mask & (IN_DELETE | IN_ISDIR)) == (IN_DELETE | IN_ISDIR)) {
        look_at_directories(kq);
    }
}

/* Whether two events in a row are of one rename within one directory. */
static bool are_pair(const struct inotify_event *a, const struct inotify_event *b)
{
    return a != NULL && b != NULL && a->cookie != 0 && a->cookie == b->cookie && a->wd == b->wd;
}

void kqueue_read_inotify(struct kqueue *kq)
{
    _Alignas(struct inotify_event) char buffer[2048];
    for (;;) {
        int64_t n = host_call3(__NR_read, kq->inotify, buffer, sizeof buffer);
        if (n <= 0) {
            return;
        }
        const struct inotify_event *last = NULL;
        for (int64_t at = 0; at < n;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            at += (int64_t)(sizeof *event + event->len);
            const struct inotify_event *next = at < n ? (const struct inotify_event *)(buffer + at) : NULL;
            deliver(kq, event, are_pair(last, event) || are_pair(event, next));
            last = event;
        }
    }
}

static bool vnode_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    (void)t;
    (void)events;
    if ((kn->flags & KQ_CLEAR) == 0) {
        kqueue_read_inotify(kq); /* it has been reported before: what has come to it since belongs to it */
    }
    out->fflags = kn->fflags;
    if ((kn->flags & KQ_CLEAR) != 0) {
        kn->fflags = 0;
    }
    return out->fflags != 0 || (kn->flags & KQ_EOF) != 0;
}

const struct filter_ops filter_vnode = {
    .is_fd = true, .attach = vnode_attach, .detach = vnode_detach, .update = vnode_update, .report = vnode_report};
