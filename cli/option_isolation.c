#include "cli/option_isolation.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "loader/sysroots.h"

static const char *const level_names[] = {
    [ISOLATION_NONE] = "none",     [ISOLATION_ENGINE] = "engine",
    [ISOLATION_FENCED] = "fenced", [ISOLATION_NAMESPACES] = "namespaces",
    [ISOLATION_FULL] = "full",     NULL,
};

static const char *const network_names[] = {
    [NETWORK_NONE] = "none", [NETWORK_HOST] = "host", [NETWORK_OWN] = "pasta", NULL};

static const char *const restart_names[] = {[RESTART_NO] = "no",
                                            [RESTART_ON_FAILURE] = "on-failure",
                                            [RESTART_ALWAYS] = "always",
                                            [RESTART_UNLESS_STOPPED] = "unless-stopped",
                                            NULL};

void isolation_init(struct run_request *request)
{
    request->plan.network = NETWORK_NONE;
    request->plan.owners = OWNERS_EMULATED;
    request->plan.least = ISOLATION_FULL;
}

bool isolation_asked(const struct run_request *request)
{
    return request->isolate || request->detach || request->plan.name[0] != '\0' || request->world_option != NULL ||
           (request->rooted_option != NULL && request->settings.root_mode == ROOT_HOST);
}

int isolation_refuse(const struct run_request *request)
{
    if (!request->isolate && request->plan.name[0] == '\0' && request->world_option == NULL && !request->detach) {
        return fail(EXIT_DRAGOMAN, "--%s: the program has the host's root (add --rootfs DIR, -i INSTANCE or --isolate)",
                    request->rooted_option);
    }
    return fail(EXIT_DRAGOMAN, "--%s: only an isolated world has that (add -i INSTANCE or --isolate)",
                request->world_option != NULL ? request->world_option : "detach");
}

bool instance_name_ok(const char *name)
{
    return strlen(name) < INSTANCE_NAME_MAX && sysroot_name_ok(name);
}

int set_instance(struct run_request *request, const char *value, const char *where)
{
    if (!instance_name_ok(value)) {
        return fail(EXIT_DRAGOMAN,
                    "%s: `%s` can be no instance's name (letters, digits and ._+- behind a letter or digit, at most "
                    "%d)",
                    where, value, INSTANCE_NAME_MAX - 1);
    }
    snprintf(request->plan.name, sizeof request->plan.name, "%s", value);
    return 0;
}

static int take_switch(const char *value, const char *where, bool *out)
{
    uint8_t yes = 0;
    int status = parse_switch(value, where, &yes);
    *out = yes != 0;
    return status;
}

int set_isolate(struct run_request *request, const char *value, const char *where)
{
    return take_switch(value, where, &request->isolate);
}

int set_detach(struct run_request *request, const char *value, const char *where)
{
    return take_switch(value, where, &request->detach);
}

int set_read_only(struct run_request *request, const char *value, const char *where)
{
    return take_switch(value, where, &request->plan.root.read_only);
}

int set_isolation(struct run_request *request, const char *value, const char *where)
{
    int level = choice(value, level_names);
    if (level <= ISOLATION_NONE) {
        return fail(EXIT_DRAGOMAN, "%s: no level of isolation is called `%s` (full, namespaces, fenced or engine)",
                    where, value);
    }
    request->plan.least = (enum isolation_level)level;
    return 0;
}

int set_network(struct run_request *request, const char *value, const char *where)
{
    int network = choice(value, network_names);
    if (network < 0) {
        return fail(EXIT_DRAGOMAN, "%s: no network is called `%s` (none, host or pasta)", where, value);
    }
    request->plan.network = (enum instance_network)network;
    request->network_named = true;
    return 0;
}

static int take_string(const char *value, char **out)
{
    char *copy = strdup(value);
    if (copy == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: out of memory (free some)", value);
    }
    free(*out);
    *out = copy;
    return 0;
}

