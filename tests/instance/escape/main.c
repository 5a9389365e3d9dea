/* What a hostile program is asked to do: everything that ends by itself, or one thing that does not. */
#include "hostile.h"

enum { MAP_PRIVATE_ANONYMOUS_LINUX = 0x22, MAP_PRIVATE_ANONYMOUS_BSD = 0x1002, MEGABYTE = 1 << 20 };

static void count(const char *what, long n)
{
    char line[64];
    copy(line, what);
    append(line, " ");
    append_number(line, n);
    append(line, "\n");
    say(line);
}

/* As many processes as there can be, at most 300. */
static void forks(void)
{
    long n = 0;
    while (n < 300) {
        long child = op(FORK, 0, 0, 0);
        if (child == 0) {
            rest_ms(5000);
            op(EXIT, 0, 0, 0);
        }
        if (child < 0) {
            break;
        }
        n++;
    }
    count("processes", n);
}

/* Some processes that stay. */
static void stay(void)
{
    for (int i = 0; i < 8 && op(FORK, 0, 0, 0) != 0; i++) {}
    rest_ms(100000);
}

/* As much memory as there is, at most 1 GB, written to. */
static void memory(void)
{
    for (long n = 1; n <= 1024; n++) {
        long at =
            op6(MMAP, 0, MEGABYTE, 3, bsd && !raw ? MAP_PRIVATE_ANONYMOUS_BSD : MAP_PRIVATE_ANONYMOUS_LINUX, -1, 0);
        if (at < 0 && at > -4096) {
            break;
        }
        for (long i = 0; i < MEGABYTE; i += 4096) {
            ((volatile char *)at)[i] = 1;
        }
        if (n % 16 == 0) {
            count("megabytes", n);
        }
    }
}

static void descriptors(void)
{
    long n = 0;
    while (n < 100000 && op(OPEN, P("/"), 0, 0) >= 0) {
        n++;
    }
    count("descriptors", n);
}

/* At most 400 MB. */
static void disk(void)
{
    static char block[MEGABYTE];
    long fd = op(OPEN, P(given("file")), is_linux() ? 0x41 : 0x201, 0644);
    long n = 0;
    while (n < 400 && op(WRITE, fd, P(block), sizeof block) == sizeof block) {
        n++;
        op(FSYNC, fd, 0, 0);
        if (n % 16 == 0) {
            count("written", n);
        }
    }
    count("written", n);
    rest_ms(20000);
    say("STAYED\n");
}

/* A process that has nothing more to do with whoever started it. */
static void outlive(void)
{
    if (op(FORK, 0, 0, 0) == 0) {
        op(SETSID, 0, 0, 0);
        if (op(FORK, 0, 0, 0) == 0) {
            op(CLOSE, 0, 0, 0);
            op(CLOSE, 1, 0, 0);
            op(CLOSE, 2, 0, 0);
            for (;;) {
                rest_ms(100000);
            }
        }
        op(EXIT, 0, 0, 0);
    }
    op6(WAIT4, -1, 0, 0, 0, 0, 0);
    say("left\n");
}

/* Typing for whoever reads the terminal next. */
static void terminal(void)
{
    static const char line[] = "echo INJECTED\n";
    static const long numbers[] = {0x5412, 0x5412 | 1L << 32, 0x541c, 0x5423};
    bool typed = false;
    for (size_t i = 0; line[i] != '\0'; i++) {
        for (int n = 0; n < (is_linux() ? 2 : 1); n++) {
            typed = typed || op(IOCTL, 0, is_linux() ? numbers[n] : (long)0x80017472, P(line + i)) == 0;
        }
    }
    char selection[2] = {3, 0};
    int discipline = 0;
    tell("terminal-input", typed);
    if (is_linux()) {
        tell("console-paste", op(IOCTL, 0, numbers[2], P(selection)) == 0);
        tell("line-discipline", op(IOCTL, 0, numbers[3], P(&discipline)) == 0);
    }
}

/* Rubbish over every shared mapping that can be written: the engine's process table is one. Past the engine only. */
static void poison(void)
{
    static char maps[1 << 16];
    long fd = op(OPEN, P("/proc/self/maps"), 0, 0);
    long size = 0;
    for (long n; (n = op(READ, fd, P(maps + size), P(sizeof maps) - 1 - size)) > 0;) {
        size += n;
    }
    long written = 0;
    for (char *line = maps; *line != '\0';) {
        unsigned long ends[2] = {0, 0};
        char *at = line;
        for (int i = 0; i < 2; i++, at++) {
            for (; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++) {
                ends[i] = ends[i] * 16 + (unsigned long)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
            }
        }
        if (at[1] == 'w' && at[3] == 's') {
            memset((void *)ends[0], 0xff, ends[1] - ends[0]);
            written++;
        }
        while (*line != '\0' && *line != '\n') {
            line++;
        }
        line += *line == '\n';
    }
    count("poisoned", written);
}

/* Where it matters only how it was started. */
static void nothing(void)
{
    say("here\n");
}

static const struct {
    const char *name;
    void (*run)(void);
} asked[] = {
    {"nothing", nothing},
    {"forks", forks},
    {"stay", stay},
    {"memory", memory},
    {"descriptors", descriptors},
    {"disk", disk},
    {"outlive", outlive},
    {"terminal", terminal},
    {"poison", poison},
    {"files", try_files},
    {"network", try_network},
    {"processes", try_processes},
    {"streams", use_streams},
    {"log", race_for_the_log},
    {"deep", go_deep},
    {"churn", stop_and_go},
    {"terminals", take_terminals},
    {"lease", lease_a_file},
    {"nothing-in-them", make_files},
    {"null", replace_null},
    {"nameless", keep_nameless},
};

int hostile(char **argv)
{
    bsd = given("system")[0] == 'f';
    if (argv[1] != NULL && same(argv[1], "raw") && !become_raw()) {
        say("NO WAY past the engine\n");
        return 3;
    }
    const char *only = given("only");
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        if (same(only, asked[i].name)) {
            asked[i].run();
            return 0;
        }
    }
    try_files();
    try_proc();
    try_network();
    try_processes();
    try_kernel();
    say("done\n");
    return 0;
}
