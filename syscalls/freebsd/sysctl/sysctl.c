/* __sysctl(2) and __sysctlbyname(2): names, numbers, lengths and errors. Semantics: sys/kern/kern_sysctl.c. */
#include "syscalls/freebsd/sysctl/sysctl.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/thread.h"

#define NAME_BYTES 1024 /* MAXPATHLEN */
#define FLAG_READ  0x80000000u
#define FLAG_WRITE 0x40000000u

enum { QUERY_NAME = 1, QUERY_NEXT = 2, QUERY_OID = 3, QUERY_FORMAT = 4, QUERY_DESCRIPTION = 5, QUERY_NEXTNOSKIP = 7 };

int sysctl_put(struct sysctl_request *rq, const void *data, size_t size)
{
    uint64_t room = rq->room > rq->done ? rq->room - rq->done : 0;
    uint64_t fits = size < room ? size : room;
    int r = 0;
    if (rq->into) {
        memcpy((char *)rq->into + rq->done, data, fits);
    } else if (!guest_is_null(rq->old) && fits > 0) {
        r = copyout(guest_at(rq->old, rq->done), data, fits);
    }
    rq->done += size;
    if (r < 0 || (guest_is_null(rq->old) && !rq->into)) {
        return r;
    }
    return size > room ? -ENOMEM : 0;
}

int sysctl_put_string(struct sysctl_request *rq, const char *s)
{
    return sysctl_put(rq, s, hot_strlen(s) + 1);
}

int sysctl_put_number(struct sysctl_request *rq, int64_t value)
{
    size_t size = rq->leaf->type == SYSCTL_INT || rq->leaf->type == SYSCTL_UINT ? 4 : 8;
    return sysctl_put(rq, &value, size); /* little-endian: the low half comes first */
}

static int read_leaf(struct sysctl_request *rq, const struct sysctl_leaf *leaf)
{
    rq->leaf = leaf;
    if (leaf->read != NULL) {
        return leaf->read(rq);
    }
    if (leaf->type == SYSCTL_NODE) {
        return -EISDIR;
    }
    if (rq->rest_count != 0) {
        return -ENOTDIR;
    }
    if (leaf->type == SYSCTL_STRING) {
        return sysctl_put_string(rq, leaf->text);
    }
    return sysctl_put_number(rq, leaf->compute != NULL ? leaf->compute(rq->t) : leaf->number);
}

/* {0, 1}: the name for numbers. */
static int query_name(struct sysctl_request *rq)
{
    char name[NAME_BYTES];
    struct text x = TEXT_ON(name);
    if (rq->rest_count == 0) {
        return -EINVAL;
    }
    sysctl_name_of(&x, rq->rest, rq->rest_count);
    return sysctl_put_string(rq, text_cstr(&x));
}

/* {0, 2} and {0, 7}: the leaf that follows. None here is one that the first is to skip. */
static int query_next(struct sysctl_request *rq)
{
    uint32_t count;
    int64_t leaf = sysctl_next(rq->rest, rq->rest_count);
    if (leaf < 0) {
        return (int)leaf;
    }
    const int32_t *oid = sysctl_oid((uint32_t)leaf, &count);
    return sysctl_put(rq, oid, count * sizeof *oid);
}

/* {0, 4}: kind and format. */
static int query_format(struct sysctl_request *rq)
{
    uint32_t used;
    int64_t leaf = sysctl_find(rq->rest, rq->rest_count, &used);
    if (leaf == -EISDIR) {
        uint32_t kind = FLAG_READ | SYSCTL_NODE;
        int r = sysctl_put(rq, &kind, sizeof kind);
        return r < 0 ? r : sysctl_put_string(rq, "N");
    }
    if (leaf < 0) {
        return (int)leaf;
    }
    uint32_t kind = FLAG_READ | (sysctl_leaves[leaf].takes_new ? FLAG_WRITE : 0) | sysctl_leaves[leaf].type;
    int r = sysctl_put(rq, &kind, sizeof kind);
    return r < 0 ? r : sysctl_put_string(rq, sysctl_leaves[leaf].format);
}

/* {0, 5}: what is said of a leaf or a node; ENOENT where nothing is (sysctl_sysctl_oiddescr()). */
static int query_description(struct sysctl_request *rq)
{
    char name[NAME_BYTES];
    struct text x = TEXT_ON(name);
    uint32_t used;
    int64_t leaf = sysctl_find(rq->rest, rq->rest_count, &used);
    if (leaf < 0 && leaf != -EISDIR) {
        return (int)leaf;
    }
    sysctl_name_of(&x, rq->rest, rq->rest_count);
    text_cstr(&x);
    for (uint32_t i = 0; i < sysctl_description_count; i++) {
        if (hot_strcmp(sysctl_descriptions[i].name, name) == 0) {
            return sysctl_put_string(rq, sysctl_descriptions[i].text);
        }
    }
    return -ENOENT;
}

