/* Starting a process whose metadata is kept (vfs/metadata.h). */
#ifndef LOADER_METADATA_H
#define LOADER_METADATA_H

struct credentials;
struct thread;

/*
 * Of the first thread's process: chooses the functions that the settings' metadata, and a root of the guest's own, ask for
 * (enum syscall_alternatives), and begins the account of ids, with `from` unless that is NULL. Before the program's first
 * instruction. Returns 0 or -errno.
 */
int metadata_begin(struct thread *t, const struct credentials *from);

#endif
