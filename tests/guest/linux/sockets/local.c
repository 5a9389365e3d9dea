/*
 * Local sockets: unix(7), sendmsg(2) with descriptors and credentials, recvmmsg(2), socket options, socket(2)'s errors.
 */
#include "conf.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

TEST(pairs)
{
    int s[2];
    char text[32] = "";

    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CALL(send(s[0], "hello", 5, 0));
    CALL(recv(s[1], text, 3, MSG_PEEK));
    TEXT(text);
    CALL(recv(s[1], text, sizeof(text), 0));
    TEXT(text);
    CALL(recv(s[1], text, sizeof(text), MSG_DONTWAIT));
    int waiting = -1;

    write(s[0], "1234567", 7);
    CALL(ioctl(s[1], FIONREAD, &waiting));
    DEC(waiting);
    CALL(ioctl(s[0], SIOCOUTQ, &waiting));
    DEC(waiting > 0);
    CALL(shutdown(s[0], SHUT_WR));
    CALL(recv(s[1], text, sizeof(text), MSG_WAITALL));
    CALL(recv(s[1], text, sizeof(text), 0));
    CALL(send(s[0], "x", 1, MSG_NOSIGNAL));
    CALL(shutdown(s[0], 9));
    CALL(close(s[1]));
    CALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s));
    CALL(fcntl(s[0], F_GETFD));
    CALL(read(s[0], text, 1));
    CALL(socketpair(AF_INET, SOCK_STREAM, 0, s));
    CALL(socketpair(AF_UNIX, 99, 0, s));
    CALL(socketpair(99, SOCK_STREAM, 0, s));
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, WILD));
    CALL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
    CALL(send(s[0], "one message", 11, MSG_EOR));
    memset(text, 0, sizeof(text));
    CALL(recv(s[1], text, 4, MSG_TRUNC));
    TEXT(text);
}

TEST(names)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    struct sockaddr_un other;
    socklen_t length = sizeof(other);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);

    CALL(bind(listener, (struct sockaddr *)&address, sizeof(address)));
    CALL(bind(client, (struct sockaddr *)&address, sizeof(address)));
    CALL(connect(client, (struct sockaddr *)&address, sizeof(address)));
    CALL(listen(listener, 5));
    CALL(connect(client, (struct sockaddr *)&address, sizeof(address)));
    CALL(connect(client, (struct sockaddr *)&address, sizeof(address)));
    memset(&other, 0x55, sizeof(other));
    int accepted = accept4(listener, (struct sockaddr *)&other, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);

    DEC(accepted > 0);
    say("family %d length %u", other.sun_family, length);
    CALL(fcntl(accepted, F_GETFD));
    length = sizeof(other);
    memset(&other, 0, sizeof(other));
    CALL(getsockname(accepted, (struct sockaddr *)&other, &length));
    say("%s %u", other.sun_path, length);
    length = 4;
    CALL(getpeername(client, (struct sockaddr *)&other, &length));
    DEC(length);
    length = (socklen_t)-1;
    CALL(getpeername(client, (struct sockaddr *)&other, &length));
    CALL(getsockname(client, WILD, &length));
    CALL(getsockname(client, (struct sockaddr *)&other, WILD));
    CALL(accept(client, NULL, NULL));
    CALL(accept(0, NULL, NULL));
    CALL(accept4(listener, NULL, NULL, 0x1));
    fcntl(listener, F_SETFL, O_NONBLOCK);
    CALL(accept(listener, NULL, NULL));
    address.sun_path[0] = 0;
    memcpy(address.sun_path + 1, "dragoman-conformance", 20);
    int named = socket(AF_UNIX, SOCK_DGRAM, 0);
    char autoname[32];

    OK(bind(named, (struct sockaddr *)&address, 2));
    length = sizeof(autoname);
    CALL(getsockname(named, (struct sockaddr *)autoname, &length));
    DEC(length);
    CALL(bind(named, (struct sockaddr *)&address, 1));
    CALL(bind(named, (struct sockaddr *)&address, 200));
    CALL(bind(named, WILD, sizeof(address)));
    address.sun_family = AF_INET;
    CALL(connect(named, (struct sockaddr *)&address, sizeof(address)));
    CALL(socket(AF_UNIX, SOCK_STREAM, 99));
    CALL(socket(-1, SOCK_STREAM, 0));
    CALL(socket(AF_INET, SOCK_STREAM, 17));
    CALL(listen(0, 1));
    CALL(listen(-1, 1));
}

