/* Lists of names; see metadata_names.h. Nothing here but metadata_text.c needs another file: programs link the two alone. */
#include "vfs/metadata_names.h"

#define EVERY_NAME "."

static size_t length_of(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}

/* Bytes up to the next slash, or to the end. */
static size_t part(const char *list, size_t from, size_t size)
{
    size_t n = 0;
    while (from + n < size && list[from + n] != '/') {
        n++;
    }
    return n;
}

static bool same(const char *a, size_t n, const char *text, size_t length)
{
    if (n != length) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (a[i] != text[i]) {
            return false;
        }
    }
    return true;
}

/* Where a name stands, and the group that it is in. */
struct found {
    size_t value, value_length; /* the group's value */
    size_t name;                /* 0: it is not there */
    size_t end;                 /* of the group: behind its last slash */
    bool alone;                 /* no other name is in the group */
};

/* Looks through one group from *at on, which becomes the next group's. */
static bool look_in_group(const char *list, size_t size, size_t *at, const char *name, size_t length, struct found *out)
{
    struct found f = {.value = *at, .value_length = part(list, *at, size)};
    size_t names = 0, i = *at + f.value_length + 1, n;
    for (; i < size && (n = part(list, i, size)) > 0; i += n + 1) {
        names++;
        f.name = same(list + i, n, name, length) ? i : f.name;
    }
    *at = i + 1;
    f.end = i + 1 < size ? i + 1 : size;
    f.alone = names == 1;
    *out = f;
    return f.name != 0;
}

static bool find(const char *list, size_t size, const char *name, struct found *out)
{
    size_t length = length_of(name);
    for (size_t at = 0; at < size;) {
        if (look_in_group(list, size, &at, name, length, out)) {
            return true;
        }
    }
    return false;
}

/* Whether a list ends where a group does. */
static bool is_whole(const char *list, size_t size)
{
    struct found f;
    size_t at = 0;
    while (at < size) {
        look_in_group(list, size, &at, "", 0, &f);
    }
    return at == size;
}

bool metadata_names_find(const char *list, size_t size, const char *name, struct metadata *out)
{
    struct found f;
    *out = (struct metadata){0};
    return (find(list, size, name, &f) || find(list, size, EVERY_NAME, &f)) &&
           metadata_parse(list + f.value, f.value_length, out);
}

/* Takes `count` bytes out at `at`. Returns the new size. */
static size_t cut(char *list, size_t size, size_t at, size_t count)
{
    for (size_t i = at; i + count < size; i++) {
        list[i] = list[i + count];
    }
    return size - count;
}

/* Makes room for `count` bytes at `at`, filled from `text`. */
static size_t insert(char *list, size_t size, size_t at, const char *text, size_t count)
{
    for (size_t i = size; i > at; i--) {
        list[i - 1 + count] = list[i - 1];
    }
    for (size_t i = 0; i < count; i++) {
        list[at + i] = text[i];
    }
    return size + count;
}

static size_t remove_name(char *list, size_t size, const char *name)
{
    struct found f;
    while (find(list, size, name, &f)) {
        size = f.alone ? cut(list, size, f.value, f.end - f.value) : cut(list, size, f.name, length_of(name) + 1);
    }
    return size;
}

/* The first group of that value; false: there is none. */
static bool find_value(const char *list, size_t size, const char *value, size_t length, size_t *names)
{
    struct found f;
    for (size_t at = 0; at < size;) {
        look_in_group(list, size, &at, "", 0, &f);
        if (same(list + f.value, f.value_length, value, length)) {
            *names = f.value + f.value_length + 1;
            return *names <= size;
        }
    }
    return false;
}

static size_t add_name(char *list, size_t size, const char *name, const char *value, size_t value_length)
{
    size_t length = length_of(name), at;
    if (find_value(list, size, value, value_length, &at)) {
        size = insert(list, size, at, "/", 1);
        return insert(list, size, at, name, length);
    }
    size = insert(list, size, size, value, value_length);
    size = insert(list, size, size, "/", 1);
    size = insert(list, size, size, name, length);
    return insert(list, size, size, "//", 2);
}

size_t metadata_names_set(char *list, size_t size, const char *name, const struct metadata *m)
{
    char value[METADATA_TEXT_MAX], rest[METADATA_TEXT_MAX];
    struct metadata others;
    size_t length = m != NULL ? metadata_format(m, value) : 0;
    if (!is_whole(list, size)) {
        size = 0; /* none of ours: what is added would become a part of it */
    }
    if (m != NULL && size + length + length_of(name) + 3 > METADATA_NAMES_MAX) {
        return SIZE_MAX;
    }
    size = remove_name(list, size, name);
    if (m == NULL) {
        return size;
    }
    /* What all others have, or nobody says, need not be said again. */
    metadata_names_find(list, size, EVERY_NAME, &others);
    if (name[0] == '.' && name[1] == '\0') {
        others = (struct metadata){0};
    }
    return same(value, length, rest, metadata_format(&others, rest)) ? size : add_name(list, size, name, value, length);
}
