/*
 * What a process has open and mapped, as sysctl tells it of oneself and of a child. Sources: sys/sys/user.h (struct
 * kinfo_file, struct kinfo_vmentry), kern_proc_filedesc_out() of sys/kern/kern_descrip.c, kern_proc_vmmap_out() of
 * sys/kern/kern_proc.c.
 */
#include "event.h"
#include "process.h"
#include "socket.h"
#include "table.h"

enum { KF_STRUCTSIZE = 0, KF_TYPE = 4, KF_FD = 8, KF_FLAGS = 16, KF_OFFSET = 24, KF_VNODE_TYPE = 32, KF_DOMAIN = 36 };
enum {
    KF_SOCK_TYPE = 40,
    KF_PROTOCOL = 44,
    KF_LOCAL = 48,
    KF_PEER = 176,
    KF_UN = 304,
    KF_UNPCONN = 320,
    KF_PATH = 368
};
enum { TYPE_VNODE = 1, TYPE_SOCKET = 2, TYPE_PIPE = 3, TYPE_KQUEUE = 5, FD_CWD = -1, FD_ROOT = -2, FD_TEXT = -5 };
enum { KVE_TYPE = 4, KVE_START = 8, KVE_END = 16, KVE_PROTECTION = 56, KVE_PATH = 136 };

static char list[1 << 20];
static uint64_t length;

static void read_list(int32_t which, int32_t pid)
{
    length = sizeof(list);
    CHECK_OK(proc_get(which, pid, list, &length));
}

/* The record of that descriptor, or NULL. Records are as long as they say. */
static const char *file(int fd)
{
    for (uint64_t at = 0; at < length; at += KI(list + at, uint32_t, KF_STRUCTSIZE)) {
        uint32_t size = KI(list + at, uint32_t, KF_STRUCTSIZE);
        if (size < KF_PATH + 1 || size % 8 != 0 || at + size > length) {
            guest_fail(__FILE__, __LINE__, "a record of %u bytes at %lu of %lu", size, at, length);
            return NULL;
        }
        if (KI(list + at, int32_t, KF_FD) == fd)
            return list + at;
    }
    return NULL;
}

static int type_of(int fd)
{
    const char *record = file(fd);

    return record != NULL ? KI(record, int32_t, KF_TYPE) : -1;
}

static int waiting_child(void)
{
    int pid = guest_fork();

    if (pid == 0)
        for (;;)
            guest_sleep_ms(1000);
    return pid;
}

TEST(descriptors)
{
    char cwd[1024];
    int ends[2], pair[2], kq = (int)SYS(kqueue), fd = guest_file("some file", "0123456789");
    struct freebsd_sockaddr_in name = {.len = sizeof(name), .family = 2, .addr = 0x0100007f};
    uint32_t size = sizeof(name);
    int s = (int)SYS(socket, 2, 1, 0);

    CHECK_OK(SYS(pipe2, ends, 0));
    CHECK_OK(SYS(socketpair, 1, 1, 0, pair));
    CHECK_OK(SYS(bind, s, &name, sizeof(name)));
    CHECK_OK(SYS(getsockname, s, &name, &size));
    CHECK_OK(SYS(listen, s, 1));
    CHECK_EQ(SYS(lseek, fd, 4, 0), 4);
    CHECK_OK(SYS(__getcwd, cwd, sizeof(cwd)));
    int child = waiting_child();
    for (int round = 0; round < 2; round++) {
        read_list(PROC_FILEDESC, round == 0 ? -1 : child);
        const char *record = file(fd);
        REQUIRE(record != NULL);
        CHECK_EQ(KI(record, int32_t, KF_TYPE), TYPE_VNODE);
        CHECK_EQ(KI(record, int32_t, KF_VNODE_TYPE), 1);
        CHECK_EQ(KI(record, int32_t, KF_FLAGS) & 3, 3);
        CHECK_EQ(KI(record, int64_t, KF_OFFSET), 4);
        size_t n = guest_strlen(record + KF_PATH);
        CHECK(n > 10 && guest_strcmp(record + KF_PATH + n - 10, "/some file") == 0);
        CHECK_EQ(type_of(ends[0]), TYPE_PIPE);
        CHECK_EQ(type_of(pair[0]), TYPE_SOCKET);
        CHECK_EQ(type_of(kq), round == 0 ? TYPE_KQUEUE : -1); /* no kqueue outlives a fork */
        record = file(s);
        REQUIRE(record != NULL);
        CHECK_EQ(KI(record, int32_t, KF_DOMAIN), 2);
        CHECK_EQ(KI(record, int32_t, KF_SOCK_TYPE), 1);
        CHECK_EQ(KI(record, int32_t, KF_PROTOCOL), 6);
        CHECK_EQ(memcmp(record + KF_LOCAL, &name, 8), 0);
        record = file(FD_CWD);
        CHECK(record != NULL && guest_strcmp(record + KF_PATH, cwd) == 0);
        CHECK(file(FD_ROOT) != NULL);
        record = file(FD_TEXT);
        CHECK(record != NULL && guest_strcmp(record + KF_PATH, guest_self) == 0);
    }
    /* The two of a pair name each other. */
    read_list(PROC_FILEDESC, -1);
    const char *one = file(pair[0]), *other = file(pair[1]);
    REQUIRE(one != NULL && other != NULL);
    CHECK(KI(one, uint64_t, KF_UN) != 0 && KI(one, uint64_t, KF_UN) == KI(other, uint64_t, KF_UNPCONN));
    CHECK(KI(other, uint64_t, KF_UN) == KI(one, uint64_t, KF_UNPCONN));
    SYS(kill, child, FREEBSD_SIGKILL);
    guest_wait(child);
    CHECK_OK(SYS(unlink, "some file"));
    for (int i = 3; i < 64; i++)
        SYS(close, i);
}

