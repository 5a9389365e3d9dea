/*
 * What sysctl tells of the machine, as tools read it: disks (iostat, vmstat), counters (vmstat -s), processors (top),
 * swap areas (swapinfo), numbers below protocols (traceroute). Sources: sys/sys/devicestat.h,
 * sys/kern/subr_devstat.c, sys/vm/vm_meter.c, sys/vm/swap_pager.c, sys/netinet/in.h, lib/libkvm/kvm_getswapinfo.c.
 */
#include "guest.h"

enum { CTL_NET = 4, PF_INET = 2, IPPROTO_IP = 0, IPPROTO_TCP = 6, IPCTL_DEFTTL = 3, TCPCTL_SENDSPACE = 8 };
enum { DEVSTAT_SIZE = 288, CPU_STATES = 5 };

static int64_t get(const char *name, void *value, uint64_t *size)
{
    return SYS(__sysctlbyname, name, guest_strlen(name), value, size, 0, 0);
}

static int64_t number(const char *name, uint64_t size)
{
    int64_t value = 0;
    uint64_t got = size;

    CHECK_OK(get(name, &value, &got));
    CHECK_EQ(got, size);
    return value;
}

struct devstat {
    uint32_t sequence0;
    int32_t allocated;
    uint32_t start_count, end_count;
    uint64_t busy_from[2], next;
    uint32_t device_number;
    char device_name[16];
    int32_t unit_number;
    uint64_t bytes[4], operations[4], duration[8], busy_time[2], creation_time[2];
    uint32_t block_size;
    uint64_t tag_types[3];
    int32_t flags, device_type, priority;
    uint64_t id;
    uint32_t sequence1;
};
_Static_assert(sizeof(struct devstat) == DEVSTAT_SIZE, "sys/devicestat.h");

/* A generation, then as many devices as there are said to be; each has a name and the counts that fit each other */
TEST(disks)
{
    static struct {
        int64_t generation;
        struct devstat list[64];
    } all;
    uint64_t size = 0;
    int64_t count = number("kern.devstat.numdevs", 4);

    CHECK_EQ(number("kern.devstat.version", 4), 6);
    CHECK_OK(get("kern.devstat.all", NULL, &size));
    CHECK_EQ(size, 8 + count * DEVSTAT_SIZE);
    size = sizeof(all);
    CHECK_OK(get("kern.devstat.all", &all, &size));
    CHECK_EQ(size, 8 + count * DEVSTAT_SIZE);
    CHECK_EQ(all.generation, number("kern.devstat.generation", 8));
    for (int64_t i = 0; i < count; i++) {
        const struct devstat *d = &all.list[i];

        CHECK_EQ(d->device_number, i);
        CHECK(d->device_name[0] != '\0' && d->device_name[15] == '\0');
        CHECK(d->operations[1] + d->operations[2] > 0);
        CHECK((d->operations[1] == 0) == (d->bytes[1] == 0));
        CHECK(d->start_count >= d->end_count);
        CHECK_EQ(d->sequence0, d->sequence1);
    }
}

/* Switches of threads are counted, and only ever grow; who asks in 32 bits, as before 12, gets the lower half */
TEST(counters)
{
    static const char name[] = "vm.stats.sys.v_swtch";
    int64_t before = number(name, 8);
    int64_t pause[2] = {0, 1000000};
    uint32_t low = 0;
    uint64_t size = sizeof(low);

    CHECK(before > 0);
    for (int i = 0; i < 5; i++)
        CHECK_OK(SYS(nanosleep, pause, 0));
    CHECK(number(name, 8) >= before + 5);
    CHECK_OK(get(name, &low, &size));
    CHECK_EQ(size, 4);
    CHECK(low - (uint32_t)before < 0x80000000u);
    CHECK(number("vm.stats.vm.v_vm_faults", 8) > 0);
    CHECK(number("vm.stats.sys.v_intr", 8) > 0);
    CHECK(number("vm.stats.vm.v_free_target", 4) >= number("vm.stats.vm.v_free_min", 4));
}

/* Processors are numbered up to the last that is on, and so are their times */
TEST(processors)
{
    static int64_t times[1024][CPU_STATES];
    uint64_t size = sizeof(times);
    int64_t last = number("kern.smp.maxid", 4);

    CHECK(last >= number("kern.smp.cpus", 4) - 1);
    CHECK_OK(get("kern.cp_times", times, &size));
    CHECK_EQ(size, (uint64_t)(last + 1) * sizeof(times[0]));
}

