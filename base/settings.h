/*
 * What the user asked of this run: one plain block of fixed size, filled by the command line before the guest
 * starts, read by both halves of the engine, and copied whole through the exec hand-over, so that a guest's
 * children run under the same settings whatever they do to their environment and descriptors.
 *
 * Only fixed-width fields, no pointers: an image of another build that receives it compares magic, version
 * and size and refuses what it does not know.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stdint.h>

#define SETTINGS_MAGIC   0x4d475244u /* "DRGM" */
#define SETTINGS_VERSION 8u

#define SETTINGS_PATH_MAX     1024 /* FreeBSD's PATH_MAX, terminating zero included */
#define SETTINGS_NAME_MAX     32   /* a personality or a release */
#define SETTINGS_TABLE_MAX    256
#define SETTINGS_FOLDER_MAX   512  /* the user's folder of sysroots */
#define SETTINGS_FILTER_MAX   1024 /* the trace filter as typed */
#define SETTINGS_HOSTNAME_MAX 68   /* Linux's 64, and the terminating zero */
#define SETTINGS_MOUNTS_MAX   2048 /* of all mounts together */
#define SETTINGS_GROUPS_MAX   64   /* that the first program is in beside its own */
#define SETTINGS_TRACE_CALLS  1024
#define SETTINGS_TRACE_STRING 32 /* bytes of a string that a trace line shows unless -s says otherwise */

/* How the guest's calls are caught; `auto` takes the first that the host allows. */
enum intercept_mode {
    INTERCEPT_AUTO = 0,
    INTERCEPT_REWRITE,
    INTERCEPT_SUD,
    INTERCEPT_SECCOMP,
    INTERCEPT_PTRACE,
};

/* What of files is kept and shown that the host's cannot have (vfs/metadata.h). */
enum metadata_mode {
    METADATA_OFF = 0,
    METADATA_NODES,    /* device nodes and file flags: owners and modes are the host's own */
    METADATA_EMULATED, /* owners, modes and the process's ids, too */
};

/* How `sysroot` came to be. */
enum sysroot_origin {
    SYSROOT_NOT_NAMED = 0, /* the user has named none: a program's need decides */
    SYSROOT_NAMED,         /* the user has named it, or that there be none: it holds for all programs */
    SYSROOT_CHOSEN,        /* by the need of this program or of one before it: another program may choose anew */
};

/* What the guest's root is. */
enum root_mode {
    ROOT_HOST = 0, /* the host's, with the sysroot as a layer of it if there is one */
    ROOT_OWN,      /* `sysroot` is all of it, with what vfs/rooted.h mounts in it and `mounts` */
    ROOT_CHANGED,  /* likewise after the guest's chroot(2): of the mounts only `mounts` */
};

enum trace_mode {
    TRACE_OFF = 0,
    TRACE_TEXT,  /* a line per call, for people */
    TRACE_JSON,  /* a JSON object per call and line */
    TRACE_COUNT, /* compact lines that `dragoman trace -c` adds up: "pid tid name result errno_name
                    duration_ns\n", and at a process's end what syscalls/entry/ways.h tells of */
};

struct settings {
    uint32_t magic;
    uint32_t version;
    uint32_t size; /* sizeof(struct settings) of the image that wrote it */

    int32_t intercept_requested; /* enum intercept_mode, as asked */
    int32_t intercept_effective; /* enum intercept_mode, as armed; INTERCEPT_AUTO until the engine has chosen */

    uint32_t osrel;                  /* kern.osreldate to report, such as 1402000; 0: the program's own note decides */
    uint32_t sysroot_release;        /* the same of the sysroot's system, set at the first start; 0: unknown */
    char release[SETTINGS_NAME_MAX]; /* uname's release that goes with it, such as "14.2-RELEASE"; "": derived
                                      */
    char personality[SETTINGS_NAME_MAX]; /* forced personality; "": recognised from the file */

    uint32_t metadata;                /* enum metadata_mode */
    uint32_t first_user, first_group; /* METADATA_EMULATED: the ids that the first program has */
    uint32_t first_group_count;       /* and the groups that it is in beside */
    uint32_t first_groups[SETTINGS_GROUPS_MAX];

    char sysroot[SETTINGS_PATH_MAX];    /* absolute host path; "": none */
    char sysroots[SETTINGS_FOLDER_MAX]; /* the user's folder of sysroots by name; "": /etc/passwd tells it */
    char report_dir[SETTINGS_PATH_MAX]; /* absolute host path, exists; "": no report files */
    char table_dir[SETTINGS_TABLE_MAX]; /* the process table's directory, set at the first start; "": no table */

    /*
     * dragoman's own remarks go to the guest's standard error when it is a terminal or `verbose` is set, and
     * never when `quiet` is. stderr_is_tty is taken once, before the guest starts: the guest may point
     * descriptor 2 elsewhere.
     */
    uint8_t verbose;
    uint8_t quiet;
    uint8_t strict; /* an unsupported call ends the process with status 125 */
    uint8_t stderr_is_tty;

    /*
     * In an isolated world the process table is what its keeper made, passed by descriptor and hidden from the guest as
     * trace_fd is; and every program that a guest executes stays in the engine.
     */
    int32_t table_fd; /* -1: table_dir has it */
    uint32_t isolated;
    int32_t report_fd; /* likewise where reports go, as no directory of the host's is there; 0: report_dir has them */

    int32_t trace_mode;                              /* enum trace_mode */
    int32_t trace_fd;                                /* where trace lines go, hidden from the guest; -1: nowhere */
    uint32_t trace_string_size;                      /* bytes of a string shown at most */
    uint32_t sysroot_origin;                         /* enum sysroot_origin */
    uint32_t ia32_absent;                            /* 1: the host's 32-bit calls are not used, as if it had none */
    uint32_t rewrite;                                /* 1: call sites are rewritten, on top of intercept_effective */
    char trace_filter[SETTINGS_FILTER_MAX];          /* as typed; "": every call */
    uint64_t trace_calls[SETTINGS_TRACE_CALLS / 64]; /* the filter resolved: bit n set = call number n is shown */

    /*
     * In a world without namespaces: the mark of its processes (instance/mark.h), outside of which no signal goes; its
     * host name; and whether the host refuses changes of files by path, which then are made by descriptors.
     */
    uint64_t world_mark; /* 0: the world has namespaces, or there is none */
    uint32_t changes_by_descriptor;
    char hostname[SETTINGS_HOSTNAME_MAX]; /* "": the host's */

    uint32_t root_mode;               /* enum root_mode; other than ROOT_HOST goes with SYSROOT_NAMED */
    uint32_t root_read_only;          /* 1: but for the mounts */
    uint32_t mounts_size;             /* bytes in use of `mounts` */
    char mounts[SETTINGS_MOUNTS_MAX]; /* vfs/rooted.h reads and writes it */
};

/*
 * Whether a trace shows call `number` of the guest. Numbers beyond the bitmap are shown: they are the guest's
 * mistakes and worth seeing.
 */
static inline int settings_trace_shows(const struct settings *s, uint32_t number)
{
    if (number >= SETTINGS_TRACE_CALLS) {
        return 1;
    }
    return (int)((s->trace_calls[number / 64] >> (number % 64)) & 1);
}

/* Whether dragoman may write remarks to the guest's standard error. */
static inline int settings_may_remark(const struct settings *s)
{
    return !s->quiet && (s->verbose || s->stderr_is_tty);
}

#endif
