/*
 * sendmsg and recvmsg: vectors, control messages of all kinds, truncation, what becomes of passed descriptors. Sources:
 * send(2), recv(2), unix(4), ip(4), ip6(4), kern_sendit() and kern_recvit() in sys/kern/uipc_syscalls.c,
 * unp_internalize() in sys/kern/uipc_usrreq.c, ip_savecontrol() in sys/netinet/ip_input.c.
 *
 * Rows: sendmsg recvmsg: send(2), recv(2), unix(4), sys/kern/uipc_syscalls.c, sys/kern/uipc_usrreq.c
 */
#include "net.h"

#define SOL FREEBSD_SOL_SOCKET
#define IP_ FREEBSD_IPPROTO_IP

/* Room for control data, with a view of its first message. */
union control {
    struct freebsd_cmsghdr head;
    struct {
        uint8_t skip[16];
        union {
            int32_t fds[100];
            int64_t time[2];
            struct freebsd_cmsgcred cmsgcred;
            struct freebsd_sockcred sockcred;
            struct freebsd_sockcred2 sockcred2;
            struct freebsd_sockaddr_dl link;
            uint8_t bytes[200];
        };
    };
    uint64_t align;
};

static uint32_t message(union control *c, int level, int type, uint32_t size)
{
    c->head = (struct freebsd_cmsghdr){16 + size, level, type};
    return 16 + ((size + 7) & ~7U);
}

/* Sends one byte with that control data. */
static int64_t send_control(int s, const void *control, uint32_t length)
{
    struct freebsd_iovec iov = {"x", 1};
    struct freebsd_msghdr m = {0, 0, &iov, 1, (void *)control, length, 0};

    return SYS(sendmsg, s, &m, 0);
}

static char received[16];

/* Receives with room for that much control data; *flags and the length that came back. */
static int64_t receive_control(int s, union control *c, uint32_t room, int32_t *flags, int how)
{
    struct freebsd_iovec iov = {received, sizeof(received)};
    struct freebsd_msghdr m = {0, 0, &iov, 1, c, room, 0x7777};
    int64_t r;

    memset(c, 0x55, sizeof(*c));
    r = SYS(recvmsg, s, &m, how);
    if (r >= 0)
        r = m.controllen;
    if (flags)
        *flags = m.flags;
    return r;
}

TEST(arguments)
{
    struct freebsd_iovec iov[2] = {{"ab", 2}, {"cd", 2}};
    struct freebsd_msghdr m = {0, 0, iov, 2, 0, 0, 0};
    union control c;
    char buffer[8];
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_DGRAM, pair);
    CHECK_ERR(SYS(sendmsg, -1, WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sendmsg, -1, &m, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(sendmsg, guest_file("plain", "x"), &m, 0), FREEBSD_ENOTSOCK);
    CHECK_ERR(SYS(recvmsg, -1, &m, 0), FREEBSD_EBADF);
    CHECK_ERR(SYS(recvmsg, -1, WILD, 0), FREEBSD_EFAULT);
    m.iovlen = 1025;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EMSGSIZE);
    CHECK_ERR(SYS(recvmsg, pair[0], &m, 0), FREEBSD_EMSGSIZE);
    m.iovlen = -1;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EMSGSIZE);
    m.iovlen = 2;
    iov[1].len = (uint64_t)INT64_MAX;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EINVAL);
    iov[1] = (struct freebsd_iovec){WILD, 2};
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EFAULT);
    m.iov = WILD;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EFAULT);
    m.iov = iov;
    iov[1] = (struct freebsd_iovec){"cd", 2};
    m.control = &c;
    m.controllen = 0;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EINVAL); /* a place without length */
    m.controllen = 11;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EINVAL);
    m.controllen = 3000;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EINVAL); /* more than a cluster */
    m.control = WILD;
    m.controllen = 16;
    CHECK_ERR(SYS(sendmsg, pair[0], &m, 0), FREEBSD_EFAULT);
    m.control = 0;
    CHECK_EQ(SYS(sendmsg, pair[0], &m, 0), 4);
    iov[0] = (struct freebsd_iovec){buffer, 1};
    iov[1] = (struct freebsd_iovec){buffer + 1, 7};
    m.controllen = 77;
    CHECK_EQ(SYS(recvmsg, pair[1], &m, FREEBSD_MSG_DONTWAIT), 4);
    CHECK_EQ(memcmp(buffer, "abcd", 4), 0);
    CHECK_EQ(m.flags, FREEBSD_MSG_DONTWAIT); /* the call's own flags come back */
    CHECK_EQ(m.controllen, 77);              /* without a place it is not looked at */
    net_close(pair);
}

