/* Names in a root of the guest's own; see rooted.h. */
#include "vfs/rooted.h"

#include "base/host.h"
#include "base/mem.h"

/* What every such root has of the host's, where the guest's system does not make it itself. */
static const struct rooted_mount usual[] = {
    {"/dev/pts", "/dev/pts", false},
    {"/proc", "/proc", false},
};

enum { USUAL = sizeof(usual) / sizeof(usual[0]) };

const char *rooted_behind(const char *path, const char *prefix)
{
    size_t n = hot_strlen(prefix);

    n -= n > 0 && prefix[n - 1] == '/';
    return hot_strncmp(path, prefix, n) == 0 && (path[n] == 0 || path[n] == '/') ? path + n : NULL;
}

/* A name's length without slashes at its end; 0: it is not absolute, or the root. */
static size_t length_of(const char *name)
{
    size_t n = name[0] == '/' ? hot_strlen(name) : 0;

    while (n > 0 && name[n - 1] == '/') {
        n--;
    }
    return n;
}

/* An entry: how it may be used ('r' or 'w'), source, target, each of these two ended by NUL. */
static size_t entry_size(const char *source, const char *target)
{
    size_t from = length_of(source);

    return 1 + from + (from == 0) + 1 + length_of(target) + 1; /* the host's root keeps its slash */
}

static uint32_t put_entry(char *at, const char *source, const char *target, bool read_only)
{
    size_t from = length_of(source), to = length_of(target);

    from += from == 0;
    at[0] = read_only ? 'r' : 'w';
    memcpy(at + 1, source, from);
    at[1 + from] = 0;
    memcpy(at + 1 + from + 1, target, to);
    at[1 + from + 1 + to] = 0;
    return (uint32_t)(1 + from + 1 + to + 1);
}

/* The newest comes first. */
int rooted_add(struct settings *s, const char *source, const char *target, bool read_only)
{
    size_t size = entry_size(source, target);

    if (source[0] != '/' || length_of(target) == 0) {
        return -EINVAL;
    }
    if (size > sizeof(s->mounts) - s->mounts_size) {
        return -E2BIG;
    }
    memmove(s->mounts + size, s->mounts, s->mounts_size);
    s->mounts_size += put_entry(s->mounts, source, target, read_only);
    return 0;
}

bool rooted_next(const struct settings *s, uint32_t *at, struct rooted_mount *out)
{
    uint32_t index;

    if (*at < s->mounts_size) {
        out->read_only = s->mounts[*at] == 'r';
        out->source = s->mounts + *at + 1;
        out->target = out->source + hot_strlen(out->source) + 1;
        *at = (uint32_t)(out->target + hot_strlen(out->target) + 1 - s->mounts);
        return true;
    }
    index = *at - s->mounts_size;
    if (s->root_mode != ROOT_OWN || index >= USUAL) {
        return false;
    }
    *out = usual[index];
    ++*at;
    return true;
}

static int join(char *out, size_t size, const char *prefix, const char *rest)
{
    size_t n = hot_strlcpy(out, prefix, size);

    n -= n > 0 && n < size && prefix[n - 1] == '/' && rest[0] == '/';
    if (n + hot_strlen(rest) >= size) {
        return -ENAMETOOLONG;
    }
    hot_strlcpy(out + n, rest, size - n);
    return 0;
}

/*
 * The mount furthest down that a guest's name is in, with what is behind it in *rest. Returns its number, from 1; 0: the
 * name is in the root itself.
 */
static uint32_t covering(const struct settings *s, const char *guest, struct rooted_mount *found, const char **rest)
{
    struct rooted_mount m;
    size_t longest = 0;
    uint32_t at = 0, number = 0;

    while (rooted_next(s, &at, &m)) {
        const char *behind = rooted_behind(guest, m.target);

        if (behind && hot_strlen(m.target) > longest) {
            longest = hot_strlen(m.target);
            number = at;
            *found = m;
            *rest = behind;
        }
    }
    return number;
}

