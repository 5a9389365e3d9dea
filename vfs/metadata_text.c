/* The attribute's text; see metadata_text.h. Nothing here needs another file: programs of their own link it alone. */
#include "vfs/metadata_text.h"

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

/* What has been written so far. The longest value has room: words of fixed sizes, and flags of at most 127 bytes. */
struct writing {
    char *to;
    size_t length;
};

_Static_assert(sizeof "v=1 type=socket dev=4294967295:4294967295 uid=4294967295 gid=4294967295 mode=7777 flags=" +
                       METADATA_FLAGS_MAX <=
                   METADATA_TEXT_MAX,
               "room for the longest value");

static void put(struct writing *w, const char *text)
{
    while (*text != '\0') {
        w->to[w->length++] = *text++;
    }
}

static void put_number(struct writing *w, uint32_t n, uint32_t base)
{
    char digits[12];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + n % base);
        n /= base;
    } while (n != 0);
    while (count > 0) {
        w->to[w->length++] = digits[--count];
    }
}

size_t metadata_format(const struct metadata *m, char out[METADATA_TEXT_MAX])
{
    struct writing w = {out, 0};
    put(&w, "v=1");
    if (m->type != METADATA_AS_HOST) {
        put(&w, " type=");
        put(&w, type_names[m->type]);
    }
    if (m->type == METADATA_CHAR || m->type == METADATA_BLOCK) {
        put(&w, " dev=");
        put_number(&w, m->major, 10);
        put(&w, ":");
        put_number(&w, m->minor, 10);
    }
    if (m->uid != 0 || m->gid != 0) {
        put(&w, " uid=");
        put_number(&w, m->uid, 10);
        put(&w, " gid=");
        put_number(&w, m->gid, 10);
    }
    if (m->has_mode) {
        put(&w, " mode=");
        put_number(&w, m->mode & MODE_BITS, 8);
    }
    if (m->flags[0] != '\0') {
        put(&w, " flags=");
        put(&w, m->flags);
    }
    out[w.length] = '\0';
    return w.length;
}

/* Where a word stands in the text, without its end. */
struct word {
    const char *at, *end;
};

static bool equals(const struct word *word, const char *text)
{
    const char *at = word->at;
    while (at < word->end && *text != '\0' && *at == *text) {
        at++;
        text++;
    }
    return at == word->end && *text == '\0';
}

/* A number at the word's beginning, past it. */
static bool take_number(struct word *word, unsigned base, uint64_t most, uint32_t *out)
{
    uint64_t n = 0;
    const char *start = word->at;
    for (; word->at < word->end && *word->at >= '0' && *word->at < (char)('0' + base) && n <= most; word->at++) {
        n = n * base + (unsigned)(*word->at - '0');
    }
    *out = (uint32_t)n;
    return word->at != start && n <= most;
}

static bool take_whole_number(struct word *word, unsigned base, uint64_t most, uint32_t *out)
{
    return take_number(word, base, most, out) && word->at == word->end;
}

static bool take_type(const struct word *value, struct metadata *out)
{
    for (unsigned i = METADATA_AS_HOST + 1; i < TYPES; i++) {
        if (equals(value, type_names[i])) {
            out->type = (enum metadata_type)i;
            return true;
        }
    }
    return false;
}

static bool take_device(struct word *value, struct metadata *out)
{
    if (!take_number(value, 10, UINT32_MAX, &out->major) || value->at == value->end || *value->at != ':') {
        return false;
    }
    value->at++;
    return take_whole_number(value, 10, UINT32_MAX, &out->minor);
}

/* The names of flags, each once more in `out`, without uarch. */
static bool take_flags(const struct word *value, char out[METADATA_FLAGS_MAX])
{
    size_t used = 0;
    for (const char *at = value->at; at < value->end;) {
        struct word name = {at, at};
        while (name.end < value->end && *name.end >= 'a' && *name.end <= 'z') {
            name.end++;
        }
        size_t length = (size_t)(name.end - name.at);
        if (length == 0 || (name.end < value->end && *name.end != ',') || used + length + 2 > METADATA_FLAGS_MAX) {
            out[0] = '\0';
            return false;
        }
        if (!equals(&name, "uarch")) {
            if (used > 0) {
                out[used++] = ',';
            }
            for (size_t i = 0; i < length; i++) {
                out[used++] = name.at[i];
            }
        }
        at = name.end + (name.end < value->end);
    }
    out[used] = '\0';
    return true;
}

/* One word, "key=value". An unknown one is passed over. */
static bool take_word(const struct word *word, struct metadata *out)
{
    struct word key = {word->at, word->at}, value;
    while (key.end < word->end && *key.end != '=') {
        key.end++;
    }
    if (key.end == word->end) {
        return true;
    }
    value = (struct word){key.end + 1, word->end};
    if (equals(&key, "type")) {
        return take_type(&value, out);
    }
    if (equals(&key, "dev")) {
        return take_device(&value, out);
    }
    if (equals(&key, "uid")) {
        return take_whole_number(&value, 10, UINT32_MAX, &out->uid);
    }
    if (equals(&key, "gid")) {
        return take_whole_number(&value, 10, UINT32_MAX, &out->gid);
    }
    if (equals(&key, "mode")) {
        out->has_mode = take_whole_number(&value, 8, MODE_BITS, &out->mode);
        return out->has_mode;
    }
    return !equals(&key, "flags") || take_flags(&value, out->flags);
}

bool metadata_parse(const char *text, size_t size, struct metadata *out)
{
    const char *end = text + size;
    bool first = true, good = size < METADATA_TEXT_MAX;
    *out = (struct metadata){0};
    for (const char *at = text; good && at <= end;) {
        struct word word = {at, at};
        while (word.end < end && *word.end != ' ' && *word.end != '\0') {
            word.end++;
        }
        good = word.end == end || *word.end == ' ';
        good = good && (first ? equals(&word, "v=1") : take_word(&word, out));
        first = false;
        at = word.end + 1;
    }
    if (!good) {
        *out = (struct metadata){0};
    }
    return good;
}

bool metadata_take_flags(const char *text, char out[METADATA_FLAGS_MAX])
{
    struct word all = {text, text};
    while (*all.end != '\0') {
        all.end++;
    }
    return take_flags(&all, out);
}
