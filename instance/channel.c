#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "instance/protocol.h"

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * KEEPER_DESCRIPTORS)];
};

int channel_send(int fd, const struct keeper_message *m, const int *fds, unsigned count)
{
    union control control;
    struct iovec io = {(void *)m, sizeof *m};
    struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1};
    if (count > KEEPER_DESCRIPTORS) {
        return -EINVAL;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        h.msg_control = &control;
        h.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
    }
    ssize_t n;
    do {
        n = sendmsg(fd, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

static void take_descriptors(struct msghdr *h, int fds[KEEPER_DESCRIPTORS], unsigned *count)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        unsigned n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (unsigned i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
            if (*count < KEEPER_DESCRIPTORS) {
                fds[(*count)++] = fd;
            } else {
                close(fd);
            }
        }
    }
}

int channel_receive(int fd, struct keeper_message *m, int fds[KEEPER_DESCRIPTORS], unsigned *count)
{
    union control control;
    struct iovec io = {m, sizeof *m};
    struct msghdr h = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    for (unsigned i = 0; i < KEEPER_DESCRIPTORS; i++) {
        fds[i] = -1;
    }
    ssize_t n;
    do {
        n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return n == 0 ? 0 : errno == ECONNRESET ? 0 : -errno;
    }
    take_descriptors(&h, fds, count);
    if ((size_t)n != sizeof *m || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (unsigned i = 0; i < *count; i++) {
            close(fds[i]);
            fds[i] = -1;
        }
        *count = 0;
        return -EPROTO;
    }
    m->text[sizeof m->text - 1] = '\0';
    return 1;
}
