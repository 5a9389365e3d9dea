/* Names of FreeBSD constants: sockets, kqueue, poll and ioctl (sys/socket.h, sys/event.h, sys/poll.h,
 * sys/filio.h, sys/ttycom.h). */
#include "syscalls/freebsd/trace/trace.h"

static const struct value_name af_values[] = {
    {0, "AF_UNSPEC"},   {1, "AF_UNIX"},      {2, "AF_INET"},       {17, "AF_ROUTE"},
    {18, "AF_LINK"},    {28, "AF_INET6"},    {32, "AF_NETGRAPH"},  {36, "AF_BLUETOOTH"},
    {38, "AF_NETLINK"}, {40, "AF_INET_SDP"}, {42, "AF_INET6_SDP"}, {43, "AF_HYPERV"},
};

static const struct flag_name socktype_flags[] = {
    {7, 1, "SOCK_STREAM"},
    {7, 2, "SOCK_DGRAM"},
    {7, 3, "SOCK_RAW"},
    {7, 4, "SOCK_RDM"},
    {7, 5, "SOCK_SEQPACKET"},
    {0x10000000, 0x10000000, "SOCK_CLOEXEC"},
    {0x20000000, 0x20000000, "SOCK_NONBLOCK"},
};

static const struct value_name ipproto_values[] = {
    {0, "IPPROTO_IP"},    {1, "IPPROTO_ICMP"},    {6, "IPPROTO_TCP"},    {17, "IPPROTO_UDP"},
    {41, "IPPROTO_IPV6"}, {58, "IPPROTO_ICMPV6"}, {132, "IPPROTO_SCTP"}, {255, "IPPROTO_RAW"},
};

static const struct flag_name msg_flags[] = {
    FLAG_BIT(0x1, "MSG_OOB"),
    FLAG_BIT(0x2, "MSG_PEEK"),
    FLAG_BIT(0x4, "MSG_DONTROUTE"),
    FLAG_BIT(0x8, "MSG_EOR"),
    FLAG_BIT(0x10, "MSG_TRUNC"),
    FLAG_BIT(0x20, "MSG_CTRUNC"),
    FLAG_BIT(0x40, "MSG_WAITALL"),
    FLAG_BIT(0x80, "MSG_DONTWAIT"),
    FLAG_BIT(0x100, "MSG_EOF"),
    FLAG_BIT(0x2000, "MSG_NOTIFICATION"),
    FLAG_BIT(0x4000, "MSG_NBIO"),
    FLAG_BIT(0x8000, "MSG_COMPAT"),
    FLAG_BIT(0x20000, "MSG_NOSIGNAL"),
    FLAG_BIT(0x40000, "MSG_CMSG_CLOEXEC"),
    FLAG_BIT(0x80000, "MSG_WAITFORONE"),
};

static const struct value_name shutdown_values[] = {
    {0, "SHUT_RD"},
    {1, "SHUT_WR"},
    {2, "SHUT_RDWR"},
};

static const struct value_name sol_values[] = {
    {65535, "SOL_SOCKET"}, {0, "IPPROTO_IP"},    {6, "IPPROTO_TCP"},
    {17, "IPPROTO_UDP"},   {41, "IPPROTO_IPV6"}, {132, "IPPROTO_SCTP"},
};

