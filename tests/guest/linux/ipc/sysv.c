/*
 * System V's shared memory, semaphores and message queues: shmget(2), semop(2), msgget(2); and POSIX message queues.
 */
#include "conf.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

TEST(shared_memory)
{
    int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0640);
    struct shmid_ds ds;

    DEC(id >= 0);
    char *memory = shmat(id, NULL, 0);

    DEC(memory != (void *)-1);
    strcpy(memory + 9000, "shared");
    char *twin = shmat(id, NULL, SHM_RDONLY);

    TEXT(twin + 9000);
    memset(&ds, 0x55, sizeof(ds));
    CALL(shmctl(id, IPC_STAT, &ds));
    say("size %zu mode %o attached %lu uid %d cuid %d pid %d", ds.shm_segsz, ds.shm_perm.mode,
        (unsigned long)ds.shm_nattch, ds.shm_perm.uid == getuid(), ds.shm_perm.cuid == getuid(),
        ds.shm_cpid == getpid());
    DEC(ds.shm_atime > 1500000000 && ds.shm_dtime == 0 && ds.shm_ctime > 1500000000);
    ds.shm_perm.mode = 0600;
    CALL(shmctl(id, IPC_SET, &ds));
    CALL(shmctl(id, IPC_STAT, &ds));
    say("mode %o", ds.shm_perm.mode);
    pid_t child = fork();

    if (child == 0) {
        memory[0] = 'c';
        _exit(0);
    }
    ended("child", child);
    DEC(twin[0]);
    CALL(shmdt(twin));
    CALL(shmdt(twin));
    CALL(shmdt(memory + 1));
    char *room = mmap(NULL, 1 << 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    DEC(shmat(id, room + 4096, SHM_REMAP) == room + 4096);
    MAPPED(shmat(id, room + 4096 + 5, 0));
    DEC(shmat(id, room + 32768 + 5, SHM_RND | SHM_REMAP) == room + 32768);
    CALL(shmctl(id, IPC_RMID, NULL));
    CALL(shmctl(id, IPC_STAT, &ds));
    HEX(ds.shm_perm.mode);
    shmdt(memory);
    shmdt(room + 4096);
    shmdt(room + 32768);
    CALL(shmctl(id, IPC_STAT, &ds));
    MAPPED(shmat(id, NULL, 0));
    CALL(shmget(IPC_PRIVATE, 0, 0600));
    CALL(shmget(0x7fedcba9, 100, 0));
    struct shm_info info;
    struct shminfo limits;

    OK(shmctl(0, SHM_INFO, (struct shmid_ds *)&info));
    OK(shmctl(0, IPC_INFO, (struct shmid_ds *)&limits));
    DEC(limits.shmmin);
    DEC(limits.shmmax > 1000000);
    CALL(shmctl(0, 999, &ds));
}

static union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
} argument;

TEST(semaphores)
{
    int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
    unsigned short values[3] = {5, 0, 7};
    struct sembuf operations[2] = {{0, -3, SEM_UNDO}, {2, 1, 0}};
    struct semid_ds ds;

    argument.array = values;
    CALL(semctl(id, 0, SETALL, argument));
    CALL(semop(id, operations, 2));
    memset(values, 0, sizeof(values));
    CALL(semctl(id, 0, GETALL, argument));
    say("%d %d %d", values[0], values[1], values[2]);
    CALL(semctl(id, 1, GETVAL));
    argument.val = 9;
    CALL(semctl(id, 1, SETVAL, argument));
    DEC(semctl(id, 0, GETPID) == getpid());
    CALL(semctl(id, 0, GETNCNT));
    CALL(semctl(id, 0, GETZCNT));
    memset(&ds, 0x55, sizeof(ds));
    argument.buf = &ds;
    CALL(semctl(id, 0, IPC_STAT, argument));
    say("count %lu mode %o", (unsigned long)ds.sem_nsems, ds.sem_perm.mode);
    DEC(ds.sem_otime > 1500000000 && ds.sem_ctime > 1500000000);
    operations[0] = (struct sembuf){0, -100, IPC_NOWAIT};
    CALL(semop(id, operations, 1));
    operations[0] = (struct sembuf){9, 1, 0};
    CALL(semop(id, operations, 1));
    operations[0] = (struct sembuf){0, -100, 0};
    struct timespec soon = {0, 20000000};

    CALL(semtimedop(id, operations, 1, &soon));
    CALL(semop(id, operations, 0));
    CALL(semop(id, operations, 100000));
    CALL(semop(id, WILD, 1));
    pid_t child = fork();

    if (child == 0) {
        struct sembuf take = {0, -2, SEM_UNDO};

        semop(id, &take, 1);
        _exit(semctl(id, 0, GETVAL));
    }
    ended("a child that takes two", child);
    CALL(semctl(id, 0, GETVAL));
    child = fork();
    if (child == 0) {
        struct sembuf wait = {0, -10, 0};

        _exit(semop(id, &wait, 1) == 0 ? 0 : errno);
    }
    while (semctl(id, 0, GETNCNT) != 1)
        conf_sleep(1);
    operations[0] = (struct sembuf){0, 8, 0};
    CALL(semop(id, operations, 1));
    ended("a child that waits", child);
    child = fork();
    if (child == 0) {
        struct sembuf wait = {0, -10, 0};

        _exit(semop(id, &wait, 1) == 0 ? 0 : errno);
    }
    while (semctl(id, 0, GETNCNT) != 1)
        conf_sleep(1);
    CALL(semctl(id, 0, IPC_RMID));
    ended("a child whose semaphores go", child);
    CALL(semop(id, operations, 1));
    CALL(semget(IPC_PRIVATE, -1, 0600));
    CALL(semget(IPC_PRIVATE, 1000000, 0600));
    struct seminfo info;

    argument.info = &info;
    OK(semctl(0, 0, IPC_INFO, argument));
    DEC(info.semmsl > 0 && info.semvmx == 32767);
}

