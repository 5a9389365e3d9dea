/*
 * Objects that processes share: in shared memory, and at different addresses. pthread_mutexattr_setpshared(3) and the
 * others; FreeBSD has them since 11, as pages that the kernel finds by the object's place (UMTX_OP_SHM).
 */
#include <pthread.h>
#include <semaphore.h>

#define CHECK_CHILD shared_child
static int shared_child(int argc, char **argv);
#include "check.h"

#include <sys/mman.h>
#include <sys/param.h>

#if __FreeBSD_version < 1100000
static int shared_child(int argc, char **argv)
{
    return argc + (argv == NULL);
}
TEST(refused_before_11)
{
    pthread_mutexattr_t a;
    REQUIRE(pthread_mutexattr_init(&a) == 0);
    CHECK_EQ(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED), EINVAL);
}
#else

enum { ROUNDS = 5000 };

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    pthread_rwlock_t rwlock;
    pthread_barrier_t barrier;
    sem_t sem;
    pthread_spinlock_t spin;
    int turn;
    long count;
};
static struct shared *all;

static void init(struct shared *s)
{
    pthread_mutexattr_t m;
    pthread_condattr_t c;
    pthread_rwlockattr_t r;
    pthread_barrierattr_t b;
    CHECK_EQ(pthread_mutexattr_init(&m), 0);
    CHECK_EQ(pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED), 0);
    CHECK_EQ(pthread_mutex_init(&s->mutex, &m), 0);
    CHECK_EQ(pthread_condattr_init(&c), 0);
    CHECK_EQ(pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED), 0);
    CHECK_EQ(pthread_cond_init(&s->cond, &c), 0);
    CHECK_EQ(pthread_rwlockattr_init(&r), 0);
    CHECK_EQ(pthread_rwlockattr_setpshared(&r, PTHREAD_PROCESS_SHARED), 0);
    CHECK_EQ(pthread_rwlock_init(&s->rwlock, &r), 0);
    CHECK_EQ(pthread_barrierattr_init(&b), 0);
    CHECK_EQ(pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED), 0);
    CHECK_EQ(pthread_barrier_init(&s->barrier, &b, 2), 0);
    CHECK_EQ(pthread_spin_init(&s->spin, PTHREAD_PROCESS_SHARED), 0);
    CHECK_EQ(sem_init(&s->sem, 1, 0), 0);
}

/* Both processes do this, one as 0, the other as 1. */
static void take_part(struct shared *s, int me)
{
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(pthread_mutex_lock(&s->mutex), 0);
        while (s->turn != me)
            CHECK_EQ(pthread_cond_wait(&s->cond, &s->mutex), 0);
        s->turn = !me;
        s->count++;
        CHECK_EQ(pthread_cond_signal(&s->cond), 0);
        CHECK_EQ(pthread_mutex_unlock(&s->mutex), 0);
    }
    int r = pthread_barrier_wait(&s->barrier);
    CHECK(r == 0 || r == PTHREAD_BARRIER_SERIAL_THREAD);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(pthread_rwlock_wrlock(&s->rwlock), 0);
        s->count++;
        CHECK_EQ(pthread_rwlock_unlock(&s->rwlock), 0);
        CHECK_EQ(pthread_spin_lock(&s->spin), 0);
        s->turn++;
        CHECK_EQ(pthread_spin_unlock(&s->spin), 0);
    }
    if (me == 0)
        CHECK_EQ(sem_post(&s->sem), 0);
    else
        CHECK_EQ(sem_wait(&s->sem), 0);
}

static void second(void)
{
    take_part(all, 1);
}

static void both(struct shared *s, int status)
{
    CHECK_EQ(status, 0);
    CHECK_EQ(s->count, 4 * ROUNDS);
    CHECK_EQ(s->turn, 2 * ROUNDS);
}

TEST(with_a_child)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0);
    REQUIRE(all != MAP_FAILED);
    init(all);
    pid_t pid = fork();
    if (pid == 0) {
        second();
        _exit(check_failed);
    }
    take_part(all, 0);
    int status = -1;
    waitpid(pid, &status, 0);
    both(all, status);
    CHECK_EQ(pthread_mutex_destroy(&all->mutex), 0);
    CHECK_EQ(pthread_cond_destroy(&all->cond), 0);
    CHECK_EQ(pthread_rwlock_destroy(&all->rwlock), 0);
    CHECK_EQ(pthread_barrier_destroy(&all->barrier), 0);
}

static struct shared *map(const char *path, int at)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, 65536) != 0)
        return MAP_FAILED;
    /* Another address in each process, in the middle of a page. */
    char *hint = mmap(NULL, (size_t)(at + 1) << 20, PROT_NONE, MAP_ANON, -1, 0);
    (void)hint;
    char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return p == MAP_FAILED ? MAP_FAILED : (struct shared *)(p + 1000);
}
static int shared_child(int argc, char **argv)
{
    struct shared *s = map(argv[argc - 1], 3);
    if (s == MAP_FAILED)
        return 5;
    take_part(s, 1);
    return check_failed;
}
extern char **environ;
TEST(with_a_program_and_in_a_file)
{
    unlink("shared-file");
    struct shared *s = map("shared-file", 0);
    REQUIRE(s != MAP_FAILED);
    init(s);
    pid_t pid = fork();
    if (pid == 0) {
        execl("./shared", "shared", "--second", "shared-file", (char *)NULL);
        _exit(9);
    }
    take_part(s, 0);
    int status = -1;
    waitpid(pid, &status, 0);
    both(s, status);
    CHECK_EQ(pthread_mutex_destroy(&s->mutex), 0);
    CHECK_EQ(pthread_mutex_lock(&s->mutex), EINVAL);
    unlink("shared-file");
}

TEST(with_shm_open)
{
    char name[40];
    snprintf(name, sizeof name, "/dragoman-shared-%d", (int)getpid());
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    REQUIRE(fd >= 0);
    CHECK_EQ(ftruncate(fd, sizeof *all), 0);
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(all != MAP_FAILED);
    init(all);
    pid_t pid = fork();
    if (pid == 0) {
        fd = shm_open(name, O_RDWR, 0600);
        struct shared *mine = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mine == MAP_FAILED || mine == all)
            _exit(7);
        take_part(mine, 1);
        _exit(check_failed);
    }
    take_part(all, 0);
    int status = -1;
    waitpid(pid, &status, 0);
    both(all, status);
    CHECK_EQ(shm_unlink(name), 0);
}
#endif
