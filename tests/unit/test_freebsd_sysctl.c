/* sysctl's rules (sys/kern/kern_sysctl.c), kinfo_proc, limits, clocks and processor sets. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/image.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/host_record.h"
#include "process/host_sockets.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/files/stat.h"
#include "syscalls/freebsd/process/limits.h"
#include "syscalls/freebsd/sysctl/kinfo_proc.h"
#include "syscalls/freebsd/sysctl/sysctl.h"
#include "syscalls/freebsd/time/time.h"

static struct process process;
static struct thread thread;

static guest_ptr at(const void *p)
{
    return guest_addr((uint64_t)p);
}

static void setup(void)
{
    (void)mmap((void *)ARENA_BASE, ARENA_THREADS_SIZE + ARENA_HEAP_SIZE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    static uint8_t data[PERSONALITY_DATA_MAX] __attribute__((aligned(16)));
    static struct descriptor_table descriptors;
    process.personality_data = data;
    process.descriptors = &descriptors;
    process.pid = getpid();
    process.release = 1402000;
    process.personality = &freebsd_personality;
    strcpy(process.program, "/bin/guest");
    strcpy(process.command, "guest");
    thread.self = &thread;
    thread.proc = &process;
    thread.tid = getpid();
}

static int64_t by_name(const char *name, void *old, uint64_t *size)
{
    return freebsd_sysctlbyname(&thread, at(name), strlen(name), at(old), at(size), guest_addr(0), 0);
}

static int64_t by_number(const int32_t *mib, uint32_t n, void *old, uint64_t *size)
{
    return freebsd_sysctl(&thread, at(mib), n, at(old), at(size), guest_addr(0), 0);
}

START_TEST(values_by_name_and_number)
{
    char text[64];
    int32_t number = 0;
    uint64_t size = sizeof text;
    int32_t ostype[] = {1, 1}, osreldate[] = {1, 24};
    ck_assert_int_eq(by_name("kern.ostype", text, &size), 0);
    ck_assert_str_eq(text, "FreeBSD");
    ck_assert_uint_eq(size, 8);
    size = sizeof text;
    ck_assert_int_eq(by_number(ostype, 2, text, &size), 0);
    ck_assert_str_eq(text, "FreeBSD");
    size = sizeof text;
    ck_assert_int_eq(by_name("kern.osrelease", text, &size), 0);
    ck_assert_str_eq(text, "14.2-RELEASE");
    size = sizeof number;
    ck_assert_int_eq(by_number(osreldate, 2, &number, &size), 0);
    ck_assert_int_eq(number, 1402000);
    uint64_t memory = 0;
    size = sizeof memory;
    ck_assert_int_eq(by_name("hw.physmem", &memory, &size), 0);
    ck_assert_uint_gt(memory, 1 << 20);
    ck_assert_uint_eq(size, 8);
}
END_TEST

/* ENOMEM with what fits copied; the length alone without a buffer. */
START_TEST(lengths)
{
    char text[8] = "########";
    uint64_t size = 4;
    ck_assert_int_eq(by_name("kern.ostype", text, &size), -ENOMEM);
    ck_assert_uint_eq(size, 4);
    ck_assert_int_eq(memcmp(text, "Free####", 8), 0);
    size = 0;
    ck_assert_int_eq(by_name("kern.ostype", NULL, &size), 0);
    ck_assert_uint_eq(size, 8);
    uint8_t random[32] = {0};
    size = sizeof random;
    ck_assert_int_eq(by_name("kern.arandom", random, &size), 0);
    ck_assert_uint_eq(size, sizeof random);
}
END_TEST

START_TEST(errors)
{
    char text[8];
    uint64_t size = sizeof text;
    int32_t node[] = {1, 14}, beyond[] = {1, 1, 5}, none[] = {1, 9999}, top[] = {1, 1};
    ck_assert_int_eq(by_name("kern.nosuch", text, &size), -ENOENT);
    ck_assert_int_eq(by_number(node, 2, text, &size), -EISDIR);
    ck_assert_int_eq(by_number(beyond, 3, text, &size), -ENOTDIR);
    ck_assert_int_eq(by_number(none, 2, text, &size), -ENOENT);
    ck_assert_int_eq(by_number(top, 1, text, &size), -EINVAL);
    ck_assert_int_eq(by_number(top, 25, text, &size), -EINVAL);
    ck_assert_int_eq(freebsd_sysctlbyname(&thread, at("kern.ostype"), 11, guest_addr(0), guest_addr(0), at("x"), 1),
                     -EPERM);
}
END_TEST

