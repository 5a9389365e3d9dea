/* Sending and receiving with struct msghdr of 64-bit guests, which is the host's; see messages.h. Source: net/socket.c. */
#include "syscalls/common/linux/sockets/messages.h"

#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/files/vectors.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/sockets/compat_control.h"
#include "syscalls/common/linux/sockets/socket_address.h"
#include "syscalls/common/peer_ids.h"

#define CONTROL_ON_STACK 1024
#define CONTROL_MAX      (256 * 1024) /* more than net.core.optmem_max is refused anyway */

/* What a message is made of in the engine's memory. */
struct message {
    struct linux_msghdr host; /* the guest's, as the host gets it */
    struct linux_socket_address address;
    struct linux_iovec vector[LINUX_IOV_MAX];
};

/* The head and where the data lies: copy_msghdr_from_user(). Returns 0 or -errno. */
static int64_t message_get(guest_ptr msg, struct message *m)
{
    m->address.base = -1;
    if (COPYIN(&m->host, msg) < 0) {
        return -EFAULT;
    }
    if (m->host.name != 0 && m->host.namelen < 0) {
        return -EINVAL;
    }
    return 0;
}

static int64_t vector_get(struct message *m)
{
    if (m->host.iovlen > LINUX_IOV_MAX) {
        return -EMSGSIZE;
    }
    struct linux_vector v = linux_vector_get(guest_addr(m->host.iov), m->host.iovlen, m->vector);
    m->host.iov = v.va;
    m->host.iovlen = v.count;
    return 0;
}

static int64_t send_with(struct thread *t, int32_t fd, struct message *m, uint32_t flags)
{
    return host_restartable(t, host_call_intr(t, __NR_sendmsg, (uint64_t)fd, (uint64_t)&m->host, flags, 0, 0, 0));
}

/* With a copy of the control data, in which the descriptors have been looked at. */
static int64_t send_controlled(struct thread *t, int32_t fd, struct message *m, uint32_t flags)
{
    uint8_t few[CONTROL_ON_STACK] __attribute__((aligned(8)));
    uint64_t length = m->host.controllen;

    if (length > CONTROL_MAX) {
        return -ENOBUFS;
    }
    uint8_t *control = length > sizeof few ? heap_alloc_unset(length) : few;
    if (control == NULL) {
        return -ENOBUFS;
    }
    int64_t r = copyin(control, guest_addr(m->host.control), length);
    r = r < 0 ? r : linux_control_descriptors(control, length, linux_refuse_hidden, NULL);
    if (r == 0 && t->proc->credentials != NULL) {
        r = peer_ids_send_control(t, control, length);
    }
    if (r == 0) {
        m->host.control = (uint64_t)control;
        r = send_with(t, fd, m, flags);
    }
    if (control != few) {
        heap_free(control);
    }
    return r;
}

static int64_t send_message(struct thread *t, int32_t fd, struct message *m, uint32_t flags)
{
    if (m->host.name != 0 && m->host.namelen > 0) {
        int64_t r = linux_socket_address_get(t, fd, guest_addr(m->host.name), m->host.namelen, LINUX_ADDRESS_OF_MESSAGE,
                                             &m->address);
        if (r < 0) {
            return r;
        }
        m->host.name = (uint64_t)m->address.bytes;
        m->host.namelen = (int32_t)m->address.length;
    }
    int64_t r = vector_get(m);
    if (r < 0) {
        return r;
    }
    return m->host.controllen > 0 ? send_controlled(t, fd, m, flags) : send_with(t, fd, m, flags);
}

int64_t linux_any_sendmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    struct message m;

    if ((flags & MSG_CMSG_COMPAT) != 0) {
        return -EINVAL;
    }
    int64_t r = message_get(msg, &m);

    r = r < 0 ? r : send_message(t, fd, &m, flags);
    linux_socket_address_done(&m.address);
    return r == -EFAULT || r == -EINVAL || r == -EMSGSIZE || r == -EBADF ? linux_unless_no_socket(fd, r) : r;
}

/* Where the host may put control data: as much as is the guest's. Its length may be anything, which no host refuses. */
static void control_room(struct linux_msghdr *h)
{
    struct guest_span s = guest_span(h->control, h->controllen > INT32_MAX ? INT32_MAX : h->controllen);

    h->control = s.va;
    h->controllen = s.len;
}

