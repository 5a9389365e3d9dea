#include "cli/instance_live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance_tree.h"
#include "cli/message.h"
#include "cli/tools.h"
#include "cli/world_named.h"

/* Who stops this process from a terminal would stop the instance with it. */
static void block_stops(sigset_t *before)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTSTP);
    sigaddset(&stops, SIGTTIN);
    sigaddset(&stops, SIGTTOU);
    sigprocmask(SIG_BLOCK, &stops, before);
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
}

/* 1: paused; 0: it has ended meanwhile, and nothing of it is left; or an exit status, negative, after complaining. */
static int begin_pause(struct live *live, const char *name)
{
    struct keeper_message m = {.kind = KEEPER_PAUSE};
    char why[256];
    int fds[KEEPER_DESCRIPTORS];
    unsigned count = 0;
    int r = channel_send(live->link.socket, &m, NULL, 0);
    r = r == 0 ? keeper_answer(&live->link, &m, fds, &count) : r;
    if (r != 1) {
        named_wait(name, &live->link);
        return 0;
    }
    block_stops(&live->mask);
    live->running = true;
    if (m.kind != KEEPER_TABLE || count != 2) {
        close_all(fds, count);
        return -fail(EXIT_DRAGOMAN, "%s: %s (dragoman stop %s)", name,
                     m.kind == KEEPER_FAILED ? m.text : "its keeper does not answer as it should", name);
    }
    r = pause_begin(fds[1], m.number[0], &live->pause, why, sizeof why);
    close_all(fds, count);
    return r == 0 ? 1
                  : -fail(EXIT_DRAGOMAN, "%s: it runs, and cannot be paused: %s (dragoman stop %s)", name, why, name);
}

int live_open(struct instance_store *store, const char *name, enum instance_use use, struct instance *out,
              struct live *live)
{
    *live = (struct live){.pause = {.channel = -1}, .work = {.fd = -1}};
    *out = (struct instance){.fd = -1};
    int status = instance_check_name(name);
    if (status == 0 && keeper_find(name, &live->link) == 0) {
        int r = begin_pause(live, name);
        status = r < 0 ? -r : 0;
    }
    return status != 0 ? status : instance_open(store, name, live->running ? INSTANCE_LOOK : use, false, out);
}

/* Whether the instance has been there all the time, with all of its programs: else who knows who worked on its files. */
static bool was_there(const struct live *live, const struct instance *instance)
{
    struct pollfd p = {live->link.socket, POLLIN, 0};
    return pause_held(&live->pause) && instance_is_running(instance) && poll(&p, 1, 0) == 0;
}

static int copy_own(struct instance_store *store, const struct live *live, const struct instance *instance)
{
    static const char links[] = "links";
    int from = layer_open(store, instance->config.own);
    int status = from >= 0 ? layer_prepare(live->work.fd, instance->config.owners, -1) : EXIT_DRAGOMAN;
    if (status == 0) {
        status = instance_tree_copy(from, live->work.fd, links, instance->config.owners, instance->name);
        (void)instance_tree_remove(live->work.fd, links);
    }
    if (from >= 0) {
        close(from);
    }
    return status;
}

int live_copy(struct instance_store *store, struct live *live, const struct instance *instance)
{
    tools_listen();
    int status = store_begin(&store->layers, &live->work);
    if (status != 0) {
        live->work.fd = -1;
        return status;
    }
    status = copy_own(store, live, instance);
    if (tools_interrupted() != 0) {
        return EXIT_DRAGOMAN;
    }
    if (status != 0) {
        return status;
    }
    instance_store_lock(store);
    bool there = was_there(live, instance);
    pause_end(&live->pause);
    if (!there) {
        instance_store_unlock(store);
        return fail(EXIT_DRAGOMAN, "%s: it has ended meanwhile, or some of its programs were killed (try again)",
                    instance->name);
    }
    return 0;
}

int live_settle(struct instance_store *store, struct live *live, char id[LAYER_ID_ROOM])
{
    int status = layer_settle(store, &live->work, id);
    if (status == 0) {
        close(live->work.fd);
        live->work.fd = -1;
    }
    return status;
}

void live_end(struct instance_store *store, struct live *live)
{
    pause_end(&live->pause);
    if (live->running) {
        close(live->link.socket);
        sigprocmask(SIG_SETMASK, &live->mask, NULL);
    }
    if (live->work.fd >= 0) {
        store_end(&store->layers, &live->work);
    }
    *live = (struct live){.pause = {.channel = -1}, .work = {.fd = -1}};
}
