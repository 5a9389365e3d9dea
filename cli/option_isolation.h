/*
 * The options about isolated worlds: what their values mean (option_setter in options.h tells parameters and result).
 * They fill the request's plan.
 */
#ifndef CLI_OPTION_ISOLATION_H
#define CLI_OPTION_ISOLATION_H

#include "cli/options.h"

option_setter set_instance;
option_setter set_isolate;
option_setter set_isolation;
option_setter set_detach;
option_setter set_volume;
option_setter set_mount;
option_setter set_tmpfs;
option_setter set_device;
option_setter set_network;
option_setter set_publish;
option_setter set_user;
option_setter set_memory;
option_setter set_cpus;
option_setter set_pids_limit;
option_setter set_ulimit;
option_setter set_disk;
option_setter set_read_only;
option_setter set_hostname;
option_setter set_restart;

/* What a world is where nothing is said about it. */
void isolation_init(struct run_request *request);

/* Frees a plan's strings and lists. */
void isolation_clear(struct instance_plan *plan);

/* Whether anything was asked for that an isolated world is needed for. */
bool isolation_asked(const struct run_request *request);

/* Says why a request that wants an isolated world cannot be met by a plain start. Returns an exit status. */
int isolation_refuse(const struct run_request *request);

/*
 * What cannot be told from one option alone: whether they agree with each other. Settles what one implies for another.
 * Returns 0, or an exit status after complaining.
 */
int isolation_check(struct run_request *request);

/*
 * A number of bytes: a decimal number, with a fraction if need be, and one of the units that podman takes (b, k, m, g,
 * t, p in either case, kb and kib likewise; 1k is 1024). Returns whether it is one below 2^63.
 */
bool parse_size(const char *value, uint64_t *bytes);

/* Whether an instance may be called so: as sysroots are, and no longer than a plan has room for. */
bool instance_name_ok(const char *name);

#endif