static const struct value_name so_values[] = {
    {1, "SO_DEBUG"},
    {2, "SO_ACCEPTCONN"},
    {4, "SO_REUSEADDR"},
    {8, "SO_KEEPALIVE"},
    {16, "SO_DONTROUTE"},
    {32, "SO_BROADCAST"},
    {64, "SO_USELOOPBACK"},
    {128, "SO_LINGER"},
    {256, "SO_OOBINLINE"},
    {512, "SO_REUSEPORT"},
    {1024, "SO_TIMESTAMP"},
    {2048, "SO_NOSIGPIPE"},
    {4096, "SO_ACCEPTFILTER"},
    {8192, "SO_BINTIME"},
    {16384, "SO_NO_OFFLOAD"},
    {32768, "SO_NO_DDP"},
    {65536, "SO_REUSEPORT_LB"},
    {131072, "SO_RERROR"},
    {4097, "SO_SNDBUF"},
    {4098, "SO_RCVBUF"},
    {4099, "SO_SNDLOWAT"},
    {4100, "SO_RCVLOWAT"},
    {4101, "SO_SNDTIMEO"},
    {4102, "SO_RCVTIMEO"},
    {4103, "SO_ERROR"},
    {4104, "SO_TYPE"},
    {4105, "SO_LABEL"},
    {4112, "SO_PEERLABEL"},
    {4113, "SO_LISTENQLIMIT"},
    {4114, "SO_LISTENQLEN"},
    {4115, "SO_LISTENINCQLEN"},
    {4116, "SO_SETFIB"},
    {4117, "SO_USER_COOKIE"},
    {4118, "SO_PROTOCOL"},
    {4119, "SO_TS_CLOCK"},
    {4120, "SO_MAX_PACING_RATE"},
    {4121, "SO_DOMAIN"},
};

static const struct value_name tcp_values[] = {
    {1, "TCP_NODELAY"},     {2, "TCP_MAXSEG"},      {4, "TCP_NOPUSH"},      {8, "TCP_NOOPT"},
    {32, "TCP_INFO"},       {64, "TCP_CONGESTION"}, {128, "TCP_KEEPINIT"},  {256, "TCP_KEEPIDLE"},
    {512, "TCP_KEEPINTVL"}, {1024, "TCP_KEEPCNT"},  {1025, "TCP_FASTOPEN"}, {8192, "TCP_FUNCTION_BLK"},
};

static const struct value_name ip_values[] = {
    {1, "IP_OPTIONS"},
    {2, "IP_HDRINCL"},
    {3, "IP_TOS"},
    {4, "IP_TTL"},
    {7, "IP_RECVDSTADDR"},
    {9, "IP_MULTICAST_IF"},
    {10, "IP_MULTICAST_TTL"},
    {11, "IP_MULTICAST_LOOP"},
    {12, "IP_ADD_MEMBERSHIP"},
    {13, "IP_DROP_MEMBERSHIP"},
    {19, "IP_PORTRANGE"},
    {20, "IP_RECVIF"},
    {24, "IP_BINDANY"},
    {65, "IP_RECVTTL"},
    {66, "IP_MINTTL"},
    {67, "IP_DONTFRAG"},
    {68, "IP_RECVTOS"},
};

static const struct value_name ipv6_values[] = {
    {4, "IPV6_UNICAST_HOPS"}, {9, "IPV6_MULTICAST_IF"},  {10, "IPV6_MULTICAST_HOPS"}, {11, "IPV6_MULTICAST_LOOP"},
    {12, "IPV6_JOIN_GROUP"},  {13, "IPV6_LEAVE_GROUP"},  {14, "IPV6_PORTRANGE"},      {27, "IPV6_V6ONLY"},
    {36, "IPV6_RECVPKTINFO"}, {37, "IPV6_RECVHOPLIMIT"}, {57, "IPV6_RECVTCLASS"},     {61, "IPV6_TCLASS"},
    {62, "IPV6_DONTFRAG"},    {64, "IPV6_BINDANY"},
};

static const struct value_name local_values[] = {
    {1, "LOCAL_PEERCRED"},
    {2, "LOCAL_CREDS"},
    {3, "LOCAL_CREDS_PERSISTENT"},
};

static const struct flag_name sendfile_flags[] = {
    FLAG_BIT(0x1, "SF_NODISKIO"),       FLAG_BIT(0x2, "SF_MNOWAIT"),  FLAG_BIT(0x4, "SF_SYNC"),
    FLAG_BIT(0x8, "SF_USER_READAHEAD"), FLAG_BIT(0x10, "SF_NOCACHE"),
};

static const struct flag_name kqueuex_flags[] = {
    {1, 1, "KQUEUE_CLOEXEC"},
    {2, 2, "KQUEUE_CPONFORK"},
};

