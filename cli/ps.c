/* `dragoman ps`: the user's guests, as the process table names them and the host confirms them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/plain.h"
#include "base/settings.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/keeper_link.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "instance/mark.h"
#include "process/host_stat.h"
#include "process/table.h"
#include "process/thread.h"

/* Names come from guests: what a terminal would obey must not reach it. */
static void print_plain(const char *bytes, size_t size)
{
    size = strnlen(bytes, size);
    for (size_t i = 0, step; i < size; i += step) {
        bool plain;
        step = plain_step(bytes + i, size - i, &plain);
        if (plain) {
            fwrite(bytes + i, 1, step, stdout);
        } else {
            putchar('?');
        }
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
    if (e->release != 0) {
        printf(" %-8u ", e->release);
    } else {
        printf(" %-8s ", "-"); /* only FreeBSD's programs see a number */
    }
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
static int threads_of(int proc, const struct process_table_entry *e, const struct host_stat *now)
{
    char path[64];
    int engine = 0;
    snprintf(path, sizeof path, "%d/task", e->pid);
    int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *tasks = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *d; tasks != NULL && (d = readdir(tasks)) != NULL;) {
        char file[sizeof d->d_name + 8], name[32] = "";
        snprintf(file, sizeof file, "%s/comm", d->d_name);
        int in = openat(fd, file, O_RDONLY | O_CLOEXEC);
        if (in >= 0) {
            engine += read(in, name, sizeof name - 1) > 0 && strcmp(name, ENGINE_THREAD_NAME "\n") == 0;
            close(in);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return engine < now->threads ? now->threads - engine : now->threads;
}

static void print_json(struct json *j, int proc, const struct process_table_entry *e, const struct host_stat *now)
{
    char copy[PROCESS_TABLE_ARGS + 1], state[2] = {now->state, '\0'};
    json_object(j, NULL);
    json_number(j, "pid", e->pid);
    json_number(j, "parent", now->parent);
    json_number(j, "group", now->group);
    json_number(j, "session", now->session);
    json_number(j, "uid", e->uid);
    json_string(j, "state", state);
    json_number(j, "threads", threads_of(proc, e, now));
    json_string(j, "personality", e->personality);
    if (e->release != 0) {
        json_number(j, "release", e->release);
    } else {
        json_string(j, "release", NULL);
    }
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

/* Whose processes are looked at. */
struct view {
    int proc;      /* the host's /proc, or an instance's */
    uint64_t mark; /* of an instance whose processes are the host's (instance/mark.h); 0: all that are there */
};

/* What /proc says of a process. Returns whether there is one. */
static bool ask(const struct view *v, int32_t pid, struct host_stat *now)
{
    char path[32], text[1024];
    if (v->mark != 0 && !mark_has(v->mark, pid)) {
        return false;
    }
    snprintf(path, sizeof path, "%d/stat", pid);
    int fd = openat(v->proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n <= 0) {
        return false;
    }
    text[n] = '\0';
    return host_stat_parse(text, now) == 0;
}

static void list(const struct process_table *table, const struct view *v, struct json *j)
{
    struct process_table_entry e;
    struct host_stat now;
    for (uint32_t slot = 0; slot < PROCESS_TABLE_SLOTS; slot++) {
        /* An entry outlives a process that was killed: its start time tells it from the pid's next owner. */
        if (process_table_at(table, slot, &e) != 0 || !ask(v, e.pid, &now) || now.start != e.start) {
            continue;
        }
        if (j != NULL) {
            print_json(j, v->proc, &e, &now);
        } else {
            print_line(&e, &now);
        }
    }
}

/* Whether the table tells of it, believably. */
static bool is_told(const struct process_table *table, int32_t pid, uint64_t start)
{
    struct process_table_entry e;
    for (uint32_t slot = 0; slot < PROCESS_TABLE_SLOTS; slot++) {
        if (process_table_at(table, slot, &e) == 0 && e.pid == pid && e.start == start) {
            return true;
        }
    }
    return false;
}

static void name_of(int proc, const char *pid, char *name, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%.16s/comm", pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, name, size - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    name[n > 0 ? n : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

/*
 * An instance's guests write its table, and may write what they like: processes that the kernel has there and the table
 * has not are shown by what the kernel knows of them. Process 1 is the keeper.
 */
static void list_untold(const struct process_table *table, const struct view *v, struct json *j)
{
    struct host_stat now;
    int fd = openat(v->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *d; all != NULL && (d = readdir(all)) != NULL;) {
        char *end;
        long pid = strtol(d->d_name, &end, 10);
        if (*end != '\0' || pid <= 1 || !ask(v, (int32_t)pid, &now) || is_told(table, (int32_t)pid, now.start)) {
            continue;
        }
        struct process_table_entry e = {.pid = (int32_t)pid, .start = now.start, .personality = "?"};
        name_of(v->proc, d->d_name, e.command, sizeof e.command);
        snprintf(e.program, sizeof e.program, "[%s]", e.command);
        if (j != NULL) {
            print_json(j, v->proc, &e, &now);
        } else {
            print_line(&e, &now);
        }
    }
    if (all != NULL) {
        closedir(all);
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

static int write_list(const struct process_table *table, const struct view *v, bool is_instance, bool as_json)
{
    struct json j = {.out = stdout};
    if (as_json) {
        json_array(&j, NULL);
    } else {
        printf("%7s %7s %s %-7s %-8s %s\n", "PID", "PPID", "STAT", "SYSTEM", "RELEASE", "COMMAND");
    }
    if (table != NULL) {
        list(table, v, as_json ? &j : NULL);
    }
    if (is_instance) {
        list_untold(table, v, as_json ? &j : NULL);
    }
    if (as_json) {
        json_end_array(&j);
    }
    return finish_output(stdout);
}

static int list_own(bool as_json)
{
    const struct view all = {.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (all.proc < 0) {
        return fail(EXIT_DRAGOMAN, "/proc: %s (mount it)", strerror(errno));
    }
    return write_list(find_table(), &all, false, as_json); /* no table: no guest was ever started here */
}

/* What the keeper hands out is the table that the instance's guests write, and the kernel's view of its processes. */
static int list_instance(const char *name, bool as_json)
{
    struct keeper_link link;
    struct keeper_message m = {.kind = KEEPER_PS};
    int fds[KEEPER_DESCRIPTORS];
    unsigned count;
    if (!instance_name_ok(name)) {
        return fail(EXIT_DRAGOMAN, "ps: %s: no instance is called so (dragoman instance list)", name);
    }
    if (keeper_find(name, &link) != 0) {
        return fail(EXIT_DRAGOMAN, "ps: %s: it is not running (dragoman start %s)", name, name);
    }
    if (channel_send(link.socket, &m, NULL, 0) != 0 || keeper_answer(&link, &m, fds, &count) != 1 ||
        m.kind != KEEPER_TABLE || count != 2) {
        return fail(EXIT_DRAGOMAN, "ps: %s: its keeper does not answer (it may have ended meanwhile)", name);
    }
    struct process_table *table = process_table_map_fd(fds[0], false, NULL);
    if (table == NULL) {
        return fail(EXIT_DRAGOMAN, "ps: %s: its process table is damaged (stop the instance, and start it anew)", name);
    }
    const struct view inside = {.proc = fds[1], .mark = m.number[0]};
    return write_list(table, &inside, true, as_json);
}

int cmd_ps(int argc, char **argv)
{
    bool as_json = false;
    const char *name = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--format=json") == 0) {
            as_json = true;
        } else if (strcmp(argv[i], "--format") == 0 && i + 1 < argc && strcmp(argv[i + 1], "json") == 0) {
            as_json = true; /* podman's spelling */
            i++;
        } else if (strcmp(argv[i], "-a") == 0 || strcmp(argv[i], "--all") == 0) {
            return fail(EXIT_DRAGOMAN, "ps: %s: processes are all listed (dragoman instance list tells of instances)",
                        argv[i]);
        } else if (argv[i][0] == '-') {
            return fail(EXIT_DRAGOMAN, "ps: %s: unknown option (dragoman help ps)", argv[i]);
        } else if (name != NULL) {
            return fail(EXIT_DRAGOMAN, "ps: %s: takes one instance (dragoman help ps)", argv[i]);
        } else {
            name = argv[i];
        }
    }
    return name != NULL ? list_instance(name, as_json) : list_own(as_json);
}
