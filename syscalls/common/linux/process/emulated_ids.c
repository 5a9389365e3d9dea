/*
 * User, group and file system ids and supplementary groups of a thread, as the engine keeps them. Semantics: kernel/sys.c,
 * kernel/groups.c; credentials(7).
 */
#include "syscalls/common/linux/process/emulated_ids.h"

#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/credentials.h"
#include "process/process.h"
#include "process/table.h"
#include "vfs/metadata.h"

#define KEEP UINT32_MAX

/* Which of the two kinds of ids a call is about. */
struct kind {
    struct process_ids *ids;
    uint32_t *files; /* fsuid or fsgid */
    bool able;       /* CAP_SETUID, CAP_SETGID */
};

static bool is_one_of(const struct process_ids *ids, uint32_t id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static int64_t set_one(const struct kind *k, uint32_t id)
{
    if (id == KEEP) {
        return -EINVAL;
    }
    if (k->able) {
        k->ids->real = k->ids->saved = id;
    } else if (id != k->ids->real && id != k->ids->saved) {
        return -EPERM;
    }
    *k->files = k->ids->effective = id;
    return 0;
}

static int64_t set_two(const struct kind *k, uint32_t real, uint32_t effective)
{
    struct process_ids old = *k->ids;
    if (!k->able && ((real != KEEP && real != old.real && real != old.effective) ||
                     (effective != KEEP && !is_one_of(&old, effective)))) {
        return -EPERM;
    }
    k->ids->real = real != KEEP ? real : old.real;
    k->ids->effective = effective != KEEP ? effective : old.effective;
    if (real != KEEP || (effective != KEEP && effective != old.real)) {
        k->ids->saved = k->ids->effective;
    }
    *k->files = k->ids->effective;
    return 0;
}

static int64_t set_three(const struct kind *k, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct process_ids old = *k->ids;
    if (!k->able && ((real != KEEP && !is_one_of(&old, real)) || (effective != KEEP && !is_one_of(&old, effective)) ||
                     (saved != KEEP && !is_one_of(&old, saved)))) {
        return -EPERM;
    }
    k->ids->real = real != KEEP ? real : old.real;
    k->ids->effective = effective != KEEP ? effective : old.effective;
    k->ids->saved = saved != KEEP ? saved : old.saved;
    *k->files = k->ids->effective;
    return 0;
}

/* Answers the one before, whether it was set or not. */
static int64_t set_files(const struct kind *k, uint32_t id)
{
    uint32_t old = *k->files;
    if (id != KEEP && (k->able || is_one_of(k->ids, id) || id == old)) {
        *k->files = id;
    }
    return old;
}

static int64_t set_ids(const struct kind *users, const struct kind *groups, long nr, uint32_t a, uint32_t b, uint32_t c)
{
    switch (nr) {
    case __NR_setuid:
        return set_one(users, a);
    case __NR_setreuid:
        return set_two(users, a, b);
    case __NR_setresuid:
        return set_three(users, a, b, c);
    case __NR_setfsuid:
        return set_files(users, a);
    case __NR_setgid:
        return set_one(groups, a);
    case __NR_setregid:
        return set_two(groups, a, b);
    case __NR_setresgid:
        return set_three(groups, a, b, c);
    default:
        return set_files(groups, a);
    }
}

int64_t linux_emulated_set_ids(struct thread *t, long nr, uint32_t a, uint32_t b, uint32_t c)
{
    struct credentials *mine = credentials_of(t);
    struct process_ids old = mine->users;
    uint32_t old_fsuid = mine->fsuid;
    const struct kind users = {&mine->users, &mine->fsuid, credentials_capable(mine, CAPABILITY_SETUID)};
    const struct kind groups = {&mine->groups, &mine->fsgid, credentials_capable(mine, CAPABILITY_SETGID)};
    int64_t r = set_ids(&users, &groups, nr, a, b, c);
    credentials_fix_capabilities(mine, &old, old_fsuid);
    process_ids_read(t->proc);
    process_table_tell_ids(t);
    return r;
}

int64_t linux_emulated_setuid(struct thread *t, uint32_t uid)
{
    return linux_emulated_set_ids(t, __NR_setuid, uid, 0, 0);
}

int64_t linux_emulated_setgid(struct thread *t, uint32_t gid)
{
    return linux_emulated_set_ids(t, __NR_setgid, gid, 0, 0);
}

int64_t linux_emulated_setreuid(struct thread *t, uint32_t ruid, uint32_t euid)
{
    return linux_emulated_set_ids(t, __NR_setreuid, ruid, euid, 0);
}

int64_t linux_emulated_setregid(struct thread *t, uint32_t rgid, uint32_t egid)
{
    return linux_emulated_set_ids(t, __NR_setregid, rgid, egid, 0);
}

int64_t linux_emulated_setresuid(struct thread *t, uint32_t ruid, uint32_t euid, uint32_t suid)
{
    return linux_emulated_set_ids(t, __NR_setresuid, ruid, euid, suid);
}

int64_t linux_emulated_setresgid(struct thread *t, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
    return linux_emulated_set_ids(t, __NR_setresgid, rgid, egid, sgid);
}

int64_t linux_emulated_setfsuid(struct thread *t, uint32_t uid)
{
    return linux_emulated_set_ids(t, __NR_setfsuid, uid, 0, 0);
}

int64_t linux_emulated_setfsgid(struct thread *t, uint32_t gid)
{
    return linux_emulated_set_ids(t, __NR_setfsgid, gid, 0, 0);
}

int64_t linux_emulated_getuid(struct thread *t)
{
    return credentials_of(t)->users.real;
}

int64_t linux_emulated_geteuid(struct thread *t)
{
    return credentials_of(t)->users.effective;
}

int64_t linux_emulated_getgid(struct thread *t)
{
    return credentials_of(t)->groups.real;
}

int64_t linux_emulated_getegid(struct thread *t)
{
    return credentials_of(t)->groups.effective;
}

static int64_t put_three(const struct process_ids *ids, guest_ptr real, guest_ptr effective, guest_ptr saved)
{
    int r = COPYOUT(real, &ids->real);
    r = r < 0 ? r : COPYOUT(effective, &ids->effective);
    return r < 0 ? r : COPYOUT(saved, &ids->saved);
}

int64_t linux_emulated_getresuid(struct thread *t, guest_ptr ruid, guest_ptr euid, guest_ptr suid)
{
    return put_three(&credentials_of(t)->users, ruid, euid, suid);
}

int64_t linux_emulated_getresgid(struct thread *t, guest_ptr rgid, guest_ptr egid, guest_ptr sgid)
{
    return put_three(&credentials_of(t)->groups, rgid, egid, sgid);
}

int64_t linux_emulated_getgroups(struct thread *t, int32_t gidsetsize, guest_ptr grouplist)
{
    const struct credentials *c = credentials_of(t);
    if (gidsetsize < 0 || (gidsetsize > 0 && (uint32_t)gidsetsize < c->group_count)) {
        return -EINVAL;
    }
    if (gidsetsize > 0 && copyout(grouplist, c->group, c->group_count * sizeof c->group[0]) < 0) {
        return -EFAULT;
    }
    return c->group_count;
}

int64_t linux_emulated_set_groups(struct thread *t, int64_t count, const uint32_t *list)
{
    struct credentials *c = credentials_of(t);
    if (!credentials_capable(c, CAPABILITY_SETGID)) {
        return -EPERM;
    }
    if (count < 0 || count > CREDENTIALS_GROUPS_MAX) {
        return -EINVAL;
    }
    for (int64_t i = 0; i < count; i++) {
        /* In order, as the kernel keeps and tells them (groups_sort()). */
        int64_t at = i;
        for (; at > 0 && c->group[at - 1] > list[i]; at--) {
            c->group[at] = c->group[at - 1];
        }
        c->group[at] = list[i];
    }
    c->group_count = (uint32_t)count;
    return 0;
}

int64_t linux_emulated_setgroups(struct thread *t, int32_t gidsetsize, guest_ptr grouplist)
{
    uint32_t list[CREDENTIALS_GROUPS_MAX];
    if (!credentials_capable(credentials_of(t), CAPABILITY_SETGID)) {
        return -EPERM;
    }
    if (gidsetsize < 0 || gidsetsize > CREDENTIALS_GROUPS_MAX) {
        return -EINVAL;
    }
    if (copyin(list, grouplist, (size_t)gidsetsize * sizeof list[0]) < 0) {
        return -EFAULT;
    }
    return linux_emulated_set_groups(t, gidsetsize, list);
}
