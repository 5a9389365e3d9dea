/* `dragoman stop` and `logs`, and what else is told to an instance that runs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_store.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/options.h"
#include "cli/world.h"

enum { STOP_MOST = 100000, FOLLOW_MS = 200 };

long world_option_number(int argc, char **argv, int *at, const char *letter, long most)
{
    const char *word = argv[*at];
    const char *value = strchr(word, '=') != NULL                        ? strchr(word, '=') + 1
                        : word[1] != '-' && word[strlen(letter)] != '\0' ? word + strlen(letter)
                        : *at + 1 < argc                                 ? argv[++*at]
                                                                         : "";
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number > most) {
        fail(EXIT_DRAGOMAN, "%s: wants a number up to %ld", word, most);
        return -1;
    }
    return number;
}

bool world_option_is(const char *word, const char *letter, const char *name)
{
    size_t length = strlen(name);
    return strncmp(word, letter, strlen(letter)) == 0 ||
           (strncmp(word, name, length) == 0 && (word[length] == '\0' || word[length] == '='));
}

int world_words(int argc, char **argv, world_option *take, void *context)
{
    int count = 0;
    bool options = true;
    for (int at = 1; at < argc; at++) {
        if (!options || argv[at][0] != '-' || argv[at][1] == '\0') {
            argv[1 + count++] = argv[at];
        } else if (strcmp(argv[at], "--") == 0) {
            options = false;
        } else {
            int status = take(context, argc, argv, &at);
            if (status != 0) {
                return -status;
            }
        }
    }
    return count;
}

static int check_name(const char *name)
{
    return instance_name_ok(name) ? 0
                                  : fail(EXIT_DRAGOMAN, "%s: no instance is called so (dragoman instance list)", name);
}

int world_stop(const char *name, long seconds)
{
    struct run_request request;
    struct keeper_link link;
    int directory;
    struct keeper_message m = {.kind = KEEPER_STOP, .value = (int)(seconds * 1000)};
    int status = check_name(name);
    if (status != 0) {
        return status;
    }
    if (keeper_find(name, &link) == 0) {
        channel_send(link.socket, &m, NULL, 0);
        named_wait(name, &link);
    } else {
        run_request_init(&request);
        snprintf(request.plan.name, sizeof request.plan.name, "%s", name);
        status = named_load(&request, NULL, NULL, false, &directory);
        if (status == 0) {
            close(directory);
        }
        run_request_clear(&request);
    }
    return status;
}

static int stop_one(const char *name, long seconds)
{
    int status = world_stop(name, seconds);
    if (status == 0) {
        printf("%s\n", name);
    }
    return status;
}

int world_ended(const char *name, int *ended)
{
    struct run_request request;
    int directory;
    time_t when;
    *ended = -1;
    run_request_init(&request);
    snprintf(request.plan.name, sizeof request.plan.name, "%s", name);
    int status = named_load(&request, NULL, NULL, false, &directory);
    run_request_clear(&request);
    if (status == 0) {
        *ended = instance_ended(directory, &when);
        close(directory);
    }
    return status;
}

int world_find(const char *name, struct keeper_link *out, int *ended)
{
    int before, status = check_name(name);
    out->socket = -1;
    if (status != 0 || keeper_find(name, out) == 0) {
        return status;
    }
    status = world_ended(name, &before);
    if (status != 0) {
        return status; /* there is none of that name */
    }
    if (ended != NULL && before >= 0) {
        out->socket = -1;
        *ended = before;
        return 0;
    }
    return fail(EXIT_DRAGOMAN, "%s: it is not running (dragoman start %s)", name, name);
}

int world_stop_option(void *context, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    long *seconds = context;
    if (!world_option_is(word, "-t", "--time")) {
        return fail(EXIT_DRAGOMAN, "%s: %s: unknown option (dragoman help %s)", argv[0], word, argv[0]);
    }
    *seconds = world_option_number(argc, argv, at, "-t", STOP_MOST);
    return *seconds < 0 ? EXIT_DRAGOMAN : 0;
}

int cmd_stop(int argc, char **argv)
{
    long seconds = WORLD_STOP_SECONDS;
    int count = world_words(argc, argv, world_stop_option, &seconds), status = 0;
    if (count <= 0) {
        return count < 0 ? -count
                         : fail(EXIT_DRAGOMAN, "stop: no instance given (dragoman stop [-t SECONDS] INSTANCE...)");
    }
    for (int at = 1; at <= count; at++) {
        int one = stop_one(argv[at], seconds);
        status = one != 0 ? one : status;
    }
    int written = finish_output(stdout);
    return status != 0 ? status : written;
}

