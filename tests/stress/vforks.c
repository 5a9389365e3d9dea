/*
 * Children in their parent's memory, which come by call sites nobody has come by before, and one within another; some are
 * killed at any instant. Whatever an engine does to a site then, it does while the parent sleeps, and may not finish.
 * Afterwards the sites serve the parent. Each round is a process of its own, of one thread. See vforks_linux.c as well.
 */
#include "answer.h"
#include "kind.h"
#include "probe.h"
#include "stress.h"

enum { SITES = 24, PLACE = CODE_PAGE / SITES, SIGKILL = 9, SPINS = 300000, PATIENCE = 20000 };

struct shared {
    volatile int32_t victim; /* what the round's killer looks at */
    volatile uint64_t rounds;
};
static struct shared *shared;

struct level {
    struct probe *probe;
    struct stress_worker *w;
    unsigned below; /* children that this one's child may have within it */
};
enum { LEVELS = 3 };
static struct level levels[LEVELS];

static uint8_t *code;
static uint32_t numbers[SITES];

static bool make_code(struct stress_worker *w)
{
    code = code_pages(0, CODE_PAGE);
    if (code == NULL)
        return false;
    for (unsigned i = 0; i < SITES; i++) {
        numbers[i] = stress_random(w, 2) ? ANSWER_PID : ANSWER_PARENT;
        code_site(code + (size_t)i * PLACE, (enum code_form)stress_random(w, CODE_FORMS), numbers[i], CODE_RETURN,
                  NULL);
    }
    return code_seal(code, CODE_PAGE);
}

/* Who asks has come by the library's own site. */
static bool use(unsigned site, unsigned times)
{
    int64_t want = numbers[site] == ANSWER_PID ? SYS(getpid) : SYS(getppid);

    while (times-- > 0)
        if (code_at(code + (size_t)site * PLACE)(0, 0, 0, 0, 0, 0, numbers[site]) != want)
            return false;
    return true;
}

static bool use_some(struct stress_worker *w)
{
    bool good = true;

    for (unsigned n = 1 + stress_random(w, SITES); good && n > 0; n--)
        good = use(stress_random(w, SITES), stress_random(w, 40));
    return good;
}

/* ---- children ---- */

static bool descend(struct stress_worker *w, unsigned level);

static void in_child(struct probe *p)
{
    struct level *own = NULL;

    for (unsigned i = 0; i < LEVELS; i++)
        if (levels[i].probe == p)
            own = &levels[i];
    if (own == NULL)
        guest_exit(2);
    struct stress_worker *w = own->w;
    bool parent = own->below > 0 && stress_random(w, 2);

    if (!parent && stress_random(w, 2))
        shared->victim = (int32_t)SYS(getpid);
    bool good = use_some(w);

    if (good && parent)
        good = descend(w, (unsigned)(own - levels) + 1) && use_some(w);
    SYS(exit, good ? 0 : 1);
}

/* Makes a child, with the rest of the levels for its own. */
static bool descend(struct stress_worker *w, unsigned level)
{
    struct level *l = &levels[level];
    int64_t pid;
    int status;

    l->w = w;
    l->below = LEVELS - 1 - level;
    probe_fill(l->probe, stress_random(w, 4096));
    l->probe->site = probe_sites + level * PROBE_SITE_SIZE;
    l->probe->number = FREEBSD_SYS_vfork;
    l->probe->child = in_child;
    probe_run(l->probe);
    pid = kind_result(l->probe);
    if (pid <= 0 || !probe_check(l->probe, PROBE_AFTER_CALL | PROBE_RDX, "vfork"))
        return false;
    status = guest_wait((int)pid);
    return EXITED(status, 0) || KILLED(status, SIGKILL);
}

/* Kills who has said who it is, at some instant; it has ended before the round's children are waited for by others. */
static int start_killer(unsigned spins)
{
    int pid = guest_fork();

    if (pid == 0) {
        for (unsigned i = 0; shared->victim == 0 && i < PATIENCE; i++)
            SYS(getppid);
        for (volatile unsigned i = 0; i < spins; i++)
            ;
        if (shared->victim != 0)
            SYS(kill, shared->victim, SIGKILL);
        guest_exit(0);
    }
    return pid;
}

/* ---- a round ---- */

static void round_of(struct stress_worker *w)
{
    int64_t next = SYS(dup, 1);
    bool good = make_code(w);

    SYS(close, next);
    for (unsigned turns = 1 + stress_random(w, 3); good && turns > 0; turns--) {
        shared->victim = 0;
        int killer = stress_random(w, 2) ? start_killer(stress_random(w, SPINS)) : 0;

        good = descend(w, stress_random(w, LEVELS));
        if (killer > 0)
            good = EXITED(guest_wait(killer), 0) && good;
    }
    for (unsigned i = 0; good && i < SITES; i++)
        good = use(i, ANSWER_HOT);
    if (good)
        code_free(code, CODE_PAGE);
    good = good && SYS(dup, 1) == next;
    guest_exit(good && !guest_failed() ? 0 : 1);
}

static bool one_round(struct stress_worker *w)
{
    int pid = guest_fork();
    int status;

    if (pid == 0)
        round_of(w);
    status = guest_wait(pid);
    if (!EXITED(status, 0))
        guest_fail(__FILE__, __LINE__, "round %lu ends with status 0x%x", (unsigned long)shared->rounds,
                   (unsigned)status);
    shared->rounds++;
    stress_random(w, 2); /* the child has drawn its own */
    return !guest_failed();
}

TEST(vforks)
{
    struct stress_worker *w = &stress_workers[0];

    shared = guest_shared_pages(CODE_PAGE);
    REQUIRE(shared != NULL);
    for (unsigned i = 0; i < LEVELS; i++)
        REQUIRE((levels[i].probe = probe_new()) != NULL);
    stress_alone(w, one_round, &shared->rounds, "rounds");
    CHECK(shared->rounds > 0);
}
