/* The host's mappings of this process. The format: proc(5), "low-high perms offset major:minor inode path". */
#include "process/mappings.h"

#include <linux/fcntl.h>

#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

#define MAPS_BUFFER 4096

/* A file read byte by byte. */
struct reader {
    int64_t fd;
    uint32_t at, size;
    char buffer[MAPS_BUFFER];
};

/* The next byte, or -1 at the end. */
static int next_byte(struct reader *r)
{
    if (r->at == r->size) {
        int64_t n = host_call3(__NR_read, r->fd, r->buffer, sizeof r->buffer);
        if (n <= 0) {
            return -1;
        }
        r->at = 0;
        r->size = (uint32_t)n;
    }
    return (unsigned char)r->buffer[r->at++];
}

static int digit(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number up to the byte behind it, which is taken as well. Blanks before it are passed by. */
static uint64_t number(struct reader *r, uint64_t base)
{
    uint64_t value = 0;
    int c = next_byte(r);
    while (c == ' ') {
        c = next_byte(r);
    }
    for (; digit(c) >= 0; c = next_byte(r)) {
        value = value * base + (uint64_t)digit(c);
    }
    return value;
}

/* The rest of a line, from a byte of it that has been read: blanks, the path, and " (deleted)". */
static void name(struct reader *r, int c, struct mapping *m)
{
    static const char deleted[] = " (deleted)";
    uint32_t n = 0;
    while (c == ' ') {
        c = next_byte(r);
    }
    for (; c != '\n' && c != -1; c = next_byte(r)) {
        if (n < sizeof m->name - 1) {
            m->name[n++] = (char)c;
        }
    }
    m->name[n] = '\0';
    uint32_t tail = sizeof deleted - 1;
    m->deleted = n >= tail && n < sizeof m->name - 1 && hot_strcmp(m->name + n - tail, deleted) == 0;
    if (m->deleted) {
        m->name[n - tail] = '\0';
    }
}

/* One line. False at the end of the file. */
static bool line(struct reader *r, struct mapping *m)
{
    m->low = number(r, 16);
    m->high = number(r, 16);
    m->readable = next_byte(r) == 'r';
    m->writable = next_byte(r) == 'w';
    next_byte(r); /* execution */
    m->shared = next_byte(r) == 's';
    m->offset = number(r, 16);
    m->device_major = (uint32_t)number(r, 16);
    m->device_minor = (uint32_t)number(r, 16);
    /* The byte behind the inode may be the line's last. */
    int c = next_byte(r);
    for (m->inode = 0; digit(c) >= 0; c = next_byte(r)) {
        m->inode = m->inode * 10 + (uint64_t)digit(c);
    }
    name(r, c, m);
    return m->high != 0;
}

int64_t mapping_at_or_above(uint64_t address, struct mapping *out)
{
    struct reader r;
    r.at = r.size = 0;
    r.fd = host_open("/proc/self/maps", O_RDONLY);
    if (r.fd < 0) {
        return r.fd;
    }
    int64_t found = -ENOENT;
    while (found == -ENOENT && line(&r, out)) {
        found = out->high > address ? 0 : -ENOENT;
    }
    host_call1(__NR_close, r.fd);
    return found;
}
