/* Sending and receiving with struct msghdr of four-byte words; see compat_message.h. Sources: net/compat.c, net/socket.c. */
#include "syscalls/common/linux/sockets/compat_message.h"

#include <linux/time.h>
#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_clock.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/linux/files/vectors.h"
#include "syscalls/common/linux/sockets/compat_control.h"
#include "syscalls/common/linux/sockets/socket_address.h"
#include "syscalls/common/linux/time/compat_time.h"

#define CONTROL_ON_STACK 2048
#define CONTROL_MAX      (256 * 1024) /* more than net.core.optmem_max is refused anyway */
#define MESSAGES_MAX     1024         /* UIO_MAXIOV */
#define NS_PER_SECOND    1000000000

/* linux/socket.h */
#define MSG_OOB         0x1u
#define MSG_CTRUNC      0x8u
#define MSG_DONTWAIT    0x40u
#define MSG_ERRQUEUE    0x2000u
#define MSG_WAITFORONE  0x10000u
#define MSG_CMSG_COMPAT 0x80000000u /* says within the kernel that a guest is one of these */

/* struct user_msghdr of the host. */
struct host_message {
    uint64_t name;
    int32_t namelen, pad0;
    uint64_t iov, iovlen;
    uint64_t control, controllen;
    uint32_t flags, pad1;
};

_Static_assert(sizeof(struct host_message) == 56, "struct user_msghdr");

/* What a message is made of in the engine's memory. */
struct message {
    struct compat_msghdr guest;
    struct host_message host;
    struct linux_socket_address address;
    struct linux_iovec vector[LINUX_IOV_MAX];
    uint8_t *control; /* of the host's form: `few` or from the heap */
    uint8_t few[COMPAT_CONTROL_ROOM(CONTROL_ON_STACK)] __attribute__((aligned(8)));
};

/* Room for the host's form of the guest's control data. Returns 0 or -errno. */
static int64_t control_room(struct message *m)
{
    m->control = m->few;
    if (m->guest.controllen > INT32_MAX) {
        return -ENOBUFS;
    }
    if (m->guest.controllen > CONTROL_ON_STACK) {
        m->control =
            m->guest.controllen > CONTROL_MAX ? NULL : heap_alloc_unset(COMPAT_CONTROL_ROOM(m->guest.controllen));
    }
    return m->control == NULL ? -ENOBUFS : 0;
}

static void control_done(struct message *m)
{
    if (m->control != m->few) {
        heap_free(m->control);
    }
}

/* The head and where the data lies: get_compat_msghdr(). Returns 0 or -errno. */
static int64_t message_get(guest_ptr msg, struct message *m)
{
    m->control = m->few;
    memset(&m->host, 0, sizeof m->host);
    if (COPYIN(&m->guest, msg) < 0) {
        return -EFAULT;
    }
    if (m->guest.name != 0 && m->guest.namelen < 0) {
        return -EINVAL;
    }
    return 0;
}

static int64_t vector_get(struct message *m)
{
    if (m->guest.iovlen > LINUX_IOV_MAX) {
        return -EMSGSIZE;
    }
    struct linux_vector v = compat_vector_get(guest_addr(m->guest.iov), m->guest.iovlen, m->vector);
    m->host.iov = v.va;
    m->host.iovlen = v.count;
    return 0;
}

/* The engine's own descriptors are not open for the guest. */
static int64_t refuse_hidden(void *argument, int fd)
{
    (void)argument;
    return is_hidden(fd) ? -EBADF : 0;
}

/* In two steps, as the host's form is longer: the guest's is copied to the end of the room first. */
static int64_t control_get(struct message *m)
{
    uint32_t length = m->guest.controllen;
    int64_t r = control_room(m);

    if (r < 0 || length == 0) {
        return r;
    }
    uint8_t few[CONTROL_ON_STACK];
    uint8_t *copy = length > sizeof few ? heap_alloc_unset(length) : few;
    if (copy == NULL) {
        return -ENOBUFS;
    }
    r = copyin(copy, guest_addr(m->guest.control), length);
    r = r < 0 ? r : compat_control_to_host(copy, length, m->control);
    if (copy != few) {
        heap_free(copy);
    }
    if (r < 0) {
        return r;
    }
    m->host.control = (uint64_t)m->control;
    m->host.controllen = (uint64_t)r;
    return linux_control_descriptors(m->control, (uint64_t)r, refuse_hidden, NULL);
}

