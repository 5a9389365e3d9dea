/*
 * UMTX_OP_SHM: pages that belong to an address in shared memory, where the thread library keeps what is too large for
 * the word there (process-shared mutexes and their kin). Semantics: umtx_shm() in sys/kern/kern_umtx.c.
 *
 * FreeBSD's kernel keeps such a page as long as the memory that it belongs to. Here it is a file in the host's /dev/shm,
 * named by what /proc tells of that memory, so that every process which maps it finds the same page. Whoever has asked
 * for a page holds a shared lock (flock) on its file, by a descriptor of the engine's, and so do its children by fork; a
 * file that nobody holds is of the past, and goes when somebody makes another. A page is its user's: other users that map
 * the same memory find it only if they have it by fork.
 */
#include "syscalls/freebsd/threads/umtx.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "process/mappings.h"
#include "syscalls/freebsd/process_data.h"
#include "vfs/rooted.h"

#define PAGE      4096
#define FILE_MAX  (SETTINGS_MOUNTS_MAX + 128)
#define PREFIX    "freebsd-umtx."
#define HOLDS_MAX 4096 /* pages that one process may ask for */

enum { SHM_CREAT = 1, SHM_LOOKUP = 2, SHM_DESTROY = 4, SHM_ALIVE = 8, SHM_ALL = 15 };
enum { HOST_LOCK_SH = 1, HOST_LOCK_EX = 2, HOST_LOCK_NB = 4 };

/* A page's file, and its directory (vfs/rooted.h). */
struct page_name {
    char text[96];
    const char *directory;
};

/* A page that the process holds. */
struct freebsd_umtx_hold {
    struct page_name name;
    int32_t fd;
};

/* What belongs to an address: its file and place there, or, in memory that no file is behind, the process's own. */
static int64_t name_of(struct thread *t, guest_ptr at, struct page_name *out)
{
    struct mapping m;
    struct text x = TEXT_ON(out->text);
    if (!guest_range_ok(at, 1)) {
        return -EFAULT;
    }
    int64_t r = mapping_at_or_above(at.va, &m);
    if (r < 0 || m.low > at.va || !m.writable) {
        return -EFAULT;
    }
    out->directory = rooted_shared_memory(&t->proc->settings);
    text_str(&x, PREFIX);
    if (m.shared) {
        text_format(&x, "%x-%x-%lx-%lx", m.device_major, m.device_minor, m.inode, m.offset + (at.va - m.low));
    } else {
        text_format(&x, "p%d-%lx", t->proc->pid, at.va);
    }
    text_cstr(&x);
    return 0;
}

/* Opens a page's file for a guest or, to hold it, for ourselves. */
static int64_t open_page(const struct page_name *name, int flags)
{
    char path[FILE_MAX];
    struct text x = TEXT_ON(path);
    text_format(&x, "%s/%s", name->directory, name->text);
    return host_call4(__NR_openat, AT_FDCWD, text_cstr(&x), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
}

static int64_t remove_page(const struct page_name *name)
{
    char path[FILE_MAX];
    struct text x = TEXT_ON(path);
    text_format(&x, "%s/%s", name->directory, name->text);
    return host_call3(__NR_unlinkat, AT_FDCWD, text_cstr(&x), 0);
}

/* Whether a page's file is the user's own: its name can be guessed, and made by others. */
static bool is_own(int64_t fd, uint32_t user)
{
    struct statx st;
    return host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_UID, &st) == 0 && st.stx_uid == user;
}

/* Whether a page still is what its address belongs to: its file may have been swept or destroyed since it was opened. */
static bool has_name(int64_t fd)
{
    struct statx st;
    return host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_NLINK, &st) == 0 && st.stx_nlink != 0;
}

/* A page that nobody holds is taken away. */
static void remove_if_past(const struct page_name *name)
{
    int64_t fd = open_page(name, 0);
    if (fd < 0) {
        return;
    }
    if (host_call2(__NR_flock, fd, HOST_LOCK_EX | HOST_LOCK_NB) == 0 && has_name(fd)) {
        remove_page(name);
    }
    host_call1(__NR_close, fd);
}

/* The head of struct linux_dirent64 (getdents(2)). */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
} __attribute__((packed));

static void sweep_entries(const char *directory, const char *list, int64_t size)
{
    for (int64_t at = 0; at < size;) {
        const struct entry *e = (const struct entry *)(list + at);
        struct page_name name;
        if (hot_strncmp(e->name, PREFIX, sizeof PREFIX - 1) == 0 && hot_strlen(e->name) < sizeof name.text) {
            hot_strlcpy(name.text, e->name, sizeof name.text);
            name.directory = directory;
            remove_if_past(&name);
        }
        at += e->size;
    }
}

