/*
 * Process, user and group ids. Semantics: sys/kern/kern_prot.c.
 *
 * The host keeps credentials per thread, FreeBSD per process: with more than one thread a change is refused, since
 * the others would keep what was to be given up. So one copy of them, in the process, answers for all threads; a vfork
 * child has its own.
 */
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"

#define NGROUPS_MAX 1023
#define KEEP        0xffffffffu

static int count_thread(struct thread *t, void *count)
{
    (void)t;
    ++*(int *)count;
    return 0;
}

static bool alone(struct thread *t)
{
    int count = 0;
    if (t->proc->shares_memory) {
        return true; /* a vfork child: the threads it sees are its parent's */
    }
    threads_each(count_thread, &count);
    return count <= 1;
}

static bool changes(struct process_ids now, uint32_t real, uint32_t effective, uint32_t saved)
{
    return (real != KEEP && real != now.real) || (effective != KEEP && effective != now.effective) ||
           (saved != KEEP && saved != now.saved);
}

/* Asks the host for ids that differ from what it has; `nr` is setresuid or setresgid. */
static int64_t set_ids(struct thread *t, long nr, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct process *p = t->proc;
    if (!changes(nr == __NR_setresuid ? p->users : p->groups, real, effective, saved)) {
        return 0;
    }
    if (!alone(t)) {
        return -EPERM;
    }
    int64_t r = host_call3(nr, real, effective, saved);
    process_ids_read(p);
    return r;
}

static int64_t set_users(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_ids(t, __NR_setresuid, real, effective, saved);
}

static int64_t set_groups(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_ids(t, __NR_setresgid, real, effective, saved);
}

int64_t freebsd_getpid(struct thread *t)
{
    return t->proc->pid;
}

int64_t freebsd_getuid(struct thread *t)
{
    return t->proc->users.real;
}

int64_t freebsd_geteuid(struct thread *t)
{
    return t->proc->users.effective;
}

int64_t freebsd_getgid(struct thread *t)
{
    return t->proc->groups.real;
}

int64_t freebsd_getegid(struct thread *t)
{
    return t->proc->groups.effective;
}

/* setuid(2) sets all three, for everybody; without privilege only to the real or effective id. */
int64_t freebsd_setuid(struct thread *t, uint32_t uid)
{
    struct process_ids u = t->proc->users;
    if (u.effective != 0 && uid != u.real && uid != u.effective) {
        return -EPERM;
    }
    return set_users(t, uid, uid, uid);
}

int64_t freebsd_seteuid(struct thread *t, uint32_t euid)
{
    struct process_ids u = t->proc->users;
    if (u.effective != 0 && euid != u.real && euid != u.saved) {
        return -EPERM;
    }
    return set_users(t, KEEP, euid, KEEP);
}

/* setreuid(2): the saved id follows when the real one is set or the effective one leaves it. */
int64_t freebsd_setreuid(struct thread *t, int32_t ruid, int32_t euid)
{
    struct process_ids u = t->proc->users;
    uint32_t real = (uint32_t)ruid, effective = (uint32_t)euid;
    if (u.effective != 0 &&
        ((real != KEEP && real != u.real && real != u.saved) ||
         (effective != KEEP && effective != u.effective && effective != u.real && effective != u.saved))) {
        return -EPERM;
    }
    uint32_t new_effective = effective != KEEP ? effective : u.effective;
    uint32_t new_real = real != KEEP ? real : u.real;
    bool follow = real != KEEP || new_effective != new_real;
    return set_users(t, real, effective, follow ? new_effective : KEEP);
}

int64_t freebsd_setresuid(struct thread *t, uint32_t ruid, uint32_t euid, uint32_t suid)
{
    return set_users(t, ruid, euid, suid);
}

int64_t freebsd_setgid(struct thread *t, uint32_t gid)
{
    struct process_ids g = t->proc->groups;
    if (t->proc->users.effective != 0 && gid != g.real && gid != g.effective) {
        return -EPERM;
    }
    return set_groups(t, gid, gid, gid);
}

int64_t freebsd_setegid(struct thread *t, uint32_t egid)
{
    struct process_ids g = t->proc->groups;
    if (t->proc->users.effective != 0 && egid != g.real && egid != g.saved) {
        return -EPERM;
    }
    return set_groups(t, KEEP, egid, KEEP);
}

int64_t freebsd_setregid(struct thread *t, int32_t rgid, int32_t egid)
{
    struct process_ids g = t->proc->groups;
    uint32_t real = (uint32_t)rgid, effective = (uint32_t)egid;
    if (t->proc->users.effective != 0 &&
        ((real != KEEP && real != g.real && real != g.saved) ||
         (effective != KEEP && effective != g.effective && effective != g.real && effective != g.saved))) {
        return -EPERM;
    }
    uint32_t new_effective = effective != KEEP ? effective : g.effective;
    uint32_t new_real = real != KEEP ? real : g.real;
    bool follow = real != KEEP || new_effective != new_real;
    return set_groups(t, real, effective, follow ? new_effective : KEEP);
}

int64_t freebsd_setresgid(struct thread *t, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
    return set_groups(t, rgid, egid, sgid);
}

static int64_t copyout_three(struct process_ids ids, guest_ptr real, guest_ptr effective, guest_ptr saved)
{
    int r = guest_is_null(real) ? 0 : COPYOUT(real, &ids.real);
    if (r == 0 && !guest_is_null(effective)) {
        r = COPYOUT(effective, &ids.effective);
    }
    if (r == 0 && !guest_is_null(saved)) {
        r = COPYOUT(saved, &ids.saved);
    }
    return r;
}

int64_t freebsd_getresuid(struct thread *t, guest_ptr ruid, guest_ptr euid, guest_ptr suid)
{
    return copyout_three(t->proc->users, ruid, euid, suid);
}

int64_t freebsd_getresgid(struct thread *t, guest_ptr rgid, guest_ptr egid, guest_ptr sgid)
{
    return copyout_three(t->proc->groups, rgid, egid, sgid);
}

/* The host's supplementary groups; list has room for NGROUPS_MAX. */
static int64_t supplementary(uint32_t *list)
{
    return host_call2(__NR_getgroups, NGROUPS_MAX, list);
}

/* Up to release 14 the effective group is the first of the list. */
int64_t freebsd_getgroups(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    uint32_t list[1 + NGROUPS_MAX];
    int64_t n = supplementary(list + 1);
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
    if (!alone(t)) {
        return -EPERM;
    }
    if (gidsetsize == 0) {
        return host_call2(__NR_setgroups, 0, 0);
    }
    int64_t result = host_call2(__NR_setgroups, gidsetsize - 1, list + 1);
    return result < 0 ? result : set_groups(t, KEEP, list[0], KEEP);
}

int64_t freebsd_getgroups15(struct thread *t, int32_t gidsetsize, guest_ptr gidset)
{
    (void)t;
    uint32_t list[NGROUPS_MAX];
    int64_t n = supplementary(list);
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
    return alone(t) ? host_call2(__NR_setgroups, gidsetsize, list) : -EPERM;
}

/* Set-id bits have no effect here, so the program is never tainted by them. */
int64_t freebsd_issetugid(struct thread *t)
{
    (void)t;
    return 0;
}
