/*
 * What a program is given by whoever starts it, used for more than it is for: descriptors, its log, its directory, its
 * keeper's time. By the host's own calls, past the engine. Most of it is judged from outside.
 */
#include "hostile.h"

enum {
    FCHMOD = 91,
    FCHOWN = 93,
    FSETXATTR = 190,
    UTIMENSAT = 280,
    FTRUNCATE = 77,
    FLOCK = 73,
    NEWFSTATAT = 262,
    FCHMODAT = 268,
    PIPE = 22,
    SETLEASE = 1024,
    NON_BLOCKING = 04000,
    TERMINAL_ATTRIBUTES = 0x5401,
    SIGNAL_STOP = 19,
    SIGNAL_CONTINUE = 18,
};

static const char *link_of(long fd)
{
    static char path[64];
    copy(path, "/proc/self/fd/");
    append_number(path, fd);
    return path;
}

/* 0, 1 and 2 may be files of the caller's, or a directory. */
void use_streams(void)
{
    static const char *const below[] = {"..", "../..", "secret", "../secret"};
    long times[4] = {1, 0, 1, 0};
    char status[256];
    bool terminal = false;
    bool around = false;
    for (long fd = 0; fd < 3; fd++) {
        call(FCHMOD, fd, 04777, 0, 0, 0, 0);
        op(CHMOD, P(link_of(fd)), 04777, 0);
        call(FCHOWN, fd, 1, 1, 0, 0, 0);
        call(FSETXATTR, fd, P("user.hostile"), P("x"), 1, 0, 0);
        call(UTIMENSAT, fd, 0, P(times), 0, 0, 0);
        call(FTRUNCATE, fd, 0, 0, 0, 0, 0);
        call(FLOCK, fd, 2 | 4, 0, 0, 0, 0);
        op(FCNTL, fd, SETLEASE, 0);
        long again = fd == 0 ? op(OPEN, P(link_of(fd)), 2, 0) : -1;
        if (again >= 0) {
            op(WRITE, again, P("hostile"), 7);
            op(CLOSE, again, 0, 0);
        }
        for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
            around = around || call(NEWFSTATAT, fd, P(below[i]), P(status), 0, 0, 0) == 0;
            call(FCHMODAT, fd, P(below[i]), 0777, 0, 0, 0);
        }
    }
    for (long fd = 3; fd < 64; fd++) {
        terminal = terminal || op(IOCTL, fd, TERMINAL_ATTRIBUTES, P(status)) == 0;
    }
    tell("look-around-a-stream", around);
    tell("a-terminal-beside-the-streams", terminal);
    rest_ms(1000); /* a lock and a lease are looked for */
}

/* Whether the first process reaps an orphan of ours, within some time. */
static bool is_reaped(void)
{
    int ends[2];
    int orphan = 0;
    call(PIPE, P(ends), 0, 0, 0, 0, 0);
    long child = op(FORK, 0, 0, 0);
    if (child == 0) {
        int grandchild = (int)op(FORK, 0, 0, 0);
        if (grandchild != 0) {
            op(WRITE, ends[1], P(&grandchild), sizeof grandchild);
        }
        op(EXIT, 0, 0, 0);
    }
    op(READ, ends[0], P(&orphan), sizeof orphan);
    op6(WAIT4, child, 0, 0, 0, 0, 0);
    op(CLOSE, ends[0], 0, 0);
    op(CLOSE, ends[1], 0, 0);
    for (int i = 0; i < 500; i++) {
        if (op(KILL, orphan, 0, 0) != 0) {
            return true;
        }
        rest_ms(1);
    }
    return false;
}

/*
 * The log is a pipe to the first process: what is read here, after that has been told of it and before it comes, leaves it
 * waiting for more. Goes on till that shows, and then writes nothing any more.
 */
