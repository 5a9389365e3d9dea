/* Landlock, as the world's first process sets it up (instance/confine.h). */
#ifndef INSTANCE_LANDLOCK_H
#define INSTANCE_LANDLOCK_H

/*
 * Restricts this thread, and all it starts, to the root and what is mounted below it. Returns 0 or -errno, with `what`
 * telling what failed.
 */
int landlock_world(int engine, const char **what);

#endif
