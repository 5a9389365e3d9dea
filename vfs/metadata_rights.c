/* What a guest may do with files and names; see metadata_rights.h. */
#include "vfs/metadata_rights.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "vfs/metadata_entry.h"
#include "vfs/rooted.h"

static const struct {
    const char *name;
    uint32_t bit;
} flag_names[] = {
    {"schg", METADATA_FIXED},   {"uchg", METADATA_FIXED},   {"sappnd", METADATA_GROWS},
    {"uappnd", METADATA_GROWS}, {"sunlnk", METADATA_STAYS}, {"uunlnk", METADATA_STAYS},
};

uint32_t metadata_flag_bits(const struct metadata *m)
{
    uint32_t bits = 0;
    for (const char *at = m->flags; *at != '\0';) {
        size_t n = 0;
        while (at[n] != '\0' && at[n] != ',') {
            n++;
        }
        for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++) {
            if (hot_strlen(flag_names[i].name) == n && hot_strncmp(flag_names[i].name, at, n) == 0) {
                bits |= flag_names[i].bit;
            }
        }
        at += n + (at[n] == ',');
    }
    return bits;
}

/* In /proc the process's own files belong to the host's user, whoever the guest is: the host's kernel knows who asks. */
static bool is_own_in_proc(struct thread *t, const struct metadata_place *at)
{
    char path[METADATA_NAME_MAX];
    int64_t fd = at->dirfd, n;
    int32_t pid = 0;
    if (at->name[0] != '\0') {
        fd = host_call4(__NR_openat, at->dirfd, at->name,
                        O_PATH | O_CLOEXEC | ((at->flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0), 0);
    }
    n = fd >= 0 || fd == AT_FDCWD ? path_of_descriptor((int)fd, path, sizeof path) : fd;
    if (at->name[0] != '\0' && fd >= 0) {
        host_call1(__NR_close, fd);
    }
    const char *s = n > 0 ? rooted_behind(path, "/proc") : NULL;
    s = s != NULL && s[0] == '/' ? s + 1 : "";
    for (; *s >= '0' && *s <= '9' && pid < INT32_MAX / 10; s++) {
        pid = pid * 10 + (*s - '0');
    }
    return pid == t->proc->pid && (*s == '/' || *s == '\0');
}

bool metadata_allows(struct thread *t, const struct metadata_place *at, const struct statx *x, uint32_t want)
{
    const struct credentials *c;
    if (metadata_is_root(t)) {
        return true;
    }
    c = credentials_of(t);
    return metadata_permits(c, c->fsuid, at, x, want) || is_own_in_proc(t, at);
}

int64_t metadata_may_alter(const struct metadata *m)
{
    return (metadata_flag_bits(m) & METADATA_NO_CHANGE) != 0 ? -EPERM : 0;
}

/* The directory of a name may be written to. */
static int64_t may_change_directory(struct thread *t, const struct metadata_place *directory, struct statx *x,
                                    uint32_t forbidding)
{
    struct metadata m;
    if (metadata_stat(t, directory, 0, x, &m) < 0) {
        return 0; /* the host will say so */
    }
    if (!metadata_allows(t, directory, x, 3)) {
        return -EACCES;
    }
    return (metadata_flag_bits(&m) & forbidding) != 0 ? -EPERM : 0;
}

int64_t metadata_may_make(struct thread *t, const struct metadata_place *at)
{
    const struct metadata_place name = {at->dirfd, at->name, AT_SYMLINK_NOFOLLOW};
    struct metadata_entry e;
    struct statx x;
    int64_t r;
    if (!metadata_parent_of(at, &e)) {
        return 0;
    }
    r = may_change_directory(t, &e.directory, &x, METADATA_FIXED);
    if (r < 0 && host_call5(__NR_statx, name.dirfd, name.name, name.flags, STATX_TYPE, &x) == 0) {
        return -EEXIST; /* looked for first */
    }
    return r;
}

/* check_sticky() of fs/namei.c, ufs_delete_denied() of sys/ufs/ufs/ufs_lookup.c */
static bool sticky_forbids(struct thread *t, const struct statx *directory, const struct statx *x)
{
    const struct credentials *c;
    if (!metadata_is_emulated(t) || (directory->stx_mode & S_ISVTX) == 0) {
        return false;
    }
    c = credentials_of(t);
    return c->fsuid != x->stx_uid && c->fsuid != directory->stx_uid && !credentials_capable(c, CAPABILITY_FOWNER);
}

int64_t metadata_may_remove(struct thread *t, const struct metadata_place *at, struct statx *x, struct metadata *m)
{
    const struct metadata_place name = {at->dirfd, at->name, AT_SYMLINK_NOFOLLOW};
    struct metadata here, *its = m != NULL ? m : &here;
    struct statx its_status, directory, *status = x != NULL ? x : &its_status;
    struct metadata_entry e;
    int64_t r;
    if (metadata_stat(t, &name, STATX_BASIC_STATS, status, its) < 0 || !metadata_parent_of(at, &e)) {
        status->stx_mask = 0;
        return 0;
    }
    directory.stx_mode = 0;
    r = may_change_directory(t, &e.directory, &directory, METADATA_NO_CHANGE);
    if (r == 0 && (sticky_forbids(t, &directory, status) || metadata_flag_bits(its) != 0)) {
        r = -EPERM;
    }
    return r;
}

int64_t metadata_may_set_times(struct thread *t, const struct metadata_place *at, bool now)
{
    const struct credentials *c;
    struct metadata m;
    struct statx x;
    uint32_t bits;
    int64_t r = metadata_stat(t, at, 0, &x, &m);
    if (r < 0) {
        return r;
    }
    bits = metadata_flag_bits(&m);
    /* What is only appended to may be touched in Linux (setattr_prepare()'s callers, vfs_utimes() of fs/utimes.c). */
    if ((bits & METADATA_FIXED) != 0 || ((bits & METADATA_GROWS) != 0 && (!now || t->proc->personality->bsd_owners))) {
        return -EPERM;
    }
    if (!metadata_is_emulated(t)) {
        return 0;
    }
    c = credentials_of(t);
    if (c->fsuid == x.stx_uid || credentials_capable(c, CAPABILITY_FOWNER)) {
        return 0;
    }
    return !now ? -EPERM : metadata_allows(t, at, &x, 2) ? 0 : -EACCES;
}

/* Where a walk stands: a directory, and what is left of the name. */
struct walk {
    int dir; /* AT_FDCWD, the caller's, or opened here */
    bool opened;
    unsigned links;
    char rest[METADATA_NAME_MAX];
};

static void stand_in(struct walk *w, int64_t dir, bool opened)
{
    if (w->opened) {
        host_call1(__NR_close, w->dir);
    }
    w->dir = (int)dir;
    w->opened = opened;
}

/* The part of the host's name that is no part of the guest's: to the sysroot, to a mount's source; "": none is. */
static void outside(const struct settings *s, const char *name, char *prefix, size_t size)
{
    struct rooted_mount m;
    uint32_t at = 0;
    prefix[0] = '\0';
    while (is_rooted(s) && rooted_next(s, &at, &m)) {
        if (rooted_behind(name, m.source) != NULL) {
            hot_strlcpy(prefix, m.source, size);
            return;
        }
    }
    if (s->sysroot[0] != '\0' && rooted_behind(name, s->sysroot) != NULL) {
        hot_strlcpy(prefix, s->sysroot, size);
    }
}

/* From the root, or from the directory of the host's that is there in the guest's tree. False: it cannot be opened. */
static bool start_absolute(struct thread *t, struct walk *w, bool of_link)
{
    char prefix[METADATA_NAME_MAX];
    const struct settings *s = &t->proc->settings;
    prefix[0] = '\0';
    if (!of_link || !is_rooted(s)) { /* what a link says there is a name of the guest's */
        outside(s, w->rest, prefix, sizeof prefix);
    }
    size_t n = hot_strlen(prefix);
    const char *from = n > 0 ? prefix : of_link && is_rooted(s) ? s->sysroot : "/";
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, from, O_PATH | O_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    stand_in(w, fd, true);
    memmove(w->rest, w->rest + n, hot_strlen(w->rest + n) + 1);
    return true;
}

static bool may_search(struct thread *t, const struct walk *w)
{
    const struct metadata_place here = {w->dir, w->dir == AT_FDCWD ? "." : "", w->dir == AT_FDCWD ? 0 : AT_EMPTY_PATH};
    struct statx x;
    return metadata_stat(t, &here, 0, &x, NULL) < 0 || metadata_allows(t, &here, &x, 1);
}

/* The next component, out of w->rest. NULL: there is none. */
static const char *next_of(struct walk *w, char name[256], bool *last)
{
    size_t from = 0, n = 0, end;
    while (w->rest[from] == '/') {
        from++;
    }
    while (w->rest[from + n] != '\0' && w->rest[from + n] != '/') {
        n++;
    }
    if (n == 0 || n > 255) {
        return NULL;
    }
    memcpy(name, w->rest + from, n);
    name[n] = '\0';
    end = from + n;
    while (w->rest[end] == '/') {
        end++;
    }
    *last = w->rest[end] == '\0';
    memmove(w->rest, w->rest + end, hot_strlen(w->rest + end) + 1);
    return name;
}

/* Puts what a link says before the rest. False: there is no room, or the links are too many. */
static bool take_link(struct thread *t, struct walk *w, int64_t link)
{
    char target[METADATA_NAME_MAX];
    int64_t n = host_call4(__NR_readlinkat, link, "", target, sizeof target - 2);
    size_t rest = hot_strlen(w->rest);
    if (n <= 0 || (size_t)n + rest + 2 > sizeof w->rest || ++w->links > 40 /* MAXSYMLINKS */) {
        return false;
    }
    target[n++] = '/';
    memmove(w->rest + n, w->rest, rest + 1);
    memcpy(w->rest, target, (size_t)n);
    return target[0] != '/' || start_absolute(t, w, true);
}

/* One step. 1: there is more; 0: the rest is the host's to say; -EACCES. */
static int64_t step(struct thread *t, struct walk *w, bool follow)
{
    char name[256];
    struct statx x;
    bool last;
    if (next_of(w, name, &last) == NULL) {
        return 0;
    }
    if (!may_search(t, w)) {
        return -EACCES;
    }
    if (last && !follow) {
        return 0;
    }
    int64_t fd = host_call4(__NR_openat, w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0 || host_call5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &x) < 0) {
        return 0;
    }
    if ((x.stx_mode & S_IFMT) == S_IFDIR) {
        stand_in(w, fd, true);
        return 1;
    }
    int64_t r = (x.stx_mode & S_IFMT) == S_IFLNK && take_link(t, w, fd);
    host_call1(__NR_close, fd);
    return r;
}

int64_t metadata_way(struct thread *t, int dirfd, const char *name, bool follow)
{
    struct walk w = {.dir = dirfd};
    int64_t r = 1;
    if (metadata_is_root(t) || credentials_capable(credentials_of(t), CAPABILITY_DAC_READ_SEARCH) ||
        hot_strlcpy(w.rest, name, sizeof w.rest) >= sizeof w.rest ||
        (name[0] == '/' && !start_absolute(t, &w, false))) {
        return 0;
    }
    while (r == 1) {
        r = step(t, &w, follow);
    }
    stand_in(&w, AT_FDCWD, false);
    return r;
}
