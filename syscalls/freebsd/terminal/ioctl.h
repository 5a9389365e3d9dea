/* What the parts of ioctl(2) share: request numbers (sys/ioccom.h), and handing requests on to the host. */
#ifndef SYSCALLS_FREEBSD_IOCTL_H
#define SYSCALLS_FREEBSD_IOCTL_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

#define BSD_IOC(direction, size, group, n) ((uint32_t)(direction) | ((size) << 16) | ((group) << 8) | (n))
#define BSD_IO(g, n)                       BSD_IOC(0x20000000, 0u, (uint32_t)(g), n)
#define BSD_IOR(g, n, s)                   BSD_IOC(0x40000000, (uint32_t)(s), (uint32_t)(g), n)
#define BSD_IOW(g, n, s)                   BSD_IOC(0x80000000, (uint32_t)(s), (uint32_t)(g), n)
#define BSD_IOWR(g, n, s)                  BSD_IOC(0xc0000000, (uint32_t)(s), (uint32_t)(g), n)

/* What a request's argument is, in both systems. */
enum ioctl_argument { NONE, READS_INT, WRITES_INT, READS_WINSIZE, WRITES_WINSIZE, READS_CHAR };

/* A request of the host's; it may wait (SIGTTOU, draining), is interruptible and restarted. Returns 0 or -errno. */
int64_t freebsd_host_ioctl(struct thread *t, int fd, uint64_t request, uint64_t argument);

/* The same with the guest's argument copied in or out. */
int64_t freebsd_ioctl_pass_on(struct thread *t, int fd, uint32_t host, enum ioctl_argument kind, guest_ptr data);

/*
 * Requests that are sockets': SIOCATMARK, FIONSPACE, group 'i' (sys/sockio.h). -ENOTTY: not one of these, or no socket.
 */
int64_t freebsd_network_ioctl(int s, uint32_t request, guest_ptr data);

/* Requests of group 't' with a form of their own (sys/ttycom.h); -ENOTTY for others. */
int64_t freebsd_terminal_ioctl(struct thread *t, int fd, uint32_t request, guest_ptr data);

#endif
