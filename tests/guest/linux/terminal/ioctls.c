/*
 * ioctl(2) families: terminals (tty_ioctl(4)), FIONREAD and its kin, files, loop and block devices, random, rtc.
 */
#include "conf.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/loop.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

static void print_modes(const char *what, const struct termios *t)
{
    say("%s: iflag %o oflag %o cflag %o lflag %o", what, t->c_iflag, t->c_oflag, t->c_cflag, t->c_lflag);
    conf_bytes("characters", t->c_cc, 17);
}

TEST(attributes)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int number = -1;
    int unlock = 0;

    DEC(master >= 0);
    CALL(ioctl(master, TIOCGPTN, &number));
    DEC(number >= 0);
    CALL(ioctl(master, TIOCSPTLCK, &unlock));
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    struct termios t;

    CALL(tcgetattr(slave, &t));
    print_modes("at first", &t);
    say("speeds %u %u", (unsigned)cfgetispeed(&t), (unsigned)cfgetospeed(&t));
    cfmakeraw(&t);
    cfsetspeed(&t, B115200);
    CALL(tcsetattr(slave, TCSANOW, &t));
    memset(&t, 0, sizeof(t));
    CALL(tcgetattr(slave, &t));
    print_modes("raw", &t);
    CALL(tcsetattr(slave, TCSADRAIN, &t));
    CALL(tcsetattr(slave, TCSAFLUSH, &t));
    struct winsize size = {24, 80, 640, 480};

    CALL(ioctl(master, TIOCSWINSZ, &size));
    memset(&size, 0, sizeof(size));
    CALL(ioctl(slave, TIOCGWINSZ, &size));
    say("%u %u %u %u", size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel);
    int waiting = -1;

    write(master, "abc", 3);
    conf_sleep(5);
    CALL(ioctl(slave, FIONREAD, &waiting));
    DEC(waiting);
    CALL(ioctl(slave, TIOCOUTQ, &waiting));
    CALL(tcflush(slave, TCIFLUSH));
    CALL(ioctl(slave, FIONREAD, &waiting));
    DEC(waiting);
    int value = -1;

    CALL(ioctl(slave, TIOCGETD, &value));
    DEC(value);
    CALL(ioctl(master, TIOCPKT, &(int){1}));
    CALL(ioctl(slave, TIOCEXCL));
    CALL(ioctl(slave, TIOCGEXCL, &value));
    DEC(value);
    CALL(ioctl(slave, TIOCNXCL));
    CALL(tcsendbreak(slave, 0));
    CALL(tcdrain(slave));
    CALL(tcflow(slave, TCOOFF));
    CALL(tcflow(slave, TCOON));
    CALL(ioctl(slave, TIOCMGET, &value));
    CALL(ioctl(slave, TCGETS, WILD));
    CALL(ioctl(slave, TIOCGWINSZ, WILD));
    CALL(ioctl(slave, 0x5499, &value));
    CALL(ioctl(-1, TCGETS, &t));
    CALL(ioctl(conf_file("file", ""), TCGETS, &t));
    int pipes[2];

    pipe(pipes);
    CALL(ioctl(pipes[0], TCGETS, &t));
    CALL(isatty(slave));
    CALL(isatty(pipes[0]));
    struct {
        unsigned short flags[4];
        unsigned char line;
        unsigned char c_cc[8];
    } old;

    memset(&old, 0x55, sizeof(old));
    CALL(ioctl(slave, 0x5405 /* TCGETA */, &old));
    say("%o %o %o %o", old.flags[0], old.flags[1], old.flags[2], old.flags[3]);
    CALL(close(slave));
    char byte;

    fcntl(master, F_SETFL, O_NONBLOCK);
    do
        errno = 0;
    while (read(master, &byte, 1) > 0);
    say("master without a slave: %s", conf_errno(errno));
}

static volatile sig_atomic_t last_signal;

static void remember(int signal)
{
    last_signal = signal;
}

