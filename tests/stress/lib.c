#include "stress.h"

#define SECOND 1000000000ULL

enum { STILL = 40, REPORT = 10 }; /* seconds */

struct stress_worker stress_workers[STRESS_WORKERS];
void (*stress_meanwhile)(void);
static volatile bool time_is_over;

bool stress_over(void)
{
    return time_is_over || guest_failed();
}

struct stress_worker *stress_self(void)
{
    uint64_t *tls = NULL;

    __asm__("movq %%fs:0, %0" : "=r"(tls));
    for (unsigned i = 0; i < STRESS_WORKERS; i++)
        if (stress_workers[i].thread.tls == tls)
            return &stress_workers[i];
    return NULL;
}

uint32_t stress_random(struct stress_worker *worker, uint32_t bound)
{
    uint64_t x = worker->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    worker->random = x;
    return (uint32_t)((x >> 32) * bound >> 32);
}

uint64_t stress_setting(const char *name, uint64_t otherwise)
{
    size_t length = guest_strlen(name);

    for (char **e = guest_envp; *e != NULL; e++) {
        uint64_t value = 0;

        if (!guest_starts(*e, name) || (*e)[length] != '=')
            continue;
        for (const char *s = *e + length + 1; *s >= '0' && *s <= '9'; s++)
            value = value * 10 + (uint64_t)(*s - '0');
        return value;
    }
    return otherwise;
}

static void worker_main(void *argument)
{
    struct stress_worker *worker = argument;

    worker->function(worker);
    __atomic_store_n(&worker->at_work, false, __ATOMIC_RELEASE);
}

static bool anyone_at_work(void)
{
    for (unsigned i = 0; i < STRESS_WORKERS; i++)
        if (__atomic_load_n(&stress_workers[i].at_work, __ATOMIC_ACQUIRE))
            return true;
    return false;
}

struct watch {
    uint64_t done[STRESS_WORKERS];
    uint64_t since[STRESS_WORKERS];
};

/* A worker that finishes nothing for so long hangs: the whole process ends with that verdict. */
static void watch_workers(struct watch *w, uint64_t now)
{
    for (unsigned i = 0; i < STRESS_WORKERS; i++) {
        if (stress_workers[i].done != w->done[i] || !stress_workers[i].at_work) {
            w->done[i] = stress_workers[i].done;
            w->since[i] = now;
        } else if (now - w->since[i] > STILL * SECOND) {
            guest_printf("# worker %u stands still after %lu\n", i, (unsigned long)w->done[i]);
            guest_exit(3);
        }
    }
}

static void progress(uint64_t begin, uint64_t now, const char *unit)
{
    uint64_t done = 0;
    uint64_t signals = 0;

    for (unsigned i = 0; i < STRESS_WORKERS; i++) {
        done += stress_workers[i].done;
        signals += stress_workers[i].signals;
    }
    guest_printf("# %lu s: %lu %s, %lu signals\n", (unsigned long)((now - begin) / SECOND), (unsigned long)done, unit,
                 (unsigned long)signals);
}

static bool start_workers(void (*function)(struct stress_worker *), uint64_t seed)
{
    for (unsigned i = 0; i < STRESS_WORKERS; i++) {
        struct stress_worker *worker = &stress_workers[i];

        worker->index = i;
        worker->random = (seed + i + 1) * 0x9e3779b97f4a7c15U | 1;
        worker->function = function;
        worker->at_work = true;
        if (guest_thread_start(&worker->thread, worker_main, worker) != 0)
            return false;
    }
    return true;
}

void stress_alone(struct stress_worker *w, bool (*function)(struct stress_worker *), const volatile uint64_t *done,
                  const char *unit)
{
    uint64_t begin = guest_now();
    uint64_t end = begin + stress_setting("STRESS_SECONDS", 3) * SECOND;
    uint64_t seed = stress_setting("STRESS_SEED", begin % 1000000);
    uint64_t next = begin + SECOND;

    guest_printf("# seed %lu\n", (unsigned long)seed);
    w->random = (seed + 1) * 0x9e3779b97f4a7c15U | 1;
    while (guest_now() < end && function(w)) {
        w->done = *done;
        if (guest_now() >= next) {
            progress(begin, guest_now(), unit);
            next = guest_now() + REPORT * SECOND;
        }
    }
}

void stress_run(void (*function)(struct stress_worker *), const char *unit)
{
    uint64_t begin = guest_now();
    uint64_t end = begin + stress_setting("STRESS_SECONDS", 3) * SECOND;
    uint64_t seed = stress_setting("STRESS_SEED", begin % 1000000);
    uint64_t next = begin + SECOND;
    struct watch watch = {{0}, {0}};

    guest_printf("# seed %lu\n", (unsigned long)seed);
    for (unsigned i = 0; i < STRESS_WORKERS; i++)
        watch.since[i] = begin;
    REQUIRE(start_workers(function, seed));
    while (anyone_at_work()) {
        uint64_t now = guest_now();

        if (now >= end)
            time_is_over = true;
        watch_workers(&watch, now);
        if (now >= next) {
            progress(begin, now, unit);
            next = now + REPORT * SECOND;
        }
        if (stress_meanwhile != NULL)
            stress_meanwhile();
        guest_sleep_ms(1);
    }
    for (unsigned i = 0; i < STRESS_WORKERS; i++)
        guest_thread_join(&stress_workers[i].thread);
    progress(begin, guest_now(), unit);
}
