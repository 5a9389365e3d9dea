/*
 * micro CASE ITERATIONS [HELLO]: does one thing that many times, and prints what one time takes:
 *
 *   case=NAME abi=ABI iterations=N ns=WALL cpu=CPU
 *
 * both in nanoseconds, CPU being user and system time of the program and of the children it waited for. The time of
 * starting the program is in neither. Before the clock starts the case runs a number of times of its own, so that
 * files are cached and whatever is done only once for each call site is done. A call that fails or gives something
 * else than it must ends the program with status 1 and a line on standard error.
 *
 * One source for both systems: abi.h says what differs. HELLO is what the case vfork_exec executes.
 */
#include "micro.h"

void micro_main(uint64_t *block) __attribute__((noreturn));

const char *hello_path;

static const char *current = "?";

/* ---- what the compiler expects ---- */

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
    void *at = to;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

/* ---- text ---- */

struct line {
    char text[256];
    uint64_t used;
};

static void put(struct line *line, const char *s)
{
    while (*s != 0 && line->used < sizeof(line->text))
        line->text[line->used++] = *s++;
}

/* At least `digits` digits. */
static void put_number(struct line *line, uint64_t value, unsigned digits)
{
    char reversed[24];
    unsigned n = 0;

    for (; value != 0 || n < digits; value /= 10)
        reversed[n++] = (char)('0' + value % 10);
    while (n > 0 && line->used < sizeof(line->text))
        line->text[line->used++] = reversed[--n];
}

/* total / count with three decimals. */
static void put_each(struct line *line, uint64_t total, uint64_t count)
{
    put_number(line, total / count, 1);
    put(line, ".");
    put_number(line, total % count * 1000 / count, 3);
}

static bool same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void fail(const char *what, int64_t got)
{
    struct line line = {"", 0};

    put(&line, "micro: ");
    put(&line, current);
    put(&line, ": ");
    put(&line, what);
    put(&line, got < 0 ? " gives -" : " gives ");
    put_number(&line, got < 0 ? -(uint64_t)got : (uint64_t)got, 1);
    put(&line, "\n");
    sys_write(2, line.text, line.used);
    for (;;)
        sys_exit(1);
}

/* 0 for what is no number. */
static uint64_t number_of(const char *s)
{
    uint64_t value = 0;

    for (; *s >= '0' && *s <= '9'; s++)
        value = value * 10 + (uint64_t)(*s - '0');
    return *s == 0 ? value : 0;
}

/* ---- measuring ---- */

static uint64_t now(void)
{
    struct abi_timespec ts;

    must("clock_gettime", abi_clock(&ts));
    return (uint64_t)ts.sec * 1000000000 + (uint64_t)ts.nsec;
}

static uint64_t cpu_of(int who)
{
    struct abi_rusage usage;

    must("getrusage", sys_getrusage(who, &usage));
    return (uint64_t)(usage.user.sec + usage.system.sec) * 1000000000 +
           (uint64_t)(usage.user.usec + usage.system.usec) * 1000;
}

static uint64_t cpu_time(void)
{
    return cpu_of(ABI_RUSAGE_SELF) + cpu_of(ABI_RUSAGE_CHILDREN);
}

static void measure(const struct bench_case *c, uint64_t iterations)
{
    struct line line = {"", 0};
    uint64_t wall, cpu;

    current = c->name;
    if (c->prepare != NULL)
        c->prepare();
    c->loop(c->warmup);
    cpu = cpu_time();
    wall = now();
    c->loop(iterations);
    wall = now() - wall;
    cpu = cpu_time() - cpu;
    if (c->finish != NULL)
        c->finish();

    put(&line, "case=");
    put(&line, c->name);
    put(&line, " abi=" ABI_NAME " iterations=");
    put_number(&line, iterations, 1);
    put(&line, " ns=");
    put_each(&line, wall, iterations);
    put(&line, " cpu=");
    put_each(&line, cpu, iterations);
    put(&line, "\n");
    expect("write", sys_write(1, line.text, line.used), (int64_t)line.used);
}

static const struct bench_case *find(const char *name)
{
    const struct bench_case *const tables[] = {call_cases, thread_cases, process_cases};

    for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct bench_case *c = tables[i]; c->name != NULL; c++)
            if (same(c->name, name))
                return c;
    return NULL;
}

void micro_main(uint64_t *block)
{
    char **arguments = (char **)block + 1;
    const struct bench_case *c = NULL;
    uint64_t iterations = 0;

    abi_start(block);
    if (block[0] == 3 || block[0] == 4) {
        c = find(arguments[1]);
        iterations = number_of(arguments[2]);
        hello_path = arguments[3];
    }
    if (c == NULL || iterations == 0)
        fail("usage (micro CASE ITERATIONS [HELLO]): number of arguments", (int64_t)block[0] - 1);
    measure(c, iterations);
    for (;;)
        sys_exit(0);
}
