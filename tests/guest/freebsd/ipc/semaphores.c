/*
 * System V semaphores. Sources: semget(2), semop(2), semctl(2), sys/kern/sysv_sem.c, sys/kern/sysv_ipc.c.
 *
 * Rows: semget semop __semctl freebsd7___semctl: semget(2), semop(2), semctl(2), sys/kern/sysv_sem.c
 */
#include "guest.h"

#include "ipc.h"

static int64_t set;

static bool make(int nsems)
{
    if (!ipc_available()) {
        return false;
    }
    set = MUST(SYS(semget, 0, nsems, 0600));
    return !guest_failed();
}

static void drop(void)
{
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_RMID, 0));
}

static int64_t value_of(int num)
{
    return SYS(__semctl, set, num, FREEBSD_GETVAL, 0);
}

static int64_t give(int num, int64_t value)
{
    return SYS(__semctl, set, num, FREEBSD_SETVAL, &value);
}

static int64_t operate(int num, int op, int flags)
{
    struct freebsd_sembuf b = {(uint16_t)num, (int16_t)op, (int16_t)flags};

    return SYS(semop, set, &b, 1);
}

TEST(get)
{
    int64_t key = ipc_key(1);

    if (!ipc_available()) {
        return;
    }
    CHECK_ERR(SYS(semget, key, 2, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(semget, key, 0, FREEBSD_IPC_CREAT | 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(semget, key, -1, FREEBSD_IPC_CREAT | 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(semget, 0, 0, 0600), FREEBSD_EINVAL);
    CHECK_ERR(SYS(semget, 0, 0x7fffffff, 0600), FREEBSD_EINVAL);
    set = MUST(SYS(semget, key, 2, FREEBSD_IPC_CREAT | 0600));
    CHECK_EQ(SYS(semget, key, 2, 0600), set);
    CHECK_EQ(SYS(semget, key, 0, 0), set);
    CHECK_EQ(SYS(semget, key, -5, FREEBSD_IPC_CREAT), set);
    CHECK_EQ(SYS(semget, key, 1, FREEBSD_IPC_EXCL), set); /* means nothing alone */
    CHECK_ERR(SYS(semget, key, 3, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(semget, key, 2, FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | 0600), FREEBSD_EEXIST);
    CHECK_EQ(SYS(semget, key | 0x700000000, 2, 0), set); /* the key is taken for an int */
    drop();
    CHECK_ERR(SYS(semget, key, 2, 0), FREEBSD_ENOENT);
}

TEST(values)
{
    uint16_t all[4] = {1, 2, 3, 0xeeee};

    if (!make(3)) {
        return;
    }
    CHECK_EQ(value_of(0), 0);
    CHECK_OK(give(1, 7));
    CHECK_EQ(value_of(1), 7);
    CHECK_ERR(give(1, 32768), FREEBSD_ERANGE);
    CHECK_ERR(give(1, 0xffffffff), FREEBSD_ERANGE);
    CHECK_ERR(give(3, 1), FREEBSD_EINVAL);
    CHECK_ERR(give(-1, 1), FREEBSD_EINVAL);
    CHECK_ERR(value_of(3), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_SETVAL, WILD), FREEBSD_EFAULT);
    const void *p = all;
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_SETALL, &p));
    CHECK_EQ(value_of(2), 3);
    memset(all, 0, sizeof(all) - 2);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_GETALL, &p));
    CHECK(all[0] == 1 && all[1] == 2 && all[2] == 3 && all[3] == 0xeeee);
    all[1] = 32768;
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_SETALL, &p), FREEBSD_ERANGE);
    p = WILD;
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_SETALL, &p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_GETALL, &p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_GETALL, WILD), FREEBSD_EFAULT);
    CHECK_EQ(SYS(__semctl, set, 0, FREEBSD_GETNCNT, 0), 0);
    CHECK_EQ(SYS(__semctl, set, 0, FREEBSD_GETZCNT, 0), 0);
    CHECK_ERR(SYS(__semctl, set, 5, FREEBSD_GETPID, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_SEM_INFO, &p), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, 99, &p), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, -1, &p), FREEBSD_EINVAL);
    drop();
    CHECK_ERR(value_of(0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, -1, 0, FREEBSD_GETVAL, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_RMID, 0), FREEBSD_EINVAL);
}

