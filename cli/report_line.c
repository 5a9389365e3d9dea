#include "cli/report_line.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A JSON object, read from left to right; anything unexpected ends it. Arrays are not part of the format. */

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

/* A number, true, false or null. */
static const char *read_word(const char *at)
{
    size_t length = strcspn(at, ",}[{\" \t\r\n");
    return length != 0 ? at + length : NULL;
}

static const char *read_value(const char *at, const struct member *member)
{
    char spare[2];
    if (*at == '"') {
        bool wanted = member != NULL && member->text != NULL;
        return read_string(at, wanted ? member->text : spare, wanted ? member->size : sizeof spare);
    }
    if (member != NULL && member->number != NULL) {
        *member->number = strtoll(at, NULL, 10);
    }
    return read_word(at);
}

enum { KEY_MAX = 32, DEPTH_MAX = 3 };

/* What is read so far. */
struct reading {
    struct report_line *line;
    const struct member *members;
    size_t member_count;
};

static void take_count(struct reading *r, const char *group, const char *key, const char *value)
{
    struct ways *w = &r->line->ways;
    const struct {
        const char *group, *key;
        uint64_t *to;
    } counts[] = {
        {"ways", "rewritten", &w->rewritten},
        {"ways", "trapped", &w->trapped},
        {"sites", "seen", &w->sites_seen},
        {"sites", "rewritten", &w->sites_rewritten},
    };
    uint64_t count = strtoull(value, NULL, 10);
    w->told |= strcmp(group, "ways") == 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(counts[i].group, group) == 0 && strcmp(counts[i].key, key) == 0) {
            *counts[i].to = count;
        }
    }
    if (strcmp(group, "refused") == 0) {
        ways_refused(w, key, count);
    }
}

static const char *read_object(const char *at, struct reading *r, const char *group, unsigned depth);

/* One member of an object; `group` is that one's own name, "" for the line itself. */
static const char *read_member(const char *at, struct reading *r, const char *group, unsigned depth)
{
    char key[KEY_MAX];
    at = read_string(at, key, sizeof key);
    if (at == NULL || *(at = skip_blank(at)) != ':') {
        return NULL;
    }
    at = skip_blank(at + 1);
    if (*at == '{') {
        return depth < DEPTH_MAX ? read_object(at, r, key, depth + 1) : NULL;
    }
    if (depth > 1) {
        if (*at >= '0' && *at <= '9') {
            take_count(r, group, key, at);
        }
        return read_value(at, NULL);
    }
    const struct member *member = NULL;
    for (size_t i = 0; i < r->member_count; i++) {
        member = strcmp(r->members[i].key, key) == 0 ? &r->members[i] : member;
    }
    return read_value(at, member);
}

static const char *read_object(const char *at, struct reading *r, const char *group, unsigned depth)
{
    at = skip_blank(at + 1);
    if (*at == '}' && depth > 1) {
        return at + 1;
    }
    for (;;) {
        at = read_member(at, r, group, depth);
        if (at == NULL) {
            return NULL;
        }
        at = skip_blank(at);
        if (*at != ',') {
            return *at == '}' ? at + 1 : NULL;
        }
        at = skip_blank(at + 1);
    }
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
    struct reading r = {line, members, sizeof members / sizeof members[0]};
    const char *at = skip_blank(text);
    at = *at == '{' ? read_object(at, &r, "", 1) : NULL;
    return at != NULL && *skip_blank(at) == '\0' &&
           (line->call[0] != '\0' || line->detail[0] != '\0' || line->ways.told);
}
