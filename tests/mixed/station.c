/*
 * A station of a journey through programs of several systems (tests/mixed/run): the same source for each. Its first
 * argument says what to do, and the words behind it are mostly the command of the next station, with its environment.
 * It prints what it has seen, without numbers that are a system's own.
 */
#include "system.h"

static volatile int seen[SIGNALS];

static void on_signal(int signal)
{
    seen[signal]++;
}

static unsigned long length_of(const char *text)
{
    unsigned long n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A line of output: the texts up to a NULL, in one call, so that stations do not mix their lines. */
static void say(const char *const *texts)
{
    char line[400];
    unsigned long at = 0;
    for (unsigned i = 0; texts[i]; i++) {
        for (unsigned long k = 0; texts[i][k] != '\0' && at < sizeof line - 1; k++) {
            line[at++] = texts[i][k];
        }
    }
    line[at++] = '\n';
    if (system_write(1, line, at) != (long)at) {
        system_exit(90);
    }
}

#define SAY(...) say((const char *const[]){__VA_ARGS__, (const char *)0})

static const char *number(unsigned long value, char room[24])
{
    char *p = room + 23;
    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return p;
}

static long must(long result, const char *what)
{
    if (result < 0) {
        char room[24];
        SAY(system_name, ": ", what, " failed with ", number((unsigned long)-result, room));
        system_exit(91);
    }
    return result;
}

static const char *name_of(int signal)
{
    static const char names[SIGNALS][5] = {"none", "HUP",  "INT",  "KILL", "USR1", "USR2",
                                           "TERM", "CONT", "STOP", "TSTP", "TTOU", "CHLD"};
    return signal >= 0 && signal < SIGNALS ? names[signal] : "?";
}

static void say_event(const char *what, struct event event)
{
    static const char hows[][10] = {"ended", "killed", "stopped", "continued", "other"};
    char room[24];
    SAY(system_name, ": ", what, " ", hows[event.how], " ",
        event.how == ENDED ? number((unsigned long)event.of, room) : name_of(event.of));
}

/* Starts the next station; its standard input is `in`, unless that is negative. */
static long start(char **next, char **variables, int in, int unwanted, bool group)
{
    long pid = must(system_fork(), "fork");
    if (pid == 0) {
        if (group) {
            must(system_own_group(0), "setpgid");
        }
        if (in >= 0) {
            must(system_dup2(in, 0), "dup2");
            must(system_close(in), "close");
            must(system_close(unwanted), "close");
        }
        must(system_exec(next, variables), "exec");
    }
    return pid;
}

/* Ends as the child has: with its status, or by its signal. */
static _Noreturn void end_as(struct event event)
{
    if (event.how == KILLED) {
        must(system_kill(system_pid(), event.of), "kill");
        system_exit(92);
    }
    system_exit(event.how == ENDED ? event.of : 93);
}

static struct event child_event(long pid, bool stops, const char *what)
{
    struct event event;
    must(system_wait(pid, stops, &event), "wait");
    say_event(what, event);
    return event;
}

/* exec NEXT: becomes it, with the same pid, what was blocked blocked and what was ignored ignored. */
static void do_exec(char **next, char **variables)
{
    char room[24];
    SAY(system_name, ": pid ", number((unsigned long)system_pid(), room));
    must(system_exec(next, variables), "exec");
}

/* state: what came along. */
static void do_state(char **next, char **variables)
{
    char room[24];
    unsigned count = 0;
    while (variables[count]) {
        count++;
    }
    SAY(system_name, ": pid ", number((unsigned long)system_pid(), room));
    SAY(system_name, ": ", system_ignores(HUP) ? "ignores HUP" : "-", ", ", system_ignores(TERM) ? "ignores TERM" : "-",
        ", ", system_blocks(USR1) ? "blocks USR1" : "-", ", ", system_blocks(USR2) ? "blocks USR2" : "-", ", ",
        variables[0], ", ", number(count, room));
    system_exit(next[0] ? (int)length_of(next[0]) : 0);
}

/* set NEXT: ignores HUP, blocks USR1, has USR1 pending, becomes NEXT. */
static void do_set(char **next, char **variables)
{
    must(system_catch(HUP, (void (*)(int))0), "sigaction");
    must(system_catch(TERM, on_signal), "sigaction"); /* which exec takes back */
    must(system_block(USR1, true), "sigprocmask");
    must(system_kill(system_pid(), USR1), "kill");
    must(system_exec(next, variables), "exec");
}

/* pending: USR1, sent before it was this program, arrives once it is no longer blocked. */
static void do_pending(char **next, char **variables)
{
    (void)next;
    (void)variables;
    must(system_catch(USR1, on_signal), "sigaction");
    int before = seen[USR1];
    must(system_block(USR1, false), "sigprocmask");
    SAY(system_name, ": ", before == 0 && seen[USR1] == 1 ? "USR1 was pending" : "no USR1");
    system_exit(0);
}

/* fork NEXT: waits for it, tells, and ends as it did. */
static void do_fork(char **next, char **variables)
{
    end_as(child_event(start(next, variables, -1, -1, false), false, "its child"));
}

/* end STATUS */
static void do_end(char **next, char **variables)
{
    (void)variables;
    int status = 0;
    for (const char *p = next[0]; *p != '\0'; p++) {
        status = status * 10 + *p - '0';
    }
    system_exit(status);
}

/* die: of a signal of its own. */
static void do_die(char **next, char **variables)
{
    (void)next;
    (void)variables;
    must(system_kill(system_pid(), USR2), "kill");
    system_exit(94);
}

/* pipe NEXT: what it reads, each byte one more, goes to NEXT by a pipe. */
static void do_pipe(char **next, char **variables)
{
    static unsigned char data[5000];
    int ends[2];
    must(system_pipe(ends), "pipe");
    long pid = start(next, variables, ends[0], ends[1], false);
    must(system_close(ends[0]), "close");
    for (;;) {
        long n = must(system_read(0, data, sizeof data), "read");
        if (n == 0) {
            break;
        }
        for (long i = 0; i < n; i++) {
            data[i]++;
        }
        for (long done = 0; done < n;) {
            done += must(system_write(ends[1], data + done, (unsigned long)(n - done)), "write");
        }
    }
    must(system_close(ends[1]), "close");
    end_as(child_event(pid, false, "the pipe's reader"));
}

/* sum: of all it reads, with each byte's place in it. */
static void do_sum(char **next, char **variables)
{
    (void)next;
    (void)variables;
    static unsigned char data[7000];
    unsigned long sum = 0, count = 0;
    char rooms[2][24];
    for (;;) {
        long n = must(system_read(0, data, sizeof data), "read");
        if (n == 0) {
            break;
        }
        for (long i = 0; i < n; i++) {
            sum = (sum * 31 + data[i]) & 0xffffff;
        }
        count += (unsigned long)n;
    }
    SAY(system_name, ": ", number(count, rooms[0]), " bytes, ", number(sum, rooms[1]));
    system_exit(0);
}

/* await: four signals, one after the other; before each its parent gets USR1. TERM then ends it. */
static void do_await(char **next, char **variables)
{
    (void)next;
    (void)variables;
    static const enum signal_name each[] = {USR1, USR2, HUP, INT};
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        must(system_block(each[i], true), "sigprocmask");
        must(system_catch(each[i], on_signal), "sigaction");
    }
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        must(system_kill(system_parent(), USR1), "kill"); /* ready for the next one, which is blocked until then */
        system_await(each[i]);
        SAY(system_name, ": got ", name_of(each[i]), seen[each[i]] == 1 ? "" : " wrongly");
    }
    must(system_kill(system_parent(), USR1), "kill");
    system_await(TERM);
    system_exit(95);
}

