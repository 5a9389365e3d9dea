/*
 * The ids and capabilities of a process whose metadata is emulated (METADATA_EMULATED): the engine's own account of them,
 * as the host has one id for all. What the host enforces is not touched by them.
 *
 * FreeBSD's are the process's; Linux's are each thread's own, as the raw calls of its kernel have it (credentials(7)).
 */
#ifndef BASE_CREDENTIALS_H
#define BASE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_ids {
    uint32_t real, effective, saved;
};

#define CREDENTIALS_GROUPS_MAX 1024

/* Capabilities that decide here (capabilities(7), linux/capability.h). */
enum {
    CAPABILITY_CHOWN = 0,
    CAPABILITY_DAC_OVERRIDE = 1,
    CAPABILITY_DAC_READ_SEARCH = 2,
    CAPABILITY_FOWNER = 3,
    CAPABILITY_FSETID = 4,
    CAPABILITY_KILL = 5,
    CAPABILITY_SETGID = 6,
    CAPABILITY_SETUID = 7,
    CAPABILITY_SETPCAP = 8,
    CAPABILITY_LINUX_IMMUTABLE = 9,
    CAPABILITY_SYS_NICE = 23,
    CAPABILITY_MKNOD = 27,
    CAPABILITY_LAST = 40,
};
#define CAPABILITIES_ALL ((UINT64_C(1) << (CAPABILITY_LAST + 1)) - 1)

struct credentials {
    struct process_ids users, groups;
    uint32_t fsuid, fsgid; /* what files are made and looked at with */
    uint32_t securebits;
    bool no_new_privs;
    bool secure; /* the program has got ids by set-id bits of its file (AT_SECURE) */
    uint64_t effective, permitted, inheritable, bounding, ambient;
    uint32_t group_count;
    uint32_t group[CREDENTIALS_GROUPS_MAX]; /* supplementary ones */
};

/* How much of the structure is used. */
static inline size_t credentials_size(const struct credentials *c)
{
    return offsetof(struct credentials, group) + c->group_count * sizeof c->group[0];
}

static inline bool credentials_capable(const struct credentials *c, unsigned capability)
{
    return (c->effective >> capability & 1) != 0;
}

/* Whether a group is the one of its files, or among the others. */
static inline bool credentials_member(const struct credentials *c, uint32_t group)
{
    if (c->fsgid == group) {
        return true;
    }
    for (uint32_t i = 0; i < c->group_count; i++) {
        if (c->group[i] == group) {
            return true;
        }
    }
    return false;
}

#endif
