#include "cli/json.h"

#include <assert.h>
#include <inttypes.h>

/* The length of the UTF-8 sequence at `s`, 0 where there is none. */
static int utf8_length(const unsigned char *s)
{
    int length = s[0] < 0x80                   ? 1
                 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
                 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                               : 0;

    for (int i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* overlong forms and surrogates */
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return length;
}

static void put_quoted(FILE *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    putc('"', out);
    while (*s != '\0') {
        int length = utf8_length(s);

        if (length == 0) {
            fputs("\\ufffd", out);
            s++;
        } else if (*s == '"' || *s == '\\') {
            fprintf(out, "\\%c", *s++);
        } else if (*s < 0x20 || *s == 0x7f) {
            fprintf(out, "\\u%04x", *s++);
        } else if (*s == 0xc2 && s[1] < 0xa0) { /* a terminal's control characters, too */
            fprintf(out, "\\u%04x", s[1]);
            s += 2;
        } else {
            fwrite(s, 1, (size_t)length, out);
            s += length;
        }
    }
    putc('"', out);
}

/* Comma, line and indentation before a member, and its name. */
static void begin_member(struct json *j, const char *name)
{
    if (j->depth > 0) {
        fputs(j->has_members[j->depth] ? ",\n" : "\n", j->out);
        j->has_members[j->depth] = true;
        fprintf(j->out, "%*s", (int)j->depth * 2, "");
    }
    if (name != NULL) {
        put_quoted(j->out, name);
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
        put_quoted(j->out, value);
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
