#include "loader/metadata.h"

#include <errno.h>
#include <unistd.h>

#include "base/process.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "loader/loader.h"
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

int64_t metadata_execute_first(struct thread *t, const struct program *program)
{
    int64_t r = 0;
    if (t->proc->credentials == NULL) {
        return 0;
    }
    if (program->is_script) {
        r = credentials_may_execute(t, program->script_host_path);
    }
    return r == 0 ? credentials_execute_first(t, program->host_path) : r;
}