/* Absolute names, which below a sysroot are others of the host's: what one is told is what one has bound. */
static struct sockaddr_un named_path(const char *directory, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", directory, name);
    return address;
}

/* What stands in an address, and its length, in words that do not depend on the directory. */
static void say_name(const char *what, const struct sockaddr_un *told, socklen_t length, const char *directory)
{
    size_t n = strlen(directory);

    if (length <= 2)
        say("%s: no name, length %u", what, length);
    else if (strncmp(told->sun_path, directory, n) == 0)
        say("%s: DIRECTORY%s, %d", what, told->sun_path + n, (int)length - (int)n);
    else
        say("%s: %s, %d", what, told->sun_path, (int)length);
}

static void streams_by_path(const char *directory)
{
    struct sockaddr_un address = named_path(directory, "stream"), told;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = sizeof(told);
    struct stat st;

    CALL(bind(listener, (struct sockaddr *)&address, sizeof(address)));
    CALL(getsockname(listener, (struct sockaddr *)&told, &length));
    say_name("own", &told, length, directory);
    CALL(bind(client, (struct sockaddr *)&address, sizeof(address)));
    listen(listener, 1);
    CALL(stat(address.sun_path, &st));
    DEC(S_ISSOCK(st.st_mode));
    if (fork() == 0) {
        CALL(connect(client, (struct sockaddr *)&address, sizeof(address)));
        length = sizeof(told);
        CALL(getpeername(client, (struct sockaddr *)&told, &length));
        say_name("peer", &told, length, directory);
        _exit(0);
    }
    wait(NULL);
    length = sizeof(told);
    int fd = accept(listener, (struct sockaddr *)&told, &length);
    DEC(fd > 0);
    say_name("accepted", &told, length, directory);
    length = sizeof(told);
    CALL(getsockname(fd, (struct sockaddr *)&told, &length));
    say_name("accepted's own", &told, length, directory);
    length = 9;
    memset(&told, 0x55, sizeof(told));
    CALL(getsockname(fd, (struct sockaddr *)&told, &length));
    say("%.8s", (char *)&told + 1);
    struct sockaddr_un missing = named_path(directory, "missing/socket");
    CALL(connect(client, (struct sockaddr *)&missing, sizeof(missing)));
    CALL(bind(client, (struct sockaddr *)&missing, sizeof(missing)));
    CALL(bind(-1, (struct sockaddr *)&missing, sizeof(missing)));
    CALL(bind(0, (struct sockaddr *)&missing, sizeof(missing)));
    int internet = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(connect(internet, (struct sockaddr *)&missing, sizeof(missing)));
    missing = named_path(directory, "plain");
    close(open(missing.sun_path, O_CREAT | O_RDWR, 0600));
    CALL(connect(client, (struct sockaddr *)&missing, sizeof(missing)));
    missing = named_path(directory, "link");
    CALL(symlink(address.sun_path, missing.sun_path));
    CALL(bind(client, (struct sockaddr *)&missing, sizeof(missing)));
    CALL(connect(client, (struct sockaddr *)&missing, sizeof(missing)));
    length = sizeof(told);
    CALL(getpeername(client, (struct sockaddr *)&told, &length));
    say_name("through a link", &told, length, directory);
}

