/*
 * Processor sets and memory domains. Sources: cpuset(2), cpuset_getaffinity(2), cpuset_getdomain(2),
 * sys/kern/kern_cpuset.c of release 14.
 */
#include "processors.h"
#include "guest.h"

enum { BYTES = 128 };

static int count(const uint8_t *set)
{
    int bits = 0;

    for (int i = 0; i < BYTES * 8; i++)
        bits += set[i / 8] >> (i % 8) & 1;
    return bits;
}

/* The lowest processor in a set. */
static int first(const uint8_t *set)
{
    int i = 0;

    while (i < BYTES * 8 - 1 && !(set[i / 8] >> (i % 8) & 1))
        i++;
    return i;
}

static void only(uint8_t *set, int processor)
{
    memset(set, 0, BYTES);
    set[processor / 8] = (uint8_t)(1 << processor % 8);
}

static int64_t get(int level, int which, int64_t id, uint8_t *set)
{
    return SYS(cpuset_getaffinity, level, which, id, BYTES, set);
}

static int64_t set(int level, int which, int64_t id, const uint8_t *mask)
{
    return SYS(cpuset_setaffinity, level, which, id, BYTES, mask);
}

TEST(masks_of_a_thread)
{
    uint8_t old[BYTES], one[BYTES], got[BYTES];
    int64_t me = 0;

    CHECK_OK(SYS(thr_self, &me));
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, old));
    CHECK(count(old) >= 1);
    only(one, first(old));
    CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, me, one));
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, got));
    CHECK_EQ(count(got), 1);
    CHECK_EQ(SYS(sched_getcpu), first(old));
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TIDPID, me, got));
    CHECK_EQ(count(got), 1);
    CHECK_OK(get(CPU_LEVEL_CPUSET, CPU_WHICH_TID, me, got)); /* the set it is in is as it was */
    CHECK(count(got) >= count(old));
    CHECK_OK(get(CPU_LEVEL_ROOT, CPU_WHICH_PID, -1, got));
    CHECK(count(got) >= count(old));
    CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, old));
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, got));
    CHECK_EQ(count(got), count(old));
}

static volatile uint32_t stage, go;
static volatile int others;

static void look(void *unused)
{
    uint8_t got[BYTES];

    (void)unused;
    stage = 1;
    guest_await(&go, 1);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, got));
    others = count(got);
}

/* A process: what all its threads have between them; set, each of them has it */
TEST(masks_of_a_process)
{
    struct guest_thread thread;
    uint8_t old[BYTES], one[BYTES], got[BYTES];

    stage = go = 0;
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, old));
    only(one, first(old));
    REQUIRE(guest_thread_start(&thread, look, NULL) == 0);
    REQUIRE(guest_await(&stage, 1));
    CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, one));
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_PID, SYS(getpid), got));
    CHECK_EQ(count(got), count(old)); /* the other thread has all */
    CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, one));
    go = 1;
    guest_thread_join(&thread);
    CHECK_EQ(others, 1);
    CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, old));
}

TEST(mask_errors)
{
    uint8_t mask[BYTES + 8], got[BYTES];

    memset(mask, 0, sizeof(mask));
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, mask), FREEBSD_EDEADLK);
    mask[BYTES - 1] = 0x80; /* processor 1023 */
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, mask), FREEBSD_EDEADLK);
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, mask), FREEBSD_EDEADLK);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, mask));
    mask[BYTES - 1] |= 0x80; /* one too many among those that are there: not cut away in silence */
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, mask), FREEBSD_EDEADLK);
    mask[BYTES - 1] = 0;
    mask[BYTES + 3] = 1;
    CHECK_ERR(SYS(cpuset_setaffinity, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, BYTES + 8, mask), FREEBSD_EINVAL);
    mask[BYTES + 3] = 0;
    CHECK_OK(SYS(cpuset_setaffinity, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, BYTES + 8, mask));
    CHECK_OK(SYS(cpuset_getaffinity, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, BYTES + 8, mask));
    CHECK_ERR(SYS(cpuset_getaffinity, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 0, got), FREEBSD_ERANGE);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, (uint8_t *)0x10), FREEBSD_EFAULT);
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, (uint8_t *)0x10), FREEBSD_EFAULT);
    for (int level = 0; level <= 4; level += 4) {
        CHECK_ERR(get(level, CPU_WHICH_TID, -1, got), FREEBSD_EINVAL);
        CHECK_ERR(set(level, CPU_WHICH_TID, -1, mask), FREEBSD_EINVAL);
    }
    CHECK_ERR(get(CPU_LEVEL_WHICH, 0, -1, got), FREEBSD_EINVAL);
    CHECK_ERR(get(CPU_LEVEL_WHICH, 10, -1, got), FREEBSD_EINVAL);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, 99, got), FREEBSD_ESRCH);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_PID, 99998, got), FREEBSD_ESRCH);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_PID, -2, got), FREEBSD_ESRCH);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, 77, got), FREEBSD_ESRCH);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_JAIL, 77, got), FREEBSD_ESRCH);
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_PID, 99998, mask), FREEBSD_ESRCH);
    CHECK_ERR(get(CPU_LEVEL_ROOT, CPU_WHICH_DOMAIN, 0, got), FREEBSD_EINVAL);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_DOMAIN, 0, got));
    CHECK(count(got) >= 1);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_DOMAIN, 1, got)); /* a domain without processors */
    CHECK_EQ(count(got), 0);
    CHECK_ERR(get(CPU_LEVEL_WHICH, CPU_WHICH_DOMAIN, 8, got), FREEBSD_ESRCH);
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_DOMAIN, 0, mask), FREEBSD_EINVAL);
}

