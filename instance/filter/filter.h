/* The filters that instance/filter/generate.c makes of the table. */
#ifndef INSTANCE_FILTER_FILTER_H
#define INSTANCE_FILTER_FILTER_H

#include <linux/filter.h>

extern const struct sock_filter instance_filter[];
extern const unsigned short instance_filter_length;

/* For worlds without namespaces, besides: the second where there is to be no network. */
extern const struct sock_filter instance_fence[];
extern const unsigned short instance_fence_length;
extern const struct sock_filter instance_fence_network[];
extern const unsigned short instance_fence_network_length;

#endif
