/* Directories of /proc whose names are numbers: processes, and the threads of one. Source: proc(5). */
#ifndef PROCESS_HOST_LIST_H
#define PROCESS_HOST_LIST_H

#include <stdint.h>

/* Calls fn for every number among the names in a directory of the host. Returns 0, or -errno of opening it. */
int64_t host_list_numbers(const char *path, void (*fn)(int32_t number, void *arg), void *arg);

#endif
