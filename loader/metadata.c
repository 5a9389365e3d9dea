#include "loader/metadata.h"

#include <errno.h>
#include <unistd.h>

#include "base/process.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "process/credentials.h"
#include "vfs/rooted.h"

int metadata_begin(struct thread *t, const struct credentials *from)
{
    struct process *p = t->proc;
    uint32_t mode = p->settings.metadata;
    p->alternatives = (is_rooted(&p->settings) ? ALTERNATIVES_ROOTED : 0) |
                      (mode >= METADATA_NODES ? ALTERNATIVES_NODES : 0) |
                      (mode >= METADATA_EMULATED ? ALTERNATIVES_EMULATED : 0);
    t->alternatives = p->alternatives;
    if (mode == METADATA_OFF) {
        return 0;
    }
    p->host_user = geteuid();
    p->host_group = getegid();
    return mode == METADATA_EMULATED ? credentials_begin(p, from) : 0;
}
