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
#include "cli/message.h"
#include "cli/tools.h"

static const char usage[] = "dragoman instance export NAME[@SNAPSHOT] [FILE|-] [--format FORMAT]";

static const struct {
    const char *format, *suffix, *filter;
} formats[] = {
    {"tar", ".tar", "none"},  {"tar.gz", ".tgz", "gzip"},   {"tar.bz2", ".tbz", "bzip2"},
    {"tar.xz", ".txz", "xz"}, {"tar.zst", ".tzst", "zstd"}, {"tar.lz4", ".tlz4", "lz4"},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
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
        return "none";
    }
    fail(EXIT_DRAGOMAN, "--format: `%s` is none that can be written (tar, tar.gz, tar.bz2, tar.xz, tar.zst or tar.lz4)",
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

static int pack(struct instance_store *store, const struct instance_config *config, const char *name,
                const char *filter, const char *file)
{
    struct output out;
    int *fds = calloc(config->layer_count + 1, sizeof *fds);
    struct tree_source source = {.name = name, .archive = -1, .owners = config->owners, .without = -1, .layers = fds};
    if (fds == NULL) {
        return fail(EXIT_DRAGOMAN, "%s: %s (free some memory)", name, strerror(ENOMEM));
    }
    int status = layers_open_all(store, config, fds, &source.layer_count);
    status = status == 0 ? open_output(file, &out) : status;
    if (status == 0) {
        tools_listen();
        status = instance_tree_pack(&source, filter, isatty(STDERR_FILENO) != 0 ? name : NULL, out.fd);
        status = close_output(&out, tools_interrupted() != 0 ? EXIT_DRAGOMAN : status);
    }
    for (size_t i = 0; i < source.layer_count; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(fds);
    return tools_interrupted() != 0 ? tools_end_interrupted() : status;
}

int instance_export(struct instance_store *store, int argc, char **argv)
{
    const char *format = NULL;
    char *words[2] = {NULL, (char *)(uintptr_t) "-"};
    struct instance instance;
    struct instance_config snapshot = {0};
    const struct instance_option own[] = {{.name = "--format", .value = &format}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, NULL, NULL, words, 1, 2, usage);
    const char *filter = count >= 0 ? filter_of(format, words[1]) : NULL;
    if (filter == NULL) {
        return count < 0 ? -count : EXIT_DRAGOMAN;
    }
    const char *snap = instance_split(words[0]);
    int status = instance_open(store, words[0], INSTANCE_READ, false, &instance);
    if (status != 0) {
        return status;
    }
    if (snap != NULL) {
        status = snapshot_read(&instance, snap, &snapshot);
    }
    if (status == 0) {
        status = pack(store, snap != NULL ? &snapshot : &instance.config, words[0], filter, words[1]);
    }
    instance_config_clear(&snapshot);
    instance_close(&instance);
    return status;
}
