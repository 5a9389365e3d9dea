/*
 * `dragoman sysroot add`: has libexec/dragoman/unpack fill a directory that does not count yet, looks at what it is,
 * and gives it its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "cli/option_values.h"
#include "cli/store.h"
#include "cli/sysroot.h"
#include "cli/sysroot_hints.h"
#include "cli/tools.h"

static const char usage[] = "dragoman sysroot add [--link] [--platform OS/MACHINE] NAME FILE|DIR|-";

struct addition {
    const char *name;
    char **sources;       /* NULL-terminated */
    const char *platform; /* of a container image with several; NULL: one that runs here */
    bool link;
};

/* What the tool tells at its end. */
struct unpacked {
    uint64_t files, bytes, lost;
};

/* Runs the tool to its end. Returns 0 with *result filled, or an exit status: the tool has complained. */
static int run_tool(const char *base, const struct addition *what, struct unpacked *result)
{
    char tree[PATH_MAX];
    char stage[PATH_MAX];
    char line[128] = "";
    int ends[2];
    struct tool tool = {.name = "unpack", .input = -1, .output = -1};
    if (snprintf(tree, sizeof tree, "%s/tree", base) >= (int)sizeof tree ||
        snprintf(stage, sizeof stage, "%s/stage", base) >= (int)sizeof stage) {
        return fail(EXIT_DRAGOMAN, "%s: %s (use a shorter path)", base, strerror(ENAMETOOLONG));
    }
    tool_argument(&tool, "unpack");
    if (isatty(STDERR_FILENO) != 0) {
        tool_argument(&tool, "--progress");
    }
    tool_argument(&tool, "--near-links");
    if (what->platform != NULL) {
        tool_argument(&tool, "--platform");
        tool_argument(&tool, what->platform);
    }
    tool_argument(&tool, tree);
    tool_argument(&tool, stage);
    for (char **source = what->sources; *source != NULL; source++) {
        tool_argument(&tool, *source);
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fail(EXIT_DRAGOMAN, "sysroot: %s (close some files)", strerror(errno));
    }
    tool.output = ends[1];
    int status = tool_start(&tool);
    close(ends[1]);
    status = status == 0 ? tool_wait(&tool) : status;
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    line[n > 0 ? n : 0] = '\0';
    bool good = status == 0 && sscanf(line, "files %" SCNu64 " bytes %" SCNu64 " lost %" SCNu64, &result->files,
                                      &result->bytes, &result->lost) == 3;
    return good ? 0 : EXIT_DRAGOMAN;
}

static int refuse_unrecognised(const char *source)
{
    return fail(EXIT_DRAGOMAN,
                "%s: holds no system that is known: libexec/ld-elf.so.1 and lib/libc.so.7 make one FreeBSD's, "
                "lib/ld-linux.so.2 or lib64/ld-linux-x86-64.so.2 with libc.so.6, or lib/ld-musl-*.so.1, Linux's "
                "(base.txz of a FreeBSD release has them, or the root of a distribution)",
                source);
}

static int refuse_taken(const char *name)
{
    return fail(EXIT_DRAGOMAN, "%s: there is a sysroot of that name (dragoman sysroot rm %s, or take another)", name,
                name);
}

/* The tree is whole: gives it its name. */
static int settle(struct store *store, const struct store_work *work, const struct addition *what,
                  const struct unpacked *result)
{
    struct sysroot_facts facts;
    char text[160];
    char tree[PATH_MAX + 64];
    snprintf(tree, sizeof tree, "%s/%s/tree", store->path, work->name);
    if (sysroot_recognise(tree, &facts) != 0) {
        return refuse_unrecognised(what->sources[0]);
    }
    int tree_fd = openat(work->fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tree_fd >= 0 && facts.system == ELF_SYSTEM_FREEBSD) {
        (void)sysroot_make_hints(tree_fd); /* without them libraries of packages are not found, and the rest is */
    }
    if (tree_fd >= 0) {
        close(tree_fd);
    }
    if (renameat2(work->fd, "tree", store->fd, what->name, RENAME_NOREPLACE) != 0) {
        if (errno == EEXIST) {
            return refuse_taken(what->name);
        }
        return fail(EXIT_DRAGOMAN, "%s/%s: %s (is the folder yours to write?)", store->path, what->name,
                    strerror(errno));
    }
    printf("%s: %s, %" PRIu64 " files, %" PRIu64 " MB\n", what->name, sysroot_describe(&facts, text, sizeof text),
           result->files, result->bytes / 1000000);
    if (result->lost != 0) {
        printf("of %" PRIu64 " files owner, set-id bits or flags were not kept: the file system takes no attributes\n",
               result->lost);
    }
    return 0;
}