/* The sets that are there: the root set is nobody's to change, the default set not a jail's */
TEST(sets_that_are_there)
{
    uint8_t mask[BYTES];
    int32_t id = 99;

    CHECK_OK(SYS(cpuset_getid, CPU_LEVEL_ROOT, CPU_WHICH_PID, -1, &id));
    CHECK_EQ(id, 0);
    CHECK_OK(SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, &id));
    CHECK_EQ(id, 1);
    CHECK_OK(SYS(cpuset_getid, CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, 1, &id));
    CHECK_EQ(id, 1);
    CHECK_ERR(SYS(cpuset_getid, CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, &id), FREEBSD_EINVAL);
    CHECK_ERR(SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_DOMAIN, 0, &id), FREEBSD_EINVAL);
    CHECK_ERR(SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_CPUSET, 77, &id), FREEBSD_ESRCH);
    CHECK_ERR(SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, 0x10), FREEBSD_EFAULT);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, 1, mask));
    CHECK_ERR(set(CPU_LEVEL_ROOT, CPU_WHICH_PID, -1, mask), FREEBSD_EPERM);
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, 0, mask), FREEBSD_EPERM);
    CHECK_ERR(set(CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, mask), FREEBSD_EPERM);
}

static void is_in_set(void *expected)
{
    int32_t id = 0;

    CHECK_OK(SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_TID, -1, &id));
    CHECK_EQ(id, *(int32_t *)expected);
}

static void make_a_set(void *unused)
{
    uint8_t old[BYTES], one[BYTES], got[BYTES];
    int32_t id = 0, second = 0;

    (void)unused;
    CHECK_ERR(SYS(cpuset, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(cpuset, &id));
    CHECK(id > 2); /* 0, 1 and 2 are the kernel's */
    is_in_set(&id);
    CHECK_EQ(guest_in_child(is_in_set, &id), 0);
    CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, id, old));
    if (SYS(geteuid) == 0) {
        only(one, first(old));
        CHECK_OK(set(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, id, one));
        CHECK_OK(get(CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, got));
        CHECK_EQ(count(got), 1);
        CHECK_OK(get(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, got));
        CHECK_EQ(count(got), 1);
        if (count(old) > 1)
            CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, old), FREEBSD_EDEADLK); /* more than the set has */
        one[BYTES - 1] = 0x80;
        CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, id, one), FREEBSD_EINVAL); /* more than the root set has */
        CHECK_OK(SYS(setuid, 1000));
    }
    CHECK_ERR(set(CPU_LEVEL_WHICH, CPU_WHICH_CPUSET, id, old), FREEBSD_EPERM);
    CHECK_OK(SYS(cpuset, &second));
    CHECK(second != id);
    CHECK_OK(get(CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, got));
    CHECK_EQ(count(got), count(old));
    CHECK_ERR(SYS(cpuset_setid, CPU_WHICH_TID, -1, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(cpuset_setid, CPU_WHICH_PID, -1, 77), FREEBSD_ESRCH);
    CHECK_ERR(SYS(cpuset_setid, CPU_WHICH_PID, 99998, 1), FREEBSD_ESRCH);
    CHECK_OK(SYS(cpuset_setid, CPU_WHICH_PID, -1, 1));
    second = 1;
    is_in_set(&second);
}

int guest_child(int argc, char **argv)
{
    int32_t id = 0, expected = 0;

    (void)argc;
    for (const char *digit = argv[2]; *digit != '\0'; digit++)
        expected = expected * 10 + (*digit - '0');
    return SYS(cpuset_getid, CPU_LEVEL_CPUSET, CPU_WHICH_PID, -1, &id) == 0 && id == expected ? 0 : 1;
}

