#include "process/host_lines.h"

#include <linux/fcntl.h>

#include "base/host.h"
#include "base/host_file.h"

int64_t host_lines_open(struct host_lines *l, const char *path)
{
    l->at = l->size = 0;
    l->fd = host_open(path, O_RDONLY);
    return l->fd < 0 ? l->fd : 0;
}

void host_lines_close(struct host_lines *l)
{
    host_call1(__NR_close, l->fd);
}

/* The next byte, or -1 at the end. */
static int next_byte(struct host_lines *l)
{
    if (l->at == l->size) {
        int64_t n = host_call3(__NR_read, l->fd, l->buffer, sizeof l->buffer);
        if (n <= 0) {
            return -1;
        }
        l->at = 0;
        l->size = (uint32_t)n;
    }
    return (unsigned char)l->buffer[l->at++];
}

bool host_lines_next(struct host_lines *l, char *line, size_t size)
{
    size_t n = 0;
    int c = next_byte(l);
    if (c < 0) {
        return false;
    }
    for (; c >= 0 && c != '\n'; c = next_byte(l)) {
        if (n < size - 1) {
            line[n++] = (char)c;
        }
    }
    line[n] = '\0';
    return true;
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 99;
}

uint64_t host_number(const char **at, unsigned base)
{
    uint64_t value = 0;
    while (**at == ' ' || **at == '\t') {
        (*at)++;
    }
    for (; digit(**at) < base; (*at)++) {
        value = value * base + digit(**at);
    }
    return value;
}
