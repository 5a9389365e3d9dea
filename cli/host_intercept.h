/* Probes of the ways of interception, for the table in host_probe.c. */
#ifndef CLI_HOST_INTERCEPT_H
#define CLI_HOST_INTERCEPT_H

#include "cli/host_probe.h"

void look_sud(struct probe_result *result);
void look_seccomp(struct probe_result *result);
void look_ptrace(struct probe_result *result);
void look_self_mem(struct probe_result *result);

#endif
