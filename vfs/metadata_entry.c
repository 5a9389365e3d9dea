/* Reading and writing a directory's list of what is in it; see metadata_entry.h. */
#include "vfs/metadata_entry.h"

#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "vfs/metadata.h"

enum { SHORT_LIST = 512, LOCK_TRIES = 2000, LOCK_YIELDS = 50 };

/* Splits a path, which may be the host's name of a file: its directory's goes to `out`. */
static bool split(const char *path, struct metadata_entry *out, size_t *name_at)
{
    size_t end = hot_strlen(path), start;
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    if (end >= sizeof out->path || start == end) {
        return false;
    }
    if (start == 0) {
        hot_strlcpy(out->path, ".", sizeof out->path);
    } else {
        memcpy(out->path, path, start);
        out->path[start] = '\0';
    }
    *name_at = start;
    return true;
}

bool metadata_parent_of(const struct metadata_place *at, struct metadata_entry *out)
{
    size_t start;
    if (at->name[0] == '\0' || !split(at->name, out, &start)) {
        return false;
    }
    out->name = at->name + start;
    out->directory = (struct metadata_place){at->dirfd, out->path, 0};
    return true;
}

/* By what the host tells of it, as there is no name that leads straight to it. */
static bool find_out(const struct metadata_place *at, struct metadata_entry *out)
{
    char path[METADATA_NAME_MAX];
    int64_t fd = at->dirfd, n;
    size_t start;
    if (at->name[0] != '\0') {
        fd = host_call4(__NR_openat, at->dirfd, at->name, O_PATH | O_CLOEXEC, 0);
    }
    if (fd < 0) {
        return false;
    }
    n = path_of_descriptor((int)fd, path, sizeof path);
    if (at->name[0] != '\0') {
        host_call1(__NR_close, fd);
    }
    if (n <= 0 || path[0] != '/' || !split(path, out, &start)) {
        return false;
    }
    out->directory = (struct metadata_place){AT_FDCWD, out->path, 0};
    /* The name goes behind the directory's, where there is room as both were one. */
    size_t used = hot_strlen(out->path) + 1;
    if (used + hot_strlcpy(out->path + used, path + start, sizeof out->path - used) >= sizeof out->path) {
        return false;
    }
    out->name = out->path + used;
    return true;
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

bool metadata_entry_of(const struct metadata_place *at, struct metadata_entry *out)
{
    bool named = at->name[0] != '\0' && (at->flags & AT_SYMLINK_NOFOLLOW) != 0;
    bool found = named ? metadata_parent_of(at, out) : find_out(at, out);
    return found && !is_dots(out->name) && hot_strchr(out->name, '/') == NULL;
}

/* The list, in `room` where it is short, else in *heap. Returns its size, or -errno. */
static int64_t read_list(const struct metadata_place *directory, char room[SHORT_LIST], char **heap)
{
    int64_t n = metadata_get_named(directory, METADATA_NAMES, room, SHORT_LIST);
    *heap = NULL;
    if (n != -ERANGE) {
        return n;
    }
    *heap = heap_alloc_unset(METADATA_NAMES_MAX);
    n = *heap != NULL ? metadata_get_named(directory, METADATA_NAMES, *heap, METADATA_NAMES_MAX) : -ENOMEM;
    if (n < 0) {
        heap_free(*heap);
        *heap = NULL;
    }
    return n;
}

bool metadata_entry_read(const struct metadata_place *at, struct metadata *out)
{
    char room[SHORT_LIST], *heap;
    struct metadata_entry e;
    *out = (struct metadata){0};
    if (!metadata_entry_of(at, &e)) {
        return false;
    }
    int64_t n = read_list(&e.directory, room, &heap);
    bool found = n > 0 && metadata_names_find(heap != NULL ? heap : room, (size_t)n, e.name, out);
    heap_free(heap);
    return found;
}

/* The host's directory entries: getdents64(2). */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
} __attribute__((packed, aligned(8)));

/* What an old list says of some entries goes into a new one. Returns its size, or SIZE_MAX: there is no room. */
static size_t carry_over(const char *old, size_t old_size, char *list, size_t size, const char *entries, int64_t bytes)
{
    enum { UNKNOWN = 0, FIFO = 1, LINK = 10, SOCKET = 12 }; /* DT_* of dirent.h */
    struct metadata m;
    for (int64_t at = 0; at < bytes && size != SIZE_MAX;) {
        const struct entry *e = (const struct entry *)(entries + at);
        /* Of links the new list must say what nothing was said of; others are not looked up without a mark. */
        bool link = e->type == LINK || e->type == UNKNOWN;
        if ((link || e->type == FIFO || e->type == SOCKET) &&
            (metadata_names_find(old, old_size, e->name, &m) || link)) {
            size = metadata_names_set(list, size, e->name, &m);
        }
        at += e->length;
    }
    return size;
}

