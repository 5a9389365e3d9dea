/*
 * Multicast: memberships, sources and filters. Sources: ip(4), ip6(4), sourcefilter(3), sys/netinet/in_mcast.c,
 * sys/netinet6/in6_mcast.c.
 */
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sockets/sockopt.h"

#include <linux/in.h>
#include <linux/in6.h>

#define STORAGE            128 /* struct sockaddr_storage, both systems' */
#define HOST_MSFILTER      48  /* MCAST_MSFILTER */
#define HOST_JOIN_GROUP    42
#define HOST_LEAVE_GROUP   45
#define MAX_SOURCES        128 /* in_mcast_maxsocksrc */
#define FILTER_INCLUDE     1   /* MCAST_INCLUDE, both systems'; the host's MCAST_EXCLUDE is 0 */
#define FREEBSD_EXCLUDE    2
#define HOST_EXCLUDE       0
#define HOST_MULTICAST_ALL 49 /* IP_MULTICAST_ALL; IPV6_MULTICAST_ALL is 29 */

/* struct __msfilterreq */
struct freebsd_filter {
    uint32_t interface, mode, count, pad;
    uint8_t group[STORAGE];
    guest_ptr sources;
};
_Static_assert(sizeof(struct freebsd_filter) == 152, "netinet/in.h");

/* struct group_filter, and what follows it */
struct host_filter {
    uint32_t interface, pad;
    uint8_t group[STORAGE];
    uint32_t mode, count;
    uint8_t sources[][STORAGE];
};
_Static_assert(sizeof(struct host_filter) == 144, "linux/in.h");

/* An address in place. The family must be the level's. */
static int64_t storage_to_host(int level, uint8_t *at)
{
    uint8_t family = level == IPPROTO_IP ? FREEBSD_AF_INET : FREEBSD_AF_INET6;
    uint16_t host = level == IPPROTO_IP ? HOST_AF_INET : HOST_AF_INET6;

    if (at[1] != family || at[0] != (level == IPPROTO_IP ? 16 : 28)) {
        return -EINVAL;
    }
    memcpy(at, &host, sizeof(host));
    return 0;
}

static void storage_from_host(int level, uint8_t *at)
{
    at[0] = level == IPPROTO_IP ? 16 : 28;
    at[1] = level == IPPROTO_IP ? FREEBSD_AF_INET : FREEBSD_AF_INET6;
}

/*
 * A socket without multicast options of its own gets what arrives for any group, one with them what it has joined
 * (udp_multi_input()); the host has an option for that.
 */
static void filter_from_now_on(int s, int level)
{
    struct option_value v = {.number = 0, .size = 4};

    host_setsockopt(s, level, level == IPPROTO_IP ? HOST_MULTICAST_ALL : IPV6_MULTICAST_ALL, &v);
}

/* group, source, interface: the host wants the interface in the middle */
static int64_t source_to_host(struct option_value *v)
{
    uint32_t interface = v->words[2];

    if (v->size < 12) {
        return -EINVAL;
    }
    v->words[2] = v->words[1];
    v->words[1] = interface;
    v->size = 12;
    return 0;
}

static int64_t request_to_host(const struct sockopt_row *row, struct option_value *v)
{
    bool alone = row->host_name == HOST_JOIN_GROUP || row->host_name == HOST_LEAVE_GROUP;
    uint32_t size = alone ? 8 + STORAGE : 8 + 2 * STORAGE;
    int64_t r;

    if (v->size < size) {
        return -EINVAL;
    }
    v->size = size;
    r = storage_to_host(row->level, v->bytes + 8);
    if (r == 0 && !alone) {
        r = storage_to_host(row->level, v->bytes + 8 + STORAGE);
    }
    return r == 0 && v->words[0] == 0 ? -EADDRNOTAVAIL : r; /* an interface has to be named */
}

/* Copies the sources of a filter that is to be set. */
static int64_t sources_copyin(int level, const struct freebsd_filter *f, struct host_filter *h)
{
    for (uint32_t i = 0; i < f->count; i++) {
        if (copyin(h->sources[i], guest_at(f->sources, (uint64_t)i * STORAGE), STORAGE) < 0) {
            return -EFAULT;
        }
        if (storage_to_host(level, h->sources[i]) < 0) {
            return -EINVAL;
        }
    }
    return 0;
}