static void datagrams_by_path(const char *directory)
{
    struct sockaddr_un one = named_path(directory, "one"), two = named_path(directory, "two"), told;
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t length = sizeof(told);
    char text[8] = "";
    struct iovec part = {text, sizeof(text)};
    struct mmsghdr many = {
        .msg_hdr = {.msg_name = &told, .msg_namelen = sizeof(told), .msg_iov = &part, .msg_iovlen = 1}};
    struct msghdr *message = &many.msg_hdr;

    CALL(bind(a, (struct sockaddr *)&one, sizeof(one)));
    CALL(bind(b, (struct sockaddr *)&two, sizeof(two)));
    CALL(sendto(a, "x", 1, 0, (struct sockaddr *)&two, sizeof(two)));
    CALL(recvfrom(b, text, sizeof(text), 0, (struct sockaddr *)&told, &length));
    say_name("from", &told, length, directory);
    message->msg_name = &one;
    message->msg_namelen = sizeof(one);
    CALL(sendmsg(b, message, 0));
    message->msg_name = &told;
    message->msg_namelen = sizeof(told);
    CALL(recvmsg(a, message, 0));
    say_name("message from", &told, message->msg_namelen, directory);
    message->msg_name = &two;
    message->msg_namelen = sizeof(two);
    CALL(sendmmsg(a, &many, 1, 0));
    message->msg_name = &told;
    message->msg_namelen = sizeof(told);
    CALL(recvmmsg(b, &many, 1, 0, NULL));
    say_name("messages from", &told, message->msg_namelen, directory);
    two = named_path(directory, "nobody");
    CALL(sendto(a, "x", 1, 0, (struct sockaddr *)&two, sizeof(two)));
    message->msg_name = &two;
    message->msg_namelen = sizeof(two);
    CALL(sendmsg(a, message, 0));
    CALL(sendmsg(0, message, 0));
}

TEST(absolute_names)
{
    char directory[100] = "/var/tmp/dragoman-XXXXXX";

    OK(mkdtemp(directory) ? 0 : -1);
    streams_by_path(directory);
    datagrams_by_path(directory);
    static const char *const made[] = {"stream", "plain", "link", "one", "two", ""};

    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
        CALL(remove(named_path(directory, made[i]).sun_path));
}

/* The engine lies here below 4 GB (base/image.h), where natively nothing does: nobody may read or write through it. */
#define ELSEWHERE ((void *)0x7c004000)

TEST(wild_messages)
{
    int s[2];
    char text[8] = "abc", control[64];
    struct iovec part = {text, 3}, wild[2] = {{text, 3}, {ELSEWHERE, 64}};
    struct mmsghdr many[2];
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    CALL(sendmsg(s[0], ELSEWHERE, 0));
    CALL(syscall(SYS_recvmsg, s[0], ELSEWHERE, MSG_DONTWAIT)); /* libc looks at the message itself */
    message.msg_iov = wild;
    message.msg_iovlen = 2;
    CALL(sendmsg(s[0], &message, 0));
    message.msg_iov = ELSEWHERE;
    CALL(sendmsg(s[0], &message, 0));
    message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_name = ELSEWHERE, .msg_namelen = 16};
    CALL(sendmsg(s[0], &message, 0));
    message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = ELSEWHERE, .msg_controllen = 64};
    CALL(sendmsg(s[0], &message, 0));
    for (int i = 0; i < 4; i++)
        CALL(send(s[0], "message", 7, 0));
    message = (struct msghdr){.msg_iov = &wild[1], .msg_iovlen = 1};
    CALL(recvmsg(s[1], &message, MSG_DONTWAIT | MSG_PEEK));
    message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_name = ELSEWHERE, .msg_namelen = 64};
    CALL(recvmsg(s[1], &message, MSG_DONTWAIT));
    int on = 1;

    CALL(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = ELSEWHERE, .msg_controllen = 64};
    CALL(recvmsg(s[1], &message, MSG_DONTWAIT));
    DEC(message.msg_controllen);
    memset(many, 0, sizeof(many));
    many[0].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
    many[1].msg_hdr =
        (struct msghdr){.msg_iov = &wild[1], .msg_iovlen = 1, .msg_control = control, .msg_controllen = 64};
    CALL(recvmmsg(s[1], many, 2, MSG_DONTWAIT, NULL));
    say("%u %#x", many[0].msg_len, many[0].msg_hdr.msg_flags);
    CALL(sendmmsg(s[0], many, 2, 0));
    CALL(sendmmsg(s[0], ELSEWHERE, 2, 0));
    CALL(syscall(SYS_recvmmsg, s[0], ELSEWHERE, 2, MSG_DONTWAIT, NULL));
    CALL(syscall(SYS_recvmmsg, s[1], many, 1, MSG_DONTWAIT, ELSEWHERE));
    socklen_t length = 16;

    CALL(bind(s[0], ELSEWHERE, 16));
    CALL(connect(s[0], ELSEWHERE, 16));
    CALL(getsockname(s[0], ELSEWHERE, &length));
    CALL(getsockname(s[0], (struct sockaddr *)control, ELSEWHERE));
    CALL(sendto(s[0], "x", 1, 0, ELSEWHERE, 16));
    CALL(recvfrom(s[0], text, 1, MSG_DONTWAIT, ELSEWHERE, &length));
    CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, ELSEWHERE));
    CALL(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, ELSEWHERE, sizeof(on)));
    length = sizeof(on);
    CALL(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, ELSEWHERE, &length));
    CALL(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &on, ELSEWHERE));
}

