/*
 * The run options' other two sources: the configuration file and the DRAGOMAN_* variables.
 *
 * The file holds `key = value` lines; a key is an option's name. Blank lines and lines that begin with # are skipped. A
 * value goes from its first to its last non-blank character; there are no quotes and no comments behind a value, so
 * that every value can be written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/message.h"
#include "cli/sysroot_name.h"

static const char prefix[] = "DRAGOMAN_";
/* The suites' own variables (HACKING.md): no settings. */
static const char for_tests[] = "DRAGOMAN_TEST_";

bool config_path(char *const *envp, char *out, size_t size)
{
    const char *base = env_get(envp, "XDG_CONFIG_HOME");
    const char *home = env_get(envp, "HOME");
    int n = -1;
    /* A relative XDG_CONFIG_HOME is to be ignored, says the XDG base directory specification. */
    if (base != NULL && base[0] == '/') {
        n = snprintf(out, size, "%s/dragoman/config", base);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(out, size, "%s/.config/dragoman/config", home);
    }
    return n > 0 && (size_t)n < size;
}

const char *env_get(char *const *envp, const char *name)
{
    size_t length = strlen(name);
    for (; envp != NULL && *envp != NULL; envp++) {
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=') {
            return *envp + length + 1;
        }
    }
    return NULL;
}

static char *trim(char *text)
{
    static const char blank[] = " \t\r\n";
    text += strspn(text, blank);
    size_t length = strlen(text);
    while (length > 0 && strchr(blank, text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    return text;
}

char *config_split(char *line, char **value)
{
    char *key = trim(line);
    *value = NULL;
    if (key[0] == '#') {
        key += strlen(key);
    }
    char *equals = strchr(key, '=');
    if (equals != NULL) {
        *equals = '\0';
        *value = trim(equals + 1);
        key = trim(key);
    }
    return key;
}

int config_apply_line(struct run_request *request, char *line, const char *where)
{
    char *value;
    const char *key = config_split(line, &value);
    if (value == NULL) {
        return key[0] == '\0' ? 0 : fail(EXIT_DRAGOMAN, "%s: `%s` sets nothing (write key = value)", where, key);
    }
    const struct option_row *row = option_find(key);
    if (row == NULL) {
        const char *hint = nearest(key, option_names());
        if (hint != NULL) {
            return fail(EXIT_DRAGOMAN, "%s: unknown key `%s` (did you mean %s?)", where, key, hint);
        }
        return fail(EXIT_DRAGOMAN, "%s: unknown key `%s` (`dragoman help run` lists the options, which are the keys)",
                    where, key);
    }
    return option_apply(row, request, value, where);
}

int config_apply_file(struct run_request *request, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return 0;
    }
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: cannot be read: %s (make it readable or move it away)", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        close(fd);
        return fail(EXIT_DRAGOMAN, "%s: is a directory (the configuration is a file)", path);
    }
    FILE *file = fdopen(fd, "re");
    if (file == NULL) {
        close(fd);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", path, strerror(errno));
    }
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    for (unsigned number = 1; status == 0; number++) {
        errno = 0;
        ssize_t length = getline(&line, &room, file);
        if (length < 0) {
            if (errno != 0) {
                status =
                    fail(EXIT_DRAGOMAN, "%s:%u: %s (make it readable or move it away)", path, number, strerror(errno));
            }
            break;
        }
        char where[SETTINGS_PATH_MAX + 16];
        snprintf(where, sizeof where, "%s:%u", path, number);
        if (strlen(line) != (size_t)length) {
            status = fail(EXIT_DRAGOMAN, "%s: holds a zero byte (the configuration is a text file)", where);
        } else {
            status = config_apply_line(request, line, where);
        }
    }
    free(line);
    fclose(file);
    return status;
}

/* The row whose variable begins `entry`, "DRAGOMAN_PIDS_LIMIT=…"; NULL where there is none. */
static const struct option_row *row_of_variable(const char *entry)
{
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        char name[64];
        option_variable(row, name, sizeof name);
        size_t length = strlen(name);
        if (strncmp(entry, name, length) == 0 && entry[length] == '=') {
            return row;
        }
    }
    return NULL;
}

void option_variable(const struct option_row *row, char *out, size_t size)
{
    snprintf(out, size, "%s%s", prefix, row->name);
    for (char *at = out + strlen(prefix); *at != '\0'; at++) {
        if (*at == '-') {
            *at = '_';
        } else if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
}

bool is_own_variable(const char *entry)
{
    return strncmp(entry, prefix, strlen(prefix)) == 0;
}

/* A variable of ours that means nothing: said, because a misspelt one would otherwise be ignored in silence. */
static int unknown_variable(const char *entry)
{
    static char names[64][64];
    const char *candidates[65] = {NULL};
    size_t count = 0;
    for (const struct option_row *row = option_table; row->name != NULL && count < 64; row++, count++) {
        option_variable(row, names[count], sizeof names[count]);
        candidates[count] = names[count];
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(entry, "="), entry);
    const char *hint = nearest(name, candidates);
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: unknown variable (did you mean %s?)", name, hint);
    }
    return fail(EXIT_DRAGOMAN, "%s: unknown variable (unset it; `dragoman help run` lists the options)", name);
}

int config_apply_variables(struct run_request *request, char *const *envp)
{
    int status = 0;
    for (; envp != NULL && *envp != NULL && status == 0; envp++) {
        if (!is_own_variable(*envp) || strncmp(*envp, for_tests, strlen(for_tests)) == 0) {
            continue;
        }
        const struct option_row *row = row_of_variable(*envp);
        if (row == NULL) {
            return unknown_variable(*envp);
        }
        char name[64];
        option_variable(row, name, sizeof name);
        status = option_apply(row, request, strchr(*envp, '=') + 1, name);
    }
    return status;
}

int options_from_surroundings(struct run_request *request, char **envp)
{
    char path[SETTINGS_PATH_MAX];
    int status = 0;
    sysroot_take_folder(&request->settings, envp);
    if (config_path(envp, path, sizeof path)) {
        status = config_apply_file(request, path);
    }
    return status != 0 ? status : config_apply_variables(request, envp);
}
