/*
 * sysctl: by number, by name, names to numbers, and its errors. Sources: sysctl(3), sys/kern/kern_sysctl.c.
 */
#include "guest.h"
#include "sysctl.h"

static int64_t get(const int32_t *name, int count, void *old, uint64_t *length)
{
    return SYS(__sysctl, name, count, old, length, 0, 0);
}

static int64_t get_named(const char *name, void *old, uint64_t *length)
{
    return SYS(__sysctlbyname, name, guest_strlen(name), old, length, 0, 0);
}

static int number(int top, int leaf)
{
    int32_t name[2] = {top, leaf};
    int32_t value = -1;
    uint64_t length = sizeof(value);

    CHECK_OK(get(name, 2, &value, &length));
    CHECK_EQ(length, 4);
    return value;
}

TEST(numbers)
{
    CHECK_EQ(number(FREEBSD_CTL_HW, FREEBSD_HW_PAGESIZE), 4096);
    CHECK_EQ(number(FREEBSD_CTL_HW, FREEBSD_HW_NCPU), (int)guest_aux(FREEBSD_AT_NCPUS, NULL));
    CHECK_EQ(number(FREEBSD_CTL_KERN, FREEBSD_KERN_OSRELDATE), (int)guest_aux(FREEBSD_AT_OSRELDATE, NULL));
    CHECK_EQ(number(FREEBSD_CTL_KERN, FREEBSD_KERN_ARGMAX), 524288);
    CHECK(number(FREEBSD_CTL_KERN, FREEBSD_KERN_NGROUPS) >= 16);
}

static void string(int top, int leaf, const char *expected)
{
    int32_t name[2] = {top, leaf};
    char value[256];
    uint64_t length = sizeof(value);

    CHECK_OK(get(name, 2, value, &length));
    CHECK_EQ(length, guest_strlen(value) + 1);
    if (expected != NULL && guest_strcmp(value, expected) != 0)
        guest_fail(__FILE__, __LINE__, "%d.%d is %s", top, leaf, value);
}

TEST(strings)
{
    string(FREEBSD_CTL_KERN, FREEBSD_KERN_OSTYPE, "FreeBSD");
    string(FREEBSD_CTL_KERN, FREEBSD_KERN_OSRELEASE, NULL);
    string(FREEBSD_CTL_KERN, FREEBSD_KERN_VERSION, NULL);
    string(FREEBSD_CTL_KERN, FREEBSD_KERN_HOSTNAME, NULL);
    string(FREEBSD_CTL_HW, FREEBSD_HW_MACHINE, "amd64");
    string(FREEBSD_CTL_HW, FREEBSD_HW_MACHINE_ARCH, "amd64");
}

/* kern.cp_time, kern.cp_times: five states of all processors, and of each (sys/kern/kern_clock.c, sys/sys/resource.h) */
TEST(processor_times)
{
    int64_t all[5], each[5 * 64];
    uint64_t length = sizeof(all), sum = 0;
    int cpus = number(FREEBSD_CTL_HW, FREEBSD_HW_NCPU);

    CHECK_OK(get_named("kern.cp_time", all, &length));
    CHECK_EQ(length, sizeof(all));
    CHECK(all[4] > 0); /* idle */
    if (cpus > 64)
        return;
    length = sizeof(each);
    CHECK_OK(get_named("kern.cp_times", each, &length));
    CHECK(length >= (uint64_t)cpus * sizeof(all) && length % sizeof(all) == 0);
    for (uint64_t i = 0; i < length / 8; i++)
        sum += (uint64_t)each[i];
    CHECK(sum + (uint64_t)cpus * 10 >= (uint64_t)all[0] + (uint64_t)all[4]); /* of a moment later, rounded */
    length = 8;
    CHECK_ERR(get_named("kern.cp_times", each, &length), FREEBSD_ENOMEM);
}

/* sysctl.name2oid, {0, 3}: what sysctlbyname(3) of old asks; the name goes in without its NUL */
TEST(name_to_numbers)
{
    int32_t query[2] = {FREEBSD_CTL_SYSCTL, FREEBSD_SYSCTL_NAME2OID};
    int32_t oid[24];
    int32_t value = 0;
    uint64_t length = sizeof(oid);

    CHECK_OK(SYS(__sysctl, query, 2, oid, &length, "hw.pagesize", 11));
    CHECK_EQ(length, 8);
    CHECK_EQ(oid[0], FREEBSD_CTL_HW);
    CHECK_EQ(oid[1], FREEBSD_HW_PAGESIZE);
    length = sizeof(oid);
    CHECK_OK(SYS(__sysctl, query, 2, oid, &length, "kern.smp.maxcpus", 16));
    CHECK(length >= 8);
    {
        uint64_t size = sizeof(value);

        CHECK_OK(get(oid, (int)(length / 4), &value, &size));
        CHECK(value >= 1);
    }
    length = sizeof(oid);
    CHECK_ERR(SYS(__sysctl, query, 2, oid, &length, "no.such.name", 12), FREEBSD_ENOENT);
}