static int make_message(struct msghdr *message, struct iovec *part, char *control, size_t size)
{
    memset(message, 0, sizeof(*message));
    message->msg_iov = part;
    message->msg_iovlen = 1;
    message->msg_control = control;
    message->msg_controllen = size;
    memset(control, 0, size);
    return 0;
}

static void print_control(struct msghdr *message)
{
    say("flags %#x", message->msg_flags & ~MSG_CMSG_CLOEXEC);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        size_t data = c->cmsg_len - CMSG_LEN(0);

        say("level %d type %d", c->cmsg_level, c->cmsg_type);
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            int *fds = (int *)CMSG_DATA(c);

            say("data %zu", data);
            for (size_t i = 0; i < data / sizeof(int); i++)
                say("descriptor %d: %s, FD_CLOEXEC %d", fds[i], fcntl(fds[i], F_GETFD) >= 0 ? "open" : "closed",
                    fcntl(fds[i], F_GETFD));
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred *who = (struct ucred *)CMSG_DATA(c);

            say("data %zu, pid %d uid %d gid %d", data, who->pid == getpid(), who->uid == getuid(),
                who->gid == getgid());
        } else {
            say("~data %zu", data);
        }
    }
}

TEST(descriptors)
{
    int s[2];
    char text[8] = "";
    union {
        char room[256];
        struct cmsghdr header;
    } u;
    struct iovec part = {"abc", 3};
    struct msghdr message;

    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    make_message(&message, &part, u.room, CMSG_SPACE(3 * sizeof(int)));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(3 * sizeof(int));
    int fds[3] = {0, 1, s[0]};

    memcpy(CMSG_DATA(c), fds, sizeof(fds));
    CALL(sendmsg(s[0], &message, 0));
    part = (struct iovec){text, sizeof(text)};
    make_message(&message, &part, u.room, sizeof(u.room));
    CALL(recvmsg(s[1], &message, MSG_CMSG_CLOEXEC));
    WORD(message.msg_controllen);
    print_control(&message);
    /* Room for one of three: the rest is closed, and MSG_CTRUNC says so. */
    part = (struct iovec){"abc", 3};
    make_message(&message, &part, u.room, CMSG_SPACE(3 * sizeof(int)));
    c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(3 * sizeof(int));
    memcpy(CMSG_DATA(c), fds, sizeof(fds));
    CALL(sendmsg(s[0], &message, 0));
    part = (struct iovec){text, sizeof(text)};
    make_message(&message, &part, u.room, CMSG_LEN(sizeof(int)));
    CALL(recvmsg(s[1], &message, 0));
    WORD(message.msg_controllen);
    print_control(&message);
    /* Faulty ones. */
    part = (struct iovec){"abc", 3};
    make_message(&message, &part, u.room, CMSG_SPACE(sizeof(int)));
    c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    fds[0] = 999;
    memcpy(CMSG_DATA(c), fds, sizeof(int));
    CALL(sendmsg(s[0], &message, 0));
    c->cmsg_len = 5;
    CALL(sendmsg(s[0], &message, 0));
    c->cmsg_len = CMSG_LEN(100);
    CALL(sendmsg(s[0], &message, 0));
    c->cmsg_type = 77;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    CALL(sendmsg(s[0], &message, 0));
    c->cmsg_level = 12345;
    CALL(sendmsg(s[0], &message, 0));
    message.msg_control = WILD;
    CALL(sendmsg(s[0], &message, 0));
    message.msg_control = NULL;
    message.msg_controllen = 0;
    message.msg_iov = WILD;
    CALL(sendmsg(s[0], &message, 0));
    message.msg_iovlen = 1025;
    CALL(sendmsg(s[0], &message, 0));
    CALL(sendmsg(0, &message, 0));
}

