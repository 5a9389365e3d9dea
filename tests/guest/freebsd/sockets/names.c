/*
 * Names of sockets: what bind(2) takes, what getsockname(2) and getpeername(2) say, lengths of all kinds. Sources: the
 * calls' manual pages, getsockaddr() and kern_getsockname() in sys/kern/uipc_syscalls.c, sys/netinet/tcp_usrreq.c,
 * uipc_bindat() in sys/kern/uipc_usrreq.c.
 *
 * Rows: bind getsockname getpeername bindat connectat: bind(2), getsockname(2), getpeername(2), bindat(2),
 * connectat(2), sys/kern/uipc_syscalls.c, sys/kern/uipc_usrreq.c
 */
#include "net.h"

TEST(bind_order_of_errors)
{
    struct freebsd_sockaddr_in address = net_loopback(0);
    int file = guest_file("plain", "x");

    CHECK_ERR(SYS(bind, -1, &address, 256), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(bind, -1, &address, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(bind, -1, WILD, 16), FREEBSD_EFAULT);
    CHECK_ERR(SYS(bind, -1, &address, 16), FREEBSD_EBADF);
    CHECK_ERR(SYS(bind, file, &address, 16), FREEBSD_ENOTSOCK);
    address.family = 77;
    CHECK_ERR(SYS(bind, -1, &address, 16), FREEBSD_EBADF);
    CHECK_ERR(SYS(bind, file, &address, 12), FREEBSD_ENOTSOCK);
    SYS(close, file);
}

TEST(bind_internet)
{
    struct freebsd_sockaddr_in address = net_loopback(0), other;
    int s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM), u;
    uint32_t length = sizeof(address);

    CHECK_ERR(SYS(bind, s, &address, 15), FREEBSD_EINVAL);
    CHECK_ERR(SYS(bind, s, &address, 28), FREEBSD_EINVAL);
    address.family = FREEBSD_AF_INET6;
    CHECK_ERR(SYS(bind, s, &address, 16), FREEBSD_EAFNOSUPPORT);
    address.family = FREEBSD_AF_UNIX;
    CHECK_ERR(SYS(bind, s, &address, 16), FREEBSD_EAFNOSUPPORT);
    address.family = FREEBSD_AF_INET;
    address.addr = 0x010000e0; /* 224.0.0.1 */
    CHECK_ERR(SYS(bind, s, &address, 16), FREEBSD_EAFNOSUPPORT);
    address.addr = 0x0100a8c6; /* 198.168.0.1 is nobody's here */
    CHECK_ERR(SYS(bind, s, &address, 16), FREEBSD_EADDRNOTAVAIL);
    address = net_loopback(0);
    address.len = 99; /* the length that counts is the argument's */
    CHECK_OK(SYS(bind, s, &address, 16));
    CHECK_ERR(SYS(bind, s, &address, 16), FREEBSD_EINVAL);
    CHECK_OK(SYS(getsockname, s, &address, &length));
    u = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    CHECK_OK(SYS(listen, s, 1));
    CHECK_ERR(SYS(bind, u, &address, 16), FREEBSD_EADDRINUSE);
    other = (struct freebsd_sockaddr_in){0, 0, 0, 0, {0}}; /* no family, all zeroes: taken for INADDR_ANY */
    CHECK_OK(SYS(bind, u, &other, 16));
    CHECK_OK(SYS(getsockname, u, &other, &length));
    CHECK_EQ(other.family, FREEBSD_AF_INET);
    CHECK_EQ(other.addr, 0);
    CHECK(other.port != 0);
    SYS(close, s);
    SYS(close, u);
}

TEST(bind_local)
{
    struct freebsd_sockaddr_un address = net_local("names.sock"), back;
    uint32_t length = sizeof(back);
    int s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);

    CHECK_OK(SYS(getsockname, s, &back, &length));
    CHECK_EQ(length, 16); /* an unbound one has the empty name: sun_noname */
    CHECK_EQ(back.len, 16);
    CHECK_EQ(back.family, FREEBSD_AF_UNIX);
    CHECK_EQ(back.path[0], 0);
    CHECK_ERR(SYS(bind, s, &address, 2), FREEBSD_EINVAL);
    address.family = FREEBSD_AF_INET;
    CHECK_ERR(SYS(bind, s, &address, address.len), FREEBSD_EAFNOSUPPORT);
    address = net_local("absent/names.sock");
    CHECK_ERR(SYS(bind, s, &address, address.len), FREEBSD_ENOENT);
    SYS(close, guest_file("plain", "x"));
    address = net_local("plain/names.sock");
    CHECK_ERR(SYS(bind, s, &address, address.len), FREEBSD_ENOTDIR);
    address = net_local("plain");
    CHECK_ERR(SYS(bind, s, &address, address.len), FREEBSD_EADDRINUSE);
    address = net_local("names.sock");
    CHECK_OK(SYS(bind, s, &address, sizeof(address))); /* a NUL ends the name before the length does */
    length = sizeof(back);
    CHECK_OK(SYS(getsockname, s, &back, &length));
    CHECK_EQ(memcmp(back.path, "names.sock", 11), 0);
    address = net_local("second.sock");
    CHECK_ERR(SYS(bind, s, &address, address.len), FREEBSD_EINVAL); /* it has a name */
    SYS(close, s);
}