/* Where the last `lines` lines begin. */
static off_t tail_of(int fd, long lines)
{
    char block[4096];
    struct stat st;
    off_t at = fstat(fd, &st) == 0 ? st.st_size : 0;
    bool last = true; /* the newline that ends the last line does not begin one */
    while (at > 0) {
        size_t size = at > (off_t)sizeof block ? sizeof block : (size_t)at;
        if (pread(fd, block, size, at - (off_t)size) != (ssize_t)size) {
            break;
        }
        for (size_t i = size; i-- > 0;) {
            if (block[i] == '\n' && !last && lines-- == 1) {
                return at - (off_t)size + (off_t)i + 1;
            }
            last = false;
        }
        at -= (off_t)size;
    }
    return 0;
}

/* Writes from *at to the file's end. */
static void copy_out(int fd, off_t *at)
{
    char block[65536];
    struct stat st;
    if (fstat(fd, &st) == 0 && st.st_size < *at) {
        *at = 0; /* its older half was let go */
    }
    for (ssize_t n; (n = pread(fd, block, sizeof block, *at)) > 0; *at += n) {
        if (fwrite(block, 1, (size_t)n, stdout) != (size_t)n) {
            return;
        }
    }
    fflush(stdout);
}

/* As long as the instance runs, and somebody reads. */
static void follow(const char *name, int fd, off_t *at)
{
    struct keeper_link link;
    while (keeper_find(name, &link) == 0 && !ferror(stdout)) {
        struct pollfd p[] = {{link.socket, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
        bool going = true;
        while (going && !ferror(stdout)) {
            going = poll(p, 2, FOLLOW_MS) == 0;
            copy_out(fd, at);
        }
        close(link.socket);
        if ((p[1].revents & (POLLERR | POLLHUP)) != 0) {
            return;
        }
    }
    copy_out(fd, at);
}

static int show_log(const char *name, long lines, bool follows)
{
    struct run_request request;
    int directory;
    run_request_init(&request);
    snprintf(request.plan.name, sizeof request.plan.name, "%s", name);
    int status = named_load(&request, NULL, NULL, false, &directory);
    run_request_clear(&request);
    if (status != 0) {
        return status;
    }
    int fd = openat(directory, LOG_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    close(directory);
    if (fd < 0 && error != ENOENT) {
        return fail(EXIT_DRAGOMAN, "%s/%s: %s (check the instance's directory)", name, LOG_FILE, strerror(error));
    }
    if (fd >= 0) {
        off_t at = lines >= 0 ? tail_of(fd, lines) : 0;
        copy_out(fd, &at);
        if (follows) {
            follow(name, fd, &at);
        }
        close(fd);
    }
    return finish_output(stdout);
}

struct logs_options {
    long lines;
    bool follows;
};

static int logs_option(void *context, int argc, char **argv, int *at)
{
    struct logs_options *o = context;
    const char *word = argv[*at];
    if (strcmp(word, "-f") == 0 || strcmp(word, "--follow") == 0) {
        o->follows = true;
        return 0;
    }
    if (world_option_is(word, "-n", "--tail")) {
        o->lines = world_option_number(argc, argv, at, "-n", 1000000000);
        return o->lines < 0 ? EXIT_DRAGOMAN : 0;
    }
    if (strcmp(word, "-t") == 0 || strcmp(word, "--timestamps") == 0 || strncmp(word, "--since", 7) == 0 ||
        strncmp(word, "--until", 7) == 0) {
        return fail(EXIT_DRAGOMAN,
                    "logs: %s: the log has no times (--tail N shows its end; programs that write times have them in "
                    "it)",
                    word);
    }
    return fail(EXIT_DRAGOMAN, "logs: %s: unknown option (dragoman help logs)", word);
}

int cmd_logs(int argc, char **argv)
{
    struct logs_options options = {.lines = -1};
    int count = world_words(argc, argv, logs_option, &options);
    if (count < 0) {
        return -count;
    }
    if (count != 1) {
        return fail(EXIT_DRAGOMAN, "logs: give one instance (dragoman logs [-f] [--tail N] INSTANCE)");
    }
    int status = check_name(argv[1]);
    return status != 0 ? status : show_log(argv[1], options.lines, options.follows);
}

int world_limit(const char *name, const struct run_request *request, bool *runs)
{
    const struct instance_limits *limits = &request->plan.limits;
    struct keeper_link link;
    struct keeper_message m = {.kind = KEEPER_LIMITS};
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    memcpy(m.number, limits, sizeof *limits);
    m.number[LIMITS_RESTART] = world_restart(request);
    m.number[LIMITS_RESTART + 1] = request->restart_max;
    *runs = keeper_find(name, &link) == 0;
    if (!*runs) {
        return 0;
    }
    int r = channel_send(link.socket, &m, NULL, 0);
    r = r == 0 ? keeper_answer(&link, &m, fds, &count) : r;
    close(link.socket);
    return r == 1 && m.kind == KEEPER_FAILED
               ? fail(EXIT_DRAGOMAN, "%s: %s; it is configured so from its next start on", name, m.text)
               : 0;
}
