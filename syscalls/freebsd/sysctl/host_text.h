/* The host's text files of /proc and /sys: read whole, whatever their length, and looked through by lines. */
#ifndef SYSCALLS_FREEBSD_HOST_TEXT_H
#define SYSCALLS_FREEBSD_HOST_TEXT_H

#include <stdint.h>

/* Begins zeroed, or is read into; to be freed by host_text_free(). */
struct host_text {
    char *at; /* NUL-terminated, from the heap; NULL: none */
};

/* Reads a file. Returns 0, -ENOMEM, or -errno of opening or reading it; then there is no text. */
int host_text_read(struct host_text *x, const char *path);

void host_text_free(struct host_text *x);

/* Skips blanks and tabs, then reads a decimal number and stands behind it; 0 where there is none. */
uint64_t host_text_number(const char **at);

/* The beginning of the next line, or NULL. */
const char *host_text_next(const char *line);

/* What stands behind `key` at the beginning of a line; NULL: no line begins so. */
const char *host_text_after(const char *text, const char *key);

/* The number behind a key, in a whole file; 0 where the file or the key is missing. */
uint64_t host_text_value(const char *path, const char *key);

#endif
