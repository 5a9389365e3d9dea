/*
 * The tree of sysctl, walked as sysctl(8) walks it: the next node, its name, its format, its value. Sources: sysctl(3),
 * sys/kern/kern_sysctl.c, sbin/sysctl.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { QUERY, NAME = 1, NEXT, NAME2OID, FORMAT, DESCRIPTION, LABEL, NEXT_NO_SKIP };
enum { TYPE_NODE = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_MASK = 0xf, DEPTH = 24, KERN = 1, HW = 6, USER = 8 };

static int64_t ask(int what, const int32_t *oid, uint32_t count, void *to, uint64_t *size)
{
    int32_t name[2 + DEPTH] = {QUERY, what};

    memcpy(name + 2, oid, count * sizeof(name[0]));
    return SYS(__sysctl, name, 2 + count, to, size, 0, 0);
}

static int64_t oid_of(const char *name, int32_t *oid, uint32_t *count)
{
    int32_t query[2] = {QUERY, NAME2OID};
    uint64_t size = DEPTH * sizeof(oid[0]);
    int64_t r = SYS(__sysctl, query, 2, oid, &size, name, guest_strlen(name));

    *count = (uint32_t)(size / sizeof(oid[0]));
    return r;
}

/* How many bytes a single number of a format has; 0 for what is none, or may be several ("LU" of kern.cp_time). */
static uint64_t number_size(const char *text)
{
    return guest_strcmp(text, "I") == 0 || guest_strcmp(text, "IU") == 0 ? 4 : guest_strcmp(text, "QU") == 0 ? 8 : 0;
}

/* Everything there is: each name leads back to its numbers, each value can be read, numbers only grow */
TEST(all)
{
    int32_t oid[DEPTH] = {KERN}, last[DEPTH] = {0}, back[DEPTH];
    uint32_t count = 1, last_count = 0, back_count = 0, met = 0, described = 0;
    static char name[1024], description[256], value[8 << 20];
    struct {
        uint32_t kind;
        char text[64];
    } format;

    for (;;) {
        int32_t next[DEPTH];
        uint64_t size = sizeof(next);
        int64_t r = ask(NEXT, oid, count, next, &size);

        if (r != 0) {
            CHECK_EQ(r, -FREEBSD_ENOENT);
            break;
        }
        memcpy(last, oid, sizeof(last));
        last_count = count;
        count = (uint32_t)(size / 4);
        memcpy(oid, next, size);
        for (uint32_t i = 0; i < count && i < last_count; i++) {
            if (oid[i] != last[i]) {
                CHECK(oid[i] > last[i]);
                break;
            }
        }
        size = sizeof(name);
        CHECK_OK(ask(NAME, oid, count, name, &size));
        CHECK_EQ(size, guest_strlen(name) + 1);
        CHECK_OK(oid_of(name, back, &back_count));
        CHECK_EQ(back_count, count);
        CHECK_EQ(memcmp(back, oid, count * 4), 0);
        size = sizeof(format);
        CHECK_OK(ask(FORMAT, oid, count, &format, &size));
        CHECK((format.kind & TYPE_MASK) != TYPE_NODE);
        size = sizeof(description);
        r = ask(DESCRIPTION, oid, count, description, &size);
        if (r != 0)
            CHECK_EQ(r, -FREEBSD_ENOENT); /* nothing is said of it */
        else
            described += size > 1 && description[size - 1] == 0;
        size = sizeof(value);
        r = SYS(__sysctl, oid, count, value, &size, 0, 0);
        if (r == -FREEBSD_EPERM && guest_strcmp(name, "kern.msgbuf") == 0)
            continue; /* security.bsd.unprivileged_read_msgbuf */
        if (r == -FREEBSD_EINVAL && guest_strcmp(name, "kern.devname") == 0)
            continue; /* it wants to be told of which device */
        if (r != 0)
            guest_fail(__FILE__, __LINE__, "%s: error %ld", name, (long)-r);
        if (number_size(format.text) != 0)
            CHECK_EQ(size, number_size(format.text));
        if ((format.kind & TYPE_MASK) == TYPE_STRING)
            CHECK(size > 0 && value[size - 1] == 0);
        size = sizeof(value);
        CHECK_OK(SYS(__sysctlbyname, name, guest_strlen(name), value, &size, 0, 0));
        if (guest_failed() || ++met > 5000)
            break;
    }
    CHECK(met > 250 && met < 5000);
    CHECK(described * 10 > met * 9);
}