/* A name from the guest: `size` bytes, with or without NUL; one dot at the end is allowed. */
static int copyin_name(char name[NAME_BYTES], guest_ptr from, uint64_t size)
{
    if (size == 0) {
        return -ENOENT;
    }
    if (size >= NAME_BYTES) {
        return -ENAMETOOLONG;
    }
    int r = copyin(name, from, size);
    if (r < 0) {
        return r;
    }
    name[size] = '\0';
    size_t length = hot_strlen(name);
    if (length > 0 && name[length - 1] == '.') {
        name[length - 1] = '\0';
    }
    return 0;
}

/* {0, 3}: the numbers of a name, which is the new value. */
static int query_oid(struct sysctl_request *rq, guest_ptr new, uint64_t newlen)
{
    char name[NAME_BYTES];
    uint32_t count, wanted;
    int r = copyin_name(name, new, newlen);
    int64_t leaf = r < 0 ? r : sysctl_find_name(name, &wanted);
    if (leaf < 0) {
        return (int)leaf;
    }
    const int32_t *oid = sysctl_oid((uint32_t)leaf, &count);
    return sysctl_put(rq, oid, wanted * sizeof *oid);
}

static int query(struct sysctl_request *rq, int32_t which, guest_ptr new, uint64_t newlen)
{
    switch (which) {
    case QUERY_NAME:
        return query_name(rq);
    case QUERY_NEXT:
    case QUERY_NEXTNOSKIP:
        return query_next(rq);
    case QUERY_OID:
        return query_oid(rq, new, newlen);
    case QUERY_FORMAT:
        return query_format(rq);
    case QUERY_DESCRIPTION:
        return query_description(rq);
    default:
        return -ENOENT;
    }
}

static int perform(struct sysctl_request *rq, const int32_t *mib, uint32_t count, guest_ptr new, uint64_t newlen)
{
    if (mib[0] == 0) {
        rq->rest = mib + 2;
        rq->rest_count = count - 2;
        return query(rq, mib[1], new, newlen);
    }
    uint32_t used;
    int64_t leaf = sysctl_find(mib, count, &used);
    if (leaf < 0) {
        return (int)leaf;
    }
    if (!guest_is_null(new) && !sysctl_leaves[leaf].takes_new) {
        return -EPERM; /* may not be changed; newlen plays no part (sysctl_root()) */
    }
    rq->new = new;
    rq->new_size = newlen;
    rq->rest = mib + used;
    rq->rest_count = count - used;
    return read_leaf(rq, &sysctl_leaves[leaf]);
}

/* The length goes back also when there was not enough room. */
static int64_t run(struct thread *t, const int32_t *mib, uint32_t count, guest_ptr old, guest_ptr oldlenp,
                   guest_ptr new, uint64_t newlen)
{
    struct sysctl_request rq = {.t = t, .old = old};
    if (!guest_is_null(oldlenp)) {
        int r = COPYIN(&rq.room, oldlenp);
        if (r < 0) {
            return r;
        }
    }
    int r = perform(&rq, mib, count, new, newlen);
    if ((r < 0 && r != -ENOMEM) || guest_is_null(oldlenp)) {
        return r;
    }
    uint64_t length = !guest_is_null(old) && rq.done > rq.room ? rq.room : rq.done;
    int e = COPYOUT(oldlenp, &length);
    return e < 0 ? e : r;
}

int64_t sysctl_ask(struct thread *t, const int32_t *mib, uint32_t count, void *to, size_t size)
{
    struct sysctl_request rq = {.t = t, .into = to, .room = size};
    int r = perform(&rq, mib, count, guest_addr(0), 0);
    return r < 0 ? r : (int64_t)rq.done;
}

int64_t freebsd_sysctl(struct thread *t, guest_ptr name, uint32_t namelen, guest_ptr old, guest_ptr oldlenp,
                       guest_ptr new_, uint64_t newlen)
{
    int32_t mib[SYSCTL_NAME_MAX];
    if (namelen < 2 || namelen > SYSCTL_NAME_MAX) {
        return -EINVAL;
    }
    int r = copyin(mib, name, namelen * sizeof mib[0]);
    return r < 0 ? r : run(t, mib, namelen, old, oldlenp, new_, newlen);
}

int64_t freebsd_sysctlbyname(struct thread *t, guest_ptr name, uint64_t namelen, guest_ptr old, guest_ptr oldlenp,
                             guest_ptr new_, uint64_t newlen)
{
    char text[NAME_BYTES];
    uint32_t count, wanted;
    if (namelen == 0 || namelen > NAME_BYTES) {
        return -EINVAL; /* kern___sysctlbyname() */
    }
    int r = copyin_name(text, name, namelen);
    int64_t leaf = r < 0 ? r : sysctl_find_name(text, &wanted);
    if (leaf < 0) {
        return leaf;
    }
    return run(t, sysctl_oid((uint32_t)leaf, &count), wanted, old, oldlenp, new_, newlen);
}
