#include "instance/pause.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "instance/mark.h"

enum {
    WHY_MAX = 256,
    MOST_MS = 15000, /* for a thread to stop, on a machine that has other things to do */
    STUCK_MS = 3000, /* without another one that could be held */
    HUNG_MS = 200,   /* from when on it is asked why a thread does not stop */
    HELD_MAX = 100000,
    FOLLOW = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC,
};

/* A thread that is held. */
struct held {
    pid_t tid, inside; /* inside: as the world knows it */
    bool stopped;
};

struct holder {
    struct held *all;
    size_t count, room;
    int proc;         /* the world's */
    int host_proc;    /* ours */
    struct stat name; /* of the world's PID namespace */
    uint64_t mark;    /* what its processes are known by instead; 0: by that */
    bool lost;        /* one has ended meanwhile */
    uint64_t grown;   /* when the last one was added */
    char *why;
};

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void nap(void)
{
    const struct timespec t = {0, 500000};
    nanosleep(&t, NULL);
}

__attribute__((format(printf, 2, 3))) static int fail_with(struct holder *h, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (h->why[0] == '\0') {
        vsnprintf(h->why, WHY_MAX, format, arguments);
    }
    va_end(arguments);
    return -1;
}

static struct held *find(struct holder *h, pid_t tid)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->all[i].tid == tid) {
            return &h->all[i];
        }
    }
    return NULL;
}

/* What `file` in a process's directory says; "" where there is none. */
static void read_text(int proc, pid_t pid, const char *file, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", (int)pid, file);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
}

/* The state of a process or thread, as proc(5) has it; 0: it is gone. */
static char state_of(int proc, pid_t pid)
{
    char text[512];
    read_text(proc, pid, "stat", text, sizeof text);
    const char *end = strrchr(text, ')'); /* its name, in parentheses, may hold anything */
    return end != NULL && end[1] == ' ' ? end[2] : '\0';
}

static bool is_gone(char state)
{
    return state == '\0' || state == 'Z' || state == 'X';
}

/* The number at a line of /proc/PID/status, the last in it; -1: it is not there. */
static long status_number(int proc, pid_t pid, const char *key)
{
    char text[4096];
    read_text(proc, pid, "status", text, sizeof text);
    char *line = strstr(text, key);
    if (line == NULL) {
        return -1;
    }
    line += strlen(key);
    line[strcspn(line, "\n")] = '\0';
    const char *last = strrchr(line, '\t');
    return strtol(last != NULL ? last : line, NULL, 10);
}

static struct held *add(struct holder *h, pid_t tid)
{
    if (h->count == h->room) {
        size_t room = h->room != 0 ? 2 * h->room : 64;
        struct held *grown = realloc(h->all, room * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        h->all = grown;
        h->room = room;
    }
    h->all[h->count] = (struct held){tid, (pid_t)status_number(h->host_proc, tid, "NSpid:"), false};
    return &h->all[h->count++];
}

/* Returns whether it was there. */
static bool drop(struct holder *h, pid_t tid)
{
    struct held *one = find(h, tid);
    if (one != NULL) {
        *one = h->all[--h->count];
    }
    return one != NULL;
}

/*
 * Forgets those that are not held any more without their end having been told: a first thread that has become another one,
 * which was not held yet and has executed a program; and one that ended before the others.
 */
static bool forget_gone(struct holder *h)
{
    bool any = false;
    for (size_t i = h->count; i-- > 0;) {
        pid_t tid = h->all[i].tid;
        if (is_gone(state_of(h->host_proc, tid)) || status_number(h->host_proc, tid, "TracerPid:") != getpid()) {
            any |= drop(h, tid);
        }
    }
    return any;
}

/* Calls `each` for the numbers that are names in a directory. Returns how often that returned 1, or -1 as soon as it did. */
static int each_number(int dir, const char *path, int (*each)(struct holder *, pid_t), struct holder *h)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    int any = 0;
    if (list == NULL) {
        return 0; /* it has ended */
    }
    for (struct dirent *d; any >= 0 && (d = readdir(list)) != NULL;) {
        if (d->d_name[0] >= '1' && d->d_name[0] <= '9') {
            int r = each(h, (pid_t)atoi(d->d_name));
            any = r < 0 ? r : any + r;
        }
    }
    closedir(list);
    return any;
}

