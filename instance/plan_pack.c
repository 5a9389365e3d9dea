#include "instance/plan_pack.h"

#include <stdlib.h>
#include <string.h>

/* Whoever adds a member adds it below, twice. */
_Static_assert(sizeof(struct instance_root) == 32 && sizeof(struct instance_mount) == 24 &&
                   sizeof(struct instance_limits) == 48 && sizeof(struct instance_plan) == 208,
               "a member that is not packed");

void plan_pack(struct pack *p, const struct instance_plan *plan)
{
    pack_bytes(p, plan->name, sizeof plan->name);
    pack_strings(p, plan->root.layers);
    pack_string(p, plan->root.own);
    pack_string(p, plan->root.work);
    pack_number(p, plan->root.read_only);
    pack_number(p, plan->mount_count);
    for (size_t i = 0; i < plan->mount_count; i++) {
        pack_string(p, plan->mounts[i].source);
        pack_string(p, plan->mounts[i].target);
        pack_number(p, plan->mounts[i].writable);
    }
    pack_strings(p, plan->devices);
    pack_strings(p, plan->ports);
    pack_string(p, plan->hostname);
    pack_string(p, plan->user);
    pack_number(p, plan->network);
    pack_number(p, plan->owners);
    pack_number(p, plan->least);
    pack_bytes(p, &plan->limits, sizeof plan->limits);
}

static void unpack_mounts(struct unpack *u, struct instance_plan *plan)
{
    plan->mount_count = unpack_number(u);
    if (u->failed || plan->mount_count > (size_t)(u->end - u->at)) {
        plan->mount_count = 0;
        u->failed = true;
        return;
    }
    plan->mounts = calloc(plan->mount_count + 1, sizeof *plan->mounts);
    for (size_t i = 0; plan->mounts != NULL && i < plan->mount_count; i++) {
        struct instance_mount *m = &plan->mounts[i];
        m->source = unpack_string(u);
        m->target = unpack_string(u);
        m->writable = unpack_number(u) != 0;
        u->failed = u->failed || m->source == NULL || m->target == NULL;
    }
    u->failed = u->failed || plan->mounts == NULL;
}

bool plan_unpack(struct unpack *u, struct instance_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    unpack_bytes(u, plan->name, sizeof plan->name);
    plan->name[sizeof plan->name - 1] = '\0';
    plan->root.layers = unpack_strings(u);
    plan->root.own = unpack_string(u);
    plan->root.work = unpack_string(u);
    plan->root.read_only = unpack_number(u) != 0;
    unpack_mounts(u, plan);
    plan->devices = unpack_strings(u);
    plan->ports = unpack_strings(u);
    plan->hostname = unpack_string(u);
    plan->user = unpack_string(u);
    plan->network = (enum instance_network)unpack_number(u);
    plan->owners = (enum instance_owners)unpack_number(u);
    plan->least = (enum isolation_level)unpack_number(u);
    unpack_bytes(u, &plan->limits, sizeof plan->limits);
    return !u->failed;
}
