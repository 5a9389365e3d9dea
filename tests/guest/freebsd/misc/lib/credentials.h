/* setcred(2) (sys/sys/ucred.h), poll(2) (sys/sys/poll.h). */
#ifndef GUEST_MISC_CREDENTIALS_H
#define GUEST_MISC_CREDENTIALS_H

#include <stdint.h>

struct freebsd_setcred {
    uint32_t uid, ruid, svuid;
    uint32_t gid, rgid, svgid;
    uint32_t pad, supp_groups_nb;
    uint32_t *supp_groups;
    void *label;
};
_Static_assert(sizeof(struct freebsd_setcred) == 48, "struct setcred");

enum {
    FREEBSD_SETCREDF_UID = 1,
    FREEBSD_SETCREDF_SVGID = 0x20,
    FREEBSD_SETCREDF_SUPP_GROUPS = 0x40,
    FREEBSD_SETCREDF_MAC_LABEL = 0x80,
    FREEBSD_SETCREDF_ALL = 0x7f, /* but the label */
};

struct pollfd {
    int32_t fd;
    int16_t events, revents;
};

#endif
