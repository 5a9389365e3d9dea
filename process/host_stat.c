/* /proc/PID/stat, for the few fields by which one process knows another. */
#include "process/host_stat.h"

#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

/* Positions after the state: proc_pid_stat(5) numbers them from 4 on. */
enum { PARENT, GROUP, SESSION, USER = 10, SYSTEM, THREADS = 16, START = 18, RESIDENT = 20, FIELDS };

static const char *number(const char *at, int64_t *value)
{
    bool negative = *at == '-';
    uint64_t v = 0;
    for (at += negative; *at >= '0' && *at <= '9'; at++) {
        v = v * 10 + (uint64_t)(*at - '0');
    }
    *value = (int64_t)(negative ? 0 - v : v);
    return at;
}

int host_stat_parse(const char *text, struct host_stat *out)
{
    int64_t field[FIELDS];
    /* The command stands in parentheses and may hold any, so its end is the last one. */
    const char *at = hot_strrchr(text, ')');
    if (at == NULL || at[1] != ' ' || at[2] == '\0') {
        return -EINVAL;
    }
    out->state = at[2];
    at += 3;
    for (int i = 0; i < FIELDS; i++) {
        if (*at != ' ') {
            return -EINVAL;
        }
        at = number(at + 1, &field[i]);
    }
    out->parent = (int32_t)field[PARENT];
    out->group = (int32_t)field[GROUP];
    out->session = (int32_t)field[SESSION];
    out->threads = (int32_t)field[THREADS];
    out->start = (uint64_t)field[START];
    out->user = (uint64_t)field[USER];
    out->system = (uint64_t)field[SYSTEM];
    out->resident = (uint64_t)field[RESIDENT];
    return 0;
}

int host_stat_read(int32_t pid, struct host_stat *out)
{
    char path[48], text[1024];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/%d/stat", pid);
    int64_t n = host_file_read(text_cstr(&x), text, sizeof text);
    if (n < 0) {
        return (int)n;
    }
    return host_stat_parse(text, out);
}
