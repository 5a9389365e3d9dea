/* `dragoman ps`: the user's guests, as the process table names them and the host confirms them. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/settings.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/message.h"
#include "process/host_stat.h"
#include "process/table.h"
#include "process/thread.h"

/* Names come from guests: what a terminal would obey must not reach it. */
static void print_plain(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && bytes[i] != '\0'; i++) {
        unsigned char c = (unsigned char)bytes[i];
        putchar(c < 0x20 || c == 0x7f ? '?' : c);
    }
}

/* The argument at *at, and *at moved to the next; an argument that was cut ends where the bytes do. */
static const char *next_argument(const struct process_table_entry *e, size_t *at, char *copy)
{
    size_t length = strnlen(e->args + *at, e->args_size - *at);
    memcpy(copy, e->args + *at, length);
    copy[length] = '\0';
    *at += length + 1;
    return copy;
}

static void print_line(const struct process_table_entry *e, const struct host_stat *now)
{
    char copy[PROCESS_TABLE_ARGS + 1];
    printf("%7d %7d %c    ", e->pid, now->parent, now->state);
    print_plain(e->personality, sizeof e->personality);
    printf(" %-8u ", e->release);
    if (e->args_size == 0) {
        print_plain(e->program, sizeof e->program);
    }
    for (size_t at = 0; at < e->args_size;) {
        printf("%s", at > 0 ? " " : "");
        print_plain(next_argument(e, &at, copy), sizeof copy);
    }
    printf("%s\n", e->args_size < e->args_total ? " ..." : "");
}

/* The guest's own: those of the engine's have a name that no guest's has (process/thread.h). */
static int threads_of(const struct process_table_entry *e, const struct host_stat *now)
{
    char path[64];
    int engine = 0;
    snprintf(path, sizeof path, "/proc/%d/task", e->pid);
    DIR *tasks = opendir(path);
    for (struct dirent *d; tasks != NULL && (d = readdir(tasks)) != NULL;) {
        char file[sizeof path + sizeof d->d_name + 8], name[32] = "";
        snprintf(file, sizeof file, "%s/%s/comm", path, d->d_name);
        FILE *in = fopen(file, "r");
        if (in != NULL) {
            engine += fgets(name, sizeof name, in) != NULL && strcmp(name, ENGINE_THREAD_NAME "\n") == 0;
            fclose(in);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return engine < now->threads ? now->threads - engine : now->threads;
}

static void print_json(struct json *j, const struct process_table_entry *e, const struct host_stat *now)
{
    char copy[PROCESS_TABLE_ARGS + 1], state[2] = {now->state, '\0'};
    json_object(j, NULL);
    json_number(j, "pid", e->pid);
    json_number(j, "parent", now->parent);
    json_number(j, "group", now->group);
    json_number(j, "session", now->session);
    json_number(j, "uid", e->uid);
    json_string(j, "state", state);
    json_number(j, "threads", threads_of(e, now));
    json_string(j, "personality", e->personality);
    json_number(j, "release", e->release);
    json_string(j, "command", e->command);
    json_string(j, "program", e->program);
    json_array(j, "arguments");
    for (size_t at = 0; at < e->args_size;) {
        json_string(j, NULL, next_argument(e, &at, copy));
    }
    json_end_array(j);
    json_bool(j, "arguments_cut", e->args_size < e->args_total);
    json_end_object(j);
}

static void list(const struct process_table *table, struct json *j)
{
    struct process_table_entry e;
    struct host_stat now;
    for (uint32_t slot = 0; slot < PROCESS_TABLE_SLOTS; slot++) {
        /* An entry outlives a process that was killed: its start time tells it from the pid's next owner. */
        if (process_table_at(table, slot, &e) != 0 || host_stat_read(e.pid, &now) != 0 || now.start != e.start) {
            continue;
        }
        if (j != NULL) {
            print_json(j, &e, &now);
        } else {
            print_line(&e, &now);
        }
    }
}

static const struct process_table *find_table(void)
{
    char directory[SETTINGS_TABLE_MAX];
    struct process_table *table = NULL;
    for (unsigned i = 0; table == NULL && process_table_directory(i, directory, sizeof directory); i++) {
        table = process_table_map(directory, false, NULL);
    }
    return table;
}

int cmd_ps(int argc, char **argv)
{
    struct json j = {.out = stdout};
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && argv[1][0] != '-') {
        return fail(EXIT_DRAGOMAN, "ps: %s: instances are not supported yet (dragoman ps lists all your guests)",
                    argv[1]);
    }
    if (argc > 1 && !json) {
        return fail(EXIT_DRAGOMAN, "ps: %s: unknown option (dragoman help ps)", argv[1]);
    }
    const struct process_table *table = find_table(); /* none: no guest was ever started here */
    if (json) {
        json_array(&j, NULL);
    } else {
        printf("%7s %7s %s %-7s %-8s %s\n", "PID", "PPID", "STAT", "SYSTEM", "RELEASE", "COMMAND");
    }
    if (table != NULL) {
        list(table, json ? &j : NULL);
    }
    if (json) {
        json_end_array(&j);
    }
    return finish_output(stdout);
}