static int64_t send_message(struct thread *t, int32_t fd, struct message *m, uint32_t flags)
{
    if (m->guest.name != 0 && m->guest.namelen > 0) {
        int64_t r = linux_socket_address_get(t, guest_addr(m->guest.name), m->guest.namelen, &m->address);

        if (r < 0) {
            return r;
        }
        m->host.name = (uint64_t)m->address.bytes;
        m->host.namelen = (int32_t)m->address.length;
    }
    int64_t r = vector_get(m);
    r = r < 0 ? r : control_get(m);
    if (r < 0) {
        return r;
    }
    return host_restartable(
        t, host_call_intr(t, __NR_sendmsg, (uint64_t)fd, (uint64_t)&m->host, flags & ~MSG_CMSG_COMPAT, 0, 0, 0));
}

/* What is wrong with a message counts only where the descriptor is a socket's: sockfd_lookup_light() comes first. */
static int64_t unless_no_socket(int32_t fd, int64_t error)
{
    const int level = 1, so_type = 3; /* SOL_SOCKET, SO_TYPE */
    int32_t type, size = sizeof type;
    int64_t r = host_call5(__NR_getsockopt, fd, level, so_type, &type, &size);

    return r < 0 ? r : error;
}

int64_t linux_compat_sendmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    struct message m;
    int64_t r = message_get(msg, &m);

    r = r < 0 ? r : send_message(t, fd, &m, flags);
    control_done(&m);
    return r == -EFAULT || r == -EINVAL || r == -EMSGSIZE ? unless_no_socket(fd, r) : r;
}

int64_t linux_compat_sendmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags)
{
    uint32_t done = 0;
    int64_t r = vlen == 0 ? host_call4(__NR_sendmmsg, fd, 0, 0, flags) : 0;

    for (vlen = vlen > MESSAGES_MAX ? MESSAGES_MAX : vlen; done < vlen; done++) {
        guest_ptr at = guest_at(msg, (uint64_t)done * sizeof(struct compat_mmsghdr));

        r = linux_compat_sendmsg(t, fd, at, flags);
        if (r < 0) {
            break;
        }
        uint32_t length = (uint32_t)r;
        r = COPYOUT(guest_at(at, sizeof(struct compat_msghdr)), &length);
        if (r < 0) {
            break;
        }
    }
    return done > 0 ? done : r;
}

static void drop(void *argument, int fd)
{
    descriptor_close(argument, fd);
}

static int64_t close_one(void *argument, int fd)
{
    descriptor_close(argument, fd);
    return 0;
}

/* Control data to the guest. Who cannot take it does not get the descriptors either. */
static int64_t control_put(struct thread *t, struct message *m, bool short_times)
{
    struct compat_control_reader rd = {.short_times = short_times, .drop = drop, .argument = t};
    uint8_t few[CONTROL_ON_STACK];
    uint32_t room = m->guest.controllen;
    uint8_t *guest = room > sizeof few ? heap_alloc_unset(room) : few;

    if (guest == NULL) {
        linux_control_descriptors(m->control, m->host.controllen, close_one, t);
        return -ENOBUFS;
    }
    uint32_t used = compat_control_from_host(&rd, m->control, m->host.controllen, guest, room);
    int64_t r = copyout(guest_addr(m->guest.control), guest, used);
    if (guest != few) {
        heap_free(guest);
    }
    if (r < 0 && !rd.truncated) {
        linux_control_descriptors(m->control, m->host.controllen, close_one, t);
    }
    m->host.flags |= rd.truncated ? MSG_CTRUNC : 0;
    m->guest.controllen = used;
    return r;
}

/* What the guest is told beside the data: ____sys_recvmsg(). */
static int64_t message_put(struct thread *t, guest_ptr msg, struct message *m, bool short_times)
{
    int64_t r = control_put(t, m, short_times);

    if (r == 0 && m->guest.name != 0) {
        m->address.length = (uint32_t)m->host.namelen;
        r = linux_socket_address_put(t, &m->address, guest_addr(m->guest.name), m->guest.namelen,
                                     guest_at(msg, __builtin_offsetof(struct compat_msghdr, namelen)));
    }
    if (r < 0) {
        return r;
    }
    if (COPYOUT(guest_at(msg, __builtin_offsetof(struct compat_msghdr, flags)), &m->host.flags) < 0 ||
        COPYOUT(guest_at(msg, __builtin_offsetof(struct compat_msghdr, controllen)), &m->guest.controllen) < 0) {
        return -EFAULT;
    }
    return 0;
}

