/* FreeBSD's socket structures: addresses, control messages, message flags, options. */
#include "syscalls/freebsd/sockets/control.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/sockets/socket_marks.h"
#include "syscalls/freebsd/sockets/sockopt.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

START_TEST(internet_addresses_round_trip)
{
    static const uint8_t in4[16] = {16, 2, 0x1f, 0x90, 127, 0, 0, 1};
    struct sockaddr_buffer a = {.length = sizeof(in4)};
    struct sockaddr_in h;

    memcpy(a.bytes, in4, sizeof(in4));
    ck_assert_int_eq(freebsd_sockaddr_to_host(&a), 0);
    memcpy(&h, a.bytes, sizeof(h));
    ck_assert_int_eq(h.sin_family, AF_INET);
    ck_assert_int_eq(ntohs(h.sin_port), 8080);
    freebsd_sockaddr_from_host(&a);
    ck_assert_mem_eq(a.bytes, in4, sizeof(in4));
    ck_assert_uint_eq(a.length, sizeof(in4));
}
END_TEST

START_TEST(internet6_addresses_round_trip)
{
    uint8_t in6[28] = {28, FREEBSD_AF_INET6, 0, 80};
    struct sockaddr_buffer a = {.length = sizeof(in6)};
    struct sockaddr_in6 h;

    in6[8] = 0xfe;
    in6[9] = 0x80;
    in6[24] = 3; /* scope */
    memcpy(a.bytes, in6, sizeof(in6));
    ck_assert_int_eq(freebsd_sockaddr_to_host(&a), 0);
    memcpy(&h, a.bytes, sizeof(h));
    ck_assert_int_eq(h.sin6_family, AF_INET6);
    ck_assert_uint_eq(h.sin6_scope_id, 3);
    freebsd_sockaddr_from_host(&a);
    ck_assert_mem_eq(a.bytes, in6, sizeof(in6));
}
END_TEST

START_TEST(local_addresses)
{
    struct sockaddr_un h = {.sun_family = AF_UNIX, .sun_path = "/tmp/s"};
    struct sockaddr_buffer a = {.length = 2 + 7}; /* the host counts the NUL */

    memcpy(a.bytes, &h, a.length);
    freebsd_sockaddr_from_host(&a);
    ck_assert_uint_eq(a.length, 8);
    ck_assert_uint_eq(a.guest.len, 8);
    ck_assert_uint_eq(a.guest.family, FREEBSD_AF_UNIX);
    ck_assert_mem_eq(a.bytes + 2, "/tmp/s", 6);
    a = (struct sockaddr_buffer){.length = 2};
    a.host_family = AF_UNIX;
    freebsd_sockaddr_from_host(&a);
    ck_assert_uint_eq(a.length, FREEBSD_NONAME_LENGTH);
    ck_assert_uint_eq(a.guest.len, FREEBSD_NONAME_LENGTH);
    a = (struct sockaddr_buffer){.length = 0};
    freebsd_sockaddr_from_host(&a);
    ck_assert_uint_eq(a.guest.family, FREEBSD_AF_UNIX);
}
END_TEST

START_TEST(bad_addresses)
{
    struct sockaddr_buffer a = {.length = 1};

    ck_assert_int_eq(freebsd_sockaddr_to_host(&a), -EINVAL);
    a.length = 16;
    a.guest.family = 99;
    ck_assert_int_eq(freebsd_sockaddr_to_host(&a), -EAFNOSUPPORT);
    a.guest.family = FREEBSD_AF_INET;
    a.length = 15;
    ck_assert_int_eq(freebsd_sockaddr_to_host(&a), -EINVAL);
}
END_TEST

/* One guest message; returns its aligned size. */
static uint32_t put(uint8_t *at, int32_t level, int32_t type, const void *data, uint32_t size)
{
    struct freebsd_cmsghdr g = {CONTROL_HEADER + size, level, type};

    memcpy(at, &g, sizeof(g));
    memcpy(at + CONTROL_HEADER, data, size);
    return CONTROL_HEADER + ((size + 7) & ~7u);
}

static int64_t count_fd(void *arg, int fd)
{
    *(int *)arg += fd;
    return 0;
}

static const struct socket_kind local = {HOST_AF_UNIX, SOCKET_STREAM};
static const struct socket_kind datagram = {HOST_AF_INET, SOCKET_DGRAM};
static const struct control_sender nobody;
static int dropped;

static void drop(void *arg, int fd)
{
    (void)arg;
    dropped += fd;
}

static uint32_t from_host(struct control_reader *rd, const uint8_t *host, uint64_t length, uint8_t *guest,
                          uint32_t room, bool *truncated)
{
    dropped = 0;
    rd->s = -1;
    return freebsd_control_from_host(rd, host, length, guest, room, truncated, drop, NULL);
}

