/* `dragoman instance create` and `import`. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/instance.h"
#include "cli/instance_image.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/sysroot.h"
#include "cli/sysroot_name.h"
#include "cli/tools.h"

extern char **environ;

static const char create_usage[] = "dragoman instance create NAME [--from SYSROOT|DIR] [OPTION...]";
static const char import_usage[] = "dragoman instance import NAME FILE|- [--platform OS/MACHINE] [OPTION...]";

/* What the files of a layer are, or "". */
static void recognise(const char *path, char system[INSTANCE_TEXT_MAX])
{
    struct sysroot_facts facts;
    system[0] = '\0';
    if (sysroot_recognise(path, &facts) == 0) {
        sysroot_describe(&facts, system, INSTANCE_TEXT_MAX);
    }
}

int instance_fill_layer(struct instance_store *store, enum instance_owners owners, const struct tree_source *source,
                        uint64_t limit, char id[LAYER_ID_ROOM], char system[INSTANCE_TEXT_MAX],
                        struct tree_filled *filled)
{
    struct store_work work;
    char root[PATH_MAX + 64];
    int status = store_begin(&store->layers, &work);
    if (status != 0) {
        return status;
    }
    tools_listen();
    status = layer_prepare(work.fd, owners, -1);
    if (status == 0) {
        status = instance_tree_fill(work.fd, owners, source, limit, filled);
    }
    if (status == 0) {
        snprintf(root, sizeof root, "%s/%s/root", store->layers.path, work.name);
        recognise(root, system);
    }
    if (status == 0 && tools_interrupted() == 0) {
        instance_store_lock(store);
        status = layer_settle(store, &work, id);
        if (status != 0) {
            instance_store_unlock(store);
        }
    }
    if (status == 0 && tools_interrupted() == 0) {
        close(work.fd);
        return 0;
    }
    store_end(&store->layers, &work);
    return tools_interrupted() != 0 ? tools_end_interrupted() : status;
}

int instance_tell(const char *name, const struct instance_config *config, const struct tree_filled *filled,
                  const char *why)
{
    printf("%s: %s, %" PRIu64 " files, %" PRIu64 " MB\n", name,
           config->system[0] != '\0' ? config->system : "no system that is known", filled->files,
           filled->bytes / 1000000);
    if (filled->lost != 0) {
        printf("of %" PRIu64
               " files something was not kept: an owner beyond the ids that are mapped, or attributes that "
               "the file system does not take\n",
               filled->lost);
    }
    if (config->owners == OWNERS_EMULATED && why != NULL) {
        printf("owners and modes are emulated: %s\n", why);
    } else if (why != NULL) {
        printf("files have owners of their own: %s\n", why);
    }
    return finish_output(stdout);
}

/* Which owners the new instance's files are to have. Returns 0, or an exit status after complaining. */
static int choose_owners(const char *wanted, enum instance_owners *out, const char **why)
{
    *why = NULL;
    if (wanted != NULL && strcmp(wanted, owners_names[OWNERS_EMULATED]) == 0) {
        *out = OWNERS_EMULATED;
        return 0;
    }
    *out = instance_tree_owners(why);
    if (wanted == NULL || strcmp(wanted, "auto") == 0) {
        return 0;
    }
    if (strcmp(wanted, owners_names[OWNERS_SUBORDINATE]) != 0) {
        return fail(EXIT_DRAGOMAN, "--owners: `%s` is no kind of owners (auto, subordinate or emulated)", wanted);
    }
    return *out == OWNERS_SUBORDINATE ? 0 : fail(EXIT_DRAGOMAN, "--owners: no subordinate ids: %s", *why);
}

struct creation {
    const char *name, *owners;
    struct instance_config config;
    struct run_request request;
    const char *why; /* the owners are emulated */
};

/* Checks what can be checked before anything is made. */
static int begin(struct instance_store *store, struct creation *c)
{
    int status = instance_check_name(c->name);
    if (status == 0 && instance_exists(store, c->name)) {
        status = instance_taken(c->name);
    }
    instance_now(c->config.created);
    return status == 0 ? choose_owners(c->owners, &c->config.owners, &c->why) : status;
}

