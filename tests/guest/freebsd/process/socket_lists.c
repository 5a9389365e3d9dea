/*
 * The lists of sockets and of open files, which sockstat(1) puts together by the kernel's addresses: kern.file,
 * net.inet.tcp.pcblist, net.local.stream.pcblist, as programs of release 12 and later see them. Sources: sys/sys/file.h,
 * sys/netinet/in_pcb.h, sys/netinet/tcp_var.h, sys/sys/unpcb.h, sys/sys/socketvar.h.
 */
#include "process.h"
#include "socket.h"
#include "table.h"

#define ROOM (16u << 20)

enum { XFILE = 128, XF_PID = 8, XF_FD = 16, XF_TYPE = 32, XF_DATA = 56 };
enum { XINPGEN = 64, XTCPCB = 744, XINPCB = 400, XUNPCB = 904 };
enum { XT_SO = 8 + 8 + 8, XT_FPORT = 8 + 248 + 4, XT_LPORT = XT_FPORT + 2, XT_FADDR = XT_FPORT + 16, XT_STATE = 568 };
enum { XT_LADDR = XT_FPORT + 32, XT_VFLAG = 8 + 392 };
enum { XU_UNPP = 8, XU_CONN = 24, XU_ADDR = 152, XU_SO = 664 + 8 };
enum { TCPS_LISTEN = 1, TCPS_ESTABLISHED = 4 };

static char *room;
static uint64_t length;

static void read_list(const char *name)
{
    if (room == NULL)
        room = guest_pages(ROOM);
    length = ROOM;
    CHECK_OK(SYS(__sysctlbyname, name, guest_strlen(name), room, &length, 0, 0));
}

/* The kernel's address of what that descriptor of this process leads to; 0: it is not in kern.file. */
static uint64_t data_of(int fd)
{
    read_list("kern.file");
    CHECK_EQ(length % XFILE, 0);
    for (uint64_t at = 0; at < length; at += XFILE)
        if (KI(room + at, int32_t, XF_PID) == SYS(getpid) && KI(room + at, int32_t, XF_FD) == fd)
            return KI(room + at, uint64_t, XF_DATA);
    return 0;
}

/* The record whose word at `place` is `value`; the list is between two heads that say the same. */
static const char *record(uint32_t size, int place, uint64_t value)
{
    const char *found = NULL;
    uint32_t count = 0;
    uint64_t at = XINPGEN;

    CHECK_EQ(KI(room, uint64_t, 0), XINPGEN);
    for (; at + XINPGEN < length; at += size, count++) {
        CHECK_EQ(KI(room + at, uint64_t, 0), size);
        if (KI(room + at, uint64_t, place) == value)
            found = room + at;
    }
    CHECK_EQ(count, KI(room, uint32_t, 8));
    CHECK_EQ(memcmp(room, room + at, XINPGEN), 0);
    return found;
}

TEST(internet)
{
    struct freebsd_sockaddr_in name = {.len = sizeof(name), .family = 2, .addr = 0x0100007f};
    uint32_t size = sizeof(name);
    int listener = (int)SYS(socket, 2, 1, 0), client = (int)SYS(socket, 2, 1, 0);

    CHECK_OK(SYS(bind, listener, &name, sizeof(name)));
    CHECK_OK(SYS(getsockname, listener, &name, &size));
    CHECK_OK(SYS(listen, listener, 3));
    CHECK_OK(SYS(connect, client, &name, sizeof(name)));
    uint64_t a = data_of(listener), b = data_of(client);
    CHECK(a != 0 && b != 0 && a != b);
    read_list("net.inet.tcp.pcblist");
    const char *one = record(XTCPCB, XT_SO, a), *other = record(XTCPCB, XT_SO, b);
    REQUIRE(one != NULL && other != NULL);
    CHECK_EQ(KI(one, int32_t, XT_STATE), TCPS_LISTEN);
    CHECK_EQ(KI(one, uint16_t, XT_LPORT), name.port);
    CHECK_EQ(KI(one, uint32_t, XT_LADDR), name.addr);
    CHECK_EQ(KI(one, uint8_t, XT_VFLAG), 1);
    CHECK_EQ(KI(other, int32_t, XT_STATE), TCPS_ESTABLISHED);
    CHECK_EQ(KI(other, uint16_t, XT_FPORT), name.port);
    CHECK_EQ(KI(other, uint32_t, XT_FADDR), name.addr);
    SYS(close, client);
    SYS(close, listener);
}

TEST(local)
{
    struct freebsd_sockaddr_un {
        uint8_t len, family;
        char path[104];
    } name = {8, 1, "socket"};
    int pair[2], bound = (int)SYS(socket, 1, 1, 0);

    CHECK_OK(SYS(socketpair, 1, 1, 0, pair));
    CHECK_OK(SYS(bind, bound, &name, 8));
    uint64_t a = data_of(pair[0]), b = data_of(pair[1]), c = data_of(bound);
    CHECK(a != 0 && b != 0 && c != 0);
    read_list("net.local.stream.pcblist");
    const char *one = record(XUNPCB, XU_SO, a), *other = record(XUNPCB, XU_SO, b), *third = record(XUNPCB, XU_SO, c);
    REQUIRE(one != NULL && other != NULL && third != NULL);
    CHECK_EQ(KI(one, uint64_t, XU_CONN), KI(other, uint64_t, XU_UNPP));
    CHECK_EQ(KI(other, uint64_t, XU_CONN), KI(one, uint64_t, XU_UNPP));
    CHECK_EQ(KI(one, uint8_t, XU_ADDR + 1), 0); /* without a name */
    CHECK_EQ(KI(third, uint8_t, XU_ADDR + 1), 1);
    CHECK_EQ(guest_strcmp(third + XU_ADDR + 2, "socket"), 0);
    CHECK_EQ(KI(third, uint64_t, XU_CONN), 0);
    SYS(close, pair[0]);
    SYS(close, pair[1]);
    SYS(close, bound);
    CHECK_OK(SYS(unlink, "socket"));
}