TEST(malformed_control)
{
    union control c;
    int32_t pair[2];
    uint32_t n;

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    memset(&c, 0, sizeof(c));
    message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    c.head.len = 8;
    CHECK_ERR(send_control(pair[0], &c, 24), FREEBSD_EINVAL);
    c.head.len = 200;
    CHECK_ERR(send_control(pair[0], &c, 24), FREEBSD_EINVAL);
    n = message(&c, IP_, FREEBSD_SCM_RIGHTS, 4);
    CHECK_ERR(send_control(pair[0], &c, n), FREEBSD_EINVAL);
    n = message(&c, SOL, 99, 4);
    CHECK_ERR(send_control(pair[0], &c, n), FREEBSD_EINVAL);
    n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    c.fds[0] = 4000;
    CHECK_ERR(send_control(pair[0], &c, n), FREEBSD_EBADF);
    n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 0); /* no descriptors at all */
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 0);
    net_close(pair);
    net_pair(pair);
    n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    c.fds[0] = 0;
    CHECK_ERR(send_control(pair[0], &c, n), FREEBSD_EINVAL); /* TCP takes no control data */
    net_close(pair);
}

TEST(kqueues_stay)
{
    union control c;
    int32_t pair[2];
    uint32_t n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    c.fds[0] = (int32_t)MUST(SYS(kqueue));
    CHECK_ERR(send_control(pair[0], &c, n), FREEBSD_EOPNOTSUPP);
    SYS(close, c.fds[0]);
    net_close(pair);
}

/* The lowest free descriptor: tells whether something has been left open. */
static int lowest(void)
{
    int fd = (int)MUST(SYS(dup, 0));

    SYS(close, fd);
    return fd;
}

TEST(truncated_rights)
{
    union control c;
    int32_t pair[2], flags;
    int before;
    uint32_t n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 12);

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    before = lowest();
    c.fds[0] = c.fds[1] = c.fds[2] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), &flags, 0), 32);
    CHECK_EQ(c.head.len, 28);
    CHECK_EQ(flags, 0);
    for (int i = 0; i < 3; i++)
        CHECK_OK(SYS(close, c.fds[i]));
    message(&c, SOL, FREEBSD_SCM_RIGHTS, 12);
    c.fds[0] = c.fds[1] = c.fds[2] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_EQ(receive_control(pair[1], &c, 20, &flags, 0) <= 20, 1);
    CHECK_EQ(flags & FREEBSD_MSG_CTRUNC, FREEBSD_MSG_CTRUNC);
    CHECK_EQ(lowest(), before); /* what did not fit is closed */
    message(&c, SOL, FREEBSD_SCM_RIGHTS, 12);
    c.fds[0] = c.fds[1] = c.fds[2] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_EQ(receive_control(pair[1], &c, 0, &flags, 0), 0);
    CHECK_EQ(lowest(), before);
    CHECK_EQ(send_control(pair[0], 0, 0), 1);
    net_close(pair);
}

/* No descriptor is free: unp_externalize() has EMSGSIZE for that, and nothing is left open. */
static void receive_without_descriptors(void *pair)
{
    struct freebsd_rlimit limit = {0, 0};
    union control c;
    int before = lowest();

    limit.current = limit.maximum = before + 1;
    CHECK_OK(SYS(setrlimit, 8, &limit)); /* RLIMIT_NOFILE */
    CHECK_ERR(receive_control(((int32_t *)pair)[1], &c, sizeof(c), 0, 0), FREEBSD_EMSGSIZE);
    CHECK_EQ(lowest(), before);
}

