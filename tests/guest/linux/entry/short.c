/*
 * Calls in the shapes that have nothing as long as a jump before the `syscall`: Go's Syscall6, whose last instruction is
 * mov %rbx,%rdi, and read of libc's, xor %eax,%eax. An engine may make jumps of them that lead to places of its own away
 * from the code; nothing of that may be seen: not in results, registers and addresses that handlers are shown, not in
 * what is mapped, nor in how far the break goes (brk(2), signal(7)).
 */
#include "conf.h"

#if defined(__x86_64__)
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

enum { HOT = 500, THREADS = 3, SIGNALS = 400, DEADLINE = 60 };

/* number in rax, then rbx, rcx, rdi, rsi, r8, r9, as Go's own convention has it. */
__asm__(".text\n .balign 32\n"
        "short_go:\n"
        "movq %rsi, %r10\n movq %rdi, %rdx\n movq %rcx, %rsi\n"
        "short_go_last: movq %rbx, %rdi\n"
        "short_go_call: syscall\n"
        "cmpq $-4095, %rax\n jae 1f\n ret\n"
        "1: ret\n .balign 32\n"
        /* (fd, buffer, count), as any function. */
        "short_read:\n endbr64\n testl %edi, %edi\n js 1f\n"
        "short_read_last: xorl %eax, %eax\n"
        "short_read_call: syscall\n"
        "cmpq $-4096, %rax\n ja 1f\n ret\n"
        "1: ret\n .balign 32\n"
        "short_end:\n");
extern const char short_go[], short_go_last[], short_go_call[];
extern const char short_read_last[], short_read_call[], short_end[];
int64_t short_read(int64_t fd, void *buffer, uint64_t count);

static int64_t go_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    int64_t r;
    register uint64_t r8 __asm__("r8") = 0;
    register uint64_t r9 __asm__("r9") = 0;

    __asm__ volatile("leaq -128(%%rsp), %%rsp\n call short_go\n leaq 128(%%rsp), %%rsp"
                     : "=a"(r), "+b"(a), "+c"(b), "+D"(c), "+S"(d), "+r"(r8), "+r"(r9)
                     : "0"(number)
                     : "rdx", "r10", "r11", "memory", "cc");
    return r;
}

static uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* One byte at an offset, by the fourth argument; and the next one by read. */
static bool both_right(int fd, unsigned n)
{
    char byte[2] = {0, 0};

    return go_call(SYS_pread64, (uint64_t)fd, address(byte), 1, n % 10) == 1 && byte[0] == (char)('0' + n % 10) &&
           short_read(fd, byte + 1, 0) == 0 && short_read(-1 & INT32_MAX, byte, 1) == -EBADF &&
           go_call(SYS_close, (uint64_t)-1, 0, 0, 0) == -EBADF;
}

static int digits(void)
{
    int fd = open("digits", O_RDWR | O_CREAT, 0600);

    return write(fd, "0123456789", 10) == 10 ? fd : -1;
}

TEST(many_calls)
{
    int fd = digits();
    unsigned right = 0;
    char byte;

    for (unsigned i = 0; i < HOT; i++)
        right += both_right(fd, i);
    DEC(right);
    DEC(lseek(fd, 3, SEEK_SET));
    DEC(short_read(fd, &byte, 1) + byte);
    DEC(go_call(SYS_getpid, 0, 0, 0, 0) == getpid());
    DEC(go_call(SYS_lseek, (uint64_t)fd, 0, SEEK_CUR, 0));
}

/* Straight to the `syscall`: what stands before it has no effect. */
TEST(jumps_to_the_call)
{
    int fd = digits();
    unsigned right = 0;

    for (unsigned i = 0; i < HOT; i++) {
        int64_t r;

        right += both_right(fd, i);
        __asm__ volatile("leaq -128(%%rsp), %%rsp\n call short_go_call\n leaq 128(%%rsp), %%rsp"
                         : "=a"(r)
                         : "0"((uint64_t)SYS_getppid), "b"(1L), "D"(2L)
                         : "rcx", "r11", "memory", "cc");
        right += r == getppid();
        __asm__ volatile("leaq -128(%%rsp), %%rsp\n call short_read_call\n leaq 128(%%rsp), %%rsp"
                         : "=a"(r)
                         : "0"((uint64_t)SYS_getppid)
                         : "rcx", "r11", "memory", "cc");
        right += r == getppid();
    }
    DEC(right);
}

static volatile unsigned signals, between, wrong;
static volatile bool over;

