#include "cli/option_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/trace_filter.h"

static const char *const intercept_names[] = {
    [INTERCEPT_AUTO] = "auto",       [INTERCEPT_REWRITE] = "rewrite", [INTERCEPT_SUD] = "sud",
    [INTERCEPT_SECCOMP] = "seccomp", [INTERCEPT_PTRACE] = "ptrace",   NULL,
};

const char *intercept_name(int mode)
{
    return intercept_names[mode];
}

int parse_switch(const char *value, const char *where, uint8_t *out)
{
    static const char *const yes[] = {"yes", "true", "on", "1", NULL};
    static const char *const no[] = {"no", "false", "off", "0", NULL};
    for (size_t i = 0; yes[i] != NULL; i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *out = strcmp(value, yes[i]) == 0;
            return 0;
        }
    }
    return fail(EXIT_DRAGOMAN, "%s: `%s` is neither yes nor no (write yes or no)", where, value);
}

int choice(const char *value, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(value, names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int set_metadata(struct run_request *request, const char *value, const char *where)
{
    static const char *const names[] = {
        [METADATA_OFF] = "off", [METADATA_NODES] = "nodes", [METADATA_EMULATED] = "emulated", NULL};
    int mode = choice(value, names);
    if (mode < 0) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is none of off, nodes and emulated", where, value);
    }
    request->settings.metadata = (uint32_t)mode;
    return 0;
}

int set_personality(struct run_request *request, const char *value, const char *where)
{
    if (personality_find(value) == NULL) {
        char known[128] = "";
        for (const struct personality *const *p = personalities; *p != NULL; p++) {
            size_t length = strlen(known);
            snprintf(known + length, sizeof known - length, "%s%s", length > 0 ? ", " : "", (*p)->name);
        }
        return fail(EXIT_DRAGOMAN, "%s: no personality is called `%s` (known: %s)", where, value, known);
    }
    snprintf(request->settings.personality, sizeof request->settings.personality, "%s", value);
    return 0;
}

/* Digits at *at into *out, past them; at most `most`. */
static bool parse_digits(const char **at, unsigned most, unsigned *out)
{
    unsigned n = 0;
    if (isdigit((unsigned char)**at) == 0) {
        return false;
    }
    for (; isdigit((unsigned char)**at) != 0; (*at)++) {
        n = n * 10 + (unsigned)(**at - '0');
        if (n > most) {
            return false;
        }
    }
    *out = n;
    return true;
}

bool parse_osrel(const char *value, uint32_t *osrel, char release[SETTINGS_NAME_MAX])
{
    /* __FreeBSD_version has counted major × 100000 + minor × 1000 since 5.0 (sys/sys/param.h). */
    enum { MAJOR = 100000, MINOR = 1000, OLDEST = 5, NEWEST = 99 };
    const char *at = value;
    unsigned major = 0;
    unsigned minor = 0;
    if (!parse_digits(&at, NEWEST * MAJOR + MAJOR - 1, &major)) {
        return false;
    }
    if (major >= OLDEST * MAJOR && *at == '\0') {
        *osrel = major;
        snprintf(release, SETTINGS_NAME_MAX, "%u.%u-RELEASE", major / MAJOR, major % MAJOR / MINOR);
        return true;
    }
    if (major < OLDEST || major > NEWEST) {
        return false;
    }
    if (*at == '.') {
        at++;
        if (!parse_digits(&at, MAJOR / MINOR - 1, &minor)) {
            return false;
        }
    }
    if (*at != '\0' && (*at != '-' || at[1] == '\0')) {
        return false;
    }
    *osrel = major * MAJOR + minor * MINOR;
    int n = snprintf(release, SETTINGS_NAME_MAX, "%u.%u%s", major, minor, *at == '-' ? at : "-RELEASE");
    return n > 0 && n < SETTINGS_NAME_MAX;
}

int set_osrel(struct run_request *request, const char *value, const char *where)
{
    if (!parse_osrel(value, &request->settings.osrel, request->settings.release)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no release (write it as 14.2, 14.2-RELEASE or 1402000)", where, value);
    }
    return 0;
}

int resolve_directory(const char *value, const char *where, char out[SETTINGS_PATH_MAX])
{
    struct stat st;
    if (stat(value, &st) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name an existing directory)", where, value, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        return fail(EXIT_DRAGOMAN, "%s: %s: not a directory (name a directory)", where, value);
    }
    char *resolved = realpath(value, NULL);
    if (resolved == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a directory that can be searched)", where, value, strerror(errno));
    }
    int n = snprintf(out, SETTINGS_PATH_MAX, "%s", resolved);
    free(resolved);
    if (n >= SETTINGS_PATH_MAX) {
        return fail(EXIT_DRAGOMAN, "%s: %s: the path is longer than %d bytes (use a shorter one)", where, value,
                    SETTINGS_PATH_MAX - 1);
    }
    return 0;
}

