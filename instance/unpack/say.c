#include "instance/unpack/say.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/plain.h"

enum { SHOWN_MAX = 200, BUFFERS = 4, INTERVAL_MS = 150 };

static char reason[2048];

int complain(const char *format, ...)
{
    va_list args;
    if (reason[0] == '\0') {
        va_start(args, format);
        vsnprintf(reason, sizeof reason, format, args);
        va_end(args);
    }
    return -1;
}

const char *complaint(void)
{
    return reason[0] != '\0' ? reason : NULL;
}

const char *shown(const char *name)
{
    static char buffers[BUFFERS][SHOWN_MAX + 4];
    static unsigned next;
    char *out = buffers[next++ % BUFFERS];
    size_t size = strnlen(name, SHOWN_MAX), n = 0;
    for (size_t i = 0, step; i < size; i += step) {
        bool plain;
        step = plain_step(name + i, size - i, &plain);
        memcpy(out + n, plain ? name + i : "?", plain ? step : 1);
        n += plain ? step : 1;
    }
    strcpy(out + n, name[size] != '\0' ? "..." : "");
    return out;
}

static const char *label; /* NULL: nobody wants to know */
static int64_t total;
static int64_t last_ms;

void progress_start(const char *what, int64_t size)
{
    label = what;
    total = size;
    last_ms = 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_at(int64_t read, uint64_t members, uint64_t written)
{
    if (label == NULL || now_ms() - last_ms < INTERVAL_MS) {
        return;
    }
    last_ms = now_ms();
    fprintf(stderr, "\r\033[K%s: ", shown(label));
    if (total > 0) {
        fprintf(stderr, "%3d %%, ", (int)((read < total ? read : total) * 100 / total));
    }
    fprintf(stderr, "%" PRIu64 " files, %" PRIu64 " MB", members, written / 1000000);
    fflush(stderr);
}

void progress_end(void)
{
    if (label != NULL && last_ms != 0) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    label = NULL;
}
