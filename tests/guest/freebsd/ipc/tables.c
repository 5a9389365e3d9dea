/*
 * The tables of System V objects that ipcs(1) reads (kern.ipc.msqids, sema, shmsegs): each object stands where the lower
 * half of its id says, and the upper half is its sequence number. Sources: IXSEQ_TO_IPCID() of sys/sys/ipc.h,
 * sysctl_msqids() of sys/kern/sysv_msg.c and its like, usr.bin/ipcs.
 */
#include "guest.h"

#include "ipc.h"

#define PLACES 65536

static uint64_t number(const char *name, uint64_t size)
{
    uint64_t value = 0;

    CHECK_OK(SYS(__sysctlbyname, name, guest_strlen(name), &value, &size, 0, 0));
    return value;
}

/* Room for the largest: queues with the kernel's own pointers behind. */
static uint8_t table[PLACES * 120];

/*
 * Reads a table as ipcs does, with room for as many entries as the limit says; again where others' objects have made it
 * longer meanwhile. Returns the entry of an id.
 */
static const void *entry_of(const char *name, const char *limit, uint64_t limit_size, uint64_t entry, int64_t id)
{
    uint64_t count = 0, size = 0;
    int64_t r = -FREEBSD_ENOMEM;

    for (int i = 0; i < 100 && r == -FREEBSD_ENOMEM; i++) {
        count = number(limit, limit_size);
        size = count * entry;
        CHECK(size <= sizeof(table));
        r = guest_failed() ? -FREEBSD_E2BIG : SYS(__sysctlbyname, name, guest_strlen(name), table, &size, 0, 0);
    }
    CHECK_OK(r);
    CHECK((uint64_t)(id & 0xffff) < count);
    CHECK_EQ(size % entry, 0);
    return table + (uint64_t)(id & 0xffff) * entry;
}

TEST(queues)
{
    const struct freebsd_msqid_ds *found;

    if (!ipc_available())
        return;
    int64_t first = MUST(SYS(msgget, 0, 0640)), second = MUST(SYS(msgget, 0, 0600));
    found = entry_of("kern.ipc.msqids", "kern.ipc.msgmni", 4, 120, first);
    CHECK_EQ(found->perm.seq, first >> 16);
    CHECK_EQ(found->perm.mode & 0777, 0640);
    CHECK(found->qbytes > 0);
    found = entry_of("kern.ipc.msqids", "kern.ipc.msgmni", 4, 120, second);
    CHECK_EQ(found->perm.seq, second >> 16);
    CHECK_EQ(found->perm.mode & 0777, 0600);
    CHECK_OK(SYS(msgctl, first, FREEBSD_IPC_RMID, 0));
    CHECK_OK(SYS(msgctl, second, FREEBSD_IPC_RMID, 0));
}

TEST(semaphores)
{
    const struct freebsd_semid_ds *found;

    if (!ipc_available())
        return;
    int64_t set = MUST(SYS(semget, 0, 3, 0600));
    found = entry_of("kern.ipc.sema", "kern.ipc.semmni", 4, 80, set);
    CHECK_EQ(found->perm.seq, set >> 16);
    CHECK_EQ(found->nsems, 3);
    CHECK(found->perm.mode & FREEBSD_SEM_ALLOC);
    CHECK_OK(SYS(__semctl, set, 0, FREEBSD_IPC_RMID, 0));
}

TEST(segments)
{
    const struct freebsd_shmid_ds *found;

    if (!ipc_available())
        return;
    int64_t segment = MUST(SYS(shmget, 0, 12345, 0600));
    found = entry_of("kern.ipc.shmsegs", "kern.ipc.shmmni", 8, 104, segment);
    CHECK_EQ(found->perm.seq, segment >> 16);
    CHECK_EQ(found->segsz, 12345);
    CHECK(found->perm.mode & FREEBSD_SHMSEG_ALLOCATED);
    CHECK_OK(SYS(shmctl, segment, FREEBSD_IPC_RMID, 0));
}
