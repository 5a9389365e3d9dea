/*
 * User namespaces: which ids are mapped into an instance's world, and entering one.
 *
 * With subordinate ids (subuid(5), subgid(5)) the world's user 0 is the caller and 1, 2, ... are the caller's range, which
 * newuidmap(1) maps, as it alone may. Root of the host needs no newuidmap, and is never the world's root itself: user 0
 * is the first id of a range. Without subordinate ids one id is mapped, 0 as the caller's (or for root too, where it has
 * no range), and owners are emulated.
 *
 * Whoever works on files of a tree with subordinate owners does so inside such a namespace: it forks, calls
 * userns_enter(), and executes the tool.
 */
#ifndef INSTANCE_USERNS_H
#define INSTANCE_USERNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "instance/plan.h"

enum {
    IDMAP_TOOL_MAX = 64,
    IDMAP_RANGES = 5,    /* the caller, and the subordinate ranges that are used */
    IDMAP_LEAST = 65535, /* ids beside 0 that a system's files need: nobody is 65534 */
};

struct idmap_range {
    uint32_t inside, outside, count;
};

struct idmap {
    struct idmap_range ranges[IDMAP_RANGES];
    unsigned count;
};

enum idmaps_writer {
    IDMAPS_BY_ITSELF, /* one id: a process may map its own */
    IDMAPS_BY_ROOT,   /* written from outside, with root's capabilities */
    IDMAPS_BY_TOOLS,  /* newuidmap and newgidmap */
};

struct idmaps {
    enum instance_owners owners;
    enum idmaps_writer writer;
    struct idmap users, groups;
    const char
        *why; /* OWNERS_EMULATED: what is missing for subordinate ids, and what to do; else what is unusual, or NULL */
};

/*
 * The best maps that this host gives the caller: `owners`, which may be NULL, tells which kind that is. Whether user
 * namespaces are to be had at all shows when one is entered. Returns 0, or COMPLAINED after complaining (files that cannot
 * be read; not for want of subordinate ids).
 */
int idmaps_choose(struct idmaps *out, enum instance_owners *owners);

/*
 * The maps for a tree of this kind: OWNERS_SUBORDINATE as above or COMPLAINED after saying what is missing;
 * OWNERS_EMULATED always one id.
 */
int idmaps_for(enum instance_owners owners, struct idmaps *out);

/*
 * The calling process, which must have one thread, enters a new user namespace, and with it new ones of the kinds in
 * `more_flags` (CLONE_NEW*), and becomes user and group 0 there, with all capabilities in it and no other groups where
 * these can be dropped. Signals that kill at a parent's death (PR_SET_PDEATHSIG) are to be asked for after this.
 * Returns 0, or COMPLAINED after complaining; then the process is not to be used any further.
 */
int userns_enter(const struct idmaps *maps, int more_flags);

/*
 * The two halves of the above, for who clones into the namespace: the maps of `pid`, written from outside, and
 * becoming user 0 when that is done. Return 0, or COMPLAINED after complaining.
 */
int userns_write_maps(const struct idmaps *maps, pid_t pid);
int userns_become_root(const struct idmaps *maps);

/*
 * A descriptor of a new user namespace with these maps, in which nobody is: what a mount's owners are mapped by
 * (MOUNT_ATTR_IDMAP of mount_setattr(2)). For IDMAPS_BY_ROOT. Returns -1 after complaining.
 */
int userns_open(const struct idmaps *maps);

/* Whether a file that belongs to `user` outside belongs to somebody in the maps. */
bool idmaps_have_user(const struct idmaps *maps, uint32_t user);

/* The path of newuidmap or newgidmap. Returns whether it is there, and has the privileges that make it of use. */
bool idmap_tool(const char *name, char path[IDMAP_TOOL_MAX]);

/* Why unshare or clone with CLONE_NEWUSER failed with `error`, and what to do: a text for after `dragoman: what: `. */
const char *userns_refusal(int error);

#endif