TEST(credentials_and_times)
{
    int s[2];
    int on = 1;
    char text[8];
    union {
        char room[512];
        struct cmsghdr header;
    } u;
    struct iovec part = {"abc", 3};
    struct msghdr message;

    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    CALL(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
    CALL(send(s[0], "abc", 3, 0));
    part = (struct iovec){text, sizeof(text)};
    make_message(&message, &part, u.room, sizeof(u.room));
    CALL(recvmsg(s[1], &message, 0));
    print_control(&message);
    part = (struct iovec){"abc", 3};
    make_message(&message, &part, u.room, CMSG_SPACE(sizeof(struct ucred)));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    struct ucred who = {getpid(), getuid(), getgid()};

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_CREDENTIALS;
    c->cmsg_len = CMSG_LEN(sizeof(who));
    memcpy(CMSG_DATA(c), &who, sizeof(who));
    CALL(sendmsg(s[0], &message, 0));
    c->cmsg_len = CMSG_LEN(4);
    CALL(sendmsg(s[0], &message, 0));
    part = (struct iovec){text, sizeof(text)};
    make_message(&message, &part, u.room, sizeof(u.room));
    CALL(recvmsg(s[1], &message, 0));
    print_control(&message);
    socklen_t length = sizeof(who);

    CALL(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &who, &length));
    say("%u: %d %d", length, who.pid == getpid(), who.uid == getuid());
    on = 0;
    setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    static const int stamps[] = {SO_TIMESTAMP, SO_TIMESTAMPNS};

    for (int i = 0; i < 2; i++) {
        on = 1;
        CALL(setsockopt(s[1], SOL_SOCKET, stamps[i], &on, sizeof(on)));
        send(s[0], "abc", 3, 0);
        make_message(&message, &part, u.room, sizeof(u.room));
        CALL(recvmsg(s[1], &message, 0));
        c = CMSG_FIRSTHDR(&message);
        if (!c) {
            say("no time");
            continue;
        }
        say("level %d", c->cmsg_level);
        say("~type %d data %zu", c->cmsg_type, c->cmsg_len - CMSG_LEN(0));
        long seconds;

        memcpy(&seconds, CMSG_DATA(c), sizeof(seconds));
        DEC(labs(seconds - (long)time(NULL)) < 100);
        on = 0;
        setsockopt(s[1], SOL_SOCKET, stamps[i], &on, sizeof(on));
    }
}

