/*
 * int $0x80 in 64-bit code: the calls of i386, with registers and pointers of 32 bits, and results of 64. i386's own
 * programs make the same calls, so all ABIs print the same. Sources: do_int80_emulation() of arch/x86/entry,
 * syscall_32.tbl.
 */
#include "conf.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum {
    NR_READ = 3,
    NR_CLOSE = 6,
    NR_EXECVE = 11,
    NR_LSEEK = 19,
    NR_GETPID = 20,
    NR_KILL = 37,
    NR_UNAME = 122,
    NR_LLSEEK = 140,
    NR_WRITEV = 146,
    NR_NANOSLEEP = 162,
    NR_MMAP2 = 192,
    NR_STAT64 = 195,
    NR_FCNTL64 = 221,
    NR_NONE = 222,
    NR_PIPE2 = 331,
};

#if defined(__x86_64__)
typedef long long word;
#else
typedef long word;
#endif

/* Where 32 bits reach, and what 64-bit code has in the upper halves. */
static char *low;
static uint32_t *words;
static word upper;

static long long call5(word number, word a, word b, word c, word d, word e)
{
    word result;

    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"((uint32_t)number | upper), "b"((uint32_t)a | upper), "c"((uint32_t)b | upper),
                       "d"((uint32_t)c | upper), "S"((uint32_t)d | upper), "D"((uint32_t)e | upper)
                     : "memory");
    return result;
}

#define ADDRESS(p)       ((word)(uintptr_t)(p))
#define MAKE(n, a, b, c) call5(n, (word)(a), (word)(b), (word)(c), 0, 0)

/* What the call says, with its errno if it is one of 64 bits. */
static void result(const char *what, long long r)
{
    errno = (int)-r;
    conf_value(what, r < 0 && r > -4096 ? -1 : r, r < 0 && r > -4096);
}

static void begin(void)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;

#if defined(__x86_64__)
    upper = (word)0x5a5a5a5a00000000;
    flags |= MAP_32BIT;
#endif
    low = mmap(NULL, 16384, PROT_READ | PROT_WRITE, flags, -1, 0);
    words = (uint32_t *)low;
}

TEST(numbers_are_those_of_i386)
{
    begin();
    DEC(MAKE(NR_GETPID, 0, 0, 0) == getpid());
    result("close of nothing", MAKE(NR_CLOSE, -1, 0, 0));
    result("no such call", MAKE(NR_NONE, 0, 0, 0));
    result("no such number", MAKE(100000, 0, 0, 0));
    result("kill nobody", MAKE(NR_KILL, 0x7ffffff0, 0, 0));
    DEC(MAKE(NR_UNAME, ADDRESS(low), 0, 0));
    TEXT(low);
}

TEST(pointers_and_structures)
{
    int fd = conf_file("file", "0123456789");

    begin();
    strcpy(low + 4096, "file");
    strcpy(low + 5000, "vector");
    words[0] = (uint32_t)(uintptr_t)(low + 5000);
    words[1] = 3;
    words[2] = (uint32_t)(uintptr_t)(low + 5003);
    words[3] = 3;
    DEC(MAKE(NR_LSEEK, fd, 4, SEEK_SET));
    DEC(MAKE(NR_READ, fd, ADDRESS(low + 6000), 3));
    TEXT(low + 6000);
    DEC(MAKE(NR_WRITEV, fd, ADDRESS(low), 2));
    DEC(call5(NR_LLSEEK, fd, 1, 2, ADDRESS(low + 64), SEEK_SET));
    say("position %#x %#x", words[17], words[16]);
    DEC(MAKE(NR_STAT64, ADDRESS(low + 4096), ADDRESS(low + 512), 0));
    say("size %u, mode %#o", words[(512 + 44) / 4], words[(512 + 16) / 4]); /* struct stat64 of i386 */
    DEC(MAKE(NR_PIPE2, ADDRESS(low + 128), O_CLOEXEC, 0));
    DEC(MAKE(NR_FCNTL64, words[32], F_GETFD, 0));
    result("a wild pointer", MAKE(NR_STAT64, ADDRESS(low + 4096), 16, 0));
    words[100] = 0;
    words[101] = 1000;
    DEC(MAKE(NR_NANOSLEEP, ADDRESS(&words[100]), 0, 0));
}

TEST(memory_is_within_reach)
{
    begin();
    long long at = call5(NR_MMAP2, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    char *page = (char *)(uintptr_t)(uint32_t)at;

    DEC(at > -4096 && at < 0);
    DEC((at >> 32 == 0 || at >> 32 == -1) && (at & 4095) == 0);
    page[8191] = 5;
    DEC(page[8191] + page[0]);
}

TEST(execution)
{
    begin();
    strcpy(low + 4096, "/bin/sh");
    strcpy(low + 4200, "-c");
    strcpy(low + 4300, "exit $STATUS");
    strcpy(low + 4400, "STATUS=41");
    words[0] = (uint32_t)(uintptr_t)(low + 4096);
    words[1] = (uint32_t)(uintptr_t)(low + 4200);
    words[2] = (uint32_t)(uintptr_t)(low + 4300);
    words[3] = 0;
    words[4] = (uint32_t)(uintptr_t)(low + 4400);
    words[5] = 0;

    pid_t child = fork();

    if (child == 0)
        _exit((int)-MAKE(NR_EXECVE, ADDRESS(low + 4096), ADDRESS(words), ADDRESS(words + 4)));
    ended("a shell", child);
}