/*
 * A signal that arrives between PTRACE_SEIZE and PTRACE_INTERRUPT stops its thread, too: it gets it, and stops after that.
 * Whoever takes such a stop by waiting for it takes the signal as well; so it is only looked at, and a holder that is killed
 * right here leaves the thread its signal (wait_task_stopped(), kernel/exit.c).
 */
static void deliver(pid_t tid, int signo)
{
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    ptrace(PTRACE_CONT, tid, NULL, (void *)(intptr_t)signo);
}

static void take_stop(struct holder *h, pid_t tid)
{
    int status;
    unsigned long former;
    if (waitpid(tid, &status, __WALL | WNOHANG) != tid) {
        return;
    }
    if (!WIFSTOPPED(status)) {
        h->lost |= drop(h, tid);
        return;
    }
    /* Whoever executes a program takes over the number of its first thread. */
    if (status >> 16 == PTRACE_EVENT_EXEC && ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0 &&
        (pid_t)former != tid) {
        drop(h, (pid_t)former);
    }
    struct held *one = find(h, tid);
    if (one == NULL) {
        one = add(h, tid);
        h->grown = milliseconds();
    }
    if (one != NULL) {
        one->stopped = true;
    }
}

/* Takes what the kernel tells of those that are held. */
static void take_stops(struct holder *h)
{
    const int any = WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL;
    for (siginfo_t told = {0}; waitid(P_ALL, 0, &told, any) == 0 && told.si_pid != 0; told.si_pid = 0) {
        /* si_status: the signal, and above its byte the event, by which the kernel's own stops are known. */
        if (told.si_code == CLD_TRAPPED && told.si_status >> 8 == 0) {
            deliver(told.si_pid, told.si_status);
        } else {
            take_stop(h, told.si_pid);
        }
    }
}

/* Of this process, which holds for one world only. */
static struct holder *this_holder;

static void take_told(int signo)
{
    (void)signo;
    int error = errno;
    take_stops(this_holder);
    errno = error;
}

/* What a seize() that has failed returns: 0 for what is gone, 1 for what is looked at again, or -1. */
static int seize_fails(struct holder *h, pid_t tid, int error)
{
    if (error == ESRCH || is_gone(state_of(h->host_proc, tid))) {
        return 0;
    }
    long tracer = status_number(h->host_proc, tid, "TracerPid:");
    if (tracer > 0 && tracer != getpid()) { /* ours: a child of one that is held, which the kernel was faster to add */
        return fail_with(h, "its process %ld is traced by another (a debugger, or --intercept ptrace)",
                         status_number(h->host_proc, tid, "NSpid:"));
    }
    return 1; /* it will be told of; or it is between its start and its program, perhaps: it is looked at again */
}

/*
 * Who executes a program keeps PTRACE_SEIZE waiting until its other threads are gone, and those that are held are gone when
 * their end has been taken. So what is told meanwhile is taken at once; the kernel goes on with the call.
 */
static int seize(struct holder *h, pid_t tid)
{
    sigset_t ends, mask;
    if (find(h, tid) != NULL) {
        return 0;
    }
    if (add(h, tid) == NULL) {
        return fail_with(h, "%s", strerror(ENOMEM));
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_UNBLOCK, &ends, &mask);
    int error = ptrace(PTRACE_SEIZE, tid, NULL, (void *)(uintptr_t)FOLLOW) == 0 ? 0 : errno;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    struct held *one = find(h, tid);
    if (error != 0 && (one == NULL || !one->stopped)) { /* else another has taken over its number, and is held */
        drop(h, tid);
        return seize_fails(h, tid, error);
    }
    h->grown = milliseconds();
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    return 1;
}

