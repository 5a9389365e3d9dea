/*
 * Supplementary groups, and setcred, which sets all credentials at once. Semantics: sys/kern/kern_prot.c.
 *
 * Up to release 14 a process's group list begins with its effective group; since 15 it is the supplementary groups
 * alone, as on the host.
 */
#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/everywhere.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process/ids.h"

#define NGROUPS_MAX FREEBSD_NGROUPS_MAX
#define KEEP        FREEBSD_ID_KEEP

/* The supplementary groups; list has room for NGROUPS_MAX. */
static int64_t supplementary(struct thread *t, uint32_t *list)
{
    const struct credentials *c = t->proc->credentials;
    if (c != NULL) {
        uint32_t count = c->group_count < NGROUPS_MAX ? c->group_count : NGROUPS_MAX;
        memcpy(list, c->group, count * sizeof list[0]);
        return count;
    }
    return host_call2(__NR_getgroups, NGROUPS_MAX, list);
}

/* Locked. */
static int64_t set_supplementary(struct thread *t, int64_t count, const uint32_t *list)
{
    struct credentials *c = t->proc->credentials;
    int64_t r = 0;
    if (c == NULL) {
        r = call_everywhere(t, __NR_setgroups, (uint64_t)count, (uint64_t)list, 0);
    } else if (c->users.effective != 0) {
        r = -EPERM;
    } else {
        memcpy(c->group, list, (size_t)count * sizeof list[0]);
        c->group_count = (uint32_t)count;
    }
    t->proc->ids_changed |= r == 0;
    return r;
}

int64_t freebsd_getgroups(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    uint32_t list[1 + NGROUPS_MAX];
    int64_t n = supplementary(t, list + 1);
    if (n < 0) {
        return n;
    }
    uint32_t count = 1;
    list[0] = t->proc->groups.effective;
    for (int64_t i = 1; i <= n; i++) {
        if (list[i] != list[0]) {
            list[count++] = list[i];
        }
    }
    if (gidsetsize == 0) {
        return count;
    }
    if (gidsetsize < 0 || (uint32_t)gidsetsize < count) {
        return -EINVAL;
    }
    int r = copyout(gidset, list, count * sizeof list[0]);
    return r < 0 ? r : (int64_t)count;
}

/* The effective group and the others, both or none; locked. */
static int64_t set_list(struct thread *t, int64_t count, const uint32_t *list)
{
    uint32_t old[NGROUPS_MAX];
    int64_t had = supplementary(t, old);
    int64_t r = set_supplementary(t, count > 0 ? count - 1 : 0, list + 1);
    if (r < 0 || count == 0) {
        return r; /* an empty list leaves the effective group */
    }
    r = freebsd_set_groups(t, KEEP, list[0], KEEP);
    if (r < 0 && had >= 0) {
        set_supplementary(t, had, old);
    }
    return r;
}

int64_t freebsd_setgroups(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    uint32_t list[1 + NGROUPS_MAX];
    if (gidsetsize < 0 || gidsetsize > 1 + NGROUPS_MAX) {
        return -EINVAL;
    }
    int r = copyin(list, gidset, (size_t)gidsetsize * sizeof list[0]);
    if (r < 0) {
        return r;
    }
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, set_list(t, gidsetsize, list));
}

int64_t freebsd_getgroups15(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    uint32_t list[NGROUPS_MAX];
    int64_t n = supplementary(t, list);
    if (n < 0 || gidsetsize == 0) {
        return n;
    }
    if (gidsetsize < n) {
        return -EINVAL;
    }
    int r = copyout(gidset, list, (size_t)n * sizeof list[0]);
    return r < 0 ? r : n;
}

int64_t freebsd_setgroups15(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    uint32_t list[NGROUPS_MAX];
    if (gidsetsize < 0 || gidsetsize > NGROUPS_MAX) {
        return -EINVAL;
    }
    int r = copyin(list, gidset, (size_t)gidsetsize * sizeof list[0]);
    if (r < 0) {
        return r;
    }
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, set_supplementary(t, gidsetsize, list));
}