static void exec_in_a_set(void *unused)
{
    char number[16];
    char *arguments[] = {(char *)(uintptr_t)guest_self, "--set", number, NULL};
    int32_t id = 0;

    (void)unused;
    CHECK_OK(SYS(cpuset, &id));
    guest_format(number, sizeof(number), "%d", id);
    SYS(execve, guest_self, arguments, guest_envp);
    guest_fail(__FILE__, __LINE__, "execve came back");
}

TEST(sets_are_kept_by_exec)
{
    CHECK_EQ(guest_in_child(exec_in_a_set, NULL), 0);
}

/* Rows: cpuset: cpuset(2) */
TEST(sets_of_ones_own)
{
    CHECK_EQ(guest_in_child(make_a_set, NULL), 0);
}

static int64_t get_domain(int level, int which, int64_t id, uint64_t *domains, int32_t *policy)
{
    return SYS_NUMBER(FREEBSD_SYS_cpuset_getdomain, level, which, id, 8, domains, policy);
}

static int64_t set_domain(int level, int which, int64_t id, uint64_t domains, int policy)
{
    return SYS_NUMBER(FREEBSD_SYS_cpuset_setdomain, level, which, id, 8, &domains, policy);
}

static void inherits_policy(void *unused)
{
    uint64_t domains = 0;
    int32_t policy = 0;

    (void)unused;
    CHECK_OK(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, &domains, &policy));
    CHECK_EQ(policy, FREEBSD_DOMAINSET_ROUNDROBIN);
}

/* cpuset_getdomain(2): a machine with one domain */
TEST(domains)
{
    struct guest_thread thread;
    uint64_t domains = 99, wide[5] = {1, 0, 0, 0, 0};
    int32_t policy = 99;

    CHECK_OK(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, &domains, &policy));
    CHECK_EQ(domains, 1);
    CHECK_EQ(policy, FREEBSD_DOMAINSET_FIRSTTOUCH);
    CHECK_OK(get_domain(CPU_LEVEL_ROOT, CPU_WHICH_PID, -1, &domains, &policy));
    CHECK_OK(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 1, FREEBSD_DOMAINSET_ROUNDROBIN));
    inherits_policy(NULL);
    REQUIRE(guest_thread_start(&thread, inherits_policy, NULL) == 0);
    guest_thread_join(&thread);
    CHECK_EQ(guest_in_child(inherits_policy, NULL), 0);
    CHECK_OK(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, 1, FREEBSD_DOMAINSET_PREFER));
    CHECK_OK(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_PID, SYS(getpid), &domains, &policy));
    CHECK_EQ(policy, FREEBSD_DOMAINSET_PREFER);
    CHECK_EQ(domains, 1);
    CHECK_ERR(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, 3, FREEBSD_DOMAINSET_PREFER), FREEBSD_EINVAL);
    CHECK_ERR(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, 1, 0), FREEBSD_EINVAL);
    CHECK_ERR(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_PID, -1, 1, 5), FREEBSD_EINVAL);
    CHECK_OK(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 0, FREEBSD_DOMAINSET_ROUNDROBIN)); /* impossible: all */
    CHECK_OK(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, &domains, &policy));
    CHECK_EQ(policy, FREEBSD_DOMAINSET_INTERLEAVE);
    CHECK_ERR(set_domain(CPU_LEVEL_ROOT, CPU_WHICH_TID, -1, 1, FREEBSD_DOMAINSET_PREFER), FREEBSD_EPERM);
    CHECK_ERR(set_domain(9, CPU_WHICH_TID, -1, 1, FREEBSD_DOMAINSET_PREFER), FREEBSD_EINVAL);
    CHECK_ERR(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_DOMAIN, 0, 1, FREEBSD_DOMAINSET_PREFER), FREEBSD_EINVAL);
    CHECK_ERR(set_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, 99, 1, FREEBSD_DOMAINSET_PREFER), FREEBSD_ESRCH);
    for (uint64_t size = 0; size <= 40; size += 4)
        CHECK_EQ(SYS(cpuset_getdomain, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, size, wide, &policy),
                 size < 8 || size > 32 ? -FREEBSD_ERANGE : 0);
    CHECK_ERR(SYS(cpuset_setdomain, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 40, wide, 1), FREEBSD_ERANGE);
    wide[2] = 1;
    CHECK_ERR(SYS(cpuset_setdomain, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 32, wide, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(cpuset_setdomain, CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, 8, 0x10, 1), FREEBSD_EFAULT);
    CHECK_ERR(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, (uint64_t *)0x10, &policy), FREEBSD_EFAULT);
    CHECK_ERR(get_domain(CPU_LEVEL_WHICH, CPU_WHICH_TID, -1, &domains, (int32_t *)0x10), FREEBSD_EFAULT);
}
