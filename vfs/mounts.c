/* Reading the host's mount table; see mounts.h. */
#include "vfs/mounts.h"

#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

#include <linux/fcntl.h>

#define LINE_MAX 4096

int64_t mounts_open(struct mount_table *m)
{
    int64_t fd = host_open("/proc/self/mountinfo", O_RDONLY);

    m->fd = (int32_t)fd;
    m->at = m->filled = 0;
    return fd < 0 ? fd : 0;
}

void mounts_close(struct mount_table *m)
{
    host_call1(__NR_close, m->fd);
}

/* Reads a line, without its end; what does not fit is dropped. False at the end of the table. */
static bool read_line(struct mount_table *m, char *line)
{
    uint32_t n = 0;

    for (;;) {
        if (m->at == m->filled) {
            int64_t got = host_call3(__NR_read, m->fd, m->buffer, sizeof(m->buffer));

            if (got <= 0) {
                line[n] = 0;
                return n > 0;
            }
            m->at = 0;
            m->filled = (uint32_t)got;
        }
        if (m->buffer[m->at] == '\n') {
            m->at++;
            line[n] = 0;
            return true;
        }
        if (n < LINE_MAX - 1) {
            line[n++] = m->buffer[m->at];
        }
        m->at++;
    }
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Copies one field, undoing the table's \040-style escapes. Returns what follows it. */
static const char *take_field(const char *s, char *to, size_t size)
{
    size_t n = 0;

    while (*s != 0 && *s != ' ') {
        char c = *s++;

        if (c == '\\' && is_octal(s[0]) && is_octal(s[1]) && is_octal(s[2])) {
            c = (char)((s[0] - '0') << 6 | (s[1] - '0') << 3 | (s[2] - '0'));
            s += 3;
        }
        if (size > 0 && n < size - 1) {
            to[n++] = c;
        }
    }
    if (size > 0) {
        to[n] = 0;
    }
    return *s == ' ' ? s + 1 : s;
}

bool mount_parse(const char *line, struct mount_entry *e)
{
    const char *s = line;
    char word[32];

    e->id = 0;
    while (*s >= '0' && *s <= '9') {
        e->id = e->id * 10 + (uint64_t)(*s++ - '0');
    }
    s = take_field(s, word, sizeof(word)); /* the rest of the id: nothing */
    s = take_field(s, word, sizeof(word)); /* parent */
    s = take_field(s, word, sizeof(word)); /* major:minor */
    s = take_field(s, word, 0);            /* root */
    s = take_field(s, e->on, sizeof(e->on));
    s = take_field(s, word, 0); /* options, then tags up to a hyphen */
    do {
        if (*s == 0) {
            return false;
        }
        s = take_field(s, word, sizeof(word));
    } while (hot_strcmp(word, "-") != 0);
    s = take_field(s, e->type, sizeof(e->type));
    take_field(s, e->from, sizeof(e->from));
    return e->type[0] != 0;
}

bool mounts_next(struct mount_table *m, struct mount_entry *e)
{
    char line[LINE_MAX];

    while (read_line(m, line)) {
        if (mount_parse(line, e)) {
            return true;
        }
    }
    return false;
}
