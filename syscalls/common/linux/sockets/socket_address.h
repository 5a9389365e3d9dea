/* Addresses of sockets between guest and host: laid out alike, but a path in one is the guest's. */
#ifndef SYSCALLS_COMMON_LINUX_SOCKET_ADDRESS_H
#define SYSCALLS_COMMON_LINUX_SOCKET_ADDRESS_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

#define LINUX_SOCKET_ADDRESS_MAX 128 /* struct sockaddr_storage */

struct linux_socket_address {
    uint8_t bytes[LINUX_SOCKET_ADDRESS_MAX] __attribute__((aligned(8)));
    uint32_t length;
};

/* An address for the host: move_addr_to_kernel(), longer ones cut off as for messages. Returns 0 or -errno. */
int64_t linux_socket_address_get(struct thread *t, guest_ptr from, int32_t length, struct linux_socket_address *out);

/*
 * An address from the host, as much of it as `room` bytes take; its whole length goes to *length: move_addr_to_user().
 * Returns 0, -EFAULT or -EINVAL (a room below 0).
 */
int64_t linux_socket_address_put(struct thread *t, const struct linux_socket_address *a, guest_ptr to, int32_t room,
                                 guest_ptr length);

#endif
