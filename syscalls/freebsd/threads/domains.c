/*
 * Memory domains: where memory of threads is taken from. Semantics: cpuset_getdomain(2), sys/kern/kern_cpuset.c. Guests
 * see a machine with one domain, on which every policy comes to the same; it is kept, and told.
 */
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/threads/cpuset.h"

/* sys/sys/domainset.h, sys/sys/_domainset.h */
enum { POLICY_ROUNDROBIN = 1, POLICY_FIRSTTOUCH = 2, POLICY_PREFER = 3, POLICY_INTERLEAVE = 4 };
#define DOMAINSET_BYTES 8  /* the kernel's own: MAXMEMDOM bits, in whole words */
#define DOMAINSET_MAX   32 /* 256 domains */
#define FIRST_DOMAIN    1ULL

static int64_t check_size(uint64_t size)
{
    return size < DOMAINSET_BYTES || size > DOMAINSET_MAX ? -ERANGE : 0;
}

/* Whom a call means, or an error: neither interrupts nor domains have memory. */
static int64_t target_of(struct thread *t, int32_t level, int32_t which, int64_t id, struct cpu_target *target)
{
    int64_t r = cpu_which(t, which, id, target);
    if (r < 0) {
        return r;
    }
    return target->is_thing || level < CPU_LEVEL_ROOT || level > CPU_LEVEL_WHICH ? -EINVAL : 0;
}

struct each {
    const struct process *proc;
    const struct cpu_target *target;
    uint8_t policy;
    bool found;
};

static bool is_meant(const struct thread *t, const struct each *e)
{
    return t->proc == e->proc && (e->target->process || t->tid == e->target->host_id);
}

static int take(struct thread *t, void *arg)
{
    struct each *e = arg;
    if (is_meant(t, e)) {
        e->policy = t->domain_policy; /* of a process: the last thread's */
        e->found = true;
    }
    return 0;
}

static int give(struct thread *t, void *arg)
{
    struct each *e = arg;
    if (is_meant(t, e)) {
        t->domain_policy = e->policy;
        e->found = true;
    }
    return 0;
}

/* Does fn to those threads of this process that are meant. Whether there are any. */
static bool each_meant(struct thread *t, struct cpu_target *target, struct each *e, int (*fn)(struct thread *, void *))
{
    target->host_id = target->host_id == 0 ? t->tid : target->host_id;
    target->process = target->process && target->own;
    e->proc = t->proc;
    e->target = target;
    threads_each(fn, e);
    return e->found;
}

int64_t freebsd_cpuset_getdomain(struct thread *t, int32_t level, int32_t which, int64_t id, uint64_t domainsetsize,
                                 guest_ptr mask, guest_ptr policy)
{
    struct cpu_target target;
    struct each e = {0};
    int64_t r = check_size(domainsetsize);
    if (r == 0) {
        r = target_of(t, level, which, id, &target);
    }
    if (r < 0) {
        return r;
    }
    if (level == CPU_LEVEL_WHICH && !target.is_set) {
        each_meant(t, &target, &e, take);
    }
    uint64_t domains[DOMAINSET_MAX / 8] = {FIRST_DOMAIN};
    uint32_t given = e.policy != 0 ? e.policy : POLICY_FIRSTTOUCH;
    int c = copyout(mask, domains, domainsetsize);
    return c < 0 ? c : COPYOUT(policy, &given);
}

/* The policy that a request comes to. 0 or -errno. */
static int64_t decide(guest_ptr mask, uint64_t size, int32_t policy, uint8_t *out)
{
    uint64_t domains[DOMAINSET_MAX / 8] = {0};
    int r = copyin(domains, mask, size);
    if (r < 0) {
        return r;
    }
    if (domains[1] != 0 || domains[2] != 0 || domains[3] != 0) {
        return -EINVAL;
    }
    uint64_t known = domains[0] & ((1U << DOMAINS_MAX) - 1);
    if (policy == POLICY_PREFER && (known == 0 || (known & (known - 1)) != 0)) {
        return -EINVAL;
    }
    *out = (uint8_t)policy;
    if (policy == POLICY_PREFER && known != FIRST_DOMAIN) {
        *out = POLICY_ROUNDROBIN; /* the one preferred has no memory */
    } else if (policy != POLICY_PREFER && (known & FIRST_DOMAIN) == 0) {
        *out = POLICY_INTERLEAVE; /* none of them has */
    }
    return 0;
}

int64_t freebsd_cpuset_setdomain(struct thread *t, int32_t level, int32_t which, int64_t id, uint64_t domainsetsize,
                                 guest_ptr mask, int32_t policy)
{
    struct cpu_target target;
    struct each e = {0};
    int64_t r = check_size(domainsetsize);
    if (r == 0 && (policy < POLICY_ROUNDROBIN || policy > POLICY_INTERLEAVE)) {
        r = -EINVAL;
    }
    if (r == 0) {
        r = decide(mask, domainsetsize, policy, &e.policy);
    }
    if (r == 0) {
        r = target_of(t, level, which, id, &target);
    }
    if (r < 0) {
        return r;
    }
    if (level != CPU_LEVEL_WHICH || target.is_set) {
        return -EPERM; /* sets are not a jail's to change */
    }
    return each_meant(t, &target, &e, give) ? 0 : -EPERM;
}