/* One more number tells which swap area; past the last there is none, without it there is nothing to say */
TEST(swap)
{
    int32_t query[2] = {0, 3}, name[8];
    struct {
        uint32_t version, pad;
        uint64_t device;
        int32_t flags, blocks, used, pad2;
    } area;
    uint32_t old[5];
    uint64_t size = sizeof(name);
    int64_t areas = number("vm.nswapdev", 4);

    CHECK_OK(SYS(__sysctl, query, 2, name, &size, "vm.swap_info", 12));
    CHECK_EQ(size, 8);
    for (int64_t i = 0; i < areas; i++) {
        name[2] = (int32_t)i;
        size = sizeof(area);
        CHECK_OK(SYS(__sysctl, name, 3, &area, &size, 0, 0));
        CHECK_EQ(size, sizeof(area));
        CHECK_EQ(area.version, 2);
        CHECK(area.used <= area.blocks);
        size = sizeof(old);
        CHECK_OK(SYS(__sysctl, name, 3, old, &size, 0, 0));
        CHECK_EQ(old[0], 1);
        CHECK_EQ(old[3], (uint32_t)area.blocks);
    }
    name[2] = (int32_t)areas;
    size = sizeof(area);
    CHECK_ERR(SYS(__sysctl, name, 3, &area, &size, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__sysctl, name, 2, &area, &size, 0, 0), FREEBSD_EINVAL);
}

/* Below a protocol, names have numbers that programs are built with */
TEST(protocols)
{
    int32_t ttl[4] = {CTL_NET, PF_INET, IPPROTO_IP, IPCTL_DEFTTL};
    int32_t space[4] = {CTL_NET, PF_INET, IPPROTO_TCP, TCPCTL_SENDSPACE};
    int32_t value = 0;
    uint64_t size = sizeof(value);

    CHECK_OK(SYS(__sysctl, ttl, 4, &value, &size, 0, 0));
    CHECK_EQ(value, number("net.inet.ip.ttl", 4));
    CHECK_OK(SYS(__sysctl, space, 4, &value, &size, 0, 0));
    CHECK_EQ(value, number("net.inet.tcp.sendspace", 4));
    CHECK_ERR(SYS(__sysctl, ttl, 3, &value, &size, 0, 0), FREEBSD_EISDIR);
}

/* What a node and a leaf say of themselves, and that nothing is said of some (sysctl_sysctl_oiddescr()) */
TEST(descriptions)
{
    int32_t vm[3] = {0, 5, 2}, model[4] = {0, 5, 6, 2}, none[4] = {0, 5, 1, 9999}, pid[5] = {0, 5, 1, 14, 1};
    char text[256];
    uint64_t size = sizeof(text);

    CHECK_OK(SYS(__sysctl, vm, 3, text, &size, 0, 0));
    CHECK_EQ(size, guest_strlen(text) + 1);
    CHECK(size > 2);
    size = sizeof(text);
    CHECK_OK(SYS(__sysctl, model, 4, text, &size, 0, 0));
    CHECK(size > 2 && text[size - 1] == '\0');
    CHECK_ERR(SYS(__sysctl, none, 4, text, &size, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(__sysctl, pid, 5, text, &size, 0, 0), FREEBSD_ENOENT);
}

/* The kind of the file system that a file is on is among those that there are: getvfsbyname(3), on which tar relies */
TEST(file_systems)
{
    static struct {
        uint64_t operations;
        char name[16];
        int32_t number, references, flags, pad;
        uint64_t next;
    } list[256];
    static uint8_t here[4096];
    uint64_t size = sizeof(list);
    int found = 0, ufs = 0;

    CHECK_OK(SYS(statfs, ".", here)); /* struct statfs: the name of the kind is at 280 */
    CHECK_OK(get("vfs.conflist", list, &size));
    CHECK(size > 0 && size % sizeof(list[0]) == 0);
    for (uint64_t i = 0; i < size / sizeof(list[0]); i++) {
        CHECK_EQ(list[i].number, i + 1);
        found += guest_strcmp(list[i].name, (const char *)here + 280) == 0;
        ufs += guest_strcmp(list[i].name, "ufs") == 0;
    }
    CHECK_EQ(found, 1);
    CHECK_EQ(ufs, 1);
}

/* What jls(8) asks before it asks for jails: how large parameters are (sysctl_jail_param() of sys/kern/kern_jail.c) */
TEST(jail_parameters)
{
    char text[16];
    uint64_t size = sizeof(text), element = 0;

    CHECK_EQ(number("security.jail.param.jid", 4), 0);
    CHECK_OK(get("security.jail.param.path", text, &size));
    CHECK_EQ(guest_strcmp(text, "1024"), 0);
    size = sizeof(element);
    CHECK_OK(get("security.jail.param.ip6.addr", &element, &size));
    CHECK_EQ(size, 8);
    CHECK_EQ(element, 16);
}
