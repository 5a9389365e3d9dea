/*
 * ^T at a program that does not read. Nothing tells what has been typed on a terminal of the host's but taking it, so a
 * thread of the engine's takes it where it can put it back.
 *
 * It runs in the leader of a process group alone, so that there is one in the foreground at most, and only while the
 * controlling terminal has a status character. When the host says that a line is there (it ends one at the character:
 * termios.c) and it is a single byte that nobody reads for a moment, it is that character or an empty line. An empty
 * line is typed again by TIOCSTI, which is echoed once more; where the host does not allow that, there is no such thread.
 * What was typed before is never touched, and hides a ^T behind it.
 */
#include "syscalls/freebsd/terminal/terminal.h"

#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/terminal/termios.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>

#define MOMENT_MS 30

static int64_t open_terminal(void)
{
    return host_call4(__NR_openat, AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
}

/* Whether the host lets this process type on its terminal: Linux before 6.2 everyone, later as its administrator says. */
static bool may_type(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0, 0, 0}, {0, 0, 0}};
    char allowed[8];

    if (host_file_read("/proc/sys/dev/tty/legacy_tiocsti", allowed, sizeof allowed) <= 0 || allowed[0] == '1') {
        return true;
    }
    return host_call2(__NR_capget, &head, sets) == 0 && (sets[0].effective >> CAP_SYS_ADMIN & 1) != 0;
}

/* Whether the terminal has one byte to read, a line's end, and this group is in the foreground. */
static bool one_byte(int tty)
{
    int32_t count = 0, group = 0;

    return host_call3(__NR_ioctl, tty, TIOCGPGRP, &group) == 0 && group == host_call1(__NR_getpgid, 0) &&
           host_call3(__NR_ioctl, tty, FIONREAD, &count) == 0 && count == 1;
}

/* Waits for news of the terminal. Returns false when it is gone. */
static bool news(int events, int64_t milliseconds)
{
    struct epoll_event event = {.events = 0};
    int64_t n = host_call4(__NR_epoll_wait, events, &event, 1, milliseconds);

    return n >= 0 ? (event.events & (EPOLLHUP | EPOLLERR)) == 0 : n == -EINTR;
}

static void look(struct thread *t, int tty, int events)
{
    const struct __kernel_timespec moment = {0, MOMENT_MS * 1000000L};
    struct termios2 host;
    uint8_t status = terminal_status_character(tty, &host), byte = 0;

    if (status == 0 || host.c_cc[VEOL2] != status || !one_byte(tty)) {
        return;
    }
    host_call2(__NR_nanosleep, &moment, 0); /* whoever reads comes first */
    if (!one_byte(tty) || host_call3(__NR_read, tty, &byte, 1) != 1) {
        return;
    }
    if (byte == status) {
        terminal_status_typed(t, tty, false);
    } else if (host_call3(__NR_ioctl, tty, TIOCSTI, &byte) == 0) {
        news(events, MOMENT_MS); /* of this */
    }
}

static void watch(struct thread *t)
{
    int64_t tty = open_terminal(), events = host_call1(__NR_epoll_create1, EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int64_t first = tty < events ? tty : events, last = tty < events ? events : tty;

    memset(&t->mask, 0xff, sizeof t->mask); /* what it sends to its own process is not for this thread */
    if (first >= 0) {
        if (first > 0) {
            host_call3(__NR_close_range, 0, first - 1, 0); /* of its own copy of the table */
        }
        host_call3(__NR_close_range, first + 1, last - 1, 0); /* refused where nothing is in between */
        host_call3(__NR_close_range, last + 1, UINT32_MAX, 0);
        host_call4(__NR_epoll_ctl, events, EPOLL_CTL_ADD, tty, &event);
        while (news((int)events, -1)) {
            look(t, (int)tty, (int)events);
        }
        host_call1(__NR_close, tty);
        host_call1(__NR_close, events);
    }
    for (;;) {
        host_call4(__NR_ppoll, 0, 0, 0, 0);
    }
}

void terminal_program_begins(struct thread *t)
{
    struct termios2 host;
    bool wanted;

    /* A program whose forebears have met no terminal has none, or one that nobody has given a status character. */
    if (freebsd_inherited(t)->terminals == 0 && !t->proc->settings.stderr_is_tty) {
        return;
    }
    int64_t tty = open_terminal();

    if (tty < 0) {
        return;
    }
    wanted = host_call3(__NR_ioctl, tty, TCGETS2, &host) == 0 && host.c_cc[TERMIOS_VSTATUS] != 0 &&
             (host.c_lflag & TERMIOS_OURS) == 0 && host_call1(__NR_getpgid, 0) == t->proc->pid && may_type();
    host_call1(__NR_close, tty);
    if (wanted) {
        terminal_attributes_seen(t, &host);
        thread_start_engine(t, watch, 0, false);
    }
}
