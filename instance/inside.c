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
