/*
 * Writes JSON: commas, quoting and nesting in one place. Members outside an array have a name, those inside
 * one have NULL.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

struct json {
    FILE *out;
    unsigned depth;
    bool has_members[JSON_DEPTH_MAX];
};

void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_end_object(struct json *j);
void json_end_array(struct json *j);

/* A NULL value is written as null. Bytes that are no UTF-8 become U+FFFD, so that the result is always JSON.
 */
void json_string(struct json *j, const char *name, const char *value);
void json_number(struct json *j, const char *name, int64_t value);
void json_bool(struct json *j, const char *name, bool value);

#endif
