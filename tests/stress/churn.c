/*
 * Code that comes and goes: mapped, rewritten, unmapped, mapped from files, handed from thread to thread, at addresses
 * that are used again at once, with forks and vforks in between, from several threads.
 */
#include "answer.h"
#include "kind.h"
#include "stress.h"

enum {
    WINDOW = 5 * CODE_PAGE,
    SLOTS = 8,
    FILES = 6,
    SITES = 12,
    TURNS = 100, /* with other threads a site waits for 64 traps */
    RX = FREEBSD_PROT_READ | FREEBSD_PROT_EXEC
};

static const uint32_t numbers[2] = {ANSWER_PID, ANSWER_PARENT};

struct own {
    struct probe *probe;
    uint8_t *window; /* memory at addresses this worker alone decides about */
};

/* A page of code holds SITES sites, made of a seed below CODE_PAGE. */
static volatile uint64_t handed[SLOTS]; /* the address of a page, with its seed in the low bits */
static int files[FILES];

static uint32_t number_at(uint32_t seed, unsigned i)
{
    return numbers[(seed >> i % 12 ^ i) & 1];
}

static size_t place_of(unsigned i)
{
    return (size_t)i * (CODE_PAGE / SITES);
}

static void write_code(uint8_t *at, uint32_t seed)
{
    for (unsigned i = 0; i < SITES; i++)
        code_site(at + place_of(i), (enum code_form)((seed / 4 + i) % CODE_FORMS), number_at(seed, i), CODE_RETURN,
                  NULL);
}

/* Some of the sites often, the others once: hot, warm and cold stand side by side. */
static bool run_code(struct stress_worker *w, const uint8_t *at, uint32_t seed, const char *what)
{
    for (unsigned n = 0; n < 4; n++) {
        unsigned i = stress_random(w, SITES);

        if (!answer_right(at + place_of(i), number_at(seed, i), 1 + stress_random(w, TURNS), what))
            return false;
        w->done++;
    }
    return true;
}

static bool must(bool good, const char *what)
{
    if (!good)
        guest_fail(__FILE__, __LINE__, "the system refuses to %s", what);
    return good;
}

/* ---- what may happen to code ---- */

static void fresh(struct stress_worker *w)
{
    uint8_t *code = code_pages(0, CODE_PAGE);
    uint32_t seed = stress_random(w, 1U << 12);

    if (!must(code != NULL, "map"))
        return;
    write_code(code, seed);
    if (must(code_seal(code, CODE_PAGE), "seal"))
        run_code(w, code, seed, "fresh code");
    code_free(code, CODE_PAGE);
}

/* The same page opened, rewritten and sealed. */
static void toggle(struct stress_worker *w)
{
    uint8_t *code = ((struct own *)w->own)->window;

    for (unsigned i = 0; i < 6; i++) {
        uint32_t seed = stress_random(w, 1U << 12);

        if (!must(code_open(code, CODE_PAGE), "open"))
            return;
        write_code(code, seed);
        if (!must(code_seal(code, CODE_PAGE), "seal") || !run_code(w, code, seed, "toggled code"))
            return;
    }
}

/* What unmapping does to code, but the place stays the worker's: freed, it could become another's at once. */
static void hide(uint8_t *at, size_t size)
{
    must(SYS(mmap, at, size, FREEBSD_PROT_NONE, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON | FREEBSD_MAP_FIXED, -1, 0) ==
             (int64_t)at,
         "map nothing");
}

/* Other pages at the place of hot ones. */
static void replace(struct stress_worker *w)
{
    uint8_t *place = ((struct own *)w->own)->window + CODE_PAGE;

    for (unsigned i = 0; i < 6; i++) {
        uint32_t seed = stress_random(w, 1U << 12);

        if (stress_random(w, 2))
            hide(place, CODE_PAGE);
        if (!must(code_pages((uint64_t)place, CODE_PAGE) == place, "map over"))
            return;
        write_code(place, seed);
        if (!must(code_seal(place, CODE_PAGE), "seal") || !run_code(w, place, seed, "replaced code"))
            return;
    }
}

/* As a dynamic linker does it: the file's code into a place kept for it, data behind it, and away again. */
static void load(struct stress_worker *w)
{
    uint8_t *place = ((struct own *)w->own)->window + 3 * CODE_PAGE;
    uint32_t file = stress_random(w, FILES);
    int64_t at;

    at = SYS(mmap, place, CODE_PAGE, RX, FREEBSD_MAP_PRIVATE | FREEBSD_MAP_FIXED, files[file], 0);
    if (!must(at == (int64_t)place, "map a file") || !must(code_pages(at + CODE_PAGE, CODE_PAGE) != NULL, "map data"))
        return;
    place[CODE_PAGE + 8] = 1;
    run_code(w, place, file, "loaded code");
    at = SYS(mmap, 0, CODE_PAGE, RX, FREEBSD_MAP_PRIVATE, files[file], 0);
    if (must(at > 0, "map a file twice")) {
        run_code(w, (const uint8_t *)at, file, "loaded code");
        code_free((uint8_t *)at, CODE_PAGE);
    }
    if (stress_random(w, 2))
        hide(place, 2 * CODE_PAGE);
}

/* Writable all the time. */
static void write_under(struct stress_worker *w)
{
    uint8_t *code = code_pages(0, CODE_PAGE);

    if (!must(code != NULL, "map") || !must(SYS(mprotect, code, CODE_PAGE, RX | FREEBSD_PROT_WRITE) == 0, "mprotect"))
        return;
    for (unsigned i = 0; i < 6; i++) {
        uint32_t seed = stress_random(w, 1U << 12);

        write_code(code, seed);
        if (!run_code(w, code, seed, "writable code"))
            break;
    }
    code_free(code, CODE_PAGE);
}

