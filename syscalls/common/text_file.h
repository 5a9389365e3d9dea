/* Text of the engine's as a file that can only be read: for what a guest opens in place of something of the host's. */
#ifndef SYSCALLS_COMMON_TEXT_FILE_H
#define SYSCALLS_COMMON_TEXT_FILE_H

#include <stdint.h>

struct text;

/*
 * `name` is what the host's /proc/PID/fd shows, behind "/memfd:" (cut where it is long); the text's length may not exceed
 * its size. `flags`: open(2)'s, of which O_CLOEXEC and O_NONBLOCK count. Returns the descriptor or -errno.
 */
int64_t text_file_open(const char *name, const struct text *content, uint32_t flags);

#endif
