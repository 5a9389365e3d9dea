/*
 * A networked program with threads: an epoll server whose threads share one epoll descriptor, and clients that find it by
 * name. Prints the same on each ABI: counts and sums, no addresses, sizes or times.
 *
 *   net tcp CLIENTS MESSAGES   clients of a TCP server, each a thread; every message comes back reversed
 *   net udp MESSAGES           datagrams by sendmmsg and recvmmsg, with the receiver's timeout at the end
 *   net unix                   a descriptor and the sender's credentials across a socket pair, between processes
 *   net names                  getaddrinfo and getnameinfo of loopback, and of what there is not
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(what) ((what) ? (void)0 : fail(#what, __LINE__))

enum { MOST = 5000, WORKERS = 4 };

static void fail(const char *what, int line)
{
    printf("line %d: %s: %s\n", line, what, strerror(errno));
    fflush(stdout);
    _exit(1);
}

/* What is known of a connection while its message is incomplete: one worker has it at a time (EPOLLONESHOT). */
struct connection {
    int fd;
    uint32_t have;
    unsigned char data[4 + MOST];
};

static int epoll_fd, stop_fd, listener;
static atomic_uint served, accepted, closed, ticks;

static void arm(int how, int fd, void *of)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = of};
    CHECK(epoll_ctl(epoll_fd, how, fd, &event) == 0);
}

static void write_all(int fd, struct iovec *part, int count)
{
    while (count > 0) {
        ssize_t n = writev(fd, part, count);
        CHECK(n > 0);
        while (count > 0 && (size_t)n >= part->iov_len) {
            n -= part->iov_len;
            part++;
            count--;
        }
        if (count > 0) {
            part->iov_base = (char *)part->iov_base + n;
            part->iov_len -= n;
        }
    }
}

static void answer(struct connection *c, uint32_t length)
{
    unsigned char *text = c->data + 4;
    for (uint32_t i = 0; i < length / 2; i++) {
        unsigned char other = text[length - 1 - i];
        text[length - 1 - i] = text[i];
        text[i] = other;
    }
    struct iovec parts[] = {{c->data, 4}, {text, length}};
    write_all(c->fd, parts, 2);
    c->have = 0;
    served++;
}

static void serve(struct connection *c)
{
    uint32_t length = 0, wanted = 4;
    if (c->have >= 4) {
        memcpy(&length, c->data, 4);
        CHECK(length <= MOST);
        wanted = 4 + length;
    }
    ssize_t n = recv(c->fd, c->data + c->have, wanted - c->have, 0);
    CHECK(n >= 0);
    if (n == 0) {
        CHECK(close(c->fd) == 0);
        free(c);
        closed++;
        return;
    }
    c->have += n;
    if (c->have >= 4) {
        memcpy(&length, c->data, 4);
        if (c->have == 4 + length) {
            answer(c, length);
        }
    }
    arm(EPOLL_CTL_MOD, c->fd, c);
}

static void *worker(void *timer)
{
    for (;;) {
        struct epoll_event event;
        int n = epoll_wait(epoll_fd, &event, 1, -1);
        CHECK(n == 1);
        if (event.data.ptr == &stop_fd) {
            return NULL;
        }
        if (event.data.ptr == timer) {
            uint64_t times;
            CHECK(read(*(int *)timer, &times, 8) == 8);
            ticks += times;
            arm(EPOLL_CTL_MOD, *(int *)timer, timer);
        } else if (event.data.ptr == &listener) {
            struct sockaddr_storage from;
            socklen_t size = sizeof from;
            struct connection *c = calloc(1, sizeof *c);
            c->fd = accept4(listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC);
            CHECK(c->fd >= 0);
            accepted++;
            arm(EPOLL_CTL_ADD, c->fd, c);
            arm(EPOLL_CTL_MOD, listener, &listener);
        } else {
            serve(event.data.ptr);
        }
    }
}

struct client {
    pthread_t thread;
    unsigned number, messages;
    unsigned long long sum;
    char port[8];
};

static int reach(const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *found;
    CHECK(getaddrinfo("localhost", port, &hints, &found) == 0);
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    CHECK(fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0);
    freeaddrinfo(found);
    int on = 1;
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    struct timeval patience = {.tv_sec = 120};
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    return fd;
}

