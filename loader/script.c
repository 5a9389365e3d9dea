#include "loader/script.h"

#include "loader/error.h"

#include <errno.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\0';
}

bool script_recognise(const char *start, size_t bytes)
{
    return bytes >= 2 && start[0] == '#' && start[1] == '!';
}

static void take(char *out, const char *from, const char *to)
{
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
}

int script_parse(const char *path, const char *start, size_t bytes, struct script_line *out, struct loader_error *err)
{
    const char *end = start + (bytes < LOADER_SCRIPT_LINE_MAX ? bytes : LOADER_SCRIPT_LINE_MAX);
    const char *at = start + 2;
    const char *word;

    while (at < end && is_blank(*at))
        at++;
    for (word = at; at < end && !is_blank(*at) && !ends_line(*at);)
        at++;
    if (at == word)
        return loader_fail(err, ENOEXEC, "%s: the \"#!\" line names no interpreter", path);
    take(out->interp, word, at);

    while (at < end && is_blank(*at))
        at++;
    for (word = at; at < end && !ends_line(*at);)
        at++;
    while (at > word && is_blank(at[-1]))
        at--;
    take(out->arg, word, at);
    return 0;
}