static int unpack_into(struct store *store, const struct addition *what)
{
    struct store_work work;
    struct unpacked result = {0};
    char base[PATH_MAX + 64];
    int status = store_begin(store, &work);
    if (status != 0) {
        return status;
    }
    tools_listen();
    snprintf(base, sizeof base, "%s/%s", store->path, work.name);
    if (mkdirat(work.fd, "tree", 0755) != 0 || mkdirat(work.fd, "stage", 0700) != 0) {
        status = fail(EXIT_DRAGOMAN, "%s: %s (is there room?)", base, strerror(errno));
    }
    if (status == 0) {
        status = run_tool(base, what, &result);
    }
    if (status == 0 && tools_interrupted() == 0) {
        status = settle(store, &work, what, &result);
    }
    store_end(store, &work);
    return tools_interrupted() != 0 ? tools_end_interrupted() : status;
}

static int link_to(struct store *store, const struct addition *what)
{
    struct sysroot_facts facts;
    char text[160];
    char path[SETTINGS_PATH_MAX];
    int status = resolve_directory(what->sources[0], "sysroot add --link", path);
    if (status != 0) {
        return status;
    }
    if (sysroot_recognise(path, &facts) != 0) {
        return refuse_unrecognised(what->sources[0]);
    }
    if (symlinkat(path, store->fd, what->name) != 0) {
        return errno == EEXIST ? refuse_taken(what->name)
                               : fail(EXIT_DRAGOMAN, "%s/%s: %s (is the folder yours to write?)", store->path,
                                      what->name, strerror(errno));
    }
    printf("%s: %s, in %s\n", what->name, sysroot_describe(&facts, text, sizeof text), path);
    return 0;
}

static int check_sources(const struct addition *what)
{
    bool many = what->sources[0] != NULL && what->sources[1] != NULL;
    if (what->link && many) {
        return fail(EXIT_DRAGOMAN, "sysroot: --link takes one directory (%s)", usage);
    }
    for (char **source = what->sources; *source != NULL; source++) {
        bool is_stdin = strcmp(*source, "-") == 0;
        if (is_stdin && isatty(STDIN_FILENO) != 0) {
            return fail(EXIT_DRAGOMAN, "-: standard input is a terminal (xzcat base.txz | dragoman sysroot add %s -)",
                        what->name);
        }
        if (!is_stdin && access(*source, R_OK) != 0) {
            return fail(EXIT_DRAGOMAN, "%s: %s (name an archive or a directory)", *source, strerror(errno));
        }
    }
    return 0;
}

/* Options stand before, between or behind the words; behind "--" all are words. */
static int parse(int argc, char **argv, struct addition *out)
{
    int words = 0;
    bool options = true;
    for (int at = 1; at < argc; at++) {
        if (!options || argv[at][0] != '-' || argv[at][1] == '\0') {
            argv[words++] = argv[at];
        } else if (strcmp(argv[at], "--") == 0) {
            options = false;
        } else if (strcmp(argv[at], "--link") == 0) {
            out->link = true;
        } else if (strncmp(argv[at], "--platform=", 11) == 0) {
            out->platform = argv[at] + 11;
        } else if (strcmp(argv[at], "--platform") == 0 && at + 1 < argc) {
            out->platform = argv[++at];
        } else {
            return fail(EXIT_DRAGOMAN, "sysroot: %s: unknown option (%s)", argv[at], usage);
        }
    }
    if (words < 2) {
        return fail(EXIT_DRAGOMAN, "sysroot: a name and what to add are wanted (%s)", usage);
    }
    argv[words] = NULL;
    out->name = argv[0];
    out->sources = argv + 1;
    if (!sysroot_name_ok(out->name)) {
        return fail(EXIT_DRAGOMAN,
                    "sysroot: `%s` can be no name (letters, digits and ._+- behind a letter or digit, at most %d)",
                    out->name, SYSROOT_NAME_MAX - 1);
    }
    int status = out->platform != NULL ? check_platform(out->platform) : 0;
    return status != 0 ? status : check_sources(out);
}

int sysroot_add(const struct settings *settings, int argc, char **argv)
{
    struct addition what = {.name = "", .sources = argv + argc};
    struct store store;
    struct stat st;
    int status = parse(argc, argv, &what);
    if (status != 0) {
        return status;
    }
    status = store_open(settings, &store);
    if (status != 0) {
        return status;
    }
    if (fstatat(store.fd, what.name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        status = refuse_taken(what.name);
    } else {
        status = what.link ? link_to(&store, &what) : unpack_into(&store, &what);
    }
    store_close(&store);
    return status != 0 ? status : finish_output(stdout);
}