TEST(several_messages)
{
    int s[2];
    char texts[4][8];
    struct iovec parts[4];
    struct mmsghdr messages[4];
    struct timespec soon = {0, 20000000};

    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    memset(messages, 0, sizeof(messages));
    for (int i = 0; i < 4; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%.*s", i + 1, "wxyz");
        parts[i] = (struct iovec){texts[i], (size_t)i + 1};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    CALL(sendmmsg(s[0], messages, 3, 0));
    for (int i = 0; i < 4; i++) {
        memset(texts[i], 0, sizeof(texts[i]));
        parts[i].iov_len = 8;
        messages[i].msg_len = 99;
    }
    CALL(recvmmsg(s[1], messages, 4, MSG_WAITFORONE, NULL));
    for (int i = 0; i < 4; i++)
        say("%u %s", messages[i].msg_len, texts[i]);
    CALL(recvmmsg(s[1], messages, 4, MSG_DONTWAIT, &soon));
    CALL(sendmmsg(s[0], messages, 2000, 0) > 0);
    soon.tv_nsec = -1;
    CALL(recvmmsg(s[1], messages, 1, MSG_DONTWAIT, &soon));
}

TEST(options)
{
    int s[2];
    int value = -1;
    socklen_t length = sizeof(value);
    struct timeval timeout = {1, 500000};

    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    static const int names[] = {SO_TYPE,      SO_DOMAIN,    SO_PROTOCOL,  SO_ERROR,     SO_ACCEPTCONN,
                                SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_OOBINLINE, SO_PASSCRED,
                                SO_RCVLOWAT,  SO_PRIORITY,  SO_MARK};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        length = sizeof(value);
        value = -1;
        int result = getsockopt(s[0], SOL_SOCKET, names[i], &value, &length);

        say("option %d: %d %s value %d length %u", names[i], result, result < 0 ? conf_errno(errno) : "", value,
            length);
    }
    CALL(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
    memset(&timeout, 0, sizeof(timeout));
    length = sizeof(timeout);
    CALL(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, &length));
    say("%lld.%06ld", (long long)timeout.tv_sec, (long)timeout.tv_usec);
    WORD(length);
    timeout = (struct timeval){0, 30000};
    CALL(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
    char byte;

    CALL(recv(s[0], &byte, 1, 0));
    timeout.tv_usec = 1000000;
    CALL(setsockopt(s[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)));
    CALL(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, 3));
    struct linger linger = {1, 5};

    CALL(setsockopt(s[0], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
    length = sizeof(linger);
    memset(&linger, 0, sizeof(linger));
    CALL(getsockopt(s[0], SOL_SOCKET, SO_LINGER, &linger, &length));
    say("%d %d", linger.l_onoff, linger.l_linger);
    value = 4096;
    CALL(setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof(value)));
    length = 4;
    CALL(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &value, &length));
    DEC(value);
    CALL(setsockopt(s[0], SOL_SOCKET, 9999, &value, sizeof(value)));
    CALL(setsockopt(s[0], 9999, 1, &value, sizeof(value)));
    CALL(setsockopt(s[0], SOL_SOCKET, SO_KEEPALIVE, WILD, sizeof(value)));
    CALL(setsockopt(s[0], SOL_SOCKET, SO_KEEPALIVE, &value, 2));
    CALL(setsockopt(s[0], SOL_SOCKET, SO_KEEPALIVE, &value, (socklen_t)-1));
    CALL(getsockopt(s[0], SOL_SOCKET, SO_TYPE, WILD, &length));
    CALL(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, WILD));
    length = (socklen_t)-1;
    CALL(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &length));
    length = 2;
    CALL(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &length));
    DEC(length);
    CALL(getsockopt(0, SOL_SOCKET, SO_TYPE, &value, &length));
    struct {
        unsigned short length;
        const void *filter;
    } filter = {1, WILD};

    CALL(setsockopt(s[0], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
    /* BPF_RET | BPF_K: lets nothing pass. */
    static struct {
        unsigned short code;
        unsigned char jt, jf;
        unsigned k;
    } code[] = {{6, 0, 0, 0}};
    int d[2];

    filter.filter = code;
    socketpair(AF_UNIX, SOCK_DGRAM, 0, d);
    CALL(setsockopt(d[1], SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)));
    CALL(send(d[0], "x", 1, 0));
    CALL(recv(d[1], &byte, 1, MSG_DONTWAIT));
    CALL(setsockopt(d[1], SOL_SOCKET, SO_DETACH_FILTER, NULL, 0));
    CALL(send(d[0], "x", 1, 0));
    CALL(recv(d[1], &byte, 1, MSG_DONTWAIT));
}
