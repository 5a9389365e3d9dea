/* Reports of unsupported calls: a small table per process, a line on standard error, a file per process. */
#include "process/report.h"

#include <linux/fcntl.h>
#include <stddef.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/syscall_table.h"
#include "base/thread.h"
#include "process/enter.h"
#include "process/process.h"
#include "process/remark.h"

#define REPORT_ENTRIES       128 /* distinct (call, detail) pairs of one process; more are not recorded */
#define REPORT_STRICT_STATUS 125 /* --strict met an unsupported call */
#define REPORT_DETAIL_MAX    80  /* bytes of a detail kept, terminating zero included */

struct report_entry {
    const char *name;
    char detail[REPORT_DETAIL_MAX]; /* a copy: the caller may have composed it; "": the whole call */
    int32_t nr;
    uint32_t count;
    uint32_t written; /* how much of `count` the file has */
};

struct report_state {
    struct lock lock;
    uint32_t used;
    struct report_entry entries[REPORT_ENTRIES];
};

/* The process's report, made when first needed; NULL without memory. */
static struct report_state *report_of(struct process *p)
{
    struct report_state *r = __atomic_load_n(&p->report, __ATOMIC_ACQUIRE);
    if (r != NULL) {
        return r;
    }
    struct report_state *fresh = heap_alloc(sizeof *fresh);
    if (fresh == NULL) {
        return NULL;
    }
    if (!__atomic_compare_exchange_n(&p->report, &r, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        heap_free(fresh);
        return r;
    }
    return fresh;
}

/* Counts one. Returns its entry when it is the first of its kind, else NULL. */
static struct report_entry *record(struct report_state *r, const char *name, int nr, const char *detail)
{
    struct report_entry *first = NULL;
    char kept[REPORT_DETAIL_MAX];
    hot_strlcpy(kept, detail != NULL ? detail : "", sizeof kept);
    lock_acquire(&r->lock);
    uint32_t i = 0;
    while (i < r->used && !(r->entries[i].nr == nr && hot_strcmp(r->entries[i].detail, kept) == 0)) {
        i++;
    }
    if (i < REPORT_ENTRIES) {
        if (i == r->used) {
            first = &r->entries[r->used++];
            *first = (struct report_entry){.name = name, .nr = nr};
            memcpy(first->detail, kept, sizeof kept);
        }
        r->entries[i].count++;
    }
    lock_release(&r->lock);
    return first;
}

static void remark(const struct process *p, const char *name, const char *detail)
{
    char line[256];
    struct text x = TEXT_ON(line);
    text_format(&x, "dragoman: %s: %s: not supported%s%s\n", p->command, name, detail != NULL ? ": " : "",
                detail != NULL ? detail : "");
    text_write(&x, 2);
}

void report_after_fork(struct thread *t)
{
    t->proc->report = NULL; /* the parent's, in a vfork child; a copy that is not needed, in a fork's */
}

static const char *level_name(const struct process *p, int nr)
{
    static const char *const names[] = {"full", "partial", "stub", "nosys", "absent"};
    const struct personality *who = p->personality;
    if (nr < 0 || (uint32_t)nr >= who->syscall_count) {
        return "absent";
    }
    return names[who->syscalls[nr].level];
}

/* Program names come from the guest: quotes, backslashes and control characters must not break the line. */
static void json_string(struct text *x, const char *s)
{
    text_char(x, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            text_char(x, '\\');
        }
        text_char(x, (unsigned char)*s < 0x20 ? '?' : *s);
    }
    text_char(x, '"');
}

void report_head(const struct process *p, struct text *x)
{
    text_format(x, "{\"pid\":%d,\"program\":", p->pid);
    json_string(x, p->program);
    text_format(x, ",\"personality\":\"%s\"", p->personality->name);
}

static void write_entry(const struct process *p, const struct report_entry *e, int fd)
{
    char line[REPORT_LINE_MAX];
    struct text x = TEXT_ON(line);
    report_head(p, &x);
    text_format(&x, ",\"call\":\"%s\",\"number\":%d,\"level\":\"%s\",\"count\":%u,\"detail\":", e->name, e->nr,
                level_name(p, e->nr), e->count - e->written);
    json_string(&x, e->detail);
    text_str(&x, "}\n");
    text_write(&x, fd);
}

bool report_wanted(const struct settings *s)
{
    return s->report_dir[0] != '\0' || s->report_fd > 0;
}

/* The process's file, to be appended to; -errno. */
static int64_t report_open(const struct process *p)
{
    if (p->settings.report_fd > 0) {
        return host_call3(__NR_fcntl, p->settings.report_fd, F_DUPFD_CLOEXEC, p->settings.report_fd);
    }
    char path[SETTINGS_PATH_MAX + 64];
    struct text x = TEXT_ON(path);
    text_format(&x, "%s/%s.%d.jsonl", p->settings.report_dir, p->command, p->pid);
    return host_call4(__NR_openat, AT_FDCWD, text_cstr(&x), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

void report_append(const struct process *p, const struct text *line)
{
    int64_t fd = report_open(p);
    if (!is_error(fd)) {
        text_write(line, (int)fd);
        host_call1(__NR_close, fd);
    }
}

/*
 * Appends what the file does not have yet: a line for each kind with what has been counted since its last line.
 * Readers add the counts up.
 */
static void report_write(const struct process *p)
{
    struct report_state *r = p->report;
    if (r == NULL || !report_wanted(&p->settings)) {
        return;
    }
    int64_t fd = report_open(p);
    if (is_error(fd)) {
        return;
    }
    lock_acquire(&r->lock);
    for (uint32_t i = 0; i < r->used; i++) {
        struct report_entry *e = &r->entries[i];
        if (e->written != e->count) {
            write_entry(p, e, (int)fd);
            e->written = e->count;
        }
    }
    lock_release(&r->lock);
    host_call1(__NR_close, fd);
}

void report_unsupported(struct thread *t, const char *name, int nr, const char *detail)
{
    struct process *p = t->proc;
    struct report_state *r = report_of(p);
    bool first = r == NULL || record(r, name, nr, detail) != NULL;
    if (first && (remark_allowed(&p->settings) || p->settings.strict)) {
        remark(p, name, detail);
    }
    if (first) {
        report_write(p); /* at once: a process that is killed writes nothing at its end */
    }
    if (p->settings.strict) {
        process_exit(t, REPORT_STRICT_STATUS);
    }
}

void report_flush(struct thread *t)
{
    struct process *p = t->proc;
    bool outstanding = false;
    for (uint32_t i = 0; p->report != NULL && i < p->report->used; i++) {
        outstanding |= p->report->entries[i].written != p->report->entries[i].count;
    }
    if (outstanding) {
        report_write(p);
    }
    if (p->shares_memory) {
        /* A vfork child's is its own, in memory that outlives it. */
        heap_free(p->report);
        p->report = NULL;
    }
}