static const struct value_name evfilt_values[] = {
    {-1, "EVFILT_READ"},   {-2, "EVFILT_WRITE"},     {-3, "EVFILT_AIO"},      {-4, "EVFILT_VNODE"}, {-5, "EVFILT_PROC"},
    {-6, "EVFILT_SIGNAL"}, {-7, "EVFILT_TIMER"},     {-8, "EVFILT_PROCDESC"}, {-9, "EVFILT_FS"},    {-10, "EVFILT_LIO"},
    {-11, "EVFILT_USER"},  {-12, "EVFILT_SENDFILE"}, {-13, "EVFILT_EMPTY"},
};

static const struct flag_name ev_flags[] = {
    FLAG_BIT(0x1, "EV_ADD"),      FLAG_BIT(0x2, "EV_DELETE"),    FLAG_BIT(0x4, "EV_ENABLE"),
    FLAG_BIT(0x8, "EV_DISABLE"),  FLAG_BIT(0x10, "EV_ONESHOT"),  FLAG_BIT(0x20, "EV_CLEAR"),
    FLAG_BIT(0x40, "EV_RECEIPT"), FLAG_BIT(0x80, "EV_DISPATCH"), FLAG_BIT(0x100, "EV_FORCEONESHOT"),
    FLAG_BIT(0x1000, "EV_DROP"),  FLAG_BIT(0x2000, "EV_FLAG1"),  FLAG_BIT(0x4000, "EV_ERROR"),
    FLAG_BIT(0x8000, "EV_EOF"),
};

static const struct flag_name note_rw_flags[] = {
    FLAG_BIT(0x1, "NOTE_LOWAT"),
    FLAG_BIT(0x2, "NOTE_FILE_POLL"),
};

static const struct flag_name note_vnode_flags[] = {
    FLAG_BIT(0x1, "NOTE_DELETE"),        FLAG_BIT(0x2, "NOTE_WRITE"),  FLAG_BIT(0x4, "NOTE_EXTEND"),
    FLAG_BIT(0x8, "NOTE_ATTRIB"),        FLAG_BIT(0x10, "NOTE_LINK"),  FLAG_BIT(0x20, "NOTE_RENAME"),
    FLAG_BIT(0x40, "NOTE_REVOKE"),       FLAG_BIT(0x80, "NOTE_OPEN"),  FLAG_BIT(0x100, "NOTE_CLOSE"),
    FLAG_BIT(0x200, "NOTE_CLOSE_WRITE"), FLAG_BIT(0x400, "NOTE_READ"),
};

static const struct flag_name note_proc_flags[] = {
    FLAG_BIT(0x1, "NOTE_TRACK"),       FLAG_BIT(0x2, "NOTE_TRACKERR"),    FLAG_BIT(0x4, "NOTE_CHILD"),
    FLAG_BIT(0x20000000, "NOTE_EXEC"), FLAG_BIT(0x40000000, "NOTE_FORK"), FLAG_BIT(0x80000000, "NOTE_EXIT"),
};

static const struct flag_name note_timer_flags[] = {
    FLAG_BIT(0x1, "NOTE_SECONDS"),  FLAG_BIT(0x2, "NOTE_MSECONDS"), FLAG_BIT(0x4, "NOTE_USECONDS"),
    FLAG_BIT(0x8, "NOTE_NSECONDS"), FLAG_BIT(0x10, "NOTE_ABSTIME"),
};

static const struct flag_name note_user_flags[] = {
    {0xc0000000, 0x40000000, "NOTE_FFAND"},
    {0xc0000000, 0x80000000, "NOTE_FFOR"},
    {0xc0000000, 0xc0000000, "NOTE_FFCOPY"},
    FLAG_BIT(0x1000000, "NOTE_TRIGGER"),
};

static const struct flag_name poll_flags[] = {
    FLAG_BIT(0x1, "POLLIN"),          FLAG_BIT(0x2, "POLLPRI"),      FLAG_BIT(0x4, "POLLOUT"),
    FLAG_BIT(0x8, "POLLERR"),         FLAG_BIT(0x10, "POLLHUP"),     FLAG_BIT(0x20, "POLLNVAL"),
    FLAG_BIT(0x40, "POLLRDNORM"),     FLAG_BIT(0x80, "POLLRDBAND"),  FLAG_BIT(0x100, "POLLWRBAND"),
    FLAG_BIT(0x2000, "POLLINIGNEOF"), FLAG_BIT(0x4000, "POLLRDHUP"),
};