/* Above the leaves: names to numbers, numbers to names, what is below; no value */
TEST(nodes)
{
    int32_t oid[DEPTH], next[DEPTH];
    uint32_t count = 0;
    char name[128];
    uint64_t size;
    struct {
        uint32_t kind;
        char text[64];
    } format;

    CHECK_OK(oid_of("kern.smp", oid, &count));
    CHECK_EQ(count, 2);
    CHECK_EQ(oid[0], KERN);
    size = sizeof(name);
    CHECK_OK(ask(NAME, oid, 2, name, &size));
    CHECK_EQ(guest_strcmp(name, "kern.smp"), 0);
    size = sizeof(format);
    CHECK_OK(ask(FORMAT, oid, 2, &format, &size));
    CHECK_EQ(format.kind & TYPE_MASK, TYPE_NODE);
    CHECK_EQ(guest_strcmp(format.text, "N"), 0);
    size = sizeof(next);
    CHECK_OK(ask(NEXT, oid, 2, next, &size));
    CHECK(size >= 12 && next[0] == oid[0] && next[1] == oid[1]);
    size = sizeof(next);
    CHECK_OK(ask(NEXT_NO_SKIP, oid, 2, next, &size));
    CHECK(next[0] == oid[0] && next[1] == oid[1]);
    size = sizeof(name);
    CHECK_ERR(SYS(__sysctl, oid, 2, name, &size, 0, 0), FREEBSD_EISDIR);
    CHECK_ERR(SYS(__sysctlbyname, "kern.smp", 8, name, &size, 0, 0), FREEBSD_EISDIR);
    oid[2] = 99999;
    size = sizeof(name);
    CHECK_OK(ask(NAME, oid, 3, name, &size)); /* what has no name stays a number */
    CHECK_EQ(guest_strcmp(name, "kern.smp.99999"), 0);
    CHECK_ERR(SYS(__sysctl, oid, 3, name, &size, 0, 0), FREEBSD_ENOENT);
    oid[0] = USER;
    size = sizeof(next);
    CHECK_OK(ask(NEXT, oid, 1, next, &size));
    CHECK(next[0] == USER && next[1] == 1);
}

TEST(wrong_names)
{
    int32_t oid[DEPTH] = {HW, 7, 3};
    uint32_t count;
    char value[64];
    static char name[1100];
    uint64_t size = sizeof(value);

    CHECK_OK(oid_of("hw.pagesize.", oid, &count)); /* a dot at the end is allowed */
    CHECK_EQ(count, 2);
    CHECK_ERR(oid_of("hw.pagesize.more", oid, &count), FREEBSD_ENOENT);
    CHECK_ERR(oid_of("hw..pagesize", oid, &count), FREEBSD_ENOENT);
    CHECK_ERR(oid_of("", oid, &count), FREEBSD_ENOENT);
    memset(name, 'x', sizeof(name) - 1);
    CHECK_ERR(oid_of(name, oid, &count), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(__sysctlbyname, "", 0, value, &size, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__sysctlbyname, name, 1025, value, &size, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__sysctlbyname, name, 1024, value, &size, 0, 0), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(__sysctlbyname, wild, 10, value, &size, 0, 0), FREEBSD_EFAULT);
    oid[0] = HW;
    oid[1] = 7;
    oid[2] = 3;
    CHECK_ERR(SYS(__sysctl, oid, 3, value, &size, 0, 0), FREEBSD_ENOTDIR);
    CHECK_ERR(SYS(__sysctl, oid, 2, value, wild, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__sysctl, oid, 2, wild, &size, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__sysctl, wild, 2, value, &size, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__sysctl, oid, 2, 0, 0, value, 4), FREEBSD_EPERM);
    CHECK_ERR(SYS(__sysctl, oid, 2, 0, 0, value, 0), FREEBSD_EPERM); /* the pointer alone tells */
    CHECK_ERR(ask(LABEL, oid, 2, value, &size), FREEBSD_ENOENT);
}

