/*
 * Addresses of sockets between guest and host: laid out alike, but a path in one is the guest's, and below a sysroot it has
 * another name of the host's.
 *
 * Such a name, with the sysroot's own in front, may be longer than an address holds (108 bytes). It then begins with a
 * descriptor of the sysroot instead, which is the engine's while the call lasts. The name that the host keeps for a bound
 * socket tells by itself what the guest called it, whoever asks and whenever: only the engine has names of that kind.
 */
#ifndef SYSCALLS_COMMON_LINUX_SOCKET_ADDRESS_H
#define SYSCALLS_COMMON_LINUX_SOCKET_ADDRESS_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

#define LINUX_SOCKET_ADDRESS_MAX 128 /* struct sockaddr_storage */

struct linux_socket_address {
    uint8_t bytes[LINUX_SOCKET_ADDRESS_MAX] __attribute__((aligned(8)));
    uint32_t length; /* the host may say more than there is room */
    int32_t base;    /* the sysroot's descriptor, or -1 */
};

enum linux_address_use {
    LINUX_ADDRESS_OF_MESSAGE = 1, /* too long ones are cut off, as in struct msghdr; otherwise EINVAL */
    LINUX_ADDRESS_NEW = 2,        /* a name that is made (bind) */
    LINUX_ADDRESS_FIRST = 4,      /* it is looked at before it counts whether the descriptor is a socket's (connect) */
};

/*
 * An address for the host: move_addr_to_kernel(). `fd` is the socket it is for, which the host looks at first: what is
 * wrong with it goes before what is wrong with a path. `use`: LINUX_ADDRESS_*. Returns 0, to be followed by
 * linux_socket_address_done() when the host has been called, or -errno.
 */
int64_t linux_socket_address_get(struct thread *t, int32_t fd, guest_ptr from, int32_t length, uint32_t use,
                                 struct linux_socket_address *out);

/* A socket has been made under the address: it gets its owner, where owners are emulated. */
void linux_socket_made(struct thread *t, const struct linux_socket_address *a);

/* Gives back what linux_socket_address_get() took; nothing, where it was not called or failed and base is -1. */
void linux_socket_address_done(struct linux_socket_address *a);

/*
 * An address from the host, as much of it as `room` bytes take; its whole length goes to *length: move_addr_to_user().
 * Returns 0, -EFAULT or -EINVAL (a room below 0).
 */
int64_t linux_socket_address_put(struct thread *t, struct linux_socket_address *a, guest_ptr to, int32_t room,
                                 guest_ptr length);

/* The same where *length says how much room there is. */
int64_t linux_socket_address_give(struct thread *t, struct linux_socket_address *a, guest_ptr to, guest_ptr length);

/* `error`, or what the host says of a descriptor that is no socket: sockfd_lookup_light() comes first. */
int64_t linux_unless_no_socket(int32_t fd, int64_t error);

#endif
