/*
 * Jails: the guest is in none, sees none, and may make none (children.max is 0 where an administrator has not said
 * otherwise). Semantics: jail(2), sys/kern/kern_jail.c.
 */
#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/system/option_list.h"
#include "vfs/path.h"

#define HOSTNAME_MAX 256 /* MAXHOSTNAMELEN */
#define AF_IPS_MAX   255 /* security.jail.jail_max_af_ips */

/* sys/sys/jail.h; those from 0x10 on are release 15's descriptors of jails. */
enum {
    JAIL_CREATE = 0x01,
    JAIL_UPDATE = 0x02,
    JAIL_ATTACH = 0x04,
    JAIL_DYING = 0x08,
    JAIL_DESCRIPTORS = 0xf0,
};
#define RELEASE_15 1500000u

static bool is_root(const struct thread *t)
{
    return t->proc->users.effective == 0;
}

static uint32_t known_flags(const struct thread *t, uint32_t flags)
{
    return flags | (t->proc->release >= RELEASE_15 ? JAIL_DESCRIPTORS : 0);
}

static int64_t check_string(guest_ptr from, uint64_t size)
{
    char text[VFS_GUEST_PATH_MAX];
    int64_t r = copyin_str(text, from, size);
    return r < 0 ? r : 0;
}

/* security.jail.param: how large one element of a parameter is (sysctl_jail_param()). */
int sysctl_jail_size(struct sysctl_request *rq)
{
    uint64_t size = (uint64_t)rq->leaf->number;
    return sysctl_put(rq, &size, sizeof size);
}

/* struct jail of version 2. */
struct freebsd_jail {
    uint32_t version, pad;
    uint64_t path, hostname, jailname;
    uint32_t ip4s, ip6s;
    uint64_t ip4, ip6;
};

_Static_assert(sizeof(struct freebsd_jail) == 56, "struct jail");

/* sys_jail(): structures of versions 0 and 2. The strings come in before the privilege is asked for. */
int64_t freebsd_jail(struct thread *t, guest_ptr jail)
{
    enum { SIZE_0 = 32 };
    struct freebsd_jail j = {0};
    (void)t;
    int64_t r = COPYIN(&j.version, jail);
    if (r < 0) {
        return r;
    }
    if (j.version != 0 && j.version != 2) {
        return -EINVAL;
    }
    bool old = j.version == 0;
    r = copyin(&j, jail, old ? SIZE_0 : sizeof j);
    if (r < 0) {
        return r;
    }
    if (!old && (j.ip4s > AF_IPS_MAX || j.ip6s > AF_IPS_MAX)) {
        return -EINVAL;
    }
    r = check_string(guest_addr(j.path), VFS_GUEST_PATH_MAX);
    if (r == 0) {
        r = check_string(guest_addr(j.hostname), HOSTNAME_MAX);
    }
    if (r == 0 && !old && j.jailname != 0) {
        r = check_string(guest_addr(j.jailname), HOSTNAME_MAX);
    }
    return r < 0 ? r : -EPERM;
}

/* The jail that the options name: never found. Returns -ENOENT or what is wrong with the options. */
static int64_t find(const struct option_list *list, bool next)
{
    int32_t jid;
    char name[HOSTNAME_MAX], buffer[HOSTNAME_MAX + 32];
    struct text x = TEXT_ON(buffer);
    int r = next ? option_list_number(list, "lastjid", &jid) : -ENOENT;
    if (r != -ENOENT) {
        if (r == 0) {
            text_format(&x, "no jail after %d", jid);
            option_list_explain(list, text_cstr(&x));
        }
        return r == 0 ? -ENOENT : r;
    }
    r = option_list_number(list, "jid", &jid);
    if (r != 0 && r != -ENOENT) {
        return r;
    }
    if (r == 0 && jid != 0) {
        text_format(&x, "jail %d not found", jid);
        option_list_explain(list, text_cstr(&x));
        return -ENOENT;
    }
    r = option_list_string(list, "name", name, sizeof name);
    if (r != 0 && r != -ENOENT && r != -ENAMETOOLONG) {
        return r;
    }
    if (r == 0) {
        text_format(&x, "jail \"%s\" not found", name);
    } else {
        text_str(&x, "no jail specified");
    }
    option_list_explain(list, text_cstr(&x));
    return -ENOENT;
}

int64_t freebsd_jail_get(struct thread *t, guest_ptr iovp, uint32_t iovcnt, int32_t flags)
{
    const struct option_list list = {iovp, iovcnt};
    if ((iovcnt & 1) != 0) {
        return -EINVAL;
    }
    int r = option_list_vector(&list);
    if (r == 0 && ((uint32_t)flags & ~known_flags(t, JAIL_DYING)) != 0) {
        r = -EINVAL;
    }
    r = r == 0 ? option_list_check(&list) : r;
    return r < 0 ? r : find(&list, true);
}

/* kern_jail_set(): without privilege nothing; a jail's root may only change jails below its own, and there are none. */
int64_t freebsd_jail_set(struct thread *t, guest_ptr iovp, uint32_t iovcnt, int32_t flags)
{
    const struct option_list list = {iovp, iovcnt};
    uint32_t f = (uint32_t)flags;
    if ((iovcnt & 1) != 0) {
        return -EINVAL;
    }
    int r = option_list_vector(&list);
    if (r < 0) {
        return r;
    }
    if (!is_root(t) || (f & JAIL_CREATE) != 0) {
        return -EPERM;
    }
    if ((f & ~known_flags(t, JAIL_CREATE | JAIL_UPDATE | JAIL_ATTACH | JAIL_DYING)) != 0) {
        return -EINVAL;
    }
    r = option_list_check(&list);
    if (r < 0) {
        return r;
    }
    if ((f & JAIL_UPDATE) == 0) {
        option_list_explain(&list, "no valid operation (create or update)");
        return -EINVAL;
    }
    return find(&list, false);
}

int64_t freebsd_jail_attach(struct thread *t, int32_t jid)
{
    (void)jid;
    return is_root(t) ? -EINVAL : -EPERM;
}

int64_t freebsd_jail_remove(struct thread *t, int32_t jid)
{
    (void)jid;
    return is_root(t) ? -EINVAL : -EPERM;
}

/* sys/kern/kern_jaildesc.c: no descriptor here is a jail's. */
static int64_t not_a_jail(int32_t fd)
{
    bool open = !engine_descriptor(fd) && !is_error(host_call3(__NR_fcntl, fd, F_GETFD, 0));
    return open ? -EINVAL : -EBADF;
}

int64_t freebsd_jail_attach_jd(struct thread *t, int32_t fd)
{
    (void)t;
    return not_a_jail(fd);
}

int64_t freebsd_jail_remove_jd(struct thread *t, int32_t fd)
{
    (void)t;
    return not_a_jail(fd);
}