/* Names are cut to what there is room for, and the length becomes what was copied. */
TEST(lengths)
{
    struct freebsd_sockaddr_in address;
    uint8_t bytes[32];
    int s = net_bound(FREEBSD_SOCK_STREAM, &address);
    uint32_t length;

    memset(bytes, 0x55, sizeof(bytes));
    length = 4;
    CHECK_OK(SYS(getsockname, s, bytes, &length));
    CHECK_EQ(length, 4);
    CHECK_EQ(memcmp(bytes, &address, 4), 0);
    CHECK_EQ(bytes[4], 0x55);
    length = 32;
    CHECK_OK(SYS(getsockname, s, bytes, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(bytes[16], 0x55);
    length = 0;
    CHECK_OK(SYS(getsockname, s, WILD, &length));
    CHECK_EQ(length, 0);
    length = 0xffffffff;
    CHECK_ERR(SYS(getsockname, s, bytes, &length), FREEBSD_EINVAL);
    length = 16;
    CHECK_ERR(SYS(getsockname, s, WILD, &length), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getsockname, s, 0, &length), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getsockname, s, bytes, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getsockname, -1, bytes, &length), FREEBSD_EBADF);
    CHECK_ERR(SYS(getsockname, -1, bytes, WILD), FREEBSD_EFAULT);
    SYS(close, s);
}

TEST(peers)
{
    struct freebsd_sockaddr_in mine, peer;
    struct freebsd_sockaddr_un local;
    uint32_t length = sizeof(peer);
    int32_t pair[2];
    int file = guest_file("plain", "x"), s;

    net_pair(pair);
    CHECK_OK(SYS(getsockname, pair[0], &mine, &length));
    CHECK_OK(SYS(getpeername, pair[1], &peer, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(memcmp(&mine, &peer, 16), 0);
    length = 6;
    CHECK_OK(SYS(getpeername, pair[1], &peer, &length));
    CHECK_EQ(length, 6);
    length = 0x80000000;
    CHECK_ERR(SYS(getpeername, pair[1], &peer, &length), FREEBSD_EINVAL);
    length = 16;
    CHECK_ERR(SYS(getpeername, pair[1], WILD, &length), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getpeername, pair[1], &peer, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getpeername, -1, &peer, &length), FREEBSD_EBADF);
    CHECK_ERR(SYS(getpeername, file, &peer, &length), FREEBSD_ENOTSOCK);
    net_close(pair);
    s = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    CHECK_ERR(SYS(getpeername, s, &peer, &length), FREEBSD_ENOTCONN);
    SYS(close, s);
    s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    CHECK_ERR(SYS(getpeername, s, &peer, &length), FREEBSD_ENOTCONN);
    SYS(close, s);
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    length = sizeof(local);
    CHECK_OK(SYS(getpeername, pair[0], &local, &length));
    CHECK_EQ(length, 16);
    CHECK_EQ(local.family, FREEBSD_AF_UNIX);
    net_close(pair);
    SYS(close, file);
}

/* A local name relative to a directory. */
TEST(at_a_directory)
{
    struct freebsd_sockaddr_un address = net_local("at.sock");
    struct freebsd_sockaddr_in internet = net_loopback(0);
    struct freebsd_stat st;
    int s = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM), c = net_socket(FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM);
    int i = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int file = guest_file("plain", "x"), dir;
    int32_t pair[2];

    CHECK_OK(SYS(mkdir, "inner", 0755));
    dir = (int)MUST(SYS(open, "inner", FREEBSD_O_RDONLY | FREEBSD_O_DIRECTORY));
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_ERR(SYS(bindat, 4000, s, &address, address.len), FREEBSD_EBADF);
    CHECK_ERR(SYS(bindat, file, s, &address, address.len), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(bindat, pair[0], s, &address, address.len), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(bindat, dir, -1, &address, address.len), FREEBSD_EBADF);
    CHECK_ERR(SYS(bindat, dir, s, WILD, address.len), FREEBSD_EFAULT);
    CHECK_ERR(SYS(bindat, dir, s, &address, 256), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(bindat, dir, i, &internet, 16), FREEBSD_EOPNOTSUPP); /* pr_bindat is for paths */
    CHECK_ERR(SYS(connectat, dir, i, &internet, 16), FREEBSD_EADDRNOTAVAIL);
    CHECK_OK(SYS(bindat, FREEBSD_AT_FDCWD, i, &internet, 16));
    CHECK_OK(SYS(bindat, dir, s, &address, address.len));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "inner/at.sock", &st, 0));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFSOCK);
    CHECK_ERR(SYS(connectat, dir, c, &address, address.len), FREEBSD_ECONNREFUSED);
    CHECK_OK(SYS(listen, s, 2));
    CHECK_ERR(SYS(connectat, FREEBSD_AT_FDCWD, c, &address, address.len), FREEBSD_ENOENT);
    CHECK_ERR(SYS(connectat, file, c, &address, address.len), FREEBSD_ENOTDIR);
    CHECK_OK(SYS(connectat, dir, c, &address, address.len));
    CHECK_ERR(SYS(connectat, dir, c, &address, address.len), FREEBSD_EISCONN);
    SYS(close, MUST(SYS(accept, s, 0, 0)));
    net_close(pair);
    SYS(close, i);
    SYS(close, c);
    SYS(close, s);
    SYS(close, dir);
    SYS(close, file);
}
