/*
 * The tree that the leaves' names make: each node's number, and names for numbers. Nodes that FreeBSD numbers as it
 * boots get their numbers here by where they first stand in the table. Semantics: sys/kern/kern_sysctl.c.
 */
#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define LEAVES_MAX 1024

/*
 * The numbers of leaves, computed when they are first asked for. They are constants: whoever computes one while another
 * does writes the same. A depth of 0: not yet.
 */
static int32_t numbers[LEAVES_MAX][SYSCTL_DEPTH];
static uint8_t depths[LEAVES_MAX];

/* Length of the first `components` of a name; that of the whole name if it has no more. */
static size_t prefix(const char *name, uint32_t components)
{
    size_t n = 0;
    for (; name[n] != '\0'; n++) {
        if (name[n] == '.' && --components == 0) {
            break;
        }
    }
    return n;
}

static uint32_t components_of(const char *name)
{
    uint32_t n = 1;
    for (; *name != '\0'; name++) {
        n += *name == '.';
    }
    return n;
}

static bool begins_with(const char *name, const char *with, size_t length)
{
    return hot_strncmp(name, with, length) == 0 && (name[length] == '.' || name[length] == '\0');
}

/* Whether FreeBSD has fixed the number of component `k`. */
static bool is_fixed(const struct sysctl_leaf *l, uint32_t k)
{
    return k < sizeof l->mib / sizeof l->mib[0] && (l->mib[k] != 0 || (k == 2 && l->is_zero));
}

/* The number of a leaf's component `k`: one that a leaf below it declares, else one by the first leaf below it. */
static int32_t number_of(uint32_t leaf, uint32_t k)
{
    const char *name = sysctl_leaves[leaf].name;
    size_t length = prefix(name, k + 1);
    int64_t first = -1;
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        const struct sysctl_leaf *l = &sysctl_leaves[i];
        if (!begins_with(l->name, name, length)) {
            continue;
        }
        first = first < 0 ? i : first;
        if (is_fixed(l, k)) {
            return l->mib[k];
        }
    }
    return SYSCTL_AUTO + (int32_t)first;
}

const int32_t *sysctl_oid(uint32_t leaf, uint32_t *count)
{
    uint32_t depth = __atomic_load_n(&depths[leaf], __ATOMIC_ACQUIRE);
    if (depth == 0) {
        depth = components_of(sysctl_leaves[leaf].name);
        depth = depth < SYSCTL_DEPTH ? depth : SYSCTL_DEPTH;
        for (uint32_t k = 0; k < depth; k++) {
            numbers[leaf][k] = number_of(leaf, k);
        }
        __atomic_store_n(&depths[leaf], (uint8_t)depth, __ATOMIC_RELEASE);
    }
    *count = depth;
    return numbers[leaf];
}

/* How many of the first numbers are the same. */
static uint32_t common(const int32_t *a, uint32_t na, const int32_t *b, uint32_t nb)
{
    uint32_t n = 0;
    while (n < na && n < nb && a[n] == b[n]) {
        n++;
    }
    return n;
}

/* How many numbers a leaf has that FreeBSD has fixed, if those are all it has; else 0. */
static uint32_t fixed(const struct sysctl_leaf *l)
{
    uint32_t n = 0;
    while (is_fixed(l, n)) {
        n++;
    }
    return n == components_of(l->name) ? n : 0;
}

/*
 * The same without a number of any other leaf: programs ask for a few values at their start, and numbering all would take
 * longer than the rest of it. The last number of a leaf that has none of its own tells which leaf it is.
 */
static int64_t find_at_once(const int32_t *mib, uint32_t count, uint32_t *used)
{
    int64_t last = (int64_t)mib[count - 1] - SYSCTL_AUTO;
    if (last >= 0 && last < sysctl_leaf_count) {
        uint32_t n;
        const int32_t *own = sysctl_oid((uint32_t)last, &n);
        *used = n;
        return n == count && common(own, n, mib, count) == n ? last : -ENOENT;
    }
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        const struct sysctl_leaf *l = &sysctl_leaves[i];
        uint32_t n = l->mib[0] == mib[0] && l->mib[1] == mib[1] ? fixed(l) : 0;
        if (n != 0 && common(l->mib, n, mib, count) == n) {
            *used = n;
            return i;
        }
    }
    return -ENOENT;
}

int64_t sysctl_find(const int32_t *mib, uint32_t count, uint32_t *used)
{
    int64_t found = count >= 2 ? find_at_once(mib, count, used) : -ENOENT;
    if (found >= 0) {
        return found;
    }
    *used = 0;
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        uint32_t n;
        const int32_t *own = sysctl_oid(i, &n);
        uint32_t same = common(own, n, mib, count);
        if (same == n && n > *used) {
            *used = n;
            found = i;
        } else if (same == count && found < 0) {
            found = -EISDIR;
        }
    }
    return found;
}

int64_t sysctl_find_name(const char *name, uint32_t *count)
{
    size_t length = hot_strlen(name);
    *count = components_of(name);
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        if (begins_with(sysctl_leaves[i].name, name, length)) {
            return i;
        }
    }
    return -ENOENT;
}

/* Appends what stands for one number: the component of a leaf that has all numbers up to it, else the number. */
static void put_component(struct text *x, const int32_t *mib, uint32_t k)
{
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        uint32_t n;
        const int32_t *own = sysctl_oid(i, &n);
        if (n > k && common(own, n, mib, k + 1) == k + 1) {
            const char *name = sysctl_leaves[i].name;
            size_t from = k == 0 ? 0 : prefix(name, k) + 1;
            text_bytes(x, name + from, prefix(name, k + 1) - from);
            return;
        }
    }
    text_dec(x, mib[k]);
}

void sysctl_name_of(struct text *x, const int32_t *mib, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        if (k > 0) {
            text_char(x, '.');
        }
        put_component(x, mib, k);
    }
}

/* Whether a comes before b. */
static bool before(const int32_t *a, uint32_t na, const int32_t *b, uint32_t nb)
{
    uint32_t same = common(a, na, b, nb);
    return same < na && same < nb ? a[same] < b[same] : na < nb;
}

int64_t sysctl_next(const int32_t *mib, uint32_t count)
{
    int64_t best = -ENOENT;
    const int32_t *lowest = NULL;
    uint32_t lowest_count = 0;
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        uint32_t n;
        const int32_t *own = sysctl_oid(i, &n);
        if (sysctl_leaves[i].type == SYSCTL_NODE || !before(mib, count, own, n)) {
            continue;
        }
        if (lowest == NULL || before(own, n, lowest, lowest_count)) {
            lowest = own;
            lowest_count = n;
            best = i;
        }
    }
    return best;
}