/* signals NEXT: sends what `await` waits for; each time that it waits it says so by USR1. */
static void do_signals(char **next, char **variables)
{
    static const enum signal_name each[] = {USR1, USR2, HUP, INT, TERM};
    must(system_block(USR1, true), "sigprocmask");
    must(system_catch(USR1, on_signal), "sigaction");
    long pid = start(next, variables, -1, -1, false);
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        system_await(USR1);
        must(system_kill(pid, each[i]), "kill");
    }
    child_event(pid, false, "its child");
    system_exit(seen[USR1] == sizeof each / sizeof *each ? 0 : 96);
}

/* sleep: until a signal ends it; says when it begins, and each CONT. */
static void do_sleep(char **next, char **variables)
{
    (void)next;
    (void)variables;
    must(system_block(CONT, true), "sigprocmask");
    must(system_catch(CONT, on_signal), "sigaction");
    SAY(system_name, ": sleeps");
    for (;;) {
        system_await(CONT);
        SAY(system_name, ": goes on");
    }
}

/* job NEXT: stops it, lets it go on, kills it; as `sleep` says by a pipe that it sleeps, and goes on. */
static void do_job(char **next, char **variables)
{
    static const enum signal_name stops[] = {STOP, TSTP};
    char said[200];
    int ends[2];
    must(system_pipe(ends), "pipe");
    long pid = must(system_fork(), "fork");
    if (pid == 0) {
        must(system_own_group(0), "setpgid");
        must(system_dup2(ends[1], 1), "dup2");
        must(system_close(ends[0]), "close");
        must(system_close(ends[1]), "close");
        must(system_exec(next, variables), "exec");
    }
    must(system_close(ends[1]), "close");
    long n = must(system_read(ends[0], said, sizeof said), "read");
    system_write(1, said, (unsigned long)n);
    for (unsigned i = 0; i < sizeof stops / sizeof *stops; i++) {
        must(system_kill(pid, stops[i]), "kill");
        child_event(pid, true, "the job");
        must(system_kill(pid, CONT), "kill");
        child_event(pid, true, "the job");
        n = must(system_read(ends[0], said, sizeof said), "read");
        system_write(1, said, (unsigned long)n);
    }
    must(system_kill(pid, KILL), "kill");
    child_event(pid, true, "the job");
    system_exit(0);
}

