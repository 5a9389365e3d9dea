/* Names of Linux's constants: sockets. Families, types and flags of messages are in no header for users: linux/socket.h. */
#include "syscalls/common/linux/trace/names.h"

#include <asm/socket.h>
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

static const struct value_name family_values[] = {
    {0, "AF_UNSPEC"}, {1, "AF_UNIX"},     {2, "AF_INET"},    {3, "AF_AX25"}, {4, "AF_IPX"},
    {10, "AF_INET6"}, {16, "AF_NETLINK"}, {17, "AF_PACKET"}, {29, "AF_CAN"}, {31, "AF_BLUETOOTH"},
    {38, "AF_ALG"},   {40, "AF_VSOCK"},   {44, "AF_XDP"}};
static const struct flag_name type_flags[] = {{15, 1, "SOCK_STREAM"},
                                              {15, 2, "SOCK_DGRAM"},
                                              {15, 3, "SOCK_RAW"},
                                              {15, 4, "SOCK_RDM"},
                                              {15, 5, "SOCK_SEQPACKET"},
                                              {15, 6, "SOCK_DCCP"},
                                              {15, 10, "SOCK_PACKET"},
                                              FLAG_BIT(O_CLOEXEC, "SOCK_CLOEXEC"),
                                              FLAG_BIT(O_NONBLOCK, "SOCK_NONBLOCK")};
static const struct flag_name accept_flags[] = {FLAG_BIT(O_CLOEXEC, "SOCK_CLOEXEC"),
                                                FLAG_BIT(O_NONBLOCK, "SOCK_NONBLOCK")};
static const struct value_name protocol_values[] = {VALUE(IPPROTO_IP),   VALUE(IPPROTO_ICMP), VALUE(IPPROTO_IGMP),
                                                    VALUE(IPPROTO_TCP),  VALUE(IPPROTO_UDP),  VALUE(IPPROTO_IPV6),
                                                    VALUE(IPPROTO_SCTP), VALUE(IPPROTO_RAW),  {58, "IPPROTO_ICMPV6"}};
static const struct value_name netlink_values[] = {VALUE(NETLINK_ROUTE),          VALUE(NETLINK_SOCK_DIAG),
                                                   VALUE(NETLINK_AUDIT),          VALUE(NETLINK_NETFILTER),
                                                   VALUE(NETLINK_KOBJECT_UEVENT), VALUE(NETLINK_GENERIC)};
static const struct flag_name message_flags[] = {FLAG_BIT(0x1, "MSG_OOB"),
                                                 FLAG_BIT(0x2, "MSG_PEEK"),
                                                 FLAG_BIT(0x4, "MSG_DONTROUTE"),
                                                 FLAG_BIT(0x8, "MSG_CTRUNC"),
                                                 FLAG_BIT(0x10, "MSG_PROBE"),
                                                 FLAG_BIT(0x20, "MSG_TRUNC"),
                                                 FLAG_BIT(0x40, "MSG_DONTWAIT"),
                                                 FLAG_BIT(0x80, "MSG_EOR"),
                                                 FLAG_BIT(0x100, "MSG_WAITALL"),
                                                 FLAG_BIT(0x200, "MSG_FIN"),
                                                 FLAG_BIT(0x400, "MSG_SYN"),
                                                 FLAG_BIT(0x800, "MSG_CONFIRM"),
                                                 FLAG_BIT(0x1000, "MSG_RST"),
                                                 FLAG_BIT(0x2000, "MSG_ERRQUEUE"),
                                                 FLAG_BIT(0x4000, "MSG_NOSIGNAL"),
                                                 FLAG_BIT(0x8000, "MSG_MORE"),
                                                 FLAG_BIT(0x10000, "MSG_WAITFORONE"),
                                                 FLAG_BIT(0x40000, "MSG_BATCH"),
                                                 FLAG_BIT(0x4000000, "MSG_ZEROCOPY"),
                                                 FLAG_BIT(0x20000000, "MSG_FASTOPEN"),
                                                 FLAG_BIT(0x40000000, "MSG_CMSG_CLOEXEC")};