/* Whether a process of the host's is one of the world's, other than the keeper. */
static bool is_of_world(struct holder *h, pid_t pid)
{
    char path[64];
    struct stat st;
    if (h->mark != 0) {
        return mark_has(h->mark, pid);
    }
    snprintf(path, sizeof path, "%d/ns/pid", (int)pid);
    return fstatat(h->host_proc, path, &st, 0) == 0 && st.st_ino == h->name.st_ino && st.st_dev == h->name.st_dev &&
           status_number(h->host_proc, pid, "NSpid:") != 1;
}

static int seize_process(struct holder *h, pid_t pid)
{
    char path[64];
    if (!is_of_world(h, pid)) {
        return 0;
    }
    snprintf(path, sizeof path, "%d/task", (int)pid);
    return each_number(h->host_proc, path, seize, h);
}

/*
 * A parent that waits for its vfork(2)'s child to let go of their memory does not stop, and does not run either while the
 * child is held.
 */
static bool waits_for_child(struct holder *h, pid_t tid)
{
    char text[128];
    read_text(h->host_proc, tid, "syscall", text, sizeof text);
    long number = strtol(text, NULL, 10);
    return state_of(h->host_proc, tid) == 'D' && text[0] != '\0' &&
           (number == SYS_vfork || number == SYS_clone || number == SYS_clone3);
}

/* Whether all that are held have stopped. */
static bool all_stopped(struct holder *h, bool ask)
{
    bool all = true;
    for (size_t i = 0; i < h->count; i++) {
        all = all && (h->all[i].stopped || (ask && waits_for_child(h, h->all[i].tid)));
    }
    return all;
}

/* Whether they are stopped still: one may have executed a program, and have the number of one that was. */
static bool all_stay(struct holder *h)
{
    bool all = true;
    for (size_t i = 0; i < h->count; i++) {
        struct held *one = &h->all[i];
        if (state_of(h->host_proc, one->tid) != 't' && !waits_for_child(h, one->tid)) {
            one->stopped = all = false; /* it will be told of */
        }
    }
    return all;
}

static int wait_stops(struct holder *h, uint64_t until)
{
    uint64_t began = milliseconds();
    for (;;) {
        take_stops(h);
        uint64_t now = milliseconds();
        bool late = now - began > HUNG_MS;
        if (all_stopped(h, late)) {
            return 0;
        }
        h->lost |= late && forget_gone(h);
        if (now > until) {
            break;
        }
        nap();
    }
    for (size_t i = 0; i < h->count; i++) {
        if (!h->all[i].stopped) {
            return fail_with(h, "its process %d does not stop (it waits for a disk, or for another machine)",
                             (int)h->all[i].inside);
        }
    }
    return -1;
}

/* Whether a process that the world has is among those that are held; their numbers there are other ones. */
static int look_for(struct holder *h, pid_t inside)
{
    if (inside == 1 || (h->mark != 0 && !mark_has(h->mark, inside)) || is_gone(state_of(h->proc, inside))) {
        return 0;
    }
    for (size_t i = 0; i < h->count; i++) {
        if (h->all[i].inside == inside) {
            return 0;
        }
    }
    return 1;
}

/* The name of the world's PID namespace, by any of its processes that lets it be seen. */
static int note_name(struct holder *h, pid_t inside)
{
    char path[64];
    snprintf(path, sizeof path, "%d/ns/pid", (int)inside);
    return h->name.st_ino == 0 && fstatat(h->proc, path, &h->name, 0) == 0;
}

