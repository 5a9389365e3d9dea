/*
 * Quotas, of whose structures three have 64-bit members that i386 aligns to 4 bytes. Sources: quotactl(2),
 * fs/quota/quota.c and compat.h there.
 */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "syscalls/common/linux/calls_at.h"
#include "syscalls/common/linux/compat_layout.h"

#define COMMAND(cmd) ((cmd) >> 8)
#define GET_QUOTA    0x800007 /* Q_GETQUOTA, Q_SETQUOTA (linux/quota.h), Q_XGETQSTAT (linux/dqblk_xfs.h) */
#define SET_QUOTA    0x800008
#define GET_STATE    0x5805
#define QUOTA        "8qi"             /* struct if_dqblk */
#define STATE        "bhb2qi2qixi3i2h" /* struct fs_quota_stat */
#define LARGEST      80

/* The host's call: its number, and what comes before id and address. */
struct quota_call {
    long nr;
    uint64_t first, second;
    uint32_t cmd;
    int32_t id;
};

static int64_t call_host(const struct quota_call *q, uint64_t address)
{
    return host_call4(q->nr, q->first, q->second, q->id, address);
}

static int64_t get(const struct quota_call *q, guest_ptr addr, const char *layout)
{
    char host[LARGEST] __attribute__((aligned(8))) = {0}, guest[LARGEST] = {0};
    int64_t r = call_host(q, (uint64_t)host);

    if (r < 0) {
        return r;
    }
    compat_layout_from_host(layout, host, guest);
    return copyout(addr, guest, compat_layout_sizes(layout).guest) < 0 ? -EFAULT : r;
}

/* A structure that cannot be read is the host's to refuse, after it has looked at the rest. */
static int64_t set(const struct quota_call *q, guest_ptr addr, const char *layout)
{
    char host[LARGEST] __attribute__((aligned(8))) = {0}, guest[LARGEST];

    if (copyin(guest, addr, compat_layout_sizes(layout).guest) < 0) {
        return call_host(q, GUEST_NOWHERE);
    }
    compat_layout_to_host(layout, guest, host);
    return call_host(q, (uint64_t)host);
}

static int64_t quota(const struct quota_call *q, guest_ptr addr)
{
    switch (COMMAND(q->cmd)) {
    case GET_QUOTA:
        return get(q, addr, QUOTA);
    case GET_STATE:
        return get(q, addr, STATE);
    case SET_QUOTA:
        return set(q, addr, QUOTA);
    default:
        return call_host(q, guest_span(addr.va, 1).va);
    }
}

/* Without a device all of them are meant. */
int64_t linux_i386_quotactl(struct thread *t, uint32_t cmd, guest_ptr special, int32_t id, guest_ptr addr)
{
    struct linux_path p = {.name = 0};
    int64_t r = guest_is_null(special) ? 0 : linux_path(t, VFS_AT_FDCWD, special, PATH_FOLLOW, &p);

    if (r == -EFAULT) {
        p.name = GUEST_NOWHERE; /* the host says so, if the command is one */
    } else if (r < 0) {
        return r;
    }
    return quota(&(struct quota_call){__NR_quotactl, cmd, p.name, cmd, id}, addr);
}

int64_t linux_i386_quotactl_fd(struct thread *t, int32_t fd, uint32_t cmd, int32_t id, guest_ptr addr)
{
    (void)t;
    return quota(&(struct quota_call){__NR_quotactl_fd, (uint64_t)fd, cmd, cmd, id}, addr);
}
