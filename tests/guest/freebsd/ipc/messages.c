/*
 * System V message queues. Sources: msgget(2), msgsnd(2), msgrcv(2), msgctl(2), sys/kern/sysv_msg.c.
 *
 * Rows: msgget msgsnd msgrcv msgctl freebsd7_msgctl: msgget(2), msgsnd(2), msgrcv(2), msgctl(2), sys/kern/sysv_msg.c
 */
#include "guest.h"

#include "ipc.h"

struct message {
    int64_t type;
    char text[64];
};

static int64_t queue;

static bool make(void)
{
    if (!ipc_available()) {
        return false;
    }
    queue = MUST(SYS(msgget, 0, 0600));
    return !guest_failed();
}

static void drop(void)
{
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_RMID, 0));
}

static int64_t send(int64_t type, const char *text)
{
    struct message m = {type, {0}};
    size_t length = guest_strlen(text);

    memcpy(m.text, text, length);
    return SYS(msgsnd, queue, &m, length, FREEBSD_IPC_NOWAIT);
}

/* Receives into `in`; the text ends with NUL. */
static struct message in;

static int64_t receive(size_t size, int64_t type, int flags)
{
    memset(&in, 0, sizeof(in));
    return SYS(msgrcv, queue, &in, size, type, flags | FREEBSD_IPC_NOWAIT);
}

TEST(get)
{
    int64_t key = ipc_key(1);

    if (!ipc_available()) {
        return;
    }
    CHECK_ERR(SYS(msgget, key, 0600), FREEBSD_ENOENT);
    queue = MUST(SYS(msgget, key, FREEBSD_IPC_CREAT | 0600));
    CHECK_EQ(SYS(msgget, key, 0), queue);
    CHECK_EQ(SYS(msgget, key, FREEBSD_IPC_CREAT | 0666), queue);
    CHECK_ERR(SYS(msgget, key, FREEBSD_IPC_CREAT | FREEBSD_IPC_EXCL | 0600), FREEBSD_EEXIST);
    drop();
    CHECK_ERR(SYS(msgget, key, 0), FREEBSD_ENOENT);
}

TEST(order_and_types)
{
    if (!make()) {
        return;
    }
    CHECK_OK(send(3, "three"));
    CHECK_OK(send(1, "one"));
    CHECK_OK(send(2, "two"));
    CHECK_OK(send(1, "ein"));
    CHECK_EQ(receive(64, 1, 0), 3);
    CHECK(in.type == 1 && guest_strcmp(in.text, "one") == 0);
    CHECK_EQ(receive(64, -2, 0), 3); /* the lowest type of at most 2 */
    CHECK(in.type == 1 && guest_strcmp(in.text, "ein") == 0);
    CHECK_EQ(receive(64, 0, 0), 5);
    CHECK(in.type == 3 && guest_strcmp(in.text, "three") == 0);
    CHECK_ERR(receive(64, 7, 0), FREEBSD_ENOMSG);
    CHECK_ERR(receive(64, -1, 0), FREEBSD_ENOMSG);
    CHECK_EQ(receive(64, 2, 0), 3);
    CHECK_ERR(receive(64, 0, 0), FREEBSD_ENOMSG);
    drop();
}

TEST(sizes)
{
    if (!make()) {
        return;
    }
    CHECK_OK(send(1, ""));
    CHECK_EQ(receive(0, 0, 0), 0);
    CHECK_OK(send(1, "0123456789"));
    CHECK_ERR(receive(9, 0, 0), FREEBSD_E2BIG);
    CHECK_EQ(receive(4, 0, FREEBSD_MSG_NOERROR), 4);
    CHECK(guest_strcmp(in.text, "0123") == 0);
    CHECK_ERR(receive(4, 0, FREEBSD_MSG_NOERROR), FREEBSD_ENOMSG); /* the rest is lost */
    CHECK_OK(send(1, "x"));
    CHECK_EQ(receive((size_t)-1, 0, 0), 1); /* no length is too large */
    CHECK_OK(send(1, "y"));
    CHECK_EQ(receive(100000, 0, 040000), 1); /* a flag that is none: the host's MSG_COPY */
    CHECK_ERR(receive(64, 0, 0), FREEBSD_ENOMSG);
    drop();
}

