#include "instance/inside.h"

#include <string.h>

void inside_pack(struct pack *p, const struct inside_order *order)
{
    pack_number(p, INSIDE_MAGIC);
    pack_number(p, sizeof order->settings);
    pack_bytes(p, &order->settings, sizeof order->settings);
    pack_string(p, order->user);
    pack_string(p, order->program);
    pack_strings(p, order->argv);
    pack_strings(p, order->env);
    pack_string(p, order->workdir);
    pack_string(p, order->usual);
}

bool inside_unpack(struct unpack *u, struct inside_order *order)
{
    memset(order, 0, sizeof *order);
    if (unpack_number(u) != INSIDE_MAGIC || unpack_number(u) != sizeof order->settings) {
        return false;
    }
    unpack_bytes(u, &order->settings, sizeof order->settings);
    order->user = unpack_string(u);
    order->program = unpack_string(u);
    order->argv = unpack_strings(u);
    order->env = unpack_strings(u);
    order->workdir = unpack_string(u);
    order->usual = unpack_string(u);
    return !u->failed && order->settings.magic == SETTINGS_MAGIC && order->settings.version == SETTINGS_VERSION;
}

void inside_world_pack(struct pack *p, const struct inside_world *world)
{
    pack_number(p, INSIDE_WORLD_MAGIC);
    pack_number(p, SETTINGS_VERSION);
    pack_string(p, world->root);
    pack_number(p, world->root_read_only);
    pack_number(p, world->mark);
    pack_number(p, world->by_descriptor);
    pack_string(p, world->hostname);
    pack_strings(p, world->mounts);
}

bool inside_world_unpack(struct unpack *u, struct inside_world *world)
{
    memset(world, 0, sizeof *world);
    if (unpack_number(u) != INSIDE_WORLD_MAGIC || unpack_number(u) != SETTINGS_VERSION) {
        return false;
    }
    world->root = unpack_string(u);
    world->root_read_only = unpack_number(u) != 0;
    world->mark = unpack_number(u);
    world->by_descriptor = unpack_number(u) != 0;
    world->hostname = unpack_string(u);
    world->mounts = unpack_strings(u);
    return !u->failed && world->root != NULL;
}
