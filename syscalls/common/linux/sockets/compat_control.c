/* Control messages of guests with words of four bytes; see compat_control.h. */
#include "syscalls/common/linux/sockets/compat_control.h"

#include "base/host.h"
#include "base/mem.h"

#define GUEST_ALIGNED(n) (((n) + 3) & ~3U)
#define HOST_ALIGNED(n)  (((n) + 7) & ~(uint64_t)7)
#define GUEST_HEAD       ((uint32_t)sizeof(struct compat_cmsghdr))
#define HOST_HEAD        sizeof(struct linux_cmsghdr)

/* asm-generic/socket.h, linux/socket.h, linux/rxrpc.h */
enum { LEVEL_SOCKET = 1, LEVEL_RXRPC = 272 };
enum { SCM_RIGHTS_TYPE = 1, SO_TIMESTAMP_OLD = 29, SO_TIMESTAMPNS_OLD = 35, SO_TIMESTAMPING_OLD = 37 };
enum { RXRPC_USER_CALL_ID = 1 };

int64_t compat_control_to_host(const uint8_t *guest, uint32_t length, uint8_t *host)
{
    uint64_t used = 0;

    for (uint32_t at = 0; at < length;) {
        struct compat_cmsghdr g;

        if (length - at < GUEST_HEAD) {
            return -EINVAL;
        }
        memcpy(&g, guest + at, sizeof g);
        if (g.length < GUEST_HEAD || g.length > length - at) {
            return -EINVAL;
        }
        uint32_t size = g.length - GUEST_HEAD;
        bool call_id = g.level == LEVEL_RXRPC && g.type == RXRPC_USER_CALL_ID && size == 4; /* an unsigned long */
        uint64_t host_size = call_id ? 8 : size;
        struct linux_cmsghdr h = {HOST_HEAD + host_size, g.level, g.type};

        memset(host + used, 0, HOST_ALIGNED(HOST_HEAD + host_size));
        memcpy(host + used, &h, sizeof h);
        memcpy(host + used + HOST_HEAD, guest + at + GUEST_HEAD, size);
        used += HOST_ALIGNED(HOST_HEAD + host_size);
        at += GUEST_ALIGNED(g.length); /* not beyond what 32 bits hold: a length is INT32_MAX at most */
    }
    return used == 0 ? -EINVAL : (int64_t)used;
}

/* As many times of two words of 64 bits as there are, in words of 32. Returns their size. */
static uint32_t shorten(const uint8_t *data, uint32_t words, int32_t *out)
{
    for (uint32_t i = 0; i < words; i++) {
        int64_t word;

        memcpy(&word, data + 8 * i, sizeof word);
        out[i] = (int32_t)word;
    }
    return 4 * words;
}

/* How many words of 64 bits of a message become shorter. */
static uint32_t long_words(const struct compat_control_reader *rd, const struct linux_cmsghdr *h, uint64_t size)
{
    if (h->level == LEVEL_RXRPC && h->type == RXRPC_USER_CALL_ID && size == 8) {
        return 1;
    }
    if (!rd->short_times || h->level != LEVEL_SOCKET) {
        return 0;
    }
    if ((h->type == SO_TIMESTAMP_OLD || h->type == SO_TIMESTAMPNS_OLD) && size == 16) {
        return 2;
    }
    return h->type == SO_TIMESTAMPING_OLD && size == 48 ? 6 : 0;
}

/* Descriptors: as many as have room, the others are dropped. Returns the bytes that are left. */
static uint32_t keep_rights(struct compat_control_reader *rd, const uint8_t *data, uint32_t size, uint32_t left)
{
    uint32_t room = left > GUEST_HEAD ? (left - GUEST_HEAD) / 4 * 4 : 0;

    for (uint32_t at = room; at + 4 <= size; at += 4) {
        int32_t fd;

        memcpy(&fd, data + at, sizeof fd);
        rd->drop(rd->argument, fd);
        rd->truncated = true;
    }
    return size < room ? size : room;
}

/* Writes one message where `left` bytes are. Returns how many it takes. */
static uint32_t put(struct compat_control_reader *rd, const struct linux_cmsghdr *h, const uint8_t *data, uint32_t size,
                    uint8_t *guest, uint32_t left)
{
    int32_t shorter[6];
    uint32_t words = long_words(rd, h, size);

    if (h->level == LEVEL_SOCKET && h->type == SCM_RIGHTS_TYPE) {
        size = keep_rights(rd, data, size, left);
        if (size == 0) {
            return 0;
        }
    } else if (left < GUEST_HEAD) {
        rd->truncated = true;
        return 0;
    }
    if (words > 0) {
        size = shorten(data, words, shorter);
        data = (const uint8_t *)shorter;
    }
    uint32_t length = GUEST_HEAD + size, space = GUEST_ALIGNED(length);
    if (length > left) {
        rd->truncated = true;
        length = left;
    }
    space = space > left ? left : space;
    struct compat_cmsghdr g = {length, h->level, h->type};
    memset(guest, 0, space);
    memcpy(guest, &g, sizeof g);
    memcpy(guest + GUEST_HEAD, data, length - GUEST_HEAD);
    return space;
}

uint32_t compat_control_from_host(struct compat_control_reader *rd, const uint8_t *host, uint64_t length,
                                  uint8_t *guest, uint32_t room)
{
    uint32_t used = 0;
    struct linux_cmsghdr h;

    rd->truncated = false;
    for (uint64_t at = 0; length - at >= HOST_HEAD; at += HOST_ALIGNED(h.length)) {
        memcpy(&h, host + at, sizeof h);
        if (h.length < HOST_HEAD || h.length > length - at) {
            break;
        }
        used += put(rd, &h, host + at + HOST_HEAD, (uint32_t)(h.length - HOST_HEAD), guest + used, room - used);
        if (HOST_ALIGNED(h.length) >= length - at) {
            break;
        }
    }
    return used;
}

int64_t linux_control_descriptors(const uint8_t *host, uint64_t length, int64_t (*fn)(void *argument, int fd),
                                  void *argument)
{
    struct linux_cmsghdr h;

    for (uint64_t at = 0; length - at >= HOST_HEAD; at += HOST_ALIGNED(h.length)) {
        memcpy(&h, host + at, sizeof h);
        if (h.length < HOST_HEAD || h.length > length - at) {
            break;
        }
        bool rights = h.level == LEVEL_SOCKET && h.type == SCM_RIGHTS_TYPE;
        for (uint64_t i = HOST_HEAD; rights && i + 4 <= h.length; i += 4) {
            int32_t fd;

            memcpy(&fd, host + at + i, sizeof fd);
            int64_t r = fn(argument, fd);
            if (r != 0) {
                return r;
            }
        }
        if (HOST_ALIGNED(h.length) >= length - at) {
            break;
        }
    }
    return 0;
}
