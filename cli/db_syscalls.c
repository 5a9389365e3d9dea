/*
 * `dragoman db syscalls` and `db show`: the generated tables as text and JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/db.h"
#include "cli/json.h"
#include "cli/message.h"
#include "compat-db/syscall_db.h"

static const struct syscall_db *const tables[] = {&freebsd_syscall_db, &linux_syscall_db, &linux_i386_syscall_db,
                                                  &linux_x32_syscall_db, NULL};
static const char *const levels[] = {"full", "partial", "stub", "nosys", "absent", NULL};

enum { LEVELS = sizeof levels / sizeof levels[0] - 1 };

static const struct syscall_db *table_called(const char *name)
{
    for (size_t i = 0; tables[i] != NULL; i++) {
        if (name == NULL || strcmp(tables[i]->personality, name) == 0) {
            return tables[i];
        }
    }
    fail(EXIT_DRAGOMAN, "db syscalls: no personality is called `%s` (known: freebsd, linux, linux-i386, linux-x32)",
         name);
    return NULL;
}

static void count_levels(const struct syscall_db *db, unsigned counts[LEVELS])
{
    memset(counts, 0, LEVELS * sizeof counts[0]);
    for (size_t i = 0; i < db->count; i++) {
        for (size_t level = 0; level < LEVELS; level++) {
            counts[level] += strcmp(db->docs[i].level, levels[level]) == 0;
        }
    }
}

static enum style style_of(const char *level)
{
    if (strcmp(level, "full") == 0) {
        return STYLE_GOOD;
    }
    if (strcmp(level, "nosys") == 0) {
        return STYLE_BAD;
    }
    return strcmp(level, "absent") == 0 ? STYLE_PLAIN : STYLE_WARN;
}

static void print_text(const struct syscall_db *db)
{
    unsigned counts[LEVELS];
    for (size_t i = 0; i < db->count; i++) {
        const struct syscall_doc *doc = &db->docs[i];
        printf("%5u  %-28s %s%-8s%s%s%s\n", doc->number, doc->name, style_on(stdout, style_of(doc->level)), doc->level,
               style_on(stdout, STYLE_PLAIN), doc->note[0] != '\0' ? " " : "", doc->note);
    }
    count_levels(db, counts);
    printf("\n%s: %zu calls:", db->personality, db->count);
    for (size_t level = 0; level < LEVELS; level++) {
        printf("%s %u %s", level > 0 ? "," : "", counts[level], levels[level]);
    }
    putchar('\n');
}

static void json_doc(struct json *j, const struct syscall_doc *doc)
{
    json_object(j, NULL);
    json_number(j, "number", doc->number);
    json_string(j, "name", doc->name);
    json_string(j, "level", doc->level);
    json_string(j, "handler", doc->handler);
    json_string(j, "signature", doc->signature);
    json_string(j, "errors", doc->errors);
    json_string(j, "note", doc->note[0] != '\0' ? doc->note : NULL);
    json_end_object(j);
}

static void print_json(const struct syscall_db *db)
{
    struct json j = {.out = stdout};
    unsigned counts[LEVELS];
    count_levels(db, counts);
    json_object(&j, NULL);
    json_string(&j, "personality", db->personality);
    json_object(&j, "counts");
    for (size_t level = 0; level < LEVELS; level++) {
        json_number(&j, levels[level], counts[level]);
    }
    json_end_object(&j);
    json_array(&j, "syscalls");
    for (size_t i = 0; i < db->count; i++) {
        json_doc(&j, &db->docs[i]);
    }
    json_end_array(&j);
    json_end_object(&j);
}

int db_syscalls(int argc, char **argv)
{
    const char *personality = NULL;
    int json = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
        } else if (argv[i][0] == '-' || personality != NULL) {
            return fail(EXIT_DRAGOMAN, "db syscalls: %s: not understood (dragoman db syscalls [--json] [PERSONALITY])",
                        argv[i]);
        } else {
            personality = argv[i];
        }
    }
    const struct syscall_db *db = table_called(personality);
    if (db == NULL) {
        return EXIT_DRAGOMAN;
    }
    if (json) {
        print_json(db);
    } else {
        print_text(db);
    }
    return finish_output(stdout);
}

static void show(const struct syscall_db *db, const struct syscall_doc *doc)
{
    printf("%s (%s, number %u)\n", doc->name, db->personality, doc->number);
    printf("  level      %s\n", doc->level);
    if (doc->note[0] != '\0') {
        printf("  note       %s\n", doc->note);
    }
    printf("  signature  %s\n", doc->signature);
    if (doc->errors[0] != '\0') {
        printf("  errors     %s\n", doc->errors);
    }
    printf("  handler    %s\n", doc->handler);
}

/* Whether a call's name ends in `name` after what marks generations or internals: freebsd11_kevent, _umtx_op. */
static int is_variant(const char *call, const char *name)
{
    size_t call_length = strlen(call);
    size_t length = strlen(name);
    return call_length > length && call[call_length - length - 1] == '_' &&
           strcmp(call + call_length - length, name) == 0 &&
           (call[0] == '_' || strncmp(call, "freebsd", strlen("freebsd")) == 0);
}

/* The call whose name is nearest to a misspelt one, over all tables; NULL where none is near. */
static const char *nearest_call(const char *name)
{
    const char *best = NULL;
    for (size_t t = 0; tables[t] != NULL; t++) {
        const char **names = calloc(tables[t]->count + 1, sizeof *names);
        for (size_t i = 0; names != NULL && i < tables[t]->count; i++) {
            names[i] = tables[t]->docs[i].name;
        }
        best = best == NULL && names != NULL ? nearest(name, names) : best;
        free(names);
    }
    return best;
}

int db_show(int argc, char **argv)
{
    if (argc != 2) {
        return fail(EXIT_DRAGOMAN, "db show: the name or number of one call is wanted (dragoman db show kevent)");
    }
    char *end;
    unsigned long number = strtoul(argv[1], &end, 10);
    int by_number = *end == '\0' && argv[1][0] >= '0' && argv[1][0] <= '9';
    unsigned found = 0;
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct syscall_doc *doc = &tables[t]->docs[i];
            if (by_number ? doc->number == number : strcmp(doc->name, argv[1]) == 0 || is_variant(doc->name, argv[1])) {
                if (found++ > 0) {
                    putchar('\n');
                }
                show(tables[t], doc);
            }
        }
    }
    const char *hint = found == 0 && !by_number ? nearest_call(argv[1]) : NULL;
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "db show: no call is named `%s` (did you mean %s?)", argv[1], hint);
    }
    if (found == 0) {
        return fail(EXIT_DRAGOMAN, "db show: no call is named `%s` (dragoman db syscalls lists them)", argv[1]);
    }
    return finish_output(stdout);
}
