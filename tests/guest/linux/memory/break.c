/*
 * brk(2), and what a process' map says of itself: proc(5).
 */
#include "conf.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static uintptr_t raw_brk(uintptr_t to)
{
    return (uintptr_t)(unsigned long)syscall(SYS_brk, to);
}

TEST(moves)
{
    uintptr_t start = raw_brk(0);

    DEC(start != 0);
    DEC(raw_brk(start + 100000) - start);
    char *memory = (char *)start;

    DEC(memory[0] + memory[99999]);
    memory[99999] = 5;
    DEC(raw_brk(start + 10) - start);
    DEC(raw_brk(start + 100000) - start);
    DEC(memory[99999]);
    DEC(raw_brk(start) - start);
    DEC(raw_brk(16) == start);
    DEC(raw_brk((uintptr_t)-4096) == start);
    DEC(raw_brk((uintptr_t)-1) == start);
}

TEST(sbrk_of_libc)
{
    char *start = sbrk(0);

    DEC((char *)sbrk(5000) - start);
    DEC((char *)sbrk(0) - start);
    DEC((char *)sbrk(-5000) - start);
    DEC(brk(start + 1));
    DEC((char *)sbrk(0) - start);
}

TEST(in_the_way)
{
    char *start = (char *)raw_brk(0);
    char *next = (char *)(((uintptr_t)start + 4095) & ~(uintptr_t)4095);

    DEC(mmap(next + 8192, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == next + 8192);
    DEC(raw_brk((uintptr_t)next + 4096) == (uintptr_t)next + 4096);
    DEC(raw_brk((uintptr_t)next + 12288) == (uintptr_t)next + 4096);
}

TEST(limit)
{
    uintptr_t start = raw_brk(0);
    struct rlimit limit = {64 << 20, 64 << 20};

    CALL(setrlimit(RLIMIT_DATA, &limit));
    DEC(raw_brk(start + (128 << 20)) == start);
    DEC(raw_brk(start + 4096) == start + 4096);
    limit.rlim_cur = limit.rlim_max = 1 << 30;
    CALL(setrlimit(RLIMIT_AS, &limit));
    MAPPED(mmap(NULL, (size_t)2000 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

/* A line of /proc/self/maps that holds an address: its permissions and name. */
static void line_of(const char *what, const void *address)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long from;
    unsigned long to;
    char permissions[8];
    char name[300];

    while (maps && fgets(line, sizeof(line), maps)) {
        name[0] = 0;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %299s", &from, &to, permissions, name) < 3)
            continue;
        if ((uintptr_t)address >= from && (uintptr_t)address < to) {
            const char *slash = strrchr(name, '/');

            say("%s: %s %s", what, permissions, slash ? "a file" : name);
            fclose(maps);
            return;
        }
    }
    say("%s: no line", what);
    if (maps)
        fclose(maps);
}

TEST(map_of_itself)
{
    static int data = 1;
    int local;
    int fd = conf_file("mapped", "text");
    void *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

    line_of("code", (void *)line_of);
    line_of("data", &data);
    line_of("stack", &local);
    line_of("a shared file", page);
    raw_brk(raw_brk(0) + 8192);
    line_of("heap", (void *)(raw_brk(0) - 1));
}
