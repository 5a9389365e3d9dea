/* Landlock, as the world's first process sets it up (instance/confine.h). */
#ifndef INSTANCE_LANDLOCK_H
#define INSTANCE_LANDLOCK_H

#include <stddef.h>

/*
 * Restricts this thread, and all it starts, to the root and what is mounted below it. Returns 0 or -errno, with `what`
 * telling what failed.
 */
int landlock_world(int engine, const char **what);

/* What may be done at and below a place. */
enum landlock_use {
    LANDLOCK_READ,  /* executing included */
    LANDLOCK_WRITE, /* all of it */
    LANDLOCK_LOOK,  /* reading, without executing and ioctls */
    LANDLOCK_RUN,   /* reading and executing */
};

struct landlock_place {
    int fd;
    enum landlock_use use;
};

/* The same to these places, whatever they are in. Rights of a place and of what it is in add up. */
int landlock_places(const struct landlock_place *places, size_t count, const char **what);

#endif
