/*
 * The start of a program inside, as the commands order it: what the keeper hands the engine as a packed file
 * (instance/pack.h), in this order.
 */
#ifndef INSTANCE_INSIDE_H
#define INSTANCE_INSIDE_H

#include "base/settings.h"
#include "instance/pack.h"

#define INSIDE_MAGIC       UINT64_C(0x6564697369676472) /* "drgiside" */
#define INSIDE_WORLD_MAGIC UINT64_C(0x646c726f77676472) /* "drgworld" */

struct inside_order {
    struct settings settings;
    char *user;    /* as -u has it; NULL: root */
    char *program; /* as typed; NULL: the user's shell, as at a login */
    char **argv;   /* its arguments, itself first */
    char **env;    /* "K=V": what goes before what the world has by itself */
    char *workdir; /* must be there; NULL: `usual`, if it is there, else the user's home for a shell, or / */
    char *usual;   /* NULL: none */
};

/* A world without namespaces, as the keeper tells the engine: the engine alone then makes the root what it is. */
struct inside_world {
    char *root; /* absolute host path */
    bool root_read_only;
    uint64_t mark;
    bool by_descriptor; /* settings.changes_by_descriptor */
    char *hostname;
    char **mounts; /* three strings each: "r" or "w", the host's path, the path inside */
};

void inside_world_pack(struct pack *p, const struct inside_world *world);

/* Returns whether all of it was there, of this build. */
bool inside_world_unpack(struct unpack *u, struct inside_world *world);

void inside_pack(struct pack *p, const struct inside_order *order);

/* Returns whether all of it was there, of this build. */
bool inside_unpack(struct unpack *u, struct inside_order *order);

#endif