/* The fixed part of a filter, checked. Returns 0 or -errno; *out comes from the heap, with room for the sources. */
static int64_t filter_new(int level, const struct option_value *v, struct freebsd_filter *f, struct host_filter **out)
{
    struct host_filter *h;

    if (v->size < sizeof(*f)) {
        return -EINVAL;
    }
    memcpy(f, v->bytes, sizeof(*f));
    if (f->count > MAX_SOURCES) {
        return -ENOBUFS;
    }
    if (storage_to_host(level, f->group) < 0) {
        return -EINVAL;
    }
    if (f->interface == 0) {
        return -EADDRNOTAVAIL;
    }
    h = heap_alloc(sizeof(*h) + (uint64_t)f->count * STORAGE);
    if (!h) {
        return -ENOBUFS;
    }
    memset(h, 0, sizeof(*h) + (uint64_t)f->count * STORAGE);
    h->interface = f->interface;
    memcpy(h->group, f->group, STORAGE);
    h->count = f->count;
    *out = h;
    return 0;
}

/* The host knows some as "no such device", or finds a membership that is not there to be an invalid argument. */
static int64_t group_error(enum sockopt_form form, int64_t r)
{
    return r == -ENODEV || (form == SOCKOPT_FILTER && r == -EINVAL) ? -EADDRNOTAVAIL : r;
}

static int64_t set_filter(int s, int level, const struct option_value *v)
{
    struct freebsd_filter f;
    struct host_filter *h;
    int64_t r = filter_new(level, v, &f, &h);

    if (r < 0) {
        return r;
    }
    h->mode = f.mode == FREEBSD_EXCLUDE ? HOST_EXCLUDE : FILTER_INCLUDE;
    r = f.mode != FREEBSD_EXCLUDE && f.mode != FILTER_INCLUDE ? -EINVAL : sources_copyin(level, &f, h);
    if (r == 0) {
        uint64_t size = sizeof(*h) + (uint64_t)f.count * STORAGE;

        r = group_error(SOCKOPT_FILTER, host_call5(__NR_setsockopt, s, level, HOST_MSFILTER, h, size));
    }
    heap_free(h);
    return r;
}

int64_t sockopt_set_group(int s, const struct sockopt_row *row, struct option_value *v)
{
    int64_t r = 0;

    if (row->form == SOCKOPT_FILTER) {
        r = set_filter(s, row->level, v);
    } else {
        r = row->form == SOCKOPT_SOURCE    ? source_to_host(v)
            : row->form == SOCKOPT_REQUEST ? request_to_host(row, v)
                                           : 0;
        if (r < 0) {
            return r;
        }
        r = group_error(row->form, host_setsockopt(s, row->host_level, row->host_name, v));
    }
    if (r == 0) {
        filter_from_now_on(s, row->level);
    }
    return r;
}

/* The answer has the number of sources there are; as many as there is room for are handed out (inp_get_source_filters())
 */
int64_t sockopt_get_filter(int s, const struct sockopt_row *row, struct option_value *v)
{
    struct freebsd_filter f;
    struct host_filter *h;
    int64_t r = filter_new(row->level, v, &f, &h);
    uint32_t room = f.count, size;

    if (r < 0) {
        return r;
    }
    size = (uint32_t)(sizeof(*h) + (uint64_t)room * STORAGE);
    r = host_call5(__NR_getsockopt, s, row->level, HOST_MSFILTER, h, &size);
    if (r == 0) {
        f.count = h->count;
        f.mode = h->mode == HOST_EXCLUDE ? FREEBSD_EXCLUDE : FILTER_INCLUDE;
        storage_from_host(row->level, f.group);
        for (uint32_t i = 0; i < f.count && i < room && r == 0; i++) {
            storage_from_host(row->level, h->sources[i]);
            r = copyout(guest_at(f.sources, (uint64_t)i * STORAGE), h->sources[i], STORAGE);
        }
        memcpy(v->bytes, &f, sizeof(f));
        v->size = sizeof(f);
    }
    heap_free(h);
    return group_error(SOCKOPT_GROUP, r);
}
