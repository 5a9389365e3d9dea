#include "cli/report_line.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A flat JSON object, read from left to right; anything unexpected ends it. */

static const char *skip_blank(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* One UTF-8 sequence for a code point of the basic plane. */
static size_t put_utf8(unsigned code, char out[3])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

static const char *read_escape(const char *at, char out[3], size_t *length)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (*at == 'u') {
        char digits[5] = "";
        if (strspn(at + 1, "0123456789abcdefABCDEF") < 4) {
            return NULL;
        }
        memcpy(digits, at + 1, 4);
        *length = put_utf8((unsigned)strtoul(digits, NULL, 16), out);
        return at + 5;
    }
    const char *found = *at != '\0' ? strchr(from, *at) : NULL;
    if (found == NULL) {
        return NULL;
    }
    out[0] = to[found - from];
    *length = 1;
    return at + 1;
}

/* A string into `out`, cut to its size. Returns what follows it, or NULL. */
static const char *read_string(const char *at, char *out, size_t size)
{
    size_t used = 0;
    if (*at++ != '"') {
        return NULL;
    }
    while (*at != '"') {
        char piece[3] = {*at, 0, 0};
        size_t length = 1;
        if (*at == '\0') {
            return NULL;
        }
        at = *at == '\\' ? read_escape(at + 1, piece, &length) : at + 1;
        if (at == NULL) {
            return NULL;
        }
        if (used + length < size) {
            memcpy(out + used, piece, length);
            used += length;
        }
    }
    out[used] = '\0';
    return at + 1;
}

struct member {
    const char *key;
    char *text; /* where a string goes, or NULL */
    size_t size;
    int64_t *number;
};

static const char *read_value(const char *at, const struct member *member)
{
    char spare[2];
    if (*at == '"') {
        bool wanted = member != NULL && member->text != NULL;
        return read_string(at, wanted ? member->text : spare, wanted ? member->size : sizeof spare);
    }
    /* A number, true, false or null; nesting is not part of the format. */
    size_t length = strcspn(at, ",}[{\" \t");
    if (length == 0) {
        return NULL;
    }
    if (member != NULL && member->number != NULL) {
        char *end;
        *member->number = strtoll(at, &end, 10);
    }
    return at + length;
}

bool report_line_parse(const char *text, struct report_line *line)
{
    *line = (struct report_line){.number = -1, .count = 1};
    const struct member members[] = {
        {"pid", NULL, 0, &line->pid},
        {"number", NULL, 0, &line->number},
        {"count", NULL, 0, &line->count},
        {"program", line->program, sizeof line->program, NULL},
        {"personality", line->personality, sizeof line->personality, NULL},
        {"call", line->call, sizeof line->call, NULL},
        {"level", line->level, sizeof line->level, NULL},
        {"detail", line->detail, sizeof line->detail, NULL},
    };
    const char *at = skip_blank(text);
    if (*at++ != '{') {
        return false;
    }
    do {
        char key[32];
        at = read_string(skip_blank(at), key, sizeof key);
        if (at == NULL || *(at = skip_blank(at)) != ':') {
            return false;
        }
        const struct member *member = NULL;
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            member = strcmp(members[i].key, key) == 0 ? &members[i] : member;
        }
        at = read_value(skip_blank(at + 1), member);
        if (at == NULL) {
            return false;
        }
        at = skip_blank(at);
    } while (*at++ == ',');
    return at[-1] == '}' && *skip_blank(at) == '\0' && (line->call[0] != '\0' || line->detail[0] != '\0');
}