TEST(errors)
{
    struct message m = {1, {0}};

    if (!make()) {
        return;
    }
    CHECK_ERR(send(0, "x"), FREEBSD_EINVAL);
    CHECK_ERR(send(-1, "x"), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgsnd, queue, WILD, 1, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(msgsnd, queue, &m, (uint64_t)-1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgsnd, queue, &m, 1 << 20, 0), FREEBSD_EINVAL);
    char *page = guest_pages(8192);
    CHECK_OK(SYS(munmap, page + 4096, 4096));
    memcpy(page + 4096 - 8, &m.type, 8);
    CHECK_ERR(SYS(msgsnd, queue, page + 4096 - 8, 4, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(msgrcv, queue, WILD, 4, 0, FREEBSD_IPC_NOWAIT), FREEBSD_ENOMSG); /* nothing to put there */
    CHECK_OK(send(1, "gone"));
    CHECK_ERR(SYS(msgrcv, queue, WILD, 4, 0, FREEBSD_IPC_NOWAIT), FREEBSD_EFAULT);
    CHECK_ERR(receive(64, 0, 0), FREEBSD_ENOMSG);
    CHECK_ERR(SYS(msgctl, queue, 3, &m), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgctl, queue, -1, &m), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_SET, WILD), FREEBSD_EFAULT);
    drop();
    CHECK_ERR(send(1, "x"), FREEBSD_EINVAL);
    CHECK_ERR(receive(64, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_RMID, 0), FREEBSD_EINVAL);
}

/* a full queue; and a message larger than the queue is EINVAL, it would wait for ever */
TEST(full)
{
    struct freebsd_msqid_ds ds;

    if (!make()) {
        return;
    }
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
    ds.qbytes = 10;
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds));
    CHECK_ERR(send(1, "0123456789a"), FREEBSD_EINVAL);
    CHECK_OK(send(1, "0123456"));
    CHECK_ERR(send(1, "0123456"), FREEBSD_EAGAIN);
    CHECK_OK(send(1, "012"));
    ds.qbytes = 0;
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds), FREEBSD_EINVAL);
    if (SYS(geteuid) == 0) {
        ds.qbytes = 1ULL << 40; /* raised by the superuser, to no more than the limit */
        CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds));
        CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
        CHECK(ds.qbytes > 10 && ds.qbytes < 1ULL << 40);
    }
    drop();
}

TEST(records)
{
    struct freebsd_msqid_ds ds;
    int64_t now = (int64_t)(guest_clock(FREEBSD_CLOCK_REALTIME) / 1000000000);

    if (!make()) {
        return;
    }
    CHECK_EQ(sizeof(ds), 104);
    memset(&ds, 0x55, sizeof(ds));
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.uid, SYS(geteuid));
    CHECK_EQ(ds.perm.mode, 0600);
    CHECK_EQ(ds.perm.seq, queue >> 16 & 0xffff);
    CHECK_EQ(ds.qnum, 0);
    CHECK_EQ(ds.lspid, 0);
    CHECK_EQ(ds.stime, 0);
    CHECK(ds.ctime >= now - 2);
    CHECK_OK(send(1, "abc"));
    CHECK_OK(send(1, "de"));
    CHECK_EQ(receive(64, 0, 0), 3);
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.qnum, 1);
    CHECK_EQ(ds.cbytes, 2);
    CHECK_EQ(ds.lspid, SYS(getpid));
    CHECK_EQ(ds.lrpid, SYS(getpid));
    CHECK(ds.stime >= now - 2 && ds.rtime >= now - 2);
    ds.perm.mode = 07644;
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds));
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.mode, 0644);
    drop();
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds), FREEBSD_EINVAL);
}

