/* JSON as container images have it: reading small documents, and quoting. */
#ifndef INSTANCE_JSON_H
#define INSTANCE_JSON_H

#include <stddef.h>
#include <stdio.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_value {
    enum json_type type;
    char *name;               /* in an object; else NULL */
    char *text;               /* of strings, in UTF-8 (what follows a NUL in one is cut off); of numbers as written */
    struct json_value *first; /* of arrays and objects */
    struct json_value *next;  /* beside this one */
};

/* Parses a whole document. Returns its value, for json_free(), or NULL: malformed, nested too deep, no memory. */
struct json_value *json_parse(const char *text, size_t size);
void json_free(struct json_value *value);

/* A member of an object, or NULL (also where `value` is NULL or no object). */
const struct json_value *json_member(const struct json_value *value, const char *name);

/* The text of an object's member that is a string, or NULL. */
const char *json_text(const struct json_value *value, const char *name);

/* Writes a string with its quotes. Bytes that are no UTF-8 become U+FFFD, so that the result is always JSON. */
void json_quote(FILE *out, const char *text);

/*
 * The strings of an array of nothing but strings, NULL-terminated, for json_strings_free(). NULL: it is none, or there is
 * no memory.
 */
char **json_strings(const struct json_value *array);
void json_strings_free(char **strings);

/* Writes such a list as an array in one line. */
void json_quote_list(FILE *out, char *const *strings);

#endif
