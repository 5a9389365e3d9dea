/* `dragoman sysroot list, show, path, rm`. */
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/store.h"
#include "cli/sysroot.h"
#include "cli/sysroot_name.h"

enum { OPEN_MAX_WALK = 32 };

/* --json anywhere, then words. Returns 0, or an exit status after complaining. */
static int parse(int argc, char **argv, int wanted, const char *usage, char **words, bool *as_json)
{
    int count = 0;
    *as_json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            *as_json = true;
        } else if (argv[i][0] == '-') {
            return fail(EXIT_DRAGOMAN, "sysroot: %s: unknown option (dragoman sysroot %s)", argv[i], usage);
        } else if (count == wanted) {
            return fail(EXIT_DRAGOMAN, "sysroot: %s: too much (dragoman sysroot %s)", argv[i], usage);
        } else {
            words[count++] = argv[i];
        }
    }
    return count == wanted ? 0 : fail(EXIT_DRAGOMAN, "sysroot: a name is wanted (dragoman sysroot %s)", usage);
}

static void json_facts(struct json *j, const struct sysroot_entry *entry, const struct sysroot_facts *facts, bool known)
{
    json_string(j, "name", entry->name[0] != '\0' ? entry->name : NULL);
    json_string(j, "path", entry->path);
    json_bool(j, "link", entry->is_link);
    json_bool(j, "own", entry->folder == 0);
    json_string(j, "system", known ? facts->platform : NULL);
    json_string(j, "release", known && facts->release[0] != '\0' ? facts->release : NULL);
    json_number(j, "osrel", known ? facts->osrel : 0);
}

static int list_json(void *context, const struct sysroot_entry *entry)
{
    struct json *j = context;
    struct sysroot_facts facts;
    bool known = sysroot_recognise(entry->path, &facts) == 0;
    json_object(j, NULL);
    json_facts(j, entry, &facts, known);
    json_end_object(j);
    return 0;
}

static int list_text(void *context, const struct sysroot_entry *entry)
{
    struct sysroot_facts facts;
    char text[160] = "no system that is known";
    unsigned *count = context;
    if (sysroot_recognise(entry->path, &facts) == 0) {
        sysroot_describe(&facts, text, sizeof text);
    }
    printf("%-16s %-32s %s%s\n", entry->name, text, entry->is_link ? "-> " : "", entry->path);
    ++*count;
    return 0;
}

int sysroot_list(const struct settings *settings, int argc, char **argv)
{
    struct json j = {.out = stdout};
    unsigned count = 0;
    bool as_json;
    int status = parse(argc, argv, 0, "list [--json]", NULL, &as_json);
    if (status != 0) {
        return status;
    }
    if (as_json) {
        json_array(&j, NULL);
        sysroots_each(settings->sysroots, list_json, &j);
        json_end_array(&j);
        return finish_output(stdout);
    }
    sysroots_each(settings->sysroots, list_text, &count);
    if (count == 0 && isatty(STDOUT_FILENO) != 0) {
        printf("None yet. With base.txz of a FreeBSD release: dragoman sysroot add 14.2 base.txz; with a Linux root: "
               "dragoman sysroot add NAME DIR\n");
    }
    return finish_output(stdout);
}

/* nftw's callback has no context. */
static uint64_t walk_files, walk_bytes;

static int count_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)path;
    (void)where;
    walk_files += kind != FTW_D && kind != FTW_DP && kind != FTW_DNR;
    walk_bytes += kind == FTW_NS ? 0 : (uint64_t)st->st_blocks * 512;
    return 0;
}

/* Enough of it to compile and link C programs. */
static bool can_build(const char *root)
{
    static const char *const starts[] = {"/usr/lib/crt1.o", "/usr/lib64/crt1.o", "/usr/lib/x86_64-linux-gnu/crt1.o",
                                         "/usr/lib/i386-linux-gnu/crt1.o"};
    bool start = false;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        start |= sysroot_has(root, starts[i]);
    }
    return start && sysroot_has(root, "/usr/include/stdio.h");
}

static void show_text(const struct sysroot_entry *entry, const struct sysroot_facts *facts, bool known)
{
    printf("%s%s%s\n", style_on(stdout, STYLE_BOLD), entry->name[0] != '\0' ? entry->name : entry->path,
           style_on(stdout, STYLE_PLAIN));
    printf("  path          %s%s\n", entry->path, entry->is_link ? " (linked)" : "");
    if (known) {
        printf("  what          %s %s\n", facts->platform, facts->release);
        if (facts->osrel != 0) {
            printf("  osreldate     %u\n", facts->osrel);
        }
    } else {
        printf("  what          no system that is known\n");
    }
    printf("  programs      %s\n", sysroot_has(entry->path, "/bin/sh") ? "yes (bin/sh)" : "no, libraries only");
    printf("  to build with %s\n", can_build(entry->path) ? "yes (headers, crt files)" : "no");
    printf("  size          %" PRIu64 " files, %" PRIu64 " MB\n", walk_files, walk_bytes / 1000000);
}

int sysroot_show(const struct settings *settings, int argc, char **argv)
{
    struct sysroot_entry entry;
    struct sysroot_facts facts;
    char *name;
    bool as_json;
    int status = parse(argc, argv, 1, "show NAME [--json]", &name, &as_json);
    if (status == 0) {
        status = sysroot_resolve(settings, name, "sysroot show", &entry);
    }
    if (status != 0) {
        return status;
    }
    bool known = sysroot_recognise(entry.path, &facts) == 0;
    nftw(entry.path, count_file, OPEN_MAX_WALK, FTW_PHYS | FTW_MOUNT);
    if (as_json) {
        struct json j = {.out = stdout};
        json_object(&j, NULL);
        json_facts(&j, &entry, &facts, known);
        json_bool(&j, "programs", sysroot_has(entry.path, "/bin/sh"));
        json_bool(&j, "to_build_with", can_build(entry.path));
        json_number(&j, "files", (int64_t)walk_files);
        json_number(&j, "bytes", (int64_t)walk_bytes);
        json_end_object(&j);
    } else {
        show_text(&entry, &facts, known);
    }
    return finish_output(stdout);
}

int sysroot_path(const struct settings *settings, int argc, char **argv)
{
    struct sysroot_entry entry;
    char *name;
    bool as_json;
    int status = parse(argc, argv, 1, "path NAME", &name, &as_json);
    if (status == 0) {
        status = sysroot_resolve(settings, name, "sysroot path", &entry);
    }
    if (status != 0) {
        return status;
    }
    if (as_json) {
        struct json j = {.out = stdout};
        json_string(&j, NULL, entry.path);
        putchar('\n');
    } else {
        printf("%s\n", entry.path);
    }
    return finish_output(stdout);
}

int sysroot_rm(const struct settings *settings, int argc, char **argv)
{
    struct store store;
    if (argc < 2 || argv[1][0] == '-') {
        return fail(EXIT_DRAGOMAN, "sysroot: a name is wanted (dragoman sysroot rm NAME...)");
    }
    int status = store_open(settings, &store);
    for (int i = 1; i < argc && status == 0; i++) {
        status = sysroot_name_ok(argv[i])
                     ? store_remove(&store, argv[i])
                     : fail(EXIT_DRAGOMAN, "sysroot: `%s` is no name (dragoman sysroot list)", argv[i]);
    }
    if (status == 0) {
        store_close(&store);
    }
    return status;
}