/* sys/sys/ucred.h */
struct freebsd_setcred {
    uint32_t sc_uid, sc_ruid, sc_svuid;
    uint32_t sc_gid, sc_rgid, sc_svgid;
    uint32_t sc_pad, sc_supp_groups_nb;
    uint64_t sc_supp_groups, sc_label;
};
_Static_assert(sizeof(struct freebsd_setcred) == 48, "sys/ucred.h");

enum {
    SETCREDF_UID = 0x01,
    SETCREDF_RUID = 0x02,
    SETCREDF_SVUID = 0x04,
    SETCREDF_GID = 0x08,
    SETCREDF_RGID = 0x10,
    SETCREDF_SVGID = 0x20,
    SETCREDF_SUPP_GROUPS = 0x40,
    SETCREDF_MAC_LABEL = 0x80,
    SETCREDF_MASK = 0xff,
};

/* Whether all ids that are asked for can be had on the host, where -1 means "as it is". */
static bool possible(uint32_t flags, const struct freebsd_setcred *c)
{
    const uint32_t ids[] = {c->sc_uid, c->sc_ruid, c->sc_svuid, c->sc_gid, c->sc_rgid, c->sc_svgid};
    for (unsigned i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if ((flags & (uint32_t)SETCREDF_UID << i) != 0 && ids[i] == KEEP) {
            return false;
        }
    }
    return true;
}

static uint32_t id_if(uint32_t flags, uint32_t flag, uint32_t id)
{
    return (flags & flag) != 0 ? id : KEEP;
}

/*
 * Locked. The user ids last: the others need what they may give up. What is refused in the middle is taken back by the
 * ids that are still there.
 */
static int64_t set_all(struct thread *t, uint32_t flags, const struct freebsd_setcred *c, const uint32_t *list)
{
    uint32_t old[NGROUPS_MAX];
    struct process_ids groups = t->proc->groups;
    int64_t had = supplementary(t, old), r = 0;
    if (t->proc->users.effective != 0) {
        return -EPERM; /* whatever is asked for, even nothing */
    }
    if (!possible(flags, c)) {
        return -EINVAL;
    }
    if ((flags & SETCREDF_SUPP_GROUPS) != 0) {
        r = set_supplementary(t, c->sc_supp_groups_nb, list);
    }
    if (r == 0) {
        r = freebsd_set_groups(t, id_if(flags, SETCREDF_RGID, c->sc_rgid), id_if(flags, SETCREDF_GID, c->sc_gid),
                               id_if(flags, SETCREDF_SVGID, c->sc_svgid));
    }
    if (r == 0) {
        r = freebsd_set_users(t, id_if(flags, SETCREDF_RUID, c->sc_ruid), id_if(flags, SETCREDF_UID, c->sc_uid),
                              id_if(flags, SETCREDF_SVUID, c->sc_svuid));
    }
    if (r < 0) {
        freebsd_set_groups(t, groups.real, groups.effective, groups.saved);
        if ((flags & SETCREDF_SUPP_GROUPS) != 0 && had >= 0) {
            set_supplementary(t, had, old);
        }
    }
    return r;
}

int64_t freebsd_setcred(struct thread *t, uint64_t given, guest_ptr wcred, uint64_t size)
{
    struct freebsd_setcred c;
    uint32_t list[NGROUPS_MAX];
    uint32_t flags = (uint32_t)given;
    if ((flags & ~(uint32_t)SETCREDF_MASK) != 0 || size != sizeof c) {
        return -EINVAL;
    }
    int r = COPYIN(&c, wcred);
    if (r < 0) {
        return r;
    }
    if ((flags & SETCREDF_SUPP_GROUPS) != 0) {
        if (c.sc_supp_groups_nb > NGROUPS_MAX) {
            return -EINVAL;
        }
        r = copyin(list, guest_addr(c.sc_supp_groups), c.sc_supp_groups_nb * sizeof list[0]);
        if (r < 0) {
            return r;
        }
    }
    if ((flags & SETCREDF_MAC_LABEL) != 0) {
        return -EOPNOTSUPP; /* a kernel without MAC: ENOTSUP, the same number there */
    }
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, set_all(t, flags, &c, list));
}