/* {0, 1} name, {0, 2} next, {0, 3} number, {0, 4} format. */
START_TEST(queries)
{
    int32_t to_oid[] = {0, 3}, oid[6] = {0};
    uint64_t size = sizeof oid;
    ck_assert_int_eq(freebsd_sysctl(&thread, at(to_oid), 2, at(oid), at(&size), at("hw.pagesize"), 11), 0);
    ck_assert_uint_eq(size, 8);
    ck_assert_int_eq(oid[0], 6);
    ck_assert_int_eq(oid[1], 7);
    struct {
        uint32_t kind;
        char format[12];
    } format;
    int32_t ask[] = {0, 4, 6, 7};
    size = sizeof format;
    ck_assert_int_eq(by_number(ask, 4, &format, &size), 0);
    ck_assert_uint_eq(format.kind & 0xf, SYSCTL_INT);
    ck_assert_str_eq(format.format, "I");
    char name[64];
    ask[1] = 1;
    size = sizeof name;
    ck_assert_int_eq(by_number(ask, 4, name, &size), 0);
    ck_assert_str_eq(name, "hw.pagesize");
    size = sizeof oid;
    ck_assert_int_eq(freebsd_sysctl(&thread, at(to_oid), 2, at(oid), at(&size), at("kern.smp.cpus"), 13), 0);
    ck_assert_int_eq(oid[0], 1);
    ck_assert_uint_eq(size, 12);
    size = sizeof oid;
    ck_assert_int_eq(freebsd_sysctl(&thread, at(to_oid), 2, at(oid), at(&size), at("kern.smp."), 9), 0);
    ck_assert_uint_eq(size, 8);
    int32_t node[] = {0, 1, oid[0], oid[1], 77};
    size = sizeof name;
    ck_assert_int_eq(by_number(node, 5, name, &size), 0);
    ck_assert_str_eq(name, "kern.smp.77");
}
END_TEST

/* Walking by {0, 2} meets every leaf once and ends. */
START_TEST(next_visits_all)
{
    int32_t ask[8] = {0, 2, 1}, found[6];
    uint32_t n = 3, leaves = 0, values = 0;
    for (uint64_t size = sizeof found; by_number(ask, n, found, &size) == 0; size = sizeof found) {
        memcpy(ask + 2, found, size);
        n = 2 + (uint32_t)(size / 4);
        ck_assert_uint_lt(++leaves, 1000);
    }
    for (uint32_t i = 0; i < sysctl_leaf_count; i++) {
        uint32_t count;
        values += sysctl_leaves[i].type != SYSCTL_NODE;
        static char byname[8 << 20]; /* as much as 65,536 message queues need */
        uint64_t size = sizeof byname;
        if (sysctl_leaves[i].type != SYSCTL_NODE) {
            int64_t r = by_name(sysctl_leaves[i].name, byname, &size);
            bool forbidden = r == -EPERM && strcmp(sysctl_leaves[i].name, "kern.msgbuf") == 0;
            bool wants_new = r == -EINVAL && strcmp(sysctl_leaves[i].name, "kern.devname") == 0;
            ck_assert_msg(r == 0 || forbidden || wants_new, "%s", sysctl_leaves[i].name);
        }
        const int32_t *oid = sysctl_oid(i, &count);
        uint32_t used;
        ck_assert_msg(sysctl_find(oid, count, &used) == i && used == count, "%s", sysctl_leaves[i].name);
        ck_assert_uint_ge(count, 2);
        ck_assert_uint_le(count, SYSCTL_DEPTH);
        for (uint32_t j = 0; j < i; j++) {
            ck_assert_str_ne(sysctl_leaves[i].name, sysctl_leaves[j].name);
        }
    }
    ck_assert_uint_eq(leaves, values);
}
END_TEST

