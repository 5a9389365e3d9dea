/* Interfaces as FreeBSD shows them: link addresses, flags, types (sys/net/if.h, if_dl.h, if_types.h). */
#ifndef SYSCALLS_FREEBSD_INTERFACE_H
#define SYSCALLS_FREEBSD_INTERFACE_H

#include <stdint.h>

#include "base/guest.h"

#define INTERFACE_NAME_MAX 16 /* IFNAMSIZ, both systems' */

/* struct sockaddr_dl, as long as the kernel makes them for interfaces */
struct freebsd_sockaddr_dl {
    uint8_t len, family;
    uint16_t index;
    uint8_t type, nlen, alen, slen;
    char data[46];
};
_Static_assert(sizeof(struct freebsd_sockaddr_dl) == 54, "sys/net/if_dl.h");

/* struct ifreq of the host: a name and a union of 24 bytes */
struct host_ifreq {
    char name[INTERFACE_NAME_MAX];
    union {
        int32_t index;
        struct {
            uint16_t family;
            uint8_t data[14];
        } address;
        uint8_t bytes[24];
    };
};

/* IFT_* for the host's ARPHRD_*. */
uint8_t interface_type(uint16_t arp_type);

/* IFF_* in FreeBSD's numbers. */
int32_t interface_flags(uint32_t host);

/* Fills in a link address; `hardware` has alen bytes (none for a loopback). */
void interface_fill_link(struct freebsd_sockaddr_dl *dl, uint32_t index, uint16_t arp_type, const char *name,
                         const void *hardware, uint32_t alen);

/*
 * SIOCGIFCONF: every interface with each of its addresses, as many as there is room for. Returns 0 or -errno: EFAULT,
 * EINVAL (no room at all).
 */
int64_t interface_configuration(guest_ptr data);

/* The state of an IPv6 address (a sockaddr_in6 of FreeBSD): IN6_IFF_* flags, and lifetimes in seconds; ~0: for ever. */
struct in6_state {
    uint32_t flags, valid, preferred;
};

/* Returns 0 or -errno: ENXIO (no such interface), EADDRNOTAVAIL (it has no such address). */
int64_t interface_in6_state(const char *name, const uint8_t address[28], struct in6_state *out);

/*
 * SIOCGIFINFO_IN6: how an interface that is there does neighbour discovery. Returns 0 or -errno: EFAULT, EPFNOSUPPORT (it
 * has no IPv6).
 */
int64_t interface_nd_info(guest_ptr data);

/* SIOCGNBRINFO_IN6: how a neighbour of an interface stands. Returns 0 or -errno: EFAULT, EINVAL (not known). */
int64_t interface_neighbour(uint32_t index, guest_ptr data);

/* The link address of an interface, asked of the host by any socket; one without name when there is none. */
void interface_link_address(int s, uint32_t index, struct freebsd_sockaddr_dl *out);

#endif
