/*
 * `dragoman sysroot`: foreign systems' files by name. Each part gets the arguments from its own name on, and returns an
 * exit status.
 */
#ifndef CLI_SYSROOT_H
#define CLI_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/settings.h"
#include "loader/sysroots.h"

int sysroot_add(const struct settings *settings, int argc, char **argv);
int sysroot_rm(const struct settings *settings, int argc, char **argv);
int sysroot_list(const struct settings *settings, int argc, char **argv);
int sysroot_show(const struct settings *settings, int argc, char **argv);
int sysroot_path(const struct settings *settings, int argc, char **argv);
int sysroot_toolchain(const struct settings *settings, int argc, char **argv);

/* "FreeBSD/amd64 14.2-RELEASE" */
const char *sysroot_describe(const struct sysroot_facts *facts, char *out, size_t size);

#endif