TEST(old_records)
{
    struct freebsd_msqid_ds_old ds;

    if (!make()) {
        return;
    }
    CHECK_EQ(sizeof(ds), 152);
    memset(&ds, 0x55, sizeof(ds));
    CHECK_OK(send(1, "abc"));
    CHECK_OK(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.uid, SYS(geteuid) & 0xffff);
    CHECK_EQ(ds.perm.mode, 0600);
    CHECK_EQ(ds.qnum, 1);
    CHECK_EQ(ds.cbytes, 3);
    CHECK_EQ(ds.lspid, SYS(getpid));
    CHECK(ds.stime != 0 && ds.ctime != 0 && ds.rtime == 0);
    ds.perm.mode = 0640;
    CHECK_OK(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_SET, &ds));
    CHECK_OK(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.perm.mode, 0640);
    CHECK_ERR(SYS(freebsd7_msgctl, queue, 9, &ds), FREEBSD_EINVAL);
    CHECK_ERR(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_STAT, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_SET, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(freebsd7_msgctl, queue, FREEBSD_IPC_RMID, 0));
}

static volatile uint32_t about_to_wait;

static void wait_for_message(void *argument)
{
    struct message m;

    about_to_wait = 1;
    CHECK_EQ(SYS(msgrcv, queue, &m, 64, 0, 0), (int64_t)argument);
}

static void start_waiter(struct guest_thread *thread, int64_t expected)
{
    about_to_wait = 0;
    CHECK_OK(guest_thread_start(thread, wait_for_message, (void *)expected));
    CHECK(guest_await(&about_to_wait, 1));
    guest_await_asleep((int)SYS(getpid), thread->tid);
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

TEST(waiting)
{
    struct guest_thread thread;

    if (!make()) {
        return;
    }
    start_waiter(&thread, 5);
    CHECK_OK(send(1, "hello"));
    guest_thread_join(&thread);
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, FREEBSD_SA_RESTART));
    start_waiter(&thread, -FREEBSD_EINTR);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    guest_thread_join(&thread);
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    start_waiter(&thread, -FREEBSD_EIDRM);
    drop();
    guest_thread_join(&thread);
}

static void try_as_other(void *argument)
{
    struct freebsd_msqid_ds ds = {.qbytes = 1};

    CHECK_ERR(send(1, "x"), FREEBSD_EACCES);
    CHECK_ERR(receive(64, 0, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds), FREEBSD_EACCES);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds), FREEBSD_EACCES);
    CHECK_ERR(SYS(msgctl, queue, FREEBSD_IPC_RMID, 0), FREEBSD_EACCES);
    CHECK_ERR(SYS(msgget, *(int64_t *)argument, 0400), FREEBSD_EACCES);
    CHECK_EQ(SYS(msgget, *(int64_t *)argument, 0), queue);
}

static void raise_as_owner(void *argument)
{
    struct freebsd_msqid_ds ds;
    int64_t mine = MUST(SYS(msgget, 0, 0600));

    (void)argument;
    CHECK_OK(SYS(msgctl, mine, FREEBSD_IPC_STAT, &ds));
    ds.qbytes++;
    CHECK_ERR(SYS(msgctl, mine, FREEBSD_IPC_SET, &ds), FREEBSD_EPERM);
    ds.qbytes -= 2;
    CHECK_OK(SYS(msgctl, mine, FREEBSD_IPC_SET, &ds));
    CHECK_OK(SYS(msgctl, mine, FREEBSD_IPC_RMID, 0));
}

static void write_only(void *argument)
{
    (void)argument;
    CHECK_OK(send(1, "w"));
    CHECK_ERR(receive(64, 0, 0), FREEBSD_EACCES);
}

TEST(permissions)
{
    struct freebsd_msqid_ds ds;
    int64_t key = ipc_key(2);

    if (!ipc_available()) {
        return;
    }
    queue = MUST(SYS(msgget, key, FREEBSD_IPC_CREAT | 0600));
    if (!ipc_as_other_user(try_as_other, &key)) {
        guest_skip("not the superuser");
    } else {
        ipc_as_other_user(raise_as_owner, 0);
        CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
        ds.perm.mode = 0602;
        CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_SET, &ds));
        ipc_as_other_user(write_only, 0);
        CHECK_EQ(receive(64, 0, 0), 1);
    }
    drop();
}