/* Whether the world's processes can be told from others by now; -1: they cannot be. */
static int is_known(struct holder *h)
{
    struct stat own;
    if (h->mark != 0) {
        return 1;
    }
    if (h->name.st_ino == 0) {
        each_number(h->proc, ".", note_name, h);
    }
    if (h->name.st_ino != 0 && (fstatat(h->host_proc, "self/ns/pid", &own, 0) != 0 || own.st_ino == h->name.st_ino)) {
        return fail_with(h, "its processes are not apart from the host's");
    }
    return h->name.st_ino != 0;
}

static int hold(struct holder *h)
{
    h->grown = milliseconds();
    for (;;) {
        int known = is_known(h);
        int seized = known > 0 ? each_number(h->host_proc, ".", seize_process, h) : known;
        uint64_t waits = milliseconds();
        if (seized < 0 || wait_stops(h, waits + MOST_MS) != 0) {
            return -1;
        }
        h->grown += milliseconds() - waits; /* a thread that is slow to stop is none that cannot be traced */
        int missing = each_number(h->proc, ".", look_for, h);
        if (seized == 0 && missing == 0 && !forget_gone(h) && all_stay(h)) {
            h->lost = false;
            return 0;
        }
        if (milliseconds() > h->grown + STUCK_MS || h->count > HELD_MAX) {
            return fail_with(h,
                             h->count > HELD_MAX ? "it has more than %d threads, or makes them faster than they stop"
                                                 : "%d of its processes may not be traced (ptrace is refused here)",
                             h->count > HELD_MAX ? HELD_MAX : missing);
        }
        nap();
    }
}

/* In the child: holds them until the other end of the channel is closed. What ends is let go by the kernel. */
static _Noreturn void run_holder(int proc, uint64_t mark, int channel, pid_t parent)
{
    char why[WHY_MAX] = "";
    struct holder h = {.proc = proc, .mark = mark, .why = why};
    const struct sigaction take = {.sa_handler = take_told};
    this_holder = &h;
    sigaction(SIGCHLD, &take, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    h.host_proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (getppid() != parent || h.host_proc < 0) {
        _exit(1);
    }
    if (hold(&h) != 0 && why[0] == '\0') {
        snprintf(why, sizeof why, "unknown");
    }
    if (write(channel, why, sizeof why) != (ssize_t)sizeof why || why[0] != '\0') {
        _exit(1);
    }
    char byte;
    while (read(channel, &byte, 1) == 1) {
        take_stops(&h);
        byte = h.lost ? 0 : 1;
        if (write(channel, &byte, 1) != 1) {
            break;
        }
    }
    _exit(0);
}

int pause_begin(int proc, uint64_t mark, struct pause *out, char *why, size_t size)
{
    int pair[2];
    char answer[WHY_MAX] = "";
    *out = (struct pause){.channel = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(why, size, "%s", strerror(errno));
        return -1;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        close(pair[0]);
        run_holder(proc, mark, pair[1], parent);
    }
    close(pair[1]);
    *out = (struct pause){.holder = child > 0 ? child : 0, .channel = pair[0]};
    ssize_t n = 0;
    while (child > 0 && (n = recv(pair[0], answer, sizeof answer, MSG_WAITALL)) < 0 && errno == EINTR) {}
    if (n == (ssize_t)sizeof answer && answer[0] == '\0') {
        return 0;
    }
    snprintf(why, size, "%s", n == (ssize_t)sizeof answer ? answer : "no process can be made for that");
    pause_end(out);
    return -1;
}

bool pause_held(const struct pause *p)
{
    char byte = 0;
    return p->holder != 0 && send(p->channel, &byte, 1, MSG_NOSIGNAL) == 1 && recv(p->channel, &byte, 1, 0) == 1 &&
           byte == 1;
}

void pause_end(struct pause *p)
{
    if (p->channel >= 0) {
        close(p->channel);
    }
    if (p->holder > 0) {
        while (waitpid(p->holder, NULL, 0) < 0 && errno == EINTR) {}
    }
    *p = (struct pause){.channel = -1};
}