TEST(records)
{
    struct freebsd_semid_ds ds;
    const void *p = &ds;
    int64_t now = (int64_t)(guest_clock(FREEBSD_CLOCK_REALTIME) / 1000000000);

    if (!make(5)) {
        return;
    }
    memset(&ds, 0x55, sizeof(ds));
    CHECK_EQ(sizeof(ds), 64);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, &p));
    CHECK_EQ(ds.perm.uid, SYS(geteuid));
    CHECK_EQ(ds.perm.cuid, SYS(geteuid));
    CHECK_EQ(ds.perm.gid, SYS(getegid));
    CHECK_EQ(ds.perm.mode, 0600 | FREEBSD_SEM_ALLOC);
    CHECK_EQ(ds.perm.seq, set >> 16 & 0xffff);
    CHECK_EQ(ds.perm.key, 0);
    CHECK_EQ(ds.nsems, 5);
    CHECK_EQ(ds.otime, 0);
    CHECK(ds.ctime >= now - 2 && ds.ctime <= now + 60);
    CHECK_OK(operate(0, 1, 0));
    CHECK_EQ(SYS(__semctl, set, 0, FREEBSD_GETPID, 0), SYS(getpid));
    ds.perm.mode = 07640;
    ds.perm.uid = (uint32_t)SYS(geteuid);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_SET, &p));
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, &p));
    CHECK_EQ(ds.perm.mode, 0640 | FREEBSD_SEM_ALLOC);
    CHECK(ds.otime >= now - 2);
    p = WILD;
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, &p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_SET, &p), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_SET, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    drop();
    p = &ds;
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, &p), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_SET, &p), FREEBSD_EINVAL);
}

/* SEM_STAT takes an index, the lower bits of an id, and returns the id */
TEST(by_index)
{
    struct freebsd_semid_ds ds = {0};
    const void *p = &ds;
    bool found = false;

    if (!make(2)) {
        return;
    }
    for (int i = 0; i < 1024 && !found; i++) {
        found = SYS(__semctl, i, 0, FREEBSD_SEM_STAT, &p) == set;
    }
    CHECK(found);
    CHECK_EQ(ds.nsems, 2);
    CHECK_ERR(SYS(__semctl, -1, 0, FREEBSD_SEM_STAT, &p), FREEBSD_EINVAL);
    CHECK_ERR(SYS(__semctl, 0x7fffffff, 0, FREEBSD_SEM_STAT, &p), FREEBSD_EINVAL);
    drop();
}

/* the structures before 8.0: ids of 16 bits */
TEST(old_records)
{
    struct freebsd_semid_ds_old ds;
    const void *p = &ds;
    int64_t value = 3;

    if (!make(5)) {
        return;
    }
    CHECK_EQ(sizeof(ds), 104);
    memset(&ds, 0x55, sizeof(ds));
    CHECK_OK(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_STAT, &p));
    CHECK_EQ(ds.perm.uid, SYS(geteuid) & 0xffff);
    CHECK_EQ(ds.perm.mode, 0600 | FREEBSD_SEM_ALLOC);
    CHECK_EQ(ds.nsems, 5);
    CHECK_EQ(ds.otime, 0);
    CHECK(ds.ctime != 0);
    ds.perm.mode = 0400;
    CHECK_OK(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_SET, &p));
    CHECK_OK(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_STAT, &p));
    CHECK_EQ(ds.perm.mode, 0400 | FREEBSD_SEM_ALLOC);
    ds.perm.mode = 0600;
    CHECK_OK(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_SET, &p));
    CHECK_OK(SYS(freebsd7___semctl, set, 1, FREEBSD_SETVAL, &value));
    CHECK_EQ(SYS(freebsd7___semctl, set, 1, FREEBSD_GETVAL, 0), 3);
    CHECK_ERR(SYS(freebsd7___semctl, set, 1, 99, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    p = WILD;
    CHECK_ERR(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_SET, &p), FREEBSD_EFAULT);
    CHECK_OK(SYS(freebsd7___semctl, set, 0, FREEBSD_IPC_RMID, 0));
}