TEST(rights_without_descriptors)
{
    union control c;
    int32_t pair[2];
    uint32_t n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 12);

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    c.fds[0] = c.fds[1] = c.fds[2] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK(EXITED(guest_in_child(receive_without_descriptors, pair), 0));
    net_close(pair);
}

TEST(wild_control_on_receipt)
{
    struct freebsd_iovec iov = {received, sizeof(received)};
    struct freebsd_msghdr m = {0, 0, &iov, 1, WILD, 64, 0};
    union control c;
    int32_t pair[2];
    uint32_t n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    int before;

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    before = lowest();
    c.fds[0] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_ERR(SYS(recvmsg, pair[1], &m, 0), FREEBSD_EFAULT);
    CHECK_EQ(lowest(), before);
    m.name = WILD;
    m.namelen = 16;
    m.control = &c;
    m.controllen = sizeof(c);
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_DGRAM, pair);
    n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    c.fds[0] = 0;
    CHECK_EQ(send_control(pair[0], &c, n), 1);
    CHECK_ERR(SYS(recvmsg, pair[1], &m, 0), FREEBSD_EFAULT);
    CHECK_EQ(lowest(), before);
    net_close(pair);
}

/* SCM_CREDS: whoever receives it sees who sent, whether it has asked to or not, and whatever the sender wrote. */
TEST(attached_credentials)
{
    static const int types[] = {FREEBSD_SOCK_STREAM, FREEBSD_SOCK_DGRAM};
    union control c;
    int32_t pair[2];

    for (unsigned i = 0; i < 2; i++) {
        uint32_t n = message(&c, SOL, FREEBSD_SCM_CREDS, sizeof(struct freebsd_cmsgcred));

        net_local_pair(types[i], pair);
        memset(c.bytes, 0xaa, sizeof(struct freebsd_cmsgcred));
        CHECK_EQ(send_control(pair[0], &c, n), 1);
        CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 104);
        CHECK_EQ(c.head.len, 100);
        CHECK_EQ(c.head.type, FREEBSD_SCM_CREDS);
        CHECK_EQ(c.cmsgcred.pid, SYS(getpid));
        CHECK_EQ(c.cmsgcred.uid, SYS(getuid));
        CHECK_EQ(c.cmsgcred.euid, SYS(geteuid));
        CHECK_EQ(c.cmsgcred.gid, SYS(getgid));
        CHECK(c.cmsgcred.ngroups >= 1);
        CHECK_EQ(c.cmsgcred.groups[0], SYS(getegid));
        CHECK_EQ(SYS(write, pair[0], "y", 1), 1); /* and of the next, which has none, nothing */
        CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 0);
        net_close(pair);
    }
}

/* With descriptors beside them; and none is left over. */
TEST(credentials_and_rights)
{
    uint8_t buffer[128] __attribute__((aligned(8)));
    union control c;
    int32_t pair[2];
    uint32_t n = message(&c, SOL, FREEBSD_SCM_CREDS, sizeof(struct freebsd_cmsgcred));
    int before;

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    before = lowest();
    memset(buffer, 0, sizeof(buffer));
    memcpy(buffer, &c, n);
    message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);
    c.fds[0] = pair[0];
    memcpy(buffer + n, &c, 24);
    CHECK_EQ(send_control(pair[0], buffer, n + 24), 1);
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 104 + 24);
    CHECK_EQ(lowest(), before + 1);
    SYS(close, before);
    net_close(pair);
}

