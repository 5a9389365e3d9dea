/*
 * sendfile in both generations, and the calls that have no module behind them. Sources: sendfile(2), setfib(2),
 * sys/kern/kern_sendfile.c, sys/kern/uipc_syscalls.c.
 *
 * Rows: sendfile freebsd4_sendfile setfib: sendfile(2), setfib(2), sys/kern/kern_sendfile.c, sys/net/route.c
 */
#include "net.h"

struct sf_hdtr {
    struct freebsd_iovec *headers;
    int32_t header_count;
    struct freebsd_iovec *trailers;
    int32_t trailer_count;
};
enum { SF_NODISKIO = 1, SF_SYNC = 4, SF_USER_READAHEAD = 8, SF_NOCACHE = 16 };

/* The calls have more arguments than there are registers for. */
static int64_t send_file(uint64_t number, int fd, int s, int64_t offset, uint64_t n, struct sf_hdtr *hdtr,
                         int64_t *sent, int flags)
{
    uint64_t arguments[8] = {(uint64_t)fd,   (uint64_t)s,    (uint64_t)offset, n,
                             (uint64_t)hdtr, (uint64_t)sent, (uint64_t)flags,  0};
    struct guest_result result, *r = guest_call8(&result, number, arguments);

    return r->carry ? -(int64_t)r->rax : (int64_t)r->rax;
}

#define SENDFILE(...)  send_file(FREEBSD_SYS_sendfile, __VA_ARGS__)
#define SENDFILE4(...) send_file(FREEBSD_SYS_freebsd4_sendfile, __VA_ARGS__)

/* What has arrived, up to 31 bytes. */
static const char *arrived(int s)
{
    static char buffer[32];

    memset(buffer, 0, sizeof(buffer));
    MUST(SYS(recvfrom, s, buffer, 31, FREEBSD_MSG_DONTWAIT, 0, 0));
    return buffer;
}

TEST(file)
{
    int fd = guest_file("content", "0123456789");
    int64_t sent = -1;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(SENDFILE(fd, pair[0], 0, 0, 0, &sent, 0)); /* 0: to the end */
    CHECK_EQ(sent, 10);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "0123456789"), 0);
    CHECK_OK(SENDFILE(fd, pair[0], 3, 4, 0, &sent, 0));
    CHECK_EQ(sent, 4);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "3456"), 0);
    CHECK_OK(SENDFILE(fd, pair[0], 8, 100, 0, &sent, SF_NODISKIO | SF_NOCACHE | SF_USER_READAHEAD | 2 << 16));
    CHECK_EQ(sent, 2);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "89"), 0);
    CHECK_OK(SENDFILE(fd, pair[0], 50, 0, 0, &sent, 0)); /* beyond the end: nothing */
    CHECK_EQ(sent, 0);
    CHECK_OK(SENDFILE(fd, pair[0], 0, 1, 0, 0, 0));    /* nobody asks how much */
    CHECK_OK(SENDFILE(fd, pair[0], 1, 1, 0, WILD, 0)); /* nor does it matter where that is */
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "01"), 0);
    CHECK_EQ(SYS(lseek, fd, 0, FREEBSD_SEEK_CUR), 0); /* the file's offset is not its business */
    net_close(pair);
    SYS(close, fd);
}

