/* Names in a root of the guest's own; see rooted.h. */
#include "vfs/rooted.h"

#include "base/host.h"
#include "base/mem.h"

/* What every such root has of the host's, where the guest's system does not make it itself. */
static const struct rooted_mount usual[] = {
    {"/dev/pts", "/dev/pts", false},
    {"/dev/shm", "/dev/shm", false},
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

/* An entry: how it may be used ('r' or 'w'), source, target, each of these two ended by NUL. The newest comes first. */
int rooted_add(struct settings *s, const char *source, const char *target, bool read_only)
{
    size_t from = length_of(source), to = length_of(target), size;

    if (source[0] != '/' || to == 0) {
        return -EINVAL;
    }
    from += from == 0; /* the host's root itself */
    size = 1 + from + 1 + to + 1;
    if (size > sizeof(s->mounts) - s->mounts_size) {
        return -E2BIG;
    }
    memmove(s->mounts + size, s->mounts, s->mounts_size);
    s->mounts[0] = read_only ? 'r' : 'w';
    memcpy(s->mounts + 1, source, from);
    s->mounts[1 + from] = 0;
    memcpy(s->mounts + 1 + from + 1, target, to);
    s->mounts[size - 1] = 0;
    s->mounts_size += (uint32_t)size;
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

/* The mount furthest down that a guest's name is in, with what is behind it in *rest. False: it is the root's own. */
static bool covering(const struct settings *s, const char *guest, struct rooted_mount *found, const char **rest)
{
    struct rooted_mount m;
    size_t longest = 0;
    uint32_t at = 0;

    while (rooted_next(s, &at, &m)) {
        const char *behind = rooted_behind(guest, m.target);

        if (behind && hot_strlen(m.target) > longest) {
            longest = hot_strlen(m.target);
            *found = m;
            *rest = behind;
        }
    }
    return longest > 0;
}

int rooted_host_name(const struct settings *s, const char *guest, char *host, size_t size, bool *read_only)
{
    struct rooted_mount m;
    const char *rest = guest;

    if (covering(s, guest, &m, &rest)) {
        *read_only = m.read_only;
        return join(host, size, m.source, rest);
    }
    *read_only = s->root_read_only != 0;
    return join(host, size, s->sysroot, guest[0] == '/' && guest[1] == 0 ? "" : guest);
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
