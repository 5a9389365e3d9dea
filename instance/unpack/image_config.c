/*
 * What a container image says of its program (github.com/opencontainers/image-spec: config.md), as lines of an instance's
 * configuration. Nobody vouches for it: whoever takes the lines looks at their values.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance/json.h"
#include "instance/unpack/job.h"
#include "instance/unpack/say.h"

enum { CONFIG_MAX = 1 << 20 };

/* A value stands on a line of its own, without blanks around it. */
static bool fits(const char *value)
{
    size_t length = strlen(value);
    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return false;
        }
    }
    return length > 0 && value[0] != ' ' && value[length - 1] != ' ';
}

static void put_text(FILE *out, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    if (fits(value)) {
        fprintf(out, "%s = %s\n", key, value);
    } else {
        fprintf(stderr, "dragoman: the image's %s is left out: %s (dragoman instance set may set another)\n", key,
                shown(value));
    }
}

static void put_each(FILE *out, const char *key, const struct json_value *values, bool names)
{
    for (const struct json_value *v = values != NULL ? values->first : NULL; v != NULL; v = v->next) {
        put_text(out, key, names ? v->name : v->type == JSON_STRING ? v->text : NULL);
    }
}

static void put_list(FILE *out, const char *key, const struct json_value *values)
{
    char **words = json_strings(values);
    if (words != NULL && words[0] != NULL) {
        fprintf(out, "%s = ", key);
        json_quote_list(out, words);
        putc('\n', out);
    }
    json_strings_free(words);
}

/* An image need not have its working directory: whoever runs it makes it (config.md, WorkingDir). */
static int make_directory(struct tree *tree, const char *path)
{
    char clean[PATH_ROOM];
    if (path == NULL || path[0] != '/' || path_clean(path, PATH_ROOTED | tree->names, clean) != NULL ||
        clean[0] == '\0') {
        return 0;
    }
    int fd = tree_open_file(tree->root, clean);
    if (fd != -ENOENT) {
        if (fd >= 0) {
            close(fd);
        }
        return 0;
    }
    const struct member member = {.type = MEMBER_DIRECTORY, .path = clean, .mode = 0755, .flags = ""};
    return tree_add(tree, &member, NULL);
}

int image_configure(struct job *job, const struct json_value *document)
{
    const struct json_value *config = json_member(document, "config");
    const char *workdir = json_text(config, "WorkingDir");
    size_t size = 0;
    FILE *out = config != NULL ? open_memstream(&job->config, &size) : NULL;
    if (config == NULL) {
        return 0;
    }
    if (out == NULL) {
        return complain("out of memory");
    }
    put_each(out, "env", json_member(config, "Env"), false);
    put_list(out, "entrypoint", json_member(config, "Entrypoint"));
    put_list(out, "command", json_member(config, "Cmd"));
    put_text(out, "workdir", workdir != NULL && strcmp(workdir, "/") != 0 ? workdir : NULL);
    put_text(out, "user", json_text(config, "User"));
    put_text(out, "stop-signal", json_text(config, "StopSignal"));
    const struct json_value *ports = json_member(config, "ExposedPorts");
    put_each(out, "expose", ports != NULL && ports->type == JSON_OBJECT ? ports : NULL, true);
    if (fclose(out) != 0) {
        return complain("out of memory");
    }
    if (size > CONFIG_MAX) {
        return complain("the image's configuration is too long");
    }
    return make_directory(&job->tree, workdir);
}
