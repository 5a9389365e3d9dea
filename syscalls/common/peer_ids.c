/* See peer_ids.h. Sources: unix(7), net/core/scm.c, net/core/sock.c. */
#include "syscalls/common/peer_ids.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/table.h"
#include "vfs/metadata.h"

enum { LEVEL_SOCKET = 1, CREDENTIALS = 2, PEERCRED = 17 }; /* SOL_SOCKET, SCM_CREDENTIALS, SO_PEERCRED */

struct control_head {
    uint64_t length;
    int32_t level, type;
};

#define ALIGNED(n) (((n) + 7) & ~UINT64_C(7))

void peer_ids_show(struct thread *t, struct peer_ids *ids)
{
    const struct process *p = t->proc;
    struct process_table_ids told;
    if (process_table_ids_of(t, ids->pid, &told) == 0) {
        ids->uid = told.users.effective;
        ids->gid = told.groups.effective;
        return;
    }
    ids->uid = ids->uid == p->host_user ? 0 : ids->uid; /* as its files are shown */
    ids->gid = ids->gid == p->host_group ? 0 : ids->gid;
}

static bool is_one_of(const struct process_ids *ids, uint32_t id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static int64_t send(struct thread *t, struct peer_ids *ids)
{
    enum { CAPABILITY_SYS_ADMIN = 21 };
    const struct credentials *c = credentials_of(t);
    bool good = (ids->pid == t->proc->pid || credentials_capable(c, CAPABILITY_SYS_ADMIN)) &&
                (is_one_of(&c->users, ids->uid) || credentials_capable(c, CAPABILITY_SETUID)) &&
                (is_one_of(&c->groups, ids->gid) || credentials_capable(c, CAPABILITY_SETGID));
    if (!good) {
        return -EPERM;
    }
    /* The receiver looks the sender's up by its number; who is lied about by a privileged one is itself all the same. */
    *ids = (struct peer_ids){t->proc->pid, t->proc->host_user, t->proc->host_group};
    return 0;
}

/* Where the next credentials stand in control data from *at on; false: there are no more. */
static bool next(const uint8_t *control, uint64_t length, uint64_t *at, uint64_t *found)
{
    struct control_head h;
    while (*at <= length && length - *at >= sizeof h) {
        memcpy(&h, control + *at, sizeof h);
        if (h.length < sizeof h || h.length > length - *at) {
            return false;
        }
        *found = *at + sizeof h;
        *at += ALIGNED(h.length);
        if (h.level == LEVEL_SOCKET && h.type == CREDENTIALS && h.length >= sizeof h + sizeof(struct peer_ids)) {
            return true;
        }
    }
    return false;
}

void peer_ids_show_control(struct thread *t, uint8_t *control, uint64_t length)
{
    struct peer_ids ids;
    for (uint64_t at = 0, found; next(control, length, &at, &found);) {
        memcpy(&ids, control + found, sizeof ids);
        peer_ids_show(t, &ids);
        memcpy(control + found, &ids, sizeof ids);
    }
}

int64_t peer_ids_send_control(struct thread *t, uint8_t *control, uint64_t length)
{
    struct peer_ids ids;
    int64_t r = 0;
    for (uint64_t at = 0, found; r == 0 && next(control, length, &at, &found);) {
        memcpy(&ids, control + found, sizeof ids);
        r = send(t, &ids);
        memcpy(control + found, &ids, sizeof ids);
    }
    return r;
}

/* What is longer has no credentials of ours to show: a message has one, and it comes before what may be long. */
void peer_ids_show_guest_control(struct thread *t, guest_ptr control, uint64_t length)
{
    uint8_t here[1024];
    uint64_t n = length < sizeof here ? length : sizeof here;
    if (n > 0 && copyin(here, control, n) == 0) {
        peer_ids_show_control(t, here, n);
        (void)copyout(control, here, n);
    }
}

int64_t peer_ids_show_option(struct thread *t, int32_t level, int32_t name, guest_ptr value, int32_t room,
                             int64_t result)
{
    struct peer_ids ids = {0};
    if (t->proc->credentials == NULL || result != 0 || level != LEVEL_SOCKET || name != PEERCRED ||
        room < (int32_t)sizeof ids.pid) {
        return result;
    }
    uint64_t size = (uint64_t)room < sizeof ids ? (uint64_t)room : sizeof ids;
    if (copyin(&ids, value, size) < 0) {
        return -EFAULT;
    }
    peer_ids_show(t, &ids);
    return copyout(value, &ids, size);
}
