/*
 * The converters of FreeBSD's variable-length structures against arbitrary bytes: control messages both ways,
 * socket addresses, lines of the mount table. The first byte chooses which.
 */
#include "syscalls/freebsd/sockets/control.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "vfs/mounts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Exact copies, so that a read or write beyond the end is seen. */
static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *p = malloc(size ? size : 1);

    if (!p) {
        abort();
    }
    memcpy(p, data, size);
    return p;
}

static int64_t ignore_fd(void *arg, int fd)
{
    (void)arg;
    (void)fd;
    return 0;
}

static void drop_fd(void *arg, int fd)
{
    (void)arg;
    (void)fd;
}

static void control_to_host(const uint8_t *data, size_t size)
{
    const struct control_sender sender = {1, 2, 3};
    uint8_t *guest = copy_of(data, size);
    uint8_t *host = malloc(CONTROL_MAX);
    const struct socket_kind kind = {size % 3 == 0   ? HOST_AF_UNIX
                                     : size % 3 == 1 ? HOST_AF_INET
                                                     : HOST_AF_INET6,
                                     SOCKET_DGRAM};
    struct control_note note;
    int64_t n = freebsd_control_to_host(&kind, guest, (uint32_t)size, host, &sender, &note);

    if (n > (int64_t)CONTROL_MAX) {
        abort();
    }
    if (n > 0) {
        host_control_each_fd(host, (uint64_t)n, ignore_fd, NULL);
    }
    free(host);
    free(guest);
}

static void control_from_host(const uint8_t *data, size_t size)
{
    uint32_t room = size > 0 ? data[0] * 2u : 0;
    uint8_t *host = copy_of(data, size);
    uint8_t *guest = malloc(room ? room : 1);
    bool truncated;

    struct control_reader reader = {.s = -1, .marks = room, .creds = room % 3, .note = {.kinds = room}};

    if (freebsd_control_from_host(&reader, host, size, guest, room, &truncated, drop_fd, NULL) > room) {
        abort();
    }
    host_control_each_fd(host, size, ignore_fd, NULL);
    free(guest);
    free(host);
}

static void address(const uint8_t *data, size_t size)
{
    struct sockaddr_buffer a = {.length = 0};

    a.length = (uint32_t)(size > sizeof(a.bytes) ? sizeof(a.bytes) : size);
    memcpy(a.bytes, data, a.length);
    freebsd_sockaddr_from_host(&a);
    if (a.length > sizeof(a.bytes)) {
        abort();
    }
    freebsd_sockaddr_to_host(&a);
}

static void mount_line(const uint8_t *data, size_t size)
{
    struct mount_entry e;
    char *line = malloc(size + 1);

    memcpy(line, data, size);
    line[size] = 0;
    if (mount_parse(line, &e) &&
        (!memchr(e.on, 0, sizeof(e.on)) || !memchr(e.from, 0, sizeof(e.from)) || !memchr(e.type, 0, sizeof(e.type)))) {
        abort();
    }
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > CONTROL_MAX) {
        return 0;
    }
    switch (data[0] & 3) {
    case 0:
        control_to_host(data + 1, size - 1);
        break;
    case 1:
        control_from_host(data + 1, size - 1);
        break;
    case 2:
        address(data + 1, size - 1);
        break;
    default:
        mount_line(data + 1, size - 1);
        break;
    }
    return 0;
}
