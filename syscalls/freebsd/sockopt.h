/* Socket options: which of the host's answers to one of FreeBSD's, and in which form. */
#ifndef SYSCALLS_FREEBSD_SOCKOPT_H
#define SYSCALLS_FREEBSD_SOCKOPT_H

#include <stdint.h>

enum sockopt_form {
    SOCKOPT_PLAIN,  /* the same bytes in both systems */
    SOCKOPT_BIT,    /* SOL_SOCKET's booleans: read as their own bit (sogetopt() in sys/kern/uipc_socket.c) */
    SOCKOPT_BUFFER, /* buffer sizes: the host reports twice what was set */
    SOCKOPT_ERROR,  /* SO_ERROR: an errno */
    SOCKOPT_FAMILY, /* SO_DOMAIN */
    SOCKOPT_LINGER, /* l_onoff is read as the option's bit */
    SOCKOPT_READ_ONLY,
    SOCKOPT_TCP_INFO,
    SOCKOPT_DONTFRAG, /* IP_DONTFRAG: a mode of path MTU discovery */
    SOCKOPT_SOURCE,   /* struct ip_mreq_source: two members change places */
    SOCKOPT_FLAG4,    /* TCP_NODELAY and the like are read as the protocol's flag */
};

struct sockopt_row {
    int32_t level, name;           /* FreeBSD's */
    int32_t host_level, host_name; /* the host's */
    enum sockopt_form form;
};

/* The row of an option, or NULL. */
const struct sockopt_row *freebsd_sockopt_find(int level, int name);

/* FreeBSD's TCPS_* number for the host's TCP_* state (netinet/tcp_fsm.h, net/tcp_states.h). */
uint8_t freebsd_tcp_state(uint8_t host);

#define FREEBSD_SO_NOSIGPIPE    0x0800
#define FREEBSD_SO_ACCEPTFILTER 0x1000
#define FREEBSD_LOCAL_PEERCRED  1
#define FREEBSD_LOCAL_CREDS     2
#define HOST_SO_PASSCRED        16
#define HOST_SO_PEERCRED        17
#define HOST_SO_PEERGROUPS      59

#define XUCRED_GROUPS 16

/* struct xucred (sys/ucred.h), version 0. */
struct freebsd_xucred {
    uint32_t cr_version, cr_uid;
    int16_t cr_ngroups, pad0;
    uint32_t cr_groups[XUCRED_GROUPS];
    int32_t pad1, cr_pid, pad2;
};

_Static_assert(sizeof(struct freebsd_xucred) == 88, "struct xucred");
_Static_assert(__builtin_offsetof(struct freebsd_xucred, cr_pid) == 80, "the union of cr_pid is a pointer's size");

#endif
