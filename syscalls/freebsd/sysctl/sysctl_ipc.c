/*
 * System V IPC (kern.ipc.*): limits, which are the host's, as its objects are, and the objects themselves, which ipcs(1)
 * lists. Sources: sys/kern/sysv_sem.c, sysv_msg.c, sysv_shm.c.
 */
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/ipc/sysv.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define MSG_STAT_ANY 13 /* linux/msg.h and the like, of a host newer than some headers */
#define SEM_STAT_ANY 20
#define SHM_STAT_ANY 15
#define PLACE_MASK   0xffff /* IPCID_TO_IX() */

/*
 * Limits: the leaf's number says where in the host's structure. Each is 0 where the host has, or gives, no such
 * objects.
 */

int sysctl_sem_limit(struct sysctl_request *rq)
{
    struct seminfo info = {0};
    int32_t value = 0;

    if (host_call4(__NR_semctl, 0, 0, IPC_INFO, &info) >= 0) {
        memcpy(&value, (const char *)&info + rq->leaf->number, sizeof value);
    }
    return sysctl_put_number(rq, value);
}

int sysctl_msg_limit(struct sysctl_request *rq)
{
    struct msginfo info = {0};
    int32_t value = 0;

    if (host_call3(__NR_msgctl, 0, IPC_INFO, &info) >= 0) {
        memcpy(&value, (const char *)&info + rq->leaf->number, sizeof value);
    }
    return sysctl_put_number(rq, value);
}

int sysctl_shm_limit(struct sysctl_request *rq)
{
    struct shminfo64 info = {0};
    int64_t value = 0;

    if (host_call3(__NR_shmctl, 0, IPC_INFO, &info) >= 0) {
        memcpy(&value, (const char *)&info + rq->leaf->number, sizeof value);
    }
    return sysctl_put_number(rq, value);
}

/* What the kernel keeps of an object, and lets programs see: the public structure, and pointers of its own. */
struct freebsd_msqid_kernel {
    struct freebsd_msqid_ds u;
    uint64_t label, cred;
};
struct freebsd_semid_kernel {
    struct freebsd_semid_ds u;
    uint64_t label, cred;
};
struct freebsd_shmid_kernel {
    struct freebsd_shmid_ds u;
    uint64_t object, label, cred;
};
_Static_assert(sizeof(struct freebsd_msqid_kernel) == 120 && sizeof(struct freebsd_semid_kernel) == 80 &&
                   sizeof(struct freebsd_shmid_kernel) == 104,
               "sys/msg.h, sys/sem.h, sys/shm.h");

/* One of the three kinds. */
struct kind {
    /* The id of the object at a place of the host's table, and what is known of it; -errno: there is none. */
    int64_t (*read)(uint64_t place, void *to);
    int64_t (*last)(void);  /* the highest place in use, or -errno */
    int64_t (*limit)(void); /* how many there may be */
    uint32_t size;          /* of what is known */
};

static int64_t read_queue(uint64_t place, void *to)
{
    struct msqid64_ds host;
    int64_t id = host_call3(__NR_msgctl, place, MSG_STAT_ANY, &host);

    if (id >= 0) {
        freebsd_msqid_from_host(&host, (int32_t)id, to);
    }
    return id;
}

static int64_t read_semaphores(uint64_t place, void *to)
{
    struct semid64_ds host;
    int64_t id = host_call4(__NR_semctl, place, 0, SEM_STAT_ANY, &host);

    if (id >= 0) {
        freebsd_semid_from_host(&host, (int32_t)id, to);
    }
    return id;
}

static int64_t read_segment(uint64_t place, void *to)
{
    struct shmid64_ds host;
    int64_t id = host_call3(__NR_shmctl, place, SHM_STAT_ANY, &host);

    if (id >= 0) {
        freebsd_shmid_from_host(&host, (int32_t)id, to);
    }
    return id;
}

static int64_t last_queue(void)
{
    struct msginfo info;
    return host_call3(__NR_msgctl, 0, MSG_INFO, &info);
}

static int64_t last_semaphores(void)
{
    struct seminfo info;
    return host_call4(__NR_semctl, 0, 0, SEM_INFO, &info);
}

static int64_t last_segment(void)
{
    struct shm_info info;
    return host_call3(__NR_shmctl, 0, SHM_INFO, &info);
}

static int64_t queue_limit(void)
{
    struct msginfo info;
    return host_call3(__NR_msgctl, 0, IPC_INFO, &info) < 0 ? 0 : info.msgmni;
}

static int64_t semaphores_limit(void)
{
    struct seminfo info;
    return host_call4(__NR_semctl, 0, 0, IPC_INFO, &info) < 0 ? 0 : info.semmni;
}

static int64_t segment_limit(void)
{
    struct shminfo64 info;
    return host_call3(__NR_shmctl, 0, IPC_INFO, &info) < 0 ? 0 : (int64_t)info.shmmni;
}

static const struct kind kinds[SYSCTL_IPC_KINDS] = {
    [SYSCTL_IPC_QUEUES] = {read_queue, last_queue, queue_limit, sizeof(struct freebsd_msqid_kernel)},
    [SYSCTL_IPC_SEMAPHORES] = {read_semaphores, last_semaphores, semaphores_limit, sizeof(struct freebsd_semid_kernel)},
    [SYSCTL_IPC_SEGMENTS] = {read_segment, last_segment, segment_limit, sizeof(struct freebsd_shmid_kernel)},
};

/*
 * There, an id's lower half is the object's place in the table. So each goes where the host's id says, and the table
 * reaches at least up to the last: which is past the host's own limit, as its ids have fewer bits for the place.
 */
static uint32_t table_length(const struct kind *k)
{
    char object[sizeof(struct freebsd_msqid_kernel)];
    int64_t length = k->limit(), last = k->last();

    for (int64_t i = 0; i <= last; i++) {
        int64_t id = k->read((uint64_t)i, object);
        if (id >= 0 && (id & PLACE_MASK) >= length) {
            length = (id & PLACE_MASK) + 1;
        }
    }
    return length > PLACE_MASK + 1 ? PLACE_MASK + 1 : (uint32_t)length;
}

/* kern.ipc.msgmni and the like: the length of the table, which programs set memory aside by. */
int sysctl_ipc_count(struct sysctl_request *rq)
{
    return sysctl_put_number(rq, table_length(&kinds[rq->leaf->number]));
}

/* So many zeroes. */
static int put_nothing(struct sysctl_request *rq, size_t size)
{
    static const char zeroes[4096];
    int r = 0;

    for (size_t n; r == 0 && size > 0; size -= n) {
        n = size < sizeof zeroes ? size : sizeof zeroes;
        r = sysctl_put(rq, zeroes, n);
    }
    return r;
}

/* kern.ipc.msqids and the like: the table, most of which is free. */
int sysctl_ipc_table(struct sysctl_request *rq)
{
    const struct kind *k = &kinds[rq->leaf->number];
    char object[sizeof(struct freebsd_msqid_kernel)] = {0};
    size_t size = (size_t)table_length(k) * k->size;
    int r = put_nothing(rq, size);

    if (r < 0 || guest_is_null(rq->old)) {
        return r;
    }
    for (int64_t i = 0, last = k->last(); r == 0 && i <= last; i++) {
        int64_t id = k->read((uint64_t)i, object);
        size_t at = (size_t)(id & PLACE_MASK) * k->size;
        if (id >= 0 && at + k->size <= size) {
            r = copyout(guest_at(rq->old, at), object, k->size);
        }
    }
    return r;
}