TEST(by_name)
{
    int32_t value = 0;
    uint64_t length = sizeof(value);

    CHECK_OK(get_named("hw.ncpu", &value, &length));
    CHECK_EQ(value, (int)guest_aux(FREEBSD_AT_NCPUS, NULL));
    CHECK_ERR(get_named("no.such.name", &value, &length), FREEBSD_ENOENT);
}

/*
 * Bytes of a cpuset_t: of the kernel's own, which the release has for 1024 processors, and of the smallest that it
 * takes. libthr asks for them, and aborts the program without (lib/libthr/thread/thr_attr.c, sys/kern/kern_cpuset.c).
 */
TEST(processor_sets)
{
    int32_t size = 0, least = 0;
    uint64_t length = sizeof(size);
    uint8_t mask[128];

    CHECK_OK(get_named("kern.sched.cpusetsize", &size, &length));
    CHECK_EQ(size, 128);
    length = sizeof(least);
    CHECK_OK(get_named("kern.sched.cpusetsizemin", &least, &length));
    CHECK(least >= 8 && least % 8 == 0 && least <= size);
    CHECK_OK(SYS(cpuset_getaffinity, 3, 1, -1L, least, mask));
    CHECK_OK(SYS(cpuset_getaffinity, 3, 1, -1L, size, mask));
}

/* The rules of oldlenp: NULL old asks for the size; too small is ENOMEM with what fits; exact is fine */
TEST(lengths)
{
    int32_t name[2] = {FREEBSD_CTL_KERN, FREEBSD_KERN_OSTYPE};
    char value[16];
    uint64_t length = 0;

    CHECK_OK(get(name, 2, 0, &length));
    CHECK_EQ(length, 8);
    CHECK_OK(get(name, 2, value, &length));
    memset(value, '#', sizeof(value));
    length = 4;
    CHECK_ERR(get(name, 2, value, &length), FREEBSD_ENOMEM);
    CHECK_EQ(memcmp(value, "Free#", 5), 0);
}

TEST(errors)
{
    int32_t name[26] = {99, 99};
    int32_t value = 0;
    uint64_t length = sizeof(value);

    CHECK_ERR(get(name, 2, &value, &length), FREEBSD_ENOENT);
    CHECK_ERR(get(name, 1, &value, &length), FREEBSD_EINVAL);
    CHECK_ERR(get(name, 25, &value, &length), FREEBSD_EINVAL);
    name[0] = FREEBSD_CTL_HW;
    name[1] = FREEBSD_HW_PAGESIZE;
    CHECK_ERR(SYS(__sysctl, name, 2, 0, 0, &value, sizeof(value)), FREEBSD_EPERM);
}

TEST(path_of_the_program)
{
    int32_t name[4] = {FREEBSD_CTL_KERN, FREEBSD_KERN_PROC, FREEBSD_KERN_PROC_PATHNAME, -1};
    char path[1024];
    uint64_t length = sizeof(path);

    CHECK_OK(get(name, 4, path, &length));
    CHECK_EQ(guest_strcmp(path, guest_self), 0);
    CHECK_EQ(length, guest_strlen(path) + 1);
}

TEST(random_bytes)
{
    int32_t name[2] = {FREEBSD_CTL_KERN, FREEBSD_KERN_ARND};
    uint64_t a[2] = {0, 0};
    uint64_t length = sizeof(a);

    CHECK_OK(get(name, 2, a, &length));
    CHECK_EQ(length, sizeof(a));
    CHECK(a[0] != a[1]);
}

TEST(user_stack)
{
    int32_t name[2] = {FREEBSD_CTL_KERN, FREEBSD_KERN_USRSTACK};
    uint64_t top = 0;
    uint64_t length = sizeof(top);

    CHECK_OK(get(name, 2, &top, &length));
    CHECK(top > guest_entry.rsp);
}

/* kinfo_proc of oneself: its size and own number (sys/sys/user.h: ki_structsize at 0, ki_pid at 72) */
TEST(process_information)
{
    int32_t name[4] = {FREEBSD_CTL_KERN, FREEBSD_KERN_PROC, FREEBSD_KERN_PROC_PID, (int32_t)SYS(getpid)};
    static char block[2048];
    uint64_t length = sizeof(block);

    CHECK_OK(get(name, 4, block, &length));
    CHECK_EQ(length, 1088);
    CHECK_EQ(*(int32_t *)block, 1088);
    CHECK_EQ(*(int32_t *)(block + 72), SYS(getpid));
    CHECK_EQ(*(int32_t *)(block + 76), SYS(getppid));
}
