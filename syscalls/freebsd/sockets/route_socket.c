/* Sockets of PF_ROUTE; see route_socket.h. */
#include "syscalls/freebsd/sockets/route_socket.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sockets/interface.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

enum { RTM_GET = 4 };
#define RTF_DONE      0x40
#define MESSAGE_MAX   2048 /* longer than one with all addresses that there can be */
#define ADDRESSES     8    /* RTAX_MAX */
#define IOV_MAX       1024
#define HOST_DONTWAIT 0x4040 /* and no SIGPIPE */

static void release(struct descriptor_object *o)
{
    heap_free(o);
}

static bool survives_fork(struct descriptor_object *o)
{
    (void)o;
    return true;
}

static const struct descriptor_ops route_ops = {
    .kind = DESCRIPTOR_ROUTE, .release = release, .survives_fork = survives_fork};

/* A local datagram socket that is its own peer. */
static int64_t open_mirror(uint32_t flags)
{
    struct {
        uint16_t family;
        char path[HOST_UNIX_PATH_MAX];
    } name = {.family = HOST_AF_UNIX};
    uint32_t length = sizeof name;
    int64_t fd = host_call3(__NR_socket, HOST_AF_UNIX, SOCKET_DGRAM | flags, 0);
    int64_t r = fd < 0 ? fd : host_call3(__NR_bind, fd, &name, sizeof name.family); /* a name that nobody has */

    r = r < 0 ? r : host_call3(__NR_getsockname, fd, &name, &length);
    r = r < 0 ? r : host_call3(__NR_connect, fd, &name, length);
    if (r < 0 && fd >= 0) {
        host_call1(__NR_close, fd);
    }
    return r < 0 ? r : fd;
}

int64_t route_socket_open(struct thread *t, uint32_t flags)
{
    int64_t fd = open_mirror(flags);
    struct descriptor_object *o = fd < 0 ? NULL : heap_alloc(sizeof *o);

    if (fd < 0) {
        return fd;
    }
    int r = -ENOMEM;
    if (o != NULL) {
        *o = (struct descriptor_object){.ops = &route_ops, .references = 1};
        r = descriptor_attach(t->proc->descriptors, (int)fd, o);
    }
    if (r < 0) {
        heap_free(o);
        host_call1(__NR_close, fd);
        return -ENOBUFS;
    }
    __atomic_store_n(&freebsd_process(t)->has_route_sockets, 1, __ATOMIC_RELAXED);
    return fd;
}

bool route_socket_is(struct thread *t, int fd)
{
    return __atomic_load_n(&freebsd_process(t)->has_route_sockets, __ATOMIC_RELAXED) != 0 &&
           descriptor_kind_of(t->proc->descriptors, fd) == DESCRIPTOR_ROUTE;
}

/* The addresses of a message, by their places; NULL: not given. rt_xaddrs(): 0 or -EINVAL. */
static int find_addresses(const uint8_t *message, size_t size, const uint8_t *found[ADDRESSES])
{
    const struct freebsd_rt_head *head = (const struct freebsd_rt_head *)message;
    size_t at = sizeof *head;

    for (unsigned i = 0; i < ADDRESSES; i++) {
        found[i] = NULL;
        if (((uint32_t)head->addrs >> i & 1) == 0 || at >= size) {
            continue; /* programs say that there are some, and leave them out at the end */
        }
        uint8_t length = message[at];
        if (at + length > size) {
            return -EINVAL;
        }
        found[i] = length == 0 ? NULL : message + at; /* all of it 0: the default route's */
        at += length == 0 ? 8 : ((size_t)length + 7) & ~(size_t)7;
    }
    return 0;
}

/* The bits of a mask, which may be cut short behind the last byte that counts. */
static uint8_t prefix_of(const uint8_t *mask, unsigned offset)
{
    uint8_t bits = 0;

    for (unsigned i = offset; mask != NULL && i < mask[0]; i++) {
        for (uint8_t byte = mask[i]; byte & 0x80; byte = (uint8_t)(byte << 1)) {
            bits++;
        }
    }
    return bits;
}