/* Structures of older releases, by the one that the program was built for: struct if_data of 10, struct vmtotal11. */
START_TEST(layouts_of_old)
{
    int32_t interfaces[] = {4, 17, 0, 0, 3, 0};
    static uint8_t now[1 << 16], old[1 << 16];
    uint64_t now_size = sizeof now, old_size = sizeof old, packets[2];
    ck_assert_int_eq(by_number(interfaces, 6, now, &now_size), 0);
    ck_assert_int_eq(by_name("vm.vmtotal", old, &old_size), 0);
    ck_assert_uint_eq(old_size, 88);
    process.built_for = 1002000;
    old_size = sizeof old;
    ck_assert_int_eq(by_name("vm.vmtotal", old, &old_size), 0);
    ck_assert_uint_eq(old_size, 48);
    old_size = sizeof old;
    ck_assert_int_eq(by_number(interfaces, 6, old, &old_size), 0);
    process.built_for = 0;
    ck_assert_uint_eq(old_size, now_size);
    /* Both have the mtu at 8 behind the head's 16 bytes; the size of the structure is a byte in the one, two in the other. */
    ck_assert_mem_eq(old + 24, now + 24, 4);
    ck_assert_uint_eq(now[16 + 6], 152);
    ck_assert_uint_eq(old[16 + 6], 0);
    ck_assert_uint_eq(old[16 + 7], 152);
    memcpy(&packets[0], now + 16 + 24, 8);
    memcpy(&packets[1], old + 16 + 32, 8);
    ck_assert_uint_le(packets[0], packets[1]);
    ck_assert_uint_lt(packets[1] - packets[0], 1000000);
}
END_TEST

START_TEST(own_process)
{
    char path[64];
    struct freebsd_kinfo_proc record;
    int32_t pathname[] = {1, 14, 12, -1}, pid[] = {1, 14, 1, getpid()}, nobody[] = {1, 14, 12, 0x7ffffff0};
    uint64_t size = sizeof path;
    ck_assert_int_eq(by_number(pathname, 4, path, &size), 0);
    ck_assert_str_eq(path, "/bin/guest");
    size = sizeof record;
    ck_assert_int_eq(by_number(pid, 4, &record, &size), 0);
    ck_assert_int_eq(record.pid, getpid());
    ck_assert_int_eq(record.ppid, getppid());
    ck_assert_uint_eq(record.ruid, getuid());
    ck_assert_str_eq(record.comm, "guest");
    ck_assert_int_le(labs(record.start[0] - time(NULL)), 60);
    size = sizeof path;
    ck_assert_int_eq(by_number(nobody, 4, path, &size), -ESRCH);
}
END_TEST

/* proc(5): the command may hold blanks and parentheses. */
START_TEST(record_of_stat)
{
    struct host_record r;
    const char *stat = "42 (a) b (c) T 7 41 40 34816 -1 4194304 1 2 3 4 250 50 100 0 20 -5 3 0 1000 8192 17 0";
    ck_assert_int_eq(host_record_parse(stat, &r), 0);
    ck_assert_int_eq(r.id, 42);
    ck_assert_str_eq(r.name, "a) b (c");
    ck_assert_int_eq(r.state, 'T');
    ck_assert_int_eq(r.field[HOST_TERMINAL_GROUP], -1);
    ck_assert_int_eq(r.field[HOST_RESIDENT], 17);
    ck_assert_int_eq(r.field[HOST_EXIT_CODE], 0);
    ck_assert_int_eq(host_record_parse("", &r), -EINVAL);
    ck_assert_int_eq(host_record_parse("1 (x)", &r), -EINVAL);
    ck_assert_int_eq(host_record_parse(")(", &r), -EINVAL);
    ck_assert_uint_eq(host_major(34817), 136);
    ck_assert_uint_eq(host_minor(34817), 1);
    ck_assert_uint_eq(host_minor(0x00100002 | 136 << 8), 258);
}
END_TEST

