/*
 * Processor sets. Semantics: cpuset(2), cpuset_getaffinity(2), sys/kern/kern_cpuset.c of release 14.
 *
 * FreeBSD has numbered sets, each below a root set, that processes are in; and in them threads have masks of their own,
 * which must be parts of their set. The host has masks of threads, and bounds that it cuts them to without a word. So the
 * root set (0) and the default set (1) are what the host allows; a set that the guest makes is known to the process that
 * makes it and to the children it has afterwards, and bounds what it changes itself.
 */
#include "syscalls/freebsd/threads/cpuset.h"

#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/tasks.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"

#define SET_ROOT    0
#define SET_DEFAULT 1
#define SETS_OF_PID 64        /* numbers of the sets that one process may make: from its pid times this on */
#define MASK_MAX    (1 << 16) /* bytes; as much is looked at for bits that no processor has */

/* The set that the process is in. */
static int64_t own_set(struct thread *t)
{
    int32_t plus_one = __atomic_load_n(&freebsd_inherited(t)->cpuset_plus_one, __ATOMIC_RELAXED);
    return plus_one == 0 ? SET_DEFAULT : plus_one - 1;
}

int64_t cpu_which(struct thread *t, int32_t which, int64_t id, struct cpu_target *out)
{
    *out = (struct cpu_target){.set = own_set(t)};
    switch (which) {
    case CPU_WHICH_TID:
    case CPU_WHICH_TIDPID:
        if (id > FREEBSD_TID_OFFSET) {
            out->host_id = (int32_t)(id - FREEBSD_TID_OFFSET);
        } else if (id != -1 && (which == CPU_WHICH_TID || id <= 0)) {
            return -ESRCH;
        } else if (id != -1) {
            out->host_id = (int32_t)id;
            out->process = true;
        }
        break;
    case CPU_WHICH_PID:
        if (id != -1 && id <= 0) {
            return -ESRCH;
        }
        out->host_id = id == -1 ? 0 : (int32_t)id;
        out->process = true;
        break;
    case CPU_WHICH_CPUSET:
        out->is_set = true;
        if (id == -1 || id == out->set || id == SET_ROOT || id == SET_DEFAULT) {
            out->set = id == -1 ? out->set : id;
            return 0;
        }
        return -ESRCH;
    case CPU_WHICH_JAIL:
        return -ESRCH; /* it has none below it */
    case CPU_WHICH_IRQ:
    case CPU_WHICH_DOMAIN:
    case CPU_WHICH_INTRHANDLER:
    case CPU_WHICH_ITHREAD:
        out->is_set = true; /* neither a thread nor a process */
        out->is_thing = true;
        return 0;
    default:
        return -EINVAL;
    }
    if (out->process && out->host_id == 0) {
        out->host_id = t->proc->pid;
    }
    out->own = out->host_id == 0 || host_call3(__NR_tgkill, t->proc->pid, out->host_id, 0) == 0;
    if (!out->own) {
        out->set = SET_DEFAULT; /* as far as we know */
    }
    return out->own ? 0 : host_call2(__NR_kill, out->host_id, 0); /* of another user's: -EPERM (p_cansched()) */
}

/* What the host would let the calling thread have, whatever it has now. */
static int64_t allowed(uint8_t set[CPU_BYTES])
{
    uint8_t all[CPU_BYTES], now[CPU_BYTES] = {0};
    memset(all, 0xff, sizeof all);
    int64_t r = host_call3(__NR_sched_getaffinity, 0, sizeof now, now);
    if (r < 0) {
        return r;
    }
    host_call3(__NR_sched_setaffinity, 0, sizeof all, all);
    memset(set, 0, CPU_BYTES);
    r = host_call3(__NR_sched_getaffinity, 0, CPU_BYTES, set);
    host_call3(__NR_sched_setaffinity, 0, sizeof now, now);
    return r;
}

/* The mask of a numbered set. */
static int64_t mask_of_set(struct thread *t, int64_t set, uint8_t mask[CPU_BYTES])
{
    const struct freebsd_process *p = freebsd_process(t);
    if (set > SET_DEFAULT && p->cpuset_narrowed) {
        memcpy(mask, p->cpuset_mask, CPU_BYTES);
        return 0;
    }
    return allowed(mask);
}

