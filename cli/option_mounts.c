/* The isolation options whose values add up: what a world shows of the host's files, devices and ports. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_isolation.h"

/* Calls `take` with each value: only the variable holds several, one a line. */
static int each_value(struct run_request *request, const char *value, const char *where, option_setter *take)
{
    if (strncmp(where, "DRAGOMAN_", strlen("DRAGOMAN_")) != 0) {
        return take(request, value, where);
    }
    int status = 0;
    while (status == 0 && *value != '\0') {
        size_t length = strcspn(value, "\n");
        char *line = strndup(value, length);
        if (line == NULL) {
            return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
        }
        status = length > 0 ? take(request, line, where) : 0;
        free(line);
        value += length + (value[length] == '\n');
    }
    return status;
}

/* Puts a copy at the end of a NULL-terminated list, unless it is in there. */
static int append(char ***list, const char *value, const char *where)
{
    size_t count = 0;
    for (; *list != NULL && (*list)[count] != NULL; count++) {
        if (strcmp((*list)[count], value) == 0) {
            return 0;
        }
    }
    char *copy = strdup(value);
    char **grown = realloc(*list, (count + 2) * sizeof *grown);
    if (grown != NULL) {
        *list = grown;
    }
    if (grown == NULL || copy == NULL) {
        free(copy);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
    }
    grown[count] = copy;
    grown[count + 1] = NULL;
    return 0;
}

static void free_list(char ***list)
{
    for (char **at = *list; at != NULL && *at != NULL; at++) {
        free(*at);
    }
    free((void *)*list);
    *list = NULL;
}

static void free_mount(struct instance_mount *mount)
{
    free(mount->source);
    free(mount->target);
}

void isolation_clear(struct instance_plan *plan)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        free_mount(&plan->mounts[i]);
    }
    free(plan->mounts);
    free_list(&plan->devices);
    free_list(&plan->ports);
    free_list(&plan->root.layers);
    free(plan->root.own);
    free(plan->root.work);
    free(plan->hostname);
    free(plan->user);
    *plan = (struct instance_plan){0};
}

/* "a//b/" as "a/b": what two spellings of a place have in common. False where it is no absolute path, or goes up. */
static bool clean_target(const char *text, char *out, size_t size)
{
    size_t used = 0;
    if (text[0] != '/' || strlen(text) >= size) {
        return false;
    }
    while (*text != '\0') {
        text += strspn(text, "/");
        size_t length = strcspn(text, "/");
        bool dot = length == 1 && text[0] == '.';
        if (length == 2 && strncmp(text, "..", 2) == 0) {
            return false;
        }
        if (length > 0 && !dot) {
            out[used++] = '/';
            memcpy(out + used, text, length);
            used += length;
        }
        text += length;
    }
    out[used] = '\0';
    return used > 0;
}

/* The host's side, as it will be found from any directory. A path that an option names has to be there. */
static int resolve_source(const char *text, const char *where, char out[PATH_MAX])
{
    struct stat st;
    if (text[0] != '/' && strchr(text, '/') == NULL && strcmp(text, ".") != 0 && strcmp(text, "..") != 0) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no path (volumes have no names here: write ./%s)", where, text, text);
    }
    if (where[0] == '-' && stat(text, &st) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a directory or file of the host's)", where, text, strerror(errno));
    }
    if (text[0] == '/') {
        if (snprintf(out, PATH_MAX, "%s", text) >= PATH_MAX) {
            return fail(EXIT_DRAGOMAN, "%s: %s (use a shorter path)", where, strerror(ENAMETOOLONG));
        }
        return 0;
    }
    if (realpath(text, out) == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a directory or file of the host's)", where, text, strerror(errno));
    }
    return 0;
}

/* The words behind the second colon. */
static int take_mount_options(char *words, const char *where, struct instance_mount *out)
{
    for (char *word = strsep(&words, ","); word != NULL; word = strsep(&words, ",")) {
        bool labels = strcmp(word, "z") == 0 || strcmp(word, "Z") == 0;
        if (strcmp(word, "rw") == 0 || strcmp(word, "ro") == 0) {
            out->writable = strcmp(word, "rw") == 0;
        } else if (labels && access("/sys/fs/selinux/enforce", F_OK) == 0) {
            return fail(EXIT_DRAGOMAN, "%s: `%s`: files get no other labels of SELinux's here (chcon does that)", where,
                        word);
        } else if (!labels) { /* without SELinux these say nothing */
            return fail(EXIT_DRAGOMAN, "%s: `%s` is no option of a volume (ro, the default, or rw)", where, word);
        }
    }
    return 0;
}

/* A later one for the same place replaces the earlier. Takes the mount's strings. */
static int add_mount(struct instance_plan *plan, struct instance_mount *mount, const char *where)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        if (strcmp(plan->mounts[i].target, mount->target) == 0) {
            free_mount(&plan->mounts[i]);
            plan->mounts[i] = *mount;
            return 0;
        }
    }
    struct instance_mount *grown = realloc(plan->mounts, (plan->mount_count + 1) * sizeof *grown);
    if (grown == NULL) {
        free_mount(mount);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
    }
    plan->mounts = grown;
    grown[plan->mount_count++] = *mount;
    return 0;
}