/*
 * Where there is no room for all names: a list in which most go without saying, as what is to be said of `name` stands for
 * all that is not named. Writes it. Returns 0, -ENOSPC, or another -errno.
 */
static int64_t write_shorter(int fd, const char *old, size_t old_size, const char *name, const struct metadata *m)
{
    const struct metadata_place directory = {fd, "", AT_EMPTY_PATH};
    char entries[4096] __attribute__((aligned(8)));
    const struct metadata owner = {.uid = m->uid, .gid = m->gid};
    char *list = heap_alloc_unset(METADATA_NAMES_MAX);
    size_t size = list != NULL ? metadata_names_set(list, 0, ".", &owner) : SIZE_MAX;
    int64_t n = 1;
    host_call3(__NR_lseek, fd, 0, 0);
    while (size != SIZE_MAX && (n = host_call3(__NR_getdents64, fd, entries, sizeof entries)) > 0) {
        size = carry_over(old, old_size, list, size, entries, n);
    }
    size = size == SIZE_MAX ? size : metadata_names_set(list, size, name, m);
    int64_t r = n < 0 ? n : size == SIZE_MAX ? -ENOSPC : metadata_set_named(&directory, METADATA_NAMES, list, size, 0);
    heap_free(list);
    return r;
}

static int64_t change_list(int fd, const char *name, const struct metadata *m)
{
    const struct metadata_place directory = {fd, "", AT_EMPTY_PATH};
    char *list = heap_alloc_unset(METADATA_NAMES_MAX);
    if (list == NULL) {
        return -ENOMEM;
    }
    int64_t n = metadata_get_named(&directory, METADATA_NAMES, list, METADATA_NAMES_MAX), r;
    size_t before = n > 0 ? (size_t)n : 0, after;
    if (n < 0 && n != -ENODATA) {
        heap_free(list);
        return n;
    }
    after = metadata_names_set(list, before, name, m);
    if (after == SIZE_MAX) {
        r = -ENOSPC;
    } else if (after == 0) {
        r = before > 0 ? metadata_remove_named(&directory, METADATA_NAMES) : 0;
    } else {
        r = metadata_set_named(&directory, METADATA_NAMES, list, after, 0);
    }
    if (m != NULL && (r == -ENOSPC || r == -EDQUOT || r == -E2BIG)) {
        r = write_shorter(fd, list, after == SIZE_MAX ? before : after, name, m);
    }
    heap_free(list);
    return r;
}

/*
 * Two that change a directory's list at once must not lose one of the changes. A guest that holds the lock for itself is
 * waited for two seconds.
 */
static void lock_list(int fd)
{
    enum { EXCLUSIVE = 2, AT_ONCE = 4 }; /* LOCK_EX, LOCK_NB of flock(2) */
    const struct {
        int64_t seconds, nanoseconds;
    } pause = {0, 1000000};
    for (int i = 0; i < LOCK_TRIES && host_call2(__NR_flock, fd, EXCLUSIVE | AT_ONCE) == -EAGAIN; i++) {
        if (i < LOCK_YIELDS) {
            host_call0(__NR_sched_yield);
        } else {
            host_call2(__NR_nanosleep, &pause, 0);
        }
    }
}

int64_t metadata_entry_write(const struct metadata_place *at, const struct metadata *m)
{
    struct metadata_entry e;
    char probe;
    if (!metadata_entry_of(at, &e)) {
        return m == NULL ? 0 : -ENOENT;
    }
    int64_t r = metadata_get_named(&e.directory, METADATA_NAMES, &probe, 0);
    if (r < 0 && (m == NULL || !metadata_matters(m))) {
        return 0; /* nothing is said, and nothing need be */
    }
    int64_t fd = host_call4(__NR_openat, e.directory.dirfd, e.directory.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) {
        return fd;
    }
    lock_list((int)fd);
    r = change_list((int)fd, e.name, m);
    host_call1(__NR_close, fd);
    return r == -EOPNOTSUPP || r == -EACCES || r == -EROFS ? -EPERM : r;
}

void metadata_entry_for_all(const struct metadata_place *directory, const struct metadata *m)
{
    const struct metadata owner = {.uid = m->uid, .gid = m->gid};
    char text[METADATA_NAMES_MAX / 32];
    size_t size = metadata_names_set(text, 0, ".", &owner);
    if (metadata_matters(&owner) && size != SIZE_MAX) {
        metadata_set_named(directory, METADATA_NAMES, text, size, 0);
    }
}