/* Takes what another thread left, runs it and unmaps it, and leaves a page that is warm from here. */
static void hand_on(struct stress_worker *w)
{
    uint32_t seed = stress_random(w, 1U << 12);
    uint8_t *code = code_pages(0, CODE_PAGE);

    if (!must(code != NULL, "map"))
        return;
    write_code(code, seed);
    if (!must(code_seal(code, CODE_PAGE), "seal") || !run_code(w, code, seed, "code to hand on"))
        return;
    uint64_t other = __atomic_exchange_n(&handed[stress_random(w, SLOTS)], (uint64_t)code | seed, __ATOMIC_ACQ_REL);

    if (other == 0)
        return;
    uint8_t *at = (uint8_t *)(other & ~(uint64_t)(CODE_PAGE - 1));

    run_code(w, at, (uint32_t)(other & (CODE_PAGE - 1)), "code of another thread");
    code_free(at, CODE_PAGE);
}

/* ---- processes in between ---- */

/* The child goes on with its parent's warm code, changes its own copy and makes some more. */
static void in_child(struct stress_worker *w, uint32_t seed)
{
    struct own *own = w->own;

    run_code(w, own->window + 2 * CODE_PAGE, seed, "the parent's code in a child");
    toggle(w);
    replace(w);
    fresh(w);
    if (SYS(getppid) == 1)
        guest_exit(0); /* the parent has died of something else */
}

static void fork_between(struct stress_worker *w)
{
    uint8_t *code = ((struct own *)w->own)->window + 2 * CODE_PAGE;
    uint32_t seed = stress_random(w, 1U << 12);
    int64_t child;

    if (!must(code_open(code, CODE_PAGE), "open"))
        return;
    write_code(code, seed);
    if (!must(code_seal(code, CODE_PAGE), "seal") || !run_code(w, code, seed, "code before a fork"))
        return;
    child = guest_fork();
    if (child == 0) {
        in_child(w, seed);
        guest_exit(guest_failed() ? 1 : 0);
    }
    if (must(child > 0, "fork") && !EXITED(guest_wait((int)child), 0))
        guest_fail(__FILE__, __LINE__, "a forked child failed");
    run_code(w, code, seed, "code after a fork");
}

/* Shares its parent's memory: what it does to sites it does to the parent's. */
static void vfork_child(struct probe *p)
{
    uint32_t seed = (uint32_t)p->args[1];
    int64_t want = SYS(getppid);
    bool good = p->out.rax == 0;

    for (unsigned i = 0; i < SITES && good; i++)
        for (unsigned n = 0; n < TURNS && good; n++)
            if (number_at(seed, i) == ANSWER_PARENT)
                good = code_at((uint8_t *)p->args[0] + place_of(i))(0, 0, 0, 0, 0, 0, ANSWER_PARENT) == want;
    SYS(exit, good ? 0 : 1);
}

static void vfork_between(struct stress_worker *w)
{
    struct own *own = w->own;
    struct probe *p = own->probe;
    uint32_t seed = stress_random(w, 1U << 12);
    uint8_t *code = code_pages(0, CODE_PAGE);

    if (!must(code != NULL, "map"))
        return;
    write_code(code, seed);
    if (!must(code_seal(code, CODE_PAGE), "seal"))
        return;
    run_code(w, code, seed, "code before a vfork");
    probe_fill(p, seed);
    p->site = probe_sites + w->index * PROBE_SITE_SIZE;
    p->number = FREEBSD_SYS_vfork;
    p->args[0] = (uint64_t)code;
    p->args[1] = seed;
    p->child = vfork_child;
    probe_run(p);
    if (must(kind_result(p) > 0, "vfork") && !EXITED(guest_wait((int)kind_result(p)), 0))
        guest_fail(__FILE__, __LINE__, "a vforked child failed");
    probe_check(p, PROBE_AFTER_CALL | PROBE_RDX, "vfork");
    run_code(w, code, seed, "code after a vfork");
    code_free(code, CODE_PAGE);
}

/* ---- all of it ---- */

static void work(struct stress_worker *w)
{
    static void (*const deeds[])(struct stress_worker *) = {fresh,   toggle, replace, load,    write_under, hand_on,
                                                            hand_on, fresh,  toggle,  replace, load,        hand_on};
    struct own own = {probe_new(), code_pages(0, WINDOW)};

    w->own = &own;
    must(own.probe != NULL && own.window != NULL, "map");
    for (unsigned turn = 0; !stress_over(); turn++) {
        deeds[stress_random(w, sizeof(deeds) / sizeof(deeds[0]))](w);
        if (turn % 16 == 5)
            fork_between(w);
        if (turn % 16 == 11)
            vfork_between(w);
    }
}

static bool make_files(void)
{
    for (unsigned i = 0; i < FILES; i++) {
        uint8_t page[CODE_PAGE];
        char name[16];

        memset(page, 0xcc, sizeof(page));
        write_code(page, i);
        guest_format(name, sizeof(name), "churn.%u", i);
        files[i] = guest_file(name, "");
        if (files[i] < 0 || SYS(write, files[i], page, sizeof(page)) != (int64_t)sizeof(page))
            return false;
    }
    return true;
}

TEST(churn)
{
    REQUIRE(make_files());
    stress_run(work, "pieces of code");
}
