/* Starting a process whose metadata is kept (vfs/metadata.h). */
#ifndef LOADER_METADATA_H
#define LOADER_METADATA_H

#include <stdint.h>

struct credentials;
struct program;
struct thread;

/*
 * Of the first thread's process: chooses the functions that the settings' metadata, and a root of the guest's own, ask for
 * (enum syscall_alternatives), and begins the account of ids, with `from` unless that is NULL. Before the program's first
 * instruction. Returns 0 or -errno.
 */
int metadata_begin(struct thread *t, const struct credentials *from);

/*
 * Behind it, where no guest has executed the program: whether its user may, and what set-id bits of its file give him.
 * Returns 0 or -errno.
 */
int64_t metadata_execute_first(struct thread *t, const struct program *program);

#endif
