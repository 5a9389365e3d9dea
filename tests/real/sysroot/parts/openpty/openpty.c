/* openpty(3), forkpty(3), login_tty(3), ptsname(3), ttyname(3), ctermid(3), tcgetsid(3) and their kin, of a tree's libc. */
#include <sys/types.h>

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libutil.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void verdict(const char *name, bool held)
{
    if (held)
        printf("ok %s\n", name);
    else
        printf("not ok %s # errno %d\n", name, errno);
    fflush(stdout);
}

/* Reads from fd until the text has come. */
static bool expect(int fd, const char *text)
{
    char seen[4096];
    size_t length = 0;

    for (;;) {
        ssize_t n = read(fd, seen + length, sizeof(seen) - 1 - length);

        if (n <= 0)
            return false;
        length += (size_t)n;
        seen[length] = '\0';
        if (strstr(seen, text) != NULL)
            return true;
    }
}

static void names(void)
{
    char slave[64], name[64];
    int fd = posix_openpt(O_RDWR | O_NOCTTY), other;

    verdict("posix_openpt", fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0);
    verdict("ptsname", ptsname(fd) != NULL && strncmp(ptsname(fd), "/dev/pts/", 9) == 0);
    snprintf(slave, sizeof(slave), "%s", ptsname(fd));
    other = open(slave, O_RDWR | O_NOCTTY);
    verdict("isatty", isatty(other) == 1 && isatty(fd) == 1);
    verdict("ttyname", ttyname(other) != NULL && strcmp(ttyname(other), slave) == 0 &&
                           ttyname_r(other, name, sizeof(name)) == 0 && strcmp(name, slave) == 0);
    verdict("ptsname-of-a-slave", ptsname(other) == NULL && errno != 0);
    errno = 0;
    verdict("isatty-of-others",
            isatty(open("/dev/null", O_RDWR)) == 0 && errno == ENOTTY && isatty(99) == 0 && errno == EBADF);
    verdict("ctermid", strcmp(ctermid(name), "/dev/tty") == 0);
    close(other);
    close(fd);
}

static void attributes(void)
{
    struct termios t, got;
    struct winsize size = {11, 22, 33, 44}, read_back;
    char name[64];
    int master, slave;

    cfmakesane(&t);
    cfsetspeed(&t, 115200);
    t.c_cc[VSTATUS] = 'x';
    t.c_lflag |= NOKERNINFO;
    verdict("openpty", openpty(&master, &slave, name, &t, &size) == 0);
    verdict("openpty-attributes", tcgetattr(slave, &got) == 0 && memcmp(&t, &got, sizeof(t)) == 0);
    verdict("openpty-size", ioctl(slave, TIOCGWINSZ, &read_back) == 0 && memcmp(&size, &read_back, sizeof(size)) == 0);
    cfmakeraw(&t);
    verdict("cfmakeraw", tcsetattr(slave, TCSAFLUSH, &t) == 0 && tcgetattr(slave, &got) == 0 &&
                             got.c_lflag == t.c_lflag && got.c_iflag == t.c_iflag && got.c_oflag == t.c_oflag);
    verdict("speeds", cfgetispeed(&got) == 115200 && cfgetospeed(&got) == 115200);
    verdict("tcflow", tcflow(slave, TCOOFF) == 0 && tcflow(slave, TCOON) == 0);
    verdict("tcflush", tcflush(slave, TCIOFLUSH) == 0 && tcdrain(slave) == 0);
    verdict("tcsendbreak", tcsendbreak(slave, 0) == 0);
    close(slave);
    close(master);
}

static void sessions(void)
{
    int master, status, fd;
    pid_t pid = forkpty(&master, NULL, NULL, NULL);

    if (pid == 0) {
        bool held = getsid(0) == getpid() && tcgetsid(0) == getpid() && tcgetpgrp(1) == getpgrp();

        fd = open(ctermid(NULL), O_RDWR);
        held = held && fd >= 0 && ttyname(fd) != NULL && strcmp(ttyname(fd), ttyname(0)) == 0;
        dprintf(fd, held ? "a session\n" : "none\n");
        _exit(held ? 5 : 6);
    }
    verdict("forkpty", pid > 0 && expect(master, "a session\r\n"));
    verdict("forkpty-end", waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5);
    verdict("end-of-file", read(master, &status, 1) == 0);
    close(master);
}

static void hangup(void)
{
    int master, status;
    pid_t pid = forkpty(&master, NULL, NULL, NULL);

    if (pid == 0) {
        dprintf(1, "ready\n");
        for (;;)
            pause();
    }
    expect(master, "ready");
    close(master);
    verdict("hangs-up", waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
}

static void jobs(void)
{
    int master, status;
    pid_t pid = forkpty(&master, NULL, NULL, NULL);

    if (pid == 0) {
        char byte;
        pid_t job = fork();

        if (job == 0) {
            setpgid(0, 0);
            _exit(read(0, &byte, 1) == 1 ? 7 : 8);
        }
        setpgid(job, job);
        bool held = waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN;

        held = held && tcsetpgrp(0, job) == 0 && killpg(job, SIGCONT) == 0;
        held = held && waitpid(job, &status, WCONTINUED) == job && WIFCONTINUED(status);
        dprintf(1, held ? "continued\n" : "not so\n");
        held = held && waitpid(job, &status, 0) == job && WEXITSTATUS(status) == 7;
        _exit(held ? 0 : 1);
    }
    verdict("background-job", expect(master, "continued"));
    write(master, "x\n", 2);
    verdict("foreground-job", waitpid(pid, &status, 0) == pid && status == 0);
    close(master);
}

int main(void)
{
    names();
    attributes();
    sessions();
    hangup();
    jobs();
    return 0;
}