enum {
    PROC = 14,
    ALL = 0,
    PID = 1,
    PGRP = 2,
    UID = 5,
    SV_NAME = 9,
    GROUPS = 34,
    ENV = 35,
    AUXV = 36,
    UMASK = 39,
    SIZE = 1088
};

static int64_t proc(int what, int64_t of, uint32_t count, void *to, uint64_t *size)
{
    int32_t name[4] = {KERN, PROC, what, (int32_t)of};

    return SYS(__sysctl, name, count, to, size, 0, 0);
}

static bool lists(const char *block, uint64_t size, int pid)
{
    for (uint64_t at = 0; at + SIZE <= size; at += SIZE)
        if (*(const int32_t *)(block + at + 72) == pid)
            return true;
    return false;
}

/* kern.proc.all and its kin: records of whole processes (sys/user.h: ki_pid at 72), more room asked for than is needed */
TEST(processes)
{
    static char block[8 << 20];
    int self = (int)SYS(getpid), pid = guest_fork();
    uint64_t size = 0, room = 0;

    if (pid == 0) {
        for (;;)
            guest_sleep_ms(60000);
    }
    for (int tries = 0; tries < 20; tries++) { /* others may begin processes in between */
        CHECK_OK(proc(ALL, 0, 3, 0, &room));
        size = sizeof(block);
        CHECK_OK(proc(ALL, 0, 3, block, &size));
        if (size < room)
            break;
    }
    CHECK(size % SIZE == 0 && size < room);
    CHECK(lists(block, size, self) && lists(block, size, pid));
    size = sizeof(block);
    CHECK_OK(proc(PGRP, SYS(getpgrp), 4, block, &size));
    CHECK(lists(block, size, self) && lists(block, size, pid));
    CHECK_OK(SYS(setpgid, pid, pid));
    size = sizeof(block);
    CHECK_OK(proc(PGRP, pid, 4, block, &size));
    CHECK_EQ(size, SIZE);
    CHECK(lists(block, size, pid));
    size = sizeof(block);
    CHECK_OK(proc(UID, SYS(geteuid), 4, block, &size));
    CHECK(lists(block, size, self));
    size = SIZE - 1;
    CHECK_ERR(proc(PID, self, 4, block, &size), FREEBSD_ENOMEM);
    CHECK_ERR(proc(PID, 999999, 4, block, &size), FREEBSD_ESRCH);
    SYS(kill, pid, FREEBSD_SIGKILL);
    guest_wait(pid);
}

TEST(oneself)
{
    static char block[1 << 20];
    uint64_t size = sizeof(block);
    uint16_t mask = 0;
    int64_t old = SYS(umask, 04027);

    CHECK_OK(proc(ENV, -1, 4, block, &size));
    if (guest_envp[0] != NULL)
        CHECK_EQ(guest_strcmp(block, guest_envp[0]), 0);
    size = sizeof(block);
    CHECK_OK(proc(AUXV, SYS(getpid), 4, block, &size));
    CHECK_EQ(((struct freebsd_auxv *)block)->type, guest_auxv[0].type);
    CHECK_EQ(((struct freebsd_auxv *)(block + size - 16))->type, 0);
    size = sizeof(block);
    CHECK_OK(proc(SV_NAME, -1, 4, block, &size));
    CHECK_EQ(guest_strcmp(block, "FreeBSD ELF64"), 0);
    size = sizeof(block);
    CHECK_OK(proc(GROUPS, -1, 4, block, &size));
    CHECK(size >= 4);
    CHECK_EQ(*(uint32_t *)block, SYS(getegid));
    size = sizeof(mask);
    CHECK_OK(proc(UMASK, -1, 4, &mask, &size));
    CHECK_EQ(mask, 04027);
    SYS(umask, old);
    size = sizeof(block);
    CHECK_OK(proc(ENV, SYS(getppid), 4, block, &size)); /* the same user's */
    size = sizeof(block);
    CHECK_ERR(proc(ENV, 999999, 4, block, &size), FREEBSD_ESRCH);
}