TEST(headers_and_trailers)
{
    struct freebsd_iovec head[2] = {{"<h1>", 4}, {"<h2>", 4}}, tail[1] = {{"<t>", 3}};
    struct sf_hdtr around = {head, 2, tail, 1};
    int fd = guest_file("content", "0123456789");
    int64_t sent = -1;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(SENDFILE(fd, pair[0], 5, 2, &around, &sent, 0));
    CHECK_EQ(sent, 13);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "<h1><h2>56<t>"), 0);
    CHECK_OK(SENDFILE(fd, pair[0], 99, 0, &around, &sent, 0));
    CHECK_EQ(sent, 11);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "<h1><h2><t>"), 0);
    around.headers = 0;
    CHECK_OK(SENDFILE(fd, pair[0], 0, 1, &around, &sent, 0));
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "0<t>"), 0);
    around = (struct sf_hdtr){head, 1025, 0, 0};
    CHECK_ERR(SENDFILE(fd, pair[0], 0, 1, &around, &sent, 0), FREEBSD_EINVAL);
    around = (struct sf_hdtr){WILD, 1, 0, 0};
    CHECK_ERR(SENDFILE(fd, pair[0], 0, 1, &around, &sent, 0), FREEBSD_EFAULT);
    head[0].len = (uint64_t)INT64_MAX;
    around = (struct sf_hdtr){head, 2, 0, 0};
    CHECK_ERR(SENDFILE(fd, pair[0], 0, 1, &around, &sent, 0), FREEBSD_EINVAL);
    CHECK_ERR(SENDFILE(fd, pair[0], 0, 1, WILD, &sent, 0), FREEBSD_EFAULT);
    net_close(pair);
    SYS(close, fd);
}

/* FreeBSD 4's: the headers counted. */
TEST(before_five)
{
    struct freebsd_iovec head[2] = {{"<h1>", 4}, {"<h2>", 4}}, tail[1] = {{"<t>", 3}};
    struct sf_hdtr around = {head, 2, tail, 1};
    int fd = guest_file("content", "0123456789");
    int64_t sent = -1;
    int32_t pair[2];

    if (guest_intercepted_by("seccomp"))
        SKIP("the host's kernel lets this number past every filter (uprobe)");
    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_OK(SENDFILE4(fd, pair[0], 0, 10, &around, &sent, 0));
    CHECK_EQ(sent, 13);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "<h1><h2>01<t>"), 0);
    CHECK_OK(SENDFILE4(fd, pair[0], 0, 3, 0, &sent, 0));
    CHECK_EQ(sent, 3);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "012"), 0);
    CHECK_OK(SENDFILE4(fd, pair[0], 6, 8, &around, &sent, 0)); /* nothing left of the length: to the end */
    CHECK_EQ(sent, 15);
    CHECK_EQ(guest_strcmp(arrived(pair[1]), "<h1><h2>6789<t>"), 0);
    CHECK_ERR(SENDFILE4(fd, pair[0], 0, 1, WILD, &sent, 0), FREEBSD_EFAULT);
    CHECK_ERR(SENDFILE4(fd, fd, 0, 0, 0, &sent, 0), FREEBSD_ENOTSOCK);
    CHECK_ERR(SENDFILE4(-1, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EBADF);
    CHECK_ERR(SENDFILE4(fd, pair[0], -1, 0, 0, &sent, 0), FREEBSD_EINVAL);
    net_close(pair);
    SYS(close, fd);
}

