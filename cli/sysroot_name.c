#include "cli/sysroot_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"
#include "cli/option_values.h"

/* In place of a folder whose path is too long: never one, and not "", which would mean another. */
static const char no_folder[] = "/dev/null";

void sysroot_take_folder(struct settings *settings, char *const *envp)
{
    const char *data_home = env_get(envp, "XDG_DATA_HOME");
    const char *home = env_get(envp, "HOME");
    bool told = (data_home != NULL && data_home[0] == '/') || (home != NULL && home[0] == '/');
    /* Without either it stays empty, and /etc/passwd is read when somebody needs to know. */
    if (told && !sysroot_user_folder(data_home, home, settings->sysroots, sizeof settings->sysroots)) {
        memcpy(settings->sysroots, no_folder, sizeof no_folder);
    }
}

enum { NAMES_MAX = 64 };

struct names {
    size_t count;
    char text[NAMES_MAX][SYSROOT_NAME_MAX];
    const char *list[NAMES_MAX + 1];
};

static int note_name(void *context, const struct sysroot_entry *entry)
{
    struct names *names = context;
    if (names->count == NAMES_MAX) {
        return 1;
    }
    snprintf(names->text[names->count], SYSROOT_NAME_MAX, "%s", entry->name);
    names->list[names->count] = names->text[names->count];
    names->count++;
    return 0;
}

static int unknown_name(const struct settings *settings, const char *value, const char *where)
{
    static struct names names;
    sysroots_each(settings->sysroots, note_name, &names);
    const char *hint = nearest(value, names.list);
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: no sysroot is called `%s`, and no directory here (did you mean %s?)", where,
                    value, hint);
    }
    return fail(EXIT_DRAGOMAN,
                "%s: no sysroot is called `%s`, and no directory here (`dragoman sysroot list` names them)", where,
                value);
}

int sysroot_resolve(const struct settings *settings, const char *value, const char *where, struct sysroot_entry *out)
{
    struct stat st;
    bool is_path = strchr(value, '/') != NULL || strcmp(value, ".") == 0 || strcmp(value, "..") == 0;
    *out = (struct sysroot_entry){0};
    if (!is_path && sysroot_find(settings->sysroots, value, out) == 0) {
        return 0;
    }
    if (!is_path && stat(value, &st) != 0) {
        return unknown_name(settings, value, where);
    }
    return resolve_directory(value, where, out->path);
}

int set_sysroot(struct run_request *request, const char *value, const char *where)
{
    struct settings *s = &request->settings;
    struct sysroot_entry entry;
    int status = sysroot_resolve(s, value, where, &entry);
    if (status != 0) {
        return status;
    }
    /* The host's own root adds nothing, and says that nothing is to be chosen either. */
    snprintf(s->sysroot, sizeof s->sysroot, "%s", strcmp(entry.path, "/") == 0 ? "" : entry.path);
    s->sysroot_origin = SYSROOT_NAMED;
    return 0;
}