/* user(5)'s names may hold nearly anything; what would be no line's part in /etc/passwd or break the form is refused. */
int set_user(struct run_request *request, const char *value, const char *where)
{
    const char *colon = strchr(value, ':');
    if (value[0] == '\0' || value[0] == ':' || value[strcspn(value, " \t\n/")] != '\0' ||
        (colon != NULL && (colon[1] == '\0' || strchr(colon + 1, ':') != NULL))) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` names no user (write USER or USER:GROUP, each a name or a number)", where,
                    value);
    }
    return take_string(value, &request->plan.user);
}

/* As hostname(7) has it: labels of letters, digits and hyphens, 64 bytes in all (HOST_NAME_MAX). */
int set_hostname(struct run_request *request, const char *value, const char *where)
{
    static const char allowed[] = "-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(value);
    if (length == 0 || length > HOST_NAME_MAX || strspn(value, allowed) != length || value[0] == '-' ||
        value[0] == '.') {
        return fail(EXIT_DRAGOMAN, "%s: `%s` can be no host's name (letters, digits, hyphens and dots, at most %d)",
                    where, value, HOST_NAME_MAX);
    }
    return take_string(value, &request->plan.hostname);
}

/* The power of 1024 that a unit means; -1: none. */
static int unit_power(const char *unit)
{
    static const char letters[] = "bkmgtp";
    if (*unit == '\0') {
        return 0;
    }
    const char *found = strchr(letters, tolower((unsigned char)*unit));
    if (found == NULL) {
        return -1;
    }
    unit++;
    if (found != letters) {
        unit += *unit == 'i' || *unit == 'I';
        unit += *unit == 'b' || *unit == 'B';
    }
    return *unit == '\0' ? (int)(found - letters) : -1;
}

bool parse_size(const char *value, uint64_t *bytes)
{
    enum { FRACTION_MAX = 9 };
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t scale = 1;
    const char *at = value;
    for (; isdigit((unsigned char)*at) != 0; at++) {
        if (whole > INT64_MAX / 10 - 1) {
            return false;
        }
        whole = whole * 10 + (unsigned)(*at - '0');
    }
    bool good = at != value;
    if (*at == '.') {
        for (at++; isdigit((unsigned char)*at) != 0 && scale < 1000000000; at++) {
            fraction = fraction * 10 + (unsigned)(*at - '0');
            scale *= 10;
        }
        good = good && scale > 1;
    }
    int power = unit_power(at);
    if (!good || power < 0) {
        return false;
    }
    uint64_t unit = UINT64_C(1) << (10 * power);
    if (whole > (INT64_MAX - unit) / unit) {
        return false;
    }
    *bytes = whole * unit + (uint64_t)((double)fraction / (double)scale * (double)unit);
    return true;
}

/* `least`: the smallest that is no mistake. */
static int take_size(const char *value, const char *where, uint64_t least, uint64_t *out)
{
    uint64_t bytes = 0;
    if (!parse_size(value, &bytes)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no size (write bytes, or 512m, 2g)", where, value);
    }
    if (bytes != 0 && bytes < least) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is less than any program needs (write at least %luk, or 0 for no limit)",
                    where, value, (unsigned long)(least >> 10));
    }
    *out = bytes;
    return 0;
}

int set_memory(struct run_request *request, const char *value, const char *where)
{
    return take_size(value, where, UINT64_C(1) << 20, &request->plan.limits.memory);
}

int set_disk(struct run_request *request, const char *value, const char *where)
{
    return take_size(value, where, UINT64_C(64) << 10, &request->plan.limits.disk);
}

int set_cpus(struct run_request *request, const char *value, const char *where)
{
    uint64_t milli = 0;
    if (!parse_seconds(value, &milli) || milli > UINT64_C(1000) * 4096) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no number of processors (write 2 or 0.5; 0 is no limit)", where, value);
    }
    request->plan.limits.cpu_milli = milli;
    return 0;
}

static bool parse_count(const char *value, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    if (strcmp(value, "-1") == 0 || strcmp(value, "unlimited") == 0) { /* podman's words for no limit */
        *out = 0;
        return true;
    }
    if (isdigit((unsigned char)value[0]) == 0) {
        return false;
    }
    *out = strtoull(value, &end, 10);
    return *end == '\0' && *out <= most;
}

int set_pids_limit(struct run_request *request, const char *value, const char *where)
{
    enum { PID_MAX_LIMIT = 1 << 22 }; /* the host's own bound (proc(5), pid_max) */
    if (!parse_count(value, PID_MAX_LIMIT, &request->plan.limits.pids)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no number of processes (write 1 to %d; -1 or 0 is no limit)", where,
                    value, PID_MAX_LIMIT);
    }
    return 0;
}

int set_ulimit(struct run_request *request, const char *value, const char *where)
{
    static const char name[] = "nofile=";
    enum { NR_OPEN_MAX = 1 << 30 };
    char first[32];
    if (strncmp(value, name, strlen(name)) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: `%s`: of limits only nofile is known here (write nofile=1024)", where, value);
    }
    value += strlen(name);
    /* podman's SOFT:HARD: there is one limit here. */
    const char *colon = strchr(value, ':');
    size_t length = colon != NULL ? (size_t)(colon - value) : strlen(value);
    snprintf(first, sizeof first, "%.*s", (int)(length < sizeof first ? length : sizeof first - 1), value);
    if (length >= sizeof first || !parse_count(first, NR_OPEN_MAX, &request->plan.limits.files) ||
        (colon != NULL && strcmp(first, colon + 1) != 0)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no number of files (write nofile=1024; 0 is no limit)", where, value);
    }
    return 0;
}

int set_restart(struct run_request *request, const char *value, const char *where)
{
    static const char on_failure[] = "on-failure:";
    uint64_t most = 0;
    int policy = choice(value, restart_names);
    if (strncmp(value, on_failure, strlen(on_failure)) == 0 &&
        parse_count(value + strlen(on_failure), INT32_MAX, &most)) {
        policy = RESTART_ON_FAILURE;
    }
    if (policy < 0) {
        return fail(EXIT_DRAGOMAN,
                    "%s: `%s` is no way to restart (no, on-failure, on-failure:N, always or "
                    "unless-stopped)",
                    where, value);
    }
    request->restart = (enum restart_policy)policy;
    request->restart_max = (uint32_t)most;
    return 0;
}

int isolation_check(struct run_request *request)
{
    struct instance_plan *plan = &request->plan;
    if (request->settings.root_mode != ROOT_HOST) {
        return fail(EXIT_DRAGOMAN, "--rootfs: is a root without isolation (give it alone; for an isolated world: "
                                   "dragoman instance create NAME --from DIR)");
    }
    if (request->isolate && plan->name[0] != '\0') {
        return fail(EXIT_DRAGOMAN,
                    "--isolate: makes a world for this run only, and -i %s names one that stays (give "
                    "one of them)",
                    plan->name);
    }
    if (plan->ports != NULL && plan->ports[0] != NULL) {
        if (request->network_named && plan->network != NETWORK_OWN) {
            return fail(EXIT_DRAGOMAN,
                        "--publish: there is nothing to forward to with --network %s (take --network "
                        "pasta)",
                        network_names[plan->network]);
        }
        plan->network = NETWORK_OWN;
    }
    return 0;
}
