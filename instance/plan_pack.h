/* A plan as bytes: how the commands tell it to the keeper. */
#ifndef INSTANCE_PLAN_PACK_H
#define INSTANCE_PLAN_PACK_H

#include "instance/pack.h"
#include "instance/plan.h"

void plan_pack(struct pack *p, const struct instance_plan *plan);

/* Returns whether all of it was there. Strings point into what is unpacked. */
bool plan_unpack(struct unpack *u, struct instance_plan *plan);

#endif
