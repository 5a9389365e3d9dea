/* See status_text.h. Source: fs/proc/array.c. */
#include "syscalls/common/status_text.h"

#include "base/format.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/credentials.h"
#include "process/host_record.h"
#include "process/table.h"
#include "vfs/metadata.h"

#define GROUP_ROOM 11 /* an id of ten digits, and a space */

size_t status_text_room(struct thread *t)
{
    return (size_t)credentials_of(t)->group_count * GROUP_ROOM;
}

/* What is shown of a process. */
struct shown {
    const struct process *p; /* the caller's */
    bool known;              /* it is a guest's; else the host's ids, as files of such owners are shown */
    struct process_table_ids ids;
    const uint32_t *group;
    uint32_t group_count;
};

static void put_ids(struct text *x, const struct process_ids *ids, uint32_t files)
{
    text_format(x, "%u\t%u\t%u\t%u\n", ids->real, ids->effective, ids->saved, files);
}

static void put_groups(struct text *x, const struct shown *s)
{
    for (uint32_t i = 0; i < s->group_count; i++) {
        text_format(x, "%u ", s->group[i]);
    }
    text_char(x, '\n');
}

/* 16 hexadecimal digits. */
static void put_set(struct text *x, uint64_t set)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        text_char(x, "0123456789abcdef"[set >> shift & 15]);
    }
    text_char(x, '\n');
}

/* The rest of a line of ids, as the host has it, in which the guests' own user is root. */
static void put_hosts(struct text *x, const char *line, const char *end, uint32_t own)
{
    while (line < end) {
        uint32_t id = 0;
        const char *from = line;

        for (; line < end && *line >= '0' && *line <= '9'; line++) {
            id = id * 10 + (uint32_t)(*line - '0');
        }
        if (line > from && id == own) {
            text_char(x, '0');
        } else {
            text_bytes(x, from, (size_t)(line - from));
        }
        if (line < end) {
            text_char(x, *line++);
        }
    }
}

enum line { USERS, GROUPS, OTHER_GROUPS, NO_NEW_PRIVS, LINES };

/* A line whose name ends at `value`. */
static void put_line(struct text *x, const struct shown *s, enum line which, const char *value, const char *end)
{
    if (!s->known && which != NO_NEW_PRIVS) {
        put_hosts(x, value, end, which == USERS ? s->p->host_user : s->p->host_group);
        return;
    }
    if (!s->known) {
        text_bytes(x, value, (size_t)(end - value));
        return;
    }
    text_char(x, '\t');
    if (which == USERS) {
        put_ids(x, &s->ids.users, s->ids.fsuid);
    } else if (which == GROUPS) {
        put_ids(x, &s->ids.groups, s->ids.fsgid);
    } else if (which == OTHER_GROUPS) {
        put_groups(x, s);
    } else {
        text_str(x, s->ids.no_new_privs != 0 ? "1\n" : "0\n");
    }
}

static bool is_named(const char *line, const char *value, const char *name)
{
    return hot_strlen(name) == (size_t)(value - line) && hot_strncmp(line, name, (size_t)(value - line)) == 0;
}

/* A line with the part that is behind its name. False: the host's is good. */
static bool put_own(struct text *x, const struct shown *s, const char *line, const char *value, const char *end)
{
    const struct {
        const char *name;
        uint64_t set;
    } sets[] = {
        {"CapInh:", s->ids.inheritable}, {"CapPrm:", s->ids.permitted}, {"CapEff:", s->ids.effective},
        {"CapBnd:", s->ids.bounding},    {"CapAmb:", s->ids.ambient},
    };
    static const char *const others[LINES] = {"Uid:", "Gid:", "Groups:", "NoNewPrivs:"};

    for (unsigned i = 0; s->known && i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (is_named(line, value, sets[i].name)) {
            text_format(x, "%s\t", sets[i].name);
            put_set(x, sets[i].set);
            return true;
        }
    }
    for (unsigned i = 0; i < LINES; i++) {
        if (is_named(line, value, others[i])) {
            text_str(x, others[i]);
            put_line(x, s, (enum line)i, value, end);
            return true;
        }
    }
    return false;
}

/* A thread's directory, too, is found by its number in /proc, and in the directories of other threads. */
static int32_t process_of(const char *text)
{
    static const char name[] = "\nTgid:\t";
    int32_t pid = 0;

    for (const char *s = text; *s; s++) {
        if (hot_strncmp(s, name, sizeof(name) - 1) == 0) {
            for (s += sizeof(name) - 1; *s >= '0' && *s <= '9'; s++) {
                pid = pid * 10 + (*s - '0');
            }
            break;
        }
    }
    return pid;
}

static void find_shown(struct thread *t, const char *host, struct shown *s)
{
    int32_t pid = process_of(host);
    const struct credentials *c = credentials_of(t);

    *s = (struct shown){.p = t->proc, .known = true};
    if (pid == t->proc->pid) {
        process_table_ids_from(c, &s->ids);
        s->group = c->group;
        s->group_count = c->group_count;
    } else {
        s->known = credentials_of_other(t, pid, &s->ids) == 0;
    }
}

void status_text_put(struct thread *t, struct text *x, const char *host)
{
    struct shown s;

    find_shown(t, host, &s);
    while (*host) {
        const char *newline = hot_strchr(host, '\n');
        const char *end = newline ? newline + 1 : host + hot_strlen(host);
        const char *colon = hot_strchr(host, ':');

        if (!colon || colon >= end || !put_own(x, &s, host, colon + 1, end)) {
            text_bytes(x, host, (size_t)(end - host));
        }
        host = end;
    }
}

int64_t status_text_read(struct thread *t, int32_t pid, int32_t tid, char *text, size_t size)
{
    char host[HOST_STATUS_MAX];
    struct text x = {.at = text, .size = size};
    int64_t r;

    if (!t->proc->credentials) {
        return host_status_read(pid, tid, text, size);
    }
    r = host_status_read(pid, tid, host, sizeof(host));
    if (r > 0) {
        status_text_put(t, &x, host);
        r = (int64_t)hot_strlen(text_cstr(&x));
    }
    return r;
}
