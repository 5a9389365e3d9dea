/* Reading /proc/PID/stat and /proc/PID/status: see host_record.h. */
#include "process/host_record.h"

#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

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

int host_record_parse(const char *text, struct host_record *out)
{
    int64_t id;
    memset(out, 0, sizeof *out);
    number(text, &id);
    out->id = (int32_t)id;
    /* The command stands in parentheses and may hold any, so its end is the last one. */
    const char *open = hot_strchr(text, '('), *close = hot_strrchr(text, ')');
    if (open == NULL || close == NULL || close < open || close[1] != ' ' || close[2] == '\0') {
        return -EINVAL;
    }
    size_t length = (size_t)(close - open - 1);
    length = length < sizeof out->name - 1 ? length : sizeof out->name - 1;
    memcpy(out->name, open + 1, length);
    out->state = close[2];
    const char *at = close + 3;
    for (int i = 0; i < HOST_FIELDS && *at == ' '; i++) {
        at = number(at + 1, &out->field[i]);
    }
    return 0;
}

static const char *file_of(struct text *x, int32_t pid, int32_t tid, const char *file)
{
    if (tid != 0) {
        text_format(x, "/proc/%d/task/%d/%s", pid, tid, file);
    } else {
        text_format(x, "/proc/%d/%s", pid, file);
    }
    return text_cstr(x);
}

int host_record_read(int32_t pid, int32_t tid, struct host_record *out)
{
    char path[64], text[1024];
    struct text x = TEXT_ON(path);
    int64_t n = host_file_read(file_of(&x, pid, tid, "stat"), text, sizeof text);
    return n < 0 ? (int)n : n == 0 ? -ESRCH : host_record_parse(text, out);
}

int64_t host_status_read(int32_t pid, int32_t tid, char *text, size_t size)
{
    char path[64];
    struct text x = TEXT_ON(path);
    text[0] = '\0';
    return host_file_read(file_of(&x, pid, tid, "status"), text, size);
}

const char *host_status_find(const char *text, const char *key)
{
    size_t length = hot_strlen(key);
    for (const char *line = text; line != NULL; line = hot_strchr(line, '\n')) {
        line += *line == '\n';
        if (hot_strncmp(line, key, length) == 0 && line[length] == ':') {
            line += length + 1;
            while (*line == ' ' || *line == '\t') {
                line++;
            }
            return line;
        }
    }
    return NULL;
}

uint64_t host_status_number(const char *text, const char *key, unsigned which)
{
    const char *at = host_status_find(text, key);
    int64_t value = 0;
    while (at != NULL) {
        at = number(at, &value);
        if (which-- == 0) {
            return (uint64_t)value;
        }
        if (*at != ' ' && *at != '\t') {
            break;
        }
        at++;
    }
    return 0;
}

uint64_t host_status_set(const char *text, const char *key)
{
    uint64_t set = 0;
    for (const char *at = host_status_find(text, key); at != NULL; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 : -1;
        if (digit < 0) {
            break;
        }
        set = set << 4 | (uint64_t)digit;
    }
    return set;
}