static int take_volume(struct run_request *request, const char *value, const char *where)
{
    char text[3 * PATH_MAX];
    char source[PATH_MAX];
    char target[PATH_MAX];
    if (snprintf(text, sizeof text, "%s", value) >= (int)sizeof text) {
        return fail(EXIT_DRAGOMAN, "%s: %s (use shorter paths)", where, strerror(ENAMETOOLONG));
    }
    char *rest = text;
    const char *from = strsep(&rest, ":");
    const char *to = rest != NULL ? strsep(&rest, ":") : NULL;
    if (from[0] == '\0' || to == NULL || (rest != NULL && strchr(rest, ':') != NULL)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no volume (write SRC:DST or SRC:DST:rw)", where, value);
    }
    if (!clean_target(to, target, sizeof target)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no place inside (write an absolute path, not /, without ..)", where,
                    to);
    }
    struct instance_mount mount = {0};
    int status = resolve_source(from, where, source);
    if (status == 0 && rest != NULL) {
        status = take_mount_options(rest, where, &mount);
    }
    if (status != 0) {
        return status;
    }
    mount.source = strdup(source);
    mount.target = strdup(target);
    if (mount.source == NULL || mount.target == NULL) {
        free_mount(&mount);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
    }
    return add_mount(&request->plan, &mount, where);
}

int set_volume(struct run_request *request, const char *value, const char *where)
{
    return each_value(request, value, where, take_volume);
}

/* Memory: instance_mount's source is then what mount(2) is to be told, which begins with no slash. */
static int add_tmpfs(struct run_request *request, const char *target, const char *size, const char *mode,
                     const char *where)
{
    char clean[PATH_MAX];
    char *end = NULL;
    uint64_t bytes = 0;
    unsigned long bits = mode != NULL ? strtoul(mode, &end, 8) : 01777;
    if (target == NULL || !clean_target(target, clean, sizeof clean)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no place inside (write an absolute path, not /, without ..)", where,
                    target != NULL ? target : "");
    }
    if (size != NULL && (!parse_size(size, &bytes) || bytes == 0)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no size (write bytes, or 512m, 2g)", where, size);
    }
    if (mode != NULL && (*mode == '\0' || *end != '\0' || bits > 07777)) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no mode (write it in octal, as 1777)", where, mode);
    }
    struct instance_mount mount = {.writable = true, .target = strdup(clean)};
    int n = bytes != 0 ? asprintf(&mount.source, "mode=%lo,size=%llu", bits, (unsigned long long)bytes)
                       : asprintf(&mount.source, "mode=%lo", bits);
    if (n < 0 || mount.target == NULL) {
        free(mount.target);
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", where, strerror(ENOMEM));
    }
    return add_mount(&request->plan, &mount, where);
}

