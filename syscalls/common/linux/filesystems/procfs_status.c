/* /proc/self/status where the engine keeps ids and capabilities. Source: fs/proc/array.c. */
#include "base/format.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/common/linux/filesystems/procfs.h"
#include "vfs/metadata.h"

#define GROUP_ROOM 11 /* an id of ten digits, and a space */

size_t linux_proc_status_room(struct thread *t)
{
    return (size_t)credentials_of(t)->group_count * GROUP_ROOM;
}

static void put_ids(struct text *x, const struct process_ids *ids, uint32_t files)
{
    text_format(x, "%u\t%u\t%u\t%u\n", ids->real, ids->effective, ids->saved, files);
}

static void put_groups(struct text *x, const struct credentials *c)
{
    for (uint32_t i = 0; i < c->group_count; i++) {
        text_format(x, "%u ", c->group[i]);
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

/* What stands behind the name of a line. False: the host's. */
static bool put_value(struct text *x, const struct credentials *c, const char *line, size_t n)
{
    const struct {
        const char *name;
        uint64_t set;
    } sets[] = {
        {"CapInh:", c->inheritable}, {"CapPrm:", c->permitted}, {"CapEff:", c->effective},
        {"CapBnd:", c->bounding},    {"CapAmb:", c->ambient},
    };
    static const char *const others[] = {"Uid:", "Gid:", "Groups:", "NoNewPrivs:"};

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (hot_strlen(sets[i].name) == n && hot_strncmp(line, sets[i].name, n) == 0) {
            text_format(x, "%s\t", sets[i].name);
            put_set(x, sets[i].set);
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (hot_strlen(others[i]) != n || hot_strncmp(line, others[i], n) != 0) {
            continue;
        }
        text_format(x, "%s\t", others[i]);
        if (i == 0) {
            put_ids(x, &c->users, c->fsuid);
        } else if (i == 1) {
            put_ids(x, &c->groups, c->fsgid);
        } else if (i == 2) {
            put_groups(x, c);
        } else {
            text_str(x, c->no_new_privs ? "1\n" : "0\n");
        }
        return true;
    }
    return false;
}

void linux_proc_put_status(struct thread *t, struct text *x, const char *host)
{
    while (*host) {
        const char *end = hot_strchr(host, '\n');
        size_t n = end ? (size_t)(end - host) + 1 : hot_strlen(host);
        const char *colon = hot_strchr(host, ':');
        size_t name = colon && colon < host + n ? (size_t)(colon - host) + 1 : 0;

        if (name == 0 || !put_value(x, credentials_of(t), host, name)) {
            text_bytes(x, host, n);
        }
        host += n;
    }
}
