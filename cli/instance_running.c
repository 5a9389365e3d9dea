/* What the commands about instances ask of one that runs: to end. */
#include "cli/instance.h"
#include "cli/keeper_link.h"
#include "cli/world_named.h"

enum { STOP_MS = 10000 }; /* between SIGTERM and SIGKILL, as podman's rm -f */

void instance_stop(const char *name)
{
    struct keeper_link link;
    struct keeper_message m = {.kind = KEEPER_STOP, .value = STOP_MS};
    if (keeper_find(name, &link) == 0) {
        channel_send(link.socket, &m, NULL, 0);
        named_wait(name, &link);
    }
}