/*
 * shell NEXT: a shell's part on a terminal: the job in the foreground, taken back at its stop (^Z), in the foreground
 * again, and at its death (^C). The job is `foreground`.
 */
static void do_shell(char **next, char **variables)
{
    must(system_catch(TTOU, (void (*)(int))0), "sigaction");
    must(system_block(USR1, true), "sigprocmask"); /* the job's, until it waits for it */
    long own = system_pid(), pid = start(next, variables, -1, -1, true);
    system_own_group(pid); /* the child does so too: whoever comes first; after its exec it may be refused */
    must(system_foreground(0, pid), "tcsetpgrp");
    must(system_kill(pid, USR1), "kill");
    struct event event = child_event(pid, true, "the job");
    must(system_foreground(0, own), "tcsetpgrp");
    if (event.how == STOPPED) {
        must(system_foreground(0, pid), "tcsetpgrp");
        must(system_kill(pid, CONT), "kill");
        child_event(pid, true, "the job");
        child_event(pid, true, "the job");
        must(system_foreground(0, own), "tcsetpgrp");
    }
    SAY(system_name, ": shell done");
    system_exit(0);
}

/* foreground: waits until it is that, tells of the terminal and of a line that is typed, then reads until a signal ends it. */
static void do_foreground(char **next, char **variables)
{
    (void)next;
    (void)variables;
    char line[100], rooms[2][24];
    unsigned short rows = 0, columns = 0;
    must(system_catch(USR1, on_signal), "sigaction");
    must(system_catch(TTOU, on_signal), "sigaction"); /* so that it is no longer ignored */
    must(system_catch(CONT, on_signal), "sigaction");
    system_await(USR1);
    must(system_window(0, &rows, &columns), "TIOCGWINSZ");
    SAY(system_name, ": a terminal of ", number(rows, rooms[0]), " by ", number(columns, rooms[1]));
    long n = must(system_read(0, line, sizeof line - 1), "read");
    line[n > 0 ? n - 1 : 0] = '\0';
    SAY(system_name, ": read \"", line, "\"");
    for (;;) {
        n = must(system_read(0, line, sizeof line - 1), "read");
        line[n > 0 ? n - 1 : 0] = '\0';
        SAY(system_name, ": read \"", line, "\" after ", number((unsigned long)seen[CONT], rooms[0]), " CONT");
    }
}

/* Entered by system_*.c. */
int station(char **arguments, char **variables);

int station(char **arguments, char **variables)
{
    static const struct {
        char name[12];
        void (*action)(char **, char **);
    } actions[] = {{"exec", do_exec},       {"state", do_state},     {"set", do_set},
                   {"pending", do_pending}, {"fork", do_fork},       {"end", do_end},
                   {"die", do_die},         {"pipe", do_pipe},       {"sum", do_sum},
                   {"await", do_await},     {"signals", do_signals}, {"sleep", do_sleep},
                   {"job", do_job},         {"shell", do_shell},     {"foreground", do_foreground}};
    for (unsigned i = 0; arguments[0] && arguments[1] && i < sizeof actions / sizeof *actions; i++) {
        if (same(arguments[1], actions[i].name)) {
            actions[i].action(arguments + 2, variables);
        }
    }
    return 97;
}
