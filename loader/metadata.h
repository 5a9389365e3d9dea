/* Starting a process whose metadata is kept (vfs/metadata.h). */
#ifndef LOADER_METADATA_H
#define LOADER_METADATA_H

struct credentials;
struct process;

/*
 * Puts the other functions that the personality has for the settings' metadata, and for a root of the guest's own, into its table, which is this image's own, and begins the account of ids, with
 * `from` unless that is NULL. Before the program's first instruction. Returns 0 or -errno.
 */
int metadata_begin(struct process *p, const struct credentials *from);

#endif
