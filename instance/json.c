#include "instance/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

struct reader {
    const char *at, *end;
    int depth;
};

static bool parse_value(struct reader *r, struct json_value *out);

static void skip_blank(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0') {
        r->at++;
    }
}

static bool take(struct reader *r, char c)
{
    skip_blank(r);
    if (r->at == r->end || *r->at != c) {
        return false;
    }
    r->at++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0) {
        return false;
    }
    r->at += length;
    return true;
}

static bool hex4(struct reader *r, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        const char *digit = r->at < r->end && *r->at != '\0' ? strchr(digits, *r->at) : NULL;
        if (digit == NULL) {
            return false;
        }
        *out = *out * 16 + (uint32_t)((digit - digits) % 16);
    }
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* What stands behind a backslash. A character takes no more bytes than its escape. */
static char *take_escape(struct reader *r, char *to)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end || *r->at == '\0') {
        return NULL;
    }
    char letter = *r->at++;
    const char *found = strchr(letters, letter);
    if (found != NULL) {
        *to++ = meant[found - letters];
        return to;
    }
    uint32_t c;
    uint32_t low;
    if (letter != 'u' || !hex4(r, &c)) {
        return NULL;
    }
    if (c >= 0xd800 && c < 0xdc00) {
        if (!take_word(r, "\\u") || !hex4(r, &low) || low < 0xdc00 || low > 0xdfff) {
            return NULL;
        }
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(to, c);
}

/* Behind the first quote. The caller frees the result. */
static char *take_string(struct reader *r)
{
    char *text = malloc((size_t)(r->end - r->at) + 1);
    char *to = text;
    while (to != NULL && r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20) {
            to = NULL;
        } else if (*r->at == '\\') {
            r->at++;
            to = take_escape(r, to);
        } else {
            *to++ = *r->at++;
        }
    }
    if (to == NULL || r->at == r->end) {
        free(text);
        return NULL;
    }
    r->at++;
    *to++ = '\0';
    char *fitted = realloc(text, (size_t)(to - text));
    return fitted != NULL ? fitted : text;
}

static bool parse_number(struct reader *r, struct json_value *out)
{
    const char *start = r->at;
    while (r->at < r->end && *r->at != '\0' && strchr("+-.0123456789Ee", *r->at) != NULL) {
        r->at++;
    }
    out->type = JSON_NUMBER;
    out->text = strndup(start, (size_t)(r->at - start));
    return r->at != start && out->text != NULL;
}

static bool parse_name(struct reader *r, struct json_value *out)
{
    if (!take(r, '"')) {
        return false;
    }
    out->name = take_string(r);
    return out->name != NULL && take(r, ':');
}

/* The members of an array or an object, behind its bracket. */
static bool parse_members(struct reader *r, struct json_value *out, char closing)
{
    struct json_value **link = &out->first;
    out->type = closing == '}' ? JSON_OBJECT : JSON_ARRAY;
    if (take(r, closing)) {
        return true;
    }
    if (++r->depth > DEPTH_MAX) {
        return false;
    }
    do {
        *link = calloc(1, sizeof **link);
        if (*link == NULL || (closing == '}' && !parse_name(r, *link)) || !parse_value(r, *link)) {
            return false;
        }
        link = &(*link)->next;
    } while (take(r, ','));
    r->depth--;
    return take(r, closing);
}

static bool parse_value(struct reader *r, struct json_value *out)
{
    if (take(r, '{')) {
        return parse_members(r, out, '}');
    }
    if (take(r, '[')) {
        return parse_members(r, out, ']');
    }
    if (take(r, '"')) {
        out->type = JSON_STRING;
        out->text = take_string(r);
        return out->text != NULL;
    }
    if (take_word(r, "null")) {
        return true;
    }
    if (take_word(r, "true") || take_word(r, "false")) {
        out->type = JSON_BOOL;
        return true;
    }
    return parse_number(r, out);
}

struct json_value *json_parse(const char *text, size_t size)
{
    struct reader r = {.at = text, .end = text + size};
    struct json_value *value = calloc(1, sizeof *value);
    bool good = value != NULL && parse_value(&r, value);
    skip_blank(&r);
    if (!good || r.at != r.end) {
        json_free(value);
        return NULL;
    }
    return value;
}

void json_free(struct json_value *value)
{
    while (value != NULL) {
        struct json_value *next = value->next;
        json_free(value->first);
        free(value->name);
        free(value->text);
        free(value);
        value = next;
    }
}

const struct json_value *json_member(const struct json_value *value, const char *name)
{
    if (value == NULL || value->type != JSON_OBJECT) {
        return NULL;
    }
    for (const struct json_value *m = value->first; m != NULL; m = m->next) {
        if (strcmp(m->name, name) == 0) {
            return m;
        }
    }
    return NULL;
}

const char *json_text(const struct json_value *value, const char *name)
{
    const struct json_value *member = json_member(value, name);
    return member != NULL && member->type == JSON_STRING ? member->text : NULL;
}

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

void json_quote(FILE *out, const char *text)
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

char **json_strings(const struct json_value *array)
{
    size_t count = 0;
    for (const struct json_value *v = array != NULL && array->type == JSON_ARRAY ? array->first : NULL; v != NULL;
         v = v->next) {
        if (v->type != JSON_STRING) {
            return NULL;
        }
        count++;
    }
    char **strings = array != NULL && array->type == JSON_ARRAY ? calloc(count + 1, sizeof *strings) : NULL;
    size_t i = 0;
    for (const struct json_value *v = strings != NULL ? array->first : NULL; v != NULL; v = v->next, i++) {
        strings[i] = strdup(v->text);
        if (strings[i] == NULL) {
            json_strings_free(strings);
            return NULL;
        }
    }
    return strings;
}

void json_strings_free(char **strings)
{
    for (char **s = strings; s != NULL && *s != NULL; s++) {
        free(*s);
    }
    free((void *)strings);
}

void json_quote_list(FILE *out, char *const *strings)
{
    putc('[', out);
    for (size_t i = 0; strings[i] != NULL; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_quote(out, strings[i]);
    }
    putc(']', out);
}
