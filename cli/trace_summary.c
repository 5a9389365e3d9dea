#include "cli/trace_summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "cli/json.h"

static struct call_count *count_of(struct trace_summary *summary, const char *name)
{
    for (size_t i = 0; i < summary->count; i++) {
        if (strcmp(summary->counts[i].name, name) == 0) {
            return &summary->counts[i];
        }
    }
    if (summary->count == summary->room) {
        size_t room = summary->room * 2 + 64;
        struct call_count *grown = realloc(summary->counts, room * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        summary->counts = grown;
        summary->room = room;
    }
    struct call_count *fresh = &summary->counts[summary->count++];
    *fresh = (struct call_count){0};
    snprintf(fresh->name, sizeof fresh->name, "%s", name);
    return fresh;
}

enum { PIDS = 4 * 1024 * 1024 }; /* Linux: PID_MAX_LIMIT, include/linux/threads.h */

static bool pid_add(struct pid_set *set, int pid)
{
    if (pid < 0 || pid >= PIDS) {
        return true;
    }
    if (set->bits == NULL && (set->bits = calloc(PIDS / 64, sizeof *set->bits)) == NULL) {
        return false;
    }
    uint64_t bit = 1ULL << (pid % 64);
    set->count += (set->bits[pid / 64] & bit) == 0;
    set->bits[pid / 64] |= bit;
    return true;
}

/* " short=1 far=2" */
static bool take_refusals(struct ways *w, const char *at)
{
    while (*at != '\0') {
        char reason[sizeof w->refused[0].name];
        uint64_t count = 0;
        int end = 0;
        if (sscanf(at, " %23[a-z-]=%" SCNu64 "%n", reason, &count, &end) != 2 || !ways_refused(w, reason, count)) {
            return false;
        }
        at += end;
    }
    return true;
}

/* A line that is no call's. Returns whether it was understood. */
static bool take_ways(const char *line, struct ways *w, int *pid)
{
    int end = 0;
    *w = (struct ways){.told = true};
    if (sscanf(line, "ways %d %" SCNu64 " %" SCNu64 "%n", pid, &w->rewritten, &w->trapped, &end) == 3) {
        return line[end] == '\0';
    }
    return sscanf(line, "sites %d %" SCNu64 " %" SCNu64 "%n", pid, &w->sites_seen, &w->sites_rewritten, &end) == 3 &&
           take_refusals(w, line + end);
}

static bool take_line(struct trace_summary *summary, const char *line)
{
    char name[64];
    char error[32];
    uint64_t ns = 0;
    int pid = 0;
    int end = 0;
    struct ways ways;
    if (take_ways(line, &ways, &pid)) {
        ways_add(&summary->ways, &ways);
        return pid_add(&summary->processes, pid) && pid_add(&summary->told, pid);
    }
    if (sscanf(line, "%d %*d %63s %*s %31s %" SCNu64 "%n", &pid, name, error, &ns, &end) != 4 || line[end] != '\0') {
        summary->lost++;
        return true;
    }
    struct call_count *count = count_of(summary, name);
    if (count == NULL || !pid_add(&summary->processes, pid)) {
        return false;
    }
    count->calls++;
    count->errors += strcmp(error, "-") != 0;
    count->ns += ns;
    return true;
}

bool trace_summary_take(struct trace_summary *summary, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            /* A line longer than the room is none of the tracer's; what is cut off fails to parse. */
            if (summary->partial_length < sizeof summary->partial - 1) {
                summary->partial[summary->partial_length++] = bytes[i];
            }
            continue;
        }
        summary->partial[summary->partial_length] = '\0';
        summary->partial_length = 0;
        if (!take_line(summary, summary->partial)) {
            return false;
        }
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct call_count *x = a;
    const struct call_count *y = b;
    if (x->ns != y->ns) {
        return x->ns < y->ns ? 1 : -1;
    }
    if (x->calls != y->calls) {
        return x->calls < y->calls ? 1 : -1;
    }
    return strcmp(x->name, y->name);
}

void trace_summary_sort(struct trace_summary *summary)
{
    if (summary->count > 0) {
        qsort(summary->counts, summary->count, sizeof *summary->counts, by_time);
    }
}

static struct call_count total_of(const struct trace_summary *summary)
{
    struct call_count total = {.name = "total"};
    for (size_t i = 0; i < summary->count; i++) {
        total.calls += summary->counts[i].calls;
        total.errors += summary->counts[i].errors;
        total.ns += summary->counts[i].ns;
    }
    return total;
}

static void print_row(FILE *out, const struct call_count *c, uint64_t all_ns)
{
    char errors[24] = "";
    if (c->errors != 0) {
        snprintf(errors, sizeof errors, "%" PRIu64, c->errors);
    }
    double share = all_ns != 0 ? 100.0 * (double)c->ns / (double)all_ns : 0;
    double each = c->calls != 0 ? (double)c->ns / 1000 / (double)c->calls : 0;
    char name[sizeof c->name]; /* a program that was kept in may have written it */
    memcpy(name, c->name, sizeof name);
    plain_message(name, strlen(name));
    fprintf(out, "%6.2f %11.6f %11.1f %9" PRIu64 " %9s %s\n", share, (double)c->ns / 1e9, each, c->calls, errors, name);
}

static void print_table(const struct trace_summary *summary, FILE *out)
{
    static const char rule[] = "------ ----------- ----------- --------- --------- ----------------";
    struct call_count total = total_of(summary);
    fprintf(out, "%6s %11s %11s %9s %9s %s\n%s\n", "% time", "seconds", "usecs/call", "calls", "errors", "call", rule);
    for (size_t i = 0; i < summary->count; i++) {
        print_row(out, &summary->counts[i], total.ns);
    }
    fprintf(out, "%s\n", rule);
    print_row(out, &total, total.ns);
    if (summary->ways.told) {
        ways_print(&summary->ways, out);
    }
    if (summary->told.count != summary->processes.count) {
        fprintf(out, "%u of %u processes told these; one that is killed cannot\n", summary->told.count,
                summary->processes.count);
    }
    if (summary->lost != 0) {
        fprintf(out, "%" PRIu64 " records could not be read\n", summary->lost);
    }
}

static void json_count(struct json *j, const char *name, const struct call_count *c)
{
    json_object(j, name);
    if (name == NULL) {
        json_string(j, "call", c->name);
    }
    json_number(j, "calls", (int64_t)c->calls);
    json_number(j, "errors", (int64_t)c->errors);
    json_number(j, "nanoseconds", (int64_t)c->ns);
    json_end_object(j);
}

void trace_summary_print(const struct trace_summary *summary, FILE *out, bool json)
{
    if (!json) {
        print_table(summary, out);
        return;
    }
    struct json j = {.out = out};
    struct call_count total = total_of(summary);
    json_object(&j, NULL);
    json_array(&j, "calls");
    for (size_t i = 0; i < summary->count; i++) {
        json_count(&j, NULL, &summary->counts[i]);
    }
    json_end_array(&j);
    json_count(&j, "total", &total);
    ways_json(&summary->ways, &j);
    json_object(&j, "processes");
    json_number(&j, "seen", summary->processes.count);
    json_number(&j, "told", summary->told.count);
    json_end_object(&j);
    json_number(&j, "unreadable", (int64_t)summary->lost);
    json_end_object(&j);
}

void trace_summary_clear(struct trace_summary *summary)
{
    free(summary->counts);
    free(summary->processes.bits);
    free(summary->told.bits);
    *summary = (struct trace_summary){0};
}