struct message {
    conf_long type;
    char text[32];
};

TEST(messages)
{
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    struct message message = {3, "three"};
    struct msqid_ds ds;

    CALL(msgsnd(id, &message, 6, 0));
    message = (struct message){5, "five"};
    CALL(msgsnd(id, &message, 5, 0));
    message.type = 0;
    CALL(msgsnd(id, &message, 5, 0));
    memset(&ds, 0x55, sizeof(ds));
    CALL(msgctl(id, IPC_STAT, &ds));
    say("messages %lu bytes %lu most %lu mode %o pid %d", (unsigned long)ds.msg_qnum, (unsigned long)ds.__msg_cbytes,
        (unsigned long)ds.msg_qbytes, ds.msg_perm.mode, ds.msg_lspid == getpid());
    DEC(ds.msg_stime > 1500000000 && ds.msg_rtime == 0);
    CALL(msgrcv(id, &message, 32, 5, 0));
    say("%ld %s", (long)message.type, message.text);
    CALL(msgrcv(id, &message, 2, 0, 0));
    CALL(msgrcv(id, &message, 2, 0, MSG_NOERROR));
    say("%ld %.2s", (long)message.type, message.text);
    CALL(msgrcv(id, &message, 32, 0, IPC_NOWAIT));
    message.type = 7;
    CALL(msgsnd(id, &message, (size_t)-1, 0));
    CALL(msgsnd(id, &message, 100000, 0));
    CALL(msgsnd(id, WILD, 5, 0));
    CALL(msgsnd(id, &message, 5, 0));
    CALL(msgrcv(id, &message, 32, -8, MSG_COPY | IPC_NOWAIT));
    CALL(msgrcv(id, &message, 32, -6, IPC_NOWAIT));
    CALL(msgrcv(id, WILD, 32, -8, 0));
    CALL(msgctl(id, IPC_RMID, NULL));
    CALL(msgrcv(id, &message, 32, 0, 0));
    CALL(msgget(0x7fedcba9, 0));
    CALL(msgctl(id, 999, &ds));
    struct msginfo info;

    OK(msgctl(0, IPC_INFO, (struct msqid_ds *)&info));
    DEC(info.msgmax > 1000);
}

static volatile sig_atomic_t told;

static void notified(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    told = info->si_code == SI_MESGQ ? info->si_value.sival_int : -1;
}

TEST(posix_queues)
{
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 64};
    char text[64];
    unsigned priority;
    struct timespec past = {1, 0};
    char name[64];

    snprintf(name, sizeof(name), "/dragoman-conformance-%d", (int)getpid());
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);

    if (queue < 0) {
        say("mq_open: %s", conf_errno(errno));
        return;
    }
    CALL(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes));
    CALL(mq_send(queue, "low", 4, 1));
    CALL(mq_send(queue, "high", 5, 9));
    CALL(mq_getattr(queue, &attributes));
    say("flags %ld max %ld size %ld now %ld", (long)attributes.mq_flags, (long)attributes.mq_maxmsg,
        (long)attributes.mq_msgsize, (long)attributes.mq_curmsgs);
    CALL(mq_receive(queue, text, sizeof(text), &priority));
    say("%s %u", text, priority);
    CALL(mq_receive(queue, text, 5, &priority));
    CALL(mq_receive(queue, text, sizeof(text), NULL));
    CALL(mq_timedreceive(queue, text, sizeof(text), &priority, &past));
    attributes.mq_flags = O_NONBLOCK;
    CALL(mq_setattr(queue, &attributes, NULL));
    CALL(mq_receive(queue, text, sizeof(text), &priority));
    for (int i = 0; i < 5; i++)
        CALL(mq_send(queue, "x", 1, 0));
    struct mq_attr before;

    attributes.mq_flags = 0;
    mq_setattr(queue, &attributes, &before);
    DEC(before.mq_flags == O_NONBLOCK);
    CALL(mq_timedsend(queue, "x", 1, 0, &past));
    CALL(mq_send(queue, text, 65, 0));
    CALL(mq_send(queue, "x", 1, 100000));
    while (mq_timedreceive(queue, text, sizeof(text), NULL, &past) > 0)
        ;
    struct sigaction action = {.sa_sigaction = notified, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 66};

    sigaction(SIGUSR1, &action, NULL);
    CALL(mq_notify(queue, &event));
    CALL(mq_notify(queue, &event));
    mq_send(queue, "x", 1, 0);
    conf_sleep(5);
    DEC(told);
    CALL(mq_close(queue));
    CALL(mq_unlink(name));
    CALL(mq_unlink(name));
    CALL(mq_open("/no-such-queue", O_RDONLY));
    CALL(syscall(SYS_mq_open, WILD, O_RDONLY, 0, NULL));
    CALL(syscall(SYS_mq_unlink, WILD));
    CALL(syscall(SYS_mq_notify, -1, NULL));
    CALL(syscall(SYS_mq_getsetattr, -1, NULL, NULL));
}
