/*
 * The calls that hand over addresses of sockets. Where there is none the registers go to the host.
 * Sources: net/socket.c, bind(2), connect(2), accept(2), getsockname(2), sendto(2), recvfrom(2).
 */
#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/linux/sockets/socket_address.h"
#include "vfs/metadata.h"

int64_t linux_any_bind(struct thread *t, int32_t fd, guest_ptr addr, int32_t addrlen)
{
    struct linux_socket_address a;
    int64_t r = linux_socket_address_get(t, fd, addr, addrlen, LINUX_ADDRESS_NEW, &a);

    if (r == 0) {
        r = host_call3(__NR_bind, fd, a.bytes, a.length);
        if (r == 0 && metadata_is_emulated(t)) {
            linux_socket_made(t, &a);
        }
        linux_socket_address_done(&a);
    }
    return r;
}

int64_t linux_any_connect(struct thread *t, int32_t fd, guest_ptr addr, int32_t addrlen)
{
    struct linux_socket_address a;
    int64_t r = linux_socket_address_get(t, fd, addr, addrlen, LINUX_ADDRESS_FIRST, &a);

    if (r == 0) {
        r = host_restartable(t, host_call_intr(t, __NR_connect, (uint64_t)fd, (uint64_t)a.bytes, a.length, 0, 0, 0));
        linux_socket_address_done(&a);
    }
    return r;
}

int64_t linux_any_sendto(struct thread *t, int32_t fd, guest_ptr buff, uint64_t len, uint32_t flags, guest_ptr addr,
                         int32_t addrlen)
{
    struct linux_socket_address a = {.length = 0, .base = -1};

    if (!guest_is_null(addr)) {
        int64_t r = linux_socket_address_get(t, fd, addr, addrlen, 0, &a);

        if (r < 0) { /* a buffer that cannot be one comes before everything: import_ubuf() */
            int64_t other = host_call6(__NR_sendto, fd, buff.va, len, flags, GUEST_NOWHERE, -1);

            return other == -EINVAL ? r : other;
        }
    }
    uint64_t name = guest_is_null(addr) ? 0 : (uint64_t)a.bytes;
    int64_t r = host_restartable(t, host_call_intr(t, __NR_sendto, (uint64_t)fd, buff.va, len, flags, name, a.length));
    linux_socket_address_done(&a);
    return r;
}

int64_t linux_any_recvfrom(struct thread *t, int32_t fd, guest_ptr buff, uint64_t len, uint32_t flags, guest_ptr addr,
                           guest_ptr addrlen)
{
    struct linux_socket_address a = {.length = sizeof a.bytes, .base = -1};
    bool wanted = !guest_is_null(addr);

    int64_t r = host_restartable(t, host_call_intr(t, __NR_recvfrom, (uint64_t)fd, buff.va, len, flags,
                                                   wanted ? (uint64_t)a.bytes : 0, wanted ? (uint64_t)&a.length : 0));
    if (r >= 0 && wanted) {
        int64_t error = linux_socket_address_give(t, &a, addr, addrlen);

        r = error < 0 ? error : r;
    }
    return r;
}

int64_t linux_any_accept4(struct thread *t, int32_t fd, guest_ptr addr, guest_ptr addrlen, int32_t flags)
{
    struct linux_socket_address a = {.length = sizeof a.bytes, .base = -1};
    bool wanted = !guest_is_null(addr);

    int64_t r = host_restartable(t, host_call_intr(t, __NR_accept4, (uint64_t)fd, wanted ? (uint64_t)a.bytes : 0,
                                                   wanted ? (uint64_t)&a.length : 0, (uint64_t)flags, 0, 0));
    if (r >= 0 && wanted) {
        int64_t error = linux_socket_address_give(t, &a, addr, addrlen);

        if (error < 0) {
            descriptor_close(t, (int)r); /* the connection is lost: __sys_accept4_file() */
            return error;
        }
    }
    return r;
}

int64_t linux_any_accept(struct thread *t, int32_t fd, guest_ptr addr, guest_ptr addrlen)
{
    return linux_any_accept4(t, fd, addr, addrlen, 0);
}

static int64_t name_of(struct thread *t, long number, int32_t fd, guest_ptr addr, guest_ptr addrlen)
{
    struct linux_socket_address a = {.length = sizeof a.bytes, .base = -1};
    int64_t r = host_call3(number, fd, a.bytes, &a.length);

    return r < 0 ? r : linux_socket_address_give(t, &a, addr, addrlen);
}

int64_t linux_any_getsockname(struct thread *t, int32_t fd, guest_ptr addr, guest_ptr addrlen)
{
    return name_of(t, __NR_getsockname, fd, addr, addrlen);
}

int64_t linux_any_getpeername(struct thread *t, int32_t fd, guest_ptr addr, guest_ptr addrlen)
{
    return name_of(t, __NR_getpeername, fd, addr, addrlen);
}
