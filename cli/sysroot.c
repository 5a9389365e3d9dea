#include "cli/sysroot.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"
#include "cli/store.h"
#include "cli/sysroot_name.h"

extern char **environ;

static const struct {
    const char *name;
    int (*run)(const struct settings *settings, int argc, char **argv);
} parts[] = {
    {"add", sysroot_add},   {"list", sysroot_list}, {"show", sysroot_show},
    {"path", sysroot_path}, {"rm", sysroot_rm},     {"toolchain", sysroot_toolchain},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

const char *sysroot_describe(const struct sysroot_facts *facts, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", facts->platform, facts->release[0] != '\0' ? " " : "", facts->release);
    return out;
}

static int unknown_part(const char *word)
{
    const char *names[PARTS + 1] = {NULL};
    for (size_t i = 0; i < PARTS; i++) {
        names[i] = parts[i].name;
    }
    const char *hint = nearest(word, names);
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "sysroot: %s: unknown (did you mean `%s`?)", word, hint);
    }
    return fail(EXIT_DRAGOMAN, "sysroot: %s%sadd, list, show, path, rm or toolchain is wanted (dragoman help sysroot)",
                word, word[0] != '\0' ? ": " : "");
}

int cmd_sysroot(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    /* No other options of run: a configuration that names a sysroot which is gone must not be in the way. */
    struct settings settings = {0};
    for (size_t i = 0; i < PARTS; i++) {
        if (strcmp(word, parts[i].name) == 0) {
            sysroot_take_folder(&settings, environ);
            store_reap_sysroots(&settings);
            return parts[i].run(&settings, argc - 1, argv + 1);
        }
    }
    return unknown_part(word);
}