/* What the guest is told beside the data, in the kernel's order: ____sys_recvmsg(). */
static int64_t message_put(struct thread *t, guest_ptr msg, struct message *m, uint64_t name, int32_t room)
{
    if (name != 0) {
        m->address.length = (uint32_t)m->host.namelen;
        int64_t r = linux_socket_address_put(t, &m->address, guest_addr(name), room,
                                             guest_at(msg, __builtin_offsetof(struct linux_msghdr, namelen)));
        if (r < 0) {
            return r;
        }
    }
    if (COPYOUT(guest_at(msg, __builtin_offsetof(struct linux_msghdr, flags)), &m->host.flags) < 0 ||
        COPYOUT(guest_at(msg, __builtin_offsetof(struct linux_msghdr, controllen)), &m->host.controllen) < 0) {
        return -EFAULT;
    }
    return 0;
}

static int64_t receive(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags, uint32_t *told)
{
    struct message m;
    int64_t r = message_get(msg, &m);

    r = r < 0 ? r : vector_get(&m);
    if (r < 0) {
        return linux_unless_no_socket(fd, r);
    }
    uint64_t name = m.host.name;
    int32_t room = m.host.namelen;
    control_room(&m.host);
    m.host.name = name != 0 ? (uint64_t)m.address.bytes : 0;
    m.host.namelen = sizeof m.address.bytes;
    r = host_restartable(t, host_call_intr(t, __NR_recvmsg, (uint64_t)fd, (uint64_t)&m.host, flags, 0, 0, 0));
    if (r >= 0 && t->proc->credentials != NULL) {
        peer_ids_show_guest_control(t, guest_addr(m.host.control), m.host.controllen);
    }
    if (r >= 0) {
        int64_t error = message_put(t, msg, &m, name, room);

        r = error < 0 ? error : r;
    }
    *told = m.host.flags;
    return r;
}

int64_t linux_any_recvmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t flags)
{
    uint32_t told;

    return (flags & MSG_CMSG_COMPAT) != 0 ? -EINVAL : receive(t, fd, msg, flags, &told);
}

static const struct linux_message_kind kind = {sizeof(struct linux_msghdr), sizeof(struct linux_mmsghdr),
                                               linux_any_sendmsg, receive};

/*
 * Whether an array of messages may go to the host as it stands in the guest's memory: nothing in it is the engine's, and no
 * name or descriptor in it has to be looked at.
 */
static bool all_plain(struct thread *t, guest_ptr messages, uint32_t count, bool sent)
{
    if (t->proc->settings.sysroot[0] != 0 || t->proc->credentials != NULL ||
        !guest_range_ok(messages, (uint64_t)count * sizeof(struct linux_mmsghdr))) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct linux_msghdr h;

        if (COPYIN(&h, guest_at(messages, i * sizeof(struct linux_mmsghdr))) < 0) {
            return false;
        }
        bool control = sent ? h.controllen == 0 : guest_range_ok(guest_addr(h.control), h.controllen);
        if (!control || !guest_range_ok(guest_addr(h.name), LINUX_SOCKET_ADDRESS_MAX) ||
            !guest_vector_ok(guest_addr(h.iov), h.iovlen)) {
            return false;
        }
    }
    return true;
}

static uint32_t clip(uint32_t count)
{
    return count > LINUX_MESSAGES_MAX ? LINUX_MESSAGES_MAX : count;
}

/* MSG_CMSG_COMPAT is no flag of a guest's: the host refuses it at once. */
int64_t linux_any_sendmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags)
{
    if ((flags & MSG_CMSG_COMPAT) != 0 || all_plain(t, msg, clip(vlen), true)) {
        return host_restartable(t, host_call_intr(t, __NR_sendmmsg, (uint64_t)fd, msg.va, vlen, flags, 0, 0));
    }
    return linux_messages_send(t, &kind, fd, msg, vlen, flags);
}

/* The limit's rest is written when something has been received: __sys_recvmmsg(). */
int64_t linux_any_recvmmsg(struct thread *t, int32_t fd, guest_ptr msg, uint32_t vlen, uint32_t flags,
                           guest_ptr timeout)
{
    struct __kernel_timespec limit;

    if ((flags & MSG_CMSG_COMPAT) != 0 || all_plain(t, msg, clip(vlen), false)) {
        return host_restartable(t, host_call_intr(t, __NR_recvmmsg, (uint64_t)fd, msg.va, vlen, flags,
                                                  linux_host_memory(timeout, sizeof limit), 0));
    }
    if (guest_is_null(timeout)) {
        return linux_messages_receive(t, &kind, fd, msg, vlen, flags, NULL);
    }
    if (COPYIN(&limit, timeout) < 0) {
        return -EFAULT;
    }
    int64_t r = linux_messages_receive(t, &kind, fd, msg, vlen, flags, &limit);
    return r > 0 && COPYOUT(timeout, &limit) < 0 ? -EFAULT : r;
}
