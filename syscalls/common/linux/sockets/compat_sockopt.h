/*
 * Options of sockets whose values hold words or addresses: sources are net/core/sock.c, net/core/filter.c,
 * net/ipv4/ip_sockglue.c and net/ipv6/ipv6_sockglue.c, where they ask in_compat_syscall(). short_times: the times of the old
 * timeouts are of 32 bits (i386).
 */
#ifndef SYSCALLS_COMMON_LINUX_COMPAT_SOCKOPT_H
#define SYSCALLS_COMMON_LINUX_COMPAT_SOCKOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

int64_t compat_getsockopt(struct thread *t, int32_t fd, int32_t level, int32_t name, guest_ptr value, guest_ptr length,
                          bool short_times);
int64_t compat_setsockopt(struct thread *t, int32_t fd, int32_t level, int32_t name, guest_ptr value, int32_t length,
                          bool short_times);

/* struct compat_group_req, compat_group_source_req and the head of compat_group_filter (include/net/compat.h) */
#define COMPAT_GROUP_REQ    132u
#define COMPAT_GROUP_SOURCE 260u
#define COMPAT_GROUP_FILTER 140u
#define GROUP_SOURCE        128u /* struct sockaddr_storage */

/*
 * Such structures in the host's layout, which has padding behind the interface's number. `guest` has `size` bytes, `host`
 * room for 4 more; returns the host's size.
 */
size_t compat_group_to_host(const uint8_t *guest, size_t size, uint8_t *host);

/* Whether an option is one of iptables' and its kin, whose tables are not translated. */
bool compat_sockopt_is_table(int32_t level, int32_t name);

#endif
