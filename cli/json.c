#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>

#include "instance/json.h"

/* Comma, line and indentation before a member, and its name. */
static void begin_member(struct json *j, const char *name)
{
    if (j->depth > 0) {
        fputs(j->has_members[j->depth] ? ",\n" : "\n", j->out);
        j->has_members[j->depth] = true;
        fprintf(j->out, "%*s", (int)j->depth * 2, "");
    }
    if (name != NULL) {
        json_quote(j->out, name);
        fputs(": ", j->out);
    }
}

static void open_level(struct json *j, const char *name, char bracket)
{
    begin_member(j, name);
    assert(j->depth + 1 < JSON_DEPTH_MAX);
    putc(bracket, j->out);
    j->depth++;
    j->has_members[j->depth] = false;
}

static void close_level(struct json *j, char bracket)
{
    assert(j->depth > 0);
    j->depth--;
    if (j->has_members[j->depth + 1])
        fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
    putc(bracket, j->out);
    if (j->depth == 0)
        putc('\n', j->out);
}

void json_object(struct json *j, const char *name)
{
    open_level(j, name, '{');
}

void json_array(struct json *j, const char *name)
{
    open_level(j, name, '[');
}

void json_end_object(struct json *j)
{
    close_level(j, '}');
}

void json_end_array(struct json *j)
{
    close_level(j, ']');
}

void json_string(struct json *j, const char *name, const char *value)
{
    begin_member(j, name);
    if (value == NULL)
        fputs("null", j->out);
    else
        json_quote(j->out, value);
}

void json_number(struct json *j, const char *name, int64_t value)
{
    begin_member(j, name);
    fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
    begin_member(j, name);
    fputs(value ? "true" : "false", j->out);
}