int set_report(struct run_request *request, const char *value, const char *where)
{
    if (mkdir(value, 0777) != 0 && errno != EEXIST) {
        return fail(EXIT_DRAGOMAN, "%s: %s: cannot be made: %s (name a directory that can be written)", where, value,
                    strerror(errno));
    }
    int status = resolve_directory(value, where, request->settings.report_dir);
    if (status == 0 && access(request->settings.report_dir, W_OK | X_OK) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a directory that can be written)", where, value, strerror(errno));
    }
    return status;
}

int set_intercept(struct run_request *request, const char *value, const char *where)
{
    int mode = choice(value, intercept_names);
    if (mode < 0) {
        return fail(EXIT_DRAGOMAN, "%s: no way of interception is called `%s` (auto, rewrite, sud, seccomp or ptrace)",
                    where, value);
    }
    request->settings.intercept_requested = mode;
    return 0;
}

int set_ia32(struct run_request *request, const char *value, const char *where)
{
    static const char *const names[] = {"auto", "absent", NULL};
    int which = choice(value, names);
    if (which < 0) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is neither auto nor absent", where, value);
    }
    request->settings.ia32_absent = which == 1;
    return 0;
}

/* One "K=V" at the end of the request's list. */
static int add_env(struct run_request *request, const char *entry, size_t length, const char *where)
{
    const char *equals = memchr(entry, '=', length);
    if (equals == NULL || equals == entry) {
        return fail(EXIT_DRAGOMAN, "%s: `%.*s` sets no variable (write NAME=VALUE)", where, (int)length, entry);
    }
    char **grown = realloc(request->env, (request->env_count + 2) * sizeof *grown);
    char *copy = strndup(entry, length);
    if (grown != NULL) {
        request->env = grown;
    }
    if (grown == NULL || copy == NULL) {
        free(copy);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
    }
    request->env[request->env_count++] = copy;
    request->env[request->env_count] = NULL;
    return 0;
}

int set_env(struct run_request *request, const char *value, const char *where)
{
    /* Only the variable holds several: an option's or a line's value is taken as it is, newlines included. */
    if (strncmp(where, "DRAGOMAN_", strlen("DRAGOMAN_")) != 0) {
        return add_env(request, value, strlen(value), where);
    }
    int status = 0;
    while (status == 0 && *value != '\0') {
        size_t length = strcspn(value, "\n");
        if (length > 0) {
            status = add_env(request, value, length, where);
        }
        value += length + (value[length] == '\n');
    }
    return status;
}

/* A line of an environment file: podman's, which are docker's: nothing is quoted, and nothing is cut off but line ends. */
static int take_env_line(struct run_request *request, char *line, const char *where)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *at = line + strspn(line, " \t");
    if (*at == '\0' || *at == '#') {
        return 0;
    }
    if (strchr(at, '=') != NULL) {
        return add_env(request, at, strlen(at), where);
    }
    const char *value = getenv(at);
    char *pair = NULL;
    if (value == NULL) {
        return 0;
    }
    int n = asprintf(&pair, "%s=%s", at, value);
    int status = n > 0 ? add_env(request, pair, (size_t)n, where) : fail(EXIT_DRAGOMAN, "%s: out of memory", where);
    free(pair);
    return status;
}

