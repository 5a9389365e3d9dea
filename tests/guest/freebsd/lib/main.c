/*
 * From the entry point to the tests, and the verdict on each.
 */
#include "guest.h"

void guest_vformat(char *buffer, size_t size, const char *format, va_list arguments);
void guest_start(uint64_t *block) __attribute__((noreturn));

extern const struct guest_test __start_guest_tests[] __attribute__((weak, visibility("hidden")));
extern const struct guest_test __stop_guest_tests[] __attribute__((weak, visibility("hidden")));

int guest_argc;
char **guest_argv;
char **guest_envp;
struct freebsd_auxv *guest_auxv;
const char *guest_self;

static bool failed;
static const char *skipped;
static char detail[700];

void guest_fail(const char *file, int line, const char *format, ...)
{
    char text[512];
    va_list arguments;
    const char *base = file;

    if (failed)
        return;
    failed = true;
    for (const char *s = file; *s != 0; s++)
        if (*s == '/')
            base = s + 1;
    va_start(arguments, format);
    guest_vformat(text, sizeof(text), format, arguments);
    va_end(arguments);
    guest_format(detail, sizeof(detail), "%s:%d: %s", base, line, text);
}

void guest_skip(const char *why)
{
    skipped = why;
}

bool guest_failed(void)
{
    return failed;
}

void guest_exit(int status)
{
    for (;;)
        SYS(exit, status);
}

bool guest_intercepted_by(const char *mode)
{
    static const char name[] = "GUEST_INTERCEPT=";

    for (char **e = guest_envp; *e != NULL; e++)
        if (guest_starts(*e, name))
            return guest_strcmp(*e + sizeof(name) - 1, mode) == 0;
    return false;
}

static bool wanted(const char *name)
{
    for (int i = 1; i < guest_argc; i++)
        if (guest_strcmp(guest_argv[i], name) == 0)
            return true;
    return guest_argc <= 1;
}

static int run_tests(void)
{
    int failures = 0;

    for (const struct guest_test *test = __start_guest_tests; test < __stop_guest_tests; test++) {
        if (!wanted(test->name))
            continue;
        failed = false;
        skipped = NULL;
        test->run();
        if (failed) {
            failures++;
            guest_printf("not ok %s # %s\n", test->name, detail);
        } else if (skipped != NULL) {
            guest_printf("skip %s # %s\n", test->name, skipped);
        } else {
            guest_printf("ok %s\n", test->name);
        }
    }
    return failures > 0;
}

uint64_t guest_aux(uint64_t type, bool *found)
{
    for (struct freebsd_auxv *a = guest_auxv; a->type != FREEBSD_AT_NULL; a++) {
        if (a->type == type) {
            if (found != NULL)
                *found = true;
            return a->value;
        }
    }
    if (found != NULL)
        *found = false;
    return 0;
}

/* The argument block: argc, argv, NULL, envp, NULL, auxiliary vector. */
void guest_start(uint64_t *block)
{
    char **at = (char **)block + 1;

    guest_argc = (int)block[0];
    guest_argv = at;
    at += guest_argc + 1;
    guest_envp = at;
    while (*at != NULL)
        at++;
    guest_auxv = (struct freebsd_auxv *)(at + 1);
    guest_self = (const char *)guest_aux(FREEBSD_AT_EXECPATH, NULL);
    if (guest_self == NULL)
        guest_self = guest_argv[0];
    for (int i = 0; i <= GUEST_SITE_TRAPS; i++)
        SYS(getppid);
    if (guest_argc > 1 && guest_starts(guest_argv[1], "--")) {
        if (guest_child == NULL)
            guest_exit(99);
        guest_exit(guest_child(guest_argc, guest_argv));
    }
    guest_exit(run_tests());
}

/* ---- processes ---- */

int guest_fork(void)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_fork, 0, 0, 0, 0, 0, 0);

    if (r.carry)
        return -(int)r.rax;
    return r.rdx == 1 ? 0 : (int)r.rax;
}

int guest_wait(int pid)
{
    int status = -1;
    int64_t got;

    do
        got = SYS(wait4, pid, &status, 0, 0);
    while (got == -FREEBSD_EINTR);
    if (got != pid) {
        guest_fail(__FILE__, __LINE__, "wait4(%d) gives %ld", pid, (long)got);
        return -1;
    }
    return status;
}

int guest_in_child(void (*function)(void *), void *argument)
{
    int pid = guest_fork();

    if (pid < 0) {
        guest_fail(__FILE__, __LINE__, "fork gives error %d", -pid);
        return -1;
    }
    if (pid == 0) {
        failed = false;
        function(argument);
        if (failed)
            guest_printf("# in a child: %s\n", detail);
        guest_exit(failed);
    }
    return guest_wait(pid);
}

/* ---- time, memory, files ---- */

uint64_t guest_clock(int clock)
{
    struct freebsd_timespec ts = {0, 0};

    SYS(clock_gettime, clock, &ts);
    return (uint64_t)ts.sec * 1000000000U + (uint64_t)ts.nsec;
}

void guest_sleep_ms(unsigned milliseconds)
{
    struct freebsd_timespec ts = {milliseconds / 1000, (int64_t)(milliseconds % 1000) * 1000000};

    while (SYS(nanosleep, &ts, &ts) == -FREEBSD_EINTR)
        ;
}

static void *fresh_pages(size_t size, int sharing)
{
    int64_t at = SYS(mmap, 0, size, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, sharing | FREEBSD_MAP_ANON, -1, 0);

    return at < 0 ? NULL : (void *)at;
}

void *guest_pages(size_t size)
{
    return fresh_pages(size, FREEBSD_MAP_PRIVATE);
}

void *guest_shared_pages(size_t size)
{
    return fresh_pages(size, FREEBSD_MAP_SHARED);
}

int guest_file(const char *path, const char *content)
{
    int fd = (int)SYS(open, path, FREEBSD_O_RDWR | FREEBSD_O_CREAT | FREEBSD_O_TRUNC, 0644);

    if (fd < 0)
        return fd;
    SYS(write, fd, content, guest_strlen(content));
    SYS(lseek, fd, 0, FREEBSD_SEEK_SET);
    return fd;
}

/* ---- signals ---- */

static int64_t set_action(int signo, freebsd_handler *handler, int flags)
{
    struct freebsd_sigaction action = {handler, flags, {{0}}};

    return SYS(sigaction, signo, &action, 0);
}

int64_t guest_handle(int signo, freebsd_handler *handler, int flags)
{
    return set_action(signo, handler, flags | FREEBSD_SA_SIGINFO);
}

int64_t guest_default(int signo)
{
    return set_action(signo, FREEBSD_SIG_DFL, 0);
}

int64_t guest_ignore(int signo)
{
    return set_action(signo, FREEBSD_SIG_IGN, 0);
}

static int64_t change_mask(int how, int signo)
{
    struct freebsd_sigset set = {{0}};

    guest_set_add(&set, signo);
    return SYS(sigprocmask, how, &set, 0);
}

int64_t guest_block(int signo)
{
    return change_mask(FREEBSD_SIG_BLOCK, signo);
}

int64_t guest_unblock(int signo)
{
    return change_mask(FREEBSD_SIG_UNBLOCK, signo);
}