TEST(operations)
{
    struct freebsd_sembuf b[4] = {{0, 5, 0}, {1, 2, 0}, {0, -3, 0}, {1, -9, FREEBSD_IPC_NOWAIT}};
    static struct freebsd_sembuf many[70000];

    if (!make(2)) {
        return;
    }
    CHECK_OK(SYS(semop, set, b, 3));
    CHECK_EQ(value_of(0), 2);
    CHECK_EQ(value_of(1), 2);
    CHECK_ERR(SYS(semop, set, b, 4), FREEBSD_EAGAIN); /* all or nothing */
    CHECK_EQ(value_of(0), 2);
    CHECK_ERR(operate(0, 0, FREEBSD_IPC_NOWAIT), FREEBSD_EAGAIN);
    CHECK_ERR(operate(0, 32767, 0), FREEBSD_ERANGE);
    CHECK_ERR(operate(2, 1, 0), FREEBSD_EFBIG);
    CHECK_OK(SYS(semop, set, WILD, 0));
    CHECK_ERR(SYS(semop, set, WILD, 1), FREEBSD_EFAULT);
    CHECK_ERR(SYS(semop, set, b, (uint64_t)-1), FREEBSD_E2BIG);
    CHECK_ERR(SYS(semop, set, WILD, 1ULL << 33), FREEBSD_E2BIG);
    CHECK_ERR(SYS(semop, set, many, 70000), FREEBSD_E2BIG);
    CHECK_ERR(SYS(semop, -1, b, 1), FREEBSD_EINVAL);
    drop();
    CHECK_ERR(SYS(semop, set, b, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(semop, set, b, 0), FREEBSD_EINVAL);
}

static void wait_for_semaphore(void *argument)
{
    CHECK_EQ(operate(0, -1, 0), (int64_t)argument);
}

static void await_sleeper(void)
{
    for (int i = 0; i < 1000 && SYS(__semctl, set, 0, FREEBSD_GETNCNT, 0) != 1; i++) {
        guest_sleep_ms(5);
    }
    CHECK_EQ(SYS(__semctl, set, 0, FREEBSD_GETNCNT, 0), 1);
}

TEST(waiting)
{
    struct guest_thread thread;

    if (!make(1)) {
        return;
    }
    CHECK_OK(guest_thread_start(&thread, wait_for_semaphore, 0));
    await_sleeper();
    CHECK_OK(operate(0, 1, 0));
    guest_thread_join(&thread);
    CHECK_EQ(value_of(0), 0);
    CHECK_OK(guest_thread_start(&thread, wait_for_semaphore, (void *)-FREEBSD_EIDRM));
    await_sleeper();
    drop();
    guest_thread_join(&thread);
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

/* not restarted, SA_RESTART or not: sleeping in semop() ends with EINTR */
TEST(interrupted)
{
    struct guest_thread thread;

    if (!make(1)) {
        return;
    }
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, FREEBSD_SA_RESTART));
    CHECK_OK(guest_thread_start(&thread, wait_for_semaphore, (void *)-FREEBSD_EINTR));
    await_sleeper();
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    guest_thread_join(&thread);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    drop();
}

static void take_with_undo(void *argument)
{
    (void)argument;
    CHECK_OK(operate(0, -2, FREEBSD_SEM_UNDO));
    CHECK_EQ(value_of(0), 1);
}

/* semop(2): SEM_UNDO is undone when the process ends, threads or not */
TEST(undo)
{
    if (!make(1)) {
        return;
    }
    CHECK_OK(give(0, 3));
    CHECK_EQ(guest_in_child(take_with_undo, 0), 0);
    CHECK_EQ(value_of(0), 3);
    drop();
}

static void try_as_other(void *argument)
{
    struct freebsd_semid_ds ds = {0};
    const void *p = &ds;

    CHECK_ERR(operate(0, 1, 0), FREEBSD_EACCES);
    CHECK_ERR(value_of(0), FREEBSD_EACCES);
    CHECK_ERR(give(0, 1), FREEBSD_EACCES);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_STAT, &p), FREEBSD_EACCES);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_SET, &p), FREEBSD_EACCES);
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_IPC_RMID, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(semget, *(int64_t *)argument, 1, 0600), FREEBSD_EACCES);
    CHECK_EQ(SYS(semget, *(int64_t *)argument, 1, 0), set);
}

static void write_only(void *argument)
{
    uint16_t all[2] = {4, 5};
    const void *p = all;
    struct freebsd_sembuf both[2] = {{0, 1, 0}, {1, 0, 0}};

    (void)argument;
    CHECK_ERR(value_of(0), FREEBSD_EACCES);
    CHECK_ERR(SYS(semop, set, both, 2), FREEBSD_EACCES); /* the second is reading */
    CHECK_OK(SYS(semop, set, both, 1));
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_SETALL, &p));
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_GETALL, &p), FREEBSD_EACCES);
}

/* ipcperm() knows one refusal, EACCES, also of what only the owner may do */
TEST(permissions)
{
    struct freebsd_semid_ds ds = {.perm = {.mode = 0602}};
    const void *p = &ds;
    int64_t key = ipc_key(2);

    if (!ipc_available()) {
        return;
    }
    set = MUST(SYS(semget, key, 2, FREEBSD_IPC_CREAT | 0600));
    if (!ipc_as_other_user(try_as_other, &key)) {
        guest_skip("not the superuser");
    } else {
        CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_SET, &p));
        ipc_as_other_user(write_only, 0);
        CHECK_EQ(value_of(1), 5);
    }
    drop();
}
