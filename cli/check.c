/*
 * dragoman check FILE: what it is, what it needs, what is not supported of it.
 */
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/personality.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/options.h"
#include "compat-db/syscall_db.h"
#include "loader/sysroots.h"

enum { EXIT_NOT_RUNNABLE_HERE = 1 };

struct report {
    const char *path;
    struct sysroot_view view;
    struct path_opener usual; /* looks through the view */
    bool is_elf;
    char system[64]; /* "FreeBSD/amd64" */
    struct elf_identity id;
    struct program program;
    bool examined; /* file, go, libraries and calls hold something: a foreign program that can be read */
    struct check_file file;
    struct check_go go;
    struct check_libraries libraries;
    struct check_calls calls;
    char reason[600]; /* why it will not run; empty: it will */
};

/* The file is the host's, as named; its interpreter is looked for as when the program starts. */
static int open_for_report(void *context, const char *path, int flags, char *host_path, uint64_t size)
{
    struct report *report = context;

    if (path == report->path)
        return sysroot_open(NULL, path, flags, host_path, size);
    return report->usual.open(report->usual.context, path, flags, host_path, size);
}

static int prepare_for_report(void *context, const struct program *program, struct loader_error *err)
{
    struct report *report = context;

    return report->usual.prepare(report->usual.context, program, err);
}