TEST(counts_and_directory)
{
    int32_t count = 0, more = 0;
    uint64_t size = sizeof(count);

    CHECK_OK(proc_get(PROC_NFDS, -1, &count, &size));
    int fd = (int)SYS(dup, 1);
    size = sizeof(more);
    CHECK_OK(proc_get(PROC_NFDS, -1, &more, &size));
    CHECK_EQ(more, count + 1);
    SYS(close, fd);
    read_list(PROC_CWD, -1);
    CHECK_EQ(length, KI(list, uint32_t, KF_STRUCTSIZE));
    CHECK(file(FD_CWD) != NULL);
    CHECK_ERR(proc_get(PROC_FILEDESC, 0x7ffffff0, 0, &size), FREEBSD_ESRCH);
    size = 100;
    CHECK_ERR(proc_get(PROC_FILEDESC, -1, list, &size), FREEBSD_ENOMEM);
}

/* The entry that begins there, or NULL. */
static const char *mapping(uint64_t start)
{
    for (uint64_t at = 0; at < length; at += KI(list + at, uint32_t, KF_STRUCTSIZE))
        if (KI(list + at, uint64_t, KVE_START) == start)
            return list + at;
    return NULL;
}

TEST(mappings)
{
    int fd = guest_file("mapped", "content");
    char *memory = guest_pages(3 * 4096);
    void *mapped = (void *)SYS(mmap, 0, 4096, 1, 2 /* MAP_PRIVATE */, fd, 0);

    CHECK_OK(SYS(mprotect, memory + 4096, 4096, 1));
    int child = waiting_child();
    for (int round = 0; round < 2; round++) {
        read_list(PROC_VMMAP, round == 0 ? -1 : child);
        const char *entry = mapping((uint64_t)memory + 4096);
        REQUIRE(entry != NULL);
        CHECK_EQ(KI(entry, uint64_t, KVE_END), (uint64_t)memory + 2 * 4096);
        CHECK_EQ(KI(entry, int32_t, KVE_PROTECTION), 1);
        entry = mapping((uint64_t)mapped);
        REQUIRE(entry != NULL);
        CHECK_EQ(KI(entry, int32_t, KVE_TYPE), 2);
        size_t n = guest_strlen(entry + KVE_PATH);
        CHECK(n > 7 && guest_strcmp(entry + KVE_PATH + n - 7, "/mapped") == 0);
        for (uint64_t at = 0; at < length; at += KI(list + at, uint32_t, KF_STRUCTSIZE)) {
            CHECK(KI(list + at, uint32_t, KF_STRUCTSIZE) > KVE_PATH);
            CHECK(KI(list + at, uint64_t, KVE_START) < KI(list + at, uint64_t, KVE_END));
            CHECK(KI(list + at, uint64_t, KVE_END) <= 0x7ffffffff000);
        }
    }
    SYS(kill, child, FREEBSD_SIGKILL);
    guest_wait(child);
    SYS(munmap, mapped, 4096);
    SYS(munmap, memory, 3 * 4096);
    SYS(close, fd);
    CHECK_OK(SYS(unlink, "mapped"));
}

/*
 * A vfork's child, which runs its parent's program, as a third process sees it: kern_proc_filedesc_out(),
 * sysctl_kern_proc_pathname().
 */
static bool sees(int32_t pid)
{
    char path[1024];
    uint64_t size = sizeof(path);

    CHECK_OK(proc_get(PROC_PATHNAME, pid, path, &size));
    CHECK_EQ(guest_strcmp(path, guest_self), 0);
    read_list(PROC_FILEDESC, pid);
    const char *record = file(FD_TEXT);
    CHECK(record != NULL && guest_strcmp(record + KF_PATH, guest_self) == 0);
    return guest_failed() == 0;
}

static __attribute__((noinline)) int64_t vfork_to_be_seen(volatile uint32_t *word)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_vfork, 0, 0, 0, 0, 0, 0);

    if (r.carry)
        return -(int64_t)r.rax;
    if (r.rdx == 1) {
        word[0] = (uint32_t)SYS(getpid);
        for (int i = 0; i < 20000 && word[1] == 0; i++)
            guest_sleep_ms(1);
        guest_exit(word[1] == 1 ? 0 : 1);
    }
    return (int64_t)r.rax;
}

TEST(before_exec)
{
    volatile uint32_t *word = guest_shared_pages(4096);
    int looks = guest_fork();

    if (looks == 0) {
        for (int i = 0; i < 20000 && word[0] == 0; i++)
            guest_sleep_ms(1);
        word[1] = sees((int32_t)word[0]) ? 1 : 2;
        guest_exit(guest_failed());
    }
    CHECK_EQ(guest_wait((int)MUST(vfork_to_be_seen(word))), 0);
    CHECK_EQ(guest_wait(looks), 0);
    SYS(munmap, (void *)word, 4096);
}