static void *client(void *of)
{
    struct client *self = of;
    unsigned seed = self->number * 2654435761u + 1;
    unsigned char sent[MOST], back[4 + MOST];
    int fd = reach(self->port);
    for (unsigned i = 0; i < self->messages; i++) {
        uint32_t length = 1 + rand_r(&seed) % MOST;
        for (uint32_t k = 0; k < length; k++) {
            sent[k] = rand_r(&seed);
        }
        struct iovec parts[] = {{&length, 4}, {sent, length}};
        write_all(fd, parts, 2);
        CHECK(recv(fd, back, 4 + length, MSG_WAITALL) == (ssize_t)(4 + length));
        CHECK(memcmp(back, &length, 4) == 0);
        for (uint32_t k = 0; k < length; k++) {
            CHECK(back[4 + k] == sent[length - 1 - k]);
            self->sum += (unsigned long long)back[4 + k] * (k + 1);
        }
    }
    CHECK(shutdown(fd, SHUT_WR) == 0 && recv(fd, back, 1, 0) == 0 && close(fd) == 0);
    return NULL;
}

static int tcp(unsigned clients, unsigned messages)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (void *)&address, size) == 0 && listen(listener, 200) == 0);
    CHECK(getsockname(listener, (void *)&address, &size) == 0);
    CHECK((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) >= 0 && (stop_fd = eventfd(0, EFD_CLOEXEC)) >= 0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct itimerspec every = {{0, 5000000}, {0, 5000000}};
    CHECK(timerfd_settime(timer, 0, &every, NULL) == 0);
    arm(EPOLL_CTL_ADD, listener, &listener);
    arm(EPOLL_CTL_ADD, timer, &timer);
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = &stop_fd};
    CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, stop_fd, &stop) == 0);

    pthread_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&workers[i], NULL, worker, &timer) == 0);
    }
    struct client *all = calloc(clients, sizeof *all);
    for (unsigned i = 0; i < clients; i++) {
        all[i].number = i;
        all[i].messages = messages;
        snprintf(all[i].port, sizeof all[i].port, "%d", ntohs(address.sin_port));
        CHECK(pthread_create(&all[i].thread, NULL, client, &all[i]) == 0);
    }
    unsigned long long sum = 0;
    for (unsigned i = 0; i < clients; i++) {
        CHECK(pthread_join(all[i].thread, NULL) == 0);
        sum += all[i].sum;
    }
    while (ticks < 2) {
        usleep(1000);
    }
    uint64_t one = 1;
    CHECK(write(stop_fd, &one, 8) == 8);
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_join(workers[i], NULL) == 0);
    }
    printf("%u accepted, %u messages, sum %llu, %u closed\n", accepted, served, sum, closed);
    return 0;
}

enum { BATCH = 8, DATAGRAM = 600 };

static void send_batch(int fd, unsigned first, unsigned count)
{
    static unsigned char data[BATCH][DATAGRAM];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    for (unsigned i = 0; i < count; i++) {
        unsigned length = 1 + (first + i) * 37 % DATAGRAM;
        memset(data[i], (int)(first + i), length);
        parts[i] = (struct iovec){data[i], length};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    CHECK(sendmmsg(fd, messages, count, 0) == (int)count);
    for (unsigned i = 0; i < count; i++) {
        CHECK(messages[i].msg_len == parts[i].iov_len);
    }
}

static unsigned long long receive_batch(int fd, unsigned first, unsigned count)
{
    static unsigned char data[BATCH][DATAGRAM];
    struct iovec parts[BATCH];
    struct sockaddr_in from[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){data[i], DATAGRAM};
        messages[i].msg_hdr =
            (struct msghdr){.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    struct timespec patience = {.tv_sec = 60};
    CHECK(recvmmsg(fd, messages, count, 0, &patience) == (int)count);
    unsigned long long sum = 0;
    for (unsigned i = 0; i < count; i++) {
        CHECK(messages[i].msg_len == 1 + (first + i) * 37 % DATAGRAM);
        CHECK(messages[i].msg_hdr.msg_namelen == sizeof from[i] && from[i].sin_addr.s_addr == htonl(INADDR_LOOPBACK));
        for (unsigned k = 0; k < messages[i].msg_len; k++) {
            sum += data[i][k];
        }
    }
    return sum;
}

static int udp(unsigned messages)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(in, (void *)&address, size) == 0 && getsockname(in, (void *)&address, &size) == 0);
    CHECK(connect(out, (void *)&address, size) == 0);
    unsigned long long sum = 0;
    for (unsigned i = 0; i < messages; i += BATCH) {
        unsigned count = messages - i < BATCH ? messages - i : BATCH;
        send_batch(out, i, count);
        sum += receive_batch(in, i, count);
    }
    struct timeval little = {.tv_usec = 20000}, told;
    size = sizeof told;
    CHECK(setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &little, sizeof little) == 0);
    CHECK(getsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &told, &size) == 0 && size == sizeof told);
    char byte;
    ssize_t n = recv(in, &byte, 1, 0);
    printf("sum %llu; then %zd, %s; timeout %d\n", sum, n, strerror(errno), told.tv_sec == 0 && told.tv_usec == 20000);
    return 0;
}

