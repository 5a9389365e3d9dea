/*
 * Process, user and group ids. Semantics: sys/kern/kern_prot.c.
 *
 * The host keeps credentials per thread, FreeBSD per process: each change is made in all threads (process/everywhere.h)
 * under the process's lock `everywhere`, so that two changes come one after the other, each judged by what the last has
 * left. One copy of the ids, in the process, answers for all threads; a vfork child has its own.
 */
#include "syscalls/freebsd/process/ids.h"

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/everywhere.h"
#include "process/process.h"
#include "process/table.h"
#include "process/thread.h"

#define KEEP FREEBSD_ID_KEEP

static bool changes(struct process_ids now, uint32_t real, uint32_t effective, uint32_t saved)
{
    return (real != KEEP && real != now.real) || (effective != KEEP && effective != now.effective) ||
           (saved != KEEP && saved != now.saved);
}

/* Of the three ids, one that an ordinary user may set any of them to (sys_setresuid()). */
static bool allowed(struct process_ids now, uint32_t id)
{
    return id == KEEP || id == now.real || id == now.effective || id == now.saved;
}

/* The ids that the engine keeps: METADATA_EMULATED. Whatever the super-user may, effective user 0 may. */
static int64_t set_own(struct thread *t, long number, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct credentials *c = t->proc->credentials;
    struct process_ids *ids = number == __NR_setresuid ? &c->users : &c->groups;
    if (c->users.effective != 0 && !(allowed(*ids, real) && allowed(*ids, effective) && allowed(*ids, saved))) {
        return -EPERM;
    }
    ids->real = real != KEEP ? real : ids->real;
    ids->effective = effective != KEEP ? effective : ids->effective;
    ids->saved = saved != KEEP ? saved : ids->saved;
    c->fsuid = c->users.effective;
    c->fsgid = c->groups.effective;
    c->effective = c->permitted = c->users.effective == 0 ? CAPABILITIES_ALL : 0;
    return 0;
}

/* Asks the host for ids that differ from what it has; `number` is setresuid or setresgid. */
static int64_t set_ids(struct thread *t, long number, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct process *p = t->proc;
    if (!changes(number == __NR_setresuid ? p->users : p->groups, real, effective, saved)) {
        return 0;
    }
    int64_t r = p->credentials != NULL ? set_own(t, number, real, effective, saved)
                                       : call_everywhere(t, number, real, effective, saved);
    process_ids_read(p);
    process_table_tell_ids(t);
    p->ids_changed |= r == 0;
    return r;
}

int64_t freebsd_set_users(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_ids(t, __NR_setresuid, real, effective, saved);
}

int64_t freebsd_set_groups(struct thread *t, uint32_t real, uint32_t effective, uint32_t saved)
{
    return set_ids(t, __NR_setresgid, real, effective, saved);
}

/* An id that the host can have: -1 is one on FreeBSD, and here means "as it is". */
static bool one_id(uint32_t id)
{
    return id != KEEP;
}

void freebsd_ids_lock(struct thread *t)
{
    lock_acquire(&t->proc->everywhere);
}

int64_t freebsd_ids_unlock(struct thread *t, int64_t result)
{
    lock_release(&t->proc->everywhere);
    return result;
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
static int64_t do_setuid(struct thread *t, uint32_t uid)
{
    struct process_ids u = t->proc->users;
    if (u.effective != 0 && uid != u.real && uid != u.effective) {
        return -EPERM;
    }
    return one_id(uid) ? freebsd_set_users(t, uid, uid, uid) : -EINVAL;
}

int64_t freebsd_setuid(struct thread *t, uint32_t uid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_setuid(t, uid));
}

static int64_t do_seteuid(struct thread *t, uint32_t euid)
{
    struct process_ids u = t->proc->users;
    if (u.effective != 0 && euid != u.real && euid != u.saved) {
        return -EPERM;
    }
    return one_id(euid) ? freebsd_set_users(t, KEEP, euid, KEEP) : -EINVAL;
}

int64_t freebsd_seteuid(struct thread *t, uint32_t euid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_seteuid(t, euid));
}

/*
 * setreuid(2) and setregid(2): *saved receives what becomes of the saved id, which follows when the real one is set or the
 * effective one leaves it. -EPERM: an ordinary user has none of these ids.
 */
static int64_t plan_two(const struct thread *t, struct process_ids now, uint32_t real, uint32_t effective,
                        uint32_t *saved)
{
    if (t->proc->users.effective != 0 &&
        ((real != KEEP && real != now.real && real != now.saved) ||
         (effective != KEEP && effective != now.effective && effective != now.real && effective != now.saved))) {
        return -EPERM;
    }
    uint32_t new_effective = effective != KEEP ? effective : now.effective;
    uint32_t new_real = real != KEEP ? real : now.real;
    *saved = real != KEEP || new_effective != new_real ? new_effective : KEEP;
    return 0;
}

static int64_t do_setreuid(struct thread *t, uint32_t ruid, uint32_t euid)
{
    uint32_t saved;
    int64_t r = plan_two(t, t->proc->users, ruid, euid, &saved);
    return r < 0 ? r : freebsd_set_users(t, ruid, euid, saved);
}

int64_t freebsd_setreuid(struct thread *t, int32_t ruid, int32_t euid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_setreuid(t, (uint32_t)ruid, (uint32_t)euid));
}

int64_t freebsd_setresuid(struct thread *t, uint32_t ruid, uint32_t euid, uint32_t suid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, freebsd_set_users(t, ruid, euid, suid));
}

static int64_t do_setgid(struct thread *t, uint32_t gid)
{
    struct process_ids g = t->proc->groups;
    if (t->proc->users.effective != 0 && gid != g.real && gid != g.effective) {
        return -EPERM;
    }
    return one_id(gid) ? freebsd_set_groups(t, gid, gid, gid) : -EINVAL;
}

int64_t freebsd_setgid(struct thread *t, uint32_t gid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_setgid(t, gid));
}

static int64_t do_setegid(struct thread *t, uint32_t egid)
{
    struct process_ids g = t->proc->groups;
    if (t->proc->users.effective != 0 && egid != g.real && egid != g.saved) {
        return -EPERM;
    }
    return one_id(egid) ? freebsd_set_groups(t, KEEP, egid, KEEP) : -EINVAL;
}

int64_t freebsd_setegid(struct thread *t, uint32_t egid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_setegid(t, egid));
}

static int64_t do_setregid(struct thread *t, uint32_t rgid, uint32_t egid)
{
    uint32_t saved;
    int64_t r = plan_two(t, t->proc->groups, rgid, egid, &saved);
    return r < 0 ? r : freebsd_set_groups(t, rgid, egid, saved);
}

int64_t freebsd_setregid(struct thread *t, int32_t rgid, int32_t egid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, do_setregid(t, (uint32_t)rgid, (uint32_t)egid));
}

int64_t freebsd_setresgid(struct thread *t, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
    freebsd_ids_lock(t);
    return freebsd_ids_unlock(t, freebsd_set_groups(t, rgid, egid, sgid));
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

/*
 * Set-id bits have no effect here, so what taints a program is a change of its ids (setsugid()); exec ends that where
 * real and effective ids are the same (do_execve() in sys/kern/kern_exec.c).
 */
int64_t freebsd_issetugid(struct thread *t)
{
    return t->proc->ids_changed;
}
