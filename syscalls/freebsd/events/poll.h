/* Event bits of poll(2) (sys/poll.h). */
#ifndef SYSCALLS_FREEBSD_POLL_H
#define SYSCALLS_FREEBSD_POLL_H

#include <stdint.h>

#define FREEBSD_POLLIN       0x0001u
#define FREEBSD_POLLPRI      0x0002u
#define FREEBSD_POLLOUT      0x0004u /* and POLLWRNORM */
#define FREEBSD_POLLERR      0x0008u
#define FREEBSD_POLLHUP      0x0010u
#define FREEBSD_POLLNVAL     0x0020u
#define FREEBSD_POLLRDNORM   0x0040u
#define FREEBSD_POLLRDBAND   0x0080u
#define FREEBSD_POLLWRBAND   0x0100u
#define FREEBSD_POLLINIGNEOF 0x2000u
#define FREEBSD_POLLRDHUP    0x4000u

/* struct pollfd, the same in both systems. */
struct poll_entry {
    int32_t fd;
    uint16_t events, revents;
};

_Static_assert(sizeof(struct poll_entry) == 8, "struct pollfd");

/* Event bits both ways; bits that the other system does not know are dropped, as its kernel drops them. */
uint16_t freebsd_poll_to_host(uint16_t guest);
uint16_t freebsd_poll_from_host(uint16_t host);

#endif
