/*
 * What an isolated world is to be: the one description that the commands make (from options and an instance's
 * configuration file) and that the keeper sets up. Strings belong to whoever made the plan; NULL and empty lists mean
 * nothing of the kind.
 */
#ifndef INSTANCE_PLAN_H
#define INSTANCE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANCE_NAME_MAX 64 /* NUL included */

/* How much of what is promised the host lets be had (doc/isolation.md), weakest first. */
enum isolation_level {
    ISOLATION_NONE = 0,   /* the caller's own world */
    ISOLATION_ENGINE,     /* the engine's word only: no boundary against a hostile guest */
    ISOLATION_FENCED,     /* no user namespace: seccomp filter and Landlock, on top of the engine */
    ISOLATION_NAMESPACES, /* namespaces with a root of its own; the filter or Landlock is missing */
    ISOLATION_FULL,       /* all of it */
};

/* Whose the files of the root are. */
enum instance_owners {
    OWNERS_SUBORDINATE, /* a range of subordinate ids is mapped: the host's owners are the guest's */
    OWNERS_EMULATED,    /* one id is mapped: owners and modes stand in instance/metadata.h's attribute */
};

enum instance_network {
    NETWORK_NONE, /* a loopback of its own */
    NETWORK_HOST, /* the host's: no network namespace */
    NETWORK_OWN,  /* a namespace of its own that pasta connects */
};

/* The root. Layers lie below one another, topmost first, and are never written. */
struct instance_root {
    char **layers; /* absolute host paths, NULL-terminated; without any, `own` is the whole root */
    char *own;     /* what this instance changed or has: written */
    char *work;    /* overlayfs's workdir, beside `own`; NULL where there are no layers */
    bool read_only;
};

struct instance_mount {
    char *source; /* absolute host path; or what mount(2) is told of memory, as mode=1777 */
    char *target; /* absolute path in the instance */
    bool writable;
};

/* 0: no limit. */
struct instance_limits {
    uint64_t memory;    /* bytes, swap included */
    uint64_t cpu_milli; /* thousandths of a CPU */
    uint64_t pids;
    uint64_t files;   /* open descriptors of a process */
    uint64_t disk;    /* bytes of `own` */
    uint64_t wall_ms; /* from start to stop */
};

struct instance_plan {
    char name[INSTANCE_NAME_MAX];  /* "": an ephemeral one */
    struct instance_root root;     /* own NULL: an ephemeral root with nothing but what is mounted (--isolate) */
    struct instance_mount *mounts; /* mount_count */
    size_t mount_count;
    char **devices; /* host device nodes, NULL-terminated */
    char **ports;   /* podman's spellings of -p, NULL-terminated */
    char *hostname; /* NULL: the name */
    char *user;     /* name or number, with :GROUP; NULL: root */
    enum instance_network network;
    enum instance_owners owners;
    enum isolation_level least; /* weaker is refused */
    struct instance_limits limits;
};

#endif
