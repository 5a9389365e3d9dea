/* The host's text files of /proc and /sys; see host_text.h. */
#include "syscalls/freebsd/sysctl/host_text.h"

#include <linux/fcntl.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"

#define FIRST_SIZE 8192u

/* Fills the buffer from where it is filled up to. Returns 1 when it is full, 0 at the end of the file, or -errno. */
static int64_t fill(int64_t fd, char *to, size_t size, size_t *used)
{
    while (*used < size - 1) {
        int64_t n = host_call3(__NR_read, fd, to + *used, size - 1 - *used);
        if (n <= 0) {
            return n;
        }
        *used += (size_t)n;
    }
    return 1;
}

int host_text_read(struct host_text *x, const char *path)
{
    int64_t fd = host_open(path, O_RDONLY), r = fd < 0 ? fd : 1;
    size_t size = FIRST_SIZE, used = 0;

    x->at = NULL;
    while (r > 0) {
        char *next = heap_alloc_unset(size);
        if (next == NULL) {
            r = -ENOMEM;
            break;
        }
        if (used > 0) {
            memcpy(next, x->at, used);
        }
        heap_free(x->at);
        x->at = next;
        r = fill(fd, next, size, &used);
        size *= 2;
    }
    if (fd >= 0) {
        host_call1(__NR_close, fd);
    }
    if (r < 0) {
        host_text_free(x);
        return (int)r;
    }
    x->at[used] = '\0';
    return 0;
}

void host_text_free(struct host_text *x)
{
    heap_free(x->at);
    x->at = NULL;
}

uint64_t host_text_number(const char **at)
{
    uint64_t n = 0;

    while (**at == ' ' || **at == '\t') {
        (*at)++;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        n = n * 10 + (uint64_t)(**at - '0');
    }
    return n;
}

const char *host_text_next(const char *line)
{
    const char *end = hot_strchr(line, '\n');

    return end != NULL && end[1] != '\0' ? end + 1 : NULL;
}

const char *host_text_after(const char *text, const char *key)
{
    size_t length = hot_strlen(key);

    for (const char *line = text; line != NULL; line = host_text_next(line)) {
        if (hot_strncmp(line, key, length) == 0) {
            return line + length;
        }
    }
    return NULL;
}

uint64_t host_text_value(const char *path, const char *key)
{
    struct host_text x;
    uint64_t value = 0;

    if (host_text_read(&x, path) == 0) {
        const char *at = host_text_after(x.at, key);
        value = at != NULL ? host_text_number(&at) : 0;
        host_text_free(&x);
    }
    return value;
}
