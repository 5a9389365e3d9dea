/*
 * The process table as sysctl shows it: records of processes, and which of them are chosen. Sources: sys/sys/user.h
 * (struct kinfo_proc), sysctl_kern_proc() and fill_kinfo_proc() of sys/kern/kern_proc.c.
 */
#include "table.h"
#include "process.h"

#define ROOM (4u << 20)

/* The list that is chosen so; *size receives its length. Memory that lasts as long as the program. */
static const char *list_of(int32_t which, int32_t argument, uint64_t *size)
{
    static char *room;

    if (room == NULL)
        room = guest_pages(ROOM);
    *size = ROOM;
    CHECK_OK(proc_get(which, argument, room, size));
    return room;
}

/* A child that waits for its end. */
static int waiting_child(void)
{
    int pid = guest_fork();

    if (pid == 0)
        for (;;)
            guest_sleep_ms(1000);
    return pid;
}

static void end(int pid)
{
    SYS(kill, pid, FREEBSD_SIGKILL);
    guest_wait(pid);
}

TEST(lists_choose)
{
    int32_t me = (int32_t)SYS(getpid), uid = (int32_t)SYS(getuid), gid = (int32_t)SYS(getgid);
    int child = waiting_child();
    uint64_t size;
    const struct {
        int32_t which, argument;
    } lists[] = {
        {PROC_PROC, 0},
        {PROC_PGRP, (int32_t)SYS(getpgrp)},
        {PROC_SESSION, (int32_t)SYS(getsid, 0)},
        {PROC_UID, uid},
        {PROC_RUID, uid},
        {PROC_GID, gid},
        {PROC_RGID, gid},
    };

    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const char *list = list_of(lists[i].which, lists[i].argument, &size);
        const char *self = proc_find(list, size, me), *its = proc_find(list, size, child);

        CHECK_EQ(size % KINFO_PROC_SIZE, 0);
        if (self == NULL || its == NULL) {
            guest_fail(__FILE__, __LINE__, "list %d lacks one", lists[i].which);
            continue;
        }
        CHECK_EQ(KI(its, int32_t, KI_STRUCTSIZE), KINFO_PROC_SIZE);
        CHECK_EQ(KI(its, int32_t, KI_PPID), me);
        CHECK_EQ(KI(its, int32_t, KI_PGID), SYS(getpgrp));
        CHECK_EQ(KI(its, int32_t, KI_SID), SYS(getsid, 0));
        CHECK_EQ(KI(its, uint32_t, KI_UID), uid);
        CHECK_EQ(guest_strcmp(its + KI_COMM, self + KI_COMM), 0);
        CHECK_EQ(guest_strcmp(its + KI_EMUL, "FreeBSD ELF64"), 0);
    }
    SYS(setpgid, child, child);
    CHECK(proc_find(list_of(PROC_PGRP, (int32_t)SYS(getpgrp), &size), size, child) == NULL);
    CHECK(proc_find(list_of(PROC_PGRP, child, &size), size, child) != NULL);
    CHECK_EQ(size, KINFO_PROC_SIZE);
    end(child);
}