/* The time of sending, attached by the sender: unp_internalize(). */
TEST(attached_times)
{
    static const int types[] = {FREEBSD_SCM_TIMESTAMP, FREEBSD_SCM_BINTIME, FREEBSD_SCM_REALTIME,
                                FREEBSD_SCM_MONOTONIC};
    union control c;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_DGRAM, pair);
    for (unsigned i = 0; i < 4; i++) {
        int clock = types[i] == FREEBSD_SCM_MONOTONIC ? FREEBSD_CLOCK_MONOTONIC : FREEBSD_CLOCK_REALTIME;
        int64_t before = (int64_t)(guest_clock(clock) / 1000000000), after;
        uint32_t n = message(&c, SOL, types[i], 0);

        CHECK_EQ(send_control(pair[0], &c, n), 1);
        after = (int64_t)(guest_clock(clock) / 1000000000);
        CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 32);
        CHECK_EQ(c.head.len, 32);
        CHECK_EQ(c.head.type, types[i]);
        CHECK(c.time[0] >= before && c.time[0] <= after);
    }
    net_close(pair);
}

/* LOCAL_CREDS: once on a connection, always with datagrams; LOCAL_CREDS_PERSISTENT: always, and more of it. */
TEST(wanted_credentials)
{
    union control c;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(net_set_option(pair[1], 0, FREEBSD_LOCAL_CREDS, 1));
    CHECK_EQ(SYS(write, pair[0], "x", 1), 1);
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 40);
    CHECK_EQ(c.head.type, FREEBSD_SCM_CREDS);
    CHECK_EQ(c.sockcred.uid, SYS(getuid));
    CHECK_EQ(c.sockcred.egid, SYS(getegid));
    CHECK_EQ(c.sockcred.ngroups, 1);
    CHECK_EQ(SYS(write, pair[0], "x", 1), 1);
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 0);
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_DGRAM, pair);
    CHECK_OK(net_set_option(pair[1], 0, FREEBSD_LOCAL_CREDS, 1));
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(SYS(write, pair[0], "x", 1), 1);
        CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 40);
    }
    net_close(pair);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(net_set_option(pair[1], 0, FREEBSD_LOCAL_CREDS_PERSISTENT, 1));
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(SYS(write, pair[0], "x", 1), 1);
        CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 48);
        CHECK_EQ(c.head.type, FREEBSD_SCM_CREDS2);
        CHECK_EQ(c.sockcred2.version, 0);
        CHECK_EQ(c.sockcred2.pid, SYS(getpid));
        CHECK_EQ(c.sockcred2.uid, SYS(getuid));
    }
    net_close(pair);
}

/* What comes with a datagram: where to, by which interface, how far, when. */
TEST(of_datagrams)
{
    struct freebsd_sockaddr_in address;
    union control c;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 0);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVDSTADDR, 1));
    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 24);
    CHECK_EQ(c.head.level, IP_);
    CHECK_EQ(c.head.type, FREEBSD_IP_RECVDSTADDR);
    CHECK_EQ(c.head.len, 20);
    CHECK_EQ((uint32_t)c.fds[0], 0x0100007f);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVDSTADDR, 0));
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVIF, 1));
    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 72);
    CHECK_EQ(c.head.type, FREEBSD_IP_RECVIF);
    CHECK_EQ(c.head.len, 16 + 54);
    CHECK_EQ(c.link.len, 54);
    CHECK_EQ(c.link.family, FREEBSD_AF_LINK);
    CHECK(c.link.index > 0 && c.link.nlen > 0);
    CHECK_EQ(c.link.type, 0x18); /* IFT_LOOP */
    CHECK_EQ(c.link.alen, 0);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVIF, 0));
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVTTL, 1));
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_TTL, 99));
    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 24);
    CHECK_EQ(c.head.type, FREEBSD_IP_RECVTTL);
    CHECK_EQ(c.head.len, 17);
    CHECK_EQ(c.bytes[0], 99);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVTTL, 0));
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVTOS, 1));
    CHECK_OK(net_set_option(u, IP_, FREEBSD_IP_TOS, 0x20));
    CHECK_EQ(SYS(sendto, u, "x", 1, 0, &address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 24);
    CHECK_EQ(c.head.type, FREEBSD_IP_RECVTOS);
    CHECK_EQ(c.bytes[0], 0x20);
    SYS(close, u);
    SYS(close, s);
}

