/*
 * Internet sockets on the loopback: ip(7), tcp(7), udp(7), netdevice(7).
 */
#include "conf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static struct sockaddr_in loopback;

static int server(int type)
{
    int fd = socket(AF_INET, type, 0);
    socklen_t length = sizeof(loopback);

    loopback = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) < 0)
        say("bind: %s", conf_errno(errno));
    getsockname(fd, (struct sockaddr *)&loopback, &length);
    if (type == SOCK_STREAM)
        listen(fd, 5);
    return fd;
}

TEST(streams)
{
    int listener = server(SOCK_STREAM);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    char text[32] = "";

    CALL(connect(client, (struct sockaddr *)&loopback, sizeof(loopback)));
    int peer = accept(listener, NULL, NULL);

    CALL(send(client, "from the client", 15, 0));
    CALL(recv(peer, text, sizeof(text), 0));
    TEXT(text);
    CALL(send(peer, "!", 1, MSG_OOB));
    struct pollfd urgent = {client, POLLPRI, 0};

    CALL(poll(&urgent, 1, 5000));
    CALL(sockatmark(client));
    CALL(recv(client, text, 1, MSG_OOB));
    DEC(text[0]);
    int on = 1;
    socklen_t length = sizeof(on);

    CALL(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
    on = 0;
    CALL(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, &length));
    DEC(on);
    struct tcp_info info;

    length = sizeof(info);
    CALL(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &length));
    DEC(info.tcpi_state);
    CALL(close(peer));
    CALL(recv(client, text, 1, 0));
    signal(SIGPIPE, SIG_IGN);
    send(client, "x", 1, 0);
    conf_sleep(20);
    CALL(send(client, "x", 1, 0));
    CALL(close(listener));
    client = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(client, (struct sockaddr *)&loopback, sizeof(loopback)));
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = server(SOCK_STREAM);
    CALL(connect(client, (struct sockaddr *)&loopback, sizeof(loopback)));
    struct pollfd ready = {client, POLLOUT, 0};

    CALL(poll(&ready, 1, 5000));
    length = sizeof(on);
    CALL(getsockopt(client, SOL_SOCKET, SO_ERROR, &on, &length));
    DEC(on);
    loopback.sin_family = 77;
    CALL(connect(client, (struct sockaddr *)&loopback, sizeof(loopback)));
    CALL(connect(client, (struct sockaddr *)&loopback, 3));
}

TEST(datagrams)
{
    int receiver = server(SOCK_DGRAM);
    int sender = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    char text[32] = "";
    int on = 1;

    CALL(sendto(sender, "datagram", 8, 0, (struct sockaddr *)&loopback, sizeof(loopback)));
    CALL(recvfrom(receiver, text, sizeof(text), 0, (struct sockaddr *)&from, &length));
    TEXT(text);
    say("%u %d %s", length, from.sin_family, inet_ntoa(from.sin_addr));
    CALL(sendto(sender, "x", 1, 0, WILD, sizeof(loopback)));
    CALL(sendto(sender, "x", 1, 0, (struct sockaddr *)&loopback, 500));
    CALL(sendto(sender, WILD, 1, 0, (struct sockaddr *)&loopback, sizeof(loopback)));
    CALL(send(sender, "x", 1, 0));
    CALL(setsockopt(receiver, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)));
    CALL(setsockopt(receiver, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
    CALL(sendto(sender, "abc", 3, 0, (struct sockaddr *)&loopback, sizeof(loopback)));
    union {
        char room[256];
        struct cmsghdr header;
    } u;
    struct iovec part = {text, sizeof(text)};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof(from),
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = u.room,
                             .msg_controllen = sizeof(u.room)};

    CALL(recvmsg(receiver, &message, 0));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        say("level %d type %d data %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len - CMSG_LEN(0));
        if (c->cmsg_type == IP_TTL)
            say("ttl %d", *(int *)CMSG_DATA(c));
        if (c->cmsg_type == IP_PKTINFO)
            say("to %s", inet_ntoa(((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr));
    }
    close(receiver);
    CALL(setsockopt(sender, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
    CALL(connect(sender, (struct sockaddr *)&loopback, sizeof(loopback)));
    CALL(send(sender, "x", 1, 0));
    conf_sleep(20);
    message.msg_controllen = sizeof(u.room);
    CALL(recvmsg(sender, &message, MSG_ERRQUEUE));
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(c);

        say("level %d type %d: errno %u origin %u", c->cmsg_level, c->cmsg_type, error->ee_errno, error->ee_origin);
    }
    CALL(send(sender, "x", 1, 0));
}

TEST(options_of_protocols)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int value = 0;
    socklen_t length = sizeof(value);

    CALL(getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &length));
    DEC(value);
    value = 44;
    CALL(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof(value)));
    value = 300;
    CALL(setsockopt(fd, IPPROTO_IP, IP_TTL, &value, sizeof(value)));
    CALL(setsockopt(fd, IPPROTO_IP, 222, &value, sizeof(value)));
    CALL(getsockopt(fd, IPPROTO_IP, 222, &value, &length));
    value = 1;
    CALL(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof(value)));
    CALL(setsockopt(fd, IPPROTO_TCP, 999, &value, sizeof(value)));
    char name[16] = "";

    length = sizeof(name);
    CALL(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length));
    DEC(name[0] != 0);
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreq group = {.imr_multiaddr.s_addr = htonl(0xe0000101), .imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
    struct group_req request = {.gr_interface = if_nametoindex("lo")};

    CALL(setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
    CALL(setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
    CALL(setsockopt(udp, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)));
    struct sockaddr_in *address = (struct sockaddr_in *)&request.gr_group;

    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(0xe0000102);
    CALL(setsockopt(udp, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof(request)));
    CALL(setsockopt(udp, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof(request)));
    CALL(setsockopt(udp, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, sizeof(request)));
    CALL(setsockopt(udp, IPPROTO_IP, MCAST_LEAVE_GROUP, &request, 20));
    int six = socket(AF_INET6, SOCK_STREAM, 0);

    if (six >= 0) {
        CALL(setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof(value)));
        CALL(getsockopt(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, &length));
    }
}

