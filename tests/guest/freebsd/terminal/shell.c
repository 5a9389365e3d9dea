/*
 * A shell with job control, small but whole: tests/terminal/run types at it. What a job-control shell has to do: The GNU
 * C Library's manual and POSIX (2.11, Job control); the calls are FreeBSD's (tty(4), tcsetpgrp(3), wait(2)).
 *
 *   shell --shell      reads commands: a program and its arguments, & at the end for the background; jobs, fg, bg, status
 *                      (makes ^T the terminal's status character), exit
 *   shell --sleep      says "up" and sleeps; says "info" for SIGINFO, "size ROWS COLUMNS" for SIGWINCH
 *   shell --read       reads a line and says "got" and the line
 *   shell --write      says "out" ten times
 *   shell --screen     as a full-screen program: raw, alternate screen, each key by its number until q, then as before
 */
#include "terminals.h"

enum { JOBS = 8, WORDS = 16 };

static struct job {
    int pid; /* and process group; 0: free */
    bool stopped;
    char name[256];
} jobs[JOBS];

static char **environment;

static void say(const char *text)
{
    SYS(write, 1, text, guest_strlen(text));
}

/* A line from the terminal; false at the end of the file. */
static bool read_line(char *line, size_t size)
{
    int64_t n;

    do
        n = SYS(read, 0, line, size - 1);
    while (n == -FREEBSD_EINTR);
    if (n <= 0)
        return false;
    line[n - (line[n - 1] == '\n')] = 0;
    return true;
}

static void to_foreground(int32_t group)
{
    SYS(ioctl, 0, TIOCSPGRP, &group);
}

/* What has become of a job. */
static void report(struct job *j, int status)
{
    int number = (int)(j - jobs) + 1;

    if ((status & 0xff) == 0x7f) {
        j->stopped = true;
        guest_printf("[%d] stopped by %d: %s\n", number, status >> 8, j->name);
        return;
    }
    if (status == FREEBSD_WCONTINUED_STATUS) {
        j->stopped = false;
        return;
    }
    if (status & 0x7f)
        guest_printf("[%d] killed by %d: %s\n", number, status & 0x7f, j->name);
    else
        guest_printf("[%d] done with %d: %s\n", number, status >> 8, j->name);
    j->pid = 0;
}

static void wait_for(struct job *j)
{
    int status;

    do {
        if (SYS(wait4, j->pid, &status, FREEBSD_WUNTRACED, 0) == -FREEBSD_EINTR)
            continue;
        report(j, status);
    } while (j->pid != 0 && !j->stopped);
    to_foreground((int32_t)SYS(getpgrp));
}

static void look_at_jobs(void)
{
    int status;

    for (int i = 0; i < JOBS; i++) {
        while (jobs[i].pid != 0 && SYS(wait4, jobs[i].pid, &status,
                                       FREEBSD_WUNTRACED | FREEBSD_WCONTINUED | FREEBSD_WNOHANG, 0) == jobs[i].pid)
            report(&jobs[i], status);
    }
}

static void continue_job(struct job *j, bool front)
{
    if (front)
        to_foreground(j->pid);
    guest_printf("%s\n", j->name);
    j->stopped = false;
    SYS(kill, -j->pid, FREEBSD_SIGCONT);
    if (front)
        wait_for(j);
}

static void begin(char **words, bool front)
{
    static const int keys[] = {FREEBSD_SIGINT, FREEBSD_SIGQUIT, FREEBSD_SIGTSTP, FREEBSD_SIGTTIN, FREEBSD_SIGTTOU};
    struct job *j = jobs;

    while (j < jobs + JOBS - 1 && j->pid != 0)
        j++;
    j->pid = guest_fork();
    if (j->pid == 0) {
        SYS(setpgid, 0, 0);
        if (front)
            to_foreground((int32_t)SYS(getpid));
        for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            guest_default(keys[i]);
        SYS(execve, words[0], words, environment);
        say("not found\n");
        guest_exit(127);
    }
    SYS(setpgid, j->pid, j->pid);
    j->stopped = false;
    guest_format(j->name, sizeof(j->name), "%s %s", words[0], words[1] ? words[1] : "");
    if (front) {
        to_foreground(j->pid);
        wait_for(j);
    }
}

static void run_command(char *line)
{
    char *words[WORDS + 1] = {NULL};
    int count = 0, last = -1;
    bool front = true;

    for (char *at = line; *at != 0 && count < WORDS; at++) {
        if (*at == ' ')
            *at = 0;
        else if (at == line || at[-1] == 0)
            words[count++] = at;
    }
    if (count > 1 && guest_strcmp(words[count - 1], "&") == 0) {
        front = false;
        words[--count] = NULL;
    }
    for (int i = 0; i < JOBS; i++)
        last = jobs[i].pid != 0 ? i : last;
    if (count == 0)
        return;
    if (guest_strcmp(words[0], "jobs") == 0) {
        for (int i = 0; i < JOBS; i++) {
            if (jobs[i].pid != 0)
                guest_printf("[%d] %s: %s\n", i + 1, jobs[i].stopped ? "stopped" : "running", jobs[i].name);
        }
    } else if (guest_strcmp(words[0], "fg") == 0 || guest_strcmp(words[0], "bg") == 0) {
        if (last >= 0)
            continue_job(&jobs[last], words[0][0] == 'f');
    } else if (guest_strcmp(words[0], "status") == 0) {
        struct freebsd_termios t;

        SYS(ioctl, 0, TIOCGETA, &t);
        t.cc[CC_VSTATUS] = STATUS_KEY;
        SYS(ioctl, 0, TIOCSETA, &t);
    } else {
        begin(words, front);
    }
}

