/* The host's network and sockets. */
#include "hostile.h"

enum { UNIX = 1, INET = 2, NETLINK = 16, PACKET = 17, ALG = 38, VSOCK = 40, STREAM = 1, RAW = 3 };

static bool connects(long family, const void *address, long size)
{
    long s = op(SOCKET, family, STREAM, 0);
    bool good = s >= 0 && op(CONNECT, s, P(address), size) == 0;
    op(CLOSE, s, 0, 0);
    return good;
}

/* BSD's addresses begin with their length. */
static void begin_address(unsigned char *a, int family, int size)
{
    a[0] = (unsigned char)(is_linux() ? family : size);
    a[1] = (unsigned char)(is_linux() ? 0 : family);
}

static void internet(const char *name, unsigned ip, long port)
{
    unsigned char a[16] = {0};
    begin_address(a, INET, sizeof a);
    a[2] = (unsigned char)(port >> 8);
    a[3] = (unsigned char)port;
    for (int i = 0; i < 4; i++) {
        a[4 + i] = (unsigned char)(ip >> (24 - 8 * i));
    }
    tell(name, connects(INET, a, sizeof a));
}

void try_network(void)
{
    unsigned char a[110] = {0};
    if (!same(given("network"), "host")) {
        internet("hosts-loopback", 0x7f000001, number(given("port")));
        internet("hosts-address", (unsigned)number(given("address")), number(given("port")));
    }
    begin_address(a, UNIX, sizeof a);
    copy((char *)a + 2, given("unix"));
    tell("hosts-local-socket", connects(UNIX, a, 2 + P(length(given("unix"))) + 1));
    if (is_linux()) {
        memset(a + 2, 0, sizeof a - 2);
        copy((char *)a + 3, given("abstract"));
        tell("hosts-abstract-socket", connects(UNIX, a, 3 + P(length(given("abstract")))));
        tell("packets", op(SOCKET, PACKET, RAW, 0x300) >= 0);
        tell("hypervisor", op(SOCKET, VSOCK, STREAM, 0) >= 0);
        tell("crypto-sockets", op(SOCKET, ALG, 5, 0) >= 0);
        tell("audit", op(SOCKET, NETLINK, RAW, 9) >= 0);
    }
    tell("raw-sockets", op(SOCKET, INET, RAW, 1) >= 0);
}
