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
        {KQ_NOTE_WRITE | KQ_NOTE_EXTEND, IN_MODIFY | DIRECTORY_CHANGES},
        {KQ_NOTE_LINK, DIRECTORY_CHANGES},
        {KQ_NOTE_RENAME, IN_MOVE_SELF},
        {KQ_NOTE_OPEN, IN_OPEN},
        {KQ_NOTE_CLOSE, IN_CLOSE_NOWRITE},
        {KQ_NOTE_CLOSE_WRITE, IN_CLOSE_WRITE},
        {KQ_NOTE_READ, IN_ACCESS},
    };
    uint32_t mask = IN_DELETE_SELF; /* never empty */
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
    }
    kn->watch = -1;
}

static void remember(struct knote *kn, const struct stat *st)
{
    kn->vnode.size = (uint64_t)st->st_size;
    kn->vnode.links = st->st_nlink;
}

static int vnode_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct stat st;
    (void)t;
    int64_t r = host_call2(__NR_fstat, kn->ident, &st);
    if (r < 0) {
        return (int)r;
    }
    if (S_ISSOCK(st.st_mode) || (st.st_mode & S_IFMT) == 0) {
        return -EINVAL;
    }
    kn->mode = st.st_mode;
    kn->host_fd = (int32_t)kn->ident;
    remember(kn, &st);
    return kqueue_inotify_watch(kq, kn, mask_of(kn));
}

static int vnode_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change == NULL) {
        return 0;
    }
    kn->sfflags = change->fflags;
    return kqueue_inotify_watch(kq, kn, mask_of(kn));
}

/* What an inotify event on the object itself means. */
static uint32_t notes_of_attributes(struct knote *kn, const struct stat *st)
{
    uint32_t notes = KQ_NOTE_ATTRIB;
    if (st->st_nlink != kn->vnode.links) {
        notes = KQ_NOTE_LINK;
    }
    if (st->st_nlink == 0 && kn->vnode.links != 0) {
        notes |= KQ_NOTE_DELETE;
    }
    return notes;
}

static uint32_t notes_of(struct knote *kn, uint32_t mask, bool of_child)
{
    struct stat st;
    uint32_t notes = 0;
    if (of_child) {
        /* Names came or went in a directory; a subdirectory changes its link count. */
        if ((mask & DIRECTORY_CHANGES) != 0) {
            notes = KQ_NOTE_WRITE | ((mask & IN_ISDIR) != 0 ? KQ_NOTE_LINK : 0);
        }
        return notes;
    }
    if (host_call2(__NR_fstat, kn->host_fd, &st) < 0) {
        return 0;
    }
    if ((mask & IN_ATTRIB) != 0) {
        notes |= notes_of_attributes(kn, &st);
    }
    if ((mask & IN_MODIFY) != 0) {
        notes |= KQ_NOTE_WRITE | ((uint64_t)st.st_size > kn->vnode.size ? KQ_NOTE_EXTEND : 0);
    }
    notes |= (mask & IN_DELETE_SELF) != 0 ? KQ_NOTE_DELETE : 0;
    notes |= (mask & IN_MOVE_SELF) != 0 ? KQ_NOTE_RENAME : 0;
    notes |= (mask & IN_UNMOUNT) != 0 ? KQ_NOTE_REVOKE : 0;
    notes |= (mask & IN_OPEN) != 0 ? KQ_NOTE_OPEN : 0;
    notes |= (mask & IN_CLOSE_NOWRITE) != 0 ? KQ_NOTE_CLOSE : 0;
    notes |= (mask & IN_CLOSE_WRITE) != 0 ? KQ_NOTE_CLOSE_WRITE : 0;
    notes |= (mask & IN_ACCESS) != 0 ? KQ_NOTE_READ : 0;
    remember(kn, &st);
    return notes;
}

static void deliver(struct kqueue *kq, const struct inotify_event *event)
{
    for (struct knote *kn = *bucket_of_watch(kq, event->wd); kn != NULL; kn = kn->list_next) {
        if (kn->watch != event->wd) {
            continue;
        }
        uint32_t notes = notes_of(kn, event->mask, event->len != 0) & kn->sfflags;
        if (notes != 0) {
            kn->fflags |= notes;
            knote_activate(kq, kn);
        }
    }
}

void kqueue_read_inotify(struct kqueue *kq)
{
    _Alignas(struct inotify_event) char buffer[2048];
    for (;;) {
        int64_t n = host_call3(__NR_read, kq->inotify, buffer, sizeof buffer);
        if (n <= 0) {
            return;
        }
        for (int64_t at = 0; at < n;) {
            const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
            deliver(kq, event);
            at += (int64_t)(sizeof *event + event->len);
        }
    }
}

static bool vnode_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    (void)t;
    (void)kq;
    (void)events;
    out->fflags = kn->fflags;
    kn->fflags = 0;
    return out->fflags != 0;
}

const struct filter_ops filter_vnode = {.is_fd = true,
                                        .forced_flags = KQ_CLEAR,
                                        .attach = vnode_attach,
                                        .detach = kqueue_inotify_unwatch,
                                        .update = vnode_update,
                                        .report = vnode_report};
