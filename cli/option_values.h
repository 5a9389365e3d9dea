/*
 * What the values of the run options mean: one setter per row of the table in options.c (option_setter there tells
 * parameters and result).
 */
#ifndef CLI_OPTION_VALUES_H
#define CLI_OPTION_VALUES_H

#include "cli/options.h"

option_setter set_metadata;
option_setter set_personality;
option_setter set_osrel;
option_setter set_sysroot;
option_setter set_intercept;
option_setter set_ia32;
option_setter set_env;
option_setter set_env_file;
option_setter set_workdir;
option_setter set_timeout;
option_setter set_trace;
option_setter set_report;
option_setter set_strict;
option_setter set_verbose;
option_setter set_quiet;

/* The place of `value` in a NULL-terminated list of names, or -1. */
int choice(const char *value, const char *const *names);

/* "yes", "no", "true", "false", "on", "off", "1", "0" into *out. Returns 0, or an exit status after complaining. */
int parse_switch(const char *value, const char *where, uint8_t *out);

/*
 * A FreeBSD release in any of its spellings into kern.osreldate's form (major × 100000 + minor × 1000 + patch) and
 * uname's. Returns whether it is one.
 */
bool parse_osrel(const char *value, uint32_t *osrel, char release[SETTINGS_NAME_MAX]);

/* Seconds, with a fraction if need be, into milliseconds; up to a year. Returns whether it is such a number. */
bool parse_seconds(const char *value, uint64_t *ms);

/* An existing directory's absolute path, links resolved, into `out`. Returns 0, or an exit status after complaining. */
int resolve_directory(const char *value, const char *where, char out[SETTINGS_PATH_MAX]);

/* The name of an interception mode, as --intercept takes it. */
const char *intercept_name(int mode);

/* What --platform is given: OS/MACHINE, and perhaps a variant. Returns 0, or an exit status after complaining. */
int check_platform(const char *value);

#endif