static void identify(struct report *report)
{
    struct loader_error err;
    int fd = open(report->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return;
    if (elf_identify(fd, report->path, &report->id, &err) == 0) {
        report->is_elf = true;
        elf_system_name(&report->id, report->system, sizeof(report->system));
    }
    close(fd);
}

static void examine_needs(struct report *report)
{
    struct loader_error err;

    if (!report->is_elf || check_open(report->path, &report->file, &err) != 0)
        return;
    report->examined = true;
    check_go(&report->file, &report->go);
    check_libraries(&report->file, report->view.sysroot, &report->libraries);
    if (report->id.interp[0] == '\0')
        check_calls(&report->file, report->go.is_go, &report->calls);
}

/* Needs libraries and names no interpreter that would load them. */
static bool is_library(const struct report *report)
{
    return report->libraries.count != 0 && report->id.interp[0] == '\0';
}

static void examine(struct report *report)
{
    const struct path_opener opener = {.open = open_for_report, .prepare = prepare_for_report, .context = report};
    struct loader_error err;
    int r;

    identify(report);
    /* first, because the libraries are those of the sysroot that the program takes */
    r = program_examine(report->path, &opener, NULL, &report->program, &err);
    examine_needs(report);
    if (r == 0 && is_library(report) && report->libraries.missing != 0 &&
        report->usual.prepare(report->usual.context, &report->program, &err) == 0)
        check_libraries(&report->file, report->view.sysroot, &report->libraries);
    if (r != 0)
        snprintf(report->reason, sizeof(report->reason), "%s", err.text);
    else if (is_library(report))
        snprintf(report->reason, sizeof(report->reason), "%s: a library, which programs load", report->path);
    else if (report->libraries.missing != 0)
        snprintf(report->reason, sizeof(report->reason), "%s: %zu of its libraries %s missing%s", report->path,
                 report->libraries.missing, report->libraries.missing == 1 ? "is" : "are",
                 report->view.sysroot[0] == '\0' ? " (name the system's files with --sysroot)" : "");
}

/* "14.2" of 1402000: sys/sys/param.h's scheme since 5.0. Empty where there is none. */
static const char *release_of(const struct report *report, char *text, size_t size)
{
    unsigned osrel = report->id.osrel;

    text[0] = '\0';
    if (elf_system(&report->id) == ELF_SYSTEM_FREEBSD && osrel >= 500000)
        snprintf(text, size, "%u.%u", osrel / 100000, osrel / 1000 % 100);
    return text;
}

static const struct syscall_db *db_of(const struct elf_identity *id)
{
    if (elf_system(id) > ELF_SYSTEM_LINUX)
        return &freebsd_syscall_db;
    if (id->machine == ELF_MACHINE_I386)
        return &linux_i386_syscall_db;
    return id->bits == 32 ? &linux_x32_syscall_db : &linux_syscall_db;
}

static const struct syscall_doc *doc_of(const struct report *report, size_t number)
{
    const struct syscall_db *db = db_of(&report->id);

    for (size_t i = 0; i < db->count; i++)
        if (db->docs[i].number == number)
            return &db->docs[i];
    return NULL;
}

static const char *level_of(const struct report *report, size_t number)
{
    const struct syscall_doc *doc = doc_of(report, number);

    return doc != NULL ? doc->level : "absent";
}

static size_t count_calls(const struct report *report, const char *level)
{
    size_t n = 0;

    for (size_t i = 0; i < CHECK_CALLS_MAX; i++)
        n += report->calls.used[i] && (level == NULL || strcmp(level_of(report, i), level) == 0);
    return n;
}

static void print_calls_of(const struct report *report, const char *level, const char *title)
{
    if (count_calls(report, level) == 0)
        return;
    printf("    %s:\n", title);
    for (size_t i = 0; i < CHECK_CALLS_MAX; i++) {
        const struct syscall_doc *doc = doc_of(report, i);

        if (report->calls.used[i] && strcmp(level_of(report, i), level) == 0)
            printf("      %-4zu %-24s %s\n", i, doc != NULL ? doc->name : "(no such call)",
                   doc != NULL ? doc->note : "");
    }
}

static void print_calls(const struct report *report)
{
    if (report->calls.sites == 0)
        return;
    printf("  system calls  %zu different, at %zu places: %zu supported, %zu in part, %zu not\n",
           count_calls(report, NULL), report->calls.sites, count_calls(report, "full") + count_calls(report, "stub"),
           count_calls(report, "partial"), count_calls(report, "nosys") + count_calls(report, "absent"));
    if (report->calls.unknown != 0)
        printf("    %zu places choose their call while running and are not counted\n", report->calls.unknown);
    print_calls_of(report, "nosys", "not supported (answered ENOSYS)");
    print_calls_of(report, "absent", "that the system itself answers ENOSYS");
    print_calls_of(report, "partial", "in part");
}

static void print_libraries(const struct report *report)
{
    if (report->libraries.count == 0)
        return;
    printf("  libraries\n");
    for (size_t i = 0; i < report->libraries.count; i++) {
        const struct check_library *library = &report->libraries.list[i];

        printf("    %s => ", library->name);
        if (library->path[0] == '\0')
            printf("%snot found%s\n", style_on(stdout, STYLE_BAD), style_on(stdout, STYLE_PLAIN));
        else if (library->problem[0] != '\0')
            printf("%s%s%s\n", style_on(stdout, STYLE_BAD), library->problem, style_on(stdout, STYLE_PLAIN));
        else
            printf("%s\n", library->path);
    }
}

static void print_elf(const struct report *report)
{
    char release[32];

    printf("  what          a %s for %s, %s, %s\n", is_library(report) ? "library" : "program", report->system,
           report->id.interp[0] != '\0' || is_library(report) ? "dynamic" : "static",
           report->id.type == ELF_TYPE_DYN ? "position-independent" : "at fixed addresses");
    if (release_of(report, release, sizeof(release))[0] != '\0')
        printf("  release       built for %s (%u)\n", release, report->id.osrel);
    if (report->go.version[0] != '\0')
        printf("  language      Go (%s%s%s)\n", report->go.version, report->go.module[0] != '\0' ? ", " : "",
               report->go.module);
    else if (report->go.is_go)
        printf("  language      Go\n");
    if (report->id.interp[0] != '\0')
        printf("  interpreter   %s => %s\n", report->id.interp,
               report->program.has_interp ? report->program.interp_host_path : "not examined");
    if (report->view.sysroot[0] != '\0' && (report->id.interp[0] != '\0' || is_library(report)))
        printf("  sysroot       %s\n", report->view.sysroot);
}

static void print_text(const struct report *report)
{
    printf("%s%s%s\n", style_on(stdout, STYLE_BOLD), report->path, style_on(stdout, STYLE_PLAIN));
    if (report->program.is_script)
        printf("  what          a script for %s%s%s\n", report->program.path,
               report->program.script_arg[0] != '\0' ? " " : "", report->program.script_arg);
    else if (report->is_elf)
        print_elf(report);
    print_libraries(report);
    print_calls(report);
    if (report->reason[0] != '\0')
        printf("  %sdoes not run%s  %s\n", style_on(stdout, STYLE_BAD), style_on(stdout, STYLE_PLAIN), report->reason);
    else
        printf("  %sruns%s          %s\n", style_on(stdout, STYLE_GOOD), style_on(stdout, STYLE_PLAIN),
               report->program.kind == PROGRAM_HOST ? "on this machine, without dragoman" : "with: dragoman run");
}

static void json_calls(struct json *j, const struct report *report)
{
    json_object(j, "calls");
    json_number(j, "places", (int64_t)report->calls.sites);
    json_number(j, "chosen_while_running", (int64_t)report->calls.unknown);
    json_array(j, "used");
    for (size_t i = 0; i < CHECK_CALLS_MAX; i++) {
        const struct syscall_doc *doc = doc_of(report, i);

        if (!report->calls.used[i])
            continue;
        json_object(j, NULL);
        json_number(j, "number", (int64_t)i);
        json_string(j, "name", doc != NULL ? doc->name : NULL);
        json_string(j, "level", level_of(report, i));
        json_string(j, "note", doc != NULL && doc->note[0] != '\0' ? doc->note : NULL);
        json_end_object(j);
    }
    json_end_array(j);
    json_end_object(j);
}

static void json_libraries(struct json *j, const struct report *report)
{
    json_array(j, "libraries");
    for (size_t i = 0; i < report->libraries.count; i++) {
        const struct check_library *library = &report->libraries.list[i];

        json_object(j, NULL);
        json_string(j, "name", library->name);
        json_string(j, "path", library->path[0] != '\0' ? library->path : NULL);
        json_string(j, "problem", library->problem[0] != '\0' ? library->problem : NULL);
        json_end_object(j);
    }
    json_end_array(j);
}

static void json_elf(struct json *j, const struct report *report)
{
    char release[32];

    json_string(j, "system", report->system);
    json_number(j, "bits", report->id.bits);
    json_bool(j, "position_independent", report->id.type == ELF_TYPE_DYN);
    json_bool(j, "dynamic", report->id.interp[0] != '\0' || is_library(report));
    json_string(j, "release", release_of(report, release, sizeof(release))[0] != '\0' ? release : NULL);
    json_number(j, "osrel", report->id.osrel);
    json_string(j, "interpreter", report->id.interp[0] != '\0' ? report->id.interp : NULL);
    json_string(j, "interpreter_path", report->program.has_interp ? report->program.interp_host_path : NULL);
    json_string(j, "sysroot", report->view.sysroot[0] != '\0' ? report->view.sysroot : NULL);
    json_bool(j, "go", report->go.is_go);
    json_string(j, "go_version", report->go.version[0] != '\0' ? report->go.version : NULL);
    json_string(j, "go_module", report->go.module[0] != '\0' ? report->go.module : NULL);
}

static void print_json(const struct report *report)
{
    struct json j = {.out = stdout};

    json_object(&j, NULL);
    json_string(&j, "file", report->path);
    json_string(&j, "format", report->program.is_script ? "script" : report->is_elf ? "elf" : NULL);
    if (report->program.is_script)
        json_string(&j, "interpreter", report->program.path);
    else if (report->is_elf)
        json_elf(&j, report);
    json_string(&j, "personality", report->program.personality != NULL ? report->program.personality->name : NULL);
    json_libraries(&j, report);
    json_calls(&j, report);
    json_bool(&j, "runs", report->reason[0] == '\0');
    json_string(&j, "reason", report->reason[0] != '\0' ? report->reason : NULL);
    json_end_object(&j);
}

static int run_check(const char *path, const struct settings *settings, bool as_json)
{
    struct report *report = calloc(1, sizeof(*report));
    int status;

    if (report == NULL)
        return fail(EXIT_DRAGOMAN, "check: no memory");
    report->path = path;
    sysroot_view_start(&report->view, settings, &report->usual);
    examine(report);
    if (as_json)
        print_json(report);
    else
        print_text(report);
    status = finish_output(stdout);
    if (status == 0 && report->reason[0] != '\0')
        status = EXIT_NOT_RUNNABLE_HERE;
    check_close(&report->file);
    free(report);
    return status;
}

/* --json, which only this command has. */
static int own_option(void *context, int argc, char **argv, int at)
{
    bool *as_json = context;

    (void)argc;
    if (strcmp(argv[at], "--json") != 0)
        return 0;
    *as_json = true;
    return 1;
}

/* FILE among options, before and behind it. Returns an exit status, after complaining. */
static int parse_arguments(struct run_request *request, int argc, char **argv, const char **file, bool *as_json)
{
    int at = options_from_arguments(request, argc, argv, own_option, as_json);
    int behind;

    if (at < 0)
        return -at;
    if (at >= argc)
        return fail(EXIT_DRAGOMAN, "check: no file given (dragoman check FILE)");
    *file = argv[at];
    behind = options_from_arguments(request, argc - at, argv + at, own_option, as_json);
    if (behind < 0)
        return -behind;
    if (at + behind != argc)
        return fail(EXIT_DRAGOMAN, "check: %s: one file at a time (dragoman check FILE)", argv[at + behind]);
    return 0;
}

int cmd_check(int argc, char **argv)
{
    struct run_request request;
    const char *file = "";
    bool as_json = false;
    int status;

    run_request_init(&request);
    status = options_from_surroundings(&request, environ);
    if (status == 0)
        status = parse_arguments(&request, argc, argv, &file, &as_json);
    if (status == 0)
        status = run_check(file, &request.settings, as_json);
    run_request_clear(&request);
    return status;
}