TEST(job_control)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    grantpt(master);
    unlockpt(master);
    pid_t child = fork();

    if (child == 0) {
        setsid();
        int slave = open(ptsname(master), O_RDWR);

        CALL(ioctl(slave, TIOCSCTTY, 0));
        DEC(tcgetpgrp(slave) == getpid());
        DEC(tcgetsid(slave) == getpid());
        conf_handle(SIGINT, remember, 0);
        conf_handle(SIGWINCH, remember, 0);
        write(master, "\003", 1);
        while (last_signal != SIGINT)
            conf_sleep(1);
        say("interrupted by %d", last_signal);
        struct winsize size = {10, 20, 0, 0};

        CALL(ioctl(slave, TIOCSWINSZ, &size));
        while (last_signal != SIGWINCH)
            conf_sleep(1);
        say("resized: %d", last_signal);
        pid_t job = fork();

        if (job == 0) {
            setpgid(0, 0);
            char byte;

            signal(SIGTTIN, SIG_DFL);
            read(slave, &byte, 1);
            _exit(1);
        }
        int status;

        setpgid(job, job);
        waitpid(job, &status, WUNTRACED);
        conf_status("a job in the background that reads", status);
        kill(job, SIGKILL);
        waitpid(job, NULL, 0);
        CALL(tcsetpgrp(slave, 1));
        CALL(tcsetpgrp(slave, getpgrp()));
        CALL(ioctl(slave, TIOCNOTTY));
        CALL(open("/dev/tty", O_RDWR));
        _exit(0);
    }
    ended("the session", child);
    CALL(ioctl(master, TIOCSCTTY, 0));
}

TEST(line_discipline)
{
    int master;
    int slave;
    char text[64] = "";

    CALL(openpty(&master, &slave, NULL, NULL, NULL) >= 0);
    write(master, "abc\177d\n", 6);
    CALL(read(slave, text, sizeof(text)));
    BYTES(text, 4);
    conf_sleep(5);
    memset(text, 0, sizeof(text));
    ssize_t got = read(master, text, sizeof(text));

    BYTES(text, (size_t)(got > 0 ? got : 0));
    write(slave, "x\ny", 3);
    conf_sleep(5);
    got = read(master, text, sizeof(text));
    BYTES(text, (size_t)(got > 0 ? got : 0));
    write(master, "\004", 1);
    CALL(read(slave, text, sizeof(text)));
}

TEST(of_files)
{
    int fd = conf_file("file", "0123456789");
    int value = -1;
    long flags = 0;

    CALL(ioctl(fd, FIONREAD, &value));
    DEC(value);
    int on = 1;

    CALL(ioctl(fd, FIONBIO, &on));
    say("%#o", fcntl(fd, F_GETFL) & O_NONBLOCK);
    CALL(ioctl(fd, FIOCLEX));
    CALL(fcntl(fd, F_GETFD));
    CALL(ioctl(fd, FIONCLEX));
    CALL(fcntl(fd, F_GETFD));
    CALL(ioctl(fd, FIGETBSZ, &value));
    DEC(value > 0);
    int flags_result = ioctl(fd, FS_IOC_GETFLAGS, &flags);

    say("flags: %s", flags_result == 0 || errno == ENOTTY || errno == EOPNOTSUPP ? "as expected" : conf_errno(errno));
    struct {
        struct fiemap map;
        struct fiemap_extent extents[4];
    } map;

    memset(&map, 0, sizeof(map));
    map.map.fm_length = ~0ULL;
    map.map.fm_extent_count = 4;
    fsync(fd);
    OK(ioctl(fd, FS_IOC_FIEMAP, &map));
    DEC(map.map.fm_mapped_extents <= 4);
    CALL(ioctl(fd, FIONREAD, WILD));
    CALL(ioctl(fd, 0x12345678, &value));
    int into = conf_file("into", "");
    int cloned = ioctl(into, FICLONE, fd);

    say("clone: %s",
        cloned == 0 || errno == EOPNOTSUPP || errno == EXDEV || errno == EINVAL ? "as expected" : conf_errno(errno));
    CALL(ioctl(into, FICLONE, -1));
}

TEST(of_devices)
{
    int random = open("/dev/urandom", O_RDONLY);
    int value = -1;

    CALL(ioctl(random, RNDGETENTCNT, &value));
    DEC(value >= 0);
    int null = open("/dev/null", O_RDWR);

    CALL(ioctl(null, BLKGETSIZE64, &value));
    CALL(ioctl(null, TCGETS, &value));
    int file = conf_file("file", "x");
    unsigned long sectors;

    CALL(ioctl(file, BLKGETSIZE, &sectors));
    CALL(ioctl(file, BLKSSZGET, &value));
    CALL(ioctl(file, LOOP_GET_STATUS64, &value));
    CALL(ioctl(file, HDIO_GETGEO, &value));
    int clock = open("/dev/rtc", O_RDONLY);

    if (clock >= 0) {
        struct rtc_time now;

        OK(ioctl(clock, RTC_RD_TIME, &now));
    }
}
