/* Translating the paths of Linux guests; see paths.h. */
#include "syscalls/common/linux/files/paths.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/linux/files/rooted_paths.h"
#include "vfs/rooted_path.h"
#include "vfs/sysroot.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

static bool below_proc(const char *path)
{
    return hot_strncmp(path, "/proc", 5) == 0 && (path[5] == '/' || path[5] == 0);
}

/* How names that are looked up in a directory may lead into /proc. One whose name cannot be told is removed. */
static uint32_t kind_of_directory(int dirfd)
{
    char host[VFS_HOST_PATH_MAX];

    if (path_of_descriptor(dirfd, host, sizeof(host)) <= 0) {
        return VFS_DIRECTORY_PLAIN;
    }
    if (host[0] != '/' || below_proc(host)) {
        return VFS_DIRECTORY_SPECIAL;
    }
    return host[1] == 0 ? VFS_DIRECTORY_ROOT : VFS_DIRECTORY_PLAIN;
}

/* Whether a name in the root may lead into /proc, by its first byte. */
static inline bool may_be_proc(char first)
{
    return first == 'p' || first == '.';
}

/* The same of the working directory, found out: `now` is what was remembered of it. */
static __attribute__((noinline)) uint32_t find_kind_of_working(struct process *p, uint32_t now)
{
    uint32_t known = kind_of_directory(VFS_AT_FDCWD);

    __atomic_compare_exchange_n(&p->working_directory, &now, now | known, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return known;
}

/* And remembered until it changes (vfs/path.h). */
static inline uint32_t kind_of_working(struct process *p)
{
    uint32_t now = __atomic_load_n(&p->working_directory, __ATOMIC_ACQUIRE);
    uint32_t known = now & VFS_WORKING_MASK;

    return known == VFS_DIRECTORY_UNKNOWN ? find_kind_of_working(p, now) : known;
}

/* Whether a relative name, by its first byte, may lead into /proc. */
static inline bool relative_may_be_proc(struct process *p, int dirfd, char first)
{
    uint32_t kind = VFS_DIRECTORY_PLAIN;

    if (dirfd == VFS_AT_FDCWD) {
        kind = kind_of_working(p);
    } else if (p->special_directories &
               (1u << VFS_DIRECTORY_SPECIAL | (may_be_proc(first) ? 1u << VFS_DIRECTORY_ROOT : 0))) {
        kind = kind_of_directory(dirfd);
    }
    return kind == VFS_DIRECTORY_SPECIAL || (kind == VFS_DIRECTORY_ROOT && may_be_proc(first));
}

/*
 * Whether a path may go to the host unseen, without a sysroot, by its first two bytes: it does not begin like /proc, nor
 * is it spelled so that this is not to be seen at once, nor relative to a directory from which it leads there.
 */
static inline bool is_plain(struct process *p, int dirfd, char first, char second)
{
    if (first == '/') {
        return second != 'p' && second != '/' && second != '.' && second != 0;
    }
    if (first == 0) {
        return true;
    }
    return !relative_may_be_proc(p, dirfd, first);
}

static bool has_dot_dot(const char *path)
{
    for (const char *s = path; *s; s++) {
        if (s[0] == '.' && s[1] == '.' && (s == path || s[-1] == '/') && (s[2] == 0 || s[2] == '/')) {
            return true;
        }
    }
    return false;
}

/*
 * Puts the absolute name of `path`, as spelled, into `text` (VFS_HOST_PATH_MAX bytes). False: ".." is in it, so that it
 * cannot be told by looking; or it has none, or one that is too long.
 */
static bool spell_out(int dirfd, const char *path, char *text)
{
    int64_t n = 0;

    if (has_dot_dot(path)) {
        return false;
    }
    if (path[0] != '/') {
        n = path_of_descriptor(dirfd, text, VFS_HOST_PATH_MAX);
        if (n <= 0 || text[0] != '/' || n + 1 >= VFS_HOST_PATH_MAX) {
            return false;
        }
        text[n++] = '/';
    }
    if (hot_strlcpy(text + n, path, (size_t)(VFS_HOST_PATH_MAX - n)) >= (size_t)(VFS_HOST_PATH_MAX - n)) {
        return false;
    }
    path_squeeze(text);
    return true;
}

/* In /proc: what the guest's kernel would have there under the name. 0 or -errno. */
int64_t linux_path_in_proc(struct thread *t, const char *text, uint32_t flags, struct linux_path *out)
{
    out->proc = linux_proc_find(t, text);
    if (out->proc.kind == LINUX_PROC_ROOT && out->proc.rest[0] == 0 && !(flags & PATH_FOLLOW)) {
        out->proc.kind = LINUX_PROC_PLAIN; /* the link itself */
    }
    if (out->proc.kind == LINUX_PROC_ROOT) {
        char rest[VFS_HOST_PATH_MAX];

        hot_strlcpy(rest, out->proc.rest[0] ? out->proc.rest : "/", sizeof(rest));
        out->proc.kind = LINUX_PROC_PLAIN;
        return linux_path_here(t, VFS_AT_FDCWD, rest, flags, out);
    }
    if (out->proc.kind == LINUX_PROC_EXE && (flags & PATH_FOLLOW)) {
        int64_t n = linux_proc_executable(t, out->proc.pid, out->where.name, sizeof(out->where.name));

        out->dirfd = VFS_AT_FDCWD;
        out->name = (uint64_t)out->where.name;
        return n < 0 ? n : 0;
    }
    if (out->proc.kind != LINUX_PROC_PLAIN) {
        out->dirfd = VFS_AT_FDCWD; /* by its whole name, as its text is made of the host's file */
        hot_strlcpy(out->where.name, text, sizeof(out->where.name));
    }
    return 0;
}

int64_t linux_path_here(struct thread *t, int dirfd, const char *path, uint32_t flags, struct linux_path *out)
{
    char text[VFS_HOST_PATH_MAX];
    int64_t r;

    out->proc = (struct linux_proc_file){LINUX_PROC_PLAIN, 0, NULL};
    out->near_proc = false;
    out->dirfd = dirfd;
    out->name = (uint64_t)out->where.name;
    hot_strlcpy(out->where.name, path, sizeof(out->where.name));
    if (path[0] == 0) {
        return flags & PATH_CHANGES ? rooted_descriptor(t, dirfd) : 0;
    }
    if (is_rooted(&t->proc->settings)) {
        return linux_rooted_path(t, dirfd, path, flags, out);
    }
    if (!is_plain(t->proc, dirfd, path[0], path[1])) {
        bool spelled = spell_out(dirfd, path, text);

        out->near_proc = !spelled || text[0] == 0 || below_proc(text);
        if (spelled && below_proc(text)) {
            return linux_path_in_proc(t, text, flags, out);
        }
    }
    if (t->proc->settings.sysroot[0] == 0) {
        return 0;
    }
    r = path_translate(t, dirfd, path, flags, &out->where);
    out->dirfd = out->where.dirfd;
    return r;
}

/* A path that the host is to be handed as an address: the guest's own, or one that cannot be read. */
static int64_t as_it_stands(int dirfd, uint64_t name, struct linux_path *out)
{
    out->dirfd = dirfd;
    out->name = name;
    out->proc.kind = LINUX_PROC_PLAIN;
    out->near_proc = false;
    return 0;
}

/* Of a path that ends with what is mapped there may be one byte, and no two: that is a matter for linux_path(). */
bool linux_path_plain(struct thread *t, int dirfd, guest_ptr path)
{
    struct process *p = t->proc;
    int start;

    if (p->settings.sysroot[0] != 0) {
        return false;
    }
    start = guest_first_two(path);
    return start >= 0 && is_plain(p, dirfd, (char)start, (char)(start >> 8));
}

int64_t linux_path(struct thread *t, int dirfd, guest_ptr path, uint32_t flags, struct linux_path *out)
{
    char here[VFS_HOST_PATH_MAX];
    int64_t r;

    if (linux_path_plain(t, dirfd, path)) {
        return as_it_stands(dirfd, path.va, out);
    }
    r = copyin_str(here, path, sizeof(here));
    if (r == -EFAULT) { /* the host is to say which of the call's arguments it minds first */
        return as_it_stands(dirfd, GUEST_NOWHERE, out);
    }
    return r < 0 ? r : linux_path_here(t, dirfd, here, flags, out);
}

void linux_path_opened(struct thread *t, int fd, const struct linux_path *path)
{
    struct statx x;

    if (path->near_proc && host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &x) == 0 &&
        (x.stx_mode & S_IFMT) == S_IFDIR) {
        t->proc->special_directories |= (1u << kind_of_directory(fd)) & ~(1u << VFS_DIRECTORY_PLAIN);
    }
}

const char *linux_path_view(struct thread *t, char *host, struct path_room *room)
{
    const struct settings *s = &t->proc->settings;
    const char *inner;

    if (is_rooted(s)) {
        return path_guest_view(t, host, room);
    }
    inner = sysroot_strip(s->sysroot, host);
    return inner ? inner : host;
}
