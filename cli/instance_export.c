/* `dragoman instance export`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/instance.h"
#include "cli/instance_image.h"
#include "cli/instance_live.h"
#include "cli/message.h"
#include "cli/tools.h"

static const char usage[] = "dragoman instance export NAME[@SNAPSHOT] [FILE|-] [--format FORMAT]";

static const char image[] = "image"; /* no filter of pack's */

static const struct {
    const char *format, *suffix, *filter;
} formats[] = {
    {"tar", ".tar", "none"},      {"tar.gz", ".tgz", "gzip"},  {"tar.bz2", ".tbz", "bzip2"}, {"tar.xz", ".txz", "xz"},
    {"tar.zst", ".tzst", "zstd"}, {"tar.lz4", ".tlz4", "lz4"}, {"oci", ".oci", image},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* A name that says another format: a tar archive under it would mislead whoever opens it. */
static int refuse_ending(const char *file)
{
    static const char *const others[] = {
        ".zip",  ".7z", ".rar", ".cpio", ".iso", ".img", ".qcow2", ".vmdk", ".squashfs",
        ".sqfs", ".ar", ".deb", ".rpm",  ".gz",  ".bz2", ".xz",    ".zst",  ".lz4",
        ".lzma", ".lz", ".lzo", ".br",   ".Z",   ".taz", ".tlz",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (ends_in(file, others[i])) {
            return fail(EXIT_DRAGOMAN,
                        "%s: %s is none that can be written (end it in .tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst, "
                        ".tar.lz4 or .oci, or say --format)",
                        file, others[i]);
        }
    }
    return 0;
}

/* What --format says, else what the file's name does. NULL after complaining. */
static const char *filter_of(const char *format, const char *file)
{
    for (size_t i = 0; i < FORMATS; i++) {
        if (format != NULL ? strcmp(format, formats[i].format) == 0
                           : ends_in(file, formats[i].suffix) || ends_in(file, formats[i].format)) {
            return formats[i].filter;
        }
    }
    if (format == NULL) {
        return refuse_ending(file) == 0 ? "none" : NULL;
    }
    fail(EXIT_DRAGOMAN,
         "--format: `%s` is none that can be written (tar, tar.gz, tar.bz2, tar.xz, tar.zst, tar.lz4, or oci for a "
         "container image)",
         format);
    return NULL;
}

/* A file that appears under its name when it is whole. What is no regular file is written to as it is. */
struct output {
    const char *file;
    char *temporary; /* NULL: none */
    int fd;
};

static int open_output(const char *file, struct output *out)
{
    struct stat st;
    *out = (struct output){.file = file, .fd = STDOUT_FILENO};
    if (strcmp(file, "-") == 0) {
        return isatty(STDOUT_FILENO) != 0
                   ? fail(EXIT_DRAGOMAN, "-: standard output is a terminal (name a file, or pipe it on)")
                   : 0;
    }
    if (stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
        out->fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else if (asprintf(&out->temporary, "%s.XXXXXX", file) > 0) {
        out->fd = mkostemp(out->temporary, O_CLOEXEC);
        mode_t mask = umask(0);
        umask(mask);
        if (out->fd >= 0) {
            (void)fchmod(out->fd, 0666 & ~mask);
        }
    }
    return out->fd >= 0 ? 0 : fail(EXIT_DRAGOMAN, "%s: %s (name a file that can be written)", file, strerror(errno));
}

static int close_output(struct output *out, int status)
{
    if (out->fd != STDOUT_FILENO && out->fd >= 0 && close(out->fd) != 0 && status == 0) {
        status = fail(EXIT_DRAGOMAN, "%s: %s (what was written is not whole)", out->file, strerror(errno));
    }
    if (out->temporary != NULL && status == 0 && rename(out->temporary, out->file) != 0) {
        status = fail(EXIT_DRAGOMAN, "%s: %s (name a file that can be written)", out->file, strerror(errno));
    }
    if (out->temporary != NULL && status != 0) {
        unlink(out->temporary);
    }
    free(out->temporary);
    return status;
}

struct exporting {
    struct instance_store *store;
    const struct instance_config *config; /* of the instance, or of a snapshot */
    const char *name, *filter, *file;
    struct live *live; /* NULL: a snapshot */
    const struct instance *instance;
};

/* Of one that runs, what it has written is a copy, and the layers below must outlive it. */
static int open_live(struct exporting *e, int *fds, size_t *count)
{
    struct instance_config below = *e->config;
    char root[64];
    int status = live_copy(e->store, e->live, e->instance);
    if (status != 0) {
        return status;
    }
    snprintf(root, sizeof root, "%s/root", e->live->work.name);
    fds[0] = openat(e->store->layers.fd, root, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    below.own[0] = '\0';
    status = fds[0] >= 0 ? layers_open_all(e->store, &below, fds + 1, count)
                         : fail(EXIT_DRAGOMAN, "%s: %s (try again)", e->name, strerror(errno));
    (*count)++;
    instance_store_unlock(e->store);
    return status;
}

/* With the layers locked that are read: nobody removes them, whatever becomes of the instance or the snapshot. */
static int open_layers(struct exporting *e, int *fds, size_t *count)
{
    *count = 0;
    if (e->live != NULL && e->live->running) {
        return open_live(e, fds, count);
    }
    instance_store_lock(e->store);
    int status = layers_open_all(e->store, e->config, fds, count);
    instance_store_unlock(e->store);
    return status;
}

static int pack(struct exporting *e)
{
    struct output out;
    int *fds = calloc(e->config->layer_count + 1, sizeof *fds);
    struct tree_source source = {
        .name = e->name, .archive = -1, .owners = e->config->owners, .without = -1, .layers = fds};
    if (fds == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", e->name, strerror(ENOMEM));
    }
    tools_listen();
    int status = open_output(e->file, &out);
    if (status == 0) {
        status = open_layers(e, fds, &source.layer_count);
        if (status == 0) {
            const char *progress = isatty(STDERR_FILENO) != 0 ? e->name : NULL;
            const struct image_labels labels = {.name = e->name, .config = e->config};
            source.image = e->filter == image;
            status = source.image ? instance_image_write(e->store, &source, &labels, progress, out.fd)
                                  : instance_tree_pack(&source, e->filter, progress, out.fd);
        }
        status = close_output(&out, tools_interrupted() != 0 ? EXIT_DRAGOMAN : status);
    }
    layers_close_all(fds, source.layer_count);
    free(fds);
    return status;
}

int instance_export(struct instance_store *store, int argc, char **argv)
{
    const char *format = NULL;
    char *words[2] = {NULL, (char *)(uintptr_t) "-"};
    struct instance instance;
    struct live live = {.pause = {.channel = -1}, .work = {.fd = -1}};
    struct instance_config snapshot = {0};
    const struct instance_option own[] = {{.name = "--format", .value = &format}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, NULL, NULL, words, 1, 2, usage);
    const char *filter = count >= 0 ? filter_of(format, words[1]) : NULL;
    if (filter == NULL) {
        return count < 0 ? -count : EXIT_DRAGOMAN;
    }
    const char *snap = instance_split(words[0]);
    int status = snap != NULL ? instance_open(store, words[0], INSTANCE_LOOK, false, &instance)
                              : live_open(store, words[0], INSTANCE_READ, &instance, &live);
    if (status == 0 && snap != NULL) {
        status = snapshot_read(&instance, snap, &snapshot);
    }
    if (status == 0) {
        struct exporting e = {.store = store,
                              .config = snap != NULL ? &snapshot : &instance.config,
                              .name = words[0],
                              .filter = filter,
                              .file = words[1],
                              .live = snap != NULL ? NULL : &live,
                              .instance = &instance};
        status = pack(&e);
    }
    live_end(store, &live);
    instance_config_clear(&snapshot);
    instance_close(&instance);
    return tools_interrupted() != 0 ? tools_end_interrupted() : status;
}