START_TEST(rights_round_trip)
{
    uint8_t guest[64] = {0}, back[64] = {0};
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    const int fds[3] = {3, 4, 5};
    const struct control_sender sender = {1, 2, 3};
    uint32_t n = put(guest, FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS, fds, sizeof(fds));
    struct control_reader reader = {0};
    struct control_note note;
    struct msghdr m = {.msg_control = host};
    struct cmsghdr *c;
    bool truncated;
    int sum = 0;

    m.msg_controllen = (size_t)freebsd_control_to_host(&local, guest, n, host, &sender, &note);
    c = CMSG_FIRSTHDR(&m);
    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(c->cmsg_level, SOL_SOCKET);
    ck_assert_int_eq(c->cmsg_type, SCM_RIGHTS);
    ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof(fds)));
    ck_assert_mem_eq(CMSG_DATA(c), fds, sizeof(fds));
    ck_assert_int_eq(host_control_each_fd(host, m.msg_controllen, count_fd, &sum), 0);
    ck_assert_int_eq(sum, 12);
    ck_assert_uint_eq(from_host(&reader, host, m.msg_controllen, back, sizeof(back), &truncated), n);
    ck_assert(!truncated);
    ck_assert_mem_eq(back, guest, n);
    ck_assert_uint_eq(from_host(&reader, host, m.msg_controllen, back, 20, &truncated), 0);
    ck_assert(truncated);
    ck_assert_int_eq(dropped, 12); /* what did not fit is closed */
}
END_TEST

START_TEST(credentials_are_the_kernels)
{
    uint8_t guest[128] = {0}, back[128] = {0}, lie[84] = {0xff};
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    const struct control_sender sender = {11, 22, 33};
    struct control_reader reader = {.creds = CREDS_ONCE};
    struct control_note note;
    uint32_t n = put(guest, FREEBSD_SOL_SOCKET, FREEBSD_SCM_CREDS, lie, sizeof(lie));
    int64_t length = freebsd_control_to_host(&local, guest, n, host, &sender, &note);
    struct ucred u;
    uint32_t cred[8];
    bool truncated;

    ck_assert_int_eq(length, (int64_t)CMSG_SPACE(sizeof(u)));
    ck_assert_uint_eq(note.kinds, 1u << FREEBSD_SCM_CREDS);
    memcpy(&u, host + CONTROL_HEADER, sizeof(u));
    ck_assert_int_eq(u.pid, 11);
    ck_assert_uint_eq(u.uid, 22);
    ck_assert_uint_eq(u.gid, 33);
    ck_assert_uint_eq(from_host(&reader, host, (uint64_t)length, back, sizeof(back), &truncated), 16 + 24);
    ck_assert(reader.told_creds);
    memcpy(cred, back + CONTROL_HEADER, sizeof(cred));
    ck_assert_uint_eq(cred[0], 22);
    ck_assert_uint_eq(cred[2], 33);
    ck_assert_uint_eq(cred[4], 1);
    reader.creds = CREDS_ALWAYS;
    ck_assert_uint_eq(from_host(&reader, host, (uint64_t)length, back, sizeof(back), &truncated), 16 + 32);
    memcpy(cred, back + CONTROL_HEADER, sizeof(cred));
    ck_assert_uint_eq(cred[1], 11);
    ck_assert_uint_eq(cred[2], 22);
    reader.creds = 0; /* nobody has asked, and nobody has attached them */
    ck_assert_uint_eq(from_host(&reader, host, (uint64_t)length, back, sizeof(back), &truncated), 0);
    reader.note.kinds = note.kinds;
    ck_assert_uint_eq(from_host(&reader, host, (uint64_t)length, back, sizeof(back), &truncated), 16 + 88);
    memcpy(cred, back + CONTROL_HEADER, sizeof(cred));
    ck_assert_uint_eq(cred[0], 11);
    ck_assert_uint_eq(cred[1], 22);
}
END_TEST

/* A note is found behind the descriptors that were sent, and taken out; other descriptors stay. */
START_TEST(notes_are_taken_out)
{
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    struct control_note note = {.kinds = 5}, found = {0};
    int fd = (int)control_note_write(&note), plain = memfd_create("plain", MFD_ALLOW_SEALING);
    uint64_t length = (uint64_t)host_control_add_fd(host, 0, fd);
    int fds[2] = {plain, fd};
    struct host_cmsghdr h = {CONTROL_HEADER + sizeof(fds), SOL_SOCKET, SCM_RIGHTS};

    ck_assert_int_ge(fd, 0);
    ck_assert(host_control_take_note(host, &length, &found));
    ck_assert_uint_eq(length, 0);
    ck_assert_uint_eq(found.kinds, 5);
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
    fds[1] = (int)control_note_write(&note);
    memcpy(host, &h, sizeof(h));
    memcpy(host + CONTROL_HEADER, fds, sizeof(fds));
    length = CMSG_SPACE(sizeof(fds));
    ck_assert(host_control_take_note(host, &length, &found));
    memcpy(&h, host, sizeof(h));
    ck_assert_uint_eq(h.cmsg_len, CONTROL_HEADER + sizeof(int));
    ck_assert(!host_control_take_note(host, &length, &found)); /* the plain one is none */
    ck_assert_int_ge(fcntl(plain, F_GETFD), 0);
    close(plain);
}
END_TEST