static int64_t receive(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, bool short_times, uint32_t *told)
{
    struct message m;
    int64_t r = message_get(msg, &m);

    r = r < 0 ? r : vector_get(&m);
    if (r < 0) {
        return unless_no_socket(fd, r);
    }
    m.guest.controllen = m.guest.controllen > CONTROL_MAX ? CONTROL_MAX : m.guest.controllen;
    r = control_room(&m);
    if (r < 0) {
        return r;
    }
    m.host.control = (uint64_t)m.control;
    m.host.controllen = m.guest.controllen == 0 ? 0 : COMPAT_CONTROL_ROOM(m.guest.controllen);
    m.host.name = m.guest.name != 0 ? (uint64_t)m.address.bytes : 0;
    m.host.namelen = sizeof m.address.bytes;
    r = host_restartable(
        t, host_call_intr(t, __NR_recvmsg, (uint64_t)fd, (uint64_t)&m.host, flags & ~MSG_CMSG_COMPAT, 0, 0, 0));
    if (r >= 0) {
        int64_t error = message_put(t, msg, &m, short_times);

        r = error < 0 ? error : r;
    }
    *told = m.host.flags;
    control_done(&m);
    return r;
}

int64_t compat_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, bool short_times)
{
    uint32_t told;

    return receive(t, fd, msg, flags, short_times, &told);
}

static struct __kernel_timespec now(void)
{
    struct __kernel_timespec time = {0, 0};

    host_clock_read(CLOCK_MONOTONIC, &time);
    return time;
}

/* What is left until `end`, at least nothing. Returns whether there is something. */
static bool left(const struct __kernel_timespec *end, struct __kernel_timespec *out)
{
    struct __kernel_timespec time = now();

    out->tv_sec = end->tv_sec - time.tv_sec;
    out->tv_nsec = end->tv_nsec - time.tv_nsec;
    if (out->tv_nsec < 0) {
        out->tv_sec--;
        out->tv_nsec += NS_PER_SECOND;
    }
    if (out->tv_sec < 0) {
        *out = (struct __kernel_timespec){0, 0};
    }
    return out->tv_sec != 0 || out->tv_nsec != 0;
}

/* The moment a limit from now on ends; far ones at the end of time (timespec64_add_safe()). */
static struct __kernel_timespec end_of(const struct __kernel_timespec *limit)
{
    struct __kernel_timespec end = now();

    end.tv_nsec += limit->tv_nsec;
    if (end.tv_nsec >= NS_PER_SECOND) {
        end.tv_nsec -= NS_PER_SECOND;
        end.tv_sec++;
    }
    if (__builtin_add_overflow(end.tv_sec, limit->tv_sec, &end.tv_sec)) {
        end.tv_sec = INT64_MAX;
    }
    return end;
}

/* An error that the socket has kept comes before all messages: sock_error(). */
static int64_t kept_error(int32_t fd, uint32_t flags)
{
    const int level = 1, so_error = 4;
    int32_t error = 0, size = sizeof error;

    if ((flags & MSG_ERRQUEUE) != 0) {
        return 0;
    }
    int64_t r = host_call5(__NR_getsockopt, fd, level, so_error, &error, &size);
    return r < 0 ? r : -(int64_t)error;
}

int64_t compat_recvmmsg(struct thread *t, int32_t fd, guest_ptr messages, uint32_t count, uint32_t flags,
                        struct __kernel_timespec *limit, bool short_times)
{
    struct __kernel_timespec end = {0, 0};
    uint32_t done = 0, told = 0;

    if (limit != NULL) {
        if (!linux_timespec_valid(limit)) {
            return -EINVAL;
        }
        end = end_of(limit);
    }
    int64_t r = kept_error(fd, flags);
    while (r >= 0 && done < count) {
        guest_ptr at = guest_at(messages, (uint64_t)done * sizeof(struct compat_mmsghdr));

        r = receive(t, fd, at, flags & ~MSG_WAITFORONE, short_times, &told);
        if (r < 0) {
            break;
        }
        uint32_t length = (uint32_t)r;
        r = COPYOUT(guest_at(at, sizeof(struct compat_msghdr)), &length);
        if (r < 0) {
            break;
        }
        done++;
        flags |= (flags & MSG_WAITFORONE) != 0 ? MSG_DONTWAIT : 0;
        if ((limit != NULL && !left(&end, limit)) || (told & MSG_OOB) != 0) {
            break;
        }
    }
    return done > 0 ? done : r;
}
