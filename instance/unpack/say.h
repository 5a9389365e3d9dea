/* What the tool says: the first complaint is the one that counts, and the last thing that is said. */
#ifndef INSTANCE_UNPACK_SAY_H
#define INSTANCE_UNPACK_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* Keeps the formatted text as the reason why nothing comes of it, unless there is one already. Returns -1. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The reason; NULL: none. */
const char *complaint(void);

/* A name for a message: cut to a bearable length, with '?' for what a terminal would not show. One of four buffers. */
const char *shown(const char *name);

/* Progress, for people: on standard error, in one line, a few times a second. */
void progress_start(const char *what, int64_t size); /* size: bytes of the source; 0: unknown */
void progress_at(int64_t read, uint64_t members, uint64_t written);
void progress_end(void);

#endif