void race_for_the_log(void)
{
    char bytes[4096];
    unsigned chance = 1;
    long log = op(OPEN, P(link_of(1)), NON_BLOCKING, 0);
    for (long i = 0; log >= 0 && i < 200000; i++) {
        op(WRITE, 1, P("x"), 1);
        chance = chance * 1103515245 + 12345;
        for (volatile unsigned wait = chance >> 20; wait > 0; wait--) {}
        if (op(READ, log, P(bytes), sizeof bytes) > 0 && i % 8 == 0 && !is_reaped()) {
            break;
        }
    }
    for (;;) {
        rest_ms(100000);
    }
}

/* Directories in one another, as deep as it goes, at most as many as are asked for. */
void go_deep(void)
{
    long depth = 0;
    while (depth < number(given("depth")) && op(MKDIR, P("d"), 0755, 0) == 0 && op(CHDIR, P("d"), 0, 0) == 0) {
        depth++;
    }
    say("DEEP\n");
    rest_ms(60000);
    say("STAYED\n");
}

/* Files with nothing in them, at most 60,000. */
void make_files(void)
{
    long n = 0;
    char path[64];
    while (n < 60000) {
        copy(path, "/file-");
        append_number(path, n);
        long fd = op(OPEN, P(path), 0101, 0644);
        if (fd < 0) {
            break;
        }
        op(CLOSE, fd, 0, 0);
        n++;
    }
    say("MADE\n");
    rest_ms(60000);
    say("STAYED\n");
}

/* A file that nobody else can open at once, with a name that a terminal would obey. */
void lease_a_file(void)
{
    long fd = op(OPEN,
                 P("/\x1b]0;hostile\x07\xc2\x9b"
                   "31m"),
                 0102, 0644);
    say(fd >= 0 && op(FCNTL, fd, SETLEASE, 1) == 0 ? "leased\n" : "refused\n");
    for (;;) {
        rest_ms(100000);
    }
}

/* Orphans that stop and go on without end: each time the first process is told. */
void stop_and_go(void)
{
    enum { CHILDREN = 16 };
    long children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        int ends[2];
        int orphan = 0;
        call(PIPE, P(ends), 0, 0, 0, 0, 0);
        long child = op(FORK, 0, 0, 0);
        if (child == 0) {
            int grandchild = (int)op(FORK, 0, 0, 0);
            if (grandchild == 0) {
                for (;;) {
                    rest_ms(100000);
                }
            }
            op(WRITE, ends[1], P(&grandchild), sizeof grandchild);
            op(EXIT, 0, 0, 0);
        }
        op(READ, ends[0], P(&orphan), sizeof orphan);
        op6(WAIT4, child, 0, 0, 0, 0, 0);
        op(CLOSE, ends[0], 0, 0);
        op(CLOSE, ends[1], 0, 0);
        children[i] = orphan;
    }
    op(FORK, 0, 0, 0); /* two do it */
    for (;;) {
        for (int i = 0; i < CHILDREN; i++) {
            op(KILL, children[i], SIGNAL_STOP, 0);
            op(KILL, children[i], SIGNAL_CONTINUE, 0);
        }
    }
}

/* Terminals are numbered for the whole host. */
void take_terminals(void)
{
    long n = 0;
    char line[64] = "terminals ";
    while (n < 3000 && op(OPEN, P("/dev/ptmx"), 2, 0) >= 0) {
        n++;
    }
    append_number(line, n);
    append(line, "\n");
    say(line);
}

/* What the first process opens for programs that are given nothing. */
void replace_null(void)
{
    long fd = op(OPEN, P("/trap"), 0101, 0666);
    op(WRITE, fd, P("secret\n"), 7);
    op(CLOSE, fd, 0, 0);
    op(UNLINK, P("/dev/null"), 0, 0);
    op(RENAME, P("/dev/null"), P("/dev/null.was"), 0);
    say(op(SYMLINK, P("/trap"), P("/dev/null"), 0) == 0 ? "replaced\n" : "kept\n");
}
