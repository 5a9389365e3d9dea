/*
 * Local sockets: names, pairs, descriptors in messages. Sources: unix(4), sendmsg(2), sys/kern/uipc_usrreq.c.
 */
#include "guest.h"
#include "socket.h"

static struct freebsd_sockaddr_un named(const char *path)
{
    struct freebsd_sockaddr_un address = {0};

    address.len = (uint8_t)(2 + guest_strlen(path)); /* SUN_LEN() */
    address.family = FREEBSD_AF_UNIX;
    memcpy(address.path, path, guest_strlen(path));
    return address;
}

TEST(pair)
{
    int32_t fds[2];
    char buffer[8];

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM | FREEBSD_SOCK_CLOEXEC, 0, fds));
    CHECK_EQ(SYS(fcntl, fds[1], FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(write, fds[0], "abc", 3), 3);
    CHECK_EQ(SYS(read, fds[1], buffer, 8), 3);
    SYS(close, fds[0]);
    CHECK_EQ(SYS(read, fds[1], buffer, 8), 0);
    SYS(close, fds[1]);
}

TEST(by_name)
{
    struct freebsd_sockaddr_un address = named("local.sock");
    struct freebsd_sockaddr_un back;
    uint32_t length = sizeof(back);
    struct freebsd_stat st;
    int s = (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
    int c = (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
    int a;

    CHECK_OK(SYS(bind, s, &address, address.len));
    CHECK_OK(SYS(listen, s, 3));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "local.sock", &st, 0));
    CHECK_EQ(st.mode & FREEBSD_S_IFMT, FREEBSD_S_IFSOCK);
    memset(&back, 0x55, sizeof(back));
    CHECK_OK(SYS(getsockname, s, &back, &length));
    CHECK_EQ(back.family, FREEBSD_AF_UNIX);
    CHECK_EQ(back.len, length);
    CHECK_EQ(length, 12); /* the name comes back as it was given */
    CHECK_EQ(memcmp(back.path, "local.sock", 10), 0);
    CHECK_OK(SYS(connect, c, &address, address.len));
    a = (int)MUST(SYS(accept, s, 0, 0));
    CHECK_EQ(SYS(write, c, "x", 1), 1);
    CHECK_ERR(SYS(bind, c, &address, address.len), FREEBSD_EADDRINUSE);
    SYS(close, a);
    SYS(close, c);
    SYS(close, s);
    c = (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
    CHECK_ERR(SYS(connect, c, &address, address.len), FREEBSD_ECONNREFUSED);
    address = named("absent.sock");
    CHECK_ERR(SYS(connect, c, &address, address.len), FREEBSD_ENOENT);
    SYS(close, c);
}

struct rights {
    struct freebsd_cmsghdr header;
    uint32_t pad;
    int32_t fd;
    uint32_t pad2;
};

TEST(descriptors_in_messages)
{
    int32_t pair[2];
    char byte = 'm';
    char buffer[8] = {0};
    struct freebsd_iovec iov = {&byte, 1};
    struct rights out = {{20, FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS}, 0, guest_file("passed", "content"), 0};
    struct rights in;
    struct freebsd_msghdr m = {0, 0, &iov, 1, &out, sizeof(out), 0};

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    CHECK_EQ(SYS(sendmsg, pair[0], &m, 0), 1);
    memset(&in, 0x55, sizeof(in));
    m.control = &in;
    m.controllen = sizeof(in);
    m.flags = 0x7777;
    CHECK_EQ(SYS(recvmsg, pair[1], &m, FREEBSD_MSG_CMSG_CLOEXEC), 1);
    CHECK_EQ(m.flags & (FREEBSD_MSG_TRUNC | FREEBSD_MSG_CTRUNC), 0);
    CHECK_EQ(in.header.len, 20);
    CHECK_EQ(in.header.level, FREEBSD_SOL_SOCKET);
    CHECK_EQ(in.header.type, FREEBSD_SCM_RIGHTS);
    CHECK(in.fd >= 0 && in.fd != out.fd);
    CHECK_EQ(SYS(fcntl, in.fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    CHECK_EQ(SYS(pread, in.fd, buffer, 8, 0), 7);
    CHECK_EQ(memcmp(buffer, "content", 7), 0);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

TEST(truncated_datagram)
{
    int32_t pair[2];
    char buffer[2];
    struct freebsd_iovec iov = {buffer, 2};
    struct freebsd_msghdr m = {0, 0, &iov, 1, 0, 0, 0};

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_DGRAM, 0, pair));
    CHECK_EQ(SYS(write, pair[0], "long", 4), 4);
    CHECK_EQ(SYS(recvmsg, pair[1], &m, 0), 2);
    CHECK_EQ(m.flags & FREEBSD_MSG_TRUNC, FREEBSD_MSG_TRUNC);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

TEST(receive_timeout)
{
    int32_t pair[2];
    char byte;
    struct freebsd_timeval timeout = {0, 40000};
    uint64_t begin;

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    CHECK_OK(SYS(setsockopt, pair[0], FREEBSD_SOL_SOCKET, FREEBSD_SO_RCVTIMEO, &timeout, sizeof(timeout)));
    begin = guest_now();
    CHECK_ERR(SYS(read, pair[0], &byte, 1), FREEBSD_EAGAIN);
    CHECK(guest_now() - begin >= 30000000);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
}

/* MSG_NOSIGNAL, or SIGPIPE ignored: EPIPE; otherwise the process dies */
static void write_to_nobody(void *fd)
{
    SYS(write, *(int32_t *)fd, "x", 1);
}

TEST(broken_connection)
{
    int32_t pair[2];

    CHECK_OK(SYS(socketpair, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0, pair));
    SYS(close, pair[1]);
    CHECK_ERR(SYS(sendto, pair[0], "x", 1, FREEBSD_MSG_NOSIGNAL, 0, 0), FREEBSD_EPIPE);
    CHECK(KILLED(guest_in_child(write_to_nobody, &pair[0]), FREEBSD_SIGPIPE));
    SYS(close, pair[0]);
}