START_TEST(kinfo_from_stat)
{
    struct freebsd_kinfo_proc k;
    struct host_record r;
    const struct kinfo_clock clock = {5000 * 1000000000LL, 5110 * 1000000000LL};
    const char *stat = "42 (name) T 7 41 40 34817 41 4194304 1 2 3 4 250 50 100 7 20 -5 3 0 1000 8192 17 0";
    ck_assert_int_eq(host_record_parse(stat, &r), 0);
    kinfo_proc_from_record(&k, &r, &clock);
    ck_assert_int_eq(k.structsize, 1088);
    ck_assert_int_eq(k.pid, 42);
    ck_assert_str_eq(k.comm, "name");
    ck_assert_int_eq(k.stat, FREEBSD_SSTOP);
    ck_assert_int_eq(k.ppid, 7);
    ck_assert_int_eq(k.pgid, 41);
    ck_assert_int_eq(k.sid, 40);
    ck_assert_int_eq(k.tsid, 40);
    ck_assert_int_eq(k.tpgid, 41);
    ck_assert_uint_eq(k.tdev, freebsd_makedev(136, 1));
    ck_assert(k.flag & FREEBSD_P_CONTROLT);
    ck_assert_int_eq(k.kiflag, FREEBSD_KI_CTTY);
    ck_assert_uint_eq(k.runtime, 3000000);
    ck_assert_uint_eq(k.pctcpu, 3 * 2048 / 100); /* 3 s of the 100 s since it began */
    ck_assert_int_eq(k.childtime[0], 1);
    ck_assert_int_eq(k.childtime[1], 70000);
    ck_assert_int_eq(k.nice, -5);
    ck_assert_int_eq(k.pri_class, FREEBSD_PRI_TIMESHARE);
    ck_assert_int_eq(k.numthreads, 3);
    ck_assert_int_eq(k.start[0], 5010);
    ck_assert_uint_eq(k.size, 8192);
    ck_assert_int_eq(k.rssize, 17);
    ck_assert_uint_eq(k.rusage[8], 1);
    ck_assert_uint_eq(k.rusage[9], 3);
    ck_assert_int_eq(host_record_parse("42 (name) S 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0", &r), 0);
    kinfo_proc_from_record(&k, &r, &clock);
    ck_assert_int_eq(k.kiflag, FREEBSD_KI_SLEADER);
    ck_assert_uint_eq(k.tdev, UINT64_MAX);
    ck_assert_int_eq(k.flag & FREEBSD_P_CONTROLT, 0);
}
END_TEST

/* proc(5), /proc/net/tcp: addresses as the host's memory has them, ports as numbers. */
START_TEST(lines_of_sockets)
{
    struct host_socket s;
    const uint8_t loopback[4] = {127, 0, 0, 1}, mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [15] = 2};
    ck_assert_int_eq(host_socket_parse("  sl  local_address rem_address   st tx_queue rx_queue", &s), -EINVAL);
    ck_assert_int_eq(host_socket_parse("   3: 0100007F:1F90 0200010A:01BB 01 00000010:0000002A 00:00000000 00000000 "
                                       " 1000        0 12345 1 0000000000000000 20 4 30 10 -1",
                                       &s),
                     0);
    ck_assert_int_eq(s.family, 2);
    ck_assert_mem_eq(s.local, loopback, 4);
    ck_assert_uint_eq(s.local_port, 8080);
    ck_assert_uint_eq(s.peer[3], 2);
    ck_assert_uint_eq(s.peer_port, 443);
    ck_assert_uint_eq(s.state, 1);
    ck_assert_uint_eq(s.unsent, 16);
    ck_assert_uint_eq(s.received, 42);
    ck_assert_uint_eq(s.user, 1000);
    ck_assert_uint_eq(s.inode, 12345);
    ck_assert_int_eq(
        host_socket_parse("   0: 0000000000000000FFFF00000200010A:0016 00000000000000000000000000000000:0000 "
                          "0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0",
                          &s),
        0);
    ck_assert_int_eq(s.family, 10);
    ck_assert_mem_eq(s.local, mapped, 16);
    ck_assert_uint_eq(s.local_port, 22);
    ck_assert_uint_eq(s.inode, 7);
}
END_TEST