static int shell(void)
{
    char line[256];
    struct freebsd_termios own, now;

    /* Begun by another shell: waits until it is in the foreground, then leads a group of its own. */
    SYS(setpgid, 0, 0);
    guest_ignore(FREEBSD_SIGINT);
    guest_ignore(FREEBSD_SIGQUIT);
    guest_ignore(FREEBSD_SIGTSTP);
    guest_ignore(FREEBSD_SIGTTIN);
    guest_ignore(FREEBSD_SIGTTOU);
    to_foreground((int32_t)SYS(getpgrp));
    SYS(ioctl, 0, TIOCGETA, &own);
    for (;;) {
        look_at_jobs();
        say("ready> ");
        if (!read_line(line, sizeof(line)) || guest_strcmp(line, "exit") == 0)
            return 0;
        run_command(line);
        SYS(ioctl, 0, TIOCGETA, &now);
        own.cc[CC_VSTATUS] = now.cc[CC_VSTATUS];
        SYS(ioctl, 0, TIOCSETAW, &own); /* whatever a job that was stopped has left */
    }
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    struct freebsd_winsize size;

    (void)info;
    (void)context;
    if (signo == FREEBSD_SIGINFO) {
        say("info\n");
    } else {
        SYS(ioctl, 1, TIOCGWINSZ, &size);
        guest_printf("size %d %d\n", size.row, size.col);
    }
}

static int sleeper(void)
{
    guest_handle(FREEBSD_SIGINFO, on_signal, FREEBSD_SA_RESTART);
    guest_handle(FREEBSD_SIGWINCH, on_signal, FREEBSD_SA_RESTART);
    say("up\n");
    for (;;)
        guest_sleep_ms(1000);
}

static int screen(void)
{
    struct freebsd_termios own, raw;
    char key = 0;

    SYS(ioctl, 0, TIOCGETA, &own);
    raw = own;
    raw.lflag &= ~(uint32_t)(LFLAG_ICANON | LFLAG_ECHO | LFLAG_ISIG | LFLAG_IEXTEN);
    raw.iflag &= ~(uint32_t)(IFLAG_ICRNL | IFLAG_IXON);
    raw.oflag &= ~(uint32_t)OFLAG_OPOST;
    raw.cc[CC_VMIN] = 1;
    raw.cc[CC_VTIME] = 0;
    SYS(ioctl, 0, TIOCSETAF, &raw);
    guest_printf("\033[?1049h\033[H\033[2Jscreen\r\n");
    while (key != 'q' && SYS(read, 0, &key, 1) == 1)
        guest_printf("key %d\r\n", key);
    guest_printf("\033[?1049l");
    SYS(ioctl, 0, TIOCSETAW, &own);
    return 0;
}

int guest_child(int argc, char **argv)
{
    char line[256];

    environment = argv + argc + 1;
    if (guest_strcmp(argv[1], "--shell") == 0)
        return shell();
    if (guest_strcmp(argv[1], "--sleep") == 0)
        return sleeper();
    if (guest_strcmp(argv[1], "--screen") == 0)
        return screen();
    if (guest_strcmp(argv[1], "--read") == 0) {
        if (!read_line(line, sizeof(line)))
            return 3;
        guest_printf("got %s\n", line);
        return 0;
    }
    for (int i = 0; i < 10; i++)
        say("out\n");
    return 0;
}

/* The shell itself needs a terminal and somebody who types: here it only ends with its input. */
TEST(ends_with_its_input)
{
    char *argv[] = {"shell", "--shell", NULL}, *none[] = {NULL};
    int32_t ends[2], out[2];
    char buffer[16];
    int pid;

    CHECK_OK(SYS(pipe2, ends, 0));
    CHECK_OK(SYS(pipe2, out, 0));
    pid = guest_fork();
    if (pid == 0) {
        SYS(dup2, ends[0], 0);
        SYS(dup2, out[1], 1);
        SYS(close, ends[1]);
        SYS(execve, guest_self, argv, none);
        guest_exit(99);
    }
    CHECK_OK(SYS(close, ends[1]));
    CHECK_EQ(guest_wait(pid), 0);
    CHECK_EQ(SYS(read, out[0], buffer, sizeof(buffer)), 7);
    CHECK_EQ(memcmp(buffer, "ready> ", 7), 0);
}
