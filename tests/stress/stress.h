/*
 * What the stress programs share: workers that a main thread watches until the time is over, and random numbers.
 *
 * A program has one test, named as the program. STRESS_SECONDS says how long it runs, STRESS_SEED where its random
 * numbers begin, STRESS_LONG (1) that it is no short run; they are in the environment.
 */
#ifndef STRESS_H
#define STRESS_H

#include "guest.h"

enum { STRESS_WORKERS = 4 };

struct stress_worker {
    struct guest_thread thread;
    unsigned index;
    uint64_t random;
    volatile uint64_t done;    /* what it has finished: it is to grow all the time */
    volatile uint32_t signals; /* handlers that ran on it */
    volatile bool at_work;
    void *own; /* what the kind of stress hangs on it */
    void (*function)(struct stress_worker *);
};
extern struct stress_worker stress_workers[STRESS_WORKERS];

/* A number of the environment, or `otherwise` where it is not there. */
uint64_t stress_setting(const char *name, uint64_t otherwise);
/* Whether the workers are to end: the time is over, or something has failed. */
bool stress_over(void);
/* The worker this thread is, or NULL. */
struct stress_worker *stress_self(void);
/* The next random number, below `bound`. */
uint32_t stress_random(struct stress_worker *worker, uint32_t bound);

/*
 * Runs the function in every worker until the time is over. Prints a line of progress now and then, of what `unit`
 * names, and fails the test when a worker stands still.
 */
void stress_run(void (*function)(struct stress_worker *), const char *unit);

/*
 * Without workers: calls the function with w, whose random numbers begin with the seed, until the time is over or it
 * returns false. *done is what has been finished, for the line of progress.
 */
void stress_alone(struct stress_worker *w, bool (*function)(struct stress_worker *), const volatile uint64_t *done,
                  const char *unit);

/* One thing more than workers: called by the main thread about a thousand times a second while they run; or NULL. */
extern void (*stress_meanwhile)(void);

#endif