/* "all" takes no number, "proc" may have one (libprocstat gives it), the others must. */
TEST(names_have_their_length)
{
    int32_t name[5] = {1, 14, PROC_ALL, 0, 0};
    uint64_t size = 0;

    CHECK_OK(SYS(__sysctl, name, 3, 0, &size, 0, 0));
    CHECK(size >= 6 * KINFO_PROC_SIZE); /* five more than there are */
    CHECK_ERR(SYS(__sysctl, name, 4, 0, &size, 0, 0), FREEBSD_EINVAL);
    name[2] = PROC_PROC;
    CHECK_OK(SYS(__sysctl, name, 3, 0, &size, 0, 0));
    CHECK_OK(SYS(__sysctl, name, 4, 0, &size, 0, 0));
    CHECK_ERR(SYS(__sysctl, name, 5, 0, &size, 0, 0), FREEBSD_EINVAL);
    name[2] = PROC_PGRP;
    CHECK_ERR(SYS(__sysctl, name, 3, 0, &size, 0, 0), FREEBSD_EINVAL);
    name[2] = PROC_PID;
    CHECK_ERR(SYS(__sysctl, name, 3, 0, &size, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(proc_get(PROC_PID, 0x7ffffff0, 0, &size), FREEBSD_ESRCH);
}

static void wait_for_word(void *word)
{
    guest_await(word, 1);
}

/* KERN_PROC_INC_THREAD: a record for each thread, with its number and name. */
TEST(threads_have_records)
{
    static struct guest_thread thread;
    static uint32_t word;
    int32_t me = (int32_t)SYS(getpid);
    int64_t first = 0;
    uint64_t size;
    bool found = false;

    SYS(thr_self, &first);
    REQUIRE(guest_thread_start(&thread, wait_for_word, &word) == 0);
    SYS(thr_set_name, thread.tid, "second one");
    const char *list = list_of(PROC_PID | PROC_INC_THREAD, me, &size);
    CHECK_EQ(size, 2 * KINFO_PROC_SIZE);
    for (uint64_t at = 0; at + KINFO_PROC_SIZE <= size; at += KINFO_PROC_SIZE) {
        bool second = KI(list + at, int32_t, KI_TID) == thread.tid;
        CHECK_EQ(KI(list + at, int32_t, KI_PID), me);
        CHECK_EQ(KI(list + at, int32_t, KI_NUMTHREADS), 2);
        CHECK(second || KI(list + at, int32_t, KI_TID) == first);
        CHECK_EQ(guest_strcmp(list + at + KI_TDNAME, "second one") == 0, second);
        found = found || second;
    }
    CHECK(found);
    list_of(PROC_PID, me, &size);
    CHECK_EQ(size, KINFO_PROC_SIZE);
    list_of(PROC_PGRP | PROC_INC_THREAD, (int32_t)SYS(getpgrp), &size);
    CHECK(size >= 2 * KINFO_PROC_SIZE);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    SYS(_umtx_op, &word, 3, 1, 0, 0); /* UMTX_OP_WAKE */
    guest_thread_join(&thread);
}

/* A process of another session, on a terminal of its own, which it names by the number that stat(2) has. */
TEST(terminal_chooses)
{
    struct freebsd_stat st;
    char name[64];
    uint64_t size;
    int master = (int)SYS(posix_openpt, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    struct {
        int32_t length, pad;
        char *buffer;
    } fgn = {sizeof(name) - 5, 0, name + 5};

    memcpy(name, "/dev/", 5);
    REQUIRE(master >= 0);
    CHECK_OK(SYS(ioctl, master, 0x80106678, &fgn)); /* FIODGNAME */
    int slave = (int)SYS(open, name, FREEBSD_O_RDWR | FREEBSD_O_NOCTTY);
    REQUIRE(slave >= 0);
    CHECK_OK(SYS(fstat, slave, &st));
    volatile uint32_t *word = guest_shared_pages(4096);
    int child = guest_fork();
    if (child == 0) {
        SYS(setsid);
        SYS(ioctl, slave, 0x20007461, 0); /* TIOCSCTTY */
        __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
        for (;;)
            guest_sleep_ms(1000);
    }
    for (int i = 0; i < 10000 && __atomic_load_n(word, __ATOMIC_SEQ_CST) == 0; i++)
        guest_sleep_ms(1);
    const char *record = list_of(PROC_TTY, (int32_t)st.rdev, &size);
    CHECK_EQ(size, KINFO_PROC_SIZE);
    CHECK_EQ(KI(record, int32_t, KI_PID), child);
    CHECK_EQ(KI(record, int32_t, KI_SID), child);
    CHECK_EQ(KI(record, int32_t, KI_TSID), child);
    CHECK_EQ(KI(record, int32_t, KI_TPGID), child);
    CHECK_EQ(KI(record, uint64_t, KI_TDEV), st.rdev);
    CHECK_EQ(KI(record, int64_t, KI_KIFLAG), 3); /* KI_CTTY, KI_SLEADER */
    /* devname(3) */
    size = sizeof(name) - 5;
    char asked[64];
    CHECK_OK(SYS(__sysctlbyname, "kern.devname", 12, asked, &size, &st.rdev, sizeof(st.rdev)));
    CHECK_EQ(guest_strcmp(asked, name + 5), 0);
    CHECK_ERR(SYS(__sysctlbyname, "kern.devname", 12, asked, &size, &st.rdev, 2), FREEBSD_EINVAL);
    end(child);
    SYS(close, slave);
    SYS(close, master);
}

static bool in_set(const char *record, int place, int signo)
{
    return guest_set_has((const struct freebsd_sigset *)(record + place), signo);
}

static void nothing(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

TEST(signals_are_told)
{
    int32_t me = (int32_t)SYS(getpid);
    uint64_t size;

    guest_handle(FREEBSD_SIGUSR1, nothing, 0);
    guest_ignore(FREEBSD_SIGTERM);
    guest_block(FREEBSD_SIGUSR2);
    SYS(kill, me, FREEBSD_SIGUSR2);
    const char *self = list_of(PROC_PID, me, &size);
    CHECK(in_set(self, KI_SIGCATCH, FREEBSD_SIGUSR1));
    CHECK(!in_set(self, KI_SIGCATCH, 11)); /* the engine's handler is not the program's */
    CHECK(in_set(self, KI_SIGIGNORE, FREEBSD_SIGTERM));
    CHECK(!in_set(self, KI_SIGCATCH, FREEBSD_SIGTERM));
    CHECK(in_set(self, KI_SIGMASK, FREEBSD_SIGUSR2));
    CHECK(!in_set(self, KI_SIGMASK, FREEBSD_SIGUSR1));
    guest_ignore(FREEBSD_SIGUSR2);
    guest_unblock(FREEBSD_SIGUSR2);
    guest_default(FREEBSD_SIGUSR1);
    guest_default(FREEBSD_SIGTERM);
}

/* A zombie is still there, with its status; a stopped process says so. */
TEST(states_are_told)
{
    struct freebsd_siginfo info;
    uint64_t size;
    int child = waiting_child();

    SYS(kill, child, 17); /* SIGSTOP */
    int status = 0;
    CHECK_EQ(SYS(wait4, child, &status, 2 /* WUNTRACED */, 0), child);
    CHECK_EQ(KI(list_of(PROC_PID, child, &size), int8_t, KI_STAT), SSTOP);
    end(child);
    child = process_exiting(7);
    CHECK_EQ(SYS(wait6, 0 /* P_PID */, child, 0, 16 | 8 /* WEXITED, WNOWAIT */, 0, &info), child);
    const char *record = list_of(PROC_PID, child, &size);
    CHECK_EQ(KI(record, int8_t, KI_STAT), SZOMB);
    CHECK_EQ(KI(record, uint16_t, KI_XSTAT), 7 << 8);
    guest_wait(child);
    CHECK_ERR(proc_get(PROC_PID, child, 0, &size), FREEBSD_ESRCH);
}
