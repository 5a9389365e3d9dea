/*
 * The line that ^T prints: load, and of the foreground group the process of most interest. Source: tty_info() in
 * sys/kern/tty_info.c.
 *
 * The share of the processor is that of the process's whole life: the host keeps no decaying one.
 */
#include "syscalls/freebsd/terminal/terminal.h"

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/host_stat.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/table.h"
#include "syscalls/freebsd/sysctl/kinfo_proc.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host_clock.h"

#define PAGE_KILOBYTES 4

/* A process that runs before one that sleeps, one that lives before one that has ended, and then the youngest. */
static bool more_interesting(const struct host_process *than, const struct host_process *p)
{
    if (than == NULL || (p->state == 'R') != (than->state == 'R')) {
        return than == NULL || p->state == 'R';
    }
    if ((p->state == 'Z') != (than->state == 'Z')) {
        return than->state == 'Z';
    }
    return p->pid > than->pid;
}

/* `reader`: a process that waits for input, however the host sees it; 0: none. */
static const char *state_of(const struct host_stat *stat, int32_t pid, int32_t reader)
{
    char symbol[64];
    const char *message = "";
    struct text path = TEXT_ON(((char[48]){0}));

    if (pid == reader) {
        return "ttyin";
    }
    switch (stat->state) {
    case 'R':
        return "running";
    case 'Z':
    case 'X':
        return "zombie";
    case 'T':
    case 't':
        return "suspended";
    default:
        break;
    }
    text_format(&path, "/proc/%d/wchan", pid);
    if (host_file_read(text_cstr(&path), symbol, sizeof symbol) > 0) {
        message = kinfo_wait_message(symbol);
    }
    return message[0] != '\0' ? message : "sleeping"; /* the host does not tell for what */
}

/* The command, as the process itself has it; the host may have the engine's. */
static void put_command(struct text *x, struct thread *t, int32_t pid)
{
    struct process_table_entry other;
    char path[48], name[64];
    struct text p = TEXT_ON(path);
    int64_t n;

    if (pid == t->proc->pid) {
        text_str(x, t->proc->command);
    } else if (process_guest_entry(t, pid, &other) && other.pid != 0) {
        text_str(x, other.command);
    } else {
        text_format(&p, "/proc/%d/comm", pid);
        n = host_file_read(text_cstr(&p), name, sizeof name);
        text_bytes(x, name, n > 0 ? (size_t)n - 1 : 0); /* without its newline */
    }
}

static void put_hundredths(struct text *x, uint64_t ticks, const char *unit)
{
    uint64_t part = ticks % HOST_STAT_TICKS * 100 / HOST_STAT_TICKS;

    text_udec(x, ticks / HOST_STAT_TICKS);
    text_str(x, part < 10 ? ".0" : ".");
    text_udec(x, part);
    text_str(x, unit);
}

static void put_process(struct text *x, struct thread *t, int32_t pid, int32_t reader)
{
    struct host_stat stat;
    struct __kernel_timespec up;
    uint64_t now, lived, ran;

    if (host_stat_read(pid, &stat) < 0) {
        text_str(x, "empty foreground process group\n");
        return;
    }
    host_clock_read(CLOCK_BOOTTIME, &up);
    now = (uint64_t)up.tv_sec * HOST_STAT_TICKS + (uint64_t)up.tv_nsec / (1000000000 / HOST_STAT_TICKS);
    lived = now > stat.start ? now - stat.start : 0;
    ran = stat.user + stat.system;
    text_str(x, " cmd: ");
    put_command(x, t, pid);
    text_format(x, " %d [%s] ", pid, state_of(&stat, pid, reader));
    put_hundredths(x, lived, "r ");
    put_hundredths(x, stat.user, "u ");
    put_hundredths(x, stat.system, "s ");
    text_udec(x, lived > 0 ? ran * 100 / lived : 0);
    text_str(x, "% ");
    text_udec(x, stat.resident * PAGE_KILOBYTES);
    text_str(x, "k\n");
}

static void put_group(struct text *x, struct thread *t, int32_t group, int32_t reader)
{
    struct host_tree tree;
    const struct host_process *chosen = NULL;

    if (host_tree_read(&tree) == 0) {
        for (uint32_t i = 0; i < tree.count; i++) {
            if (tree.list[i].pid == reader) {
                tree.list[i].state = 'S';
            }
            if (tree.list[i].group == group && more_interesting(chosen, &tree.list[i])) {
                chosen = &tree.list[i];
            }
        }
    }
    if (chosen == NULL) {
        text_str(x, "empty foreground process group\n");
    } else {
        put_process(x, t, chosen->pid, reader);
    }
    host_tree_free(&tree);
}

/* A descriptor to write to the terminal by, whatever fd is good for: of a master, its slave's. */
static int64_t open_for_writing(int fd)
{
    const int flags = O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    struct text path = TEXT_ON(((char[32]){0}));

    if (terminal_is_master(fd)) {
        return host_call3(__NR_ioctl, fd, TIOCGPTPEER, flags);
    }
    text_format(&path, "/proc/thread-self/fd/%d", fd); /* a watching thread has a table of its own */
    return host_call4(__NR_openat, AT_FDCWD, text_cstr(&path), flags, 0);
}

void terminal_print_status(struct thread *t, int fd, bool reading)
{
    char line[320], load[64];
    struct text x = TEXT_ON(line);
    int64_t to = open_for_writing(fd);
    int32_t group = 0;

    if (to < 0) {
        return;
    }
    /* The newline: the column that the cursor is in, which FreeBSD looks at, is the host's secret. */
    text_str(&x, "\nload: ");
    if (host_file_read("/proc/loadavg", load, sizeof load) > 0) {
        const char *end = hot_strchr(load, ' ');

        text_bytes(&x, load, end != NULL ? (size_t)(end - load) : 0);
    }
    text_str(&x, " ");
    if (host_call3(__NR_ioctl, fd, TIOCGPGRP, &group) < 0) {
        text_str(&x, "not a controlling terminal\n");
    } else if (group <= 0) {
        text_str(&x, "no foreground process group\n");
    } else {
        put_group(&x, t, group, reading ? t->proc->pid : 0);
    }
    text_write(&x, (int)to);
    host_call1(__NR_close, to);
}
