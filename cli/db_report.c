/*
 * `dragoman db report DIR`: adds up the report files of runs (cli/report_line.h tells their format).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "cli/commands.h"
#include "cli/db.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/report_line.h"

/* What was missed, over all processes. */
struct miss {
    struct report_line first; /* what is the same in all lines of it; its program is the first that met it */
    int64_t count;
    unsigned *sources; /* who met it: a process writes a second line for what it counted after the first */
    unsigned processes;
};

/* A program of a process. Outside of isolated worlds each has a file of its own. */
struct source {
    int64_t pid;
    char *program;
    bool told;
};

struct merged {
    struct miss *misses;
    size_t count;
    size_t room;
    struct ways ways;
    unsigned told;          /* sources that tell of ways: those of programs that were not killed */
    unsigned files;         /* sources in all; at least one in a file */
    struct source *sources; /* of the file at hand */
    size_t source_count;
    unsigned unreadable; /* lines */
};

static bool same(const struct report_line *a, const struct report_line *b)
{
    return a->number == b->number && strcmp(a->call, b->call) == 0 && strcmp(a->level, b->level) == 0 &&
           strcmp(a->detail, b->detail) == 0 && strcmp(a->personality, b->personality) == 0;
}

/* Notes that a source has met it, too. False: no memory. */
static bool note_source(struct miss *miss, unsigned source)
{
    for (unsigned i = miss->processes; i-- > 0;) {
        if (miss->sources[i] == source) {
            return true;
        }
    }
    unsigned *grown = realloc(miss->sources, (miss->processes + 1) * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    grown[miss->processes++] = source;
    miss->sources = grown;
    return true;
}

static bool add(struct merged *merged, const struct report_line *line, unsigned source)
{
    for (size_t i = 0; i < merged->count; i++) {
        if (same(&merged->misses[i].first, line)) {
            merged->misses[i].count += line->count;
            return note_source(&merged->misses[i], source);
        }
    }
    if (merged->count == merged->room) {
        size_t room = merged->room * 2 + 32;
        struct miss *grown = realloc(merged->misses, room * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        merged->misses = grown;
        merged->room = room;
    }
    merged->misses[merged->count] = (struct miss){.first = *line, .count = line->count};
    return note_source(&merged->misses[merged->count++], source);
}

/* Whose line it is, of those in the file at hand; NULL: no memory. */
static struct source *source_of(struct merged *merged, const struct report_line *line)
{
    for (size_t i = merged->source_count; i-- > 0;) {
        struct source *s = &merged->sources[i];
        if (s->pid == line->pid && strcmp(s->program, line->program) == 0) {
            return s;
        }
    }
    struct source *grown = realloc(merged->sources, (merged->source_count + 1) * sizeof *grown);
    char *program = strdup(line->program);
    if (grown != NULL) {
        merged->sources = grown;
    }
    if (grown == NULL || program == NULL) {
        free(program);
        return NULL;
    }
    grown[merged->source_count] = (struct source){.pid = line->pid, .program = program};
    return &grown[merged->source_count++];
}

/* What one line says. False: no memory. */
static bool take_line(struct merged *merged, const struct report_line *line)
{
    struct source *source = source_of(merged, line);
    if (source != NULL && line->ways.told) {
        ways_add(&merged->ways, &line->ways);
        merged->told += !source->told;
        source->told = true;
        return true;
    }
    return source != NULL && add(merged, line, merged->files + (unsigned)(source - merged->sources));
}

/* The sources of the file at hand have been read. */
static void count_sources(struct merged *merged)
{
    merged->files += merged->source_count > 0 ? (unsigned)merged->source_count : 1;
    for (size_t i = 0; i < merged->source_count; i++) {
        free(merged->sources[i].program);
    }
    merged->source_count = 0;
}

static int read_file(struct merged *merged, int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;
    if (file == NULL) {
        return fail(EXIT_DRAGOMAN, "db report: %s: %s (make it readable)", name, strerror(errno));
    }
    char *text = NULL;
    size_t room = 0;
    bool whole = true;
    while (whole && getline(&text, &room, file) > 0) {
        struct report_line line;
        if (report_line_parse(text, &line)) {
            whole = take_line(merged, &line);
        } else {
            merged->unreadable++;
        }
    }
    count_sources(merged);
    free(text);
    fclose(file);
    return whole ? 0 : fail(EXIT_DRAGOMAN, "db report: %s (free some memory)", strerror(ENOMEM));
}

static int read_folder(struct merged *merged, const char *path)
{
    DIR *dir = opendir(path);
    int status = 0;
    if (dir == NULL) {
        return fail(EXIT_DRAGOMAN, "db report: %s: %s (name the directory that `run --report` wrote to)", path,
                    strerror(errno));
    }
    for (struct dirent *entry; status == 0 && (entry = readdir(dir)) != NULL;) {
        if (fnmatch("*.jsonl", entry->d_name, FNM_PERIOD) == 0) {
            status = read_file(merged, dirfd(dir), entry->d_name);
        }
    }
    closedir(dir);
    return status;
}

static int by_count(const void *a, const void *b)
{
    const struct miss *x = a;
    const struct miss *y = b;
    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    int names = strcmp(x->first.call, y->first.call);
    return names != 0 ? names : strcmp(x->first.detail, y->first.detail);
}

static void print_text(const struct merged *merged)
{
    if (merged->count == 0) {
        printf("Nothing was missed, in %u processes.\n", merged->files);
    } else {
        printf("%10s %9s  %-8s %-24s %s\n", "times", "processes", "level", "call", "detail");
    }
    for (size_t i = 0; i < merged->count; i++) {
        const struct miss *m = &merged->misses[i];
        struct report_line first = m->first; /* a program that was kept in may have written it */
        plain_message(first.level, strlen(first.level));
        plain_message(first.call, strlen(first.call));
        plain_message(first.detail, strlen(first.detail));
        printf("%10" PRId64 " %9u  %-8s %-24s %s\n", m->count, m->processes, first.level,
               first.call[0] != '\0' ? first.call : "-", first.detail);
    }
    if (merged->ways.told) {
        printf("Of %u programs run, %u told by which ways their calls came in:\n", merged->files, merged->told);
        ways_print(&merged->ways, stdout);
    }
    if (merged->unreadable != 0) {
        printf("%u lines were cut off or are no report.\n", merged->unreadable);
    }
}

static void print_json(const struct merged *merged)
{
    struct json j = {.out = stdout};
    json_object(&j, NULL);
    json_number(&j, "files", merged->files);
    json_number(&j, "unreadable", merged->unreadable);
    json_number(&j, "told", merged->told);
    ways_json(&merged->ways, &j);
    json_array(&j, "missed");
    for (size_t i = 0; i < merged->count; i++) {
        const struct miss *m = &merged->misses[i];
        json_object(&j, NULL);
        json_string(&j, "personality", m->first.personality);
        json_string(&j, "call", m->first.call[0] != '\0' ? m->first.call : NULL);
        json_number(&j, "number", m->first.number);
        json_string(&j, "level", m->first.level);
        json_string(&j, "detail", m->first.detail);
        json_number(&j, "count", m->count);
        json_number(&j, "processes", m->processes);
        json_string(&j, "program", m->first.program);
        json_end_object(&j);
    }
    json_end_array(&j);
    json_end_object(&j);
}

int db_report(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (argv[i][0] == '-' || path != NULL) {
            return fail(EXIT_DRAGOMAN, "db report: %s: not understood (dragoman db report [--json] DIR)", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        return fail(EXIT_DRAGOMAN, "db report: the directory is missing (dragoman db report DIR)");
    }
    struct merged merged = {0};
    int status = read_folder(&merged, path);
    if (status == 0) {
        if (merged.count > 0) {
            qsort(merged.misses, merged.count, sizeof *merged.misses, by_count);
        }
        if (json) {
            print_json(&merged);
        } else {
            print_text(&merged);
        }
        status = finish_output(stdout);
    }
    for (size_t i = 0; i < merged.count; i++) {
        free(merged.misses[i].sources);
    }
    free(merged.misses);
    free(merged.sources);
    return status;
}
