/* A text file of the host's, line by line. */
#ifndef PROCESS_HOST_LINES_H
#define PROCESS_HOST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_lines {
    int64_t fd;
    uint32_t at, size;
    char buffer[4096];
};

/* Opens the file. Returns 0 or -errno. */
int64_t host_lines_open(struct host_lines *l, const char *path);

/* The next line without its end, cut where it does not fit. False: there is none. */
bool host_lines_next(struct host_lines *l, char *line, size_t size);

void host_lines_close(struct host_lines *l);

/* A number at *at, which is moved behind it; base 10 or 16. Blanks before it are passed by. */
uint64_t host_number(const char **at, unsigned base);

#endif