START_TEST(malformed_control_is_refused)
{
    uint8_t guest[64] = {0};
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    const struct control_sender sender = {0, 0, 0};
    struct control_note note;
    struct freebsd_cmsghdr g = {8, FREEBSD_SOL_SOCKET, FREEBSD_SCM_RIGHTS};

    memcpy(guest, &g, sizeof(g));
    ck_assert_int_eq(freebsd_control_to_host(&local, guest, 32, host, &sender, &note), -EINVAL);
    g.cmsg_len = 4000;
    memcpy(guest, &g, sizeof(g));
    ck_assert_int_eq(freebsd_control_to_host(&local, guest, 32, host, &sender, &note), -EINVAL);
    g = (struct freebsd_cmsghdr){20, FREEBSD_SOL_SOCKET, 77};
    memcpy(guest, &g, sizeof(g));
    ck_assert_int_eq(freebsd_control_to_host(&local, guest, 24, host, &sender, &note), -EINVAL);
}
END_TEST

/* udp_send() and ip6_setpktopts(): their own level's messages, and no others. */
START_TEST(messages_of_datagrams)
{
    static const struct socket_kind stream = {HOST_AF_INET, SOCKET_STREAM}, six = {HOST_AF_INET6, SOCKET_DGRAM};
    uint8_t guest[64] = {0}, address[4] = {127, 0, 0, 1};
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    struct control_note note;
    struct in_pktinfo info;
    uint32_t n = put(guest, IPPROTO_IP, 7, address, 4);

    ck_assert_int_eq(freebsd_control_to_host(&datagram, guest, n, host, &nobody, &note), CMSG_SPACE(sizeof(info)));
    memcpy(&info, host + CONTROL_HEADER, sizeof(info));
    ck_assert_mem_eq(&info.ipi_spec_dst, address, 4);
    ck_assert_int_eq(freebsd_control_to_host(&stream, guest, n, host, &nobody, &note), -EINVAL);
    ck_assert_int_eq(freebsd_control_to_host(&six, guest, n, host, &nobody, &note), 0);
    ck_assert_int_eq(freebsd_control_to_host(&local, guest, n, host, &nobody, &note), -EINVAL);
    n = put(guest, IPPROTO_IP, 65, address, 4);
    ck_assert_int_eq(freebsd_control_to_host(&datagram, guest, n, host, &nobody, &note), -ENOPROTOOPT);
    n = put(guest, IPPROTO_IPV6, 61, address, 4);
    ck_assert_int_eq(freebsd_control_to_host(&six, guest, n, host, &nobody, &note), CMSG_SPACE(4));
    n = put(guest, IPPROTO_IPV6, 42, address, 4);
    ck_assert_int_eq(freebsd_control_to_host(&six, guest, n, host, &nobody, &note), -ENOPROTOOPT);
}
END_TEST

START_TEST(destination_address_of_a_packet)
{
    uint8_t back[64];
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct host_cmsghdr h = {CONTROL_HEADER + sizeof(to), IPPROTO_IP, IP_ORIGDSTADDR};
    struct control_reader reader = {0};
    struct freebsd_cmsghdr g;
    bool truncated;

    to.sin_addr.s_addr = htonl(0x7f000001);
    memcpy(host, &h, sizeof(h));
    memcpy(host + CONTROL_HEADER, &to, sizeof(to));
    ck_assert_uint_eq(from_host(&reader, host, CMSG_SPACE(sizeof(to)), back, sizeof(back), &truncated), 24);
    memcpy(&g, back, sizeof(g));
    ck_assert_uint_eq(g.cmsg_len, 20);
    ck_assert_int_eq(g.cmsg_type, 7);
    ck_assert_mem_eq(back + CONTROL_HEADER, &to.sin_addr, 4);
}
END_TEST