/* In these functions only at an instruction; at the call with what comes before it done. */
static void look(int number, siginfo_t *info, void *context)
{
    const greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t rip = (uint64_t)r[REG_RIP];

    (void)number;
    (void)info;
    __atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
    if (rip < address(short_go) || rip >= address(short_end))
        return;
    __atomic_fetch_add(&between, 1, __ATOMIC_RELAXED);
    bool inside = (rip > address(short_go_last) && rip < address(short_go_call)) ||
                  (rip > address(short_read_last) && rip < address(short_read_call)) ||
                  rip == address(short_go_call) + 1 || rip == address(short_read_call) + 1;
    bool undone = (rip == address(short_go_call) && r[REG_RDI] != r[REG_RBX]) ||
                  (rip == address(short_read_call) && r[REG_RAX] != SYS_read % 0x40000000);

    if (inside || undone)
        __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

static void *call_all_the_time(void *argument)
{
    int fd = *(int *)argument;
    intptr_t bad = 0;

    for (unsigned i = 0; !over; i++)
        bad += !both_right(fd, i);
    return (void *)bad;
}

/* From several threads, which come to the site while it is changed, with signals all the time. */
TEST(threads_and_signals)
{
    struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO | SA_RESTART};
    time_t end = time(NULL) + DEADLINE;
    pthread_t threads[THREADS];
    int fd = digits();
    intptr_t bad = 0;

    sigaction(SIGUSR1, &action, NULL);
    signals = between = wrong = over = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, call_all_the_time, &fd);
    for (unsigned i = 0; signals < SIGNALS && time(NULL) < end; i++) {
        struct timespec pause = {0, 50000 + i % 7 * 10000};

        pthread_kill(threads[i % THREADS], SIGUSR1);
        nanosleep(&pause, NULL);
    }
    over = true;
    for (int i = 0; i < THREADS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        bad += (intptr_t)result;
    }
    DEC(bad);
    DEC(wrong);
    DEC(signals >= SIGNALS);
    DEC(between > 0);
}

static void interrupt(int number)
{
    (void)number;
    signals++;
}

/* A thread that waits in the call is woken in it, by a signal, and waits on or does not. */
TEST(interrupted_while_waiting)
{
    int fd = digits();
    int ends[2];

    for (unsigned i = 0; i < HOT; i++)
        if (!both_right(fd, i))
            say("wrong");
    for (int restart = 0; restart < 2; restart++) {
        struct sigaction action = {.sa_handler = interrupt, .sa_flags = restart ? SA_RESTART : 0};
        struct itimerval soon = {{0, 30000}, {0, 30000}};
        char byte = 0;

        signals = 0;
        pipe(ends);
        sigaction(SIGALRM, &action, NULL);
        pid_t child = fork();

        if (child == 0) {
            struct timespec pause = {0, 300000000};

            nanosleep(&pause, NULL);
            write(ends[1], "x", 1);
            _exit(0);
        }
        setitimer(ITIMER_REAL, &soon, NULL);
        DEC(restart ? short_read(ends[0], &byte, 1) : go_call(SYS_read, (uint64_t)ends[0], address(&byte), 1, 0));
        DEC(signals > 0);
        DEC(byte);
        memset(&soon, 0, sizeof(soon));
        setitimer(ITIMER_REAL, &soon, NULL);
        waitpid(child, NULL, 0);
        close(ends[0]);
        close(ends[1]);
    }
}

/* A fork's child has the site as it is, and so has one that shares the memory. */
TEST(in_children)
{
    int fd = digits();
    int status = -1;

    for (unsigned round = 0; round < 2; round++) {
        pid_t child = fork();

        if (child == 0) {
            unsigned bad = 0;

            for (unsigned i = 0; i < HOT; i++)
                bad += !both_right(fd, i);
            _exit(bad != 0);
        }
        waitpid(child, &status, 0);
        DEC(status);
        for (unsigned i = 0; i < HOT; i++)
            if (!both_right(fd, i))
                say("wrong");
    }
    pid_t child = vfork();

    if (child == 0)
        _exit(both_right(fd, 5) ? 4 : 5);
    waitpid(child, &status, 0);
    DEC(WEXITSTATUS(status));
}

/* The break goes on growing, 400 MB, past what a jump from the program's code reaches. */
TEST(break_goes_on)
{
    int fd = digits();
    unsigned right = 0;

    for (unsigned i = 0; i < HOT; i++)
        right += both_right(fd, i);
    char *start = sbrk(0);

    for (int step = 0; step < 100; step++) {
        char *got = sbrk(4 << 20);

        right += got != (char *)-1;
        if (got != (char *)-1)
            got[(4 << 20) - 1] = 1;
    }
    right += both_right(fd, 3);
    DEC(right);
    DEC((char *)sbrk(0) - start);
}

/*
 * Places that a jump from the code can reach, taken before and after. What an engine has there already it need not give;
 * but nothing it takes is the program's.
 */
TEST(places_nearby)
{
    static const struct {
        uint64_t away, size;
    } windows[] = {{0x050f0000, 0x11000}, {0x48050000, 0x2000}};
    int fd = digits();
    unsigned right = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < 2; i++) {
        char *at = (char *)(uintptr_t)((address(short_go_call) & ~(uint64_t)4095) + windows[i].away);
        char *got =
            mmap(at, windows[i].size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

        kept += got == at || errno == EEXIST;
        if (got != (char *)-1)
            memset(got, 0x5a, windows[i].size);
    }
    for (unsigned i = 0; i < HOT; i++)
        right += both_right(fd, i);
    for (unsigned i = 0; i < 2; i++) {
        char *at = (char *)(uintptr_t)((address(short_go_call) & ~(uint64_t)4095) + windows[i].away);

        munmap(at, windows[i].size);
        right += both_right(fd, i);
        mmap(at, windows[i].size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        right += both_right(fd, i);
    }
    DEC(kept);
    DEC(right);
}
#endif
