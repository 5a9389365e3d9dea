/* The log of a detached program: a file of limited size, of which the older half is let go when it is full. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/keeper/keeper.h"

static bool write_all(int fd, const char *bytes, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false; /* the disk is full: what does not fit is lost, and the program goes on */
        }
        bytes += n;
        size -= (size_t)n;
        at += n;
    }
    return true;
}

/* Keeps the newer half, from the beginning of a line. Returns the new size. */
static off_t halve(int fd, off_t size)
{
    static char block[65536];
    off_t from = size / 2, to = 0;
    bool whole = false;
    for (ssize_t n; from < size && (n = pread(fd, block, sizeof block, from)) > 0; from += n) {
        const char *start = block;
        if (!whole) {
            const char *line = memchr(block, '\n', (size_t)n);
            if (line == NULL) {
                continue;
            }
            start = line + 1;
            whole = true;
        }
        size_t rest = (size_t)(block + n - start);
        if (!write_all(fd, start, rest, to)) {
            break;
        }
        to += (off_t)rest;
    }
    return ftruncate(fd, to) == 0 ? to : size;
}

bool log_take(struct keeper *k)
{
    static char block[65536];
    struct stat st;
    ssize_t n = read(k->log_pipe[0], block, sizeof block);
    if (n <= 0) {
        return n < 0 && (errno == EINTR || errno == EAGAIN);
    }
    if (k->start.log < 0 || fstat(k->start.log, &st) != 0) {
        return true;
    }
    off_t size = st.st_size;
    if (size + n > (off_t)k->start.log_max) {
        size = halve(k->start.log, size);
    }
    write_all(k->start.log, block, (size_t)n, size);
    return true;
}
