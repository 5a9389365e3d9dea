/*
 * The limits of System V IPC and of asynchronous I/O (sysctl(8), aio(4)): what they say holds. Sources: sys/kern/sysv_*.c,
 * sys/kern/vfs_aio.c.
 */
#include "guest.h"

#include "ipc.h"

static int64_t number(const char *name)
{
    int64_t value = 0;
    uint64_t length = sizeof(value);

    CHECK_OK(SYS(__sysctlbyname, name, guest_strlen(name), &value, &length, 0, 0));
    CHECK(length == 4 || length == 8);
    return length == 4 ? (int32_t)value : value;
}

TEST(semaphores)
{
    static struct freebsd_sembuf many[65536];
    int64_t most = number("kern.ipc.semopm"), value = number("kern.ipc.semvmx");

    if (!ipc_available()) {
        return;
    }
    REQUIRE(most > 0 && most < 65536);
    int64_t set = MUST(SYS(semget, 0, 1, 0600));
    CHECK_OK(SYS(semop, set, many, most)); /* the value is 0, as each wants it */
    CHECK_ERR(SYS(semop, set, many, most + 1), FREEBSD_E2BIG);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_SETVAL, &value));
    value++;
    CHECK_ERR(SYS(__semctl, set, 0, FREEBSD_SETVAL, &value), FREEBSD_ERANGE);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_RMID, 0));
    CHECK_ERR(SYS(semget, 0, number("kern.ipc.semmsl") + 1, 0600), FREEBSD_EINVAL);
    CHECK(number("kern.ipc.semmni") > 0 && number("kern.ipc.semmns") > 0 && number("kern.ipc.semaem") > 0);
}

TEST(messages)
{
    struct freebsd_msqid_ds ds;

    if (!ipc_available()) {
        return;
    }
    int64_t queue = MUST(SYS(msgget, 0, 0600));
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_STAT, &ds));
    CHECK_EQ(ds.qbytes, number("kern.ipc.msgmnb"));
    CHECK_OK(SYS(msgctl, queue, FREEBSD_IPC_RMID, 0));
    CHECK(number("kern.ipc.msgmax") > 0 && number("kern.ipc.msgmni") > 0);
}

TEST(segments)
{
    uint64_t most = (uint64_t)number("kern.ipc.shmmax");

    if (!ipc_available()) {
        return;
    }
    CHECK(most >= 4096);
    CHECK_ERR(SYS(shmget, 0, most + 1, 0600), FREEBSD_EINVAL);
    CHECK_EQ(number("kern.ipc.shmmin"), 1);
    CHECK_EQ(number("kern.ipc.shm_allow_removed"), 1);
    CHECK(number("kern.ipc.shmmni") > 0 && number("kern.ipc.shmseg") > 0 && number("kern.ipc.shmall") != 0);
}

TEST(asynchronous)
{
    CHECK_EQ(number("vfs.aio.enable_unsafe"), 0);
    CHECK_EQ(number("vfs.aio.max_aio_queue_per_proc"), 256); /* as freebsd/aio/files.limit tries */
    CHECK_EQ(number("p1003_1b.asynchronous_io"), 200112);
}

/* They are there, and 0 as long as no module brings the calls along: sysconf(3) tells "no limit" by that, not an error. */
TEST(posix)
{
    CHECK_EQ(number("p1003_1b.sem_nsems_max"), 0);
    CHECK_EQ(number("p1003_1b.sem_value_max"), 0);
    CHECK_EQ(number("p1003_1b.mq_open_max"), 0);
}