static const struct value_name shutdown_values[] = {{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"}};
static const struct value_name level_values[] = {{1, "SOL_SOCKET"}, {0, "SOL_IP"},       {6, "SOL_TCP"},
                                                 {17, "SOL_UDP"},   {41, "SOL_IPV6"},    {58, "SOL_ICMPV6"},
                                                 {255, "SOL_RAW"},  {263, "SOL_PACKET"}, {270, "SOL_NETLINK"}};
static const struct value_name socket_options[] = {
    VALUE(SO_DEBUG),          VALUE(SO_REUSEADDR),        VALUE(SO_TYPE),          VALUE(SO_ERROR),
    VALUE(SO_DONTROUTE),      VALUE(SO_BROADCAST),        VALUE(SO_SNDBUF),        VALUE(SO_RCVBUF),
    VALUE(SO_KEEPALIVE),      VALUE(SO_OOBINLINE),        VALUE(SO_NO_CHECK),      VALUE(SO_PRIORITY),
    VALUE(SO_LINGER),         VALUE(SO_BSDCOMPAT),        VALUE(SO_REUSEPORT),     VALUE(SO_PASSCRED),
    VALUE(SO_PEERCRED),       VALUE(SO_RCVLOWAT),         VALUE(SO_SNDLOWAT),      {20, "SO_RCVTIMEO_OLD"},
    {21, "SO_SNDTIMEO_OLD"},  VALUE(SO_BINDTODEVICE),     VALUE(SO_ATTACH_FILTER), VALUE(SO_DETACH_FILTER),
    {29, "SO_TIMESTAMP_OLD"}, VALUE(SO_ACCEPTCONN),       VALUE(SO_PEERSEC),       VALUE(SO_SNDBUFFORCE),
    VALUE(SO_RCVBUFFORCE),    {35, "SO_TIMESTAMPNS_OLD"}, VALUE(SO_MARK),          {37, "SO_TIMESTAMPING_OLD"},
    VALUE(SO_PROTOCOL),       VALUE(SO_DOMAIN),           VALUE(SO_RXQ_OVFL),      VALUE(SO_PEEK_OFF),
    VALUE(SO_BUSY_POLL),      VALUE(SO_INCOMING_CPU),     VALUE(SO_COOKIE),        VALUE(SO_ZEROCOPY),
    VALUE(SO_TXTIME),         {66, "SO_RCVTIMEO_NEW"},    {67, "SO_SNDTIMEO_NEW"}};
static const struct value_name ip_options[] = {VALUE(IP_TOS),
                                               VALUE(IP_TTL),
                                               VALUE(IP_HDRINCL),
                                               VALUE(IP_OPTIONS),
                                               VALUE(IP_RECVOPTS),
                                               VALUE(IP_PKTINFO),
                                               VALUE(IP_MTU_DISCOVER),
                                               VALUE(IP_RECVERR),
                                               VALUE(IP_RECVTTL),
                                               VALUE(IP_RECVTOS),
                                               VALUE(IP_MTU),
                                               VALUE(IP_FREEBIND),
                                               VALUE(IP_MULTICAST_IF),
                                               VALUE(IP_MULTICAST_TTL),
                                               VALUE(IP_MULTICAST_LOOP),
                                               VALUE(IP_ADD_MEMBERSHIP),
                                               VALUE(IP_DROP_MEMBERSHIP),
                                               VALUE(IP_BIND_ADDRESS_NO_PORT)};
static const struct value_name tcp_options[] = {
    VALUE(TCP_NODELAY),  VALUE(TCP_MAXSEG),     VALUE(TCP_CORK),         VALUE(TCP_KEEPIDLE),     VALUE(TCP_KEEPINTVL),
    VALUE(TCP_KEEPCNT),  VALUE(TCP_SYNCNT),     VALUE(TCP_LINGER2),      VALUE(TCP_DEFER_ACCEPT), VALUE(TCP_INFO),
    VALUE(TCP_QUICKACK), VALUE(TCP_CONGESTION), VALUE(TCP_USER_TIMEOUT), VALUE(TCP_FASTOPEN)};
static const struct value_name ipv6_options[] = {
    VALUE(IPV6_UNICAST_HOPS), VALUE(IPV6_MULTICAST_IF), VALUE(IPV6_MULTICAST_HOPS), VALUE(IPV6_MULTICAST_LOOP),
    VALUE(IPV6_MTU_DISCOVER), VALUE(IPV6_MTU),          VALUE(IPV6_RECVERR),        VALUE(IPV6_V6ONLY),
    VALUE(IPV6_RECVPKTINFO),  VALUE(IPV6_PKTINFO),      VALUE(IPV6_TCLASS)};
static const struct value_name control_values[] = {{1, "SCM_RIGHTS"},
                                                   {2, "SCM_CREDENTIALS"},
                                                   {29, "SO_TIMESTAMP_OLD"},
                                                   {35, "SO_TIMESTAMPNS_OLD"},
                                                   {37, "SO_TIMESTAMPING_OLD"}};

const struct trace_table linux_trace_network_tables[] = {
    VALUE_TABLE("af", family_values),         FLAG_TABLE("socktype", type_flags),
    FLAG_TABLE("accept", accept_flags),       VALUE_TABLE("protocol", protocol_values),
    VALUE_TABLE("netlink", netlink_values),   FLAG_TABLE("msg", message_flags),
    VALUE_TABLE("shutdown", shutdown_values), VALUE_TABLE("sol", level_values),
    VALUE_TABLE("so", socket_options),        VALUE_TABLE("ip", ip_options),
    VALUE_TABLE("tcp", tcp_options),          VALUE_TABLE("ipv6", ipv6_options),
    VALUE_TABLE("scm", control_values),       {NULL, NULL, NULL, 0},
};