/* The child sends the writing end of a pipe and its credentials, which the kernel writes. */
static int unix_messages(void)
{
    int pair[2], pipe_ends[2], on = 1;
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && pipe(pipe_ends) == 0);
    CHECK(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    pid_t child = fork();
    union {
        struct cmsghdr head;
        char room[256];
    } control = {0};
    char text[32] = "a descriptor";
    struct iovec part = {text, sizeof text};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int))};
    if (child == 0) {
        control.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &pipe_ends[1], sizeof(int));
        _exit(sendmsg(pair[1], &message, 0) == sizeof text ? 0 : 1);
    }
    close(pipe_ends[1]);
    message.msg_controllen = sizeof control;
    CHECK(recvmsg(pair[0], &message, MSG_CMSG_CLOEXEC) == sizeof text);
    int got = -1, same = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        struct ucred who;
        if (c->cmsg_type == SCM_RIGHTS) {
            memcpy(&got, CMSG_DATA(c), sizeof got);
        }
        if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof who)) {
            memcpy(&who, CMSG_DATA(c), sizeof who);
            same = who.pid == child && who.uid == getuid() && who.gid == getgid();
        }
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(got >= 0 && write(got, "through", 7) == 7);
    char back[8] = {0};
    ssize_t n = read(pipe_ends[0], back, 7);
    printf("%s, %zd bytes %s, its sender %d, kept at exec %d\n", text, n, back, same,
           !(fcntl(got, F_GETFD) & FD_CLOEXEC));
    return 0;
}

static int names(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    static const char *const asked[][2] = {{"127.0.0.1", "80"}, {"::1", "443"}, {"localhost", NULL}, {NULL, "9"}};
    for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++) {
        int error = getaddrinfo(asked[i][0], asked[i][1], &hints, &found);
        printf("%s %s: %s", asked[i][0] ? asked[i][0] : "-", asked[i][1] ? asked[i][1] : "-",
               error ? gai_strerror(error) : "");
        for (struct addrinfo *a = error ? NULL : found; a; a = a->ai_next) {
            char host[100], service[20];
            CHECK(getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, service, sizeof service,
                              NI_NUMERICHOST | NI_NUMERICSERV) == 0);
            printf(" %s/%s", host, service);
        }
        putchar('\n');
    }
    hints.ai_flags = AI_NUMERICHOST;
    printf("numeric: %s\n", gai_strerror(getaddrinfo("localhost", NULL, &hints, &found)));
    struct servent *service = getservbyname("no-such-service", "tcp");
    printf("service: %d\n", service != NULL);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "tcp") == 0) {
        return tcp(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    }
    if (argc == 3 && strcmp(argv[1], "udp") == 0) {
        return udp(strtoul(argv[2], NULL, 10));
    }
    if (argc == 2 && strcmp(argv[1], "unix") == 0) {
        return unix_messages();
    }
    if (argc == 2 && strcmp(argv[1], "names") == 0) {
        return names();
    }
    return 2;
}