static bool is_part(const uint8_t part[CPU_BYTES], const uint8_t whole[CPU_BYTES])
{
    for (int i = 0; i < CPU_BYTES; i++) {
        if ((part[i] & ~whole[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_empty(const uint8_t mask[CPU_BYTES])
{
    static const uint8_t none[CPU_BYTES];
    return is_part(mask, none);
}

static int64_t add_one(int32_t tid, void *sum)
{
    uint8_t one[CPU_BYTES] = {0}, *all = sum;
    if (host_call3(__NR_sched_getaffinity, tid, sizeof one, one) > 0) {
        for (int i = 0; i < CPU_BYTES; i++) {
            all[i] |= one[i];
        }
    }
    return 0;
}

static int64_t set_one(int32_t tid, void *mask)
{
    return host_call3(__NR_sched_setaffinity, tid, CPU_BYTES, mask);
}

/* What a thread keeps of its mask in a set that has been narrowed: all of the set if nothing would be left. */
static int64_t narrow_one(int32_t tid, void *arg)
{
    const uint8_t *mask = arg;
    uint8_t one[CPU_BYTES] = {0};
    if (host_call3(__NR_sched_getaffinity, tid, sizeof one, one) < 0) {
        return 0;
    }
    for (int i = 0; i < CPU_BYTES; i++) {
        one[i] &= mask[i];
    }
    host_call3(__NR_sched_setaffinity, tid, CPU_BYTES, is_empty(one) ? mask : one);
    return 0;
}

/* A thread's mask, or all that a process's threads have between them. */
static int64_t mask_of_target(const struct cpu_target *target, uint8_t mask[CPU_BYTES])
{
    memset(mask, 0, CPU_BYTES);
    if (target->process) {
        return tasks_each(target->host_id, add_one, mask);
    }
    int64_t r = host_call3(__NR_sched_getaffinity, target->host_id, CPU_BYTES, mask);
    return r < 0 ? r : 0;
}

int64_t freebsd_cpuset_getaffinity(struct thread *t, int32_t level, int32_t which, int64_t id, uint64_t cpusetsize,
                                   guest_ptr mask)
{
    uint8_t set[CPU_BYTES] = {0};
    struct cpu_target target;
    int64_t r = cpu_which(t, which, id, &target);
    if (r < 0) {
        return r;
    }
    if (level < CPU_LEVEL_ROOT || level > CPU_LEVEL_WHICH || (target.is_thing && level != CPU_LEVEL_WHICH)) {
        return -EINVAL;
    }
    if (target.is_thing) {
        /* Memory has one domain, which all processors are near; interrupts are not to be looked at. */
        r = which != CPU_WHICH_DOMAIN ? -ESRCH : id == 0 ? allowed(set) : id < 0 || id >= DOMAINS_MAX ? -ESRCH : 0;
    } else if (level == CPU_LEVEL_WHICH && !target.is_set) {
        r = mask_of_target(&target, set);
    } else {
        r = mask_of_set(t, level == CPU_LEVEL_ROOT ? SET_ROOT : target.set, set);
    }
    if (r < 0) {
        return r;
    }
    /* Too small for the processors that are there: ERANGE. What lies beyond ours is clear. */
    for (uint64_t i = cpusetsize; i < CPU_BYTES; i++) {
        if (set[i] != 0) {
            return -ERANGE;
        }
    }
    uint64_t known = cpusetsize < CPU_BYTES ? cpusetsize : CPU_BYTES;
    int e = copyout(mask, set, known);
    return e < 0 ? e : guest_zero(guest_at(mask, known), cpusetsize - known);
}

/* Bits for processors that no kernel has are refused; a mask without any is EDEADLK. */
static int64_t copyin_mask(guest_ptr mask, uint64_t size, uint8_t set[CPU_BYTES])
{
    uint64_t known = size < CPU_BYTES ? size : CPU_BYTES;
    memset(set, 0, CPU_BYTES);
    int e = copyin(set, mask, known);
    if (e < 0) {
        return e;
    }
    for (uint64_t i = known; i < size; i++) {
        uint8_t byte;
        if (i >= MASK_MAX || (e = copyin(&byte, guest_at(mask, i), 1)) < 0 || byte != 0) {
            return e < 0 ? e : -EINVAL;
        }
    }
    return is_empty(set) ? -EDEADLK : 0;
}

/*
 * A numbered set's mask: one that the guest has made, for those who may. The threads of this process follow; those of
 * others that are in the set keep what they have.
 */
static int64_t modify_set(struct thread *t, int64_t set, const uint8_t mask[CPU_BYTES])
{
    uint8_t root[CPU_BYTES];
    struct freebsd_process *p = freebsd_process(t);
    if (set <= SET_DEFAULT || t->proc->users.effective != 0) {
        return -EPERM; /* the root set is nobody's to change, nor is a jail's own the jail's */
    }
    int64_t r = allowed(root);
    if (r < 0) {
        return r;
    }
    if (!is_part(mask, root)) {
        return -EINVAL;
    }
    lock_acquire(&p->lock);
    memcpy(p->cpuset_mask, mask, CPU_BYTES);
    p->cpuset_narrowed = true;
    lock_release(&p->lock);
    uint8_t copy[CPU_BYTES];
    memcpy(copy, mask, sizeof copy);
    tasks_each(t->proc->pid, narrow_one, copy);
    return 0;
}

/* A mask of a thread's or of all of a process's, which must be a part of their set. */
static int64_t set_mask(struct thread *t, const struct cpu_target *target, uint8_t mask[CPU_BYTES])
{
    uint8_t whole[CPU_BYTES];
    int64_t r = mask_of_set(t, target->set, whole);
    if (r < 0) {
        return r;
    }
    if (!is_part(mask, whole)) {
        return -EDEADLK;
    }
    if (target->process) {
        return tasks_each(target->host_id, set_one, mask);
    }
    return host_call3(__NR_sched_setaffinity, target->host_id, CPU_BYTES, mask);
}

int64_t freebsd_cpuset_setaffinity(struct thread *t, int32_t level, int32_t which, int64_t id, uint64_t cpusetsize,
                                   guest_ptr mask)
{
    uint8_t set[CPU_BYTES];
    struct cpu_target target;
    int64_t r = copyin_mask(mask, cpusetsize, set);
    if (r < 0) {
        return r;
    }
    if (level < CPU_LEVEL_ROOT || level > CPU_LEVEL_WHICH) {
        return -EINVAL;
    }
    r = cpu_which(t, which, id, &target);
    if (r < 0) {
        return r;
    }
    if (target.is_thing) {
        return level != CPU_LEVEL_WHICH || which == CPU_WHICH_DOMAIN ? -EINVAL : -EPERM;
    }
    if (level == CPU_LEVEL_WHICH && !target.is_set) {
        return set_mask(t, &target, set);
    }
    return modify_set(t, level == CPU_LEVEL_ROOT ? SET_ROOT : target.set, set);
}

/* A set of the guest's own, with all that the root set has; the process is in it from then on. */
int64_t freebsd_cpuset(struct thread *t, guest_ptr setid)
{
    struct freebsd_process *p = freebsd_process(t);
    int32_t set =
        t->proc->pid * SETS_OF_PID + (int32_t)(__atomic_fetch_add(&p->cpusets_made, 1, __ATOMIC_RELAXED) % SETS_OF_PID);
    int r = COPYOUT(setid, &set);
    if (r < 0) {
        return r;
    }
    lock_acquire(&p->lock);
    freebsd_inherited(t)->cpuset_plus_one = set + 1;
    p->cpuset_narrowed = false;
    lock_release(&p->lock);
    return 0;
}

/* Into another set: there are the default set and the own one. */
int64_t freebsd_cpuset_setid(struct thread *t, int32_t which, int64_t id, int32_t setid)
{
    struct cpu_target target, set;
    struct freebsd_process *p = freebsd_process(t);
    if (which != CPU_WHICH_PID) {
        return -EINVAL;
    }
    int64_t r = cpu_which(t, CPU_WHICH_CPUSET, setid, &set);
    if (r == 0) {
        r = cpu_which(t, which, id, &target);
    }
    if (r < 0) {
        return r;
    }
    if (!target.own) {
        return -EPERM;
    }
    lock_acquire(&p->lock);
    p->cpuset_narrowed = p->cpuset_narrowed && set.set == own_set(t);
    freebsd_inherited(t)->cpuset_plus_one = (int32_t)set.set + 1;
    lock_release(&p->lock);
    return 0;
}

int64_t freebsd_cpuset_getid(struct thread *t, int32_t level, int32_t which, int64_t id, guest_ptr setid)
{
    struct cpu_target target;
    if (level == CPU_LEVEL_WHICH && which != CPU_WHICH_CPUSET) {
        return -EINVAL;
    }
    int64_t r = cpu_which(t, which, id, &target);
    if (r < 0) {
        return r;
    }
    if (target.is_thing) {
        return -EINVAL;
    }
    int32_t set = level == CPU_LEVEL_ROOT ? SET_ROOT : (int32_t)target.set;
    return COPYOUT(setid, &set);
}