static const struct value_name ioctl_values[] = {
    {0x20006601, "FIOCLEX"},     {0x20006602, "FIONCLEX"},  {0x40046676, "FIONSPACE"}, {0x40046677, "FIONWRITE"},
    {0x4004667a, "FIODTYPE"},    {0x4004667b, "FIOGETOWN"}, {0x4004667f, "FIONREAD"},  {0x8004667c, "FIOSETOWN"},
    {0x8004667d, "FIOASYNC"},    {0x8004667e, "FIONBIO"},   {0x80106678, "FIODGNAME"}, {0xc0086661, "FIOSEEKDATA"},
    {0xc0086662, "FIOSEEKHOLE"}, {0x2000740d, "TIOCEXCL"},  {0x2000740e, "TIOCNXCL"},  {0x2000741c, "TIOCPTMASTER"},
    {0x2000745e, "TIOCDRAIN"},   {0x20007461, "TIOCSCTTY"}, {0x20007465, "TIOCSTAT"},  {0x2000746e, "TIOCSTART"},
    {0x2000746f, "TIOCSTOP"},    {0x20007471, "TIOCNOTTY"}, {0x20007478, "TIOCCDTR"},  {0x20007479, "TIOCSDTR"},
    {0x2000747a, "TIOCCBRK"},    {0x2000747b, "TIOCSBRK"},  {0x4004740f, "TIOCGPTN"},  {0x4004741a, "TIOCGETD"},
    {0x40047463, "TIOCGSID"},    {0x4004746a, "TIOCMGET"},  {0x40047473, "TIOCOUTQ"},  {0x40047477, "TIOCGPGRP"},
    {0x40087468, "TIOCGWINSZ"},  {0x402c7413, "TIOCGETA"},  {0x80017472, "TIOCSTI"},   {0x80047410, "TIOCFLUSH"},
    {0x8004741b, "TIOCSETD"},    {0x80047460, "TIOCEXT"},   {0x80047462, "TIOCCONS"},  {0x8004746b, "TIOCMBIC"},
    {0x8004746c, "TIOCMBIS"},    {0x8004746d, "TIOCMSET"},  {0x80047470, "TIOCPKT"},   {0x80047476, "TIOCSPGRP"},
    {0x80087467, "TIOCSWINSZ"},  {0x802c7414, "TIOCSETA"},  {0x802c7415, "TIOCSETAW"}, {0x802c7416, "TIOCSETAF"},
};

const struct trace_table freebsd_trace_network_tables[] = {
    VALUE_TABLE("af", af_values),
    FLAG_TABLE("socktype", socktype_flags),
    VALUE_TABLE("ipproto", ipproto_values),
    FLAG_TABLE("msg", msg_flags),
    VALUE_TABLE("shutdown", shutdown_values),
    VALUE_TABLE("sol", sol_values),
    VALUE_TABLE("so", so_values),
    VALUE_TABLE("tcp", tcp_values),
    VALUE_TABLE("ip", ip_values),
    VALUE_TABLE("ipv6", ipv6_values),
    VALUE_TABLE("local", local_values),
    FLAG_TABLE("sendfile", sendfile_flags),
    FLAG_TABLE("kqueuex", kqueuex_flags),
    VALUE_TABLE("evfilt", evfilt_values),
    FLAG_TABLE("ev", ev_flags),
    FLAG_TABLE("note_rw", note_rw_flags),
    FLAG_TABLE("note_vnode", note_vnode_flags),
    FLAG_TABLE("note_proc", note_proc_flags),
    FLAG_TABLE("note_timer", note_timer_flags),
    FLAG_TABLE("note_user", note_user_flags),
    FLAG_TABLE("poll", poll_flags),
    VALUE_TABLE("ioctl", ioctl_values),
    {0},
};