/* One arrival in each of the forms that SO_TIMESTAMP, SO_BINTIME and SO_TS_CLOCK ask for. */
START_TEST(times_of_arrival)
{
    static const struct {
        uint32_t marks;
        int32_t type;
        int64_t second;
    } cases[] = {
        {MARK_TIMESTAMP, FREEBSD_SCM_TIMESTAMP, 500000},
        {MARK_BINTIME, FREEBSD_SCM_BINTIME, (int64_t)(500000000 * 18446744073ULL)},
        {MARK_TIMESTAMP | MARK_CLOCK_LOW, FREEBSD_SCM_BINTIME, (int64_t)(500000000 * 18446744073ULL)},
        {MARK_TIMESTAMP | MARK_CLOCK_HIGH, FREEBSD_SCM_REALTIME, 500000000},
    };
    uint8_t back[64];
    uint8_t host[CONTROL_MAX] __attribute__((aligned(8)));
    const int64_t time[2] = {1700000000, 500000000};
    struct host_cmsghdr h = {CONTROL_HEADER + sizeof(time), SOL_SOCKET, HOST_SCM_TIMESTAMPNS};
    struct freebsd_cmsghdr g;
    int64_t value[2];
    bool truncated;

    memcpy(host, &h, sizeof(h));
    memcpy(host + CONTROL_HEADER, time, sizeof(time));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct control_reader reader = {.marks = cases[i].marks};

        ck_assert_uint_eq(from_host(&reader, host, CMSG_SPACE(sizeof(time)), back, sizeof(back), &truncated), 32);
        memcpy(&g, back, sizeof(g));
        memcpy(value, back + CONTROL_HEADER, sizeof(value));
        ck_assert_int_eq(g.cmsg_type, cases[i].type);
        ck_assert_int_eq(value[0], time[0]);
        ck_assert_int_eq(value[1], cases[i].second);
    }
}
END_TEST

START_TEST(message_flags)
{
    ck_assert_uint_eq(freebsd_msg_to_host(0x80), MSG_DONTWAIT);
    ck_assert_uint_eq(freebsd_msg_to_host(0x40), MSG_WAITALL);
    ck_assert_uint_eq(freebsd_msg_to_host(FREEBSD_MSG_NOSIGNAL), MSG_NOSIGNAL);
    ck_assert_uint_eq(freebsd_msg_to_host(0x40000), MSG_CMSG_CLOEXEC);
    ck_assert_uint_eq(freebsd_msg_to_host(FREEBSD_MSG_EOF), 0);
    ck_assert_uint_eq(freebsd_msg_from_host(MSG_TRUNC | MSG_CTRUNC | MSG_EOR), 0x10 | 0x20 | 0x8);
    ck_assert_uint_eq(freebsd_msg_from_host(MSG_DONTWAIT), 0);
}
END_TEST

START_TEST(options)
{
    const struct sockopt_row *r = freebsd_sockopt_find(HOST_AF_INET, 0xffff, 4);

    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->host_level, SOL_SOCKET);
    ck_assert_int_eq(r->host_name, SO_REUSEADDR);
    r = freebsd_sockopt_find(HOST_AF_INET, IPPROTO_IPV6, 27);
    ck_assert_int_eq(r->host_name, IPV6_V6ONLY);
    r = freebsd_sockopt_find(HOST_AF_INET, IPPROTO_TCP, 256);
    ck_assert_int_eq(r->host_name, TCP_KEEPIDLE);
    ck_assert_ptr_null(freebsd_sockopt_find(HOST_AF_INET, 0xffff, FREEBSD_SO_ACCEPTFILTER));
    ck_assert_int_eq(freebsd_sockopt_find(HOST_AF_INET, 0xffff, 0x200)->form, SOCKOPT_BIT);
    ck_assert_int_eq(freebsd_sockopt_find(HOST_AF_UNIX, 0xffff, 0x200)->form, SOCKOPT_MARK);
    ck_assert_uint_eq(freebsd_tcp_state(TCP_ESTABLISHED), 4);
    ck_assert_uint_eq(freebsd_tcp_state(TCP_LISTEN), 1);
    ck_assert_uint_eq(freebsd_tcp_state(200), 0);
    ck_assert_int_eq(freebsd_family_to_host(28), AF_INET6);
    ck_assert_int_eq(freebsd_family_from_host(AF_NETLINK), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("FreeBSD sockets");
    TCase *tc = tcase_create("converters");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, internet_addresses_round_trip);
    tcase_add_test(tc, internet6_addresses_round_trip);
    tcase_add_test(tc, local_addresses);
    tcase_add_test(tc, bad_addresses);
    tcase_add_test(tc, rights_round_trip);
    tcase_add_test(tc, credentials_are_the_kernels);
    tcase_add_test(tc, malformed_control_is_refused);
    tcase_add_test(tc, notes_are_taken_out);
    tcase_add_test(tc, messages_of_datagrams);
    tcase_add_test(tc, times_of_arrival);
    tcase_add_test(tc, destination_address_of_a_packet);
    tcase_add_test(tc, message_flags);
    tcase_add_test(tc, options);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
