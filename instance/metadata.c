#include "instance/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
    [METADATA_AS_HOST] = "",
    [METADATA_CHAR] = "char",
    [METADATA_BLOCK] = "block",
    [METADATA_SOCKET] = "socket",
};

enum { TYPES = sizeof type_names / sizeof type_names[0], MODE_BITS = 07777 };

bool metadata_matters(const struct metadata *m)
{
    return m->type != METADATA_AS_HOST || m->uid != 0 || m->gid != 0 || m->has_mode || m->flags[0] != '\0';
}

size_t metadata_format(const struct metadata *m, char out[METADATA_TEXT_MAX])
{
    size_t n = (size_t)snprintf(out, METADATA_TEXT_MAX, "v=1");
    if (m->type != METADATA_AS_HOST) {
        n += (size_t)snprintf(out + n, METADATA_TEXT_MAX - n, " type=%s", type_names[m->type]);
    }
    if (m->type == METADATA_CHAR || m->type == METADATA_BLOCK) {
        n += (size_t)snprintf(out + n, METADATA_TEXT_MAX - n, " dev=%u:%u", m->major, m->minor);
    }
    if (m->uid != 0 || m->gid != 0) {
        n += (size_t)snprintf(out + n, METADATA_TEXT_MAX - n, " uid=%u gid=%u", m->uid, m->gid);
    }
    if (m->has_mode) {
        n += (size_t)snprintf(out + n, METADATA_TEXT_MAX - n, " mode=%o", m->mode & MODE_BITS);
    }
    if (m->flags[0] != '\0') {
        n += (size_t)snprintf(out + n, METADATA_TEXT_MAX - n, " flags=%s", m->flags);
    }
    return n;
}

/* A number at the beginning of *at, past it. */
static bool take_number(const char **at, unsigned base, uint64_t most, uint32_t *out)
{
    uint64_t n = 0;
    const char *start = *at;
    for (; **at >= '0' && **at < (char)('0' + base) && n <= most; (*at)++) {
        n = n * base + (unsigned)(**at - '0');
    }
    *out = (uint32_t)n;
    return *at != start && n <= most;
}

static bool take_type(const char *value, struct metadata *out)
{
    for (unsigned i = METADATA_AS_HOST + 1; i < TYPES; i++) {
        if (strcmp(value, type_names[i]) == 0) {
            out->type = (enum metadata_type)i;
            return true;
        }
    }
    return false;
}

static bool take_device(const char *at, struct metadata *out)
{
    return take_number(&at, 10, UINT32_MAX, &out->major) && *at++ == ':' &&
           take_number(&at, 10, UINT32_MAX, &out->minor) && *at == '\0';
}

/* One word, "key=value". An unknown one is passed over. */
static bool take_word(char *word, struct metadata *out)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        return true;
    }
    *value++ = '\0';
    const char *at = value;
    if (strcmp(word, "type") == 0) {
        return take_type(value, out);
    }
    if (strcmp(word, "dev") == 0) {
        return take_device(value, out);
    }
    if (strcmp(word, "uid") == 0) {
        return take_number(&at, 10, UINT32_MAX, &out->uid) && *at == '\0';
    }
    if (strcmp(word, "gid") == 0) {
        return take_number(&at, 10, UINT32_MAX, &out->gid) && *at == '\0';
    }
    if (strcmp(word, "mode") == 0) {
        out->has_mode = take_number(&at, 8, MODE_BITS, &out->mode) && *at == '\0';
        return out->has_mode;
    }
    return strcmp(word, "flags") != 0 || metadata_take_flags(value, out->flags);
}

bool metadata_parse(const char *text, size_t size, struct metadata *out)
{
    char copy[METADATA_TEXT_MAX];
    char *rest = copy;
    *out = (struct metadata){0};
    if (size >= sizeof copy || memchr(text, '\0', size) != NULL) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *word = strsep(&rest, " ");
    bool good = strcmp(word, "v=1") == 0;
    while (good && rest != NULL) {
        good = take_word(strsep(&rest, " "), out);
    }
    if (!good) {
        *out = (struct metadata){0};
    }
    return good;
}

bool metadata_take_flags(const char *text, char out[METADATA_FLAGS_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    while (*text != '\0') {
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        bool wanted = length != strlen("uarch") || strncmp(text, "uarch", length) != 0;
        if (length == 0 || (text[length] != '\0' && text[length] != ',') || used + length + 2 > METADATA_FLAGS_MAX) {
            out[0] = '\0';
            return false;
        }
        if (wanted) {
            used += (size_t)snprintf(out + used, METADATA_FLAGS_MAX - used, "%s%.*s", used > 0 ? "," : "", (int)length,
                                     text);
        }
        text += length + (text[length] == ',');
    }
    return true;
}
