/*
 * `dragoman doctor`: the probes of host_probe.c, each with its next step, and what follows from them.
 */
#include <string.h>

#include "base/settings.h"
#include "cli/commands.h"
#include "cli/host_probe.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "instance/level.h"

enum { EXIT_UNUSABLE = 1, PROBES_MAX = 32 };

struct diagnosis {
    struct probe_result results[PROBES_MAX];
    struct intercept_ways ways;
    struct level level;
    int choice;
    bool usable;
};

static void diagnose(struct diagnosis *d)
{
    d->usable = true;
    for (size_t i = 0; probe_table[i].name != NULL && i < PROBES_MAX; i++) {
        probe_table[i].look(&d->results[i]);
        d->usable = d->usable && d->results[i].state != PROBE_BAD;
    }
    probe_intercept(&d->ways);
    d->choice = intercept_choice(&d->ways);
    d->usable = d->usable && d->choice != INTERCEPT_AUTO;
    level_look(&d->level);
}

static bool way_available(const struct intercept_ways *ways, int mode)
{
    switch (mode) {
    case INTERCEPT_REWRITE:
        return ways->rewrite;
    case INTERCEPT_SUD:
        return ways->sud;
    case INTERCEPT_SECCOMP:
        return ways->seccomp;
    default:
        return ways->ptrace;
    }
}

static void print_check(enum probe_state state, const char *title, const char *found, const char *step)
{
    static const char *const marks[] = {[PROBE_GOOD] = "ok", [PROBE_NOTE] = "note", [PROBE_BAD] = "NO"};
    static const enum style looks[] = {[PROBE_GOOD] = STYLE_GOOD, [PROBE_NOTE] = STYLE_WARN, [PROBE_BAD] = STYLE_BAD};
    printf("%s%-4s%s  %-28s %s\n", style_on(stdout, looks[state]), marks[state], style_on(stdout, STYLE_PLAIN), title,
           found);
    if (step[0] != '\0') {
        printf("      %28s -> %s\n", "", step);
    }
}

/* Nothing of isolation is needed to run a program, so what is missing is a note. */
static void print_isolation(const struct level *level)
{
    const char *title = NULL;
    const struct level_found *missing = level_missing(level, &title);
    printf("\n");
    for (int part = 0; part < LEVEL_PARTS; part++) {
        const struct level_found *f = &level->parts[part];
        print_check(f->there ? PROBE_GOOD : PROBE_NOTE, level_part_title(part), f->found, f->step);
    }
    printf("Isolation (run --isolate, instances): %s: %s", level_word(level->reached), level_promise(level->reached));
    if (missing != NULL) {
        printf("; the next level wants: %s", title);
    }
    printf("\n");
}

static void print_text(const struct diagnosis *d)
{
    const char *plain = style_on(stdout, STYLE_PLAIN);
    for (size_t i = 0; probe_table[i].name != NULL; i++) {
        const struct probe_result *r = &d->results[i];
        print_check(r->state, probe_table[i].title, r->found, r->step);
    }
    print_isolation(&d->level);
    printf("\nWays to catch a program's calls:");
    for (int mode = INTERCEPT_REWRITE; mode <= INTERCEPT_PTRACE; mode++) {
        if (way_available(&d->ways, mode)) {
            printf(" %s", intercept_name(mode));
        }
    }
    if (d->choice == INTERCEPT_AUTO) {
        printf(" none\n");
    } else {
        printf("; auto takes %s\n", intercept_name(d->choice));
    }
    printf("%s%s%s\n", style_on(stdout, d->usable ? STYLE_GOOD : STYLE_BAD),
           d->usable ? "Programs can be run here." : "Programs cannot be run here: see the lines marked NO.", plain);
}

static void json_check(struct json *j, const char *name, enum probe_state state, const char *found, const char *step)
{
    static const char *const states[] = {[PROBE_GOOD] = "ok", [PROBE_NOTE] = "note", [PROBE_BAD] = "missing"};
    json_object(j, NULL);
    json_string(j, "name", name);
    json_string(j, "state", states[state]);
    json_string(j, "found", found);
    json_string(j, "step", step[0] != '\0' ? step : NULL);
    json_end_object(j);
}

static void json_isolation(struct json *j, const struct level *level)
{
    const char *title = NULL;
    const struct level_found *missing = level_missing(level, &title);
    json_object(j, "isolation");
    json_string(j, "level", level_word(level->reached));
    json_string(j, "missing", missing != NULL ? title : NULL);
    json_string(j, "step", missing != NULL && missing->step[0] != '\0' ? missing->step : NULL);
    json_end_object(j);
}

static void print_json(const struct diagnosis *d)
{
    struct json j = {.out = stdout};
    json_object(&j, NULL);
    json_bool(&j, "usable", d->usable);
    json_object(&j, "intercept");
    for (int mode = INTERCEPT_REWRITE; mode <= INTERCEPT_PTRACE; mode++) {
        json_bool(&j, intercept_name(mode), way_available(&d->ways, mode));
    }
    json_string(&j, "auto", d->choice != INTERCEPT_AUTO ? intercept_name(d->choice) : NULL);
    json_end_object(&j);
    json_isolation(&j, &d->level);
    json_array(&j, "checks");
    for (size_t i = 0; probe_table[i].name != NULL; i++) {
        const struct probe_result *r = &d->results[i];
        json_check(&j, probe_table[i].name, r->state, r->found, r->step);
    }
    for (int part = 0; part < LEVEL_PARTS; part++) {
        const struct level_found *f = &d->level.parts[part];
        json_check(&j, level_part_key(part), f->there ? PROBE_GOOD : PROBE_NOTE, f->found, f->step);
    }
    json_end_array(&j);
    json_end_object(&j);
}

int cmd_doctor(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        return fail(EXIT_DRAGOMAN, "doctor: %s: not understood (dragoman doctor [--json])", argv[json ? 2 : 1]);
    }
    static struct diagnosis d;
    diagnose(&d);
    if (json) {
        print_json(&d);
    } else {
        print_text(&d);
    }
    int status = finish_output(stdout);
    return status != 0 ? status : d.usable ? 0 : EXIT_UNUSABLE;
}
