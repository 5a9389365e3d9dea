/*
 * mmap, munmap, mprotect, mremap, madvise, msync, mincore, mlock: their man pages, and mm/mmap.c, mm/mremap.c.
 */
#include "conf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { PAGE = 4096 };

static sigjmp_buf probe_jump;
static volatile int probe_signal;
static volatile int probe_code;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    probe_signal = signal;
    probe_code = info->si_code;
    siglongjmp(probe_jump, 1);
}

/* What reading and writing a byte there gives. */
static void probe(const char *what, volatile char *at)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    const char *can_read = "no";
    const char *can_write = "no";

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    probe_signal = probe_code = 0;
    if (sigsetjmp(probe_jump, 1) == 0) {
        (void)*at;
        can_read = "yes";
        *at = *at;
        can_write = "yes";
    }
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    say("%s: read %s, write %s, signal %d code %d", what, can_read, can_write, probe_signal, probe_code);
}

static char *pages(int count)
{
    return mmap(NULL, (size_t)count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST(anonymous)
{
    char *p = pages(3);

    DEC(p != MAP_FAILED);
    DEC(((uintptr_t)p & (PAGE - 1)) == 0);
    DEC(p[0] + p[PAGE] + p[3 * PAGE - 1]);
    probe("mapped", p + PAGE);
    CALL(munmap(p + PAGE, PAGE));
    probe("unmapped", p + PAGE);
    probe("before", p);
    probe("behind", p + 2 * PAGE);
    CALL(munmap(p, 3 * PAGE));
    CALL(munmap(p, 3 * PAGE));
}

TEST(bad_arguments)
{
    int fd = conf_file("file", "text");
    int reading = open("file", O_RDONLY);
    int writing = open("file", O_WRONLY);
    int folder = open(".", O_RDONLY);

    MAPPED(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1));
    MAPPED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, reading, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writing, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0));
    MAPPED(mmap((void *)8, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    MAPPED(mmap(WILD, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    MAPPED(mmap(NULL, (size_t)-PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, (size_t)-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE, fd, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_POPULATE | MAP_NORESERVE, fd, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 0x8000000, fd, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0));
    MAPPED(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
    CALL(munmap((void *)1, PAGE));
    CALL(munmap((void *)0x10000, 0));
    CALL(munmap(WILD, PAGE));
    CALL(munmap((void *)0x10000, (size_t)-PAGE));
    CALL(mprotect((void *)1, PAGE, PROT_READ));
    CALL(mprotect((void *)0x10000, 0, PROT_READ));
    CALL(mprotect((void *)0x10000, PAGE, PROT_READ));
    CALL(mprotect((void *)0x10000, PAGE, 0x1000));
    CALL(mprotect((void *)0x10000, PAGE, PROT_GROWSUP | PROT_GROWSDOWN));
}

TEST(fixed)
{
    char *p = pages(4);

    p[PAGE] = 7;
    DEC(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + PAGE);
    DEC(p[PAGE]);
    probe("replaced", p + PAGE);
    MAPPED(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    munmap(p + 2 * PAGE, PAGE);
    DEC(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p + 2 * PAGE);
    munmap(p + 2 * PAGE, PAGE);
    DEC(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p + 2 * PAGE);
    DEC(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == p);
}

TEST(protection)
{
    char *p = pages(3);

    CALL(mprotect(p + PAGE, PAGE, PROT_NONE));
    probe("none", p + PAGE);
    CALL(mprotect(p + PAGE, PAGE, PROT_READ));
    probe("read", p + PAGE);
    CALL(mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC));
    probe("read and execute", p + PAGE);
    CALL(mprotect(p + PAGE, 1, PROT_READ | PROT_WRITE));
    probe("a byte's page", p + PAGE);
    munmap(p + PAGE, PAGE);
    CALL(mprotect(p, 3 * PAGE, PROT_READ));
    probe("the first page of what has a hole", p);
    CALL(mprotect(p + 1, PAGE, PROT_READ));
}

TEST(code)
{
    /* mov $42, %eax; ret */
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    DEC(p != MAP_FAILED);
    memcpy(p, code, sizeof(code));
    DEC(((int (*)(void))p)());
    p[1] = 43;
    DEC(((int (*)(void))p)());
    CALL(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
    DEC(((int (*)(void))p)());
}

TEST(files)
{
    int fd = conf_file("file", "the first page");

    CALL(ftruncate(fd, 2 * PAGE + 10));
    char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char *second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);

    TEXT(shared);
    probe("the last page of the file", shared + 2 * PAGE);
    probe("behind its end", shared + 3 * PAGE);
    private[0] = 'T';
    TEXT(shared);
    TEXT(private);
    shared[4] = 'F';
    shared[PAGE] = 'x';
    TEXT(second);
    char text[20] = "";

    CALL(pread(fd, text, 14, 0));
    TEXT(text);
    CALL(msync(shared, PAGE, MS_SYNC));
    CALL(msync(shared, PAGE, MS_ASYNC));
    CALL(msync(shared, PAGE, MS_SYNC | MS_ASYNC));
    CALL(msync(shared, PAGE, 8));
    CALL(msync(shared + 1, PAGE, MS_SYNC));
    CALL(msync((void *)0x10000, PAGE, MS_SYNC));
    CALL(close(fd));
    TEXT(shared);
    CALL(truncate("file", 0));
    probe("a file that has shrunk", shared);
}

TEST(remap)
{
    char *p = pages(2);

    p[0] = 1;
    p[PAGE] = 2;
    char *q = mremap(p, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);

    DEC(q != MAP_FAILED);
    DEC(q[0] * 100 + q[PAGE] * 10 + q[7 * PAGE]);
    DEC(mremap(q, 8 * PAGE, PAGE, 0) == q);
    probe("cut off", q + PAGE);
    char *r = pages(3);

    munmap(r + PAGE, PAGE);
    MAPPED(mremap(r, PAGE, 3 * PAGE, 0));
    DEC(mremap(r, PAGE, 2 * PAGE, 0) == r);
    char *target = pages(2);

    DEC(mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    DEC(target[0]);
    probe("where it was", q);
    MAPPED(mremap(target, PAGE, PAGE, MREMAP_FIXED, q));
    MAPPED(mremap(target, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + PAGE));
    MAPPED(mremap(target, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target + 1));
    MAPPED(mremap(target, PAGE, PAGE, 0x40));
    MAPPED(mremap(target + 1, PAGE, PAGE, MREMAP_MAYMOVE));
    MAPPED(mremap(target, PAGE, 0, MREMAP_MAYMOVE));
    MAPPED(mremap((void *)0x10000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    MAPPED(mremap(target, 0, PAGE, MREMAP_MAYMOVE));
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *twin = mremap(shared, 0, PAGE, MREMAP_MAYMOVE);

    DEC(twin != MAP_FAILED && twin != shared);
    shared[0] = 9;
    DEC(twin[0]);
    char *kept = pages(1);

    kept[0] = 5;
    char *moved = mremap(kept, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

    DEC(moved != MAP_FAILED && moved[0] == 5 && kept[0] == 0);
    MAPPED(mremap(kept, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
}

TEST(advice)
{
    char *p = pages(4);

    p[0] = 1;
    p[PAGE] = 2;
    CALL(madvise(p, PAGE, MADV_DONTNEED));
    DEC(p[0] * 10 + p[PAGE]);
    CALL(madvise(p, 4 * PAGE, MADV_NORMAL));
    CALL(madvise(p, 4 * PAGE, MADV_RANDOM));
    CALL(madvise(p, 4 * PAGE, MADV_SEQUENTIAL));
    CALL(madvise(p, 4 * PAGE, MADV_WILLNEED));
    CALL(madvise(p, 4 * PAGE, MADV_FREE));
    CALL(madvise(p, 4 * PAGE, MADV_DONTFORK));
    CALL(madvise(p, 4 * PAGE, MADV_DOFORK));
    CALL(madvise(p, 4 * PAGE, MADV_DONTDUMP));
    CALL(madvise(p, 4 * PAGE, MADV_DODUMP));
    CALL(madvise(p, 4 * PAGE, MADV_POPULATE_READ));
    CALL(madvise(p, 4 * PAGE, MADV_POPULATE_WRITE));
    CALL(madvise(p, 4 * PAGE, MADV_REMOVE));
    CALL(madvise(p, 4 * PAGE, 77));
    CALL(madvise(p + 1, PAGE, MADV_NORMAL));
    WORD(madvise(p, (size_t)-PAGE, MADV_NORMAL));
    CALL(madvise(p, 0, MADV_NORMAL));
    CALL(madvise((void *)0x10000, PAGE, MADV_DONTNEED));
    p[0] = 3;
    CALL(madvise(p, PAGE, MADV_WIPEONFORK));
    p[PAGE] = 4;
    pid_t child = fork();

    if (child == 0)
        _exit(p[0] * 10 + p[PAGE]);
    ended("a child sees what is not wiped", child);
    CALL(madvise(p, PAGE, MADV_KEEPONFORK));
    RET(posix_madvise(p, PAGE, POSIX_MADV_DONTNEED));
}

TEST(residence)
{
    char *p = pages(4);
    unsigned char present[4] = {9, 9, 9, 9};

    p[0] = 1;
    p[2 * PAGE] = 1;
    CALL(mincore(p, 4 * PAGE, present));
    say("%d %d %d %d", present[0] & 1, present[1] & 1, present[2] & 1, present[3] & 1);
    CALL(mincore(p + 1, PAGE, present));
    CALL(mincore(p, PAGE, WILD));
    CALL(mincore((void *)0x10000, PAGE, present));
    CALL(mlock(p, PAGE));
    CALL(munlock(p, 4 * PAGE));
    CALL(mlock2(p, PAGE, MLOCK_ONFAULT));
    CALL(mlock2(p, PAGE, 8));
    CALL(mlock((void *)0x10000, PAGE));
    CALL(mlockall(0));
    CALL(mlockall(MCL_ONFAULT));
    CALL(munlockall());
    CALL(syscall(SYS_remap_file_pages, p, PAGE, 1, 0, 0));
}

TEST(inheritance)
{
    char *private = pages(1);
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    private[0] = shared[0] = 1;
    pid_t child = fork();

    if (child == 0) {
        private[0] = shared[0] = 2;
        _exit(0);
    }
    ended("child", child);
    say("private %d, shared %d", private[0], shared[0]);
}

TEST(memory_files)
{
    int fd = memfd_create("conformance", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    DEC(fcntl(fd, F_GETFD));
    CALL(ftruncate(fd, PAGE));
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    strcpy(p, "in memory");
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    munmap(p, PAGE);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(write(fd, "x", 1));
    CALL(ftruncate(fd, 10));
    CALL(ftruncate(fd, 2 * PAGE));
    MAPPED(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    CALL(memfd_create(WILD, 0));
    CALL(memfd_create("x", 0x1000));
    int plain = memfd_create("plain", 0);

    CALL(fcntl(plain, F_GET_SEALS));
    CALL(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
}

TEST(other_process)
{
    char here[16] = "";
    char *there = pages(1);

    strcpy(there, "of a child");
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    struct iovec mine = {here, 11};
    struct iovec its = {there, 11};

    CALL(process_vm_readv(child, &mine, 1, &its, 1, 0));
    TEXT(here);
    CALL(process_vm_writev(child, &mine, 1, &its, 1, 0));
    CALL(process_vm_readv(child, &mine, 1, &its, 1, 1));
    its.iov_base = (void *)0x1000;
    CALL(process_vm_readv(child, &mine, 1, &its, 1, 0));
    CALL(process_vm_readv(child, WILD, 1, &its, 1, 0));
    CALL(process_vm_readv(child, &mine, 1, &its, 2000, 0));
    kill(child, SIGKILL);
    ended("child", child);
    CALL(process_vm_readv(child, &mine, 1, &its, 1, 0));
}