int rooted_host_name(const struct settings *s, const char *guest, char *host, size_t size, struct rooted_where *where)
{
    struct rooted_mount m;
    const char *rest = guest;

    where->mount = covering(s, guest, &m, &rest);
    where->read_only = where->mount != 0 ? m.read_only : s->root_read_only != 0;
    if (where->mount != 0) {
        return join(host, size, m.source, rest);
    }
    return join(host, size, s->sysroot, guest[0] == '/' && guest[1] == 0 ? "" : guest);
}

const char *rooted_mount_over(const struct settings *s, const char *guest, bool *read_only)
{
    struct rooted_mount m;
    const char *rest;

    if (covering(s, guest, &m, &rest) != 0) {
        *read_only = m.read_only;
        return m.target;
    }
    *read_only = s->root_read_only != 0;
    return "/";
}

bool rooted_guest_name(const struct settings *s, const char *host, char *guest, size_t size)
{
    const char *rest = rooted_behind(host, s->sysroot), *prefix = "";
    size_t longest = rest ? hot_strlen(s->sysroot) : 0;
    struct rooted_mount m;
    uint32_t at = 0;

    while (rooted_next(s, &at, &m)) {
        const char *behind = rooted_behind(host, m.source);

        if (behind && (!rest || hot_strlen(m.source) > longest)) {
            longest = hot_strlen(m.source);
            rest = behind;
            prefix = m.target;
        }
    }
    if (!rest || join(guest, size, prefix, rest) < 0) {
        return false;
    }
    if (guest[0] == 0) {
        hot_strlcpy(guest, "/", size);
    }
    return true;
}

bool rooted_mounts_below(const struct settings *s, const char *guest)
{
    struct rooted_mount m;
    uint32_t at = 0;

    while (rooted_next(s, &at, &m)) {
        if (rooted_behind(m.target, guest)) {
            return true;
        }
    }
    return false;
}

bool rooted_is_mounted(const struct settings *s, const char *guest)
{
    struct rooted_mount m;
    uint32_t at = 0;

    while (at < s->mounts_size && rooted_next(s, &at, &m)) {
        if (hot_strcmp(m.target, guest) == 0) {
            return true;
        }
    }
    return false;
}

const char *rooted_name_below(const char *target, const char *guest, char *name, size_t size)
{
    const char *rest = rooted_behind(target, guest);
    size_t n = 0;

    while (rest && rest[0] == '/' && rest[1 + n] != 0 && rest[1 + n] != '/' && n + 1 < size) {
        name[n] = rest[1 + n];
        n++;
    }
    name[n] = 0;
    return name;
}

int rooted_change(struct settings *s, const char *guest)
{
    char root[SETTINGS_PATH_MAX], mounts[SETTINGS_MOUNTS_MAX];
    uint32_t at = 0, used = 0;
    struct rooted_mount m;
    struct rooted_where where;
    int r = rooted_host_name(s, guest, root, sizeof(root), &where);

    if (r < 0 || (guest[0] == '/' && guest[1] == 0)) {
        return r;
    }
    while (rooted_next(s, &at, &m)) {
        const char *target = rooted_behind(m.target, guest);

        if (target && target[0] != 0) {
            if (entry_size(m.source, target) > sizeof(mounts) - used) {
                return -E2BIG;
            }
            used += put_entry(mounts + used, m.source, target, m.read_only);
        }
    }
    memcpy(s->mounts, mounts, used);
    s->mounts_size = used;
    s->root_mode = ROOT_CHANGED;
    s->root_read_only = where.read_only;
    hot_strlcpy(s->sysroot, root, sizeof(s->sysroot));
    return 0;
}

const char *rooted_shared_memory(const struct settings *s)
{
    struct rooted_mount m;
    uint32_t at = 0;

    while (is_rooted(s) && at < s->mounts_size && rooted_next(s, &at, &m)) {
        const char *last = hot_strrchr(m.source, '/');

        if (hot_strcmp(m.target, "/dev/shm") == 0 && hot_strcmp(last, "/shm") == 0) {
            return m.source;
        }
    }
    return "/dev/shm";
}