TEST(interfaces)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request;

    memset(&request, 0, sizeof(request));
    strcpy(request.ifr_name, "lo");
    CALL(ioctl(fd, SIOCGIFINDEX, &request));
    DEC(request.ifr_ifindex == (int)if_nametoindex("lo"));
    CALL(ioctl(fd, SIOCGIFNAME, &request));
    TEXT(request.ifr_name);
    CALL(ioctl(fd, SIOCGIFFLAGS, &request));
    DEC((request.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
    CALL(ioctl(fd, SIOCGIFADDR, &request));
    TEXT(inet_ntoa(((struct sockaddr_in *)&request.ifr_addr)->sin_addr));
    CALL(ioctl(fd, SIOCGIFNETMASK, &request));
    TEXT(inet_ntoa(((struct sockaddr_in *)&request.ifr_addr)->sin_addr));
    CALL(ioctl(fd, SIOCGIFBRDADDR, &request));
    CALL(ioctl(fd, SIOCGIFMTU, &request));
    DEC(request.ifr_mtu);
    CALL(ioctl(fd, SIOCGIFHWADDR, &request));
    DEC(request.ifr_hwaddr.sa_family);
    CALL(ioctl(fd, SIOCGIFMETRIC, &request));
    CALL(ioctl(fd, SIOCGIFTXQLEN, &request));
    DEC(request.ifr_qlen);
    CALL(ioctl(fd, SIOCGIFMAP, &request));
    strcpy(request.ifr_name, "none");
    CALL(ioctl(fd, SIOCGIFFLAGS, &request));
    CALL(ioctl(fd, SIOCGIFINDEX, &request));
    CALL(ioctl(fd, SIOCGIFADDR, WILD));
    struct ifreq several[16];
    struct ifconf list = {.ifc_len = sizeof(several), .ifc_req = several};

    CALL(ioctl(fd, SIOCGIFCONF, &list));
    DEC(list.ifc_len > 0 && list.ifc_len % (int)sizeof(struct ifreq) == 0);
    TEXT(several[0].ifr_name);
    list.ifc_len = sizeof(several[0]);
    CALL(ioctl(fd, SIOCGIFCONF, &list));
    DEC(list.ifc_len == sizeof(several[0]));
    list.ifc_req = NULL;
    CALL(ioctl(fd, SIOCGIFCONF, &list));
    DEC(list.ifc_len % (int)sizeof(struct ifreq));
    CALL(ioctl(fd, SIOCGIFCONF, WILD));
    CALL(ioctl(0, SIOCGIFFLAGS, &request));
    struct if_nameindex *names = if_nameindex();
    bool found = false;

    for (struct if_nameindex *n = names; n && n->if_index; n++)
        found = found || strcmp(n->if_name, "lo") == 0;
    DEC(found);
}

TEST(netlink)
{
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } request = {{.nlmsg_len = sizeof(request),
                  .nlmsg_type = RTM_GETLINK,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                  .nlmsg_seq = 7},
                 {.rtgen_family = AF_UNSPEC}};
    static char answer[32768];
    struct sockaddr_nl address;
    socklen_t length = sizeof(address);

    CALL(getsockname(fd, (struct sockaddr *)&address, &length));
    say("%u %d", length, address.nl_family);
    DEC(send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request));
    ssize_t got = recv(fd, answer, sizeof(answer), 0);
    struct nlmsghdr *header = (struct nlmsghdr *)answer;

    DEC(got > 100);
    say("type %d seq %u", header->nlmsg_type, header->nlmsg_seq);
    CALL(socket(AF_NETLINK, SOCK_RAW, 99));
}

/* What a room of so many bytes gets of two control messages. */
static void hear_six(int fd, size_t room)
{
    char text[8], control[128] = "";
    struct iovec part = {text, sizeof(text)};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};

    say("%zd, %s", recvmsg(fd, &m, 0), m.msg_flags & MSG_CTRUNC ? "truncated" : "whole");
    say("~control of %zu", (size_t)m.msg_controllen);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
        say("%d %d: %zu bytes", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len - CMSG_LEN(0));
    }
}

TEST(six)
{
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;
    struct sockaddr_in6 self = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof(self);
    size_t rooms[] = {100, CMSG_SPACE(4) + CMSG_LEN(0), CMSG_SPACE(4) + CMSG_LEN(1), CMSG_LEN(1), CMSG_LEN(0), 4, 0};

    CALL(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)));
    CALL(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)));
    CALL(setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &on, sizeof(on)));
    on = 0;
    length = sizeof(on);
    CALL(getsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &on, &length));
    DEC(on);
    length = sizeof(self);
    if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
        return;
    getsockname(fd, (struct sockaddr *)&self, &length);
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        sendto(fd, "six", 3, 0, (struct sockaddr *)&self, sizeof(self));
        hear_six(fd, rooms[i]);
    }
}