/* proc_pid_status(5) */
START_TEST(kinfo_from_status)
{
    struct freebsd_kinfo_proc k = {0};
    kinfo_proc_from_status(&k,
                           "Name:\tx\nTracerPid:\t9\nUid:\t1\t2\t3\t2\nGid:\t4\t5\t6\t5\nGroups:\t7 8 \n"
                           "VmHWM:\t    3368 kB\nVmData:\t   40 kB\nSigPnd:\t0000000000000000\n"
                           "ShdPnd:\t0000000000000200\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000000002\n"
                           "SigCgt:\t0000000000000c00\nvoluntary_ctxt_switches:\t12\n",
                           &freebsd_personality, 1 << 10);
    ck_assert_int_eq(k.tracer, 9);
    ck_assert_uint_eq(k.ruid, 1);
    ck_assert_uint_eq(k.uid, 2);
    ck_assert_uint_eq(k.svuid, 3);
    ck_assert_int_eq(k.ngroups, 3);
    ck_assert_uint_eq(k.groups[0], 5);
    ck_assert_uint_eq(k.groups[2], 8);
    ck_assert_int_eq(k.dsize, 10);
    ck_assert_uint_eq(k.rusage[4], 3368);
    ck_assert_uint_eq(k.rusage[16], 12);
    ck_assert_uint_eq(k.siglist[0], 1U << 29);  /* SIGUSR1: 10 and 30 */
    ck_assert_uint_eq(k.sigmask[0], 1U << 19);  /* SIGCHLD: 17 and 20 */
    ck_assert_uint_eq(k.sigignore[0], 1U << 1); /* SIGINT */
    ck_assert_uint_eq(k.sigcatch[0], 1U << 30); /* SIGUSR2: 12 and 31; not the engine's */
    ck_assert_uint_eq(kinfo_exit_status(0x0300, &freebsd_personality), 0x0300);
    ck_assert_uint_eq(kinfo_exit_status(12, &freebsd_personality), 31);
    ck_assert_str_eq(kinfo_wait_message("do_wait+0x1"), "wait");
    ck_assert_str_eq(kinfo_wait_message("0"), "");
}
END_TEST

START_TEST(limit_values)
{
    ck_assert_int_eq(freebsd_rlimit_value_from_host(UINT64_MAX), FREEBSD_RLIM_INFINITY);
    ck_assert_int_eq(freebsd_rlimit_value_from_host(77), 77);
    ck_assert_uint_eq(freebsd_rlimit_value_to_host(FREEBSD_RLIM_INFINITY), UINT64_MAX);
    ck_assert_uint_eq(freebsd_rlimit_value_to_host(-1), UINT64_MAX);
    ck_assert_uint_eq(freebsd_rlimit_value_to_host(77), 77);
    ck_assert_int_eq(freebsd_rlimit_to_host(FREEBSD_RLIMIT_NOFILE), 7);
    ck_assert_int_eq(freebsd_rlimit_to_host(6), 8);
    struct freebsd_rlimit limit;
    ck_assert_int_eq(freebsd_getrlimit(&thread, 8, at(&limit)), 0);
    limit.current = limit.maximum < 100 ? limit.maximum : 100;
    ck_assert_int_eq(freebsd_setrlimit(&thread, 8, at(&limit)), 0);
    ck_assert_int_eq(freebsd_getdtablesize(&thread), limit.current);
    ck_assert_int_eq(freebsd_getrlimit(&thread, 16, at(&limit)), -EINVAL);
    limit = (struct freebsd_rlimit){5, 6};
    ck_assert_int_eq(freebsd_setrlimit(&thread, 11, at(&limit)), 0);
    limit.current = 0;
    ck_assert_int_eq(freebsd_getrlimit(&thread, 11, at(&limit)), 0);
    ck_assert_int_eq(limit.current, 5);
}
END_TEST

