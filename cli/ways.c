#include "cli/ways.h"

#include <inttypes.h>
#include <string.h>

bool ways_refused(struct ways *w, const char *reason, uint64_t count)
{
    if (reason[0] == '\0' || strlen(reason) >= sizeof w->refused[0].name) {
        return false;
    }
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        struct ways_reason *r = &w->refused[i];
        if (r->name[0] == '\0') {
            strcpy(r->name, reason);
        }
        if (strcmp(r->name, reason) == 0) {
            r->count += count;
            return true;
        }
    }
    return false;
}

void ways_add(struct ways *sums, const struct ways *more)
{
    sums->told |= more->told;
    sums->rewritten += more->rewritten;
    sums->trapped += more->trapped;
    sums->sites_seen += more->sites_seen;
    sums->sites_rewritten += more->sites_rewritten;
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        ways_refused(sums, more->refused[i].name, more->refused[i].count);
    }
}

static uint64_t refused_in_all(const struct ways *w)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        sum += w->refused[i].count;
    }
    return sum;
}

void ways_print(const struct ways *w, FILE *out)
{
    const char *before = " (";
    fprintf(out, "calls: %" PRIu64 " from rewritten sites, %" PRIu64 " by traps\n", w->rewritten, w->trapped);
    if (w->sites_seen == 0) {
        fputs("sites: none counted, as this way of interception rewrites none\n", out);
        return;
    }
    fprintf(out, "sites: %" PRIu64 " seen, %" PRIu64 " rewritten, %" PRIu64 " refused", w->sites_seen,
            w->sites_rewritten, refused_in_all(w));
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        if (w->refused[i].count != 0) {
            fprintf(out, "%s%" PRIu64 " %s", before, w->refused[i].count, w->refused[i].name);
            before = ", ";
        }
    }
    fputs(before[0] == ',' ? ")\n" : "\n", out);
}

void ways_json(const struct ways *w, struct json *j)
{
    json_object(j, "ways");
    json_number(j, "rewritten", (int64_t)w->rewritten);
    json_number(j, "trapped", (int64_t)w->trapped);
    json_end_object(j);
    json_object(j, "sites");
    json_number(j, "seen", (int64_t)w->sites_seen);
    json_number(j, "rewritten", (int64_t)w->sites_rewritten);
    json_object(j, "refused");
    for (unsigned i = 0; i < WAYS_REASONS; i++) {
        if (w->refused[i].count != 0) {
            json_number(j, w->refused[i].name, (int64_t)w->refused[i].count);
        }
    }
    json_end_object(j);
    json_end_object(j);
}
