/*
 * Sysroots as the command line names them: by name or by directory.
 */
#ifndef CLI_SYSROOT_NAME_H
#define CLI_SYSROOT_NAME_H

#include "base/settings.h"
#include "loader/sysroots.h"

/*
 * Notes the user's folder of sysroots, as the environment tells it. Looks at no file: every start comes by here.
 */
void sysroot_take_folder(struct settings *settings, char *const *envp);

/*
 * Finds what `value` names: with a slash in it (and "." and "..") a directory, else a sysroot of that name, else a
 * directory. Fills `out`; its name is "" for a directory. Returns 0, or an exit status after complaining.
 */
int sysroot_resolve(const struct settings *settings, const char *value, const char *where, struct sysroot_entry *out);

#endif
