#include "cli/world_named.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_store.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/world.h"

extern char **environ;

enum {
    TRY_MS = 10,           /* between looks at a keeper that is starting or ending */
    START_WAIT_MS = 60000, /* a machine that starts hundreds at once */
};

static int look_at(struct run_request *request, int *directory)
{
    struct instance_store store;
    struct instance instance;
    char where[PATH_MAX + 16];
    int status = instance_store_open(&store);
    if (status != 0) {
        return status;
    }
    status = instance_open(&store, request->plan.name, INSTANCE_LOOK, false, &instance);
    if (status == 0) {
        snprintf(where, sizeof where, "%s/config", instance.path);
        status = instance_config_apply(&instance.config, where, request);
        request->plan.owners = instance.config.owners;
        *directory = instance.fd;
        instance.fd = -1;
        instance_close(&instance);
    }
    instance_store_close(&store);
    return status;
}

int named_load(struct run_request *request, apply_arguments *also, void *context, bool lock, int *directory)
{
    struct run_request fresh;
    *directory = -1;
    run_request_init(&fresh);
    int status = options_from_surroundings(&fresh, environ);
    memcpy(fresh.plan.name, request->plan.name, sizeof fresh.plan.name);
    if (status == 0) {
        status = lock ? instance_load(&fresh, directory) : look_at(&fresh, directory);
    }
    if (status == 0 && also != NULL) {
        status = also(&fresh, context);
    }
    status = status != 0 ? status : isolation_check(&fresh);
    if (status != 0) {
        run_request_clear(&fresh);
        return status;
    }
    run_request_clear(request);
    *request = fresh;
    return 0;
}

/* NAME.lock, which a running instance's keeper holds. Returns a descriptor, or a negative exit status. */
static int open_guard(const char *name)
{
    char file[INSTANCE_NAME_MAX + 8];
    int directory = keeper_directory();
    if (directory < 0) {
        return directory;
    }
    snprintf(file, sizeof file, "%s.lock", name);
    int fd = openat(directory, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = errno;
    close(directory);
    return fd >= 0 ? fd
                   : -fail(EXIT_DRAGOMAN, "%s: %s (free some room in the directory for running programs)", file,
                           strerror(error));
}

static void rest(void)
{
    const struct timespec t = {0, TRY_MS * 1000000L};
    nanosleep(&t, NULL);
}

enum keeper_restart world_restart(const struct run_request *request)
{
    return request->restart == RESTART_NO           ? KEEPER_RESTART_NO
           : request->restart == RESTART_ON_FAILURE ? KEEPER_RESTART_ON_FAILURE
                                                    : KEEPER_RESTART_ALWAYS;
}

static void let_go(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

static int start_new(struct run_request *request, const struct named_how *how, int guard, struct keeper_link *out)
{
    struct keeper_start start = {
        .lock = -1, .guard = guard, .log = -1, .ended = -1, .log_max = LOG_MAX, .lingers = how->lingers};
    int directory;
    int status = named_load(request, how->also, how->context, true, &directory);
    if (status != 0) {
        return status;
    }
    start.lock = directory;
    start.stop_signal = request->program.stop_signal;
    start.restart_max = request->restart_max;
    start.restart = world_restart(request);
    if (how->logs) {
        start.log = openat(directory, LOG_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        start.ended = openat(directory, ENDED_FILE, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (start.log < 0 || start.ended < 0) {
            status = fail(EXIT_DRAGOMAN, "%s/%s: %s (check the instance's directory)", request->plan.name,
                          start.log < 0 ? LOG_FILE : ENDED_FILE, strerror(errno));
        }
    }
    if (status == 0) {
        status = keeper_begin(&request->plan, &start, out);
    }
    let_go(start.log);
    let_go(start.ended);
    close(directory);
    return status;
}

static int join_running(struct run_request *request, const struct named_how *how, const struct keeper_link *link)
{
    int directory;
    if (how->wish == NAMED_NEW) {
        close(link->socket);
        return fail(EXIT_DRAGOMAN,
                    "%s: it is running (dragoman exec %s PROGRAM runs another program in it; dragoman stop %s "
                    "ends it)",
                    request->plan.name, request->plan.name, request->plan.name);
    }
    int status = named_load(request, how->also, how->context, false, &directory);
    if (status != 0) {
        close(link->socket);
        return status;
    }
    close(directory);
    return 0;
}

static int not_running(struct run_request *request)
{
    int directory;
    int status = named_load(request, NULL, NULL, false, &directory);
    if (status != 0) {
        return status; /* there is none of that name */
    }
    close(directory);
    return fail(EXIT_DRAGOMAN, "%s: it is not running (dragoman start %s)", request->plan.name, request->plan.name);
}

/* Nobody may start one while this one holds the guard, and the keeper keeps it. */
int named_keeper(struct run_request *request, const struct named_how *how, struct keeper_link *out, bool *started)
{
    *started = false;
    int guard = open_guard(request->plan.name);
    if (guard < 0) {
        return -guard;
    }
    int status = -1;
    for (int waited = 0; status < 0 && waited < START_WAIT_MS; waited += TRY_MS) {
        if (keeper_find(request->plan.name, out) == 0) {
            status = join_running(request, how, out);
        } else if (flock(guard, LOCK_EX | LOCK_NB) != 0) {
            rest(); /* it is starting or ending */
        } else if (how->wish == NAMED_RUNNING) {
            status = not_running(request);
        } else {
            status = start_new(request, how, guard, out);
            *started = status == 0;
        }
    }
    close(guard);
    return status >= 0 ? status
                       : fail(EXIT_DRAGOMAN, "%s: it neither starts nor ends (dragoman stop -t 0 %s)",
                              request->plan.name, request->plan.name);
}

void named_wait(const char *name, const struct keeper_link *link)
{
    struct keeper_message m;
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    while (keeper_answer(link, &m, fds, &count) == 1) {}
    close(link->socket);
    int guard = open_guard(name);
    if (guard >= 0) {
        while (flock(guard, LOCK_SH) != 0 && errno == EINTR) {}
        close(guard);
    }
}
