/* Socket options: which of the host's answers to one of FreeBSD's, and in which form. */
#ifndef SYSCALLS_FREEBSD_SOCKOPT_H
#define SYSCALLS_FREEBSD_SOCKOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"
#include "syscalls/freebsd/sockets/socket.h"

struct thread;

#define OPTION_MAX 512

/* A value on its way. */
struct option_value {
    union {
        uint8_t bytes[OPTION_MAX];
        int32_t number;
        uint32_t words[OPTION_MAX / 4];
    };
    uint32_t size;
};

enum sockopt_form {
    SOCKOPT_PLAIN, /* the same bytes in both systems */
    SOCKOPT_INT,   /* likewise, and less than an int is refused (sooptcopyin()) */
    SOCKOPT_BIT,   /* booleans that are read as a bit: the row's `value` (sogetopt(), tcp_default_ctloutput()) */
    SOCKOPT_READ_ONLY,
    SOCKOPT_BUFFER,    /* buffer sizes: the host reports twice what was set */
    SOCKOPT_LOW_WATER, /* at least 1 */
    SOCKOPT_TIMEOUT,   /* struct timeval */
    SOCKOPT_ERROR,     /* SO_ERROR: an errno */
    SOCKOPT_FAMILY,    /* SO_DOMAIN */
    SOCKOPT_LINGER,    /* l_onoff is read as the option's bit */
    SOCKOPT_MARK,      /* kept with the socket, without effect here: the row's `value` is its bit (socket_marks.h) */
    SOCKOPT_STAMP,     /* the same; it decides about timestamps */
    SOCKOPT_FIXED,     /* `value` is read; to set it gives -host_name */
    SOCKOPT_DONTFRAG,  /* IP_DONTFRAG: a mode of path MTU discovery */
    SOCKOPT_PORTS,     /* IP_PORTRANGE */
    SOCKOPT_GROUP,     /* multicast: bytes as they are */
    SOCKOPT_SOURCE,    /* struct ip_mreq_source: two members change places */
    SOCKOPT_REQUEST,   /* struct group_req and group_source_req: addresses of the other family number */
    SOCKOPT_FILTER,    /* struct __msfilterreq */
    SOCKOPT_MTU,       /* struct ip6_mtuinfo */
    SOCKOPT_INVERTED,  /* struct icmp6_filter: the host's bits are what it blocks */
    SOCKOPT_SECONDS,   /* milliseconds in the host */
    SOCKOPT_TCP_INFO,
    SOCKOPT_CONGESTION, /* names of algorithms */
    SOCKOPT_STACK,      /* struct tcp_function_set */
};

struct sockopt_row {
    int32_t level, name;           /* FreeBSD's */
    int32_t host_level, host_name; /* the host's */
    enum sockopt_form form;
    int32_t value;
};

/* The row of an option of sockets of this domain (the host's number), or NULL. */
const struct sockopt_row *freebsd_sockopt_find(int domain, int level, int name);

/* FreeBSD's TCPS_* number for the host's TCP_* state (netinet/tcp_fsm.h, net/tcp_states.h). */
uint8_t freebsd_tcp_state(uint8_t host);

/* The host's calls on a value. */
int64_t host_getsockopt(int s, int level, int name, struct option_value *v);
int64_t host_setsockopt(int s, int level, int name, const struct option_value *v);

/* SOL_LOCAL's options (unix(4)). Return 0 or -errno. */
int64_t sockopt_get_local(struct thread *t, int s, int type, int name, struct option_value *v);
int64_t sockopt_set_local(int s, int name, const struct option_value *v);

/* SO_LISTENQLIMIT, SO_LISTENQLEN and SO_LISTENINCQLEN: what of the queue of `s`. Returns the number or -errno. */
int64_t sockopt_queue(int s, const struct socket_kind *kind, int name);

/* Multicast: memberships, sources, filters. v->size is what the guest gave. Return 0 or -errno. */
int64_t sockopt_set_group(int s, const struct sockopt_row *row, struct option_value *v);
int64_t sockopt_get_filter(int s, const struct sockopt_row *row, struct option_value *v);

/* TCP's structures. `release`: __FreeBSD_version. Return 0 or -errno. */
int64_t sockopt_get_tcp(int s, const struct sockopt_row *row, uint32_t release, struct option_value *v);
int64_t sockopt_set_tcp(int s, const struct sockopt_row *row, struct option_value *v);

#define FREEBSD_SO_NOSIGPIPE     0x0800
#define FREEBSD_SO_TIMESTAMP     0x0400
#define FREEBSD_SO_ACCEPTFILTER  0x1000
#define FREEBSD_SO_BINTIME       0x2000
#define FREEBSD_SO_LABEL         0x1009
#define FREEBSD_SO_PEERLABEL     0x1010
#define FREEBSD_SO_LISTENQLIMIT  0x1011
#define FREEBSD_SO_LISTENQLEN    0x1012
#define FREEBSD_SO_LISTENINCQLEN 0x1013
#define FREEBSD_SO_SETFIB        0x1014
#define FREEBSD_SO_USER_COOKIE   0x1015
#define FREEBSD_SO_TS_CLOCK      0x1017

#define FREEBSD_LOCAL_PEERCRED         1
#define FREEBSD_LOCAL_CREDS            2
#define FREEBSD_LOCAL_CREDS_PERSISTENT 3

#define HOST_IP_LOCAL_PORT_RANGE 51 /* newer than some headers */
#define HOST_SO_PASSCRED         16
#define HOST_SO_PEERCRED         17
#define HOST_SO_PEERGROUPS       59

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
