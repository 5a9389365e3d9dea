/* The filters that instance/filter/generate.c makes of the table. */
#ifndef INSTANCE_FILTER_FILTER_H
#define INSTANCE_FILTER_FILTER_H

#include <linux/filter.h>

extern const struct sock_filter instance_filter[];
extern const unsigned short instance_filter_length;

#endif