static void sweep(const char *directory)
{
    char list[2048] __attribute__((aligned(8)));
    int64_t n, fd = host_call4(__NR_openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    while ((n = host_call3(__NR_getdents64, fd, list, sizeof list)) > 0) {
        sweep_entries(directory, list, n);
    }
    host_call1(__NR_close, fd);
}

/* A descriptor of the page's file that holds it; O_CREAT makes it where it is missing. Or -errno. */
static int64_t open_held(const struct page_name *name, int flags, uint32_t user)
{
    for (;;) {
        int64_t fd = open_page(name, flags);
        if (fd < 0) {
            return fd;
        }
        int64_t r = is_own(fd, user) ? host_call2(__NR_flock, fd, HOST_LOCK_SH) : -EACCES;
        if (r == 0 && has_name(fd)) {
            r = host_call2(__NR_ftruncate, fd, PAGE);
            r = r == 0 ? engine_descriptor_adopt((int)fd) : r;
            if (r >= 0) {
                return r;
            }
        }
        host_call1(__NR_close, fd);
        if (r < 0 && r != -EINTR) {
            return r;
        }
    }
}

/* The process's hold on a page; NULL: none. The process's lock is held. */
static struct freebsd_umtx_hold *find_hold(struct freebsd_process *p, const struct page_name *name)
{
    for (uint32_t i = 0; i < p->umtx_hold_count; i++) {
        if (hot_strcmp(p->umtx_holds[i].name.text, name->text) == 0) {
            return &p->umtx_holds[i];
        }
    }
    return NULL;
}

/* Room for one more hold. */
static bool make_room(struct freebsd_process *p)
{
    if (p->umtx_hold_count < p->umtx_hold_room) {
        return true;
    }
    uint32_t room = p->umtx_hold_room == 0 ? 8 : 2 * p->umtx_hold_room;
    struct freebsd_umtx_hold *more = room > HOLDS_MAX ? NULL : heap_alloc_unset(room * sizeof *more);
    if (more == NULL) {
        return false;
    }
    if (p->umtx_holds != NULL) {
        memcpy(more, p->umtx_holds, p->umtx_hold_count * sizeof *more);
        heap_free(p->umtx_holds);
    }
    p->umtx_holds = more;
    p->umtx_hold_room = room;
    return true;
}

static void let_go(struct freebsd_process *p, struct freebsd_umtx_hold *h)
{
    engine_descriptor_close(h->fd);
    *h = p->umtx_holds[--p->umtx_hold_count];
}

/* The process's hold on a page that is not destroyed; NULL: none. */
static struct freebsd_umtx_hold *valid_hold(struct freebsd_process *p, const struct page_name *name)
{
    struct freebsd_umtx_hold *h = find_hold(p, name);
    if (h != NULL && !has_name(h->fd)) {
        let_go(p, h);
        h = NULL;
    }
    return h;
}

/* The same, taken if there is such a page, or with O_CREAT in any case. -ESRCH, -ENOMEM: too many. */
static int64_t hold(struct freebsd_process *p, const struct page_name *name, int flags, uint32_t user,
                    struct freebsd_umtx_hold **out)
{
    *out = valid_hold(p, name);
    if (*out != NULL) {
        return 0;
    }
    if (flags == O_CREAT) {
        sweep(name->directory);
    } else {
        remove_if_past(name);
    }
    if (!make_room(p)) {
        return -ENOMEM;
    }
    int64_t fd = open_held(name, flags, user);
    if (fd < 0) {
        return flags == O_CREAT ? -ENOMEM : -ESRCH;
    }
    *out = &p->umtx_holds[p->umtx_hold_count++];
    **out = (struct freebsd_umtx_hold){*name, (int32_t)fd};
    return 0;
}

static int64_t for_page(struct freebsd_process *p, const struct page_name *name, uint32_t what, uint32_t user)
{
    struct freebsd_umtx_hold *h;
    int64_t r = hold(p, name, what == SHM_CREAT ? O_CREAT : 0, user, &h);
    if (r < 0) {
        return r;
    }
    if (what != SHM_DESTROY) {
        /* A copy of the descriptor: who has held the page since before a change of ids could not open its file. */
        return host_call3(__NR_fcntl, h->fd, F_DUPFD_CLOEXEC, 0);
    }
    r = remove_page(name);
    let_go(p, h);
    return r;
}

/* Whether a page, mapped at this address, still is what its address belongs to. */
static int64_t alive(struct thread *t, guest_ptr at)
{
    const char *behind;
    struct mapping m;
    if (!guest_range_ok(at, 1) || mapping_at_or_above(at.va, &m) < 0 || m.low > at.va || !m.readable) {
        return -EFAULT;
    }
    if (m.inode == 0) {
        return -EINVAL;
    }
    behind = rooted_behind(m.name, rooted_shared_memory(&t->proc->settings));
    return m.deleted && behind && hot_strncmp(behind, "/" PREFIX, sizeof PREFIX) == 0 ? -ENOTTY : 0;
}

int64_t umtx_shm(struct thread *t, guest_ptr at, uint32_t flags)
{
    struct page_name name;
    uint32_t what = flags & SHM_ALL;
    if (what == 0 || (what & (what - 1)) != 0) {
        return -EINVAL;
    }
    if (what == SHM_ALIVE) {
        return alive(t, at);
    }
    int64_t r = name_of(t, at, &name);
    if (r < 0) {
        return r;
    }
    if (t->proc->shares_memory) {
        return -ENOMEM; /* a vfork child: what is held is its parent's, and would name descriptors of the child's own */
    }
    struct freebsd_process *p = freebsd_process(t);
    lock_acquire(&p->lock);
    r = for_page(p, &name, what, t->proc->users.effective);
    lock_release(&p->lock);
    return r;
}
