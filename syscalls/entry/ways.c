#include "syscalls/entry/ways.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/format.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/report.h"
#include "process/thread.h"
#include "syscalls/entry/sites.h"

/* What has been told of the sites. The address space's, as they are. */
static struct site_counts sites_told;

static bool tells_trace(const struct settings *s)
{
    return s->trace_mode == TRACE_COUNT && s->trace_fd >= 0;
}

static bool tells(const struct settings *s)
{
    return report_wanted(s) || tells_trace(s);
}

struct addition {
    const struct process *proc;
    struct way_counts sum;
};

static int add_thread(struct thread *t, void *arg)
{
    struct addition *a = arg;
    if (t->proc == a->proc) { /* not a vfork child's, nor its parent's */
        a->sum.fast += __atomic_load_n(&t->calls_fast, __ATOMIC_ACQUIRE);
        a->sum.trapped += __atomic_load_n(&t->calls_trapped, __ATOMIC_ACQUIRE);
    }
    return 0;
}

/* How much `now` is above what was told before. When several threads end the process at once, one of them tells. */
static uint64_t calls_new(uint64_t *told, uint64_t now)
{
    uint64_t before = __atomic_load_n(told, __ATOMIC_ACQUIRE);
    while (now > before) {
        if (__atomic_compare_exchange_n(told, &before, now, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            return now - before;
        }
    }
    return 0;
}

/* What is new of the calls. Ended threads first: one that ends in between is then missed, not counted twice. */
static struct way_counts calls_news(struct process *p)
{
    struct addition a = {p, {0, 0}};
    a.sum.fast = __atomic_load_n(&p->calls_ended.fast, __ATOMIC_ACQUIRE);
    a.sum.trapped = __atomic_load_n(&p->calls_ended.trapped, __ATOMIC_ACQUIRE);
    threads_each(add_thread, &a);
    return (struct way_counts){calls_new(&p->calls_told.fast, a.sum.fast),
                               calls_new(&p->calls_told.trapped, a.sum.trapped)};
}

/* Sites come and go; of each state only what exceeds the most that was told. */
static uint32_t sites_new(uint32_t *told, uint32_t now)
{
    uint32_t before = __atomic_load_n(told, __ATOMIC_ACQUIRE);
    while (now > before) {
        if (__atomic_compare_exchange_n(told, &before, now, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            return now - before;
        }
    }
    return 0;
}

static struct site_counts sites_news(void)
{
    struct site_counts c;
    sites_counts(&c);
    c.seen = sites_new(&sites_told.seen, c.seen);
    c.rewritten = sites_new(&sites_told.rewritten, c.rewritten);
    for (unsigned i = 0; i < SITE_REFUSALS; i++) {
        c.refused[i] = sites_new(&sites_told.refused[i], c.refused[i]);
    }
    return c;
}

static void report(const struct process *p, const struct way_counts *calls, const struct site_counts *sites)
{
    char line[REPORT_LINE_MAX];
    struct text x = TEXT_ON(line);
    report_head(p, &x);
    text_format(&x, ",\"ways\":{\"rewritten\":%lu,\"trapped\":%lu}", calls->fast, calls->trapped);
    if (sites != NULL) {
        text_format(&x, ",\"sites\":{\"seen\":%u,\"rewritten\":%u,\"refused\":{", sites->seen, sites->rewritten);
        const char *comma = "";
        for (unsigned i = REFUSED_NOT + 1; i < SITE_REFUSALS; i++) {
            if (sites->refused[i] != 0) {
                text_format(&x, "%s\"%s\":%u", comma, site_refusal_names[i], sites->refused[i]);
                comma = ",";
            }
        }
        text_str(&x, "}}");
    }
    text_str(&x, "}\n");
    report_append(p, &x);
}

static void trace(const struct process *p, const struct way_counts *calls, const struct site_counts *sites)
{
    char lines[512];
    struct text x = TEXT_ON(lines);
    text_format(&x, "ways %d %lu %lu\n", p->pid, calls->fast, calls->trapped);
    if (sites != NULL) {
        text_format(&x, "sites %d %u %u", p->pid, sites->seen, sites->rewritten);
        for (unsigned i = REFUSED_NOT + 1; i < SITE_REFUSALS; i++) {
            if (sites->refused[i] != 0) {
                text_format(&x, " %s=%u", site_refusal_names[i], sites->refused[i]);
            }
        }
        text_char(&x, '\n');
    }
    text_write(&x, p->settings.trace_fd); /* one write: lines of several processes do not mix (pipe(7)) */
}

void ways_tell(struct thread *t)
{
    struct process *p = t->proc;
    if (!tells(&p->settings)) {
        return;
    }
    struct way_counts calls = calls_news(p);
    if (calls.fast == 0 && calls.trapped == 0) {
        return; /* told by another thread that ends the process, this moment */
    }
    struct site_counts counts;
    const struct site_counts *sites = NULL;
    if (!p->shares_memory) {
        counts = sites_news();
        sites = &counts;
    }
    if (report_wanted(&p->settings)) {
        report(p, &calls, sites);
    }
    if (tells_trace(&p->settings)) {
        trace(p, &calls, sites);
    }
}

void ways_after_fork(struct thread *t)
{
    struct process *p = t->proc;
    t->calls_fast = t->calls_trapped = 0;
    p->calls_ended = p->calls_told = (struct way_counts){0, 0};
    if (!p->shares_memory && tells(&p->settings)) {
        sites_counts(&sites_told);
    }
}
