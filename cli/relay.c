#include "cli/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "instance/protocol.h"

enum { LAST_BYTES_MS = 100, END_OF_FILE = 'D' & 0x1f };

/* The first of 0, 1, 2 that is a terminal; -1: none. */
static int own_terminal(void)
{
    for (int i = 0; i < 3; i++) {
        if (isatty(i)) {
            return i;
        }
    }
    return -1;
}

static int output_of(const struct relay *r)
{
    return r->wanted[1] || !r->wanted[2] ? 1 : 2;
}

void relay_look(struct relay *r, struct keeper_message *m)
{
    struct winsize size = {0};
    int own = own_terminal();
    if (own >= 0 && ioctl(own, TIOCGWINSZ, &size) == 0) {
        m->rows = size.ws_row;
        m->columns = size.ws_col;
    }
    r->reads = r->reads && r->wanted[0];
    r->keyboard = isatty(0);
    /* Where the caller's terminal stays as it is, it makes CR LF of a line's end itself. */
    if ((m->flags & RUN_TERMINAL) != 0 && !(r->reads && r->keyboard) && isatty(output_of(r))) {
        m->flags |= RUN_TERMINAL_RAW;
    }
}

void relay_enter(struct relay *r)
{
    /* In the background the terminal is somebody else's; with all signals blocked, nothing would stop us. */
    if (r->terminal < 0 || r->raw || !r->reads || !r->keyboard || tcgetpgrp(0) != getpgrp() ||
        tcgetattr(0, &r->before) != 0) {
        return;
    }
    struct termios raw = r->before;
    cfmakeraw(&raw);
    r->raw = tcsetattr(0, TCSADRAIN, &raw) == 0;
    relay_resize(r);
}

void relay_leave(struct relay *r)
{
    if (r->raw) {
        tcsetattr(0, TCSADRAIN, &r->before);
        r->raw = false;
    }
}

void relay_begin(struct relay *r, int terminal)
{
    r->terminal = terminal;
    fcntl(terminal, F_SETFL, O_RDWR | O_NONBLOCK);
    relay_enter(r);
}

void relay_resize(struct relay *r)
{
    struct winsize size;
    int own = own_terminal();
    if (r->terminal >= 0 && own >= 0 && ioctl(own, TIOCGWINSZ, &size) == 0) {
        ioctl(r->terminal, TIOCSWINSZ, &size);
    }
}

void relay_poll(const struct relay *r, struct pollfd fds[RELAY_DESCRIPTORS])
{
    bool full = r->to > r->from, reads = r->reads && (r->raw || !r->keyboard);
    fds[0] = (struct pollfd){r->terminal, (short)(POLLIN | (full ? POLLOUT : 0)), 0};
    fds[1] = (struct pollfd){r->terminal >= 0 && reads && !full ? 0 : -1, POLLIN, 0};
}

static void show(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {fd, POLLOUT, 0};
            poll(&p, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return; /* nobody looks */
        } else if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

/* Returns whether more may come. */
static bool take_output(struct relay *r)
{
    char bytes[RELAY_ROOM];
    ssize_t n = read(r->terminal, bytes, sizeof bytes);
    if (n > 0) {
        show(output_of(r), bytes, (size_t)n);
        return true;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void pass_keys(struct relay *r)
{
    ssize_t n = write(r->terminal, r->keys + r->from, r->to - r->from);
    if (n > 0) {
        r->from += (size_t)n;
    }
    if (r->from == r->to || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        r->from = r->to = 0;
    }
}

static void take_keys(struct relay *r)
{
    ssize_t n = read(0, r->keys, sizeof r->keys);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        /* What a terminal has for the end of a file. */
        r->reads = false;
        r->keys[0] = END_OF_FILE;
        n = 1;
    }
    r->from = 0;
    r->to = (size_t)n;
    pass_keys(r);
}

void relay_take(struct relay *r, const struct pollfd fds[RELAY_DESCRIPTORS])
{
    if (fds[1].revents != 0) {
        take_keys(r);
    }
    if ((fds[0].revents & POLLOUT) != 0 && r->to > r->from) {
        pass_keys(r);
    }
    if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !take_output(r)) {
        close(r->terminal); /* no program has it open any more; the next one that opens it finds it hung up */
        r->terminal = -1;
    }
}

void relay_end(struct relay *r)
{
    while (r->terminal >= 0) {
        struct pollfd p = {r->terminal, POLLIN, 0};
        if (poll(&p, 1, LAST_BYTES_MS) <= 0 || !take_output(r)) {
            close(r->terminal);
            r->terminal = -1;
        }
    }
    relay_leave(r);
}
