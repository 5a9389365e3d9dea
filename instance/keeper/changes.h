/*
 * Changes of mode, owner, times and attributes by descriptor, in worlds without namespaces. Landlock has no say in them, and
 * a descriptor for reading does for them: so who owns a file that is shown for reading could change these. The kernel
 * therefore asks the keeper's outer process about each (seccomp_unotify(2)), which makes the change itself, where the file
 * lies in what may be written, on what it has found by then: whatever happens meanwhile, no other file is changed.
 */
#ifndef INSTANCE_KEEPER_CHANGES_H
#define INSTANCE_KEEPER_CHANGES_H

#include <poll.h>
#include <stdbool.h>

enum { LISTENERS_MAX = 1024 };

/* What may be written: absolute host paths without links, the caller's, which must stay. */
void changes_allow(const char *path);

/* Serves one more program's changes. The descriptor, what seccomp(2) has returned for a new listener, is taken. */
void changes_add(int listener);

/* Fills `fds`, room for LISTENERS_MAX. Returns how many. */
unsigned changes_poll(struct pollfd *fds);

/* Answers what has come, as poll() says, and forgets who is gone. */
void changes_take(const struct pollfd *fds, unsigned count);

#endif