TEST(errors)
{
    struct freebsd_sockaddr_in address;
    int fd = guest_file("content", "0123456789"), u = net_bound(FREEBSD_SOCK_DGRAM, &address);
    int dir = (int)MUST(SYS(open, ".", FREEBSD_O_RDONLY)), writing = (int)MUST(SYS(open, "content", FREEBSD_O_WRONLY));
    int c = net_socket(FREEBSD_AF_INET, FREEBSD_SOCK_STREAM);
    int64_t sent;
    int32_t pair[2];

    net_local_pair(FREEBSD_SOCK_STREAM, pair);
    CHECK_ERR(SENDFILE(fd, pair[0], -1, 0, 0, &sent, 0), FREEBSD_EINVAL);
    CHECK_ERR(SENDFILE(-1, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EBADF);
    CHECK_ERR(SENDFILE(writing, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EBADF);
    CHECK_ERR(SENDFILE(fd, -1, 0, 0, 0, &sent, 0), FREEBSD_EBADF);
    CHECK_ERR(SENDFILE(fd, dir, 0, 0, 0, &sent, 0), FREEBSD_ENOTSOCK);
    CHECK_ERR(SENDFILE(dir, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EINVAL);
    CHECK_ERR(SENDFILE(pair[1], pair[0], 0, 0, 0, &sent, 0), FREEBSD_EINVAL);
    CHECK_ERR(SENDFILE(fd, u, 0, 0, 0, &sent, 0), FREEBSD_EINVAL);
    CHECK_ERR(SENDFILE(fd, c, 0, 0, 0, &sent, 0), FREEBSD_ENOTCONN);
    net_close(pair);
    SYS(close, c);
    SYS(close, writing);
    SYS(close, dir);
    SYS(close, u);
    SYS(close, fd);
}

static void to_nobody(void *fd)
{
    int32_t pair[2];
    int64_t sent = 7;

    net_pair(pair);
    CHECK_OK(SYS(shutdown, pair[0], FREEBSD_SHUT_WR));
    CHECK_ERR(SENDFILE(*(int *)fd, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EPIPE); /* and no SIGPIPE */
    CHECK_EQ(sent, 0);
    CHECK_EQ(SYS(getpid) > 0, 1);
}

TEST(broken)
{
    int fd = guest_file("content", "0123456789");

    CHECK(EXITED(guest_in_child(to_nobody, &fd), 0));
    SYS(close, fd);
}

/* A socket that does not wait takes what it has room for, and says how much. */
TEST(not_waiting)
{
    static char block[65536];
    int fd = guest_file("big", "");
    int32_t pair[2];
    int64_t sent = -1, total = 0, n;

    memset(block, 'b', sizeof(block));
    for (int i = 0; i < 64; i++)
        CHECK_EQ(SYS(write, fd, block, sizeof(block)), (int64_t)sizeof(block));
    net_local_pair(FREEBSD_SOCK_STREAM | FREEBSD_SOCK_NONBLOCK, pair);
    CHECK_ERR(SENDFILE(fd, pair[0], 0, 0, 0, &sent, 0), FREEBSD_EAGAIN);
    CHECK(sent > 0 && sent < 64 * (int64_t)sizeof(block));
    while ((n = SYS(read, pair[1], block, sizeof(block))) > 0)
        total += n;
    CHECK_EQ(n, -FREEBSD_EAGAIN);
    CHECK_EQ(total, sent);
    net_close(pair);
    SYS(close, fd);
}

static void read_all(void *s)
{
    static char block[4096];
    int64_t n, total = 0;

    guest_sleep_ms(50);
    while ((n = SYS(read, *(int32_t *)s, block, sizeof(block))) > 0)
        total += n;
    CHECK_EQ(total, 100000);
}

/* SF_SYNC: back when nothing is underway any more. */
TEST(synchronous)
{
    static char block[100000];
    int fd = guest_file("big", ""), child;
    int32_t pair[2];
    int64_t sent = -1;

    CHECK_EQ(SYS(write, fd, block, sizeof(block)), (int64_t)sizeof(block));
    net_pair(pair);
    child = guest_fork();
    if (child == 0) {
        SYS(close, pair[0]);
        read_all(&pair[1]);
        guest_exit(guest_failed());
    }
    SYS(close, pair[1]);
    CHECK_OK(SENDFILE(fd, pair[0], 0, 0, 0, &sent, SF_SYNC));
    CHECK_EQ(sent, 100000);
    SYS(close, pair[0]);
    CHECK(EXITED(guest_wait(child), 0));
    SYS(close, fd);
}

/* One routing table: net.fibs is 1. */
TEST(routing_table)
{
    CHECK_OK(SYS(setfib, 0));
    CHECK_ERR(SYS(setfib, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setfib, -1), FREEBSD_EINVAL);
}

/* sctp.ko is not in GENERIC: its calls are there when it is loaded. SIGSYS comes with ENOSYS (kern.signosys). */
TEST(no_sctp)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGSYS));
    CHECK_ERR(SYS(sctp_peeloff, 0, 0), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(sctp_generic_sendmsg, 0, "x", 1, 0, 0, 0), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(sctp_generic_sendmsg_iov, 0, 0, 0, 0, 0, 0), FREEBSD_ENOSYS);
    CHECK_ERR(SYS(sctp_generic_recvmsg, 0, 0, 0, 0, 0, 0), FREEBSD_ENOSYS);
    CHECK_OK(guest_default(FREEBSD_SIGSYS));
}
