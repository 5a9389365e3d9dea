#include "cli/instance_image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/image_archive.h"
#include "cli/instance.h"
#include "cli/json.h"
#include "cli/message.h"
#include "instance/sha256.h"

/* Of what an image says only this is taken. */
static bool is_from_image(const struct option_row *row)
{
    static const char *const names[] = {"env", "entrypoint", "command", "workdir", "user", "stop-signal", "expose"};
    for (size_t i = 0; row != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(row->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* One line of these; what cannot be is left out, and its setter has said why. */
static void take_image_line(struct instance_config *config, struct run_request *scratch, char *line)
{
    char where[64], *value;
    const struct option_row *row = option_find(config_split(line, &value));
    if (!is_from_image(row) || value == NULL) {
        return;
    }
    snprintf(where, sizeof where, "the image's %s is left out", row->name);
    if (row->set(scratch, value, where) == 0) {
        (void)instance_config_set(config, row, value); /* which has said that it is too long */
    }
}

int instance_image_take(struct instance_config *config, char *text)
{
    struct run_request scratch;
    struct instance_config own = *config;
    int status = 0;
    config->lines = NULL;
    config->line_count = 0;
    run_request_init(&scratch);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        take_image_line(config, &scratch, line);
    }
    for (size_t i = 0; i < own.line_count; i++) {
        status = status == 0 ? instance_apply_line(config, own.lines[i]) : status;
        free(own.lines[i]);
    }
    free((void *)own.lines);
    run_request_clear(&scratch);
    return status;
}

enum { DIGEST_ROOM = SHA256_HEX + 7 };

static const char layer_type[] = "application/vnd.oci.image.layer.v1.tar";
static const char config_type[] = "application/vnd.oci.image.config.v1+json";
static const char manifest_type[] = "application/vnd.oci.image.manifest.v1+json";
static const char index_type[] = "application/vnd.oci.image.index.v1+json";

struct blob {
    char hex[SHA256_HEX];
    int64_t size;
};

/* A document that is being written. */
struct document {
    struct json json;
    char *text;
    size_t size;
};

static bool document_start(struct document *d)
{
    *d = (struct document){0};
    d->json.out = open_memstream(&d->text, &d->size);
    return d->json.out != NULL;
}

/* Returns whether it is whole; its text is the caller's in any case. */
static bool document_end(struct document *d)
{
    bool good = ferror(d->json.out) == 0;
    return fclose(d->json.out) == 0 && good;
}

static void put_digest(struct json *j, const char *key, const struct blob *blob)
{
    char digest[DIGEST_ROOM];
    snprintf(digest, sizeof digest, "sha256:%s", blob->hex);
    json_string(j, key, digest);
}

static void put_reference(struct json *j, const char *key, const char *type, const struct blob *blob)
{
    json_object(j, key);
    json_string(j, "mediaType", type);
    put_digest(j, "digest", blob);
    json_number(j, "size", blob->size);
    json_end_object(j);
}

static void put_words(struct json *j, const char *key, char *const *words)
{
    if (words == NULL || words[0] == NULL) {
        return;
    }
    json_array(j, key);
    for (; *words != NULL; words++) {
        json_string(j, NULL, *words);
    }
    json_end_array(j);
}

static void put_signal(struct json *j, int number)
{
    char text[32];
    const char *name = sigabbrev_np(number);
    if (name != NULL) {
        snprintf(text, sizeof text, "SIG%s", name);
    } else {
        snprintf(text, sizeof text, "%d", number);
    }
    json_string(j, "StopSignal", text);
}

/* What the settings say of the program, under the names that images have for it. */
static void put_program(struct json *j, const struct run_request *request)
{
    const struct configured_program *p = &request->program;
    json_object(j, "config");
    put_words(j, "Env", request->env);
    put_words(j, "Entrypoint", p->entrypoint);
    put_words(j, "Cmd", p->words);
    if (request->workdir != NULL) {
        json_string(j, "WorkingDir", request->workdir);
    }
    if (request->plan.user != NULL) {
        json_string(j, "User", request->plan.user);
    }
    if (p->stop_signal != 0) {
        put_signal(j, p->stop_signal);
    }
    if (p->exposed != NULL) {
        json_object(j, "ExposedPorts");
        for (char **port = p->exposed; *port != NULL; port++) {
            json_object(j, *port);
            json_end_object(j);
        }
        json_end_object(j);
    }
    json_end_object(j);
}

static bool is_for(const struct instance_config *config, const char *word)
{
    return strncasecmp(config->system, word, strlen(word)) == 0;
}

static void put_platform(struct json *j, const struct instance_config *config)
{
    json_string(j, "architecture", is_for(config, "Linux/i386") ? "386" : "amd64");
    json_string(j, "os", is_for(config, "FreeBSD") ? "freebsd" : "linux");
}

/* The settings that an image may have, applied. Returns 0, or an exit status after complaining. */
static int read_program(const struct image_labels *labels, struct run_request *request)
{
    int status = 0;
    run_request_init(request);
    for (size_t i = 0; i < labels->config->line_count && status == 0; i++) {
        char *value, *line = strdup(labels->config->lines[i]);
        const struct option_row *row = line != NULL ? option_find(config_split(line, &value)) : NULL;
        if (line == NULL) {
            status = fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", labels->name, strerror(ENOMEM));
        } else if (is_from_image(row) && value != NULL) {
            status = row->set(request, value, row->name);
        }
        free(line);
    }
    return status;
}

/* A name as registries take them, or NULL. */
static const char *reference_of(const char *name, char out[INSTANCE_NAME_MAX])
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    snprintf(out, INSTANCE_NAME_MAX, "%s", name);
    for (char *at = out; *at != '\0'; at++) {
        *at = (char)(*at | (strchr(upper, *at) != NULL ? 0x20 : 0));
    }
    return strchr(out, '+') == NULL ? out : NULL;
}

/* Adds a document as a blob, or with a name as a file. Returns 0, or -errno. */
static int add_document(struct image_archive *a, struct document *d, const char *name, struct blob *blob)
{
    bool whole = document_end(d);
    int error = whole ? 0 : -ENOMEM;
    if (whole && name != NULL) {
        error = image_archive_add(a, name, d->text, d->size);
    } else if (whole) {
        char path[128];
        struct sha256 sum;
        sha256_start(&sum);
        sha256_add(&sum, d->text, d->size);
        sha256_end(&sum, blob->hex);
        blob->size = (int64_t)d->size;
        snprintf(path, sizeof path, "blobs/sha256/%s", blob->hex);
        error = image_archive_add(a, path, d->text, d->size);
    }
    free(d->text);
    return error;
}

static int add_config(struct image_archive *a, const struct image_labels *labels, const struct run_request *request,
                      const struct blob *layer, struct blob *out)
{
    struct document d;
    if (!document_start(&d)) {
        return -ENOMEM;
    }
    json_object(&d.json, NULL);
    put_platform(&d.json, labels->config);
    put_program(&d.json, request);
    json_object(&d.json, "rootfs");
    json_string(&d.json, "type", "layers");
    json_array(&d.json, "diff_ids");
    put_digest(&d.json, NULL, layer);
    json_end_array(&d.json);
    json_end_object(&d.json);
    json_end_object(&d.json);
    return add_document(a, &d, NULL, out);
}

static int add_manifest(struct image_archive *a, const struct blob *config, const struct blob *layer, struct blob *out)
{
    struct document d;
    if (!document_start(&d)) {
        return -ENOMEM;
    }
    json_object(&d.json, NULL);
    json_number(&d.json, "schemaVersion", 2);
    json_string(&d.json, "mediaType", manifest_type);
    put_reference(&d.json, "config", config_type, config);
    json_array(&d.json, "layers");
    put_reference(&d.json, NULL, layer_type, layer);
    json_end_array(&d.json);
    json_end_object(&d.json);
    return add_document(a, &d, NULL, out);
}

static int add_index(struct image_archive *a, const struct image_labels *labels, const struct blob *manifest)
{
    char name[INSTANCE_NAME_MAX];
    const char *reference = reference_of(labels->name, name);
    struct document d;
    if (!document_start(&d)) {
        return -ENOMEM;
    }
    json_object(&d.json, NULL);
    json_number(&d.json, "schemaVersion", 2);
    json_string(&d.json, "mediaType", index_type);
    json_array(&d.json, "manifests");
    json_object(&d.json, NULL);
    json_string(&d.json, "mediaType", manifest_type);
    put_digest(&d.json, "digest", manifest);
    json_number(&d.json, "size", manifest->size);
    json_object(&d.json, "platform");
    put_platform(&d.json, labels->config);
    json_end_object(&d.json);
    if (reference != NULL) {
        json_object(&d.json, "annotations");
        json_string(&d.json, "org.opencontainers.image.ref.name", reference);
        json_end_object(&d.json);
    }
    json_end_object(&d.json);
    json_end_array(&d.json);
    json_end_object(&d.json);
    return add_document(a, &d, "index.json", NULL);
}

/* The same image as docker-save has it, which older tools read. */
static int add_saved(struct image_archive *a, const struct image_labels *labels, const struct blob *config,
                     const struct blob *layer)
{
    char name[INSTANCE_NAME_MAX], text[INSTANCE_NAME_MAX + 128];
    const char *reference = reference_of(labels->name, name);
    struct document d;
    if (!document_start(&d)) {
        return -ENOMEM;
    }
    json_array(&d.json, NULL);
    json_object(&d.json, NULL);
    snprintf(text, sizeof text, "blobs/sha256/%s", config->hex);
    json_string(&d.json, "Config", text);
    json_array(&d.json, "RepoTags");
    if (reference != NULL) {
        snprintf(text, sizeof text, "localhost/%s:latest", reference);
        json_string(&d.json, NULL, text);
    }
    json_end_array(&d.json);
    json_array(&d.json, "Layers");
    snprintf(text, sizeof text, "blobs/sha256/%s", layer->hex);
    json_string(&d.json, NULL, text);
    json_end_array(&d.json);
    json_end_object(&d.json);
    json_end_array(&d.json);
    return add_document(a, &d, "manifest.json", NULL);
}

static int add_documents(struct image_archive *a, const struct image_labels *labels, const struct run_request *request,
                         const struct blob *layer)
{
    static const char version[] = "{\"imageLayoutVersion\": \"1.0.0\"}\n";
    struct blob config, manifest;
    int error = add_config(a, labels, request, layer, &config);
    error = error == 0 ? add_manifest(a, &config, layer, &manifest) : error;
    error = error == 0 ? image_archive_add(a, "oci-layout", version, sizeof version - 1) : error;
    error = error == 0 ? add_index(a, labels, &manifest) : error;
    return error == 0 ? add_saved(a, labels, &config, layer) : error;
}

int instance_image_write(struct instance_store *store, const struct tree_source *source,
                         const struct image_labels *labels, const char *progress, int out)
{
    struct run_request request;
    struct image_archive a;
    struct blob layer;
    int status = read_program(labels, &request);
    int error = status == 0 ? image_archive_start(&a, out, store->layers.fd) : 0;
    if (status == 0 && error == 0) {
        error = image_archive_reserve(&a);
        status = error == 0 ? instance_tree_pack(source, "none", progress, a.fd) : 0;
        if (error == 0 && status == 0) {
            error = image_archive_settle(&a, layer.hex, &layer.size);
        }
        error = error == 0 && status == 0 ? add_documents(&a, labels, &request, &layer) : error;
        int ended = image_archive_end(&a, error == 0 && status == 0);
        error = error != 0 ? error : ended;
    }
    run_request_clear(&request);
    return error != 0
               ? fail(EXIT_DRAGOMAN, "%s: cannot be written: %s (is there room?)", labels->name, strerror(-error))
               : status;
}
