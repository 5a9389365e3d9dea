#include "cli/fault-report/output.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

static int places[2];
static int place_count;

int output_open(const struct fault_facts *facts)
{
    place_count = 0;
    if ((facts->flags & FAULT_TO_STDERR) && (!(facts->flags & FAULT_ONLY_TO_TTY) || isatty(STDERR_FILENO))) {
        places[place_count++] = STDERR_FILENO;
    }
    if (facts->report_dir[0]) {
        char path[FAULT_PATH_MAX + 32];
        snprintf(path, sizeof(path), "%s/fault.%d.txt", facts->report_dir, facts->pid);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
        if (fd >= 0) {
            places[place_count++] = fd;
        }
    }
    return place_count;
}

static void make_printable(char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            *s = '?';
        }
    }
}

void say(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    make_printable(line);
    size_t length = strlen(line);
    for (int i = 0; i < place_count; i++) {
        size_t done = 0;
        while (done < length) {
            ssize_t n = write(places[i], line + done, length - done);
            if (n <= 0) {
                break; /* a report that cannot be written has nobody to complain to */
            }
            done += (size_t)n;
        }
    }
}
