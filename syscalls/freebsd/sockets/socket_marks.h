/*
 * What FreeBSD keeps with a socket and the host has no place for: marks that dup, fork, exec, passing and accept carry
 * along, as they do the host's socket.
 *
 * They stand in flags of the host's SO_TIMESTAMPING that act only together with others that nobody sets here: the
 * deprecated one, and those on how transmit timestamps come back (Documentation/networking/timestamping.rst). Local
 * sockets keep who wants credentials in SO_PRIORITY, which says nothing there.
 */
#ifndef SYSCALLS_FREEBSD_SOCKET_MARKS_H
#define SYSCALLS_FREEBSD_SOCKET_MARKS_H

#include <stdint.h>

/* Of local sockets, which have no timestamps: */
#define MARK_REUSEPORT    (1u << 6) /* SO_REUSEPORT; RAW_HARDWARE */
#define MARK_REUSEPORT_LB (1u << 4) /* SO_REUSEPORT_LB; SOFTWARE */

#define MARK_BINTIME     (1u << 5)  /* SO_BINTIME; SOF_TIMESTAMPING_SYS_HARDWARE */
#define MARK_CLOCK_LOW   (1u << 10) /* SO_TS_CLOCK, two bits; OPT_CMSG */
#define MARK_CLOCK_HIGH  (1u << 11) /* OPT_TSONLY */
#define MARK_DEBUG       (1u << 13) /* SO_DEBUG; OPT_PKTINFO */
#define MARK_TIMESTAMP   (1u << 14) /* SO_TIMESTAMP; OPT_TX_SWHW */
#define MARK_CLOCK_SHIFT 10

#define CREDS_ONCE   1u /* LOCAL_CREDS */
#define CREDS_ALWAYS 2u /* LOCAL_CREDS_PERSISTENT */

/* The marks of s, or -errno. */
int64_t socket_marks(int s);

/* Sets those of `mask` to `value`. Returns 0 or -errno. */
int64_t socket_mark(int s, uint32_t mask, uint32_t value);

/* CREDS_* of a local socket, or -errno. */
int64_t socket_creds(int s);
int64_t socket_creds_set(int s, uint32_t creds);

#endif
