/* Reading JSON: the small documents in container images. */
#ifndef INSTANCE_UNPACK_JSON_H
#define INSTANCE_UNPACK_JSON_H

#include <stddef.h>

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

#endif
