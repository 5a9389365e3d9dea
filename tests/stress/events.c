/*
 * Several threads in one kqueue, that report every byte written into pipes which come and go: each byte is announced,
 * to somebody, or the writers stand still. Edge-triggered, dispatched and one-shot knotes in turn; user events beside.
 */
#include "event.h"
#include "stress.h"

enum { PIPES = 12, READERS = 2, IN_FLIGHT = 48, TURNS = 64 };

struct channel {
    int32_t ends[2];
    uint32_t held; /* by whom reads, or takes it away */
    uint16_t how;  /* EV_CLEAR, EV_DISPATCH or EV_ONESHOT */
};
static struct channel channels[PIPES];
static int64_t queue;
static uint64_t sent, received, triggered, noticed;

static int64_t change(int64_t ident, int filter, uint32_t flags, uint32_t fflags, uint64_t data)
{
    struct freebsd_kevent e = {.ident = (uint64_t)ident,
                               .filter = (int16_t)filter,
                               .flags = (uint16_t)flags,
                               .fflags = fflags,
                               .udata = (void *)data};

    return SYS(kevent, queue, &e, 1, 0, 0, 0);
}

static void hold(struct channel *c)
{
    uint32_t free = 0;

    while (!__atomic_compare_exchange_n(&c->held, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        free = 0;
        SYS(yield);
    }
}

static void let_go(struct channel *c)
{
    __atomic_store_n(&c->held, 0, __ATOMIC_RELEASE);
}

static void open_channel(struct stress_worker *w, struct channel *c)
{
    static const uint16_t ways[] = {FREEBSD_EV_CLEAR, FREEBSD_EV_DISPATCH, FREEBSD_EV_ONESHOT};

    if (SYS(pipe2, c->ends, FREEBSD_O_NONBLOCK) != 0) {
        guest_fail(__FILE__, __LINE__, "no pipe");
        return;
    }
    c->how = ways[stress_random(w, 3)];
    int64_t r = change(c->ends[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | c->how, 0, (uint64_t)(c - channels));
    if (r != 0)
        guest_fail(__FILE__, __LINE__, "adding a pipe gives error %ld", (long)-r);
}

/* Reads what is there, and asks to be told again. The channel is held. */
static void drain(struct channel *c)
{
    char bytes[32];
    int64_t n;

    while ((n = SYS(read, c->ends[0], bytes, sizeof(bytes))) > 0)
        __atomic_fetch_add(&received, (uint64_t)n, __ATOMIC_RELAXED);
    if (n != -FREEBSD_EAGAIN)
        guest_fail(__FILE__, __LINE__, "reading a pipe gives %ld", (long)n);
    if (c->how == FREEBSD_EV_DISPATCH)
        change(c->ends[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ENABLE, 0, (uint64_t)(c - channels));
    else if (c->how == FREEBSD_EV_ONESHOT)
        change(c->ends[0], FREEBSD_EVFILT_READ, FREEBSD_EV_ADD | c->how, 0, (uint64_t)(c - channels));
}

/* A channel that goes away with all that is told about it, and a new one, mostly of the same numbers. */
static void replace(struct stress_worker *w, struct channel *c)
{
    hold(c);
    drain(c);
    SYS(close, c->ends[0]);
    SYS(close, c->ends[1]);
    open_channel(w, c);
    let_go(c);
}

static void take_events(struct stress_worker *w)
{
    static const struct freebsd_timespec soon = {0, 20000000};
    struct freebsd_kevent events[4];
    int64_t n = SYS(kevent, queue, 0, 0, events, 1 + stress_random(w, 4), &soon);

    if (n < 0 && n != -FREEBSD_EINTR)
        guest_fail(__FILE__, __LINE__, "kevent gives error %ld", (long)-n);
    for (int64_t i = 0; i < n; i++) {
        if (events[i].filter == FREEBSD_EVFILT_USER) {
            __atomic_fetch_add(&noticed, 1, __ATOMIC_RELAXED);
            continue;
        }
        struct channel *c = &channels[(uint64_t)events[i].udata % PIPES];
        hold(c);
        drain(c);
        let_go(c);
    }
    w->done += n > 0;
}

static void write_byte(struct stress_worker *w)
{
    struct channel *c = &channels[stress_random(w, PIPES)];

    if (__atomic_load_n(&sent, __ATOMIC_ACQUIRE) - __atomic_load_n(&received, __ATOMIC_ACQUIRE) >= IN_FLIGHT) {
        SYS(yield);
        return;
    }
    hold(c);
    if (SYS(write, c->ends[1], "x", 1) == 1)
        __atomic_fetch_add(&sent, 1, __ATOMIC_RELEASE);
    let_go(c);
    w->done++;
}

static void work(struct stress_worker *w)
{
    while (!stress_over()) {
        if (w->index < READERS) {
            take_events(w);
        } else {
            for (unsigned i = 0; i < TURNS; i++)
                write_byte(w);
            replace(w, &channels[stress_random(w, PIPES)]);
            __atomic_fetch_add(&triggered, 1, __ATOMIC_RELAXED);
            change(1, FREEBSD_EVFILT_USER, 0, FREEBSD_NOTE_TRIGGER, 0);
        }
    }
}

/* Without a wait: what has been written is announced by now. */
static void take_rest(struct stress_worker *w)
{
    for (unsigned i = 0; i < 64 && sent != received; i++)
        take_events(w);
}

TEST(events)
{
    struct stress_worker *w = &stress_workers[0];
    int64_t next = SYS(dup, 1);

    w->random = 1;
    SYS(close, next);
    queue = MUST(SYS(kqueue));
    CHECK_OK(change(1, FREEBSD_EVFILT_USER, FREEBSD_EV_ADD | FREEBSD_EV_CLEAR, 0, 0));
    for (unsigned i = 0; i < PIPES; i++)
        open_channel(w, &channels[i]);
    stress_run(work, "bytes and events");
    take_rest(w);
    CHECK_EQ(sent, received);
    CHECK(noticed > 0 && noticed <= triggered);
    for (unsigned i = 0; i < PIPES; i++) {
        SYS(close, channels[i].ends[0]);
        SYS(close, channels[i].ends[1]);
    }
    SYS(close, queue);
    CHECK_EQ(SYS(dup, 1), next);
}
