/* Sending and receiving with struct msghdr of four-byte words; see compat_message.h. Sources: net/compat.c, net/socket.c. */
#include "syscalls/common/linux/sockets/compat_message.h"

#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/linux/files/vectors.h"
#include "syscalls/common/linux/sockets/compat_control.h"
#include "syscalls/common/linux/sockets/messages.h"
#include "syscalls/common/linux/sockets/socket_address.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/common/peer_ids.h"

#define CONTROL_ON_STACK 2048
#define CONTROL_MAX      (256 * 1024) /* more than net.core.optmem_max is refused anyway */

/* What a message is made of in the engine's memory. */
struct message {
    struct compat_msghdr guest;
    struct linux_msghdr host;
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
    m->address.base = -1;
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

/* In two steps, as the host's form is longer: the guest's is copied to the end of the room first. */
static int64_t control_get(struct thread *t, struct message *m)
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
    if (r >= 0 && t->proc->credentials != NULL) {
        int64_t allowed = peer_ids_send_control(t, m->control, (uint64_t)r);

        r = allowed < 0 ? allowed : r;
    }
    if (copy != few) {
        heap_free(copy);
    }
    if (r < 0) {
        return r;
    }
    m->host.control = (uint64_t)m->control;
    m->host.controllen = (uint64_t)r;
    return linux_control_descriptors(m->control, (uint64_t)r, linux_refuse_hidden, NULL);
}

static int64_t send_message(struct thread *t, int32_t fd, struct message *m, uint32_t flags)
{
    if (m->guest.name != 0 && m->guest.namelen > 0) {
        int64_t r = linux_socket_address_get(t, fd, guest_addr(m->guest.name), m->guest.namelen,
                                             LINUX_ADDRESS_OF_MESSAGE, &m->address);

        if (r < 0) {
            return r;
        }
        m->host.name = (uint64_t)m->address.bytes;
        m->host.namelen = (int32_t)m->address.length;
    }
    int64_t r = vector_get(m);
    r = r < 0 ? r : control_get(t, m);
    if (r < 0) {
        return r;
    }
    return host_restartable(
        t, host_call_intr(t, __NR_sendmsg, (uint64_t)fd, (uint64_t)&m->host, flags & ~MSG_CMSG_COMPAT, 0, 0, 0));
}

int64_t linux_compat_sendmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    struct message m;
    int64_t r = message_get(msg, &m);

    r = r < 0 ? r : send_message(t, fd, &m, flags);
    control_done(&m);
    linux_socket_address_done(&m.address);
    return r == -EFAULT || r == -EINVAL || r == -EMSGSIZE ? linux_unless_no_socket(fd, r) : r;
}

/* Descriptors of a message that the guest does not get: those that had no room are closed at once. */
struct control_closer {
    struct thread *t;
    uint32_t dropped, seen;
};

static void drop(void *argument, int fd)
{
    struct control_closer *closer = argument;

    descriptor_close(closer->t, fd);
    closer->dropped++;
}

static int64_t count_one(void *argument, int fd)
{
    (void)fd;
    ((struct control_closer *)argument)->seen++;
    return 0;
}

/* The last ones have been dropped already; a message has one list of them (scm_send()). */
static int64_t close_one(void *argument, int fd)
{
    struct control_closer *closer = argument;

    if (closer->seen-- <= closer->dropped) {
        return 1;
    }
    descriptor_close(closer->t, fd);
    return 0;
}

/* The host's control data goes nowhere, and its descriptors with it. Returns whether there were any. */
static bool control_discard(const struct message *m, struct control_closer *closer)
{
    linux_control_descriptors(m->control, m->host.controllen, count_one, closer);
    bool any = closer->seen > 0;
    linux_control_descriptors(m->control, m->host.controllen, close_one, closer);
    return any;
}

/*
 * Control data to the guest. One that cannot take it gets no descriptors either, and no error: put_cmsg(),
 * scm_detach_fds_compat().
 */
static int64_t control_put(struct thread *t, struct message *m, bool short_times)
{
    struct control_closer closer = {t, 0, 0};
    struct compat_control_reader rd = {.short_times = short_times, .drop = drop, .argument = &closer};
    uint8_t few[CONTROL_ON_STACK];
    uint32_t room = m->guest.controllen;
    uint8_t *guest = room > sizeof few ? heap_alloc_unset(room) : few;

    if (guest == NULL) {
        control_discard(m, &closer);
        return -ENOBUFS;
    }
    if (t->proc->credentials != NULL) {
        peer_ids_show_control(t, m->control, m->host.controllen);
    }
    uint32_t used = compat_control_from_host(&rd, m->control, m->host.controllen, guest, room);
    if (used > 0 && copyout(guest_addr(m->guest.control), guest, used) < 0) {
        used = 0;
        rd.truncated = control_discard(m, &closer) || rd.truncated;
    }
    if (guest != few) {
        heap_free(guest);
    }
    m->host.flags |= rd.truncated ? MSG_CTRUNC : 0;
    m->guest.controllen = used;
    return 0;
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
        return linux_unless_no_socket(fd, r);
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

static int64_t receive_short(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, uint32_t *told)
{
    return receive(t, fd, msg, flags, true, told);
}

static int64_t receive_long(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, uint32_t *told)
{
    return receive(t, fd, msg, flags, false, told);
}

/* By whether times in control messages are of 32 bits. */
static const struct linux_message_kind kinds[2] = {
    {sizeof(struct compat_msghdr), sizeof(struct compat_mmsghdr), linux_compat_sendmsg, receive_long},
    {sizeof(struct compat_msghdr), sizeof(struct compat_mmsghdr), linux_compat_sendmsg, receive_short},
};

int64_t linux_compat_sendmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags)
{
    return linux_messages_send(t, &kinds[0], fd, msg, vlen, flags);
}

int64_t compat_recvmmsg(struct thread *t, int32_t fd, guest_ptr messages, uint32_t count, uint32_t flags,
                        struct __kernel_timespec *limit, bool short_times)
{
    return linux_messages_receive(t, &kinds[short_times], fd, messages, count, flags, limit);
}

int64_t compat_recvmmsg_time64(struct thread *t, int32_t fd, guest_ptr messages, uint32_t count, uint32_t flags,
                               guest_ptr timeout, bool short_times)
{
    struct __kernel_timespec ts;

    if (guest_is_null(timeout)) {
        return compat_recvmmsg(t, fd, messages, count, flags, NULL, short_times);
    }
    if (compat_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    int64_t r = compat_recvmmsg(t, fd, messages, count, flags, &ts, short_times);
    return r > 0 && COPYOUT(timeout, &ts) < 0 ? -EFAULT : r;
}