START_TEST(clocks)
{
    int32_t host;
    ck_assert(freebsd_clock_to_host(FREEBSD_CLOCK_MONOTONIC, &host) && host == CLOCK_MONOTONIC);
    ck_assert(freebsd_clock_to_host(FREEBSD_CLOCK_UPTIME_FAST, &host) && host == CLOCK_MONOTONIC);
    ck_assert(freebsd_clock_to_host(FREEBSD_CLOCK_SECOND, &host) && host == CLOCK_REALTIME);
    ck_assert(!freebsd_clock_to_host(3, &host));
    ck_assert(!freebsd_clock_to_host(6, &host));
    ck_assert(!freebsd_clock_to_host(100, &host));
    struct timespec now, guest;
    for (int32_t clock = 0; clock < 16; clock++) {
        int64_t expected = clock == 3 || clock == 6 ? -EINVAL : 0;
        ck_assert_int_eq(freebsd_clock_gettime(&thread, clock, at(&guest)), expected);
        ck_assert_int_eq(freebsd_clock_getres(&thread, clock, at(&guest)), expected);
    }
    ck_assert_int_eq(freebsd_clock_gettime(&thread, FREEBSD_CLOCK_SECOND, at(&guest)), 0);
    ck_assert_int_eq(guest.tv_nsec, 0);
    clock_gettime(CLOCK_REALTIME, &now);
    ck_assert_int_le(now.tv_sec - guest.tv_sec, 1);
    int32_t id = -1;
    ck_assert_int_eq(freebsd_clock_getcpuclockid2(&thread, 0, 0, at(&id)), 0);
    ck_assert_int_eq(freebsd_clock_gettime(&thread, id, at(&guest)), 0);
    ck_assert_int_eq(freebsd_clock_getcpuclockid2(&thread, 0, 1, at(&id)), 0);
    ck_assert_int_eq(freebsd_clock_gettime(&thread, id, at(&guest)), 0);
    ck_assert_int_eq(freebsd_clock_getcpuclockid2(&thread, 0, 2, at(&id)), -EINVAL);
}
END_TEST

/* cpuset_getaffinity(2): ERANGE when the set is too small for the processors there are. */
START_TEST(processor_sets)
{
    uint8_t set[256];
    memset(set, 0xff, sizeof set);
    ck_assert_int_eq(freebsd_cpuset_getaffinity(&thread, 3, 1, -1, sizeof set, at(set)), 0);
    ck_assert_uint_ne(set[0], 0);
    for (int i = 128; i < 256; i++) {
        ck_assert_uint_eq(set[i], 0);
    }
    ck_assert_int_eq(freebsd_cpuset_getaffinity(&thread, 3, 1, -1, 0, at(set)), -ERANGE);
    ck_assert_int_eq(freebsd_cpuset_getaffinity(&thread, 9, 1, -1, 128, at(set)), -EINVAL);
    ck_assert_int_eq(freebsd_cpuset_getaffinity(&thread, 3, 1, 5, 128, at(set)), -ESRCH);
    memset(set, 0, sizeof set);
    ck_assert_int_eq(freebsd_cpuset_setaffinity(&thread, 3, 1, -1, 128, at(set)), -EDEADLK);
    int32_t id = -1;
    ck_assert_int_eq(freebsd_cpuset_getid(&thread, 2, 2, -1, at(&id)), 0);
    ck_assert_int_eq(id, 1);
}
END_TEST

START_TEST(priorities)
{
    int32_t priority = 0;
    ck_assert_int_eq(freebsd_sched_get_priority_max(&thread, 1), 31);
    ck_assert_int_eq(freebsd_sched_get_priority_max(&thread, 2), 103);
    ck_assert_int_eq(freebsd_sched_get_priority_max(&thread, 4), -EINVAL);
    ck_assert_int_eq(freebsd_sched_getscheduler(&thread, 0), 2);
    ck_assert_int_eq(freebsd_sched_setscheduler(&thread, 0, 2, at(&priority)), 0);
    priority = 32;
    ck_assert_int_eq(freebsd_sched_setscheduler(&thread, 0, 1, at(&priority)), -EINVAL);
    uint16_t rtp[2] = {9, 9};
    ck_assert_int_eq(freebsd_rtprio(&thread, 0, 0, at(rtp)), 0);
    ck_assert_uint_eq(rtp[0], 3);
    ck_assert_int_eq(freebsd_rtprio(&thread, 2, 0, at(rtp)), -EINVAL);
    thread.call_flags = 0;
    ck_assert_int_le(freebsd_getpriority(&thread, 0, 0), 20);
    ck_assert_uint_eq(thread.call_flags, CALL_RAW_RESULT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {values_by_name_and_number,
                                  lengths,
                                  errors,
                                  queries,
                                  next_visits_all,
                                  layouts_of_old,
                                  own_process,
                                  record_of_stat,
                                  kinfo_from_stat,
                                  kinfo_from_status,
                                  lines_of_sockets,
                                  limit_values,
                                  clocks,
                                  processor_sets,
                                  priorities};
    Suite *suite = suite_create("freebsd_sysctl");
    TCase *cases = tcase_create("values");
    tcase_add_checked_fixture(cases, setup, NULL);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
