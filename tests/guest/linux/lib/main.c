/*
 * The conformance programs' main and helpers: conf.h.
 */
#include "conf.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

extern const struct conf_test *const __start_conf_tests[];
extern const struct conf_test *const __stop_conf_tests[];

int conf_argc;
char **conf_argv;
char conf_program[PATH_MAX];

enum { LINE_MAX_BYTES = 1000, CASE_SECONDS = 40 };

void say(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;
    int error = errno;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof(line) - 2)
        length = (int)sizeof(line) - 2;
    line[length++] = '\n';
    /* One write a line: threads and children may speak at once. */
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(99);
    errno = error;
}

const char *conf_errno(int error)
{
#ifdef __GLIBC__
    const char *name = strerrorname_np(error);

    if (name)
        return name;
#endif
    static __thread char number[16];

    snprintf(number, sizeof(number), "E%d", error);
    return number;
}

void conf_value(const char *what, long long value, bool failed)
{
    if (failed)
        say("%s = -1 %s", what, conf_errno(errno));
    else
        say("%s = %lld", what, value);
}

void conf_ok(const char *what, bool ok)
{
    say("%s: %s", what, ok ? "ok" : conf_errno(errno));
}

void conf_text(const char *what, const char *text)
{
    say("%s = \"%s\"", what, text ? text : "(null)");
}

void conf_bytes(const char *what, const void *bytes, size_t length)
{
    char text[2 * 200 + 1];
    const uint8_t *from = bytes;

    if (length > 200)
        length = 200;
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", from[i]);
    text[2 * length] = 0;
    say("%s = %s", what, text);
}

void conf_status(const char *what, int status)
{
    if (WIFEXITED(status))
        say("%s: exit %d", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        say("%s: signal %d%s", what, WTERMSIG(status), WCOREDUMP(status) ? " (core)" : "");
    else if (WIFSTOPPED(status))
        say("%s: stopped %d", what, WSTOPSIG(status));
    else
        say("%s: %s", what, WIFCONTINUED(status) ? "continued" : "status of no kind");
}

void ended(const char *what, pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            say("%s: waitpid %s", what, conf_errno(errno));
            return;
        }
    }
    conf_status(what, status);
}

int conf_file(const char *name, const char *content)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
    size_t length = strlen(content);

    if (fd < 0 || write(fd, content, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0) {
        say("cannot make %s: %s", name, conf_errno(errno));
        _exit(98);
    }
    return fd;
}

long long conf_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void conf_sleep(int milliseconds)
{
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

void conf_await_sleep(pid_t task)
{
    char path[64];
    char text[512];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)task, (int)task);
    if (access(path, F_OK) < 0)
        snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)task);
    /* Twice in a row: it may sleep on its way there. */
    for (int tries = 0, asleep = 0; tries < 4000 && asleep < 3; tries++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

        if (fd >= 0)
            close(fd);
        text[length > 0 ? length : 0] = 0;
        const char *state = strrchr(text, ')');

        asleep = state && state[2] == 'S' ? asleep + 1 : 0;
        conf_sleep(5);
    }
}

void conf_handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, NULL) < 0)
        say("sigaction %d: %s", signal, conf_errno(errno));
}

/* Runs one case in a child, in a directory of its own. */
static void run_case(const struct conf_test *test)
{
    char folder[256];

    snprintf(folder, sizeof(folder), "%s.%s", test->subject, test->name);
    for (char *c = folder; *c; c++) {
        if (*c == '/')
            *c = '-';
    }
    say("[%s.%s]", test->subject, test->name);
    pid_t child = fork();

    if (child == 0) {
        if (mkdir(folder, 0755) < 0 || chdir(folder) < 0) {
            say("no directory: %s", conf_errno(errno));
            _exit(97);
        }
        alarm(CASE_SECONDS);
        umask(022);
        test->run();
        _exit(0);
    }
    ended("the case", child);
}

static bool is_wanted(const struct conf_test *test, int argc, char **argv)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++) {
        size_t length = strlen(test->subject);

        if (strncmp(argv[i], test->subject, length) == 0 &&
            (argv[i][length] == 0 || (argv[i][length] == '.' && strcmp(argv[i] + length + 1, test->name) == 0)))
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    size_t count = (size_t)(__stop_conf_tests - __start_conf_tests);

    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            printf("%s.%s\n", __start_conf_tests[i]->subject, __start_conf_tests[i]->name);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--") == 0) {
        /* Executed by a case: "-- subject.case words", and the case finds that it is the new image. */
        conf_argc = argc - 3;
        conf_argv = argv + 3;
        for (size_t i = 0; i < count; i++) {
            if (is_wanted(__start_conf_tests[i], 2, argv + 1)) {
                __start_conf_tests[i]->run();
                return 0;
            }
        }
        return 96;
    }
    ssize_t length = readlink("/proc/self/exe", conf_program, sizeof(conf_program) - 1);

    conf_program[length > 0 ? length : 0] = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(__start_conf_tests[i], argc, argv))
            run_case(__start_conf_tests[i]);
    }
    return 0;
}
