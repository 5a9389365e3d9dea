/* Interfaces as FreeBSD shows them; see interface.h. */
#include "syscalls/freebsd/sockets/interface.h"

#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sysctl/sysctl_route.h"

#include <asm/sockios.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>

enum { IFT_ETHER = 0x06, IFT_PPP = 0x17, IFT_LOOP = 0x18 };

#define HOST_IFF_MULTICAST    0x1000u
#define FREEBSD_IFF_MULTICAST 0x8000u
/* up, broadcast, debug, loopback, point to point, running, no arp, promiscuous, all multi */
#define IFF_COMMON 0x3dfu

uint8_t interface_type(uint16_t arp_type)
{
    switch (arp_type) {
    case ARPHRD_LOOPBACK:
        return IFT_LOOP;
    case ARPHRD_PPP:
    case ARPHRD_NONE:
    case ARPHRD_TUNNEL:
        return IFT_PPP;
    default:
        return IFT_ETHER;
    }
}

int32_t interface_flags(uint32_t host)
{
    return (int32_t)((host & IFF_COMMON) | ((host & HOST_IFF_MULTICAST) != 0 ? FREEBSD_IFF_MULTICAST : 0));
}

void interface_fill_link(struct freebsd_sockaddr_dl *dl, uint32_t index, uint16_t arp_type, const char *name,
                         const void *hardware, uint32_t alen)
{
    size_t n = hot_strlen(name);

    *dl = (struct freebsd_sockaddr_dl){
        .len = sizeof *dl, .family = FREEBSD_AF_LINK, .index = (uint16_t)index, .type = interface_type(arp_type)};
    if (n < INTERFACE_NAME_MAX) {
        dl->nlen = (uint8_t)n;
        memcpy(dl->data, name, n);
    }
    /* A loopback's address of zeroes is none there. */
    if (alen <= 20 && arp_type != ARPHRD_LOOPBACK) {
        dl->alen = (uint8_t)alen;
        memcpy(dl->data + dl->nlen, hardware, alen);
    }
}

void interface_link_address(int s, uint32_t index, struct freebsd_sockaddr_dl *out)
{
    struct host_ifreq rq = {.index = (int32_t)index};
    char name[INTERFACE_NAME_MAX];

    if (s < 0 || host_call3(__NR_ioctl, s, SIOCGIFNAME, &rq) < 0) {
        *out = (struct freebsd_sockaddr_dl){.len = 8, .family = FREEBSD_AF_LINK, .index = (uint16_t)index};
        return;
    }
    hot_strlcpy(name, rq.name, sizeof(name));
    memset(rq.bytes, 0, sizeof(rq.bytes));
    if (host_call3(__NR_ioctl, s, SIOCGIFHWADDR, &rq) < 0) {
        rq.address.family = ARPHRD_NONE;
    }
    interface_fill_link(out, index, rq.address.family, name, rq.address.data,
                        rq.address.family == ARPHRD_ETHER ? 6 : 0);
}