/* RTM_GET: the route, or -errno. With a mask it is the one with just that destination. */
static int64_t look_up(const struct freebsd_rt_head *head, const uint8_t *const addresses[ADDRESSES], struct message *m)
{
    const uint8_t *to = addresses[0];
    uint8_t plain[28] = {0}, prefix = 0;
    uint32_t scope = 0;

    if (to == NULL) {
        return head->addrs & ROUTE_DST ? -EAFNOSUPPORT : -EINVAL;
    }
    bool inet = to[1] == FREEBSD_AF_INET;
    if (!inet && to[1] != FREEBSD_AF_INET6) {
        return -EAFNOSUPPORT;
    }
    memcpy(plain, to, to[0] < sizeof plain ? to[0] : sizeof plain);
    if (!inet && plain[8] == 0xfe && (plain[9] & 0xc0) == 0x80) {
        memcpy(&scope, plain + 24, sizeof scope);
        scope = scope != 0 ? scope : (uint32_t)(plain[10] << 8 | plain[11]);
        plain[10] = plain[11] = 0;
    }
    const uint8_t *address = plain + (inet ? 4 : 8);
    int64_t r = route_look_up(inet ? HOST_AF_INET : HOST_AF_INET6, address, scope, m, &prefix);
    bool exact = (head->addrs & ROUTE_NETMASK) != 0 && (head->flags & 4 /* RTF_HOST */) == 0;
    if (r == 0 && exact && prefix_of(addresses[2], inet ? 4 : 8) != prefix) {
        return -ESRCH;
    }
    return r;
}

/* Takes the interface's addresses off again: only who asks for either of them is told both. */
static void trim(struct message *m)
{
    struct freebsd_rt_head *head = (struct freebsd_rt_head *)m->bytes;
    const uint8_t *found[ADDRESSES];

    find_addresses(m->bytes, m->size, found);
    const uint8_t *first = found[4] != NULL ? found[4] : found[5];
    if (first != NULL) {
        m->size = (size_t)(first - m->bytes);
    }
    head->addrs &= ~(ROUTE_IFP | ROUTE_IFA);
    head->msglen = (uint16_t)m->size;
}

/* What came in goes back with the error; of a route that was found, the route. */
static void answer(int fd, const struct freebsd_rt_head *asked, struct message *m)
{
    struct freebsd_rt_head *head = (struct freebsd_rt_head *)m->bytes;

    if ((asked->addrs & (ROUTE_IFP | ROUTE_IFA)) == 0) {
        trim(m);
    }
    head->pid = asked->pid;
    head->seq = asked->seq;
    head->flags |= RTF_DONE;
    host_call6(__NR_sendto, fd, m->bytes, m->size, HOST_DONTWAIT, 0, 0);
}

/* One message, which is here now. Returns 0 or -errno. */
static int64_t take(struct thread *t, int fd, uint8_t *bytes, size_t n)
{
    struct freebsd_rt_head *head = (struct freebsd_rt_head *)bytes;
    const uint8_t *addresses[ADDRESSES];
    struct message m;

    if (n < sizeof *head || head->msglen != n) {
        return n < sizeof(int64_t) ? -ENOBUFS : -EINVAL;
    }
    if (head->version != FREEBSD_RTM_VERSION) {
        return -EPROTONOSUPPORT;
    }
    head->pid = t->proc->pid;
    int64_t r = find_addresses(bytes, n, addresses);
    if (r == 0) {
        r = head->type != RTM_GET ? -EPERM : look_up(head, addresses, &m); /* PRIV_NET_ROUTE is no jail's */
    }
    if (r == 0) {
        answer(fd, head, &m);
    } else {
        head->error = freebsd_errno_from_host[-r]; /* none of these is the guest's only */
        head->error = head->error != 0 ? head->error : (int32_t)-r;
        host_call6(__NR_sendto, fd, bytes, n, HOST_DONTWAIT, 0, 0);
    }
    return r;
}

/* Adds a part of a message to what there is of it. */
static int64_t add_part(uint8_t bytes[MESSAGE_MAX], size_t *n, guest_ptr part, uint64_t size)
{
    if (size > MESSAGE_MAX - *n) {
        return -EMSGSIZE;
    }
    if (copyin(bytes + *n, part, size) < 0) {
        return -EFAULT;
    }
    *n += size;
    return 0;
}

int64_t route_socket_write(struct thread *t, int fd, guest_ptr buf, uint64_t size)
{
    uint8_t bytes[MESSAGE_MAX] __attribute__((aligned(8)));
    size_t n = 0;
    int64_t r = add_part(bytes, &n, buf, size);

    r = r < 0 ? r : take(t, fd, bytes, n);
    return r < 0 ? r : (int64_t)n;
}

int64_t route_socket_writev(struct thread *t, int fd, guest_ptr vector, uint32_t count)
{
    uint8_t bytes[MESSAGE_MAX] __attribute__((aligned(8)));
    uint64_t part[2];
    size_t n = 0;
    int64_t r = count == 0 || count > IOV_MAX ? -EINVAL : 0;

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        r = COPYIN(&part, guest_at(vector, i * sizeof part));
        r = r < 0 ? r : add_part(bytes, &n, guest_addr(part[0]), part[1]);
    }
    r = r < 0 ? r : take(t, fd, bytes, n);
    return r < 0 ? r : (int64_t)n;
}