static void check_arrival(int s, int u, const struct freebsd_sockaddr_in *address, int type, int clock)
{
    union control c;
    int64_t before = (int64_t)(guest_clock(clock) / 1000000000), after;

    CHECK_EQ(SYS(sendto, u, "x", 1, 0, address, 16), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 32);
    after = (int64_t)(guest_clock(clock) / 1000000000);
    CHECK_EQ(c.head.level, SOL);
    CHECK_EQ(c.head.type, type);
    CHECK_EQ(c.head.len, 32);
    CHECK(c.time[0] >= before - 1 && c.time[0] <= after);
    CHECK(type != FREEBSD_SCM_TIMESTAMP || (c.time[1] >= 0 && c.time[1] < 1000000));
    CHECK(type == FREEBSD_SCM_BINTIME || (c.time[1] >= 0 && c.time[1] < 1000000000));
}

/* SO_TIMESTAMP, SO_BINTIME and SO_TS_CLOCK. */
TEST(times_of_arrival)
{
    struct freebsd_sockaddr_in address;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TIMESTAMP, 1));
    guest_sleep_ms(20); /* the host begins to stamp */
    check_arrival(s, u, &address, FREEBSD_SCM_TIMESTAMP, FREEBSD_CLOCK_REALTIME);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, FREEBSD_SO_TS_BINTIME));
    check_arrival(s, u, &address, FREEBSD_SCM_BINTIME, FREEBSD_CLOCK_REALTIME);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, FREEBSD_SO_TS_REALTIME));
    check_arrival(s, u, &address, FREEBSD_SCM_REALTIME, FREEBSD_CLOCK_REALTIME);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TS_CLOCK, FREEBSD_SO_TS_MONOTONIC));
    check_arrival(s, u, &address, FREEBSD_SCM_MONOTONIC, FREEBSD_CLOCK_MONOTONIC);
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_TIMESTAMP, 0));
    CHECK_OK(net_set_option(s, SOL, FREEBSD_SO_BINTIME, 1));
    check_arrival(s, u, &address, FREEBSD_SCM_BINTIME, FREEBSD_CLOCK_REALTIME);
    SYS(close, u);
    SYS(close, s);
}

/* What a sender may attach to a datagram. */
TEST(sent_with_datagrams)
{
    struct freebsd_sockaddr_in address, from;
    struct freebsd_iovec iov = {"x", 1};
    union control c;
    struct freebsd_msghdr m = {&address, 16, &iov, 1, &c, 0, 0};
    uint32_t length = sizeof(from);
    char byte;
    int s = net_bound(FREEBSD_SOCK_DGRAM, &address), u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_DGRAM);

    memset(&c, 0, sizeof(c));
    m.controllen = message(&c, IP_, FREEBSD_IP_SENDSRCADDR, 4);
    c.fds[0] = 0x0200007f; /* 127.0.0.2 */
    CHECK_EQ(SYS(sendmsg, u, &m, 0), 1);
    CHECK_EQ(SYS(recvfrom, s, &byte, 1, 0, &from, &length), 1);
    CHECK_EQ(from.addr, 0x0200007f);
    m.controllen = message(&c, IP_, FREEBSD_IP_SENDSRCADDR, 5);
    CHECK_ERR(SYS(sendmsg, u, &m, 0), FREEBSD_EINVAL);
    m.controllen = message(&c, IP_, FREEBSD_IP_TOS, 4);
    CHECK_ERR(SYS(sendmsg, u, &m, 0), FREEBSD_EINVAL); /* one byte */
    m.controllen = message(&c, IP_, FREEBSD_IP_RECVTTL, 4);
    CHECK_ERR(SYS(sendmsg, u, &m, 0), FREEBSD_ENOPROTOOPT);
    m.controllen = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4); /* another level's: not looked at */
    CHECK_EQ(SYS(sendmsg, u, &m, 0), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 0);
    CHECK_OK(net_set_option(s, IP_, FREEBSD_IP_RECVTOS, 1));
    m.controllen = message(&c, IP_, FREEBSD_IP_TOS, 1);
    c.bytes[0] = 0x40;
    CHECK_EQ(SYS(sendmsg, u, &m, 0), 1);
    CHECK_EQ(receive_control(s, &c, sizeof(c), 0, 0), 24);
    CHECK_EQ(c.bytes[0], 0x40);
    SYS(close, u);
    SYS(close, s);
}

