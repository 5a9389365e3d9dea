/* Addresses of sockets; see socket_address.h. Source: net/socket.c. */
#include "syscalls/common/linux/sockets/socket_address.h"

#include "base/host.h"

int64_t linux_socket_address_get(struct thread *t, guest_ptr from, int32_t length, struct linux_socket_address *out)
{
    (void)t;
    if (length < 0) {
        return -EINVAL;
    }
    out->length = length > LINUX_SOCKET_ADDRESS_MAX ? LINUX_SOCKET_ADDRESS_MAX : (uint32_t)length;
    return copyin(out->bytes, from, out->length);
}

int64_t linux_socket_address_put(struct thread *t, const struct linux_socket_address *a, guest_ptr to, int32_t room,
                                 guest_ptr length)
{
    (void)t;
    if (room < 0) {
        return -EINVAL;
    }
    uint32_t size = a->length < (uint32_t)room ? a->length : (uint32_t)room;
    if (copyout(to, a->bytes, size) < 0 || COPYOUT(length, &a->length) < 0) {
        return -EFAULT;
    }
    return 0;
}
