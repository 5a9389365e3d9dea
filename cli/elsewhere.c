#include "cli/elsewhere.h"

#include <stddef.h>
#include <string.h>

struct elsewhere {
    const char *name, *here;
};

/* A letter stands for the short form. podman's, then bwrap's and systemd-nspawn's. */
static const struct elsewhere options[] = {
    {"help", "it stands right behind the command's name: dragoman run --help"},
    {"rm", "what is gone afterwards is --isolate's; dragoman instance rm NAME removes an instance"},
    {"name", "-i NAME runs in the instance of that name, which dragoman instance create or import makes"},
    {"tty", "it has a terminal where you have one; dragoman exec -t asks for one in any case"},
    {"t", "it has a terminal where you have one; dragoman exec -t asks for one in any case; behind -- it is PROGRAM's"},
    {"a", "the streams are yours in any case; dragoman start --attach stays until an instance ends"},
    {"h", "--hostname NAME names the host inside; dragoman help run explains the options"},
    {"P", "-p PORT:INNER forwards one port, or a range; dragoman instance show NAME tells what an image exposes"},
    {"publish-all",
     "-p PORT:INNER forwards one port, or a range; dragoman instance show NAME tells what an image exposes"},
    {"attach", "the streams are yours in any case; dragoman start --attach stays until an instance ends"},
    {"platform",
     "dragoman instance import takes it for images; a program's own file says what it is for (--personality)"},
    {"arch", "dragoman instance import --platform OS/MACHINE takes it for images"},
    {"os", "dragoman instance import --platform OS/MACHINE takes it for images"},
    {"sysctl", "inside, values of /proc/sys are the host's, and cannot be changed"},
    {"env-host",
     "variables are given one by one: -e NAME=\"$NAME\", or --env-file FILE, where NAME alone is the host's"},
    {"umask", "programs begin with 022; sh -c 'umask 077; exec PROGRAM' sets another"},
    {"tz", "-e TZ=Europe/Vienna tells the time zone, whose file is the instance's"},
    {"read-only-tmpfs", "--tmpfs /tmp --tmpfs /run gives what is to be written in beside --read-only"},
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
    {"cpu-quota", "--cpus N limits"},
    {"cpu-period", "--cpus N limits"},
    {"storage-opt", "--disk SIZE limits"},
    {"volumes-from", "-v SRC:DST shows the same directory in several"},
    {"replace", "dragoman instance rm -f NAME removes one that is in the way"},
    {"gpus", "--device PATH shows a device of the host's"},
    {"pod", "each instance is a world of its own; --network host has several share one network"},
    {"health-cmd", "dragoman exec NAME PROGRAM can look at it from outside"},
    {"add-host", "an instance has an /etc/hosts of its own: write it there"},
    {"dns", "names are looked up as the host's /etc/resolv.conf says"},
    {"group-add", "groups are those of the instance's /etc/group, for the user that -u names"},
    {"log-driver", "dragoman logs shows the log, which lies beside the instance's configuration"},
    {"label", "an instance has a name, and comments in its configuration"},
    {"annotation", "an instance has a name, and comments in its configuration"},
    {"pull", "dragoman instance import NAME FILE takes images from files"},
    {"ro-bind", "-v SRC:DST shows a directory of the host's"},
    {"ro-bind-try", "-v SRC:DST shows a directory of the host's"},
    {"bind-try", "-v SRC:DST:rw shows a directory of the host's, to be written"},
    {"dev-bind", "--device PATH shows a device of the host's, -v SRC:DST:rw a directory"},
    {"unshare-all", "--isolate makes a world of its own in all these ways; --network host leaves it the network"},
    {"unshare-net", "a world has a network of its own in any case (--isolate; --network host has it be the host's)"},
    {"unshare-user", "a world has users of its own in any case (--isolate)"},
    {"unshare-pid", "a world has processes of its own in any case (--isolate)"},
    {"unshare-ipc", "a world has IPC of its own in any case (--isolate)"},
    {"unshare-uts", "a world has a host's name of its own in any case (--isolate)"},
    {"unshare-cgroup", "a world has control groups of its own in any case (--isolate)"},
    {"share-net", "--network host has it be the host's"},
    {"die-with-parent", "a world of --isolate or -i ends with dragoman in any case; -d lets it go on"},
    {"new-session", "what is in a world has a session and a terminal of its own in any case"},
    {"as-pid-1", "the world's first process is dragoman's, and reaps"},
    {"dev", "a world has a /dev of its own in any case; --device PATH shows a device of the host's"},
    {"proc", "a world has a /proc of its own in any case"},
    {"chdir", "-w DIR starts in a directory"},
    {"setenv", "-e NAME=VALUE sets a variable"},
    {"unsetenv", "in a world there are no variables but those of -e"},
    {"clearenv", "in a world there are no variables but those of -e"},
    {"uid", "-u USER[:GROUP] names the user, who may be a number"},
    {"gid", "-u USER[:GROUP] names the group, which may be a number"},
    {"dir", "--tmpfs DST makes an empty directory in memory"},
    {"D",
     "dragoman instance create NAME --from DIR makes an instance of a directory, --rootfs DIR runs in one as it is"},
    {"M", "-i NAME runs in the instance of that name"},
    {"b", "an instance's command is what begins it: dragoman instance set NAME command=COMMAND; dragoman start NAME"},
    {"x", "dragoman instance clone NAME NEW makes a copy in a moment, and rm NEW removes it"},
    {"bind", "-v SRC:DST:rw shows a directory of the host's"},
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
