#include "cli/elsewhere.h"

#include <stddef.h>
#include <string.h>

struct elsewhere {
    const char *name, *here;
};

static const struct elsewhere options[] = {
    {"help", "it stands right behind the command's name: dragoman run --help"},
    {"rm", "what is gone afterwards is --isolate's; dragoman instance rm NAME removes an instance"},
    {"name", "-i NAME runs in the instance of that name, which dragoman instance create or import makes"},
    {"tty", "it has a terminal where you have one; dragoman exec -t asks for one in any case"},
    {"interactive", "its standard input is yours in any case; dragoman exec -i asks for that"},
    {"tag", "an instance has a name (-i NAME)"},
    {"cap-add", "capabilities are those that doc/isolation.md lists, and never more"},
    {"cap-drop", "capabilities are those that doc/isolation.md lists; a program may drop its own (setpriv, capsh)"},
    {"privileged", "nothing inside has privileges of the host's; --device and --network host give what they say"},
    {"security-opt", "the filter is the same for all; --isolation LEVEL says what may be missing"},
    {"userns", "each world has namespaces of its own; --owners of dragoman instance create chooses the ids"},
    {"pid", "each world has processes of its own"},
    {"ipc", "each world has IPC of its own"},
    {"uts", "each world has a host's name of its own (--hostname)"},
    {"cgroupns", "each world has control groups of its own"},
    {"init", "the world's first process reaps in any case"},
    {"stop-timeout", "dragoman stop -t SECONDS tells it"},
    {"shm-size", "/dev/shm takes what --memory leaves"},
    {"memory-swap", "--memory counts swap, too"},
    {"memory-reservation", "--memory is the only limit of memory"},
    {"cpuset-cpus", "taskset -c LIST dragoman run ... does that"},
    {"cpu-shares", "nice dragoman run ... does that; --cpus limits"},
    {"add-host", "an instance has an /etc/hosts of its own: write it there"},
    {"dns", "names are looked up as the host's /etc/resolv.conf says"},
    {"group-add", "groups are those of the instance's /etc/group, for the user that -u names"},
    {"log-driver", "dragoman logs shows the log, which lies beside the instance's configuration"},
    {"label", "an instance has a name, and comments in its configuration"},
    {"annotation", "an instance has a name, and comments in its configuration"},
    {"pull", "dragoman instance import NAME FILE takes images from files"},
    {"bind", "-v SRC:DST shows a directory of the host's"},
    {"bind-ro", "-v SRC:DST shows a directory of the host's"},
    {"directory", "dragoman instance create NAME --from DIR makes an instance of a directory"},
    {"distribution", "-i NAME runs in the instance of that name"},
    {NULL, NULL},
};

static const struct elsewhere commands[] = {
    {"rm", "dragoman instance rm NAME"},
    {"rmi", "dragoman instance rm NAME"},
    {"create", "dragoman instance create NAME"},
    {"import", "dragoman instance import NAME FILE"},
    {"load", "dragoman instance import NAME FILE"},
    {"pull",
     "dragoman instance import NAME FILE, of an image that skopeo copy docker://IMAGE oci-archive:FILE fetches"},
    {"export", "dragoman instance export NAME FILE"},
    {"save", "dragoman instance export NAME FILE"},
    {"clone", "dragoman instance clone NAME NEW"},
    {"commit", "dragoman instance snapshot NAME, or dragoman instance clone NAME NEW"},
    {"snapshot", "dragoman instance snapshot NAME"},
    {"rename", "dragoman instance rename NAME NEW"},
    {"list", "dragoman instance list"},
    {"ls", "dragoman instance list"},
    {"images", "dragoman instance list"},
    {"inspect", "dragoman instance show NAME --json"},
    {"show", "dragoman instance show NAME"},
    {"set", "dragoman instance set NAME KEY=VALUE"},
    {"update", "dragoman instance set NAME KEY=VALUE"},
    {"top", "dragoman ps NAME"},
    {"attach", "dragoman logs -f NAME; dragoman exec -it NAME PROGRAM"},
    {"enter", "dragoman shell NAME"},
    {"login", "dragoman shell NAME"},
    {"port", "dragoman instance show NAME"},
    {"machine", "dragoman instance"},
    {"container", "dragoman instance"},
    {NULL, NULL},
};

static const char *find(const struct elsewhere *table, const char *name)
{
    for (; table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return table->here;
        }
    }
    return NULL;
}

const char *option_elsewhere(const char *name)
{
    return find(options, name);
}

const char *command_elsewhere(const char *name)
{
    return find(commands, name);
}
