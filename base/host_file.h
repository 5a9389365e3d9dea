/* Opening and reading the host's files for the engine's own use. */
#ifndef BASE_HOST_FILE_H
#define BASE_HOST_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Opens an absolute path of the host's for the length of a call. `flags` are open(2)'s; O_CLOEXEC is added. A guest
 * whose descriptors have run out is not told so by a call that needs none of its own: the soft limit is lifted for the
 * moment (a thread that opens a file meanwhile may get a number beyond it). Returns the descriptor, which the caller
 * closes, or -errno.
 */
int64_t host_open(const char *path, uint32_t flags);

/*
 * Reads as much of the file as fits, and ends it with a NUL: `size` bytes at `to`, at least 1. Returns how many bytes
 * stand before it, or -errno if the file cannot be opened (nothing is written then).
 */
int64_t host_file_read(const char *path, char *to, size_t size);

#endif