TEST(version_six)
{
    struct freebsd_sockaddr_in6 address = {28, FREEBSD_AF_INET6, 0, 0, {[15] = 1}, 0};
    uint32_t length = sizeof(address);
    union control c;
    int64_t s = SYS(socket, FREEBSD_AF_INET6, FREEBSD_SOCK_DGRAM, 0);

    if (s == -FREEBSD_EAFNOSUPPORT)
        SKIP("the host has no IPv6");
    if (SYS(bind, s, &address, sizeof(address)) == -FREEBSD_EADDRNOTAVAIL)
        SKIP("the host's loopback has no IPv6 address");
    CHECK_OK(SYS(getsockname, s, &address, &length));
    CHECK_OK(net_set_option((int)s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_RECVPKTINFO, 1));
    CHECK_EQ(SYS(sendto, s, "x", 1, 0, &address, 28), 1);
    CHECK_EQ(receive_control((int)s, &c, sizeof(c), 0, 0), 40);
    CHECK_EQ(c.head.level, FREEBSD_IPPROTO_IPV6);
    CHECK_EQ(c.head.type, FREEBSD_IPV6_PKTINFO);
    CHECK_EQ(c.bytes[15], 1);
    CHECK(c.fds[4] > 0); /* the interface */
    CHECK_OK(net_set_option((int)s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_RECVPKTINFO, 0));
    CHECK_OK(net_set_option((int)s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_RECVHOPLIMIT, 1));
    CHECK_OK(net_set_option((int)s, FREEBSD_IPPROTO_IPV6, FREEBSD_IPV6_UNICAST_HOPS, 55));
    CHECK_EQ(SYS(sendto, s, "x", 1, 0, &address, 28), 1);
    CHECK_EQ(receive_control((int)s, &c, sizeof(c), 0, 0), 24);
    CHECK_EQ(c.head.type, FREEBSD_IPV6_HOPLIMIT);
    CHECK_EQ(c.fds[0], 55);
    SYS(close, s);
}

/* SO_NOSIGPIPE travels with the socket that is passed. */
static void write_passed(void *pair)
{
    union control c;
    int32_t broken[2];
    uint32_t n = message(&c, SOL, FREEBSD_SCM_RIGHTS, 4);

    net_local_pair(FREEBSD_SOCK_STREAM, broken);
    SYS(close, broken[1]);
    CHECK_OK(net_set_option(broken[0], SOL, FREEBSD_SO_NOSIGPIPE, 1));
    c.fds[0] = broken[0];
    CHECK_EQ(send_control(*(int32_t *)pair, &c, n), 1);
}

TEST(quiet_socket_from_elsewhere)
{
    union control c;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK(EXITED(guest_in_child(write_passed, pair), 0));
    CHECK_EQ(receive_control(pair[1], &c, sizeof(c), 0, 0), 24);
    CHECK_ERR(SYS(write, c.fds[0], "x", 1), FREEBSD_EPIPE); /* and this process lives */
    SYS(close, c.fds[0]);
    net_close(pair);
}

/* And it is known after exec. */
int guest_child(int argc, char **argv)
{
    int fd = argc > 2 ? argv[2][0] - 'a' : -1;

    return SYS(write, fd, "x", 1) == -FREEBSD_EPIPE ? 7 : 8;
}

static void execute(void *fd)
{
    char number[2] = {(char)('a' + *(int32_t *)fd), 0};
    const char *argv[] = {guest_self, "--write", number, 0};

    SYS(execve, guest_self, argv, guest_envp);
}

TEST(quiet_socket_after_exec)
{
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(net_set_option(pair[0], SOL, FREEBSD_SO_NOSIGPIPE, 1));
    SYS(close, pair[1]);
    CHECK(EXITED(guest_in_child(execute, pair), 7));
    SYS(close, pair[0]);
}
