/* `dragoman instance rename`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance.h"
#include "cli/message.h"

static const char usage[] = "dragoman instance rename NAME NEW";

/* With the store's lock. Nobody has anything of it, so nobody has its old name in mind. */
static int give_name(struct instance_store *store, const struct instance *instance, const char *name)
{
    if (renameat2(store->instances.fd, instance->name, store->instances.fd, name, RENAME_NOREPLACE) == 0) {
        (void)fsync(store->instances.fd);
        return 0;
    }
    return errno == EEXIST
               ? instance_taken(name)
               : fail(EXIT_DRAGOMAN, "%s: %s (is the folder yours to write?)", instance->path, strerror(errno));
}

int instance_rename(struct instance_store *store, int argc, char **argv)
{
    char *words[2];
    struct instance instance;
    int count = instance_arguments(argc, argv, NULL, NULL, NULL, words, 2, 2, usage);
    int status = count < 0 ? -count : instance_check_name(words[1]);
    if (status != 0) {
        return status;
    }
    instance_store_lock(store);
    status = instance_open(store, words[0], INSTANCE_HOLD, true, &instance);
    status = status == 0 ? give_name(store, &instance, words[1]) : status;
    instance_close(&instance);
    instance_store_unlock(store);
    return status;
}
