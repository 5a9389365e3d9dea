/* Opening the host's files for the engine's own use. */
#ifndef BASE_HOST_FILE_H
#define BASE_HOST_FILE_H

#include <stdint.h>

/*
 * Opens an absolute path of the host's for the length of a call. `flags` are open(2)'s; O_CLOEXEC is added. A guest
 * whose descriptors have run out is not told so by a call that needs none of its own: the soft limit is lifted for the
 * moment (a thread that opens a file meanwhile may get a number beyond it). Returns the descriptor, which the caller
 * closes, or -errno.
 */
int64_t host_open(const char *path, uint32_t flags);

#endif