int set_env_file(struct run_request *request, const char *value, const char *where)
{
    FILE *file = fopen(value, "re");
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    if (file == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a file that can be read)", where, value, strerror(errno));
    }
    errno = 0;
    while (status == 0 && getline(&line, &room, file) >= 0) {
        status = take_env_line(request, line, where);
    }
    if (status == 0 && ferror(file)) {
        status = fail(EXIT_DRAGOMAN, "%s: %s: %s (name a file that can be read)", where, value, strerror(errno));
    }
    free(line);
    fclose(file);
    return status;
}

int set_workdir(struct run_request *request, const char *value, const char *where)
{
    char *copy = strdup(value);
    if (copy == NULL || *copy == '\0') {
        free(copy);
        return fail(EXIT_DRAGOMAN, "%s: the value is empty (name a directory)", where);
    }
    free(request->workdir);
    request->workdir = copy;
    return 0;
}

bool parse_seconds(const char *value, uint64_t *ms)
{
    /* By hand: strtod would take hexadecimal, "inf" and the locale's decimal point. */
    enum { YEAR = 366 * 24 * 3600 };
    const char *at = value;
    unsigned seconds = 0;
    if (*at != '.' && !parse_digits(&at, YEAR, &seconds)) {
        return false;
    }
    uint64_t total = (uint64_t)seconds * 1000;
    if (*at == '.') {
        unsigned unit = 100;
        if (isdigit((unsigned char)*++at) == 0) {
            return false;
        }
        bool below = false;
        for (; isdigit((unsigned char)*at) != 0; at++) {
            total += unit * (unsigned)(*at - '0');
            below = below || (unit == 0 && *at != '0');
            unit /= 10;
        }
        total += below; /* rounded up: a tiny limit must not become 0, which is none */
    }
    *ms = total;
    return *at == '\0';
}

int set_timeout(struct run_request *request, const char *value, const char *where)
{
    if (!parse_seconds(value, &request->timeout_ms)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no time (write seconds, as 30 or 0.5)", where, value);
    }
    request->plan.limits.wall_ms = request->timeout_ms;
    return 0;
}

int set_trace(struct run_request *request, const char *value, const char *where)
{
    struct settings *s = &request->settings;
    if (strcmp(value, "no") == 0 || strcmp(value, "off") == 0) {
        s->trace_mode = TRACE_OFF;
        return 0;
    }
    if (strcmp(value, "yes") == 0 || strcmp(value, "on") == 0) {
        value = "all";
    }
    int status = trace_filter_set(s, value, where);
    if (status == 0 && s->trace_mode == TRACE_OFF) {
        s->trace_mode = TRACE_TEXT;
    }
    return status;
}

int set_strict(struct run_request *request, const char *value, const char *where)
{
    return parse_switch(value, where, &request->settings.strict);
}

int set_verbose(struct run_request *request, const char *value, const char *where)
{
    int status = parse_switch(value, where, &request->settings.verbose);
    if (request->settings.verbose) {
        request->settings.quiet = 0;
    }
    return status;
}

int set_quiet(struct run_request *request, const char *value, const char *where)
{
    int status = parse_switch(value, where, &request->settings.quiet);
    if (request->settings.quiet) {
        request->settings.verbose = 0;
    }
    return status;
}

/* As image indexes have it (github.com/opencontainers/image-spec: image-index.md, platform). */
int check_platform(const char *value)
{
    static const char allowed[] = "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned words = 0;
    const char *at = value;
    for (; words < 3; words++) {
        size_t length = strspn(at, allowed);
        if (length == 0) {
            break;
        }
        at += length;
        if (*at != '/') {
            words++;
            break;
        }
        at++;
    }
    return *at == '\0' && words >= 2 && at[-1] != '/'
               ? 0
               : fail(EXIT_DRAGOMAN, "--platform: `%s` is none (write OS/MACHINE, as linux/amd64 or freebsd/amd64)",
                      value);
}