/* The value of "key=value", or NULL: it is another key. */
static const char *value_of(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static int take_tmpfs(struct run_request *request, const char *value, const char *where)
{
    char text[PATH_MAX + 256];
    const char *size = NULL, *mode = NULL;
    if (snprintf(text, sizeof text, "%s", value) >= (int)sizeof text) {
        return fail(EXIT_DRAGOMAN, "%s: %s (use a shorter path)", where, strerror(ENAMETOOLONG));
    }
    char *words = text;
    const char *target = strsep(&words, ":");
    for (char *word = strsep(&words, ","); word != NULL; word = strsep(&words, ",")) {
        if (value_of(word, "size") != NULL) {
            size = value_of(word, "size");
        } else if (value_of(word, "mode") != NULL) {
            mode = value_of(word, "mode");
        } else if (strcmp(word, "rw") != 0 && strcmp(word, "nosuid") != 0 && strcmp(word, "nodev") != 0) {
            return fail(EXIT_DRAGOMAN, "%s: `%s` is no option of such a directory (size=SIZE or mode=MODE)", where,
                        word);
        }
    }
    return add_tmpfs(request, target, size, mode, where);
}

int set_tmpfs(struct run_request *request, const char *value, const char *where)
{
    return each_value(request, value, where, take_tmpfs);
}

/* What --mount says, by podman's keys and their other names. */
struct mount_words {
    const char *type, *source, *target, *size, *mode, *access;
};

/* Returns whether it is known. */
static bool take_mount_word(struct mount_words *out, const char *word)
{
    const struct {
        const char *key;
        const char **value;
    } keys[] = {
        {"type", &out->type},  {"source", &out->source},      {"src", &out->source},      {"target", &out->target},
        {"dst", &out->target}, {"destination", &out->target}, {"tmpfs-size", &out->size}, {"tmpfs-mode", &out->mode},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (value_of(word, keys[i].key) != NULL) {
            *keys[i].value = value_of(word, keys[i].key);
            return true;
        }
    }
    if (strcmp(word, "ro") == 0 || strcmp(word, "readonly") == 0 || strcmp(word, "ro=true") == 0 ||
        strcmp(word, "readonly=true") == 0) {
        out->access = "ro";
        return true;
    }
    bool writable = strcmp(word, "rw") == 0 || strcmp(word, "rw=true") == 0 || strcmp(word, "ro=false") == 0 ||
                    strcmp(word, "readonly=false") == 0;
    out->access = writable ? "rw" : out->access;
    return writable;
}

static int take_mount(struct run_request *request, const char *value, const char *where)
{
    char text[3 * PATH_MAX], volume[3 * PATH_MAX];
    struct mount_words w = {.access = "ro"};
    if (snprintf(text, sizeof text, "%s", value) >= (int)sizeof text) {
        return fail(EXIT_DRAGOMAN, "%s: %s (use shorter paths)", where, strerror(ENAMETOOLONG));
    }
    char *words = text;
    for (char *word = strsep(&words, ","); word != NULL; word = strsep(&words, ",")) {
        if (!take_mount_word(&w, word)) {
            return fail(EXIT_DRAGOMAN, "%s: `%s` is not known (type, source, target, ro, rw, tmpfs-size, tmpfs-mode)",
                        where, word);
        }
    }
    if (w.type != NULL && strcmp(w.type, "tmpfs") == 0) {
        return add_tmpfs(request, w.target, w.size, w.mode, where);
    }
    if (w.type == NULL || strcmp(w.type, "bind") != 0 || w.source == NULL || w.target == NULL ||
        strchr(w.source, ':') != NULL || strchr(w.target, ':') != NULL) {
        return fail(EXIT_DRAGOMAN,
                    "%s: `%s` is no mount (write type=bind,source=SRC,target=DST or type=tmpfs,target=DST)", where,
                    value);
    }
    const char *here = w.source[0] != '/' ? "./" : ""; /* which is a path in any case */
    int n = snprintf(volume, sizeof volume, "%s%s:%s:%s", here, w.source, w.target, w.access);
    return n < (int)sizeof volume ? take_volume(request, volume, where)
                                  : fail(EXIT_DRAGOMAN, "%s: %s (use shorter paths)", where, strerror(ENAMETOOLONG));
}

int set_mount(struct run_request *request, const char *value, const char *where)
{
    return each_value(request, value, where, take_mount);
}

static int take_device(struct run_request *request, const char *value, const char *where)
{
    struct stat st;
    char path[PATH_MAX];
    if (!clean_target(value, path, sizeof path) || strchr(path, ':') != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: `%s` is no device's path (write it as /dev/fuse)", where, value);
    }
    if (where[0] == '-' && stat(path, &st) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s: %s (name a device of the host's)", where, path, strerror(errno));
    }
    if (where[0] == '-' && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) {
        return fail(EXIT_DRAGOMAN, "%s: %s: not a device (files are shown by -v)", where, path);
    }
    return append(&request->plan.devices, path, where);
}

int set_device(struct run_request *request, const char *value, const char *where)
{
    return each_value(request, value, where, take_device);
}

/* "N" or "N-M" up to `end`, its length into *count. Returns whether it is one. */
static bool port_range(const char *text, const char *end, unsigned *count)
{
    enum { PORT_MAX = 65535 };
    unsigned long bounds[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        char *after = NULL;
        if (isdigit((unsigned char)*text) == 0) {
            return false;
        }
        bounds[i] = strtoul(text, &after, 10);
        if (bounds[i] < 1 || bounds[i] > PORT_MAX) {
            return false;
        }
        text = after;
        if (i == 0 && text == end) {
            *count = 1;
            return true;
        }
        if (i == 0 && *text++ != '-') {
            return false;
        }
    }
    *count = (unsigned)(bounds[1] - bounds[0]) + 1;
    return text == end && bounds[1] >= bounds[0];
}

/* What stands before the host's port: an address, in brackets where it is IPv6. */
static bool address_ok(const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    if (brackets) {
        text++;
        length -= 2;
    }
    if (length >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(brackets ? AF_INET6 : AF_INET, copy, bytes) == 1;
}

static bool ports_ok(const char *value)
{
    const char *end = strchr(value, '/');
    if (end == NULL) {
        end = value + strlen(value);
    } else if (strcmp(end, "/tcp") != 0 && strcmp(end, "/udp") != 0) {
        return false;
    }
    const char *inner = memrchr(value, ':', (size_t)(end - value));
    unsigned inner_count = 0;
    unsigned outer_count = 0;
    if (inner == NULL) {
        return port_range(value, end, &inner_count);
    }
    const char *before = memrchr(value, ':', (size_t)(inner - value));
    const char *outer = before != NULL ? before + 1 : value;
    return port_range(inner + 1, end, &inner_count) && port_range(outer, inner, &outer_count) &&
           inner_count == outer_count && (before == NULL || address_ok(value, (size_t)(before - value)));
}

static int take_publish(struct run_request *request, const char *value, const char *where)
{
    if (!ports_ok(value)) {
        return fail(EXIT_DRAGOMAN,
                    "%s: `%s` forwards no port (write INNER, PORT:INNER or IP:PORT:INNER, with /udp behind if need be)",
                    where, value);
    }
    return append(&request->plan.ports, value, where);
}

int set_publish(struct run_request *request, const char *value, const char *where)
{
    return each_value(request, value, where, take_publish);
}