static int make_filled(struct instance_store *store, struct creation *c, const struct tree_source *source)
{
    struct tree_filled filled = {0};
    int status = instance_fill_layer(store, c->config.owners, source, instance_room(store, &c->request), c->config.own,
                                     c->config.system, &filled);
    if (status != 0) {
        return status;
    }
    if (source->platform != NULL && source->archive >= 0 && filled.config == NULL) {
        fail(0, "--platform: without effect unless %s is a container image (of an archive of files all were taken)",
             source->name);
    }
    status = filled.config != NULL ? instance_image_take(&c->config, filled.config) : 0;
    free(filled.config);
    status = status == 0 ? instance_make(store, c->name, &c->config) : status;
    instance_store_unlock(store);
    if (status != 0) {
        instance_store_reap(store);
        return status;
    }
    return instance_tell(c->name, &c->config, &filled, c->why);
}

static int make_empty(struct instance_store *store, struct creation *c)
{
    instance_store_lock(store);
    int status = layer_make(store, c->config.owners, -1, c->config.own);
    status = status == 0 ? instance_make(store, c->name, &c->config) : status;
    instance_store_unlock(store);
    if (status != 0) {
        instance_store_reap(store);
    }
    return status;
}

/* A name may be long, and hold anything: a line of the configuration does not. */
static void note_origin(struct instance_config *config, const char *name)
{
    size_t n = 0;
    for (; name[n] != '\0' && n < sizeof config->from - 1; n++) {
        config->from[n] = (unsigned char)name[n] < ' ' ? '?' : name[n];
    }
    config->from[n] = '\0';
}

static int make_from(struct instance_store *store, struct creation *c, const char *from)
{
    struct settings settings = {0};
    struct sysroot_entry entry;
    sysroot_take_folder(&settings, environ);
    int status = sysroot_resolve(&settings, from, "--from", &entry);
    if (status != 0) {
        return status;
    }
    int without = open(store->layers.path, O_PATH | O_DIRECTORY);
    const struct tree_source source = {
        .name = entry.path, .archive = -1, .plain = true, .directory = entry.path, .without = without};
    note_origin(&c->config, entry.name[0] != '\0' ? entry.name : entry.path);
    status = make_filled(store, c, &source);
    if (without >= 0) {
        close(without);
    }
    return status;
}

static void end(struct creation *c)
{
    instance_config_clear(&c->config);
    run_request_clear(&c->request);
}

int instance_create(struct instance_store *store, int argc, char **argv)
{
    struct creation c = {0};
    const char *from = NULL;
    char *words[1];
    const struct instance_option own[] = {
        {.name = "--from", .value = &from}, {.name = "--owners", .value = &c.owners}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, &c.config, &c.request, words, 1, 1, create_usage);
    int status = count < 0 ? -count : 0;
    if (status == 0) {
        c.name = words[0];
        status = begin(store, &c);
    }
    if (status == 0) {
        status = from != NULL ? make_from(store, &c, from) : make_empty(store, &c);
    }
    end(&c);
    return status;
}

/* An archive, as standard input or as a file; or a directory with an image, which goes through a pipe as one. */
static int make_imported(struct instance_store *store, struct creation *c, const char *file, const char *platform)
{
    struct stat st;
    bool is_stdin = strcmp(file, "-") == 0;
    if (is_stdin && isatty(STDIN_FILENO) != 0) {
        return fail(EXIT_DRAGOMAN,
                    "-: standard input is a terminal (zstdcat root.tar.zst | dragoman instance import %s -)", c->name);
    }
    int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (name an archive)", file, strerror(errno));
    }
    struct tree_source source = {
        .name = is_stdin ? "standard input" : file, .archive = fd, .without = -1, .platform = platform};
    if (S_ISDIR(st.st_mode)) {
        if (faccessat(fd, "index.json", F_OK, 0) != 0 && faccessat(fd, "manifest.json", F_OK, 0) != 0) {
            close(fd);
            return fail(EXIT_DRAGOMAN,
                        "%s: a directory, and no image is in it (dragoman instance create %s --from DIR "
                        "copies one)",
                        file, c->name);
        }
        close(fd);
        source.archive = -1;
        source.directory = file;
    }
    note_origin(&c->config, source.name);
    return make_filled(store, c, &source);
}

int instance_import(struct instance_store *store, int argc, char **argv)
{
    struct creation c = {0};
    char *words[2];
    const char *platform = NULL;
    const struct instance_option own[] = {
        {.name = "--owners", .value = &c.owners}, {.name = "--platform", .value = &platform}, {.name = NULL}};
    int count = instance_arguments(argc, argv, own, &c.config, &c.request, words, 2, 2, import_usage);
    int status = count < 0 ? -count : platform != NULL ? check_platform(platform) : 0;
    if (status == 0) {
        c.name = words[0];
        status = begin(store, &c);
    }
    if (status == 0) {
        status = make_imported(store, &c, words[1], platform);
    }
    end(&c);
    return status;
}
